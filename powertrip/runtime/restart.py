"""Which changed settings a reload cannot put in force."""

from collections.abc import Mapping

from pydantic import BaseModel

from powertrip.config.values import AT_START


def read_at_start(section: BaseModel, path: tuple[str, ...] = ()) -> dict[str, object]:
    """The settings that are read at the start only, by their dotted paths in the file."""
    values: dict[str, object] = {}
    for name, field in type(section).model_fields.items():
        value, here = getattr(section, name, None), (*path, name)
        if AT_START in field.metadata:
            values[".".join(here)] = value
            continue
        entries = value.items() if isinstance(value, Mapping) else [("", value)]
        for key, entry in entries:
            if isinstance(entry, BaseModel):
                values |= read_at_start(entry, (*here, key) if key else here)
    return values


def needs_restart(at_start: Mapping[str, object], config: BaseModel) -> tuple[str, ...]:
    """The settings that are in force as `at_start` has them and that `config` has otherwise."""
    # An added or removed entry counts only if it sets one of them: an origin without `tell` does not.
    now = read_at_start(config)
    return tuple(name for name in sorted({*at_start, *now}) if at_start.get(name) != now.get(name))
