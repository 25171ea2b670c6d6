"""The whole chain of the heartbeat on a clock of its own: HTTP, inbox, rules, database, Slack, outside."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.domain.backlog import Backlog
from powertrip.domain.heartbeat import USER, sign
from powertrip.domain.people import Actor, Person, Standing, Subject, SubjectKind
from powertrip.errors import Unavailable
from powertrip.ingest.contract import Limits
from powertrip.ingest.http import build_app
from powertrip.metrics import Metrics
from powertrip.net import new_client
from powertrip.pipeline.context import Context, Signals
from powertrip.pipeline.heartbeat import Heartbeat
from powertrip.pipeline.judge import judge_waiting
from powertrip.runtime.shared import new_id
from powertrip.runtime.worker import step_settings
from powertrip.settings import Config, load_config
from powertrip.slack.limits import RateLimits
from powertrip.slack.notifier import SlackNotifier
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.group_commit import GroupCommitInbox
from powertrip.store.sources.refusals import Refusals
from slack_emulator import BOT_TOKEN, SlackEmulator
from slack_emulator.control import Control
from tests.conftest import Clock
from tests.databases import provide_database
from tests.end_to_end.harness import BEARER, settings, write_config
from tests.pipeline.contexts import WITH_SERVICES

KEY = SecretStr("the-key-of-the-heartbeat")
SECURITY = "C0SECURITY"
UNUSED: Any = None


class Backup:
    """A backup channel that keeps what it is told, or takes nothing."""

    names = ("pager",)

    def __init__(self) -> None:
        self.told: list[str] = []
        self.is_away = False
        self.tries = 0

    async def send(self, name: str, title: str, body: str) -> None:
        self.tries += 1
        if self.is_away:
            raise Unavailable(f"{name} is away")
        self.told.append(f"{title}\n{body}")


class Nobody:
    """A directory that knows nobody."""

    async def subject(self, person: Person | None) -> Subject:  # noqa: ARG002
        return Subject(kind=SubjectKind.UNMAPPED)

    def known(self, person: Person | None) -> Subject | None:  # noqa: ARG002
        return None

    async def actor(
        self,
        slack_id: str,
        team_id: str | None,  # noqa: ARG002
        *,
        needs_group: bool = True,  # noqa: ARG002
    ) -> Actor:
        return Actor(slack_id=slack_id, name="", standing=Standing.UNKNOWN)

    async def viewer(self, slack_id: str) -> Actor:
        return Actor(slack_id=slack_id, name="", standing=Standing.UNKNOWN)

    async def current_id(self, slack_id: str) -> str | None:
        return slack_id

    async def names(self, slack_id: str, people: Sequence[Person]) -> list[str]:  # noqa: ARG002
        return []

    async def called(self, name: str, people: Sequence[Person]) -> list[str]:  # noqa: ARG002
        return []


class Chain:
    """Everything between a host and the address outside."""

    def __init__(self, *, config: Config, clock: Clock, store: Store, thread: DatabaseThread) -> None:
        self.config = config
        self.clock = clock
        self.store = store
        self.thread = thread
        self.backup = Backup()
        self.pings: list[datetime] = []
        self.ping_status = 200
        self.is_connected = True
        self.is_judging = True
        self.url = ""
        self.context: Context = UNUSED
        self.heartbeat: Heartbeat = UNUSED
        self.session: aiohttp.ClientSession = UNUSED
        self.control: Control = UNUSED
        self.refusals: Refusals = UNUSED
        self._count = 0

    def name(self, *, source: str = "syslog", key: SecretStr = KEY, at: datetime | None = None) -> str:
        """The signed name of the user of a new heartbeat."""
        self._count += 1
        sent_at, nonce = int((at or self.clock()).timestamp()), f"{self._count:016x}"
        return f"{USER}-{sent_at}-{nonce}-{sign(key, source=source, sent_at=sent_at, nonce=nonce)}"

    def login(self, name: str, **fields: Any) -> dict[str, Any]:
        """A record of a login, as a shipper posts it."""
        key = "A" * 43
        message = f"Accepted publickey for {name} from 192.0.2.1 port 1 ssh2: ED25519 SHA256:{key}"
        time = self.clock().isoformat()
        return {"message": message, "host": "bastion-1", "program": "sshd", "time": time, **fields}

    async def post(
        self, *records: dict[str, Any], source: str = "syslog", headers: dict[str, str] = BEARER
    ) -> int:
        """Post records; returns the status of the answer."""
        body = json.dumps(records).encode()
        async with self.session.post(f"{self.url}/ingest/{source}", data=body, headers=headers) as answer:
            return answer.status

    async def beat(self, source: str = "syslog") -> None:
        """One heartbeat of the host, and what follows at once."""
        await self.post(self.login(self.name(source=source)), source=source)
        await self.work()

    async def work(self, times: int = 1) -> None:
        """What the worker's loops do."""
        for _ in range(times):
            if self.is_judging:
                while await judge_waiting(self.context):
                    pass
            await self.heartbeat.beat()

    async def passes(self, length: timedelta, every: timedelta = timedelta(minutes=1)) -> None:
        """Time passes, and the loops look now and then."""
        end = self.clock() + length
        while self.clock() < end:
            self.clock.now = min(end, self.clock() + every)
            await self.work()

    async def cards(self) -> list[str]:
        """The text of each card of the heartbeat in the security channel."""
        state = await self.control.state()
        return [message.text for message in state.messages(SECURITY) if "Heartbeat:" in message.text]

    async def card(self) -> str:
        (text,) = await self.cards()
        return text


