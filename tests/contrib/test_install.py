"""contrib/pam/install: run again and again it changes nothing more, and it takes away all that it brought."""

import stat
from pathlib import Path

import pytest

from tests.contrib.server import PAM_FILE, SECRET, Server

URL = "https://powertrip.example.com/ingest/servers"
NUMBERING = "session optional pam_exec.so quiet seteuid stdout /usr/local/sbin/powertrip-login --number\n"
LINE = "session optional pam_exec.so quiet seteuid /usr/local/sbin/powertrip-login\n"


def files(server: Server) -> dict[str, tuple[bytes, int]]:
    """Content and mode of every file, by its path on the server."""
    return {
        str(path.relative_to(server.root)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in server.root.rglob("*")
        if path.is_file()
    }


async def install(server: Server, *arguments: str, secret: str = SECRET) -> str:
    """Install, which has to succeed; returns what was said."""
    ended = await server.install(*(arguments or (URL,)), secret=secret)
    assert ended.status == 0, ended.output
    return ended.output


async def test_the_hook_comes_before_every_other_module(bare_server: Server) -> None:
    await install(bare_server)

    before_blank_line = PAM_FILE.replace("Logins over SSH.\n", f"Logins over SSH.\n{LINE}")
    assert bare_server.pam_file.read_text() == before_blank_line


async def test_secrets_can_be_read_by_their_owner_alone(bare_server: Server) -> None:
    await install(bare_server)

    found = files(bare_server)
    assert found["etc/powertrip-login/secret"] == (SECRET.encode() + b"\n", 0o600)
    assert found["usr/local/sbin/powertrip-login"][1] == 0o755
    assert found["etc/pam.d/sshd"][1] == 0o644
    for folder in ("etc/powertrip-login", "var/spool/powertrip-login"):
        assert stat.S_IMODE((bare_server.root / folder).stat().st_mode) == 0o700


async def test_installing_again_changes_nothing(bare_server: Server) -> None:
    await install(bare_server)
    first = files(bare_server)

    await install(bare_server)

    assert files(bare_server) == first


async def test_installing_again_can_change_the_address_and_keep_the_secret(bare_server: Server) -> None:
    await install(bare_server)
    first = files(bare_server)

    await install(bare_server, "https://other.example.com/ingest/servers", secret="")

    address = (b"https://other.example.com/ingest/servers\n", 0o600)
    assert files(bare_server) == first | {"etc/powertrip-login/url": address}


async def test_other_services_can_be_hooked(bare_server: Server) -> None:
    login = bare_server.pam_file.with_name("login")
    login.write_text("# only a comment\n")

    await install(bare_server, "--service", "sshd", "--service", "login", URL)

    assert login.read_text() == f"# only a comment\n{LINE}"
    assert LINE in bare_server.pam_file.read_text()


@pytest.mark.parametrize(
    ("arguments", "secret", "said"),
    [
        (("--service", "nothing", URL), SECRET, "there is no PAM service nothing"),
        ((URL,), "", "the secret has 0 characters, and needs 16 to 64"),
        ((URL,), "s" * 65, "the secret has 65 characters, and needs 16 to 64"),
        (("powertrip.example.com",), SECRET, "powertrip.example.com is no address"),
        ((), SECRET, "the address is missing"),
    ],
)
async def test_a_mistake_is_told_and_pam_is_left_alone(
    bare_server: Server, arguments: tuple[str, ...], secret: str, said: str
) -> None:
    before = files(bare_server)

    ended = await bare_server.install(*arguments, secret=secret)

    assert ended.status == 1
    assert said in ended.output
    assert files(bare_server) == before


async def test_uninstalling_leaves_the_server_as_it_was(bare_server: Server) -> None:
    (bare_server.root / "etc/cron.d").mkdir()
    login = bare_server.pam_file.with_name("login")
    login.write_text("session required pam_unix.so\n")
    before = files(bare_server)
    await install(bare_server, "--service", "login", "--service", "sshd", URL)
    assert files(bare_server) != before

    await install(bare_server, "--uninstall")

    assert files(bare_server) == before
    assert not bare_server.spool.exists()
    await install(bare_server, "--uninstall")


async def test_uninstalling_keeps_what_was_never_told(bare_server: Server) -> None:
    await install(bare_server, "http://127.0.0.1:9/ingest/servers")
    await bare_server.tell()

    said = await install(bare_server, "--uninstall")

    assert "are still in" in said
    assert len(bare_server.waiting()) == 1


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("run/systemd/system", "etc/systemd/system/powertrip-login.timer"),
        ("etc/cron.d", "etc/cron.d/powertrip-login"),
    ],
)
async def test_what_waits_is_sent_every_minute(bare_server: Server, folder: str, file: str) -> None:
    (bare_server.root / folder).mkdir(parents=True)
    (bare_server.root / "etc/systemd/system").mkdir(parents=True)

    said = await install(bare_server)

    assert [path for path in files(bare_server) if "timer" in path or "cron" in path] == [file]
    assert "every minute" not in said


async def test_where_nothing_can_send_what_waits_it_says_so(bare_server: Server) -> None:
    assert "powertrip-login --flush run every minute" in await install(bare_server)


async def test_the_documented_line_is_the_one_that_is_written() -> None:
    document = Path(__file__).parents[2] / "docs" / "server.md"
    assert LINE in document.read_text(encoding="utf-8")


async def test_the_number_is_for_sshd_alone_and_only_where_it_is_asked_for(bare_server: Server) -> None:
    login = bare_server.pam_file.with_name("login")
    login.write_text(PAM_FILE, encoding="utf-8")

    await install(bare_server, "--number", "--service", "sshd", "--service", "login", URL)
    assert NUMBERING in bare_server.pam_file.read_text()
    assert LINE not in bare_server.pam_file.read_text()
    assert LINE in login.read_text()

    await install(bare_server, URL)
    assert NUMBERING not in bare_server.pam_file.read_text()
    assert LINE in bare_server.pam_file.read_text()

    await install(bare_server, "--number", URL)
    await install(bare_server, "--uninstall")
    assert bare_server.pam_file.read_text() == login.read_text() == PAM_FILE
