"""Rules from YAML text, as a config file has them, and records to judge by them."""

import json
from typing import Any

import pytest

from powertrip.config.yamlfile import parse_yaml
from powertrip.domain.record import Record
from powertrip.errors import ConfigError
from powertrip.rules import Match, RuleSet, cut_message, load_rules
from tests.samples import record


def rules_of(text: str, sources: list[str] | None = None) -> RuleSet:
    """The rule set of a config whose `rules:` list is `text`, and whose file is rules.yaml."""
    document = parse_yaml(text, "rules.yaml")
    return load_rules(document.data, document.where, sources=sources)


def mistakes_of(text: str, sources: list[str] | None = None) -> list[str]:
    """Everything that is wrong with the rules, as an operator reads it."""
    with pytest.raises(ConfigError) as refused:
        rules_of(text, sources)
    return [str(mistake) for mistake in refused.value.mistakes]


def matched(rules: RuleSet, message: str, **changes: object) -> dict[str, str]:
    """The fields of a message that must be a match."""
    verdict = rules.judge(record(message, **changes))
    assert isinstance(verdict, Match), verdict
    return verdict.fields


def json_record(value: Any, **changes: Any) -> Record:
    """A record as a source makes it of a JSON value that holds no log line."""
    raw = value if isinstance(value, str) else json.dumps(value)
    message, cut = cut_message(raw)
    plain: dict[str, Any] = {"message": message, "cut": cut, "raw": raw, "host_name": None, "program": None}
    return record(**(plain | changes))


def rule_and_fields(rules: RuleSet, value: Any, **changes: Any) -> tuple[str, dict[str, str]]:
    """The name of the rule, and the fields, of a JSON record that must be a match."""
    verdict = rules.judge(json_record(value, **changes))
    assert isinstance(verdict, Match), verdict
    return verdict.rule.name, verdict.fields


def rule_of(rules: RuleSet, value: Any, **changes: Any) -> tuple[str, str | None]:
    """The kind of verdict on a JSON record, and the rule that gave it."""
    verdict = rules.judge(json_record(value, **changes))
    rule = getattr(verdict, "rule", None)
    return type(verdict).__name__, rule.name if rule else None
