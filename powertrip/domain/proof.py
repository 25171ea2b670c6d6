"""Proof that Slack cannot give: by which kinds a person can prove an approval, and what they have proven."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from powertrip.domain.decision import Agent, Via
from powertrip.domain.event import Event
from powertrip.domain.proof_limits import TRIES
from powertrip.errors import CannotProve, ProofRequired


class ProofKind(StrEnum):
    """A way to prove an approval; the order is the one in which they are offered."""

    SESSION_NUMBER = "session_number"  # the terminal of this very login shows it
    PASSKEY = "passkey"
    OIDC = "oidc"
    TOTP = "totp"
    TYPED_HOST = "typed_host"  # no factor: only against a blind yes


ANY = "proof"
"""As a policy names any kind that is configured."""
FACTORS = (ProofKind.PASSKEY, ProofKind.OIDC, ProofKind.TOTP)
"""The kinds that rest on something a person has, the best first."""
ENROLLED = frozenset({ProofKind.PASSKEY, ProofKind.TOTP})
"""The kinds that a person has to enrol for."""
IN_WORDS: dict[str, str] = {
    ProofKind.SESSION_NUMBER: "the number that the terminal of this login shows",
    ProofKind.PASSKEY: "a passkey",
    ProofKind.OIDC: "a sign-in at your identity provider",
    ProofKind.TOTP: "an authenticator app",
    ProofKind.TYPED_HOST: "the name of its host, typed",
}
"""The kinds in words; policies and decisions name them by their values, which find them too."""

NEEDED = "Approving this takes a proof that Slack cannot give: press Approve on its own card."


class Provable(Protocol):
    """What somebody proves: the approval of an event, or what they expect."""

    @property
    def is_grave(self) -> bool:
        """Whether what was enrolled lately does not count for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """Something that a person has enrolled, and that a reviewer has confirmed."""

    id: str
    kind: ProofKind
    secret: str = field(repr=False)
    """Encrypted; only the room `proofs` can read it."""
    credential_id: str | None = None
    """A passkey's own id."""
    confirmed_at: datetime
    last_step: int = -1
    """The last time step of TOTP that was used, or the counter of a passkey."""
    locked_until: datetime | None = None

    def counts_from(self, about: Provable, fresh: timedelta) -> datetime:
        """From when on it proves something about this."""
        counts = self.confirmed_at + fresh if about.is_grave else self.confirmed_at
        return max(counts, self.locked_until) if self.locked_until else counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt of one person to prove something."""

    nonce: str = field(repr=False)
    """Nobody can guess it; it names the attempt, also in the address of a page."""
    slack_id: str
    name: str
    """The person's, as Slack says it."""
    team_id: str | None
    kind: ProofKind
    channel: str
    """Where the person pressed or typed."""
    created_at: datetime
    until: datetime
    """Until when it can be met; of one that is met, until when what it proves can spend it."""
    failures: int = 0
    met_at: datetime | None = None
    factor_id: str | None = None
    spent_at: datetime | None = None
    ended_at: datetime | None = None
    ended_why: str | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be met."""
        return self.met_at is None and self.ended_at is None and now < self.until

    def is_ready(self, now: datetime) -> bool:
        """Whether what it proves can spend it."""
        return self.met_at is not None and not (self.spent_at or self.ended_at) and now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge(Attempt):
    """One attempt of one person to prove one approval."""

    event_id: str
    revision: int
    via: Via
    reason: str | None = None
    agent: Agent | None = None


@dataclass(frozen=True, slots=True)
class Met:
    """An answer that proves it."""

    factor_id: str | None = None
    step: int | None = None
    """What the factor's `last_step` is from now on; one that is not above it proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a person is asked: a field of the window, or a button to a page where `address` is set."""

    label: str
    """Of the field, or of the button."""
    hint: str
    address: str | None = None
    is_proof: bool = True
    """Whether it proves something that Slack cannot, or is only typed so that nobody approves unread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """What one person can prove about one event, and what they have proven of it and not spent."""

    kinds: tuple[ProofKind, ...] = ()
    """Those that are configured."""
    fresh: timedelta = timedelta(hours=24)
    """How long a factor that was confirmed does not count for what is grave."""
    factors: tuple[Factor, ...] = ()
    """The person's, without those that ended or wait to be confirmed."""
    challenges: tuple[Challenge, ...] = ()
    """That are met and not spent."""
    has_identity: bool = True
    """Whether the configuration says who the person is at the identity provider."""
    enrol_page: str | None = None
    """Where people enrol by signing in."""
    number_failures: int = 0
    """Wrong answers of the person to the event's number, in all challenges; after too many to those of other
    logins TRIES at least."""


def words(event: Event) -> tuple[str, ...]:
    """What policies demand of an approval, as they name it; kinds by name before any kind."""
    named = event.requires_proof.split()
    return tuple(sorted(named, key=lambda word: word == ANY))


def together(*demands: Iterable[str]) -> str:
    """What the event carries for all of these demands together."""
    return " ".join(sorted({word for words in demands for word in words}))


