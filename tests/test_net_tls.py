"""A HIDS with a certificate of its own authority is trusted where the config names that, and nowhere else."""

import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from powertrip.errors import Unavailable
from powertrip.net import HttpClient, new_client, utc_now


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate that it signed itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=utc_now() - timedelta(days=1),
        not_valid_after=utc_now() + timedelta(days=1),
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    file = tmp_path / "hids.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
async def url(certificate: Path) -> AsyncIterator[str]:
    """A server with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = TestServer(web.Application(), host="127.0.0.1", scheme="https")
    await server.start_server(ssl=context)
    yield str(server.make_url("/"))
    await server.close()


async def test_its_authority_is_trusted_where_it_is_named(url: str, certificate: Path) -> None:
    async with new_client(str(certificate)) as client:
        assert (await HttpClient(client=client, base_url=url).request("GET")).status == 404


async def test_it_is_not_trusted_otherwise(url: str) -> None:
    async with new_client(None) as client:
        with pytest.raises(Unavailable, match="cannot be reached"):
            await HttpClient(client=client, base_url=url).request("GET")
