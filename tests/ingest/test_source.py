"""What every source gets from its base: nobody's body is read before it is known who sent it."""

from typing import Any, Literal

import pytest

from powertrip.errors import Unauthorized
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.sample import SampleLogin
from powertrip.ingest.source import Signature, SignedSource
from tests.sources import posting
from tests.sources.posting import SECRET, hmac_of, request


class Forgetful(SignedSource):
    """A sender that signs, whose type says only what the headers offer."""

    type: Literal["forgetful"] = "forgetful"

    def signature(self, request: IngestRequest) -> Signature:
        return Signature(
            header="X-Sign", offered=(request.header("X-Sign") or "",), signed_before_body=b"v1:"
        )

    def signs(self, _login: SampleLogin) -> tuple[bytes, dict[str, str]]:
        return b"v1:", {"X-Sign": "SIGNATURE"}

    def read_body(self, _request: IngestRequest) -> Reading:
        return Reading(is_cut=True)


def test_the_base_of_signed_sources_checks_the_signature_over_the_body() -> None:
    source = Forgetful.model_validate({"secret": SECRET})

    assert source.read(request("body", {"X-Sign": hmac_of(b"v1:body")})).is_cut
    for wrong in ("", "0" * 64, hmac_of(b"body"), hmac_of(b"v1:other")):
        with pytest.raises(Unauthorized, match="X-Sign"):
            source.read(request("body", {"X-Sign": wrong}))


def test_a_signed_source_that_says_nothing_of_its_signature_cannot_be_made() -> None:
    class Unsigned(SignedSource):
        type: Literal["unsigned"] = "unsigned"

        def read_body(self, _request: IngestRequest) -> Reading:
            return Reading()

    abstract: Any = Unsigned
    with pytest.raises(TypeError, match="signature"):
        abstract(secret=SECRET)


def test_only_what_was_proven_to_the_very_source_is_read_without_being_checked_again() -> None:
    source, other = (posting.source("syslog", secret=SECRET) for _ in range(2))
    asked = posting.request("a line", {"Authorization": "Bearer wrong"})

    asked.proven_to = other
    with pytest.raises(Unauthorized):
        source.read(asked)
    asked.proven_to = source
    assert [record.message for record in source.read(asked).records] == ["a line"]
