"""Slack's published limits, long outages, workspaces that are large or change: each card where it belongs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from powertrip.errors import ConfigError
from powertrip.pipeline import retry, settle
from powertrip.runtime import loops
from powertrip.runtime.app import Running
from powertrip.settings import load_config
from powertrip.slack import limits
from powertrip.store import deliveries
from slack_emulator import BOT_TOKEN, SlackEmulator
from slack_emulator.control import Control, State
from slack_emulator.entities import Channel, User
from tests.end_to_end.evidence import Evidence, assert_promises_kept, until
from tests.end_to_end.harness import ALICES_DM, Sender, login, powertrip_here, settings, write_config

SECURITY = "C0SECURITY"
ALICE, BOB, CAROL = "U0ALICE", "U0BOB", "U0CAROL"

Started = tuple[Running, Sender]


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """The database of the running Powertrip."""
    return Evidence(f"sqlite:///{tmp_path}/powertrip.db")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits seconds or minutes waits some thirtieth of that."""
    monkeypatch.setattr(retry, "DELIVERY_FIRST", timedelta(milliseconds=30))
    monkeypatch.setattr(retry, "DELIVERY_LONGEST", timedelta(milliseconds=200))
    monkeypatch.setattr(loops, "TICK", timedelta(milliseconds=50))
    monkeypatch.setattr(loops, "WORKSPACE_TICK", timedelta(milliseconds=200))
    monkeypatch.setattr(deliveries, "SETTLE_FIRST", timedelta(milliseconds=300))
    monkeypatch.setattr(deliveries, "SETTLE_CHANGE_FIRST", timedelta(milliseconds=300))
    monkeypatch.setattr(settle, "TWINS_UNTIL", timedelta(seconds=4))
    monkeypatch.setattr(settle, "CHANGES_UNTIL", timedelta(seconds=2))


def hasten(sandbox: SlackEmulator, times: float) -> None:
    """Let the clock of the local Slack's rate limits run so many times faster than others."""
    real = sandbox.rates._clock
    sandbox.rates._clock = lambda: real() * times


@pytest.fixture
def strict(sandbox: SlackEmulator) -> None:
    """The local Slack keeps its published limits; a minute of them passes in ten seconds."""
    sandbox.rates.strict = True
    hasten(sandbox, 6.0)


CROWD, A_MINUTE = 80, 50
"""Of so many people so many can be looked up in a minute."""
CROWD_IN_CONFIG = {f"user{n}": {"email": f"user{n}@example.com"} for n in range(CROWD)}


def limited(state: State) -> int:
    """How often Slack was asked for more people than it names in a minute."""
    return sum(call["status"] == 429 for call in state.calls("users.lookupByEmail"))


