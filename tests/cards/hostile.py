"""Events as an attacker, or a broken log, would have them: arbitrary in every field from outside."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from powertrip.domain.address import AddressFacts, AddressKind, Network, Place, Reputation
from powertrip.domain.decision import Decision, Verdict, Via
from powertrip.domain.event import Event, Severity, Status
from powertrip.domain.habits import Past
from powertrip.domain.people import Subject, SubjectKind

NASTY = (
    "<!channel>",
    "<!here|x>",
    "<@U0EVIL>",
    "<!subteam^S0EVIL>",
    "<#C0EVIL>",
    "<https://evil.example|click>",
    "https://evil.example/",
    "&lt;!channel&gt;",
    "*bold*",
    "_italic_",
    "~gone~",
    "`code`",
    "```",
    ":white_check_mark:",
    "\u202eevil",
    "\u2066\u2069",
    "\u200b",
    "\u3164",
    "\x1b[31m",
    "\x00",
    "\r\n",
    "\t",
    "\ud800",
    "\U000e0041",
    "\u2028",
    "\xa0",
    "ﷺ" * 20,
    "\U0001d538" * 100,
    "&" * 200,
    "A" * 3000,
    "\u202e" * 900,
    "🏴" * 90,
    " on prod from 192.0.2.1",
    "",
)

texts = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=20)), max_size=6).map("".join)
moments = st.integers(-300_000_000, 7_300_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
members = st.sampled_from(["U0ALICE", "U0BOB", "W0CAROL"])
subjects = st.builds(
    Subject,
    kind=st.sampled_from(SubjectKind),
    slack_id=st.none() | members,
    name=st.none() | texts,
    team=st.none() | texts,
)

_optional = st.none() | texts
_reputations = st.builds(
    Reputation,
    service=texts,
    score=st.none() | st.integers(0, 100),
    risk=_optional,
    reason=_optional,
    details=st.dictionaries(texts, texts, max_size=8),
)
_networks = st.builds(
    Network,
    as_number=st.none() | st.integers(0, 2**32 - 1),
    name=_optional,
    description=_optional,
    country_code=_optional,
    prefix=_optional,
)
_places = st.builds(
    Place, country_code=_optional, country=_optional, region=_optional, city=_optional, time_zone=_optional
)
address_facts = st.builds(
    AddressFacts,
    kind=st.sampled_from(AddressKind),
    reputations=st.lists(_reputations, max_size=3).map(tuple),
    network=st.none() | _networks,
    place=st.none() | _places,
    unavailable=st.dictionaries(texts, texts, max_size=3),
    awaited=st.lists(texts, max_size=3).map(tuple),
)
pasts = st.builds(
    Past,
    first_of_person=st.booleans(),
    first_from_address=st.booleans(),
    first_from_network=st.booleans(),
    first_from_country=st.booleans(),
    times_from_address=st.integers(0, 10**6),
    unusual_hour=st.booleans(),
    denied_from_address_at=st.none() | moments,
    host_approved_at=st.none() | moments,
    host_approved_user=_optional,
)

_VERDICTS = {
    Status.PENDING: (),
    Status.HALF_APPROVED: (Verdict.APPROVE,),
    Status.APPROVED: (Verdict.APPROVE, Verdict.APPROVE),
    Status.DENIED: (Verdict.APPROVE, Verdict.DENY),
    Status.CLOSED: (Verdict.APPROVE, Verdict.DENY, Verdict.CLOSE),
}


def decisions(verdict: Verdict, revision: int) -> st.SearchStrategy[Decision]:
    """Any decision with this verdict."""
    return st.builds(
        Decision,
        verdict=st.just(verdict),
        actor_id=members,
        actor_name=texts,
        at=moments,
        via=st.sampled_from(Via),
        revision=st.integers(1, revision),
        reason=st.none() | texts,
    )


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any event; its id and its decisions' actors are Powertrip's own and always sound."""
    status = draw(st.sampled_from(Status))
    revision = draw(st.sampled_from([1, 2, 1000, 10**6]))
    optional = st.none() | texts
    return Event(
        id=draw(st.from_regex(r"[a-z0-9]{10}", fullmatch=True)),
        rule=draw(texts),
        title=draw(texts),
        event_action=draw(texts),
        severity=draw(st.sampled_from(Severity)),
        source=draw(texts),
        occurred_at=draw(moments),
        received_at=draw(moments),
        last_occurred_at=draw(moments),
        user_name=draw(optional),
        host_name=draw(optional),
        source_ip=draw(optional),
        fields=draw(
            st.dictionaries(st.sampled_from(["method", "source_port", "note"]) | texts, texts, max_size=14)
        ),
        headline=draw(st.lists(st.sampled_from(["method", "note", "command"]), max_size=3).map(tuple)),
        message=draw(texts),
        cut=draw(st.integers(0, 10**7)),
        subject=draw(subjects),
        status=status,
        revision=revision,
        occurrences=revision,
        severity_reason=draw(optional),
        facts=draw(st.none() | address_facts),
        past=draw(st.none() | pasts),
        requires_reason=draw(st.booleans()),
        requires_proof=draw(
            st.sampled_from(["", "proof", "session_number typed_host", "of-a-later-release"])
        ),
        requires_second_person=draw(st.booleans()),
        decisions=tuple(draw(decisions(verdict, revision)) for verdict in _VERDICTS[status]),
        reminders=draw(st.integers(0, 10**4)),
        next_reminder_at=draw(st.none() | moments),
    )
