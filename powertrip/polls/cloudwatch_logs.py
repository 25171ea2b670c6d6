"""The poll `cloudwatch_logs`: FilterLogEvents of Amazon CloudWatch Logs, through boto3.

Empty answers with a `nextToken` are normal. Events come late with old timestamps, so each round asks again
for the overlap; `eventId` tells what is known. Credentials are found as all AWS tools find them.
Format: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html.
"""

import asyncio
from dataclasses import replace
from functools import cache
from typing import Any, Literal

from powertrip.errors import Rejected, Unavailable
from powertrip.ingest.aws import of_log_event
from powertrip.ingest.contract import Page, PollRequest
from powertrip.ingest.records import KEYS, make_records
from powertrip.ingest.times import parse_time
from powertrip.polls.api import BOUNDS, listed
from powertrip.polls.section import PollByTime
from powertrip.polls.window import Window

_LATER = frozenset(
    {"ThrottlingException", "Throttling", "ServiceUnavailableException", "InternalFailure", "RequestTimeout"}
)
"""AWS's names of errors that pass by themselves."""
_UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What botocore lets through of its reading of a body that Amazon did not write, such as a proxy's."""


class CloudWatchPoll(PollByTime):
    """CloudWatch Logs."""

    type: Literal["cloudwatch_logs"]
    log_group: str
    """The log group."""
    region: str
    """The AWS region."""
    query: str | None = None
    """The filter pattern; none for all."""

    async def fetch(self, request: PollRequest) -> Page:
        """Asks by time, and follows the tokens."""
        now, window = request.now, Window.of(request.cursor, request.since, self.overlap)
        answer = await asyncio.to_thread(self._ask, window)
        events, token = listed(answer.get("events", []), "events"), answer.get("nextToken") or None
        if not isinstance(token, str | None):
            raise Unavailable("the answer's nextToken is no text")
        # One that leads to itself would be asked for again at once, for ever.
        token = None if token == window.place else token
        moments = [parse_time(event.get("timestamp"), received_at=now, zone=None) for event in events]
        # As through Firehose: the lines of a followed log file begin with a syslog header, behind which no
        # rule on text would know them.
        values = [
            of_log_event(event, id_key="eventId", stream=event.get("logStreamName")) for event in events
        ]
        return Page(
            records=make_records(values, source=request.name, keys=KEYS, received_at=now, zone=None),
            cursor=window.after(moments, now, token),
            more=token is not None,
        )

    def _ask(self, window: Window) -> dict[str, Any]:
        # An optional extra: powertrip[aws].
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        options = {"filterPattern": self.query} if self.query else {}
        token = {"nextToken": window.place} if window.place is not None else {}
        start = int(window.begin.timestamp() * 1000)
        try:
            answer: dict[str, Any] = _connected(self.region, self.url).filter_log_events(
                logGroupName=self.log_group, startTime=start, **options, **token
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))[:100]
            if token and code == "InvalidParameterException":
                # Tokens live for a day; the inbox drops what the round had already taken.
                return self._ask(replace(window, place=None))
            if code in _LATER or code.startswith("5"):
                raise Unavailable(f"AWS answered {code}") from error
            raise Rejected(
                f"AWS answered {code}; check the log group, the region and what the role may do"
            ) from error
        except BotoCoreError as error:
            raise Unavailable(f"no answer: {type(error).__name__}") from error
        except _UNREADABLE as error:
            raise Unavailable("the answer cannot be read") from error
        return answer


@cache
def _connected(region: str, url: str | None) -> Any:
    """The client of a region, which keeps its credentials and connections from round to round."""
    import boto3  # noqa: PLC0415 (an optional extra)
    from botocore.config import Config  # noqa: PLC0415

    limit = BOUNDS.seconds
    # The loop of polls retries, and tells the channel; boto3 would do so again within one call.
    once = Config(connect_timeout=limit, read_timeout=limit, retries={"total_max_attempts": 1})
    session = boto3.session.Session()
    return session.client("logs", region_name=region, endpoint_url=url, config=once)
