"""Finds the member behind a name that was typed as cards write it: `@Bob`, `@Bob Brown`."""

from powertrip.errors import Refused
from powertrip.pipeline.context import Context
from powertrip.slack.arguments import member_id

LONGEST_NAME = 4
"""Words of a person's name."""


async def with_mentions(words: list[str], context: Context) -> tuple[list[str], str]:
    """The words with a mention in place of each name behind an @, and whose it is, to be said.

    Slack itself makes mentions only of those who are picked from its list. Raises Refused where nobody, or
    more than one, is called so.
    """
    found: list[str] = []
    whose, position = "", 0
    while position < len(words):
        word, end = words[position], position + 1
        if word.startswith("@"):
            end, slack_id = await _member(words, position, context)
            whose, word = " ".join(words[position:end]), f"<@{slack_id}>"
        elif member_id(word):
            handle = word.partition("|")[2].rstrip(">")
            whose = f"@{handle}" if handle else "this member"
        found.append(word)
        position = end
    return found, whose


async def _member(words: list[str], start: int, context: Context) -> tuple[int, str]:
    """Where the name that begins at `start` ends, and whose it is; the longest that somebody has."""
    people = context.settings.people.all()
    for end in range(min(len(words), start + LONGEST_NAME), start, -1):
        typed = " ".join(words[start:end])
        ids = await context.directory.called(typed.removeprefix("@"), people)
        if len(ids) > 1:
            raise Refused(f"Several people are called {typed[:40]}. Pick one from Slack's list as you type.")
        if ids:
            return end, ids[0]
    raise Refused(
        f"Nobody who is called {words[start][:40]} is listed in the configuration. "
        "Pick the person from Slack's list: it opens when you type @ and the beginning of a name."
    )
