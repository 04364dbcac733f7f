"""Feeds that mean harm, over a real connection and through the real parser: each is held, and others are not disturbed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from bot.domain.entries import ParsedFeed
from bot.domain.polling import MAX_INTERVAL, Failed, FailureKind, FeedForPoll, Fetched
from bot.feeds.caching import MAX_VALIDATOR
from bot.feeds.fetch import FetchLimits, HttpFetcher
from bot.feeds.parse import FeedParser, ParseLimits
from bot.feeds.reading import MAX_ENTRIES, MAX_ID, MAX_SUMMARY, MAX_TITLE
from tests.fakes.hostile_server import HostileServer
from tests.hostile.attacks import GOOD, IN_HEADERS, INSIDE, INWARDS, OUTSIDE, OVER_HTTP, serves
from tests.hostile.documents import IN_DOCUMENTS, IN_TEXTS

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
    others = {"good": serves(GOOD), "texts": serves(IN_TEXTS)}
    attacks = OVER_HTTP | INWARDS | IN_HEADERS | documents | others
    async with HostileServer(attacks, ("127.0.0.1", "127.0.0.2", INSIDE)) as server:
        yield server


async def polled(url: str, parser: FeedParser, content_type: str = "") -> ParsedFeed | Failed:
    """A feed as a poll goes about it."""
    async with HttpFetcher(NoClock(), limits=FETCH, private=[OUTSIDE]) as fetcher:
        result = await fetcher.fetch(FeedForPoll(1, url))
    if result.ask_again_in is not None:
        assert result.ask_again_in <= MAX_INTERVAL
    if isinstance(result, Failed):
        return result
    assert isinstance(result, Fetched)
    assert len(result.etag or "") <= MAX_VALIDATOR
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
@pytest.mark.parametrize("name", ["continue-without-end", "early-hints-without-end"])
async def test_a_flood_of_announcements(name: str, server: HostileServer, parser: FeedParser) -> None:
    """It is cut off, since to take it until the time is over would keep all else waiting; some of it is usual."""
    result = await attacked(name, server, parser)
    assert isinstance(result, Failed)
    assert result.kind is FailureKind.UNREACHABLE
    assert isinstance(await polled(server.url("announced-three-times"), parser), ParsedFeed)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", INWARDS)
async def test_inwards(name: str, server: HostileServer, parser: FeedParser) -> None:
    """However a machine inside is written, it is not asked, though it would answer."""
    assert isinstance(await attacked(name, server, parser), Failed)
    assert INSIDE not in server.asked


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", IN_HEADERS)
async def test_in_headers(name: str, server: HostileServer, parser: FeedParser) -> None:
    """Whatever headers a good feed comes with, it is read or refused, and asked again within a day."""
    result = await attacked(name, server, parser)
    assert isinstance(result, Failed) or [entry.title for entry in result.entries] == ["A good story"]


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
