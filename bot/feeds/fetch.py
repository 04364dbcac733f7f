"""Asking servers for feeds: conditionally, politely, and without believing anything they say."""

from __future__ import annotations

import asyncio
import hashlib
import time
import zlib
from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from operator import itemgetter
from types import TracebackType
from typing import Any, Self
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from bot.domain.addresses import host_of, shown, web_address, with_user
from bot.domain.polling import Failed, FailureKind, FeedForPoll, Fetched, FetchResult, NotModified
from bot.domain.speech import kept
from bot.domain.websub import Hub, Push
from bot.feeds.caching import validator, wait_after_answer, wait_after_refusal
from bot.feeds.failures import explained, refused
from bot.feeds.guard import Network, guarded_sockets
from bot.feeds.websub import form_of, hub_at
from bot.ports import Clock

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/rdf+xml;q=0.9, application/feed+json;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5"
)

TAKING_APART_SECONDS = 0.25
"""Of the processor, for one answer. 15 MiB take a tenth of it; millions of chunks of a byte would keep everything else
waiting as long as they come."""

ANNOUNCED_AT_ONCE = 16
"""Answers that only announce another one (RFC 9110 section 15.2); thousands of them would do the same."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_NOT_MODIFIED = 304
_GOOD = range(200, 300)
_GZIP_MAGIC = b"\x1f\x8b\x08"
LARGE_BODY = 1024 * 1024
"""Bytes above which a body has to wait until others that large are read, lest many at once fill the memory."""

IDLE_AT_MOST = 512
"""Connections that are kept for the next feed of their host. aiohttp keeps all of them for a while, which are thousands
where as many hosts are asked one after the other, as after a start; a program may often have 1,024 files open."""

IDLE_AFTER_CLOSING = 448
"""How many are left when there were more: who closes some at once need not look for the oldest each time."""

_HEADER_BYTES = 64 * 1024
"""Some outlets' security policies alone are longer than aiohttp's default of 8 KiB."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one fetch may cost. `seconds` are for all of it, redirects included, waiting for a turn excluded.

    `body_bytes` counts after decompression; of bodies above `LARGE_BODY`, at most `large` are read at a time. The
    defaults are those of FACTS «Fetching».
    """

    seconds: float = 20.0
    redirects: int = 5
    body_bytes: int = 15 * 1024 * 1024
    per_host: int = 4
    overall: int = 256
    large: int = 4


class HttpFetcher:
    """A `bot.ports.Fetcher` and `HubClient` over aiohttp. Make it inside a running loop, and `close` it there.

    `contact` is an address under which servers' owners reach whoever runs this copy; it goes into the User-Agent.
    `resolver` replaces the system's DNS. `private`: networks besides the public internet in which feeds of the
    configuration may be; a feed that only chats name is never asked for there. No proxy of the environment is used:
    what it connects to nobody could check.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        contact: str = "",
        limits: FetchLimits | None = None,
        resolver: AbstractResolver | None = None,
        private: Collection[Network] = (),
    ) -> None:
        self._clock = clock
        self._limits = limits or FetchLimits()
        self._places = asyncio.Semaphore(self._limits.overall)
        self._places_for_large = asyncio.Semaphore(self._limits.large)
        self._places_at: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        # Two, since a connection that one of them may make could be used again for what the other may not.
        self._session = _session(resolver, private, contact)
        self._public_session = _session(resolver, None, contact)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()
        await self._public_session.close()

    async def fetch(self, feed: FeedForPoll) -> FetchResult:
        """Ask for the feed, conditionally. Never raises for what a server or network does."""
        address = web_address(feed.address(self._clock.now()))
        if address is None:
            return Failed(
                FailureKind.UNREACHABLE,
                kept(
                    "{address} is not a web address; it has to begin with http:// or https://.",
                    address=shown(feed.url),
                ),
            )
        try:
            url = URL(address)
            if feed.user and url.origin() == URL(feed.url).origin():
                url = URL(with_user(address, feed.user))
            async with self._place_at(url), self._places, asyncio.timeout(self._limits.seconds):
                return await self._follow(feed, url)
        except TimeoutError:
            return Failed(
                FailureKind.TIMED_OUT,
                kept(
                    "The server was not done answering within {seconds} seconds.",
                    seconds=f"{self._limits.seconds:g}",
                ),
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return explained(error)

    async def ask_hub(self, push: Push, callback: str) -> bool:
        """Ask the hub to push the feed to `callback`; whether it accepted to look into that. Never raises."""
        try:
            url = URL(push.hub.url)
            form = form_of(push, callback)
            # Where the hub is says the document, and so somebody outside; where the feed is says the operator.
            session = self._session if url.host == push.feed_host else self._public_session
            async with (
                self._place_at(url),
                self._places,
                asyncio.timeout(self._limits.seconds),
                session.post(url, data=form, allow_redirects=False) as response,
            ):
                return response.status in _GOOD
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
            return False

    def _place_at(self, url: URL) -> asyncio.Semaphore:
        # Not by the connector's own limits: the wait for a turn would count as the server's time.
        return self._places_at.setdefault(url.host or "", asyncio.Semaphore(self._limits.per_host))

    async def _follow(self, feed: FeedForPoll, url: URL) -> FetchResult:
        session = self._public_session if feed.public_only else self._session
        moved_to, permanent = None, True
        for _ in range(self._limits.redirects + 1):
            async with session.get(url, headers=_conditions(feed), allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await self._answer(feed, response, moved_to)
                target = _redirect_target(response, url)
                permanent = permanent and response.status in _PERMANENT
            if isinstance(target, Failed):
                return target
            url = target
            # Passwords are kept in the configuration alone, and used at its own address.
            moved_to = str(url.with_user(None)) if permanent else moved_to
        return Failed(
            FailureKind.UNREACHABLE,
            kept(
                "The address redirects more than {times} times, at last to {address}.",
                times=self._limits.redirects,
                address=shown(str(url)),
            ),
        )

    async def _answer(
        self, feed: FeedForPoll, response: aiohttp.ClientResponse, moved_to: str | None
    ) -> FetchResult:
        now = self._clock.now()
        if response.status == _NOT_MODIFIED:
            return NotModified(wait_after_answer(response.headers, now), moved_to)
        if response.status not in _GOOD:
            return refused(
                response.status, wait_after_refusal(response.headers, now), host_of(str(response.url))
            )
        body = await self._body(response)
        if isinstance(body, Failed):
            return body
        digest = hashlib.blake2b(body, digest_size=16).hexdigest()
        ask_again_in = wait_after_answer(response.headers, now)
        if digest == feed.body_digest:
            return NotModified(ask_again_in, moved_to)
        return Fetched(
            body=body,
            content_type=validator(response.headers.get("Content-Type")) or "",
            url=str(response.url),
            digest=digest,
            etag=validator(response.headers.get("ETag")),
            last_modified=validator(response.headers.get("Last-Modified")),
            ask_again_in=ask_again_in,
            moved_to=moved_to,
            hub=_hub_in(response),
        )

    async def _body(self, response: aiohttp.ClientResponse) -> bytes | Failed:
        cap = self._limits.body_bytes
        too_large = Failed(
            FailureKind.TOO_LARGE, kept("The answer is larger than {size} MiB.", size=f"{cap / 2**20:g}")
        )
        if (response.content_length or 0) > cap:
            return too_large
        body = bytearray()
        async with AsyncExitStack() as place:
            async for piece in response.content.iter_any():
                if len(body) <= LARGE_BODY < len(body) + len(piece):
                    await place.enter_async_context(self._places_for_large)
                body += piece
                if len(body) > cap:
                    return too_large
            unpacked = _unpacked(bytes(body), cap)
        return unpacked if len(unpacked) <= cap else too_large


class _Protocol(ResponseHandler):
    """Hangs up on an answer that takes long to take apart."""

    _spent = 0.0

    def set_response_params(self, **how: Any) -> None:  # noqa: ANN401 - passed on; before each answer
        self._spent = 0.0
        super().set_response_params(**how)

    def data_received(self, data: bytes) -> None:
        begun = time.thread_time()
        super().data_received(data)
        self._spent += time.thread_time() - begun
        flooded = self._spent > TAKING_APART_SECONDS or len(self._buffer) > ANNOUNCED_AT_ONCE
        if flooded and self.transport is not None:
            self.transport.abort()


class _Connector(aiohttp.TCPConnector):
    """Keeps connections open that were used last."""

    def __init__(self, resolver: AbstractResolver | None, private: Collection[Network] | None) -> None:
        super().__init__(limit=0, resolver=resolver, socket_factory=guarded_sockets(private))
        self._factory = partial(_Protocol, loop=self._loop)  # type: ignore[assignment] # it is one of those

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        super()._release(key, protocol, should_close=should_close)
        if sum(map(len, self._conns.values())) <= IDLE_AT_MOST:
            return
        idle = [(since, host) for host, connections in self._conns.items() for _, since in connections]
        idle.sort(key=itemgetter(0))
        for _, host in idle[:-IDLE_AFTER_CLOSING]:
            self._conns[host].popleft()[0].close()
            if not self._conns[host]:
                del self._conns[host]


def _session(
    resolver: AbstractResolver | None, private: Collection[Network] | None, contact: str
) -> aiohttp.ClientSession:
    """Every connection is made through a checked socket (`bot.feeds.guard`)."""
    return aiohttp.ClientSession(
        connector=_Connector(resolver, private),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        max_field_size=_HEADER_BYTES,
        max_line_size=_HEADER_BYTES,
        trust_env=False,
        headers={
            "Accept": ACCEPT,
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": f"Sokuho/{version('sokuho')} (news feed reader; {contact or 'contact not configured'})",
        },
    )


def _hub_in(response: aiohttp.ClientResponse) -> Hub | None:
    """The hub that `Link` headers name."""
    if "Link" not in response.headers:
        return None
    try:
        links = {name: str(link.get("url", "")) for name, link in response.links.items()}
    except ValueError:  # an address that is none, perhaps of another link
        return None
    return hub_at(links.get("hub"), links.get("self"), str(response.url))


def _conditions(feed: FeedForPoll) -> dict[str, str]:
    headers = {"If-None-Match": feed.etag, "If-Modified-Since": feed.last_modified}
    return {name: value for name, value in headers.items() if value}


def _redirect_target(response: aiohttp.ClientResponse, url: URL) -> URL | Failed:
    location = response.headers.get("Location")
    if not location:
        return Failed(
            FailureKind.UNREACHABLE,
            kept("The server redirects without saying where (HTTP {status}).", status=response.status),
        )
    address = web_address(location, str(response.url))
    if address is None:
        return Failed(
            FailureKind.UNREACHABLE,
            kept("The address redirects to {address}, which is no web address.", address=shown(location)),
        )
    target = URL(address)
    if url.user and not target.user and target.origin() == url.origin():
        return target.with_user(url.user).with_password(url.password)
    return target


def _unpacked(body: bytes, cap: int) -> bytes:
    """The body, decompressed if it is a gzip file that was not declared; up to one byte more than `cap`."""
    if not body.startswith(_GZIP_MAGIC):
        return body
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(body, cap + 1)
    except zlib.error:
        return body
