"""`/powertrip expect`, `expectations` and `distrust`: reads what was typed, and answers."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace

from powertrip import cards
from powertrip.cards import Message
from powertrip.config.values import parse_duration
from powertrip.domain import wishes
from powertrip.domain.announcing import Wish
from powertrip.domain.event import Severity
from powertrip.domain.expectation_proof import ProofWanted
from powertrip.domain.expectations import ExpectationSection
from powertrip.domain.people import Person
from powertrip.errors import Refused
from powertrip.pipeline.context import Context
from powertrip.pipeline.expect import Expecter
from powertrip.slack.arguments import member_id, unescaped
from powertrip.slack.caller import Caller
from powertrip.slack.calls import call
from powertrip.slack.expectation_proofs import ExpectationProofs
from powertrip.slack.mentions import with_mentions

_ID = re.compile(r"[a-z0-9]{6,20}")
OPTIONS = ("as", "network", "key", "uses", "severity", "at")


class ExpectationCommands:
    """The words that are about expectations. A method raises Refused with the sentence that answers."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._expecter = Expecter(context)
        self.proofs = ExpectationProofs(context)

    async def expect(self, caller: Caller, arguments: list[str]) -> Message:
        """`expect [@user] RULE HOST 2h [TICKET] [network=…] [key=…] [uses=…] [severity=…] [at=…] why`.

        Without anything it opens the window.
        """
        section = self._expecter.section
        if not arguments:
            await self._open_window(caller, section)
            return cards.note("Fill in the window that has opened.")
        options, words = _options(arguments)
        words, slack_id = await self._whom(words, caller)
        if len(words) < 3:
            raise Refused(self._usage(section))
        actor = await self._context.member(caller.slack_id, caller.team_id)
        person, member = await self.person(options.get("as"), slack_id)
        wish = read_wish(words, options, section, self.rules())
        try:
            expected, week = await self._expecter.announce(wish, actor, person, member)
        except ProofWanted as wanted:
            return await self.proofs.open(wanted, caller)
        return cards.expectation_card(expected, week, self._context.settings.command)

    async def expectations(self, caller: Caller, arguments: list[str]) -> Message:
        """`expectations [confirm|end ID]`: what is expected now, with what ended today."""
        actor = await self._context.member(caller.slack_id, caller.team_id)
        command, word = self._context.settings.command, arguments[0].lower() if arguments else ""
        if word in ("confirm", "end"):
            typed = arguments[1].lower() if len(arguments) > 1 else ""
            if not _ID.fullmatch(typed):
                raise Refused(f"Type {command} expectations {word} ID; {command} expectations lists the ids.")
            step = self._expecter.confirm if word == "confirm" else self._expecter.end
            try:
                return cards.expectation_card(await step(typed, actor), None, command)
            except ProofWanted as wanted:
                return await self.proofs.open(wanted, caller)
        if word:
            raise Refused(f"Type {command} expectations, or with confirm ID or end ID after it.")
        listed = await self._expecter.listed(actor)
        return cards.expectations_card(listed, command)

    async def distrust(self, caller: Caller, arguments: list[str]) -> Message:
        """`distrust [@user|as=NAME]`: ends all that is expected of somebody; of oneself without a name."""
        options, words = _options(arguments)
        name = options.get("as")
        words, slack_id = await self._whom(words, caller)
        actor = await self._context.member(caller.slack_id, caller.team_id)
        person = self._context.settings.people.find(name) if name else None
        if words or (name and person is None):
            command = self._context.settings.command
            raise Refused(f"That is nobody. Type {command} distrust @somebody, or as=NAME for a bot.")
        member = (person.slack if person else None) if name else slack_id
        ended = await self._expecter.distrust(member, person.name if person else None, actor)
        if not ended:
            return cards.note("Nothing was expected of them.")
        ids = ", ".join(each.id for each in ended)
        return cards.note(f"Nothing is expected of them any more. Ended: {ids}.")

    async def _whom(self, words: list[str], caller: Caller) -> tuple[list[str], str]:
        """The member that the first words name, or else the caller, and the other words."""
        if not words or not (words[0].startswith("@") or member_id(words[0])):
            return words, caller.slack_id
        # Only there: a reason may name anybody, also those whom nobody knows.
        found, _ = await with_mentions(words[:4], self._context)
        slack_id = member_id(found[0])
        if slack_id is None:
            raise Refused("That is no member.")
        return [*found[1:], *words[4:]], slack_id

    async def _open_window(self, caller: Caller, section: ExpectationSection) -> None:
        actor = await self._context.member(caller.slack_id, caller.team_id)
        view = cards.announcing_modal(
            section,
            json.dumps({"channel": caller.channel}),
            caller=caller.slack_id,
            bots=sorted(person.name for person in self._context.settings.people.all() if person.bot),
            is_reviewer=actor.is_reviewer,
        )
        await call(caller.client.views_open(trigger_id=caller.trigger_id, view=view))

    async def person(self, name: str | None, slack_id: str) -> tuple[Person, str | None]:
        """Whose work it is, and their Slack id; bots have none."""
        people = self._context.settings.people
        if name is not None:
            person = people.find(name)
            if person is None:
                raise Refused(f"Nobody is called {name[:40]!r} in the configuration.")
            if person.bot:
                return person, None
            member = (await self._context.directory.subject(person)).slack_id
            if member is None:
                raise Refused(f"Slack knows no member for {person.name}.")
            return person, member
        names = await self._context.directory.names(slack_id, people.all())
        if len(names) != 1:
            found = f"several names, {', '.join(names)}: add as=NAME" if names else "no user name"
            raise Refused(f"In the configuration this member has {found}.")
        mine = people.find(names[0])
        assert mine is not None  # noqa: S101 (its name was just read there)
        return mine, slack_id

    def rules(self) -> list[str]:
        return [rule.name for rule in self._context.settings.rules.makers]

    def _usage(self, section: ExpectationSection) -> str:
        ticket = " TICKET" if section.ticket else ""
        command = self._context.settings.command
        return (
            f"Type {command} expect RULE HOST 2h{ticket} why, as in {command} expect ssh web-* 2h{ticket} "
            "new certificates. Before the reason may stand network=192.0.2.0/24, key=SHA256:…, uses=20, "
            "severity=low, at=2026-01-31T18:00 (UTC); for somebody else begin with @somebody."
        )


