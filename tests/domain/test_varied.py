"""In what the records of one event differ, kept so that each can be told again."""

from powertrip.domain import varied
from tests.samples import event

FIRST = event(fields={"source_port": "1", "method": "publickey"})


def test_a_later_record_is_told_again_from_what_differs() -> None:
    later = event(fields={"source_port": "2", "tty": "pts/1"}, user_name=None)
    differing = varied.differences(varied.stated(FIRST), varied.stated(later))

    assert differing == {"source_port": "2", "method": None, "tty": "pts/1", "user_name": None}
    assert varied.stated(varied.restated(FIRST, differing)) == varied.stated(later)


def test_each_value_is_kept_once_and_of_very_many_only_that_there_are_more() -> None:
    some = varied.collected([{"port": "2"}, {"port": "3"}, {"port": "2"}, {"port": None}], beside={})
    assert some == {"port": ("2", "3")}

    crowd = varied.collected([{"port": str(number)} for number in range(100)], beside=some)
    assert len(crowd["port"]) == varied.KEPT + 1
    assert crowd["port"][-1] == varied.MORE
    assert varied.collected([{"port": "x"}], beside=crowd) == crowd
