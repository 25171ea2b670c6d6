"""The things a workspace consists of, as plain mutable records: users, channels, messages, views, files.

They carry no behaviour beyond small questions about themselves; the world changes them and
`shapes` turns them into the JSON that the Web API and the page see.
"""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

BOT_TOKEN = "xoxb-emulator"  # noqa: S105  (the emulator's tokens are public and open nothing)
APP_TOKEN = "xapp-emulator"  # noqa: S105
TEAM_ID = "T0EMULATOR"
TEAM_NAME = "Emulator"
SLACKBOT = "USLACKBOT"
ENTERPRISE_NAME = "Emulated Organisation"


@dataclass
class User:
    """A member of the workspace, or somebody from another one (`is_stranger`, other `team_id`)."""

    id: str
    name: str
    real_name: str
    email: str | None = None
    team_id: str = TEAM_ID
    tz: str = "Europe/Berlin"
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    former_id: str = ""
    """The id before the workspace joined an organisation; the Web API still takes it."""


@dataclass
class Channel:
    """A channel, or the direct messages between the app and one `user`."""

    id: str
    name: str
    members: list[str] = field(default_factory=list)
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    is_im: bool = False
    user: str = ""
    created: int = 1_700_000_000


@dataclass
class UserGroup:
    """A user group such as @security-team."""

    id: str
    handle: str
    name: str
    users: list[str] = field(default_factory=list)
    is_disabled: bool = False


@dataclass
class Content:
    """What a message says: replaced as a whole by each edit."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    named: tuple[tuple[str, str], ...] | None = field(default=None, init=False, repr=False, compare=False)
    """Kinds and names of whom it names, once `mentions` has looked."""


@dataclass
class Message:
    """One message, kept after its deletion and with the contents it had before each edit."""

    channel: str
    ts: str
    user: str
    content: Content
    metadata: Json | None = None
    thread_ts: str = ""
    broadcast: bool = False
    files: list[str] = field(default_factory=list)
    bot_id: str = ""
    username: str = ""
    """The name that an integration gave itself for this message: Slack's subtype `bot_message`."""
    client_msg_id: str = ""
    edited_ts: str = ""
    """When it was last changed so that "(edited)" shows."""
    edits: int = 0
    deleted: bool = False
    ephemeral_to: str | None = None
    earlier: list[Content] = field(default_factory=list)
    trouble: dict[str, str] = field(default_factory=dict)
    """What went wrong when a person (the key) last used one of this message's elements."""

    @property
    def is_reply(self) -> bool:
        """Whether the message lives in another message's thread."""
        return bool(self.thread_ts) and self.thread_ts != self.ts


@dataclass
class View:
    """A modal or a Home tab: what the app sent (`body`) and what the emulator knows beside it."""

    id: str
    user: str
    body: Json
    hash: str
    root_id: str = ""
    previous_id: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    """What the app objected to, by block id."""
    trouble: str = ""
    values: dict[str, dict[str, Json]] = field(default_factory=dict)


@dataclass
class StoredFile:
    """An uploaded file; `data` is None until the bytes have come."""

    id: str
    name: str
    length: int
    title: str = ""
    alt_text: str = ""
    data: bytes | None = None
    channel: str = ""
    created: int = 0


@dataclass
class Trigger:
    """The right to open one modal, for three seconds after what a person did."""

    user: str
    created: float
    spent: bool = False


@dataclass
class ResponseUrl:
    """Where the app may answer an interaction: five times within thirty minutes."""

    user: str
    channel: str
    created: float
    message_ts: str | None = None
    uses: int = 0
