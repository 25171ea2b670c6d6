"""The tables about sources: what came of their records, and who is expected to speak."""

from peewee import BigIntegerField, BooleanField, CharField, CompositeKey

from powertrip.store.fields import MomentField, OutsideTextField
from powertrip.store.tables import Table


class SourceCountRow(Table):
    """Counts an hour of what came from each source and became of it, kept for about a week."""

    source = CharField()
    hour = MomentField()
    verdict = CharField()
    count = BigIntegerField()
    first_at = MomentField()
    newest_at = MomentField()

    class Meta:
        """One count a source, hour and verdict."""

        primary_key = CompositeKey("source", "hour", "verdict")


class UnmatchedRow(Table):
    """Counts a UTC day of records that no rule took, by host and program, each with the newest of them."""

    source = CharField()
    day = CharField()
    host_name = OutsideTextField()
    program = OutsideTextField()
    # All that found no place among the hosts and programs that are counted one by one.
    is_rest = BooleanField()
    count = BigIntegerField()
    newest_at = MomentField()
    message = OutsideTextField()
    reason = OutsideTextField()

    class Meta:
        """One count a source, day, host and program."""

        primary_key = CompositeKey("source", "day", "host_name", "program", "is_rest")


class VoiceRow(Table):
    """When a source was last heard, or a rule, a program or a host of its records that is expected to be.

    The source as a whole has no rule, program or host: they are empty.
    """

    source = CharField()
    rule = CharField()
    program = OutsideTextField()
    host_name = OutsideTextField()
    # When it began to be listened for.
    since = MomentField()
    heard_at = MomentField(null=True)
    silent_told_at = MomentField(null=True)
    told_at = MomentField(null=True)

    class Meta:
        """One row a voice."""

        primary_key = CompositeKey("source", "rule", "program", "host_name")


class StandingNoteRow(Table):
    """Notes to the security channel that stand until another takes them back."""

    about = CharField(primary_key=True)
    since = MomentField()
