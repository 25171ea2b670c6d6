"""The table of when the weekly report is due."""

from peewee import CharField, IntegerField

from powertrip.store.fields import MomentField
from powertrip.store.tables import Table


class ReportDueRow(Table):
    """When the next weekly report is due, in the one row."""

    id = IntegerField(primary_key=True)
    # As it was configured: another one is due at another time.
    schedule = CharField()
    due_at = MomentField()
    # Who writes it reads for a while, and one is enough.
    leased_until = MomentField(null=True)
