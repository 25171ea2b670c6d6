"""Walks the models of the settings: which setting a path names, what it is called, how it is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from powertrip.config.settings import Settings
from powertrip.config.values import Environment, Written

_PLAIN = {bool: "`true` or `false`", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting with the path to it; names that the operator chooses are capitals, such as NAME."""

    path: tuple[str, ...]
    field: FieldInfo


def all_settings(model: type[BaseModel] = Settings, path: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Every setting that holds a value, in the order of the models; sections themselves are left out."""
    for name, field in model.model_fields.items():
        inner, step = _inside(field.annotation)
        if inner is None:
            yield Setting((*path, name), field)
        else:
            yield from all_settings(inner, (*path, name, *step))


def model_at(path: Sequence[str | int]) -> type[BaseModel] | None:
    """The model whose keys stand under `path`; None where a value stands there, or nothing known."""
    model: type[BaseModel] | None = Settings
    steps = list(path)
    while steps and model is not None:
        field = model.model_fields.get(str(steps.pop(0)))
        model, chosen = _inside(field.annotation) if field else (None, ())
        del steps[: len(chosen)]
    return model


def field_at(path: Sequence[str | int]) -> FieldInfo | None:
    """The setting at `path`, or the list that `path` leads into; None for what is not known."""
    model = model_at(path[:-1]) if path else None
    if model is None:
        return field_at(path[:-1]) if path else None
    return model.model_fields.get(str(path[-1]))


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


def _inside(annotation: Any) -> tuple[type[BaseModel] | None, tuple[str, ...]]:
    """The model that a section, a table of sections or a list of them holds, and the step into it."""
    kind, arguments = get_origin(annotation), get_args(annotation)
    if kind is dict:
        return arguments[1], ("NAME",)
    if kind is tuple and isinstance(arguments[0], type) and issubclass(arguments[0], BaseModel):
        return arguments[0], ("N",)
    if kind in (Union, UnionType):
        return _inside(arguments[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ()
    return None, ()
