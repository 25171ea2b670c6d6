"""What happens in the demo: made-up records, each with what there is to see."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from powertrip.cli.demo.narration import Happened
from powertrip.domain import session_number
from powertrip.net import utc_now
from powertrip.sources.pam import NUMBER_KEY, PROGRAM

HOME, OFFICE, HOTEL, HOSTILE = "192.0.2.10", "198.51.100.44", "198.51.100.23", "203.0.113.77"
"""The addresses of the story; `outside` knows what is to be thought of each."""

Records = tuple[tuple[str, dict[str, Any]], ...]
"""Each with the source that it is posted to."""
SERVERS = "servers"
"""The source of servers that tell of their logins themselves, and sign what they tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something for whoever plays, and the line of the history by which it is known to be done."""

    says: str
    action: str = "decided"
    user_name: str | None = None
    host_name: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
    """What the line's detail holds, beside other things."""

    def is_done_by(self, happened: Happened) -> bool:
        return (
            happened.action == self.action
            and self.user_name in (None, happened.user_name)
            and self.host_name in (None, happened.host_name)
            and all(happened.detail.get(name) == value for name, value in self.detail.items())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Some made-up records, what there is to see, and what to do about it."""

    title: str
    story: str
    records: Records = ()
    steps: tuple[Step, ...] = ()
    pause: float = 12.0
    """Seconds until the next scene, where nobody plays this one."""


def scenes(secret: str) -> Iterator[Scene]:
    """The story, each scene made at the moment it is asked for, so that its records are of now.

    `secret` is that of the servers, which sign the number that they show.
    """
    yield Scene(
        title="Was this you?",
        story="Alice logs in to bastion-1, and is asked in a direct message. The HIDS saw the login too, and "
        "is told what she answers.",
        records=_login_seen_by_both("alice", "bastion-1", HOME),
        steps=(
            _step(
                "Be *Alice*, open her messages from Powertrip, and press *Approve*.",
                "alice",
                "bastion-1",
                verdict="approve",
            ),
        ),
    )
    yield Scene(
        title="A bot",
        story="The bot oswaldo logs in. Nobody can ask a bot, so #security is asked.",
        records=_login("oswaldo", "build-3", OFFICE),
        steps=(
            _step(
                "Be *Carol*, who reviews, and press *Approve* in #security.",
                "oswaldo",
                "build-3",
                verdict="approve",
            ),
        ),
    )
    yield Scene(
        title="Text from outside is data",
        story="Somebody tries to log in under a name that looks like a log line. It is no login: no card.",
        records=(
            _line(
                "bastion-1",
                "sshd",
                "Failed password for invalid user root from 203.0.113.99 port 22 ssh2 "
                "from 198.51.100.7 port 51234 ssh2",
            ),
        ),
        pause=8,
    )
    yield Scene(
        title="No",
        story="Bob logs in from an address of bad repute: a card that looks different. A denial leads "
        "somewhere within the minute.",
        records=_login("bob", "db-1", HOSTILE),
        steps=(
            _step("Be *Bob*, and press *Deny*: he is told what to do now.", "bob", "db-1", verdict="deny"),
            _step("Be *Carol*, and press *I have it* in #security.", "bob", "db-1", action="denial_owned"),
            _step(
                "Press *Lock bob out of the VPN for 1 h*: nothing is ever done without such a press.",
                "bob",
                "db-1",
                action="containment_ended",
            ),
            _step("Tick off the first thing of the checklist.", "bob", "db-1", action="item_ticked"),
            _step("Close it, with a note.", "bob", "db-1", verdict="close"),
        ),
        pause=20,
    )
    number = str(100 + secrets.randbelow(900))
    shown = f"Powertrip: if Slack asks whether this login is yours, your number is {number}."
    yield Scene(
        title="Proof that Slack cannot give",
        story="Bob logs in to vault-1. Whoever has stolen his Slack must not be able to approve that, so it "
        f"takes the number that the terminal of this login shows, and nothing else:\n```{shown}```",
        records=(_signed_login("bob", "vault-1", HOME, number, secret),),
        steps=(
            _step(
                "Be *Bob*, press *Approve*, and type another number, once: nothing is approved, and two "
                "tries are left.",
                "bob",
                "vault-1",
                action="proof_failed",
            ),
            _step("Type the number that his terminal shows.", "bob", "vault-1", verdict="approve"),
        ),
        pause=30,
    )
    yield Scene(
        title="Trust that ends by itself",
        story="Alice logs in to web-3, and will do so all afternoon. After an approval, and never before, "
        "she may say so; a second person agrees.",
        records=_login("alice", "web-3", HOME),
        steps=(
            _step("Be *Alice*, and press *Approve*.", "alice", "web-3", verdict="approve"),
            _step(
                "Press *Don't ask again…* on the card, and announce it.", None, action="expectation_announced"
            ),
            _step("Be *Carol*, and confirm it in #security.", None, action="expectation_confirmed"),
        ),
        pause=40,
    )
    yield Scene(
        title="And what it covers",
        story="Alice logs in to web-3 again, and then to web-9. If you trusted the first, nobody is asked "
        "about it; the second is outside, so she is asked.",
        records=(*_login("alice", "web-3", HOME), *_login("alice", "web-9", HOME)),
        steps=(_step("Be *Alice*, and answer for web-9.", "alice", "web-9"),),
    )
    yield Scene(
        title="A command, not a login",
        story="Alice stops the audit daemon with sudo. A denial also ends all that is expected of her.",
        records=(_sudo(),),
        steps=(_step("Be *Alice*, and deny it: it was not her.", "alice", "db-1", verdict="deny"),),
    )
    yield Scene(
        title="The cloud",
        story="Bob signs in to the AWS console without a second factor.",
        records=(_console_login(),),
        steps=(_step("Be *Bob*, and answer.", "bob"),),
    )
    yield Scene(
        title="Two people",
        story="root logs in to db-1. The policy wants a reason and a second person; nobody is mapped to "
        "root, so #security is asked.",
        records=_login("root", "db-1", HOTEL),
        steps=(
            _step("Be *Carol*, and approve it with a reason.", "root", "db-1", status="half_approved"),
            _step("Be *Dana*, and approve it too.", "root", "db-1", status="approved"),
        ),
    )
    yield Scene(
        title="The second line",
        story="The HIDS saw a login to web-2 that never came through the logs. In 15 seconds it is asked "
        "about.",
        records=(_seen_by_hids("bob", "web-2", HOTEL, _port()),),
        steps=(_step("Be *Bob*, and answer.", "bob", "web-2"),),
        pause=30,
    )
    yield Scene(
        title="Home",
        story="All of it on one page: open *Powertrip* below, and its tab *Home*. As *Alice* you see what "
        "waits for you, what you announced as long as it stands, and your last answers; as *Carol* the queue "
        "of all that waits, by its weight.",
        pause=8,
    )


def _step(
    says: str, user: str | None, host: str | None = None, *, action: str = "decided", **detail: object
) -> Step:
    """A step that is done by what happens to an event of this user on this host, where they are named."""
    return Step(says=says, action=action, user_name=user, host_name=host, detail=detail)


def everyday(number: int) -> Records:
    """One more ordinary login."""
    user, host = (("alice", "web-1"), ("bob", "web-2"), ("oswaldo", "build-3"))[number % 3]
    return _login(user, host, f"192.0.2.{20 + number}")


def _login(user: str, host: str, address: str) -> Records:
    return (_line(host, "sshd", _accepted(user, address, _port())),)


def _login_seen_by_both(user: str, host: str, address: str) -> Records:
    port = _port()
    return (
        _line(host, "sshd", _accepted(user, address, port)),
        _seen_by_hids(user, host, address, port),
    )


def _port() -> int:
    return 40000 + secrets.randbelow(20000)


def _accepted(user: str, address: str, port: int) -> str:
    key = "k9Qm1sXr0dW7pLZt3VbNcY5uHfG2aJ8eT6oRiSxM4wQ"
    return f"Accepted publickey for {user} from {address} port {port} ssh2: ED25519 SHA256:{key}"


def _line(host: str, program: str, message: str) -> tuple[str, dict[str, Any]]:
    return "demo", {"message": message, "host": host, "program": program, "time": utc_now().isoformat()}


def _signed_login(user: str, host: str, address: str, number: str, secret: str) -> tuple[str, dict[str, Any]]:
    """A login as powertrip-login tells it: with a keyed hash of the number, and never with the number."""
    record_id = secrets.token_hex(16)
    return SERVERS, {
        "id": record_id,
        "time": int(utc_now().timestamp()),
        "host": host,
        "program": PROGRAM,
        "pid": "4711",
        "pam_type": "open_session",
        "service": "sshd",
        "user": user,
        "rhost": address,
        "ruser": "",
        "tty": "ssh",
        "terminal": session_number.SHOWN,
        NUMBER_KEY: session_number.mac(secret, record_id, number),
    }


def _sudo() -> tuple[str, dict[str, Any]]:
    message = "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/systemctl stop auditd"
    return _line("db-1", "sudo", message)


def _seen_by_hids(user: str, host: str, address: str, port: int) -> tuple[str, dict[str, Any]]:
    """An alert of Wazuh's rule 5715, as its integration posts it."""
    now = utc_now()
    return "wazuh", {
        "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}+0000",
        "rule": {"level": 3, "description": "sshd: authentication success.", "id": "5715"},
        "agent": {"id": "001", "name": host},
        "manager": {"name": "wazuh"},
        "id": f"{now.timestamp():.0f}.{port}",
        "full_log": f"{now:%b %d %H:%M:%S} {host} sshd[4711]: {_accepted(user, address, port)}",
        "predecoder": {"program_name": "sshd", "hostname": host},
        "location": "/var/log/auth.log",
    }


def _console_login() -> tuple[str, dict[str, Any]]:
    account = "111122223333"
    record = {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": f"arn:aws:iam::{account}:user/bob",
            "accountId": account,
            "userName": "bob",
        },
        "eventTime": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": "us-east-1",
        "sourceIPAddress": OFFICE,
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": "No", "MobileVersion": "No"},
        "eventID": secrets.token_hex(16),
        "eventType": "AwsConsoleSignIn",
        "recipientAccountId": account,
    }
    return "cloudtrail", record
