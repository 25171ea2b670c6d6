"""The tables as they are now; how they came to be is in `migrations/`."""

import re
from enum import StrEnum

from peewee import SQL, BigAutoField, BigIntegerField, BooleanField, CharField, IntegerField, Model, TextField

from powertrip.store.database_in_use import database
from powertrip.store.fields import BytesField, JsonField, MomentField, OutsideTextField


def name_of_table(model: type[Model]) -> str:
    return re.sub("(?<!^)(?=[A-Z])", "_", model.__name__.removesuffix("Row")).lower()


class Table(Model):
    """Base of all tables; the rows of `people_cache` are `PeopleCacheRow`s."""

    class Meta:
        """Peewee's own settings, which all tables share."""

        database = database
        table_function = name_of_table


class InboxRow(Table):
    """Records accepted; `judged_at` is empty until a rule has spoken."""

    id = BigAutoField()
    source = CharField()
    # Unique with its source, so that what is sent twice is kept once.
    record_id = OutsideTextField()
    received_at = MomentField()
    occurred_at = MomentField(null=True)
    host_name = OutsideTextField(null=True)
    program = OutsideTextField(null=True)
    message = OutsideTextField()
    raw = OutsideTextField()
    cut = IntegerField()
    facility = OutsideTextField(null=True)
    trusted = JsonField(null=True)
    # Empty for records from before there were hashes.
    content = TextField(default="")
    flaw = TextField(null=True)
    leased_until = MomentField(null=True)
    attempts = IntegerField(default=0)
    judged_at = MomentField(null=True)
    # See `turns`; of no meaning once it is judged.
    turn = BigIntegerField(default=0)
    unmatched = BooleanField(default=False)
    rejudged_at = MomentField(null=True)
    # What a rule said of it; empty for what an earlier release judged.
    verdict = CharField(null=True)
    # See `history.marks`.
    mark = CharField(null=True)


class EventRow(Table):
    """Security events under review and decided."""

    id = CharField(primary_key=True)
    rule = CharField()
    title = TextField()
    event_action = CharField()
    severity = CharField()
    source = CharField()
    occurred_at = MomentField()
    received_at = MomentField()
    last_occurred_at = MomentField()
    user_name = OutsideTextField(null=True)
    host_name = OutsideTextField(null=True)
    source_ip = OutsideTextField(null=True)
    fields = JsonField()
    headline = JsonField(null=True)
    message = OutsideTextField()
    cut = IntegerField()
    subject_kind = CharField()
    subject_slack_id = CharField(null=True)
    subject_name = OutsideTextField(null=True)
    subject_team = TextField(null=True)
    status = CharField()
    revision = IntegerField()
    occurrences = IntegerField()
    requires_reason = BooleanField()
    requires_second_person = BooleanField()
    requires_proof = CharField(default="")
    session_number = CharField(null=True)
    # Unique among pending events: of two processes that open the same, one gets nothing inserted.
    fold_key = OutsideTextField()
    reminders = IntegerField()
    next_reminder_at = MomentField(null=True)
    decided_at = MomentField(null=True)
    facts = JsonField(null=True)
    past = JsonField(null=True)
    severity_reason = OutsideTextField(null=True)
    # How many questions its person got, where that is why the security channel was asked.
    diverted = TextField(null=True)
    risk_steps = IntegerField(default=0)
    copied_to = JsonField(null=True)
    # Numbers of 32 bits without a sign, which PostgreSQL's INTEGER cannot hold.
    as_number = BigIntegerField(null=True)
    country_code = CharField(null=True)
    facts_due_at = MomentField(null=True)
    facts_tries = IntegerField(default=0)
    is_test = BooleanField(default=False)
    # What records that joined say otherwise than the first, by field.
    varied = JsonField(null=True)
    # The highest revision that an answer to a command has shown; notices know theirs.
    answered_revision = IntegerField(default=0)
    # Rises with everything that a card shows, where the revision rises with occurrences only.
    version = IntegerField(default=1)
    # The storm that it is part of, or does not fit into for the reason in `storm_apart`.
    storm_id = CharField(null=True)
    # Its number there, which rises when a record joins: what a decision in bulk covers ends at a number.
    storm_seq = BigIntegerField(null=True)
    storm_apart = OutsideTextField(null=True)
    expected_by = CharField(null=True)
    # Who was not sure, in the order they said so.
    doubts = JsonField(null=True)


class OccurrenceRow(Table):
    """The records of an event, verbatim: the evidence."""

    id = BigAutoField()
    event_id = CharField()
    source = CharField()
    record_id = OutsideTextField()
    message = OutsideTextField()
    raw = OutsideTextField()
    occurred_at = MomentField()
    received_at = MomentField()
    revision = IntegerField()
    cut = IntegerField()
    event_action = CharField(null=True)
    user_name = OutsideTextField(null=True)
    host_name = OutsideTextField(null=True)
    source_ip = OutsideTextField(null=True)
    source_port = OutsideTextField(null=True)
    # The fields that differ from the event's first record; null for those that the first alone has.
    differs = JsonField(null=True)


