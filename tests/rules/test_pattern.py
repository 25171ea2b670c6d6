import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from powertrip.rules.pattern import Recogniser, compile_pattern, is_anchored


def refusals(text: str) -> tuple[str, ...]:
    with pytest.raises(ValueError, match=r".") as refused:
        compile_pattern(text, unanchored=False)
    return refused.value.args


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (r"^a(?=b)b$", "no lookahead"),
        (r"^a(?!b).$", "no lookahead"),
        (r"^a(?<=a)b$", "no lookbehind"),
        (r"^a(?<!b)b$", "no lookbehind"),
        (r"^(a)\1$", "no backreferences"),
        (r"^(?P<a>x)(?P=a)$", "no backreferences"),
        (r"^\k<a>$", "no backreferences"),
        (r"^(?>a)$", "no atomic groups"),
        (r"^a*+$", "no possessive repetition"),
        (r"^a++$", "no possessive repetition"),
        (r"^a\Z", "write $ or \\z"),
        (r"^a{1001}$", "at most 1000"),
        (r"^(?x) a$", "no verbose mode"),
        (r"^(?(1)a|b)$", "no conditional groups"),
        (r"^(?#why)a$", "no comments"),
        (r"^(?R)$", "no recursion"),
        (r"^\h$", "write [ \\t]"),
        (r"^\u00e9$", "write \\x{e9}"),
        (r"^\Ga$", "leave it out"),
        (r"^[a$", "missing ]"),
        (r"^(a$", "missing )"),
    ],
)
def test_a_pattern_that_re2_cannot_take_is_refused_with_what_to_write_instead(text: str, advice: str) -> None:
    (refusal,) = refusals(text)

    assert refusal.startswith("RE2 refuses it (")
    assert advice in refusal


@pytest.mark.parametrize("text", ["a", "^a", "a$", r"^a\$", r"^cost: 5\\\$", "(?:^a$)"])
def test_a_pattern_that_is_not_anchored_is_refused(text: str) -> None:
    assert not is_anchored(text)
    assert "`unanchored: true`" in refusals(text)[-1]


@pytest.mark.parametrize("text", ["^a$", r"\Aa\z", "(?i)^a$", r"^a\\$"])
def test_an_anchored_pattern_is_taken(text: str) -> None:
    assert compile_pattern(text, unanchored=False).anchored


@pytest.mark.parametrize("name", ["User", "user-name", "1st", "ünser"])
def test_a_group_name_that_is_no_field_name_is_refused(name: str) -> None:
    assert any("no field name" in refusal for refusal in refusals(f"^(?P<{name}>a)$"))


def test_a_group_name_used_twice_is_refused() -> None:
    assert any("used twice" in refusal for refusal in refusals("^(?P<a>x)|(?P<a>y)$"))


def test_all_that_is_wrong_with_a_pattern_is_told_at_once() -> None:
    assert len(refusals(r"(?P<User>a)(?=b)")) == 3


def test_every_branch_of_an_anchored_pattern_covers_the_whole_message() -> None:
    recogniser = Recogniser([compile_pattern("^alice|bob$", unanchored=False)])

    assert recogniser.recognise(b"bob") == [0]
    assert recogniser.recognise(b"not bob") == []


def test_all_patterns_are_recognised_in_one_pass() -> None:
    texts = ["^alice.*$", "^bobby.*$", "^.*zebra$"]
    patterns = [compile_pattern(text, unanchored=False) for text in texts]
    recogniser = Recogniser([*patterns, compile_pattern("mid", unanchored=True)])

    assert recogniser.recognise(b"alice mid zebra") == [0, 2, 3]
    assert recogniser.recognise(b"none") == []


ENDINGS = [
    "^a.*bc$",
    "^a.*(?:b|c)$",
    "(?i)^a.*bc$",
    r"^a.*\x63$",
    r"^a.+\pLb$",
    "^.*[abc]$",
    r"^a.*\Qbc$",
    "^a.*b?c$",
]
LIKELY = st.text(alphabet="aAbBcC \n\\Q$éKks\u017f", max_size=12)


