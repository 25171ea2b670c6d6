"""Text from outside made fit to be shown: nothing invisible, nothing endless, nothing that Slack acts on."""

import re
from unicodedata import east_asian_width

# Formatting characters of mrkdwn, which has no way to escape them.
LOOKALIKES = str.maketrans({"*": "\u2217", "~": "\u223c", "`": "\u02cb"})

# Unicode counts these as printable, and they show as nothing.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MARKS = str.maketrans("“”", '""')
_ITALIC = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
# An emoji's name; one made of hexadecimal digits alone is left, or IPv6 addresses would change.
_EMOJI = re.compile(r":(?=[a-z0-9_+'-]*[g-z_+'-][a-z0-9_+'-]*:)")


MIDDLE_FROM = 40
"""Characters of a text that is worth showing in two pieces."""


def clean(text: str) -> str:
    r"""Make every character visible: controls, bidi and zero-width characters appear as `\u202e` or alike."""
    # Nearly all text is: cards show a dozen pieces each.
    if text.isprintable() and _BLANK_LETTERS.isdisjoint(text):
        return text
    # Looked at once a character, however often it stands there: hostile fields are long.
    return text.translate(
        {
            ord(character): character.encode("unicode_escape").decode("ascii")
            for character in set(text)
            if not character.isprintable() or character in _BLANK_LETTERS
        }
    )


def fit(text: str, limit: int) -> str:
    """Cut `text` to at most `limit` characters, saying how much was cut where there is room to say it."""
    if len(text) <= limit:
        return text
    for kept in range(limit, -1, -1):
        # The ending grows with the number in it, so the two are sought together.
        ending = f"… {len(text) - kept:,} more characters"
        if kept + len(ending) <= limit:
            return text[:kept] + ending
    return text[: limit - 1] + "…"


def fit_middle(text: str, limit: int) -> str:
    """`fit`, but the end of `text` is kept too: what a long command comes to often stands there."""
    # Room for the words in the middle, whatever number is in them.
    room = limit - len("… 1,000,000 more characters … ")
    if len(text) <= limit or room < MIDDLE_FROM:
        return fit(text, limit)
    head = room * 2 // 3
    return f"{text[:head]}… {len(text) - room:,} more characters … {text[head - room :]}"


def show(text: str, limit: int) -> str:
    """`clean`, cut to `limit` characters; a dash where nothing is left, for Slack takes no empty text."""
    return fit(clean(text), limit) or "-"


def one_line(text: str) -> str:
    """Text that a person typed, with each run of white space as one blank."""
    return " ".join(text.split())


def quoted(text: str) -> str:
    """`text`, in quotation marks if it could be read as part of the sentence around it."""
    # Marks of its own would end the quotation early, and what follows would read like ours.
    return text if re.fullmatch(r"[\w.@:/$+-]+", text) else f"“{text.translate(_MARKS)}”"


def named(text: str, limit: int) -> str:
    """A name within a sentence."""
    return quoted(show(text, limit))


def escape(text: str) -> str:
    """Outside text for mrkdwn: no mention, link, emoji or formatting survives.

    `<`, `>` and `&` are escaped as Slack documents. What cannot be escaped becomes a lookalike, but an
    underscore within a word, which formats nothing, stays. `://` is broken up so that no address is linked.
    """
    safe = clean(text).translate(_HTML).translate(LOOKALIKES).replace("://", "[:]//")
    return _EMOJI.sub("\ua789", _ITALIC.sub("\uff3f", safe))


def width(text: str) -> int:
    """How many columns `text` takes in a monospaced font."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
