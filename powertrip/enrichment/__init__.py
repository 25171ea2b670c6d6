"""What services outside, and databases on this machine, know of addresses: a file per service."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from powertrip.config.read import Problem
from powertrip.config.section import Section
from powertrip.config.values import Written, did_you_mean
from powertrip.enrichment.cache import AnswerCache, EnrichmentStore
from powertrip.enrichment.databases import DatabaseFile, Databases
from powertrip.enrichment.enricher import Enricher
from powertrip.enrichment.section import ServiceSection, Tools
from powertrip.enrichment.service import Service, ServiceAnswer
from powertrip.enrichment.services.abuseipdb import AbuseIpDbSection
from powertrip.enrichment.services.greynoise import GreyNoiseSection
from powertrip.enrichment.services.threat_jammer import ThreatJammerSection
from powertrip.errors import ConfigError, Mistake, Rejected
from powertrip.metrics import Metrics
from powertrip.net import new_client

__all__ = [
    "AnswerCache",
    "DatabaseFile",
    "Databases",
    "Enricher",
    "EnrichmentSection",
    "Service",
    "ServiceAnswer",
    "Tools",
    "mistakes_in_enrichment",
]


class EnrichmentSection(Section):
    """What is found out about addresses. Only public ones are asked about."""

    services: Annotated[
        tuple[str, ...], Written("a list of names of the services below, such as `[greynoise]`")
    ] = ()
    """The services that are asked, in the order in which their answers count and are shown."""
    databases: tuple[str, ...] = ()
    """Files in MaxMind's format (GeoLite2, GeoIP2, DB-IP, IPinfo); they fill in what no service says."""
    ask_about_documentation: bool = False
    """Whether services are asked about documentation addresses (192.0.2.0/24 and the like): for demos."""
    threat_jammer: ThreatJammerSection = ThreatJammerSection()
    abuseipdb: AbuseIpDbSection = AbuseIpDbSection()
    greynoise: GreyNoiseSection = GreyNoiseSection()

    def asked(self) -> Iterator[tuple[str, ServiceSection]]:
        """The services that are asked, with their keys, in their order."""
        for key in self.services:
            yield key, getattr(self, key)

    def start(self, store: EnrichmentStore, metrics: Metrics, clock: Callable[[], datetime]) -> Enricher:
        """All services and databases as one; raises ConfigError for databases that cannot be read."""
        files, mistakes = [], []
        for number, path in enumerate(self.databases):
            try:
                files.append(DatabaseFile(Path(path)))
            except Rejected as error:
                mistakes.append(Mistake("config", f"enrichment.databases.{number}", str(error)))
        if mistakes:
            raise ConfigError(mistakes)
        tools = Tools(store=store, cache=AnswerCache(store, clock), client=new_client(), clock=clock)
        services = [section.service(key, tools) for key, section in self.asked()]
        return Enricher(
            # The databases come last: they fill in what no service says.
            [*services, Databases(files)] if files else services,
            tools.cache,
            client=tools.client,
            metrics=metrics,
            clock=clock,
            ask_about_documentation=self.ask_about_documentation,
        )


# Derived, so that a new service is its file and its field above.
_SERVICES: dict[str, type[ServiceSection]] = {
    name: field.annotation
    for name, field in EnrichmentSection.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, ServiceSection)
}


def mistakes_in_enrichment(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Services that do not exist, stand twice, or lack their token."""
    section = data.get("enrichment")
    # What is of another shape is a mistake that pydantic reports.
    listed = section.get("services") if isinstance(section, dict) else None
    services = listed if isinstance(listed, list) else []
    for number, name in enumerate(services):
        path = ("enrichment", "services", number)
        if name in services[:number]:
            yield path, f"{name} stands here twice; remove one"
        if str(name) not in _SERVICES:
            yield path, did_you_mean(str(name), list(_SERVICES), "service")
            continue
        secret = _SERVICES[name].needs
        settings = section.get(name) if isinstance(section, dict) else None
        if secret and not (isinstance(settings, dict) and settings.get(secret)):
            yield path, f"cannot be asked without enrichment.{name}.{secret}; write it, or remove the service"
