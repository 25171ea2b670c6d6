"""What the fields of an event are called for people."""

import pytest

from powertrip.cards import event_card
from powertrip.cards.fields import label
from powertrip.rules import load_rules
from powertrip.rules.load import PACK_DIR
from tests.cards.logins import login, view
from tests.cards.reading import read
from tests.samples import NOW

PACKS = sorted(path.stem for path in PACK_DIR.glob("*.yaml"))
FOR_PROGRAMMERS = {"Tty", "TTY", "Uid", "UID", "Pid", "Mfa", "Url", "Ip", "Extra", "Event outcome", "Ref"}


@pytest.mark.parametrize("pack", PACKS)
def test_every_field_of_a_pack_is_called_something_that_people_say(pack: str) -> None:
    rules = load_rules([{"use": pack}], lambda _: "a pack").rules
    labels = {label(name) for rule in rules for name in rule.names}

    assert labels & FOR_PROGRAMMERS == set()
    assert [word for word in labels if "_" in word or not word[0].isupper()] == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("vpn_gateway", "VPN gateway"),
        ("release_id", "Release ID"),
        ("app", "App"),
        ("aws_account", "AWS account"),
        ("mfa", "Second factor (MFA)"),
        ("tty", "Terminal"),
        ("x" * 500, "X" + "x" * 18 + "… 481 more characters"),
    ],
)
def test_a_field_is_called_by_its_name_in_words(name: str, said: str) -> None:
    assert label(name) == said


def test_a_failure_is_said_above_the_buttons_with_its_reason_and_a_success_nowhere() -> None:
    done = read(event_card(login(fields={"event_outcome": "success"}), view(), NOW))
    failed = read(
        event_card(login(fields={"event_outcome": "failure", "error": "AccessDenied"}), view(), NOW)
    )

    assert not any("success" in line or "succeed" in line for line in done)
    assert failed.index("✋ It did not succeed: AccessDenied") < failed.index("[Approve] [Deny]")
    assert "| Error: AccessDenied" in failed


def test_truth_is_told_in_words() -> None:
    said = read(event_card(login(fields={"mfa": "false", "root": "true"}), view(), NOW))

    assert "| Second factor (MFA): no" in said
    assert "| Root: yes" in said
