"""A workspace that joins an Enterprise organisation: people and direct messages get other ids."""

from slack_emulator.entities import SLACKBOT, TEAM_ID
from slack_emulator.world import World


def join_enterprise(world: World, enterprise_id: str) -> None:
    """Make `world` a workspace of an organisation; the app stays installed in the workspace alone."""
    world.enterprise_id = enterprise_id
    renamed: dict[str, str] = {}
    for user in list(world.users.values()):
        # Whoever comes from another workspace, an app and Slackbot stay who they were.
        if user.is_bot or user.is_stranger or user.team_id != TEAM_ID or user.id == SLACKBOT:
            continue
        world.renew_direct_messages(user.id)
        user.former_id, user.id = user.id, "W" + user.id[1:]
        renamed[user.former_id] = user.id
    world.users = {user.id: user for user in world.users.values()}
    world.direct = {renamed.get(owner, owner): channel for owner, channel in world.direct.items()}
    for channel in world.channels.values():
        channel.members = [renamed.get(member, member) for member in channel.members]
        channel.user = renamed.get(channel.user, channel.user)
    for group in world.usergroups.values():
        group.users = [renamed.get(member, member) for member in group.users]
    for message in (message for messages in world.messages.values() for message in messages):
        message.user = renamed.get(message.user, message.user)
    world.touch()
