"""The tables of proofs."""

from peewee import BigIntegerField, CharField, IntegerField

from powertrip.store.fields import JsonField, MomentField, OutsideTextField
from powertrip.store.tables import Table


class ProofFactorRow(Table):
    """Something that a person enrolled; it counts from when a reviewer has confirmed it."""

    id = CharField(primary_key=True)
    # As the configuration names them.
    person = OutsideTextField()
    # Empty until Slack has said who that is.
    slack_id = CharField(null=True)
    kind = CharField()
    label = OutsideTextField()
    # Encrypted; a passkey's holds its public key.
    secret = OutsideTextField()
    credential_id = CharField(null=True)
    enrolled_at = MomentField()
    # With what it began; an earlier release knows the server alone.
    began = CharField(default="server")
    # Of the note in the security channel that asks reviewers to confirm it.
    note_uid = CharField(null=True)
    asked_at = MomentField(null=True)
    # Empty from when it needs to be confirmed no more.
    confirm_by = MomentField(null=True)
    confirmed_at = MomentField(null=True)
    confirmed_by = CharField(null=True)
    confirmed_name = OutsideTextField(null=True)
    # The last time step, or counter, that was used: no lower one proves anything.
    last_step = BigIntegerField(default=-1)
    used_at = MomentField(null=True)
    # Wrong answers since `failed_since`.
    failures = IntegerField(default=0)
    failed_since = MomentField(null=True)
    locked_until = MomentField(null=True)
    ended_at = MomentField(null=True)
    ended_by = CharField(null=True)
    ended_why = OutsideTextField(null=True)


class ProofCodeRow(Table):
    """A one-time code of the server, with which a person enrols on the page; only its hash is kept."""

    hash = CharField(primary_key=True)
    person = OutsideTextField()
    kind = CharField()
    created_at = MomentField()
    until = MomentField()
    used_at = MomentField(null=True)


class ProofLossRow(Table):
    """A reviewer says that somebody's device is lost; a second one ends what they enrolled."""

    id = CharField(primary_key=True)
    slack_id = CharField()
    name = OutsideTextField()
    asked_by = CharField()
    asked_name = OutsideTextField()
    asked_at = MomentField()
    until = MomentField()
    note_uid = CharField()
    ended_at = MomentField(null=True)
    ended_by = CharField(null=True)
    ended_name = OutsideTextField(null=True)
    ended_why = OutsideTextField(null=True)


class ExpectationChallengeRow(Table):
    """One attempt of one person to prove that they announce one expectation, or confirm it."""

    nonce = CharField(primary_key=True)
    act = CharField()
    expectation_id = CharField()
    # Of what it covers, for how long, and who announced it; and all of that, as the person was shown it.
    seal = CharField()
    expected = JsonField()
    slack_id = CharField()
    name = OutsideTextField()
    team_id = CharField(null=True)
    kind = CharField()
    channel = CharField()
    created_at = MomentField()
    until = MomentField()
    # When a worker puts it into force, or tells that it is too late.
    due_at = MomentField(null=True)
    failures = IntegerField(default=0)
    met_at = MomentField(null=True)
    factor_id = CharField(null=True)
    spent_at = MomentField(null=True)
    ended_at = MomentField(null=True)
    ended_why = OutsideTextField(null=True)


class ProofChallengeRow(Table):
    """One attempt of one person to prove one approval."""

    nonce = CharField(primary_key=True)
    event_id = CharField()
    revision = IntegerField()
    slack_id = CharField()
    name = OutsideTextField()
    team_id = CharField(null=True)
    kind = CharField()
    via = CharField()
    channel = CharField()
    reason = OutsideTextField(null=True)
    # The agent or script that the approval is for.
    agent = JsonField(null=True)
    created_at = MomentField()
    until = MomentField()
    # When a worker takes the decision, or tells that it is too late.
    due_at = MomentField(null=True)
    failures = IntegerField(default=0)
    met_at = MomentField(null=True)
    factor_id = CharField(null=True)
    spent_at = MomentField(null=True)
    ended_at = MomentField(null=True)
    ended_why = OutsideTextField(null=True)
