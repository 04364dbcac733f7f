"""The two ways in which Slack says what happens: through a socket that we open, or posted to us and signed."""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog
from aiohttp import WSMessage, web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.posts import Route, body_of, refused
from bot.chat.slack.errors import FAILURES, TOKEN_REFUSED, code_of, refusal
from bot.chat.slack.manifest import EVENTS_PATH

log = structlog.get_logger(__name__)

NEWCOMER_WAITS = (5.0, 15.0)
"""Seconds to wait, again and again, for the connection of a process that has just ended to go away."""

SILENT_SECONDS = 60.0
"""Without a connection for so long, a new address to connect to is asked for."""

HELLO_SECONDS = 30.0
"""For how long Slack's greeting, which tells of other connections, is waited for."""

SIGNED_SECONDS = 300.0
"""For how long a signature is good: docs.slack.dev/authentication/verifying-requests-from-slack."""

SECOND = (
    "Another program is connected as this Slack app, perhaps a second Sokuho; each would hear only half of what is "
    "said. Stop that one, or make an app of its own for this one."
)


class Way(Protocol):
    """How events come in. `connected`: whether they do, as far as is known."""

    connected: bool
    routes: list[Route]

    async def check(self, client: AsyncWebClient) -> None:
        """Find out whether Slack lets us listen; raises what its client does."""
        ...

    async def listen(self, app: AsyncApp, client: AsyncWebClient) -> str | None:
        """Hand events over until cancelled; answers what ends it, if anything does."""
        ...

    async def close(self) -> None:
        """Take no more of them."""
        ...


class SocketMode:
    """A connection that we open: needs no public address. The library reconnects, but may hold on to a dead address."""

    def __init__(
        self,
        app_token: str,
        *,
        waits: tuple[float, ...] = NEWCOMER_WAITS,
        ping_seconds: float = 5.0,
        shared: bool = False,
    ) -> None:
        """`shared`: it takes turns with other processes of ours, whom it may meet at the change."""
        self.connected = False
        self.routes: list[Route] = []
        self._app_token = app_token
        self._waits = waits
        self._shared = shared
        self._ping_seconds = ping_seconds
        self._socket: SocketModeClient | None = None
        self._hello: asyncio.Future[int] | None = None

    async def check(self, client: AsyncWebClient) -> None:
        await client.apps_connections_open(app_token=self._app_token)

    async def listen(self, app: AsyncApp, client: AsyncWebClient) -> str | None:
        if not await self._connect_alone(app, client):
            return SECOND
        last = time.monotonic()
        while self._socket is not None:
            await asyncio.sleep(1.0)
            self.connected = bool(await self._socket.is_connected())
            if self.connected:
                last = time.monotonic()
            elif time.monotonic() - last > SILENT_SECONDS:
                log.warning("slack_silent")
                self._socket.wss_uri = None
                last = time.monotonic()
                problem = await self._refused(client)
                if problem is not None:
                    return problem
        return None

    async def close(self) -> None:
        self.connected = False
        if self._socket is not None:
            await self._socket.close()  # type: ignore[no-untyped-call]
            self._socket = None

    async def _refused(self, client: AsyncWebClient) -> str | None:
        """Whether it is the token that keeps us from connecting; the library would try for ever."""
        try:
            await self.check(client)
        except SlackApiError as error:
            if code_of(error) in TOKEN_REFUSED:
                return refusal(code_of(error))
        except FAILURES:
            pass
        return None

    async def _connect_alone(self, app: AsyncApp, client: AsyncWebClient) -> bool:
        """Connect; False where another program stays connected as this app."""
        for wait in (*self._waits, None):
            others = await self._connect(app, client) - 1
            if others < 1 or self._shared:
                return True
            log.warning("slack_connected_elsewhere", connections=others)
            await self.close()
            if wait is not None:
                await asyncio.sleep(wait)
        return False

    async def _connect(self, app: AsyncApp, client: AsyncWebClient) -> int:
        """Open the socket; answers how many connections this app has with it."""
        self._hello = asyncio.get_running_loop().create_future()
        handler = AsyncSocketModeHandler(
            app, self._app_token, web_client=client, ping_interval=self._ping_seconds
        )
        self._socket = handler.client
        self._socket.on_message_listeners.append(self._greeted)
        await self._socket.connect()  # type: ignore[no-untyped-call]
        self.connected = True
        with suppress(TimeoutError):
            return await asyncio.wait_for(self._hello, HELLO_SECONDS)
        return 1

    async def _greeted(self, message: WSMessage) -> None:
        if self._hello is None or self._hello.done() or '"hello"' not in str(message.data):
            return
        said = json.loads(message.data)
        if said.get("type") == "hello":
            self._hello.set_result(int(said.get("num_connections", 1)))


class Posts:
    """Requests that Slack signs. What is not signed by it, or was some minutes ago, is refused before it is read."""

    def __init__(self, signing_secret: str, seconds: Callable[[], float] = time.time) -> None:
        self.connected = False
        self.routes = [web.post(EVENTS_PATH, self._receive)]
        self._verifier = SignatureVerifier(signing_secret, clock=_Clock(seconds))
        self._seconds = seconds
        self._app: AsyncApp | None = None
        self._seen: OrderedDict[str, float] = OrderedDict()
        """Signatures, by when they were used."""

    async def check(self, client: AsyncWebClient) -> None:
        """Nothing: Slack comes to us."""

    async def listen(self, app: AsyncApp, client: AsyncWebClient) -> str | None:  # noqa: ARG002 - it needs none
        self._app = app
        self.connected = True
        await asyncio.Event().wait()
        return None

    async def close(self) -> None:
        self.connected = False
        self._app = None

    async def _receive(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        if isinstance(body, web.Response):
            return body
        if not self._signed(body, request):
            return refused(request, 401, "no signature of Slack's, or an old one")
        if self._app is None:
            return web.Response(status=503)  # Slack comes again
        if self._used(request.headers["X-Slack-Signature"]):
            # Somebody who overheard it; or Slack, that says again within the second what is being worked on.
            return refused(request, 200, "it was posted before")
        try:
            posted = AsyncBoltRequest(
                body=body.decode(), query=request.query_string, headers=dict(request.headers)
            )
            answered = await self._app.async_dispatch(posted)
        except Exception:
            log.exception("slack_unreadable")
            return web.Response(status=400)
        return await to_aiohttp_response(answered)

    def _signed(self, body: bytes, request: web.Request) -> bool:
        try:
            return self._verifier.is_valid_request(body, dict(request.headers))
        except (ValueError, TypeError):
            # The verifier trusts that times are numbers and all else is ASCII.
            return False

    def _used(self, signature: str) -> bool:
        """Whether a signature was used already; it is from now on."""
        now = self._seconds()
        while self._seen and next(iter(self._seen.values())) < now - 2 * SIGNED_SECONDS:
            self._seen.popitem(last=False)
        used = signature in self._seen
        self._seen[signature] = self._seen.get(signature, now)
        return used


class _Clock(SignatureClock):
    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds

    def now(self) -> float:
        return self._seconds()
