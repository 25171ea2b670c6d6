"""`bot.py audit`: what an operator and an auditor see of the history."""

import asyncio
import base64
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from powertrip.cli.history.gathering import gather
from powertrip.cli.history.page import page
from powertrip.domain.checkpoint import found_in
from powertrip.domain.event import Status
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.history.findings import Findings
from powertrip.store.history.snapshot import snapshot
from powertrip.store.migrating import migrate
from tests.cli.running import Ended, bot
from tests.samples import later
from tests.store.busy import Busy, be_busy
from tests.store.storms import SECTION

KEY = base64.b64encode(bytes(range(32))).decode()
CONFIG = f"""
slack: {{bot_token: xoxb-1, app_token: xapp-1}}
database: {{url: "sqlite:///busy.db"}}
audit: {{sign_with: "{KEY}"}}
"""
HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a busy database and a configuration."""
    folder = tmp_path_factory.mktemp("busy")
    url = f"sqlite:///{folder}/busy.db"
    migrate(open_database(url))

    async def work() -> None:
        thread = DatabaseThread(open_database(url))
        await be_busy(thread)
        await Busy(thread).opened("hostile", user_name=HOSTILE, host_name="&amp;")
        await Busy(thread).send()
        await Busy(thread).decide("hostile", Status.DENIED)
        await thread.close()

    asyncio.run(work())
    (folder / "config.yaml").write_text(CONFIG)
    return folder


@pytest.fixture
def folder(busy: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(busy, tmp_path / "copy")
    return tmp_path / "copy"


def verify(folder: Path, *more: str) -> Ended:
    return bot("audit", "verify", *more, folder=folder)


def rewrite(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "busy.db") as connection:
        connection.execute(statement)
    connection.close()


def test_a_whole_history_is_said_to_be_whole(folder: Path) -> None:
    ended = verify(folder)
    assert (ended.status, ended.out.splitlines()[:2]) == (
        0,
        ["integrity     whole", "completeness  whole, as far as the database itself tells"],
    )


def test_what_is_wrong_is_named_below_its_verdict_and_ends_with_1(folder: Path) -> None:
    rewrite(folder, "UPDATE event SET status = 'approved' WHERE id = 'denied'")
    ended = verify(folder)
    assert ended.status == 1
    first, second, third, *_ = ended.out.splitlines()
    assert (first, third[:19]) == ("integrity     broken", "completeness  whole")
    assert second == "  event denied: it is approved, and the history says denied"
    assert "event denied: it is approved" in bot("check", folder=folder).said


def test_a_checkpoint_is_printed_and_shows_a_copy_that_was_restored(folder: Path) -> None:
    old = (folder / "busy.db").read_bytes()

    async def more() -> None:
        thread = DatabaseThread(open_database(f"sqlite:///{folder}/busy.db"))
        await Busy(thread).opened("newer")
        await thread.close()

    asyncio.run(more())
    printed = bot("audit", "checkpoint", folder=folder)
    (made,) = found_in([printed.out])
    key = printed.errors.split()[-1]
    # As a log of JSON lines holds it.
    (folder / "log").write_text(json.dumps({"event": "history checkpoint", "checkpoint": made.text}) + "\n")
    assert verify(folder, "--anchors", "log").status == 0
    for part in ("", "-wal", "-shm"):
        (folder / f"busy.db{part}").unlink(missing_ok=True)
    (folder / "busy.db").write_bytes(old)
    ended = verify(folder, "--anchors", "log", "--key", key)
    assert (ended.status, made.label in ended.out) == (1, True)
    # Without it nothing is seen: that is what checkpoints are for.
    assert verify(folder).status == 0


def test_a_file_without_checkpoints_and_a_key_that_is_none_are_slips(folder: Path) -> None:
    (folder / "empty").write_text("nothing\n")
    ended = verify(folder, "--anchors", "empty")
    assert (ended.status, "there is no checkpoint" in ended.out) == (1, True)
    assert verify(folder, "--key", "x").status == 2
    assert verify(folder, "--anchors", "missing").status == 2


def test_the_page_for_an_auditor_escapes_what_comes_from_outside(folder: Path) -> None:
    opened = open_database(f"sqlite:///{folder}/busy.db")
    with opened.connection_context(), snapshot(opened) as seen:
        told = gather(
            seen, Findings(), since=later(days=-1), until=later(days=2), every=later(hours=1) - later()
        )
    text = page(told, database="sqlite://", version="1.0", public_key=None)
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202e" in text
    assert "&amp;amp;" in text
    assert "default-src 'none'" in text
    of_storm = SECTION.above + 3
    assert (told.events, told.answered, len(told.unanswered)) == (14 + of_storm, 8, 6 + of_storm)
    # Those of a storm stand on its card, and on none of their own.
    assert told.asked >= of_storm
    assert {name: dict(item.verdicts) for name, item in told.deciders.items()} == {
        "U0ALICE": {"approve": 4, "deny": 4},
        "U0BOBNEW": {"approve": 1},
    }


def test_a_text_that_is_long_makes_no_long_page(folder: Path) -> None:
    rewrite(folder, "UPDATE decision SET actor_name = replace(hex(zeroblob(10000)), '0', '<')")
    ended = bot("audit", "report", "--since", "2026-01-01", "--output", "audit.html", folder=folder)
    assert ended.status == 0
    text = (folder / "audit.html").read_text()
    assert "(20,0" in text
    assert len(text) < 60_000


def test_the_page_is_written_to_a_file(folder: Path) -> None:
    ended = bot("audit", "report", "--since", "2026-01-01", "--output", "audit.html", folder=folder)
    assert ended.status == 0
    text = (folder / "audit.html").read_text()
    for words in ("Audit report", "Integrity: whole", "bot.py audit verify --anchors", "U0ALICE", "<svg"):
        assert words in text
    assert bot("audit", "report", "--output", "no/such/folder.html", folder=folder).status == 1
    assert bot("audit", "report", "--since", "tomorrow", folder=folder).status == 2


def test_a_history_without_checkpoints_is_not_said_to_miss_none(folder: Path) -> None:
    opened = open_database(f"sqlite:///{folder}/busy.db")
    with opened.connection_context(), snapshot(opened) as seen:
        told = gather(
            seen, Findings(), since=later(days=-1), until=later(days=2), every=later(hours=1) - later()
        )
    text = page(told, database="sqlite://", version="1.0", public_key=None)
    assert [why for _, _, why in told.gaps][-1:] == ["no checkpoint was made since"]
    assert "None is missing" not in text


def test_without_what_is_kept_elsewhere_it_says_what_cannot_be_seen(folder: Path) -> None:
    assert "not compared with what is kept elsewhere" in verify(folder).out


def test_an_event_shows_the_digests_of_the_cards_that_stood_for_it(folder: Path) -> None:
    shown = bot("events", "show", "denied", folder=folder).out
    assert '"shown": "0000' in shown
