"""Methods about the app itself: api.test, auth.test, apps.connections.open."""

from slack_emulator.api.base import TIER_1, TIER_4, ApiError, Call, Method
from slack_emulator.entities import TEAM_ID, TEAM_NAME, Json


async def api_test(call: Call) -> Json:
    """Echo the arguments; `error` asks for that error."""
    args = {name: value for name, value in call.args.values.items() if name != "token"}
    if "error" in args:
        raise ApiError(str(args["error"]), args=args)
    return {"args": args} if args else {}


async def auth_test(call: Call) -> Json:
    """Who the token is; the scopes are in a header."""
    call.headers["x-oauth-scopes"] = ",".join(call.world.scopes)
    return {
        "url": f"{call.base_url}/",
        "team": TEAM_NAME,
        "user": call.world.app.bot_name,
        "team_id": TEAM_ID,
        "user_id": call.world.app.bot_user,
        "bot_id": call.world.app.bot_id,
        "is_enterprise_install": False,
    } | ({"enterprise_id": call.world.enterprise_id} if call.world.enterprise_id else {})


async def connections_open(call: Call) -> Json:
    """A WebSocket address with a ticket that opens one connection."""
    socket_base = call.base_url.replace("http", "ws", 1)
    return {"url": f"{socket_base}/link/?ticket={call.ticket()}&app_id={call.world.app.id}"}


METHODS = {
    "api.test": Method(api_test, TIER_4),
    "auth.test": Method(auth_test, 600),
    "apps.connections.open": Method(connections_open, TIER_1),
}
