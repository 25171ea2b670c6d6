"""Asks whether a pinned dependency has a known vulnerability.

Status 1 where one has. Where the service that knows cannot be reached, or knows nothing of a package, nothing
is proved: that is said loudly, and the status is 0, for machines without the Internet run all checks too.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PINNED = ("requirements.txt", "requirements-dev.txt")
PATIENCE = 120
"""Seconds for one file."""


def verdict(report: str) -> tuple[list[str], list[str]]:
    """The findings, and the packages nothing was learnt of; raises ValueError where there is no report."""
    found, unknown = [], []
    dependencies: list[dict[str, Any]] = json.loads(report)["dependencies"]
    for dependency in dependencies:
        if "skip_reason" in dependency:
            unknown.append(dependency["name"])
        for known in dependency.get("vulns", []):
            mended = ", ".join(known["fix_versions"]) or "no version yet"
            found.append(f"{dependency['name']} {dependency['version']}: {known['id']}, mended in {mended}")
    return found, unknown


def ask(file: str) -> str:
    """What pip-audit says of one file, as JSON; nothing where it cannot say anything."""
    program = [str(Path(sys.executable).with_name("pip-audit")), "--requirement", file, "--disable-pip"]
    program += ["--require-hashes", "--format", "json", "--progress-spinner", "off", "--timeout", "15"]
    try:
        ended = subprocess.run(program, capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"pip-audit: {error}")
        return ""
    if not ended.stdout:
        print(ended.stderr.strip()[-1000:])
    return ended.stdout


def main() -> int:
    """The status."""
    found: list[str] = []
    for file in PINNED:
        try:
            vulnerable, unknown = verdict(ask(file))
        except (ValueError, KeyError):
            vulnerable, unknown = [], ["all of it"]
        found += vulnerable
        if unknown:
            print(f"!!! {file} IS NOT AUDITED: the service cannot be reached, or knows nothing of: {unknown}")
            print("!!! Run `make audit` again on a machine that reaches the Internet.")
        else:
            print(f"{file}: audited")
    for finding in found:
        print(f"VULNERABLE: {finding}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
