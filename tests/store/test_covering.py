"""One new event of several records is covered as a whole, where one expectation has room for all of them."""

from dataclasses import replace
from typing import Any

from powertrip.domain.event import Severity
from powertrip.domain.judgement import ToAsk
from powertrip.store.expected_work.covering import Covering
from tests.expecting import expectation, expected_ask
from tests.samples import CAROL, NOW, event, later, record


def asked(**changes: Any) -> ToAsk:
    return replace(expected_ask(record(), event(**({"occurred_at": NOW} | changes))), is_looked_up=True)


def covering(**changes: Any) -> Covering:
    return Covering([expectation(confirmed_at=NOW, confirmed_by=CAROL, **changes)], later(minutes=1))


def test_it_needs_room_for_all_of_them() -> None:
    three = [asked() for _ in range(3)]

    assert covering(max_uses=2).cover(three) is None
    found = covering(max_uses=3)
    assert found.cover(three) is not None
    assert found.cover([asked()]) is None
    assert found.used == {"worked": 3}


def test_each_of_them_has_to_be_as_expected() -> None:
    assert covering().cover([asked(), asked()]) is not None
    assert covering().cover([asked(), asked(host_name="db-1")]) is None
    assert covering().cover([asked(host_name="db-1"), asked()]) is None
    assert covering().cover([asked(), replace(asked(), is_looked_up=False)]) is None
    assert covering().cover([asked(), asked(severity=Severity.LOW)]) is None
