"""Rules on lines of a log: whole programs beside fail2ban-regex, and the rules alone beside themselves."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.hostile import RULES, expected_rules, hostile_lines, ordinary_lines
from benchmarks.kit import Goal, Measures, Result, Row, Run, expect
from powertrip.rules import Match, RuleSet
from powertrip.settings import load_config
from slack_emulator import APP_TOKEN, BOT_TOKEN
from tests.end_to_end.harness import ROOT, write_config
from tests.samples import record

LINES = 20_000
ALONE = 5_000
HOSTILE = 300
TOKENS = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}
ONE_FAILREGEX = r"sshd\[\d+\]: Failed \S+ for (?:invalid user )?\S+ from <HOST> port \d+ ssh2$"
PACKAGE = ROOT / "build" / "fail2ban"
"""Where Debian's package is unpacked; nothing of it is installed."""
FETCH = ("apt-get download fail2ban", "dpkg-deb --extract fail2ban_*.deb .")
PATIENCE = 300.0


async def measure(run: Run) -> list[Result]:
    """Whole programs, then the rules alone."""
    return await _whole_programs(run) + await _rules_alone(run)


def has_fail2ban() -> bool:
    """Whether fail2ban is there, fetched once by apt; it may be missing unless the environment forbids it."""
    if (PACKAGE / "usr/bin/fail2ban-regex").exists():
        return True
    PACKAGE.mkdir(parents=True, exist_ok=True)
    for command in FETCH:
        done = subprocess.run(["sh", "-c", command], cwd=PACKAGE, capture_output=True, text=True, check=False)
        if done.returncode:
            problem = f"fail2ban cannot be had, and nothing is compared with it: {command}: {done.stderr}"
            if os.environ.get("POWERTRIP_REQUIRE_SYSTEM"):
                raise RuntimeError(problem)
            print(problem)
            return False
    return True


def rules_with(folder: Path, own: Sequence[dict[str, Any]]) -> Path:
    """A configuration with the ssh pack and rules of its own."""
    return write_config(folder / "rules.yaml", {"rules": [{"use": "ssh"}, *own]})


def deployments(count: int) -> list[dict[str, Any]]:
    """So many rules that no line of sshd's matches."""
    return [
        {
            "name": f"deploy{number}",
            "title": "Deployment",
            "program": "sshd",
            "pattern": f"^Deploy {number} by (?P<user_name>[a-z]+)$",
        }
        for number in range(count)
    ]


async def _whole_programs(run: Run) -> list[Result]:
    count = run.size(LINES, 1000)
    lines, log = ordinary_lines(count), run.folder / "sshd.log"
    log.write_text("".join(f"{_header(number)}{line}\n" for number, line in enumerate(lines)))
    failures = sum(line.startswith("Failed ") for line in lines)
    logins = sum(line.startswith("Accepted ") for line in lines)
    theirs = [str(PACKAGE / "usr/bin/fail2ban-regex"), "-c", str(PACKAGE / "etc/fail2ban"), str(log)]
    config = rules_with(run.folder, deployments(100))
    ours = [str(ROOT / "bot.py"), "rules", "test", str(log), "--config", str(config)]

    def verdicts(output: str) -> None:
        told = [json.loads(line) for line in output.splitlines()]
        expect(len(told), count, "lines of `rules test --json`")
        expect(sum(each["rule"] == "ssh_login" for each in told), logins, "logins that it found")

    def table(output: str) -> None:
        # And once more in the summary.
        expect(sum("ssh_login" in line for line in output.splitlines()), logins + 1, "logins in the table")

    def failregex(output: str) -> None:
        expect(_of_fail2ban(output), (count, failures), "lines, and failures that fail2ban found")

    def sshd_filter(output: str) -> None:
        read, found = _of_fail2ban(output)
        # It takes other lines for failures too; which, its release decides.
        expect((read, found >= failures), (count, True), "lines, and whether fail2ban found the failures")

    sides = {"json": _program([*ours, "--json"], verdicts, count), "table": _program(ours, table, count)}
    rows = [_row("rules-table", "`rules test` into a file", "table", "json", "the same with --json", None)]
    if has_fail2ban():
        sides["sshd"] = _program([*theirs, "sshd"], sshd_filter, count)
        sides["one"] = _program([*theirs, ONE_FAILREGEX], failregex, count)
        what = f"`rules test --json`, {count:,} lines of sshd with dates, ssh pack and 100 rules"
        rows += [
            _row("rules-sshd", what, "json", "sshd", "fail2ban-regex, sshd filter", 2.0),
            _row("rules-one", "the same", "json", "one", "fail2ban-regex, one failregex", 1.0),
        ]
    return await run.take_turns(sides, rows)


