"""The tables by which a rewritten history shows."""

from peewee import BigAutoField, BigIntegerField, BooleanField, CharField, IntegerField, TextField

from powertrip.store.fields import MomentField
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


class AnchoredRow(Table):
    """Which anchor has taken which checkpoint, and what it gave as a proof."""

    id = BigAutoField()
    checkpoint_id = BigIntegerField()
    anchor = CharField()
    at = MomentField()
    proof = TextField(null=True)
