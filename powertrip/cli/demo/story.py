"""The story on the page: a channel of its own, a message a scene, its steps ticked off as they happen."""

import asyncio
from dataclasses import dataclass, field

from powertrip.cli.demo.narration import Happened
from powertrip.cli.demo.scenes import Scene
from powertrip.cli.demo.workspace import STORY
from slack_emulator.entities import Content, Message
from slack_emulator.world import World

LEAST_PAUSE = 4.0
"""Seconds that a scene is on even where all its steps were done at once: what follows has to be seen."""
PATIENCE = 4.0
"""How many times its pause the story waits for somebody who has begun to play a scene."""


@dataclass
class _Told:
    """A scene, as its message says it."""

    number: int
    scene: Scene
    message: Message
    done: set[int] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_over(self) -> bool:
        return len(self.done) == len(self.scene.steps)


class Story:
    """Tells the scenes in the channel of the story, and hears what happens."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._told: list[_Told] = []

    def begin(self) -> None:
        """Say how the demo is played."""
        self._say(
            "*How to play.* You play everybody: pick who you are at *You are*. Each scene is told here, "
            "with what there is to do; a step is ticked off once it is done. Nothing is lost by "
            "waiting: what nobody answers is asked again."
        )

    def tell(self, scene: Scene) -> None:
        """Begin a scene."""
        number = len(self._told) + 1
        message = self._say(_in_words(number, scene, set()))
        self._told.append(_Told(number, scene, message))

    def hear(self, happened: Happened) -> None:
        """Tick off the steps, of any scene, that this was."""
        for told in self._told:
            now = {number for number, step in enumerate(told.scene.steps) if step.is_done_by(happened)}
            if now - told.done:
                told.done |= now
                words = _in_words(told.number, told.scene, told.done)
                self._world.edit(told.message, Content(words), mark=False)
                told.changed.set()

    async def played(self, pace: float) -> None:
        """Wait until the scene that was told last is over, or nobody plays it."""
        told = self._told[-1]
        await asyncio.sleep(LEAST_PAUSE * pace)
        pause = told.scene.pause * pace
        try:
            async with asyncio.timeout(pause) as limit:
                while not told.scene.steps or not told.is_over:
                    await told.changed.wait()
                    told.changed.clear()
                    limit.reschedule(asyncio.get_running_loop().time() + PATIENCE * pause)
        except TimeoutError:
            return

    def _say(self, words: str) -> Message:
        return self._world.post(STORY, "", Content(words), username="The story")


def _in_words(number: int, scene: Scene, done: set[int]) -> str:
    steps = [f"{'✅' if place in done else '◻️'} {step.says}" for place, step in enumerate(scene.steps)]
    return "\n".join([f"*{number}. {scene.title}*", scene.story, *steps])
