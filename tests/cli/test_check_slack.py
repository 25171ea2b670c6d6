"""What `check` says of Slack: who was found, what is wrong, and "not told" where nobody said."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from powertrip.cli.check import CheckResult, check_all
from powertrip.cli.demo.workspace import local_slack
from powertrip.settings import Config
from powertrip.slack.members import ONE_BY_ONE
from powertrip.store.database import open_database
from powertrip.store.migrating import migrate
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.config.test_config import load
from tests.outside import Handler, json_answer, serving

IDENTITY = {"ok": True, "team_id": "T0TEAM", "url": "https://example.slack.com/", "team": "Example"}
SCOPES = {"X-OAuth-Scopes": "chat:write"}


def config(folder: Path, base_url: str, channel: str = "#security", **sections: Any) -> Config:
    tokens = {"bot_token": "xoxb-emulator", "app_token": "xapp-emulator"}
    whole = {
        "slack": {"base_url": base_url, "security_channel": channel, **tokens},
        "database": {"url": f"sqlite:///{folder}/powertrip.db"},
    }
    return load(folder, yaml.safe_dump(whole | sections))


def lines(found: list[CheckResult], *names: str) -> list[str]:
    """The results as `check` prints them, of those with these names."""
    marks = {(True, False): "ok", (True, True): "note", (False, False): "FAIL"}
    return [f"{marks[one.ok, one.doubtful]} {one.name}: {one.detail}" for one in found if one.name in names]


@pytest.fixture
async def emulator() -> AsyncIterator[SlackEmulator]:
    async with local_slack() as started:
        yield started


async def test_reviewers_and_people_are_named_as_slack_knows_them(
    emulator: SlackEmulator, tmp_path: Path
) -> None:
    settings = config(
        tmp_path,
        emulator.api_url,
        reviewers={"users": ["U0BOB"], "group": "S0SECURITY"},
        people={
            "alice": {"slack": "U0ALICE"},
            "bob": {"email": "Bob@example.com"},
            "oswaldo": {"bot": True, "team": "Platform"},
        },
    )

    assert lines(await check_all(settings), "reviewers", "people", "cards") == [
        "ok reviewers: Bob, Carol, Dana, 2 by the user group S0SECURITY",
        "ok people: alice -> Alice, bob -> Bob, oswaldo -> a bot",
        "ok cards: Slack takes the plainest card, the fattest card, the longest list, the modal",
    ]


async def test_nobody_who_does_not_exist_passes_for_somebody(emulator: SlackEmulator, tmp_path: Path) -> None:
    settings = config(
        tmp_path,
        emulator.api_url,
        reviewers={"users": ["U0NOBODY"]},
        people={"alice": {"slack": "U0GHOST"}, "bob": {"email": "bobby@example.com"}},
    )
    reviewer, alice, bob = lines(await check_all(settings), "reviewers", "people")

    assert reviewer.startswith(
        "FAIL reviewers: reviewers.users: Slack knows no member U0NOBODY, so nobody can"
    )
    assert alice.startswith("FAIL people: people.alice.slack: Slack knows no member U0GHOST")
    assert "copy the member id" in alice
    assert bob.startswith("FAIL people: people.bob.email: Slack knows no member bobby@example.com")


@pytest.mark.parametrize(
    ("fields", "standing"),
    [({"deleted": True}, "deactivated"), ({"is_restricted": True}, "guest"), ({"is_bot": True}, "bot")],
)
async def test_whoever_cannot_decide_is_no_reviewer(
    emulator: SlackEmulator, tmp_path: Path, fields: dict[str, Any], standing: str
) -> None:
    async with Control(emulator.url) as control:
        await control.user("U0BOB", **fields)
    settings = config(
        tmp_path, emulator.api_url, reviewers={"users": ["U0BOB"]}, people={"bob": {"slack": "U0BOB"}}
    )
    reviewer, person = lines(await check_all(settings), "reviewers", "people")

    assert reviewer.replace("bob", "Bob") == (
        f"FAIL reviewers: reviewers.users: Bob (U0BOB) is no active full member ({standing}), "
        "and so cannot decide; name another"
    )
    assert f"people.bob.slack: Bob is no active full member ({standing})" in person.replace(": b", ": B")


async def test_every_channel_that_is_told_is_looked_for(emulator: SlackEmulator, tmp_path: Path) -> None:
    also_tell = [{"channel": "#general"}, {"channel": "#nowhere"}, {"when": {"severity": "high"}}]
    general, nowhere = lines(
        await check_all(config(tmp_path, emulator.api_url, also_tell=also_tell)), "also_tell"
    )

    assert general == "ok also_tell: #general (C0GENERAL), and the bot is in it"
    assert nowhere.startswith("FAIL also_tell: also_tell.1.channel: the bot is in no channel #nowhere")


async def test_the_channel_of_reports_is_looked_for_where_they_come(
    emulator: SlackEmulator, tmp_path: Path
) -> None:
    def told(every: str | None) -> Any:
        report = {"to": "#nowhere", "every": every}
        return check_all(config(tmp_path, emulator.api_url, report=report))

    (nowhere,) = lines(await told("monday 09:00"), "report")
    assert nowhere.startswith("FAIL report: report.to: the bot is in no channel #nowhere")
    assert lines(await told(None), "report") == []


async def test_a_group_of_one_cannot_meet_a_policy_of_two(emulator: SlackEmulator, tmp_path: Path) -> None:
    async with Control(emulator.url) as control:
        await control.usergroup("S0SECURITY", users=["U0CAROL"])
    settings = config(
        tmp_path,
        emulator.api_url,
        reviewers={"group": "S0SECURITY"},
        policy=[{"require": "second_person"}],
    )
    _, note = lines(await check_all(settings), "reviewers")

    assert note.startswith(
        "note reviewers: policy.0.require: second_person, but `reviewers` names one person"
    )


def answering(answers: dict[str, Any], calls: list[str], headers: dict[str, str]) -> Handler:
    """A server that speaks Slack's protocol as far as `answers` go; "*" is for all other methods."""

    async def answer(request: httpx.Request) -> httpx.Response:
        method = request.url.path.rpartition("/")[2]
        calls.append(method)
        said = answers.get(method, answers["*"])
        return json_answer(said, headers={"Content-Type": "application/json", **headers})

    return answer


