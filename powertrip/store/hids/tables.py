"""The tables of what origins saw, and of what they are told."""

from enum import StrEnum

from peewee import BigAutoField, BigIntegerField, BooleanField, CharField, IntegerField, TextField

from powertrip.store.fields import JsonField, MomentField, OutsideTextField
from powertrip.store.tables import Table


class SightingState(StrEnum):
    """What became of a second record."""

    WAITING = "waiting"  # nothing else told of it yet
    MATCHED = "matched"  # of one thing with an occurrence that the log pipeline told of
    ALONE = "alone"  # its grace is over; it made, or joined, an event of its own
    JOINED = "joined"  # was alone, until the log pipeline told of it after all
    REPEATED = "repeated"  # the origin told again of what one of the others is about
    LATE = "late"  # the log pipeline's own record, which came after the event was made of an origin's


class SightingRow(Table):
    """Second records of a thing: the HIDS's own, and the log pipeline's that came after an HIDS's."""

    id = BigAutoField()
    origin = CharField()
    source = CharField()
    record_id = OutsideTextField()
    rule = CharField()
    title = TextField()
    event_action = CharField()
    severity = CharField()
    severity_reason = OutsideTextField(null=True)
    user_name = OutsideTextField(null=True)
    host_name = OutsideTextField(null=True)
    source_ip = OutsideTextField(null=True)
    source_port = OutsideTextField(null=True)
    fields = JsonField()
    headline = JsonField(null=True)
    fold_key = OutsideTextField()
    message = OutsideTextField()
    raw = OutsideTextField()
    cut = IntegerField()
    occurred_at = MomentField()
    received_at = MomentField()
    tells = BooleanField()
    due_at = MomentField()
    state = CharField()
    occurrence_id = BigIntegerField(null=True)


class TellingState(StrEnum):
    """Whether an origin took a verdict."""

    WAITING = "waiting"
    TOLD = "told"
    FAILED = "failed"  # refused; it is tried again


class TellingRow(Table):
    """Verdicts that an origin is told, one an alert of its own and decision."""

    id = BigAutoField()
    event_id = CharField()
    origin = CharField()
    # Empty for an origin that is told of all, whether it saw the event or not.
    sighting_id = BigIntegerField(null=True)
    decision_id = BigIntegerField()
    state = CharField()
    at = MomentField()
    error = TextField(null=True)


class ExpectationState(StrEnum):
    """Whether an origin saw a record."""

    WAITING = "waiting"
    SEEN = "seen"
    MISSED = "missed"


class ExpectationRow(Table):
    """Records that an origin should have seen too."""

    id = BigAutoField()
    occurrence_id = BigIntegerField()
    origin = CharField()
    due_at = MomentField()
    state = CharField()
    told_at = MomentField(null=True)
    # The delivery that told of it, which is amended where the origin saw it after all.
    note_uid = CharField(null=True)