@pytest.mark.parametrize("changes", [{"people": CROWD_IN_CONFIG}])
async def test_eighty_people_known_by_email_alone_are_each_asked_in_person(
    sandbox: SlackEmulator,
    sender: Sender,
    control: Control,
    evidence: Evidence,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "SPACING", timedelta(milliseconds=50))
    for n in range(CROWD):
        user = User(f"U0USER{n}", f"user{n}", f"User {n}", f"user{n}@example.com")
        sandbox.world.users[user.id] = user
    seconds = 0.0
    sandbox.rates.strict = True
    sandbox.rates._clock = lambda: seconds
    await sender.post(*(login(f"user{n}", id=str(n)) for n in range(CROWD)))
    await control.wait_for(lambda s: len(s.messages()) == A_MINUTE and limited(s), 60)
    # Nobody else waits for them: neither in their direct messages nor in the channel.
    await sender.post(login("stranger", id="stranger"))
    await control.message_in(SECURITY)
    # The wait that Slack wants of one is kept by all.
    assert limited(await control.state()) <= 16
    seconds = 120.0
    state = await control.wait_for(lambda s: len(s.messages()) == CROWD + 1, 60)
    assert len({message.channel for message in state.messages() if message.channel[0] == "D"}) == CROWD
    await evidence.until_idle(60)
    await assert_promises_kept(evidence, control, {str(n) for n in range(CROWD)})


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("changes", [{"lookups": {"keep": "1ms", "timeout": "200ms"}}])
async def test_an_outage_with_nobody_known_moves_no_question(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await control.fault("*", "drop_before", count=10**9)
    await sender.post(login("alice", id="1"), login("bob", id="2"), login("stranger", id="3"))
    attempts = "SELECT min(attempts) FROM delivery WHERE kind = 'first'"
    # Far more attempts than two minutes hold at their true pace.
    await until(lambda: (evidence.column(attempts)[0] or 0) >= 12, "twelve attempts each")
    assert evidence.column("SELECT channel FROM delivery WHERE kind = 'first' ORDER BY channel")[0] == "@bob"
    await control.clear_faults()
    state = await control.wait_for(lambda s: len(s.messages()) == 3, 20)
    asked = {m.channel for m in state.messages()}
    assert asked == {ALICES_DM, "D0BOB", SECURITY}
    assert not any(m.shows("has not said") or m.shows("could not be") for m in state.messages())
    await evidence.until_idle()
    await assert_promises_kept(evidence, control, {"1", "2", "3"})


@pytest.mark.usefixtures("strict")
async def test_forty_approvals_in_four_seconds_read_the_group_of_the_reviewers_once(
    sandbox: SlackEmulator, sender: Sender, control: Control, evidence: Evidence
) -> None:
    sandbox.rates.strict = False
    users = [f"stranger{n}" for n in range(20)]
    await sender.post(*(login(user, id=user) for user in users))
    await sender.post(*(login("alice", address=f"192.0.2.{n}", id=f"alice{n}") for n in range(20)))
    state = await control.wait_for(lambda s: len([m for m in s.messages() if m.buttons]) == 40, 30)
    sandbox.rates.strict = True
    for card in state.messages():
        who = CAROL if card.channel == SECURITY else ALICE
        assert (await control.press(who, card.channel, card.ts, action_id="approve")).acked
    decided = "SELECT count(*) FROM event WHERE status = 'approved'"
    await until(lambda: evidence.number(decided) == 40, "forty approved", 30)
    assert (await control.state()).count("usergroups.users.list") == 1


@pytest.mark.parametrize("changes", [{"reviewers": {"group": "S0SECURITY"}}])
async def test_ones_own_event_is_decided_without_the_group(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await control.fault("usergroups.users.list", "ratelimited", count=99, retry_after=60)
    await sender.post(login("alice", id="1"))
    card = await control.message_in(ALICES_DM)
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await until(lambda: evidence.statuses() == ["approved"], "approved")
    assert (await control.state()).count("usergroups.users.list") == 0


@pytest.mark.parametrize("short_pages", [False, True])
async def test_the_security_channel_is_found_among_twenty_thousand(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, *, short_pages: bool
) -> None:
    world = sandbox.world
    security = world.channels.pop(SECURITY)
    for n in range(20_000):
        world.channels[f"C{n:08}"] = Channel(f"C{n:08}", f"team-{n}", [ALICE])
    for n in range(300 if short_pages else 20):
        world.channels[f"C{n:08}"].members.append(world.app.bot_user)
    world.channels[SECURITY] = security
    sandbox.rates.strict = True
    hasten(sandbox, 200.0)
    await control.short_pages(on=short_pages)
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path))
    async with powertrip_here(path) as (_, sender):
        await sender.post(login("stranger", id="1"))
        await control.message_in(SECURITY, timeout=20)
    assert (await control.state()).count("conversations.list") == 0


