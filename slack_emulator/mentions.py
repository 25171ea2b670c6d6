"""Who a message notifies: the people that its formatted text and rich text name, groups and all.

Plain text and code blocks of rich text name nobody, which is what keeps hostile log text quiet.
"""

import re
from collections.abc import Iterable, Iterator

from slack_emulator.entities import Content, Json
from slack_emulator.world import World

_REFERENCE = re.compile(r"<(@|!subteam\^|!)([A-Za-z0-9]+)(?:\|[^>]*)?>")
BROADCASTS = ("channel", "here", "everyone")


def _formatted_texts(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _formatted_texts(item)
    elif isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "markdown"):
            yield str(value.get("text", ""))
        else:
            yield from _formatted_texts(list(value.values()))


def _rich_pieces(value: object) -> Iterator[Json]:
    if isinstance(value, list):
        for item in value:
            yield from _rich_pieces(item)
    elif isinstance(value, dict):
        if value.get("type") in ("user", "usergroup", "broadcast"):
            yield value
        yield from _rich_pieces(list(value.values()))


def _named_in_text(text: str) -> Iterator[tuple[str, str]]:
    for kind, name in _REFERENCE.findall(text):
        if kind != "!" or name in BROADCASTS:
            yield {"@": "user", "!": "broadcast"}.get(kind, "usergroup"), name


def _named(content: Content) -> tuple[tuple[str, str], ...]:
    # Once: whoever looks at the state looks at all messages, many times a second.
    if content.named is None:
        content.named = tuple(_named_within(content))
    return content.named


def _named_within(content: Content) -> Iterator[tuple[str, str]]:
    for text in _shown_texts(content):
        yield from _named_in_text(text)
    for piece in _rich_pieces([content.blocks, content.attachments]):
        kind = str(piece["type"])
        yield kind, str(piece.get("range") or piece.get(f"{kind}_id"))


def _shown_texts(content: Content) -> Iterator[str]:
    # Beside blocks the text is a fallback for notifications, and names nobody.
    if not content.blocks:
        yield content.text
    yield from _formatted_texts(content.blocks)
    for attachment in content.attachments:
        yield from _formatted_texts(attachment.get("blocks", []))
        yield from (str(attachment.get(key, "")) for key in ("pretext", "text"))


def _people(named: Iterable[tuple[str, str]], channel: str, world: World) -> list[str]:
    members = set(world.channels[channel].members)
    found: set[str] = set()
    for kind, name in named:
        if kind == "user":
            found.add(name)
        elif kind == "usergroup" and name in world.usergroups:
            found |= set(world.usergroups[name].users)
        elif kind == "broadcast":
            found |= members
    # Slack notifies nobody outside the channel, whatever the text says.
    return sorted(found & members)


def mentioned(content: Content, channel: str, world: World) -> list[str]:
    """The members of the channel whom the message, as it is shown, notifies."""
    return _people(_named(content), channel, world)


def mentioned_in_fallback(content: Content, channel: str, world: World) -> list[str]:
    """The members whom only the top-level text names, which is not shown beside blocks."""
    return _people(_named_in_text(content.text), channel, world)


def escape_names(typed: str, world: World) -> str:
    """What a person typed with `@name` and `#name` turned into references, as Slack does for commands."""
    people = {user.name: f"<@{user.id}|{user.name}>" for user in world.users.values()}
    groups = {g.handle: f"<!subteam^{g.id}|@{g.handle}>" for g in world.usergroups.values()}
    channels = {c.name: f"<#{c.id}|{c.name}>" for c in world.channels.values() if not c.is_im}
    # People first, for a group of the same name could not be told apart; `<#` is a reference already.
    at = re.sub(r"@([\w.-]+)", lambda m: people.get(m[1]) or groups.get(m[1]) or m[0], typed)
    return re.sub(r"(?<![\w^|<])#([\w-]+)", lambda m: channels.get(m[1]) or m[0], at)
