"""Who was not sure of an event, beside the lines that tell of it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from powertrip.store.fields import MomentField
from powertrip.store.history.reading import ODD

_moment = MomentField()


@dataclass(frozen=True, slots=True)
class Doubted:
    """One line."""

    line: int
    said: tuple[Any, ...]


def of_line(line: int, actor_id: Any, at: int, detail: Any) -> Doubted:
    """What a line says."""
    told = (detail.get("actor_name"), detail.get("via"), detail.get("revision"), detail.get("is_subject"))
    return Doubted(line, (actor_id, at, *told))


def faults(column: str | None, lines: Sequence[Doubted]) -> Iterator[str]:
    """Where the column of an event and its lines disagree."""
    try:
        found = [_kept(each) for each in json.loads(column or "[]")]
    except ODD as error:
        yield f"who was not sure is nothing that the program writes: {error!s:.200}"
        return
    for told in lines:
        if told.said in found:
            found.remove(told.said)
        else:
            yield f"it does not say who was not sure as audit line {told.line} tells"
    for said in found:
        yield f"no audit line tells that {said[0]!s:.40} was not sure"


def _kept(each: Any) -> tuple[Any, ...]:
    at = _moment.db_value(datetime.fromisoformat(each["at"]))
    return (each["actor_id"], at, *(each[name] for name in ("actor_name", "via", "revision", "is_subject")))
