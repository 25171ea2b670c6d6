"""The net under all rules: what reads like a login, or like becoming somebody else, must not go by unseen.

Such a line is nobody's where a header is of an unknown form, the program has another name, the message
stands under a key that is not configured, or the pack that is about it is not in use. To be wrong here
costs a look at the quarantine; so what comes many times a minute on a healthy server is left out.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

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
# A console, a screen unlocked, RDP, and credentials that were kept. Type 3 comes with every file share.
_AT_SCREEN = r"(?:2|7|10|11)(?:[^0-9]|$)"
_LOGON_TYPE = (
    r"(?:Logon ?[Tt]ype|Anmeldetyp|Type d.{1,12}ouverture de session|Tipo de inicio de sesi[^\s]{1,12}n|cn1)"
    r"(?:[^0-9A-Za-z]|\\+[tnr]|#text){0,32}"
).replace(" ?", r"\s?")
"""Windows writes its texts in the language of the machine, and shippers write the field."""
_SOMEBODYS = r"auid=[1-9][0-9]{0,8}[^0-9]"
"""Whoever logged in first; a daemon has none, which is the number -1, and root gains nothing."""
_RIGHTS = r"(?:sudo|wheel|admin|root|docker)"
_STRANGERS = frozenset({"sshd", "sshd-session", "dropbear"})
"""Programs that log what strangers choose, such as a user name: it must not fill the quarantine."""


@dataclass(frozen=True)
class _Kind:
    """One way to get in, or to become somebody else, by the words that its line has."""

    words: tuple[str, ...]
    """One of them is in every such line: quick to look for, and nearly all that no rule takes has none."""
    what: str
    pack: str | None
    text: str
    """The pattern; a blank in it stands for any number of any kind."""
    by_strangers: bool = False
    """Whether it is also looked for in what is surely of sshd or dropbear."""

    @cached_property
    def pattern(self) -> "re2._Regexp[str]":
        # Only once a line has such a word: all of them take 3 MiB and 30 ms, and many a process needs none.
        return re2.compile(f"(?s){self.text.replace(' ', f'{_BLANK}+')}")


def _kind(words: str, what: str, pack: str | None, pattern: str, *, by_strangers: bool = False) -> _Kind:
    """`words` are parted by commas."""
    return _Kind(tuple(words.split(",")), what, pack, pattern, by_strangers)


_KINDS = (
    _kind(
        "Accepted",
        "a login that sshd logged (Accepted METHOD for USER from ADDRESS)",
        "ssh",
        _ACCEPTED,
        by_strangers=True,
    ),
    _kind(
        "auth succeeded,Auth succeeded",
        "a login that dropbear logged (auth succeeded for USER)",
        "dropbear",
        r"(?i:password|pubkey|public key) auth succeeded for |Auth succeeded with blank password for ",
        by_strangers=True,
    ),
    _kind(
        "COMMAND=,sudo,submituser",
        "a command of sudo (USER=... ; COMMAND=...)",
        "sudo",
        r'(?:TTY|PWD|USER)=.*;.*COMMAND=|\\*"sudo\\*":?\s*:?\s*\{\s*\\*"(?:accept|reject|alert|command|pwd|tty)'
        r'|\\*"accept\\*"\s*:\s*\{.*\\*"submituser',
    ),
    _kind(
        "(to,Successful su,'su ,'ksu ,authorization for",
        "a change of user by su",
        "su",
        r"(?P<failed>FAILED SU )?\(to [^()\s]+\) [^\s]+ on |Successful su for [^\s]+ by "
        r"|'k?su [^\s']+' (?:succeeded|authenticated)|Account [^\s]+: authorization for [^\s]+ successful",
    ),
    _kind(
        "ran command,ran shell",
        "a command of doas (ran command ... as ...)",
        "doas",
        r"[^\s]+ ran (?:command (?:.* )?|shell )as [^\s]+(?:: | from )",
    ),
    _kind("Executing command", "a command of pkexec", "pkexec", r"Executing command \[USER="),
    _kind(
        "LOGIN ,login on",
        "a login at a console",
        "login",
        r"LOGIN ON [^\s]+ (?:BY|FROM) |ROOT LOGIN (?:\([^\s]+\) )?(?:ON|on) |root login on '"
        r"|login on (?:tty|pts|console)[^\s]* as ",
    ),
    _kind(
        "successfully authenticated as",
        "a command of run0",
        "run0",
        r"successfully authenticated as unix-user:.* for action org\.freedesktop\.systemd1\.",
    ),
    _kind(
        "USER_LOGIN,user_login,Login by user",
        "a login that the kernel's audit or its readers logged",
        None,
        r'USER_LOGIN[^A-Za-z_].*res(?:=|\\*":\s*\\*")success|message_type\\*":\s*\\*"user_login\\*"'
        r"|Login by user [^\s]+ \(UID: ",
    ),
    _kind(
        "USER_CMD",
        "a command of sudo that auditd logged",
        "sudo",
        rf'USER_CMD[^A-Za-z_].*{_SOMEBODYS}.*exe=\\*"[^"\s]*/sudo\\*".*res=success',
    ),
    _kind(
        "USER_START",
        "a change of user by su that auditd logged",
        "su",
        rf'USER_START[^A-Za-z_].*{_SOMEBODYS}.*exe=\\*"[^"\s]*/su\\*".*res=success',
    ),
    _kind(
        "successfully logged on,4624,Session logon succeeded",
        "a login at a Windows screen",
        None,
        rf"(?:An account was successfully logged on|4624[^0-9]).*{_LOGON_TYPE}{_AT_SCREEN}"
        rf"|{_LOGON_TYPE}{_AT_SCREEN}.*(?:[Ee]vent_?ID|event_id|code)[^0-9A-Za-z]{{0,12}}4624(?:[^0-9]|$)"
        r"|Remote Desktop Services: Session logon succeeded",
    ),
    _kind(
        "LOGIN_SUCCESS,Login Success,logged in,Successful login,SSH2 Session,Privilege level set,"
        "Successfully authenticated user,Login permitted,User authentication succeeded,priv level changed,"
        "UI_LOGIN_EVENT,succeeded in logging,SHELL_LOGIN,Log In,pam_audit,Login OK,SSH session was,"
        "SSH login: ,successful auth for",
        "a login to a device",
        None,
        r"LOGIN_SUCCESS: |user [^\s]+ logged in from [^\s]+ via [a-z]|Successful login as [^\s]+ from "
        # Cisco's IOS, IOS XR and ASA; Juniper, Huawei and H3C, Aruba, Arista.
        r"|Login Success \[user: |for SSH2 Session from .*[Ss]ucceeded|Privilege level set to [0-9]+ by "
        r"|Successfully authenticated user '|Login permitted from [^\s]+ to [^\s]+ for user "
        r"|User authentication succeeded: IP address|User priv level changed: Uname"
        r"|UI_LOGIN_EVENT.*User '[^\s]+' login|User [^\s]+ logged in from host "
        r"|succeeded in logging in|SHELL_LOGIN.*logged in from "
        r"|logged in from [^\s]+ to (?i:ssh|telnet|cli|serial)|user [^\s]+ logged in \[from: "
        # Palo Alto, Fortinet, Check Point, F5; Dell's and HPE's consoles, VMware, Synology, QNAP, Proxmox.
        r"|logged in via (?:CLI|Web|SSH)|Administrator [^\s]+ logged in successfully"
        r'|operation:\\*"Log In\\*"|\(pam_audit\): user=.*start=\\*"[^"]*"(?:[^\s]| [^e]|$)'
        r"|Successfully logged in using |SSH login: [^\s]+ - |SSH session was opened for "
        r"|logged in successfully via \[(?i:ssh|telnet)|Connection type: SSH,.*Action: Login OK"
        r"|successful auth for user '",
    ),
    _kind(
        "Auth_methods_successful,LOGON_AUTH_SUCCEEDED,coming from,new SSH connection,T2000I,"
        "successfully authenticated,Auth for user,Access permitted for,pam_rhosts,cmd=,dzdo granted",
        "a login over another server than OpenSSH's",
        None,
        # Tectia, Bitvise, ssh.com, Tailscale, Teleport, Guacamole, AsyncSSH, xrdp, rlogind, rshd, Centrify.
        r"Auth_methods_successful|I_LOGON_AUTH_SUCCEEDED|User [^\s]+, coming from [^\s]+, authenticated"
        r"|handling new SSH connection from |session\.start.*T2000I|T2000I.*session\.start"
        r'|User \\*"[^\s]+\\*" successfully authenticated from |Auth for user [^\s]+ succeeded'
        r"|Access permitted for user: |pam_rhosts\([^()\s]+:auth\): allowed access to "
        r"|@[^\s]+ as [^\s]+: cmd='|\|dzdo granted\|",
    ),
    _kind(
        "to group ',added by,new user: ,A member was added",
        "rights that somebody was given",
        None,
        rf"add '[^']+' to group '{_RIGHTS}'|user [^\s]+ added by [^\s]+ to group {_RIGHTS}(?:[^\w-]|$)"
        r"|new user: name=[^\s]+, UID=0,"
        r"|A member was added to a security-enabled .*(?:Administrators|Domain Admins|Enterprise Admins)",
    ),
)
_ANY_WORD = re2.compile("|".join(re2.escape(word) for kind in _KINDS for word in kind.words))
_BSD_SU = re2.compile(
    r"[^\s:]+ to [^\s:]+ on /dev/[^\s]+|\+ [^\s]+ [^\s:]+[:-][^\s:]+"
    r"|from [^\s:]+ to [^\s:]+ at /dev/[^\s]+"
)
"""What su of the BSDs, of AIX and of old shadow write: too short to be known without the program's name."""
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
    # A word of the message is one of the record too, where that holds the message as it is.
    searched = texts[-1:] if record.message in record.raw else texts
    for kind in _KINDS if any(map(_has_a_word, searched)) else ():
        if program in _STRANGERS and not kind.by_strangers:
            continue
        if any(_is_of(kind, text) for text in texts):
            return _reason(kind.what, kind.pack)
    if program in ("su", "su-l", "calife") and _BSD_SU.fullmatch(record.message.strip()):
        return _reason("a change of user by su", "su")
    if any("session opened" in text and _is_session(text, program, covered) for text in texts):
        return _reason("a session that PAM opened", "pam")
    return None


def _has_a_word(text: str) -> bool:
    # In bytes: of a text RE2 would count the characters before each of its matches.
    return _ANY_WORD.search(text.encode("utf-8", "backslashreplace")) is not None


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
