"""The page's address of a challenge, with a mark by which a made-up one is known without the database."""

import base64
import hmac

from powertrip.proofs.section import ProofsSection, keys_in

_MARK = 9
"""Bytes of the mark, which nobody can guess in the five minutes that a challenge lasts."""


def link_of(nonce: str, section: ProofsSection) -> str:
    """The path that leads to it; it holds the nonce, and proves nothing."""
    return f"/proof/{nonce}.{_mark(nonce, _keys(section)[0])}"


def nonce_in(name: str, section: ProofsSection) -> str | None:
    """The nonce in the last part of such a path; None where Powertrip never gave it out."""
    nonce, _, mark = name.partition(".")
    offered = mark.encode("utf-8", "surrogatepass")
    is_ours = any(hmac.compare_digest(offered, _mark(nonce, key).encode()) for key in _keys(section))
    return nonce if is_ours else None


def _keys(section: ProofsSection) -> list[bytes]:
    return keys_in(section.key.get_secret_value()) if section.key else []


def _mark(nonce: str, key: bytes) -> str:
    said = f"powertrip link\0{nonce}".encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(hmac.digest(key, said, "sha256")[:_MARK]).decode()
