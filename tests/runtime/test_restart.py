"""Which settings wait for a restart after a reload, by name."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from powertrip.config.schema import Setting, all_settings, models_in
from powertrip.config.values import AT_START
from powertrip.runtime.restart import needs_restart, read_at_start
from powertrip.settings import ConfigFile


def holding(model: type[BaseModel], setting: Setting, path: tuple[str, ...], value: object) -> BaseModel:
    """A model that holds nothing but the value of this one setting; NAME is a key, N an entry of a list."""
    name, *deeper = path
    models, steps = models_in(model.model_fields[name].annotation)
    if not deeper:
        return model.model_construct(None, **{name: value})
    having = [m for m in models if m in setting.only_in or not setting.only_in]
    deeper = deeper[len(steps) :]
    # A section above the one with types has the path, and is in no list of types.
    inner: Any = next(
        holding(m, setting, tuple(deeper), value) for m in having or models if deeper[0] in m.model_fields
    )
    for step in steps:
        inner = {"NAME": inner} if step == "NAME" else (inner,)
    return model.model_construct(None, **{name: inner})


def is_marked(model: type[BaseModel], setting: Setting) -> bool:
    """Whether the setting, or a section that it is in, is read at the start only."""
    models: tuple[type[BaseModel], ...] = (model,)
    for step in setting.path:
        fields = [m.model_fields[step] for m in models if step in m.model_fields]
        if any(AT_START in field.metadata for field in fields):
            return True
        if fields:
            models = tuple(inner for field in fields for inner in models_in(field.annotation)[0])
    return False


def wrongly_reported(root: type[BaseModel]) -> list[str]:
    """ConfigFile that are marked and not named, or named and not marked."""
    wrong = []
    for setting in all_settings((root,)):
        old, new = (holding(root, setting, setting.path, value) for value in ("before", "after"))
        named = list(needs_restart(read_at_start(old), new))
        dotted = ".".join(setting.path)
        if [name for name in named if dotted.startswith(name)] != named or bool(named) != is_marked(
            root, setting
        ):
            wrong.append(f"{dotted}: {named}")
    return wrong


def test_a_changed_setting_is_named_if_and_only_if_it_is_read_at_the_start_only() -> None:
    assert wrongly_reported(ConfigFile) == []


AS_A_WHOLE = ("enrichment.", "origins.NAME.tell.", "audit.anchors.NAME.")
"""Connections, of which every setting is read when they are opened."""


def test_the_settings_of_the_process_itself_wait_for_a_restart() -> None:
    waiting = {
        ".".join(setting.path) for setting in all_settings((ConfigFile,)) if is_marked(ConfigFile, setting)
    }
    assert {name for name in waiting if not name.startswith(AS_A_WHOLE)} == {
        "slack.bot_token",
        "slack.app_token",
        "slack.base_url",
        "ingest.host",
        "ingest.port",
        "metrics.host",
        "metrics.port",
        "metrics.worker_port",
        "database.url",
        "audit.sign_with",
        "proofs.page",
    }


def test_a_mark_where_the_comparison_does_not_look_is_found() -> None:
    class Entry(BaseModel):
        kept: Annotated[str, AT_START] = ""

    class Root(BaseModel):
        entries: tuple[Entry, ...] = ()

    assert wrongly_reported(Root) == ["entries.N.kept: []"]


@pytest.mark.parametrize("is_added", [True, False])
def test_an_origin_that_comes_or_goes_is_named_only_if_it_is_told(is_added: bool) -> None:
    def settings(**origins: Any) -> BaseModel:
        section = models_in(ConfigFile.model_fields["origins"].annotation)[0][0]
        return ConfigFile.model_construct(
            origins={name: section.model_construct(tell=tell) for name, tell in origins.items()}
        )

    fewer, more = settings(told="a way"), settings(told="a way", heard=None, new="another way")
    old, new = (fewer, more) if is_added else (more, fewer)
    assert needs_restart(read_at_start(old), new) == ("origins.new.tell",)
