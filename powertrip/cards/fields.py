"""The fields of an event as evidence: what each is called for people, and how much of it is shown."""

from powertrip.cards import words
from powertrip.cards.blocks import Line, labelled, outside, text
from powertrip.cards.text import show
from powertrip.domain import varied as domain_varied
from powertrip.domain.agents import CLAIM
from powertrip.domain.event import Event

VALUE_LIMIT = 160
DECISIVE_LIMIT = 1000
"""Characters of a decisive field that did not fit beside the title."""
FIELDS_SHOWN = 10
VARIED_SHOWN, VARIED_LIMIT = 10, 60
"""Values of one field that joined records differ in, and characters of each."""
LABEL_LIMIT = 40

_HOW = ("method", "key_type", "key_fingerprint")
_LABELS = {
    "access_key_id": "Access key",
    "actor_is_bot": "Is a program",
    "actor_name": "Name there",
    "actor_type": "Kind of account",
    "after": "Afterwards",
    "alert_severity": "Severity there",
    "alert_status": "State of the alert",
    "ca_fingerprint": "Certified by",
    "caller_uid": "User number of the caller",
    "cert_id": "Certificate",
    "cert_serial": "Serial number of the certificate",
    "change": "What was changed",
    "changes": "What was changed",
    "chroot": "Changed root",
    "claimed_agent": "Agent, as it says itself",
    "claimed_host": "Host, as the client says",
    "claimed_name": "Name, as they chose it",
    "claimed_session": "Session, as they named it",
    "claimed_user": "User, as the client says",
    "docker_ref": "Docker image",
    "environment": "Environment variables",
    "error": "Error",
    "event_name": "API call",
    "event_outcome": "Result",
    "event_provider": "Service",
    "event_type": "Kind of event",
    "extra": "Rest of the line",
    "fingerprint": "Fingerprint of the alert",
    "from_host": "From host",
    "git_ref": "Git reference",
    "github_action": "Action",
    "github_event": "GitHub event",
    "impersonator": "In the name of",
    "line": "What the line says",
    "login": "Account on the target",
    "mfa": "Second factor (MFA)",
    "operation_id": "Number of the operation",
    "permission": "Permission",
    "polkit_action": "What polkit was asked for",
    "program_path": "Program",
    "remote_user": "User on the other side",
    "runbook": "What to do",
    "session": "Session",
    "session_log": "Recorded as",
    "shared_with": "Open to",
    "source_domain": "From host",
    "source_port": "From port",
    "source_service": "By way of",
    "sudo_host": "Host, as sudo says",
    "tailnet": "Tailnet",
    "target_group": "Group",
    "target_user": "Became user",
    "token_scopes": "Scopes of the token",
    "token_type": "Kind of token",
    "tty": "Terminal",
    "uid": "User number",
    "url": "Address",
    "user_agent": "Client",
    "working_directory": "Directory",
}
"""For the fields of our own packs; where a field's own name says it well, it needs none."""
_SPOKEN = {"true": "yes", "false": "no", "True": "yes", "False": "no", "Yes": "yes", "No": "no"}
_CAPITALS = frozenset(
    {
        *("api", "arn", "asn", "aws", "cpu", "dns", "gcp", "http", "https", "iam", "id", "ip", "json", "mfa"),
        *("os", "pid", "sql", "ssh", "sso", "tls", "tty", "uid", "url", "vpn"),
    }
)
"""Words in the names of fields that are abbreviations."""


def label(name: str) -> str:
    """What a field is called: `VPN gateway` for `vpn_gateway`. Names come from rules, and from JSON."""
    if name in _LABELS:
        return _LABELS[name]
    spoken = [word.upper() if word in _CAPITALS else word for word in name.split("_") if word]
    first, *others = spoken or [name]
    return show(" ".join([first if first.isupper() else first.capitalize(), *others]), LABEL_LIMIT)


def evidence(event: Event) -> list[Line]:
    """How it was done, and all that the rule named and is not said above."""
    how = _how(event)
    lines: list[Line] = [labelled("How", text(how))] if how else []
    others = [(name, value) for name, value in event.fields.items() if value and not _is_said(event, name)]
    for name, value in others[:FIELDS_SHOWN]:
        limit = DECISIVE_LIMIT if name in event.headline else VALUE_LIMIT
        lines.append(labelled(label(name), outside(_SPOKEN.get(value, value), limit)))
    if len(others) > FIELDS_SHOWN:
        lines.append([text(f"… and {words.count(len(others) - FIELDS_SHOWN, 'more field')}")])
    return [*lines, labelled("Source", text(show(event.source, VALUE_LIMIT)))]


def in_words(event: Event) -> dict[str, str]:
    """The fields by what they are called, as they came; how it was done is one of them, and the first.

    Without the port, for every connection has another.
    """
    how = _how(event)
    said = (*_HOW, "source_port")
    others = {label(name): value for name, value in event.fields.items() if value and name not in said}
    return ({"How": how} if how else {}) | others


def _how(event: Event) -> str:
    return " · ".join(show(event.fields[name], VALUE_LIMIT) for name in _HOW if event.fields.get(name))


def varied(event: Event) -> list[Line]:
    """In what the records that joined differ from the first: all that one decision is about."""
    lines: list[Line] = []
    for name, others in list(event.varied.items())[:FIELDS_SHOWN]:
        first = domain_varied.stated(event).get(name)
        values = [*([first] if first else []), *others]
        pieces: Line = []
        for value in values[:VARIED_SHOWN]:
            pieces += (
                [text(" · "), outside(value, VARIED_LIMIT)] if pieces else [outside(value, VARIED_LIMIT)]
            )
        if len(values) > VARIED_SHOWN:
            # An event keeps only so many values; of users it knows how many there are.
            count = f"{event.users - VARIED_SHOWN:,} " if name == "user_name" else ""
            pieces.append(text(f" and {count}others"))
        # What one of several records says of the same login is of that login.
        lines.append(labelled(f"{label(name)} of each" if event.times > 1 else label(name), *pieces))
    return lines


def _is_said(event: Event, name: str) -> bool:
    if name in (*_HOW, CLAIM):
        return True
    # Success is what everybody takes for granted; a failure is said among what is unusual.
    if name == "event_outcome":
        return event.fields[name] in ("success", words.FAILURE)
    value = event.fields[name]
    is_shown = value in event.decisive[: words.DECISIVE_SHOWN] and len(value) <= VALUE_LIMIT
    return name in event.headline and is_shown
