"""What a card is, and from where it is looked at."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal, NewType

from powertrip.cards.blocks import Block, Line, as_text
from powertrip.config.section import Section
from powertrip.config.values import Duration
from powertrip.domain.containment import Offer
from powertrip.domain.delivery import Shown
from powertrip.domain.event import NoticeKind
from powertrip.domain.not_me import Guidance

Mention = NewType("Mention", str)
"""Whom to call: a Slack member id (`U…`, `W…`) or the id of a user group (`S…`)."""


class CardSettings(Section):
    """What cards say about the time of an event."""

    late_after: Duration = timedelta(minutes=10)
    """A record that is older when it arrives is called late."""
    future_after: Duration = timedelta(minutes=5)
    """A record that is dated further ahead is called one from the future."""


_DEFAULT = CardSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """Why, where and how often an event is shown."""

    kind: NoticeKind
    audience: Literal["person", "channel"]
    reminder: int = 0
    """The reminder's number; 0 for other kinds."""
    first_link: str | None = None
    """The address of the first notice, where the readers of this one can open it."""
    mention: tuple[Mention, ...] = ()
    cards: CardSettings = _DEFAULT
    command: str
    """The slash command that does what the buttons do."""
    offers: bool = False
    """Whether its reader may ask not to be asked about the like again."""
    for_reviewers: bool = False
    """Whether it stands in the security channel, where what is done after a denial is."""
    guidance: Guidance = Guidance()  # noqa: RUF009 (frozen)
    """What a person is told to do after a denial."""
    contains: tuple[Offer, ...] = ()
    """What its readers may have done about the event."""
    checklist: tuple[str, ...] = ()
    """What is to be done about a denied storm."""
    is_brief: bool = False
    """Whether it leaves out what there is no room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The content of one Slack message."""

    text: str
    """All that matters, for notifications and screen readers: escaped, at most 4,000 bytes in UTF-8."""
    blocks: list[Block] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    shows: tuple[Shown, ...] = ()
    """What it shows of events, where it is a notice that is kept up to date."""
    counted: tuple[str, ...] = ()
    """The ids of events that a list only counts, as there was no room for them."""

    def arguments(self) -> dict[str, Any]:
        """The arguments of chat.postMessage and chat.update."""
        # Attachments are always among them: chat.update keeps those it is not told of.
        return {"text": self.text, "blocks": self.blocks, "attachments": self.attachments}

    def digest(self) -> str:
        """SHA-256 over its arguments, as JSON with sorted keys and without spaces."""
        canonical = json.dumps(self.arguments(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def sealed(self) -> "Message":
        """The same, with its digest in what it shows of events."""
        digest = self.digest()
        return replace(self, shows=tuple(replace(item, digest=digest) for item in self.shows))


def answer(lines: list[Line], blocks: list[Block]) -> Message:
    """A message without a colour bar, whose text says what `lines` say."""
    return Message(text=as_text(lines), blocks=blocks)
