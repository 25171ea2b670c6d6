"""What both kinds for AWS share: the client of IAM, and what its answers mean.

Credentials are found as all AWS tools find them. Format: docs.aws.amazon.com/IAM/latest/APIReference.
"""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from powertrip.errors import Rejected, Unavailable

SECONDS = 8.0
_LATER = frozenset({"ServiceFailure", "ServiceUnavailable", "InternalFailure", "RequestTimeout"})
_BUSY = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded"})

T = TypeVar("T")


async def asked(call: Callable[[], T], cure: str) -> T:
    """What a call of boto3 returns; raises Unavailable where it may have been done, else Rejected."""
    return await asyncio.to_thread(_asked, call, cure)


def _asked(call: Callable[[], T], cure: str) -> T:
    # An optional extra: powertrip[aws].
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        return call()
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))[:100]
        if code in _LATER or code.startswith("5"):
            raise Unavailable(f"AWS answered {code}") from error
        why = "it is too busy just now" if code in _BUSY else cure
        raise Rejected(f"AWS answered {code}; {why}") from error
    except BotoCoreError as error:
        raise Unavailable(f"no answer: {type(error).__name__}") from error


def account(url: str | None) -> str:
    """The account that the credentials belong to."""
    return str(client("sts", url).get_caller_identity()["Account"])


@cache
def client(service: str, url: str | None) -> Any:
    """A client, which keeps its credentials and connections."""
    import boto3  # noqa: PLC0415 (an optional extra)
    from botocore.config import Config  # noqa: PLC0415

    # A call that is made again by itself would be one that nobody knows of.
    once = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 1})
    # IAM is one for all regions; STS wants one to be named.
    session = boto3.session.Session()
    region = session.region_name or "us-east-1"
    return session.client(service, region_name=region, endpoint_url=url, config=once)
