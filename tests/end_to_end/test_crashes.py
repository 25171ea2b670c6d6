"""kill -9 at every moment between ingest and decision: nothing is lost and nothing is said twice."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from slack_emulator.control import SeenMessage
from tests.end_to_end.harness import asks, login
from tests.end_to_end.scene import ALICE, CAROL, SECURITY, Scene, deliver_until_acknowledged, scene_in


@pytest.fixture
def changes() -> dict[str, Any]:
    """Settings of the scene; a test may ask for others by parametrising this."""
    return {}


@pytest.fixture
async def scene(tmp_path: Path, changes: dict[str, Any]) -> AsyncIterator[Scene]:
    """Powertrip in a process of its own."""
    async with scene_in(tmp_path, **changes) as running:
        yield running


async def test_killed_right_after_the_200(scene: Scene) -> None:
    await scene.log_in("alice")
    await scene.kill_and_restart()
    await scene.card("alice")
    await scene.settle()


async def test_the_newest_hash_of_the_history_is_logged_out_of_its_reach(scene: Scene) -> None:
    await scene.log_in("alice")
    await scene.card("alice")
    await scene.settle()
    await scene.kill_and_restart()
    # A start writes a line of its own.
    (newest,) = scene.evidence.column("SELECT hash FROM audit ORDER BY id DESC LIMIT 1")
    await scene.until_logged(f"audit_hash={newest}")


async def test_killed_while_the_person_is_looked_up(scene: Scene) -> None:
    await scene.hold("users.info")
    await scene.log_in("alice")
    await scene.until_called("users.info")
    # Judged all the same: nothing that Slack does holds that up.
    assert scene.evidence.statuses() == ["pending"]
    await scene.kill_and_restart()
    await scene.card("alice")
    await scene.settle()


async def test_killed_after_judging_and_before_the_post(scene: Scene) -> None:
    await scene.hold("conversations.open")
    await scene.log_in("alice")
    await scene.until_called("conversations.open")
    assert scene.evidence.statuses() == ["pending"]
    await scene.kill_and_restart()
    await scene.card("alice")
    await scene.settle()


async def test_killed_while_a_post_is_in_flight_that_slack_has_taken(scene: Scene) -> None:
    await scene.hold("chat.postMessage")
    await scene.log_in("alice")
    await scene.card("alice")
    await scene.kill_and_restart()
    await scene.settle()
    assert (await scene.control.state()).count("chat.postMessage") == 1


async def test_killed_while_a_post_is_in_flight_that_slack_has_not_taken(scene: Scene) -> None:
    await scene.hold("chat.postMessage", taken=False)
    await scene.log_in("alice")
    await scene.until_called("chat.postMessage")
    assert (await scene.control.state()).messages() == []
    await scene.kill_and_restart()
    await scene.card("alice")
    await scene.settle()


async def test_killed_after_the_post_and_before_its_outcome_is_written(scene: Scene) -> None:
    await scene.control.fault("chat.postMessage", "delay", delay=0.5)
    await scene.log_in("alice")
    await scene.card("alice")
    locked = sqlite3.connect(scene.evidence.path, isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    await scene.until_logged("delivery outcome not recorded")
    await scene.kill()
    locked.close()
    await scene.start()
    await scene.settle()
    assert (await scene.control.state()).count("chat.postMessage") == 1


async def test_killed_while_a_card_is_updated_after_its_decision(scene: Scene) -> None:
    await scene.log_in("alice")
    card = await scene.card("alice")
    await scene.hold("chat.update", taken=False)
    await scene.control.press(ALICE, card.channel, card.ts, action_id="approve")
    await scene.until_called("chat.update")
    await scene.kill_and_restart()
    await scene.settle()
    assert scene.evidence.statuses() == ["approved"]


async def test_killed_right_after_a_click_is_acknowledged(scene: Scene) -> None:
    await scene.log_in("alice")
    card = await scene.card("alice")
    await scene.evidence.until_idle()
    calls = (await scene.control.state()).count("users.info")
    await scene.hold("users.info")
    assert (await scene.control.press(ALICE, card.channel, card.ts, action_id="approve")).acked
    await scene.until_called("users.info", calls + 1)
    await scene.kill_and_restart()
    await scene.settle()
    assert scene.evidence.statuses() == ["pending"]
    await scene.control.press(ALICE, card.channel, card.ts, action_id="approve")
    await scene.control.wait_for(lambda s: not asks(s.message(card)))
    await scene.settle()


async def test_killed_between_a_denial_and_its_alert(scene: Scene) -> None:
    await scene.log_in("alice")
    card = await scene.card("alice")
    await scene.evidence.until_idle()
    await scene.hold("chat.postMessage")
    await scene.control.press(ALICE, card.channel, card.ts, action_id="deny")
    await scene.control.message_in(SECURITY)
    await scene.kill_and_restart()
    await scene.settle()
    alerts = (await scene.control.state()).messages(SECURITY)
    assert [CAROL in alert.mentions for alert in alerts] == [True]


@pytest.mark.parametrize("changes", [{"reminders": {"remind_after": "2s"}}])
async def test_killed_while_a_reminder_is_posted(scene: Scene) -> None:
    await scene.log_in("alice")
    await scene.card("alice")
    await scene.evidence.until_idle()
    await scene.hold("chat.postMessage")
    await scene.control.message_in(SECURITY)
    await scene.kill_and_restart()
    await scene.settle()
    reminders = (await scene.control.state()).messages(SECURITY, deleted=True)
    assert [reminder.shows("Reminder 1") for reminder in reminders] == [True]


@pytest.mark.parametrize("changes", [{"reminders": {"remind_after": "2s"}}])
async def test_killed_while_a_reminder_is_posted_for_what_is_decided_before_the_restart(scene: Scene) -> None:
    await scene.log_in("alice")
    card = await scene.card("alice")
    await scene.evidence.until_idle()
    await scene.hold("chat.postMessage")
    reminder = await scene.control.message_in(SECURITY)
    await scene.control.press(ALICE, card.channel, card.ts, action_id="approve")
    await scene.control.wait_for(lambda s: not asks(s.message(card)))
    await scene.kill_and_restart()
    await scene.control.wait_for(lambda s: not asks(s.message(reminder)))
    await scene.settle()


async def killed_while_submitting(scene: Scene, typed: dict[str, str | list[str]]) -> SeenMessage:
    """Kill it while it looks up who decides; gives Alice's card."""
    await scene.log_in("alice")
    card = await scene.card("alice")
    await scene.control.press(ALICE, card.channel, card.ts, action_id="approve")
    state = await scene.control.wait_for(lambda s: s.modal(ALICE))
    await scene.hold("users.info")
    submitting = asyncio.create_task(scene.control.submit(ALICE, typed))
    await scene.until_called("users.info", state.count("users.info") + 1)
    await scene.kill()
    assert not (await submitting).acked
    return card