@given(
    st.lists(
        st.sampled_from(ENDINGS) | st.sampled_from(["^a.*b.*c$", "^.*k.*s$", "(?i)^.*k.+S$", "^é.*$"]),
        min_size=1,
    ),
    LIKELY,
)
def test_every_pattern_that_matches_is_among_those_that_may(texts: list[str], message: str) -> None:
    patterns = [compile_pattern(text, unanchored=True) for text in texts if not text.endswith(r"\Qbc$")]
    patterns += [compile_pattern(text, unanchored=False) for text in texts]
    encoded = message.encode()

    found = set(Recogniser(patterns).recognise(encoded))

    assert {number for number, pattern in enumerate(patterns) if pattern.matches(encoded)} <= found


def test_a_line_that_is_made_to_be_hard_is_not_tried_with_every_pattern() -> None:
    # RE2 looks for literals of three characters and more.
    patterns = [compile_pattern(f"^A.*B{number}.*C$", unanchored=False) for number in range(100, 200)]
    recogniser = Recogniser(patterns)

    assert recogniser.recognise(b"A " + b"B107 B112 C " * 200 + b"D") == []
    assert recogniser.recognise(b"A B107 B112 C") == [7, 12]


def test_patterns_of_which_re2_would_find_none_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # So it is where its memory has no room for their literals.
    monkeypatch.setattr("re2.Filter.Match", lambda *_, **__: None)

    with pytest.raises(ValueError, match="too large for RE2"):
        Recogniser([compile_pattern("^a.*b$", unanchored=False)])


def test_groups_that_took_no_part_are_absent() -> None:
    pattern = compile_pattern("^(?:a(?P<left>.)|b(?P<right>.))$", unanchored=False)

    assert pattern.capture(b"bx") == {"right": "x"}


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("zoë from 192.0.2.1", "\0 from \0"),
        ("from 192.0.2.1", " from \0"),
        ("a from b", "\0 from \0"),
        ("a\\xff𝄞 from ", "\0 from \0"),
    ],
)
def test_groups_are_what_re2_says_of_them_and_words_are_the_rest(message: str, words: str) -> None:
    text = r"^(?P<user_name>[^ ]*(?P<last>[^ ]))? ?from (?P<source_ip>.*?)(?P<port>:[0-9]+)?$"
    pattern = compile_pattern(text, unanchored=False)
    encoded = message.encode()

    found, match = pattern.find(encoded), pattern.regex.fullmatch(encoded)
    assert found is not None
    assert match is not None
    groups = {name: match.group(number) for name, number in pattern.groups}
    assert found.captured() == {name: value.decode() for name, value in groups.items() if value is not None}
    assert found.words().lstrip() == words.lstrip()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (r"^(?P<user_name>\w+\s?)*!$", "a" * 8192),
        (r"^(a+)+$", "a" * 8191 + "!"),
        (r"^(.*)(.*)(.*)(.*)=$", "=" * 8191 + "x"),
        (r"^(a|aa)+$", "a" * 8191 + "b"),
        (r"^.*a.{0,900}b$", "a" * 8192),
    ],
)
def test_a_pattern_that_would_take_for_ever_elsewhere_ends_on_the_longest_message(
    text: str, message: str
) -> None:
    pattern = compile_pattern(text, unanchored=False)

    Recogniser([pattern]).recognise(message.encode())
    assert pattern.capture(message.encode()) is None


PACK_DIR = Path(__file__).parents[2] / "powertrip" / "rulepacks"
SAFE_WITHOUT = {"ssh_login"}
"""sshd writes no line break inside a message, and `expects` has every message that holds one quarantined."""


def wildcards(given: dict[str, Any]) -> Iterator[str]:
    """The patterns in a rule of a pack that hold a `.` which stands for any character."""
    for key, value in given.items():
        inner = value if isinstance(value, list) else [value]
        for one in inner:
            if isinstance(one, dict):
                yield from wildcards(one)
            elif key == "pattern" and "." in re.sub(r"\\.|\[[^]]*\]", "", one):
                yield one


@pytest.mark.parametrize("pack", sorted(PACK_DIR.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_dot_in_a_pack_takes_line_breaks_where_a_rule_asks_and_none_where_it_ignores(pack: Path) -> None:
    for rule in yaml.safe_load(pack.read_text(encoding="utf-8"))["rules"]:
        for text in wildcards(rule) if rule["name"] not in SAFE_WITHOUT else ():
            assert ("(?s" in text) is not rule.get("ignore", False), (rule["name"], text)
