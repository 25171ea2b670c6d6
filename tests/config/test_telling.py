"""What the config says of telling a HIDS, and what it refuses."""

from pathlib import Path

import pytest

from tests.config.test_config import load, only_mistake

CALLBACK = "type: callback, url: 'https://hids.example.com/told', secret: a-secret-that-is-long"


@pytest.mark.parametrize(
    ("tell", "problem"),
    [
        ("type: callback, url: 'https://hids.example.com/told'", "secret: is missing"),
        ("type: wazuh4, url: 'https://wazuh.example.com:55000', user: powertrip", "password: is missing"),
        (f"{CALLBACK}, user: alice", "user: is not for type callback"),
        (f"{CALLBACK}, body: '{{\"x\": $nonsense}}'", "$nonsense is no placeholder"),
        (f'{CALLBACK}, body: \'{{"x": "$verdict"}}\'', "does not make JSON"),
        (f"{CALLBACK}, body: 'costs $ 5'", "a $ stands alone"),
        (CALLBACK.replace("https://", "http://"), "must be https beyond this machine"),
        (CALLBACK.replace("https://", "https://alice:hunter2@"), "must be an https address"),
        (CALLBACK.replace(".com/", ".com:65536/"), "must be an https address"),
        (CALLBACK.replace("/told", "/to ld"), "must be an https address"),
    ],
)
def test_a_way_to_tell_that_cannot_work_is_refused(tmp_path: Path, tell: str, problem: str) -> None:
    mistake = only_mistake(tmp_path, f"origins: {{wazuh: {{tell: {{{tell}}}}}}}")
    assert problem in str(mistake)
    assert "origins.wazuh.tell" in str(mistake)
    assert "hunter2" not in str(mistake)


def test_plain_http_is_let_pass_on_this_machine(tmp_path: Path) -> None:
    tell = CALLBACK.replace("https://hids.example.com", "http://127.0.0.1:8080")
    config = load(tmp_path, f"origins: {{wazuh: {{tell: {{{tell}}}}}}}")
    assert config.origins["wazuh"].tell is not None
