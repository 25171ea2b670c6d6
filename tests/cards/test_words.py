from datetime import timedelta

import pytest

from powertrip.cards import words
from powertrip.domain.event import Severity
from powertrip.domain.people import Subject, SubjectKind
from tests.samples import ALICE, event, known


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=40.9), "40 s"),
        (timedelta(minutes=2, seconds=5), "2 min 5 s"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=2, minutes=5, seconds=59), "2 h 5 min"),
        (timedelta(days=1, hours=3), "1 d 3 h"),
        (timedelta(days=1000), "1,000 d"),
    ],
)
def test_durations_are_said_in_their_two_largest_units(length: timedelta, said: str) -> None:
    assert words.duration(length) == said


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 events"), (1, "1 event"), (2, "2 events"), (1234, "1,234 events")]
)
def test_things_are_counted_in_words(number: int, said: str) -> None:
    assert words.count(number, "event") == said


@pytest.mark.parametrize(
    ("number", "said"), [(1, "once"), (2, "twice"), (3, "3 times"), (1234, "1,234 times")]
)
def test_times_are_counted_in_words(number: int, said: str) -> None:
    assert words.times(number) == said


@pytest.mark.parametrize(
    ("things", "said"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists_read_like_a_sentence(things: list[str], said: str) -> None:
    assert words.listed(things) == said


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (None, ""),
        (0, "🟢 low (0 of 100 by Threat Jammer)"),
        (34, "🟢 low (34 of 100 by Threat Jammer)"),
        (35, "🟡 medium (35 of 100 by Threat Jammer)"),
        (67, "🟡 medium (67 of 100 by Threat Jammer)"),
        (68, "🔴 high (68 of 100 by Threat Jammer)"),
    ],
)
def test_risk_is_said_in_words(score: int | None, said: str) -> None:
    assert words.risk(event(facts=known(score), severity=Severity.HIGH)) == said


def test_the_reason_for_a_risk_is_said() -> None:
    risky = event(facts=known(91, reason="listed by 4 blocklists"))

    assert words.risk(risky) == "🔴 high (91 of 100 by Threat Jammer): listed by 4 blocklists"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (SubjectKind.BOT, "alice is a bot of team Platform."),
        (SubjectKind.UNMAPPED, "Nobody is listed for alice in the configuration."),
        (SubjectKind.NOT_FOUND, "Slack knows no member for alice."),
        (SubjectKind.DEACTIVATED, "The Slack account of Alice (alice) is deactivated."),
        (
            SubjectKind.GUEST,
            "The Slack account of Alice (alice) is a guest, a bot, or of another organisation.",
        ),
        (SubjectKind.AWAITED, "Slack has not said yet who alice is."),
        (SubjectKind.UNREACHABLE, "Alice (alice) could not be sent a direct message."),
        (SubjectKind.PERSON, None),
    ],
)
def test_why_nobody_was_asked_is_said_for_every_kind_of_subject(kind: SubjectKind, said: str | None) -> None:
    subject = Subject(kind=kind, slack_id=ALICE, name="Alice", team="Platform")

    assert words.why_in_channel(event(subject=subject)) == said


def test_a_bot_without_a_team_is_said_to_have_none() -> None:
    bot = event(subject=Subject(kind=SubjectKind.BOT))

    assert words.why_in_channel(bot) == "alice is a bot; no team is named."


def test_a_log_that_names_no_user_is_said_to_name_none() -> None:
    nameless = event(user_name=None, subject=Subject(kind=SubjectKind.UNMAPPED))

    assert words.why_in_channel(nameless) == "The log names no user."
    assert words.summary(nameless) == "SSH login on bastion-1 from 192.0.2.10"


def test_the_decisive_fields_stand_beside_the_title() -> None:
    granted = event(
        title="AWS permissions changed",
        fields={"event_name": "AttachUserPolicy", "target": "deploy", "region": "us-east-1"},
        headline=("event_name", "target"),
    )

    assert words.summary(granted) == (
        "AWS permissions changed: “AttachUserPolicy · deploy” as alice on bastion-1 from 192.0.2.10"
    )


def test_what_the_log_does_not_name_is_left_out() -> None:
    bare = event(user_name=None, host_name=None, source_ip=None)

    assert words.summary(bare) == "SSH login"


@pytest.mark.parametrize(
    ("severity", "score", "weight", "alarm"),
    [
        (Severity.LOW, None, "low severity", ""),
        (Severity.MEDIUM, 67, "🟡 medium risk, medium severity", ""),
        (Severity.MEDIUM, 68, "🔴 high risk, medium severity", "🔴 High risk. "),
        (Severity.HIGH, 4, "🟢 low risk, high severity", "❗ High severity. "),
        (Severity.HIGH, 90, "🔴 high risk, high severity", "❗ High severity, high risk. "),
        (Severity.CRITICAL, None, "critical severity", "🚨 Critical. "),
    ],
)
def test_how_bad_it_is_is_said_in_words_and_aloud_only_where_it_is_grave(
    severity: Severity, score: int | None, weight: str, alarm: str
) -> None:
    about = event(severity=severity, facts=known(score) if score is not None else None)

    assert (words.weight(about), words.alarm(about)) == (weight, alarm)
