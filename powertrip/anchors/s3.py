"""Puts each checkpoint into a bucket of S3 under object lock, where nobody can change it before its time.

Takes the extra `aws`: pip install boto3. The role needs `s3:PutObject` and
`s3:PutObjectRetention`, and nothing else: no reading, no deleting.
"""

import asyncio
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from powertrip.anchors.section import AnchorSection
from powertrip.config.values import Duration, Url, matching
from powertrip.domain.checkpoint import Checkpoint
from powertrip.errors import Rejected, Unavailable
from powertrip.net import HttpClient

SECONDS = 10.0
"""For one call."""
LATER = frozenset({"RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "Throttling"})
"""Answers that another attempt may change."""


class S3Anchor(AnchorSection):
    """A bucket that was made with object lock."""

    needs: ClassVar = ("boto3", "boto3")

    type: Literal["s3"]
    bucket: Annotated[
        str,
        matching(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "its name: 3 to 63 small letters, digits, dots and -"),
    ]
    """The bucket, in an account of its own at best."""
    prefix: str = "powertrip/"
    """What the names of the objects begin with."""
    region: str
    """The bucket's region, such as `eu-central-1`."""
    lock: Duration = timedelta(days=400)
    """For how long nobody can delete a checkpoint."""
    mode: Literal["compliance", "governance"] = "compliance"
    """With `governance` those with a special permission still can."""
    endpoint: Url | None = None
    """Another service that speaks S3."""

    async def keep(self, checkpoint: Checkpoint, client: HttpClient) -> str | None:  # noqa: ARG002 (boto3 has its own)
        """Put it, and return the version that is locked."""
        return await asyncio.to_thread(self._put, checkpoint)

    def _put(self, checkpoint: Checkpoint) -> str | None:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            answer = _connected(self.region, self.endpoint).put_object(
                Bucket=self.bucket,
                Key=f"{self.prefix}{checkpoint.at:%Y/%m/%d/%H%M%S}-{checkpoint.lines}.txt",
                Body=f"{checkpoint.text}\n".encode(),
                ContentType="text/plain",
                ChecksumAlgorithm="SHA256",  # S3 takes nothing with a lock that has no digest
                ObjectLockMode=self.mode.upper(),
                ObjectLockRetainUntilDate=checkpoint.at + self.lock,
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))[:100]
            if code in LATER or code.startswith("5"):
                raise Unavailable(f"S3 answered {code}") from error
            advice = "check the bucket, its region and object lock, and what the role may do"
            raise Rejected(f"S3 answered {code}; {advice}") from error
        except BotoCoreError as error:
            raise Unavailable(f"no answer of S3: {type(error).__name__}") from error
        version = answer.get("VersionId")
        return None if version is None else str(version)


@cache
def _connected(region: str, endpoint: str | None) -> Any:
    """The client of a region, which keeps its credentials and connections."""
    import boto3  # noqa: PLC0415 (an optional extra)
    from botocore.config import Config  # noqa: PLC0415

    # The outbox retries.
    once = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 1})
    return boto3.session.Session().client("s3", region_name=region, endpoint_url=endpoint, config=once)
