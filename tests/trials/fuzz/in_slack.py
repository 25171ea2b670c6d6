"""Slash commands, block actions and modals, typed and pressed by whoever likes to."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain.containment import ContainmentRules
from powertrip.domain.decision import Verdict, Via
from powertrip.domain.event import Status
from powertrip.domain.expectations import ExpectationSection
from powertrip.domain.heartbeat_section import HeartbeatSection
from powertrip.domain.home import HomeSection
from powertrip.domain.not_me import NotMe
from powertrip.domain.people import Actor, Standing
from powertrip.domain.reminders import Reminders
from powertrip.domain.routing import People
from powertrip.errors import Rejected
from powertrip.metrics import Metrics
from powertrip.net import steady_now
from powertrip.pipeline.context import Context, Signals
from powertrip.pipeline.decide import Decider
from powertrip.proofs.configured import ConfiguredProofs
from powertrip.proofs.section import ProofsSection
from powertrip.slack.home import HomeTab
from powertrip.slack.limits import RateLimits
from powertrip.slack.listeners import Listeners, PendingInteractions
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from slack_emulator.blocks import check_view
from tests.cards.reading import careless_strings, objections, view_objections
from tests.rules.support import rules_of
from tests.samples import ALICE, BOB, CAROL, NOW, SECURITY, ask, event, record
from tests.trials.fuzz.dice import odd, text
from tests.trials.fuzz.trying import a_database

EVENTS = 40
"""Open at a time; when all are decided, new ones come."""
WORDS = (
    *("help", "pending", "show", "approve", "deny", "close", "history", "sources", "stats", "rules"),
    *("whoami", "test", "Approve", "DENY", "", "\u202eapprove", "approve\0"),
)
STANDINGS = {
    ALICE: Standing.MEMBER,
    BOB: Standing.MEMBER,
    CAROL: Standing.MEMBER,
    "U0GUEST": Standing.GUEST,
    "U0GONE": Standing.DEACTIVATED,
    "U0OTHER": Standing.OUTSIDER,
    "U0BOT": Standing.BOT,
}
TURNING = (cards.NEXT, cards.PREVIOUS)
MAY_DECIDE = {ALICE, CAROL}
"""Alice her own events, which are all; Carol as a reviewer."""


class Directory:
    """The directory: who is who is not what is tried here."""

    async def actor(self, slack_id: str, _team_id: str | None, *, needs_group: bool = True) -> Actor:
        standing = STANDINGS.get(slack_id, Standing.UNKNOWN)
        return Actor(
            slack_id=slack_id,
            name=slack_id.title(),
            standing=standing,
            is_reviewer=slack_id == CAROL and needs_group,
        )

    async def viewer(self, slack_id: str) -> Actor:
        return await self.actor(slack_id, None)

    async def current_id(self, slack_id: str) -> str | None:
        return slack_id

    async def names(self, slack_id: str, _people: Any) -> list[str]:
        return ["alice"] if slack_id == ALICE else []

    async def called(self, _name: str, _people: Any) -> list[str]:
        return []


class Trials:
    """No test is sent."""

    async def send(self, _source: str | None, _user_name: str) -> Any:
        raise Rejected("no source is configured")


class Client:
    """Slack, which takes everything, and shows it to the judge."""

    def __init__(self) -> None:
        self.views: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.homes: list[dict[str, Any]] = []

    async def views_publish(self, *, view: dict[str, Any], **_who: Any) -> Any:
        self.homes.append(view)
        return SimpleNamespace(data={"view": {"hash": "h"}})

    async def views_open(self, *, trigger_id: str, view: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        self.views.append(view)
        return {"ok": True}

    async def chat_postMessage(self, **message: Any) -> dict[str, Any]:  # noqa: N802 - Slack's name
        self.messages.append(message)
        return {"ok": True}

    chat_postEphemeral = chat_postMessage  # noqa: N815

    async def files_upload_v2(self, **_file: Any) -> dict[str, Any]:
        return {"ok": True}

    async def conversations_open(self, **_who: Any) -> dict[str, Any]:
        return {"ok": True, "channel": {"id": "D0"}}


class Scene:
    """The listeners over a real store, and what they answered."""

    def __init__(self, thread: DatabaseThread) -> None:
        self.thread, self.store = thread, Store(thread)
        self.client = Client()
        self.answers: list[dict[str, Any]] = []
        self.acks: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.broken: list[Exception] = []
        self._number = 0
        settings = SimpleNamespace(
            rules=rules_of("- use: ssh"),
            people=People(()),
            policy=(),
            reminders=Reminders(),
            reviewers=None,
            command="/powertrip",
            security_channel=SECURITY,
            watches=(),
            not_me=NotMe(),
            containment=ContainmentRules(),
            actions={},
            offers=lambda _event: [],
            expectations=ExpectationSection(enabled=True),
            home=HomeSection(),
            heartbeat=HeartbeatSection(),
            proofs=ConfiguredProofs(ProofsSection()),
            senders={"syslog": ""},
            cards=cards.CardSettings(),
        )
        unused: Any = None
        notifier: Any = SimpleNamespace(link=lambda _channel, _ts: None)
        directory: Any = Directory()
        context = Context(
            store=self.store,
            notifier=notifier,
            directory=directory,
            enrichment=unused,
            metrics=Metrics(),
            clock=lambda: NOW + timedelta(minutes=1),
            new_id=self._new_id,
            live_settings=lambda: settings,  # type: ignore[arg-type,return-value]
            live_backup=unused,
            origins={},
            signals=Signals(),
        )
        trials: Any = Trials()
        self.pending = PendingInteractions()
        self.decider = Decider(context)
        slack: Any = self.client
        home = HomeTab(context, slack, RateLimits(steady_now), steady=steady_now, version="1.2.3")
        self.end = home.on_end
        self.listeners = Listeners(context, self.decider, trials, self.pending, home)

    def count_broken(self) -> None:
        """Keep what reaches the last resort of the listeners, beside what it does."""
        last_resort = self.listeners.on_error

        async def on_error(error: Exception, body: dict[str, Any], respond: Any, client: Any) -> None:
            self.broken.append(error)
            await last_resort(error, body, respond, client)

        self.listeners.on_error = on_error  # type: ignore[method-assign]

    def _new_id(self) -> str:
        self._number += 1
        return f"fuzz{self._number:06d}"

    async def fill(self) -> None:
        """Open new events of Alice's, some with more than one occurrence."""
        about = [event(id=self._new_id(), fold_key=str(self._number)) for _ in range(EVENTS)]
        await self.thread.run(inbox.append, [[record() for _ in about]])
        claimed = await self.store.inbox.claim(EVENTS, lambda: NOW, timedelta(seconds=30))
        await self.store.judging.apply([ask(*pair) for pair in zip(claimed, about, strict=True)], NOW)
        self.ids = [one.id for one in about]

    async def ack(self, **said: Any) -> None:
        self.acks.append(said)

    async def respond(self, **said: Any) -> Any:
        self.answers.append(said)
        return SimpleNamespace(status_code=200, body="ok")

    def check(self) -> None:
        """All that was answered is fit for Slack, and there was something."""
        assert self.acks, "not acknowledged"
        for answer in [*self.answers, *self.client.messages]:
            blocks, attachments = answer.get("blocks", []), answer.get("attachments", [])
            message = Message(text=answer["text"], blocks=blocks, attachments=attachments)
            wrong = objections(message)
            assert not wrong, f"{wrong} in {answer}"
        for view in self.client.views:
            wrong = view_objections(view)
            assert not wrong, f"{wrong} in {view}"
        for view in self.client.homes:
            assert not (wrong := check_view(view, "home") + careless_strings(view)), f"{wrong} in {view}"
        errors = [part for said in self.acks for part in said.get("errors", {}).values()]
        assert not careless_strings(errors), errors
        client = self.client
        assert self.answers or client.views or client.homes or client.messages or errors, "not answered"
        for kept in (self.answers, self.acks, client.views, client.homes, client.messages):
            kept.clear()


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """A scene of its own."""
    async with a_database() as thread:
        made = Scene(thread)
        await made.fill()
        yield made


