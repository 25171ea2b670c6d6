"""What comes over Slack's socket, right and nearly right, through Bolt to the listeners that take it."""

import asyncio
import json
import random
import traceback
from collections import Counter
from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from powertrip import cards
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Status
from tests.samples import ALICE, CAROL, SECURITY
from tests.trials.fuzz.dice import changed
from tests.trials.fuzz.in_slack import MAY_DECIDE, STANDINGS, Scene, scene
from tests.trials.fuzz.slack_answers import Slack, serving
from tests.trials.fuzz.trying import dice_of, naming

FRESH = 200
"""Cases on one set of events: by then most of them are decided."""


def _action(dice: random.Random, on: Scene, who: str) -> dict[str, Any]:
    word = dice.choice([*(verdict.value for verdict in Verdict), cards.NEXT, cards.STORM])
    values = {cards.NEXT: "2 pending all", cards.STORM: "storm00001.1"}
    value = values.get(word, f"{dice.choice(on.ids)}.1")
    return {
        "type": "block_actions",
        "user": {"id": who, "team_id": "T0", "username": "alice"},
        "team": {"id": "T0"},
        "api_app_id": "A0",
        "container": {"type": "message", "channel_id": SECURITY, "message_ts": "1.2"},
        "channel": {"id": SECURITY},
        "message": {"ts": "1.2"},
        "trigger_id": "t",
        "actions": [{"type": "button", "action_id": word, "block_id": "b", "value": value}],
    }


def _view(dice: random.Random, on: Scene, who: str) -> dict[str, Any]:
    metadata = {"ref": f"{dice.choice(on.ids)}.1", "verdict": "approve", "via": "button", "channel": SECURITY}
    return {
        "type": "view_submission",
        "user": {"id": who, "team_id": "T0"},
        "team": {"id": "T0"},
        "view": {
            "type": "modal",
            "callback_id": cards.CALLBACK,
            "private_metadata": json.dumps(metadata),
            "state": {"values": {cards.INPUT_BLOCK: {cards.INPUT: {"value": "because"}}}},
        },
    }


def _command(dice: random.Random, on: Scene, who: str) -> dict[str, Any]:
    word = dice.choice(("approve", "deny", "show", "pending", "history"))
    return {
        "command": "/powertrip",
        "text": f"{word} {dice.choice(on.ids)}.1 because",
        "user_id": who,
        "team_id": "T0",
        "channel_id": "C0GENERAL",
        "trigger_id": "t",
    }


def _event(_dice: random.Random, _on: Scene, who: str) -> dict[str, Any]:
    inner = {"type": "message", "user": who, "channel": "D0", "text": "approve", "ts": "1.2"}
    return {"type": "event_callback", "team_id": "T0", "event": inner}


MAKERS = {"action": _action, "view": _view, "command": _command, "event": _event}


def envelopes(cases: int, seed: int) -> Counter[str]:
    """Whatever the socket brings, it is answered or dropped, nothing breaks, and nobody else decides."""
    return asyncio.run(_envelopes(cases, seed))


async def _envelopes(cases: int, seed: int) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    number = 0
    while number < cases:
        async with scene() as on, serving(Slack(is_sound=True)) as client:
            app = AsyncApp(client=client, logger=None)
            on.count_broken()
            on.listeners.register(app)
            for _ in range(min(FRESH, cases - number)):
                await _one(dice_of(seed, number), on, app, outcomes, (number, seed))
                number += 1
            await _nobody_else(on, outcomes)
    return outcomes


async def _one(
    dice: random.Random, on: Scene, app: AsyncApp, outcomes: Counter[str], case: tuple[int, int]
) -> None:
    kind = dice.choice(("action", "action", "view", "command", "event"))
    payload: Any = MAKERS[kind](dice, on, dice.choice([*STANDINGS, ALICE, CAROL, "U0NOBODY"]))
    is_right = dice.random() < 0.4
    if not is_right:
        payload = changed(dice, payload, dice.choice((0.05, 0.1, 0.3)))
    with naming(*case, lambda: payload):
        if not isinstance(payload, dict):
            payload = {"payload": payload}
        if kind in ("action", "command"):
            payload |= {"response_url": f"{app.client.base_url}respond"}
        on.broken.clear()
        came_to = await _dispatch(app, payload)
        # Bolt acknowledges first, and lets the listener go on.
        await on.pending.finish()
        assert not (is_right and on.broken), on.broken
        came_to = "a listener broke, and the person was told" if on.broken else came_to
        outcomes[f"{kind} {'right' if is_right else 'odd'}: {came_to}"] += 1


async def _dispatch(app: AsyncApp, payload: Mapping[str, Any]) -> str:
    try:
        answer = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=_as_sent(payload)))
    except Exception as error:
        # Bolt looks through a payload before anybody is told of it; the SDK logs what breaks there.
        files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
        if any("/powertrip/" in file for file in files):
            raise
        return "Bolt cannot read it"
    return str(answer.status)


def _as_sent(payload: Mapping[str, Any]) -> dict[str, Any]:
    """As it comes out of JSON: a socket brings nothing else."""
    read: dict[str, Any] = json.loads(json.dumps(payload))
    return read


async def _nobody_else(on: Scene, outcomes: Counter[str]) -> None:
    for event_id in on.ids:
        about = await on.store.events.get(event_id)
        outcomes[f"then {about.status}"] += 1
        assert all(decision.actor_id in MAY_DECIDE for decision in about.decisions), about
        assert about.decisions or about.status is not Status.APPROVED, about
