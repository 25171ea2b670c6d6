"""What makes the database itself refuse: triggers, unique indexes and tables, as the migrations make them.

What is expected on SQLite is read from an empty database that was migrated just now. On PostgreSQL that would
take another database, so its triggers stand here; its unique indexes are those of SQLite.
"""

import re
from collections.abc import Collection, Iterator

from playhouse.migrations import Runner

from powertrip.store.database import open_database
from powertrip.store.history.findings import Findings, Verdict
from powertrip.store.history.snapshot import Snapshot, snapshot
from powertrip.store.migrating import MIGRATIONS

Unique = tuple[str, tuple[str, ...], bool]
"""A table, columns, and whether only some rows are meant."""

_ON_POSTGRES = {
    "audit_no_change": "BEFORE DELETE OR UPDATE ON {}.audit FOR EACH ROW",
    "audit_no_truncate": "BEFORE TRUNCATE ON {}.audit FOR EACH STATEMENT",
    "audit_head_no_change": "BEFORE DELETE OR UPDATE ON {}.audit_head FOR EACH ROW",
    "audit_head_no_truncate": "BEFORE TRUNCATE ON {}.audit_head FOR EACH STATEMENT",
}
_FUNCTIONS = {
    "audit_append_only": "BEGIN RAISE EXCEPTION 'the audit is append-only'; END",
    "audit_head_only_grows": (
        "BEGIN IF TG_OP = 'UPDATE' THEN IF NEW.id = OLD.id AND NEW.lines > OLD.lines "
        "THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION 'the audit only grows'; END"
    ),
}


def check(seen: Snapshot, findings: Findings) -> list[tuple[str, str]]:
    """Compare what guards the tables with what should; returns the migrations that this release lacks.

    Each comes with when it was applied.
    """
    # Private to this process, and gone with the connection.
    fresh = open_database("sqlite:///:memory:")
    with fresh.connection_context():
        list(Runner(fresh, str(MIGRATIONS)).up())
        with snapshot(fresh) as new:
            made, unique = _sqlite_objects(new, "table"), set(_sqlite_unique(new))
            shapes, indexes = dict(_sqlite_columns(new)), _sqlite_objects(new, "index")
            expected = _postgres_expected(seen) if seen.is_postgres else _sqlite_triggers(new)
            known = {name for (name,) in new.rows("SELECT name FROM schema_migration")}
    applied = seen.rows("SELECT name, applied FROM schema_migration ORDER BY name")
    later = [(str(name), str(at)) for name, at in applied if name not in known]
    is_later = bool(later)
    _compare_triggers(
        _postgres_triggers(seen) if seen.is_postgres else _sqlite_triggers(seen), expected, findings
    )
    kinds = (
        _postgres_kinds(seen) if seen.is_postgres else dict.fromkeys(_sqlite_objects(seen, "table"), "table")
    )
    for table in sorted(made):
        if kinds.get(table) != "table":
            found = kinds.get(table, "something else, or nothing")
            findings.altered("table", f"table {table}", f"it is {found} instead of a table of its own")
    found_unique = set(_postgres_unique(seen) if seen.is_postgres else _sqlite_unique(seen))
    _compare_unique(found_unique, unique, findings, is_later)
    if seen.is_postgres:
        _check_postgres(seen, findings, made.keys())
    if is_later:
        return later
    present = dict(_postgres_columns(seen) if seen.is_postgres else _sqlite_columns(seen))
    texts = {} if seen.is_postgres else {**_sqlite_objects(seen, "table"), **_sqlite_objects(seen, "index")}
    for name, text in {**made, **indexes}.items():
        # Constraints and what they do on a conflict stand in the text alone.
        if texts.get(name, text) != text:
            findings.altered("shape", f"table or index {name}", "it is not made as the migrations make it")
    for table, columns in shapes.items():
        if table in present and present[table] != columns:
            findings.altered("columns", f"table {table}", "its columns are not those of the migrations")
    return later