async def checked(
    folder: Path, answers: dict[str, Any], *, headers: dict[str, str] | None = None, **sections: Any
) -> tuple[list[CheckResult], list[str]]:
    """What is found of a server that answers so, and the methods that were asked for it."""
    calls: list[str] = []
    async with serving(answering(answers, calls, SCOPES if headers is None else headers)) as url:
        return await check_all(config(folder, f"{url}api/", **sections)), calls


PEOPLE: dict[str, Any] = {
    "reviewers": {"users": ["U0BOB"], "group": "S0SECURITY"},
    "people": {"alice": {"slack": "U0ALICE"}},
}
OK = {"ok": True}


async def test_a_server_that_says_ok_and_nothing_else_is_a_finding_and_no_traceback(tmp_path: Path) -> None:
    found, _ = await checked(tmp_path, {"*": OK}, **PEOPLE)
    bot, app = lines(found, "bot token", "app token")

    assert bot.startswith("FAIL bot token: Slack's answer to auth.test names no workspace; check the way to")
    assert app.startswith("FAIL app token: Slack's answer to apps.connections.open names no socket")
    assert all("slack.base_url" in line for line in (bot, app))


@pytest.mark.parametrize("odd", [OK, {"ok": True, "user": None}, {"ok": True, "channel": {}, "users": "U"}])
async def test_a_server_that_knows_the_token_alone_vouches_for_nobody(
    tmp_path: Path, odd: dict[str, Any]
) -> None:
    answers = {"auth.test": IDENTITY, "*": odd, "blocks.validate": OK}
    found, _ = await checked(tmp_path, answers, channel="C0SECURITY", **PEOPLE)

    assert [line[:4] for line in lines(found, "security channel", "reviewers", "people")] == ["FAIL"] * 3


async def test_scopes_of_which_the_server_says_nothing_are_not_told(tmp_path: Path) -> None:
    found, _ = await checked(tmp_path, {"auth.test": IDENTITY, "*": OK}, headers={})
    (scopes,) = lines(found, "scopes")

    assert scopes.startswith(
        "note scopes: not told: this server does not say which the token has; needed are"
    )


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (OK, "note cards: not told: this server takes anything"),
        (
            {"ok": False, "error": "unknown_method"},
            "note cards: not told: this server has no method blocks.validate",
        ),
        (
            {
                "ok": False,
                "error": "invalid_blocks",
                "errors": [{"pointer": "/0/text", "code": "failed_constraint", "message": "too long"}],
            },
            "FAIL cards: Slack refuses the plainest card: /0/text: too long; please report this",
        ),
        (
            {"ok": False, "error": "invalid_blocks"},
            "FAIL cards: Slack refuses the plainest card: Slack refused",
        ),
        ({"ok": False, "error": "ratelimited"}, "note cards: not told: Slack's rate limit"),
    ],
)
async def test_cards_are_well_only_where_slack_says_so(
    tmp_path: Path, answer: dict[str, Any], line: str
) -> None:
    found, _ = await checked(tmp_path, {"auth.test": IDENTITY, "*": OK, "blocks.validate": answer})

    assert lines(found, "cards")[0].startswith(line)


