"""What is kept of a service's answer, and read again by the next version."""

from powertrip.domain.address import Network, Place
from powertrip.enrichment.answers import read, written
from powertrip.enrichment.service import ServiceAnswer

ANSWER = ServiceAnswer(network=Network(as_number=64496), place=Place(country_code="DE", city="Berlin"))


def test_what_is_kept_is_read_as_it_was() -> None:
    assert read(written(ANSWER)) == ANSWER


def test_what_an_earlier_version_kept_besides_costs_no_second_question() -> None:
    kept = written(ANSWER)
    kept["place"] |= {"latitude": 52.5, "longitude": 13.4, "accuracy_km": 20}
    assert read(kept) == ANSWER


def test_what_cannot_be_understood_is_asked_anew() -> None:
    assert read(written(ANSWER) | {"reputation": {"unknown": 1}}) is None
