"""`/powertrip`: each word is a method, which reads its arguments and answers with a message."""

import shlex
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain.decision import FOR_AGENT, UNSURE, Verdict
from powertrip.domain.event import EventQuery
from powertrip.domain.people import Actor
from powertrip.domain.proof import ENROLLED
from powertrip.domain.trial import NO_SOURCE
from powertrip.errors import (
    NotAllowed,
    OutsideError,
    PowertripError,
    Refused,
    Unavailable,
)
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import Decider, parse_reference
from powertrip.pipeline.follow_up import FollowUps
from powertrip.pipeline.former_ids import recognise
from powertrip.pipeline.ports import Trials
from powertrip.pipeline.report import make_report
from powertrip.slack.arguments import (
    described,
    history_query,
    member_id,
    page_count,
    page_of,
    since_of,
    words_of,
)
from powertrip.slack.caller import Caller
from powertrip.slack.chart import send_chart
from powertrip.slack.deciding import DecidingCommands
from powertrip.slack.enrolments import EnrolmentCommands
from powertrip.slack.expectations import ExpectationCommands
from powertrip.slack.follow_up import note_by_command
from powertrip.slack.mentions import with_mentions
from powertrip.slack.menu import OtherAnswers

log = structlog.get_logger(__name__)

TEST_PATIENCE = timedelta(seconds=15)
"""How long somebody who sent a test waits to be told what became of it."""


