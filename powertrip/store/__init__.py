"""The only room that knows there is a database.

A step is a plain function that belongs in one transaction. Each module offers its own to the rest of the
program in a class at its end, whose methods run a step on the database thread; `Store` holds one of each.
"""

# First, so that peewee loads no driver for a database that is not used.
import powertrip.store.drivers  # noqa: F401

# isort: split

from datetime import datetime

from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.retention import Retention
from powertrip.store import pruning
from powertrip.store.again import Again
from powertrip.store.audit import Audit
from powertrip.store.backups import Backups
from powertrip.store.bursts import BurstsAtPeople
from powertrip.store.clock import Clock, ClockStepped
from powertrip.store.containment_hosts import HostContainments
from powertrip.store.containments import Containments
from powertrip.store.database import DatabaseThread
from powertrip.store.decisions import Decisions
from powertrip.store.doubts import Doubts
from powertrip.store.enrichment_cache import EnrichmentCache
from powertrip.store.events import Events
from powertrip.store.expected_work.sweep import ExpectedWork
from powertrip.store.follow_ups import FollowUps
from powertrip.store.gaps import Gaps
from powertrip.store.gathering import Gathering
from powertrip.store.heartbeat import Heartbeats
from powertrip.store.hids.alerts import Sightings
from powertrip.store.hids.expected import Expectations
from powertrip.store.hids.reports import Tellings
from powertrip.store.history.checkpoints import CheckpointsMade
from powertrip.store.homes import Homes
from powertrip.store.inbox import Inbox
from powertrip.store.judging import Judging
from powertrip.store.lookups import Enriching
from powertrip.store.members import Members
from powertrip.store.notes import Notes
from powertrip.store.notices import Notices
from powertrip.store.outbox import Deliveries, Known
from powertrip.store.people_cache import PeopleCache
from powertrip.store.polls import Polling
from powertrip.store.processes import Processes
from powertrip.store.proofs.role import Proofs
from powertrip.store.quarantine import Quarantine
from powertrip.store.reports import Reports
from powertrip.store.resolving import Resolving
from powertrip.store.signals import Signal
from powertrip.store.sources.overview import Sources
from powertrip.store.sources.voices import Voices
from powertrip.store.statistics import Statistics
from powertrip.store.storms.deciding import StormDecisions
from powertrip.store.storms.dissolving import Dissolving
from powertrip.store.storms.messages import StormMessages
from powertrip.store.storms.sweep import StormSweeps
from powertrip.store.storms.views import StormViews
from powertrip.store.trials import Trials
from powertrip.store.troubles import Troubles
from powertrip.store.worker_lock import WorkerLock

__all__ = ["Clock", "ClockStepped", "Known", "Signal", "Store"]


class Store:
    """Everything that is kept, by what it is about. Every method may raise StoreUnavailable."""

    def __init__(self, database: DatabaseThread) -> None:
        self.again = Again(database)
        self.audit = Audit(database)
        self.backups = Backups(database)
        self.bursts = BurstsAtPeople(database)
        self.checkpoints = CheckpointsMade(database)
        self.decisions = Decisions(database)
        self.containments = Containments(database)
        self.deliveries = Deliveries(database)
        self.doubts = Doubts(database)
        self.enriching = Enriching(database)
        self.enrichment_cache = EnrichmentCache(database)
        self.events = Events(database)
        self.expectations = Expectations(database)
        self.expected_work = ExpectedWork(database)
        self.follow_ups = FollowUps(database)
        self.gaps = Gaps(database)
        self.gathering = Gathering(database)
        self.heartbeat = Heartbeats(database)
        self.homes = Homes(database)
        self.host_containments = HostContainments(database)
        self.inbox = Inbox(database)
        self.judging = Judging(database)
        self.members = Members(database)
        self.notes = Notes(database)
        self.notices = Notices(database)
        self.people_cache = PeopleCache(database)
        self.polling = Polling(database)
        self.processes = Processes(database)
        self.proofs = Proofs(database)
        self.quarantine = Quarantine(database)
        self.reports = Reports(database)
        self.resolving = Resolving(database)
        self.sightings = Sightings(database)
        self.sources = Sources(database)
        self.statistics = Statistics(database)
        self.storm_decisions = StormDecisions(database)
        self.storm_dissolving = Dissolving(database)
        self.storm_messages = StormMessages(database)
        self.storm_sweeps = StormSweeps(database)
        self.storms = StormViews(database)
        self.tellings = Tellings(database)
        self.trials = Trials(database)
        self.troubles = Troubles(database)
        self.voices = Voices(database)
        self._database = database
        self._run = database.run
        self._worker_lock = WorkerLock(database.database)

    async def prune(
        self, retention: Retention, quarantine: QuarantineSection, now: datetime
    ) -> dict[str, int]:
        """Delete what is beyond its keeping; returns how many of what."""
        return await pruning.prune(self._database, retention, quarantine, now)

    def hurry(self) -> None:
        """The process ends: a database that hangs is given up sooner."""
        self._database.hurry()

    async def begin_work(self, now: datetime) -> None:
        """Announce that this process judges and sends; belongs before its first claim."""
        await self._run(self._worker_lock.acquire, now)

    def end_work(self) -> None:
        """Announce that this process claims nothing any more."""
        self._worker_lock.release()
