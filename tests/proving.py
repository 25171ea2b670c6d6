"""A scene of approvals that take a proof: a store, people whom Slack knows, and whoever decides."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pyotp
from pydantic import SecretStr

from powertrip.domain import session_number
from powertrip.domain.deciding import Outcome
from powertrip.domain.decision import Verdict, Via
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import Event
from powertrip.domain.not_me import NotMe
from powertrip.domain.people import Actor, Standing
from powertrip.domain.proof import Challenge, ProofKind
from powertrip.domain.reminders import Reminders
from powertrip.errors import ProofRequired
from powertrip.metrics import Metrics
from powertrip.pipeline.context import Context, Signals
from powertrip.pipeline.decide import Decider, Reference
from powertrip.pipeline.prove import Prover
from powertrip.proofs.configured import ConfiguredProofs
from powertrip.proofs.sealing import Sealer
from powertrip.proofs.section import ProofsSection
from powertrip.store import Store, audit, inbox
from powertrip.store.bulk import insert_all
from powertrip.store.database import DatabaseThread
from powertrip.store.proofs.tables import ProofFactorRow
from powertrip.store.tables import AuditRow, DeliveryRow
from tests.samples import ALICE, BOB, CAROL, NOW, SECURITY, ask, event, later, record

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SECTION = ProofsSection.model_validate({"kinds": ["session_number", "totp"], "key": KEY})
SECRETS = {"servers": SecretStr("the-secret-of-the-servers")}
"""Of the sources that sign what they say."""
UNUSED: Any = None


def carried(number: str, source: str = "servers", login: str = "4d2f2250") -> str:
    """What the event of a login bears whose terminal shows this number."""
    mac = session_number.mac(SECRETS["servers"].get_secret_value(), login, number)
    return f"{source} {login} {mac}"


@dataclass
class Scene:
    """Alice, Bob, and the reviewer Carol; the clock moves when told."""

    thread: DatabaseThread
    store: Store
    now: datetime = NOW
    section: ProofsSection = SECTION
    settings: Any = None
    standings: dict[str, Standing] = field(default_factory=dict)
    reviewers: set[str] = field(default_factory=lambda: {CAROL})

    def __post_init__(self) -> None:
        numbers = count(1)
        self.settings = SimpleNamespace(
            policy=(),
            reminders=Reminders(),
            security_channel=SECURITY,
            command="/powertrip",
            watches=(),
            not_me=NotMe(),
            proofs=ConfiguredProofs(self.section, secrets=SECRETS),
        )
        directory: Any = SimpleNamespace(actor=self._actor)
        self.context = Context(
            store=self.store,
            notifier=UNUSED,
            directory=directory,
            enrichment=UNUSED,
            metrics=Metrics(),
            clock=lambda: self.now,
            new_id=lambda: f"rest{next(numbers):06d}",
            live_settings=lambda: self.settings,
            live_backup=UNUSED,
            origins={},
            signals=Signals(),
        )
        self.decider = Decider(self.context)
        self.prover = Prover(self.context, self.decider)

    async def _actor(self, slack_id: str, _team: str | None, **_: Any) -> Actor:
        names = {ALICE: "Alice", BOB: "Bob", CAROL: "Carol", "U0DANA": "Dana"}
        standing = self.standings.get(slack_id, Standing.MEMBER)
        is_reviewer = slack_id in self.reviewers
        return Actor(slack_id=slack_id, name=names[slack_id], standing=standing, is_reviewer=is_reviewer)

    def forward(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    async def opened(self, requires: str = "proof", **changes: Any) -> Event:
        """An event of Alice's that takes these proofs."""
        about = event(requires_proof=requires, **changes)
        about = replace(about, fold_key=changes.get("fold_key", about.id))
        await self.thread.run(inbox.append, [[record()]])
        (claimed,) = await self.store.inbox.claim(1, lambda: self.now, timedelta(seconds=30))
        await self.store.judging.apply([ask(claimed, about)], self.now)
        return await self.store.events.get(about.id)

    async def joins(self, about: Event) -> None:
        """Another record of the same joins the event."""
        await self.thread.run(inbox.append, [[record()]])
        (claimed,) = await self.store.inbox.claim(1, lambda: self.now, timedelta(seconds=30))
        again = event(fold_key=about.fold_key, requires_proof=about.requires_proof)
        await self.store.judging.apply([ask(claimed, again)], self.now)

    async def enrol(
        self,
        slack_id: str = ALICE,
        secret: str = SECRET,
        *,
        at: datetime | None = None,
        kind: ProofKind = ProofKind.TOTP,
    ) -> str:
        """An authenticator app that was confirmed two days ago, or at another time."""
        factor_id, when = f"totp{slack_id.lower()}", at or later(days=-2)
        row = {
            "id": factor_id,
            "person": slack_id,
            "slack_id": slack_id,
            "kind": kind,
            "label": "authenticator app",
            "secret": Sealer.of(self.section).seal(secret, factor_id),
            "enrolled_at": when,
            "confirmed_at": when,
            "confirmed_by": CAROL,
            "confirmed_name": "Carol",
        }

        def write() -> None:
            insert_all(ProofFactorRow, [row])
            about: dict[str, Any] = {"person": slack_id, "kind": kind, "label": row["label"]}
            audit.append("factor_enrolled", when, factor=factor_id, **about)
            audit.append("factor_asked", when, factor=factor_id, slack_id=slack_id)
            audit.append("factor_confirmed", when, actor_id=CAROL, factor=factor_id)

        await self.thread.run(write)
        return factor_id

    def configure(self, **section: Any) -> None:
        """Put another section `proofs` in force."""
        self.settings.proofs = ConfiguredProofs(self.section.model_copy(update=section), secrets=SECRETS)

    async def approve(self, about: Event, by: str = ALICE) -> Outcome:
        return await self._decide(about, Verdict.APPROVE, by)

    async def deny(self, about: Event, by: str = ALICE) -> Outcome:
        return await self._decide(about, Verdict.DENY, by)

    async def _decide(self, about: Event, verdict: Verdict, by: str) -> Outcome:
        reference = Reference(event_id=about.id, revision=about.revision)
        return await self.decider.decide(reference, verdict, slack_id=by, team_id=None, via=Via.BUTTON)

    async def press(self, about: Event, by: str = ALICE, revision: int | None = None) -> Challenge:
        """Approve it, and begin the challenge that is offered first."""
        reference = Reference(event_id=about.id, revision=revision or about.revision)
        who: Any = {"slack_id": by, "team_id": None, "via": Via.BUTTON}
        try:
            await self.decider.decide(reference, Verdict.APPROVE, **who)
        except ProofRequired as required:
            kind = ProofKind(required.kinds[0])
            challenge, _ = await self.prover.begin(reference, kind, channel="D1", **who)
            return challenge
        raise AssertionError("it was approved without a proof")

    def code(self, secret: str = SECRET, *, seconds: float = 0) -> str:
        """What an authenticator app shows now, whose clock is this many seconds ahead."""
        return pyotp.TOTP(secret).at(self.now + timedelta(seconds=seconds))

    async def actions(self, event_id: str) -> list[str]:
        """The history of an event: what happened, in order."""
        of_event = AuditRow.select().where(AuditRow.event_id == event_id).order_by(AuditRow.id)
        return await self.thread.run(lambda: [row.action for row in of_event])

    async def notes(self) -> list[tuple[str, str]]:
        """The notes that wait to be sent: to whom, and their titles."""

        def read() -> list[tuple[str, str]]:
            notes = DeliveryRow.select().where(DeliveryRow.kind == DeliveryKind.NOTE)
            return [(row.channel, row.payload["title"]) for row in notes.order_by(DeliveryRow.id)]

        return await self.thread.run(read)

    async def lines_of_notes(self) -> list[str]:
        """All lines of the notes that wait to be sent."""

        def read() -> list[str]:
            notes = DeliveryRow.select().where(DeliveryRow.kind == DeliveryKind.NOTE)
            return [line for row in notes.order_by(DeliveryRow.id) for line in row.payload["lines"]]

        return await self.thread.run(read)
