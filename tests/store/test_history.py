"""Every way of rewriting the history is named, and what the program itself does is none."""
# ruff: noqa: S608 (statements against a database of the test)

import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from powertrip.domain import checkpoint
from powertrip.store import Store
from powertrip.store.audit import FIRST_HASH, digest
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.history.findings import Findings, Verdict
from powertrip.store.history.snapshot import snapshot
from powertrip.store.history.verify import verify
from tests.samples import ALICE, later
from tests.store.rewriting import Kept, sql

INTEGRITY, COMPLETENESS = Verdict.INTEGRITY, Verdict.COMPLETENESS


def test_whatever_the_program_does_leaves_the_history_whole(kept: Kept) -> None:
    found = kept.verified()
    assert (found.faults, found.notes) == ({}, {})
    assert found.lines == kept.run("SELECT count(*) FROM audit").fetchone()[0]
    actions = {action for (action,) in kept.run("SELECT DISTINCT action FROM audit").fetchall()}
    # What would not be done could not be seen to leave it whole.
    assert actions >= {
        *("event_opened", "occurrence_joined", "occurrences_split_off", "decided", "subject_changed"),
        *("notice_posted", "notice_updated", "notices_moved", "member_renamed", "quarantine_pruned"),
    }


def rebuilt(kept: Kept) -> None:
    kept.run("UPDATE audit SET detail = replace(detail, 'it was me', 'it was Bob') WHERE id = 22")
    kept.rebuild()


def rebuilt_but_for_the_head(kept: Kept) -> None:
    head = kept.run("SELECT lines, hash FROM audit_head").fetchone()
    rebuilt(kept)
    kept.run("UPDATE audit_head SET lines = ?, hash = ?", *head)


