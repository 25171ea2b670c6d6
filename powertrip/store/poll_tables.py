"""The tables of polls, and of what senders left out and is fetched later."""

from peewee import BigAutoField, CharField, IntegerField

from powertrip.store.fields import JsonField, MomentField, OutsideTextField
from powertrip.store.tables import Table


class PollRow(Table):
    """Where a poll goes on, whose it is, and how it fares."""

    name = CharField(primary_key=True)
    since = MomentField()
    cursor = JsonField(null=True)
    next_at = MomentField()
    owner = CharField(null=True)
    leased_until = MomentField(null=True)
    failures = IntegerField(default=0)
    failing_since = MomentField(null=True)
    failing_told_at = MomentField(null=True)
    error = OutsideTextField(null=True)
    succeeded_at = MomentField(null=True)
    behind_count = IntegerField(default=0)
    behind_from = MomentField(null=True)
    behind_to = MomentField(null=True)
    mark = CharField(null=True)


class GapRow(Table):
    """What a sender left out, how far it is fetched, and when it is tried again."""

    id = BigAutoField()
    source = CharField()
    min_id = CharField()
    max_id = CharField()
    query = OutsideTextField(null=True)
    cursor = JsonField()
    due_at = MomentField()
    attempts = IntegerField(default=0)
    told_at = MomentField(null=True)
    done_at = MomentField(null=True)
