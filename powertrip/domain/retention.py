"""How long what is no longer needed stays."""

from datetime import timedelta

from powertrip.config.section import Section
from powertrip.config.values import Duration


class Retention(Section):
    """How long what is no longer needed stays. Events, decisions and the audit always stay."""

    records: Duration = timedelta(days=30)
    """The records as they came, once they are judged, and what was fetched of what senders left out."""
    deliveries: Duration = timedelta(days=30)
    """What was told to the outside and when, once it is told; what was shown to whom is in the history."""
    people: Duration = timedelta(days=365)
    """What Slack said of people; keep it longer than any setting of `lookups` lets an answer be believed."""
    hosts: Duration = timedelta(days=90)
    """Hosts that were heard; one that is named in `expect` and silent for longer is told of anew."""
