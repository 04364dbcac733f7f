"""Real feeds, as served by fifty sites and collected by other readers' tests, through fetch and parse over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.entries import ParsedFeed
from bot.domain.polling import Failed, FailureKind, FeedForPoll, Fetched
from bot.feeds.fetch import HttpFetcher
from bot.feeds.guard import LOOPBACK
from bot.feeds.parse import FeedParser, ParseLimits
from tests.adapters.reference import alone, assert_same
from tests.fakes.feed_server import FeedServer

FEEDS = Path(__file__).parents[3] / "shared" / "data" / "feeds"

NO_FEEDS = {
    "feedjira_pec_sample_feeds_PaulDixExplainsNothingFirstEntryContent.xml": "a piece of HTML",
    "feedjira_spec_sample_feeds_TechCrunchFirstEntry.xml": "a piece of HTML",
    "node-feedparser_test_feeds_notafeed.html": "a web page («The Is Not The Feed You're Looking For»)",
    "rss-parser_test_input_unrecognized.rss": "a web page («Document Moved»)",
}
"""Checked by eye: two are the content of an entry, and two are pages that say so themselves."""

JSON_FEED = "feedjira_spec_sample_feeds_json_feed_with_escaped_uris.json"
JSON_FEED_ENTRIES = 30
"""feedparser does not read it."""

CONTENT_TYPES = {".json": "application/json", ".html": "text/html", ".atom": "application/atom+xml"}

pytestmark = pytest.mark.skipif(not FEEDS.is_dir(), reason="../shared/data/feeds is not there")


class NoClock:
    def now(self) -> datetime:
        return datetime(2025, 8, 9, 12, 0, tzinfo=UTC)


@pytest.fixture
async def results() -> AsyncIterator[dict[str, tuple[Fetched, ParsedFeed | Failed]]]:
    bodies = {file.name: file.read_bytes() for file in sorted(FEEDS.iterdir())}
    parser = FeedParser(workers=2, limits=ParseLimits(seconds=60))
    async with FeedServer() as server, HttpFetcher(NoClock(), private=LOOPBACK) as fetcher:

        async def read(name: str) -> tuple[Fetched, ParsedFeed | Failed]:
            content_type = CONTENT_TYPES.get(Path(name).suffix, "application/rss+xml")
            server.serve(f"/{name}", bodies[name], content_type)
            fetched = await fetcher.fetch(FeedForPoll(1, server.url(f"/{name}")))
            assert isinstance(fetched, Fetched), (name, fetched)
            return fetched, await parser.parse(fetched)

        read_all = await asyncio.gather(*map(read, bodies))
    yield dict(zip(bodies, read_all, strict=True))
    await parser.close()


async def test_all_of_them(results: dict[str, tuple[Fetched, ParsedFeed | Failed]]) -> None:
    """Every file goes through; what is no feed is called what it is, and no entry of the others is lost."""
    assert len(results) >= 117
    refused = {name: result.reason for name, (_, result) in results.items() if isinstance(result, Failed)}
    assert {result.kind for _, result in results.values() if isinstance(result, Failed)} == {
        FailureKind.NOT_A_FEED
    }
    assert refused.keys() == NO_FEEDS.keys()
    for name, words in NO_FEEDS.items():
        assert words in refused[name]

    parsed = {name: (f, result) for name, (f, result) in results.items() if isinstance(result, ParsedFeed)}
    assert not [name for name, (_, result) in parsed.items() if result.partial]
    json_feed = parsed.pop(JSON_FEED)[1]
    assert len(json_feed.entries) == JSON_FEED_ENTRIES
    for name, (fetched, result) in parsed.items():
        expected = alone(fetched.body, fetched.content_type, fetched.url)
        assert len(result.entries) == len(expected), name
        for entry, raw in zip(result.entries, expected, strict=True):
            assert_same(entry, raw, name)
