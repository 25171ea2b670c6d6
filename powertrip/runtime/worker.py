"""The half that talks to Slack: judges what waits, sends what is due, listens to clicks, and reminds."""

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

import powertrip
from powertrip.backup.channels import AppriseChannels
from powertrip.containment import ways
from powertrip.domain.checkpoint import Checkpoints
from powertrip.domain.hids import Watch
from powertrip.domain.routing import People
from powertrip.errors import ConfigError, Mistake, SlackError, SlackRefused
from powertrip.net import steady_now
from powertrip.pipeline.context import Context, Settings
from powertrip.pipeline.decide import Decider
from powertrip.pipeline.live import Live, derived
from powertrip.proofs.configured import ConfiguredProofs
from powertrip.runtime.loop import Loop, Timers
from powertrip.runtime.loops import loops, poll_loop
from powertrip.runtime.shared import Shared, new_id
from powertrip.runtime.trying import TrialSender
from powertrip.settings import Config
from powertrip.slack import preflight
from powertrip.slack.calls import CALL_TIMEOUT
from powertrip.slack.connection import SocketConnection
from powertrip.slack.directory import SlackDirectory
from powertrip.slack.home import HomeTab
from powertrip.slack.limits import RateLimits
from powertrip.slack.listeners import Listeners, PendingInteractions
from powertrip.slack.members import look_up, mistaken_reviewers
from powertrip.slack.notifier import SlackNotifier
from powertrip.slack.watch import WorkspaceWatch
from powertrip.slack.workspace import Workspace
from powertrip.sources.pam import Pam
from powertrip.store import Signal
from powertrip.store.drivers import is_postgres_url
from powertrip.wiring import doubts_by_sender, same_logs

if TYPE_CHECKING:
    from powertrip.store.listening import Listener

log = structlog.get_logger(__name__)


def checkpoints(config: Config) -> Checkpoints:
    """When checkpoints are made, and for whom."""
    return Checkpoints(
        every=config.audit.checkpoint_every,
        version=powertrip.__version__,
        key=config.audit.key,
        anchors=tuple(config.audit.anchors),
        in_channel=config.audit.slack,
    )


def step_settings(config: Config, security_channel: str, told: Collection[str]) -> Settings:
    """What steps read of a configuration; `told` are the origins that have a way to be told."""
    return Settings(
        rules=config.rules,
        people=People(config.people.values()),
        policy=config.policy,
        reminders=config.reminders,
        bursts=config.bursts,
        reviewers=config.reviewers,
        cards=config.cards,
        severity=config.severity,
        storms=config.storms,
        expectations=config.expectations,
        home=config.home,
        also_tell=config.also_tell,
        not_me=config.not_me,
        proofs=ConfiguredProofs(
            config.proofs,
            config.people.values(),
            secrets={name: each.secret for name, each in config.sources.items() if isinstance(each, Pam)},
        ),
        containment=config.containment,
        actions=config.containment.actions,
        quarantine=config.quarantine,
        heartbeat=config.heartbeat,
        report=config.report,
        checkpoints=checkpoints(config),
        backup_after=config.backup.after,
        security_channel=security_channel,
        command=config.slack.command,
        expected=config.expected_voices(),
        senders=doubts_by_sender({"sources": config.sources, "polls": config.polls}, config.warnings),
        same_logs=same_logs({**config.sources, **config.polls}),
        watches=tuple(Watch(origin=origin, tells=name in told) for name, origin in config.origins.items()),
    )


def _listener(shared: Shared) -> "Listener | None":
    url, signals = shared.config().database.url.get_secret_value(), shared.signals
    if not is_postgres_url(url):
        return None
    from powertrip.store.listening import Listener  # noqa: PLC0415 (it loads the driver)

    wake = {
        Signal.INBOX: signals.inbox.set,
        Signal.OUTBOX: signals.outbox.set,
        Signal.LOOKUPS: signals.lookups.set,
        Signal.HEARTBEAT: signals.heartbeat.set,
        Signal.PROOFS: signals.proofs.set,
    }
    return Listener(url, wake)


