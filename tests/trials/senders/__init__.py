"""Whether one sender, or a stranger, can knock out the rest: attacks on the real program."""
