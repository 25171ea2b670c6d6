"""`bot.py report`: the figures on a terminal, and on a page that whoever gets it can open safely."""

import asyncio
import re
from pathlib import Path

import pytest

from powertrip.cli.report.page import page
from powertrip.domain.report import Asked
from powertrip.rules import Ignored, Match
from powertrip.settings import load_config
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.migrating import migrate
from tests.cli.running import bot
from tests.month import PEOPLE, REVIEWERS, answered, asked, month, report_of, write
from tests.samples import ALICE, record

CONFIG = """
slack: {bot_token: xoxb-1, app_token: xapp-1}
database: {url: "sqlite:///month.db"}
rules: [{use: ssh}, {use: sudo}]
"""
HOSTILE = "<script>alert(1)</script>\u202e"


def page_of(events: list[Asked]) -> str:
    return page(report_of(events), database="sqlite:///x", version="1.0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration and the month in its database."""
    opened = open_database(f"sqlite:///{tmp_path}/month.db")
    migrate(opened)

    async def fill() -> None:
        thread = DatabaseThread(opened)
        await thread.run(write, month())
        await thread.close()

    asyncio.run(fill())
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def test_the_terminal_shows_what_the_card_shows(folder: Path) -> None:
    ended = bot("report", "--since", "2026-01-01", folder=folder)
    assert ended.status == 0
    assert "Asked: 81 events; 80 answered, 1 of them denied, 1 open" in ended.out
    assert "  where: {user_name: oswaldo, source_ip: 192.0.2.7}\n" in ended.out


def test_a_time_without_events_is_told(folder: Path) -> None:
    assert "Asked: nothing in this time." in bot("report", "--since", "1h", folder=folder).out


def test_a_time_that_is_none_is_a_slip(folder: Path) -> None:
    assert bot("report", "--since", "soon", folder=folder).status == 2


def test_the_page_is_one_file_for_its_owner_alone(folder: Path) -> None:
    ended = bot("report", "--since", "2026-01-01", "--html", "report.html", folder=folder)
    assert (ended.status, "written to report.html" in ended.errors) == (0, True)
    file = folder / "report.html"
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert "default-src 'none'" in text
    # Nothing is loaded, nothing runs, nothing leads elsewhere.
    assert re.findall(r"(?i)<script|src=|href=|url\(|@import|javascript:", text) == []


def test_the_page_names_nobody() -> None:
    text = page_of(list(month()))
    assert [name for name in (*PEOPLE, *REVIEWERS) if name in text] == []
    assert "withheld: fewer than 5 people" in text


def test_text_from_outside_is_escaped_on_the_page() -> None:
    values = {"user_name": "oswaldo", "host_name": HOSTILE[:-1], "source_ip": HOSTILE[:-1]}
    events = [
        answered(asked(f"b{n}", 1 + n % 2, None, is_bot=True, values=values), 60, "U0GRACE") for n in range(8)
    ]
    events.append(asked("rule", 1, ALICE, rule=HOSTILE))
    text = page_of(events)
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202e" in text
    assert "ssh_login_expected_1" in text


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_page_says_something_of_little(count: int) -> None:
    text = page_of([answered(asked(f"e{n}", 1, ALICE), 5) for n in range(count)])
    assert ("Nothing was asked" in text) == (count == 0)
    assert ("<svg" in text) == (count > 0)
    assert text.endswith("</html>\n")


def test_every_chart_draws_each_answer_while_there_are_few() -> None:
    text = page_of([answered(asked(p, 1, p), 5 * n) for n, p in enumerate(PEOPLE, 1)])
    assert text.count("<circle") == len(PEOPLE)
    assert page_of(list(month())).count("<circle") <= 60


def test_what_is_offered_is_valid_and_halves_what_is_asked(folder: Path) -> None:
    said = bot("report", "--since", "2026-01-01", folder=folder).out
    offered = re.search(r"(?m)^- name: (?:.|\n  )*", said)
    assert offered is not None
    entry = "\n".join(f"  {line}" for line in offered[0].splitlines())
    (folder / "config.yaml").write_text(
        CONFIG.replace("rules: [{use: ssh}, {use: sudo}]", f"rules:\n  - use: ssh\n  - use: sudo\n{entry}")
    )
    rules = load_config(folder / "config.yaml", {}).rules

    def judged(user: str, address: str) -> type:
        words = f"Accepted publickey for {user} from {address} port 50000 ssh2: ED25519 SHA256:{'k' * 43}"
        return type(rules.judge(record(words, host_name="deploy-1")))

    assert judged("oswaldo", "192.0.2.7") is Ignored
    assert judged("oswaldo", "192.0.2.8") is judged("alice", "192.0.2.7") is Match
