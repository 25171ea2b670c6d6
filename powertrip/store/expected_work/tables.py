"""The tables of expectations."""

from peewee import CharField, IntegerField

from powertrip.store.fields import MomentField, OutsideTextField
from powertrip.store.tables import Table


class ExpectedWorkRow(Table):
    """Work that somebody announced: what is covered by it is approved without asking."""

    id = CharField(primary_key=True)
    person = OutsideTextField()
    slack_id = CharField(null=True)
    rule = CharField()
    host = CharField()
    network = CharField(null=True)
    key = OutsideTextField(null=True)
    severity = CharField()
    risk = CharField()
    created_at = MomentField()
    created_by = CharField()
    created_name = OutsideTextField()
    starts_at = MomentField()
    until = MomentField()
    max_uses = IntegerField()
    ticket = OutsideTextField(null=True)
    why = OutsideTextField(null=True)
    # After whose approval it was asked for.
    from_event = CharField(null=True)
    # Empty from when it needs to be confirmed no more.
    confirm_by = MomentField(null=True)
    confirmed_at = MomentField(null=True)
    confirmed_by = CharField(null=True)
    confirmed_name = OutsideTextField(null=True)
    # The kinds of proof that they gave, where the configuration demanded any.
    announced_proof = CharField(null=True)
    confirmed_proof = CharField(null=True)
    uses = IntegerField(default=0)
    ended_at = MomentField(null=True)
    ended_by = CharField(null=True)
    ended_why = OutsideTextField(null=True)
    # Of the note in the security channel, which says what becomes of it.
    note_uid = CharField()
    # When its end was summed up, once.
    summed_at = MomentField(null=True)


class TrustDigestRow(Table):
    """The days of which the digest was told."""

    day = CharField(primary_key=True)
    at = MomentField()
