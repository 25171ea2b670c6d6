"""Whom else to tell of an event."""

from typing import Any

import pytest
from pydantic import ValidationError

from powertrip.domain.event import Event
from powertrip.domain.telling import AlsoTell, by_default, channels_to_tell
from tests.samples import event, known

SECURITY = "C0SECURITY"


def told(about: Event, *entries: dict[str, Any]) -> tuple[str, ...]:
    """The channels that these settings tell."""
    return channels_to_tell(about, [AlsoTell.model_validate(entry) for entry in entries], SECURITY)


@pytest.mark.parametrize(
    ("when", "is_told"),
    [
        ({}, True),
        ({"rule": "ssh_login"}, True),
        ({"rule": "sudo_root"}, False),
        ({"host": "BASTION-*"}, True),
        ({"host": "web-*"}, False),
        ({"severity": "medium"}, True),
        ({"severity": "high"}, False),
        ({"risk": "medium"}, True),
        ({"risk": "high"}, False),
        ({"rule": "ssh_login", "risk": "high"}, False),
    ],
)
def test_a_copy_goes_out_for_what_all_conditions_hold_for(when: dict[str, str], is_told: bool) -> None:
    about = event(facts=known(50), host_name="bastion-1")
    assert told(about, {"channel": "C0LOGINS", "when": when}) == (("C0LOGINS",) if is_told else ())


def test_each_channel_is_told_once_and_the_security_channel_where_none_is_named() -> None:
    assert told(event(), {}, {"channel": SECURITY}, {"channel": "#logins"}) == (SECURITY, "#logins")
    assert told(event(copied_to=(SECURITY,)), {}, {"channel": "#logins"}) == ("#logins",)


def test_without_settings_the_security_channel_hears_of_red_addresses_alone() -> None:
    assert channels_to_tell(event(facts=known(68)), by_default(), SECURITY) == (SECURITY,)
    assert channels_to_tell(event(facts=known(67)), by_default(), SECURITY) == ()
    assert channels_to_tell(event(), by_default(), SECURITY) == ()


def test_a_risk_that_no_service_gives_is_refused() -> None:
    with pytest.raises(ValidationError):
        AlsoTell.model_validate({"when": {"risk": "unknown"}})