def forged(kept: Kept, at: int, previous: str | None = None, hashed: str | None = None) -> None:
    """One line more, chained as it should be unless told otherwise."""
    last, newest = kept.run("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    previous = previous or newest
    hashed = hashed or digest(previous, at, "decided", "denied", "U0BOB", "{}")
    columns = "id, at, action, event_id, actor_id, detail, previous_hash, hash"
    values = (last + 1, at, "decided", "denied", "U0BOB", "{}", previous, hashed)
    kept.run(f"INSERT INTO audit ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *values)


def swallowing(kept: Kept) -> None:
    if kept.is_postgres:
        body = "BEGIN IF NEW.message LIKE '%%mallory%%' THEN RETURN NULL; END IF; RETURN NEW; END"
        kept.run(
            f"CREATE FUNCTION tidy() RETURNS trigger AS $$ {body} $$ LANGUAGE plpgsql".replace("%%", "%")
        )
        kept.run("CREATE TRIGGER tidy BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION tidy()")
        return
    kept.run(
        "CREATE TRIGGER tidy BEFORE INSERT ON inbox WHEN NEW.message LIKE '%mallory%' "
        "BEGIN SELECT RAISE(IGNORE); END"
    )


def triggers_dropped(kept: Kept) -> None:
    if kept.is_postgres:
        kept.run("DROP TRIGGER audit_no_change ON audit")
    else:
        kept.run("DROP TRIGGER audit_no_UPDATE")


def trigger_emptied(kept: Kept) -> None:
    if kept.is_postgres:
        kept.run("ALTER TABLE audit DISABLE TRIGGER audit_no_truncate")
        return
    kept.run("DROP TRIGGER audit_in_order")
    kept.run("CREATE TRIGGER audit_in_order AFTER INSERT ON audit BEGIN SELECT 1; END")


FUTURE = 4102444800000000
"""The first day of 2100, in microseconds."""
OF_DENIED = "WHERE event_id = 'denied'"

# What was done, what it is named, and where; with the triggers taken away for it.
REWRITINGS: dict[str, tuple[Callable[[Kept], None], Verdict, str, str]] = {
    "a line is changed": (
        sql("UPDATE audit SET actor_id = 'U0BOB' WHERE id = 22"),
        *(INTEGRITY, "chain", "audit line 22"),
    ),
    "a line in the middle is deleted": (
        sql("DELETE FROM audit WHERE id = 22"),
        *(INTEGRITY, "chain", "audit line 23"),
    ),
    "two lines are swapped": (
        sql(
            "UPDATE audit SET id = -1 WHERE id = 4",
            "UPDATE audit SET id = 4 WHERE id = 5",
            "UPDATE audit SET id = 5 WHERE id = -1",
        ),
        *(INTEGRITY, "chain", "audit line 4"),
    ),
    "a line without a hash is added": (
        lambda kept: forged(kept, 1, hashed="none"),
        *(INTEGRITY, "chain", "audit line {after}"),
    ),
    "the last three lines are cut off": (
        sql("DELETE FROM audit WHERE id > (SELECT max(id) FROM audit) - 3"),
        *(COMPLETENESS, "end", "after audit line {cut}"),
    ),
    "all lines are deleted": (sql("DELETE FROM audit"), COMPLETENESS, "end", "after audit line 0"),
    "the chain is rebuilt": (rebuilt_but_for_the_head, COMPLETENESS, "end", "after audit line {last}"),
    "the chain is rebuilt with its end": (rebuilt, INTEGRITY, "checkpoint", "audit line 30"),
    "a denied event is approved, and no reminder comes": (
        sql("UPDATE event SET status = 'approved', next_reminder_at = NULL WHERE id = 'denied'"),
        *(INTEGRITY, "status", "event denied"),
    ),
    "a denial becomes an approval by Bob": (
        sql(f"UPDATE decision SET verdict = 'approve', actor_id = 'U0BOB', actor_name = 'Bob' {OF_DENIED}"),
        *(INTEGRITY, "decision", "decision 2"),
    ),
    "decisions are deleted": (sql("DELETE FROM decision"), COMPLETENESS, "decision", "event alarming"),
    "an event's address is changed": (
        sql("UPDATE event SET source_ip = '192.0.2.99' WHERE id = 'denied'"),
        *(INTEGRITY, "event", "event denied"),
    ),
    "an event's user is changed": (
        sql("UPDATE event SET user_name = 'bob' WHERE id = 'denied'"),
        *(INTEGRITY, "event", "event denied"),
    ),
    "an event's line is changed": (
        sql("UPDATE event SET message = 'nothing' WHERE id = 'denied'"),
        *(INTEGRITY, "event", "event denied"),
    ),
    "a record's line is changed": (
        sql("UPDATE occurrence SET message = 'nothing' WHERE event_id = 'pending' AND revision = 2"),
        *(INTEGRITY, "record", "record 2 of event pending"),
    ),
    "a record is deleted": (
        sql("DELETE FROM occurrence WHERE event_id = 'pending' AND revision = 2"),
        *(COMPLETENESS, "record", "record 2 of event pending"),
    ),
    "notices are deleted": (
        sql(f"DELETE FROM notice {OF_DENIED}"),
        COMPLETENESS,
        "notice",
        "message 2.1 in D0NEW",
    ),
    "a whole event is deleted": (
        sql(
            *(f"DELETE FROM {table} {OF_DENIED}" for table in ("occurrence", "decision", "notice")),
            "DELETE FROM event WHERE id = 'denied'",
        ),
        *(COMPLETENESS, "event", "event denied"),
    ),
    "waiting deliveries are deleted": (
        sql("DELETE FROM delivery WHERE state = 'waiting' AND kind = 'first'"),
        *(COMPLETENESS, "asked", "event late"),
    ),
    "records that nobody judged count as judged": (
        sql("UPDATE inbox SET judged_at = received_at WHERE judged_at IS NULL"),
        *(COMPLETENESS, "record unjudged", "inbox row {unjudged}"),
    ),
    "a trigger swallows records": (swallowing, INTEGRITY, "stranger", "trigger tidy"),
    # Beyond the list of an independent trial:
    "records of two events are swapped": (
        sql(
            "UPDATE occurrence SET revision = 9 WHERE event_id = 'approved' AND revision = 2",
            "UPDATE occurrence SET event_id = 'approved' WHERE event_id = 'pending' AND revision = 2",
            "UPDATE occurrence SET event_id = 'pending', revision = 2 WHERE revision = 9",
        ),
        *(INTEGRITY, "record", "record 2 of event approved"),
    ),
    "a record that was split off twice is changed": (
        sql("UPDATE occurrence SET raw = 'nothing' WHERE event_id = 'grownrestrest'"),
        *(INTEGRITY, "record", "record 1 of event grownrestrest"),
    ),
    "a record is added to a decided event": (
        sql(
            "INSERT INTO occurrence (event_id, source, record_id, message, raw, occurred_at, received_at, "
            "revision, cut) VALUES ('denied', 'syslog', 'new', 'x', 'x', 1, 1, 2, 0)"
        ),
        *(INTEGRITY, "added", "record 2 of event denied"),
    ),
    "a notice says that another card was shown": (
        sql(f"UPDATE notice SET shown_digest = 'other' {OF_DENIED} AND kind = 'first'"),
        *(INTEGRITY, "shown", "notice 2"),
    ),
    "a notice says that a later revision was shown": (
        sql("UPDATE notice SET shown_revision = 9 WHERE id = 2"),
        *(INTEGRITY, "notice", "notice 2"),
    ),
    "a card counts as removed, so that nobody corrects it": (
        sql("UPDATE notice SET removed_at = 1 WHERE id = 2"),
        *(INTEGRITY, "removed", "notice 2"),
    ),
    "a line is dated in the future": (
        lambda kept: forged(kept, FUTURE),
        *(INTEGRITY, "future", "audit line {after}"),
    ),
    "a decision is made up in the history alone": (
        lambda kept: forged(kept, 1),
        *(COMPLETENESS, "decision", "event denied"),
    ),
    "a decision's reason is changed": (
        sql("UPDATE decision SET reason = 'asked Bob' WHERE id = 2"),
        *(INTEGRITY, "decision", "decision 2"),
    ),
    "an event is about somebody else": (
        sql("UPDATE event SET subject_slack_id = 'U0MALLORY' WHERE id = 'late'"),
        *(INTEGRITY, "subject", "event late"),
    ),
    "an event needs no second person any more": (
        sql("UPDATE event SET requires_second_person = false WHERE id = 'late'"),
        *(INTEGRITY, "weight", "event late"),
    ),
    "an event matters less": (
        sql("UPDATE event SET severity = 'low' WHERE id = 'late'"),
        *(INTEGRITY, "weight", "event late"),
    ),
    "an event is put into a storm, where a decision in bulk covers it unseen": (
        sql(
            "UPDATE event SET storm_id = (SELECT min(id) FROM storm), storm_seq = 1, storm_apart = NULL "
            "WHERE id = 'late'"
        ),
        *(INTEGRITY, "storm", "event late"),
    ),
    "a decision counts as part of another in bulk": (
        sql("UPDATE decision SET batch_id = 'other' WHERE id = 2"),
        *(INTEGRITY, "decision", "decision 2"),
    ),
    "a reminder is put off for ever": (
        sql(f"UPDATE event SET next_reminder_at = {FUTURE} WHERE id = 'pending'"),
        *(COMPLETENESS, "event put off", "event pending"),
    ),
    "a card is put off for ever": (
        sql(
            f"UPDATE delivery SET due_at = {FUTURE} WHERE id = "
            "(SELECT min(id) FROM delivery WHERE state = 'waiting')"
        ),
        *(COMPLETENESS, "delivery put off", "delivery {waiting}"),
    ),
    "a record is leased for ever": (
        sql(f"UPDATE inbox SET leased_until = {FUTURE} WHERE judged_at IS NULL"),
        *(COMPLETENESS, "inbox row put off", "inbox row {unjudged}"),
    ),
    "a channel rests for ever": (
        sql(f"INSERT INTO lane (name, free_at) VALUES ('C0SEC', {FUTURE})"),
        *(COMPLETENESS, "lane put off", "lane C0SEC"),
    ),
    "an index makes records of mallory count as known": (
        sql("CREATE UNIQUE INDEX tidy ON inbox ((CASE WHEN message LIKE '%mallory%' THEN 1 END))"),
        *(INTEGRITY, "unique", "table inbox"),
    ),
    "a table gets a constraint with a column": (
        sql("ALTER TABLE inbox ADD COLUMN more TEXT CHECK (message NOT LIKE '%mallory%')"),
        *(INTEGRITY, "columns", "table inbox"),
    ),
    "two columns change their names": (
        sql(
            "ALTER TABLE inbox RENAME COLUMN message TO m",
            "ALTER TABLE inbox RENAME COLUMN raw TO message",
            "ALTER TABLE inbox RENAME COLUMN m TO raw",
        ),
        *(INTEGRITY, "columns", "table inbox"),
    ),
    "a line says what breaks its reader": (
        sql("UPDATE audit SET detail = '{\"count\": [1]}' WHERE action = 'quarantine_pruned'"),
        *(INTEGRITY, "odd", "audit line {pruned}"),
    ),
    "a line is nested until its reader gives up": (
        sql(f"UPDATE audit SET detail = '{'[' * 50_000}' WHERE id = 22"),
        *(INTEGRITY, "chain", "audit line 22"),
    ),
    "reminders are switched off": (
        sql("UPDATE event SET next_reminder_at = NULL WHERE id = 'pending'"),
        *(COMPLETENESS, "reminder", "event pending"),
    ),
    "the alert of a denial is deleted": (
        sql("DELETE FROM delivery WHERE state = 'waiting' AND kind = 'outcome'"),
        *(COMPLETENESS, "alert", "event alarming"),
    ),
    "what was quarantined is deleted": (
        sql("DELETE FROM quarantine"),
        *(COMPLETENESS, "quarantine", "inbox row {quarantined}"),
    ),
    "the line of what was pruned says more": (
        sql("UPDATE audit SET detail = '{\"count\": 9}' WHERE action = 'quarantine_pruned'"),
        *(INTEGRITY, "chain", "audit line {pruned}"),
    ),
    "a record's seal is changed in the history": (
        sql("UPDATE audit SET detail = replace(detail, 'seal\": \"', 'seal\": \"0') WHERE id = 2"),
        *(INTEGRITY, "chain", "audit line 2"),
    ),
    "the row of the end is deleted": (sql("DELETE FROM audit_head"), COMPLETENESS, "head", "audit_head"),
    "the end counts other lines": (
        sql("UPDATE audit_head SET lines = lines - 1"),
        *(INTEGRITY, "head", "audit_head"),
    ),
    "a unique index is dropped": (sql("DROP INDEX event_open"), INTEGRITY, "index", "table event"),
    "a view stands in place of a table": (
        sql("ALTER TABLE tally RENAME TO elsewhere", "CREATE VIEW tally AS SELECT * FROM elsewhere"),
        *(INTEGRITY, "table", "table tally"),
    ),
}
# These are done to the triggers themselves.
UNGUARDED: dict[str, tuple[Callable[[Kept], None], Verdict, str, str]] = {
    "a trigger is dropped": (
        triggers_dropped,
        *(COMPLETENESS, "trigger", "trigger {dropped}"),
    ),
    "a trigger does nothing any more": (
        trigger_emptied,
        *(INTEGRITY, "trigger", "trigger {emptied}"),
    ),
}


def places(kept: Kept) -> dict[str, object]:
    """What stands for what in the places above."""
    (last,) = kept.run("SELECT max(id) FROM audit").fetchone()
    (unjudged,) = kept.run("SELECT min(id) FROM inbox WHERE judged_at IS NULL").fetchone()
    (quarantined,) = kept.run("SELECT max(id) FROM inbox WHERE verdict = 'quarantine'").fetchone()
    (pruned,) = kept.run("SELECT id FROM audit WHERE action = 'quarantine_pruned'").fetchone()
    return {
        "pruned": pruned,
        "last": last,
        "after": last + 1,
        "cut": last - 3,
        "unjudged": unjudged,
        "waiting": kept.run("SELECT min(id) FROM delivery WHERE state = 'waiting'").fetchone()[0],
        "quarantined": quarantined,
        "dropped": "audit_no_change" if kept.is_postgres else "audit_no_UPDATE",
        "emptied": "audit_no_truncate" if kept.is_postgres else "audit_in_order",
    }


@pytest.mark.parametrize("what", [*REWRITINGS, *UNGUARDED])
def test_a_rewriting_is_named_with_its_place(kept: Kept, what: str) -> None:
    rewrite, verdict, kind, where = (REWRITINGS | UNGUARDED)[what]
    where = where.format(**places(kept))
    row = kept.run("SELECT hash FROM audit WHERE id = 30").fetchone()
    anchor = checkpoint.make(lines=30, head=row[0], at=later(hours=1), version="1.0")
    if what in UNGUARDED:
        rewrite(kept)
    else:
        with kept.unguarded():
            rewrite(kept)
    found = kept.verified(anchor)
    assert (verdict, kind) in found.faults, found.faults
    assert found.faults[verdict, kind].where == where


def judged_by_an_earlier_release(kept: Kept, hours: int) -> None:
    """As a rollback leaves it: what seals nothing wrote a line, and judged records so many hours later."""
    line, at, detail = kept.run(
        "SELECT id, at, detail FROM audit WHERE event_id = 'late' ORDER BY id"
    ).fetchone()
    plain = {name: value for name, value in json.loads(detail).items() if not name.endswith("_seal")}
    text = json.dumps(plain, sort_keys=True)
    kept.run("UPDATE audit SET detail = ? WHERE id = ?", text, line)
    judged_at = at + hours * 3_600_000_000
    kept.run("UPDATE inbox SET verdict = NULL, judged_at = ? WHERE judged_at IS NOT NULL", judged_at)
    kept.rebuild()


@pytest.mark.parametrize(("hours", "is_whole"), [(0, True), (12, False)])
def test_what_an_earlier_release_judged_after_a_rollback_is_no_fault_and_what_nobody_judged_is_one(
    kept: Kept, hours: int, is_whole: bool
) -> None:
    with kept.unguarded():
        judged_by_an_earlier_release(kept, hours)
    found = kept.verified(key=None)
    assert ((COMPLETENESS, "record unjudged") not in found.faults) is is_whole, found.faults
    # What was rebuilt for it is not what the checkpoints saw.
    assert found.faults.keys() <= {(COMPLETENESS, "record unjudged"), (INTEGRITY, "checkpoint")}


def test_what_cannot_be_rewritten_is_refused(kept: Kept) -> None:
    (hashed,) = kept.run("SELECT hash FROM audit WHERE id = 4").fetchone()
    line = "1, 'x', NULL, NULL, '{}', 'p'"
    refused = {
        "sqlite": (
            f"INSERT OR REPLACE INTO audit VALUES (4, {line}, 'new', NULL)",
            f"INSERT OR REPLACE INTO audit VALUES (1000, {line}, '{hashed}', NULL)",
            f"INSERT OR REPLACE INTO audit SELECT max(id), {line}, 'new', NULL FROM audit",
            f"INSERT INTO audit VALUES (-5, {line}, 'new', NULL)",
            "UPDATE OR REPLACE audit SET id = 5 WHERE id = 4",
            "INSERT OR REPLACE INTO audit_head VALUES (1, 9999, 'new')",
            "INSERT INTO audit_head VALUES (2, 9999, 'new')",
        ),
        "postgresql": (
            "TRUNCATE audit",
            "TRUNCATE audit_head",
            "TRUNCATE event, audit CASCADE",
            f"INSERT INTO audit VALUES (4, {line}, 'new') ON CONFLICT (id) DO UPDATE SET actor_id = 'x'",
        ),
    }["postgresql" if kept.is_postgres else "sqlite"]
    head = (
        "UPDATE audit_head SET lines = lines",
        "UPDATE audit_head SET lines = 1",
        "DELETE FROM audit_head",
    )
    for statement in (*refused, *head):
        with pytest.raises(Exception, match=r"append-only|only grows"):
            kept.run(statement)
    assert kept.verified().faults == {}


async def test_an_end_that_was_cut_off_shows_however_much_is_written_after_it(kept: Kept) -> None:
    with kept.unguarded():
        kept.run("DELETE FROM audit WHERE id > (SELECT max(id) FROM audit) - 3")
    (last,) = kept.run("SELECT max(id) FROM audit").fetchone()
    thread = DatabaseThread(open_database(kept.url))
    await Store(thread).events.refused("late", ALICE, "approve", "no", later(hours=9))
    await thread.close()
    found = kept.verified()
    assert found.faults[INTEGRITY, "chain"].where == f"audit line {last + 4}"


async def test_an_old_copy_that_was_restored_shows_by_what_was_told_outside(kept: Kept) -> None:
    key = Ed25519PrivateKey.generate()
    (lines, head) = kept.run("SELECT lines, hash FROM audit_head").fetchone()
    before = checkpoint.make(lines=lines, head=head, at=later(hours=8), version="1.0", key=key)
    more = checkpoint.make(lines=lines + 5, head="ab" * 32, at=later(hours=9), version="1.0", key=key)
    (after,) = checkpoint.found_in([json.dumps({"event": "history checkpoint", "checkpoint": more.text})])
    assert kept.verified(before).faults == {}
    gone = kept.verified(before, after).faults[COMPLETENESS, "checkpoint"]
    assert "2026-01-15 21:00:00 UTC" in gone.what


def test_a_checkpoint_that_its_key_did_not_sign_is_forged(kept: Kept) -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    (lines, head) = kept.run("SELECT lines, hash FROM audit_head").fetchone()

    def verified(signer: Ed25519PrivateKey | None, swap: tuple[str, str] = ("", "")) -> Findings:
        made = checkpoint.make(lines=lines, head=head, at=later(hours=12), version="1.0", key=signer)
        opened = open_database(kept.url)
        with opened.connection_context():
            told = checkpoint.found_in([made.text.replace(*swap)])
            return verify(opened, later(days=1), anchors=told, key=key.public_key())

    assert verified(key).faults == {}
    # What was made before there was a key is not signed, and so is only told of.
    assert (unsigned := verified(None)).faults == {}
    assert unsigned.notes["checkpoints from before they were signed"] == 4
    for findings in (verified(other), verified(key, ("version=1.0", "version=1.1"))):
        assert list(findings.faults) == [(INTEGRITY, "forged")]


async def test_what_is_written_while_it_is_read_disturbs_nothing(kept: Kept) -> None:
    thread, opened = DatabaseThread(open_database(kept.url)), open_database(kept.url)
    store = Store(thread)
    with opened.connection_context(), snapshot(opened) as seen:
        assert seen.first("SELECT count(*) FROM audit") is not None
        # A writer that had to wait would wait for ever here.
        await store.events.refused("late", ALICE, "approve", "no", later(hours=9))
        rows = list(seen.rows("SELECT id FROM audit"))
        (lines,) = seen.first("SELECT lines FROM audit_head") or (0,)
    assert len(rows) == lines
    assert kept.verified().lines == lines + 1
    await thread.close()


def swallowed_beside(kept: Kept) -> None:
    swallowing(kept)
    kept.run("ALTER TRIGGER tidy ON inbox RENAME TO audit_no_change")
    kept.run("DROP TRIGGER audit_no_change ON audit")
    kept.run(
        "CREATE TRIGGER audit_no_change BEFORE DELETE OR UPDATE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_append_only()"
    )


def hidden_trigger(kept: Kept) -> None:
    swallowing(kept)
    kept.run("SET allow_system_table_mods = on")
    kept.run("UPDATE pg_trigger SET tgisinternal = true WHERE tgname = 'tidy'")


ON_POSTGRES: dict[str, tuple[Callable[[Kept], None], str, str]] = {
    "a trigger swallows records under a name of ours": (
        swallowed_beside,
        "stranger",
        "trigger audit_no_change",
    ),
    "a trigger looks like one of a foreign key": (hidden_trigger, "stranger", "trigger tidy"),
    "a constraint refuses records": (
        sql("ALTER TABLE inbox ADD CHECK (message NOT LIKE '%mallory%')"),
        *("rule", "table inbox"),
    ),
    "rows are hidden by their owner": (
        sql("ALTER TABLE inbox ENABLE ROW LEVEL SECURITY"),
        *("rule", "table inbox"),
    ),
    "a table without triggers inherits the history": (
        sql("CREATE TABLE more () INHERITS (audit)"),
        *("rule", "table audit"),
    ),
    "a table is emptied by the next crash": (
        sql("ALTER TABLE inbox SET UNLOGGED"),
        *("unlogged", "table inbox"),
    ),
    "no trigger fires in this database": (
        sql(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET session_replication_role = replica', "
            "current_database()); END $$"
        ),
        *("role", "session_replication_role"),
    ),
}


@pytest.mark.parametrize("kept", ["postgresql"], indirect=True)
@pytest.mark.parametrize("what", ON_POSTGRES)
def test_what_postgresql_lets_its_owner_do_to_tables_is_named(kept: Kept, what: str) -> None:
    rewrite, kind, where = ON_POSTGRES[what]
    rewrite(kept)
    assert kept.verified().faults[INTEGRITY, kind].where == where


ON_SQLITE: dict[str, tuple[str, str, str]] = {
    "a time is a word": ("UPDATE audit SET at = 'x' WHERE id = 5", "type", "table audit, row 5"),
    "an event's id is bytes": (
        "UPDATE audit SET event_id = x'ff' WHERE id = 5",
        *("type", "table audit, row 5"),
    ),
    "a text is none": (
        "UPDATE event SET title = CAST(x'ff41' AS TEXT) WHERE id = 'late'",
        *("odd", "events"),
    ),
    "a column is worked out of others": (
        "ALTER TABLE inbox ADD COLUMN g TEXT GENERATED ALWAYS AS (message) VIRTUAL",
        *("columns", "table inbox"),
    ),
}


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
@pytest.mark.parametrize("what", ON_SQLITE)
def test_what_sqlite_lets_its_owner_keep_is_named(kept: Kept, what: str) -> None:
    statement, kind, where = ON_SQLITE[what]
    with kept.unguarded():
        kept.run(statement)
    assert kept.verified().faults[INTEGRITY, kind].where == where


def test_what_only_looks_like_a_checkpoint_stops_nobody(kept: Kept) -> None:
    text = f"powertrip-checkpoint lines=1 head={FIRST_HASH} at=2026-13-45T99:99:99Z version=1"
    assert list(checkpoint.found_in([text])) == []
    kept.run(
        "INSERT INTO checkpoint (at, lines, text, denial, is_regular) VALUES (1, 1, ?, 0, true)",
        text,
    )
    assert list(kept.verified().faults) == [(INTEGRITY, "checkpoint row")]
