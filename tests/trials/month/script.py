"""What happens in a month: who works when and where from, what bots do, and who breaks in."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

FIRST_DAY = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""
NAMES = ("alice", "bob", "carol", *(f"user{number:02}" for number in range(4, 21)))
REVIEWERS = ("carol", "user04", "user05")
HOSTS = {"web": 20, "app": 16, "db": 8, "build": 6, "cache": 6, "mon": 4}
"""Hosts by the name of their group: sixty in all."""
SENSITIVE = "db-1"
TEAMS = (("web", "app"), ("app", "cache"), ("web", "build"), ("db", "cache"), ("build", "mon"))
DEPLOYER, BACKUP = "oswaldo", "oswaldo-backup"
RUNNER, STORE = "198.51.100.250", "198.51.100.251"
"""Where the bots come from."""
OFFICE = "192.0.2"
NIGHT = timedelta(hours=1)


def key_of(name: str) -> str:
    """The fingerprint of somebody's key."""
    digest = base64.b64encode(hashlib.sha256(name.encode()).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record."""

    at: datetime
    user: str
    host: str
    address: str = ""
    key: str = ""
    command: str = ""
    """Of sudo; without one it is a login."""
    target: str = "app"
    attack: str | None = None
    """What an intruder does here; None for what people and bots do."""
    is_alike: bool = False
    """Whether an intruder does here what cannot be told from what is expected."""

    @property
    def program(self) -> str:
        return "sudo" if self.command else "sshd"

    @property
    def message(self) -> str:
        """The line as the program logs it."""
        if self.command:
            where = f"TTY=pts/0 ; PWD=/home/{self.user} ; USER={self.target}"
            return f"{self.user} : {where} ; COMMAND={self.command}"
        port = 20_000 + int(self.at.timestamp()) % 40_000
        return f"Accepted publickey for {self.user} from {self.address} port {port} ssh2: ED25519 {self.key}"

    @property
    def mark(self) -> tuple[datetime, str, str]:
        """What an event of it is known by."""
        return self.at, self.user, self.host


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Work that is known of before, which somebody announces for the bot, or for themselves."""

    at: datetime
    begins: datetime
    length: timedelta
    user: str
    by: str
    rule: str
    group: str
    address: str | None
    key: str | None


@dataclass(slots=True)
class Month:
    """All of it, in the order of time."""

    days: int
    lines: list[Line] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)


@dataclass(slots=True)
class _Writer:
    dice: Random
    month: Month

    def login(self, at: datetime, user: str, host: str, address: str) -> None:
        self.month.lines.append(Line(at=at, user=user, host=host, address=address, key=key_of(user)))

    def sudo(self, at: datetime, user: str, host: str, command: str, target: str = "app") -> None:
        self.month.lines.append(Line(at=at, user=user, host=host, command=command, target=target))

    def plan(self, begins: datetime, length: timedelta, user: str, by: str, group: str, address: str) -> None:
        """Logins on the hosts of a group, and what is done there as somebody else."""
        logins = Plan(
            at=begins - timedelta(minutes=10),
            begins=begins,
            length=length,
            user=user,
            by=by,
            rule="ssh_login",
            group=group,
            address=address,
            key=key_of(user),
        )
        self.month.plans += [logins, replace(logins, rule="sudo_command", address=None, key=None)]


