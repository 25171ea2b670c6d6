"""Several workers on one PostgreSQL: they wake each other, and share the pace that Slack asks for."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from powertrip.runtime import loops
from powertrip.runtime.app import powertrip
from powertrip.settings import load_config
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from slack_emulator.seen import State
from tests.end_to_end.evidence import Evidence, assert_promises_kept
from tests.end_to_end.harness import START_TIMEOUT, Sender, login, settings, write_config

SECURITY = "C0SECURITY"


@asynccontextmanager
async def a_web_and_workers(
    count: int, sandbox: SlackEmulator, control: Control, folder: Path, **changes: Any
) -> AsyncIterator[Sender]:
    """The halves of Powertrip in this process, each with a database connection and signals of its own."""
    path = write_config(folder / "config.yaml", settings(sandbox, folder, **changes))
    config = load_config(path, {})
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        web = await stack.enter_async_context(powertrip(config, works=False))
        for _ in range(count):
            await stack.enter_async_context(powertrip(config, serves_web=False))
        await control.connected(count, timeout=START_TIMEOUT)
        yield Sender(web.port, session)


def has_messages(count: int, state: State) -> bool:
    return len(state.messages()) == count


async def test_a_record_becomes_a_card_at_another_worker_without_any_tick(
    sandbox: SlackEmulator,
    control: Control,
    tmp_path: Path,
    shared_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TICK", "SLOW_TICK", "WATCH_TICK"):
        monkeypatch.setattr(loops, name, timedelta(hours=1))
    async with a_web_and_workers(1, sandbox, control, tmp_path, database={"url": shared_database}) as sender:
        for user in ("alice", "bob", "alice"):
            before = len((await control.state()).messages())
            await sender.post(login(user, address=f"198.51.100.{before}", id=str(before)))
            await control.wait_for(partial(has_messages, before + 1))


async def test_workers_together_keep_to_slacks_pace_and_to_the_order_of_a_channel(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, shared_database: str
) -> None:
    changes: dict[str, Any] = {
        "database": {"url": shared_database},
        # Slack's own pace, which this Slack insists on.
        "slack": {"channel_interval": "1s", "posts_per_minute": 240, "update_interval": "1200ms"},
    }
    evidence = Evidence(shared_database)
    async with a_web_and_workers(3, sandbox, control, tmp_path, **changes) as sender:
        # More than the burst that Slack lets through.
        people = ("alice", "nobody")
        logins = [login(people[n % 2], address=f"198.51.100.{n}", id=str(n)) for n in range(14)]
        await sender.post(*logins)
        state = await control.wait_for(lambda s: len(s.messages()) == len(logins), timeout=60)
        await evidence.until_idle(30)
        await assert_promises_kept(evidence, control, {str(n) for n in range(len(logins))})
    assert [call for call in state.calls("chat.postMessage") if call["status"] != 200] == []
    # By the times that Slack gave them, against the order in which they were queued.
    posted = evidence.rows(
        "SELECT n.channel, d.id FROM notice n JOIN delivery d ON d.event_id = n.event_id "
        "WHERE n.kind = 'first' AND d.kind = 'first' ORDER BY n.ts"
    )
    by_channel: dict[str, list[int]] = defaultdict(list)
    for channel, delivery_id in posted:
        by_channel[channel].append(delivery_id)
    assert len(by_channel) == len(people)
    assert all(ids == sorted(ids) for ids in by_channel.values())
