"""Keeps the one card of the heartbeat true, reads it back from Slack, and then calls the address outside.

    host -> shipper -> ingest -> rules -> card -> Slack -> read back -> the address outside

Whatever breaks, the call outside stops, and the card says what it is; where Slack is what is broken, the
backup channels say it, once.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from powertrip import cards
from powertrip.domain.heartbeat import Card, Heard, Link, Trouble, Watched, next_change, source_trouble
from powertrip.domain.heartbeat_section import HeartbeatSection
from powertrip.errors import OutsideError, SlackAmbiguous, SlackError, SlackRefused, StoreUnavailable
from powertrip.net import Pool
from powertrip.pipeline.context import Context
from powertrip.pipeline.heartbeat_alarm import Retries, call_outside, tell_broken, tell_mended
from powertrip.pipeline.retry import asked_for
from powertrip.pipeline.send import GONE, TAKING_NOTHING, UNCHANGEABLE
from powertrip.pipeline.settle import CLOCK_SKEW

log = structlog.get_logger(__name__)

EDIT_EVERY = timedelta(seconds=60)
"""Details that change by themselves, as a count does, are brought up to date no more often than this."""


class Heartbeat:
    """The heartbeat's loop, with all that is known beside the database, which may be what is broken."""

    def __init__(self, context: Context, is_connected: Callable[[], Awaitable[bool]], http: Pool) -> None:
        self._context = context
        self._is_connected = is_connected
        self._http = http
        self._owner = secrets.token_hex(8)
        self._watched: Watched | None = None
        """As it was when the database last answered."""
        self._card: Card | None = None
        self._failing: dict[Link, tuple[datetime, str]] = {}
        """Since when each link fails, and how."""
        self._shown: tuple[str, str, datetime] | None = None
        """What the card says last: its gist, its check, and when it was written."""
        self._is_seen = False
        """Whether it was read back since."""
        self._broken_since: datetime | None = None
        self._retries = Retries()
        self._is_retired = False
        """Whether a card of a heartbeat that is switched off was looked for."""

    async def beat(self) -> bool:
        """Look once at every link; returns False, for there is never more to do at once."""
        section, now = self._context.settings.heartbeat, self._context.clock()
        if not section.is_on:
            await self._retire()
            return False
        self._is_retired = False
        if not await self._look(section, now):
            self._watched = self._card = self._shown = None
            return False
        if await self._is_connected():
            self._works(Link.SOCKET)
        else:
            self._fails(Link.SOCKET, now, "socket closed: no click reaches Powertrip")
        if self._watched is not None:
            await self._show(section, self._watched, now)
        before = [trouble for trouble in self._troubles(section, now) if trouble.link is not Link.PING]
        is_whole = not before and self._is_seen and not (self._failing.keys() - {Link.PING})
        if is_whole and self._watched is not None:
            self._count(self._watched.heard, now)
            await self._ping(section, self._watched.heard, now)
        await self._tell_backup(self._troubles(section, now), now)
        await self._keep(now)
        return False

    async def _retire(self) -> None:
        """Remove the card of a heartbeat that is switched off: nobody would keep it true."""
        if self._is_retired:
            return
        card = await self._context.store.heartbeat.card()
        if card is not None and card.channel is not None and card.ts is not None:
            try:
                await self._context.notifier.delete(card.channel, card.ts)
            except SlackRefused as error:
                log.warning("heartbeat card left behind", channel=card.channel, error=str(error))
            except SlackError:
                return  # it is away, and this is looked at again
            await self._context.store.heartbeat.keep(Card())
        self._watched = self._card = self._shown = None
        self._is_retired = True

    async def _look(self, section: HeartbeatSection, now: datetime) -> bool:
        """Read what the database knows; returns False where another process keeps the card."""
        try:
            watched = await self._context.store.heartbeat.watch(list(section.sources), self._owner, now)
        except StoreUnavailable as error:
            self._fails(Link.DATABASE, now, f"database: {error}")
            return True
        if watched is None:
            return False
        self._works(Link.DATABASE)
        if self._watched is None:
            # While the database was away since the start, a backup channel may have been told.
            told = self._card.told if self._card else {}
            self._card = replace(watched.card, told={**watched.card.told, **told})
        self._watched = watched
        waits = watched.waiting_since
        if waits is not None and now - waits >= _patience(section):
            self._fails(Link.WORKER, waits, f"worker: since {waits:%H:%M:%S} UTC records wait to be judged")
        else:
            self._works(Link.WORKER)
        return True

    def _troubles(self, section: HeartbeatSection, now: datetime) -> list[Trouble]:
        heard = self._watched.heard if self._watched else ()
        # A moment's failure is nothing to write about; the call outside waits for its end all the same.
        lasting = [
            Trouble(link=link, text=text)
            for link, (since, text) in self._failing.items()
            if now - since >= _patience(section)
        ]
        if self._failing.keys() & {Link.DATABASE, Link.WORKER}:
            # What came meanwhile is not known, so nothing true can be said of the sources.
            return lasting
        return [*lasting, *filter(None, (source_trouble(item, section, now) for item in heard))]

    async def _show(self, section: HeartbeatSection, watched: Watched, now: datetime) -> None:
        troubles = self._troubles(section, now)
        if troubles:
            self._broken_since = self._broken_since or now
        is_known = not self._failing.keys() & {Link.DATABASE, Link.WORKER}
        due_at = next_change(watched.heard, troubles, section) if is_known else None
        message, check = cards.heartbeat_card(
            watched.heard, troubles, due_at=due_at, broken_since=self._broken_since, now=now
        )
        gist = repr(
            [
                [(item.source, item.sent_at, item.problem) for item in watched.heard],
                [(trouble.link, trouble.source) for trouble in troubles],
            ]
        )
        if self._shown is not None:
            shown_gist, shown_check, shown_at = self._shown
            if gist == shown_gist and (check == shown_check or now - shown_at < EDIT_EVERY):
                await self._read_back(now)
                return
        has_no_card = self._card is None or self._card.ts is None
        # A card that nobody can write down would be another one after the next start.
        if not self._retries.may_try("card", now) or (has_no_card and Link.DATABASE in self._failing):
            return
        try:
            await self._write(message, now)
        except SlackError as error:
            self._slack_fails(now, "take the card", error)
            return
        self._shown, self._is_seen = (gist, check, now), False
        if not troubles:
            self._broken_since = None
        await self._read_back(now)

    async def _write(self, message: cards.Message, now: datetime) -> None:
        """Edit the card, or post it where there is none; raises SlackError."""
        notifier, channel = self._context.notifier, self._context.settings.security_channel
        card = self._card or Card()
        if card.channel not in (None, channel) and card.ts is not None:
            # Another channel is the security channel now, and two cards would not both be kept true.
            try:
                await notifier.delete(card.channel or "", card.ts)
            except SlackRefused as error:
                log.warning("heartbeat card left behind", channel=card.channel, error=str(error))
            card = replace(card, channel=None, ts=None, uid=None, attempted_at=None)
        if card.ts is not None:
            try:
                await notifier.update(channel, card.ts, message.arguments())
            except SlackRefused as error:
                if error.code not in GONE | UNCHANGEABLE - TAKING_NOTHING:
                    raise
                log.warning("heartbeat card is gone or cannot be changed, posting another", error=str(error))
                card = replace(card, ts=None, uid=None, attempted_at=None)
            else:
                return
        self._card = card
        await self._post(card, channel, message, now)

    async def _post(self, card: Card, channel: str, message: cards.Message, now: datetime) -> None:
        notifier = self._context.notifier
        where = None
        if card.uid is not None and card.attempted_at is not None:
            found = await notifier.find(channel, card.uid, card.attempted_at - CLOCK_SKEW)
            where = found[0] if found else None
        if where is not None:
            await notifier.update(channel, where.ts, message.arguments())
        else:
            uid = card.uid or secrets.token_hex(10)
            # Written down before, so that a crash leads to one card and not to two.
            self._card = replace(card, channel=channel, uid=uid, attempted_at=card.attempted_at or now)
            await self._keep(now)
            try:
                where = await notifier.post(channel, message.arguments(), uid)
            except SlackAmbiguous:
                raise
            except SlackError:
                self._card = replace(self._card, attempted_at=None)
                raise
        self._card = replace(self._card or card, channel=channel, ts=where.ts, attempted_at=None)

    async def _read_back(self, now: datetime) -> None:
        card = self._card
        if self._is_seen or self._shown is None or card is None or card.channel is None or card.ts is None:
            return
        if not self._retries.may_try("card", now):
            return
        try:
            text = await self._context.notifier.read(card.channel, card.ts)
        except SlackError as error:
            self._slack_fails(now, "show the card again", error)
            return
        if text is None:
            # Deleted, or not to be read yet: the next edit tells which, before there are two cards.
            self._shown = None
            self._retries.failed("card", now)
        elif self._shown[1] in text:
            self._is_seen = True
            self._works(Link.SLACK)
            self._retries.done("card")
            return
        self._fails(Link.SLACK, now, "Slack took the card, and does not show what it says now")

    def _slack_fails(self, now: datetime, what: str, error: SlackError) -> None:
        how = "Slack refused to" if isinstance(error, SlackRefused) else "Slack does not"
        self._fails(Link.SLACK, now, f"{how} {what}: {error}")
        self._retries.failed("card", now, asked_for(error))

    def _count(self, heard: Sequence[Heard], now: datetime) -> None:
        self._context.metrics.heartbeat_succeeded(now)
        for item in heard:
            if item.sent_at is not None:
                seen_at = self._shown[2] if self._shown else now
                self._context.metrics.heartbeat_seen(item.source, seen_at - item.sent_at)

    async def _ping(self, section: HeartbeatSection, heard: Sequence[Heard], now: datetime) -> None:
        """Call the address outside, once after each heartbeat, if every source was heard."""
        judged = [item.judged_at for item in heard if item.judged_at is not None]
        pinged_at = self._card.pinged_at if self._card else None
        is_new = len(judged) == len(heard) and (pinged_at is None or max(judged) > pinged_at)
        if section.ping is None or not is_new or not self._retries.may_try("ping", now):
            return
        try:
            await call_outside(self._http, section.ping)
        except OutsideError as error:
            log.error("heartbeat not told outside", error=str(error))
            self._fails(Link.PING, now, f"the address outside did not take the call: {error}")
            self._retries.failed("ping", now, asked_for(error))
            return
        self._works(Link.PING)
        self._retries.done("ping")
        self._card = replace(self._card or Card(), pinged_at=now)

    async def _tell_backup(self, troubles: Sequence[Trouble], now: datetime) -> None:
        card = self._card or Card()
        has_no_card = Link.DATABASE in self._failing and card.ts is None
        if any(trouble.link is Link.SLACK or has_no_card for trouble in troubles):
            told = await tell_broken(self._context, card.told, troubles, self._retries, now)
        elif self._is_seen and Link.SLACK not in self._failing:
            told = await tell_mended(self._context, card.told, self._retries, now)
        else:
            return
        self._card = replace(card, told=told)

    async def _keep(self, now: datetime) -> None:
        if self._card is None or self._watched is None or self._card == self._watched.card:
            return
        try:
            await self._context.store.heartbeat.keep(self._card)
        except StoreUnavailable as error:
            self._fails(Link.DATABASE, now, f"database: {error}")
        else:
            self._watched = replace(self._watched, card=self._card)

    def _fails(self, link: Link, now: datetime, text: str) -> None:
        since, _ = self._failing.get(link, (now, ""))
        if link not in self._failing:
            log.warning("heartbeat: a link fails", link=link, why=text)
        self._failing[link] = (since, text)

    def _works(self, link: Link) -> None:
        self._failing.pop(link, None)


def _patience(section: HeartbeatSection) -> timedelta:
    """How long a link fails before it is called broken: well within `late_after`."""
    return section.late_after / 2
