"""The one web server: `/healthz` and `/readyz` for whoever keeps the process running, and what the platforms post to.

Alive means that the event loop turns; ready means that the database answers and every platform is connected.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[bool]]

ASK_SECONDS = 5

SHUTDOWN_SECONDS = 5.0
"""How long a stop waits for requests under way."""

MAX_BODY = 1024 * 1024
"""Bytes that anybody may post; no update, event or press is near it."""


@asynccontextmanager
async def serving_health(
    address: str, checks: Mapping[str, Check], routes: Iterable[web.RouteDef] = ()
) -> AsyncIterator[None]:
    """Answer at `address` (`127.0.0.1:8080`; empty: nowhere) while entered, at `routes` as well.

    May raise OSError where the address is taken.
    """
    if not address:
        yield
        return

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def ready(_: web.Request) -> web.Response:
        state = {name: await _holds(check) for name, check in checks.items()}
        return web.json_response(state, status=200 if all(state.values()) else 503)

    application = web.Application(client_max_size=MAX_BODY)
    application.router.add_get("/healthz", alive)
    application.router.add_get("/readyz", ready)
    application.router.add_routes(routes)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        host, _, port = address.rpartition(":")
        await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        yield
    finally:
        await runner.cleanup()


async def _holds(check: Check) -> bool:
    try:
        return await check()
    except Exception:
        log.exception("not_ready")
        return False


def ask(address: str) -> str | None:
    """Ask the process at `address` whether it is alive; answers what is wrong, if anything."""
    if not address:
        return "SOKUHO_HTTP names no address to ask at, such as 127.0.0.1:8080."
    host, _, port = address.rpartition(":")
    # Who listens on every address is asked on this machine's own.
    own = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 - compared, not bound
    here = f"http://{own}:{port}/healthz"
    try:
        with urllib.request.urlopen(here, timeout=ASK_SECONDS):
            return None
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        return f"Nobody answers at {here}: {getattr(error, 'reason', error)}"
