"""What steps hand on of what may be expected: facts that are missing make it nobody's."""

from types import SimpleNamespace
from typing import Any

import pytest

from powertrip.domain.due import Enriched, ToEnrich
from powertrip.domain.reminders import Reminders
from powertrip.domain.routing import People
from powertrip.domain.severity import SeverityLists
from powertrip.domain.storms import StormSection
from powertrip.pipeline.enrich import enrich
from tests.expecting import WHOSE
from tests.pipeline.contexts import context
from tests.samples import NOW, SECURITY, event, known


@pytest.mark.parametrize(
    ("missing", "whose"),
    [
        ({}, WHOSE),
        ({"awaited": ("GreyNoise",)}, None),
        ({"failing": ("GreyNoise",)}, None),
        ({"unavailable": {"GreyNoise": "its quota is used up"}}, None),
    ],
)
async def test_nothing_is_covered_while_a_service_has_not_answered(
    missing: dict[str, Any], whose: Any
) -> None:
    about, kept = event(), list[Enriched]()

    async def claim(*_: Any) -> list[ToEnrich]:
        return [ToEnrich(event=about, tries=0)]

    async def facts(*_: Any) -> Any:
        return {about.source_ip: known(10, **missing)}

    async def keep(found: list[Enriched], *_: Any) -> None:
        kept.extend(found)

    step = context(
        SimpleNamespace(enriching=SimpleNamespace(claim=claim, keep=keep)),
        lambda: NOW,
        severity=SeverityLists(),
        policy=(),
        also_tell=(),
        security_channel=SECURITY,
        people=People([]),
        storms=StormSection(),
        reminders=Reminders(),
        expectable=lambda _: WHOSE,
    )
    object.__setattr__(step, "enrichment", SimpleNamespace(has_services=True, facts=facts))
    await enrich(step)
    assert [item.expectable for item in kept] == [whose]
