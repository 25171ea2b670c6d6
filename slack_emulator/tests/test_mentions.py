"""Whom a message notifies: what is formatted names people, plain text and code never do."""

from typing import Any

import pytest

from slack_emulator.entities import Content
from slack_emulator.mentions import mentioned, mentioned_in_fallback
from slack_emulator.tests.conftest import doors_world

Json = dict[str, Any]
EVERYBODY = ["U0ALICE", "U0BOB", "U0CAROL", "U0DOORMAN"]


def section(kind: str, text: str) -> Json:
    return {"type": "section", "text": {"type": kind, "text": text}}


def rich(kind: str, *pieces: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(pieces)}]}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (Content("hi <@U0ALICE>"), ["U0ALICE"]),
        (Content("<!subteam^S0SECURITYTEAM|@security-team>"), ["U0CAROL"]),
        (Content("<!channel>"), EVERYBODY),
        (Content("&lt;!channel&gt; @channel @alice"), []),
        (Content("<@U0ALICE>", [section("mrkdwn", "nobody")]), []),
        (Content("", [section("mrkdwn", "<!here>")]), EVERYBODY),
        (Content("", [section("plain_text", "<!channel> <@U0ALICE>")]), []),
        (Content("", [rich("rich_text_section", {"type": "user", "user_id": "U0BOB"})]), ["U0BOB"]),
        (Content("", [rich("rich_text_preformatted", {"type": "text", "text": "<!channel>"})]), []),
        (Content("", [rich("rich_text_section", {"type": "broadcast", "range": "channel"})]), EVERYBODY),
        (Content("", [], [{"blocks": [section("mrkdwn", "<@U0BOB>")]}]), ["U0BOB"]),
        (Content("", [], [{"text": "<@U0BOB>"}]), ["U0BOB"]),
        (Content("<@U0NOBODY>"), []),
        (Content("<!date^1700000000^{date}|then>"), []),
    ],
)
def test_only_what_is_formatted_notifies_and_only_members(content: Content, named: list[str]) -> None:
    assert mentioned(content, "C0GENERAL", doors_world()) == named


def test_who_is_named_in_the_text_beside_blocks_is_known_apart() -> None:
    content = Content("<@U0ALICE>", [section("mrkdwn", "nobody")])
    assert mentioned_in_fallback(content, "C0GENERAL", doors_world()) == ["U0ALICE"]
