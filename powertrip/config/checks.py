"""Mistakes between settings, found in the data as written: each setting may be right, and both not.

They look past whatever is not of the expected shape, for that is already a mistake of its own; so all
mistakes are found in one go.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

from powertrip.config.schema import dotted
from powertrip.errors import Mistake
from powertrip.rules import RuleSet
from powertrip.rules.entry import did_you_mean
from powertrip.setting.values import as_list
from powertrip.yamlfile import Document, YamlPath


def mistakes_between(data: dict[str, Any], document: Document) -> Iterator[Mistake]:
    """Every mistake that takes two settings to make, in the order of the file's sections."""
    kinds = (_people, _names, _polls, _origins, _enrichment)
    for path, problem in (found for kind in kinds for found in kind(data)):
        yield Mistake(document.where(path), dotted(path), problem)


def _origins(data: dict[str, Any]) -> Iterator[tuple[YamlPath, str]]:
    """Sources of origins that are not there, or are of two origins: whose record would it be?"""
    sections = [*_sections(data, "sources"), *_sections(data, "polls")]
    known = [str(name) for name, _ in sections]
    owners: dict[str, str] = {}
    for origin, section in _sections(data, "origins"):
        named = as_list(section.get("sources"))
        if not named and not section.get("tell"):
            yield ("origins", origin), "has no sources, so it sees nothing; write `sources: [NAME]`"
        if not named and section.get("expects"):
            yield ("origins", origin, "expects"), "needs `sources`, for without them nothing is seen"
        for name in map(str, named if isinstance(named, list) else []):
            path = ("origins", origin, "sources")
            if name not in known:
                yield path, did_you_mean(name, known, "source")
            elif owners.setdefault(name, origin) != origin:
                yield path, f'"{name}" is already a source of {owners[name]}; remove it from one of the two'


def mistakes_about_rules(
    data: dict[str, Any], document: Document, rules: RuleSet | None
) -> Iterator[Mistake]:
    """Policies and expectations for a rule that makes no events: they demand nothing, and nobody notices."""
    known = [rule.name for rule in rules.rules if not rule.ignore] if rules else []
    for path, name in (*_rules_of_policies(data), *_rules_expected(data)):
        if known and name not in known:
            yield Mistake(document.where(path), dotted(path), did_you_mean(name, known, "rule"))


def _rules_of_policies(data: dict[str, Any]) -> Iterator[tuple[YamlPath, str]]:
    policies = data.get("policy")
    for number, policy in enumerate(policies if isinstance(policies, list) else []):
        when = policy.get("when") if isinstance(policy, dict) else None
        names = as_list(when.get("rule")) if isinstance(when, dict) else None
        path = ("policy", number, "when", "rule")
        yield from ((path, str(name)) for name in (names if isinstance(names, list) else []))


def _rules_expected(data: dict[str, Any]) -> Iterator[tuple[YamlPath, str]]:
    for origin, section in _sections(data, "origins"):
        names = as_list(section.get("expects"))
        path = ("origins", origin, "expects")
        yield from ((path, str(name)) for name in (names if isinstance(names, list) else []))


def _people(data: dict[str, Any]) -> Iterator[tuple[YamlPath, str]]:
    for name, person in _sections(data, "people"):
        ways = [way for way in ("slack", "email", "bot") if person.get(way)]
        if len(ways) != 1:
            said = f"has {' and '.join(ways)}" if ways else "says nobody"
            yield ("people", name), f"{said}; write one of `slack: U…`, `email: …` and `bot: true`"
        if "team" in person and "bot" not in person:
            yield ("people", name, "team"), "is for bots alone; remove it, or write `bot: true`"


def _names(data: dict[str, Any]) -> Iterator[tuple[YamlPath, str]]:
    """Names of two people: equal ones, and those that differ by capitals alone where these mean nothing."""
    exact: dict[str, str] = {}
    in_any_case: dict[str, str] = {}
    for path, name, owner, case_matters in (*_first_names(data), *_further_names(data)):
        known = [exact.get(name), in_any_case.get(name.casefold())]
        if not case_matters:
            known += [other for given, other in exact.items() if given.casefold() == name.casefold()]
        if others := [other for other in known if other not in (None, owner)]:
            yield path, f'"{name}" is already a name of {others[0]}; remove one'
            continue
        exact[name] = owner
        if not case_matters:
            in_any_case[name.casefold()] = owner


_Name: TypeAlias = tuple[YamlPath, str, str, bool]
"""Where a name is given, the name, whose it is, and whether capitals matter in it."""


def _first_names(data: dict[str, Any]) -> Iterator[_Name]:
    for name, _ in _sections(data, "people"):
        yield ("people", name), str(name), name, "@" not in str(name)


def _further_names(data: dict[str, Any]) -> Iterator[_Name]:
    for name, person in _sections(data, "people"):
        further = person.get("names")
        for number, other in enumerate(further if isinstance(further, list) else []):
            yield ("people", name, "names", number), str(other), name, "@" not in str(other)
        for key in ("email", "github"):
            if isinstance(person.get(key), str):
                yield ("people", name, key), person[key], name, False


_SECRETS_OF_SERVICES = {"threat_jammer": "token", "abuseipdb": "key"}
"""What a service cannot be asked without."""


def _enrichment(data: dict[str, Any]) -> Iterator[tuple[YamlPath, str]]:
    section = data.get("enrichment")
    listed = section.get("services") if isinstance(section, dict) else None
    services = listed if isinstance(listed, list) else []
    for number, name in enumerate(services):
        path = ("enrichment", "services", number)
        if name in services[:number]:
            yield path, f"{name} stands here twice; remove one"
        secret = _SECRETS_OF_SERVICES.get(str(name))
        settings = section.get(name) if isinstance(section, dict) else None
        if secret and not (isinstance(settings, dict) and settings.get(secret)):
            yield path, f"cannot be asked without enrichment.{name}.{secret}; write it, or remove the service"


def _polls(data: dict[str, Any]) -> Iterator[tuple[YamlPath, str]]:
    sources = dict(_sections(data, "sources"))
    for name, _ in _sections(data, "polls"):
        if name in sources:
            yield ("polls", name), "is the name of a source too; give one of them another"


def _sections(data: dict[str, Any], key: str) -> list[tuple[str, dict[str, Any]]]:
    sections = data.get(key)
    if not isinstance(sections, dict):
        return []
    return [(name, section) for name, section in sections.items() if isinstance(section, dict)]
