"""What is marked as a test is one, once; all that only looks like it is judged as anything else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from powertrip.domain.backlog import Backlog
from powertrip.domain.judgement import ToAsk, ToCount, ToTry
from powertrip.domain.sources import RecordVerdict
from powertrip.domain.trial import MOST, Trial, new_token, token_in
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.group_commit import GroupCommitInbox
from tests.conftest import Clock
from tests.samples import NOW, SECURITY, event, record


@pytest.fixture
async def inbox(database_thread: DatabaseThread) -> GroupCommitInbox:
    return GroupCommitInbox(
        database_thread, backlog=lambda: Backlog(99), retry_after=lambda: 30, on_new=lambda: None
    )


def trial(**changes: str) -> Trial:
    fields = {"token": new_token(), "source": "syslog", "user_name": "alice"} | changes
    return Trial(created_at=NOW, **fields)


async def tried(store: Store, inbox: GroupCommitInbox, clock: Clock, token: str) -> ToTry:
    """A record in the inbox that claims to be the test with this token."""
    await inbox.put([record()])
    (claimed,) = await store.inbox.claim(1, clock, timedelta(seconds=30))
    ordinary = ToAsk(record=claimed, event=event(fold_key=claimed.record_id), conversation=SECURITY)
    as_test = replace(ordinary, event=replace(ordinary.event, is_test=True))
    return ToTry(record=claimed, token=token, outcome="taken", as_test=as_test, otherwise=ordinary)


async def test_a_token_is_good_once(store: Store, inbox: GroupCommitInbox, clock: Clock) -> None:
    known = trial()
    assert await store.trials.begin(known)
    first = await tried(store, inbox, clock, known.token)
    await store.judging.apply([first], clock())
    second = await tried(store, inbox, clock, known.token)
    await store.judging.apply([second], clock())

    assert first.as_test
    assert (await store.events.get(first.as_test.event.id)).is_test
    assert not (await store.events.get(second.as_test.event.id if second.as_test else "")).is_test
    found = await store.trials.get(known.token)
    assert found is not None
    assert (found.outcome, found.event_id) == ("taken", first.as_test.event.id)


async def test_a_token_that_nobody_made_or_that_is_old_makes_no_test(
    store: Store, inbox: GroupCommitInbox, clock: Clock
) -> None:
    known = trial()
    await store.trials.begin(known)
    clock.forward(minutes=10)
    for token in (known.token, new_token()):
        assert await store.trials.find([token], clock()) == {}
        item = await tried(store, inbox, clock, token)
        await store.judging.apply([item], clock())
        assert item.as_test
        assert not (await store.events.get(item.as_test.event.id)).is_test


async def test_what_makes_no_event_is_told_to_whoever_sent_it(
    store: Store, inbox: GroupCommitInbox, clock: Clock
) -> None:
    known = trial()
    await store.trials.begin(known)
    item = await tried(store, inbox, clock, known.token)
    counted = ToCount(record=item.record, verdict=RecordVerdict.UNMATCHED, name="syslog")
    await store.judging.apply([replace(item, as_test=None, otherwise=counted, outcome="no rule")], clock())

    found = await store.trials.get(known.token)
    assert found is not None
    assert (found.outcome, found.event_id) == ("no rule", None)


async def test_only_so_many_are_under_way_and_none_is_kept_for_long(store: Store) -> None:
    began = [await store.trials.begin(trial()) for _ in range(MOST + 1)]
    assert began == [True] * MOST + [False]

    later = replace(trial(), created_at=NOW + timedelta(days=1, seconds=1))
    assert await store.trials.begin(later)
    assert await store.trials.get(later.token) is not None
    assert await store.trials.find([], NOW) == {}


@pytest.mark.parametrize("text", ["powertripTest", "powertripTest" + "a" * 29, "PowertripTest" + "a" * 30])
def test_what_is_no_token_is_not_looked_up(text: str) -> None:
    assert token_in(text) is None
    assert token_in(f"SHA256:{new_token()}")