def _options(arguments: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The words `name=value` that are known, and all others, in their order."""
    options: dict[str, str] = {}
    words: list[str] = []
    for word in arguments:
        name, is_option, value = word.partition("=")
        if is_option and name.lower() in OPTIONS and value:
            if name.lower() in options:
                raise Refused(f"{name.lower()} stands twice.")
            options[name.lower()] = unescaped(value)
        else:
            words.append(word)
    return options, words


def read_wish(
    words: list[str], options: dict[str, str], section: ExpectationSection, rules: list[str]
) -> Wish:
    """What these words ask for; raises Refused with what is wrong."""
    rule, host, length, *others = words
    try:
        wish = Wish(
            rule=wishes.rule_in(rule, rules),
            host=wishes.host_in(host),
            length=parse_duration(length),
        )
    except ValueError as error:
        raise Refused(f"{error}.") from error
    if section.ticket is not None:
        if not others or not section.takes_ticket(others[0]):
            raise Refused(
                f"A ticket has to stand right behind the time, in the form {section.ticket}, "
                "as expectations.ticket in the configuration asks for."
            )
        wish, others = replace(wish, ticket=others[0]), others[1:]
    why = unescaped(" ".join(others)).strip()
    return replace(_narrowed(wish, options), why=why or None)


def _narrowed(wish: Wish, options: dict[str, str]) -> Wish:
    try:
        if "network" in options:
            wish = replace(wish, network=wishes.network_in(options["network"]))
        if "key" in options:
            wish = replace(wish, key=wishes.key_in(options["key"]))
        if "uses" in options:
            wish = replace(wish, max_uses=wishes.count_in(options["uses"]))
        if "severity" in options:
            wish = replace(wish, severity=Severity(options["severity"].lower()))
        if "at" in options:
            wish = replace(wish, starts_at=wishes.moment_in(options["at"]))
    except ValueError as error:
        raise Refused(f"{str(error)[:200]}.") from error
    return wish