@pytest.mark.parametrize("changes", [{"policy": [{"when": {"user": "alice"}, "require": ["reason"]}]}])
async def test_killed_while_a_modal_is_submitted(scene: Scene) -> None:
    card = await killed_while_submitting(scene, {"text": "Deploying the fix"})
    await scene.control.clear_faults()
    await scene.start()
    await scene.settle()
    assert scene.evidence.statuses() == ["pending"]
    assert (await scene.control.submit(ALICE, {"text": "Deploying the fix"})).acked
    await scene.control.wait_for(lambda s: not asks(s.message(card)))
    await scene.settle()
    assert scene.evidence.rows("SELECT verdict, reason FROM decision") == [("approve", "Deploying the fix")]


@pytest.mark.parametrize("changes", [{"policy": [{"when": {"user": "alice"}, "require": ["typed_host"]}]}])
async def test_killed_between_a_proof_and_its_decision(scene: Scene) -> None:
    # Whoever decides is looked up at that moment, which is after the proof was given.
    card = await killed_while_submitting(scene, {"typed": "bastion-1"})
    unspent = "SELECT count(*) FROM proof_challenge WHERE met_at IS NOT NULL AND spent_at IS NULL"
    assert (scene.evidence.column(unspent), scene.evidence.statuses()) == ([1], ["pending"])
    await scene.control.clear_faults()
    await scene.start()
    # A worker takes the decision, ten seconds after the proof; nobody has to press again.
    await scene.control.wait_for(lambda s: not asks(s.message(card)))
    await scene.settle()
    assert scene.evidence.rows("SELECT verdict, proof FROM decision") == [("approve", "typed_host")]
    assert scene.evidence.column(unspent) == [0]


async def test_killed_twice_in_an_ingest_burst_with_many_requests_in_flight(scene: Scene) -> None:
    numbers = iter(range(300))

    async def ship() -> None:
        for number in numbers:
            address = f"198.51.100.{number % 20}"
            await deliver_until_acknowledged(scene, str(number), user="alice", address=address)

    shippers = [asyncio.create_task(ship()) for _ in range(8)]
    for count in (60, 150):
        await scene.until_accepted(count)
        await scene.kill()
        await scene.start()
    await asyncio.gather(*shippers)
    await scene.settle()
    assert len(scene.accepted) == 300
    assert scene.evidence.number("SELECT count(*) FROM occurrence") == 300
    assert scene.evidence.number("SELECT count(*) FROM event") == 20


@pytest.mark.parametrize("changes", [{"storms": {"enabled": True}}], ids=["storms"])
async def test_killed_between_the_post_of_a_storms_card_and_its_record(scene: Scene) -> None:
    await scene.hold("chat.postMessage")
    records = [login("oswaldo", host=f"web-{number}", id=f"web {number}") for number in range(30)]
    await scene.sender.post(*records)
    scene.accepted.update(record["id"] for record in records)
    await scene.control.wait_for(lambda s: any(m.shows("30 events alike") for m in s.messages(SECURITY)))
    await scene.kill_and_restart()
    await scene.settle()
    state = await scene.control.state()
    assert len(state.messages(SECURITY)) == state.count("chat.postMessage") == 1
    assert scene.evidence.column("SELECT COUNT(*) FROM storm_message WHERE removed_at IS NULL") == [1]
