"""The section `not_me`: what a person is told to do after a denial, and what reviewers tick off, by rule."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import BeforeValidator, Field

from powertrip.config.section import Section
from powertrip.config.values import Duration, Written, as_list, empty_if_none, matching
from powertrip.domain.rule_globs import Glob

LINES_AT_MOST = 8
"""Lines of one list: a button each has to fit below a card, and a person has to read them in a minute."""
_LINE = Annotated[str, Field(min_length=1, max_length=150)]
Lines = Annotated[
    tuple[_LINE, ...],
    BeforeValidator(as_list),
    Field(min_length=1, max_length=LINES_AT_MOST),
]
"""A single text stands for a list of one."""
_LISTS = Written('a table of rules, each with a text or a list of texts: `{"ssh_*": [Call us.]}`')
Phone = Annotated[
    str,
    matching(r"\+?[0-9][0-9 ()/.-]{2,38}", "a phone number, such as +49 30 901820"),
    Written("a phone number, in quotes"),
]
Page = Annotated[
    str,
    # No character that could end a link, or begin another.
    matching(
        r"https?://[A-Za-z0-9.:/_~%?=&#+-]{1,500}",
        "the address of a page, such as https://wiki.example.com/x",
    ),
    Written("an http or https address"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What the person is told to do, and whom to call."""

    lines: tuple[str, ...] = ()
    phone: str | None = None
    runbook: str | None = None


class NotMe(Section):
    """What happens after a denial. Lists of your own stand in place of those that come with Powertrip."""

    phone: Phone | None = None
    """Security's number, shown to the person who denied: Slack may be in the wrong hands."""
    runbook: Page | None = None
    """A page that tells more; shown to the person and to the reviewers."""
    say: Annotated[dict[str, Lines], BeforeValidator(empty_if_none), _LISTS] = {}  # noqa: RUF012 (pydantic copies it)
    """What the person is told to do, by rule; `*` stands for any text, and the first that fits counts."""
    checklist: Annotated[dict[str, Lines], BeforeValidator(empty_if_none), _LISTS] = {}  # noqa: RUF012
    """What reviewers tick off before the event is closed, by rule, likewise."""
    mentions_pause: Annotated[Duration, Field(le=timedelta(days=7))] = timedelta(hours=24)
    """How long reviewers are not mentioned after the one who has the event did something about it."""

    def globs(self) -> Iterator[Glob]:
        """The rules that lists of one's own are for."""
        for name, lists in (("say", self.say), ("checklist", self.checklist)):
            yield from ((("not_me", name, glob), glob) for glob in lists)

    def guidance(self, rule: str) -> Guidance:
        """What the person is told about an event of this rule."""
        lines = _first(self.say, rule) or _first(SAY, rule)
        return Guidance(lines=lines, phone=self.phone, runbook=self.runbook)

    def checklist_of(self, rule: str) -> tuple[str, ...]:
        """What reviewers tick off for an event of this rule."""
        return _first(self.checklist, rule) or _first(CHECKLIST, rule)


def _first(lists: Mapping[str, tuple[str, ...]], rule: str) -> tuple[str, ...]:
    return next((lines for glob, lines in lists.items() if fnmatchcase(rule, glob)), ())


_STAY = "Stay reachable, and leave your computer switched on: what is on it may be needed."
_SAY_WHO = (
    "Think who or what else may have used your account: a colleague, a script, an agent. Tell security."
)
SAY: Mapping[str, tuple[str, ...]] = {
    "aws_*": (
        _STAY,
        "Sign out of the AWS console everywhere, and use none of your access keys until security says so.",
        _SAY_WHO,
    ),
    "github_*": (
        _STAY,
        "In GitHub's settings look through your sessions, keys and tokens, and revoke what you do not know.",
        _SAY_WHO,
    ),
    "okta_*": (
        _STAY,
        "Answer no further sign-in prompt that you did not start yourself.",
        "Change your password from a device that you trust, once security has ended your sessions.",
        _SAY_WHO,
    ),
    "teleport_*": (_STAY, "Run tsh logout, and log in again only when security says so.", _SAY_WHO),
    "tailscale_*": (
        _STAY,
        "Look through your devices in Tailscale, and tell security which you do not know.",
        _SAY_WHO,
    ),
    "heroku_*": (_STAY, "Run heroku logout wherever you are logged in.", _SAY_WHO),
    "aptible_*": (_STAY, "Run aptible logout wherever you are logged in.", _SAY_WHO),
    "alert_*": (_STAY, _SAY_WHO),
    **dict.fromkeys(
        ("ssh_*", "dropbear_*", "login*", "pam_*"),
        (
            _STAY,
            "End your own sessions on that host, and do not log in there again until security says so.",
            "Do not use the key or password of that login again; security has a new one made.",
            _SAY_WHO,
        ),
    ),
    **dict.fromkeys(
        ("sudo_*", "su", "su_*", "doas_*", "pkexec_*", "polkit_*", "run0_*"),
        (
            _STAY,
            "Look whether a terminal of yours is open on that host. Tell security which sessions are yours.",
            _SAY_WHO,
        ),
    ),
    "*": (_STAY, _SAY_WHO),
}
"""What the person is told, by the rules of the packs."""

_REACH = "Reach the person, by phone or face to face: their Slack may be in the wrong hands."
_ELSEWHERE = "Look what else came from this address and from this account, and when it began."
CHECKLIST: Mapping[str, tuple[str, ...]] = {
    "aws_*": (
        _REACH,
        "Switch the access key off, and revoke the sessions of the role.",
        "Undo what was changed, and look for new users, keys, roles and trust.",
        _ELSEWHERE,
    ),
    "github_*": (
        _REACH,
        "Revoke the token, key or session that was used.",
        "Undo what was changed; look for new keys, hooks, apps and members.",
        _ELSEWHERE,
    ),
    "okta_*": (
        _REACH,
        "End all sessions of the account, and reset its password and second factors.",
        "Look for new second factors, applications and rules.",
        _ELSEWHERE,
    ),
    "teleport_*": (
        _REACH,
        "Lock the user in Teleport.",
        "Watch the recording, and undo what was done.",
        _ELSEWHERE,
    ),
    "tailscale_*": (_REACH, "Remove the device, or expire its key.", "Undo what was changed.", _ELSEWHERE),
    **dict.fromkeys(
        ("heroku_*", "aptible_*"),
        (
            _REACH,
            "End the account's sessions, and revoke its tokens.",
            "Undo what was done, and rotate secrets.",
            _ELSEWHERE,
        ),
    ),
    **dict.fromkeys(
        ("ssh_*", "dropbear_*", "login*", "pam_*"),
        (
            _REACH,
            "End the session on the host, and take the key or the password away.",
            "Look what was done there since: commands, new keys, new users, jobs.",
            _ELSEWHERE,
        ),
    ),
    **dict.fromkeys(
        ("sudo_*", "su", "su_*", "doas_*", "pkexec_*", "polkit_*", "run0_*"),
        (
            _REACH,
            "End the sessions of the account on the host.",
            "Look what was done as the other user: files, services, keys, new users.",
            _ELSEWHERE,
        ),
    ),
    "*": (_REACH, "End the sessions of the account.", _ELSEWHERE),
}
"""What reviewers tick off, by the rules of the packs."""
