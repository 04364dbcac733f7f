"""WebSub over HTTP: which hub a document names, asking it, and where it reaches us.

Reference: https://www.w3.org/TR/websub/.
"""

from __future__ import annotations

import asyncio
import html
import re
from typing import Protocol

from aiohttp import web

from bot.domain.addresses import web_address
from bot.domain.websub import LEASE, Hub, Push

PATH = "/websub"
MAX_PUSHED = 15 * 1024 * 1024
"""Bytes of a document, as of one that is fetched."""

PUSHES_AT_ONCE = 4
PUSH_SECONDS = 20.0
"""So many are read at a time, each within so long."""

_LINK = re.compile(r"<(?:\w{1,20}:)?link\b([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(rel|href)\s{0,9}=\s{0,9}("[^"]*"|'[^']*')""", re.IGNORECASE)


def hub_of(head: str, url: str) -> Hub | None:
    """The hub that a document, best without its items, names in its links; its own address is `url` where it names none."""
    named: dict[str, str] = {}
    for link in _LINK.findall(head[:100_000]):
        attributes = {name.lower(): html.unescape(value[1:-1]) for name, value in _ATTRIBUTE.findall(link)}
        for rel in attributes.get("rel", "").lower().split():
            named.setdefault(rel, attributes.get("href", ""))
    return hub_at(named.get("hub"), named.get("self"), url)


def hub_at(hub: str | None, topic: str | None, url: str) -> Hub | None:
    """A hub, given what is said of it and of the feed's own address, relative to `url`."""
    address = web_address(hub, url)
    return Hub(address, web_address(topic, url) or url) if address else None


def form_of(push: Push, callback: str) -> dict[str, str]:
    """What a hub is asked."""
    return {
        "hub.callback": callback,
        "hub.mode": "subscribe",
        "hub.topic": push.hub.topic,
        "hub.secret": push.secret,
        "hub.lease_seconds": f"{LEASE.total_seconds():.0f}",
    }


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > MAX_PUSHED:
            raise web.HTTPRequestEntityTooLarge(MAX_PUSHED, len(body))
    return bytes(body)


class Subscribed(Protocol):
    """Who knows the subscriptions: `bot.subscribing.Subscriber`."""

    async def asked_back(self, token: str, mode: str, topic: str, lease: str) -> bool: ...

    async def knows(self, token: str) -> bool: ...

    async def pushed(self, token: str, body: bytes, content_type: str, signature: str) -> None: ...


def routes_of(subscribed: Subscribed) -> list[web.RouteDef]:
    """Where hubs ask back and push to."""

    async def ask_back(request: web.Request) -> web.Response:
        asked = request.query
        if not await subscribed.asked_back(
            request.match_info["token"],
            asked.get("hub.mode", ""),
            asked.get("hub.topic", ""),
            asked.get("hub.lease_seconds", ""),
        ):
            raise web.HTTPNotFound
        return web.Response(text=asked.get("hub.challenge", ""))

    async def push(request: web.Request) -> web.Response:
        token = request.match_info["token"]
        # Before anything of it is read: whoever does not know a token cannot fill the memory.
        if not await subscribed.knows(token):
            raise web.HTTPGone
        async with places, asyncio.timeout(PUSH_SECONDS):
            body = await _body(request)
        content_type = request.headers.get("Content-Type", "")
        await subscribed.pushed(token, body, content_type, request.headers.get("X-Hub-Signature", ""))
        return web.Response(status=202)

    places = asyncio.Semaphore(PUSHES_AT_ONCE)
    place = f"{PATH}/{{token}}"
    return [web.get(place, ask_back), web.post(place, push)]
