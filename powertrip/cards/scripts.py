"""Which of the alphabets that look alike the letters of a name are from."""

import unicodedata

_ALIKE = ("Latin", "Greek", "Cyrillic", "Armenian", "Cherokee")
"""Alphabets that share the shapes of many letters; nobody writes one name in two of them."""


def scripts(name: str) -> list[str]:
    """Those of a name's letters, in order of the list above; none of a name in other scripts."""
    if name.isascii():
        return []
    # A letter's name begins with its script: `CYRILLIC SMALL LETTER A`, `FULLWIDTH LATIN SMALL LETTER A`.
    words = {word for letter in name if letter.isalpha() for word in unicodedata.name(letter, "").split()[:2]}
    return [script for script in _ALIKE if script.upper() in words]
