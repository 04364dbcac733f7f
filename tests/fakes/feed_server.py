"""A loopback web server for tests: feeds whose content a test sets at run time, and servers that misbehave.

    async with FeedServer() as server:
        server.publish("/news.xml", [Item("Leaders to meet in Alaska", link="http://a.example/1")])
        ... fetch server.url("/news.xml") ...
        server.publish("/news.xml", [Item("And a second report"), *earlier])  # the next poll sees this
        server.requests_for("/news.xml")[-1].status                           # 200, or 304 if nothing changed

`publish` makes RSS; `serve` takes any bytes. Both answer 304 exactly if the request's validators say so: any of the
tags of If-None-Match, or without that header an If-Modified-Since no older than the content. The rest
(`answer`, `redirect`, `drip`, `cut_off`, `gzip_bomb`) are for the ways in which the real web fails.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from types import TracebackType
from typing import Self
from xml.sax.saxutils import escape

from aiohttp import web

RSS_TYPE = "application/rss+xml; charset=utf-8"

_FIRST_PUBLISHED = datetime(2025, 8, 9, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Item:
    """What an `<item>` says; what is None or empty is left out. `summary` may hold HTML."""

    title: str = ""
    link: str | None = None
    id: str | None = None
    summary: str = ""
    published: datetime | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request that arrived. `path` is without the query; `status` is 0 until it is answered; `at`: `time.monotonic`."""

    path: str
    headers: Mapping[str, str]
    status: int
    at: float = field(default_factory=time.monotonic)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def rss(items: Sequence[Item], title: str = "A feed") -> bytes:
    """An RSS 2.0 document in UTF-8."""
    body = "".join(_item(item) for item in items)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(title)}</title><link>http://outlet.example/</link><description/>\n"
        f"{body}</channel></rss>\n"
    ).encode()


def _item(item: Item) -> str:
    parts = {
        "title": item.title,
        "link": item.link,
        'guid isPermaLink="false"': item.id,
        "description": item.summary,
        "pubDate": format_datetime(item.published) if item.published else None,
        'source url="http://source.example/"': item.source,
    }
    inner = "".join(f"<{tag}>{escape(text)}</{tag.split()[0]}>" for tag, text in parts.items() if text)
    return f"<item>{inner}</item>\n"


@dataclass(slots=True)
class FeedServer:
    """Use it as an async context manager; it listens on 127.0.0.1 at a free port from then on."""

    requests: list[Request] = field(default_factory=list)
    """Everything asked so far, in order of arrival."""

    _handlers: dict[str, Handler] = field(default_factory=dict)
    _changes: int = 0
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None
    _port: int = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._dispatch)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def port(self) -> int:
        return self._port

    @property
    def connections(self) -> set[int]:
        """Those that are open, used or not."""
        assert self._runner is not None
        assert self._runner.server is not None
        return set(map(id, self._runner.server.connections))

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self._port}{path}"

    def requests_for(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    async def until_asked(self, path: str, times: int = 1) -> None:
        """Return once `path` has been asked that often in all."""
        while len(self.requests_for(path)) < times:
            self._asked.clear()
            await self._asked.wait()

    def publish(self, path: str, items: Sequence[Item], *, title: str = "A feed") -> None:
        """Make `path` an RSS feed of these items, in place of what it was."""
        self.serve(path, rss(items, title))

    def serve(
        self,
        path: str,
        body: bytes,
        content_type: str = RSS_TYPE,
        headers: Mapping[str, str] | None = None,
        *,
        etag: bool = True,
        last_modified: bool = True,
    ) -> None:
        """Make `path` this document, modified now (a second after the change before)."""
        self._changes += 1
        modified = _FIRST_PUBLISHED + timedelta(seconds=self._changes)
        tag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        sent = {"Content-Type": content_type, **(headers or {})}
        if etag:
            sent["ETag"] = tag
        if last_modified:
            sent["Last-Modified"] = format_datetime(modified, usegmt=True)

        async def handle(request: web.Request) -> web.StreamResponse:
            if _unchanged(request.headers, tag if etag else None, modified if last_modified else None):
                return web.Response(
                    status=304, headers={k: v for k, v in sent.items() if k != "Content-Type"}
                )
            return web.Response(body=body, headers=sent)

        self._handlers[path] = handle

    def answer(
        self, path: str, status: int, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> None:
        """Make `path` answer so, always: a 410, a 429 with Retry-After, a 500."""

        async def handle(_: web.Request) -> web.StreamResponse:
            return web.Response(status=status, headers=headers, body=body)

        self._handlers[path] = handle

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        """Make `path` point elsewhere: to another path, itself, or any address (`file:///etc/passwd`)."""
        self.answer(path, status, {"Location": to})

    def drip(self, path: str, beginning: bytes = b"<rss") -> None:
        """Make `path` send `beginning` and then nothing for as long as the server lives."""

        async def handle(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": RSS_TYPE})
            await response.prepare(request)
            await response.write(beginning)
            await self._closing.wait()
            return response

        self._handlers[path] = handle

    def silence(self, path: str) -> None:
        """Make `path` accept the request and never answer."""

        async def handle(_: web.Request) -> web.StreamResponse:
            await self._closing.wait()
            return web.Response()

        self._handlers[path] = handle

    def cut_off(self, path: str, body: bytes, after: int) -> None:
        """Make `path` promise all of `body`, send `after` bytes of it and close the connection."""

        async def handle(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": RSS_TYPE})
            response.content_length = len(body)
            await response.prepare(request)
            await response.write(body[:after])
            if request.transport is not None:
                request.transport.close()
            return response

        self._handlers[path] = handle

    def huge(self, path: str, size: int) -> None:
        """Make `path` send `size` bytes in pieces, without saying how many there will be."""

        async def handle(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": RSS_TYPE})
            await response.prepare(request)
            for _ in range(size // 65_536 + 1):
                await response.write(b" " * 65_536)
            return response

        self._handlers[path] = handle

    def gzip_bomb(self, path: str, size: int) -> None:
        """Make `path` send a small body that unpacks to `size` bytes."""
        self.serve(path, gzip.compress(bytes(size)), headers={"Content-Encoding": "gzip"})

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        handler = self._handlers.get(request.path)
        place = len(self.requests)
        self.requests.append(Request(request.path, dict(request.headers), 0))
        self._asked.set()
        response = await handler(request) if handler else web.Response(status=404)
        self.requests[place] = replace(self.requests[place], status=response.status)
        return response


def _unchanged(headers: Mapping[str, str], tag: str | None, modified: datetime | None) -> bool:
    asked_tags = headers.get("If-None-Match")
    if asked_tags is not None:
        return tag is not None and tag in [
            asked.strip().removeprefix("W/") for asked in asked_tags.split(",")
        ]
    asked_date = headers.get("If-Modified-Since")
    return bool(asked_date and modified and parsedate_to_datetime(asked_date) >= modified)
