"""Reads what people type after `/powertrip`: words, pages, members, addresses and moments."""

import math
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from powertrip.domain.decision import FOR_AGENT, UNSURE, Verdict
from powertrip.domain.event import EventQuery
from powertrip.errors import Refused

STATS_DAYS = 30
"""How far back numbers go, where nobody says."""

_MENTION = re.compile(r"<@([UW][A-Z0-9]{2,20})(?:\|[^>]*)?>")
_PAGE = re.compile(r"page=([0-9]{1,5})")
_SPAN = re.compile(r"([0-9]{1,5})([smhdw])")
_ANSWERS = frozenset({*Verdict, UNSURE, FOR_AGENT, "note"})
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def is_decision(text: str) -> bool:
    """Whether what was typed decides an event, or is kept with one."""
    return any(word.lower() in _ANSWERS for word in text.split(maxsplit=1)[:1])


def words_of(text: str) -> list[str]:
    """Splits at blanks; quotes keep words together, and a lone quote, as in "it's me", is a character.

    The reason, or the name of an agent, after the id of a decision is one word, kept as it was typed.
    """
    words = text.split(maxsplit=2)
    if is_decision(text):
        return [*words[:2], *(unescaped(reason).strip() for reason in words[2:])]
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def unescaped(typed: str) -> str:
    """What was typed: Slack escapes three characters.

    See https://docs.slack.dev/messaging/formatting-message-text#escaping.
    """
    # The ampersand comes last, or `&amp;lt;` would be unescaped twice.
    return typed.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def page_of(arguments: list[str]) -> tuple[int, list[str]]:
    """The page in `page=3`, counted from 1, and the other arguments."""
    words = [word for word in arguments if not word.startswith("page=")]
    numbers = [int(match[1]) for word in arguments if (match := _PAGE.fullmatch(word))]
    return max(numbers[-1] if numbers else 1, 1), words


def page_count(total: int, size: int) -> int:
    """At least one: an empty list has a page too."""
    return max(1, math.ceil(total / size))


def member_id(word: str) -> str | None:
    """The member id in `<@U…|name>`, as Slack escapes a mention; a bare id could be a host's name."""
    mention = _MENTION.fullmatch(word)
    return mention[1] if mention else None


def history_query(words: list[str], now: datetime) -> EventQuery:
    """`[@user|host|ip] [since]`, in any order; a bare word is the name of a host or of a user."""
    query = EventQuery()
    for word in words:
        since, member = moment(word, now), member_id(word)
        if since is not None:
            query = replace(query, since=since)
        elif member is not None:
            query = replace(query, subject_slack_id=member)
        elif _is_address(word):
            query = replace(query, source_ip=word)
        else:
            query = replace(query, name=word)
    return query


def described(query: EventQuery, *, whose: str) -> str:
    """What was looked for: `History of host or user “web-1” from 192.0.2.1 since 2026-01-31 12:00 UTC`."""
    parts = ["Your history" if whose == "you" else "History"]
    parts += [f"of {whose}"] if whose not in ("", "you") else []
    parts += [f"of host or user “{query.name}”"] if query.name else []
    parts += [f"from {query.source_ip}"] if query.source_ip else []
    parts += [f"since {query.since:%Y-%m-%d %H:%M} UTC"] if query.since else []
    return " ".join(parts)


def _is_address(word: str) -> bool:
    try:
        # The library also takes a zone, as in fe80::1%eth0, which no event has in its address.
        return "%" not in word and bool(ip_address(word))
    except ValueError:
        return False


def moment(word: str, now: datetime) -> datetime | None:
    """`24h`, `7d` or `2026-01-31` as a moment; None for anything else."""
    span = _SPAN.fullmatch(word)
    if span:
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        return datetime.strptime(word, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def since_of(arguments: list[str], now: datetime, command: str) -> datetime:
    """The moment from which numbers count; raises Refused with how to type `command`."""
    since = moment(arguments[0], now) if arguments else now - timedelta(days=STATS_DAYS)
    if since is None or since > now:
        raise Refused(f"That is no time in the past. Type {command} 30d, or a day as {command} 2026-01-31.")
    return since
