"""Where an event is asked about: the subject's direct messages, or the security channel, and why."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from powertrip.config.read import Problem, tables
from powertrip.config.section import Section
from powertrip.config.values import GroupId, MemberId
from powertrip.config.yamlfile import YamlPath
from powertrip.domain.people import Person, Subject, SubjectKind


class Reviewers(Section):
    """Who may decide every event. Without any, nobody can answer for a bot or an unknown user."""

    users: tuple[MemberId, ...] = ()
    """Slack member ids."""
    group: GroupId | None = None
    """A user group whose members are reviewers too."""

    @property
    def called(self) -> tuple[str, ...]:
        """The ids to mention when they are called: the group's, or else each member's."""
        return (self.group,) if self.group else self.users


Audience = Literal["person", "channel"]

UNRESOLVED = "@"
"""Begins the conversation of a person whom Slack has not named yet, before their name in the config."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """One conversation to post the first notice to."""

    conversation: str
    """A Slack member id, which means their direct messages, a channel id, or UNRESOLVED and a name."""
    audience: Audience
    why: SubjectKind
    """For a channel: what kept the event from being asked of a person."""


class People:
    """The `people` of the config, found by any of their names."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._all = tuple(people)
        self._by_name = {name: person for person in self._all for name in (person.name, *person.names)}
        self._in_any_case = {
            name.casefold(): person for person in self._all for name in _names_in_any_case(person)
        }

    def find(self, name: str | None) -> Person | None:
        """The person with this name; None where nobody has it.

        Names are compared exactly, as `Alice` and `alice` may be two unix users. E-mail addresses and GitHub
        logins are not: their case means nothing where they come from.
        """
        if not name:
            return None
        return self._by_name.get(name) or self._in_any_case.get(name.casefold())

    def all(self) -> tuple[Person, ...]:
        """Everybody, in the order of the config."""
        return self._all


def _names_in_any_case(person: Person) -> Iterator[str]:
    yield from (name for name in (person.name, *person.names) if "@" in name)
    yield from (name for name in (person.email, person.github) if name)


def route(subject: Subject, security_channel: str) -> Recipients:
    """Send a person their own event; everything else goes to the security channel."""
    if subject.kind is SubjectKind.LOOKUP_FAILED and subject.name:
        return Recipients(conversation=UNRESOLVED + subject.name, audience="person", why=subject.kind)
    if subject.kind is SubjectKind.PERSON and subject.slack_id:
        return Recipients(conversation=subject.slack_id, audience="person", why=subject.kind)
    return Recipients(conversation=security_channel, audience="channel", why=subject.kind)


def mistakes_in_people(data: Mapping[str, Any]) -> Iterator[Problem]:
    """People without a way to reach them, and names that two of them have."""
    yield from _unreachable(data)
    yield from _shared_names(data)


def _unreachable(data: Mapping[str, Any]) -> Iterator[Problem]:
    for name, person in tables(data, "people"):
        ways = [way for way in ("slack", "email", "bot") if person.get(way)]
        if len(ways) != 1:
            said = f"has {' and '.join(ways)}" if ways else "says nobody"
            yield ("people", name), f"{said}; write one of `slack: U…`, `email: …` and `bot: true`"
        if "team" in person and "bot" not in person:
            yield ("people", name, "team"), "is for bots alone; remove it, or write `bot: true`"


def _shared_names(data: Mapping[str, Any]) -> Iterator[Problem]:
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


_Name = tuple[YamlPath, str, str, bool]
"""Where a name is given, the name, whose it is, and whether capitals matter in it."""


def _first_names(data: Mapping[str, Any]) -> Iterator[_Name]:
    for name, _ in tables(data, "people"):
        yield ("people", name), str(name), name, "@" not in str(name)


def _further_names(data: Mapping[str, Any]) -> Iterator[_Name]:
    for name, person in tables(data, "people"):
        further = person.get("names")
        for number, other in enumerate(further if isinstance(further, list) else []):
            yield ("people", name, "names", number), str(other), name, "@" not in str(other)
        for key in ("email", "github"):
            if isinstance(person.get(key), str):
                yield ("people", name, key), person[key], name, False
