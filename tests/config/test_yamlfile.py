import pytest

from powertrip.config.yamlfile import parse_yaml
from powertrip.errors import ConfigError

TEXT = """\
# a comment
sources:
  syslog:
    type: json
    keys: [message, host]
rules:
  - use: ssh
  - name: vpn
    where:
      user_name:
        alice
"""


def mistakes_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        parse_yaml(text, "config.yaml")
    return [str(mistake) for mistake in refused.value.mistakes]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 2),
        (("sources",), 2),
        (("sources", "syslog", "type"), 4),
        (("sources", "syslog", "keys", 1), 5),
        (("rules", 0), 7),
        (("rules", 1), 8),
        (("rules", 1, "where", "user_name"), 10),
    ],
)
def test_every_key_and_item_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert parse_yaml(TEXT, "config.yaml").line(path) == line


def test_a_key_that_is_not_there_has_the_line_of_the_nearest_around_it() -> None:
    document = parse_yaml(TEXT, "config.yaml")

    assert document.where(("sources", "syslog", "secret", "file")) == "config.yaml:3"


def test_an_empty_text_is_a_document_without_data() -> None:
    document = parse_yaml("# nothing\n", "config.yaml")

    assert document.data is None
    assert document.line(("sources",)) == 1


def test_what_is_not_yaml_is_refused_with_its_line() -> None:
    (mistake,) = mistakes_of("a: 1\nb: [1, 2\nc: 3\n")

    assert mistake.startswith("config.yaml:3: is not YAML: ")


def test_a_text_that_needs_quotes_is_refused_saying_so() -> None:
    (mistake,) = mistakes_of("pattern: ^a(?: b)?$")

    assert 'put a text that holds ": " in single quotes' in mistake


def test_characters_that_yaml_forbids_are_refused() -> None:
    (mistake,) = mistakes_of("a: \x07\n")

    assert mistake.startswith("config.yaml:1: is not YAML: ")


def test_a_key_written_twice_is_refused_wherever_it_is() -> None:
    assert mistakes_of("a: 1\nb:\n  - c: 1\n    c: 2\na: 3\n") == [
        "config.yaml:4: b.0.c: is written twice, first on line 3; keep one of the two",
        "config.yaml:5: a: is written twice, first on line 1; keep one of the two",
    ]


@pytest.mark.parametrize("text", ["a: &x [*x]\n", "[" * 20_000])
def test_a_text_that_contains_itself_or_nests_without_end_is_refused(text: str) -> None:
    (mistake,) = mistakes_of(text)

    assert "nested too deeply" in mistake


def test_tags_that_would_run_code_are_refused() -> None:
    (mistake,) = mistakes_of("a: !!python/object/apply:os.getcwd []\n")

    assert mistake.startswith("config.yaml:1: is not YAML: ")
