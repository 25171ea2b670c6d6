"""Keeps where the history ends, what cards showed, and what rules said of each record."""

from typing import Any

FIRST_HASH = "0" * 64
SERIAL = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgres": "BIGSERIAL PRIMARY KEY"}

TABLES = """
CREATE TABLE audit_head (id INTEGER PRIMARY KEY, lines BIGINT NOT NULL, hash VARCHAR(64) NOT NULL);
INSERT INTO audit_head (id, lines, hash) SELECT 1, count(*),
    coalesce((SELECT hash FROM audit ORDER BY id DESC LIMIT 1), '{first}') FROM audit;
CREATE TABLE checkpoint (id {serial}, at BIGINT NOT NULL, lines BIGINT NOT NULL, text TEXT NOT NULL,
    denial BIGINT NOT NULL, is_regular BOOLEAN NOT NULL);
CREATE TABLE anchored (id {serial}, checkpoint_id BIGINT NOT NULL, anchor VARCHAR(255) NOT NULL,
    at BIGINT NOT NULL, proof TEXT);
ALTER TABLE inbox ADD COLUMN verdict VARCHAR(255);
ALTER TABLE notice ADD COLUMN shown_digest VARCHAR(64)
"""

ONLY_APPENDED = "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
ONLY_GROWS = "BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END"
# INSERT OR REPLACE fires no trigger for the line that it deletes.
SQLITE = f"""
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
    WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id OR hash = NEW.hash) {ONLY_APPENDED}
CREATE TRIGGER audit_in_order AFTER INSERT ON audit WHEN NEW.id < (SELECT max(id) FROM audit) {ONLY_APPENDED}
CREATE TRIGGER audit_head_one BEFORE INSERT ON audit_head
    WHEN EXISTS (SELECT 1 FROM audit_head) {ONLY_GROWS}
CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head {ONLY_GROWS}
CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head
    WHEN NEW.id <> OLD.id OR NEW.lines <= OLD.lines {ONLY_GROWS}
"""  # noqa: S608 (words of ours)
POSTGRES = """
CREATE FUNCTION audit_head_only_grows() RETURNS trigger AS $$
    BEGIN IF TG_OP = 'UPDATE' THEN IF NEW.id = OLD.id AND NEW.lines > OLD.lines
    THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION 'the audit only grows'; END $$ LANGUAGE plpgsql
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
CREATE TRIGGER audit_head_no_change BEFORE UPDATE OR DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_head_only_grows()
CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_head_only_grows()
"""


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001
    """Add tables, columns and triggers; a release that knows none of them goes on as before."""
    kind = "sqlite" if db.__class__.__name__ == "SqliteDatabase" else "postgres"
    for statement in TABLES.format(first=FIRST_HASH, serial=SERIAL[kind]).split(";"):
        db.execute_sql(statement)
    for statement in (SQLITE if kind == "sqlite" else POSTGRES).split("\nCREATE "):
        if statement.strip():
            db.execute_sql(f"CREATE {statement.strip().removeprefix('CREATE ')}")
