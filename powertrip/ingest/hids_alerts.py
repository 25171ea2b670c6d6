"""Alerts of Wazuh and OSSEC: they quote a log line, which Powertrip judges by its own rules."""

import re
from typing import Any

from powertrip.ingest.parsing import object_or_flaw
from powertrip.ingest.records import FLAW
from powertrip.ingest.sample import OF_HIDS, NoSample, Sample, SampleLogin
from powertrip.ingest.shipped import fields_of_line
from powertrip.ingest.source import BySecret
from powertrip.ingest.views import ViewedSource, first_text, inner


class HidsAlerts(BySecret, ViewedSource):
    """Alerts with the log line at `full_log`."""

    def sample_body(self, login: SampleLogin) -> Sample:  # noqa: ARG002
        raise NoSample(OF_HIDS)

    def flaw(self, value: Any) -> str | None:
        if not isinstance(inner(value, "rule"), dict):
            return "not an alert of Wazuh or OSSEC: expected an object with an object `rule`"
        if first_text(inner(value, "full_log")) is None:
            return (
                "the alert quotes no log line (`full_log`); "
                "take the option no_full_log out of the alert's rule"
            )
        return None


def view_of_line(line: str, *, host: str | None = None, program: str | None = None) -> dict[str, Any]:
    """The view of a log line; `host` and `program` are the HIDS's own, for a line that names none."""
    # A lone surrogate stays visible in the message, as its escape.
    readable = line.encode("utf-8", "backslashreplace").decode()
    _, flaw = object_or_flaw(readable)
    if flaw:
        return {"time": None, "message": readable, "host": host, "program": program, FLAW: flaw}
    fields = {"host": host, **fields_of_line(readable)}
    if program and "program" not in fields:
        # The header is of an unknown form, and with it the line would be taken for none of the program's
        # messages: it is cut behind the program's first tag.
        tag = re.search(rf"(?:^|\s){re.escape(program)}(?:\[[0-9]+\])?: ?", readable)
        fields |= {"message": readable[tag.end() :] if tag else readable, "program": program}
    return {"time": None} | fields
