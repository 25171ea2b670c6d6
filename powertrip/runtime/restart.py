"""Which changed settings a reload cannot put in force."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from powertrip.config.values import AT_START


def needs_restart(old: BaseModel, new: BaseModel, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The settings that differ and are read at the start only, with their dotted paths in the file."""
    for name, field in type(new).model_fields.items():
        before, after = getattr(old, name, None), getattr(new, name, None)
        here = (*path, name)
        if before == after:
            continue
        if AT_START in field.metadata:
            yield ".".join(here)
        elif isinstance(before, BaseModel) and isinstance(after, BaseModel):
            yield from needs_restart(before, after, here)
        elif isinstance(before, Mapping) and isinstance(after, Mapping):
            for key in sorted({*before, *after}):
                section = type(after[key] if key in after else before[key])
                if issubclass(section, BaseModel):
                    # An added or removed entry differs from an empty one only in what it sets itself.
                    empty = section.model_construct()
                    yield from needs_restart(before.get(key, empty), after.get(key, empty), (*here, key))