class Worker:
    """One worker, from its start to its end."""

    def __init__(self, shared: Shared, *, port: Callable[[], int | None]) -> None:
        """Make what needs no answer of Slack; `shared` outlives the worker.

        `port` is that of the endpoint in this process, if there is one.
        """
        slack = shared.config().slack
        self._shared = shared
        self._port = port
        self._client = AsyncWebClient(
            token=slack.bot_token.get_secret_value(),
            base_url=slack.base_url,
            session=shared.slack_session,
            retry_handlers=[],  # the outbox repeats: the SDK would repeat a message whose answer was lost
            timeout=CALL_TIMEOUT,
        )
        # With a name of ours, for Bolt looks for one in the source of whatever called it.
        self._app = AsyncApp(name="powertrip", client=self._client, logger=None)
        self.socket = SocketConnection(self._app, slack.app_token.get_secret_value(), steady_now)
        self._pending = PendingInteractions()
        self._workspace = Workspace(
            shared.store,
            token=slack.bot_token.get_secret_value(),
            channel=slack.security_channel,
            clock=shared.clock,
        )
        self._security_channel = Live("")
        self._context: Context | None = None
        self._loops: list[Loop] = []
        self._polls: dict[str, Loop] = {}
        self._ending: set[asyncio.Task[None]] = set()
        """Loops of polls that a reload removed, until their last round is over."""
        self._timers = Timers()
        self._listener = _listener(shared)
        self._looking_up: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Reach Slack, then begin; raises ConfigError where Slack refuses what the configuration says."""
        shared = self._shared
        found = await self._workspace.reach(self._client)
        self._security_channel.replace(found.security_channel)
        notifier = SlackNotifier(self._client, found.identity.workspace_url, limits := RateLimits(steady_now))
        context = self._context = self._make_context(found, notifier, limits)
        watch = WorkspaceWatch(
            context, self._client, notifier, self.socket, lambda: shared.config().slack.security_channel
        )
        if self._workspace.refusal is not None:
            # Before anything is posted, for it may be that others would read it.
            await watch.refused_at_start(self._workspace.refusal)
        trials = TrialSender(
            config=shared.config,
            store=shared.store,
            http=shared.http,
            clock=shared.clock,
            port=self._port,
            inbox=shared.inbox,
        )
        decider = Decider(context)
        home = HomeTab(context, self._client, limits, steady=steady_now, version=powertrip.__version__)
        Listeners(context, decider, trials, self._pending, home).register(self._app)
        self._loops = loops(shared, context, decider, self.socket, self._workspace, watch, home)
        # Before any loop claims work: another worker must see that this one lives.
        await shared.store.begin_work(shared.clock())
        if self._listener is not None:
            self._listener.start()
        for loop in self._loops:
            loop.start()
        self.follow(shared.config())
        await self._open_socket()
        # Nobody waits for it: what it finds is told, and stops nothing.
        self._looking_up = asyncio.create_task(self._look_up_reviewers(found.identity))
        log.info("worker started", team=found.identity.team, security_channel=found.security_channel)

    async def _look_up_reviewers(self, identity: preflight.Identity) -> None:
        """Tell of reviewers by id who cannot decide: a slip in an id would show only when one is needed."""
        reviewers = self._shared.config().reviewers
        try:
            users = await look_up(self._client, reviewers.users, ())
        except SlackError as error:
            log.warning("reviewers not looked up", error=str(error))
            return
        for problem in mistaken_reviewers(reviewers, (), users, identity):
            log.warning("reviewer cannot decide", problem=problem)

    async def _open_socket(self) -> None:
        app_token = self._shared.config().slack.app_token.get_secret_value()
        try:
            if await self.socket.start():
                await self._workspace.remember_socket(app_token)
        except SlackRefused as error:
            refused = preflight.app_token_refused(error)
            # A token that was right once is no mistake in the configuration: records are taken meanwhile.
            if not await self._workspace.took(app_token):
                raise ConfigError([Mistake("Slack", "", str(refused))]) from error
            log.error("Slack refuses the app token that it took before", error=str(refused))
            self.socket.refused(refused)
            self.socket.begin()

    def _make_context(self, found: preflight.Found, notifier: SlackNotifier, limits: RateLimits) -> Context:
        shared, config = self._shared, self._shared.config

        return Context(
            store=shared.store,
            notifier=notifier,
            directory=SlackDirectory(
                self._client,
                shared.store.people_cache,
                found.identity,
                reviewers=lambda: config().reviewers,
                lookups=lambda: config().lookups,
                limits=limits,
                clock=shared.clock,
            ),
            enrichment=shared.enrichment,
            origins=shared.origins,
            anchors=shared.anchors,
            metrics=shared.metrics,
            clock=shared.clock,
            new_id=new_id,
            # The ways to tell are opened at the start only, whatever a reload says of them.
            live_settings=derived(
                config, lambda now: step_settings(now, self._security_channel(), shared.origins)
            ),
            live_backup=derived(config, lambda now: AppriseChannels(now.backup.channels)),
            live_actions=derived(config, lambda now: ways(now.containment, shared.http, shared.clock)),
            signals=shared.signals,
        )

    async def prepare_reload(self, new: Config) -> None:
        """Find the security channel of a configuration that is about to be in force; raises ConfigError."""
        wanted = new.slack.security_channel
        if wanted == self._shared.config().slack.security_channel:
            return
        try:
            channel_id = await preflight.security_channel(self._client, wanted)
        except SlackError as error:
            raise ConfigError([Mistake("Slack", "", str(error))]) from error
        self._security_channel.replace(channel_id)
        self._workspace.move_to(channel=wanted, channel_id=channel_id)

    def follow(self, config: Config) -> None:
        """Start new polls, end removed ones, take the intervals, and run every loop once."""
        if self._context is None:
            raise RuntimeError("the worker has not started")
        for name in sorted(self._polls.keys() - config.polls.keys()):
            # Not waited for: a page may take a minute and a half, and what it brings is kept.
            ending = asyncio.create_task(self._polls.pop(name).stop())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        for name in sorted(config.polls.keys() - self._polls.keys()):
            self._polls[name] = poll_loop(self._shared, self._context, name)
            self._polls[name].start()
        running = [*self._polls.values(), *self._loops]
        self._timers.follow(running, config)
        for loop in running:
            loop.wake()

    async def stop(self) -> None:
        """Take no more clicks, finish those taken, then what is being judged and sent."""
        self._timers.stop()
        if self._listener is not None:
            await self._listener.stop()
        if self._looking_up is not None:
            self._looking_up.cancel()
        # Before the socket closes, so that a modal gets its answer; after, for what came meanwhile.
        await self._pending.finish()
        await self.socket.stop()
        await self._pending.finish()
        # All at once: where the database hangs, each would wait for it in turn.
        await asyncio.gather(*(loop.stop() for loop in [*self._polls.values(), *self._loops]))
        await asyncio.gather(*self._ending)
