"""What came of each source's records: counted whole and bounded, and told once, on both databases."""

from datetime import timedelta

from powertrip.domain.delivery import Note
from powertrip.domain.judgement import Judgement, ToCount, ToQuarantine
from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.retention import Retention
from powertrip.domain.sources import NO_SOURCE, RecordVerdict, SourceReport, UnmatchedSection, refused
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from powertrip.store.sources import counts, unmatched
from powertrip.store.sources.refusals import Refusals
from tests.claiming import take_next
from tests.samples import NOW, SECURITY, ask, event, later, record

LEASE = timedelta(seconds=30)
SECTION = UnmatchedSection()
NAMES = {"servers": "", "quiet": "type github, but no rule reads it"}
NO_RULE = "no rule is for this program"


async def judge(
    thread: DatabaseThread,
    store: Store,
    verdict: RecordVerdict,
    *programs: str,
    at: float = 0.0,
    **changes: object,
) -> None:
    """A record of each program comes in, and all get this verdict, `at` hours after NOW."""
    now = later(hours=at)
    came = [
        record(f"{program} did {n}", source="servers", program=program, received_at=now, **changes)
        for n, program in enumerate(programs)
    ]
    await thread.run(inbox.append, [came])
    batch: list[Judgement] = []
    for item in await store.inbox.claim(len(came), lambda: now, LEASE):
        match verdict:
            case RecordVerdict.MATCH:
                batch.append(ask(item, event(fold_key=item.record_id)))
            case RecordVerdict.QUARANTINE:
                batch.append(ToQuarantine(record=item, rule=None, reason="odd"))
            case _:
                batch.append(ToCount(record=item, verdict=verdict, name="noise", reason=NO_RULE))
    await store.judging.apply(batch, now)


async def report_of(store: Store, name: str, **after: float) -> SourceReport:
    return next(
        report for report in await store.sources.reports(NAMES, later(**after)) if report.name == name
    )


async def notes(store: Store) -> list[Note]:
    """The notes that wait for the security channel."""
    found = []
    while (delivery := await take_next(store, later(days=99))) is not None:
        await store.deliveries.finish(delivery, NOW)
        if isinstance(delivery.payload, Note):
            found.append(delivery.payload)
    return found


async def test_a_source_shows_what_became_of_its_records_in_a_day_and_in_a_week(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, RecordVerdict.UNMATCHED, "cron", "cron", "dhclient", at=0)
    await judge(database_thread, store, RecordVerdict.MATCH, "sshd", at=30)
    await judge(database_thread, store, RecordVerdict.IGNORED, "sshd", "sshd", at=30)
    await judge(database_thread, store, RecordVerdict.QUARANTINE, "sudo", at=31)
    again = record(source="servers", record_id="twice", received_at=later(hours=31))
    await database_thread.run(inbox.append, [[again], [again]])

    report = await report_of(store, "servers", hours=32)

    assert report.heard_at == later(hours=31)
    assert report.day == {"accepted": 5, "match": 1, "ignored": 2, "quarantine": 1, "duplicate": 1}
    assert report.week == dict(report.day) | {"accepted": 8, "unmatched": 3}
    newest = report.unmatched[0]
    assert [(group.program, group.host_name, group.count) for group in report.unmatched] == [
        ("cron", "bastion-1", 2),
        ("dhclient", "bastion-1", 1),
    ]
    assert (newest.message, newest.reason, newest.newest_at) == ("cron did 1", NO_RULE, NOW)


async def test_a_source_that_never_sent_anything_and_one_that_nobody_configured_are_shown(
    database_thread: DatabaseThread, store: Store
) -> None:
    await database_thread.run(inbox.append, [[record(source="gone")]])
    reports = await store.sources.reports(NAMES, NOW)

    shown = [(report.name, report.is_configured, report.heard_at) for report in reports]
    assert shown == [("quiet", True, None), ("servers", True, None), ("gone", False, NOW)]


async def test_invented_programs_share_one_row_and_known_ones_keep_theirs(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, RecordVerdict.UNMATCHED, "cron")
    invented = [f"invented-{number}" for number in range(150)]
    await judge(database_thread, store, RecordVerdict.UNMATCHED, *invented)
    await judge(database_thread, store, RecordVerdict.UNMATCHED, "cron", "late-comer", host_name="x" * 255)
    await judge(database_thread, store, RecordVerdict.UNMATCHED, "cron")

    groups = (await report_of(store, "servers")).unmatched
    assert len(groups) == unmatched.GROUPS_A_DAY + 1
    (rest,) = [group for group in groups if group.is_rest]
    assert (rest.count, rest.message) == (51 + 2, "late-comer did 1")
    (cron,) = [group for group in groups if group.program == "cron"]
    assert cron.count == 2
    assert sum(group.count for group in groups) == 154


