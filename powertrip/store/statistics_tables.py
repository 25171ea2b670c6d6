"""The tables of counts a UTC day, and how far the history was counted."""

from peewee import BigIntegerField, CharField, CompositeKey, IntegerField

from powertrip.store.tables import Table


class EventCountRow(Table):
    """Events by the day they arrived, their rule, and the status that they have now."""

    day = CharField()
    rule = CharField()
    status = CharField()
    count = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("day", "rule", "status")


class WaitCountRow(Table):
    """Events that were decided, by the day they arrived and by how long that took, as `rounded` has it."""

    day = CharField()
    seconds = BigIntegerField()
    count = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("day", "seconds")


class DecisionCountRow(Table):
    """Decisions by the day they were taken and by who took them."""

    day = CharField()
    actor_id = CharField()
    count = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("day", "actor_id")


class CountedRow(Table):
    """The newest line of the history that the counts above tell of, in the one row."""

    id = IntegerField(primary_key=True)
    line = BigIntegerField()
