"""What is wrong with the settings of the page is said at the start."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from powertrip.domain.people import Person
from powertrip.errors import ConfigError
from powertrip.proofs.oidc import OidcSection, identity_of
from powertrip.proofs.section import ProofsSection
from tests.config.test_config import load
from tests.page.rig import KEY
from tests.samples import BOB

OIDC = {"issuer": "https://login.example.com", "client_id": "powertrip"}
PROOFS = {"kinds": ["oidc", "passkey"], "key": KEY, "page": "https://powertrip.internal", "oidc": OIDC}


def mistakes(folder: Path, proofs: dict[str, Any], *, policy: Any = (), **people: Any) -> list[str]:
    config = {"proofs": {**PROOFS, **proofs}, "people": people, "policy": list(policy)}
    try:
        load(folder, yaml.safe_dump(config))
    except ConfigError as error:
        return [f"{each.setting}: {each.problem}" for each in error.mistakes]
    return []


@pytest.mark.parametrize(
    ("proofs", "setting"),
    [
        ({"page": None}, "proofs.page"),
        ({"page": "http://powertrip.internal"}, "proofs.page"),
        ({"page": "https://powertrip.internal/proofs"}, "proofs.page"),
        ({"page": "https://user@powertrip.internal"}, "proofs.page"),
        ({"page": "http://127.0.0.1:8080"}, "proofs.page"),
        ({"page": "https://192.0.2.1"}, "proofs.page"),
        ({"page": "https://[2001:db8::1]:8443"}, "proofs.page"),
        ({"page": "powertrip.internal"}, "proofs.page"),
        ({"key": None}, "proofs.key"),
        ({"key": base64.b64encode(b"x" * 31).decode()}, "proofs.key"),
        ({"key": f"{KEY} c2hvcnQ="}, "proofs.key"),
        ({"kinds": ["passkey", "typed_host"]}, "proofs.kinds"),
        ({"oidc": None}, "proofs.oidc"),
        ({"oidc": OIDC | {"issuer": "http://login.example.com"}}, "proofs.oidc.issuer"),
        ({"oidc": OIDC | {"issuer": "https://login.example.com?a=b"}}, "proofs.oidc.issuer"),
        ({"oidc": OIDC | {"issuer": "https://login.example.com#a"}}, "proofs.oidc.issuer"),
        ({"oidc": OIDC | {"issuer": "https://a:b@login.example.com"}}, "proofs.oidc.issuer"),
        ({"oidc": OIDC | {"max_age": "2h"}}, "proofs.oidc.max_age"),
        ({"oidc": OIDC | {"max_age": 30}}, "proofs.oidc.max_age"),
        ({"oidc": OIDC | {"claim": "a b"}}, "proofs.oidc.claim"),
        ({"kinds": ["oidc"], "oidc": OIDC | {"enrols": True}}, "proofs.oidc.enrols"),
        ({"kinds": ["totp"], "page": None, "oidc": OIDC | {"enrols": True}}, "proofs.page"),
    ],
    ids=str,
)
def test_a_mistake_is_named_by_its_setting(tmp_path: Path, proofs: dict[str, Any], setting: str) -> None:
    (mistake,) = mistakes(tmp_path, proofs)

    assert mistake.startswith(f"{setting}: ")


EXPECTED = {
    "session_number": 'require.1: "session_number": it is of the terminal of one login',
    "typed_host": 'require.1: "typed_host": it proves nothing',
    "reason": 'require.1: "reason": nobody can prove anything by that; write one of proof, passkey',
    "totp": "require: totp is not among proofs.kinds",
}


@pytest.mark.parametrize("word", EXPECTED)
def test_what_nobody_could_prove_an_expectation_by_is_refused(tmp_path: Path, word: str) -> None:
    section = {"enabled": True, "require": ["oidc", word]}
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, yaml.safe_dump({"proofs": PROOFS, "expectations": section}))
    assert EXPECTED[word] in str(refused.value)


def test_any_proof_of_expectations_takes_a_kind_that_is_of_no_one_login(tmp_path: Path) -> None:
    text = yaml.safe_dump({"expectations": {"enabled": True, "require": "proof"}})
    with pytest.raises(ConfigError, match="none can prove an expectation"):
        load(tmp_path, text)
    assert load(tmp_path, text + yaml.safe_dump({"proofs": PROOFS})).expectations.require == ("proof",)


@pytest.mark.parametrize(
    "page", ["https://powertrip.internal", "http://localhost:8080", "https://a.example.com/"]
)
def test_a_page_with_a_name_is_taken(tmp_path: Path, page: str) -> None:
    assert mistakes(tmp_path, {"page": page}) == []


def test_a_policy_that_nobody_could_satisfy_is_a_mistake(tmp_path: Path) -> None:
    assert mistakes(tmp_path, {}, policy=[{"require": ["passkey", "session_number"]}]) == []

    (mistake,) = mistakes(tmp_path, {}, policy=[{"require": "reason"}, {"require": ["totp", "oidc"]}])

    assert mistake.startswith("policy.1.require: totp is not among proofs.kinds")


def test_one_identity_proves_for_one_person_who_has_a_member_id(tmp_path: Path) -> None:
    bob, other = {"slack": "U0BOB", "oidc": "bob@example.com"}, {"slack": "U0BOB2", "oidc": "Bob@example.com"}

    assert mistakes(tmp_path, {}, bob=bob) == []
    (twice,) = mistakes(tmp_path, {}, bob=bob, robert=other)
    assert twice.startswith("people.robert.oidc: is bob's too")
    (loose,) = mistakes(tmp_path, {}, bob={"email": "bob@example.com", "oidc": "bob"})
    assert loose.startswith("people.bob.oidc: counts only beside slack")


def test_whose_identity_it_is_says_the_configuration_alone() -> None:
    people = [Person(name="bob", slack=BOB, oidc="bob"), Person(name="carol", slack="U0CAROL")]

    assert identity_of(BOB, people) == "bob"
    assert identity_of("U0CAROL", people) is None
    assert identity_of("U0MALLORY", people) is None
    assert identity_of(BOB, [*people, Person(name="bob2", slack=BOB, oidc="bob2")]) is None


def test_who_signed_in_to_enrol_is_the_one_person_whose_identity_the_configuration_says_it_is() -> None:
    section = OidcSection.model_validate(OIDC | {"claim": "sub"})
    people = [
        Person(name="bob", slack=BOB, oidc="b-1"),
        Person(name="alice", email="alice@example.com", oidc="a-1"),
        Person(name="oswaldo", bot=True, oidc="o-1"),
        Person(name="carol", slack="U0CAROL", oidc="c-1"),
        Person(name="caroline", slack="U0CAROL", oidc="c-2"),
    ]

    def name(sub: object) -> str | None:
        person = section.person_of({"sub": sub}, people)
        return person.name if person else None

    assert name("b-1") == "bob"
    # Nobody of whom Slack alone would say whose account it is, no bot, and nobody who is two at the provider.
    assert [name(sub) for sub in ("B-1", "a-1", "o-1", "c-1", "c-2", None, ["b-1"])] == [None] * 7


def test_enrolling_by_a_sign_in_is_off_by_itself_and_where_it_would_make_nothing() -> None:
    on = PROOFS | {"oidc": OIDC | {"enrols": True}}
    assert ProofsSection.model_validate(on).enrolling_provider
    for without in (PROOFS, on | {"page": None}, on | {"key": None}, on | {"kinds": ["oidc"]}):
        assert ProofsSection.model_validate(without).enrolling_provider is None


@pytest.mark.parametrize(
    ("claims", "is_bob"),
    [
        ({"email": "bob@example.com", "email_verified": True}, True),
        ({"email": "BOB@Example.com", "email_verified": True}, True),
        ({"email": "bob@example.com"}, False),
        ({"email": "bob@example.com", "email_verified": False}, False),
        ({"email": "bob@example.com", "email_verified": "true"}, False),
        ({"email": "bob@example.com.example.net", "email_verified": True}, False),
        # A Kelvin sign, which Unicode's lower case makes a k, and a long s.
        ({"email": "bo\u212a@example.com", "email_verified": True}, False),
        ({"sub": "bob@example.com", "email_verified": True}, False),
    ],
    ids=str,
)
def test_an_address_counts_where_the_provider_has_verified_it(claims: dict[str, Any], is_bob: bool) -> None:
    section = OidcSection.model_validate(OIDC)
    wanted = "bok@example.com" if "\u212a" in str(claims) else "bob@example.com"

    assert section._is_identity(claims, wanted) is is_bob
