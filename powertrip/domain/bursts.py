"""How many cards at once are too many: to be read one by one in a channel, or answered by one person."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from powertrip.config.section import Section
from powertrip.config.values import Duration, write_duration
from powertrip.domain.delivery import Note


class Bursts(Section):
    """What happens where more is asked at once than people can answer."""

    list_above: Annotated[int, Field(ge=1)] = 20
    """Of more first cards than this that wait for one channel, one message is made, the worst first."""
    questions: Annotated[int, Field(ge=1)] = 10
    """A person who got this many `within` that time is not asked more: the security channel is."""
    within: Duration = timedelta(minutes=5)
    """The time in which a person's questions are counted."""

    def in_words(self, number: int) -> str:
        """`12 questions in 5 minutes`."""
        return f"{number:,} questions in {self._length}"

    @property
    def _length(self) -> str:
        minutes, rest = divmod(self.within, timedelta(minutes=1))
        if rest or not minutes:
            return write_duration(self.within)
        return f"{minutes} minutes" if minutes > 1 else "1 minute"

    def told_person(self, number: int) -> Note:
        """What a person is told who is not asked any more."""
        return Note(
            title=f"{self.in_words(number)} are too many to ask you one by one",
            lines=(
                "Some people cause that many so that one of them is approved unread.",
                "This one and the next go to the security channel, until fewer come.",
                "Look at those that you got as carefully as at any other, and deny what was not you.",
            ),
        )

    def told_channel(self, name: str, number: int) -> Note:
        """What the security channel is told when it is asked instead."""
        return Note(
            # Not that the person got them: the last of these is the first that is asked here.
            title=f"{number:,} questions for {name} in {self._length}",
            lines=(
                "Somebody may cause that many so that one of them is approved unread.",
                "This one and the next are asked here, until fewer come.",
                "Look also at what was approved in this time.",
            ),
        )
