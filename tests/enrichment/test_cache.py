"""What is kept of a service's answer, and read again by the next version."""

from powertrip.domain.address import Network, Place
from powertrip.enrichment.cache import answer_as_json, answer_from_json
from powertrip.enrichment.service import ServiceAnswer

ANSWER = ServiceAnswer(network=Network(as_number=64496), place=Place(country_code="DE", city="Berlin"))


def test_what_is_kept_is_read_as_it_was() -> None:
    assert answer_from_json(answer_as_json(ANSWER)) == ANSWER


def test_what_an_earlier_version_kept_besides_costs_no_second_question() -> None:
    kept = answer_as_json(ANSWER)
    kept["place"] |= {"latitude": 52.5, "longitude": 13.4, "accuracy_km": 20}
    assert answer_from_json(kept) == ANSWER


def test_what_cannot_be_understood_is_asked_anew() -> None:
    assert answer_from_json(answer_as_json(ANSWER) | {"reputation": {"unknown": 1}}) is None
