"""Every loop of a worker: what it does, what wakes it, and how often it looks by itself."""

from datetime import timedelta
from functools import partial

from powertrip.domain.routing import UNRESOLVED
from powertrip.pipeline.back_up import back_up
from powertrip.pipeline.backfill import Filler
from powertrip.pipeline.checkpoint import take_checkpoint
from powertrip.pipeline.compare_hids import watch_origins
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import Decider
from powertrip.pipeline.enrich import enrich
from powertrip.pipeline.enrol import Enroller
from powertrip.pipeline.expectation_watch import ExpectationWatch
from powertrip.pipeline.heartbeat import Heartbeat
from powertrip.pipeline.judge import judge_waiting
from powertrip.pipeline.live import derived
from powertrip.pipeline.poll import Poller
from powertrip.pipeline.prove import Prover
from powertrip.pipeline.remind import remind, report_quarantine
from powertrip.pipeline.report import send_if_due
from powertrip.pipeline.retry import LEASE
from powertrip.pipeline.send import send
from powertrip.pipeline.storms import look_after_storms
from powertrip.polls import build_backfills, poll_client
from powertrip.runtime.loop import Every, Loop, OutboxLoop
from powertrip.runtime.shared import Shared
from powertrip.runtime.steps import SocketWatch, follow_clock, maintain, report_silence, report_sources
from powertrip.slack.connection import SocketConnection
from powertrip.slack.home import HomeTab
from powertrip.slack.watch import WorkspaceWatch
from powertrip.slack.workspace import Workspace
from powertrip.store import Known
from powertrip.store.deliveries import ANCHOR_LANE, CONTAIN_LANE, ORIGIN_LANE, UPDATE_LANE

TICK = timedelta(seconds=2)
"""How often the database is asked for work that another process may have left there."""
SLOW_TICK = timedelta(seconds=5)
WATCH_TICK = timedelta(seconds=10)
WORKSPACE_TICK = timedelta(minutes=1)
COUNTING_TICK = timedelta(minutes=1)
"""The command `stats` counts on by itself, and has little left to count."""
REPORT_TICK = timedelta(minutes=1)
MAINTENANCE_TICK = timedelta(hours=1)


def loops(
    shared: Shared,
    context: Context,
    decider: Decider,
    socket: SocketConnection,
    workspace: Workspace,
    watch: WorkspaceWatch,
    home: HomeTab,
) -> list[Loop]:
    """The loops of every worker, in the order in which they stop: what brings work in stops first."""
    config, signals = shared.config, context.signals
    client = poll_client(shared.http, shared.clock)
    backfills = derived(config, lambda now: build_backfills(now.sources, client))
    filler = Filler(context, backfills, lambda: config().backlog)

    def pause(lane: str) -> float:
        # Nothing is posted by looking somebody up.
        if lane.startswith((ORIGIN_LANE, ANCHOR_LANE, CONTAIN_LANE, UNRESOLVED)):
            return 0.0
        # Slack counts changes of messages over the whole workspace, and new messages by channel.
        slack = config().slack
        return (slack.update_interval if lane == UPDATE_LANE else slack.channel_interval).total_seconds()

    def known() -> Known:
        settings = context.settings
        return Known(
            lambda name: context.directory.known(settings.people.find(name)),
            settings.security_channel,
            settings.bursts,
        )

    return [
        Loop("watch clock", partial(follow_clock, shared), every=_each(TICK)),
        Loop("fill gaps", filler.step, every=_each(TICK)),
        Loop("judge", partial(judge_waiting, context), on=signals.inbox, every=_each(TICK)),
        Loop(
            "remind",
            partial(remind, context),
            every=lambda now: min(SLOW_TICK, now.reminders.remind_after),
        ),
        Loop("storms", partial(look_after_storms, context), every=_each(SLOW_TICK)),
        Loop("expectations", ExpectationWatch(context).look, every=_each(SLOW_TICK)),
        Loop("proofs", Prover(context, decider).take, on=signals.proofs, every=_each(TICK)),
        Loop("enrolments", Enroller(context).look, every=_each(TICK)),
        Loop("look up", partial(enrich, context), on=signals.lookups, every=_each(TICK)),
        Loop("report quarantine", partial(report_quarantine, context), every=_each(SLOW_TICK)),
        Loop("back up", partial(back_up, context), every=_each(SLOW_TICK)),
        Loop(
            "watch origins",
            partial(watch_origins, context),
            every=lambda now: min([SLOW_TICK, *(origin.grace for origin in now.origins.values())]),
        ),
        Loop(
            "report silence",
            partial(report_silence, shared, context, shared.clock()),
            every=lambda now: min(
                [SLOW_TICK, *(voice.within for voices in now.expected_voices().values() for voice in voices)]
            ),
        ),
        Loop(
            "report sources",
            partial(report_sources, shared, context),
            every=lambda now: min(WATCH_TICK, now.unmatched.tell_after),
        ),
        OutboxLoop(
            shared.store,
            partial(send, context),
            clock=shared.clock,
            pause=pause,
            posts_per_minute=lambda: config().slack.posts_per_minute,
            known=known,
            lease=LEASE,
            on=signals.outbox,
            every=_each(TICK),
        ),
        Loop(
            "heartbeat",
            Heartbeat(context, socket.is_connected, shared.http).beat,
            on=signals.heartbeat,
            every=lambda now: min(SLOW_TICK, now.heartbeat.late_after / 10),
        ),
        Loop("home", home.look, on=signals.homes, every=_each(TICK)),
        Loop("watch socket", SocketWatch(shared, socket).watch, every=_each(WATCH_TICK)),
        Loop("watch workspace", watch.look, every=_each(WORKSPACE_TICK)),
        Loop("checkpoint", partial(take_checkpoint, context), every=_each(SLOW_TICK)),
        Loop("count", shared.store.statistics.count_on, every=_each(COUNTING_TICK)),
        Loop("report", partial(send_if_due, context), every=_each(REPORT_TICK)),
        Loop("maintain", partial(maintain, shared, workspace), every=_each(MAINTENANCE_TICK)),
    ]


def poll_loop(shared: Shared, context: Context, name: str) -> Loop:
    """Runs the rounds of one poll, each with the settings that are in force when it begins."""
    config, client = shared.config, poll_client(shared.http, shared.clock)

    before = config().polls.get(name)

    async def step() -> bool:
        nonlocal before
        poll = config().polls.get(name)
        # A reload may have removed the poll since this loop was woken.
        if poll is None:
            return False
        if poll != before:
            # Whoever mends a token must not wait a quarter of an hour for the next attempt.
            await shared.store.polling.expedite(name, shared.clock())
        before = poll
        return await Poller(context, name, poll, client, lambda: config().backlog).step()

    # The database knows when a round is due; a slow poll is looked at often all the same, for a crashed
    # process may have left it.
    return Loop(f"poll {name}", step, every=lambda now: min(TICK, now.polls[name].every))


def _each(tick: timedelta) -> Every:
    return lambda _: tick
