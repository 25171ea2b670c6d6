"""How many cards at once are too many to be read one by one."""

from typing import Annotated

from pydantic import Field

from powertrip.config.section import Section


class Bursts(Section):
    """What happens where more is asked at once than people can answer."""

    list_above: Annotated[int, Field(ge=1)] = 20
    """Of more first cards than this that wait for one channel, one message is made, the worst first."""
