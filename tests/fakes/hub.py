"""A WebSub hub on the loopback: it asks back, as the standard wants, and pushes signed documents."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

CHALLENGE = "say this back"


@dataclass(slots=True)
class Hub:
    """Use it as an async context manager. `asked` are the forms it was sent; `verified` is set once one holds.

    `held`: by topic, the last form that did.
    """

    lease_seconds: int = 86_400
    status: int = 202
    asked: list[Mapping[str, str]] = field(default_factory=list)
    verified: asyncio.Event = field(default_factory=asyncio.Event)
    held: dict[str, Mapping[str, str]] = field(default_factory=dict)
    url: str = ""
    _runner: web.AppRunner | None = None
    _asking: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/hub", self._subscribe)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hub"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*self._asking)
        if self._runner is not None:
            await self._runner.cleanup()

    async def _subscribe(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.status == 202:
            task = asyncio.create_task(self._ask_back(form))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        return web.Response(status=self.status)

    async def _ask_back(self, form: Mapping[str, str]) -> None:
        if await self.say(form, "subscribe") == (200, CHALLENGE):
            self.held[form["hub.topic"]] = form
            self.verified.set()

    async def say(
        self, form: Mapping[str, str], mode: str, topic: str | None = None, token: str = ""
    ) -> tuple[int, str]:
        """Ask a subscriber back, or tell it that it is denied; answers what it says."""
        asked = {
            "hub.mode": mode,
            "hub.topic": topic or form["hub.topic"],
            "hub.challenge": CHALLENGE,
            "hub.lease_seconds": str(self.lease_seconds),
        }
        async with (
            aiohttp.ClientSession() as session,
            session.get(form["hub.callback"] + token, params=asked) as answer,
        ):
            return answer.status, await answer.text()

    async def push(
        self,
        body: bytes,
        *,
        topic: str | None = None,
        secret: str | None = None,
        token: str = "",
        method: str = "sha256",
    ) -> int:
        """Push a document to who subscribed to the topic, or asked last; answers the status."""
        form = self.held[topic] if topic else self.asked[-1]
        key = form["hub.secret"] if secret is None else secret
        signature = f"{method}={hmac.new(key.encode(), body, method).hexdigest()}"
        headers = {"X-Hub-Signature": signature, "Content-Type": "application/rss+xml"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(form["hub.callback"] + token, data=body, headers=headers) as answer,
        ):
            return answer.status
