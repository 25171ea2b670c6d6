"""The tables of what services said of addresses."""

from peewee import CharField, CompositeKey, IntegerField

from powertrip.store.fields import JsonField, MomentField
from powertrip.store.tables import Table


class EnrichmentCacheRow(Table):
    """What services said of addresses and networks, until it expires."""

    key = CharField(primary_key=True)
    value = JsonField()
    fetched_at = MomentField()
    expires_at = MomentField()


class ServiceCallsRow(Table):
    """Calls of a service in a period such as `2026-11`, against its quota."""

    service = CharField()
    period = CharField()
    count = IntegerField()

    class Meta:
        """One count a service and period."""

        primary_key = CompositeKey("service", "period")
