"""A message of Amazon SNS: its shape, its signature, and the only addresses that it may send us to.

Format: Amazon SNS developer guide, "HTTP/HTTPS notification JSON format" and "Verifying the signatures of
Amazon SNS messages".
"""

import base64
import binascii
import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from powertrip.errors import Unauthorized, Unreadable

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MESSAGE_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
"""The fields that are signed of each type, in this order."""
_HOST = r"https://sns\.[a-zA-Z0-9-]{3,40}\.amazonaws\.com(\.cn)?"
_CERTIFICATE_URL = re.compile(_HOST + r"/[A-Za-z0-9_-]{1,200}\.pem")
_SUBSCRIBE_URL = re.compile(_HOST + r"/\?[A-Za-z0-9%&=:._~+/-]{1,2000}")
"""Whole addresses rather than their parts, so that no two readers of addresses can differ about them."""


class SnsMessage(BaseModel):
    """A message of SNS, with the names of its JSON."""

    model_config = ConfigDict(strict=True, frozen=True)

    Type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    MessageId: Annotated[str, Field(pattern=rf"^{MESSAGE_ID.pattern}$")]
    TopicArn: str
    Message: str
    Timestamp: str
    SignatureVersion: str
    Signature: str
    SigningCertURL: str
    Subject: str | None = None
    Token: str | None = None
    SubscribeURL: str | None = None


def parse_message(body: bytes) -> SnsMessage:
    """The message that a body is; raises Unreadable, naming the fields that are wrong."""
    try:
        return SnsMessage.model_validate_json(body)
    except ValidationError as error:
        wrong = {".".join(map(str, problem["loc"])) or "the whole" for problem in error.errors()}
        raise Unreadable(f"not a message of SNS: wrong or missing is {', '.join(sorted(wrong))}") from None


def check_certificate_url(url: str) -> None:
    """Return if `url` is of a certificate of SNS's own; raises Unauthorized."""
    if not _CERTIFICATE_URL.fullmatch(url):
        raise Unauthorized("SigningCertURL is not an address of SNS, so anybody may have signed this")


def check_subscribe_url(url: str | None) -> str:
    """`url` if it is one of SNS; raises Unauthorized."""
    if url is None or not _SUBSCRIBE_URL.fullmatch(url):
        raise Unauthorized("SubscribeURL is not an address of SNS")
    return url


def check_signature(message: SnsMessage, certificate: "Certificate", at: datetime) -> None:
    """Return if the message was signed with the certificate's key.

    Raises Unauthorized for a wrong signature, Unreadable for one that cannot be judged.
    """
    # Not at the top, for it takes 8 MiB, and nearly nobody has such a source.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415

    algorithms = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 (SNS's own choice for 1)
    algorithm = algorithms.get(message.SignatureVersion)
    if algorithm is None:
        raise Unreadable(f"SignatureVersion {message.SignatureVersion[:20]!r} is not known; 1 and 2 are")
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise Unreadable(f"the certificate at {message.SigningCertURL} is not valid at this time")
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise Unreadable(f"the certificate at {message.SigningCertURL} has no RSA key")
    try:
        signature = base64.b64decode(message.Signature, validate=True)
        key.verify(signature, string_to_sign(message), PKCS1v15(), algorithm)
    except (InvalidSignature, binascii.Error, ValueError):
        raise Unauthorized("the signature is wrong") from None


def string_to_sign(message: SnsMessage) -> bytes:
    """The text that SNS signs: each field that is there, its name and its value on lines of their own."""
    fields = ((name, getattr(message, name)) for name in _SIGNED[message.Type])
    return "".join(f"{name}\n{value}\n" for name, value in fields if value is not None).encode()
