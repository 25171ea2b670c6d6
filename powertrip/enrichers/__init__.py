"""What services outside, and databases on this machine, know of addresses: a file per service."""

from powertrip.enrichers.abuseipdb import AbuseIpDb
from powertrip.enrichers.answers import Answers
from powertrip.enrichers.conductor import Conductor
from powertrip.enrichers.databases import DatabaseFile, Databases
from powertrip.enrichers.greynoise import GreyNoise
from powertrip.enrichers.quota import Quota
from powertrip.enrichers.service import Service, ServiceAnswer, service_client
from powertrip.enrichers.threat_jammer import ThreatJammer

__all__ = [
    "AbuseIpDb",
    "Answers",
    "Conductor",
    "DatabaseFile",
    "Databases",
    "GreyNoise",
    "Quota",
    "Service",
    "ServiceAnswer",
    "ThreatJammer",
    "service_client",
]
