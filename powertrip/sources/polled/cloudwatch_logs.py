"""The poll `cloudwatch_logs`: FilterLogEvents of Amazon CloudWatch Logs, through boto3.

Empty answers with a `nextToken` are normal. Events come late with old timestamps, so each round asks again
for the overlap; `eventId` tells what is known. Credentials are found as all AWS tools find them.
Format: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from powertrip.errors import Rejected, Unavailable
from powertrip.ingest import Cursor, Limits, Page, Poll
from powertrip.net import HttpClient
from powertrip.sources.polled.api import BOUNDS
from powertrip.sources.polled.settings import PollSettings
from powertrip.sources.polled.window import Window
from powertrip.sources.records import RecordKeys, RecordMaker

_KEYS = RecordKeys(message="message", host="logStreamName", time="timestamp", id="eventId", program=None)
_LATER = frozenset(
    {"ThrottlingException", "Throttling", "ServiceUnavailableException", "InternalFailure", "RequestTimeout"}
)
"""AWS's names of errors that pass by themselves."""


class CloudWatchPoll(PollSettings):
    """CloudWatch Logs."""

    type: Literal["cloudwatch_logs"]
    log_group: str
    """The log group."""
    region: str
    """The AWS region."""
    query: str | None = None
    """The filter pattern; none for all."""

    def poll(self, name: str, client: HttpClient) -> Poll:  # noqa: ARG002 (boto3 calls by itself)
        return CloudWatchLogs(name, self, Limits())


@dataclass(slots=True)
class CloudWatchLogs:
    """Asks by time, and follows the tokens."""

    name: str
    settings: CloudWatchPoll
    limits: Limits
    _client: Any = field(default=None, init=False)

    async def fetch(self, cursor: Cursor | None, since: datetime, now: datetime) -> Page:
        """See `powertrip.ingest.Poll`."""
        window = Window.of(cursor, since, self.settings.overlap)
        answer = await asyncio.to_thread(self._ask, window)
        events, token = answer.get("events", []), answer.get("nextToken")
        maker = RecordMaker(source=self.name, keys=_KEYS, limits=self.limits, zone=None)
        moments: list[datetime | None] = [_moment(event.get("timestamp", 0)) for event in events]
        return Page(
            records=maker.make_all(events, now),
            cursor=window.after(moments, now, token),
            more=token is not None,
        )

    def _ask(self, window: Window) -> dict[str, Any]:
        # An optional extra: powertrip[aws].
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        how = {"filterPattern": self.settings.query} if self.settings.query else {}
        token = {"nextToken": window.place} if window.place is not None else {}
        start = int(window.begin.timestamp() * 1000)
        try:
            answer: dict[str, Any] = self._connected().filter_log_events(
                logGroupName=self.settings.log_group, startTime=start, **how, **token
            )
        except ClientError as error:
            if token and error.response.get("Error", {}).get("Code") == "InvalidParameterException":
                # Tokens live for a day; the inbox drops what the round had already taken.
                return self._ask(replace(window, place=None))
            raise _failure(error.response.get("Error", {})) from error
        except BotoCoreError as error:
            raise Unavailable(f"no answer: {type(error).__name__}") from error
        return answer

    def _connected(self) -> Any:
        if self._client is None:
            import boto3  # noqa: PLC0415 (an optional extra)
            from botocore.config import Config  # noqa: PLC0415

            once = Config(
                connect_timeout=BOUNDS.seconds, read_timeout=BOUNDS.seconds, retries={"total_max_attempts": 1}
            )
            self._client = boto3.session.Session().client(
                "logs", region_name=self.settings.region, endpoint_url=self.settings.url, config=once
            )
        return self._client


def _failure(error: dict[str, Any]) -> Unavailable | Rejected:
    code = str(error.get("Code"))[:100]
    if code in _LATER or code.startswith("5"):
        return Unavailable(f"AWS answered {code}")
    return Rejected(f"AWS answered {code}; check the log group, the region and what the role may do")


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
