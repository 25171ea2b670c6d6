"""Each anchor keeps a checkpoint: a receiver of ours, the S3 of moto, an authority of openssl."""

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
import rfc3161_client
from pydantic import SecretStr

from powertrip.anchors import AuditSection, open_anchors
from powertrip.anchors.rfc3161 import Rfc3161Anchor
from powertrip.anchors.s3 import S3Anchor
from powertrip.anchors.webhook import WebhookAnchor
from powertrip.domain import checkpoint
from powertrip.errors import ConfigError, Rejected, Unavailable
from powertrip.net import HttpClient, utc_now
from tests.amazon import amazon, may_use_amazon
from tests.outside import answer, client_of

TOLD = checkpoint.make(lines=812, head="9f" * 32, at=utc_now(), version="1.0")
URL = "https://anchor.example.com/kept"
UNUSED: Any = None
EXTENSIONS = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
[usage]
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
"""


def answering(status: int, body: bytes = b"") -> tuple[HttpClient, list[httpx.Request]]:
    """A client whose calls are all answered alike, and what it asked."""
    asked: list[httpx.Request] = []

    async def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer(status, body)

    return HttpClient(client=client_of(handler)), asked


async def test_a_webhook_gets_it_as_json_with_its_token() -> None:
    client, asked = answering(204)
    anchor = WebhookAnchor(type="webhook", url=URL, token=SecretStr("k4f8-a-long-token-of-ours"))
    assert await anchor.keep(TOLD, client) is None
    assert str(asked[0].url) == URL
    assert asked[0].headers["Authorization"] == "Bearer k4f8-a-long-token-of-ours"
    assert list(checkpoint.found_in([asked[0].content.decode()])) == [TOLD]


async def test_a_webhook_that_refuses_is_tried_again() -> None:
    anchor = WebhookAnchor(type="webhook", url=URL)
    for status, error in ((403, Rejected), (302, Rejected), (503, Unavailable)):
        with pytest.raises(error):
            await anchor.keep(TOLD, answering(status)[0])


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 with a bucket under object lock, and one without."""
    may_use_amazon(monkeypatch)
    with amazon() as url:
        client = boto3.client("s3", region_name="us-east-1", endpoint_url=url)
        client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
        yield url
        client.close()


async def test_s3_keeps_it_under_a_lock_that_nobody_opens_before_its_time(s3: str) -> None:
    anchor = S3Anchor(type="s3", bucket="locked", region="us-east-1", endpoint=s3, lock=timedelta(days=400))
    version = await anchor.keep(TOLD, UNUSED)
    client = boto3.client("s3", region_name="us-east-1", endpoint_url=s3)
    (kept,) = client.list_objects_v2(Bucket="locked")["Contents"]
    assert kept["Key"] == f"powertrip/{TOLD.at:%Y/%m/%d/%H%M%S}-812.txt"
    found = client.get_object(Bucket="locked", Key=kept["Key"])
    assert list(checkpoint.found_in([found["Body"].read().decode()])) == [TOLD]
    assert found["ObjectLockMode"] == "COMPLIANCE"
    assert found["ObjectLockRetainUntilDate"] - TOLD.at == timedelta(days=400)
    assert found["VersionId"] == version
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.delete_object(Bucket="locked", Key=kept["Key"], VersionId=version)
    client.close()


async def test_a_bucket_that_is_not_there_is_named_with_what_to_check(s3: str) -> None:
    anchor = S3Anchor(type="s3", bucket="missing", region="us-east-1", endpoint=s3)
    with pytest.raises(Rejected, match="NoSuchBucket; check the bucket"):
        await anchor.keep(TOLD, UNUSED)


