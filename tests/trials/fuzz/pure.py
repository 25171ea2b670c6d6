"""Cards, sources and rules: what has neither a socket nor a database."""

import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from time import thread_time
from typing import Any

from powertrip.cards import (
    CardView,
    Mention,
    Message,
    event_card,
    event_list,
    first_list,
    history,
    nudge,
    reminder_list,
    show_card,
)
from powertrip.domain.address import AddressFacts, AddressKind, Network, Place, Reputation
from powertrip.domain.event import Event, NoticeKind, Occurrence, Severity, Status
from powertrip.domain.people import Subject, SubjectKind
from powertrip.errors import BodyTooLarge, Unauthorized, Unreadable
from tests.cards.reading import mentioned, objections
from tests.rules.support import rules_of
from tests.samples import NOW, event
from tests.shapes import fuzz as shapes
from tests.sources.hostile import TYPES, in_json, request_of, source_of
from tests.sources.posting import take
from tests.trials.fuzz.dice import changed, mangled, text

SLOWEST = 2.0
"""Seconds of work that no such body comes near."""
OURS = {"U0ALICE", "U0BOB", "S0SECURITY"}


def rules(cases: int, seed: int) -> Counter[str]:
    """Whatever stands around a genuine login, it is asked about or told of; see tests/shapes/fuzz.py."""
    return shapes.run(rules_of("- use: ssh"), cases, seed)


def sources(cases: int, seed: int) -> Counter[str]:
    """Whatever is signed and posted, the answer is records, parts for the quarantine, or a named refusal."""
    dice = random.Random(seed)  # noqa: S311 - the same cases for the same seed
    made = {kind: source_of(kind) for kind in TYPES}
    outcomes: Counter[str] = Counter()
    for number in range(cases):
        kind = dice.choice(list(TYPES))
        line = f"{text(dice)} mark{number}"
        body = TYPES[kind].wrap(in_json(line), dice.randrange(10**6))
        # Most must get further than the JSON: what is read well is where the sources differ.
        way = dice.random()
        if way < 0.3:
            body = mangled(dice, body)
        elif way < 0.8:
            body = _with_odd_parts(dice, body)
        if dice.random() < 0.1 and TYPES[kind].packings:
            packed = dice.choice(TYPES[kind].packings)(body)
            body = mangled(dice, packed) if dice.random() < 0.5 else packed
        began = thread_time()
        try:
            reading = take(made[kind], request_of(kind, body))
        except (BodyTooLarge, Unauthorized, Unreadable) as refusal:
            outcomes[f"{kind}: {type(refusal).__name__}"] += 1
            continue
        except Exception as error:
            raise AssertionError(f"case {number} of seed {seed}: {kind} {body!r}") from error
        # A batch may be empty: then the line is not in it.
        is_empty = not reading.records and not reading.unread
        is_lost = is_empty and in_json(line) in body
        assert not is_lost, f"case {number} of seed {seed}: {kind} loses {body!r}"
        for record in reading.records:
            kept = (record.record_id, record.message, record.host_name or "", record.program or "")
            assert "\0" not in "".join(kept), f"case {number} of seed {seed}: {kind} {body!r}"
            "".join(kept).encode()
        assert thread_time() - began < SLOWEST, f"case {number} of seed {seed}: {kind} is slow of {body!r}"
        ends = [
            *["nothing in it"] * is_empty,
            *["kept"] * bool(reading.records),
            *["quarantined"] * bool(reading.unread),
        ]
        outcomes[f"{kind}: {' and '.join(ends)}"] += 1
    return outcomes


