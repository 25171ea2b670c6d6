"""Where an event is asked about: the subject's direct messages, or the security channel."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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


UNRESOLVED = "@"
"""Begins the conversation of a person who is looked up before it is told, before their name in the config."""


DIRECT = ("D", "U", "W")
"""Begin the ids of direct messages, and of the members they are addressed by."""
_COPY = "\n"
"""Parts such a conversation from the channel of a copy; no name of a person or channel holds one."""


class People:
    """The `people` of the config, found by any of their names."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._all = tuple(people)
        self._by_name = {name: person for person in self._all for name in (person.name, *person.names)}
        self._in_any_case: dict[str, Person] = {}
        for person in self._all:
            addresses = [name for name in (person.name, *person.names) if "@" in name]
            for name in (*addresses, person.email, person.github):
                if name:
                    self._in_any_case[name.casefold()] = person

    def find(self, name: str | None) -> Person | None:
        """The person with this name, or None."""
        if not name:
            return None
        # `Alice` and `alice` may be two unix users. In e-mail addresses and GitHub logins case means nothing.
        return self._by_name.get(name) or self._in_any_case.get(name.casefold())

    def all(self) -> tuple[Person, ...]:
        """Everybody, in the order of the config."""
        return self._all


def first_route(person: Person | None, security_channel: str) -> str:
    """The conversation of a new event: UNRESOLVED and a person's name, else the security channel.

    Who is asked is decided when it is told: a judged record waits for nobody, and no outage moves a question.
    """
    return security_channel if person is None or person.bot else UNRESOLVED + person.name


def copy_route(channel: str, conversation: str) -> str:
    """The conversation of a copy for `channel` of what is asked in `conversation`.

    A copy says who is asked, so it waits for the same look-up.
    """
    return f"{conversation}{_COPY}{channel}" if conversation.startswith(UNRESOLVED) else channel


def parts_of(conversation: str) -> tuple[str, str]:
    """The name of the person in an UNRESOLVED conversation, and the channel of a copy or ""."""
    name, _, channel = conversation.removeprefix(UNRESOLVED).partition(_COPY)
    return name, channel


def route(subject: Subject, security_channel: str) -> str:
    """The conversation that is asked about an event: the person's own, else the security channel.

    A Slack member id, which means their direct messages, a channel id, or UNRESOLVED and a name.
    """
    if subject.kind is SubjectKind.AWAITED and subject.name:
        return UNRESOLVED + subject.name
    if subject.kind is SubjectKind.PERSON and subject.slack_id:
        return subject.slack_id
    return security_channel


def mistakes_in_people(data: Mapping[str, Any]) -> Iterator[Problem]:
    """People without a way to reach them, and names that two of them have."""
    for name, person in tables(data, "people"):
        ways = [way for way in ("slack", "email", "bot") if person.get(way)]
        if len(ways) != 1:
            state = f"has {' and '.join(ways)}" if ways else "says nobody"
            yield ("people", name), f"{state}; write one of `slack: U…`, `email: …` and `bot: true`"
        if "team" in person and "bot" not in person:
            yield ("people", name, "team"), "is for bots alone; remove it, or write `bot: true`"
    yield from _shared_names(data)


def _shared_names(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Names that two people have: equal, or equal but for capitals where these mean nothing."""
    exact: dict[str, str] = {}
    in_any_case: dict[str, str] = {}
    for path, name, owner, case_matters in _names(data):
        known = [exact.get(name), in_any_case.get(name.casefold())]
        # A name in which capitals mean nothing clashes also with those in which they do.
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


def _names(data: Mapping[str, Any]) -> Iterator[_Name]:
    # All keys come first, so that a mistake names the further name and not the person who has it as a key.
    for name, _ in tables(data, "people"):
        yield ("people", name), str(name), name, "@" not in str(name)
    for name, person in tables(data, "people"):
        further = person.get("names")
        for number, other in enumerate(further if isinstance(further, list) else []):
            yield ("people", name, "names", number), str(other), name, "@" not in str(other)
        for key in ("email", "github"):
            if isinstance(person.get(key), str):
                yield ("people", name, key), person[key], name, False
