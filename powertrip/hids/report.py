"""A verdict as JSON: the form in which a HIDS is told, and templates for a HIDS that wants another."""

import json
from datetime import datetime
from string import Template
from typing import Any

from powertrip.domain.decision import WORD
from powertrip.domain.hids import OriginVerdict

DEFAULT_TEMPLATE = """{
  "event_id": $event_id, "verdict": $verdict, "alert_id": $alert_id, "rule": $rule,
  "user_name": $user_name, "host_name": $host_name, "source_ip": $source_ip, "occurred_at": $occurred_at,
  "decided_by": $decided_by, "decided_by_name": $decided_by_name, "decided_at": $decided_at, "reason": $reason
}"""
"""Every placeholder stands for a whole JSON value, quotation marks included."""

PLACEHOLDERS = (
    *("event_id", "verdict", "alert_id", "rule", "user_name", "host_name", "source_ip", "occurred_at"),
    *("decided_by", "decided_by_name", "decided_at", "reason"),
)
TEXT_LIMIT = 1000
"""Characters of any one value that a HIDS is sent."""


def values(verdict: OriginVerdict) -> dict[str, Any]:
    """Every value by its placeholder; times are RFC 3339 in UTC, unknown values None."""
    return {
        "event_id": verdict.event_id,
        "verdict": WORD[verdict.verdict],
        "alert_id": _cut(verdict.alert_id),
        "rule": verdict.rule,
        "user_name": _cut(verdict.user_name),
        "host_name": _cut(verdict.host_name),
        "source_ip": _cut(verdict.source_ip),
        "occurred_at": _moment(verdict.occurred_at),
        "decided_by": verdict.decided_by,
        "decided_by_name": _cut(verdict.decided_by_name),
        "decided_at": _moment(verdict.decided_at),
        "reason": _cut(verdict.reason),
    }


def filled(template: str, verdict: OriginVerdict) -> str:
    """The template with its placeholders replaced."""
    # Each by JSON of its own: a user name with a quotation mark cannot leave its place and forge a verdict.
    return Template(template).substitute({name: json.dumps(value) for name, value in values(verdict).items()})


def check_template(template: str) -> str:
    """The template itself; raises ValueError where it would not make JSON."""
    try:
        text = Template(template).substitute(dict.fromkeys(PLACEHOLDERS, '"x"'))
    except KeyError as error:
        problem = f"${error.args[0]} is no placeholder; docs/hids.md lists the placeholders"
        raise ValueError(problem) from error
    except ValueError as error:
        raise ValueError("a $ stands alone; write $$ for the sign itself") from error
    try:
        json.loads(text)
    except ValueError as error:
        problem = f"does not make JSON: {error}; placeholders bring their own quotation marks"
        raise ValueError(problem) from error
    return template


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cut(text: str | None) -> str | None:
    return text[:TEXT_LIMIT] if text else None