def _with_odd_parts(dice: random.Random, body: bytes) -> bytes:
    """Its JSON with parts of it replaced, taken away or doubled, as JSON; what is none stays."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    odd = changed(dice, value, dice.choice((0.05, 0.1, 0.3)))
    return json.dumps(odd).encode()


def cards(cases: int, seed: int) -> Counter[str]:
    """Whatever is in an event, Slack takes its messages, and nobody is called who should not be."""
    dice = random.Random(seed)  # noqa: S311 - the same cases for the same seed
    outcomes: Counter[str] = Counter()
    for number in range(cases):
        some = [_event(dice) for _ in range(dice.choice((1, 1, 1, 3)))]
        name, message = _message(dice, some)
        wrong = objections(message)
        assert not wrong, f"case {number} of seed {seed}: {name} {wrong} of {some}"
        called = mentioned([message.blocks, message.attachments]) - OURS
        assert not called, f"case {number} of seed {seed}: {name} calls {called}"
        outcomes[name] += 1
    return outcomes


def _message(dice: random.Random, some: list[Event]) -> tuple[str, Message]:
    view = CardView(
        kind=dice.choice(list(NoticeKind)),
        audience=dice.choice(("person", "channel")),
        reminder=dice.randrange(10**6),
        first_link=dice.choice((None, text(dice))),
        mention=(Mention("U0BOB"), Mention("S0SECURITY"))[: dice.randrange(3)],
        command="/powertrip",
    )
    makers = {
        "card": lambda: event_card(some[0], view, NOW),
        "reminders": lambda: reminder_list(some * dice.choice((1, 7, 40)), view, NOW),
        "first": lambda: first_list(some * dice.choice((1, 7, 40)), view, NOW),
        "nudge": lambda: nudge(some * dice.choice((1, 7, 40)), view, NOW),
        "list": lambda: event_list(some * 5, 1, 3, text(dice), NOW, text(dice)),
        "history": lambda: history(some * 20, 2, 3, text(dice), NOW, text(dice)),
        "details": lambda: show_card(some[0], [_occurrence(dice)] * dice.randrange(8), [], NOW),
    }
    name = dice.choice((*makers, "card", "card"))
    return name, makers[name]()


def _maybe(dice: random.Random) -> str | None:
    return text(dice) if dice.random() < 0.8 else None


def _event(dice: random.Random) -> Event:
    moment = datetime.fromtimestamp(dice.randrange(-300_000_000, 7_300_000_000), UTC)
    many = dice.choice((1, 2, 1000, 10**6))
    facts: dict[str, Any] = {
        "kind": dice.choice(list(AddressKind)),
        "reputations": (
            Reputation(
                service=text(dice),
                score=dice.choice((None, dice.randrange(101))),
                risk=_maybe(dice),
                reason=_maybe(dice),
                details={text(dice): text(dice) for _ in range(dice.randrange(5))},
            ),
        )
        * dice.randrange(3),
        "network": Network(as_number=dice.randrange(2**32), name=_maybe(dice), description=_maybe(dice)),
        "place": Place(country_code=_maybe(dice), country=_maybe(dice), city=_maybe(dice)),
        "unavailable": {text(dice): text(dice) for _ in range(dice.randrange(3))},
    }
    return event(
        rule=text(dice),
        title=text(dice),
        event_action=text(dice),
        severity=dice.choice(list(Severity)),
        source=text(dice),
        occurred_at=moment,
        received_at=NOW,
        last_occurred_at=moment + timedelta(seconds=dice.randrange(10**6)),
        user_name=_maybe(dice),
        host_name=_maybe(dice),
        source_ip=_maybe(dice),
        fields={
            dice.choice(("method", "command", text(dice))): text(dice, 9) for _ in range(dice.randrange(9))
        },
        headline=("method", "command")[: dice.randrange(3)],
        message=text(dice, 12),
        cut=dice.choice((0, 10**7)),
        subject=Subject(
            kind=dice.choice(list(SubjectKind)),
            slack_id=dice.choice((None, "U0ALICE")),
            name=_maybe(dice),
            team=_maybe(dice),
        ),
        status=Status.PENDING,
        revision=many,
        occurrences=many,
        severity_reason=_maybe(dice),
        facts=AddressFacts(**facts) if dice.random() < 0.5 else None,
        requires_reason=dice.random() < 0.3,
        reminders=dice.randrange(10**4),
    )


def _occurrence(dice: random.Random) -> Occurrence:
    return Occurrence(
        source=text(dice),
        record_id=text(dice),
        message=text(dice, 9),
        occurred_at=NOW,
        received_at=NOW,
        revision=dice.randrange(1, 100),
        cut=0,
    )
