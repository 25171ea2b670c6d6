"""What a test sees of an emulator: its whole state and the messages in it, read-only."""

from dataclasses import dataclass, field

from slack_emulator.elements_use import buttons_of
from slack_emulator.entities import Json


@dataclass(frozen=True)
class SeenMessage:
    """A message as the emulator holds it; `raw` is the JSON as conversations.history answers, and more."""

    raw: Json

    @property
    def channel(self) -> str:
        return str(self.raw["channel"])

    @property
    def ts(self) -> str:
        """Its timestamp, which names it within the channel."""
        return str(self.raw["ts"])

    @property
    def user(self) -> str:
        return str(self.raw["user"])

    @property
    def text(self) -> str:
        return str(self.raw["text"])

    @property
    def blocks(self) -> list[Json]:
        """The blocks, those of the attachments included."""
        attached = [block for a in self.raw.get("attachments", []) for block in a.get("blocks", [])]
        return [*self.raw.get("blocks", []), *attached]

    @property
    def metadata(self) -> Json:
        """`event_type` and `event_payload`, or nothing."""
        return dict(self.raw.get("metadata") or {})

    @property
    def thread_ts(self) -> str:
        """The message whose thread it is in, if any."""
        return str(self.raw.get("thread_ts", ""))

    @property
    def deleted(self) -> bool:
        return bool(self.raw["deleted"])

    @property
    def edits(self) -> int:
        return int(self.raw["edits"])

    @property
    def ephemeral_to(self) -> str | None:
        """The only person who sees it, if it is ephemeral."""
        user = self.raw["ephemeral_to"]
        return None if user is None else str(user)

    @property
    def mentions(self) -> list[str]:
        """The ids of the people whom it notifies."""
        return list(self.raw["mentions"])

    @property
    def buttons(self) -> list[Json]:
        """Its buttons: `action_id`, `value`, `text` and so on."""
        return buttons_of(self.blocks)

    def shows(self, words: str) -> bool:
        """Whether the words occur anywhere in its text, blocks and attachments."""
        return any(words in text for text in _strings([self.text, self.blocks, self.raw.get("attachments")]))


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    return [text for item in items for text in _strings(item)]


@dataclass(frozen=True)
class State:
    """Everything the emulator knows, at one moment; `raw` is the JSON."""

    raw: Json = field(repr=False)

    @property
    def version(self) -> int:
        return int(self.raw["version"])

    def messages(
        self, channel: str | None = None, *, deleted: bool = False, ephemeral: bool = False
    ) -> list[SeenMessage]:
        """Messages of a channel (or all), oldest first; deleted and ephemeral ones only if asked for."""
        chosen = self.raw["messages"].values() if channel is None else [self.raw["messages"].get(channel, [])]
        seen = [SeenMessage(raw) for messages in chosen for raw in messages]
        kept = [m for m in seen if (deleted or not m.deleted) and (ephemeral or m.ephemeral_to is None)]
        return sorted(kept, key=lambda message: message.ts)

    def ephemerals(self, user: str) -> list[SeenMessage]:
        """What only this person sees, oldest first."""
        return [m for m in self.messages(ephemeral=True) if m.ephemeral_to == user]

    def message(self, like: SeenMessage) -> SeenMessage:
        """The same message, as it is now; also if it was deleted."""
        everything = self.messages(like.channel, deleted=True, ephemeral=True)
        return next(message for message in everything if message.ts == like.ts)

    def modal(self, user: str) -> Json | None:
        """The modal that this person has open: the view, with `errors` and `trouble`."""
        return self.raw["modals"].get(user)  # type: ignore[no-any-return]

    def home(self, user: str) -> Json | None:
        return self.raw["homes"].get(user)  # type: ignore[no-any-return]

    def calls(self, method: str | None = None) -> list[Json]:
        """Web API calls: method, args, at, status, error, fault."""
        return [call for call in self.raw["calls"] if method in (None, call["method"])]

    def count(self, method: str) -> int:
        return int(self.raw["counts"].get(method, 0))

    @property
    def envelopes(self) -> list[Json]:
        """Socket Mode envelopes: id, type, payload, deliveries, acks, ack_seconds, ack_payload, retry."""
        return list(self.raw["envelopes"])

    @property
    def connections(self) -> int:
        return int(self.raw["connections"])

    @property
    def connections_opened(self) -> int:
        return int(self.raw["connections_opened"])

    @property
    def handshakes_refused(self) -> int:
        return int(self.raw["handshakes_refused"])