async def test_of_an_unmatched_record_only_the_beginning_is_kept(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, RecordVerdict.UNMATCHED, "p" * 250, host_name="\U0001f525" * 250)
    (group,) = (await report_of(store, "servers")).unmatched
    assert (group.program, len(group.host_name or "")) == ("p" * 100, 100)
    assert len(group.message) <= unmatched.EXAMPLE_KEPT


async def test_counts_are_forgotten_after_a_week(database_thread: DatabaseThread, store: Store) -> None:
    await judge(database_thread, store, RecordVerdict.UNMATCHED, "cron")
    gone = await store.prune(Retention(), QuarantineSection(), later(days=9))
    assert (gone["source_counts"], gone["unmatched"]) == (2, 1)
    report = await report_of(store, "servers", days=9)
    assert (report.week, report.unmatched, report.heard_at) == ({}, (), NOW)


async def test_refused_requests_are_counted_by_source_and_cause(
    database_thread: DatabaseThread, store: Store
) -> None:
    refusals = Refusals(database_thread, lambda: NOW)
    for _ in range(3):
        refusals.add("servers", "401 wrong secret or signature")
    refusals.add("servers", "413 too large")
    refusals.add("", "404 no such source")
    await refusals.close()

    report = await report_of(store, "servers")
    assert refused(report.day) == {"401 wrong secret or signature": 3, "413 too large": 1}
    assert refused((await report_of(store, NO_SOURCE)).week) == {"404 no such source": 1}


async def test_a_new_source_that_sends_only_what_no_rule_knows_is_told_of_once_and_taken_back(
    database_thread: DatabaseThread, store: Store
) -> None:
    async def told(**after: float) -> int:
        return await store.sources.report(SECTION, NAMES, SECURITY, later(**after))

    assert await told() == 0
    await judge(database_thread, store, RecordVerdict.UNMATCHED, "cron")
    assert [await told(seconds=59), await told(seconds=61), await told(hours=5)] == [0, 1, 0]
    (note,) = await notes(store)
    assert note.title == "The source servers sends only what no rule knows"
    assert f"cron on bastion-1: {NO_RULE}." in note.lines
    assert "The newest: cron did 0" in note.lines

    await judge(database_thread, store, RecordVerdict.MATCH, "sshd", at=6)
    assert [await told(hours=6), await told(hours=7)] == [1, 0]
    (note,) = await notes(store)
    assert note.title == "Rules know records of the source servers again"


async def test_a_source_that_rules_knew_is_told_of_after_days_of_nothing_else_and_not_for_a_few_records(
    database_thread: DatabaseThread, store: Store
) -> None:
    async def told(**after: float) -> int:
        return await store.sources.report(SECTION, NAMES, SECURITY, later(**after))

    await judge(database_thread, store, RecordVerdict.MATCH, "sshd")
    await judge(database_thread, store, RecordVerdict.UNMATCHED, *["cron"] * 20, at=1)
    assert await told(days=4) == 0
    await judge(database_thread, store, RecordVerdict.UNMATCHED, "cron", at=2)
    assert [await told(days=3), await told(days=3, hours=1), await told(days=3, hours=2)] == [0, 1, 0]


async def test_once_a_week_the_channel_hears_what_matched_nothing(
    database_thread: DatabaseThread, store: Store
) -> None:
    section = UnmatchedSection(tell_after=timedelta(days=99))

    async def told(**after: float) -> int:
        return await store.sources.report(section, NAMES, SECURITY, later(**after))

    assert await told() == 0
    await judge(database_thread, store, RecordVerdict.UNMATCHED, *["cron"] * 3, at=24)
    programs = [f"p{n}" for n in range(6)]
    await judge(database_thread, store, RecordVerdict.UNMATCHED, *programs, at=25)
    assert [await told(days=6), await told(days=7), await told(days=8)] == [0, 1, 0]
    (note,) = await notes(store)
    assert note.lines[0] == (
        "9 records of programs cron, p0, p1, p2, p3 and 2 others, of source servers matched nothing."
    )
    assert await told(days=14, hours=1) == 0, "nothing matched nothing since"
    assert await store.sources.report(UnmatchedSection(weekly=False), {}, SECURITY, later(days=30)) == 0


async def test_two_processes_that_find_out_at_once_write_one_note(
    database_thread: DatabaseThread, store: Store
) -> None:
    await database_thread.run(counts.add, {("servers", RecordVerdict.UNMATCHED): 5}, NOW)
    told = [await store.sources.report(SECTION, NAMES, SECURITY, later(minutes=2)) for _ in range(2)]
    assert told == [1, 0]
