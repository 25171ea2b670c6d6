"""The tables by which a rewritten history shows."""

from peewee import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    CompositeKey,
    IntegerField,
    TextField,
)

from powertrip.store.fields import JsonField, MomentField
from powertrip.store.tables import Table


class AuditHeadRow(Table):
    """Where the history ends: one row, so that lines cut off its end are missed."""

    id = IntegerField(primary_key=True)
    lines = BigIntegerField()
    hash = CharField()


class CheckpointRow(Table):
    """How far the history had come at a moment, as it was told outside."""

    id = BigAutoField()
    at = MomentField()
    lines = BigIntegerField()
    text = TextField()
    # The newest denial that it covers; one is made after each.
    denial = BigIntegerField()
    # False for one that only a denial has made.
    is_regular = BooleanField()
    # Each one more than that before; empty where an earlier release made it.
    number = BigIntegerField(null=True)


class AnchoredRow(Table):
    """Which anchor has taken which checkpoint, and what it gave as a proof."""

    id = BigAutoField()
    checkpoint_id = BigIntegerField()
    anchor = CharField()
    at = MomentField()
    proof = TextField(null=True)


class JudgedBatchRow(Table):
    """Which records got which verdict together, so that a verdict that nobody gave shows."""

    id = BigAutoField()
    at = MomentField()
    verdict = CharField()
    inbox_ids = JsonField()
    mark = CharField(null=True)


class LedgerRow(Table):
    """How many rows with marks were ever kept in a table, and deleted since; of several slots, their sum."""

    name = CharField()
    slot = IntegerField()
    kept = BigIntegerField()
    deleted = BigIntegerField()
    mark = CharField()

    class Meta:
        """Processes that write at once each have a slot, and so none waits."""

        primary_key = CompositeKey("name", "slot")
