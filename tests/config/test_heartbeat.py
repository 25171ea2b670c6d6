"""The section `heartbeat`: both ways to name sources, each slip with what to write, and no secret printed."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.config.test_config import load, mistakes
from tests.config.test_wiring import source, warned

KEY = "41f0d8c2a7b9e35560c1"
PING = "https://hc-ping.com/0f9d1e7c-secret"
SOURCES = f"sources:\n{source('syslog')}{source('pam', 'servers')}rules: [{{use: ssh}}, {{use: pam-login}}]\n"


def heartbeat(more: str) -> str:
    return f"{SOURCES}heartbeat: {{{more}}}"


def test_sources_are_a_list_or_a_table_with_intervals(tmp_path: Path) -> None:
    listed = load(tmp_path, heartbeat(f"key: {KEY}, sources: [one, servers], every: 30m")).heartbeat
    table = load(tmp_path, heartbeat(f"key: {KEY}, sources: {{one: 15m, servers: null}}")).heartbeat
    single = load(tmp_path, heartbeat(f"key: {KEY}, sources: one")).heartbeat

    assert [listed.every_of(name) for name in ("one", "servers")] == [timedelta(minutes=30)] * 2
    assert [table.every_of(name) for name in ("one", "servers")] == [
        timedelta(minutes=15),
        timedelta(hours=1),
    ]
    assert list(single.sources) == ["one"]
    assert listed.is_on


def test_it_is_off_by_default(tmp_path: Path) -> None:
    assert not load(tmp_path, SOURCES).heartbeat.is_on
    assert not load(tmp_path, f"{SOURCES}heartbeat:").heartbeat.is_on


@pytest.mark.parametrize(
    ("more", "setting", "says"),
    [
        ("sources: [one]", "heartbeat.key", "is missing"),
        (f"key: {KEY}", "heartbeat.sources", "is empty"),
        (f"key: {KEY}, sources: [won]", "heartbeat.sources", 'did you mean "one"?'),
        (f"key: {KEY}-{KEY[::-1]}-{KEY.upper()}7g3, sources: [one]", "heartbeat.key", "may have at most 64"),
        ("key: short, sources: [one]", "heartbeat.key", "needs at least 16"),
        (f"key: {KEY}, sources: {{one: soon}}", "heartbeat.sources.one", "duration"),
        (
            f"key: {KEY}, sources: [one], ping: http://example.com/0f9d1e7c-secret",
            "heartbeat.ping",
            "https://",
        ),
        (f"key: {KEY}, sources: [one], ping: 'https://'", "heartbeat.ping", "must be an address"),
        (f"key: {KEY}, sources: [one], ping: 0f9d1e7c-secret", "heartbeat.ping", "must be an address"),
        (f"key: {KEY}, sources: [one], pong: 1", "heartbeat.pong", 'did you mean "ping"?'),
    ],
)
def test_each_slip_is_told_with_what_to_write(tmp_path: Path, more: str, setting: str, says: str) -> None:
    (mistake,) = mistakes(tmp_path, heartbeat(more))

    assert mistake.setting == setting
    assert says in mistake.problem
    assert "0f9d1e7c-secret" not in str(mistake)
    assert KEY not in str(mistake)


def test_without_a_watcher_or_with_a_shared_key_it_is_warned_of(tmp_path: Path) -> None:
    (warning,) = warned(tmp_path, heartbeat(f"key: {KEY}, sources: [one]"))
    assert "heartbeat.ping: is not set" in warning

    (warning,) = warned(tmp_path, heartbeat(f"key: one-9f31c07be2a84d65, sources: [one], ping: {PING}"))
    assert "heartbeat.key: is the secret of sources.one too" in warning

    assert warned(tmp_path, heartbeat(f"key: {KEY}, sources: [one], ping: {PING}")) == []


@pytest.mark.parametrize("ping", [PING, "http://127.0.0.1:8000/ping/x", "http://[::1]:8000/x"])
def test_an_address_on_this_machine_needs_no_tls(tmp_path: Path, ping: str) -> None:
    section = load(tmp_path, heartbeat(f"key: {KEY}, sources: [one], ping: '{ping}'")).heartbeat

    assert section.ping is not None
    assert ping not in repr(section)
