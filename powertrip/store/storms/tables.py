"""The tables of storms."""

from peewee import BigIntegerField, BooleanField, CharField, CompositeKey, IntegerField, TextField

from powertrip.store.fields import JsonField, MomentField, OutsideTextField
from powertrip.store.tables import Table


class StormRow(Table):
    """Many events of one rule and person, or of one address, that are asked about with one card."""

    id = CharField(primary_key=True)
    kind = CharField()
    # Unique among storms that go on: of two processes that open the same, one gets nothing inserted.
    key = CharField()
    rule = CharField()
    title = TextField()
    severity = CharField()
    user_name = OutsideTextField(null=True)
    source_ip = OutsideTextField(null=True)
    network = OutsideTextField()
    failed = BooleanField()
    host_groups = JsonField()
    channel = CharField()
    opened_at = MomentField()
    last_at = MomentField()
    ended_at = MomentField(null=True)
    # In seconds, as the configuration said when it began.
    ends_after = BigIntegerField()
    update_every = BigIntegerField()
    seq = BigIntegerField(default=0)
    # Rises with all that its card shows.
    version = BigIntegerField(default=1)
    reminders = IntegerField(default=0)
    next_reminder_at = MomentField(null=True)


class StormSeenRow(Table):
    """Which events could be of which storm: what is counted to tell that one begins."""

    key = CharField()
    event_id = CharField()
    at = MomentField()

    class Meta:
        """Each event counts once."""

        primary_key = CompositeKey("key", "event_id")


class StormMessageRow(Table):
    """The messages of a storm that Slack took, and what each shows."""

    channel = CharField()
    ts = CharField()
    storm_id = CharField()
    kind = CharField()
    reminder = IntegerField()
    # Zero where Slack's answer was lost and the message was found later.
    shown_version = BigIntegerField()
    shown_at = MomentField()
    removed_at = MomentField(null=True)

    class Meta:
        """A message is one place in a channel."""

        primary_key = CompositeKey("channel", "ts")
