"""Fetching over real HTTP from a loopback server, well-behaved and not."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import BasicAuth
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_reqrep import ConnectionKey

from bot.domain.polling import (
    MOVE_HOLDS_POLLS,
    Failed,
    FailureKind,
    FeedForPoll,
    Fetched,
    Move,
    NotModified,
)
from bot.feeds.failures import explained
from bot.feeds.fetch import IDLE_AFTER_CLOSING, IDLE_AT_MOST, LARGE_BODY, FetchLimits, HttpFetcher
from bot.feeds.guard import LOOPBACK
from tests.fakes.feed_server import FeedServer, Item, rss

NOW = datetime(2025, 8, 9, 12, 0, tzinfo=UTC)
KEY = ConnectionKey("a.example", 443, True, True, None, None, None)
ITEMS = [Item("Leaders to meet in Alaska", link="http://a.example/1", id="1")]


class FixedClock:
    def now(self) -> datetime:
        return NOW


class FakeResolver(AbstractResolver):
    """Knows the hosts it is given, all at 127.0.0.1, and no other."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in self.hosts:
            raise OSError(socket.EAI_NONAME, "Name or service not known")
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    resolver = FakeResolver("one.example", "two.example")
    limits = FetchLimits(seconds=5, body_bytes=1_000_000)
    async with HttpFetcher(
        FixedClock(), contact="ops@desk.example", limits=limits, resolver=resolver, private=LOOPBACK
    ) as fetcher:
        yield fetcher


def feed(url: str, **known: str) -> FeedForPoll:
    return FeedForPoll(1, url, **known)  # type: ignore[arg-type] # only validators are passed, all of them texts


def again(url: str, fetched: Fetched, *, digest: bool = False) -> FeedForPoll:
    return FeedForPoll(1, url, fetched.etag, fetched.last_modified, fetched.digest if digest else None)


async def failure(fetcher: HttpFetcher, url: str) -> Failed:
    result = await fetcher.fetch(feed(url))
    assert isinstance(result, Failed), result
    assert result.reason[-1] in ".…", "a reason is a sentence"
    return result


