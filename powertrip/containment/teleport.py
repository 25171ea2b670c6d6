"""A lock in Teleport, by its own `tctl`: Teleport documents its API as gRPC and `tctl`, and no other.

The lock is a resource (`kind: lock`, `version: v2`) of a name that Powertrip chooses, so that it is made
once and taken away by that name; it ends by itself at `spec.expires`. Docs:
goteleport.com/docs/identity-governance/locking.
"""

import asyncio
import json
import uuid
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from powertrip.config.values import Duration, matching
from powertrip.containment.section import ActionSection, Way, lasting, typed
from powertrip.domain.containment import Order, Plan
from powertrip.domain.event import Event
from powertrip.errors import Rejected, Unavailable

PATIENCE = 15.0
"""Seconds that one call of `tctl` may take."""
SAID_LIMIT = 200
_NAMES = uuid.UUID("6f1ad5de-5a3b-4a39-9c43-5a3b8c0b7d10")
"""Locks are called by UUIDs; ours follow from the key of the containment."""


class TeleportAction(ActionSection):
    """A lock on the user."""

    type: Literal["teleport"]
    proxy: Annotated[
        str, matching(r"[A-Za-z0-9.-]{1,253}:[0-9]{1,5}", "host and port, such as teleport.example.com:443")
    ]
    """The proxy, or auth service, of the cluster: host and port."""
    identity: str
    """The identity file that `tbot` keeps fresh; its role may `list`, `read`, `create`, `update` and `delete`
    the resource `lock`, and nothing else."""
    tctl: str = "tctl"
    """The program, of the cluster's version or one older; found as a shell finds it."""
    lasts: Annotated[Duration, Field(le=timedelta(days=7))] = timedelta(hours=1)
    """After which the lock ends by itself."""

    def plan(self, event: Event) -> Plan:
        user = typed(event, "user_name")
        undo_says = f"Unlock {user} in Teleport"
        return Plan(
            target=user,
            says=f"Lock {user} in Teleport for {lasting(self.lasts)}",
            does=f"Teleport ends all sessions of the user {user}, and lets them begin none.",
            undo_says=undo_says,
            undo=f"It ends by itself after {lasting(self.lasts)}. To undo it: {undo_says}, on this card.",
            arguments={"user": user},
            lasts=self.lasts,
        )

    async def contain(self, order: Order, way: Way) -> str | None:  # noqa: ARG002
        """Make the lock; the same order makes the same lock."""
        if order.until is None:
            raise Rejected("a lock without an end is none of Powertrip's")
        lock = {
            "kind": "lock",
            "version": "v2",
            "metadata": {"name": _name(order.key)},
            "spec": {
                "target": {"user": order.arguments["user"]},
                "message": f"Locked by security. Powertrip event {order.event_id}",
                "expires": f"{order.until:%Y-%m-%dT%H:%M:%SZ}",
            },
        }
        status, said = await self._run("create", given=json.dumps(lock))
        # One that exists was made by an attempt whose end nobody heard.
        if status and not await self._exists(order.key):
            raise Rejected(_refusal(said))
        return None

    async def revert(self, order: Order, way: Way) -> str | None:  # noqa: ARG002
        """Take the lock away; one that is gone is as good."""
        if order.undoes is None:
            raise Rejected("nobody knows which lock")
        status, said = await self._run("rm", f"lock/{_name(order.undoes)}")
        if status and await self._exists(order.undoes):
            raise Rejected(_refusal(said))
        return "the lock had gone already" if status else None

    async def check(self, way: Way) -> str:  # noqa: ARG002
        status, said = await self._run("get", "locks", "--format=json")
        if status:
            raise Rejected(_refusal(said))
        return "tctl reads the locks"

    async def _exists(self, key: str) -> bool:
        status, said = await self._run("get", f"lock/{_name(key)}", "--format=json")
        if status and "not found" not in said.lower() and "doesn't exist" not in said.lower():
            raise Unavailable(_refusal(said))
        return status == 0

    async def _run(self, *arguments: str, given: str = "") -> tuple[int, str]:
        """The exit status of `tctl`, and what it said; raises Unavailable where it did not end in time."""
        # No shell, and nothing of the event among the arguments.
        to_cluster = (f"--auth-server={self.proxy}", f"--identity={self.identity}")
        try:
            process = await asyncio.create_subprocess_exec(
                self.tctl,
                *arguments,
                *to_cluster,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        except OSError as error:
            raise Rejected(f"{self.tctl} cannot be run: {error.strerror}; install Teleport's tctl") from error
        try:
            async with asyncio.timeout(PATIENCE):
                said, _ = await process.communicate(given.encode())
        except TimeoutError as error:
            raise Unavailable(f"tctl did not end within {PATIENCE:g} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return process.returncode or 0, said.decode("utf-8", "replace")


def _name(key: str) -> str:
    return str(uuid.uuid5(_NAMES, key))


def _refusal(said: str) -> str:
    line = " ".join(said.split())[:SAID_LIMIT] or "nothing"
    return f"tctl said: {line}; check proxy and identity, and that the role may change locks"
