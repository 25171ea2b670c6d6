"""A scene of work that is announced where that takes a proof: Alice, Bob, the reviewers Carol and Dana."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from powertrip.domain.announcing import Wish
from powertrip.domain.expectation_proof import ExpectationChallenge, ProofWanted
from powertrip.domain.expectations import Expectation, ExpectationSection
from powertrip.domain.people import Actor, Person
from powertrip.domain.proof import ProofKind
from powertrip.domain.routing import People
from powertrip.domain.severity import SeverityLists
from powertrip.pipeline.expect import Expecter
from powertrip.store.tables import AuditRow
from tests.proving import Scene
from tests.samples import ALICE, BOB, CAROL

DANA = "U0DANA"
SECRETS_OF = {
    ALICE: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    CAROL: "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU",
    DANA: "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK",
}
"""What their authenticator apps hold, where they have enrolled."""
PEOPLE = {"alice": ALICE, "bob": BOB, "carol": CAROL, "dana": DANA}


@dataclass
class Announcing(Scene):
    """Everybody may announce, and has to prove it."""

    reviewers: set[str] = field(default_factory=lambda: {CAROL, DANA})

    def __post_init__(self) -> None:
        super().__post_init__()
        self.settings.severity = SeverityLists()
        self.settings.people = People([Person(name=name, slack=slack) for name, slack in PEOPLE.items()])
        self.demand("proof")
        self.expecter = Expecter(self.context)

    def demand(self, *require: str, **changes: Any) -> None:
        """Put another section `expectations` in force."""
        section: dict[str, Any] = {"enabled": True, "require": require} | changes
        self.settings.expectations = ExpectationSection(**section)

    async def enrol_all(self, people: Iterable[str] = tuple(SECRETS_OF)) -> None:
        """Have these people enrol an authenticator app, two days ago."""
        for slack_id in people:
            await self.enrol(slack_id, SECRETS_OF[slack_id], at=self.now - timedelta(days=2))

    def code_of(self, slack_id: str, *, seconds: float = 0) -> str:
        return self.code(SECRETS_OF[slack_id], seconds=seconds)

    async def _who(self, slack_id: str) -> Actor:
        return await self.context.member(slack_id, None)

    async def announce(self, by: str, whose: str = "bob", **changes: Any) -> Expectation:
        """`expect @whose ssh_login web-1 1h`, typed by this person."""
        hour = timedelta(hours=1)
        asked: dict[str, Any] = {"rule": "ssh_login", "host": "web-1", "length": hour, "why": "x"} | changes
        wish = Wish(**asked)
        person = Person(name=whose, slack=PEOPLE[whose])
        kept, _ = await self.expecter.announce(wish, await self._who(by), person, PEOPLE[whose])
        return kept

    async def confirm(self, expected: Expectation, by: str) -> Expectation:
        return await self.expecter.confirm(expected.id, await self._who(by))

    async def end(self, expected: Expectation, by: str) -> Expectation:
        return await self.expecter.end(expected.id, await self._who(by))

    async def asked(
        self, wanted: ProofWanted, by: str, kind: ProofKind | None = None
    ) -> ExpectationChallenge:
        """The challenge that the window of a proof is about."""
        kind = kind or ProofKind(wanted.kinds[0])
        return await self.prover.expectations.begin(wanted, kind, slack_id=by, team_id=None, channel="D1")

    async def wanting(self, by: str, whose: str = "bob", **changes: Any) -> ExpectationChallenge:
        """Announce it, and begin the challenge that it takes."""
        try:
            await self.announce(by, whose, **changes)
        except ProofWanted as wanted:
            return await self.asked(wanted, by)
        raise AssertionError("it was announced without a proof")

    async def wanting_to_confirm(self, expected: Expectation, by: str) -> ExpectationChallenge:
        """The same for who confirms it."""
        try:
            await self.confirm(expected, by)
        except ProofWanted as wanted:
            return await self.asked(wanted, by)
        raise AssertionError("it was confirmed without a proof")

    async def answer(
        self, challenge: ExpectationChallenge, typed: str | None = None, by: str = ""
    ) -> Expectation:
        """Type the code of the person's app, or something else, into its window."""
        who = by or challenge.slack_id
        code = self.code_of(challenge.slack_id) if typed is None else typed
        expected, _ = await self.prover.answer_of_expectation(challenge.nonce, code, slack_id=who)
        return expected

    async def announced(self, by: str, whose: str = "bob", **changes: Any) -> Expectation:
        """Announce it, and prove it."""
        return await self.answer(await self.wanting(by, whose, **changes))

    async def standing(self) -> list[str]:
        """The ids of all that is expected now."""
        return [each.id for each in await self.store.expected_work.standing() if each.is_open]

    async def told(self) -> list[str]:
        """What the history tells of expectations, in order."""
        about = AuditRow.action.startswith("expectation_")
        lines = AuditRow.select().where(about).order_by(AuditRow.id)
        return await self.thread.run(lambda: [row.action.removeprefix("expectation_") for row in lines])
