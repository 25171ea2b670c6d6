"""Many people and several processes at once: one decision, one card, and a truthful answer for everybody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from slack_emulator import SlackEmulator
from slack_emulator.control import Control, SeenMessage
from tests.end_to_end.evidence import (
    Evidence,
    assert_copies_tell_the_truth,
    assert_no_message_twice,
    assert_promises_kept,
    until,
)
from tests.end_to_end.harness import (
    ANY_RATE,
    START_TIMEOUT,
    Process,
    Sender,
    free_port,
    login,
    powertrip_here,
    settings,
    write_config,
)
from tests.end_to_end.scene import scene_in

SECURITY = "C0SECURITY"
ALICE, BOB, CAROL, DORA, EVE, GRETA = "U0ALICE", "U0BOB", "U0CAROL", "U0DORA", "U0EVE", "U0GRETA"
BOT = "U0POWERTRIP"


async def fill_the_channel(control: Control) -> None:
    """Two reviewers, a member who is none, one of another organisation, and a guest."""
    await control.user(DORA, name="dora", real_name="Dora")
    await control.user(EVE, name="eve", real_name="Eve", team_id="T0ELSEWHERE", is_stranger=True)
    await control.user(GRETA, name="greta", real_name="Greta", is_restricted=True)
    await control.usergroup("S0SECURITY", users=[CAROL, DORA])
    await control.channel(SECURITY, members=[BOB, CAROL, DORA, EVE, GRETA, BOT])


async def answers(control: Control, user: str, count: int = 1) -> list[SeenMessage]:
    """What Powertrip told this person only, once it has answered so often."""
    return (await control.wait_for(lambda s: len(s.ephemerals(user)) >= count)).ephemerals(user)


@ANY_RATE
async def test_many_click_at_once_and_again_after_a_restart_and_all_are_told_the_truth(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path))
    evidence = Evidence(f"sqlite:///{tmp_path}/powertrip.db")
    await fill_the_channel(control)
    async with powertrip_here(path) as (_, sender):
        await control.connected()
        await sender.post(login("oswaldo", id="1"))
        card = await control.message_in(SECURITY)
        await asyncio.gather(
            control.press(CAROL, SECURITY, card.ts, action_id="approve"),
            control.press(CAROL, SECURITY, card.ts, action_id="approve"),
            control.press(DORA, SECURITY, card.ts, action_id="deny"),
            control.press(BOB, SECURITY, card.ts, action_id="approve"),
            control.press(EVE, SECURITY, card.ts, action_id="approve"),
            control.press(GRETA, SECURITY, card.ts, action_id="deny"),
        )
        by_reviewers = [*await answers(control, CAROL, 2), *await answers(control, DORA)]
        (to_bob,), (to_eve,), (to_greta,) = [await answers(control, who) for who in (BOB, EVE, GRETA)]
        await evidence.until_idle()
    async with powertrip_here(path):
        await control.connected()
        value = card.buttons[0]["value"]
        await control.press(DORA, SECURITY, card.ts, action_id="approve", value=value, stale=True)
        late = (await answers(control, DORA, 2))[-1]

    ((verdict, actor),) = evidence.rows("SELECT verdict, actor_id FROM decision")
    done = {"approve": "approved", "deny": "denied"}[verdict]
    first = [answer for answer in by_reviewers if answer.shows(f"You {done}")]
    assert len(first) == 1
    assert first[0].ephemeral_to == actor
    already = [*(answer for answer in by_reviewers if answer not in first), late]
    assert all(answer.shows(actor) and answer.shows(f" already {done} this at ") for answer in already)
    assert to_bob.shows("Only the person this event is about and the reviewers can decide it.")
    assert to_eve.shows("Members of another organisation cannot decide security events.")
    assert to_greta.shows("Guests cannot decide security events.")
    assert (await control.state()).message(card).shows(done.capitalize())
    await assert_promises_kept(evidence, control, {"1"})


async def test_the_same_click_delivered_three_times_decides_once(
    sender: Sender, control: Control, tmp_path: Path
) -> None:
    await sender.post(login("alice", id="1"))
    card = (await control.wait_for(lambda s: s.messages()[0].buttons)).messages()[0]
    await control.deliver_twice()
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    assert await control.redeliver()
    told = await answers(control, ALICE, 3)
    assert sorted(answer.shows("You approved") for answer in told) == [False, False, True]
    assert sum(answer.shows("already approved this") for answer in told) == 2
    evidence = Evidence(f"sqlite:///{tmp_path}/powertrip.db")
    await evidence.until_idle()
    await assert_promises_kept(evidence, control, {"1"})


async def test_an_approval_and_a_record_that_joins_at_once_never_approve_what_was_not_shown(
    sender: Sender, control: Control, tmp_path: Path
) -> None:
    for number in range(10):
        await sender.post(login("alice", address=f"192.0.2.{number}", id=f"first-{number}"))
    state = await control.wait_for(lambda s: len(s.messages()) == 10)
    joining = [login("alice", address=f"192.0.2.{n}", id=f"second-{n}") for n in range(10)]
    presses = [
        control.press(ALICE, card.channel, card.ts, action_id="approve", value=value, stale=True)
        for card in state.messages()
        for value in [card.buttons[0]["value"]]
    ]
    await asyncio.gather(*presses, *(sender.post(record) for record in joining))
    await answers(control, ALICE, 10)
    evidence = Evidence(f"sqlite:///{tmp_path}/powertrip.db")
    await evidence.until_idle()
    sql = "SELECT o.record_id FROM occurrence o JOIN event e ON e.id = o.event_id WHERE e.status = "
    assert set(evidence.column(f"{sql} 'approved'")) == {f"first-{n}" for n in range(10)}
    assert set(evidence.column(f"{sql} 'pending'")) == {f"second-{n}" for n in range(10)}
    await assert_promises_kept(evidence, control, set())


@asynccontextmanager
async def a_web_and_two_workers(
    sandbox: SlackEmulator, control: Control, folder: Path, **changes: Any
) -> AsyncIterator[tuple[Sender, list[Process]]]:
    """The three processes of a platform that runs them apart."""
    port = free_port()
    whole = settings(sandbox, folder, ingest={"port": port}, **changes)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        web, *workers = [
            Process(write_config(folder / f"{name}.yaml", whole), command=command)
            for name, command in (("web", "web"), ("one", "worker"), ("two", "worker"))
        ]
        for process in (web, *workers):
            stack.push_async_callback(process.stop)
        # The web process first, for it migrates; then both workers at once.
        await web.start(port)
        await asyncio.gather(*(worker.start() for worker in workers))
        await control.connected(2, timeout=START_TIMEOUT)
        yield Sender(port, session), workers


@ANY_RATE
async def test_two_workers_ask_about_each_of_200_events_once_and_take_clicks_on_either_socket(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, shared_database: str
) -> None:
    changes = {"database": {"url": shared_database}}
    evidence = Evidence(shared_database)
    async with a_web_and_two_workers(sandbox, control, tmp_path, **changes) as (sender, workers):
        records = [
            login(("alice", "bob", "oswaldo")[n % 3], address=f"198.51.100.{n}", id=str(n))
            for n in range(200)
        ]
        await asyncio.gather(*(sender.post(*records[n : n + 10]) for n in range(0, 200, 10)))
        await control.wait_for(lambda s: len(s.messages()) == 200, timeout=100)
        await evidence.until_idle()
        cards = [m for m in (await control.state()).messages() if m.shows("alice")][:24]
        await asyncio.gather(
            *(control.press(ALICE, card.channel, card.ts, action_id="approve") for card in cards)
        )
        await answers(control, ALICE, 24)
        await evidence.until_idle()
        await assert_promises_kept(evidence, control, {str(n) for n in range(200)})
        assert evidence.statuses().count("approved") == 24
        logs = [worker.output.read_text(encoding="utf-8") for worker in workers]
        # Whoever comes first takes all conversations that wait, so one may post everything.
        assert "message posted" in "".join(logs)
        assert ["event decided" in log for log in logs] == [True, True]


@ANY_RATE
async def test_two_workers_that_fold_into_the_same_events_never_wait_for_each_other_in_a_circle(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, shared_database: str
) -> None:
    evidence = Evidence(shared_database)
    database = {"url": shared_database}
    async with a_web_and_two_workers(sandbox, control, tmp_path, database=database) as (sender, workers):
        for batch in range(20):
            order = range(40) if batch % 2 else reversed(range(40))
            await sender.post(*(login("alice", address=f"198.51.100.{n}", id=f"{batch}-{n}") for n in order))
        await evidence.until_idle(60)
        assert evidence.number("SELECT count(*) FROM event") == 40
        assert evidence.number("SELECT min(revision) FROM event") == 20
        await assert_promises_kept(evidence, control, set())
        for worker in workers:
            assert "step failed" not in worker.output.read_text(encoding="utf-8")


@ANY_RATE
async def test_two_workers_remind_of_each_event_once(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, shared_database: str
) -> None:
    changes: dict[str, Any] = {
        "database": {"url": shared_database},
        "reminders": {"remind_after": "2s", "remind_every": "1h"},
    }
    evidence = Evidence(shared_database)
    async with a_web_and_two_workers(sandbox, control, tmp_path, **changes) as (sender, _):
        await sender.post(*(login("alice", address=f"198.51.100.{n}", id=str(n)) for n in range(10)))
        await control.wait_for(lambda s: s.messages(SECURITY), timeout=20)
        # The two workers judge a part each, and those parts are due one after the other.
        await until(lambda: all(evidence.column("SELECT reminders FROM event")), "all are reminded of")
        await evidence.until_idle()
        assert sorted(evidence.column("SELECT reminders FROM event")) == [1] * 10
        reminded = evidence.column("SELECT event_id FROM notice WHERE kind = 'reminder'")
        assert sorted(reminded) == sorted(evidence.column("SELECT id FROM event"))
        assert_no_message_twice(evidence, await control.state())
        assert_copies_tell_the_truth(evidence, await control.state())


async def test_a_second_worker_on_sqlite_leaves_the_first_ones_work_alone(tmp_path: Path) -> None:
    async with scene_in(tmp_path) as scene:
        second = Process(tmp_path / "config.yaml", command="worker")
        # Longer than the second waits for what a dead process held, and shorter than a living one's lease.
        await scene.control.fault("chat.postMessage", "delay", delay=7.5)
        await scene.log_in("alice")
        await scene.until_called("chat.postMessage")
        await second.start()
        await scene.control.connected(2, timeout=START_TIMEOUT)
        await scene.settle()
        assert await second.stop() == 0
        state = await scene.control.state()
    # The second did not so much as look for the message: its sender was known to be alive.
    assert (state.count("chat.postMessage"), state.count("conversations.history")) == (1, 0)
