"""Who acts on Powertrip in a trial: shippers that resend until acknowledged, and people who click."""

import asyncio
import contextlib
import itertools
import random
import time
from dataclasses import dataclass, field

import aiohttp

from slack_emulator.control import ControlRefused
from slack_emulator.elements_use import buttons_of
from slack_emulator.entities import Message
from tests.end_to_end.harness import login
from tests.trials.stage import PEOPLE, Stage, name_of

SECURITY = "C0SECURITY"
REVIEWERS = ("U0CAROL", "U0DANA")
RETRY = 0.3
"""Seconds until a shipper sends again what was not acknowledged."""
LOOK = 0.2
"""Seconds between two looks at what may be clicked."""


@dataclass(frozen=True, slots=True)
class Click:
    """One press of a button: on which event, by whom, and whether Slack's client saw it acknowledged."""

    event_id: str
    user: str
    action: str
    acked: bool
    at: float
    """When it was pressed, in seconds since 1970, as the messages' ts are."""


@dataclass
class Crowd:
    """All senders and clickers, and what they got for it."""

    stage: Stage
    chance: random.Random
    rate: float
    """Records a second that are begun, by all shippers together."""
    acknowledged: dict[str, float] = field(default_factory=dict)
    """By record id, when it was acknowledged, in seconds of the monotonic clock."""
    attempts: int = 0
    refused: dict[int | str, int] = field(default_factory=dict)
    """Answers other than 200, by status or by the name of the error."""
    slowest_refusal: float = 0.0
    """Seconds until the latest of the answers that were none of 200."""
    clicks: list[Click] = field(default_factory=list)
    background: set[asyncio.Task[Click | None]] = field(default_factory=set)
    """Clicks that nobody waits for; the end of the trial does."""
    _stopping: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _sending: set[asyncio.Task[None]] = field(default_factory=set)
    _pressed: set[tuple[str, str]] = field(default_factory=set)

    def start(self, clickers: int = 4) -> None:
        """Begin to send and to click."""
        self._tasks.append(asyncio.create_task(self._ship()))
        self._tasks += [asyncio.create_task(self._click()) for _ in range(clickers)]

    async def stop(self) -> None:
        """Begin nothing more, and wait until everything sent is acknowledged."""
        self._stopping = True
        await asyncio.gather(*self._tasks)
        await asyncio.gather(*self._sending, *self.background)

    async def give_up(self) -> None:
        """End at once; what was not acknowledged never is."""
        for task in [*self._tasks, *self._sending, *self.background]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._sending, *self.background, return_exceptions=True)

    async def _ship(self) -> None:
        for number in itertools.count():
            if self._stopping:
                return
            task = asyncio.create_task(self._send_until_acknowledged(number))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
            await asyncio.sleep(self.chance.expovariate(self.rate))

    async def _send_until_acknowledged(self, number: int) -> None:
        # One in eight is of a bot, which the channel is asked about, one in eight of a name nobody knows, and
        # one in five folds into the event of a record before it.
        user = {0: "oswaldo", 1: f"stranger{number}"}.get(number % 8, name_of(number % PEOPLE))
        about = number - 8 * PEOPLE if number % 5 == 0 and number >= 8 * PEOPLE else number
        address = f"198.51.100.{about % 250}"
        record = login(user, address, f"host-{about}", id=str(number))
        # Some shippers send again what was acknowledged.
        for _ in range(2 if number % 10 == 3 else 1):
            await self._send(number, record)

    async def _send(self, number: int, record: dict[str, str]) -> None:
        while True:
            sender = self.chance.choice(self.stage.senders)
            began, self.attempts = time.monotonic(), self.attempts + 1
            try:
                await sender.post(record)
            except aiohttp.ClientResponseError as error:
                self._refuse(error.status, began)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                self._refuse(type(error).__name__, began)
            else:
                self.acknowledged.setdefault(str(number), time.monotonic())
                return
            await asyncio.sleep(RETRY)

    def _refuse(self, how: int | str, began: float) -> None:
        self.refused[how] = self.refused.get(how, 0) + 1
        if isinstance(how, int):
            self.slowest_refusal = max(self.slowest_refusal, time.monotonic() - began)

    async def _click(self) -> None:
        while not self._stopping:
            await asyncio.sleep(LOOK * (0.5 + self.chance.random()))
            await self.click_once()

    async def click_once(self, *, times: int = 1) -> Click | None:
        """Press one button that nobody has pressed, if there is one; with `times`, so often at once."""
        candidates = [
            (message, button)
            for messages in self.stage.slack.world.messages.values()
            for message in messages[-40:]
            if not message.deleted and message.ephemeral_to is None
            for button in deciding_buttons(message)
            if (message.ts, button["value"]) not in self._pressed
        ]
        if not candidates:
            return None
        message, button = self.chance.choice(candidates)
        self._pressed.add((message.ts, button["value"]))
        channel = self.stage.slack.world.channels[message.channel]
        user = channel.user if channel.is_im else self.chance.choice(REVIEWERS)

        async def press() -> Click | None:
            with contextlib.suppress(ControlRefused):
                at = time.time()
                outcome = await self.stage.control.press(
                    user, message.channel, message.ts, action_id=button["action_id"], value=button["value"]
                )
                event_id = button["value"].split(".")[0]
                click = Click(event_id, user, button["action_id"], outcome.acked, at)
                self.clicks.append(click)
                return click
            return None

        return (await asyncio.gather(*(press() for _ in range(times))))[0]


def deciding_buttons(message: Message) -> list[dict[str, str]]:
    """The buttons of a message that approve or deny an event."""
    attached = [block for a in message.content.attachments for block in a.get("blocks", [])]
    buttons = buttons_of([*message.content.blocks, *attached])
    return [button for button in buttons if button.get("action_id") in ("approve", "deny")]
