"""The log: structlog for us and for the libraries' stdlib logging, one line each, secrets taken out.

Lines are coloured text on a terminal and JSON elsewhere. What is redacted is the finished line, so no
nested value, traceback or library message can carry a secret past it.
"""

import json
import logging
import re
import sys
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any, Literal, TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor

LogFormat = Literal["auto", "human", "json"]

REDACTED = "[redacted]"
_COLOUR = r"\x1b\[[\d;]*m"
_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (("xox", "xapp"), re.compile(r"\b(?:xox[a-z](?:\.xox[a-z])?|xapp)-[\w-]+"), REDACTED),
    (("hooks.slack.com/",), re.compile(r"(hooks\.slack\.com/)[^\s\"'\x1b]+"), rf"\1{REDACTED}"),
    (("ticket=",), re.compile(r"([?&]ticket=)[^\s&\"'\x1b]+"), rf"\1{REDACTED}"),
    (
        ("authorization",),
        re.compile(
            rf"(authorization(?:{_COLOUR}|[\s:=\"'\\])+(?:(?:basic|bearer)\s+)?)[^\s\"',}}\\\x1b]+",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
)
"""Words of which one stands, in whatever case, where the shape does; the shape; what is left of it."""
_QUIET_LIBRARIES = {
    "aiohttp": logging.INFO,
    "asyncio": logging.INFO,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,  # names every URL it calls, and a URL may hold a secret
    "slack_bolt": logging.INFO,  # prints whole payloads below this
    "slack_sdk": logging.INFO,
}

# Bolt finds the token in the environment too, where our documentation has people put it, and warns of it.
_IGNORED_WARNING = "As you gave `client` as well"

_secrets: set[str] = set()


def register_secret(value: str) -> None:
    """Never print `value` again, nor the forms it takes inside JSON, a Python literal or a URL."""
    if value:
        _secrets.update({value, json.dumps(value)[1:-1], repr(value)[1:-1], quote(value, safe="")})


def redact(text: str) -> str:
    """`text` without registered secrets and without anything shaped like a Slack or HTTP credential."""
    # The longest first: one secret may be a part of another, whose remainder would stay.
    # Cut out, and filled in at the end: a short secret may be a part of the word that stands for another.
    parts = [text]
    for secret in sorted(filter(text.__contains__, _secrets), key=len, reverse=True):
        parts = [kept for part in parts for kept in part.split(secret)]
    text = REDACTED.join(parts)
    lowered = text.lower()
    for words, shape, replacement in _SHAPES:
        # Outside ASCII a letter may be another's other case.
        if any(word in lowered for word in words) or not text.isascii():
            text = shape.sub(replacement, text)
    return text


_ALL: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


_LEVELS = {name.lower(): number for name, number in logging.getLevelNamesMapping().items()}


class _Writer:
    """Writes our lines to where those of libraries go.

    The way through Python's own logging takes longer than all else about a line, and a line a request is
    written.
    """

    def __init__(self, name: str, handler: logging.StreamHandler[TextIO], renderers: list[Processor]) -> None:
        self.name = name
        self._handler = handler
        self._renderers = renderers

    def _write(self, line: EventDict) -> None:
        try:
            rendered: Any = line
            for render in self._renderers:
                rendered = render(self, "", rendered)
            with self._handler.lock or nullcontext():
                self._handler.stream.write(f"{rendered}\n")
                self._handler.flush()
        except Exception:  # noqa: BLE001 (whoever logs something must not fail of it)
            self._handler.handleError(
                logging.makeLogRecord({"name": self.name, "msg": str(line.get("event"))})
            )

    debug = info = warning = error = critical = _write


def configure_logging(
    level: str = "info", log_format: LogFormat = "auto", stream: TextIO | None = None
) -> None:
    """Send every log line of the process to `stream` (standard error), from `level` up.

    Can be called again to change either. Raises ValueError for an unknown level.
    """
    target = stream or sys.stderr
    colours = target.isatty()
    # Both write plain tracebacks: the richer ones print local variables, which hold bodies and secrets.
    if log_format == "human" or (log_format == "auto" and colours):
        plain = structlog.dev.plain_traceback
        renderers: list[Processor] = [
            structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)
        ]
    else:
        renderers = [structlog.processors.format_exc_info, _as_json]
    renderers.append(_redact_line)
    handler = logging.StreamHandler(target)
    of_libraries = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_ALL, processors=of_libraries))
    handler.addFilter(_is_wanted)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name, logger in list(logging.root.manager.loggerDict.items()):
        # Bolt copies the root's level to each logger that it makes, and a second call must reach those.
        if isinstance(logger, logging.Logger) and name.partition(".")[0] in _QUIET_LIBRARIES:
            logger.setLevel(logging.NOTSET)
    for name, least in _QUIET_LIBRARIES.items():
        logging.getLogger(name).setLevel(max(least, logging.getLogger().level))
    least = logging.getLogger().level

    def is_due(_logger: Any, method: str, line: EventDict) -> EventDict:
        if _LEVELS[method] < least:
            raise structlog.DropEvent
        return line

    structlog.configure(
        processors=[is_due, *_ALL, lambda _logger, _method, line: ((line,), {})],
        logger_factory=lambda *names: _Writer(str(names[0]) if names else "powertrip", handler, renderers),
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        cache_logger_on_first_use=False,  # module-level loggers must follow a second call
    )


def _is_wanted(line: logging.LogRecord) -> bool:
    _shorten(line)
    # Again at the end: a logger below the library's may have a level of its own, as Bolt's have.
    least = _QUIET_LIBRARIES.get(line.name.partition(".")[0], logging.NOTSET)
    return line.levelno >= least and not str(line.msg).startswith(_IGNORED_WARNING)


def _shorten(line: logging.LogRecord) -> None:
    """Tell of a request that is no HTTP in a few words: anybody can send one, and what is in it is theirs."""
    error = line.exc_info[1] if line.exc_info else None
    if line.name == "aiohttp.server" and type(error).__module__ == "aiohttp.http_exceptions":
        line.msg, line.args = f"a request that is no HTTP ({type(error).__name__})", ()
        line.exc_info, line.levelno, line.levelname = None, logging.WARNING, "WARNING"


# `json.dumps`, which structlog's own renderer calls, makes an encoder for each line.
_encode = json.JSONEncoder(default=str).encode


def _as_json(_logger: Any, _method: str, line: EventDict) -> str:
    return _encode(line)


def _redact_line(_logger: Any, _method: str, line: EventDict | str) -> str:
    return redact(str(line))


class Seldom:
    """Tells when to warn, by name, of what a sender may cause with every record; names are few."""

    def __init__(self, every: timedelta) -> None:
        self._every = every
        self._warned_at: dict[str, datetime] = {}

    def is_due(self, name: str, now: datetime) -> bool:
        """Whether this process has not warned of `name` for so long; from then on it has."""
        warned_at = self._warned_at.get(name)
        if warned_at is not None and now - warned_at < self._every:
            return False
        self._warned_at[name] = now
        return True
