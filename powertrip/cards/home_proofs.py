"""The part of the Home tab that is about what its reader proves approvals with."""

from datetime import datetime

from powertrip.cards.blocks import Block, divider, header, paragraph, paragraphs, text
from powertrip.cards.proofs import enrolled_lines, how
from powertrip.domain.home import HomeFacts
from powertrip.domain.proof import ENROLLED


def proofs(facts: HomeFacts, command: str, now: datetime) -> list[Block]:
    """What they enrolled, or how to; nothing where there is nothing to enrol for."""
    listed = facts.mine.proofs
    if not listed and ENROLLED.isdisjoint(facts.kinds):
        return []
    lines = [line for each in listed for line in enrolled_lines(each, facts.fresh, now)]
    ways = how(facts.kinds, facts.enrol_page)
    typed = paragraph([[text("All of them: "), text(f"{command} proofs", code=True)]])
    return [divider(), header("Your proofs"), *(paragraphs(lines) or paragraphs(ways)), typed]
