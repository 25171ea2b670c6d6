"""Fetches what a sender's service has ready for us, and no more of it than was agreed.

The address is checked by the caller: here nothing but a fixed host may ever be asked.
"""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from powertrip.errors import Overloaded

Fetch = Callable[[str], Awaitable[bytes]]
"""Gives what is at an address; raises Overloaded if it cannot be had now."""

_TIMEOUT = 5.0
"""Seconds for all of it; SNS waits 15 for our answer."""
_LIMIT = 64 * 1024
"""Bytes; a certificate has about 2000."""


async def fetch_bounded(url: str, *, within: float = _TIMEOUT) -> bytes:
    """What is at `url`, without following it elsewhere; raises Overloaded, naming only the host.

    `within` is in seconds.
    """
    try:
        async with asyncio.timeout(within), httpx.AsyncClient() as client:
            return await _body(client, url)
    except (httpx.HTTPError, TimeoutError) as error:
        raise Overloaded(f"{httpx.URL(url).host} did not answer ({type(error).__name__})") from error


async def _body(client: httpx.AsyncClient, url: str) -> bytes:
    # Identity, so that the bytes that are counted are the bytes that are held.
    headers = {"Accept-Encoding": "identity"}
    async with client.stream("GET", url, headers=headers, follow_redirects=False) as response:
        if response.status_code != httpx.codes.OK:
            raise Overloaded(f"{response.url.host} answered {response.status_code}")
        body = b""
        async for chunk in response.aiter_raw(_LIMIT):
            body += chunk
            if len(body) > _LIMIT:
                raise Overloaded(f"{response.url.host} answered with more than {_LIMIT} bytes")
        return body