def may_never_end(findings: Findings) -> bool:
    """Whether something stands where tables should that may hand out rows for ever."""
    return any((Verdict.INTEGRITY, kind) in findings.faults for kind in ("table", "rule"))


def _compare_unique(present: set[Unique], expected: set[Unique], findings: Findings, is_later: bool) -> None:
    for table, columns, is_partial in sorted(expected - present):
        some = " (of some rows)" if is_partial else ""
        findings.altered(
            "index", f"table {table}", f"nothing keeps {', '.join(columns)} unique{some} any more"
        )
    ours = {table for table, _, _ in expected}
    for table, columns, _ in sorted(present - expected):
        # What is known already is not kept again, and so one of these drops what it takes for known.
        if table in ours and not is_later:
            what = f"a unique index over {', '.join(columns)} is none of ours, and may drop rows unseen"
            findings.altered("unique", f"table {table}", what)


_Triggers = dict[tuple[str, str], str]
"""By table and name, for each table may have one of the same name."""


def _compare_triggers(present: _Triggers, expected: _Triggers, findings: Findings) -> None:
    for (table, name), body in expected.items():
        if (table, name) not in present:
            findings.missing(
                "trigger", f"trigger {name}", "it is gone: nothing keeps the history from changes"
            )
        elif present[table, name] != body:
            findings.altered(
                "trigger", f"trigger {name}", "it does something else than it should, or is disabled"
            )
    for table, name in sorted(present.keys() - expected.keys()):
        findings.altered(
            "stranger",
            f"trigger {name}",
            f"Powertrip has none of that name on {table}; it may swallow rows",
        )


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _sqlite_objects(seen: Snapshot, kind: str) -> dict[str, str]:
    rows = seen.rows("SELECT name, sql FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%'", kind)
    return {name: _plain(sql) for name, sql in rows}


