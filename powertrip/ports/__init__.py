"""What the workflow asks of its adapters, and the plain values they hand each other."""

from powertrip.ports.deliveries import Delivery, DeliveryKind, Posted, Shown
from powertrip.ports.due import DueGap, DueReminder, PollRound, PollState, Quarantined, ToEnrich
from powertrip.ports.events import (
    DecisionPlan,
    DecisionTaken,
    EventQuery,
    LoggedDecision,
    Numbers,
    RuleCount,
    Snapshot,
)
from powertrip.ports.judging import (
    Applied,
    Claimed,
    DueSighting,
    Judgement,
    ToAsk,
    ToCount,
    ToQuarantine,
    ToSight,
    Watch,
)
from powertrip.ports.outside import (
    BackupChannels,
    Directory,
    Enrichment,
    EnrichmentCache,
    Metrics,
    Notifier,
    Origin,
    OriginVerdict,
)
from powertrip.ports.store import DecisionLog, Store

__all__ = [
    "Applied",
    "BackupChannels",
    "Claimed",
    "DecisionLog",
    "DecisionPlan",
    "DecisionTaken",
    "Delivery",
    "DeliveryKind",
    "Directory",
    "DueGap",
    "DueReminder",
    "DueSighting",
    "Enrichment",
    "EnrichmentCache",
    "EventQuery",
    "Judgement",
    "LoggedDecision",
    "Metrics",
    "Notifier",
    "Numbers",
    "Origin",
    "OriginVerdict",
    "PollRound",
    "PollState",
    "Posted",
    "Quarantined",
    "RuleCount",
    "Shown",
    "Snapshot",
    "Store",
    "ToAsk",
    "ToCount",
    "ToEnrich",
    "ToQuarantine",
    "ToSight",
    "Watch",
]
