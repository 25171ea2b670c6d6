"""Whether what is configured fits together: a rule for whatever comes, and what comes for each rule.

A source without its rules takes every record with thanks, and nobody is ever asked about one: the likeliest
slip of all, and the most silent.
"""

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from pydantic import SecretStr

from powertrip.config.read import Problem, tables
from powertrip.config.secret import MAKE_ONE
from powertrip.config.values import as_list, did_you_mean
from powertrip.domain.expectations import ExpectationSection, never_expected
from powertrip.domain.heartbeat_section import HeartbeatSection
from powertrip.domain.policy import Policy
from powertrip.domain.routing import Reviewers
from powertrip.domain.voices import rules_in_voices
from powertrip.errors import Mistake
from powertrip.rules import Rule, RuleSet


class Sender(Protocol):
    """A source or a poll."""

    @property
    def type(self) -> str:
        """What the config says it is."""

    @property
    def packs(self) -> tuple[str, ...]:
        """The rule packs that are made for its type; none where it carries what others wrote, of any kind."""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that all its records are of, where that can be known."""


class Source(Sender, Protocol):
    """A sender that proves itself."""

    @property
    def secret(self) -> SecretStr:
        """What it proves itself with."""


class Readable(Protocol):
    """What others may read."""

    @property
    def token(self) -> SecretStr | None:
        """What they prove themselves with."""


class Wired(Protocol):
    """The sections of the configuration that have to fit together."""

    @property
    def sources(self) -> Mapping[str, Source]: ...
    @property
    def polls(self) -> Mapping[str, Sender]: ...
    @property
    def api(self) -> Readable: ...
    @property
    def metrics(self) -> Readable: ...
    @property
    def expectations(self) -> ExpectationSection: ...
    @property
    def policy(self) -> Sequence[Policy]: ...
    @property
    def reviewers(self) -> Reviewers: ...
    @property
    def heartbeat(self) -> HeartbeatSection: ...


_Senders = Mapping[tuple[str, str], Sender]
"""By section and name, as in ("sources", "papertrail")."""


def doubts(settings: Wired, rules: RuleSet, entries: Sequence[Any]) -> Iterator[Problem]:
    """What works and is probably not meant; `entries` are the rules as they are written."""
    senders: dict[tuple[str, str], Sender] = {("sources", name): s for name, s in settings.sources.items()}
    senders |= {("polls", name): poll for name, poll in settings.polls.items()}
    if not senders:
        yield ("sources",), "none is configured, so nothing can arrive but /powertrip test"
    yield from _retired_keys(entries)
    if not rules.rules:
        yield ("rules",), "none is in force, so no record can make an event; write `use: ssh` to begin with"
    elif senders:
        yield from _unread_senders(senders, rules)
        yield from _starved_rules(senders, rules, entries)
    if not settings.reviewers.users and not settings.reviewers.group:
        problem = (
            "none is configured, so nobody can answer for a bot or an unknown user; "
            "write your own member id into reviewers.users"
        )
        yield ("reviewers",), problem
    yield from lonely_policies(settings.policy, settings.reviewers)
    secrets = {name: source.secret for name, source in settings.sources.items()}
    yield from _faint_heartbeat(settings.heartbeat, secrets)
    proofs = {f"sources.{name}.secret": secret for name, secret in secrets.items()}
    tokens = {"api.token": settings.api.token, "metrics.token": settings.metrics.token}
    proofs |= settings.expectations.secrets | {name: token for name, token in tokens.items() if token}
    yield from _shared_secrets(proofs)


def doubts_by_sender(sections: Mapping[str, Iterable[str]], warnings: Iterable[Mistake]) -> dict[str, str]:
    """Every source and poll by its name, with what is doubtful about it as a whole, if anything is."""
    told = {warning.setting: warning.problem for warning in warnings}
    return {name: told.get(f"{section}.{name}", "") for section, names in sections.items() for name in names}


def _unread_senders(senders: _Senders, rules: RuleSet) -> Iterator[Problem]:
    """Senders none of whose records can make an event."""
    makers = rules.makers
    for (section, name), sender in senders.items():
        # A rule of one's own that is for every source may be about anything: it shows nothing of this one.
        if any(
            _feeds(sender, name, rule) and (rule.pack or not sender.packs or name in rule.sources)
            for rule in makers
        ):
            continue
        yield (section, name), _advice(name, sender, makers)


def _advice(name: str, sender: Sender, makers: Iterable[Rule]) -> str:
    nobody = f"type {sender.type}, but no rule reads it, so nobody is asked about what it brings; "
    if not sender.packs:
        return f"{nobody}add a pack such as `- use: ssh` to `rules`, or add {name} to the `source` of one"
    others = sorted({rule.pack for rule in makers if rule.pack in sender.packs and rule.pack})
    if others:
        return f"{nobody}add {name} to the `source` of `use: {others[0]}`, which names other sources"
    uses = " or ".join(f"`- use: {pack}`" for pack in sender.packs)
    return f"{nobody}write {uses} under `rules`, or `source: {name}` in a rule of your own that is for it"


def _starved_rules(senders: _Senders, rules: RuleSet, entries: Sequence[Any]) -> Iterator[Problem]:
    """Entries of `rules`, as they are written, of which no sender can bring a record."""
    for position, entry in enumerate(entries):
        pack = entry.get("use")
        made = [
            rule for rule in rules.makers if (rule.pack == pack if pack else rule.name == entry.get("name"))
        ]
        if not made or any(
            _feeds(sender, name, rule) for (_, name), sender in senders.items() for rule in made
        ):
            continue
        named = [name for _, name in senders if any(name in rule.sources for rule in made)]
        which = f"{', '.join(named)} cannot bring" if named else "no source or poll brings"
        what = f"what the pack {pack} is about" if pack else f"a record for the rule {entry.get('name')}"
        kinds = sorted({sender.type for (_, name), sender in senders.items() if not named or name in named})
        problem = (
            f"{which} {what} (types here: {', '.join(kinds)}), so it never asks anybody; "
            "configure one that does, see docs/sources.md, or remove this entry"
        )
        yield ("rules", position), problem


def unknown_rules(data: Mapping[str, Any], rules: RuleSet) -> Iterator[Problem]:
    """Rules that policies, copies, severities, origins and expectations name and that do not exist."""
    # A policy or a copy for a rule that makes no events does nothing, and nobody would notice.
    known = [rule.name for rule in rules.makers]
    written: list[tuple[tuple[str | int, ...], Any]] = [*never_expected(data)]
    for section in ("policy", "also_tell"):
        entries = data.get(section)
        for number, entry in enumerate(entries if isinstance(entries, list) else []):
            when = entry.get("when") if isinstance(entry, dict) else None
            if isinstance(when, dict):
                written.append(((section, number, "when", "rule"), when.get("rule")))
    for name, origin in tables(data, "origins"):
        written.append((("origins", name, "expects"), origin.get("expects")))
    # The lists of severities take * for any text.
    for name, listed in tables(data, "severity"):
        written.append((("severity", name, "rules"), listed.get("rules")))
    for path, value in written:
        names = as_list(value)
        for name in map(str, names if isinstance(names, list) else []):
            is_known = fnmatch.filter(known, name) if path[0] == "severity" else name in known
            if known and not is_known:
                yield path, did_you_mean(name, known, "rule")
    # A rule that ignores is heard as well.
    every = [rule.name for rule in rules.rules]
    for section in ("sources", "polls"):
        for name, sender in tables(data, section):
            for place, rule in rules_in_voices((section, name), sender):
                if rule not in every:
                    yield place, did_you_mean(rule, every, "rule")


def lonely_policies(policies: Iterable[Policy], reviewers: Reviewers) -> Iterator[Problem]:
    """Policies that want two people where too few may approve."""
    people = len(set(reviewers.users))
    if reviewers.group or people > 1:
        return
    # The person whom an event is about may be one of the two: if there is such a person, and no reviewer.
    who, what = ("names one person", "about a bot, about nobody known, or about that reviewer")
    if not people:
        who, what = ("names nobody", "about anybody")
    for number, policy in enumerate(policies):
        if "second_person" in policy.require:
            problem = (
                f"second_person, but `reviewers` {who}: an event {what} can never be approved, only denied; "
                "write another member id into reviewers.users, or a user group into reviewers.group"
            )
            yield ("policy", number, "require"), problem


def _faint_heartbeat(heartbeat: HeartbeatSection, secrets: Mapping[str, SecretStr]) -> Iterator[Problem]:
    """What keeps a heartbeat from being told, or lets others make it."""
    if not heartbeat.is_on:
        return
    if heartbeat.ping is None:
        problem = (
            "is not set, so nobody is called when Powertrip itself ends; write the address of a watcher "
            "outside, see docs/heartbeat.md"
        )
        yield ("heartbeat", "ping"), problem
    shared = [name for name, secret in secrets.items() if secret == heartbeat.key]
    if shared:
        yield ("heartbeat", "key"), f"is the secret of sources.{shared[0]} too; {MAKE_ONE}"


def _shared_secrets(secrets: Mapping[str, SecretStr]) -> Iterator[Problem]:
    """Secrets, by the setting each stands in, that two senders have."""
    owners: dict[str, str] = {}
    for setting, secret in secrets.items():
        first = owners.setdefault(secret.get_secret_value(), setting)
        if first != setting:
            problem = f"is that of {first} too, so that whoever has it can speak for both; {MAKE_ONE}"
            yield tuple(setting.split(".")), problem


def _feeds(sender: Sender, name: str, rule: Rule) -> bool:
    """Whether a record of the sender's may be one for the rule."""
    if not rule.is_for(name):
        return False
    if rule.pack and sender.packs and rule.pack not in sender.packs:
        return False
    # A search for a program may find those whose names begin with it too.
    return (
        not rule.programs
        or not sender.programs
        or any(program.startswith(known) for program in rule.programs for known in sender.programs)
    )


