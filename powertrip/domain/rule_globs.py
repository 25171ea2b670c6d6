"""Names of rules with `*` for any text, and whether there is any rule that they are about."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import filter as fitting

from powertrip.config.read import Problem
from powertrip.config.values import quoted
from powertrip.config.yamlfile import YamlPath

Glob = tuple[YamlPath, str]
"""Where it stands, and what it says."""


def doubts_in_globs(globs: Iterable[Glob], rules: Sequence[str]) -> Iterator[Problem]:
    """Those that fit none of the rules that make events; what stands there does nothing."""
    for path, glob in globs:
        if rules and not fitting(rules, glob):
            problem = (
                f"{quoted(glob)} fits no rule that is in force, and so does nothing; mend it, or add its pack"
            )
            yield path, problem
