"""Where an event is asked about: the subject's direct messages, or the security channel, and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from powertrip.event import Person, Subject, SubjectKind

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
