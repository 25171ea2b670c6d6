"""Ways to contain what was denied: a file a kind, with its settings. All wait for a reviewer to press."""

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from powertrip.config.read import Problem, tables
from powertrip.config.values import SourceName, empty_if_none
from powertrip.containment.aws_access_key import AwsAccessKeyAction
from powertrip.containment.aws_role_sessions import AwsRoleSessionsAction
from powertrip.containment.github_sso import GithubSsoAction
from powertrip.containment.host import HostAction
from powertrip.containment.okta_sessions import OktaSessionsAction
from powertrip.containment.section import ActionSection, Way
from powertrip.containment.teleport import TeleportAction
from powertrip.containment.webhook import WebhookAction
from powertrip.domain.containment import ContainmentRules
from powertrip.domain.rule_globs import Glob
from powertrip.net import Bounds, HttpClient, Pool

__all__ = [
    "ActionSection",
    "AnyAction",
    "ContainmentSection",
    "HostAction",
    "Way",
    "mistakes_in_containment",
    "ways",
]

AnyAction = Annotated[
    WebhookAction
    | TeleportAction
    | AwsAccessKeyAction
    | AwsRoleSessionsAction
    | OktaSessionsAction
    | GithubSsoAction
    | HostAction,
    Field(discriminator="type"),
]


class ContainmentSection(ContainmentRules):
    """What reviewers may have done about a denied event, by buttons on its card. All wait for a press."""

    actions: Annotated[
        dict[SourceName, AnyAction], BeforeValidator(empty_if_none), Field(default_factory=dict)
    ]
    """What is offered, by names of yours; without any there are no such buttons."""

    def globs(self) -> Iterator[Glob]:
        """The rules whose events each is offered for."""
        for name, action in self.actions.items():
            yield from ((("containment", "actions", name, "rules"), glob) for glob in action.rules)


def ways(section: ContainmentSection, pool: Pool, clock: Callable[[], datetime]) -> dict[str, Way]:
    """The way to do each action."""
    return {
        name: Way(
            action,
            HttpClient(
                client=pool, clock=clock, name=f"containment.actions.{name}", bounds=Bounds(size=1 << 20)
            ),
        )
        for name, action in section.actions.items()
    }


def mistakes_in_containment(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Actions that need what is not installed."""
    section = data.get("containment")
    for name, action in tables(section if isinstance(section, dict) else {}, "actions"):
        if str(action.get("type")).startswith("aws_") and importlib.util.find_spec("boto3") is None:
            yield ("containment", "actions", name), "needs boto3; run: pip install boto3"
