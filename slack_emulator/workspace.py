"""Makes a workspace of names: people, channels and user groups, with ids that can be read."""

import re
import time
from collections.abc import Callable, Mapping, Sequence

from slack_emulator.app import App
from slack_emulator.entities import SLACKBOT, Channel, User, UserGroup
from slack_emulator.world import World

PEOPLE = ("alice", "bob", "carol")
CHANNELS: Mapping[str, Sequence[str]] = {"general": ()}


def id_of(prefix: str, name: str) -> str:
    """The id of what has this name: `U0ALICE` for alice, `C0OPSTEAM` for #ops-team."""
    return prefix + re.sub("[^A-Z0-9]", "", name.upper())


def workspace(
    app: App | None = None,
    *,
    people: Sequence[str] = PEOPLE,
    channels: Mapping[str, Sequence[str]] = CHANNELS,
    groups: Mapping[str, Sequence[str]] | None = None,
    clock: Callable[[], float] = time.time,
) -> World:
    """A workspace in which the app is installed.

    `channels` and `groups` name their members; a channel without any has everybody. The app is in all
    channels. Raises ValueError for a member who is not among the people.
    """
    world = World(app or App(), clock)
    for name in people:
        user = User(id_of("U0", name), name, name.capitalize(), f"{name}@example.com")
        world.users[user.id] = user
    bot = User(world.app.bot_user, world.app.bot_name, world.app.name, is_bot=True)
    if bot.id in world.users:
        raise ValueError(f"the app and a person would both be {bot.id}; name one of them otherwise")
    everybody = list(world.users)
    world.users |= {bot.id: bot, SLACKBOT: User(SLACKBOT, "slackbot", "Slackbot")}
    for name, members in channels.items():
        channel = Channel(id_of("C0", name), name, [*(_ids(members, people) or everybody), bot.id])
        world.channels[channel.id] = channel
    for user_id in everybody:
        world.direct_messages(user_id)
    for handle, members in (groups or {}).items():
        title = handle.replace("-", " ").capitalize()
        group = UserGroup(id_of("S0", handle), handle, title, _ids(members, people))
        world.usergroups[group.id] = group
    return world


def _ids(names: Sequence[str], people: Sequence[str]) -> list[str]:
    unknown = sorted(set(names) - set(people))
    if unknown:
        raise ValueError(f"not among the people: {', '.join(unknown)}")
    return [id_of("U0", name) for name in names]
