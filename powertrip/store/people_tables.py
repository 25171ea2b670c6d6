"""The table of what Slack said of people."""

from peewee import CharField

from powertrip.store.fields import JsonField, MomentField
from powertrip.store.tables import Table


class PeopleCacheRow(Table):
    """What Slack said of people, for as long as the config allows to believe it."""

    key = CharField(primary_key=True)
    value = JsonField()
    fetched_at = MomentField()
    mark = CharField(null=True)
