"""The example in docs/rules.md is what a reader copies first: it has to work as it says."""

from pathlib import Path

import pytest
import yaml

from powertrip.cli.docs.packs import reference
from powertrip.config.yamlfile import parse_yaml
from powertrip.rules import Ignored, Match, Quarantined, RuleSet, load_rules
from powertrip.rules.entry import EventEntry, NarrowEntry, UseEntry
from powertrip.rules.load import PACK_DIR
from tests.cli.running import Ended, bot
from tests.samples import record

DOCUMENT = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
EXAMPLE = DOCUMENT.split("```yaml\n")[1].split("```")[0]
LINE = EXAMPLE.split("for lines such as: ")[1].splitlines()[0]


def example() -> RuleSet:
    """The rules of the example."""
    document = parse_yaml(EXAMPLE, "docs/rules.md")
    return load_rules(document.data["rules"], lambda path: document.where(("rules", *path)))


def test_the_line_in_the_example_is_matched_by_the_rule_below_it() -> None:
    verdict = example().judge(record(LINE, program="vpnd", host_name="gate"))

    assert isinstance(verdict, Match)
    assert verdict.rule.name == "vpn_login"
    assert verdict.fields == {
        "user_name": "alice",
        "source_ip": "192.0.2.10",
        "source_port": "50000",
        "host_name": "gate",
        "event_outcome": "success",
    }


def test_the_example_asks_nobody_about_the_bots_own_logins() -> None:
    message = "Accepted publickey for oswaldo from 192.0.2.{} port 50000 ssh2"
    rules = example()

    assert isinstance(rules.judge(record(message.format(7))), Ignored)
    assert isinstance(rules.judge(record(message.format(8))), Match)


def test_a_line_that_the_example_expects_and_does_not_understand_is_quarantined() -> None:
    assert isinstance(example().judge(record("session opened: nonsense", program="vpnd")), Quarantined)


def test_every_key_of_a_rule_is_described() -> None:
    keys = {*EventEntry.model_fields, *NarrowEntry.model_fields, *UseEntry.model_fields}

    assert [key for key in sorted(keys) if f"`{key}" not in DOCUMENT] == []


def test_the_override_of_trust_is_written_as_it_works() -> None:
    written = DOCUMENT.split("so: `")[1].split("`")[0]
    rules = load_rules(yaml.safe_load(written), lambda _: "docs/rules.md")

    assert rules.rules[0].trust == {"facility": ("local0",)}


JSON_EXAMPLE = DOCUMENT.split("```yaml\n")[2].split("```")[0]
JSON_LINE = JSON_EXAMPLE.split("# ")[1].splitlines()[0]


def json_example() -> RuleSet:
    """The rules of the example over JSON."""
    document = parse_yaml(JSON_EXAMPLE, "docs/rules.md")
    return load_rules(document.data["rules"], lambda path: document.where(("rules", *path)))


def test_the_record_in_the_json_example_is_matched_by_the_rule_below_it() -> None:
    verdict = json_example().judge(record(JSON_LINE, source="vault", program=None, host_name=None))

    assert isinstance(verdict, Match)
    assert verdict.fields == {
        "user_name": "Alice@example.com",
        "source_ip": "192.0.2.10",
        "event_outcome": "success",
    }


def test_a_record_that_the_json_example_expects_and_does_not_understand_is_quarantined() -> None:
    line = JSON_LINE.replace("vault.open", "vault.burn")

    assert isinstance(json_example().judge(record(line, source="vault", program=None)), Quarantined)


CASES, DIFFERENCE = DOCUMENT.split("## Rules with tests")[1].split("```")[1::2]
CASES = CASES.removeprefix("yaml\n")


def tried(folder: Path, cases: str) -> Ended:
    """What `rules test --expect` makes of the cases, with the rules of the first example."""
    (folder / "config.yaml").write_text(EXAMPLE)
    (folder / "tests.yaml").write_text(cases)
    return bot("rules", "test", "--expect", "tests.yaml", folder=folder)


def test_the_cases_in_the_example_are_as_expected(tmp_path: Path) -> None:
    ended = tried(tmp_path, CASES)

    assert (ended.status, ended.out) == (0, "4 of 4 are as expected\n")


def test_a_case_that_differs_is_shown_as_the_example_shows_it(tmp_path: Path) -> None:
    ended = tried(tmp_path, CASES.replace("addr=192.0.2.10", "addr=192.0.2.11"))

    assert (ended.status, ended.out) == (1, DIFFERENCE.removeprefix("\n"))


def test_the_table_of_the_packs_is_what_the_packs_say() -> None:
    written = (Path(__file__).parents[2] / "docs" / "packs.md").read_text()

    assert written == reference(), "write docs/packs.md anew: make docs"


@pytest.mark.parametrize("pack", sorted(PACK_DIR.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_page_of_each_pack_says_what_it_does_not_ask_about(pack: Path) -> None:
    page = reference().split(f"\n## {pack.stem}\n")[1].split("\n## ")[0]

    assert "\nNot asked about" in page
