"""The table of what reviewers had done about denied events."""

from peewee import BigAutoField, BigIntegerField, CharField, IntegerField, TextField

from powertrip.store.fields import JsonField, MomentField, OutsideTextField
from powertrip.store.tables import Table


class ContainmentRow(Table):
    """One containment, or the undoing of one."""

    id = BigAutoField()
    key = CharField(unique=True)
    event_id = CharField()
    action = CharField()
    says = TextField()
    target = TextField()
    arguments = JsonField()
    state = CharField()
    dry_run = IntegerField()
    asked_by = CharField()
    asked_name = OutsideTextField()
    asked_at = MomentField()
    agreed_by = CharField(null=True)
    agreed_name = OutsideTextField(null=True)
    agreed_at = MomentField(null=True)
    why_second = TextField(null=True)
    decide_by = MomentField(null=True)
    # How long it lasts, in microseconds from when it is let go.
    lasts = BigIntegerField(null=True)
    ends_at = MomentField(null=True)
    # When the other side was first called: from then on it may have been done.
    called_at = MomentField(null=True)
    done_at = MomentField(null=True)
    said = OutsideTextField(null=True)
    # What was found before the first call, by which it is done once and undone as it was.
    prepared = JsonField(null=True)
    undo_says = TextField(null=True)
    undo = TextField()
    undoes = BigIntegerField(null=True)
    tries = IntegerField()
    # How long the host may take to fetch it, in microseconds; empty where no host does it.
    waits_for = BigIntegerField(null=True)
    host = CharField(null=True)
