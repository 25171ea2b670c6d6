"""A secret that is none is refused: a placeholder, and what can be guessed."""

import base64
import random
from pathlib import Path

import pytest

from powertrip.config.secret import is_placeholder, is_variable, weakness
from tests.config.test_config import COMPLETE, load, only_mistake


@pytest.mark.parametrize(
    "written",
    [
        "$PAPERTRAIL_SECRET",
        "$papertrail_secret",
        "%PAPERTRAIL_SECRET%",
        "SECRET-OF-16-CHARACTERS-OR-MORE",
        "changeme-changeme",
        "changemechangeme",
        "aaaaaaaaaaaaaaaa",
        "CHANGE_ME_PLEASE_123",
        "THE-SECRET-THE-SECRET",
        "<your-secret-here>",
        "mysecretpassword",
        "SuperSecretToken123",
        "replace-with-random-value",
        "xxxxxxxxxxxxxxxxxxxx",
        "todo:insert-a-token-here",
        "Test-Test-Test-12345",
    ],
)
def test_a_placeholder_is_refused_and_never_shown(tmp_path: Path, written: str) -> None:
    mistake = only_mistake(tmp_path, f"sources:\n  a: {{type: json, secret: '{written}'}}\n")

    assert str(mistake).startswith(f"{tmp_path}/config.yaml:2: sources.a.secret: is ")
    assert "openssl rand -hex 24" in mistake.problem or "write ${NAME}" in mistake.problem
    assert written not in str(mistake)


@pytest.mark.parametrize(
    "text",
    [
        "slack: {bot_token: $SLACK_BOT_TOKEN}",
        "polls: {a: {type: papertrail_search, token: $PAPERTRAIL_TOKEN}}",
        "origins: {a: {tell: {type: wazuh4, url: 'https://w.example', user: u, password: $WAZUH_PASSWORD}}}",
        "api: {token: $POWERTRIP_API_TOKEN}",
    ],
)
def test_the_name_of_a_variable_is_no_secret_anywhere(tmp_path: Path, text: str) -> None:
    assert "write ${NAME}, with both braces" in only_mistake(tmp_path, text).problem


def test_a_variable_whose_value_is_the_name_of_another_is_refused(tmp_path: Path) -> None:
    text = "sources: {a: {type: json, secret: '${A_SECRET}'}}"
    mistake = only_mistake(tmp_path, text, {"A_SECRET": "${VAULT_A_SECRET}"})

    assert "is the name of a variable and not its value" in mistake.problem


@pytest.mark.parametrize("token", ["xoxb-1-example ", " xoxb-1-example", "xoxb-1-example\n"])
def test_a_blank_around_a_token_is_named(tmp_path: Path, token: str) -> None:
    mistake = only_mistake(tmp_path, "", {"SLACK_BOT_TOKEN": token})

    assert mistake.problem == "has a blank or a line break at its beginning or end; remove it"


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("s" * 16, "no more than 1 different characters"),
        ("*" * 20, "no more than 1 different characters"),
        ("1111222233334444", "no more than 4 different characters"),
        ("deadbeef-deadbeef", "repeats itself"),
        ("Geheim!geheim!geheim!", "repeats itself"),
        ("1234567890123456", "follows the alphabet, the digits or a keyboard"),
        ("0123456789abcdef", "follows the alphabet, the digits or a keyboard"),
        ("qwertyuiopasdfgh", "follows the alphabet, the digits or a keyboard"),
        ("zyxwvutsrqponmlk", "follows the alphabet, the digits or a keyboard"),
    ],
)
@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("sources.a.secret", "sources: {a: {type: json, secret: 'IT'}}"),
        ("api.token", "api: {token: 'IT'}"),
        ("metrics.token", "metrics: {token: 'IT'}"),
        (
            "heartbeat.key",
            "sources: {a: {type: json, secret: 9f31c07be2a84d65}}\nheartbeat: {key: 'IT', sources: [a]}",
        ),
        (
            "origins.a.tell.secret",
            "origins: {a: {tell: {type: callback, url: 'https://a.example', secret: 'IT'}}}",
        ),
    ],
)
def test_a_secret_that_can_be_guessed_is_refused_and_never_shown(
    tmp_path: Path, secret: str, words: str, setting: str, text: str
) -> None:
    mistake = only_mistake(tmp_path, text.replace("IT", secret))

    assert mistake.setting == setting
    assert words in mistake.problem
    assert "openssl rand -hex 24" in mistake.problem
    assert secret not in str(mistake)


def test_a_secret_that_two_sources_have_is_warned_of(tmp_path: Path) -> None:
    two = "type: papertrail, secret: 9f31c07be2a84d65}, b: {type: json, secret: 9f31c07be2a84d65}}"
    (warning,) = load(
        tmp_path, COMPLETE.replace("type: papertrail, secret: 9f31c07be2a84d65}}", two)
    ).warnings

    assert warning.setting == "sources.b.secret"
    assert "is that of sources.a.secret too" in warning.problem


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("9f31c07be2a84d65", "is that of sources.a.secret too"),
        ("7b1d9f2ec4a860f3", ""),
    ],
)
def test_the_token_of_the_read_api_is_looked_at_too(tmp_path: Path, token: str, words: str) -> None:
    warnings = load(tmp_path, f"{COMPLETE}api: {{token: '{token}'}}\n").warnings

    assert [warning.setting for warning in warnings] == ["api.token"] * bool(words)
    assert all(words in warning.problem for warning in warnings)


@pytest.mark.parametrize(
    "secret",
    [
        "correct-horse-battery-staple",
        "Secret-of-bastion-7",
        "$ecret9Wq-with-a-dollar",
        "papertrail-7f3c-test",
    ],
)
def test_a_secret_of_somebodys_own_words_is_taken(secret: str) -> None:
    assert (is_variable(secret), is_placeholder(secret), weakness(secret)) == (False, False, None)


def test_what_chance_makes_is_taken() -> None:
    chance = random.Random(7)  # noqa: S311 - the same every time
    made = [
        text
        for _ in range(3000)
        for text in (
            chance.randbytes(8).hex(),
            chance.randbytes(24).hex(),
            base64.urlsafe_b64encode(chance.randbytes(12)).decode(),
            base64.b32encode(chance.randbytes(10)).decode().lower(),
        )
    ]

    assert [text for text in made if is_variable(text) or is_placeholder(text) or weakness(text)] == []
