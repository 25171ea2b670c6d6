"""Records of a source of log lines without a line: a wrong key would swallow every login in silence."""

import json
from collections.abc import Iterable

from powertrip.domain.record import Record
from powertrip.rules.document import RecordJson, begins_as_json
from powertrip.rules.judgements import Rule

_NAMED = 12
_NAME_LIMIT = 40
_READ_UP_TO = 256 * 1024
"""Characters of a record that are read once more only to name its keys; reading holds up all else."""


def lacks_message(record: Record) -> bool:
    """Whether the source found no log line in the record, and took it whole for one."""
    is_whole = bool(record.message) and record.raw.startswith(record.message)
    return is_whole and (begins_as_json(record.raw) or record.raw.lstrip().startswith("["))


def why_lacking(record: Record, keys: tuple[str, ...]) -> str | None:
    """What the record has where a line should stand under `keys`; None if it is a line itself."""
    wanted = (
        f"no `{keys[0]}`" if len(keys) == 1 else f"no `{keys[0]}`, nor any other key known for a log line,"
    )
    if len(record.raw) > _READ_UP_TO:
        return f"{record.source}: {wanted} in the record; it is of {len(record.raw)} characters"
    try:
        value = json.loads(record.raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return f"{record.source}: {wanted} in the record; it is no object"
    # Names of keys are the sender's, and may be anything.
    names = [
        name for name in sorted(value) if name.isascii() and name.isprintable() and len(name) <= _NAME_LIMIT
    ]
    more = len(value) - len(names[:_NAMED])
    has = ", ".join([*names[:_NAMED], *([f"{more} more"] if more else [])]) or "nothing"
    return f"{record.source}: {wanted} in the record; it has {has}"


def is_wanted(rules: Iterable[Rule], record: Record, documents: RecordJson) -> bool:
    """Whether a rule over JSON is about records of this source that look like this one.

    A rule of a pack that names no source is for all, and wants only records with something it asks of.
    """
    for rule in rules:
        if rule.json is None or not rule.is_for(record.source):
            continue
        if rule.sources or (rule.pack is None and not rule.programs):
            return True
        document = documents.document(rule.json.inside, of_message=False)
        if document is None:
            continue
        paths = (condition.path for condition in rule.json.when)
        # A comparison, or a function, says something of any object.
        if any(document.find(path) != path.find({}) for path in paths):
            return True
    return False
