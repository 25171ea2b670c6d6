"""What an attacker with all rights on the database may do: what shows is named, and nothing stops the look.

The list stands in docs/history.md too, with what cannot show and why.
"""
# ruff: noqa: S608 (statements against a database of the test)

import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from powertrip.domain import checkpoint
from powertrip.domain.event import Status
from powertrip.domain.missed import MissedQuery
from powertrip.store import Store, again, marking
from powertrip.store.audit import digest
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.drivers import driver_errors
from powertrip.store.faults import named
from powertrip.store.history.findings import Verdict
from powertrip.store.proofs.rows import name_of
from tests.samples import ALICE, NOW, later
from tests.store.busy import Busy
from tests.store.rewriting import KEY, Kept, sql

INTEGRITY, COMPLETENESS = Verdict.INTEGRITY, Verdict.COMPLETENESS
FUTURE = 4102444800000000
"""The first day of 2100, in microseconds."""
Rewriting = tuple[Callable[[Kept], None], Verdict, str, str]
LEASE = timedelta(seconds=30)
PAGE = 4096
DAMAGED = 40
"""Files with damaged pages."""
UNJUDGED = "WHERE judged_at IS NULL"


def micro(hours: int) -> int:
    """A moment so many hours after the history began."""
    return int(later(hours=hours).timestamp()) * 1_000_000


def forged_batch(kept: Kept) -> None:
    """Judge what nobody judged, with a batch to match."""
    at = micro(6)
    (inbox_id,) = kept.run(f"SELECT min(id) FROM inbox {UNJUDGED}").fetchone()
    kept.run("UPDATE inbox SET judged_at = ?, verdict = 'ignored' WHERE id = ?", at, inbox_id)
    columns = "at, verdict, inbox_ids, mark"
    (mark,) = kept.run("SELECT mark FROM judged_batch ORDER BY id LIMIT 1").fetchone()
    kept.run(f"INSERT INTO judged_batch ({columns}) VALUES (?, 'ignored', ?, ?)", at, f"[{inbox_id}]", mark)