class TestAnswers:
    async def test_a_body_arrives_with_its_validators(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """A first fetch gives the body as published, its type, address, digest and validators."""
        server.publish("/news.xml", ITEMS)
        result = await fetcher.fetch(feed(server.url("/news.xml")))
        assert isinstance(result, Fetched)
        assert result.body == rss(ITEMS)
        assert result.content_type.startswith("application/rss+xml")
        assert result.url == server.url("/news.xml")
        assert result.etag
        assert result.last_modified
        assert len(result.digest) == 32

    async def test_the_request_says_who_asks(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """The request names the project and a contact, and asks for feeds, compressed."""
        server.publish("/news.xml", ITEMS)
        await fetcher.fetch(feed(server.url("/news.xml")))
        headers = server.requests[0].headers
        assert "Sokuho/" in headers["User-Agent"]
        assert "ops@desk.example" in headers["User-Agent"]
        assert headers["Accept-Encoding"] == "gzip, deflate"
        assert headers["Accept"].startswith("application/rss+xml")
        assert "If-None-Match" not in headers

    @pytest.mark.parametrize(("etag", "last_modified"), [(True, False), (False, True), (True, True)])
    async def test_unchanged_is_not_sent_again(
        self, server: FeedServer, fetcher: HttpFetcher, etag: bool, last_modified: bool
    ) -> None:
        """With either validator of the last answer, an unchanged feed costs a 304, and a changed one is sent."""
        url = server.url("/news.xml")
        server.serve("/news.xml", rss(ITEMS), etag=etag, last_modified=last_modified)
        first = await fetcher.fetch(feed(url))
        assert isinstance(first, Fetched)
        assert await fetcher.fetch(again(url, first)) == NotModified()
        assert server.requests[-1].status == 304
        server.serve("/news.xml", rss([Item("Another"), *ITEMS]), etag=etag, last_modified=last_modified)
        assert isinstance(await fetcher.fetch(again(url, first)), Fetched)

    async def test_the_same_body_is_not_modified(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """A server without validators that sends the same bytes again has sent nothing new."""
        server.serve("/news.xml", rss(ITEMS), etag=False, last_modified=False)
        url = server.url("/news.xml")
        first = await fetcher.fetch(feed(url))
        assert isinstance(first, Fetched)
        assert await fetcher.fetch(again(url, first, digest=True)) == NotModified()
        assert server.requests[-1].status == 200

    @pytest.mark.parametrize("encoding", ["gzip", "deflate"])
    async def test_compressed_bodies(self, server: FeedServer, fetcher: HttpFetcher, encoding: str) -> None:
        """Compressed answers are unpacked."""
        packed = {"gzip": gzip.compress(rss(ITEMS)), "deflate": zlib.compress(rss(ITEMS))}[encoding]
        server.serve("/news.xml", packed, headers={"Content-Encoding": encoding})
        result = await fetcher.fetch(feed(server.url("/news.xml")))
        assert isinstance(result, Fetched)
        assert result.body == rss(ITEMS)

    async def test_a_gzip_file_that_is_not_declared(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """A feed that lies on the server as `.xml.gz` is unpacked."""
        server.serve("/news.xml.gz", gzip.compress(rss(ITEMS)), "application/gzip")
        result = await fetcher.fetch(feed(server.url("/news.xml.gz")))
        assert isinstance(result, Fetched)
        assert result.body == rss(ITEMS)

    async def test_long_headers_do_not_hurt(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """A security policy of 20 kB, as some outlets send, is no obstacle."""
        server.serve("/news.xml", rss(ITEMS), headers={"Content-Security-Policy": "x" * 20_000})
        assert isinstance(await fetcher.fetch(feed(server.url("/news.xml"))), Fetched)

    async def test_caching_asks_for_a_later_return(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """max-age of a 200 and of a 304 says when to ask again."""
        server.serve("/news.xml", rss(ITEMS), headers={"Cache-Control": "public, max-age=600"})
        url = server.url("/news.xml")
        first = await fetcher.fetch(feed(url))
        assert isinstance(first, Fetched)
        assert first.ask_again_in == timedelta(minutes=10)
        assert await fetcher.fetch(again(url, first)) == NotModified(timedelta(minutes=10))


class TestRedirects:
    async def test_a_chain_is_followed(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """Five redirects lead to the feed; the address it came from is the last one."""
        for step in range(5):
            server.redirect(f"/{step}", f"/{step + 1}", status=(301, 302, 303, 307, 308)[step])
        server.publish("/5", ITEMS)
        result = await fetcher.fetch(feed(server.url("/0")))
        assert isinstance(result, Fetched)
        assert result.url == server.url("/5")

    @pytest.mark.parametrize(
        ("statuses", "moved_to"),
        [((301,), "/1"), ((308, 301), "/2"), ((302,), None), ((301, 302), "/1"), ((307, 301), None)],
    )
    async def test_what_has_moved_for_good(
        self, server: FeedServer, fetcher: HttpFetcher, statuses: tuple[int, ...], moved_to: str | None
    ) -> None:
        """The address behind the permanent redirects that come first is told, with a 200 and with a 304."""
        for step, status in enumerate(statuses):
            server.redirect(f"/{step}", f"/{step + 1}", status=status)
        server.publish(f"/{len(statuses)}", ITEMS)
        expected = server.url(moved_to) if moved_to else None
        first = await fetcher.fetch(feed(server.url("/0")))
        assert isinstance(first, Fetched)
        assert first.moved_to == expected
        assert await fetcher.fetch(again(server.url("/0"), first)) == NotModified(moved_to=expected)

    async def test_large_bodies_are_read_in_turn(self, server: FeedServer) -> None:
        """Of bodies that may fill the memory only some are read at a time; small ones pass by, and all arrive."""
        server.serve("/large", b" " * (LARGE_BODY + 100_000))
        server.publish("/small", ITEMS)
        async with HttpFetcher(FixedClock(), limits=FetchLimits(large=1), private=LOOPBACK) as fetcher:
            paths = ["/large"] * 3 + ["/small"]
            results = await asyncio.gather(*(fetcher.fetch(feed(server.url(path))) for path in paths))
            assert all(isinstance(result, Fetched) for result in results)

    async def test_to_another_host(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """A redirect may lead to another host, and the validators still save a body."""
        server.redirect("/old", server.url("/new", host="two.example"))
        server.publish("/new", ITEMS)
        url = server.url("/old", host="one.example")
        first = await fetcher.fetch(feed(url))
        assert isinstance(first, Fetched)
        assert first.url == server.url("/new", host="two.example")
        assert await fetcher.fetch(again(url, first)) == NotModified()

    async def test_one_too_many(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """The sixth redirect ends it."""
        for step in range(7):
            server.redirect(f"/{step}", f"/{step + 1}")
        result = await failure(fetcher, server.url("/0"))
        assert "redirects more than 5 times" in result.reason
        assert len(server.requests) == 6

    async def test_in_a_circle(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """A circle is left."""
        server.redirect("/a", "/b")
        server.redirect("/b", "/a")
        assert "redirects more than" in (await failure(fetcher, server.url("/a"))).reason

    @pytest.mark.parametrize(
        "to", ["file:///etc/passwd", "ftp://host/feed", "javascript:alert(1)", "https:///x", "http://[::1"]
    )
    async def test_to_what_is_no_web_address(self, server: FeedServer, fetcher: HttpFetcher, to: str) -> None:
        """Only http(s) addresses are followed."""
        server.redirect("/a", to)
        result = await failure(fetcher, server.url("/a"))
        assert result.kind is FailureKind.UNREACHABLE
        assert "no web address" in result.reason

    async def test_to_nowhere(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """A redirect without a target is a failure."""
        server.answer("/a", 302)
        assert "without saying where" in (await failure(fetcher, server.url("/a"))).reason

    async def test_a_login_stays_with_its_host(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """User and password go along to the same host, never to another, and are not in the final address."""
        server.redirect("/a", "/b")
        server.redirect("/b", server.url("/c", host="two.example"))
        server.publish("/c", ITEMS)
        result = await fetcher.fetch(feed(f"http://me:secret@one.example:{server.port}/a"))
        assert isinstance(result, Fetched)
        assert "secret" not in result.url
        sent = ["Authorization" in request.headers for request in server.requests]
        assert sent == [True, True, False]
        result = await fetcher.fetch(feed(f"http://me:secret@one.example:{server.port}/c"))
        assert isinstance(result, Fetched)
        assert result.url == server.url("/c", host="one.example")

    async def test_a_login_beside_the_address_is_used_there_alone(
        self, server: FeedServer, fetcher: HttpFetcher
    ) -> None:
        """At the configured address, and where it has moved to on that server, but never elsewhere or in what is kept."""
        asked = replace(feed(server.url("/a", host="one.example")), user="me:secr%40et")
        server.redirect("/a", "/b", status=301)
        server.publish("/b", ITEMS)
        result = await fetcher.fetch(asked)
        assert isinstance(result, Fetched)
        assert result.moved_to == server.url("/b", host="one.example")
        for host in ("one.example", "two.example"):
            move = Move(server.url("/b", host=host), NOW - timedelta(days=9), MOVE_HOLDS_POLLS)
            await fetcher.fetch(replace(asked, move=move))
        sent = [request.headers.get("Authorization") for request in server.requests]
        login = BasicAuth("me", "secr@et").encode()
        assert sent == [login, login, login, None]
        assert "secr" not in repr(asked)


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "words"),
        [
            (401, "password"),
            (403, "refuses this reader"),
            (404, "nothing at this address"),
            (418, "HTTP 418"),
            (429, "fewer requests"),
            (500, "problem of its own"),
            (503, "HTTP 503"),
            (300, "HTTP 300"),
        ],
    )
    async def test_statuses(self, server: FeedServer, fetcher: HttpFetcher, status: int, words: str) -> None:
        """Each status is told in words, with its number."""
        server.answer("/a", status)
        result = await failure(fetcher, server.url("/a"))
        assert result.kind is FailureKind.REFUSED
        assert words in result.reason
        assert str(status) in result.reason

    async def test_gone_is_for_good(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """410 is a kind of its own: the feed is not to be asked again."""
        server.answer("/a", 410)
        assert (await failure(fetcher, server.url("/a"))).kind is FailureKind.GONE

    @pytest.mark.parametrize("asked", ["120", "Sat, 09 Aug 2025 12:02:00 GMT"])
    async def test_retry_after(self, server: FeedServer, fetcher: HttpFetcher, asked: str) -> None:
        """Retry-After counts, in seconds or as a date, and is told."""
        server.answer("/a", 429, {"Retry-After": asked, "Date": "Sat, 09 Aug 2025 12:00:00 GMT"})
        result = await failure(fetcher, server.url("/a"))
        assert result.ask_again_in == timedelta(minutes=2)
        assert "in 2 minutes" in result.reason

    @pytest.mark.parametrize(
        ("status", "headers", "whose"),
        [
            (429, {}, "two.example"),
            (503, {"Retry-After": "60"}, "two.example"),
            (503, {}, ""),
            (403, {"Retry-After": "60"}, ""),
        ],
    )
    async def test_a_host_that_is_asked_for_too_much(
        self, server: FeedServer, fetcher: HttpFetcher, status: int, headers: dict[str, str], whose: str
    ) -> None:
        """It is the one that answers, not the one that redirects to it; other refusals are the feed's own."""
        server.redirect("/a", server.url("/b", "two.example"))
        server.answer("/b", status, headers)
        assert (await failure(fetcher, server.url("/a", "one.example"))).busy_host == whose


class TestTroubles:
    async def test_a_body_above_the_cap(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """A body is read up to the cap and no further, whether or not its size is announced."""
        server.huge("/streamed", 5_000_000)
        server.serve("/announced", bytes(1_000_001))
        for path in ("/streamed", "/announced"):
            assert (await failure(fetcher, server.url(path))).kind is FailureKind.TOO_LARGE

    @pytest.mark.parametrize("declared", [True, False])
    async def test_a_gzip_bomb(self, server: FeedServer, fetcher: HttpFetcher, declared: bool) -> None:
        """What counts is the size after unpacking."""
        if declared:
            server.gzip_bomb("/bomb", 50_000_000)
        else:
            server.serve("/bomb", gzip.compress(bytes(50_000_000)))
        assert (await failure(fetcher, server.url("/bomb"))).kind is FailureKind.TOO_LARGE

    async def test_a_body_at_the_cap(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """The cap itself is allowed."""
        server.serve("/a", b"x" * 1_000_000)
        assert isinstance(await fetcher.fetch(feed(server.url("/a"))), Fetched)

    @pytest.mark.parametrize("hostile", ["drip", "silence"])
    async def test_a_server_that_dawdles(self, server: FeedServer, hostile: str) -> None:
        """Neither no answer nor an endless one outlasts the time-out."""
        getattr(server, hostile)("/slow")
        async with HttpFetcher(FixedClock(), limits=FetchLimits(seconds=0.05), private=LOOPBACK) as hasty:
            result = await failure(hasty, server.url("/slow"))
        assert result.kind is FailureKind.TIMED_OUT
        assert "0.05 seconds" in result.reason

    async def test_waiting_for_a_turn_is_not_the_servers_fault(self, server: FeedServer) -> None:
        """With one place at a host a feed waits for the one before, and has its whole time afterwards."""
        server.silence("/slow")
        server.publish("/news.xml", ITEMS)
        limits = FetchLimits(seconds=0.3, per_host=1)
        async with HttpFetcher(FixedClock(), limits=limits, private=LOOPBACK) as fetcher:
            slow = asyncio.create_task(fetcher.fetch(feed(server.url("/slow"))))
            quick = [asyncio.create_task(fetcher.fetch(feed(server.url("/news.xml")))) for _ in range(3)]
            assert isinstance(await slow, Failed)
            assert not server.requests_for("/news.xml")
            assert all(isinstance(result, Fetched) for result in await asyncio.gather(*quick))

    async def test_an_answer_that_breaks_off(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """Half an answer is none."""
        server.cut_off("/a", rss(ITEMS), after=100)
        result = await failure(fetcher, server.url("/a"))
        assert result == Failed(FailureKind.UNREACHABLE, "The answer broke off half-way.")

    async def test_broken_compression(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """A body that is not in the encoding it claims, or in one not asked for, is told so."""
        server.serve("/a", b"not gzip at all", headers={"Content-Encoding": "gzip"})
        server.serve("/b", b"brotli was never asked for", headers={"Content-Encoding": "br"})
        for path in ("/a", "/b"):
            assert "compressed" in (await failure(fetcher, server.url(path))).reason

    async def test_nobody_listens(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """A refused connection names host and port."""
        with socket.socket() as held:  # so that nobody else comes to listen there
            held.bind(("127.0.0.1", 0))
            port = held.getsockname()[1]
            result = await failure(fetcher, f"http://one.example:{port}/")
        assert result.kind is FailureKind.UNREACHABLE
        assert f"one.example takes no connection at port {port}" in result.reason

    async def test_an_unknown_name(self, fetcher: HttpFetcher) -> None:
        """A host that DNS does not know is told so."""
        result = await failure(fetcher, "http://nowhere.example/feed")
        assert "The name nowhere.example cannot be found (DNS)" in result.reason

    async def test_no_tls(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """https to a server that speaks http is told so."""
        result = await failure(fetcher, server.url("/a").replace("http:", "https:"))
        assert "(TLS)" in result.reason

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (aiohttp.ClientOSError(104, "Connection reset by peer"), "closed the connection"),
            (
                aiohttp.ClientConnectorError(KEY, OSError(113, "No route to host")),
                "reached (No route to host)",
            ),
            (aiohttp.ClientConnectorError(KEY, OSError("strange")), "reached (no connection)"),
        ],
    )
    async def test_rarer_troubles(self, error: Exception, words: str) -> None:
        """What a loopback server cannot show has its sentence, too."""
        assert words in explained(error).reason

    async def test_a_bad_certificate(self) -> None:
        """A certificate that is not valid is told so."""
        error = aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError(1, "expired"))
        assert "certificate of a.example is not valid" in explained(error).reason

    @pytest.mark.parametrize(
        ("raw", "words"),
        [
            (b"", "without an answer"),
            (b"SSH-2.0-OpenSSH_9.6\r\n", "not proper HTTP"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "half-way"),
            (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", "not proper HTTP"),
        ],
    )
    async def test_what_is_hardly_http(self, fetcher: HttpFetcher, raw: bytes, words: str) -> None:
        """Whatever comes over the wire, the result is a sentence."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(raw)
            writer.close()
            await writer.wait_closed()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as odd:
            port = odd.sockets[0].getsockname()[1]
            result = await failure(fetcher, f"http://127.0.0.1:{port}/")
        assert words in result.reason

    @pytest.mark.parametrize(
        "address",
        ["", "feed", "ftp://a.example/", "file:///etc/passwd", "http://", "http://[::1", "http://a..b/", "http://1.2.3.4.5/",
         "http://a.example:99999/", "http://a\ud800b/"],
    )  # fmt: skip
    async def test_addresses_that_are_none(self, fetcher: HttpFetcher, address: str) -> None:
        """An address that cannot be asked is a failure, not an exception."""
        assert (await failure(fetcher, address)).kind is FailureKind.UNREACHABLE

    async def test_secrets_are_in_no_reason(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """No failure, of whatever kind, repeats a secret of the address or of a redirect."""
        server.redirect("/loop", "/loop?auth=secret")
        server.redirect("/file", "ftp://me:secret@a.example/?key=secret")
        server.answer("/500", 500)
        for url in (
            f"http://me:secret@one.example:{server.port}/loop?token=secret",
            f"http://me:secret@one.example:{server.port}/file",
            f"http://me:secret@one.example:{server.port}/500?key=secret",
            "http://me:secret@nowhere.example/?key=secret",
            "ftp://me:secret@a.example/?key=secret",
            "me:secret@a.example",
            "http://me:sec/ret@a..example/?key=secret",
        ):
            reason = (await failure(fetcher, url)).reason
            assert "secret" not in reason
            assert "sec/ret" not in reason

    async def test_cancelling_gets_through(self, server: FeedServer, fetcher: HttpFetcher) -> None:
        """A fetch can be cancelled, and gives its place at the host back."""
        server.silence("/slow")
        task = asyncio.create_task(fetcher.fetch(feed(server.url("/slow"))))
        await server.until_asked("/slow")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_few_idle_connections(server: FeedServer) -> None:
    """A host's next feed comes through the same connection; after many hosts, those are open that were used last."""
    server.publish("/", ITEMS)
    hosts = [f"{n}.example" for n in range(IDLE_AT_MOST + 20)]
    async with HttpFetcher(FixedClock(), resolver=FakeResolver(*hosts), private=LOOPBACK) as fetcher:
        for host in (*hosts, *hosts[-5:]):
            assert isinstance(await fetcher.fetch(feed(server.url("/", host))), Fetched)
        before = server.connections
        assert IDLE_AFTER_CLOSING <= len(before) <= IDLE_AT_MOST
        for host in hosts[-5:]:
            await fetcher.fetch(feed(server.url("/", host)))
        assert server.connections == before
