"""Patterns of the configuration, by google-re2 alone, and refused with advice."""

import re
from typing import Any

import re2

_ADVICE = (
    (
        r"\(\?[=!]",
        "RE2 has no lookahead: match what follows, or say what is allowed by a class such as [^:]+",
    ),
    (r"\(\?<[=!]", "RE2 has no lookbehind: match what comes before as part of the pattern"),
    (r"\(\?P=|\(\?P$|\\\\?[1-9k]", "RE2 has no backreferences: capture both places under two names"),
    (r"\(\?>", "RE2 has no atomic groups and needs none, as it never backtracks: write (?:...)"),
    (r"operator: [*+?}]\+", "RE2 has no possessive repetition and needs none: leave out the second +"),
    (r"\\Z", r"write $ or \z for the end of the message"),
    (
        r"repetition size",
        "RE2 repeats at most 1000 times in all: write + or * with a narrow class such as [^ ]+",
    ),
    (r"\(\?x", "RE2 has no verbose mode: write the pattern over several lines with |, they are joined"),
    (r"\(\?\(|\(\?\|", "RE2 has no conditional groups: write two patterns as a list"),
    (r"\(\?#", "RE2 has no comments: write a YAML comment above the pattern"),
    (r"\(\?R", "RE2 has no recursion: write out the levels that occur"),
    (r"\\h", r"write [ \t] for a blank"),
    (r"\\u", r"write \x{e9} or the character itself"),
    (r"\\[GKRX]", "RE2 does not know it: leave it out, or write out what it stands for"),
    (r"too large", "write + or * in place of large counted repetitions"),
)


def compile_re2(text: str) -> Any:
    """The pattern as RE2 has it; raises ValueError with its reason, and what to write instead."""
    try:
        return re2.compile(text, quiet_options())
    except re2.error as error:
        raise ValueError(_refusal(error)) from error


def quiet_options() -> re2.Options:
    options = re2.Options()
    # RE2 would write to standard error by itself, past the log.
    options.log_errors = False
    return options


def _refusal(error: Exception) -> str:
    """RE2's own reason, and what to write instead where the construct is one that other engines have."""
    reason = error.args[0] if error.args else ""
    # It gives its reasons as bytes.
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    advice = next((advice for sign, advice in _ADVICE if re.search(sign, text)), "")
    # The construct that it quotes behind a colon may open a bracket of its own.
    kind, colon, construct = text.partition(": ")
    quoted = f'{kind}: "{construct}"' if colon else text
    return f"RE2 refuses it ({quoted})" + (f"; {advice}" if advice else "")
