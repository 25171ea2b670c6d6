"""What the polled APIs answer where all is well: Papertrail, Aptible, Wazuh's indexer and CloudWatch Logs."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from tests.trials.fuzz.dice import text

URL = "https://api.example.com"
_LOGIN = "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2"
_TIMES = ("2026-01-15T11:59:00Z", "2026-01-15T11:30:00.000Z", 1768478400000, "9999-12-31T23:59:59-12:00")


def _items(dice: random.Random, make: Callable[[int], dict[str, Any]], full: int) -> list[Any]:
    """Some, or a full page: then there is another."""
    count = full if dice.random() < 0.05 else dice.randrange(6)
    return [make(dice.randrange(10**6)) for _ in range(count)]


def _line(dice: random.Random) -> str:
    return dice.choice((_LOGIN, f"sshd[7]: {_LOGIN}", text(dice), json.dumps({"message": text(dice)})))


def _papertrail(dice: random.Random) -> Any:
    def event(number: int) -> dict[str, Any]:
        return {
            "id": str(number),
            "received_at": dice.choice(_TIMES),
            "hostname": "bastion-1",
            "program": "sshd",
            "message": _line(dice),
        }

    return {
        "events": _items(dice, event, 1000),
        "max_id": dice.choice((str(dice.randrange(10**6)), "7", 7, None)),
        "reached_end": dice.random() < 0.5,
    }


def _aptible(dice: random.Random) -> Any:
    def operation(number: int) -> dict[str, Any]:
        return {
            "id": number,
            "type": "execute",
            "status": dice.choice(("running", "succeeded")),
            "created_at": dice.choice(_TIMES[:2]),
            "updated_at": dice.choice(_TIMES),
            "user_email": text(dice),
            "_links": {"resource": {"href": f"{URL}/apps/7"}},
        }

    return {"_embedded": {"operations": _items(dice, operation, 250)}}


def _wazuh(dice: random.Random) -> Any:
    def hit(number: int) -> dict[str, Any]:
        alert = {
            "timestamp": dice.choice(_TIMES),
            "rule": {"id": "5715"},
            "agent": {"name": "bastion-1"},
            "predecoder": {"hostname": "bastion-1", "program_name": "sshd"},
            "full_log": _line(dice),
        }
        return {"_id": str(number), "_source": alert, "sort": [1768478400000, str(number)]}

    return {"timed_out": False, "hits": {"hits": _items(dice, hit, 500)}}


def _cloudwatch(dice: random.Random) -> Any:
    def event(number: int) -> dict[str, Any]:
        moment = dice.choice((1768478400000, 1768478400000, 0, -(2**62), 2**62))
        return {
            "eventId": str(number),
            "timestamp": moment,
            "ingestionTime": moment,
            "message": _line(dice),
            "logStreamName": "i-1",
        }

    token = {"nextToken": dice.choice(("token", text(dice)))} if dice.random() < 0.5 else {}
    return {"events": _items(dice, event, 300), "searchedLogStreams": [], **token}


ANSWERS: Mapping[str, Callable[[random.Random], Any]] = {
    "papertrail_search": _papertrail,
    "aptible_operations": _aptible,
    "wazuh_indexer": _wazuh,
    "cloudwatch_logs": _cloudwatch,
}
