"""When Home tabs are drawn, how often, behind what, and whose they are."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from powertrip import cards
from powertrip.domain.expectations import ExpectationSection
from powertrip.domain.heartbeat_section import HeartbeatSection
from powertrip.domain.home import AGED, BEHIND_CARDS, LOOKED_AT_EVERY, OPEN_FOR, OPENED_AT_MOST, HomeSection
from powertrip.domain.people import Actor, Standing
from powertrip.pipeline.context import Context, Signals
from powertrip.slack.answering import HOME, Asker
from powertrip.slack.home import A_MINUTE, BURST, HomeTab
from powertrip.slack.limits import RateLimits
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.proofs.tables import ProofFactorRow
from powertrip.store.storms.tables import StormMessageRow, StormRow
from powertrip.store.tables import DeliveryRow, DeliveryState, EventRow
from tests.conftest import Clock
from tests.databases import new_database
from tests.expecting import announce, confirm
from tests.samples import ALICE, BOB, CAROL, NOW, SECURITY, ask, event, record

LEASE = timedelta(seconds=30)
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
UNUSED: Any = None


class Slack:
    """What views.publish would do: keeps what it was given, with a hash that changes each time."""

    def __init__(self) -> None:
        self.published: list[tuple[str, str]] = []
        self.hashes: dict[str, str] = {}
        self.refuses: list[tuple[str, dict[str, str]]] = []
        self.asked = 0

    async def views_publish(self, *, user_id: str, view: dict[str, Any], **given: str) -> Any:
        self.asked += 1
        code, headers = self.refuses.pop(0) if self.refuses else ("", {})
        if given.get("hash", self.hashes.get(user_id)) != self.hashes.get(user_id):
            code = "hash_conflict"
        if code:
            answer = SimpleNamespace(status_code=200, data={"ok": False, "error": code}, headers=headers)
            raise SlackApiError(code, answer)
        self.hashes[user_id] = f"h{self.asked}"
        self.published.append((user_id, str(view["blocks"])))
        return SimpleNamespace(data={"view": {"hash": self.hashes[user_id]}})


class Directory:
    """Alice and Bob are members, Carol reviews; what it says of them can be changed."""

    def __init__(self) -> None:
        self.standing = Standing.MEMBER
        self.looked_up = 0

    async def viewer(self, slack_id: str) -> Actor:
        self.looked_up += 1
        return await self.actor(slack_id, None)

    async def actor(self, slack_id: str, _: str | None, *, needs_group: bool = True) -> Actor:  # noqa: ARG002
        return Actor(slack_id=slack_id, name=slack_id, standing=self.standing, is_reviewer=slack_id == CAROL)


class Home:
    """A Home tab on a store and a clock of its own."""

    def __init__(self, thread: DatabaseThread, store: Store, clock: Clock) -> None:
        self.thread, self.store, self.clock = thread, store, clock
        self.slack, self.directory = Slack(), Directory()
        self.settings = SimpleNamespace(
            home=HomeSection(),
            expectations=ExpectationSection(enabled=True),
            heartbeat=HeartbeatSection(),
            proofs=SimpleNamespace(kinds=(), fresh=timedelta(hours=24), enrol_page=None),
            command="/powertrip",
            security_channel=SECURITY,
        )
        self.tab = self.another()

    def another(self) -> HomeTab:
        """The same of another worker."""
        notifier: Any = SimpleNamespace(link=lambda channel, ts: f"https://x.example/{channel}/{ts}")
        context = Context(
            store=self.store,
            notifier=notifier,
            directory=self.directory,  # type: ignore[arg-type]
            live_backup=UNUSED,
            origins={},
            signals=Signals(),
            enrichment=UNUSED,
            metrics=UNUSED,
            clock=self.clock,
            new_id=UNUSED,
            live_settings=lambda: self.settings,  # type: ignore[arg-type,return-value]
        )
        limits: Any = RateLimits(self.clock)
        slack: Any = self.slack
        return HomeTab(context, slack, limits, steady=self.clock, version="1.2.3")

    async def open(self, slack_id: str = ALICE, **event: Any) -> None:
        await self.tab.on_opened({"user": slack_id, "tab": "home"} | event)

    async def look(self) -> list[str]:
        """Whose were drawn in one round of the loop."""
        before = len(self.slack.published)
        while await self.tab.look():
            pass
        return [slack_id for slack_id, _ in self.slack.published[before:]]

    async def waits(self, number: int = 1, *, posted: bool = True, **about: Any) -> None:
        """So many events of Alice's wait; their cards are posted, unless the outbox still has them."""
        await self.thread.run(inbox.append, [[record() for _ in range(number)]])
        claimed = await self.store.inbox.claim(number, self.clock, LEASE)
        judged = [ask(each, event(**({"fold_key": each.record_id} | about))) for each in claimed]
        await self.store.judging.apply(judged, self.clock())
        if posted:
            await self.posted()

    async def posted(self) -> None:
        update: Callable[[], int] = DeliveryRow.update(state=DeliveryState.DONE).execute
        await self.thread.run(update)

    def shown(self, slack_id: str = ALICE) -> str:
        return next(view for whose, view in reversed(self.slack.published) if whose == slack_id)


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database; of both kinds only for tests that say so, for what is done is the same."""
    return new_database(request, tmp_path)


@pytest.fixture
def home(database_thread: DatabaseThread, store: Store, clock: Clock) -> Home:
    return Home(database_thread, store, clock)


@BOTH
async def test_it_is_drawn_when_it_is_opened_and_then_only_when_something_changed(home: Home) -> None:
    await home.open()
    assert await home.look() == [ALICE]
    for _ in range(4):
        home.clock.forward(seconds=30)
        assert await home.look() == []
    await home.waits()
    home.clock.forward(seconds=29)
    assert await home.look() == []
    home.clock.forward(seconds=1)
    assert await home.look() == [ALICE]
    assert "1 question waits for you" in home.shown()


async def test_it_is_drawn_for_its_ages_now_and_then_and_forgotten_after_an_hour(home: Home) -> None:
    await home.open()
    await home.look()
    drawn = 0
    while home.clock() < NOW + OPEN_FOR + AGED:
        home.clock.forward(seconds=LOOKED_AT_EVERY.seconds)
        drawn += len(await home.look())
    assert drawn == OPEN_FOR // AGED
    assert await home.store.homes.get(ALICE) is None


async def test_the_tab_of_messages_and_what_names_nobody_draw_nothing(home: Home) -> None:
    await home.open(tab="messages")
    for nobody in (None, 7, "", "U" * 300):
        await home.open(user=nobody)
    await home.open(view="hash")
    await home.open(view={"hash": "h" * 300})
    assert await home.look() == [ALICE]
    home.clock.forward(seconds=30)
    assert await home.look() == []


async def test_whoever_switches_to_and_fro_has_it_drawn_every_few_seconds_at_most(home: Home) -> None:
    drawn = 0
    for _ in range(60):
        await home.open()
        drawn += len(await home.look())
        home.clock.forward(milliseconds=500)
    assert drawn == 30 / OPENED_AT_MOST.seconds


async def test_two_hundred_people_who_open_it_at_once_get_theirs_within_what_slack_allows(
    home: Home,
) -> None:
    people = [f"U{number:05}" for number in range(200)]
    for slack_id in people:
        await home.open(slack_id)
        home.clock.forward(milliseconds=1)
    minutes: list[int] = []
    while len({slack_id for slack_id, _ in home.slack.published}) < 200:
        before = home.slack.asked
        for _ in range(6):
            await home.look()
            home.clock.forward(seconds=10)
        minutes.append(home.slack.asked - before)
    assert len(minutes) <= 4
    assert max(minutes) <= BURST + A_MINUTE
    assert home.directory.looked_up == home.slack.asked
    # Nobody twice, before everybody had theirs.
    assert [slack_id for slack_id, _ in home.slack.published[:200]] == people


@BOTH
async def test_it_is_never_drawn_ahead_of_questions_to_people_but_nobody_waits_for_ever(home: Home) -> None:
    await home.waits(posted=False)
    await home.open()
    assert await home.look() == []
    await home.posted()
    assert await home.look() == [ALICE]
    # One that is open and changed waits as long as any question does.
    await home.waits(posted=False)
    for _ in range(10):
        home.clock.forward(seconds=30)
        assert await home.look() == []
    await home.open()
    home.clock.forward(seconds=BEHIND_CARDS.seconds)
    assert await home.look() == [ALICE]


@BOTH
async def test_two_workers_draw_one_once(home: Home) -> None:
    await home.open()
    other = home.another()
    await other.look()
    await home.tab.look()
    assert home.slack.asked == 1


@BOTH
async def test_workers_that_look_at_the_same_time_each_get_others(home: Home, database_url: str) -> None:
    people = [f"U{number:05}" for number in range(20)]
    for slack_id in people:
        await home.open(slack_id)
    threads = [DatabaseThread(open_database(database_url)) for _ in range(3)]
    looks = [Store(thread).homes.claim(NOW, 10) for thread in threads for _ in range(2)]
    claimed = [one.slack_id for claim in await asyncio.gather(*looks) for one in claim]
    assert sorted(claimed) == people
    for thread in threads:
        await thread.close()


async def test_of_five_hundred_that_wait_twenty_are_shown_and_the_rest_is_counted(home: Home) -> None:
    await home.waits(500)
    await home.open()
    assert await home.look() == [ALICE]
    assert "500 questions wait for you" in home.shown()
    assert home.shown().count("'action_id': 'approve'") == 20
    assert "… and 480 more: " in home.shown()


@BOTH
async def test_one_that_was_drawn_by_another_meanwhile_is_drawn_once_more_and_no_oftener(home: Home) -> None:
    await home.open()
    await home.look()
    # Nobody wrote down what is shown now.
    home.slack.hashes[ALICE] = "another"
    await home.waits()
    home.clock.forward(seconds=30)
    asked = home.slack.asked
    assert await home.look() == [ALICE]
    assert home.slack.asked == asked + 2
    await home.open()
    home.clock.forward(seconds=30)
    home.slack.refuses = [("hash_conflict", {})] * 2
    asked = home.slack.asked
    assert await home.look() == []
    assert home.slack.asked == asked + 2
    home.clock.forward(seconds=30)
    assert await home.look() == [ALICE]


async def test_slacks_limit_is_kept_to_and_who_waits_is_not_forgotten(home: Home) -> None:
    home.slack.refuses = [("ratelimited", {"Retry-After": "20"})]
    for slack_id in (ALICE, BOB, CAROL):
        await home.open(slack_id)
    assert await home.look() == []
    assert home.slack.asked == 1
    home.clock.forward(seconds=25)
    assert sorted(await home.look()) == [ALICE, BOB, CAROL]


@BOTH
async def test_a_click_is_answered_above_what_waits_until_it_is_drawn_anew(home: Home) -> None:
    await home.waits()
    asker = home.tab.at_home(Asker(user=ALICE, channel=HOME, client=UNUSED))
    assert asker.at_home is not None
    assert await asker.at_home(cards.refusal("It was already denied."))
    assert home.shown().index("already denied") < home.shown().index("1 question waits")
    await home.open()
    home.clock.forward(seconds=10)
    assert await home.look() == [ALICE]
    assert "already denied" not in home.shown()


async def test_where_slack_does_not_take_it_the_click_is_answered_another_way(home: Home) -> None:
    home.slack.refuses = [("not_enabled", {})]
    asker = home.tab.at_home(Asker(user=ALICE, channel=HOME, client=UNUSED))
    assert asker.at_home is not None
    assert not await asker.at_home(cards.note("You approved it."))


async def test_the_id_of_anothers_expectation_ends_and_tells_nothing(home: Home) -> None:
    await announce(home.store)
    await confirm(home.store)

    async def ack() -> None: ...

    for guessed in ("worked", "w0rked", "'; --", ""):
        body = {
            "user": {"id": BOB},
            "view": {"type": "home"},
            "actions": [{"action_id": "home:end", "value": guessed}],
        }
        await home.tab.on_end(ack, body, UNUSED, UNUSED)
        assert "alice" not in home.shown(BOB)
        assert "bastion" not in home.shown(BOB)
    (standing,) = await home.store.expected_work.listed(ALICE, NOW)
    assert standing.ended_at is None


async def test_a_press_that_ends_what_is_expected_is_acknowledged_once_it_has_ended(home: Home) -> None:
    await announce(home.store)
    await confirm(home.store)
    standing: list[int] = []

    async def ack() -> None:
        listed = await home.store.expected_work.listed(ALICE, NOW)
        standing.append(sum(each.ended_at is None for each in listed))

    body = {
        "user": {"id": ALICE},
        "view": {"type": "home"},
        "actions": [{"action_id": "home:end", "value": "worked"}],
    }
    await home.tab.on_end(ack, body, UNUSED, UNUSED)
    assert standing == [0]
    assert "Ended: nothing is expected by worked" in home.shown()


@BOTH
async def test_nobody_sees_what_is_another_persons(home: Home) -> None:
    await home.waits(host_name="web-of-alice", subject=event().subject)
    await announce(home.store)
    for slack_id in (BOB, CAROL):
        await home.open(slack_id)
    await home.look()
    assert "web-of-alice" not in home.shown(BOB)
    assert "worked" not in home.shown(BOB)
    # Reviewers see what waits, and nothing of what else there was of her.
    assert "web-of-alice" in home.shown(CAROL)
    update: Any = EventRow.update(status="approved").execute
    await home.thread.run(update)
    home.clock.forward(seconds=60)
    await home.look()
    assert "web-of-alice" not in home.shown(CAROL)


async def test_who_is_no_reviewer_any_more_loses_the_queue_when_it_is_drawn_next(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await home.open(CAROL)
    await home.look()
    assert "For reviewers" in home.shown(CAROL)

    async def member(slack_id: str) -> Actor:
        return Actor(slack_id=slack_id, name="Carol", standing=Standing.MEMBER, is_reviewer=False)

    monkeypatch.setattr(home.directory, "viewer", member)
    home.clock.forward(seconds=AGED.seconds)
    await home.look()
    assert "For reviewers" not in home.shown(CAROL)


@pytest.mark.parametrize("standing", [Standing.GUEST, Standing.OUTSIDER, Standing.DEACTIVATED, Standing.BOT])
async def test_who_is_no_member_is_shown_nothing_and_remembered_no_longer(
    home: Home, standing: Standing
) -> None:
    await home.waits()
    home.directory.standing = standing
    await home.open()
    assert await home.look() == [ALICE]
    assert "Powertrip shows you nothing" in home.shown()
    assert "bastion" not in home.shown()
    # Nor by a click on what is drawn still.
    asker = home.tab.at_home(Asker(user=ALICE, channel=HOME, client=UNUSED))
    assert asker.at_home is not None
    assert not await asker.at_home(cards.note("You may not."))
    assert "bastion" not in home.shown()
    assert await home.store.homes.get(ALICE) is None


async def test_while_slack_does_not_say_who_looks_what_is_shown_stays_and_after_a_while_that_is_said(
    home: Home,
) -> None:
    home.directory.standing = Standing.UNKNOWN
    await home.open()
    assert await home.look() == []
    home.clock.forward(seconds=30)
    assert await home.look() == [ALICE]
    assert "Slack does not say who you are" in home.shown()


async def test_switched_off_it_says_so_also_on_those_that_are_open(home: Home) -> None:
    await home.open()
    await home.look()
    home.settings.home = HomeSection(enabled=False)
    home.clock.forward(seconds=30)
    assert await home.look() == [ALICE]
    assert "switched off" in home.shown()
    home.clock.forward(seconds=30)
    assert await home.look() == []


async def test_switched_off_a_click_on_one_that_is_still_drawn_is_answered_another_way(home: Home) -> None:
    home.settings.home = HomeSection(enabled=False)
    asker = home.tab.at_home(Asker(user=ALICE, channel=HOME, client=UNUSED))
    assert asker.at_home is not None
    assert not await asker.at_home(cards.note("You approved it."))
    assert home.slack.published == []


async def test_the_last_day_is_shown_and_nothing_from_before(home: Home) -> None:
    def long_ago(name: str, at: datetime) -> dict[str, Any]:
        return {"host_name": name, "received_at": at, "occurred_at": at, "last_occurred_at": at}

    await home.waits(**long_ago("yesterdays", NOW - timedelta(hours=25)))
    await home.waits(**long_ago("todays", NOW - timedelta(hours=23)))
    update: Any = EventRow.update(status="approved").execute
    await home.thread.run(update)
    await home.open()
    await home.look()
    assert "todays" in home.shown()
    assert "yesterdays" not in home.shown()


async def test_who_has_proven_who_they_are_sees_further_back_for_a_while(home: Home) -> None:
    old = NOW - timedelta(days=3)
    await home.waits(host_name="older", received_at=old, occurred_at=old, last_occurred_at=old)
    update: Any = EventRow.update(status="approved").execute
    await home.thread.run(update)
    factor = {
        "id": "factor1",
        "person": "alice",
        "slack_id": ALICE,
        "kind": "totp",
        "label": "phone",
        "secret": "sealed",
        "enrolled_at": old,
        "confirmed_at": old,
        "used_at": NOW - timedelta(hours=7),
    }
    insert: Any = ProofFactorRow.insert(**factor).execute
    await home.thread.run(insert)
    await home.open()
    await home.look()
    assert "older" in home.shown()
    assert "sealed" not in home.shown()
    home.clock.forward(hours=2)
    await home.open()
    await home.look()
    assert "older" not in home.shown()


@BOTH
async def test_a_storm_of_ones_own_stands_as_one_line(home: Home) -> None:
    await home.waits(3)
    await home.waits(host_name="apart-1")
    storm = {
        "id": "storm1",
        "kind": "person",
        "key": "k",
        "rule": "ssh_login",
        "title": "SSH login",
        "severity": "medium",
        "user_name": "alice",
        "network": "",
        "failed": False,
        "host_groups": [],
        "channel": SECURITY,
        "opened_at": NOW,
        "next_reminder_at": NOW + timedelta(minutes=10),
        "last_at": NOW,
        "ends_after": 600,
        "update_every": 30,
    }
    card = {
        "channel": "D0ALICE",
        "ts": "1.2",
        "storm_id": "storm1",
        "kind": "first",
        "reminder": 0,
        "shown_version": 1,
        "shown_at": NOW,
    }
    for insert in (StormRow.insert(**storm), StormMessageRow.insert(**card)):
        written: Any = insert.execute
        await home.thread.run(written)
    join: Any = EventRow.update(storm_id="storm1", storm_seq=1)
    await home.thread.run(join.where(EventRow.host_name == "bastion-1").execute)
    for slack_id in (ALICE, CAROL):
        await home.open(slack_id)
    await home.look()
    for slack_id, number in ((ALICE, "4 questions wait for you"), (CAROL, "For reviewers: 4 events wait")):
        assert number in home.shown(slack_id)
        assert "3 of 3 events to decide" in home.shown(slack_id)
        assert home.shown(slack_id).count("'action_id': 'approve'") == 1


async def test_what_reviewers_see_is_read_once_for_all_of_them(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def reviewer(slack_id: str) -> Actor:
        return Actor(slack_id=slack_id, name="", standing=Standing.MEMBER, is_reviewer=True)

    monkeypatch.setattr(home.directory, "viewer", reviewer)
    for number in range(8):
        await home.open(f"U0REVIEWER{number}")
    await home.look()
    read, whole = 0, type(home.store.homes).queue

    async def counted(*of: Any) -> Any:
        nonlocal read
        read += 1
        return await whole(home.store.homes, *of)

    monkeypatch.setattr(home.store.homes, "queue", counted)
    home.clock.forward(seconds=30)
    await home.look()
    assert read == 1
