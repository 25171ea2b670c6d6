"""A record that nobody is asked about: what the operator sees of it, and where."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from typer.testing import CliRunner

from powertrip.cli import app
from powertrip.runtime.app import Running
from slack_emulator import SlackEmulator
from slack_emulator.control import Control, State
from tests.end_to_end.harness import BEARER, SECRET, Sender, powertrip_here, settings, write_config
from tests.end_to_end.test_commands import answer

SECURITY, CAROL, BOB = "C0SECURITY", "U0CAROL", "U0BOB"
CRON = {"host": "web-1", "program": "CRON", "message": "(root) CMD (run-parts /etc/cron.hourly)"}
TITLE = "The source servers sends only what no rule knows"


@pytest.fixture
def changes() -> dict[str, Any]:
    servers = {"type": "syslog", "secret": SECRET}
    return {
        "sources": {"servers": servers},
        "unmatched": {"tell_after": "100ms"},
        "ingest": {"max_body": "1KiB"},
    }


async def told(control: Control, *words: str) -> None:
    """Wait until one message in the security channel shows all these words."""
    await control.wait_for(
        lambda state: any(all(m.shows(word) for word in words) for m in state.messages(SECURITY))
    )


def raw_output(folder: Path, *command: str) -> str:
    """What `bot.py` prints."""
    ended = CliRunner().invoke(app, [*command, "--config", str(folder / "config.yaml")])
    assert ended.exit_code == 0, (ended.output, ended.exception)
    return ended.output


def printed(folder: Path, *command: str) -> str:
    """What `bot.py` prints, without the ends of lines that a narrow terminal breaks."""
    return re.sub(r"\s+", " ", raw_output(folder, *command))


async def metric(sender: Sender, verdict: str) -> float:
    _, text = await sender.get("/metrics")
    found = re.search(
        rf'^powertrip_source_records_judged_total{{source="servers",verdict="{verdict}"}} (.*)$',
        text,
        re.MULTILINE,
    )
    return float(found[1]) if found else 0.0


async def test_a_source_of_which_no_rule_knows_a_record_is_told_of_and_taken_back(
    running: tuple[Running, Sender], control: Control, tmp_path: Path
) -> None:
    sender = running[1]
    await sender.post(CRON, CRON | {"message": "<!channel> *pam* ran"}, source="servers")
    await told(control, TITLE, "no rule is for this program", "CRON on web-1")
    assert await metric(sender, "unmatched") == 2
    assert not any("<!channel>" in m.text for m in (await control.state()).messages(SECURITY))

    listed = await answer(
        control, CAROL, "sources", "servers", "2 unmatched", "CRON", "no rule is for this program"
    )
    assert "<!channel>" not in listed.text
    await answer(control, CAROL, "sources servers", "CRON on web-1, twice in 7 d")
    await answer(control, CAROL, "sources nobody", "There is no source")
    await answer(control, CAROL, "stats", "Matched no rule: 2 records (servers 2)")
    await answer(control, BOB, "sources", "Only reviewers can")
    shown = printed(tmp_path, "sources")
    assert "2 unmatched" in shown
    assert "CRON on web-1 (2 in 7 d): no rule is for this program <!channel> *pam* ran" in shown

    login = "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2: ED25519 SHA256:" + "k" * 43
    await sender.post(CRON | {"program": "sshd", "message": login}, source="servers")
    await told(control, "Rules know records of the source servers again")
    assert await metric(sender, "match") == 1


@pytest.mark.parametrize(
    ("path", "headers", "body", "status", "cause"),
    [
        (
            "servers",
            {"Authorization": "Bearer wrong-wrong-wrong-wrong"},
            b"[]",
            401,
            "401 wrong secret or signature: 1",
        ),
        ("servers", {**BEARER, "Content-Encoding": "br"}, b"[]", 422, "422 unreadable: 1"),
        ("servers", BEARER, b"x" * 1025, 413, "413 too large: 1"),
        ("servres", BEARER, b"[]", 404, "404 no such source: 1"),
    ],
)
async def test_refused_requests_are_shown_by_cause(
    running: tuple[Running, Sender],
    tmp_path: Path,
    path: str,
    headers: dict[str, str],
    body: bytes,
    status: int,
    cause: str,
) -> None:
    application, sender = running
    with pytest.raises(aiohttp.ClientResponseError) as refused:
        await sender.post(source=path, headers=headers, raw=body)
    assert refused.value.status == status
    await application.shared.refusals.close()
    assert cause in printed(tmp_path, "sources")


KEY = "ED25519 SHA256:" + "k" * 43
ACCEPTED = f"Accepted publickey for alice from 192.0.2.10 port 50000 ssh2: {KEY}"
SUDO = "   alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh -c 'echo a\necho b'"
SEEN: dict[str, tuple[dict[str, Any], dict[str, str], str, str]] = {
    # By source: its settings, what it sends, the verdict, and words in Slack.
    "keys": (
        {"type": "json", "keys": {"message": "text"}},
        {"msg": ACCEPTED, "host": "web-1"},
        "quarantine",
        "keys (1)",
    ),
    "pack": (
        {"type": "teleport"},
        {"event": "user.login", "code": "T1000I", "user": "alice", "uid": "1"},
        "unmatched",
        "write `- use: teleport` under `rules`",
    ),
    "tag": (
        {"type": "syslog"},
        {"program": "openssh-9", "message": ACCEPTED, "host": "web-1"},
        "quarantine",
        "tag (1)",
    ),
    "prefix": (
        {"type": "syslog"},
        {"program": "shipper", "message": f"[auth] {ACCEPTED}"},
        "quarantine",
        "prefix (1)",
    ),
    "lines": (
        {"type": "syslog"},
        {"program": "sudo", "message": SUDO, "host": "web-1"},
        "match",
        "echo b",
    ),
}


def anywhere(words: str, state: State) -> bool:
    return any(message.shows(words) for message in state.messages())


async def test_no_slip_of_an_operators_passes_in_silence(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    whole = settings(
        sandbox,
        tmp_path,
        sources={name: {"secret": SECRET} | about for name, (about, *_) in SEEN.items()},
        rules=[{"use": "ssh"}, {"use": "sudo"}],
        unmatched={"tell_after": "100ms"},
        quarantine={"report_every": "100ms"},
    )
    async with powertrip_here(write_config(tmp_path / "config.yaml", whole)) as (_, sender):
        await control.connected()
        for name, (_, sent, *_) in SEEN.items():
            body = json.dumps(sent).encode()
            await sender.post(source=name, raw=body)
        for *_, words in SEEN.values():
            await control.wait_for(partial(anywhere, words))
        _, metrics = await sender.get("/metrics")
    shown = {report["name"]: report for report in json.loads(raw_output(tmp_path, "sources", "--json"))}
    for name, (_, _, verdict, _) in SEEN.items():
        assert f'source_records_judged_total{{source="{name}",verdict="{verdict}"}} 1.0' in metrics, name
        assert shown[name]["day"] == {"accepted": 1, verdict: 1}, name
    assert shown["pack"]["unmatched"][0]["reason"].startswith("no rule")
    assert "write `- use: teleport`" in shown["pack"]["doubt"]
