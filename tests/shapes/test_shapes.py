"""A genuine login is an event with the right user, host, address and time, whatever it is wrapped in."""

import pytest

from powertrip.domain.record import Record
from powertrip.ingest.contract import Unread
from powertrip.rules import Ignored, Match, Quarantined, Unmatched
from tests.rules.support import rules_of
from tests.shapes.carriers import OF_LINES, OF_OBJECTS, Carrier, Found
from tests.shapes.forms import DOUBTFUL, LINES, LOGIN, NEAR_MISS, Form
from tests.shapes.objects import DOUBTFUL_OBJECTS, OBJECTS

SSH = rules_of("- use: ssh")

Verdict = Match | Ignored | Quarantined | Unmatched
FORMS = [*((form, OF_LINES) for form in LINES), *((form, OF_OBJECTS) for form in OBJECTS)]
DOUBTFUL_FORMS = [
    *((form, OF_LINES) for form in DOUBTFUL),
    *((form, OF_OBJECTS) for form in DOUBTFUL_OBJECTS),
]


def judged(found: Found) -> list[tuple[Record | None, Verdict]]:
    """The verdict on each; what cannot be read is quarantined by the endpoint."""
    return [
        (None, Quarantined(rule=None, reason=part.reason))
        if isinstance(part, Unread)
        else (part, SSH.judge(part))
        for part in found
    ]


@pytest.mark.parametrize(("form", "carriers"), FORMS, ids=[form.name for form, _ in FORMS])
def test_a_login_is_an_event_that_tells_who_where_whence_and_when(
    form: Form, carriers: tuple[Carrier, ...]
) -> None:
    for carrier in carriers:
        [(record, verdict)] = judged(carrier.carry(form.holding(LOGIN)))

        assert isinstance(verdict, Match), (carrier.name, record, verdict)
        assert record is not None
        fields = verdict.fields
        said = (fields["user_name"], fields["source_ip"], fields.get("host_name"), record.occurred_at)
        told = ("alice", "192.0.2.10", form.host or carrier.host, form.when or carrier.when)
        assert said == told, carrier.name


@pytest.mark.parametrize(("form", "carriers"), FORMS, ids=[form.name for form, _ in FORMS])
def test_what_nearly_is_a_login_is_quarantined(form: Form, carriers: tuple[Carrier, ...]) -> None:
    for carrier in carriers:
        [(record, verdict)] = judged(carrier.carry(form.holding(NEAR_MISS)))

        assert isinstance(verdict, Quarantined), (carrier.name, record, verdict)
        assert "192.0.2.10" not in verdict.reason


@pytest.mark.parametrize(("form", "carriers"), DOUBTFUL_FORMS, ids=[form.name for form, _ in DOUBTFUL_FORMS])
def test_what_may_be_of_another_writer_or_host_is_quarantined_and_no_event(
    form: Form, carriers: tuple[Carrier, ...]
) -> None:
    for carrier in carriers:
        verdicts = [verdict for _, verdict in judged(carrier.carry(form.holding(LOGIN)))]

        assert [type(verdict) for verdict in verdicts] == [Quarantined], (carrier.name, verdicts)