async def test_hundreds_of_people_are_found_in_few_calls(tmp_path: Path) -> None:
    users = [
        {
            "id": f"U0{n:04}",
            "team_id": "T0TEAM",
            "real_name": f"P{n}",
            "profile": {"email": f"p{n}@example.com"},
        }
        for n in range(600)
    ]
    people = {
        f"p{n}": {"slack": f"U0{n:04}"} if n % 2 else {"email": f"P{n}@example.com"} for n in range(500)
    }
    answers = {
        "auth.test": IDENTITY,
        "*": OK,
        "users.list": {"ok": True, "members": users},
        "users.info": {"ok": False, "error": "user_not_found"},
    }
    found, calls = await checked(tmp_path, answers, people=people | {"gone": {"slack": "U0GONE"}})
    gone, rest = lines(found, "people")

    assert gone.startswith("FAIL people: people.gone.slack: Slack knows no member U0GONE")
    assert rest.startswith("ok people: p0 -> P0, p1 -> P1, p10 -> P10, ")
    assert rest.endswith(", and 480 more")
    assert (calls.count("users.list"), calls.count("users.info")) == (1, 1)


@pytest.mark.parametrize(
    "odd",
    [
        {"ok": True},
        {"ok": True, "members": {}},
        {"ok": True, "members": ["U"], "response_metadata": "next"},
        {"ok": True, "members": [{"id": 7, "profile": "p"}, {}], "response_metadata": {"next_cursor": None}},
    ],
)
async def test_a_list_of_members_that_cannot_be_read_names_nobody(
    tmp_path: Path, odd: dict[str, Any]
) -> None:
    people = {f"p{n}": {"slack": f"U0{n:04}"} for n in range(ONE_BY_ONE + 1)}
    answers = {"auth.test": IDENTITY, "*": OK, "users.list": odd}
    found, _ = await checked(tmp_path, answers, people=people)

    assert [line[:4] for line in lines(found, "people")] == ["FAIL"]


async def test_people_beyond_what_slack_lets_be_asked_are_not_told(tmp_path: Path) -> None:
    people = {f"p{n}": {"slack": f"U0{n:04}"} for n in range(ONE_BY_ONE + 7)}
    answers = {
        "auth.test": IDENTITY,
        "*": OK,
        "users.list": {"ok": True, "members": []},
        "users.info": {"ok": True, "user": {"id": "U0", "team_id": "T0TEAM", "name": "p"}},
    }
    found, calls = await checked(tmp_path, answers, people=people)

    assert (
        lines(found, "people")[1] == "note people: not told: Slack did not say who 7 of them are; try again"
    )
    assert calls.count("users.info") == ONE_BY_ONE


@pytest.mark.parametrize(("mode", "told"), [(0o600, False), (0o640, True), (0o644, True)])
async def test_others_who_can_read_the_database_are_told_of(tmp_path: Path, mode: int, told: bool) -> None:
    file = tmp_path / "powertrip.db"
    migrate(open_database(f"sqlite:///{file}"))
    for part in ("", "-wal", "-shm"):
        written = tmp_path / f"powertrip.db{part}"
        if written.exists():
            written.chmod(0o600)
    file.chmod(mode)
    found, _ = await checked(tmp_path, {"*": OK})
    notes = [line for line in lines(found, "database") if line.startswith("note")]

    assert (
        notes
        == [f"note database: others on this machine can read powertrip.db; run: chmod 600 {file}"] * told
    )


async def test_a_token_of_a_whole_organisation_is_told_of(tmp_path: Path) -> None:
    identity = IDENTITY | {"is_enterprise_install": True, "enterprise_id": "E0ORG"}
    found, _ = await checked(tmp_path, {"auth.test": identity, "*": OK})
    told = lines(found, "bot token")

    assert told[0] == "ok bot token: Example"
    assert told[1].startswith("note bot token: Example is a whole organisation")
    assert "install the app in that workspace" in told[1]


async def test_who_is_to_answer_for_a_pipeline_is_a_member(emulator: SlackEmulator, tmp_path: Path) -> None:
    deploy = {"secret": "5d0f9b27c1e84a6d93b2", "announces_for": ["oswaldo"]}
    pipelines = {"deploy": deploy | {"owner": "U0NOBODY"}, "backup": deploy | {"owner": "U0CAROL"}}
    settings = config(
        tmp_path,
        emulator.api_url,
        people={"oswaldo": {"bot": True}},
        expectations={"enabled": True, "pipelines": pipelines},
    )
    (told,) = lines(await check_all(settings), "pipelines")
    assert told.startswith(
        "FAIL pipelines: expectations.pipelines.deploy.owner: Slack knows no member U0NOBODY"
    )
