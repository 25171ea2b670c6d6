"""How often the reviewers' group is read, and who gets a turn where Slack limits a method."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from powertrip.errors import SlackMisconfigured, SlackUnavailable
from powertrip.slack.group import FRESH, KEPT, ReviewersGroup
from powertrip.slack.limits import SPACING, RateLimits
from tests.conftest import Clock
from tests.samples import ALICE, CAROL

GROUP = "S0SECURITY"


class Answer(dict[str, Any]):
    """What Slack answers, with the status and headers that the SDK looks for."""

    def __init__(self, status: int, headers: dict[str, str], **body: Any) -> None:
        super().__init__(**body)
        self.status_code = status
        self.headers = headers


class Slack:
    """Answers with the members, or limits."""

    def __init__(self) -> None:
        self.calls = 0
        self.members = [CAROL]
        self.is_limited = False
        self.refusal: dict[str, str] = {}

    async def usergroups_users_list(self, *, usergroup: str) -> Answer:
        assert usergroup.startswith("S0")
        self.calls += 1
        if self.is_limited:
            limited = Answer(429, {"Retry-After": "30"}, ok=False, error="ratelimited")
            raise SlackApiError("limited", limited)
        if self.refusal:
            raise SlackApiError("refused", Answer(200, {}, ok=False, **self.refusal))
        return Answer(200, {}, ok=True, users=self.members)


@pytest.fixture
def slack() -> Slack:
    """A Slack that counts."""
    return Slack()


@pytest.fixture
def group(slack: Slack, clock: Clock) -> ReviewersGroup:
    """The group, as that Slack tells it."""
    client: Any = slack
    return ReviewersGroup(client, RateLimits(clock), clock)


async def test_many_who_click_within_a_minute_cost_one_reading(
    slack: Slack, group: ReviewersGroup, clock: Clock
) -> None:
    answers = await asyncio.gather(*(group.members(GROUP) for _ in range(40)))
    assert (set(answers), slack.calls) == ({frozenset({CAROL})}, 1)
    slack.members = [ALICE]
    clock.now += FRESH
    assert await group.members(GROUP) == {ALICE}


async def test_its_last_members_decide_while_slack_limits_but_not_for_ever(
    slack: Slack, group: ReviewersGroup, clock: Clock
) -> None:
    await group.members(GROUP)
    slack.is_limited = True
    clock.now += FRESH
    assert await group.members(GROUP) == {CAROL}
    clock.now += KEPT
    with pytest.raises(SlackUnavailable):
        await group.members(GROUP)


@pytest.mark.parametrize(
    "refusal", [{"error": "no_such_subteam"}, {"error": "missing_scope", "needed": "usergroups:read"}]
)
async def test_a_group_that_is_gone_or_may_not_be_read_has_nobody_in_it(
    slack: Slack, group: ReviewersGroup, refusal: dict[str, str]
) -> None:
    slack.refusal = refusal
    assert await group.members(GROUP) == frozenset()


async def test_a_refused_token_says_nothing_of_the_group(slack: Slack, group: ReviewersGroup) -> None:
    slack.refusal = {"error": "token_revoked"}
    with pytest.raises(SlackMisconfigured):
        await group.members(GROUP)


async def test_another_group_has_members_of_its_own(slack: Slack, group: ReviewersGroup) -> None:
    await group.members(GROUP)
    slack.is_limited = True
    with pytest.raises(SlackUnavailable):
        await group.members("S0OTHERS")


async def test_each_who_comes_while_a_method_is_limited_gets_a_turn_of_their_own(clock: Clock) -> None:
    limits, calls = RateLimits(clock), 0

    async def limited() -> None:
        nonlocal calls
        calls += 1
        raise SlackApiError("limited", Answer(429, {"Retry-After": "10"}, ok=False, error="ratelimited"))

    waits = []
    for _ in range(4):
        with pytest.raises(SlackUnavailable) as refused:
            await limits.call("users.lookupByEmail", limited)
        waits.append(refused.value.retry_after)
    spacing = SPACING.total_seconds()
    assert waits == [10, 10, 10 + spacing, 10 + 2 * spacing]
    assert calls == 1

    async def answered() -> str:
        return "well"

    assert await limits.call("users.info", answered) == "well"
    clock.now += timedelta(seconds=10)
    assert await limits.call("users.lookupByEmail", answered) == "well"


async def test_a_queue_that_was_served_keeps_nobody_waiting_in_the_next(clock: Clock) -> None:
    limits = RateLimits(clock)

    async def limited() -> None:
        raise SlackApiError("limited", Answer(429, {"Retry-After": "10"}, ok=False, error="ratelimited"))

    async def answered() -> str:
        return "well"

    for _ in range(30):
        with pytest.raises(SlackUnavailable):
            await limits.call("users.info", limited)
    clock.now += timedelta(seconds=10)
    await limits.call("users.info", answered)
    waits = []
    for _ in range(2):
        with pytest.raises(SlackUnavailable) as refused:
            await limits.call("users.info", limited)
        waits.append(refused.value.retry_after)
    assert waits == [10, 10]
