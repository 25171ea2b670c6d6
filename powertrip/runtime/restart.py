"""Which changed settings a reload cannot put in force."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from powertrip.config.values import AT_START


def needs_restart(old: BaseModel, new: BaseModel, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The settings that differ and are read at the start only, as the file names them."""
    for name, field in type(new).model_fields.items():
        before, after = getattr(old, name, None), getattr(new, name, None)
        if before == after:
            continue
        here = (*path, name)
        if AT_START in field.metadata:
            yield ".".join(here)
        elif isinstance(before, BaseModel) and isinstance(after, BaseModel):
            yield from needs_restart(before, after, here)
        elif isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _of_entries(before, after, here)


def _of_entries(old: Mapping[str, object], new: Mapping[str, object], path: tuple[str, ...]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        entry = after if isinstance(after, BaseModel) else before
        if isinstance(entry, BaseModel):
            # An entry that came or went is compared with one that says nothing.
            nothing = type(entry).model_construct()
            one = before if isinstance(before, type(entry)) else nothing
            other = after if isinstance(after, type(entry)) else nothing
            yield from needs_restart(one, other, (*path, name))
