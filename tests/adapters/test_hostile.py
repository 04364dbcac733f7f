"""Feeds that mean harm, over a real connection and through the real parser: each is held, and others are not disturbed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from bot.domain.entries import ParsedFeed
from bot.domain.polling import Failed, FeedForPoll, Fetched
from bot.feeds.fetch import FetchLimits, HttpFetcher
from bot.feeds.guard import LOOPBACK
from bot.feeds.parse import FeedParser, ParseLimits
from bot.feeds.reading import MAX_ENTRIES, MAX_ID, MAX_SUMMARY, MAX_TITLE
from tests.adapters.attacks import IN_DOCUMENTS, IN_TEXTS, OVER_HTTP, serves
from tests.fakes.feed_server import Item, rss
from tests.fakes.hostile_server import HostileServer

FETCH = FetchLimits(seconds=1.5)
PARSE = ParseLimits(seconds=1.5)
TIME = 20.0
"""Seconds for all of an attack: the limits above, a new worker, and a machine that is busy."""

MEMORY_MIB = 150
"""What the program itself may take more while it is attacked: some bodies of 15 MiB, unpacked. Parsers have their limit."""

PASSWD = "root:"


class NoClock:
    def now(self) -> datetime:
        return datetime(2025, 8, 9, 12, 0, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parser() -> AsyncIterator[FeedParser]:
    parser = FeedParser(workers=2, limits=PARSE)
    await parser.warm()
    yield parser
    await parser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[HostileServer]:
    documents = {name: serves(body) for name, (body, _) in IN_DOCUMENTS.items()}
    good = {"good": serves(rss([Item("A good story", id="1")])), "texts": serves(IN_TEXTS)}
    async with HostileServer(OVER_HTTP | documents | good) as server:
        yield server


async def polled(url: str, parser: FeedParser, content_type: str = "") -> ParsedFeed | Failed:
    """A feed as a poll goes about it."""
    async with HttpFetcher(NoClock(), limits=FETCH, private=LOOPBACK) as fetcher:
        result = await fetcher.fetch(FeedForPoll(1, url))
    if isinstance(result, Failed):
        return result
    assert isinstance(result, Fetched)
    return await parser.parse(Fetched(result.body, content_type or result.content_type, url, result.digest))


def peak_mib(*, reset: bool = False) -> float:
    """The most memory that this process has had since the last reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def attacked(
    name: str, server: HostileServer, parser: FeedParser, content_type: str = ""
) -> ParsedFeed | Failed:
    """What comes of an attack; meanwhile a good feed is read as ever."""
    before = peak_mib(reset=True)
    async with asyncio.timeout(TIME):
        result, *good = await asyncio.gather(
            polled(server.url(name), parser, content_type),
            *(polled(server.url("good"), parser) for _ in range(3)),
        )
    assert peak_mib() - before < MEMORY_MIB
    for feed in good:
        assert isinstance(feed, ParsedFeed)
        assert [entry.title for entry in feed.entries] == ["A good story"]
    if isinstance(result, Failed):
        assert len(result.reason) < 500
        assert PASSWD not in result.reason
    return result


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", OVER_HTTP)
async def test_over_http(name: str, server: HostileServer, parser: FeedParser) -> None:
    """Whatever a server does to the connection ends in a reason, in time."""
    assert isinstance(await attacked(name, server, parser), Failed)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", IN_DOCUMENTS)
async def test_in_documents(name: str, server: HostileServer, parser: FeedParser) -> None:
    """Whatever a document holds ends in a reason or in entries that fit, in time; no file and no address is opened."""
    result = await attacked(name, server, parser, IN_DOCUMENTS[name][1])
    if isinstance(result, ParsedFeed):
        assert len(result.entries) <= MAX_ENTRIES
        for entry in result.entries:
            assert len(entry.title) <= MAX_TITLE
            assert len(entry.summary) <= MAX_SUMMARY
            assert len(entry.id or "") <= MAX_ID
            assert PASSWD not in entry.title + entry.summary


@pytest.mark.asyncio(loop_scope="module")
async def test_in_texts(server: HostileServer, parser: FeedParser) -> None:
    """Scripts, styles and override characters are gone from texts, and links lead to web pages or nowhere."""
    feed = await attacked("texts", server, parser)
    assert isinstance(feed, ParsedFeed)
    first, *others = feed.entries
    assert (first.title, first.link, first.summary) == ("Talks gnp.exe", None, "text")
    assert [entry.link for entry in others] == [
        None,
        None,
        "http://a.example/%E2%80%AE%3Cb%3E%22onclick=",
        None,
    ]


def test_there_are_at_least_forty() -> None:
    assert len(OVER_HTTP) + len(IN_DOCUMENTS) >= 40