def appended(
    kept: Kept, action: str, event_id: str | None, actor: str | None, detail: str, mark: Any
) -> None:
    """Add a line in the way the program does, with the end after it."""
    lines, previous = kept.run("SELECT lines, hash FROM audit_head").fetchone()
    (last,) = kept.run("SELECT max(id) FROM audit").fetchone()
    at = micro(11)
    hashed = digest(previous, at, action, event_id, actor, detail)
    columns = "id, at, action, event_id, actor_id, detail, previous_hash, hash, mark"
    values = (last + 1, at, action, event_id, actor, detail, previous, hashed, mark)
    kept.run(f"INSERT INTO audit ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *values)
    if kept.is_postgres:
        kept.run("SELECT setval('audit_id_seq', ?)", last + 1)
    kept.run("UPDATE audit_head SET lines = ?, hash = ?", lines + 1, hashed)


def approved_by_bob(*, seen_elsewhere: bool = False) -> Callable[[Kept], None]:
    """A decision in all three tables at once, as the program makes one."""

    def rewrite(kept: Kept) -> None:
        at = micro(11)
        (known,) = kept.run("SELECT mark FROM audit WHERE id = 5").fetchone()
        detail = (
            '{"batch": null, "reason": "it was me", "revision": 2, "status": "approved", '
            '"verdict": "approve", "via": "button"}'
        )
        appended(kept, "decided", "late", "U0BOB", detail, known if seen_elsewhere else None)
        kept.run(
            "INSERT INTO decision (event_id, verdict, actor_id, actor_name, at, via, revision, reason) "
            "VALUES ('late', 'approve', 'U0BOB', 'Bob', ?, 'button', 2, 'it was me')",
            at,
        )
        kept.run("UPDATE event SET status = 'approved', decided_at = ? WHERE id = 'late'", at)

    return rewrite


def everything_of_one_event(kept: Kept) -> None:
    """Another user, in the event, its record and its line, with all hashes to match."""
    kept.run("UPDATE audit SET detail = replace(detail, 'it was me', 'it was Bob')")
    kept.run("UPDATE decision SET reason = 'it was Bob' WHERE reason = 'it was me'")
    kept.rebuild()


def split_in_a_circle(kept: Kept) -> None:
    detail = '{"count": 1, "from_event": "denied"}'
    appended(kept, "occurrences_split_off", "denied", None, detail, None)
    kept.run("DELETE FROM occurrence WHERE event_id = 'denied'")


def a_table_that_never_ends(kept: Kept) -> None:
    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    columns = [*(f"NULL AS {name}" for name in ("at", "action", "event_id", "actor_id", "detail", "mark"))]
    columns += [*(f"'x' AS {name}" for name in ("previous_hash", "hash"))]
    kept.run("ALTER TABLE audit RENAME TO elsewhere")
    kept.run(f"CREATE VIEW audit AS {rows} SELECT i AS id, {', '.join(columns)} FROM n")


# With the triggers taken away for it, and put back.
ATTACKS: dict[str, Rewriting] = {
    "a record is changed before it is judged": (
        sql(f"UPDATE inbox SET message = 'nothing', raw = 'nothing' {UNJUDGED}"),
        *(INTEGRITY, "marked inbox", "inbox row {unjudged}"),
    ),
    "a record is dated back before it is judged": (
        sql(f"UPDATE inbox SET occurred_at = 1 {UNJUDGED}"),
        *(INTEGRITY, "marked inbox", "inbox row {unjudged}"),
    ),
    "the mark of a changed record is taken away": (
        sql(f"UPDATE inbox SET message = 'nothing', mark = NULL {UNJUDGED}"),
        *(COMPLETENESS, "gone from inbox", "table inbox"),
    ),
    "two records are swapped before they are judged": (
        sql(
            f"UPDATE inbox SET mark = (SELECT i.mark FROM inbox i {UNJUDGED.replace('judged', 'i.judged')} "
            f"AND i.id <> inbox.id ORDER BY i.id LIMIT 1) {UNJUDGED}"
        ),
        *(INTEGRITY, "marked inbox", "inbox row {unjudged}"),
    ),
    "a record is deleted before it is judged": (
        sql(f"DELETE FROM inbox {UNJUDGED}"),
        *(COMPLETENESS, "gone from inbox", "table inbox"),
    ),
    "a record is deleted, and counted as deleted": (
        sql(
            f"DELETE FROM inbox {UNJUDGED}",
            "UPDATE ledger SET deleted = deleted + 2 WHERE name LIKE 'inbox%'",
        ),
        *(INTEGRITY, "ledger", "ledger of inbox, slot {slot}"),
    ),
    "the ledger is deleted": (sql("DELETE FROM ledger"), INTEGRITY, "ledger", "ledger of inbox"),
    "a record counts as ignored, and no rule said so": (
        sql(f"UPDATE inbox SET judged_at = received_at, verdict = 'ignored' {UNJUDGED}"),
        *(INTEGRITY, "verdict", "inbox row {unjudged}"),
    ),
    "a record counts as ignored, in a batch to match": (
        forged_batch,
        *(INTEGRITY, "marked judged_batch", "judged batch {after batches}"),
    ),
    "the verdict of a judged record is another": (
        sql("UPDATE inbox SET verdict = 'ignored' WHERE verdict = 'quarantine'"),
        *(INTEGRITY, "verdict", "inbox row {first quarantined}"),
    ),
    "a quarantined record is changed": (
        sql("UPDATE quarantine SET body = '\\x00' WHERE inbox_id IS NOT NULL"),
        *(INTEGRITY, "quarantined", "quarantine row {of record}"),
    ),
    "a quarantined body is changed": (
        sql("UPDATE quarantine SET reason = 'nothing' WHERE inbox_id IS NULL"),
        *(INTEGRITY, "marked quarantine", "quarantine row {of body}"),
    ),
    "a quarantined body is deleted": (
        sql("DELETE FROM quarantine WHERE inbox_id IS NULL"),
        *(COMPLETENESS, "gone from quarantine", "table quarantine"),
    ),
    "a poll skips what it has not fetched": (
        sql("""UPDATE poll SET "cursor" = '{"after": "9999"}'"""),
        *(INTEGRITY, "marked poll", "poll okta"),
    ),
    "a poll begins later": (
        sql('UPDATE poll SET "since" = "since" + 1'),
        *(INTEGRITY, "marked poll", "poll okta"),
    ),
    "a poll is put off for ever": (
        sql(f"UPDATE poll SET next_at = {FUTURE}"),
        *(COMPLETENESS, "poll put off", "poll okta"),
    ),
    "somebody else is who Slack says Alice is": (
        sql("""UPDATE people_cache SET value = '{"slack_id": "U0MALLORY"}'"""),
        *(INTEGRITY, "marked people_cache", "Slack's answer user:alice"),
    ),
    "a decision is added as the program adds one": (
        approved_by_bob(),
        *(INTEGRITY, "line unmarked", "audit line {after}"),
    ),
    "a decision is added with a mark that was seen elsewhere": (
        approved_by_bob(seen_elsewhere=True),
        *(INTEGRITY, "line forged", "audit line {after}"),
    ),
    "a reason is changed everywhere, and the chain rebuilt": (
        everything_of_one_event,
        *(INTEGRITY, "line forged", "audit line {decided}"),
    ),
    "an event was last seen at another time": (
        sql("UPDATE event SET last_occurred_at = 1 WHERE id = 'pending'"),
        *(INTEGRITY, "last seen", "event pending"),
    ),
    "an event has a revision that no record made": (
        sql("UPDATE event SET revision = 99 WHERE id = 'pending'"),
        *(INTEGRITY, "revision", "event pending"),
    ),
    "an expectation lasts longer": (
        sql("UPDATE expected_work SET until = until + 1 WHERE id = 'worked'"),
        *(INTEGRITY, "expectation", "expectation worked"),
    ),
    "an expectation covers more": (
        sql("UPDATE expected_work SET host = '*', network = NULL WHERE id = 'ended'"),
        *(INTEGRITY, "expectation", "expectation ended"),
    ),
    "an expectation that has ended stands again": (
        sql("UPDATE expected_work SET ended_at = NULL, ended_by = NULL, ended_why = NULL WHERE id = 'ended'"),
        *(INTEGRITY, "expectation", "expectation ended"),
    ),
    "an expectation was never used": (
        sql("UPDATE expected_work SET uses = 0"),
        *(INTEGRITY, "expectation", "expectation worked"),
    ),
    "an expectation is deleted": (
        sql("DELETE FROM expected_work WHERE id = 'worked'"),
        *(COMPLETENESS, "expectation gone", "expectation worked"),
    ),
    "an expectation is renamed": (
        sql("UPDATE expected_work SET id = 'other' WHERE id = 'worked'"),
        *(INTEGRITY, "expectation added", "expectation other"),
    ),
    "an event counts as asked about that an expectation approved": (
        sql("UPDATE event SET expected_by = NULL WHERE id = 'trusted'"),
        *(INTEGRITY, "expected", "event trusted"),
    ),
    "what nobody confirmed counts": (
        sql("UPDATE proof_factor SET confirmed_at = 1, ended_at = NULL WHERE id = 'bobapp'"),
        *(INTEGRITY, "factor", "factor bobapp"),
    ),
    "what one person enrolled is another's": (
        sql("UPDATE proof_factor SET slack_id = 'U0BOB', ended_at = NULL WHERE id = 'aliceapp'"),
        *(INTEGRITY, "factor", "factor aliceapp"),
    ),
    "what began with a sign-in counts as enrolled on the server": (
        sql("UPDATE proof_factor SET began = 'server' WHERE id = 'bobapp'"),
        *(INTEGRITY, "factor", "factor bobapp"),
    ),
    "a factor is added": (
        sql(
            "INSERT INTO proof_factor (id, person, slack_id, kind, label, secret, enrolled_at, confirmed_at, "
            "last_step, failures) VALUES ('mine', 'alice', 'U0ALICE', 'totp', 'phone', '-', 1, 1, -1, 0)"
        ),
        *(INTEGRITY, "factor added", "factor mine"),
    ),
    "a factor is gone": (
        sql("DELETE FROM proof_factor WHERE id = 'bobapp'"),
        *(COMPLETENESS, "factor gone", "factor bobapp"),
    ),
    "what was said to be lost is not": (
        sql("UPDATE proof_loss SET ended_at = NULL, ended_by = NULL WHERE id = 'loss'"),
        *(INTEGRITY, "loss", "lost device loss"),
    ),
    "nobody said that it is lost": (
        sql("DELETE FROM proof_loss WHERE id = 'loss'"),
        *(COMPLETENESS, "loss", "lost device loss"),
    ),
    "a wrong answer is forgotten": (
        sql("UPDATE proof_challenge SET failures = 0 WHERE nonce = 'unproven'"),
        *(INTEGRITY, "proof", f"proof {name_of('unproven')}"),
    ),
    "a proof is added": (
        sql(
            "INSERT INTO proof_challenge (nonce, event_id, revision, slack_id, name, kind, via, channel, "
            "created_at, until, failures, met_at) "
            "VALUES ('mine', 'unproven', 1, 'U0ALICE', 'Alice', 'totp', 'button', 'D1', 1, 2, 0, 1)"
        ),
        *(INTEGRITY, "proof added", f"proof {name_of('mine')}"),
    ),
    "an attempt to prove it counts as met": (
        sql("UPDATE proof_challenge SET met_at = 1, ended_at = NULL WHERE nonce = 'unproven'"),
        *(INTEGRITY, "proof", f"proof {name_of('unproven')}"),
    ),
    "a proof can be spent again": (
        sql("UPDATE proof_challenge SET spent_at = NULL WHERE nonce = 'proven'"),
        *(INTEGRITY, "proof", f"proof {name_of('proven')}"),
    ),
    "a proof of an expectation can be spent again": (
        sql("UPDATE expectation_challenge SET spent_at = NULL"),
        *(INTEGRITY, "proof", f"proof {name_of('~worked')}"),
    ),
    "a proof is of a wider expectation": (
        sql("UPDATE expectation_challenge SET seal = 'another'"),
        *(INTEGRITY, "proof", f"proof {name_of('~worked')}"),
    ),
    "a proof of an expectation is gone": (
        sql("DELETE FROM expectation_challenge"),
        *(COMPLETENESS, "proof gone", f"proof {name_of('~worked')}"),
    ),
    "an expectation was proven in another way": (
        sql("UPDATE expected_work SET announced_proof = 'passkey' WHERE id = 'provenwork'"),
        *(INTEGRITY, "expectation", "expectation provenwork"),
    ),
    "wrong answers are forgotten": (
        sql("DELETE FROM proof_challenge WHERE nonce = 'unproven'"),
        *(COMPLETENESS, "proof gone", f"proof {name_of('unproven')}"),
    ),
    "an approval takes no proof any more": (
        sql("UPDATE event SET requires_proof = '' WHERE id = 'unproven'"),
        *(INTEGRITY, "weight", "event unproven"),
    ),
    "an approval was proven in another way": (
        sql("UPDATE decision SET proof = 'passkey' WHERE event_id = 'proven'"),
        *(INTEGRITY, "decision", "decision {proven}"),
    ),
    "a storm's card goes to another channel": (
        sql("UPDATE storm SET channel = 'C0MALLORY'"),
        *(INTEGRITY, "storm changed", "storm {storm}"),
    ),
    "a storm matters less": (
        sql("UPDATE storm SET severity = 'low'"),
        *(INTEGRITY, "storm changed", "storm {storm}"),
    ),
    "a storm is deleted with its messages": (
        sql("DELETE FROM storm", "DELETE FROM storm_message"),
        *(COMPLETENESS, "storm gone", "storm {storm}"),
    ),
    "a storm is added": (
        sql(
            "INSERT INTO storm SELECT 'other', kind, 'other', rule, title, severity, user_name, source_ip, "
            "network, failed, host_groups, channel, opened_at, last_at, ended_at, ends_after, update_every, "
            "seq, version, reminders, next_reminder_at FROM storm"
        ),
        *(INTEGRITY, "storm added", "storm other"),
    ),
    "a storm counts fewer events": (
        sql("UPDATE storm SET seq = 3"),
        *(INTEGRITY, "storm number", "storm {storm}"),
    ),
    "an event of a storm has an earlier number, which a decision in bulk covers": (
        sql("UPDATE event SET storm_seq = 1 WHERE storm_seq = (SELECT max(storm_seq) FROM event)"),
        *(INTEGRITY, "storm number", "event {last of storm}"),
    ),
    "a storm is put off for ever": (
        sql(f"UPDATE storm SET next_reminder_at = {FUTURE}"),
        *(COMPLETENESS, "storm put off", "storm {storm}"),
    ),
    "a storm's message is said to be elsewhere": (
        sql("UPDATE storm_message SET channel = 'C0MALLORY'"),
        *(INTEGRITY, "storm message", "message {storm ts} in C0MALLORY"),
    ),
    "a message is said to be in another channel": (
        sql("UPDATE notice SET channel = 'C0MALLORY' WHERE id = 2"),
        *(INTEGRITY, "added", "notice 2"),
    ),
    "a message is there twice": (
        sql(
            "INSERT INTO notice (event_id, kind, channel, ts, reminder, posted_at, shown_revision, "
            "shown_version) SELECT event_id, kind, channel, '9.9', reminder, posted_at, shown_revision, "
            "shown_version FROM notice WHERE id = 2"
        ),
        *(INTEGRITY, "added", "notice {after notices}"),
    ),
    "a decision is there twice": (
        sql(
            "INSERT INTO decision (event_id, verdict, actor_id, actor_name, at, via, revision, reason) "
            "SELECT event_id, verdict, actor_id, actor_name, at, via, revision, reason "
            "FROM decision WHERE id = 2"
        ),
        *(INTEGRITY, "added", "decision {after decisions}"),
    ),
    "a card counts as sent, and nobody got it": (
        sql("UPDATE delivery SET state = 'done', done_at = 1 WHERE state = 'waiting' AND kind = 'first'"),
        *(COMPLETENESS, "asked", "event late"),
    ),
    "the alert of a denial counts as sent": (
        sql("UPDATE delivery SET state = 'done', done_at = 1 WHERE state = 'waiting' AND kind = 'outcome'"),
        *(COMPLETENESS, "alert", "event alarming"),
    ),
    "a checkpoint is deleted": (
        sql("DELETE FROM checkpoint WHERE id = 2"),
        *(COMPLETENESS, "checkpoint deleted", "checkpoint 3"),
    ),
    "the first checkpoint is deleted": (
        sql("DELETE FROM checkpoint WHERE id = 1"),
        *(COMPLETENESS, "checkpoint deleted", "checkpoint 2"),
    ),
    "a checkpoint that an anchor has taken is deleted": (
        sql(
            "INSERT INTO anchored (checkpoint_id, anchor, at) VALUES (3, 'siem', 1)",
            "DELETE FROM checkpoint WHERE id = 3",
        ),
        *(COMPLETENESS, "checkpoint gone", "checkpoint 3"),
    ),
    "a checkpoint says less in its row than in its text": (
        sql("UPDATE checkpoint SET lines = 1 WHERE id = 3"),
        *(INTEGRITY, "checkpoint row", "checkpoint 3"),
    ),
    "a migration of a later release is made up, so that less is compared": (
        sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2026-01-10 12:00:00')"),
        *(INTEGRITY, "migration", "migration 9999_later"),
    ),
    "records of two events are swapped with their seals": (
        sql(
            "UPDATE occurrence SET revision = 9 WHERE event_id = 'denied'",
            "UPDATE occurrence SET event_id = 'denied', revision = 1 WHERE event_id = 'half'",
            "UPDATE occurrence SET event_id = 'half', revision = 1 WHERE revision = 9",
        ),
        *(INTEGRITY, "record", "record 1 of event denied"),
    ),
    "an event is of 20 MB": (
        lambda kept: kept.run("UPDATE event SET message = ? WHERE id = 'denied'", "x" * 20_000_000),
        *(INTEGRITY, "event", "event denied"),
    ),
    "lines lead in a circle": (split_in_a_circle, COMPLETENESS, "record", "record 1 of event denied"),
    "a table hands out rows for ever": (a_table_that_never_ends, INTEGRITY, "table", "table audit"),
    "there is no list of migrations": (
        sql("ALTER TABLE schema_migration RENAME TO elsewhere"),
        *(INTEGRITY, "odd", "tables"),
    ),
}


# A view in place of a table takes no trigger of a table's.
WITHOUT_TOUCHING_TRIGGERS = {"a table hands out rows for ever"}


def places(kept: Kept) -> dict[str, object]:
    """What stands for what in the places above."""

    def one(statement: str) -> Any:
        return kept.run(statement).fetchone()[0]

    return {
        "unjudged": one(f"SELECT min(id) FROM inbox {UNJUDGED}"),
        "first quarantined": one("SELECT min(id) FROM inbox WHERE verdict = 'quarantine'"),
        "of record": one("SELECT min(id) FROM quarantine WHERE inbox_id IS NOT NULL"),
        "of body": one("SELECT min(id) FROM quarantine WHERE inbox_id IS NULL"),
        "after batches": one("SELECT max(id) + 1 FROM judged_batch"),
        "after notices": one("SELECT max(id) + 1 FROM notice"),
        "after decisions": one("SELECT max(id) + 1 FROM decision"),
        "after": one("SELECT max(id) + 1 FROM audit"),
        "decided": one("SELECT min(id) FROM audit WHERE action = 'decided'"),
        "storm": one("SELECT id FROM storm"),
        "storm ts": one("SELECT ts FROM storm_message"),
        "last of storm": one("SELECT id FROM event WHERE storm_seq = (SELECT max(storm_seq) FROM event)"),
        "proven": one("SELECT id FROM decision WHERE event_id = 'proven'"),
        "slot": one("SELECT slot FROM ledger WHERE name LIKE 'inbox%'"),
    }


@pytest.mark.parametrize("what", ATTACKS)
def test_an_attack_is_named_with_its_place(kept: Kept, what: str) -> None:
    rewrite, verdict, kind, where = ATTACKS[what]
    named = places(kept)
    if what in WITHOUT_TOUCHING_TRIGGERS:
        rewrite(kept)
    else:
        with kept.unguarded():
            rewrite(kept)
    found = kept.verified()
    assert (verdict, kind) in found.faults, found.faults
    assert found.faults[verdict, kind].where == where.format(**named)
    assert all(len(fault.what) < 500 for fault in found.faults.values())


async def test_what_was_changed_before_it_is_judged_is_quarantined_and_not_judged_as_it_stands(
    kept: Kept,
) -> None:
    kept.run(f"UPDATE inbox SET message = 'nothing' {UNJUDGED}")
    thread = DatabaseThread(open_database(kept.url, KEY))
    claimed = await Store(thread).inbox.claim(10, lambda: later(hours=12), LEASE)
    await thread.close()
    assert [record.flaw for record in claimed] == [marking.CHANGED] * len(claimed)
    assert claimed


async def test_a_poll_whose_cursor_was_changed_begins_anew_and_skips_nothing(kept: Kept) -> None:
    kept.run("""UPDATE poll SET "cursor" = '{"after": "9999"}'""")
    thread = DatabaseThread(open_database(kept.url, KEY))
    now, back = later(hours=12), timedelta(days=2)
    claimed = await Store(thread).polling.claim("okta", "process", lambda: now, look_back=back, lease=LEASE)
    await thread.close()
    assert claimed is not None
    assert (claimed.cursor, claimed.since) == (None, now - back)
    assert kept.verified().faults == {}


async def test_an_answer_of_slack_that_somebody_else_wrote_is_asked_for_again(kept: Kept) -> None:
    thread = DatabaseThread(open_database(kept.url, KEY))
    people = Store(thread).people_cache
    assert await people.get("user:alice", NOW) == {"slack_id": ALICE}
    kept.run("""UPDATE people_cache SET value = '{"slack_id": "U0MALLORY"}'""")
    assert await people.get("user:alice", NOW) is None
    await thread.close()


async def test_an_update_that_counts_as_done_and_was_not_is_missed(kept: Kept) -> None:
    thread = DatabaseThread(open_database(kept.url, KEY))
    busy = Busy(thread)
    busy.messages = 1000
    await busy.opened("stale")
    await busy.send()
    await busy.decide("stale", Status.APPROVED)
    await thread.close()
    assert kept.verified().faults == {}
    kept.run("UPDATE delivery SET state = 'done', done_at = 1 WHERE state = 'waiting' AND ts IS NOT NULL")
    (notice,) = kept.run("SELECT id FROM notice WHERE event_id = 'stale'").fetchone()
    assert kept.verified().faults[COMPLETENESS, "update"].where == f"notice {notice}"


def without_marks(kept: Kept) -> None:
    """As it is where no key is configured, or where it was stolen: everything can be made to match."""
    for table in ("inbox", "quarantine", "poll", "people_cache", "judged_batch", "audit"):
        kept.run(f"UPDATE {table} SET mark = NULL")
    kept.run("DELETE FROM ledger")


def rewrite_all(kept: Kept) -> None:
    """Rewrite a reason in all tables, the chain, its end, and every checkpoint that is kept there."""
    everything_of_one_event(kept)
    for row_id, lines in kept.run("SELECT id, lines FROM checkpoint").fetchall():
        statement = "SELECT hash FROM audit ORDER BY id LIMIT 1 OFFSET ?"
        (head,) = kept.run(statement, lines - 1).fetchone()
        made = checkpoint.make(lines=lines, head=head, at=later(hours=6 + row_id), version="1.0")
        kept.run("UPDATE checkpoint SET text = ? WHERE id = ?", made.text, row_id)


def cut_the_end(kept: Kept) -> None:
    """Cut lines that no other row tells of, with the end, the count of ids, and the checkpoints."""
    (last, lines) = kept.run("SELECT max(id), count(*) FROM audit").fetchone()
    kept.run("DELETE FROM audit WHERE id = ?", last)
    (head,) = kept.run("SELECT hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    kept.run("UPDATE audit_head SET lines = ?, hash = ?", lines - 1, head)
    kept.run("DELETE FROM checkpoint")
    if not kept.is_postgres:
        kept.run("UPDATE sqlite_sequence SET seq = ? WHERE name = 'audit'", last - 1)
        kept.run("DELETE FROM sqlite_sequence WHERE name = 'checkpoint'")


@pytest.mark.parametrize(("rewrite", "verdict"), [(rewrite_all, INTEGRITY), (cut_the_end, COMPLETENESS)])
def test_what_matches_in_all_tables_shows_by_what_is_kept_elsewhere_alone(
    kept: Kept, rewrite: Callable[[Kept], None], verdict: Verdict
) -> None:
    (lines, head) = kept.run("SELECT lines, hash FROM audit_head").fetchone()
    told = checkpoint.make(lines=lines, head=head, at=later(hours=10), version="1.0")
    with kept.unguarded():
        without_marks(kept)
        rewrite(kept)
    # Nothing in the database says otherwise: that is what anchors are for.
    assert kept.verified(key=None).faults == {}
    assert (verdict, "checkpoint") in kept.verified(told, key=None).faults


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
async def test_an_old_copy_on_which_the_program_went_on_shows_by_what_is_kept_elsewhere(
    kept: Kept, tmp_path: Path
) -> None:
    shutil.copy(tmp_path / "kept.db", tmp_path / "old.db")

    async def go_on(name: str) -> checkpoint.Checkpoint:
        thread = DatabaseThread(open_database(kept.url, KEY))
        await Busy(thread).opened(name)
        await thread.close()
        (lines, head) = kept.run("SELECT lines, hash FROM audit_head").fetchone()
        return checkpoint.make(lines=lines, head=head, at=later(hours=10), version="1.0")

    told = await go_on("before")
    with sqlite3.connect(tmp_path / "old.db") as old:
        old.backup(kept.connection)
    old.close()
    await go_on("after")
    assert kept.verified().faults == {}
    assert kept.verified(told).faults[INTEGRITY, "checkpoint"].where == f"audit line {told.lines}"


SQLITE_ALONE: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a text is kept as bytes": (
        ("UPDATE event SET user_name = CAST(user_name AS BLOB) WHERE id = 'denied'",),
        *("type", "table event, row 2"),
    ),
    "a name has a NUL in it": (
        ("UPDATE event SET user_name = user_name || char(0) || 'x' WHERE id = 'denied'",),
        *("event", "event denied"),
    ),
    "a column compares otherwise": (
        (
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = replace(sql, 'TEXT', 'TEXT COLLATE NOCASE') WHERE name = 'inbox'",
        ),
        *("shape", "table or index inbox"),
    ),
    "a table is made anew without a constraint": (
        (
            "CREATE TABLE copy AS SELECT * FROM notice",
            "DROP TABLE notice",
            "ALTER TABLE copy RENAME TO notice",
        ),
        *("shape", "table or index notice"),
    ),
    "the count of ids begins again": (
        ("UPDATE sqlite_sequence SET seq = 3 WHERE name = 'audit'",),
        *("sequence", "audit line {last}"),
    ),
    "a number is beyond all numbers": (
        ("UPDATE event SET last_occurred_at = 9e99 WHERE id = 'denied'",),
        *("type", "table event, row 2"),
    ),
}


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
@pytest.mark.parametrize("what", SQLITE_ALONE)
def test_what_only_a_file_allows_is_named(kept: Kept, what: str) -> None:
    statements, kind, where = SQLITE_ALONE[what]
    (last,) = kept.run("SELECT max(id) FROM audit").fetchone()
    with kept.unguarded():
        sql(*statements)(kept)
    kept.connection.close()
    assert kept.verified().faults[INTEGRITY, kind].where == where.format(last=last)


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_a_file_with_damaged_pages_is_looked_at_to_its_end_or_refused_in_one_sentence(
    kept: Kept, tmp_path: Path
) -> None:
    kept.run("PRAGMA wal_checkpoint(TRUNCATE)")
    kept.connection.close()
    file, rolled = tmp_path / "kept.db", random.Random(9)  # noqa: S311 (the same damage each time)
    whole = file.read_bytes()
    used = [at for at in range(0, len(whole), PAGE) if not _is_empty(whole[at : at + PAGE])]
    found = 0
    for _ in range(DAMAGED):
        damaged = bytearray(whole)
        for _ in range(rolled.randrange(1, 30)):
            damaged[rolled.randrange(len(damaged))] = rolled.randrange(256)
        page = rolled.choice(used)
        damaged[page : page + PAGE] = rolled.randbytes(PAGE)
        file.write_bytes(damaged)
        for beside in ("-wal", "-shm"):
            Path(f"{file}{beside}").unlink(missing_ok=True)
        try:
            found += bool(kept.verified().faults)
        except driver_errors() as error:
            # What a command makes of it is one sentence.
            found += "\n" not in named(error)
    # A page may be of a table that is no evidence.
    assert found > DAMAGED * 0.8


