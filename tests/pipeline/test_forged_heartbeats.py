"""What claims to be the heartbeat and is not is asked about, for somebody may hide in the noise."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from powertrip.cli.demo.workspace import local_slack
from powertrip.domain.event import Event, EventQuery, Severity
from powertrip.domain.heartbeat import USER
from slack_emulator.control import Control
from tests.conftest import Clock
from tests.end_to_end.harness import SECRET
from tests.pipeline.heartbeat_chain import KEY, Chain, chain

JSON = {"type": "json", "secret": SECRET}
SOURCES = {
    "elsewhere": JSON,
    "along": {**JSON, "same_log_as": "syslog"},
    "alerts": {"type": "wazuh4", "secret": SECRET},
}
ORIGINS = {"wazuh": {"sources": "alerts"}}


@pytest.fixture
async def living(tmp_path: Path, clock: Clock) -> AsyncIterator[Chain]:
    """A chain that was never heard."""
    async with (
        local_slack() as sandbox,
        Control(sandbox.url) as control,
        chain(tmp_path, clock, sandbox, control, sources=SOURCES, origins=ORIGINS) as made,
    ):
        await made.work()
        yield made


async def events(chain: Chain) -> list[Event]:
    found, _ = await chain.store.events.find(EventQuery())
    return list(found)


async def asked(chain: Chain, *records: dict[str, Any], source: str = "syslog") -> list[Event]:
    """The events once these records are judged."""
    assert await chain.post(*records, source=source) == 200
    await chain.work()
    return await events(chain)


async def test_a_genuine_one_asks_nobody(living: Chain) -> None:
    assert await asked(living, living.login(living.name())) == []
    assert (await living.store.quarantine.report("C", timedelta(), living.clock())) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (USER, "it is not signed"),
        (f"{USER}-1768478400-0123456789abcdef-{'0' * 64}", "its signature is wrong"),
        (f"{USER}-1768478400-0123456789abcdef-{'0' * 65}", "it is not signed"),
        (f"{USER}-root", "it is not signed"),
        (USER.upper(), "it is not signed"),
    ],
)
async def test_a_name_without_a_right_signature_is_an_event(living: Chain, name: str, reason: str) -> None:
    (event,) = await asked(living, living.login(name))

    assert (event.rule, event.severity) == ("forged_heartbeat", Severity.HIGH)
    assert event.fields["heartbeat"] == reason
    assert name in event.message


async def test_another_key_or_another_source_is_an_event(living: Chain) -> None:
    other_key = living.name(key=SecretStr("the-key-of-somebody-else"))
    (first,) = await asked(living, living.login(other_key))
    assert first.fields["heartbeat"] == "its signature is wrong"

    found = await asked(living, living.login(living.name()), source="elsewhere")
    assert "it is signed for syslog, and came through elsewhere" in [e.fields["heartbeat"] for e in found]


async def test_a_heartbeat_that_is_sent_again_is_an_event(living: Chain) -> None:
    name = living.name()
    assert await asked(living, living.login(name)) == []

    (event,) = await asked(living, living.login(name, host="elsewhere"))

    assert event.fields["heartbeat"] == "its nonce was used before: it is sent again"
    assert event.host_name == "elsewhere"


async def test_two_with_one_nonce_in_one_batch_are_one_heartbeat_and_one_event(living: Chain) -> None:
    name = living.name()
    (event,) = await asked(living, living.login(name), living.login(name, host="elsewhere"))

    assert event.host_name == "elsewhere"


async def test_the_same_request_sent_again_is_no_replay(living: Chain) -> None:
    record = living.login(living.name())
    await asked(living, record)
    living.clock.forward(minutes=1)

    assert await asked(living, record) == []


@pytest.mark.parametrize(
    ("hours", "reason"), [(-2, "it is too old"), (-48, "it is too old"), (1, "it is dated ahead")]
)
async def test_one_of_another_time_is_an_event(living: Chain, hours: int, reason: str) -> None:
    name = living.name(at=living.clock() + timedelta(hours=hours))
    (event,) = await asked(living, living.login(name))

    assert event.fields["heartbeat"].startswith(reason)


async def test_what_was_sent_while_powertrip_was_down_is_late_and_no_event(living: Chain) -> None:
    at = living.clock() + timedelta(hours=1)
    living.clock.forward(hours=5)
    await living.work()

    assert await asked(living, living.login(living.name(at=at))) == []
    # And proves nothing about now.
    assert "nothing arrived" in await living.card()


async def test_a_login_from_elsewhere_under_a_signed_name_is_an_event(living: Chain) -> None:
    record = living.login(living.name())
    record["message"] = record["message"].replace("192.0.2.1 ", "203.0.113.9 ")
    (event,) = await asked(living, record)

    assert event.source_ip == "203.0.113.9"


async def test_a_signed_name_beside_the_user_hides_no_login(living: Chain) -> None:
    message = (
        f"Accepted publickey for root from 203.0.113.9 port 22 ssh2: RSA SHA256:{'k' * 43} "
        f"ID {living.name()} (serial 0) CA ED25519 SHA256:{'c' * 43}"
    )
    (event,) = await asked(living, living.login("root", message=message))

    assert (event.rule, event.user_name) == ("ssh_login", "root")


async def test_strangers_who_type_its_name_make_no_event(living: Chain) -> None:
    lines = [
        f"Failed password for invalid user {USER}-1 from 203.0.113.9 port 22 ssh2",
        f"Invalid user {USER} from 203.0.113.9 port 22",
    ]
    assert await asked(living, *(living.login("x", message=line) for line in lines)) == []


async def test_a_storm_of_forgeries_is_one_event(living: Chain) -> None:
    names = [f"{USER}-1768478400-{number:016x}-{'0' * 64}" for number in range(50)]
    (event,) = await asked(living, *map(living.login, names))

    assert event.occurrences == 50
    assert KEY.get_secret_value() not in event.message


async def test_forgeries_that_no_rule_reads_are_one_event_only_where_they_say_the_same(living: Chain) -> None:
    tail = "from 203.0.113.9 port {} ssh2: RSA key of {}, which no rule reads"
    lines = [
        f"Accepted publickey for {USER}-{number} {tail.format(port, whose)}"
        for number, port, whose in ((1, 1, "carol"), (2, 22, "carol"), (3, 1, "bob"))
    ]
    found = await asked(living, *(living.login("x", message=line, program="other") for line in lines))

    assert sorted((event.occurrences, event.message) for event in found) == [(1, lines[2]), (2, lines[0])]


async def test_a_forgery_is_named_on_the_card_of_a_late_source(living: Chain) -> None:
    await asked(living, living.login(living.name(key=SecretStr("the-key-of-somebody-else"))))
    await living.passes(timedelta(hours=1, minutes=10), timedelta(minutes=10))

    assert "1 record claimed to be it and made an event" in await living.card()
    assert "its signature is wrong" in await living.card()


async def test_what_else_reads_the_log_tells_of_a_heartbeat_and_asks_nobody(living: Chain) -> None:
    record = living.login(living.name())
    alert = {"rule": {"id": "5715"}, "full_log": record["message"], "predecoder": {"program_name": "sshd"}}
    assert await asked(living, record) == []
    for _ in range(2):
        assert await asked(living, {**alert, "id": "1.1"}, source="alerts") == []
        assert await asked(living, {**record, "host": "bastion-1.example"}, source="along") == []

    # Nor does it prove anything: the heartbeat itself has to come.
    await living.passes(timedelta(hours=1), timedelta(minutes=20))
    await asked(living, living.login(living.name()), source="along")
    await living.passes(timedelta(minutes=10), timedelta(minutes=2))
    assert "nothing arrived from syslog" in await living.card()


async def test_a_forgery_that_a_hids_tells_of_is_an_event(living: Chain) -> None:
    message = living.login(living.name(key=SecretStr("the-key-of-somebody-else")))["message"]
    alert = {"rule": {"id": "5715"}, "full_log": message, "predecoder": {"program_name": "sshd"}, "id": "1.1"}
    (event,) = await asked(living, alert, source="alerts")

    assert event.fields["heartbeat"] == "its signature is wrong"
