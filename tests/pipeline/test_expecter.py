"""Who may have work expected, confirm it, end it and read it, as Slack says at that moment."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from powertrip.domain.announcing import Wish
from powertrip.domain.expectations import Expectation, ExpectationSection
from powertrip.domain.people import Actor, Person, Standing
from powertrip.domain.routing import People
from powertrip.domain.severity import SeverityLists
from powertrip.errors import NotAllowed, Refused
from powertrip.pipeline.expect import Expecter
from powertrip.pipeline.expectation_watch import ExpectationWatch
from powertrip.store import Store
from tests.expecting import announce, confirm
from tests.pipeline.contexts import context
from tests.samples import ALICE, BOB, CAROL, NOW, SECURITY

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PERSON = Person(name="alice", slack=ALICE)
NOW_ALICE = "W0ALICE"
"""The id that Alice has since her workspace joined an organisation."""


@dataclass
class Slack:
    """Everybody is a member, and Carol reviews, unless a test says otherwise."""

    standings: dict[str, Standing] = field(default_factory=dict)
    reviewers: set[str] = field(default_factory=lambda: {CAROL})

    async def actor(self, slack_id: str, _team: str | None, **_: Any) -> Actor:
        standing = self.standings.get(slack_id, Standing.MEMBER)
        return Actor(
            slack_id=slack_id, name=slack_id, standing=standing, is_reviewer=slack_id in self.reviewers
        )

    async def current_id(self, slack_id: str) -> str:
        return NOW_ALICE if slack_id == ALICE else slack_id


@pytest.fixture
def slack() -> Slack:
    return Slack()


@pytest.fixture
def step(store: Store, slack: Slack) -> Any:
    made = context(
        store,
        lambda: NOW,
        expectations=ExpectationSection(enabled=True, ticket="CHG-[0-9]+"),
        people=People([PERSON]),
        severity=SeverityLists(),
        security_channel=SECURITY,
        command="/powertrip",
    )
    object.__setattr__(made, "directory", slack)
    object.__setattr__(made, "new_id", lambda: "anew")
    return made


async def now(store: Store) -> Expectation:
    (found,) = await store.expected_work.listed(None, NOW - timedelta(days=1))
    return found


@pytest.mark.parametrize(
    ("who", "why"),
    [(BOB, "Only reviewers"), (ALICE, "another reviewer"), (NOW_ALICE, "another reviewer")],
)
async def test_what_somebody_announced_for_themselves_another_reviewer_confirms(
    store: Store, step: Any, slack: Slack, who: str, why: str
) -> None:
    slack.reviewers |= {ALICE, NOW_ALICE}
    expected, expecter = await announce(store), Expecter(step)

    with pytest.raises(NotAllowed, match=why):
        await expecter.confirm(expected.id, await step.member(who, None))

    assert not (await now(store)).is_open
    assert (await expecter.confirm(expected.id, await step.member(CAROL, None))).is_open


@pytest.mark.parametrize("standing", [Standing.DEACTIVATED, Standing.UNKNOWN])
async def test_the_work_of_whom_slack_does_not_call_a_member_is_not_confirmed(
    store: Store, step: Any, slack: Slack, standing: Standing
) -> None:
    expected = await announce(store)
    slack.standings[ALICE] = standing

    with pytest.raises(Refused, match="is a member"):
        await Expecter(step).confirm(expected.id, await step.member(CAROL, None))

    assert not (await now(store)).is_open


async def test_strangers_end_and_distrust_nothing_and_read_nothing_of_others(store: Store, step: Any) -> None:
    expected, expecter, bob = await announce(store), Expecter(step), await step.member(BOB, None)
    with pytest.raises(NotAllowed):
        await expecter.end(expected.id, bob)
    with pytest.raises(NotAllowed):
        await expecter.distrust(ALICE, None, bob)

    assert await expecter.listed(bob) == []
    assert [each.id for each in await expecter.listed(await step.member(ALICE, None))] == [expected.id]
    assert (await now(store)).ended_at is None
    assert len(await expecter.distrust(ALICE, None, await step.member(CAROL, None))) == 1


async def test_what_has_ended_is_neither_confirmed_nor_ended_again(store: Store) -> None:
    expected = await announce(store)
    await store.expected_work.end(expected.id, actor_id=ALICE, why="ended by Alice", now=NOW)

    assert await confirm(store) is None
    assert await store.expected_work.end(expected.id, actor_id=CAROL, why="again", now=NOW) is None
    found = await now(store)
    assert (found.confirmed_at, found.ended_why) == (None, "ended by Alice")


@pytest.mark.parametrize(("rule", "stands"), [("ssh_login", True), ("ssh_*", False)])
async def test_what_a_reviewer_announces_for_others_stands_at_once_unless_it_is_broad(
    step: Any, rule: str, stands: bool
) -> None:
    wish = Wish(rule=rule, host="web-1", length=timedelta(hours=1), why="new disks", ticket="CHG-1")

    kept, _ = await Expecter(step).announce(wish, await step.member(CAROL, None), PERSON, ALICE)

    assert kept.is_open is stands


@pytest.mark.parametrize("who", [ALICE, CAROL])
async def test_what_was_announced_ends_when_either_of_its_people_has_left(
    store: Store, step: Any, slack: Slack, who: str
) -> None:
    await announce(store, created_by=CAROL)
    await confirm(store)
    slack.standings[who] = Standing.UNKNOWN
    await ExpectationWatch(step)._look_for_leavers(NOW)
    # That Slack does not answer says nothing about them.
    assert (await now(store)).is_open

    slack.standings[who] = Standing.DEACTIVATED
    await ExpectationWatch(step)._look_for_leavers(NOW)

    assert (await now(store)).ended_why == "their Slack account is no member's any more"
