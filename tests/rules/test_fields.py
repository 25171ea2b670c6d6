import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from powertrip.rules.fields import read_ip, read_port, unvis
from tests.rules.visible import vis


@pytest.mark.parametrize(
    ("logged", "meant"),
    [
        ("alice", "alice"),
        (r"CORP\\alice", r"CORP\alice"),
        (r"zo\303\253", "zoë"),
        (r"a\nb\tc", "a\nb\tc"),
        (r"\0", "\0"),
        (r"\0007", "\x007"),
        (r"\\303", r"\303"),
        (r"bad \377 byte", r"bad \xff byte"),
        (r"cut off \30", r"cut off \30"),
        ("cut off \\", "cut off \\"),
        (r"\777", r"\777"),
        ("raw ë stays", "raw ë stays"),
    ],
)
def test_what_sshd_escaped_is_read_back(logged: str, meant: str) -> None:
    assert unvis(logged) == meant


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
@example("\x000")
@example("\\")
@example("\\303")
def test_any_text_survives_being_escaped_by_sshd_and_read_back(text: str) -> None:
    assert unvis(vis(text)) == text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("192.0.2.10", "192.0.2.10"),
        ("2001:DB8:0:0::10", "2001:db8::10"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("::ffff:192.0.2.10", "192.0.2.10"),
    ],
)
def test_an_address_is_read_in_its_shortest_form(written: str, read: str) -> None:
    assert read_ip(written) == read


@pytest.mark.parametrize("written", ["", "999.0.2.1", "192.0.2", "bastion-1", "192.0.2.1 ", "1::2::3"])
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_ip(written)


@pytest.mark.parametrize("written", ["", "65536", "-1", "٢٢", "99999999999999999999", "22 "])
def test_what_is_no_port_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="no port"):
        read_port(written)


def test_a_port_is_read() -> None:
    assert read_port("00022") == "22"