def _header(number: int) -> str:
    return (
        f"Nov 26 {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02} bastion-1 sshd[{number}]: "
    )


def _of_fail2ban(output: str) -> tuple[int, int]:
    """How many lines it read, and how many of them matched."""
    summary = next(line for line in output.splitlines() if line.startswith("Lines: "))
    read, _, matched = summary.replace(",", "").split()[1:6:2]
    return int(read), int(matched)


def _program(arguments: Sequence[str], check: Callable[[str], None], lines: int) -> Callable[[int], Any]:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PACKAGE / "usr/lib/python3/dist-packages")}

    def run() -> float:
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            env=environment | TOKENS,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stderr[-2000:]}")
        check(done.stdout)
        return seconds

    async def side(_: int) -> Measures:
        return {"rate": lines / await asyncio.to_thread(run)}

    return side


async def _rules_alone(run: Run) -> list[Result]:
    ordinary = ordinary_lines(run.size(ALONE, 300))
    of_logins = ["ssh_login" if line.startswith("Accepted ") else None for line in ordinary]
    count = run.size(HOSTILE, 30)

    def rules(own: Sequence[dict[str, Any]]) -> RuleSet:
        return load_config(rules_with(run.folder, own), TOKENS).rules

    hostile, ten, thousand = rules(RULES), rules(deployments(10)), rules(deployments(1000))
    sides = {
        "hostile": _judging(hostile, lambda number: hostile_lines(count, seed=number)),
        "matching": _judging(hostile, lambda number: hostile_lines(count, ending="C", seed=1000 + number)),
        "ordinary": _judging(hostile, lambda _: ordinary, of_logins),
        "thousand": _judging(thousand, lambda _: ordinary, of_logins),
        "ten": _judging(ten, lambda _: ordinary, of_logins),
    }
    what = "100 rules A.*B on unique lines of 2 kB"
    rows = [
        _row("rules-hostile", what, "hostile", "ordinary", "ordinary lines", 0.3),
        _row("rules-matching", f"{what} that most match", "matching", "ordinary", "ordinary lines", 0.05),
        _row("rules-thousand", "1,000 rules", "thousand", "ten", "10 rules", 0.9),
    ]
    return await run.take_turns(sides, rows)


def _judging(
    rules: RuleSet, make: Callable[[int], Sequence[str]], expected: Sequence[str | None] | None = None
) -> Callable[[int], Any]:
    """Judges lines, and compares the verdicts with those that were found without any expression."""

    async def side(number: int) -> Measures:
        lines = make(number)
        records = [record(line) for line in lines]
        wanted = expected_rules(lines) if expected is None else expected
        began = time.perf_counter()
        judgements = [rules.judge(each) for each in records]
        seconds = time.perf_counter() - began
        found = [each.rule.name if isinstance(each, Match) else None for each in judgements]
        expect(found, list(wanted), "verdicts")
        return {"rate": len(lines) / seconds}

    return side


def _row(name: str, what: str, value: str, baseline: str, against: str, least: float | None) -> Row:
    return Row(
        name=name,
        what=what,
        value=f"{value}.rate",
        baseline=f"{baseline}.rate",
        against=against,
        unit="lines/s",
        goal=Goal(at_least=least) if least is not None else None,
    )
