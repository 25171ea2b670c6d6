"""Cookies of the page, which hold what is sealed for five minutes."""

from aiohttp import web

from powertrip.proofs.sign_in import WITHIN


def keep(response: web.Response, name: str, sealed: str) -> None:
    """Have the browser bring it along, and no script read it; `__Host-` names are of this host alone."""
    response.set_cookie(
        name,
        sealed,
        max_age=int(WITHIN.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        # Strict would leave it out on the way back from the provider.
        samesite="Lax",
    )


def drop(response: web.Response, name: str) -> None:
    """Have the browser forget it."""
    response.del_cookie(name, path="/", secure=True, httponly=True, samesite="Lax")