def _retired_keys(entries: Sequence[Any]) -> Iterator[Problem]:
    """Keys of rules that work otherwise than they are written."""
    for number, entry in enumerate(entries):
        if isinstance(entry, dict) and "fold_by" in entry:
            problem = (
                "does nothing any more, as records join an open event only where all that its card shows of "
                "them is equal; remove it, and name in `may_vary` the fields that may differ, such as "
                "`may_vary: [source_port]`"
            )
            yield ("rules", number, "fold_by"), problem


class LogReader(Protocol):
    """A source or a poll, as far as this is about it."""

    @property
    def log(self) -> str | None:
        """The service whose ids name one record wherever they come from; None for other senders."""

    @property
    def same_log_as(self) -> str | None:
        """Another source or poll of the same log."""


def same_logs(readers: Mapping[str, LogReader]) -> dict[str, tuple[str, ...]]:
    """For each source and poll all others of the same log, where there are any."""
    logs: list[set[str]] = []
    for name, reader in readers.items():
        joined = {name} | ({reader.same_log_as} if reader.same_log_as else set())
        joined |= {other for other, its in readers.items() if reader.log and its.log == reader.log}
        for log in [log for log in logs if log & joined]:
            logs.remove(log)
            joined |= log
        logs.append(joined)
    return {name: tuple(sorted(log - {name})) for log in logs if len(log) > 1 for name in log}


def mistakes_in_same_logs(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Names that no source and no poll has, and those that name themselves."""
    known = [str(name) for section in ("sources", "polls") for name, _ in tables(data, section)]
    for section in ("sources", "polls"):
        for name, reader in tables(data, section):
            other = reader.get("same_log_as")
            if other is None:
                continue
            if other == name:
                yield (section, name, "same_log_as"), "names itself; name the other reader of the log"
            elif other not in known:
                yield (section, name, "same_log_as"), did_you_mean(str(other), known, "source")