@pytest.mark.usefixtures("quick")
async def test_a_card_in_direct_messages_with_another_id_is_kept_true(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await sender.post(login("alice", id="1"))
    await control.message_in(ALICES_DM)
    await evidence.until_idle()
    new = await control.renew_direct_messages(ALICE)
    assert new != ALICES_DM
    card = (await control.state()).messages(new)[0]
    await control.press(ALICE, new, card.ts, action_id="approve")
    await control.wait_for(lambda s: not s.messages(new)[0].buttons)
    await sender.post(login("alice", address="192.0.2.99", id="2"))
    await control.message_in(new, lambda m: m.shows("192.0.2.99"))
    await evidence.until_idle()
    await assert_promises_kept(evidence, control, {"1", "2"})
    assert not (await control.state()).messages(SECURITY)


@pytest.mark.parametrize("status", [400, 404, 410, 500])
async def test_an_answer_that_its_address_refuses_is_given_another_way(
    sender: Sender, control: Control, status: int
) -> None:
    await sender.post(login("alice", id="1"), login("stranger", id="2"))
    await control.wait_for(lambda s: len(s.messages()) == 2)
    await control.fault("response_url", "http_error", count=2, status=status)
    card = (await control.state()).messages(SECURITY)[0]
    await control.press(CAROL, SECURITY, card.ts, action_id="approve")
    await control.ephemeral_to(CAROL, lambda m: m.shows("pproved"))
    await control.slash(ALICE, ALICES_DM, "whoami")
    await control.wait_for(lambda s: any(m.shows("member") for m in s.messages(ephemeral=True)))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("error", ["edit_window_closed", "cant_update_message"])
async def test_what_became_of_a_card_that_cannot_be_changed_is_said_in_a_new_message(
    sender: Sender, control: Control, evidence: Evidence, error: str
) -> None:
    await sender.post(login("alice", id="1"))
    card = await control.message_in(ALICES_DM)
    await control.fault("chat.update", "error", count=99, error=error)
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    said = await control.message_in(ALICES_DM, lambda m: m.shows("Approved") and not m.buttons)
    assert said.ts != card.ts
    await evidence.until_idle()
    assert (await control.state()).count("chat.update") == 1
    assert len((await control.state()).messages()) == 2


@pytest.mark.usefixtures("quick")
async def test_a_card_in_an_archived_channel_is_given_up(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await sender.post(login("stranger", id="1"))
    card = await control.message_in(SECURITY)
    await evidence.until_idle()
    await control.channel(SECURITY, is_archived=True)
    await control.slash(CAROL, "D0CAROL", f"approve {card.buttons[0]['value']}")
    await until(lambda: evidence.statuses() == ["approved"], "it is approved")
    await evidence.until_idle()
    assert (await control.state()).count("chat.update") == 1


@pytest.mark.usefixtures("quick")
async def test_a_channel_that_is_shared_later_gets_no_post_until_it_is_not(
    running: Started, control: Control, evidence: Evidence
) -> None:
    _, sender = running
    await control.channel(SECURITY, is_ext_shared=True)
    await until(
        lambda: evidence.column("SELECT key FROM trouble") == [f"channel {SECURITY}"], "it is noticed"
    )
    await sender.post(login("stranger", id="1"), login("alice", id="2"))
    await control.message_in(ALICES_DM)
    status, body = await sender.get("/readyz")
    assert (status, "shared with another organisation" in body) == (503, True)
    assert not (await control.state()).messages(SECURITY)
    await control.channel(SECURITY, is_ext_shared=False)
    await control.message_in(SECURITY, lambda m: m.shows("stranger"))
    await until(lambda: (evidence.column("SELECT key FROM trouble")) == [], "it is over")
    assert (await sender.get("/readyz"))[0] == 200
    await evidence.until_idle()
    await assert_promises_kept(evidence, control, {"1", "2"})


@pytest.mark.usefixtures("quick")
async def test_a_shared_channel_that_a_reload_puts_aside_is_no_trouble_any_more(
    sandbox: SlackEmulator, running: Started, control: Control, tmp_path: Path, evidence: Evidence
) -> None:
    application, sender = running
    await control.channel(SECURITY, is_ext_shared=True)
    await control.channel("C0NEW", name="new-security", members=[CAROL, "U0POWERTRIP"])
    await until(lambda: evidence.column("SELECT key FROM trouble"), "it is noticed")
    await sender.post(login("stranger", id="1"))
    whole = settings(sandbox, tmp_path, slack={"security_channel": "C0NEW"})
    await application.reload(load_config(write_config(tmp_path / "config.yaml", whole), {}))
    await control.message_in("C0NEW", lambda m: m.shows("stranger"))
    await until(lambda: evidence.column("SELECT key FROM trouble") == [], "it is over")
    assert not (await control.state()).messages(SECURITY)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("delay", [0.4, 0.8, 1.5, 2.5])
async def test_a_post_that_slack_takes_late_ends_as_one_live_card(
    sender: Sender, control: Control, evidence: Evidence, delay: float
) -> None:
    await control.fault("chat.postMessage", "taken_late", delay=delay)
    await control.lag_reads(0.2)
    await sender.post(login("alice", id="1"))
    await control.wait_for(lambda s: s.messages(ALICES_DM))
    settled = "SELECT count(*) FROM delivery WHERE state = 'waiting'"
    await until(lambda: evidence.number(settled) == 0, "all is settled", 30)
    cards = (await control.state()).messages(ALICES_DM)
    assert [bool(card.buttons) for card in cards] == [True]
    assert evidence.column("SELECT ts FROM notice") == [cards[0].ts]
    await control.press(ALICE, ALICES_DM, cards[0].ts, action_id="approve")
    await control.wait_for(lambda s: not s.message(cards[0]).buttons)


@pytest.mark.usefixtures("quick")
async def test_an_update_that_slack_takes_late_does_not_stay_on_the_card(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await sender.post(login("alice", id="1"))
    card = await control.message_in(ALICES_DM)
    await evidence.until_idle()
    await control.fault("chat.update", "taken_late", delay=1.0)
    await sender.post(login("alice", id="2"))
    await control.wait_for(lambda s: s.count("chat.update") >= 2 and s.message(card).shows("twice"))
    again = (await control.state()).message(card)
    await control.press(ALICE, ALICES_DM, again.ts, action_id="approve")
    settled = "SELECT count(*) FROM delivery WHERE state = 'waiting'"
    await until(lambda: evidence.number(settled) == 0, "all is settled", 30)
    assert not (await control.state()).message(card).buttons


@pytest.mark.usefixtures("quick")
async def test_a_lost_message_is_found_where_slack_keeps_no_metadata(
    sandbox: SlackEmulator, sender: Sender, control: Control, evidence: Evidence
) -> None:
    await control.fault("chat.postMessage", "timeout_after_taken")
    post = sandbox.world.post

    def without(*args: Any, **kwargs: Any) -> Any:
        return post(*args, **kwargs | {"metadata": None})

    sandbox.world.post = without  # type: ignore[method-assign]
    await sender.post(login("alice", id="1"))
    await until(lambda: evidence.column("SELECT channel FROM notice") == [ALICES_DM], "it is known")
    assert (await control.state()).count("chat.postMessage") == 1


TOKEN_ERRORS = ["invalid_auth", "token_revoked", "token_expired", "account_inactive"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("error", TOKEN_ERRORS)
async def test_a_token_that_dies_is_the_operators_to_mend_and_moves_nobodys_question(
    running: Started, control: Control, evidence: Evidence, error: str
) -> None:
    _, sender = running
    await control.token(BOT_TOKEN, error)
    await sender.post(login("alice", id="1"), login("bob", id="2"))
    await until(lambda: evidence.column("SELECT key FROM trouble") == ["token"], "it is noticed")
    status, body = await sender.get("/readyz")
    assert (status, error in body) == (503, True)
    attempts = "SELECT min(attempts) FROM delivery WHERE kind = 'first'"
    await until(lambda: evidence.number(attempts) >= 3, "three attempts each")
    await control.token(BOT_TOKEN, "")
    state = await control.wait_for(lambda s: len(s.messages()) == 2, 20)
    assert {m.channel for m in state.messages()} == {ALICES_DM, "D0BOB"}
    await until(lambda: evidence.column("SELECT key FROM trouble") == [], "it is over")
    assert (await sender.get("/readyz"))[0] == 200


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("changes", [{"backup": {"after": "1s"}}])
async def test_the_backup_channel_hears_of_a_dead_token_and_that_it_was_mended(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, changes: dict[str, Any]
) -> None:
    async with backup_channel() as (url, told):
        changes["backup"]["channels"] = {"pager": {"url": url}}
        path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, **changes))
        async with powertrip_here(path):
            await control.connected()
            await control.token(BOT_TOKEN, "token_revoked")
            await until(lambda: told, "it is told")
            assert "token_revoked" in told[0]["message"]
            await control.token(BOT_TOKEN, "")
            await until(lambda: len(told) == 2, "it is told")
    assert [message["title"].split(":")[1].strip() for message in told] == [
        "Slack refuses Powertrip's token, so nothing is asked there",
        "Mended",
    ]


@asynccontextmanager
async def backup_channel() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """What Apprise's `json://` posts to: its address, and what it was told."""
    told: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        told.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/page", take)
    async with TestServer(app) as server:
        yield f"json://127.0.0.1:{server.port}/page", told


START_FAULTS: list[tuple[str, str, dict[str, Any]]] = [
    *(("auth.test", "http_error", {"status": status}) for status in (403, 404, 407, 503)),
    *(("auth.test", "error", {"error": code}) for code in ("team_added_to_org", "rate_limited")),
    *(("auth.test", "error", {"error": code}) for code in ("invalid_auth", "token_revoked")),
    ("apps.connections.open", "http_error", {"status": 403}),
    ("apps.connections.open", "error", {"error": "invalid_auth"}),
    ("conversations.info", "error", {"error": "missing_scope"}),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("method", "kind", "about"), START_FAULTS)
async def test_a_start_that_slack_refuses_serves_the_endpoint_where_it_was_taken_before(
    sandbox: SlackEmulator,
    control: Control,
    tmp_path: Path,
    method: str,
    kind: Any,
    about: dict[str, Any],
) -> None:
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path))
    async with powertrip_here(path):
        await control.connected()
    await control.fault(method, kind, count=2, **about)
    async with powertrip_here(path) as (_, sender):
        await sender.post(login("alice", id="1"))
        await control.message_in(ALICES_DM, timeout=20)
        await control.connected(timeout=20)


