"""What the log looks like, and what it never prints."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.logger import get_bolt_logger

from powertrip import log


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def forgotten_afterwards() -> Iterator[None]:
    yield
    log._secrets.clear()
    log.configure_logging("critical")


@pytest.fixture
def lines() -> io.StringIO:
    stream = io.StringIO()
    log.configure_logging("info", stream=stream)
    return stream


def last(lines: io.StringIO) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(lines.getvalue().splitlines()[-1])
    return entry


def test_away_from_a_terminal_each_line_is_json(lines: io.StringIO) -> None:
    structlog.get_logger("powertrip.ingest.http").info("request", source="logs", status=200)
    entry = last(lines)
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {
        "event": "request",
        "level": "info",
        "logger": "powertrip.ingest.http",
        "source": "logs",
        "status": 200,
    }


def test_libraries_lines_take_the_same_way(lines: io.StringIO) -> None:
    logging.getLogger("slack_bolt.AsyncApp").warning("no handler for %s", "view_submission")
    assert last(lines)["event"] == "no handler for view_submission"
    assert last(lines)["logger"] == "slack_bolt.AsyncApp"


def test_on_a_terminal_lines_are_coloured_text() -> None:
    stream = Terminal()
    log.configure_logging("info", stream=stream)
    structlog.get_logger().info("started", port=8080)
    assert "\x1b[" in stream.getvalue()
    assert "started" in stream.getvalue()


def test_the_format_can_be_asked_for() -> None:
    human, machine = io.StringIO(), Terminal()
    log.configure_logging("info", "human", human)
    structlog.get_logger().info("started", port=8080)
    assert human.getvalue().rstrip().endswith("port=8080")
    assert "\x1b[" not in human.getvalue()
    log.configure_logging("info", "json", machine)
    structlog.get_logger().info("started", port=8080)
    assert json.loads(machine.getvalue())["port"] == 8080


def test_the_level_holds_for_us_and_for_libraries(lines: io.StringIO) -> None:
    structlog.get_logger().debug("quiet")
    logging.getLogger("anything").debug("quiet")
    assert lines.getvalue() == ""


def test_libraries_that_print_payloads_stay_quiet_when_debugging() -> None:
    stream = io.StringIO()
    log.configure_logging("debug", stream=stream)
    logging.getLogger("slack_sdk.socket_mode").debug("payload")
    logging.getLogger("httpx").info("GET https://example.test/?key=1")
    assert stream.getvalue() == ""


def test_bolt_prints_no_payload_when_debugging_though_its_loggers_take_the_level_of_the_root() -> None:
    stream = io.StringIO()
    log.configure_logging("debug", stream=stream)
    bolt = get_bolt_logger(AsyncApp)
    assert bolt.level == logging.DEBUG
    bolt.debug("payload")
    assert stream.getvalue() == ""


def test_another_level_reaches_the_loggers_that_bolt_has_made() -> None:
    log.configure_logging("error", stream=io.StringIO())
    bolt = get_bolt_logger(AsyncApp)
    stream = io.StringIO()
    log.configure_logging("info", stream=stream)
    bolt.warning("no handler")
    assert last(stream)["event"] == "no handler"


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        log.configure_logging("loud")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("token xoxb-12-34-abcDEF used", "token [redacted] used"),
        ("xoxe.xoxp-1-Mi0yLT and xapp-1-A0-9-ff", "[redacted] and [redacted]"),
        ("POST https://hooks.slack.com/services/T0/B0/x", "POST https://hooks.slack.com/[redacted]"),
        (
            "wss://wss-primary.slack.com/link/?ticket=ab-cd&app_id=1",
            "wss://wss-primary.slack.com/link/?ticket=[redacted]&app_id=1",
        ),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("{'Authorization': 'Basic dXNlcjpwYXNz', 'X': 1}", "{'Authorization': 'Basic [redacted]', 'X': 1}"),
        ('{"authorization": "s3cret"}', '{"authorization": "[redacted]"}'),
        ("AUTHORIZATION=abc", "AUTHORIZATION=[redacted]"),
        ("author\u0131zation: abc", "author\u0131zation: [redacted]"),
        ("the box has xo- and xapps", "the box has xo- and xapps"),
    ],
)
def test_credentials_are_redacted_by_their_shape(text: str, safe: str) -> None:
    assert log.redact(text) == safe


@pytest.mark.parametrize("log_format", ["human", "json"])
@pytest.mark.parametrize(
    "secret", ["plain-secret", 'quo"te\\back', "ünï cödé", "with 'single' quotes", "tab\tand\nline"]
)
def test_a_registered_secret_is_printed_nowhere(log_format: log.LogFormat, secret: str) -> None:
    stream = Terminal()
    log.configure_logging("info", log_format, stream)
    log.register_secret(secret)
    logger = structlog.get_logger()
    logger.info(f"got {secret}", value=secret, nested={"list": [secret]}, Authorization=f"Bearer {secret}")
    logging.getLogger("aiohttp.server").warning("from %s", secret)
    logger.error("failed", exc_info=RuntimeError(secret))
    text = stream.getvalue()
    assert text.count(log.REDACTED) >= 6
    forms = {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    assert not [form for form in forms if form in text]


def test_a_secret_that_is_a_part_of_the_word_for_secrets_spoils_no_other() -> None:
    for secret in ("long-secret", "act", "[redacted]"):
        log.register_secret(secret)

    assert log.redact("long-secret, act") == f"{log.REDACTED}, {log.REDACTED}"


@pytest.mark.parametrize("log_format", ["human", "json"])
def test_a_traceback_shows_no_local_variables(log_format: log.LogFormat) -> None:
    stream = io.StringIO()
    log.configure_logging("info", log_format, stream)
    body = "what a sender " + "sent"
    try:
        int(body[:4])
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "ValueError" in stream.getvalue()
    assert "what" in stream.getvalue()
    assert body not in stream.getvalue()


def test_an_authorization_is_redacted_between_colours_too() -> None:
    stream = Terminal()
    log.configure_logging("info", "human", stream)
    structlog.get_logger().info("asked", authorization="Bearer abcdef", then="kept")
    assert "abcdef" not in stream.getvalue()
    assert "kept" in stream.getvalue()


class Closed(io.StringIO):
    """A stream whose other end is gone."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_a_line_that_cannot_be_written_breaks_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure_logging("info", stream=Closed())
    structlog.get_logger("powertrip.pipeline").info("sent")
    assert "BrokenPipeError" in capsys.readouterr().err


def test_a_value_that_cannot_be_shown_breaks_nobody(
    lines: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    class Odd:
        def __str__(self) -> str:
            raise LookupError("nothing to show")

        __repr__ = __str__

    structlog.get_logger("powertrip.pipeline").info("sent", value=Odd())
    assert lines.getvalue() == ""
    assert "nothing to show" in capsys.readouterr().err
