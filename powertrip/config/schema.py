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

from powertrip.config.values import Environment, KeyInTable, Written

_PLAIN = {bool: "`true` or `false`", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting with the path to it; names that the operator chooses are capitals, such as NAME."""

    path: tuple[str, ...]
    field: FieldInfo
    only_in: tuple[type[BaseModel], ...] = ()
    """The types of the section that have it; empty where all do."""


Models: TypeAlias = tuple[type[BaseModel], ...]
"""One model, or those of which `type` chooses one."""


def all_settings(models: Models, path: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Every setting that holds a value, in the order of the models; sections themselves are left out."""
    seen: set[tuple[type | None, str]] = set()
    for model in models:
        for name, field in model.model_fields.items():
            owner = owner_of(model, name)
            if is_key(field) or (owner, name) in seen or (name == "type" and seen):
                continue
            seen.add((owner, name))
            having = tuple(one for one in models if owner_of(one, name) is owner)
            inner, steps = models_in(field.annotation)
            if inner:
                yield from all_settings(inner, (*path, name, *steps))
            elif name == "type" and len(models) > 1:
                yield Setting((*path, name), _type_field(models))
            else:
                yield Setting((*path, name), field, having if len(having) < len(models) else ())


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


def _type_field(models: Models) -> FieldInfo:
    base = next(base for base in models[0].__mro__ if all(issubclass(model, base) for model in models))
    written = Written(" or ".join(f"`{tag_of(model)}`" for model in models))
    about = base.model_fields["type"].description if issubclass(base, BaseModel) else None
    field = FieldInfo(annotation=str, description=about)
    field.metadata.append(written)
    return field


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
    """Follow pydantic's `loc`, which names chosen types beside keys and positions."""
    place, pending = Location(model=root, inside=(root,)), 0
    chosen: Models = ()
    for step in (step for step in loc if step != "[key]"):
        if not pending and len(place.inside) > 1:
            chosen, place.inside = place.inside, tuple(m for m in place.inside if tag_of(m) == step)
            continue
        place.path = (*place.path, step)
        if pending:
            pending -= 1
        elif place.inside:
            place.model, place.others, chosen = place.inside[0], chosen, ()
            place.field = place.model.model_fields.get(str(step))
            place.inside, steps = models_in(place.field.annotation) if place.field else ((), ())
            pending = len(steps)
    return place


def heading_of(root: type[BaseModel], section: str) -> type[BaseModel] | None:
    """The model that tells what a section of the file is about."""
    models = models_in(root.model_fields[section].annotation)[0]
    shared = (
        (base for base in models[0].__mro__ if all(issubclass(model, base) for model in models))
        if models
        else ()
    )
    return next((base for base in shared if issubclass(base, BaseModel)), None)


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
    return (
        ((annotation,), ())
        if isinstance(annotation, type) and issubclass(annotation, BaseModel)
        else ((), ())
    )
