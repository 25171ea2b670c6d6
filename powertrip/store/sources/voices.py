"""Keeps when sources, and what is expected of them, were last heard, and reports those that fell silent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from peewee import fn

from powertrip.domain.sources import WEEK
from powertrip.domain.voices import Expected, ExpectedVoice, Voice
from powertrip.store import notes
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, transaction
from powertrip.store.sources import standing
from powertrip.store.sources.tables import VoiceRow
from powertrip.store.tables import InboxRow

ROUGHLY = timedelta(seconds=5)
"""A voice heard more lately than this is not written again: it would cost an update a request."""
LEARNED_HOSTS = 1000
"""Hosts that are remembered for one expectation; more are not watched, of which the channel is told."""
HOSTS_NAMED = 10
"""Hosts that one note names; the others are counted."""
HOSTS_TOLD_EVERY = timedelta(minutes=10)
"""Notes about hosts of one expectation come no closer: whoever invents hosts cannot flood the channel."""
_MICROSECONDS = ROUGHLY // timedelta(microseconds=1)
_HEARD_LATER = f"""ON CONFLICT (source, rule, program, host_name) DO UPDATE SET heard_at = EXCLUDED.heard_at
    WHERE voice.heard_at IS NULL OR voice.heard_at < EXCLUDED.heard_at - {_MICROSECONDS}"""


def hear(heard_at: Mapping[Voice, datetime]) -> None:
    """Record when voices were heard."""
    rows = [
        voice._asdict() | {"since": at, "heard_at": at}
        # In one order, so that two processes that hear the same never wait for each other.
        for voice, at in sorted(heard_at.items())
    ]
    insert_all(VoiceRow, rows, _HEARD_LATER)


def hear_hosts(heard_at: Mapping[Voice, datetime]) -> None:
    """Record when hosts were heard, learning those that are new while there is room."""
    by_kind: dict[Voice, dict[Voice, datetime]] = {}
    for voice, at in heard_at.items():
        by_kind.setdefault(voice._replace(host_name=""), {})[voice] = at
    taken: dict[Voice, datetime] = {}
    for kind, voices in by_kind.items():
        of_kind = VoiceRow.select().where(_of(kind) & (VoiceRow.host_name != ""))
        heard_before = of_kind.where(VoiceRow.host_name.in_([voice.host_name for voice in voices]))
        known = {row.host_name for row in heard_before}
        new = [voice for voice in voices if voice.host_name not in known]
        room = max(0, LEARNED_HOSTS - of_kind.count()) if new else 0
        left_out = set(new[room:])
        taken |= {voice: at for voice, at in voices.items() if voice not in left_out}
    hear(taken)


Ago: TypeAlias = Callable[[datetime, timedelta], datetime]
"""What the clock showed so long before it showed that; see `Clock.ago`."""


def report(
    expected: Expected,
    channel: str,
    started_at: datetime,
    now: datetime,
    ago: Ago = lambda moment, span: moment - span,
) -> int:
    """Queue a note, once each, about voices that fell silent or are heard again; returns how many notes.

    `started_at` is when this process began to watch: the time before is nobody's silence.
    """
    waiting = InboxRow.select(fn.MIN(InboxRow.received_at)).where(InboxRow.judged_at.is_null())
    oldest: datetime | None = waiting.scalar()
    notices = 0
    for source, voices in expected.items():
        for voice in voices:
            rows = _rows_of(source, voice, voices, now, forgotten_before=ago(now, WEEK))
            if voice.hosts is not None and _told_lately(rows, now):
                continue
            # What waits to be judged may be the very voice that is listened for.
            until = min(now, oldest) if oldest and not _is_whole(voice) else now
            since = ago(until, voice.within)
            if since >= started_at:
                silent = VoiceRow.silent_told_at.is_null() & _not_heard_since(since)
                notices += _tell(_take(rows & silent, now, silent_told_at=now), voice, channel, now)
            again = VoiceRow.heard_at > VoiceRow.silent_told_at
            notices += _tell_again(_take(rows & again, now, silent_told_at=None), channel, now)
            if voice.learns:
                notices += _tell_of_room(_kind(source, voice), channel, now)
    return notices


def _kind(source: str, voice: ExpectedVoice) -> Voice:
    return Voice(source, voice.rule or "", voice.program or "")


def _is_whole(voice: ExpectedVoice) -> bool:
    return voice.rule is None and voice.program is None and voice.hosts is None


def _of(kind: Voice) -> Any:
    return (
        (VoiceRow.source == kind.source) & (VoiceRow.rule == kind.rule) & (VoiceRow.program == kind.program)
    )


def _rows_of(
    source: str,
    voice: ExpectedVoice,
    all_of_source: Sequence[ExpectedVoice],
    now: datetime,
    *,
    forgotten_before: datetime,
) -> Any:
    """Which rows an expectation is about; those that it names are there from now on."""
    kind = _kind(source, voice)
    if voice.learns:
        # A host that is named beside has a time of its own.
        named = [name for other in all_of_source if _kind(source, other) == kind for name in other.named]
        rows = _of(kind) & (VoiceRow.host_name != "") & VoiceRow.host_name.not_in(named)
        forgotten = rows & (VoiceRow.heard_at < forgotten_before)
        VoiceRow.delete().where(forgotten).execute()
        return rows
    names = voice.named or ("",)
    listened = [kind._replace(host_name=name)._asdict() | {"since": now} for name in sorted(names)]
    insert_all(VoiceRow, listened, "ON CONFLICT DO NOTHING")
    return _of(kind) & VoiceRow.host_name.in_(names)


def _not_heard_since(moment: datetime) -> Any:
    return (VoiceRow.heard_at <= moment) | (VoiceRow.heard_at.is_null() & (VoiceRow.since <= moment))


def _told_lately(rows: Any, now: datetime) -> bool:
    told_at: datetime | None = VoiceRow.select(fn.MAX(VoiceRow.told_at)).where(rows).scalar()
    return told_at is not None and told_at > now - HOSTS_TOLD_EVERY


def _take(rows: Any, now: datetime, *, silent_told_at: datetime | None) -> list[VoiceRow]:
    """Change the rows; of several processes one gets each, and writes the note."""
    changed = VoiceRow.update(silent_told_at=silent_told_at, told_at=now).where(rows).returning(VoiceRow)
    # Those first that were listened for longest: invented hosts must not push the real ones out of a note.
    return sorted(changed.execute(), key=lambda row: (row.since, row.host_name))


def _tell(silent: Sequence[VoiceRow], voice: ExpectedVoice, channel: str, now: datetime) -> int:
    if not silent:
        return 0
    lines = [*_when(silent, "last heard"), f"What is expected is something within {voice.within}."]
    if voice.learns:
        lines.append("A host that is silent for 7 days is forgotten.")
    lines.append("Whoever breaks in stops the logs: look at the sender, and at the hosts behind it.")
    notes.enqueue(channel, title=_title(silent, "is silent", "are silent"), lines=lines, now=now)
    return 1


def _tell_again(speaking: Sequence[VoiceRow], channel: str, now: datetime) -> int:
    if not speaking:
        return 0
    title = _title(speaking, "speaks again", "speak again")
    notes.enqueue(channel, title=title, lines=_when(speaking, "silent until"), now=now)
    return 1


def _tell_of_room(kind: Voice, channel: str, now: datetime) -> int:
    """Tell once when no further host can be learned."""
    about = "no room for hosts: " + " ".join(filter(None, kind))
    known = VoiceRow.select().where(_of(kind) & (VoiceRow.host_name != "")).count()
    if known < LEARNED_HOSTS:
        standing.end(about)
        return 0
    if not standing.begin(about, now):
        return 0
    title = f"The source {kind.source} has too many hosts to listen for"
    remembered = (
        f"{LEARNED_HOSTS:,} hosts are remembered, the most there can be: if one that is new falls silent, "
        "nobody is told."
    )
    advice = "A host is forgotten after 7 days of silence. Somebody may invent hosts: look at the newest."
    lines = [remembered, advice]
    notes.enqueue(channel, title=title, lines=lines, now=now)
    return 1


def _title(rows: Sequence[VoiceRow], one: str, many: str) -> str:
    """Who it is, with the verb: `The program sshd of the source servers is silent`."""
    row = rows[0]
    if len(rows) > 1:
        who = f"{len(rows):,} hosts of the source {row.source}"
    else:
        who = (
            f"the host {row.host_name} of the source {row.source}"
            if row.host_name
            else f"the source {row.source}"
        )
    if row.program:
        who = f"the program {row.program} {'on' if row.host_name else 'of'} {who}"
    if row.rule:
        who = f"the rule {row.rule} {'on' if row.host_name or row.program else 'of'} {who}"
    is_one = len(rows) == 1 or row.program or row.rule
    return f"{who[0].upper()}{who[1:]} {one if is_one else many}"


def _when(rows: Sequence[VoiceRow], word: str) -> list[str]:
    """A line for each of the first rows that says when it was heard, and how many there are besides."""
    lines = []
    for row in rows[:HOSTS_NAMED]:
        name = row.host_name if len(rows) > 1 else "It was"
        at = (
            f"{word} {_text(row.heard_at)}"
            if row.heard_at
            else f"not heard since {_text(row.since)}, the beginning"
        )
        lines.append(f"{name} {at}.")
    more = len(rows) - HOSTS_NAMED
    return [*lines, f"… and {more:,} more."] if more > 0 else lines


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def prune(before: datetime) -> int:
    """Delete hosts that were last heard before then."""
    old = (VoiceRow.host_name != "") & _not_heard_since(before)
    return int(VoiceRow.delete().where(old).execute())


class Voices(Role):
    """Reports of those who fell silent."""

    report = transaction(report)
