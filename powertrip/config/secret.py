"""What cannot be a secret: a placeholder that nobody filled in, what is guessed, the name of a variable."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from itertools import pairwise

import re2
from pydantic import SecretStr

_VARIABLE = re.compile(r"\$\{\w+\}?|\$[A-Z][A-Z0-9_]+|\$[a-z_]+|%\w+%", re.ASCII)
_WORDS = """
a an and are at be bearer by enter fill for goes here in insert is it me my of or our paste please put replace
set some that the this to type use with your
change changeme characters chars default demo dummy example fake fixme foo bar baz hmac key least minimum more
new not pass passphrase password passwd placeholder powertrip random sample secret secrets secure shared
source string super tbd test testing text than todo token value very webhook
"""
_A_WORD = f"(?:{'|'.join(sorted(set(_WORDS.split())))}|xx+)"
_PLACEHOLDER = re2.compile(rf"[^a-z]*(?:{_A_WORD}[^a-z]*)+")
_FEW_DIGITS = 6
"""More may well be digits by chance, as in a password behind a word."""
_FEW_DIFFERENT = 4
_ROWS = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "9a",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "zxcvbnm",
]
"""The alphabet, the digits, and the rows of keyboards."""
_NEIGHBOURS = {pair for row in _ROWS for line in (row, row[::-1]) for pair in pairwise(line)}


def is_variable(text: str) -> bool:
    """Whether it is the name of a variable as a shell, Docker or a template has it, and not its value."""
    return _VARIABLE.fullmatch(text) is not None


def is_placeholder(text: str) -> bool:
    """Whether nobody put a secret in its place: `your-secret-here`, `CHANGE_ME_PLEASE`, `<THE TOKEN>`."""
    digits = sum(character.isdigit() for character in text)
    return digits <= _FEW_DIGITS and _PLACEHOLDER.fullmatch(text.casefold()) is not None


def weakness(secret: str) -> str | None:
    """Why a secret that somebody made up is easily guessed; None where nothing says so."""
    text = secret.casefold()
    letters = [character for character in text if character.isalnum()] or list(text)
    if len(set(letters)) <= _FEW_DIFFERENT:
        return f"has no more than {len(set(letters))} different characters"
    if any(letters[period:] == letters[:-period] for period in range(1, len(letters) // 2 + 1)):
        return "repeats itself"
    # In 16 hexadecimal digits by chance hardly any are neighbours.
    pairs = list(pairwise(text))
    if sum(pair in _NEIGHBOURS for pair in pairs) > len(pairs) * 2 / 3:
        return "follows the alphabet, the digits or a keyboard"
    return None


def is_same(offered: str, secret: SecretStr) -> bool:
    """Whether it is the secret; neither the time taken nor a length tells a stranger anything."""
    return is_any((offered,), secret)


def is_any(offered: Iterable[str], secret: SecretStr) -> bool:
    """Whether one of them is the secret; the time taken tells no more than how many were offered."""
    wanted = _digest(secret.get_secret_value())
    # All of them, so that nothing tells which it was.
    matches = [hmac.compare_digest(_digest(text), wanted) for text in offered]
    return any(matches)


def _digest(text: str) -> bytes:
    # Of a header, bytes that are not UTF-8 come as lone surrogates.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def is_borne_by(token: SecretStr, authorization: str | None) -> bool:
    """Whether the header `Authorization` has the token, as a bearer token."""
    scheme, _, offered = (authorization or "").partition(" ")
    return is_same(offered.strip(), token) and scheme.lower() == "bearer"


def signature(secret: SecretStr, stamp: str, body: bytes) -> str:
    """What `X-Powertrip-Signature` holds; `stamp` is the time of sending, with any nonce behind a dot."""
    # The time is signed, too, or an old request could be sent again as a new one.
    signed = stamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.get_secret_value().encode(), signed, hashlib.sha256).hexdigest()


MAKE_ONE = "make one with: openssl rand -hex 24"
"""How one gets a secret that nobody can guess."""


def refuse_variable(value: SecretStr) -> SecretStr:
    """The value; raises ValueError where the name of a variable stands in its place."""
    if is_variable(value.get_secret_value()):
        raise ValueError("is the name of a variable and not its value; write ${NAME}, with both braces")
    return value


def check_token(value: SecretStr, *, prefix: str, other: str, advice: str) -> SecretStr:
    """The token of Slack's; raises ValueError where it cannot be the one that begins with `prefix`."""
    token = refuse_variable(value).get_secret_value()
    if token != token.strip():
        raise ValueError("has a blank or a line break at its beginning or end; remove it")
    # Slack gives out two, on two pages, and most who fail to start have mixed them up.
    if token.startswith(other):
        raise ValueError(f"is the other token, which begins with {other}; {advice}")
    if token.startswith("xoxe"):
        # Nobody asks for a new one here, and after the twelve hours nothing would be asked in Slack.
        raise ValueError(
            "is of an app with token rotation, and dies after 12 hours; rotation cannot be switched off, "
            f"so make another app without it, and {advice}"
        )
    if not re.fullmatch(re.escape(prefix) + r"[\w-]+", token, re.ASCII):
        raise ValueError(f"does not look like a token that begins with {prefix}; {advice}")
    return value


def check_secret(value: SecretStr) -> SecretStr:
    """The secret that a sender proves itself with; raises ValueError for one that does not do."""
    refuse_variable(value)
    if len(value) < 16:
        raise ValueError(f"has {len(value)} characters and needs at least 16; {MAKE_ONE}")
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError(
            f"has spaces or characters outside ASCII, which not every sender can send; {MAKE_ONE}"
        )
    if is_placeholder(value.get_secret_value()):
        raise ValueError(f"is a placeholder, which anybody can guess; {MAKE_ONE}")
    if why := weakness(value.get_secret_value()):
        raise ValueError(f"{why}, so that it can be guessed; {MAKE_ONE}")
    return value
