"""Which fields stand beside the title where a rule names none."""

import pytest

from powertrip.domain import headline
from tests.samples import event


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["user_name", "source_ip", "source_port", "method", "key_fingerprint"], ()),
        (["user_name", "target", "tty", "command"], ("command", "target")),
        (["user_name", "app", "version", "stage", "event_outcome"], ("app", "version")),
        ([], ()),
    ],
)
def test_the_usual_fields_decide_or_else_the_first_that_say_what_was_done(
    names: list[str], shown: tuple[str, ...]
) -> None:
    assert headline.default(names) == shown


def test_what_stands_beside_the_title_is_there_and_said_once() -> None:
    about = event(
        fields={"command": "ls", "target": "ls", "role": "", "tty": "pts/0"},
        headline=("role", "command", "target", "gone"),
    )

    assert about.decisive == ("ls",)
