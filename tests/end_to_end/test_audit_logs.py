"""An entry of a cloud's audit log is posted as JSON, and the person that it names by e-mail is asked."""

from typing import Any

import pytest

from powertrip.sandbox.control import Control
from tests.end_to_end.harness import BOBS_DM, SECRET, Sender
from tests.end_to_end.test_main_path import SECURITY, card_for


@pytest.fixture
def changes() -> dict[str, Any]:
    """AWS beside syslog, and Bob by the address that AWS writes in capitals."""
    source = {
        "type": "json",
        "secret": SECRET,
        "keys": {"id": "eventID", "time": "eventTime"},
        "events": "Records",
    }
    return {
        "sources": {"aws": source},
        "rules": [{"use": "ssh"}, {"use": "cloudtrail", "source": "aws"}],
    }


def sign_in(number: int, user: str) -> dict[str, Any]:
    """A console sign-in by an IAM user."""
    return {
        "eventID": f"0e0e0e0e-0000-4000-8000-00000000000{number}",
        "eventTime": "2026-01-15T12:00:00Z",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "sourceIPAddress": "192.0.2.10",
        "userIdentity": {"type": "IAMUser", "userName": user, "accountId": "111122223333"},
        "recipientAccountId": "111122223333",
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": "No"},
    }


async def test_a_console_sign_in_is_asked_about_where_it_belongs(sender: Sender, control: Control) -> None:
    await sender.post({"Records": [sign_in(1, "BOB@example.com"), sign_in(2, "stranger")]}, source="aws")

    own = await card_for(control, "BOB@example.com")
    other = await card_for(control, "stranger")

    assert own.channel == BOBS_DM
    assert other.channel == SECURITY
    for words in ("AWS console sign-in without a second factor", "aws:111122223333", "192.0.2.10"):
        assert own.shows(words), words
