"""The tables of the heartbeat, and of test logins."""

from peewee import BigIntegerField, CharField, IntegerField

from powertrip.store.fields import JsonField, MomentField, OutsideTextField
from powertrip.store.tables import Table


class HeartbeatRow(Table):
    """The newest heartbeat of each source, and what came since."""

    source = CharField(primary_key=True)
    since = MomentField()
    sent_at = MomentField(null=True)
    received_at = MomentField(null=True)
    judged_at = MomentField(null=True)
    rule = CharField(null=True)
    problem = OutsideTextField(null=True)
    claims = IntegerField(default=0)
    claim = OutsideTextField(null=True)
    real_at = MomentField(null=True)


class HeartbeatTakenRow(Table):
    """Nonces that are used up, each with the record that it came in; both go after a day."""

    nonce = CharField(primary_key=True)
    inbox_id = BigIntegerField()
    at = MomentField()


class TrialRow(Table):
    """Test logins, by the tokens that make them such."""

    token = CharField(primary_key=True)
    source = CharField()
    user_name = OutsideTextField()
    created_at = MomentField()
    outcome = OutsideTextField(null=True)
    event_id = CharField(null=True)


class HeartbeatCardRow(Table):
    """The one card, in the one row, and the process that keeps it."""

    id = IntegerField(primary_key=True)
    owner = CharField(null=True)
    alive_at = MomentField(null=True)
    # When no process was alive to take what was sent.
    down_from = MomentField(null=True)
    down_until = MomentField(null=True)
    channel = CharField(null=True)
    ts = CharField(null=True)
    uid = CharField(null=True)
    attempted_at = MomentField(null=True)
    pinged_at = MomentField(null=True)
    told = JsonField(null=True)
    worker_told_at = MomentField(null=True)
