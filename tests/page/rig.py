"""The page on a port of this machine, an event to approve, and challenges of Bob's to prove it."""

import asyncio
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from webauthn.helpers import bytes_to_base64url

from powertrip.domain.decision import Via
from powertrip.domain.event import Event
from powertrip.domain.people import Person
from powertrip.domain.proof import Challenge, ProofKind
from powertrip.domain.proof_limits import LASTS
from powertrip.ingest.contract import Limits
from powertrip.ingest.http import build_app
from powertrip.ingest.server import WebServer
from powertrip.metrics import Metrics
from powertrip.net import Client
from powertrip.page import add_page
from powertrip.proofs import passkey
from powertrip.proofs.link import link_of
from powertrip.proofs.oidc import OidcSection
from powertrip.proofs.passkey import Passkey
from powertrip.proofs.sealing import Sealer
from powertrip.proofs.section import ProofsSection
from powertrip.store import Store, inbox
from powertrip.store.bulk import insert_all
from powertrip.store.database import DatabaseThread
from powertrip.store.proofs.tables import ProofFactorRow
from tests.end_to_end.harness import free_port
from tests.page.canaille_server import CLIENT_ID, CLIENT_SECRET
from tests.proofs.authenticator import Authenticator
from tests.samples import BOB, CAROL, NOW, ask, event, record

KEY = "cnlzZS1pcy1qdXN0LTMyLWJ5dGVzLWZvci10ZXN0cyE="
LEASE = timedelta(seconds=30)
PEOPLE = (
    Person(name="bob", slack=BOB, oidc="bob"),
    Person(name="mallory", slack="U0MALLORY", oidc="mallory"),
    # Whom only an e-mail address ties to Slack.
    Person(name="alice", email="alice@example.com", oidc="alice"),
)
UNUSED: Any = None


def section(page: str, issuer: str | None = None, **changes: Any) -> ProofsSection:
    """What is configured."""
    oidc = None
    if issuer:
        client = {"client_id": CLIENT_ID, "client_secret": SecretStr(CLIENT_SECRET)}
        about: dict[str, Any] = {"issuer": issuer, "claim": "sub", "max_age": "1m"}
        oidc = OidcSection(**about | client | changes)
    return ProofsSection(kinds=(ProofKind.PASSKEY, ProofKind.OIDC), key=SecretStr(KEY), page=page, oidc=oidc)


async def asked(thread: DatabaseThread, store: Store, at: datetime = NOW, **about: Any) -> Event:
    """A new event of Bob's."""
    await thread.run(inbox.append, [[record(received_at=at)]])
    (claimed,) = await store.inbox.claim(1, lambda: at, LEASE)
    fields = {"user_name": "bob", "host_name": "db-1", "occurred_at": at, "received_at": at}
    about = fields | {"last_occurred_at": at, "next_reminder_at": at + LEASE} | about
    (event_id,) = (await store.judging.apply([ask(claimed, event(**about))], at)).opened
    return await store.events.get(event_id)


async def begun(
    store: Store,
    about: Event,
    kind: ProofKind,
    at: datetime = NOW,
    *,
    slack_id: str = BOB,
    revision: int | None = None,
    reason: str | None = None,
) -> Challenge:
    """A challenge of Bob's."""
    challenge = Challenge(
        nonce=secrets.token_urlsafe(24),
        event_id=about.id,
        revision=revision or about.revision,
        slack_id=slack_id,
        name="Bob",
        team_id=None,
        kind=kind,
        via=Via.BUTTON,
        channel="D0BOB",
        reason=reason,
        created_at=at,
        until=at + LASTS,
    )
    await store.proofs.begin(challenge)
    return challenge


async def enrolled(
    thread: DatabaseThread, device: Authenticator, slack_id: str = BOB, at: datetime | None = None
) -> str:
    """A passkey that a reviewer confirmed at this time, or two days ago."""
    factor_id, when = f"passkey{slack_id.lower()}", at or NOW - timedelta(days=2)
    kept = Passkey(credential_id=device.credential_id, public_key=device.public_key, sign_count=0)
    row = {
        "id": factor_id,
        "person": "bob",
        "slack_id": slack_id,
        "kind": ProofKind.PASSKEY,
        "label": "passkey",
        "secret": Sealer.of(section("https://powertrip.internal")).seal(passkey.kept(kept), factor_id),
        "credential_id": bytes_to_base64url(device.credential_id),
        "enrolled_at": when,
        "confirmed_at": when,
        "confirmed_by": CAROL,
        "confirmed_name": "Carol",
        "last_step": device.count,
    }
    await thread.run(insert_all, ProofFactorRow, [row])
    return factor_id


def link(nonce: str) -> str:
    """The path of a challenge on any page of these tests."""
    return link_of(nonce, section("https://powertrip.internal"))


@dataclass
class Page:
    """The page, as it runs."""

    url: str
    configured: ProofsSection = field(default_factory=ProofsSection)
    """A reload replaces it."""
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, challenge: Challenge) -> str:
        """The address that Slack's button opens."""
        return f"{self.url}{link(challenge.nonce)}"


@asynccontextmanager
async def running_page(
    store: Store, clock: Callable[[], datetime], client: Client, *, port: int, configured: ProofsSection
) -> AsyncIterator[Page]:
    """The page beside the records, as `bot.py web` has it."""
    app = build_app(
        sources=dict,
        limits=Limits,
        inbox=UNUSED,
        metrics=Metrics(),
        clock=clock,
    )
    page = Page(f"http://localhost:{port}", configured)
    add_page(
        app,
        store=store,
        section=lambda: page.configured,
        people=lambda: PEOPLE,
        client=client,
        clock=clock,
        wake=page.woken.set,
    )
    server = WebServer(app, "127.0.0.1", port)
    await server.start()
    try:
        yield page
    finally:
        await server.stop()


@contextmanager
def identity_provider(page: str) -> Iterator[str]:
    """Canaille in a process of its own, with Alice, Bob and Mallory in it; gives its issuer."""
    port = free_port()
    script = Path(__file__).with_name("canaille_server.py")
    back = [f"{page}/proof/signed-in", f"{page}/enrol/signed-in"]
    command = [sys.executable, "-W", "ignore", str(script), str(port), *back]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield f"http://localhost:{port}"
        finally:
            process.kill()
