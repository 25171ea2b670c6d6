"""What Wazuh and OSSEC share: their alerts quote a log line, which Powertrip judges by its own rules."""

import re
from typing import Any

from powertrip.domain.syslog import parse_line
from powertrip.ingest.base import first_text, inner


def flaw_of_alert(alert: Any) -> str | None:
    """Why no rule could judge the alert; None if one can. For `BaseSource.reading`."""
    if not isinstance(inner(alert, "rule"), dict):
        return "not an alert of Wazuh or OSSEC: expected an object with an object `rule`"
    if first_text(inner(alert, "full_log")) is None:
        return (
            "the alert quotes no log line (`full_log`); take the option no_full_log out of the alert's rule"
        )
    return None


def view_of_line(line: str, *, host: str | None = None, program: str | None = None) -> dict[str, Any]:
    """The view of a log line; `host` and `program` are what the HIDS found, where the line tells us nothing.

    A line whose header is of an unknown form is cut behind the first tag of `program`: with its header it
    would be taken for none of that program's messages.
    """
    readable = line.encode("utf-8", "backslashreplace").decode()
    parts = parse_line(readable)
    message = _behind_tag(readable, program) if program and not parts.program else parts.message
    return {
        "message": message,
        "time": parts.time,
        "host": parts.host or host,
        "program": parts.program or program,
    }


def _behind_tag(line: str, program: str) -> str:
    tag = re.search(rf"(?:^|\s){re.escape(program)}(?:\[[0-9]+\])?: ?", line)
    return line[tag.end() :] if tag else line
