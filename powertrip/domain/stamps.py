"""The forms of time at the front of a line of a log, as one pattern for RE2."""

ZONES = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT", "WET"), 0),
    **dict.fromkeys(("CET", "WEST", "MEZ"), 60),
    **dict.fromkeys(("CEST", "EET", "MESZ"), 120),
    **dict.fromkeys(("EEST", "MSK"), 180),
    **dict.fromkeys(("JST", "KST"), 540),
    "EST": -300,
    "EDT": -240,
    "CDT": -300,
    "MST": -420,
    "MDT": -360,
    "PST": -480,
    "PDT": -420,
    "AKST": -540,
    "AKDT": -480,
    "HST": -600,
    "AEST": 600,
    "AEDT": 660,
    "NZST": 720,
    "NZDT": 780,
}
"""Names of zones that mean one thing, in minutes east of UTC. CST, IST and BST mean several."""
_AMBIGUOUS = (
    "CST",
    "IST",
    "BST",
    "AST",
    "SGT",
    "HKT",
    "PKT",
    "SAST",
    "BRT",
    "ART",
    "WIB",
    "ICT",
    "ACST",
    "AWST",
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_NAMES = "|".join(sorted((*ZONES, *_AMBIGUOUS), key=len, reverse=True))
_ZONE = rf"(?:[ \t]?(?:(?:UTC|GMT)?[+-][0-9]{{2}}(?::?[0-9]{{2}})?)|[ \t]?(?:{_NAMES}))"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
_MONTH = rf"(?i:{'|'.join(MONTHS)})"
_WEEKDAY = r"(?:(?i:mon|tue|wed|thu|fri|sat|sun),?[ \t]+)?"
_YEAR = r"(?:19|20)[0-9]{2}"
_YEARS = rf"(?:[ \t]+{_YEAR})?{_ZONE}?(?:[ \t]+{_YEAR})?"
_FORMS = (
    # RFC 3164, with the year before the month, behind the day, or at the end; date(1).
    rf"{_WEEKDAY}(?:{_YEAR}[ \t]+)?{_MONTH}[ \t]+[0-9]{{1,2}}(?:,?[ \t]+{_YEAR})?,?[ \t]+{_CLOCK}{_YEARS}",
    # RFC 3339 and ISO 8601, by week, or without hyphens.
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9][^\s\]]*[^\s\]:]",
    r"[0-9]{4}-?W[0-9]{2}-?[1-7]T[0-9][^\s\]]*[^\s\]:]",
    r"[0-9]{8}T[0-9]{4,6}[^\s\]:]*",
    rf"{_WEEKDAY}{_YEAR}[-/][0-9]{{2}}[-/][0-9]{{2}}[ \t_]+{_CLOCK}{_ZONE}?",
    # A web server's.
    rf"[0-9]{{1,2}}/{_MONTH}/{_YEAR}[: ]{_CLOCK}{_ZONE}?",
    # Unix time in s, ms, us or ns; with ten digits until the year 2033 it begins with a 1.
    r"@?1[0-9]{9}(?:\.[0-9]{1,9})?",
    r"1[0-9]{12}|1[0-9]{15}|1[0-9]{18}",
)
_TIME = "|".join(_FORMS)
# Seconds since boot say nothing of the time; journalctl and dmesg write them in brackets.
STAMP = rf"(?:(?P<time>{_TIME})|\[(?P<bracketed>{_TIME})\]|\[[ \t]*[0-9]{{1,9}}\.[0-9]{{1,9}}\]):?"
"""One time, bare or in brackets, and the colon that some write behind it."""