def _sqlite_triggers(seen: Snapshot) -> _Triggers:
    rows = seen.rows("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {(table, name): _plain(sql) for table, name, sql in rows}


def _sqlite_columns(seen: Snapshot) -> Iterator[tuple[str, list[str]]]:
    for table in _sqlite_objects(seen, "table"):
        # Hidden ones are worked out of others.
        rows = seen.rows("SELECT name, hidden FROM pragma_table_xinfo(?) ORDER BY cid", table)
        yield table, [name if not hidden else f"{name} (made up)" for name, hidden in rows]


def _sqlite_unique(seen: Snapshot) -> Iterator[Unique]:
    indexes = """SELECT m.name, i.name, i.partial FROM sqlite_master m, pragma_index_list(m.name) i
        WHERE m.type = 'table' AND i."unique" AND i.origin <> 'pk'"""
    for table, index, is_partial in list(seen.rows(indexes)):
        columns = seen.rows("SELECT name FROM pragma_index_info(?) ORDER BY seqno", index)
        yield table, tuple(name or "" for (name,) in columns), bool(is_partial)


_OURS = "n.nspname = current_schema()"


def _postgres_triggers(seen: Snapshot) -> _Triggers:
    # Those of foreign keys are internal; a superuser can make any other look so.
    rows = seen.rows(
        f"""SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled, p.prosrc FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE (NOT t.tgisinternal OR left(p.proname, 8) <> 'RI_FKey_') AND {_OURS}"""  # noqa: S608 (a constant)
    )
    return {
        (table, name): f"{definition} / {enabled} / {_plain(body)}"
        for table, name, definition, enabled, body in rows
    }


def _postgres_expected(seen: Snapshot) -> _Triggers:
    row = seen.first("SELECT current_schema()")
    schema = row[0] if row else "public"
    expected = {}
    for name, when in _ON_POSTGRES.items():
        table = "audit_head" if name.startswith("audit_head") else "audit"
        function = "audit_head_only_grows" if table == "audit_head" else "audit_append_only"
        definition = f"CREATE TRIGGER {name} {when.format(schema)} EXECUTE FUNCTION {function}()"
        expected[table, name] = f"{definition} / O / {_FUNCTIONS[function]}"
    return expected


def _postgres_kinds(seen: Snapshot) -> dict[str, str]:
    names = {
        "r": "table",
        "v": "a view",
        "m": "a materialised view",
        "f": "a foreign table",
        "p": "a partitioned table",
    }
    rows = seen.rows(
        f"""SELECT c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OURS}"""  # noqa: S608 (a constant)
    )
    return {name: names.get(kind, f"of the kind {kind}") for name, kind in rows}


def _postgres_unique(seen: Snapshot) -> Iterator[Unique]:
    rows = seen.rows(
        f"""SELECT c.relname, array_agg(a.attname::text ORDER BY k.place), i.indpred IS NOT NULL
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
        WHERE i.indisunique AND NOT i.indisprimary AND i.indisvalid AND {_OURS}
        GROUP BY c.relname, i.indexrelid, i.indpred"""  # noqa: S608 (a constant)
    )
    for table, columns, is_partial in rows:
        yield table, tuple(name or "" for name in columns), bool(is_partial)


def _postgres_columns(seen: Snapshot) -> Iterator[tuple[str, list[str]]]:
    rows = seen.rows(
        f"""SELECT c.relname, array_agg(a.attname || CASE a.attgenerated WHEN '' THEN '' ELSE ' (made up)' END
        ORDER BY a.attnum) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind = 'r' AND {_OURS}
        GROUP BY c.relname"""  # noqa: S608 (a constant)
    )
    yield from rows


_IN_THE_WAY = {
    "the rule": "SELECT tablename, rulename FROM pg_rules WHERE schemaname = current_schema()",
    "the policy": "SELECT tablename, policyname FROM pg_policies WHERE schemaname = current_schema()",
    "row level security": f"""SELECT c.relname, '' FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE (c.relrowsecurity OR c.relforcerowsecurity) AND {_OURS}""",  # noqa: S608 (a constant)
    "the constraint": f"""SELECT c.relname, k.conname FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.contype IN ('c', 'x', 't') AND {_OURS}""",  # noqa: S608 (a constant)
    "the table that inherits it,": f"""SELECT c.relname, h.inhrelid::regclass::text FROM pg_inherits h
        JOIN pg_class c ON c.oid = h.inhparent JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS}""",  # noqa: S608 (a constant)
}
"""What of PostgreSQL can change what is read or written; the migrations make none of it."""


def _check_postgres(seen: Snapshot, findings: Findings, tables: Collection[str]) -> None:
    for what, statement in _IN_THE_WAY.items():
        for table, name in seen.rows(statement):
            if table in tables:
                findings.altered(
                    "rule",
                    f"table {table}",
                    f"{what} {name or 'of it'} changes what is read or written",
                )
    odd = f"""SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind = 'r' AND {_OURS}
        AND (t.typnamespace <> 'pg_catalog'::regnamespace OR a.attcollation NOT IN (0, t.typcollation))
        ORDER BY 1, 2"""  # noqa: S608 (a constant)
    for table, column in seen.rows(odd):
        if table in tables:
            what = f"{column} has a type or a collation of somebody's own, and so may compare otherwise"
            findings.altered("column type", f"table {table}", what)
    passing = f"""SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND c.relpersistence <> 'p' AND {_OURS} ORDER BY 1"""  # noqa: S608 (a constant)
    for (table,) in seen.rows(passing):
        if table in tables:
            findings.altered("unlogged", f"table {table}", "PostgreSQL empties it after a crash")
    role = seen.first("SELECT current_setting('session_replication_role')")
    if role and role[0] != "origin":
        findings.altered(
            "role", "session_replication_role", f"it is {role[0]}, and so no trigger guards the history"
        )
