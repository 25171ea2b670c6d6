"""Sends the chart of `/powertrip stats`."""

import asyncio
from datetime import datetime
from typing import Any

import structlog

from powertrip.domain.statistics import Numbers
from powertrip.errors import PowertripError
from powertrip.slack.calls import call, within

log = structlog.get_logger(__name__)


async def send_chart(client: Any, slack_id: str, numbers: Numbers, now: datetime) -> str:
    """Send it to the member's direct messages; returns a sentence that says what became of it."""

    def draw() -> bytes:
        # Matplotlib takes a second to load: in this thread, and only once somebody asks for a chart.
        from powertrip.cards.chart import draw_chart  # noqa: PLC0415

        return draw_chart(numbers, now)

    content = await asyncio.to_thread(draw)
    try:
        # Not where they asked, as the other answers are: a file cannot be ephemeral.
        opened = await call(client.conversations_open(users=slack_id))
        await call(
            client.files_upload_v2(
                channel=within(opened["channel"], "id"),
                content=content,
                filename="powertrip-stats.png",
                title="Events and time to decision",
                alt_txt="Bars of events a day, and the median time to a decision",
            )
        )
    except PowertripError as error:
        log.warning("chart not sent", error=str(error))
        return f"The chart could not be sent: {error}"
    return "The chart is in your direct messages with Powertrip."
