"""Rules, programs and hosts that are expected to speak: silence is told once, and nobody is flooded."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from powertrip.domain.delivery import Note
from powertrip.domain.judgement import Judgement, ToBeat, ToCount
from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.record import Record
from powertrip.domain.retention import Retention
from powertrip.domain.sources import RecordVerdict
from powertrip.domain.voices import Expected, ExpectedVoice
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from powertrip.store.sources import voices
from tests.claiming import take_next
from tests.samples import NOW, SECURITY, ask, event, later, record

LEASE = timedelta(seconds=30)


def expecting(*written: dict[str, Any]) -> Expected:
    return {"servers": tuple(ExpectedVoice(**entry) for entry in written)}


async def speak(
    thread: DatabaseThread,
    store: Store,
    expected: Expected,
    records: Sequence[Record],
    *,
    login: bool = False,
) -> None:
    """Records come in and are judged: as logins of ssh_login's, or as what no rule takes."""
    await thread.run(inbox.append, [records])
    batch: list[Judgement] = []
    for item in await store.inbox.claim(len(records), lambda: later(days=99), LEASE):
        about = event(fold_key=item.record_id, host_name=item.host_name)
        unmatched = ToCount(record=item, verdict=RecordVerdict.UNMATCHED, name="servers", reason="no rule")
        batch.append(ask(item, about) if login else unmatched)
    await store.judging.apply(batch, NOW, expected)


def said(host: str = "web-1", program: str = "cron", **after: float) -> Record:
    return record(source="servers", host_name=host, program=program, received_at=later(**after))


async def told(store: Store, expected: Expected, **after: float) -> list[Note]:
    """The notes of one look, `after` NOW."""
    count = await store.voices.report(expected, SECURITY, NOW, later(**after))
    found = []
    while (delivery := await take_next(store, later(days=99))) is not None:
        await store.deliveries.finish(delivery, NOW)
        if isinstance(delivery.payload, Note):
            found.append(delivery.payload)
    assert len(found) == count
    return found


async def titles(store: Store, expected: Expected, **after: float) -> list[str]:
    return [note.title for note in await told(store, expected, **after)]


async def test_crons_lines_do_not_keep_a_dead_log_of_sshd_content(
    database_thread: DatabaseThread, store: Store
) -> None:
    expected = expecting(
        {"within": "15m"}, {"within": "1h", "program": "sshd"}, {"within": "2h", "rule": "ssh_login"}
    )
    assert await titles(store, expected) == []
    await speak(database_thread, store, expected, [said(program="sshd", minutes=1)], login=True)
    for minute in range(10, 150, 10):
        await speak(database_thread, store, expected, [said(minutes=minute)])
        expected_titles = {
            70: ["The program sshd of the source servers is silent"],
            130: ["The rule ssh_login of the source servers is silent"],
        }
        assert await titles(store, expected, minutes=minute) == expected_titles.get(minute, []), minute
    await speak(database_thread, store, expected, [said(program="sshd", minutes=150)])
    assert await titles(store, expected, minutes=151) == [
        "The program sshd of the source servers speaks again"
    ]
    await speak(database_thread, store, expected, [said(program="sshd", minutes=152)], login=True)
    assert await titles(store, expected, minutes=153) == [
        "The rule ssh_login of the source servers speaks again"
    ]


async def test_one_of_fifty_servers_that_falls_silent_is_told_of_by_name_and_when_it_speaks_again(
    database_thread: DatabaseThread, store: Store
) -> None:
    expected = expecting({"within": "1h", "hosts": "learned"})
    hosts = [f"web-{number:02}.example.com" for number in range(50)]
    await speak(database_thread, store, expected, [said(host) for host in hosts])
    others = [said(host, minutes=50) for host in hosts if host != hosts[7]]
    await speak(database_thread, store, expected, others)

    assert await told(store, expected, minutes=59) == []
    (note,) = await told(store, expected, minutes=61)
    assert note.title == "The host web-07.example.com of the source servers is silent"
    assert note.lines[0] == "It was last heard 2026-01-15 12:00:00 UTC."
    assert await told(store, expected, minutes=90) == []
    # A capital is no other host.
    await speak(database_thread, store, expected, [said(hosts[7].upper(), minutes=95)])
    assert await titles(store, expected, minutes=96) == [
        "The host web-07.example.com of the source servers speaks again"
    ]


async def test_all_that_fall_silent_at_once_are_one_message_that_names_some(
    database_thread: DatabaseThread, store: Store
) -> None:
    expected = expecting({"within": "1h", "hosts": "learned"})
    await speak(database_thread, store, expected, [said(f"web-{number:02}") for number in range(50)])
    (note,) = await told(store, expected, minutes=61)
    assert note.title == "50 hosts of the source servers are silent"
    assert note.lines[0] == "web-00 last heard 2026-01-15 12:00:00 UTC."
    assert "… and 40 more." in note.lines
    await speak(database_thread, store, expected, [said("web-01", minutes=62), said("web-02", minutes=62)])
    # Not within ten minutes of the last note about hosts.
    assert await told(store, expected, minutes=63) == []
    assert await titles(store, expected, minutes=72) == ["2 hosts of the source servers speak again"]


