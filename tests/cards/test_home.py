"""The Home tab is within Slack's limits whatever waits, and shows text from outside without acting on it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from powertrip.cards import HomeView, home, home_without, note
from powertrip.domain.enrolment import Enrolled
from powertrip.domain.event import Event, Severity
from powertrip.domain.home import HeartbeatLine, HomeFacts, Mine, Queue, SilentVoice, StormLine
from powertrip.domain.proof import ProofKind
from slack_emulator.blocks import check_view
from tests.cards.hostile import events, texts
from tests.cards.reading import mentioned, view_read
from tests.expecting import expectation
from tests.samples import ALICE, NOW, event, later

VIEW_BYTES = 250_000
OURS = {"U0ALICE", "U0BOB", "W0CAROL"}
STORM = StormLine(
    title="SSH login",
    who="oswaldo",
    events=900,
    undone=12,
    severity=Severity.HIGH,
    card=("C0SECURITY", "1.2"),
)


def view(**changes: Any) -> HomeView:
    fields: dict[str, Any] = {
        "command": "/powertrip",
        "version": "1.2.3",
        "now": NOW,
        "link": lambda channel, ts: f"https://workspace.example/archives/{channel}/p{ts}",
    }
    return HomeView(**(fields | changes))


def queue(**changes: Any) -> Queue:
    fields: dict[str, Any] = {"ages": {}, "versions": {"1.2.3": 1}}
    return Queue(**(fields | changes))


def check(shown: dict[str, Any]) -> None:
    assert check_view(shown, "home") == []
    assert len(json.dumps(shown)) < VIEW_BYTES
    assert mentioned(shown["blocks"]) <= OURS


def of(number: int, waits: int | None = None) -> Mine:
    return Mine(waiting=[event() for _ in range(number)], waits=number if waits is None else waits)


def test_nothing_one_and_five_hundred_that_wait_are_within_slacks_limits() -> None:
    for mine, headline, rows in (
        (of(0), "# ✅ Nothing waits for you", 0),
        (of(1), "# 1 question waits for you", 1),
        (of(20, 500), "# 500 questions wait for you", 20),
    ):
        shown = home(HomeFacts(mine=mine, queue=None), view())
        check(shown)
        read = view_read({"blocks": [block for block in shown["blocks"] if block["type"] != "divider"]})
        assert read[0] == headline
        assert sum(line == "[Approve] [Deny]" for line in read) == rows
    assert "… and 480 more: /powertrip pending me" in read


def test_a_reviewers_own_come_before_the_queue_and_what_has_no_room_is_counted() -> None:
    mine = Mine(
        waiting=[event() for _ in range(25)],
        waits=25,
        past=[event() for _ in range(25)],
        expected=[expectation(id=f"worked{n}") for n in range(6)],
    )
    all_of_it = queue(
        first=[event() for _ in range(25)],
        waits=50,
        ages={(Severity.HIGH, 0): 40, (Severity.LOW, 3): 1_000_000},
        storms=[STORM] * 5,
        silent=[SilentVoice("syslog", "", "sshd", "web-1", NOW)] * 10,
        silent_in_all=4000,
        versions={"1.2.3": 2, "1.2.2": 1},
    )
    beats = [HeartbeatLine(source="syslog", received_at=NOW, trouble=None)] * 20
    answer = note("Nothing was changed.")
    shown = home(HomeFacts(mine=mine, queue=all_of_it, heartbeats=beats), view(answer=answer))
    check(shown)
    read = view_read({"blocks": [block for block in shown["blocks"] if block["type"] != "divider"]})
    assert read[0] == "Nothing was changed."
    assert sum(line == "[Approve] [Deny]" for line in read) < 50
    own, others = "\n".join(read).split("# For reviewers")
    assert own.count("[Approve] [Deny]") == 25
    for words in ("pending all", "high", "3,990 more", "its card decides", "they differ", "… and"):
        assert words in others, words


@settings(derandomize=True, max_examples=10)
@given(st.lists(events(), min_size=1, max_size=5), texts, st.none() | texts)
def test_hostile_text_is_shown_and_never_acts(found: list[Event], named: str, who: str | None) -> None:
    storm = StormLine(title=named, who=who, events=3, undone=2, severity=Severity.LOW, card=None)
    facts = HomeFacts(
        mine=Mine(
            waiting=found, waits=len(found), past=found * 5, expected=[expectation(person=named, why=named)]
        ),
        queue=queue(
            first=found,
            waits=9,
            ages={(Severity.LOW, 0): 9},
            storms=[storm] * 5,
            silent=[SilentVoice(named, named, named, named, None)] * 10,
            silent_in_all=10,
            versions={named: 1},
        ),
        heartbeats=[HeartbeatLine(source=named, received_at=None, trouble=named)] * 10,
    )
    check(home(facts, view()))


def test_what_is_enrolled_is_named_with_what_it_is_worth_and_who_has_nothing_reads_how() -> None:
    def lines(*listed: Enrolled) -> str:
        facts = HomeFacts(
            mine=Mine(proofs=listed), queue=None, kinds=[ProofKind.TOTP], fresh=timedelta(hours=24)
        )
        shown = home(facts, view())
        check(shown)
        blocks = [block for block in shown["blocks"] if block["type"] != "divider"]
        return "\n".join(view_read({"blocks": blocks})).partition("# Your proofs\n")[2].partition("\n#")[0]

    fresh = Enrolled(
        id="factor1",
        person="alice",
        slack_id=ALICE,
        kind=ProofKind.TOTP,
        label="phone <!channel>",
        enrolled_at=NOW,
        confirmed_at=NOW - timedelta(hours=1),
    )
    assert "For high severity and above from" in lines(fresh)
    assert "For high severity" not in lines(replace(fresh, confirmed_at=NOW - timedelta(days=2)))
    assert "Locked after wrong answers" in lines(replace(fresh, locked_until=later(minutes=5)))
    assert "until a reviewer confirms it" in lines(replace(fresh, confirmed_at=None))
    assert "bot.py enrol NAME" in lines()
    assert "sign in there" not in lines()
    by_sign_in = HomeFacts(
        mine=Mine(), queue=None, kinds=[ProofKind.PASSKEY], enrol_page="https://powertrip.internal/enrol"
    )
    assert "Or open https://powertrip.internal/enrol and sign in there, on the device" in "\n".join(
        view_read(home(by_sign_in, view()))
    )
    assert "/powertrip proofs" in lines()
    assert "Your proofs" not in str(home(HomeFacts(mine=Mine(), queue=None), view()))


def test_the_questions_of_a_storm_are_on_its_card_and_leave_the_list_to_others() -> None:
    mine = Mine(waiting=[event()], waits=481, in_storms=480, storms=[STORM])
    shown = home(HomeFacts(mine=mine, queue=None), view())
    check(shown)
    read = view_read({"blocks": [block for block in shown["blocks"] if block["type"] != "divider"]})
    assert read[0] == "# 481 questions wait for you"
    assert "its card decides" in read[1]
    assert "more:" not in str(read)


def test_who_is_shown_nothing_reads_why() -> None:
    shown = home_without("Powertrip shows you nothing", "Guests cannot decide security events.")
    check(shown)
    assert view_read(shown) == ["# Powertrip shows you nothing", "Guests cannot decide security events."]
