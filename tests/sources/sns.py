"""Amazon SNS as far as its receivers see it: a key, its certificate, and messages signed with it."""

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from powertrip.ingest.fetching import Fetcher

TOPIC = "arn:aws:sns:us-east-1:123456789012:logins"
CERTIFICATE_URL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"
SUBSCRIBE_URL = f"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=00ff"
VALID_FROM = datetime(2026, 1, 1, tzinfo=UTC)

NOTIFICATION = {
    "Type": "Notification",
    "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    "TopicArn": TOPIC,
    "Message": "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2",
    "Timestamp": "2026-01-15T12:00:00.000Z",
    "SignatureVersion": "2",
    "SigningCertURL": CERTIFICATE_URL,
    "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
}
CONFIRMATION = NOTIFICATION | {
    "Type": "SubscriptionConfirmation",
    "Token": "00ff",
    "SubscribeURL": SUBSCRIBE_URL,
}
_SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
"""In the order of their bytes, as they are signed."""


@cache
def key() -> rsa.RSAPrivateKey:
    """The key that signs."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate() -> bytes:
    """The certificate of the key, as PEM; valid for a year from VALID_FROM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.example.com")])
    made = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key().public_key(),
        serial_number=1,
        not_valid_before=VALID_FROM,
        not_valid_after=VALID_FROM + timedelta(days=365),
    )
    return made.sign(key(), SHA256()).public_bytes(Encoding.PEM)


class SnsFetcher(Fetcher):
    """Has the certificate at every address."""

    async def fetch(self, _url: str) -> bytes:
        return certificate()


def signed(base: dict[str, str] = NOTIFICATION, **changes: Any) -> dict[str, Any]:
    """A message, rightly signed after the changes."""
    message = {key: value for key, value in (base | changes).items() if value is not None}
    text = "".join(f"{name}\n{message[name]}\n" for name in _SIGNED if name in message)
    algorithm = SHA1() if message["SignatureVersion"] == "1" else SHA256()  # noqa: S303 (SNS does)
    signature = key().sign(text.encode(), PKCS1v15(), algorithm)
    return message | {"Signature": base64.b64encode(signature).decode()}


def body(message: dict[str, Any]) -> bytes:
    """The message as it is posted."""
    return json.dumps(message).encode()