def _who(dice: random.Random) -> dict[str, Any]:
    # Ids are Slack's: whatever else they might be, a database can keep them.
    unknown = text(dice, 2).encode("utf-8", "replace").decode()
    return {
        "id": dice.choice([*STANDINGS, ALICE, CAROL, unknown]),
        "team_id": dice.choice(("T0", None)),
    }


def _reference(dice: random.Random, ids: list[str]) -> str:
    known = dice.choice(ids)
    return dice.choice(
        (
            *(
                known,
                f"{known}.1",
                f"{known}.2",
                f"{known}.99999",
                f"{known}.0",
                f"{known}.-1",
                f" {known.upper()} ",
            ),
            *(f"{known}' OR 1=1", "aaaaaaaaaa", "", text(dice), f"{known}\u202e", "9" * 400),
        )
    )


async def _press(dice: random.Random, on: Scene) -> str:
    is_at_home = dice.random() < 0.3
    words = [*(verdict.value for verdict in Verdict), *([cards.HOME_END] if is_at_home else TURNING)]
    word: str = dice.choice(words)
    value: Any = _reference(dice, on.ids) if dice.random() < 0.9 else odd(dice)
    if word in TURNING:
        value = f"{dice.choice((1, 2, 0, -1, 10**30, '', 'x'))} {dice.choice(WORDS)} {text(dice)}"
    body = {
        "type": "block_actions",
        "user": _who(dice),
        "actions": [{"action_id": word, "value": value}],
        "container": {"channel_id": SECURITY},
        "channel": {"id": SECURITY},
        "trigger_id": "t",
    }
    if is_at_home:
        del body["channel"]
        body |= {"container": {"type": "view", "view_id": "V0"}, "view": {"type": "home", "hash": odd(dice)}}
    if word == cards.HOME_END:
        await on.end(on.ack, body, on.client, on.respond)
    elif word in TURNING:
        await on.listeners.on_page(on.ack, body, on.respond, on.client)
    else:
        await on.listeners.on_button(on.ack, body, on.client, on.respond)
    return word


