"""Stands in for what is around Powertrip in earnest: a reputation service, a HIDS and a VPN."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from rich.console import Console

from powertrip.cli.demo.scenes import HOME, HOSTILE, HOTEL, OFFICE
from powertrip.cli.shared import printable

_REPUTATIONS = {
    HOME: (4, "LOW", "", 64496),
    OFFICE: (51, "MEDIUM", "The network belongs to a hosting provider", 64497),
    HOTEL: (38, "MEDIUM", "The address was seen in one list of open proxies", 64498),
    HOSTILE: (84, "HIGH", "The address was found in 3 lists of password guessing", 64511),
}
_NETWORKS = {
    64496: ("EXAMPLE-HOME", "Example Broadband", "DE"),
    64497: ("EXAMPLE-CLOUD", "Example Hosting", "IE"),
    64498: ("EXAMPLE-HOTEL", "Example Hotels", "FR"),
    64511: ("EXAMPLE-EVIL", "Example Bulletproof Hosting", "NL"),
}
_PLACES = {
    64496: ("Berlin", "Land Berlin", "DE", "Europe/Berlin"),
    64497: ("Dublin", "Leinster", "IE", "Europe/Dublin"),
    64498: ("Paris", "Île-de-France", "FR", "Europe/Paris"),
    64511: ("Amsterdam", "North Holland", "NL", "Europe/Amsterdam"),
}


class Outside:
    """One server on this machine: Threat Jammer's API, and what hears of verdicts and of locks."""

    def __init__(self, console: Console) -> None:
        self._console = console
        app = web.Application()
        app.router.add_get("/v1/assess/ip/{address}", self._assess)
        app.router.add_post("/v1/assess/ip", self._assess_many)
        app.router.add_get("/v1/geo/{address}", self._geo)
        app.router.add_post("/v1/geo", self._geo_many)
        app.router.add_get("/v1/asn/{number}", self._asn)
        app.router.add_post("/verdicts", self._verdict)
        app.router.add_post("/vpn", self._lock)
        self._runner = web.AppRunner(app, access_log=None)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve on loopback while the context lasts; gives the address."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        finally:
            await self._runner.cleanup()

    async def _assess(self, request: web.Request) -> web.Response:
        return web.json_response(_assessment(request.match_info["address"]))

    async def _assess_many(self, request: web.Request) -> web.Response:
        return web.json_response({"results": [_assessment(address) for address in await request.json()]})

    async def _geo(self, request: web.Request) -> web.Response:
        return web.json_response(_geo(request.match_info["address"]))

    async def _geo_many(self, request: web.Request) -> web.Response:
        return web.json_response({"results": [_geo(address) for address in await request.json()]})

    async def _asn(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        name, description, country = _NETWORKS[number]
        return web.json_response(
            {"self": f"/v1/asn/{number}", "name": name, "description": description, "country_code": country}
        )

    async def _verdict(self, request: web.Request) -> web.Response:
        verdict = await request.json()
        self._console.print(
            f"  [bold magenta]HIDS[/bold magenta] is told: {verdict['verdict']} by "
            f"{verdict['decided_by_name']} (alert {verdict['alert_id']})",
            highlight=False,
        )
        return web.Response()

    async def _lock(self, request: web.Request) -> web.Response:
        asked = await request.json()
        verb = "locked out" if asked["do"] == "contain" else "let in again"
        said = f"{printable(str(asked['user_name']))} is {verb}"
        self._console.print(f"  [bold magenta]VPN[/bold magenta]: {said}", highlight=False)
        return web.Response()


def _assessment(address: str) -> dict[str, Any]:
    score, risk, reason, number = _REPUTATIONS.get(address, _REPUTATIONS[HOME])
    return {
        "self": f"/v1/assess/ip/{address}",
        "score": score,
        "risk": risk,
        "reason": reason,
        "datasets": [],
        "sources": [],
        "first_appearance": [],
        "last_appearance": [],
        "asn": f"/v1/asn/{number}",
        "asn_prefix": "",
        "datacenter": "",
        "datacenter_prefix": "",
        "denylisted": "",
        "allowlisted": "",
    }


def _geo(address: str) -> dict[str, Any]:
    *_, number = _REPUTATIONS.get(address, _REPUTATIONS[HOME])
    city, region, country, zone = _PLACES[number]
    return {
        "self": f"/v1/geo/{address}",
        "city_name": city,
        "region_name": region,
        "country_iso_code": country,
        "time_zone": zone,
    }