def month(days: int = 30, records: int = 8_000, seed: int = 7) -> Month:
    """The month, or its first days, cut or filled with people's ordinary work to so many records."""
    writer = _Writer(Random(seed), Month(days))  # noqa: S311 (a script, and no secret)
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        _nightly(writer, day)
        if day.weekday() < 5:
            _deploys(writer, day)
            _oncall(writer, day, number)
        if day.weekday() == 1:
            _patching(writer, day, number // 7)
    writer.month.lines += [line for line in _attacks() if line.at < FIRST_DAY + timedelta(days=days)]
    _work(writer, [FIRST_DAY + timedelta(days=number) for number in range(days)], records)
    writer.month.lines.sort(key=lambda line: line.at)
    writer.month.plans.sort(key=lambda plan: plan.at)
    return writer.month


def hosts(group: str) -> list[str]:
    return [f"{group}-{number}" for number in range(1, HOSTS[group] + 1)]


def _nightly(writer: _Writer, day: datetime) -> None:
    """A backup of each database; of two of them an ordinary admin would say: sensitive."""
    at = day + timedelta(hours=2)
    for host in hosts("db")[1:]:
        writer.login(at, BACKUP, host, STORE)
        at += timedelta(seconds=90)
    # Backups do not become anybody else, and are announced before whoever announces them goes home.
    evening = day - timedelta(hours=6, minutes=30)
    writer.month.plans.append(
        Plan(
            at=max(evening, FIRST_DAY),
            begins=day + timedelta(hours=1, minutes=55),
            length=NIGHT,
            user=BACKUP,
            by="carol",
            rule="ssh_login",
            group="db",
            address=STORE,
            key=key_of(BACKUP),
        )
    )


def _deploys(writer: _Writer, day: datetime) -> None:
    for hour, group in ((11, "web"), (15, "app")):
        begins = day + timedelta(hours=hour, minutes=10)
        writer.plan(begins, timedelta(hours=1), DEPLOYER, "carol", group, RUNNER)
        at = begins + timedelta(minutes=2)
        for host in hosts(group):
            writer.login(at, DEPLOYER, host, RUNNER)
            writer.sudo(at + timedelta(seconds=2), DEPLOYER, host, "/usr/local/bin/deploy --now")
            at += timedelta(seconds=writer.dice.randint(4, 9))


def _patching(writer: _Writer, day: datetime, week: int) -> None:
    """Somebody replaces something on all hosts of their groups."""
    name = NAMES[week * 5 % len(NAMES)]
    at = day + timedelta(hours=13)
    for group in TEAMS[week * 5 % len(TEAMS)]:
        writer.plan(at, timedelta(hours=2), name, name, group, f"{OFFICE}.10")
        for host in hosts(group):
            at += timedelta(seconds=writer.dice.randint(60, 150))
            writer.login(at, name, host, f"{OFFICE}.10")
            writer.sudo(at + timedelta(seconds=20), name, host, "/usr/bin/update-certificates")


def _oncall(writer: _Writer, day: datetime, number: int) -> None:
    """Every third night somebody is woken, and looks from home or by a phone."""
    if number % 3:
        return
    name = NAMES[(number * 7 + 3) % len(NAMES)]
    at = day + timedelta(hours=23, minutes=writer.dice.randint(0, 50))
    group = TEAMS[NAMES.index(name) % len(TEAMS)][0]
    address = _mobile(writer.dice) if number % 2 else _home(name)
    for host in writer.dice.sample(hosts(group), 4):
        at += timedelta(minutes=writer.dice.randint(3, 9))
        writer.login(at, name, host, address)
        writer.sudo(at + timedelta(seconds=50), name, host, "/usr/bin/systemctl restart app")


def _home(name: str) -> str:
    return f"198.51.100.{20 + NAMES.index(name)}"


def _mobile(dice: Random) -> str:
    """An address of a carrier, which gives another one each time."""
    return f"2001:db8:{dice.randrange(0x4000, 0x5000):x}:{dice.randrange(0x10000):x}::7"


def _work(writer: _Writer, days: list[datetime], records: int) -> None:
    """What people do in office hours, from the office, from home, or on the way."""
    working = [day for day in days if day.weekday() < 5]
    dice = writer.dice
    shifts = [(day, name) for day in working for name in NAMES]
    left = records - len(writer.month.lines)
    if left < 0:
        raise ValueError("there is no room for people's own work in so few records")
    places = {shift: _place(dice, shift[1]) for shift in shifts}
    counts = dict.fromkeys(shifts, left // len(shifts))
    for shift in dice.sample(shifts, left % len(shifts)):
        counts[shift] += 1
    for (day, name), count in counts.items():
        _shift(writer, day, name, places[day, name], count)


def _place(dice: Random, name: str) -> str:
    where = dice.random()
    if where < 0.6 or name == "bob":
        return f"{OFFICE}.{dice.randint(10, 13)}"
    return _home(name) if where < 0.95 else _mobile(dice)


def _shift(writer: _Writer, day: datetime, name: str, address: str, count: int) -> None:
    """Two thirds of it are logins, the rest commands on the hosts that were logged in to."""
    dice, groups = writer.dice, TEAMS[NAMES.index(name) % len(TEAMS)]
    times = sorted(dice.randint(9 * 3600, 17 * 3600) for _ in range(count))
    last: str | None = None
    for seconds in times:
        at = day + timedelta(seconds=seconds)
        # In the morning they work on the one, in the afternoon on the other.
        group = groups[0] if seconds < 13 * 3600 else groups[1]
        if last is not None and last.startswith(group) and dice.random() < 0.34:
            is_root = dice.random() < 0.15
            command = dice.choice(("/usr/bin/systemctl restart app", "/usr/bin/tail -f /var/log/app.log"))
            writer.sudo(at, name, last, command, "root" if is_root else "app")
            continue
        last = dice.choice(hosts(group))
        writer.login(at, name, last, address)


def _attacks() -> Iterator[Line]:
    """Who breaks in: each is to be asked about whatever was expected, but for those that are alike."""

    def at(day: int, hour: int, minute: int = 0) -> datetime:
        return FIRST_DAY + timedelta(days=day, hours=hour, minutes=minute, seconds=7)

    def login(what: str, when: datetime, user: str, host: str, address: str, key: str = "") -> Line:
        return Line(at=when, user=user, host=host, address=address, key=key or key_of(user), attack=what)

    abroad, office, stranger = "203.0.113.66", f"{OFFICE}.10", key_of("an intruder")
    yield login("her key, from abroad, at night", at(1, 2, 14), "alice", "web-3", abroad)
    yield login("his key, from abroad, while he works", at(1, 11, 40), "bob", "app-2", abroad)
    yield login(
        "another key, from his office, while he works", at(2, 11, 30), "bob", "app-3", office, stranger
    )
    yield login("his key, from his office, on other hosts", at(3, 11, 30), "bob", "web-4", office)
    yield login("a sensitive host, with his key from his office", at(4, 11, 30), "bob", SENSITIVE, office)
    yield login("the bot's key, from abroad, within a deploy", at(7, 11, 13), DEPLOYER, "web-9", abroad)
    yield login("the bot's runner, on other hosts, within a deploy", at(8, 11, 13), DEPLOYER, "db-3", RUNNER)
    yield login("the bot's runner, an hour after its deploy", at(9, 13, 30), DEPLOYER, "web-2", RUNNER)
    yield login("the backup's key, by day", at(10, 14), BACKUP, "db-4", STORE)
    yield login("root, whom nobody is", at(11, 3, 30), "root", "web-5", abroad, stranger)
    yield login("a new account", at(14, 4), "support", "mon-1", abroad, stranger)
    yield login("her key, on the way, at the weekend", at(19, 15), "alice", "web-8", "2001:db8:4fff:1::9")
    shell = Line(at=at(15, 11, 20), user="bob", host="app-5", command="/bin/bash", target="root")
    yield replace(shell, attack="a shell as root")
    for day, address, what in (
        (16, f"{OFFICE}.66", "his key, from a neighbour in his office"),
        (17, f"{OFFICE}.10", "his key, from his own address"),
    ):
        yield replace(login(what, at(day, 11, 45), "bob", "app-7", address), is_alike=True)
