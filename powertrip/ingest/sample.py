"""A made-up login as a sender of each type would post it, by which an operator tries a source out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from powertrip.errors import Rejected

ADDRESS = "192.0.2.1"
"""From TEST-NET-1 (RFC 5737), which nobody has."""
HOST = "powertrip-test"
PROGRAM = "sshd"
OF_HIDS = (
    "an alert of a HIDS is compared with the log that it read; try the source of that log, and the HIDS by a "
    "login of your own"
)
"""Why no alert of a HIDS is made up."""


class NoSample(Rejected):
    """A request of this type cannot be made; the text says why, and what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleLogin:
    """Who is made up to log in, and when."""

    user_name: str
    token: str
    """Must stand in the record, by which it is known as a test: 43 characters of a fingerprint."""
    at: datetime

    @property
    def line(self) -> str:
        """What sshd would log."""
        key = f"ED25519 SHA256:{self.token}"
        return f"Accepted publickey for {self.user_name} from {ADDRESS} port 50000 ssh2: {key}"

    @property
    def fields(self) -> dict[str, str]:
        """A record of that line, by the plainest names."""
        return {"message": self.line, "host": HOST, "program": PROGRAM, "time": self.at.isoformat()}

    @property
    def line_of_syslog(self) -> str:
        """The line with its header, as RFC 5424 has it."""
        return f"<38>1 {self.at.isoformat(timespec='milliseconds')} {HOST} {PROGRAM} 1 - - {self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A request, but for its address."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_headers(self, **headers: str) -> "Sample":
        """The same with these headers too; an underscore stands for a hyphen."""
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        return Sample(body=self.body, headers={**self.headers, **added})


def json_sample(value: Any) -> Sample:
    """A request with this value as JSON."""
    return Sample(body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})


def console_login(login: SampleLogin) -> dict[str, Any]:
    """A sign-in to AWS's console as CloudTrail records it."""
    return {
        "eventVersion": "1.09",
        "eventID": login.token,
        "eventTime": login.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "eventType": "AwsConsoleSignIn",
        "awsRegion": "us-east-1",
        "sourceIPAddress": ADDRESS,
        "recipientAccountId": "123456789012",
        "userIdentity": {
            "type": "IAMUser",
            "userName": login.user_name,
            "accountId": "123456789012",
            "arn": f"arn:aws:iam::123456789012:user/{login.user_name}",
        },
        "additionalEventData": {"MFAUsed": "Yes"},
        "responseElements": {"ConsoleLogin": "Success"},
    }
