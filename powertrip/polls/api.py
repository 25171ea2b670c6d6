"""The client of all polls over HTTP, and checks of its answers."""

from typing import Any

from powertrip.errors import Unavailable
from powertrip.net import Bounds, Client, Clock, HttpClient

BOUNDS = Bounds(seconds=60.0, size=32 << 20)
"""1000 records of 8 KiB are a quarter of that; `pipeline.poll` waits 90 s for a page."""


def poll_client(client: Client, clock: Clock) -> HttpClient:
    """The way to every polled API; each poll gives the whole address."""
    credentials = "the credentials are wrong, or may not read this"
    return HttpClient(
        client=client,
        clock=clock,
        bounds=BOUNDS,
        advice={401: credentials, 403: credentials},
        otherwise="check the address and what is asked for",
    )


def mapping(value: Any) -> dict[str, Any]:
    """The object that an answer must be; raises Unavailable where it is none."""
    if not isinstance(value, dict):
        raise Unavailable("the answer is not a JSON object")
    return value


def listed(value: Any, name: str) -> list[dict[str, Any]]:
    """The objects of a list that the answer must hold; raises Unavailable where it holds none."""
    if not isinstance(value, list):
        raise Unavailable(f"the answer holds no list of {name}")
    # Anything but an object becomes one, and so a record that no rule knows.
    return [item if isinstance(item, dict) else {"value": item} for item in value]
