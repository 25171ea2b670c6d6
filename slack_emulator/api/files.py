"""Methods that upload a file in Slack's three steps: ask for an address, send the bytes there, complete."""

from slack_emulator.api.base import TIER_4, ApiError, Call, Method, invalid_arguments
from slack_emulator.api.chat import destination
from slack_emulator.entities import Content, Json, StoredFile
from slack_emulator.shapes import file_json
from slack_emulator.world import new_id

LONGEST_ALT_TEXT = 1000


async def get_upload_url(call: Call) -> Json:
    """An address that takes the bytes of one file of `length` bytes."""
    call.need("files:write")
    length = call.args.number("length", 0, most=10**9)
    alt_text = call.args.text("alt_txt")
    if length < 1 or len(alt_text) > LONGEST_ALT_TEXT:
        raise invalid_arguments("length must be at least 1, alt_txt at most 1000 characters")
    file = StoredFile(new_id("F"), call.args.required("filename"), length, alt_text=alt_text)
    call.world.files[file.id] = file
    return {"upload_url": f"{call.base_url}/upload/v1/{file.id}", "file_id": file.id}


def _uploaded(call: Call) -> list[StoredFile]:
    listed = call.args.structure("files", "invalid_arguments")
    if not isinstance(listed, list) or not listed:
        raise invalid_arguments("missing required field: files")
    files = []
    for entry in listed:
        file = call.world.files.get(str(entry.get("id")) if isinstance(entry, dict) else "")
        if file is None or file.data is None:
            raise ApiError("file_not_found")
        file.title = str(entry.get("title") or file.name)
        file.created = int(call.world.clock())
        files.append(file)
    return files


async def complete_upload(call: Call) -> Json:
    """Make uploaded files known, and post them if a channel is named."""
    call.need("files:write")
    files = _uploaded(call)
    if "channel_id" in call.args:
        if call.world.channels.get(call.args.text("channel_id")) is None:
            raise ApiError("channel_not_found")
        channel = destination(call, "channel_id")
        content = Content(call.args.text("initial_comment"))
        for file in files:
            file.channel = channel.id
        call.world.post(
            channel.id,
            call.world.app.bot_user,
            content,
            thread_ts=call.args.text("thread_ts"),
            files=[file.id for file in files],
        )
    call.world.touch()
    return {"files": [file_json(file, call.world) for file in files]}


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, TIER_4),
    "files.completeUploadExternal": Method(complete_upload, TIER_4),
}
