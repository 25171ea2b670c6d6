"""Programs that do only what must be done, as baselines: `python -m benchmarks.bare MODE PORT ...`.

`noop` reads a body and answers; `loads` also decodes its JSON; `calls` commits a row and tells Slack of it,
and changes that message, having committed again, when somebody presses a button.
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

import aiohttp
import psycopg
from aiohttp import web

ANSWER = b'{"accepted": 1}'
BUTTON = {"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Approve"}}


async def noop(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=ANSWER, content_type="application/json")


async def loads(request: web.Request) -> web.Response:
    json.loads(await request.read())
    return web.Response(body=ANSWER, content_type="application/json")


async def well(_: web.Request) -> web.Response:
    return web.Response(text="ok")


def committer(url: str) -> Callable[[str], None]:
    """What commits one row, as durably as Powertrip does."""
    table = "CREATE TABLE IF NOT EXISTS bare (text TEXT NOT NULL)"
    connection: Any
    if url.startswith("sqlite:///"):
        connection, mark = sqlite3.connect(url.removeprefix("sqlite:///")), "?"
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("PRAGMA synchronous = FULL")
    else:
        connection, mark = psycopg.connect(url), "%s"
    connection.execute(table)
    connection.commit()

    def commit(text: str) -> None:
        connection.execute(f"INSERT INTO bare VALUES ({mark})", (text,))  # noqa: S608
        connection.commit()

    return commit


class Calls:
    """One commit and one call of Slack's for each record, and likewise for each press of a button."""

    def __init__(self, database: str, slack: str, bot_token: str, app_token: str) -> None:
        self._commit = committer(database)
        self._slack = slack
        self._bot = {"Authorization": f"Bearer {bot_token}"}
        self._app = {"Authorization": f"Bearer {app_token}"}
        self._session: aiohttp.ClientSession | None = None
        self._tasks = set[asyncio.Task[None]]()

    async def start(self, _: web.Application) -> None:
        self._session = aiohttp.ClientSession()
        opened = await self._call("apps.connections.open", {}, self._app)
        socket = await self._session.ws_connect(opened["url"])
        self._keep(self._listen(socket))

    async def take(self, request: web.Request) -> web.Response:
        """A record: written down before it is answered, and told to Slack."""
        body = await request.read()
        self._commit(body.decode())
        (record,) = json.loads(body)
        blocks = [
            {"type": "section", "text": {"type": "plain_text", "text": record["text"]}},
            {"type": "actions", "elements": [BUTTON | {"value": record["id"]}]},
        ]
        message = {"channel": record["to"], "text": record["text"], "blocks": blocks}
        self._keep(self._told("chat.postMessage", message))
        return web.Response(body=ANSWER, content_type="application/json")

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            envelope = json.loads(message.data)
            if envelope.get("type") != "interactive":
                continue
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
            payload = envelope["payload"]
            self._commit(payload["actions"][0]["value"])
            container = payload["container"]
            changed = {"channel": container["channel_id"], "ts": container["message_ts"], "text": "approved"}
            await self._told("chat.update", changed)

    async def _told(self, method: str, arguments: dict[str, Any]) -> None:
        answer = await self._call(method, arguments, self._bot)
        if not answer["ok"]:
            raise RuntimeError(f"{method}: {answer}")

    async def _call(self, method: str, arguments: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        if self._session is None:
            raise RuntimeError("it was not started")
        async with self._session.post(self._slack + method, json=arguments, headers=headers) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    def _keep(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def application(mode: str, arguments: list[str]) -> web.Application:
    """What takes posts to any path."""
    app = web.Application(client_max_size=64 << 20)
    app.router.add_get("/healthz", well)
    if mode == "calls":
        calls = Calls(*arguments)
        app.on_startup.append(calls.start)
        app.router.add_post("/{path:.*}", calls.take)
    else:
        app.router.add_post("/{path:.*}", {"noop": noop, "loads": loads}[mode])
    return app


def main() -> None:
    """Serve until a signal."""
    mode, port, *arguments = sys.argv[1:]
    web.run_app(application(mode, arguments), host="127.0.0.1", port=int(port), access_log=None, print=None)


if __name__ == "__main__":
    main()
