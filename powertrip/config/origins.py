"""The section `origins`: the host intrusion detection systems that see the same things."""

from datetime import timedelta
from typing import Annotated

from powertrip.origins import AnyTell
from powertrip.setting.section import Section
from powertrip.setting.values import AT_START, Duration, OneOrMore


class Origin(Section):
    """A host intrusion detection system (HIDS) that sees the same things, and is told what was decided."""

    sources: OneOrMore = ()
    """The sources of its own records, which are compared with those of all others. Without any it is told of
    every decision."""
    within: Duration = timedelta(minutes=5)
    """How far apart the two records of one thing may be."""
    grace: Duration = timedelta(minutes=10)
    """How long the other side is waited for: then what one saw alone is asked about, or reported."""
    tell: Annotated[AnyTell | None, AT_START] = None
    """Without it the records are compared, and nothing is told."""
    expects: OneOrMore = ()
    """Rules whose events it should have seen too; others it may miss without a word."""
