"""The JSON that Slack's Web API and payloads use for users, channels, messages, views and files."""

from datetime import datetime
from zoneinfo import ZoneInfo

from slack_emulator.app import App
from slack_emulator.entities import (
    ENTERPRISE_NAME,
    TEAM_ID,
    Channel,
    Json,
    Message,
    StoredFile,
    User,
    UserGroup,
    View,
)
from slack_emulator.world import World


def _profile(user: User, world: World) -> Json:
    profile: Json = {
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": f"g{user.id.lower()}",
        "team": user.team_id,
    }
    if "users:read.email" in world.scopes and user.email:
        profile["email"] = user.email
    if user.id == world.app.bot_user:
        profile |= {"api_app_id": world.app.id, "bot_id": world.app.bot_id, "always_active": True}
    return profile


def user_json(user: User, world: World) -> Json:
    """A user as users.info answers; the address only if the app may see it."""
    offset = datetime.fromtimestamp(world.clock(), ZoneInfo(user.tz)).utcoffset()
    shape: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "profile": _profile(user, world),
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }
    # Slack tells less of those who left.
    if user.deleted:
        return shape
    return (
        shape
        | {
            "color": "4b6cb7",
            "real_name": user.real_name,
            "tz": user.tz,
            "tz_label": user.tz,
            "tz_offset": int(offset.total_seconds()) if offset else 0,
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": user.is_restricted,
            "is_ultra_restricted": user.is_ultra_restricted,
            "is_email_confirmed": bool(user.email),
            "who_can_share_contact_card": "EVERYONE",
        }
        | ({"is_stranger": True} if user.is_stranger else {})
        | _enterprise_keys(user, world)
    )


def _enterprise_keys(user: User, world: World) -> Json:
    if world.enterprise_id is None or user.is_bot or user.team_id != TEAM_ID or user.is_stranger:
        return {}
    member = {
        "id": user.id,
        "enterprise_id": world.enterprise_id,
        "enterprise_name": ENTERPRISE_NAME,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "teams": [TEAM_ID],
    }
    return {"enterprise_user": member}


def channel_json(channel: Channel, world: World, *, count_members: bool = False) -> Json:
    """A channel as conversations.info and conversations.list answer."""
    if channel.is_im:
        return {
            "id": channel.id,
            "created": channel.created,
            "is_archived": channel.is_archived,
            "is_im": True,
            "is_org_shared": False,
            "context_team_id": TEAM_ID,
            "updated": channel.created * 1000,
            "user": channel.user,
        }
    shape: Json = {
        "id": channel.id,
        "name": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_general": channel.name == "general",
        "unlinked": 0,
        "name_normalized": channel.name,
        "is_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "is_ext_shared": channel.is_ext_shared,
        "pending_shared": [],
        "context_team_id": TEAM_ID,
        "updated": channel.created * 1000,
        "creator": next(iter(world.users), ""),
        "is_member": world.app.bot_user in channel.members,
        "shared_team_ids": [TEAM_ID],
        "pending_connected_team_ids": [],
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
    }
    return shape | ({"num_members": len(channel.members)} if count_members else {})


def usergroup_json(group: UserGroup, world: World, *, with_users: bool) -> Json:
    shape: Json = {
        "id": group.id,
        "team_id": TEAM_ID,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": 1_700_000_000,
        "date_update": 1_700_000_000,
        "date_delete": 1_700_000_001 if group.is_disabled else 0,
        "auto_provision": False,
        "enterprise_subteam_id": "",
        "created_by": next(iter(world.users), ""),
        "updated_by": next(iter(world.users), ""),
        "prefs": {"channels": [], "groups": []},
        "channel_count": 0,
        "user_count": len(group.users),
    }
    return shape | ({"users": list(group.users)} if with_users else {})


