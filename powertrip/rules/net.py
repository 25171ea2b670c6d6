"""The net under all rules: what reads like a login of sshd's must not go by as nobody's business."""

import re2

from powertrip.domain.record import Record

NO_RULE_TOOK_LOGIN = (
    "reads like a login that sshd logged (Accepted METHOD for USER from ADDRESS), and no rule took it; check "
    "the program, the keys and the header of its source's records, and that the pack ssh is in use for that "
    "source; where it is no login of yours, write an ignore rule"
)

# A blank of any kind, a terminal's colours, and what JSON writes for them, however often it is wrapped in it.
_BLANK = (
    r"(?:[\s\v\pZ\pC]|\x1b\[[0-9;]*m|"
    r"\\+(?:[tnrfv]|u001[bB]\[[0-9;]*m|u00[0-2][0-9A-Fa-f]|u00[aA]0|u20[0-9A-Fa-f]{2}|u3000))"
)
_KNOWN = r"(?:none|password|publickey|hostbased|gssapi|keyboard-interactive|challenge-response|kerberos)"
_ADDRESS = r"(?:[0-9]{1,3}\.[0-9]{1,3}\.|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:|UNKNOWN)"
# Programs accept much else "for" somebody: a method that is not known needs an address or a port behind it.
_LOGIN = re2.compile(
    rf"(?s)Accepted{_BLANK}+(?:"
    rf"{_KNOWN}[^\s]*?{_BLANK}+for{_BLANK}(?:.*{_BLANK})?from{_BLANK}"
    rf"|[^\s]+?{_BLANK}+for{_BLANK}(?:.*{_BLANK})?from{_BLANK}+(?:{_ADDRESS}|.*{_BLANK}port{_BLANK}+[0-9])"
    r")"
)


def reads_like_login(record: Record) -> bool:
    """Whether a line of sshd's about a login stands anywhere in the message, or in the record as it came.

    Such a line is nobody's where a header is of an unknown form, the program has another name, or the
    message stands under a key that is not configured. To be wrong here costs a look at the quarantine.
    """
    # The word alone is far quicker to look for, and nearly all of what no rule takes is without it.
    return any("Accepted" in text and _LOGIN.search(text) for text in (record.message, record.raw))
