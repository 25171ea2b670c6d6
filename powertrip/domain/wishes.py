"""Reads what is to be expected as people and pipelines write it; raises ValueError with what is wrong."""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from ipaddress import ip_network

from powertrip.config.values import did_you_mean

_RULE = re.compile(r"[a-z0-9_*-]{1,60}")
_HOST = re.compile(r"[a-z0-9._*-]{1,100}")
KEY = re.compile(r"[A-Za-z0-9+/:=_-]{4,120}")
"""The name of a key: of SSH its fingerprint, of AWS its id."""
_AS = re.compile(r"[Aa][Ss][1-9][0-9]{0,9}", re.ASCII)
_COUNT = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
STARS = 3
"""Times that `*` may stand in one name."""


def rule_in(word: str, rules: Collection[str]) -> str:
    """A rule's name, or a pattern of names; `ssh` is the rule, or all, named `ssh_…`."""
    name = _matching(word.lower(), _RULE, "rule")
    if name in rules or "*" in name:
        return name
    begun = [rule for rule in rules if rule.startswith(f"{name}_")]
    if begun:
        return begun[0] if len(begun) == 1 else f"{name}_*"
    raise ValueError(did_you_mean(name, list(rules), "rule"))


def host_in(word: str) -> str:
    """A host's name, or a pattern of names."""
    return _matching(word.lower(), _HOST, "host")


def network_in(word: str) -> str:
    """A network in CIDR notation, of which an address is one of its own, or `AS64500`."""
    if _AS.fullmatch(word):
        return f"AS{int(word[2:])}"
    try:
        return str(ip_network(word, strict=False))
    except ValueError as error:
        raise ValueError(f"{word[:40]!r} is no network; write one such as 192.0.2.0/24") from error


def key_in(word: str) -> str:
    """The fingerprint of a key."""
    return _matching(word, KEY, "key")


def count_in(word: str) -> int:
    if not _COUNT.fullmatch(word):
        raise ValueError(f"{word[:40]!r} is no number of records")
    return int(word)


def moment_in(word: str) -> datetime:
    try:
        return datetime.strptime(word.rstrip("Zz"), "%Y-%m-%dT%H:%M").replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"{word[:40]!r} is no time; write one such as 2026-01-31T18:00, in UTC") from error


def _matching(word: str, pattern: re.Pattern[str], what: str) -> str:
    if not pattern.fullmatch(word) or word.count("*") > STARS:
        raise ValueError(f"{word[:40]!r} is not the name of a {what}, in which * stands for any text")
    return word
