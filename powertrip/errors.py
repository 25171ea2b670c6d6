"""Every error that Powertrip raises on purpose, as one tree.

PowertripError
├── ConfigError               the configuration cannot be used; lists every mistake at once
├── StoreError
│   └── StoreUnavailable      the database cannot take the write now; the sender should retry
│       └── StoreUncertain    the connection was lost at the commit: it may have been taken
├── IngestRefused             a request that will not be accepted, with the HTTP answer it gets
│   ├── Unauthorized          401: no credential, or a wrong one
│   ├── BodyTooLarge          413: more bytes than allowed, before or after inflating
│   ├── Overloaded            503: the backlog is over its limit; retry later
│   └── Unreadable            422: no retry can save this body
├── Refused                   a decision that was not taken, with the sentence the clicker is told
│   ├── NotAllowed            the clicker may not decide this event
│   │   └── CannotProve       they may, and lack the proof that it takes
│   ├── AlreadyDecided        somebody was first; says who and when
│   ├── NotInThisStatus       the step does not exist from the event's status
│   ├── NotShown              no message has shown the revision that was typed
│   ├── ReasonRequired        the policy wants a reason
│   ├── ProofRequired         the policy wants a proof that Slack cannot give
│   ├── SecondPersonRequired  the same person cannot be both of the two
│   └── UnknownEvent          no event has this id
├── NotProven                 an answer that proves nothing: of somebody else, stale, forged or replayed
└── OutsideError              a system beyond this process did not do what it was asked
    ├── Unavailable           it may later: no answer, an error of its own, a limit
    │   └── Busy              its quota, or ours of it, is used up for the moment
    ├── Rejected              it will not until an operator mends what the text says
    └── SlackError
        ├── SlackUnavailable  may work later: rate limit, server error
        ├── SlackAmbiguous    the call may or may not have taken effect
        └── SlackRefused      will not work as asked: a gone channel, a person who cannot be messaged
            └── SlackMisconfigured  a wrong token, a missing scope: the operator's to mend
"""

from dataclasses import dataclass


class PowertripError(Exception):
    """Base of every error raised on purpose; its text can be shown to an operator."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in the configuration, and what to write instead."""

    where: str
    """The file and line, or the environment variable."""
    setting: str
    """The dotted path of the setting, such as `sources.syslog.secret`."""
    problem: str
    """What is wrong with the value and what to do; never a secret."""

    def __str__(self) -> str:
        setting = f"{self.setting}: " if self.setting else ""
        return f"{self.where}: {setting}{self.problem}"


class ConfigError(PowertripError):
    """The configuration cannot be used; `mistakes` holds all that is wrong, not only the first."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(str(mistake) for mistake in mistakes))


class StoreError(PowertripError):
    """The database answered in a way Powertrip cannot use."""


class StoreUnavailable(StoreError):
    """The database cannot do this now; a later attempt may succeed."""


class StoreUncertain(StoreUnavailable):
    """The connection was lost while the commit was under way: it may have taken effect, whole, or may not."""


class IngestRefused(PowertripError):
    """A request that was not accepted; the text is sent to the sender."""

    status = 400


class Unauthorized(IngestRefused):
    """No credential, or a wrong one."""

    status = 401


class BodyTooLarge(IngestRefused):
    """The body, or what it inflates to, is over the limit."""

    status = 413


class Overloaded(IngestRefused):
    """Too much waits to be judged; the sender should retry after `retry_after` seconds."""

    status = 503

    def __init__(self, text: str, retry_after: int = 30) -> None:
        self.retry_after = retry_after
        super().__init__(text)


class Unreadable(IngestRefused):
    """No retry can save this body."""

    status = 422


class Refused(PowertripError):
    """A decision that was not taken; the text is the sentence the clicker is told."""


class NotAllowed(Refused):
    """The clicker may not decide this event."""


class CannotProve(NotAllowed):
    """The clicker may approve this event, and lacks the proof that it takes."""


class AlreadyDecided(Refused):
    """Somebody was first; the text says who and when."""


class NotInThisStatus(Refused):
    """The step does not exist from the event's status."""


class NotShown(Refused):
    """No message has shown the revision that was typed."""


class ReasonRequired(Refused):
    """The policy wants a reason for this decision."""


class ProofRequired(Refused):
    """The policy wants a proof for this approval; `kinds` are those by which this person can give it now."""

    def __init__(self, text: str, kinds: tuple[str, ...]) -> None:
        self.kinds = kinds
        super().__init__(text)


class ProofOver(Refused):
    """This attempt to prove an approval is over; nothing that is typed into its window counts any more."""


class SecondPersonRequired(Refused):
    """The policy wants two people and this is the first one again."""


class UnknownEvent(Refused):
    """No event has this id."""


class NotProven(PowertripError):
    """An answer to a challenge that proves nothing; the text says why, and quotes nothing of it.

    `counts` is whether it is an attempt, and not only somebody who gave up or something that arrived broken.
    """

    def __init__(self, text: str, *, counts: bool = True) -> None:
        self.counts = counts
        super().__init__(text)


class OutsideError(PowertripError):
    """A backup channel, a polled API, a service, a HIDS or Slack did not do what it was asked.

    `retry_after` is in seconds, where it is known.
    """

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(text)


class Unavailable(OutsideError):
    """Another attempt may succeed."""


class Busy(Unavailable):
    """A quota is used up for the moment: the system's own limit, or the one we keep to."""


class Rejected(OutsideError):
    """Another attempt fails alike until an operator mends what the text says, or a quota is renewed."""


class SlackError(OutsideError):
    """A call to Slack did not do what it should."""


class SlackUnavailable(SlackError):
    """The call did not take effect and may work after `retry_after` seconds."""


class SlackAmbiguous(SlackError):
    """The call may have taken effect: no answer came, or one that does not tell."""


class SlackRefused(SlackError):
    """Slack will not do this as asked; `code` is Slack's own error name."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        super().__init__(text)


class SlackMisconfigured(SlackRefused):
    """Slack refuses the token or the app, whatever is asked of it: an operator has to mend that.

    `scope` is the one that is missing, where that is what is wrong.
    """

    def __init__(self, code: str, text: str, scope: str | None = None) -> None:
        self.scope = scope
        super().__init__(code, text)
