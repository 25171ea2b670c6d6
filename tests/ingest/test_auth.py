"""Which credentials a source takes."""

import base64
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from powertrip.errors import Unauthorized
from powertrip.ingest.auth import authorize
from powertrip.ingest.contract import IngestRequest

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
SECRET = "correct horse battery staple ünï"


def request(path_secret: str | None = None, **headers: str) -> IngestRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return IngestRequest(headers=named, body=b"", received_at=NOW, path_secret=path_secret)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def check(asked: IngestRequest, secret: str = SECRET, header: str | None = "X-Powertrip-Key") -> None:
    authorize(asked, SecretStr(secret), header)


@pytest.mark.parametrize(
    "asked",
    [
        request(authorization=f"Bearer {SECRET}"),
        request(Authorization=f"bearer  {SECRET}"),
        request(authorization=basic("", SECRET)),
        request(AUTHORIZATION=basic("papertrail", SECRET)),
        request(x_powertrip_key=SECRET),
        request(path_secret=SECRET),
        request(path_secret=SECRET, authorization="Bearer wrong"),
    ],
    ids=["bearer", "bearer-case", "basic", "basic-user", "header", "path", "path-beside-wrong-bearer"],
)
def test_the_secret_is_taken_by_every_way_a_sender_may_have(asked: IngestRequest) -> None:
    check(asked)


@pytest.mark.parametrize(
    "asked",
    [
        request(),
        request(authorization="Bearer wrong"),
        request(authorization="Bearer"),
        request(authorization=SECRET),
        request(authorization=f"Digest {SECRET}"),
        request(authorization=basic(SECRET, "wrong")),
        request(authorization=basic("papertrail", SECRET[:-1])),
        request(authorization="Basic not-base64!"),
        request(authorization="Basic /////w=="),
        request(x_powertrip_key=SECRET + "x"),
        request(x_other_key=SECRET),
        request(path_secret=SECRET.upper()),
        request(path_secret=""),
        request(authorization="Bearer \udcff\udcfe"),
    ],
)
def test_anything_else_is_unauthorized(asked: IngestRequest) -> None:
    with pytest.raises(Unauthorized) as refusal:
        check(asked)
    assert SECRET not in str(refusal.value)


def test_a_password_may_contain_colons() -> None:
    check(request(authorization=basic("user", "a:b:c")), secret="a:b:c")


def test_the_header_counts_only_where_one_is_configured() -> None:
    with pytest.raises(Unauthorized):
        check(request(x_powertrip_key=SECRET), header=None)


def test_an_empty_secret_lets_nobody_in() -> None:
    for asked in (request(), request(path_secret=""), request(authorization="Bearer ")):
        with pytest.raises(Unauthorized):
            check(asked, secret="")
