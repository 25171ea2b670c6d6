"""`/powertrip`: each word calls one function, which reads its arguments and answers with a message."""

import asyncio
import json
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain import policy
from powertrip.domain.decision import Verdict, Via
from powertrip.domain.event import EventQuery
from powertrip.domain.people import Actor, Standing
from powertrip.domain.record import Record
from powertrip.domain.statistics import Numbers
from powertrip.errors import NotAllowed, PowertripError, ReasonRequired, Refused
from powertrip.ingest.contract import Inbox
from powertrip.pipeline.context import Parts
from powertrip.pipeline.decide import REASON_LIMIT, Decider, Reference, parse_reference
from powertrip.rules import Match, RuleSummary
from powertrip.slack import typed
from powertrip.slack.calls import call
from powertrip.slack.modals import Asked, open_window

log = structlog.get_logger(__name__)

STATS_DAYS = 30
TEST_HOST = "powertrip-test"
TEST_ADDRESS = "192.0.2.1"
"""From a range that documentation uses and nobody has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who typed, where, and the client to answer them with."""

    slack_id: str
    team_id: str | None
    channel: str
    trigger_id: str
    """Lets a window be opened for them within three seconds."""
    client: Any


class Commands:
    """The words that `/powertrip` knows."""

    def __init__(self, parts: Parts, decider: Decider, inbox: Inbox) -> None:
        self._parts = parts
        self._decider = decider
        self._inbox = inbox
        self._words: dict[str, Callable[[Caller, list[str]], Awaitable[Message]]] = {
            "help": self._help,
            "pending": self._pending,
            "show": self._show,
            "approve": self._approve,
            "deny": self._deny,
            "close": self._close,
            "history": self._history,
            "stats": self._stats,
            "rules": self._rules,
            "whoami": self._whoami,
            "test": self._test,
        }

    async def run(self, caller: Caller, text: str) -> Message:
        """Answer one command; a refusal and a passing fault are answers too."""
        word, *arguments = typed.words_of(text) or ["help"]
        handler = self._words.get(word.lower())
        if handler is None:
            return cards.refusal(f"{word[:40]!r} is not a command. Try {self._parts.settings.command} help.")
        try:
            return await handler(caller, arguments)
        except Refused as refusal:
            return cards.refusal(str(refusal))
        except PowertripError as error:
            log.error("a command could not be carried out", word=word, error=str(error))
            return cards.refusal("Powertrip cannot do this right now. Please try again in a moment.")

    async def page(self, caller: Caller, value: str) -> Message:
        """Another page of a list that was answered before; who may see it is checked again."""
        page, _, query = value.partition(" ")
        if query.split(" ")[0] not in ("pending", "history"):
            return cards.refusal("There are no pages of that.")
        return await self.run(caller, f"{query} page={page}")

    async def _help(self, caller: Caller, arguments: list[str]) -> Message:  # noqa: ARG002
        return cards.help_card(self._parts.settings.command)

    async def _approve(self, caller: Caller, arguments: list[str]) -> Message:
        return await self._decide(Verdict.APPROVE, caller, arguments)

    async def _deny(self, caller: Caller, arguments: list[str]) -> Message:
        return await self._decide(Verdict.DENY, caller, arguments)

    async def _close(self, caller: Caller, arguments: list[str]) -> Message:
        return await self._decide(Verdict.CLOSE, caller, arguments)

    async def _decide(self, verdict: Verdict, caller: Caller, arguments: list[str]) -> Message:
        if not arguments:
            raise Refused(f"Say which event: {self._parts.settings.command} {verdict} ID reason")
        reference, reason = parse_reference(arguments[0]), " ".join(arguments[1:])
        try:
            outcome = await self._decider.decide(
                reference,
                verdict,
                slack_id=caller.slack_id,
                team_id=caller.team_id,
                via=Via.COMMAND,
                reason=reason,
            )
        except ReasonRequired as missing:
            return await self._ask_reason(reference, verdict, caller, missing)
        answer = cards.decision_answer(outcome.event, outcome.decision, outcome.rest)
        if len(reason) > REASON_LIMIT:
            answer = _with_note(
                answer, f"Only the first {REASON_LIMIT:,} characters of the reason were kept."
            )
        return answer

    async def _ask_reason(
        self, reference: Reference, verdict: Verdict, caller: Caller, missing: ReasonRequired
    ) -> Message:
        asked = Asked(reference=reference, verdict=verdict, via=Via.COMMAND, channel=caller.channel)
        await open_window(caller.client, caller.trigger_id, await self._decider.event(reference), asked)
        return cards.note(f"{missing} Write it into the window that has opened.")

    async def _pending(self, caller: Caller, arguments: list[str]) -> Message:
        page, words = typed.page_of(arguments)
        actor = await self._actor(caller)
        who = words[0] if words else ("all" if actor.is_reviewer else "me")
        query = self._pending_query(actor, who)
        query = replace(query, limit=cards.PAGE_SIZE, offset=(page - 1) * cards.PAGE_SIZE)
        events, total = await self._parts.store.events.find(query)
        title = {"all": "All events waiting", "me": "Events waiting for you"}.get(who, "Events waiting")
        pages = typed.page_count(total, cards.PAGE_SIZE)
        return cards.event_list(
            events, page, pages, f"{title}: {total}", self._parts.clock(), f"pending {who}"
        )

    def _pending_query(self, actor: Actor, who: str) -> EventQuery:
        if who == "me":
            return EventQuery(undone_only=True, subject_slack_id=actor.slack_id)
        if who == "all":
            _reviewers_only(actor, "see what waits for others")
            return EventQuery(undone_only=True)
        subject = typed.member_id(who)
        if subject is None:
            raise Refused(f"Say {self._parts.settings.command} pending me, all, or @somebody.")
        if subject != actor.slack_id:
            _reviewers_only(actor, "see what waits for others")
        return EventQuery(undone_only=True, subject_slack_id=subject)

    async def _show(self, caller: Caller, arguments: list[str]) -> Message:
        if not arguments:
            raise Refused(f"Say which event: {self._parts.settings.command} show ID")
        event = await self._decider.event(parse_reference(arguments[0]))
        actor = await self._actor(caller)
        if not actor.is_reviewer and event.subject.slack_id != actor.slack_id:
            raise NotAllowed("Only the person this event is about and the reviewers can see it.")
        occurrences = await self._parts.store.events.occurrences(event.id)
        notices = await self._parts.store.notices.of_event(event.id)
        return cards.show_card(event, occurrences, notices, self._parts.clock())

    async def _history(self, caller: Caller, arguments: list[str]) -> Message:
        page, words = typed.page_of(arguments)
        actor = await self._actor(caller)
        query = typed.history_query(words, self._parts.clock())
        if not actor.is_reviewer:
            if query.subject_slack_id not in (None, actor.slack_id):
                raise NotAllowed("Only reviewers can see the history of others.")
            query = replace(query, subject_slack_id=actor.slack_id)
        query = replace(query, limit=cards.HISTORY_PAGE_SIZE, offset=(page - 1) * cards.HISTORY_PAGE_SIZE)
        events, total = await self._parts.store.events.find(query)
        pages = typed.page_count(total, cards.HISTORY_PAGE_SIZE)
        asked = shlex.join(["history", *words])
        title = f"History ({total})"
        return cards.history_table(events, page, pages, title, self._parts.clock(), asked)

    async def _stats(self, caller: Caller, arguments: list[str]) -> Message:
        _reviewers_only(await self._actor(caller), "see the statistics")
        now = self._parts.clock()
        since = typed.moment(arguments[0], now) if arguments else now - timedelta(days=STATS_DAYS)
        if since is None or since > now:
            raise Refused(f"Say since when: {self._parts.settings.command} stats 30d")
        numbers = await self._parts.store.statistics.numbers(since)
        chart = await asyncio.to_thread(_draw_chart, numbers, now)
        return _with_note(cards.stats_card(numbers), await _send_chart(caller, chart))

    async def _rules(self, caller: Caller, arguments: list[str]) -> Message:  # noqa: ARG002
        _reviewers_only(await self._actor(caller), "see the rules")
        return cards.rules_card([_rule_in_words(rule) for rule in self._parts.settings.rules.describe()])

    async def _whoami(self, caller: Caller, arguments: list[str]) -> Message:  # noqa: ARG002
        actor = await self._parts.directory.actor(caller.slack_id, caller.team_id)
        return cards.whoami_card(actor, await self._names_of(caller.slack_id))

    async def _test(self, caller: Caller, arguments: list[str]) -> Message:  # noqa: ARG002
        actor = await self._actor(caller)
        names = await self._names_of(actor.slack_id)
        name = names[0] if names else f"test-{actor.slack_id.lower()}"
        record = _test_record(name, self._parts.clock())
        if not isinstance(self._parts.settings.rules.judge(record), Match):
            raise Refused(
                "No rule makes an event of an SSH login from the source `test`, so no card would come."
            )
        await self._inbox.put([record])
        why = "" if names else ", because no user name is mapped to you"
        where = "your direct messages" if names else "the security channel"
        return cards.note(
            f"A login of {name} to {TEST_HOST} was made up and put into the inbox. "
            f"Within seconds its card should appear in {where}{why}; "
            "if the card of your last test still waits, that one counts once more."
        )

    async def _actor(self, caller: Caller) -> Actor:
        actor = await self._parts.directory.actor(caller.slack_id, caller.team_id)
        if actor.standing is not Standing.MEMBER:
            raise NotAllowed(policy.STANDING_IN_WORDS[actor.standing])
        return actor

    async def _names_of(self, slack_id: str) -> list[str]:
        """The user names that lead to this member."""
        return await self._parts.directory.names(slack_id, self._parts.settings.people.all())


