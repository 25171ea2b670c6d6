"""The method that only checks: blocks.validate."""

from slack_emulator.api.base import TIER_3, ApiError, Call, Method, invalid_arguments
from slack_emulator.blocks import check_attachments, check_blocks, check_view
from slack_emulator.entities import Json
from slack_emulator.rules import Problems

_POINTER = " [json-pointer:"


async def blocks_validate(call: Call) -> Json:
    """Nothing where what is given is well; raises ApiError invalid_blocks and so on with all that is not."""
    given = [kind for kind in ("blocks", "message", "view") if kind in call.args]
    if len(given) != 1:
        raise invalid_arguments("provide exactly one of blocks, message, or view")
    kind = given[0]
    error = f"invalid_{kind}"
    value = call.args.structure(kind, error)
    if kind == "blocks":
        problems = check_blocks(value, "")
    elif kind == "view":
        problems = check_view(value, str(value.get("type")) if isinstance(value, dict) else "modal")
    else:
        problems = _check_message(value)
    if problems:
        raise ApiError(error, errors=[_described(problem) for problem in problems])
    return {}


def _check_message(message: object) -> Problems:
    if not isinstance(message, dict):
        return ["[ERROR] must be an object [json-pointer:]"]
    return check_blocks(message.get("blocks", [])) + check_attachments(message.get("attachments", []))


def _described(problem: str) -> Json:
    text, _, pointer = problem.removeprefix("[ERROR] ").partition(_POINTER)
    return {"pointer": pointer.removesuffix("]"), "code": "failed_constraint", "message": text}


METHODS = {"blocks.validate": Method(blocks_validate, TIER_3)}
"""Its rate is not published: "special rate limits apply"."""