async def test_whoever_invents_hosts_floods_nobody_and_takes_no_learned_host_its_place(
    database_thread: DatabaseThread, store: Store
) -> None:
    expected = expecting({"within": "1h", "hosts": "learned"})
    await speak(database_thread, store, expected, [said("real")])
    notes: list[Note] = []
    for minute in range(1, 60):
        invented = [said(f"invented-{minute}-{number}", minutes=minute) for number in range(40)]
        await speak(database_thread, store, expected, invented)
        notes += await told(store, expected, minutes=minute)
    assert [note.title for note in notes] == ["The source servers has too many hosts to listen for"]
    for minute in range(60, 180):
        notes += await told(store, expected, minutes=minute)
    silent = [note for note in notes if "silent" in note.title]
    assert silent[0].title == "The host real of the source servers is silent"
    assert 1 < len(silent) <= 12, "ten minutes apart at least"
    await speak(database_thread, store, expected, [said("real", minutes=181)])
    assert "The host real of the source servers speaks again" in await titles(store, expected, minutes=200)


async def test_hosts_that_were_heard_for_long_are_named_before_those_that_came_of_late(
    database_thread: DatabaseThread, store: Store
) -> None:
    expected = expecting({"within": "1h", "hosts": "learned"})
    await speak(database_thread, store, expected, [said("web-1", hours=-24)])
    invented = [said(f"a-{number:03}") for number in range(100)]
    await speak(database_thread, store, expected, [*invented, said("web-1")])
    (note,) = await told(store, expected, minutes=61)
    assert note.lines[0].startswith("web-1 last heard")


async def test_a_learned_host_is_forgotten_after_a_week_of_silence(
    database_thread: DatabaseThread, store: Store
) -> None:
    expected = expecting({"within": "1h", "hosts": "learned"})
    await speak(database_thread, store, expected, [said("gone")])
    assert await titles(store, expected, hours=2) == ["The host gone of the source servers is silent"]
    assert await told(store, expected, days=8) == []
    await speak(database_thread, store, expected, [said("gone", days=9)])
    assert await told(store, expected, days=9) == []
    assert await titles(store, expected, days=9, hours=2) == ["The host gone of the source servers is silent"]


async def test_a_host_that_is_named_and_never_heard_is_told_of(
    database_thread: DatabaseThread, store: Store
) -> None:
    expected = expecting({"within": "1h", "program": "sshd", "hosts": ["Web-1", "web-2"]})
    assert await told(store, expected) == []
    await speak(database_thread, store, expected, [said("web-2", program="sshd", minutes=30)])
    await speak(database_thread, store, expected, [said("web-1", program="cron", minutes=30)])
    (note,) = await told(store, expected, minutes=61)
    assert note.title == "The program sshd on the host web-1 of the source servers is silent"
    assert note.lines[0] == "It was not heard since 2026-01-15 12:00:00 UTC, the beginning."


async def test_a_host_that_is_named_has_its_own_time_beside_those_that_are_learned(
    database_thread: DatabaseThread, store: Store
) -> None:
    expected = expecting({"within": "1h", "hosts": "learned"}, {"within": "3h", "hosts": "backup"})
    await speak(database_thread, store, expected, [said("web-1"), said("backup")])
    assert await titles(store, expected, hours=2) == ["The host web-1 of the source servers is silent"]
    assert await titles(store, expected, hours=4) == ["The host backup of the source servers is silent"]


async def test_what_waits_to_be_judged_is_no_silence(database_thread: DatabaseThread, store: Store) -> None:
    expected = expecting({"within": "1h", "program": "sshd"})
    assert await told(store, expected) == []
    await database_thread.run(inbox.append, [[said(program="sshd", minutes=50)]])
    assert await told(store, expected, minutes=65) == []
    (claimed,) = await store.inbox.claim(5, lambda: later(minutes=65), LEASE)
    await store.judging.apply([ask(claimed, event())], later(minutes=65), expected)
    assert await told(store, expected, minutes=66) == []
    assert await titles(store, expected, minutes=111) == ["The program sshd of the source servers is silent"]


async def test_a_heartbeat_is_nobodys_voice(database_thread: DatabaseThread, store: Store) -> None:
    expected = expecting({"within": "1h", "program": "sshd"}, {"within": "1h", "hosts": "learned"})
    assert await told(store, expected) == []
    await database_thread.run(inbox.append, [[said(program="sshd", minutes=50)]])
    (claimed,) = await store.inbox.claim(5, lambda: NOW, LEASE)
    await store.judging.apply([ToBeat(record=claimed, is_copy=True)], NOW, expected)
    assert await titles(store, expected, minutes=61) == ["The program sshd of the source servers is silent"]


async def test_no_more_hosts_are_kept_than_can_be_watched(
    database_thread: DatabaseThread, store: Store
) -> None:
    expected = expecting({"within": "1h", "hosts": "learned"})
    crowd = [said(f"host-{number}") for number in range(voices.LEARNED_HOSTS + 200)]
    for start in range(0, len(crowd), 200):
        await speak(database_thread, store, expected, crowd[start : start + 200])
    (note, *_) = await told(store, expected, minutes=1)
    assert "1,000 hosts are remembered, the most there can be" in note.lines[0]
    gone = await store.prune(Retention(), QuarantineSection(), later(days=100))
    assert gone["voices"] == voices.LEARNED_HOSTS