@asynccontextmanager
async def chain(
    tmp_path: Path, clock: Clock, sandbox: SlackEmulator, control: Control, **changes: Any
) -> AsyncIterator[Chain]:
    """The chain with one source, `syslog`, that is heard every hour."""

    async def outside(_request: web.Request) -> web.Response:
        made.pings.append(clock())
        return web.Response(status=made.ping_status)

    ping = web.Application()
    ping.router.add_get("/ping", outside)
    async with TestServer(ping) as watcher, aiohttp.ClientSession() as session, new_client() as http:
        section = {
            "key": KEY.get_secret_value(),
            "sources": ["syslog"],
            "ping": str(watcher.make_url("/ping")),
        }
        section |= changes.pop("heartbeat", {})
        whole = settings(sandbox, tmp_path, heartbeat=section, **changes)
        config = load_config(write_config(tmp_path / "config.yaml", whole), {})
        url = config.database.url.get_secret_value()
        provide_database(url)
        opened: Any = open_database(url)
        # Nothing of it has to survive a loss of power, and thirty days take thousands of commits.
        opened.pragma("synchronous", 0, permanent=True)
        thread = DatabaseThread(opened)
        made = Chain(config=config, clock=clock, store=Store(thread), thread=thread)
        made.session, made.control = session, control
        made.refusals = Refusals(thread, clock)
        signals = Signals()
        inbox = GroupCommitInbox(
            thread, backlog=lambda: Backlog(10_000), retry_after=lambda: 30, on_new=signals.inbox.set
        )
        client = AsyncWebClient(
            token=BOT_TOKEN, base_url=sandbox.api_url, session=session, retry_handlers=[], timeout=5
        )

        made.context = Context(
            store=made.store,
            notifier=SlackNotifier(client, "https://example.slack.com/", RateLimits(clock)),
            directory=Nobody(),
            enrichment=WITH_SERVICES,
            origins={},
            metrics=Metrics(),
            clock=clock,
            new_id=new_id,
            live_settings=lambda: step_settings(made.config, SECURITY, told=()),
            live_backup=lambda: made.backup,
            signals=signals,
        )

        async def is_connected() -> bool:
            return made.is_connected

        made.heartbeat = Heartbeat(made.context, is_connected, http)
        app = build_app(
            sources=lambda: made.config.sources,
            limits=Limits,
            inbox=inbox,
            metrics=made.context.metrics,
            clock=clock,
            refused=made.refusals.add,
        )
        async with TestServer(app) as server:
            made.url = str(server.make_url("")).rstrip("/")
            yield made
        await made.refusals.close()
        await thread.close()
