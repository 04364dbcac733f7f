"""Which addresses are connected to, however they are written, and whatever a name means a moment later."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Network

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.domain.polling import Failed, FailureKind, FeedForPoll, Fetched, FetchResult
from bot.domain.websub import Hub as NamedHub
from bot.domain.websub import Push
from bot.feeds.fetch import FetchLimits, HttpFetcher
from bot.feeds.guard import LOOPBACK, Network, is_public
from tests.fakes.feed_server import FeedServer, Item
from tests.fakes.hub import Hub

ITEMS = (Item(id="1", title="One"),)


class _Clock:
    def now(self) -> datetime:
        return datetime(2025, 8, 9, tzinfo=UTC)


class _Resolver(AbstractResolver):
    """Answers with the addresses it was given, one answer after the other; the last one for ever."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)]

    async def close(self) -> None:
        pass


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        running.publish("/news.xml", ITEMS)
        yield running


async def _fetched(
    url: str,
    *,
    public_only: bool = False,
    resolver: AbstractResolver | None = None,
    private: Sequence[Network] = (),
) -> FetchResult:
    limits = FetchLimits(seconds=5)
    async with HttpFetcher(_Clock(), limits=limits, resolver=resolver, private=private) as fetcher:
        return await fetcher.fetch(FeedForPoll(1, url, public_only=public_only))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    """0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 192.0.0.8 192.0.2.1
    192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1
    255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1
    64:ff9b:1::808:808 100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fd12::1
    fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1""".split(),
)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "127.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ],
)
async def test_nothing_inside_is_asked(server: FeedServer, host: str) -> None:
    """However 127.0.0.1 is written, no request arrives."""
    port = server.port
    result = await _fetched(f"http://{host}:{port}/news.xml")
    assert isinstance(result, Failed)
    assert result.kind is FailureKind.UNREACHABLE
    assert not server.requests_for("/news.xml")


async def test_the_answer_says_what_to_do(server: FeedServer) -> None:
    result = await _fetched(server.url("/news.xml"))
    assert isinstance(result, Failed)
    assert "private network" in result.reason
    assert "SOKUHO_PRIVATE_NETWORKS" in result.reason


async def test_what_the_operator_allows(server: FeedServer) -> None:
    """A configured feed is asked there, and one that only chats name is not, nor over the other's connection."""
    only = (IPv4Network("127.0.0.1/32"),)
    async with HttpFetcher(_Clock(), private=only) as fetcher:
        assert isinstance(await fetcher.fetch(FeedForPoll(1, server.url("/news.xml"))), Fetched)
        refused = await fetcher.fetch(FeedForPoll(2, server.url("/news.xml"), public_only=True))
    assert isinstance(refused, Failed)
    assert "SOKUHO_" not in refused.reason
    assert len(server.requests_for("/news.xml")) == 1


async def test_a_name_that_means_an_inner_address(server: FeedServer) -> None:
    port = server.port
    result = await _fetched(f"http://news.example:{port}/news.xml", resolver=_Resolver("127.0.0.1"))
    assert isinstance(result, Failed)
    assert not server.requests_for("/news.xml")


async def test_a_redirect_inwards(server: FeedServer) -> None:
    """The public hop is stood in for by an allowed network, the inner one by an address outside it."""
    server.redirect("/moved", server.url("/news.xml").replace("127.0.0.1", "127.0.0.2"))
    result = await _fetched(server.url("/moved"), private=(IPv4Network("127.0.0.1/32"),))
    assert isinstance(result, Failed)
    assert "127.0.0.2 is in a private network" in str(result.reason)
    assert not server.requests_for("/news.xml")


async def test_a_hub_inside_is_not_asked() -> None:
    """A document names its hub: nothing is posted inwards, but where the operator allows it and the feed itself is."""
    async with Hub(status=400) as hub:
        named = NamedHub(hub.url, "http://outlet.example/feed")
        for private, feed_host, asked in (
            ((), "127.0.0.1", 0),
            (LOOPBACK, "outlet.example", 0),
            (LOOPBACK, "127.0.0.2", 0),
            (LOOPBACK, "", 0),
            (LOOPBACK, "127.0.0.1", 1),
        ):
            push = Push(1, named, "token", "secret", _Clock().now(), feed_host=feed_host)
            async with HttpFetcher(_Clock(), private=private) as fetcher:
                assert not await fetcher.ask_hub(push, "http://ours.example/websub/token")
            assert len(hub.asked) == asked


async def test_a_name_that_changes_its_mind(server: FeedServer) -> None:
    """The address that is checked is the one that is connected to: there is no second look-up between the two."""
    port = server.port
    resolver = _Resolver("127.0.0.1", "127.0.0.2")
    async with HttpFetcher(_Clock(), resolver=resolver, private=(IPv4Network("127.0.0.1/32"),)) as fetcher:
        fetched = await fetcher.fetch(FeedForPoll(1, f"http://news.example:{port}/news.xml"))
    assert isinstance(fetched, Fetched)
    assert len(server.requests_for("/news.xml")) == 1
    assert len(resolver.answers) == 1, "one look-up for one connection"


async def test_no_proxy_of_the_environment(server: FeedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would connect to what nobody here has checked."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert isinstance(await _fetched(server.url("/news.xml"), private=LOOPBACK), Fetched)
