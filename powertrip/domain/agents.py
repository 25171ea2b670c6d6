"""Agents and scripts under a person's name: what a record claims, and what reviewers may do about them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from powertrip.domain.decision import ActorKind, Agent, Decision
from powertrip.domain.event import Event
from powertrip.domain.people import SubjectKind

CLAIM = "claimed_agent"
"""The field in which a rule names what a record claims."""
NAME_LIMIT = 80
"""Characters of the name of an agent or a script that are kept."""
VARIABLE = "AI_AGENT"
"""The environment variable by which agents name themselves; whoever logs in can set it to anything."""

_IN_ENVIRONMENT = re.compile(rf"(?:^|[\s,;]){VARIABLE}=([^\s,;]{{1,200}})")
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """How an agent or script could be told from its person."""

    user_name: str
    channel: str
    title: str
    lines: tuple[str, ...]


def in_decision(agent: Agent | None) -> dict[str, Any]:
    """What a decision says of the agent that it is for; nothing where a person acted."""
    if agent is None:
        return {}
    name = agent.name.strip()[:NAME_LIMIT]
    return {"actor_kind": ActorKind.AGENT, "agent_name": name or None, "agent_running": agent.is_running}


def claimed(fields: Mapping[str, str]) -> str | None:
    """The agent that the record says it is of. It proves nothing, and nothing may be made easier by it."""
    if claim := fields.get(CLAIM):
        return claim
    found = _IN_ENVIRONMENT.search(fields.get("environment", ""))
    return found[1] if found else None


def suggestion(event: Event, decision: Decision, channel: str) -> Suggestion | None:
    """What to tell reviewers of an approval for an agent; None where there is nothing to do about it."""
    user_name = event.user_name
    if decision.actor_kind is not ActorKind.AGENT or user_name is None or event.is_test:
        return None
    # It is listed already.
    if event.subject.kind is SubjectKind.BOT:
        return None
    said = (
        f"{decision.actor_name} approved {event.id} for “{decision.agent_name}”. If it goes on, list its "
        "account under “people” in the configuration: its events are then asked about here, as a bot's."
    )
    name, how = user_name, "The entry: "
    if event.subject.kind is not SubjectKind.UNMAPPED:
        # As a bot, the person would not be asked about their own logins any more.
        name, how = "", f"{user_name} is a person's account: give the program one of its own, and list that: "
    name = name if _PLAIN_NAME.fullmatch(name) else "its-account"
    return Suggestion(
        user_name=user_name,
        channel=channel,
        title=f"An agent or a script acts as {user_name}",
        lines=(said, f"{how}{name}: {{bot: true, team: its-team}}"),
    )