def _rule_in_words(rule: RuleSummary) -> tuple[str, str]:
    what = "ignores" if rule.ignore else f"{rule.title}, severity {rule.severity}"
    return rule.name, f"{what}, from {', '.join(rule.sources) or 'every source'}"


def _draw_chart(numbers: Numbers, now: datetime) -> bytes:
    # Matplotlib takes a second to load: in a thread, and only where somebody asks for a chart.
    from powertrip.cards.chart import draw_chart  # noqa: PLC0415

    return draw_chart(numbers, now)


async def _send_chart(caller: Caller, chart: bytes) -> str:
    """Files cannot be ephemeral, so the chart goes to the caller's direct messages."""
    try:
        opened = await call(caller.client.conversations_open(users=caller.slack_id))
        await call(
            caller.client.files_upload_v2(
                channel=opened["channel"]["id"],
                content=chart,
                filename="powertrip-stats.png",
                title="Events and time to decision",
                alt_txt="Bars of events a day, and the median time to a decision",
            )
        )
    except PowertripError as error:
        log.warning("the chart could not be sent", error=str(error))
        return f"The chart could not be sent: {error}"
    return "The chart is in your direct messages with Powertrip."


def _with_note(message: Message, sentence: str) -> Message:
    note = cards.note(sentence)
    return replace(message, text=f"{message.text}\n{note.text}", blocks=[*message.blocks, *note.blocks])


def _reviewers_only(actor: Actor, what: str) -> None:
    if not actor.is_reviewer:
        raise NotAllowed(f"Only reviewers can {what}.")


def _test_record(name: str, now: datetime) -> Record:
    message = (
        f"Accepted publickey for {name} from {TEST_ADDRESS} port 50000 ssh2: ED25519 SHA256:made-up-by-test"
    )
    return Record(
        source="test",
        record_id=f"test-{name}-{now.timestamp()}",
        message=message,
        raw=json.dumps({"test": True, "message": message}),
        received_at=now,
        occurred_at=now,
        host_name=TEST_HOST,
        program="sshd",
    )
