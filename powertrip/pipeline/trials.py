"""Knows test logins among records, and makes events of them that say so."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from powertrip.domain.judgement import Judgement, MaybeTest, ToAsk, ToQuarantine, ToTry
from powertrip.domain.trial import MARK, TITLE, Trial, token_in
from powertrip.pipeline.context import Context


async def mark_trials(context: Context, judgements: Sequence[Judgement]) -> list[MaybeTest]:
    """The judgements, with those of test logins as such."""
    tokens = {
        place: token
        for place, item in enumerate(judgements)
        if MARK in item.record.raw or MARK in item.record.message
        if (token := token_in(item.record.raw, item.record.message))
    }
    known = await context.store.trials.find(set(tokens.values()), context.clock()) if tokens else {}
    marked: list[MaybeTest] = list(judgements)
    for place, token in tokens.items():
        trial, item = known.get(token), judgements[place]
        if trial is not None and trial.source == item.record.source:
            marked[place] = _tried(trial, item)
    return marked


def _tried(trial: Trial, item: Judgement) -> MaybeTest:
    if not isinstance(item, ToAsk):
        reason = item.reason if isinstance(item, ToQuarantine) else "no rule makes an event of it"
        return ToTry(record=item.record, token=trial.token, outcome=reason, otherwise=item)
    if item.event.user_name != trial.user_name:
        return item
    event = replace(
        item.event,
        title=f"{TITLE}{item.event.title}",
        is_test=True,
        # Never one with a real login, nor with another test.
        fold_key=hashlib.sha256(trial.token.encode()).hexdigest(),
        next_reminder_at=None,
    )
    as_test = replace(item, event=event, watches=())
    outcome = f"the rule {event.rule} took it"
    return ToTry(record=item.record, token=trial.token, outcome=outcome, as_test=as_test, otherwise=item)
