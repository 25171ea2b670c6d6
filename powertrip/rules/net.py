"""The net under all rules: what reads like a login, or like becoming somebody else, must not go by unseen.

Such a line is nobody's where a header is of an unknown form, the program has another name, the message
stands under a key that is not configured, or the pack that is about it is not in use. To be wrong here
costs a look at the quarantine; so what comes many times a minute on a healthy server is left out.
"""

from collections.abc import Collection
from dataclasses import dataclass

import re2

from powertrip.domain.record import Record
from powertrip.domain.tags import plain_program

# A blank of any kind, a terminal's colours, and what JSON, forms and HTML write for them, however often it is
# wrapped in JSON.
_BLANK = (
    r"(?:[\s\v\pZ\pC]|\x1b\[[0-9;]*m|\+|%(?:20|09|0[AaDd]|[Cc]2%[Aa]0)|&(?:nbsp|#32|#x20|#160);|"
    r"\\+(?:[tnrfv]|u001[bB]\[[0-9;]*m|u00[0-2][0-9A-Fa-f]|u00[aA]0|u20[0-9A-Fa-f]{2}|u3000))"
)
_KNOWN = r"(?:none|password|publickey|hostbased|gssapi|keyboard-interactive|challenge-response|kerberos)"
_ADDRESS = r"(?:[0-9]{1,3}\.[0-9]{1,3}\.|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:|UNKNOWN)"
# Programs accept much else "for" somebody: a method that is not known needs an address or a port behind it.
_ACCEPTED = (
    rf"Accepted (?:{_KNOWN}[^\s]*? for(?: .*)? from "
    rf"|[^\s]+? for(?: .*)? from (?:{_ADDRESS}|.* port [0-9]))"
)
_STRANGERS = frozenset({"sshd", "sshd-session", "dropbear"})
"""Programs that log what strangers choose, such as a user name: it must not fill the quarantine."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One way to get in, or to become somebody else, by the words that its line has."""

    words: tuple[str, ...]
    """One of them is in every such line: quick to look for, and nearly all that no rule takes has none."""
    what: str
    pack: str | None
    pattern: "re2._Regexp[str]"
    by_strangers: bool = False
    """Whether it is also looked for in what is surely of sshd or dropbear."""


def _kind(words: str, what: str, pack: str | None, pattern: str, *, by_strangers: bool = False) -> _Kind:
    """A blank in `pattern` stands for any number of any kind; `words` are parted by commas."""
    compiled = re2.compile(f"(?s){pattern.replace(' ', f'{_BLANK}+')}")
    return _Kind(tuple(words.split(",")), what, pack, compiled, by_strangers)


