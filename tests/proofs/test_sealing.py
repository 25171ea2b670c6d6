"""Secrets at rest are read for their own row only, and with a key that has written them."""

import pytest

from powertrip.proofs.sealing import Sealer, Unreadable
from powertrip.proofs.section import ProofsSection, keys_in
from tests.proving import KEY, SECTION

OTHER = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="


def test_a_secret_of_another_row_or_key_is_not_read() -> None:
    sealer = Sealer.of(SECTION)
    sealed = sealer.seal("the secret", "alices")
    assert "the secret" not in sealed
    assert sealer.open(sealed, "alices") == "the secret"
    with pytest.raises(Unreadable, match="another factor"):
        sealer.open(sealed, "mallorys")
    with pytest.raises(Unreadable, match="another key"):
        Sealer(keys_in(OTHER)).open(sealed, "alices")
    with pytest.raises(Unreadable, match="another key"):
        sealer.open("not sealed at all", "alices")


def test_a_key_that_follows_another_reads_what_that_wrote_and_writes_by_itself() -> None:
    sealed = Sealer.of(SECTION).seal("the secret", "alices")
    renewed = Sealer(keys_in(f"{OTHER},{KEY}")).renew(sealed)
    assert Sealer(keys_in(OTHER)).open(renewed, "alices") == "the secret"
    with pytest.raises(Unreadable, match=r"proofs\.key: .* another key"):
        Sealer(keys_in(KEY)).renew(renewed)


def test_without_a_key_nothing_is_read() -> None:
    with pytest.raises(Unreadable, match=r"proofs\.key"):
        Sealer.of(ProofsSection())


@pytest.mark.parametrize("text", ["", "short", "AAAA", "!" * 44])
def test_what_is_no_key_is_refused_and_never_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="openssl rand -base64 32") as refused:
        keys_in(text)
    assert not text or text not in str(refused.value)