def message_json(message: Message, world: World, *, with_metadata: bool = False) -> Json:
    """A message as chat.postMessage and conversations.history answer."""
    shape: Json = {"user": message.user, "type": "message", "ts": message.ts, "text": message.content.text}
    shape["team"] = TEAM_ID
    shape |= _author_keys(message, world.app)
    # A message under a name of its own has no user.
    if message.username:
        del shape["user"]
    if message.broadcast and message.is_reply:
        shape["subtype"] = "thread_broadcast"
    optional: Json = {
        "blocks": message.content.blocks,
        "attachments": message.content.attachments,
        "files": [file_json(world.files[file_id], world) for file_id in message.files],
        "metadata": message.metadata if with_metadata else None,
    }
    shape |= {key: value for key, value in optional.items() if value}
    if message.edited_ts:
        # Slack names an app that edited by its bot id, and a person by the user id.
        editor = shape["bot_id"] if message.user == world.app.bot_user else message.user
        shape["edited"] = {"user": editor, "ts": message.edited_ts}
    return shape | _thread_keys(message, world)


def _author_keys(message: Message, app: App) -> Json:
    keys: Json = {"client_msg_id": message.client_msg_id} if message.client_msg_id else {}
    if message.user == app.bot_user:
        icon = "https://a.slack-edge.com/80588/img/plugins/app/bot_"
        profile = {
            "id": app.bot_id,
            "deleted": False,
            "name": app.bot_name,
            "updated": 1_700_000_000,
            "app_id": app.id,
            "icons": {f"image_{size}": f"{icon}{size}.png" for size in (36, 48, 72)},
            "team_id": TEAM_ID,
        }
        keys |= {"bot_id": app.bot_id, "app_id": app.id, "bot_profile": profile}
    elif message.bot_id:
        keys["bot_id"] = message.bot_id
    if message.username:
        keys |= {"subtype": "bot_message", "username": message.username}
        keys.pop("bot_profile", None)
    return keys


def updated_message_json(message: Message, world: World) -> Json:
    """A message as chat.update answers, which tells less of it."""
    shape = message_json(message, world, with_metadata=True)
    left_out = ("ts", *_thread_keys(message, world))
    return {key: value for key, value in shape.items() if key not in left_out}


def _thread_keys(message: Message, world: World) -> Json:
    if message.is_reply:
        parent = world.message(message.channel, message.thread_ts)
        return {"thread_ts": message.thread_ts, "parent_user_id": parent.user if parent else ""}
    replies = world.replies(message)
    if not replies:
        return {}
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len({reply.user or reply.bot_id for reply in replies}),
        "latest_reply": replies[-1].ts,
        "reply_users": sorted({reply.user or reply.bot_id for reply in replies}),
        "is_locked": False,
        "subscribed": False,
    }


def view_json(view: View, world: World) -> Json:
    """A modal or Home tab as views.open answers and view_submission carries."""
    body = view.body
    return {
        "id": view.id,
        "team_id": TEAM_ID,
        "type": body["type"],
        "blocks": body["blocks"],
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "state": {"values": view.values},
        "hash": view.hash,
        "title": body.get("title", {"type": "plain_text", "text": "View Title", "emoji": True}),
        "clear_on_close": body.get("clear_on_close", False),
        "notify_on_close": body.get("notify_on_close", False),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": world.app.id,
        "external_id": body.get("external_id", ""),
        "app_installed_team_id": TEAM_ID,
        "bot_id": world.app.bot_id,
    }


def file_json(file: StoredFile, world: World) -> Json:
    """A file as files.completeUploadExternal answers; its address is a path on this server."""
    extension = file.name.rpartition(".")[2].lower() if "." in file.name else ""
    path = f"/files/{file.id}"
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": "image/png" if extension == "png" else "application/octet-stream",
        "filetype": extension or "binary",
        "pretty_type": extension.upper() or "Binary",
        "user": world.app.bot_user,
        "user_team": TEAM_ID,
        "editable": False,
        "size": file.length,
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": bool(file.channel.startswith("C")),
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": path,
        "url_private_download": path,
        "permalink": path,
        "channels": [file.channel] if file.channel.startswith("C") else [],
        "groups": [],
        "ims": [file.channel] if file.channel.startswith("D") else [],
        "comments_count": 0,
        "has_rich_preview": False,
        "file_access": "visible",
        "alt_txt": file.alt_text,
    }
