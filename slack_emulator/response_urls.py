"""The addresses at which an app answers an interaction or a command: five times within thirty minutes."""

from aiohttp import web

from slack_emulator.api.base import ApiError, Args
from slack_emulator.api.chat import content_of
from slack_emulator.api.dispatch import faulty_answer, read_arguments
from slack_emulator.faults import RESPONSE_URL, Faults
from slack_emulator.journal import Journal
from slack_emulator.people import People
from slack_emulator.world import World


class ResponseUrls:
    """The `/response/` part of the server."""

    def __init__(self, world: World, people: People, faults: Faults, journal: Journal) -> None:
        self._world = world
        self._people = people
        self._faults = faults
        self._journal = journal

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one use of a response URL: "ok", or Slack's error as JSON."""
        # Counted only: it is no method, and the page lists methods.
        self._journal.counts[RESPONSE_URL] += 1
        fault = self._faults.take(RESPONSE_URL)
        if fault and (failed := faulty_answer(fault)):
            return failed
        known, error = self._world.use_response_url(request.match_info["key"])
        if known is None:
            return web.json_response({"ok": False, "error": error}, status=404)
        try:
            answer = await read_arguments(request)
            args = Args(answer)
            original = self._world.message(known.channel, known.message_ts) if known.message_ts else None
            if original and args.flag("delete_original"):
                self._world.delete(original)
            elif original and args.flag("replace_original"):
                self._world.edit(original, content_of(args, self._world), mark=False)
            else:
                self._people.show_answer(known.user, known.channel, answer)
        except ApiError as problem:
            return web.json_response(problem.body(), status=400)
        return web.Response(text="ok")