_KINDS = (
    _kind(
        "Accepted",
        "a login that sshd logged (Accepted METHOD for USER from ADDRESS)",
        "ssh",
        _ACCEPTED,
        by_strangers=True,
    ),
    _kind(
        "auth succeeded",
        "a login that dropbear logged (auth succeeded for USER)",
        "dropbear",
        r"(?i:password|pubkey|public key) auth succeeded for ",
        by_strangers=True,
    ),
    _kind(
        "COMMAND=,sudo",
        "a command of sudo (USER=... ; COMMAND=...)",
        "sudo",
        r'(?:TTY|PWD|USER)=.*;.*COMMAND=|\\*"sudo\\*":?\s*:?\s*\{\s*\\*"(?:accept|reject|alert)',
    ),
    _kind(
        "(to ,Successful su,to ",
        "a change of user by su",
        "su",
        r"(?P<failed>FAILED SU )?\(to [^()\s]+\) [^\s]+ on |Successful su for [^\s]+ by ",
    ),
    _kind(
        "ran command",
        "a command of doas (ran command ... as ...)",
        "doas",
        r"[^\s]+ ran command (?:.* )?as [^\s]+(?:: | from )",
    ),
    _kind("Executing command", "a command of pkexec", "pkexec", r"Executing command \[USER="),
    _kind(
        "LOGIN ,login on",
        "a login at a console",
        "login",
        r"LOGIN ON [^\s]+ (?:BY|FROM) |ROOT LOGIN (?:ON|on) |root login on '",
    ),
    _kind("USER_LOGIN", "a login that auditd logged", None, r"type=USER_LOGIN .*res=success"),
    _kind(
        "successfully logged on",
        "a login at a Windows screen",
        None,
        r"An account was successfully logged on.*Logon Type: (?:2|7|10|11)(?:[^0-9]|$)",
    ),
    _kind(
        "LOGIN_SUCCESS,logged in from,Successful login",
        "a login to a device",
        None,
        r"LOGIN_SUCCESS: |user [^\s]+ logged in from [^\s]+ via [a-z]|Successful login as [^\s]+ from ",
    ),
)
_BSD_SU = re2.compile(r"[^\s:]+ to [^\s:]+ on /dev/[^\s]+|\+ [^\s]+ [^\s:]+[:-][^\s:]+")
"""What su of the BSDs and that of old shadow write: too short to be known without the program's name."""
_SESSION = re2.compile(
    r"(?s)(?:pam_unix\((?P<service>[^:()\s]+):session\): |^)session opened for user .+ "
    r"by [^()]*\(uid=(?P<uid>[0-9]+)\)"
)
_OLD_PAM = "(pam_unix)"
"""Ends the program's name in lines of Linux-PAM before 0.99, whose messages name no service."""
_NOBODYS = frozenset({"cron", "crond", "anacron", "atd", "systemd-user"})
"""Services whose sessions come without a person, many a minute."""
_PROGRAM_OF = {
    "sudo-i": "sudo",
    "su-l": "su",
    "runuser": "su",
    "runuser-l": "su",
    "polkit-1": "pkexec",
    "remote": "login",
}
"""By PAM's name of a service, the program whose own line tells of the same."""
_BY_ROOT = frozenset({"sudo", "su", "pkexec"})
"""Where root calls them, nobody gains a thing: scripts do it all day."""


def reads_like(record: Record, covered: Collection[str]) -> str | None:
    """Why no rule should have let the record go; None if it reads like nothing of the kind.

    Looked at are the message and the record as it came. `covered` are the programs whose own lines the rules
    judge: what PAM says of their sessions is the same once more.
    """
    texts = (record.message,) if record.message == record.raw else (record.message, record.raw)
    program = plain_program(record.program or "").lower()
    for kind in _KINDS:
        if program in _STRANGERS and not kind.by_strangers:
            continue
        if any(_is_of(kind, text) for text in texts):
            return _reason(kind.what, kind.pack)
    if program in ("su", "su-l") and _BSD_SU.fullmatch(record.message.strip()):
        return _reason("a change of user by su", "su")
    if any("session opened" in text and _is_session(text, program, covered) for text in texts):
        return _reason("a session that PAM opened", "pam")
    return None


def _is_of(kind: _Kind, text: str) -> bool:
    if not any(word in text for word in kind.words):
        return False
    match = kind.pattern.search(text)
    return match is not None and match.groupdict().get("failed") is None


def _is_session(text: str, program: str, covered: Collection[str]) -> bool:
    match = _SESSION.search(text)
    if match is None:
        return False
    service = match["service"] or program.removesuffix(_OLD_PAM)
    of_program = _PROGRAM_OF.get(service, service)
    if service in _NOBODYS or (of_program in _BY_ROOT and match["uid"] == "0"):
        return False
    # Where the form is that old, the program's own lines are of another form too.
    return program.endswith(_OLD_PAM) or of_program not in covered


def _reason(what: str, pack: str | None) -> str:
    use = f", and that the pack {pack} is in use for that source" if pack else ""
    return (
        f"reads like {what}, and no rule took it; check the program, the keys and the header of its source's "
        f"records{use}; where it is no login of yours, write an ignore rule"
    )
