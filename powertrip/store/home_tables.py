"""The table of the Home tabs that are open."""

from peewee import BooleanField, CharField

from powertrip.store.fields import MomentField
from powertrip.store.tables import Table


class OpenHomeRow(Table):
    """Whose Home tab was looked at lately, and what it shows; a row lasts an hour from the last look."""

    slack_id = CharField(primary_key=True)
    opened_at = MomentField()
    # Since when its person waits for it; empty once it was drawn.
    asked_at = MomentField(null=True)
    # When it is looked at next; whoever looks moves it on, so that one does.
    due_at = MomentField()
    published_at = MomentField(null=True)
    is_reviewer = BooleanField(default=False)
    stamp = CharField(null=True)
    view_hash = CharField(null=True)
