"""The `rules:` section of a config -> RuleSet, or every mistake in it at once."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from powertrip.config.values import did_you_mean
from powertrip.config.yamlfile import YamlDocument, parse_yaml
from powertrip.errors import ConfigError, Mistake
from powertrip.rules.build import build_rule
from powertrip.rules.compiler import Compiler, mistakes_within
from powertrip.rules.entry import NarrowEntry, RawEntry, UseEntry, Where, parse_entry, parse_rule
from powertrip.rules.judgements import Rule
from powertrip.rules.ruleset import RuleSet

PACK_DIR = Path(__file__).parent.parent / "rulepacks"


def load_rules(
    entries: Any,
    where: Where,
    *,
    pack_dir: Path = PACK_DIR,
    sources: Collection[str] | None = None,
    texts: Mapping[str, tuple[str, ...]] | None = None,
) -> RuleSet:
    """Checks and compiles the entries of a `rules:` list. Raises ConfigError with every mistake in them.

    `where` turns a path that begins with a position in the list into "file:line". `sources` are the names
    that a rule may give in `source`; None leaves them unchecked. `texts`: see `RuleSet`.
    """
    loading = _Loading(pack_dir, sources)
    for raw in loading.entries(entries, where):
        loading.add(raw)
    # Once all are read: the rule that is narrowed may stand below.
    loading.resolve_narrowed()
    return loading.finish(texts)


# Packs change at an upgrade only, and every reload reads them.
@lru_cache(maxsize=100)
def _parse_pack(text: str, name: str) -> YamlDocument:
    return parse_yaml(text, name)


class _Loading:
    """The rules read so far, by name, and the mistakes found so far."""

    def __init__(self, pack_dir: Path, sources: Collection[str] | None) -> None:
        self._pack_dir = pack_dir
        self._sources = sources
        self._mistakes: list[Mistake] = []
        self._uses: list[dict[Any, Any]] = []
        """The entries that open packs."""
        self._packs: dict[str, int] = {}
        """The packs opened so far, by the place of their entry."""
        self._raws: dict[str, RawEntry] = {}
        self._rules: dict[str, Rule | NarrowEntry | None] = {}
        """None: the rule is there and has mistakes."""

    def entries(self, entries: Any, where: Where) -> Iterator[RawEntry]:
        """Every entry of the list, packs opened."""
        if not isinstance(entries, list):
            self._mistakes.append(Mistake(where(()), "rules", "must be a list; begin with `- use: ssh`"))
            return
        self._uses = [use for use in entries if isinstance(use, dict) and "use" in use]
        for position, data in enumerate(entries):
            if not isinstance(data, dict):
                problem = "must be a mapping, such as `use: ssh` or one that begins with `name:`"
                self._mistakes.append(Mistake(where((position,)), f"rules.{position}", problem))
            elif "use" in data:
                yield from self._pack_entries(RawEntry(data, position, where))
            else:
                yield RawEntry(data, position, where)

    def _pack_entries(self, raw: RawEntry) -> Iterator[RawEntry]:
        """The entries of a pack, with what the `use` says of all of them."""
        use = parse_entry(raw, UseEntry)
        if isinstance(use, list):
            self._mistakes += use
            return
        self._check_sources(raw)
        known = sorted(path.stem for path in self._pack_dir.glob("*.yaml"))
        if use.use not in known:
            self._mistakes.append(raw.mistake(did_you_mean(use.use, known, "rule pack"), "use"))
            return
        if use.use in self._packs:
            first = raw.where((self._packs[use.use],))
            self._mistakes.append(raw.mistake(f"is used already, at {first}; keep one of the two", "use"))
            return
        self._packs[use.use] = raw.position
        file = f"{use.use}.yaml"
        document = _parse_pack((self._pack_dir / file).read_text(encoding="utf-8"), f"rulepacks/{file}")
        for position, written in enumerate(document.data["rules"]):
            data = dict(written)
            better = data.pop("superseded_by", None)
            if better is not None and self._is_used(better, beside=raw.data):
                continue
            changes = use.model_dump(exclude_none=True, exclude={"use"})
            if data.get("ignore"):
                # An ignore rule makes no event, and has no severity to change.
                changes.pop("severity", None)
            if "trust" not in data:
                # Only a rule whose records any program could write asks who wrote them.
                changes.pop("trust", None)
            yield RawEntry(
                data | changes, position, lambda path: document.where(("rules", *path)), pack=use.use
            )

    def _is_used(self, pack: str, *, beside: Mapping[Any, Any]) -> bool:
        """Whether a pack judges all that the pack opened by `beside` does."""
        return any(
            use["use"] == pack
            and all(use.get(key) in (None, beside.get(key)) for key in ("source", "program"))
            for use in self._uses
        )

    def add(self, raw: RawEntry) -> None:
        """Reads one rule and keeps its name."""
        name = str(raw.data.get("name", ""))
        if name in self._raws:
            first = self._raws[name]
            at = first.where((first.position,))
            self._mistakes.append(
                raw.mistake(f"the name is taken by the rule at {at}; choose another", "name")
            )
            return
        rule: Rule | NarrowEntry | list[Mistake]
        entry = parse_rule(raw)
        if isinstance(entry, list):
            rule = [*entry, *mistakes_within(raw)]
        else:
            rule = entry if isinstance(entry, NarrowEntry) else build_rule(raw, entry)
        if isinstance(rule, list):
            self._mistakes += rule
        # Those of a pack are said once, at its `use:`.
        if raw.pack is None:
            self._check_sources(raw)
        if name:
            # With mistakes in it too: otherwise each rule that names it would be a mistake as well.
            self._raws[name] = raw
            self._rules[name] = None if isinstance(rule, list) else rule

    def _check_sources(self, raw: RawEntry) -> None:
        written = raw.data.get("source", [])
        for name in written if isinstance(written, list) else [written]:
            if self._sources is not None and isinstance(name, str) and name not in self._sources:
                problem = did_you_mean(name, sorted(self._sources), "source")
                self._mistakes.append(raw.mistake(problem, "source"))

    def resolve_narrowed(self) -> None:
        """Turns every ignore rule that names another rule into a rule of its own, by that rule's patterns."""
        for name, entry in list(self._rules.items()):
            if not isinstance(entry, NarrowEntry):
                continue
            raw, target = self._raws[name], self._rules.get(entry.rule)
            compiler = Compiler(raw)
            if isinstance(target, NarrowEntry) or (isinstance(target, Rule) and target.ignore):
                compiler.mistake("names an ignore rule; name the rule that makes the events", "rule")
            elif entry.rule not in self._rules:
                compiler.mistake(did_you_mean(entry.rule, sorted(self._rules), "rule"), "rule")
            elif isinstance(target, Rule):
                conditions = compiler.conditions("where", entry.where, target.types, target.names)
                self._rules[name] = replace(
                    target,
                    name=entry.name,
                    title=entry.title or f"{target.title}, ignored",
                    where=(*target.where, *conditions),
                    # A record that nobody matches is missed once, by the rule that makes the events.
                    expects=(),
                    ignore=True,
                    pack=raw.pack,
                )
            self._mistakes += compiler.mistakes

    def finish(self, texts: Mapping[str, tuple[str, ...]] | None) -> RuleSet:
        """The rule set; raises ConfigError if there was any mistake."""
        if self._mistakes:
            raise ConfigError(self._mistakes)
        try:
            return RuleSet([rule for rule in self._rules.values() if isinstance(rule, Rule)], texts)
        except ValueError as error:
            raise ConfigError([Mistake("rules", "rules", str(error))]) from error
