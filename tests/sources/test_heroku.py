"""Records of the source type `heroku`: the frames of a log drain."""

import base64
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from powertrip.errors import BodyTooLarge, IngestRefused, Unauthorized, Unreadable
from powertrip.ingest.contract import Limits
from tests.rules.support import rules_of
from tests.sources.posting import NAME, NOW, SECRET, fields_of, read, records_of

HEROKU = rules_of("- use: heroku")
FRAME_ID = {"Logplex-Frame-Id": "09C557EAFCFB6CF2740EE62F62971098"}
AT = "2026-11-22T20:08:58+00:00"
RUN = f"<190>1 {AT} host app api - Starting process with command `bash` by user alice@example.com"
UMLAUT = f"<190>1 {AT} host app worker.1 - zoë\nlogs 70 <38>1 frames\n"
PLATFORM = f"<40>1 {AT} host heroku web.3 - State changed from starting to up"
DROPPED = "Error L10 (output buffer overflow): 12 messages dropped since 2026-11-22T20:00:00+00:00."


def framed(*frames: str) -> bytes:
    return b"".join(b"%d %s" % (len(frame.encode()), frame.encode()) for frame in frames)


def test_a_one_off_dyno_is_an_event_of_the_drain_it_came_by() -> None:
    [record] = records_of("heroku", framed(RUN), beside=FRAME_ID)
    fields = fields_of(HEROKU, record)
    assert (fields["user_name"], fields["command"]) == ("alice@example.com", "bash")
    assert (record.host_name, record.program) == (NAME, "app")
    assert record.occurred_at == datetime(2026, 11, 22, 20, 8, 58, tzinfo=UTC)
    assert record.raw == RUN


def test_lengths_are_counted_in_bytes_and_messages_keep_their_lines() -> None:
    records = records_of("heroku", framed(UMLAUT, RUN, PLATFORM))
    assert [record.message for record in records] == [
        "zoë\nlogs 70 <38>1 frames",
        "Starting process with command `bash` by user alice@example.com",
        "State changed from starting to up",
    ]
    assert [(record.host_name, record.program) for record in records][-1] == (NAME, "heroku")


def test_a_message_in_brackets_is_no_structured_data() -> None:
    frame = "<190>1 2026-11-22T20:08:58+00:00 host app web.1 - [info] started"
    assert records_of("heroku", framed(frame))[0].message == "[info] started"


def test_frames_that_come_again_have_the_same_ids_and_equal_lines_have_not() -> None:
    later = NOW.replace(hour=23)
    first = records_of("heroku", framed(RUN, RUN), beside=FRAME_ID)
    again = records_of("heroku", framed(RUN, RUN), beside=FRAME_ID, now=later)
    other = records_of("heroku", framed(RUN, RUN), beside={"Logplex-Frame-Id": "other"})
    assert [record.record_id for record in first] == [record.record_id for record in again]
    assert len({record.record_id for record in (*first, *other)}) == 4


def test_without_a_frame_id_a_line_that_comes_again_is_known_by_its_text() -> None:
    assert records_of("heroku", framed(RUN))[0].record_id == records_of("heroku", framed(RUN))[0].record_id


@pytest.mark.parametrize("writer", ["host heroku logplex -", "heroku logplex -", "host logplex - -"])
def test_what_heroku_dropped_is_said_and_counted(writer: str) -> None:
    with capture_logs() as logs:
        cut = read("heroku", framed(RUN, f"<172>1 {AT} {writer} {DROPPED}"))
    assert (len(cut.records), cut.is_cut) == (2, True)
    assert [entry["event"] for entry in logs] == ["heroku left lines out"]


@pytest.mark.parametrize("writer", ["host app web.1 -", "host app logplex -"])
def test_an_app_cannot_say_that_lines_were_dropped(writer: str) -> None:
    assert not read("heroku", framed(f"<172>1 {AT} {writer} {DROPPED}")).is_cut


@pytest.mark.parametrize("rest", [b"9999 <190>1 cut", b"no length", b"12", b"99999999999 x"])
def test_whole_frames_are_kept_where_the_body_ends_in_a_broken_one(rest: bytes) -> None:
    result = read("heroku", framed(RUN) + rest)
    assert len(result.records) == 1
    assert [part.body for part in result.unread] == [rest]


@pytest.mark.parametrize(
    "body", [b"", b"no frames", b'{"a": 1}', b"5 abc", b"-1 a", "٣ abc".encode(), b"\xff\0"]
)
def test_a_body_without_frames_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match="length in bytes"):
        read("heroku", body)


def test_a_frame_of_unknown_form_is_all_message() -> None:
    [record] = records_of("heroku", b"5 hello")
    assert (record.message, record.program) == ("hello", None)


def test_a_bomb_is_refused() -> None:
    with pytest.raises(BodyTooLarge):
        read("heroku", gzip.compress(framed("x" * (Limits().inflated_bytes + 1))))


def test_the_secret_may_be_the_password_in_the_drains_address() -> None:
    encoded = base64.b64encode(f"powertrip:{SECRET}".encode()).decode()
    assert records_of("heroku", framed(RUN), headers={"Authorization": f"Basic {encoded}"})
    with pytest.raises(Unauthorized):
        records_of("heroku", framed(RUN), headers={})


@given(st.binary(max_size=100) | st.lists(st.text(max_size=40)).map(lambda texts: framed(*texts)))
def test_arbitrary_bytes_become_records_or_a_refusal(body: bytes) -> None:
    try:
        records = records_of("heroku", body)
    except IngestRefused:
        return
    assert all((record.message + record.raw + record.record_id).encode() for record in records)


def test_a_body_of_many_kinds_of_frames_is_read(corpora: Path) -> None:
    expected = json.loads((corpora / "synthetic/logplex_expect.json").read_text())
    body = (corpora / "synthetic/logplex_body.bin").read_bytes()
    records = records_of("heroku", body, beside=expected["headers"])
    assert [record.raw for record in records] == expected["expect_messages"]
    assert len(records) == int(expected["headers"]["Logplex-Msg-Count"])
