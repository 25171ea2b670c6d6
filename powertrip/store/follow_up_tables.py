"""The tables of what becomes of an event after a denial."""

from peewee import BigAutoField, CharField, IntegerField, TextField

from powertrip.store.fields import MomentField, OutsideTextField
from powertrip.store.tables import Table


class FollowUpRow(Table):
    """An event that was denied by itself, and who has it."""

    event_id = CharField(primary_key=True)
    # The uid of the delivery that calls the reviewers; empty for a test, which calls nobody.
    alert_uid = CharField(null=True)
    told_at = MomentField(null=True)
    owner_id = CharField(null=True)
    owner_name = OutsideTextField(null=True)
    owned_since = MomentField(null=True)
    # Until then the other reviewers are not mentioned.
    owned_until = MomentField(null=True)


class FollowUpItemRow(Table):
    """One thing of its checklist, as the configuration had it when the event was denied."""

    id = BigAutoField()
    event_id = CharField()
    number = IntegerField()
    text = TextField()
    done_by = CharField(null=True)
    done_at = MomentField(null=True)


class FollowUpNoteRow(Table):
    """What was written about it; see `domain.follow_up.NoteKind`."""

    id = BigAutoField()
    event_id = CharField()
    kind = CharField()
    actor_id = CharField()
    actor_name = OutsideTextField()
    at = MomentField()
    text = OutsideTextField()
