"""Nothing in the docs and the examples leads to what somebody else could register."""

import re
from collections.abc import Iterator

from tests.end_to_end.harness import ROOT

RESERVED = (
    "example.com",
    "example.org",
    "example.net",
    "example",
    "test",
    "localhost",
    "invalid",
    "internal",
)
"""RFC 2606 and RFC 6761; ICANN gives no name below `internal` to anybody."""
OWNED = (
    *("slack.com", "github.com", "heroku.com", "papertrailapp.com", "jmespath.org", "postgresql.org"),
    "docs.aws.amazon.com",
    *("healthchecks.io", "hc-ping.com"),  # both are Healthchecks'
    *("threatjammer.com", "abuseipdb.com", "greynoise.io"),
    *("source.timer", "syslog.timer"),  # units of systemd
)
"""Each is its service's own, as the service's documentation has it."""
_ADDRESS = re.compile(
    r"(?:https?|postgres(?:ql)?)://(?:[^\s/@`\"']*@)?([a-z0-9.-]+\.[a-z]{2,})", re.IGNORECASE
)
_MAIL = re.compile(r"(?i)[\w.+-]+@([a-z0-9-]+(?:\.[a-z0-9-]+)+)")
_INSTALLED = re.compile(r"pip install [\"']?([a-z0-9][\w-]*)")


def texts() -> Iterator[str]:
    """The docs, the examples and what is installed on servers."""
    files = [*ROOT.glob("*.md"), *ROOT.glob("*.yaml"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("contrib/**/*")]
    for file in files:
        if file.is_file() and file.name != "CHANGELOG.md":
            yield file.read_text(encoding="utf-8", errors="replace")


def test_no_address_is_one_that_others_could_register() -> None:
    found = [name for text in texts() for name in _ADDRESS.findall(text) + _MAIL.findall(text)]
    named = {name.lower().rstrip(".") for name in found}
    known = (*RESERVED, *OWNED)

    assert len(named) > 10
    assert {name for name in named if not any(f".{name}".endswith(f".{one}") for one in known)} == set()


def test_no_package_is_one_that_others_could_register() -> None:
    assert {name for text in texts() for name in _INSTALLED.findall(text)} <= {"boto3", "rfc3161-client"}
