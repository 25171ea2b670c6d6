"""What makes the database itself refuse: triggers, unique indexes and tables, as the migrations make them.

What is expected on SQLite is read from an empty database that was migrated just now. On PostgreSQL that would
take another database, so its triggers stand here; its unique indexes are those of SQLite.
"""

import re
from collections.abc import Iterator

from playhouse.migrations import Runner

from powertrip.store.database import MIGRATIONS, open_database
from powertrip.store.history.findings import Findings
from powertrip.store.history.snapshot import Row, Snapshot, snapshot

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


def check(seen: Snapshot, findings: Findings) -> None:
    """Compare what guards the tables with what should."""
    # Private to this process, and gone with the connection.
    fresh = open_database("sqlite:///:memory:")
    with fresh.connection_context():
        list(Runner(fresh, str(MIGRATIONS)).up())
        with snapshot(fresh) as new:
            tables, unique = set(_sqlite_objects(new, "table")), set(_sqlite_unique(new))
            expected = _postgres_expected(seen) if seen.is_postgres else _sqlite_objects(new, "trigger")
    _compare_triggers(
        _postgres_triggers(seen) if seen.is_postgres else _sqlite_objects(seen, "trigger"), expected, findings
    )
    kinds = (
        _postgres_kinds(seen) if seen.is_postgres else dict.fromkeys(_sqlite_objects(seen, "table"), "table")
    )
    for table in sorted(tables):
        if kinds.get(table) != "table":
            found = kinds.get(table, "something else, or nothing")
            findings.altered("table", f"table {table}", f"it is {found} instead of a table of its own")
    present = set(_postgres_unique(seen) if seen.is_postgres else _sqlite_unique(seen))
    for table, columns, is_partial in sorted(unique - present):
        some = " (of some rows)" if is_partial else ""
        findings.altered(
            "index", f"table {table}", f"nothing keeps {', '.join(columns)} unique{some} any more"
        )
    for rule in _postgres_rules(seen) if seen.is_postgres else ():
        findings.altered(
            "rule", f"table {rule[0]}", f"the rule or policy {rule[1]} changes what is read or written"
        )


def _compare_triggers(present: dict[str, str], expected: dict[str, str], findings: Findings) -> None:
    for name, body in expected.items():
        if name not in present:
            findings.missing(
                "trigger", f"trigger {name}", "it is gone: nothing keeps the history from changes"
            )
        elif present[name] != body:
            findings.altered(
                "trigger", f"trigger {name}", "it does something else than it should, or is disabled"
            )
    for name in sorted(present.keys() - expected.keys()):
        findings.altered(
            "stranger", f"trigger {name}", "Powertrip has none of that name; it may swallow or change rows"
        )


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _sqlite_objects(seen: Snapshot, kind: str) -> dict[str, str]:
    rows = seen.rows("SELECT name, sql FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%'", kind)
    return {name: _plain(sql) for name, sql in rows}


def _sqlite_unique(seen: Snapshot) -> Iterator[Unique]:
    indexes = """SELECT m.name, i.name, i.partial FROM sqlite_master m, pragma_index_list(m.name) i
        WHERE m.type = 'table' AND i."unique" AND i.origin <> 'pk'"""
    for table, index, is_partial in list(seen.rows(indexes)):
        columns = seen.rows("SELECT name FROM pragma_index_info(?) ORDER BY seqno", index)
        yield table, tuple(name or "" for (name,) in columns), bool(is_partial)


_OURS = "n.nspname = current_schema()"


def _postgres_triggers(seen: Snapshot) -> dict[str, str]:
    rows = seen.rows(
        f"""SELECT t.tgname, pg_get_triggerdef(t.oid), t.tgenabled, p.prosrc FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND {_OURS}"""  # noqa: S608 (a constant)
    )
    return {name: f"{definition} / {enabled} / {_plain(body)}" for name, definition, enabled, body in rows}


def _postgres_expected(seen: Snapshot) -> dict[str, str]:
    row = seen.first("SELECT current_schema()")
    schema = row[0] if row else "public"
    expected = {}
    for name, when in _ON_POSTGRES.items():
        function = "audit_head_only_grows" if name.startswith("audit_head") else "audit_append_only"
        definition = f"CREATE TRIGGER {name} {when.format(schema)} EXECUTE FUNCTION {function}()"
        expected[name] = f"{definition} / O / {_FUNCTIONS[function]}"
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


def _postgres_rules(seen: Snapshot) -> Iterator[Row]:
    yield from seen.rows("SELECT tablename, rulename FROM pg_rules WHERE schemaname = current_schema()")
    yield from seen.rows("SELECT tablename, policyname FROM pg_policies WHERE schemaname = current_schema()")