class DecisionRow(Table):
    """Who decided what, when, how, why and having seen which revision."""

    id = BigAutoField()
    event_id = CharField()
    verdict = CharField()
    actor_id = CharField()
    actor_name = OutsideTextField()
    at = MomentField()
    via = CharField()
    revision = IntegerField()
    reason = OutsideTextField(null=True)
    # The same for all that one decision on a storm covered.
    batch_id = CharField(null=True)
    # The expectation that approved it. An earlier release takes it for a command of whoever announced that.
    expectation_id = CharField(null=True)
    actor_kind = CharField()
    agent_name = OutsideTextField(null=True)
    agent_running = BooleanField(null=True)
    proof = CharField(null=True)


class NoticeRow(Table):
    """Slack messages about events; a list of several events is one row an event with the same ts."""

    id = BigAutoField()
    event_id = CharField()
    kind = CharField()
    channel = CharField()
    ts = CharField()
    reminder = IntegerField()
    posted_at = MomentField()
    # Zero where Slack's answer was lost and the message was found later: nobody knows what it shows.
    shown_revision = IntegerField()
    shown_version = IntegerField()
    removed_at = MomentField(null=True)
    # The digest of what it shows; empty where nobody knows, and for what an earlier release wrote.
    shown_digest = CharField(null=True)
    redrawn_at = MomentField(null=True)


class DeliveryState(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"  # of no use any more
    FAILED = "failed"  # its row cannot be read


class DeliveryRow(Table):
    """The outbox: what is still to be told to the outside, and what became of it."""

    id = BigAutoField()
    # In the message's metadata, by which it is found.
    uid = CharField(unique=True)
    kind = CharField()
    lane = CharField()
    priority = IntegerField()
    # Within the priority the lowest goes first; see `domain.delivery.RANK`.
    rank = IntegerField(default=2)
    # Where it is about one event only, so that what is known later of the event finds it.
    event_id = CharField(null=True)
    channel = CharField()
    ts = CharField(null=True)
    event_ids = JsonField()
    payload = JsonField(null=True)
    due_at = MomentField()
    leased_until = MomentField(null=True)
    attempts = IntegerField(default=0)
    # Set while a message may exist, so that the next attempt looks for it before it posts.
    attempted_at = MomentField(null=True)
    state = CharField(default=DeliveryState.WAITING)
    error = TextField(null=True)
    created_at = MomentField()
    done_at = MomentField(null=True)
    backed_up_at = MomentField(null=True)
    # See `lane_turns`; of no meaning once it is done.
    turn = BigIntegerField(default=0)


# Written out: with a parameter in its place SQLite would use none of the indexes of what waits.
WAITING = DeliveryRow.state == SQL(f"'{DeliveryState.WAITING}'")


class LaneRow(Table):
    """Lanes of the outbox that are in use, or rest; see `lanes`."""

    name = OutsideTextField(primary_key=True)
    # Until then nothing more is sent, for the channel's pace or because Slack demands it.
    free_at = MomentField(null=True)
    busy_until = MomentField(null=True)
    # The attempt under way.
    holder = CharField(null=True)


class ClockRow(Table):
    """What has become of the clock, in one row; see `clock_steps`."""

    id = IntegerField(primary_key=True)
    # By how much it was set back in all, in microseconds, so that each step is mended once.
    set_back = BigIntegerField(default=0)
    # What was written while it was ahead, and is in the future now; it was mended up to here.
    mended_until = MomentField(null=True)


class BackupRow(Table):
    """Events that a backup channel was told of."""

    id = BigAutoField()
    event_id = CharField()
    channel = CharField()
    sent_at = MomentField()
    digest_at = MomentField(null=True)
    # The event's, as the channel was told it.
    status = CharField(null=True)


class QuarantineRow(Table):
    """Records and bodies that could not be judged though they should have been."""

    id = BigAutoField()
    source = CharField()
    rule = CharField(null=True)
    reason = TextField()
    message = OutsideTextField()
    body = BytesField()
    size = IntegerField()
    at = MomentField()
    told_at = MomentField(null=True)
    inbox_id = BigIntegerField(null=True)
    record = JsonField(null=True)
    request = JsonField(null=True)
    rejudged_at = MomentField(null=True)
    mark = CharField(null=True)


class TallyRow(Table):
    """Counts a UTC day of what leaves no event: ignored, unmatched and duplicate records."""

    day = CharField()
    verdict = CharField()
    name = CharField()
    count = IntegerField()


class AuditRow(Table):
    """The append-only history; each line carries the hash of the one before."""

    id = BigAutoField()
    at = MomentField()
    action = CharField()
    event_id = CharField(null=True)
    actor_id = CharField(null=True)
    detail = JsonField()
    previous_hash = CharField()
    hash = CharField(unique=True)
    mark = CharField(null=True)
