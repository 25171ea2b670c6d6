"""Who is expected to speak: a source as a whole, or a rule, a program or hosts of its records."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypeAlias

from pydantic import Field

from powertrip.config.section import Section
from powertrip.config.values import Duration, OneOrMore, as_list, parse_duration
from powertrip.domain.judgement import Judgement, ToAsk, ToBeat, ToCount, ToQuarantine, ToSight
from powertrip.domain.sources import WEEK, RecordVerdict

LEARNED = "learned"
Path: TypeAlias = tuple[str | int, ...]


class ExpectedVoice(Section):
    """Who is expected to speak; several of its conditions together must hold for one record."""

    within: Duration
    """The security channel is told when nothing of this came for this long, and when it is heard again."""
    rule: str | None = None
    """A record that this rule makes an event of, or ignores."""
    program: str | None = None
    """A record of this program, such as `sshd`."""
    hosts: Annotated[OneOrMore, Field(min_length=1)] | None = None
    """Each of these hosts, or with `learned` each host that was heard in the last 7 days, up to 1,000."""

    @property
    def learns(self) -> bool:
        return self.hosts == (LEARNED,)

    @property
    def named(self) -> tuple[str, ...]:
        """The names of hosts, as voices have them; empty where any host will do, or they are learned."""
        return () if self.hosts is None or self.learns else tuple(map(host_key, self.hosts))


class Voice(NamedTuple):
    """One that is heard, or silent; what does not matter is empty."""

    source: str
    rule: str = ""
    program: str = ""
    host_name: str = ""


Expected: TypeAlias = Mapping[str, Sequence[ExpectedVoice]]
"""What is expected of each source."""
NOTHING_EXPECTED: Expected = {}


def host_key(name: str) -> str:
    """A host's name for comparing: capitals do not matter in it."""
    return name.strip().lower()


def heard(
    judgements: Iterable[Judgement], expected: Expected
) -> tuple[dict[Voice, datetime], dict[Voice, datetime]]:
    """When the voices that are expected were heard, and when hosts were that may have to be learned."""
    known: dict[Voice, datetime] = {}
    learned: dict[Voice, datetime] = {}
    listened = {
        source: [(voice, frozenset(voice.named)) for voice in voices] for source, voices in expected.items()
    }
    for judgement in judgements:
        record = judgement.record
        # A heartbeat goes on whoever else falls silent.
        if isinstance(judgement, ToBeat):
            continue
        for voice, named in listened.get(record.source, ()):
            host = host_key(_host_of(judgement) or "")
            if voice.rule not in (None, _rule_of(judgement)) or voice.program not in (None, record.program):
                continue
            if voice.hosts is not None and not (host and (voice.learns or host in named)):
                continue
            key = Voice(record.source, voice.rule or "", voice.program or "", host if voice.hosts else "")
            # The source as a whole is heard when its records come in, not when they are judged.
            if key != Voice(record.source):
                found = learned if voice.learns else known
                found[key] = max(record.received_at, found.get(key, record.received_at))
    return known, learned


def _host_of(judgement: Judgement) -> str | None:
    match judgement:
        case ToAsk(event=event) | ToSight(event=event) if event.host_name is not None:
            return event.host_name
    return judgement.record.host_name


def _rule_of(judgement: Judgement) -> str | None:
    match judgement:
        case ToAsk(event=event) | ToSight(event=event):
            return event.rule
        case ToCount(verdict=RecordVerdict.IGNORED, name=name):
            return name
        case ToCount() | ToQuarantine() | ToBeat():
            return None


def _written(path: Path, sender: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The expectations of one source or poll, as they are written, each with its place."""
    written = sender.get("expect")
    for number, entry in enumerate(written if isinstance(written, list) else []):
        if isinstance(entry, dict):
            yield (*path, "expect", number), entry


def rules_in_voices(path: Path, sender: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The rules that they name."""
    for place, entry in _written(path, sender):
        if isinstance(entry.get("rule"), str):
            yield (*place, "rule"), entry["rule"]


def mistakes_in_voices(path: Path, sender: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """What is wrong between them."""
    seen: set[tuple[str, ...]] = set()
    for place, entry in _written(path, sender):
        hosts = as_list(entry.get("hosts"))
        names = hosts if isinstance(hosts, list) else [""]
        for name in map(str, names):
            voice = (str(entry.get("rule") or ""), str(entry.get("program") or ""), host_key(name))
            if voice in seen:
                yield place, "is expected twice; keep one of the two"
            seen.add(voice)
        if LEARNED in names and len(names) > 1:
            problem = f"`{LEARNED}` stands alone; for hosts that are named too, write another entry"
            yield (*place, "hosts"), problem
        if LEARNED in names and _is_over_a_week(entry.get("within")):
            problem = "is too long for hosts that are learned, which are forgotten after 7d; write less"
            yield (*place, "within"), problem


def _is_over_a_week(within: object) -> bool:
    try:
        return parse_duration(within) >= WEEK
    except ValueError:  # told by the setting itself
        return False
