"""A loopback server of many feeds in a process of its own, as cheap as can be, so that who polls it is what is measured.

Every feed has the newest 30 of its items, which are its own; each round a tenth of the feeds has 5 new ones. Five feeds
share an address of 127.0.0.0/8, a host of its own to whoever keeps a limit for each.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from multiprocessing.connection import Connection

ITEMS = 30
NEW_ITEMS = 5
ROUNDS_TO_ALL_NEW = 10
FEEDS_A_HOST = 5

_BEGINNING = datetime(2025, 8, 9, 12, tzinfo=UTC)


@dataclass(slots=True)
class Asked:
    """How often each feed was, by its number, and when the first of them (`time.monotonic`)."""

    times: Counter[int] = field(default_factory=Counter)
    first: float = 0.0


class FeedFarm:
    """The server as its client sees it: addresses, and what to do next."""

    def __init__(self, port: int, control: Connection) -> None:
        self._port = port
        self._control = control
        self._round = 0

    def urls(self, feeds: int) -> list[str]:
        """Addresses of so many feeds, those of one host far from one another."""
        hosts = -(-feeds // FEEDS_A_HOST)
        return [
            f"http://127.0.{n % hosts // 250}.{n % hosts % 250 + 1}:{self._port}/{n}" for n in range(feeds)
        ]

    def answer(self, *, rounds: int = 0, latency: float = 0.0) -> None:
        """Go on by so many rounds, and answer everything after so many seconds from now on."""
        self._round += rounds
        self._control.send((self._round, latency))
        self._control.recv()

    def asked(self) -> Asked:
        """What was asked since this was asked last."""
        self._control.send(None)
        asked: Asked = self._control.recv()
        return asked


@contextmanager
def feed_farm() -> Iterator[FeedFarm]:
    """A running server."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield FeedFarm(ours.recv(), ours)
    finally:
        process.terminate()
        process.join()


def _serve(control: Connection) -> None:
    asyncio.run(_Farm(control).run())


def _document(feed: int, version: int) -> bytes:
    newest = ITEMS + NEW_ITEMS * version
    items = "".join(_item(feed, n) for n in range(newest, newest - ITEMS, -1))
    built = format_datetime(_BEGINNING + timedelta(hours=version))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>Feed {feed}</title><link>http://outlet-{feed}.example/</link><description>News</description>"
        f"<lastBuildDate>{built}</lastBuildDate>\n{items}</channel></rss>\n"
    ).encode()


def _item(feed: int, n: int) -> str:
    published = format_datetime(_BEGINNING + timedelta(minutes=n))
    return (
        f"<item><title>Ministers of {feed} meet for round {n} of the talks on the border question</title>"
        f"<link>http://outlet-{feed}.example/news/2025/08/{n}</link>"
        f'<guid isPermaLink="false">tag:outlet-{feed}.example,2025:{n}</guid><pubDate>{published}</pubDate>'
        f"<description>&lt;p&gt;The delegations met for the {n}th time and &lt;b&gt;agreed&lt;/b&gt; to meet again within "
        "a month, the ministry said in a statement.&lt;/p&gt;&lt;p&gt;Both sides called it useful &amp;amp; long, and "
        f"neither wanted to say more than that to {feed} reporters.&lt;/p&gt;</description></item>\n"
    )


class _Farm:
    def __init__(self, control: Connection) -> None:
        self._control = control
        self.round = 0
        self.latency = 0.0
        self._asked = Asked()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Client(self), "0.0.0.0", 0, backlog=2_000)  # noqa: S104 - loopback addresses
        loop.add_reader(self._control.fileno(), self._told)
        self._control.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    def _told(self) -> None:
        order = self._control.recv()
        if order is None:
            self._control.send(self._asked)
            self._asked = Asked()
            return
        self.round, self.latency = order
        self._control.send(None)

    def answer(self, request: bytes) -> bytes:
        feed = int(request[len(b"GET /") : request.index(b" ", 5)])
        self._asked.first = self._asked.first or time.monotonic()
        self._asked.times[feed] += 1
        version = (self.round + feed % ROUNDS_TO_ALL_NEW) // ROUNDS_TO_ALL_NEW
        tag = b'"%d-%d"' % (feed, version)
        if tag in request:
            return b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % tag
        body = _document(feed, version)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml; charset=utf-8\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
        return head % (tag, len(body)) + body


class _Client(asyncio.Protocol):
    def __init__(self, farm: _Farm) -> None:
        self._farm = farm
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received and self._transport is not None:
            request, _, self._received = self._received.partition(b"\r\n\r\n")
            answer = self._farm.answer(request)
            if self._farm.latency:
                asyncio.get_running_loop().call_later(self._farm.latency, self._transport.write, answer)
            else:
                self._transport.write(answer)
