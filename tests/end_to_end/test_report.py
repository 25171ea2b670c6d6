"""Reports in Slack: who may see whose, and that one card a week is posted whoever runs and restarts."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from powertrip.domain.report_section import ReportSection
from powertrip.net import utc_now
from powertrip.store.bulk import insert_all
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.report_tables import ReportDueRow
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.databases import provide_database
from tests.end_to_end.evidence import Evidence
from tests.end_to_end.harness import ANY_RATE, Sender, asks, login, powertrip_here, settings, write_config
from tests.end_to_end.test_commands import answer
from tests.end_to_end.test_main_path import ALICE, BOB, CAROL, SECURITY, card_for
from tests.end_to_end.test_many_workers import a_web_and_workers

WEEKLY = {"every": "monday 09:00", "time_zone": "Europe/Berlin"}


@pytest.mark.usefixtures("running")
async def test_reviewers_see_how_all_are_asked_and_everybody_how_they_are(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: not asks(s.message(card)))

    own = await answer(control, ALICE, "report me", "What you were asked", "1 event", "1 answered")
    assert own.shows("People about themselves: 1 answer; half within")
    await answer(control, CAROL, "report 30d", "What was asked", "times withheld, as fewer than 5 people")
    await answer(control, CAROL, "report me 7d", "Asked: nothing in this time.")
    await answer(control, BOB, "report", "Only reviewers can see how all are asked", "report me")
    await answer(control, BOB, "report <@U0ALICE|alice>", "Only reviewers can")
    await answer(control, CAROL, "report soon", "That is no time in the past")


async def due(url: str) -> None:
    """A weekly report that was due three days ago, when nobody was there."""
    thread = DatabaseThread(open_database(url))
    schedule = ReportSection.model_validate(WEEKLY).schedule
    row = {"id": 1, "schedule": schedule, "due_at": utc_now() - timedelta(days=3), "leased_until": None}
    await thread.run(insert_all, ReportDueRow, [row])
    await thread.close()


@ANY_RATE
async def test_two_workers_and_a_restart_post_the_weekly_card_once(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, shared_database: str
) -> None:
    changes: dict[str, Any] = {"database": {"url": shared_database}, "report": WEEKLY}
    await due(shared_database)
    for workers in (2, 1):
        async with a_web_and_workers(workers, sandbox, control, tmp_path, **changes):
            message = await control.message_in(SECURITY)
            await Evidence(shared_database).until_idle(30)
            assert message.shows("Asked: nothing in this time.")
            assert message.buttons == []
    assert len((await control.state()).messages()) == 1


@pytest.mark.parametrize(("archived", "channel"), [(False, "C0GENERAL"), (True, SECURITY)])
async def test_it_comes_to_its_own_channel_and_where_that_takes_nothing_to_the_security_channel(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, archived: bool, channel: str
) -> None:
    await control.channel("C0GENERAL", is_archived=archived)
    changes: dict[str, Any] = {"report": WEEKLY | {"to": "#general"}}
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, **changes))
    url = f"sqlite:///{tmp_path}/powertrip.db"
    provide_database(url)
    await due(url)
    async with powertrip_here(path):
        await control.connected()
        assert (await control.message_in(channel)).shows("Asked: nothing in this time.")