def options(word: str, event: Event, proving: Proving, *, is_subject: bool) -> tuple[ProofKind, ...]:
    """The kinds that satisfy what a policy names, for the person whom it is about or another, best first."""
    factors = tuple(kind for kind in FACTORS if kind in proving.kinds)
    sees_number = event.session_number is not None and is_subject
    if word == ANY:
        has_number = sees_number and ProofKind.SESSION_NUMBER in proving.kinds
        return (ProofKind.SESSION_NUMBER, *factors) if has_number else factors
    kind = _kind(word)
    if kind is None:  # a later release knows it
        return ()
    if kind is ProofKind.SESSION_NUMBER:
        # Who sees none all the same, as where a shell is told to be quiet, takes what proves as much.
        if sees_number:
            return (kind, *factors)
        # No terminal could show one, or it is not theirs; a typed name must not stand in for a number that
        # somebody else sees.
        return factors or ((ProofKind.TYPED_HOST,) if event.session_number is None else ())
    return (kind,) if kind is ProofKind.TYPED_HOST or kind in factors else ()


def spendable(
    event: Event, slack_id: str, revision: int, proving: Proving, now: datetime
) -> tuple[Challenge, ...]:
    """The proofs that an approval of this revision by this person may spend."""
    return tuple(
        each
        for each in proving.challenges
        if (each.event_id, each.slack_id, each.revision) == (event.id, slack_id, revision)
        and each.is_ready(now)
    )


def check(
    event: Event, slack_id: str, revision: int, proving: Proving, now: datetime
) -> tuple[Challenge, ...]:
    """What the approval of `event`, which says what it takes, spends.

    Raises ProofRequired for the first proof that is missing, or CannotProve where the person cannot give it.
    """
    ready = spendable(event, slack_id, revision, proving, now)
    is_subject = event.subject.slack_id == slack_id
    spent: dict[str, Challenge] = {}
    for word in words(event):
        kinds = options(word, event, proving, is_subject=is_subject)
        proven = next((each for each in ready if each.kind in kinds), None)
        if proven is None:
            raise _missing(kinds, event, proving, now)
        spent[proven.nonce] = proven
    return tuple(spent.values())


def usable(kind: ProofKind, about: Provable, proving: Proving, now: datetime) -> bool:
    """Whether the person can begin a challenge of this kind now."""
    if kind is ProofKind.SESSION_NUMBER:
        return proving.number_failures < TRIES
    if kind is ProofKind.OIDC:
        return proving.has_identity
    return kind not in ENROLLED or bool(counting(kind, about, proving, now))


def counting(kind: ProofKind, about: Provable, proving: Proving, now: datetime) -> tuple[Factor, ...]:
    """What the person has enrolled of this kind that proves something about this now."""
    theirs = (factor for factor in proving.factors if factor.kind is kind)
    return tuple(each for each in theirs if each.counts_from(about, proving.fresh) <= now)


def can_begin(kind: ProofKind, event: Event, slack_id: str, proving: Proving, now: datetime) -> bool:
    """Whether a policy demands this kind of this person, or takes it, and they can give it now."""
    is_subject = event.subject.slack_id == slack_id
    demanded = (options(word, event, proving, is_subject=is_subject) for word in words(event))
    return any(kind in kinds for kinds in demanded) and usable(kind, event, proving, now)


def _missing(
    kinds: Sequence[ProofKind], event: Event, proving: Proving, now: datetime
) -> ProofRequired | CannotProve:
    can = tuple(kind for kind in kinds if usable(kind, event, proving, now))
    if can:
        return ProofRequired(NEEDED, can)
    why = why_not(kinds, event, proving, now, "Approving this")
    if not kinds and event.session_number and ProofKind.SESSION_NUMBER in map(_kind, words(event)):
        why = "Approving this takes the number that its terminal shows, which only its own person can see."
    return CannotProve(f"{why} {OTHERWISE}")


OTHERWISE = "A reviewer who can prove it may approve it; Deny never takes a proof. Nothing was changed."


def why_not(kinds: Sequence[ProofKind], about: Provable, proving: Proving, now: datetime, doing: str) -> str:
    """Why the person can prove it by none of these kinds; `doing` begins the sentence."""
    theirs = [factor for factor in proving.factors if factor.kind in kinds]
    if theirs:
        begins = min(factor.counts_from(about, proving.fresh) for factor in theirs)
        locked = any(factor.locked_until and factor.locked_until > now for factor in theirs)
        why = "is locked after wrong answers" if locked else "is too new for an event this severe"
        return f"What you enrolled {why}; it counts from {begins:%Y-%m-%d %H:%M:%S} UTC on."
    if ProofKind.SESSION_NUMBER in kinds:
        return "There were too many wrong answers to the number of this login, or of your other logins today."
    enrolled = [kind for kind in kinds if kind in ENROLLED]
    if enrolled:
        these = " or ".join(IN_WORDS[kind] for kind in enrolled)
        sign_in = (
            f", or you do at {proving.enrol_page}" if proving.enrol_page and proving.has_identity else ""
        )
        return (
            f"{doing} takes a proof that Slack cannot give, and you have not enrolled {these}. An "
            f"operator begins that with {enrol_command(enrolled)} on the server{sign_in}, and a reviewer "
            "confirms it."
        )
    if ProofKind.OIDC in kinds:
        return (
            f"{doing} takes a sign-in at your identity provider, and the configuration does not say "
            "who you are there. An operator adds `oidc` beside `slack` to your entry in `people`."
        )
    return f"{doing} takes a proof of a kind that is not configured."


def enrol_command(kinds: Sequence[ProofKind]) -> str:
    """What is typed on the server to enrol one of these kinds."""
    return "bot.py enrol NAME" if ProofKind.TOTP in kinds else "bot.py enrol NAME --kind passkey"


def _kind(word: str) -> ProofKind | None:
    return ProofKind(word) if word in set(ProofKind) else None


def typed_name(event: Event) -> str:
    """What is typed where a policy demands `typed_host`: the name of the host, else of the user."""
    return event.host_name or event.user_name or event.id