async def _type(dice: random.Random, on: Scene) -> str:
    word = dice.choice(WORDS)
    rest = [
        dice.choice(
            (_reference(dice, on.ids), text(dice), "me", "all", "<@U0BOB>", "7d", "page=99", '"', "-1w")
        )
        for _ in range(dice.randrange(4))
    ]
    body = {
        "user_id": _who(dice)["id"],
        "channel_id": "C0GENERAL",
        "trigger_id": "t",
        "text": " ".join([word, *rest]),
    }
    await on.listeners.on_command(on.ack, body, on.respond, on.client)
    return word.lower() if word.isalpha() else "(odd)"


async def _submit(dice: random.Random, on: Scene) -> str:
    verdict = dice.choice(list(Verdict))
    # Slack keeps the metadata with the view, and only we write it; what is typed is anybody's.
    metadata = {
        "ref": f"{dice.choice(on.ids)}.{dice.choice((1, 2, 99))}",
        "verdict": verdict,
        "via": dice.choice(list(Via)),
        "channel": SECURITY,
    }
    typed = dice.choice((text(dice), text(dice, 60), "", " ", None, "\u202e" * 3000))
    view = {
        "private_metadata": json.dumps(metadata),
        "state": {"values": {cards.INPUT_BLOCK: {cards.INPUT: {"value": typed}}}},
    }
    body = {"type": "view_submission", "user": _who(dice)}
    await on.listeners.on_modal(on.ack, body, view, on.client)
    return verdict.value


async def _run(act: Callable[[random.Random, Scene], Awaitable[str]], cases: int, seed: int) -> Counter[str]:
    dice = random.Random(seed)  # noqa: S311 - the same cases for the same seed
    outcomes: Counter[str] = Counter()
    async with scene() as on:
        for number in range(cases):
            try:
                outcomes[await act(dice, on)] += 1
                on.check()
            except Exception as error:
                raise AssertionError(f"case {number} of seed {seed}: {error!r}") from error
            if number % 200 == 199:
                await _judge(on, outcomes)
                await on.fill()
        await _judge(on, outcomes)
    return outcomes


async def _judge(on: Scene, outcomes: Counter[str]) -> None:
    """Nobody decided who may not, nor what no card showed."""
    for event_id in on.ids:
        about = await on.store.events.get(event_id)
        outcomes[f"then {about.status}"] += 1
        for decision in about.decisions:
            assert decision.actor_id in MAY_DECIDE, decision
            assert decision.reason != "None", decision
        if about.status is Status.APPROVED:
            assert about.decisions, about


def commands(cases: int, seed: int) -> Counter[str]:
    """Whatever is typed behind `/powertrip`, it is acknowledged, answered, and decides nothing it may not."""
    return asyncio.run(_run(_type, cases, seed))


def actions(cases: int, seed: int) -> Counter[str]:
    """Whatever a button carries, and whoever presses it: the same."""
    return asyncio.run(_run(_press, cases, seed))


def modals(cases: int, seed: int) -> Counter[str]:
    """Whatever is typed into the window for a reason: the same."""
    return asyncio.run(_run(_submit, cases, seed))