def _is_empty(page: bytes) -> bool:
    """Whether it is of a table or an index that holds nothing yet (https://www.sqlite.org/fileformat2.html)."""
    return page[0] in (2, 5, 10, 13) and page[3:5] == b"\0\0"


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_a_log_of_another_database_beside_the_file_changes_nothing(kept: Kept, tmp_path: Path) -> None:
    kept.run("PRAGMA wal_checkpoint(TRUNCATE)")
    kept.connection.close()
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE audit (id INTEGER PRIMARY KEY)")
        other.commit()
        shutil.copy(tmp_path / "other.db-wal", tmp_path / "kept.db-wal")
    other.close()
    Path(f"{tmp_path}/kept.db-shm").unlink(missing_ok=True)
    assert kept.verified().faults == {} or "table" in str(kept.verified().faults)


@pytest.mark.parametrize("kept", ["postgresql"], indirect=True)
def test_a_column_of_another_type_or_collation_is_named(kept: Kept) -> None:
    kept.run('ALTER TABLE inbox ALTER COLUMN record_id TYPE text COLLATE "C"')
    assert kept.verified().faults[INTEGRITY, "column type"].where == "table inbox"


async def test_what_is_read_anew_to_be_judged_again_bears_a_mark_that_fits(kept: Kept) -> None:
    thread = DatabaseThread(open_database(kept.url, KEY))
    store = Store(thread)
    found = await thread.run(again.quarantined, MissedQuery(limit=10))
    records = {item.id: [replace(item.record, host_name="read-anew")] for item in found if item.record}
    assert await store.again.rejudge_quarantined(records, later(hours=12)) == len(records) > 0
    claimed = await store.inbox.claim(100, lambda: later(hours=12), LEASE)
    await thread.close()
    assert "read-anew" in {record.host_name for record in claimed}
    assert {record.flaw for record in claimed} == {None}
    assert kept.verified().faults == {}
