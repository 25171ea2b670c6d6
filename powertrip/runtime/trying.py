"""Posts a made-up login to a source the way its sender does, and tells what becomes of it."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from powertrip.config.values import did_you_mean
from powertrip.domain.record import Record
from powertrip.domain.trial import NO_SOURCE, Trial, new_token
from powertrip.errors import Rejected, Unavailable
from powertrip.ingest.contract import InboxWriter
from powertrip.ingest.sample import HOST, PROGRAM, NoSample, Sample, SampleLogin
from powertrip.net import Client, HttpClient
from powertrip.settings import Config
from powertrip.store import Store

LOOKS_EVERY = 0.25
"""Seconds between two looks into the database."""
_TOO_MANY = "too many tests are under way; try again in ten minutes"
_ADVICE = {
    401: "its secret did not arrive as it was sent; does a proxy take headers away?",
    404: "nothing is there; is ingest.public_url right, and does the proxy hand on the path?",
    413: "a proxy takes no body of this size",
    422: "the body did not arrive as it was sent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialSender:
    """Sends test logins through the address that senders use."""

    config: Callable[[], Config]
    store: Store
    http: Client
    clock: Callable[[], datetime]
    port: Callable[[], int | None] = lambda: None
    """The port of the endpoint in this process, which the configuration may leave open."""
    inbox: InboxWriter | None = None
    """Where a test goes as long as no source is configured."""

    async def send(self, source: str | None, user_name: str) -> Trial:
        """Post a login of this user to the source, or to the first that can be tried, and return the test.

        Raises NoSample, Rejected or Unavailable with a sentence for whoever asked.
        """
        config = self.config()
        if source is None and not config.sources and self.inbox is not None:
            return await self._put(self.inbox, user_name)
        name, login, sample = self._sample(config, source, user_name)
        trial = Trial(token=login.token, source=name, user_name=user_name, created_at=login.at)
        if not await self.store.trials.begin(trial):
            raise Rejected(_TOO_MANY)
        address = self.address(config)
        client = HttpClient(client=self.http, name=f"{address}/ingest/{name}", base_url=address)
        answer = await client.request("POST", f"/ingest/{name}", headers=sample.headers, content=sample.body)
        if not answer.is_success:
            raise client.rejected(
                answer, _ADVICE.get(answer.status, "what stands before Powertrip answers so")
            )
        return trial

    async def _put(self, inbox: InboxWriter, user_name: str) -> Trial:
        """A test past HTTP, for whoever has connected nothing yet and wants to see a card."""
        login = SampleLogin(user_name=user_name, token=new_token(), at=self.clock())
        trial = Trial(token=login.token, source=NO_SOURCE, user_name=user_name, created_at=login.at)
        if not await self.store.trials.begin(trial):
            raise Rejected(_TOO_MANY)
        record = Record(
            source=NO_SOURCE,
            record_id=login.token,
            message=login.line,
            raw=json.dumps(login.fields),
            received_at=login.at,
            occurred_at=login.at,
            host_name=HOST,
            program=PROGRAM,
        )
        await inbox.put([record])
        return trial

    def address(self, config: Config) -> str:
        """Where senders reach the endpoint; raises Rejected where nobody knows."""
        ingest = config.ingest
        if ingest.public_url is not None:
            return ingest.public_url.rstrip("/")
        port = self.port() or ingest.port
        if not port:
            raise Rejected("ingest.port is 0, so nobody knows where the endpoint is; write ingest.public_url")
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(ingest.host, ingest.host)  # noqa: S104
        return f"http://[{host}]:{port}" if ":" in host and "[" not in host else f"http://{host}:{port}"

    def _sample(self, config: Config, source: str | None, user_name: str) -> tuple[str, SampleLogin, Sample]:
        login = SampleLogin(user_name=user_name, token=new_token(), at=self.clock())
        if source is not None and source in config.polls:
            raise NoSample(f"{source} is a poll: Powertrip asks it, and nobody posts to it; log in yourself")
        if source is not None and source not in config.sources:
            raise NoSample(did_you_mean(source, sorted(config.sources), "source"))
        reasons = []
        for name in [source] if source is not None else config.sources:
            try:
                return name, login, config.sources[name].sample(login)
            except NoSample as reason:
                reasons.append(f"{name}: {reason}")
        raise NoSample("; ".join(reasons) or "no source is configured; write one under `sources`")

    async def judged(self, trial: Trial, within: timedelta) -> Trial:
        """The test once it is judged; raises Unavailable where that takes too long."""
        until = time.monotonic() + within.total_seconds()
        while time.monotonic() < until:
            found = await self.store.trials.get(trial.token)
            if found is not None and found.outcome is not None:
                return found
            await asyncio.sleep(LOOKS_EVERY)
        raise Unavailable(
            f"it was not judged within {within.seconds} s; does a worker run, and on this database?"
        )

    async def carded(self, event_id: str, within: timedelta) -> str:
        """The channel in which the event's card is; raises Unavailable where that takes too long."""
        until = time.monotonic() + within.total_seconds()
        while time.monotonic() < until:
            notices = await self.store.notices.of_event(event_id)
            if notices:
                return notices[0].channel
            await asyncio.sleep(LOOKS_EVERY)
        raise Unavailable(
            f"Slack has not taken its card within {within.seconds} s; the worker's log says why"
        )
