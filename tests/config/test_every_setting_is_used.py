"""A setting that is declared is read somewhere. Mypy sees to the reverse: sections have no other attribute.

Read means an attribute of that name where the section is at hand: on `self` in the section's own classes,
behind the key of the section (`config.ingest.port`, `origin.grace` of `origins`), or in a module that names
the section's class, a union of such classes, or a protocol that the section fulfils.
"""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from inspect import get_annotations
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

import powertrip
from powertrip.config.schema import is_key, models_in, owner_of
from powertrip.config.section import Section
from powertrip.settings import ConfigFile

PACKAGE = Path(powertrip.__file__).parent
ELSEWHERE = ("migrations",)


@dataclass(frozen=True)
class Declared:
    """One setting, the class that declares it, and the keys in the file that lead to that class."""

    owner: type
    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """An attribute that is read, and what stands around it."""

    name: str
    behind: str
    """The last name before the dot: `ingest` of `config.ingest.port`."""
    within: str
    """The class whose method reads it, if one does."""
    module: str


def declared(model: type[BaseModel] = ConfigFile, keys: tuple[str, ...] = ()) -> Iterator[Declared]:
    for name, field in model.model_fields.items():
        inner, _ = models_in(field.annotation)
        for section in inner:
            yield from declared(section, (*keys, name))
        if not inner and not is_key(field) and name != "type":
            owner = owner_of(model, name)
            assert owner is not None
            yield Declared(owner, name, keys)


@cache
def modules() -> dict[str, ast.Module]:
    paths = [path for path in PACKAGE.rglob("*.py") if not set(path.parts) & set(ELSEWHERE)]
    return {str(path): ast.parse(path.read_text()) for path in (*paths, PACKAGE.parent / "bot.py")}


@cache
def reads() -> list[Read]:
    return [read for module, tree in modules().items() for read in _reads(tree, "", module)]


def _reads(node: ast.AST, within: str, module: str) -> Iterator[Read]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Attribute) and isinstance(child.ctx, ast.Load):
            behind = getattr(child.value, "attr", getattr(child.value, "id", ""))
            yield Read(child.attr, behind, within, module)
        yield from _reads(child, child.name if isinstance(child, ast.ClassDef) else within, module)


@cache
def names_of(module: str) -> frozenset[str]:
    """The classes that a module defines or imports."""
    found: set[str] = set()
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ClassDef):
            found.add(node.name)
    return frozenset(found)


@cache
def globals_of_the_package() -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for info in pkgutil.walk_packages([str(PACKAGE)], "powertrip."):
        if not {*info.name.split(".")} & {*ELSEWHERE, "cli"}:
            found += vars(importlib.import_module(info.name)).items()
    return found


@cache
def protocols() -> dict[str, frozenset[str]]:
    """The members of each protocol in the package."""
    return {
        name: frozenset(member for member in {*vars(value), *get_annotations(value)} if member[0] != "_")
        for name, value in globals_of_the_package()
        if isinstance(value, type) and getattr(value, "_is_protocol", False)
    }


@cache
def unions() -> dict[str, frozenset[type]]:
    """The sections of each union in the package."""
    found = {name: models_in(value)[0] for name, value in globals_of_the_package() if get_args(value)}
    return {name: frozenset(models) for name, models in found.items() if len(models) > 1}


@cache
def stands_for(owner: type) -> frozenset[str]:
    """The names of the owner's own classes, and of the unions and protocols that they are in."""
    related = {owner, *owner.__mro__, *_below(owner)} - {BaseModel, Section}
    mine = {one.__name__ for one in related if one.__module__.startswith("powertrip")}
    members = {*dir(owner), *getattr(owner, "model_fields", ())}
    mine |= {name for name, needed in protocols().items() if needed and needed <= members}
    return frozenset(mine | {name for name, models in unions().items() if models & related})


def _below(owner: type) -> Iterator[type]:
    direct: list[type] = owner.__subclasses__()
    for below in direct:
        yield below
        yield from _below(below)


def is_read(setting: Declared) -> bool:
    mine, key = stands_for(setting.owner), setting.keys[-1]
    return any(
        read.within in mine
        if read.behind == "self"
        else read.behind in (key, key.removesuffix("s")) or bool(names_of(read.module) & mine)
        for read in reads()
        if read.name == setting.name
    )


def test_every_setting_that_is_declared_is_used() -> None:
    unused = [f"{one.owner.__name__}.{one.name}" for one in declared() if not is_read(one)]

    assert unused == []


def test_a_setting_that_nobody_uses_is_found() -> None:
    class Unused(BaseModel):
        auth_header: Any = None

    assert not is_read(Declared(Unused, "auth_header", ("sources",)))
