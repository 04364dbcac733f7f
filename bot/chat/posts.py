"""What is posted to us over HTTP, read within limits (the server's own is in `bot.health`). Whoever posts has to be known before any of it is believed."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web

log = structlog.get_logger(__name__)

READ_SECONDS = 10.0
"""How long somebody may take to send a body."""

Route = web.RouteDef


async def body_of(request: web.Request) -> bytes | web.Response:
    """The body, or what to answer where it is too long or too slow."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        return refused(request, 413, "the body is too long")
    except TimeoutError:
        return refused(request, 408, "the body took too long")
    except web.RequestPayloadError:
        return refused(request, 400, "the body cannot be read")


def refused(request: web.Request, status: int, reason: str) -> web.Response:
    """Say no, with nothing but the status, and have it in the log."""
    log.warning("request_refused", path=request.path, status=status, reason=reason, remote=request.remote)
    return web.Response(status=status)