class Commands:
    """The words that `/powertrip` knows. A method raises Refused with the sentence that answers."""

    def __init__(self, context: Context, decider: Decider, trials: Trials) -> None:
        self._context = context
        self._decider = decider
        self._trials = trials
        self.expecting = expecting = ExpectationCommands(context)
        others, deciding = OtherAnswers(context, decider), DecidingCommands(context, decider)
        self._words: dict[str, Callable[[Caller, list[str]], Awaitable[Message]]] = {
            "help": self.help,
            "pending": self.pending,
            "show": self.show,
            "approve": partial(deciding.decide, Verdict.APPROVE),
            "deny": partial(deciding.decide, Verdict.DENY),
            "close": partial(deciding.decide, Verdict.CLOSE),
            UNSURE: others.unsure,
            FOR_AGENT: others.agent,
            "note": self.note,
            "history": self.history,
            "sources": self.sources,
            "stats": self.stats,
            "report": self.report,
            "rules": self.rules,
            "whoami": self.whoami,
            "test": self.test,
            "proofs": EnrolmentCommands(context).proofs,
            "expect": expecting.expect,
            "expectations": expecting.expectations,
            "distrust": expecting.distrust,
        }

    async def run(self, caller: Caller, text: str) -> Message:
        """Answer one command; a refusal and a passing fault are answers too."""
        word, *arguments = words_of(text) or ["help"]
        handler = self._words.get(word.lower())
        if handler is None:
            command = self._context.settings.command
            return cards.refusal(f"{word[:40]!r} is not a command. Type {command} help to see all.")
        try:
            return await handler(caller, arguments)
        except Refused as refusal:
            return cards.refusal(str(refusal))
        except PowertripError as error:
            log.error("command failed", word=word, error=str(error))
            return cards.refusal("Powertrip cannot do this right now. Please try again in a moment.")

    async def page(self, caller: Caller, value: str) -> Message:
        """Another page of a list; `value` is its button's, as in `2 pending all`."""
        page, _, query = value.partition(" ")
        if query.split(" ")[0] not in ("pending", "history", "sources"):
            return cards.refusal("This has no pages.")
        # Run anew as a command: the caller may have lost the right to see the list since.
        return await self.run(caller, f"{query} page={page}")

    async def help(self, caller: Caller, arguments: list[str]) -> Message:  # noqa: ARG002
        """`help`: what can be typed."""
        settings = self._context.settings
        proofs = bool(ENROLLED & set(settings.proofs.kinds))
        return cards.help_card(settings.command, expectations=settings.expectations.enabled, proofs=proofs)

    async def note(self, caller: Caller, arguments: list[str]) -> Message:
        """`note ID text`: for reviewers, about a denied event."""
        who, command = (caller.slack_id, caller.team_id), self._context.settings.command
        return await note_by_command(FollowUps(self._context), *who, arguments, command=command)

    async def pending(self, caller: Caller, arguments: list[str]) -> Message:
        """`pending [me|all|@user]`: what waits for a decision; without a word, all that they may see."""
        page, words = page_of(arguments)
        actor = await self._member(caller)
        words, name = await with_mentions(words, self._context)
        whose = words[0] if words else ("all" if actor.is_reviewer else "me")
        subject = actor.slack_id if whose == "me" else member_id(whose)
        if subject is None and whose != "all":
            command = f"{self._context.settings.command} pending"
            raise Refused(f"That is no member. Type {command} me, {command} all, or {command} @somebody.")
        if subject != actor.slack_id:
            _reviewers_only(actor, "see what waits for others")
        query = EventQuery(
            undone_only=True,
            subject_slack_id=subject,
            limit=cards.PAGE_SIZE,
            offset=(page - 1) * cards.PAGE_SIZE,
        )
        events, total = await self._context.store.events.find(query)
        await self._context.store.events.answered({event.id: event.revision for event in events})
        title = {"all": "All events waiting", "me": "Events waiting for you"}.get(
            whose, f"Events waiting for {name}"
        )
        pages = page_count(total, cards.PAGE_SIZE)
        return cards.event_list(
            events, page, pages, f"{title}: {total or 'none'}", self._context.clock(), f"pending {whose}"
        )

    async def show(self, caller: Caller, arguments: list[str]) -> Message:
        """`show ID`: all that is known of an event, for its subject and for reviewers."""
        if not arguments:
            command = f"{self._context.settings.command} show"
            raise Refused(f"The id of the event is missing. Type {command} ID; cards show the id.")
        event = await self._decider.event(parse_reference(arguments[0]))
        actor = await self._member(caller)
        event = await recognise(self._context, event, actor.slack_id)
        if not actor.is_reviewer and event.subject.slack_id != actor.slack_id:
            raise NotAllowed("Only the person this event is about and the reviewers can see it.")
        occurrences = await self._context.store.events.occurrences(event.id)
        notices = await self._context.store.notices.of_event(event.id)
        await self._context.store.events.answered({event.id: event.revision})
        now, is_reviewer = self._context.clock(), actor.is_reviewer
        return cards.show_card(event, occurrences, notices, now, for_reviewer=is_reviewer)

    async def history(self, caller: Caller, arguments: list[str]) -> Message:
        """`history [@user|host|address] [since]`: what happened and what became of it, newest first."""
        page, words = page_of(arguments)
        actor = await self._member(caller)
        words, whose = await with_mentions(words, self._context)
        query = history_query(words, self._context.clock())
        if not actor.is_reviewer:
            if query.subject_slack_id not in (None, actor.slack_id):
                command = f"{self._context.settings.command} history"
                raise NotAllowed(f"Only reviewers can see the history of others. Type {command} for yours.")
            query, whose = replace(query, subject_slack_id=actor.slack_id), "you"
        query = replace(query, limit=cards.HISTORY_PAGE_SIZE, offset=(page - 1) * cards.HISTORY_PAGE_SIZE)
        events, total = await self._context.store.events.find(query)
        pages = page_count(total, cards.HISTORY_PAGE_SIZE)
        # Quoted anew, for the buttons of the pages run it as a command.
        typed = shlex.join(["history", *words])
        found = f"{total:,} {'event' if total == 1 else 'events'}" if total else "nothing found"
        title = f"{described(query, whose=whose)}: {found}"
        return cards.history(events, page, pages, title, self._context.clock(), typed)

    async def sources(self, caller: Caller, arguments: list[str]) -> Message:
        """`sources [NAME]`: what came of each source's records."""
        _reviewers_only(await self._member(caller), "see the sources")
        (page, words), now = page_of(arguments), self._context.clock()
        reports = await self._context.store.sources.reports(self._context.settings.senders, now)
        if words:
            named = [report for report in reports if report.name == words[0]]
            if not named:
                raise Refused(f"There is no source {words[0][:40]!r}, and nothing came under that name.")
            return cards.source_card(named[0], now)
        first, pages = (page - 1) * cards.SOURCES_PAGE_SIZE, page_count(len(reports), cards.SOURCES_PAGE_SIZE)
        shown = reports[first : first + cards.SOURCES_PAGE_SIZE]
        return cards.sources_card(shown, page, pages, len(reports), now, "sources")

    async def stats(self, caller: Caller, arguments: list[str]) -> Message:
        """`stats [since]`: numbers as the answer, the chart in the direct messages."""
        _reviewers_only(await self._member(caller), "see the statistics")
        now = self._context.clock()
        since = since_of(arguments, now, f"{self._context.settings.command} stats")
        numbers = await self._context.store.statistics.numbers(since)
        return cards.with_note(
            cards.stats_card(numbers), await send_chart(caller.client, caller.slack_id, numbers, now)
        )

    async def report(self, caller: Caller, arguments: list[str]) -> Message:
        """`report [me] [since]`: how much is asked and how that is answered; anybody may ask for `me`."""
        actor, now = await self._member(caller), self._context.clock()
        own = actor.slack_id if arguments[:1] == ["me"] else None
        if own is None and not actor.is_reviewer:
            command = f"{self._context.settings.command} report me"
            raise NotAllowed(
                f"Only reviewers can see how all are asked. Type {command} for your own figures."
            )
        since = since_of(arguments[1:] if own else arguments, now, f"{self._context.settings.command} report")
        return cards.digest_card(cards.report_digest(await make_report(self._context, since, now, own=own)))

    async def rules(self, caller: Caller, arguments: list[str]) -> Message:  # noqa: ARG002
        """`rules`: what is watched."""
        _reviewers_only(await self._member(caller), "see the rules")
        lines = []
        for rule in self._context.settings.rules.rules:
            judgement = "ignores" if rule.ignore else f"{rule.title}, severity {rule.severity}"
            lines.append((rule.name, f"{judgement}, from {', '.join(rule.sources) or 'every source'}"))
        return cards.rules_card(lines)

    async def whoami(self, caller: Caller, arguments: list[str]) -> Message:  # noqa: ARG002
        """`whoami`: who they are to Powertrip; for those who may nothing, too."""
        actor = await self._context.directory.actor(caller.slack_id, caller.team_id)
        return cards.whoami_card(actor, await self._names_of(caller.slack_id))

    async def test(self, caller: Caller, arguments: list[str]) -> Message:
        """`test [SOURCE]`: a login of their own, made up, through the whole path, HTTP included."""
        actor = await self._member(caller)
        names = await self._names_of(actor.slack_id)
        name = names[0] if names else f"test-{actor.slack_id.lower()}"
        try:
            trial = await self._trials.send(arguments[0] if arguments else None, name)
        except OutsideError as error:
            raise Refused(f"The test was not taken: {error}") from error
        try:
            outcome = await self._trials.judged(trial, TEST_PATIENCE)
        except Unavailable as error:
            raise Refused(f"The test was accepted by the source {trial.source}, but {error}") from error
        if outcome.event_id is None:
            raise Refused(
                f"The test was accepted by the source {trial.source}, and no card comes of it: "
                f"{outcome.outcome}."
            )
        where = "your direct messages" if names else "the security channel, as no user name is mapped to you"
        way = f"posted to the source {trial.source} as its sender does"
        if trial.source == NO_SOURCE:
            way = "put into the inbox, as no source is configured yet"
        return cards.note(
            f"A login of {name} was made up and {way}, and {outcome.outcome}. Within seconds its card, which "
            f"says that it is a test, appears in {where}."
        )

    async def _member(self, caller: Caller) -> Actor:
        return await self._context.member(caller.slack_id, caller.team_id)

    async def _names_of(self, slack_id: str) -> list[str]:
        """The user names that lead to this member."""
        return await self._context.directory.names(slack_id, self._context.settings.people.all())


def _reviewers_only(actor: Actor, action: str) -> None:
    if not actor.is_reviewer:
        raise NotAllowed(f"Only reviewers can {action}.")