async def test_an_s3_that_does_not_answer_is_asked_again() -> None:
    anchor = S3Anchor(type="s3", bucket="locked", region="eu-west-1", endpoint="http://127.0.0.1:1")
    with pytest.raises(Unavailable):
        await anchor.keep(TOLD, UNUSED)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a time-stamping authority, with a root of its own."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which plays the authority, is not installed")
    folder = tmp_path_factory.mktemp("authority")
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(EXTENSIONS.format(folder=folder))
    new = ("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    make = (
        (*new, "-x509", "-days", "2", "-subj", "/CN=Root", "-keyout", "ca.key", "-out", "ca.pem"),
        (*new, "-subj", "/CN=Authority", "-keyout", "tsa.key", "-out", "tsa.csr"),
        (
            *("openssl", "x509", "-req", "-days", "2", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
            *("-extfile", "tsa.cnf", "-extensions", "usage", "-out", "tsa.pem"),
        ),
    )
    for command in make:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


def stamping(folder: Path, *, instead: bytes | None = None) -> HttpClient:
    """A client that reaches the authority, which may be asked for something else on the way."""

    async def handler(request: httpx.Request) -> httpx.Response:
        assert request.headers["Content-Type"] == "application/timestamp-query"
        (folder / "query").write_bytes(instead or request.content)
        command = ("openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
        await asyncio.to_thread(subprocess.run, command, cwd=folder, check=True, capture_output=True)
        return answer(200, (folder / "reply").read_bytes())

    return HttpClient(client=client_of(handler))


async def test_an_authority_signs_it_with_its_time_and_that_is_checked(
    authority: Path, tmp_path: Path
) -> None:
    anchor = Rfc3161Anchor(type="rfc3161", url=URL, ca_file=str(authority / "ca.pem"))
    proof = await anchor.keep(TOLD, stamping(authority))
    assert proof is not None
    # As whoever has only openssl checks it, and as docs/history.md says.
    (tmp_path / "proof").write_bytes(base64.b64decode(proof))
    (tmp_path / "told").write_text(TOLD.text)
    command = ("openssl", "ts", "-verify", "-in", "proof", "-data", "told", "-CAfile", authority / "ca.pem")
    done = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, capture_output=True, check=False)
    assert b"Verification: OK" in done.stdout + done.stderr


async def test_a_stamp_that_proves_nothing_is_not_kept(authority: Path, tmp_path: Path) -> None:
    command = ("openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=Other")
    files = ("-keyout", tmp_path / "key", "-out", tmp_path / "other.pem")
    await asyncio.to_thread(partial(subprocess.run, [*command, *files], check=True, capture_output=True))
    other = rfc3161_client.TimestampRequestBuilder().data(b"something else").build().as_bytes()
    ours, theirs = str(authority / "ca.pem"), str(tmp_path / "other.pem")
    for ca_file, client, error in (
        (theirs, stamping(authority), Rejected),
        (ours, stamping(authority, instead=other), Rejected),
        (str(tmp_path / "missing.pem"), stamping(authority), Rejected),
        (ours, answering(200, b"no stamp")[0], Unavailable),
        (ours, answering(404)[0], Rejected),
    ):
        with pytest.raises(error):
            await Rfc3161Anchor(type="rfc3161", url=URL, ca_file=ca_file).keep(TOLD, client)


def test_an_extra_that_is_not_installed_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    section = AuditSection(anchors={"vault": S3Anchor(type="s3", bucket="locked", region="us-east-1")})
    with pytest.raises(ConfigError, match=r"audit.anchors.vault: needs boto3; run: pip install boto3"):
        open_anchors(section, utc_now)


@pytest.mark.parametrize(("written", "says"), [("%", "is no base64"), ("AAAA", "holds 3 bytes, not 32")])
def test_a_key_that_is_none_is_refused_with_how_to_make_one(written: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        AuditSection.model_validate({"sign_with": written})
    assert "openssl rand -base64 32" in str(refused.value)


def test_a_checkpoint_is_found_in_any_log() -> None:
    key = checkpoint.private_key(base64.b64encode(bytes(32)).decode())
    made = [
        checkpoint.make(lines=lines, head="ab" * 32, at=utc_now(), version="1.0+local", key=signer)
        for lines, signer in ((1, None), (2, key))
    ]
    texts = (
        f"2026-01-15T12:00:00Z [info ] history checkpoint checkpoint='{made[0].text}' count=1",
        json.dumps({"event": "history checkpoint", "checkpoint": made[1].text}),
        "powertrip-checkpoint lines=x head=short",
    )
    assert list(checkpoint.found_in(texts)) == made
    assert [checkpoint.is_genuine(item, key.public_key()) for item in made] == [False, True]
