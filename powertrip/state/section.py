"""Where a process tells its state, and who needs a token to hear it."""

import ipaddress
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from powertrip.config.read import Problem
from powertrip.config.section import Section
from powertrip.config.values import AT_START, Environment, SourceSecret

_Port = Annotated[int | None, Field(ge=0, le=65535), AT_START]


class MetricsSection(Section):
    """What Powertrip tells of its own state: `/readyz` and `/metrics`."""

    host: Annotated[str, AT_START] = "127.0.0.1"
    """The address of their own port; by default only this machine reaches it."""
    port: Annotated[_Port, Environment("METRICS_PORT", overrides=True)] = 9464
    """Their own port, of `run` and `web`; 0 takes any that is free, null none."""
    worker_port: Annotated[_Port, Environment("METRICS_WORKER_PORT", overrides=True)] = 9465
    """That of `worker`, so that both halves can stand on one machine."""
    token: SourceSecret | None = None
    """The bearer token that they then need; with it they are answered on `ingest.port` too, for platforms
    that have no other."""


def doubts_in_metrics(section: MetricsSection) -> Iterator[Problem]:
    """A port that others reach, and that asks for nothing."""
    if section.port is None and section.worker_port is None:
        return
    if section.token is None and not _is_loopback(section.host):
        problem = (
            "whoever reaches it sees whether anybody was asked about a login, for metrics.token is not set; "
            "set that, or write 127.0.0.1 here"
        )
        yield ("metrics", "host"), problem


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
