"""Walks the models of the settings: which setting a path names, what it is called, how it is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from inspect import get_annotations
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from powertrip.config.meanings import meaning_of
from powertrip.config.values import AT_START, Environment, KeyInTable, Written

_PLAIN = {bool: "`true` or `false`", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting with the path to it; names that the operator chooses are capitals, such as NAME."""

    path: tuple[str, ...]
    field: FieldInfo
    owner: type[BaseModel] | None = None
    """The class that says what the setting is."""
    only_in: tuple[type[BaseModel], ...] = ()
    """The types of the section that have it; empty where all do."""
    at_start: bool = False
    """Whether a reload leaves it as it was at the start."""

    @property
    def meaning(self) -> str:
        """What its docstring says, on one line."""
        return meaning_of(self.owner, self.path[-1]) if self.owner else ""


Models: TypeAlias = tuple[type[BaseModel], ...]
"""One model, or those of which `type` chooses one."""


def all_settings(models: Models, path: tuple[str, ...] = (), *, at_start: bool = False) -> Iterator[Setting]:
    """Every setting that holds a value, in the order of the models; sections themselves are left out."""
    seen: set[tuple[type | None, str]] = set()
    for model in models:
        for name, field in model.model_fields.items():
            owner = owner_of(model, name)
            # What the types of a section share is listed once, and `type` before all else.
            if is_key(field) or (owner, name) in seen or (name == "type" and seen):
                continue
            seen.add((owner, name))
            having = tuple(other for other in models if owner_of(other, name) is owner)
            inner, steps = models_in(field.annotation)
            waits = at_start or AT_START in field.metadata
            if inner:
                yield from all_settings(inner, (*path, name, *steps), at_start=waits)
            elif name == "type" and len(models) > 1:
                # Each model knows its own type alone; the reference lists all of them in one row.
                types, base = FieldInfo(annotation=str), _shared_base(models)
                types.metadata.append(Written(" or ".join(f"`{tag_of(model)}`" for model in models)))
                yield Setting((*path, name), types, base and owner_of(base, name), at_start=waits)
            else:
                yield Setting((*path, name), field, owner, having if len(having) < len(models) else (), waits)


def is_key(field: FieldInfo) -> bool:
    """Whether the field takes the section's key in its table, so that nothing is written for it."""
    return any(isinstance(mark, KeyInTable) for mark in field.metadata)


@cache
def owner_of(model: type[BaseModel], name: str) -> type | None:
    """The class that says what the setting is; None where there is no such setting."""
    return next((base for base in model.__mro__ if name in get_annotations(base)), None)


def tag_of(model: type[BaseModel]) -> str:
    """The `type` that chooses the model."""
    field = model.model_fields.get("type")
    return str(get_args(field.annotation)[0]) if field and get_origin(field.annotation) is Literal else ""


def _shared_base(models: Models) -> type[BaseModel] | None:
    bases = (base for base in models[0].__mro__ if issubclass(base, BaseModel))
    return next((base for base in bases if all(issubclass(model, base) for model in models)), None)


@dataclass(slots=True)
class Location:
    """What an error of pydantic's is about."""

    path: tuple[str | int, ...] = ()
    """As it stands in the file."""
    model: type[BaseModel] | None = None
    """The section that the last key of the path stands in."""
    others: Models = ()
    """The other types of that section."""
    field: FieldInfo | None = None
    inside: Models = ()
    """The models of which one was to be chosen here."""


def locate(root: type[BaseModel], loc: Sequence[str | int]) -> Location:
    """Follows pydantic's `loc`, which names chosen types beside keys and positions."""
    location, pending = Location(model=root, inside=(root,)), 0
    chosen: Models = ()
    for step in loc:
        # Pydantic's mark of a mistake in the key of a table itself; the key stands before it.
        if step == "[key]":
            continue
        if not pending and len(location.inside) > 1:
            chosen, location.inside = location.inside, tuple(m for m in location.inside if tag_of(m) == step)
            continue
        location.path = (*location.path, step)
        if pending:
            pending -= 1
        elif location.inside:
            location.model, location.others, chosen = location.inside[0], chosen, ()
            location.field = location.model.model_fields.get(str(step))
            location.inside, steps = models_in(location.field.annotation) if location.field else ((), ())
            pending = len(steps)
    return location


def heading_of(root: type[BaseModel], section: str) -> type[BaseModel] | None:
    """The model whose docstring says what a section of the file is about."""
    models = models_in(root.model_fields[section].annotation)[0]
    return _shared_base(models) if models else None


def dotted(path: Sequence[str | int]) -> str:
    """The path as mistakes name it: `policy.0.when`."""
    return ".".join(map(str, path))


def environment_of(field: FieldInfo) -> Environment | None:
    """The environment variable that stands in for the setting, if one does."""
    return next((mark for mark in field.metadata if isinstance(mark, Environment)), None)


def how_written(field: FieldInfo) -> str:
    """What to write as value, in words."""
    mark = next((mark for mark in field.metadata if isinstance(mark, Written)), None)
    return mark.text if mark else _describe(field.annotation)


def _describe(annotation: Any) -> str:
    kind, arguments = get_origin(annotation), get_args(annotation)
    if kind is Literal:
        return " or ".join(f"`{choice}`" for choice in arguments)
    if kind is tuple:
        return f"a list, each {_describe(arguments[0])}"
    if kind in (Union, UnionType):
        return _describe(arguments[0])
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{choice.value}`" for choice in annotation)
    mark = next((argument for argument in arguments if isinstance(argument, Written)), None)
    return mark.text if mark else _PLAIN[annotation]


def models_in(annotation: Any) -> tuple[Models, tuple[str, ...]]:
    """The models that a section, a table of sections or a list of them holds, and the step into it."""
    kind, arguments = get_origin(annotation), get_args(annotation)
    if kind is Annotated:
        return models_in(arguments[0])
    if kind is dict:
        return models_in(arguments[1])[0], ("NAME",)
    if kind is tuple:
        return models_in(arguments[0])[0], ("N",)
    if kind in (Union, UnionType):
        return tuple(model for argument in arguments for model in models_in(argument)[0]), ()
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return ((annotation,), ()) if is_model else ((), ())
