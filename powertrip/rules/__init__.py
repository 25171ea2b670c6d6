"""Rules: Record -> Match | Ignored | Quarantined | Unmatched.

    load.py      the `rules:` section -> RuleSet, or every mistake in it at once
    entry.py     the shape of one rule in YAML
    build.py     one well-shaped entry -> Rule
    compiler.py  the patterns, paths and conditions of an entry, compiled
    pattern.py   google-re2 patterns: compiling, refusing with advice, recognising many at once
    paths.py     JMESPath expressions: compiling, refusing with advice, reading values as text
    document.py  the JSON of a record, read once
    lookup.py    what a rule over JSON asks of a document
    fields.py    captured text -> fields: un-escaping, types, conditions
    ruleset.py   RuleSet.judge: which rule wins
    judgements.py   Rule and the four judgements
    net.py       what reads like a login and no rule took
    unmatched.py why no rule took a record

A user's pattern only ever runs in RE2, in time linear in the message or in a value in JSON, and at most
MESSAGE_LIMIT characters of either are judged.
"""

from powertrip.rules.judgements import ANY_SOURCE, Ignored, Match, Quarantined, Rule, Unmatched
from powertrip.rules.load import load_rules
from powertrip.rules.ruleset import MESSAGE_LIMIT, RuleSet, cut_message

__all__ = [
    "ANY_SOURCE",
    "MESSAGE_LIMIT",
    "Ignored",
    "Match",
    "Quarantined",
    "Rule",
    "RuleSet",
    "Unmatched",
    "cut_message",
    "load_rules",
]
