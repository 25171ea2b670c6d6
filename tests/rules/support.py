"""Rules from YAML text, as a config file has them."""

import pytest

from powertrip.errors import ConfigError
from powertrip.rules import Match, RuleSet, load_rules
from powertrip.yamlfile import parse_yaml
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
