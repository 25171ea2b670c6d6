"""The plainest and the fattest messages that Powertrip may send, for Slack to look at."""

from dataclasses import replace
from typing import Any

from powertrip.cards import CardView, Message, event_card, reason_modal, reminder_list
from powertrip.domain.address import AddressFacts, AddressKind, Network, Place, Reputation
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, NoticeKind, Severity
from powertrip.domain.habits import Past
from powertrip.domain.people import Subject, SubjectKind
from powertrip.net import utc_now
from powertrip.settings import Config

LONG = "A long text with signs: <&> *bold* 💥 " * 250
"""As hostile as a log may be; longer than any part of a card may be."""


def samples(config: Config) -> dict[str, Message | dict[str, Any]]:
    """By name, as `check` tells of them."""
    now = utc_now()
    plain = Event(
        id="abcdefghjk",
        rule="sample",
        title="SSH login",
        event_action="ssh_login",
        severity=Severity.MEDIUM,
        source="sample",
        occurred_at=now,
        received_at=now,
        last_occurred_at=now,
    )
    reputation = Reputation(
        service=LONG, score=99, risk=LONG, reason=LONG, details={f"Detail {n}": LONG for n in range(20)}
    )
    fat = replace(
        plain,
        title=LONG,
        severity=Severity.CRITICAL,
        severity_reason=LONG,
        user_name=LONG,
        host_name=LONG,
        source_ip="2001:db8::1",
        fields={f"field_{number}": LONG for number in range(40)},
        headline=("field_0", "field_1", "field_2"),
        message=LONG,
        cut=100_000,
        subject=Subject(kind=SubjectKind.PERSON, slack_id="U0123456789", name=LONG),
        revision=10_000,
        occurrences=10_000,
        facts=AddressFacts(
            kind=AddressKind.PUBLIC,
            reputations=(reputation,) * 3,
            network=Network(as_number=64496, name=LONG, description=LONG, country_code="DE", prefix=LONG),
            place=Place(country_code="DE", country=LONG, region=LONG, city=LONG, time_zone="Europe/Berlin"),
            unavailable={f"Service {number}": LONG for number in range(3)},
        ),
        past=Past(first_from_address=True, unusual_hour=True, denied_from_address_at=now),
        requires_reason=True,
        requires_second_person=True,
        requires_proof="proof session_number totp typed_host",
    )
    view = CardView(
        kind=NoticeKind.FIRST, audience="channel", cards=config.cards, command=config.slack.command
    )
    many = [replace(fat, id=f"abcdefgh{number:02}") for number in range(60)]
    return {
        "the plainest card": event_card(plain, view, now),
        "the fattest card": event_card(fat, view, now),
        "the longest list": reminder_list(many, replace(view, kind=NoticeKind.REMINDER, reminder=1), now),
        "the modal": reason_modal(fat, Verdict.APPROVE, "{}"),
    }