@pytest.mark.parametrize(
    ("method", "setting"), [("auth.test", "slack.bot_token"), ("apps.connections.open", "slack.app_token")]
)
async def test_a_token_that_slack_never_took_ends_the_start_with_what_to_do(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, method: str, setting: str
) -> None:
    await control.fault(method, "error", count=6, error="invalid_auth")
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path))
    with pytest.raises(ConfigError, match=setting):
        async with powertrip_here(path):
            pass


async def test_a_proxy_in_the_way_at_the_first_start_is_waited_out(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("powertrip.slack.workspace.RETRY", 0.05)
    for status in (403, 404, 407):
        await control.fault("auth.test", "http_error", status=status)
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path))
    async with powertrip_here(path):
        await control.connected()


async def test_too_many_sockets_are_named_and_waited_for(
    sandbox: SlackEmulator, running: Started, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.rates.strict = False
    monkeypatch.setattr("slack_emulator.socket_mode.MOST_CONNECTIONS", 0)
    before = (await control.state()).count("apps.connections.open")
    await control.disconnect("too_many_websockets")
    _, sender = running
    await control.wait_for(lambda s: s.count("apps.connections.open") >= before + 2)
    status, body = await sender.get("/readyz")
    assert (status, "too_many_websockets" in body) == (503, True)
    # After one second, then two: not at once, as the SDK would.
    assert (await control.state()).count("apps.connections.open") <= before + 3
    monkeypatch.setattr("slack_emulator.socket_mode.MOST_CONNECTIONS", 10)
    await control.connected(timeout=20)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "changes", [{"reviewers": {"users": [CAROL], "group": None}, "lookups": {"keep": "1ms"}}]
)
async def test_people_of_a_workspace_that_joined_an_organisation_are_still_themselves(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await sender.post(login("alice", address="192.0.2.1", id="1"))
    await control.message_in(ALICES_DM)
    await control.join_enterprise("E0ORG")
    await sender.post(login("alice", address="192.0.2.2", id="2"), login("stranger", id="3"))
    state = await control.wait_for(lambda s: len(s.messages()) == 3)
    card = next(m for m in state.messages() if m.shows("192.0.2.2"))
    assert card.channel.startswith("D")
    await control.press("W0ALICE", card.channel, card.ts, action_id="approve")
    for_reviewers = state.messages(SECURITY)[0]
    await control.press("W0CAROL", SECURITY, for_reviewers.ts, action_id="approve")
    decided = "SELECT count(*) FROM event WHERE status = 'approved'"
    await until(lambda: evidence.number(decided) == 2, "both are approved")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("changes", [{"reviewers": {"users": [CAROL], "group": None}}])
async def test_events_opened_before_a_workspace_joined_an_organisation_are_still_their_persons(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    addresses = [f"192.0.2.{n}" for n in range(3)]
    await sender.post(*(login("alice", address=address, id=address) for address in addresses))
    await control.wait_for(lambda s: len(s.messages(ALICES_DM)) == 3)
    await evidence.until_idle()
    await control.join_enterprise("E0ORG")
    by_button, by_command, _ = (m for m in (await control.state()).messages() if m.buttons)
    bobs = await control.renew_direct_messages("W0BOB")
    await control.slash("W0BOB", bobs, f"approve {by_button.buttons[0]['value']}")
    await control.ephemeral_to("W0BOB", lambda m: m.shows("Only the person this event is about"))
    await control.press("W0ALICE", by_button.channel, by_button.ts, action_id="approve")
    await control.slash("W0ALICE", by_button.channel, f"approve {by_command.buttons[0]['value']}")
    decided = "SELECT count(*) FROM event WHERE status = 'approved'"
    await until(lambda: evidence.number(decided) == 2, "both are approved")
    assert set(evidence.column("SELECT actor_id FROM decision")) == {"W0ALICE"}
    # What nobody has touched is hers in lists, too.
    subjects = "SELECT count(*) FROM event WHERE subject_slack_id = 'W0ALICE'"
    await until(lambda: evidence.number(subjects) == 3, "all are hers")
    for words, shown in (("pending me", "for you: 1"), ("history", "3 events"), ("whoami", "alice")):
        await control.slash("W0ALICE", by_button.channel, words)
        await control.ephemeral_to("W0ALICE", lambda m, shown=shown: m.shows(shown))  # type: ignore[misc]
    for whose in ("@alice", "<@W0ALICE|alice>"):
        await control.slash("W0CAROL", SECURITY, f"history {whose}")
    await control.wait_for(lambda s: sum(m.shows("3 events") for m in s.ephemerals("W0CAROL")) == 2)
    await evidence.until_idle()
    await assert_promises_kept(evidence, control, set(addresses))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "changes",
    [
        {
            "reviewers": {"users": [CAROL, BOB], "group": None},
            "policy": [{"when": {"user": "alice"}, "require": "second_person"}],
        }
    ],
)
async def test_one_person_is_no_second_person_under_the_id_that_an_organisation_gave_them(
    sender: Sender, control: Control, evidence: Evidence
) -> None:
    await sender.post(login("alice", id="1"))
    card = await control.message_in(ALICES_DM)
    await control.press(ALICE, ALICES_DM, card.ts, action_id="approve")
    await until(lambda: evidence.statuses() == ["half_approved"], "it is half approved")
    await evidence.until_idle()
    await control.join_enterprise("E0ORG")
    reference = card.buttons[0]["value"]
    alices, bobs = [await control.renew_direct_messages(who) for who in ("W0ALICE", "W0BOB")]
    # Neither while Slack does not say whether it is the same person, nor after.
    await control.fault("users.info", "http_error", status=503)
    await control.slash("W0ALICE", alices, f"approve {reference}")
    await control.ephemeral_to("W0ALICE", lambda m: m.shows("cannot do this right now"))
    await control.slash("W0ALICE", alices, f"approve {reference}")
    await control.ephemeral_to("W0ALICE", lambda m: m.shows("It takes a second person"))
    assert evidence.statuses() == ["half_approved"]
    await control.slash("W0BOB", bobs, f"approve {reference}")
    await until(lambda: evidence.statuses() == ["approved"], "it is approved")
