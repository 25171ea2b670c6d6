"""Records of the source type `aptible`: the lines of a log drain."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from powertrip.errors import Unauthorized, Unreadable
from powertrip.rules import Unmatched
from tests.rules.support import rules_of
from tests.sources.posting import SECRET, fields_of, records_of

APTIBLE = rules_of("- use: aptible")
LINE = {
    "@timestamp": "2026-11-22T20:08:58.111111111Z",
    "@version": "1",
    "app": "shop",
    "app_id": "456",
    "container": "5f3c2a",
    "file": "/tmp/dockerlogs/5f3c2a/5f3c2a-json.log",  # noqa: S108 (Aptible's path, in a sample)
    "host": "5f3c2a",
    "layer": "app",
    "log": "GET /cart 200",
    "offset": "123",
    "service": "shop-web",
    "source": "app",
    "stream": "stdout",
    "time": "2026-11-22T20:08:58.111111111Z",
    "type": "json",
}
SESSION = LINE | {
    "log": "alice's password is swordfish",
    "operation_id": "31171139124469760",
    "operation_user_name": "Carol",
    "operation_user_email": "alice@example.com",
    "APTIBLE_USER_DOCUMENT": "eyJhbGciOi.of-a-session.signature",
}


def test_a_line_of_an_app_is_a_record() -> None:
    [record] = records_of("aptible", LINE)
    assert (record.message, record.host_name, record.program) == ("GET /cart 200", "shop-web", "app")
    assert record.occurred_at == datetime(2026, 11, 22, 20, 8, 58, 111111, tzinfo=UTC)
    assert isinstance(APTIBLE.judge(record), Unmatched)


def test_a_session_is_an_event_of_the_person_whose_address_it_names() -> None:
    [record] = records_of("aptible", SESSION)
    fields = fields_of(APTIBLE, record)
    assert (fields["user_name"], fields["claimed_name"]) == ("alice@example.com", "Carol")
    assert (fields["host_name"], fields["operation_id"]) == ("shop-web", "31171139124469760")


def test_a_session_is_one_record_whatever_number_of_lines_it_has() -> None:
    ids = [
        records_of("aptible", SESSION | {"log": f"line {number}", "offset": str(number)})[0].record_id
        for number in (1, 2)
    ]
    other = records_of("aptible", SESSION | {"operation_id": "31171139124469761"})[0].record_id
    assert ids[0] == ids[1] != other


@pytest.mark.parametrize("changes", [{}, {"operation_id": 7}, {"APTIBLE_USER_DOCUMENT": {"token": "eyJ"}}])
def test_nothing_that_was_typed_and_no_credential_is_kept(changes: dict[str, Any]) -> None:
    [record] = records_of("aptible", SESSION | changes)
    for text in (record.message, record.raw):
        assert "swordfish" not in text
        assert "eyJ" not in text
        assert "DOCUMENT" not in text


def test_a_credential_goes_also_where_no_session_is_named() -> None:
    [record] = records_of("aptible", LINE | {"APTIBLE_USER_DOCUMENT": "eyJhbGciOi"})
    assert record.message == "GET /cart 200"
    assert "eyJ" not in record.raw


def test_two_lines_of_one_moment_are_told_apart_and_a_resent_one_is_known() -> None:
    first, second = LINE, LINE | {"offset": "124"}
    ids = [records_of("aptible", line)[0].record_id for line in (first, second, first)]
    assert ids[0] == ids[2] != ids[1]


def test_a_line_cannot_choose_its_own_id() -> None:
    [record] = records_of("aptible", LINE | {"session": "operation 31171139124469760"})
    assert record.record_id.startswith("sha256:")
    assert isinstance(APTIBLE.judge(record), Unmatched)


def test_lines_in_bulk_are_read() -> None:
    body = "\n".join(json.dumps(line) for line in (LINE, LINE | {"offset": "124"}))
    assert len(records_of("aptible", body)) == 2


def test_the_secret_is_the_end_of_the_path() -> None:
    assert records_of("aptible", LINE, headers={}, path_secret=SECRET)
    with pytest.raises(Unauthorized):
        records_of("aptible", LINE, headers={}, path_secret="another")


def test_what_is_not_json_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        records_of("aptible", "GET /cart 200")


@pytest.mark.parametrize("line", [None, 1, "text", {}, {"log": None}, {"operation_id": None}])
def test_any_other_json_is_a_record_all_the_same(line: object) -> None:
    [record] = records_of("aptible", [line])
    assert record.raw == json.dumps(line, separators=(",", ":"))
