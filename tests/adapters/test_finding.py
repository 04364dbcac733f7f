"""The feeds that a person may mean by an address, looked for over real HTTP; a loopback server stands in for the internet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.domain.addresses import typed_address
from bot.domain.entries import ParsedFeed
from bot.domain.polling import Failed, FailureKind, Fetched
from bot.feeds.fetch import FetchLimits, HttpFetcher
from bot.feeds.finding import MOST_READ, SiteFinder
from bot.feeds.guard import LOOPBACK
from bot.feeds.reading import read_advertised, read_document
from tests.fakes.feed_server import FeedServer, Item
from tests.fakes.outside import Outside

JAPANESE = (Item(id="1", title="停戦の合意を発表"), Item(id="2", title="首脳会談を開催"))


class _Clock:
    def now(self) -> datetime:
        return datetime(2025, 8, 9, tzinfo=UTC)


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


class _Parser:
    """The parser's code without its process."""

    async def parse(self, fetched: Fetched, items_seen: bytes = b"") -> ParsedFeed | Failed:
        return read_document(fetched.body, fetched.content_type, fetched.url, items_seen)

    async def advertised(self, fetched: Fetched) -> tuple[str, ...]:
        return read_advertised(fetched.body, fetched.content_type, fetched.url)


@pytest.fixture
async def finder() -> AsyncIterator[SiteFinder]:
    async with HttpFetcher(_Clock(), limits=FetchLimits(seconds=5), private=LOOPBACK) as fetcher:
        yield SiteFinder(Outside(fetcher), _Parser())


def page(*hrefs: str) -> bytes:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="{href}">' for href in hrefs)
    return f"<!doctype html><html><head><title>A site</title>{links}</head></html>".encode()


async def failed(finder: SiteFinder, typed: str) -> Failed:
    found = await finder.find(typed)
    assert isinstance(found, Failed), found
    return found


async def test_the_feed_itself(server: FeedServer, finder: SiteFinder) -> None:
    server.publish("/news.xml", JAPANESE, title="速報")
    (found,) = await finder.find(server.url("/news.xml#top"))  # type: ignore[misc] # it is found
    assert (found.address, found.title, found.language, found.entries) == (
        server.url("/news.xml"),
        "速報",
        "ja",
        2,
    )


async def test_a_site_without_its_scheme(server: FeedServer, finder: SiteFinder) -> None:
    """Nobody listens for https there, so it is asked over http."""
    server.publish("/news.xml", JAPANESE)
    (found,) = await finder.find(f"127.0.0.1:{server.port}/news.xml")  # type: ignore[misc] # it is found
    assert found.address == server.url("/news.xml")


async def test_the_feeds_that_a_page_names(server: FeedServer, finder: SiteFinder) -> None:
    """In its order, each once, and none that is no feed."""
    server.serve("/", page("/a.xml", "gone.xml", "/b.xml", "/a.xml"), content_type="text/html")
    server.publish("/a.xml", JAPANESE, title="A")
    server.publish("/b.xml", JAPANESE, title="B")
    found = await finder.find(server.url("/"))
    assert not isinstance(found, Failed)
    assert [one.title for one in found] == ["A", "B"]


async def test_a_page_that_names_a_thousand(server: FeedServer, finder: SiteFinder) -> None:
    paths = [f"/{number}.xml" for number in range(1000)]
    server.serve("/", page(*paths), content_type="text/html")
    for path in paths:
        server.publish(path, JAPANESE)
    found = await finder.find(server.url("/"))
    assert not isinstance(found, Failed)
    assert len(found) == MOST_READ
    assert sum(bool(server.requests_for(path)) for path in paths) == MOST_READ


async def test_a_page_that_names_itself(server: FeedServer, finder: SiteFinder) -> None:
    """It is asked once more, and not for ever."""
    server.serve("/", page("/", "/page"), content_type="text/html")
    server.redirect("/page", "/")
    assert (await failed(finder, server.url("/"))).kind is FailureKind.NOT_A_FEED
    assert len(server.requests_for("/")) == 3


async def test_where_feeds_usually_are(server: FeedServer, finder: SiteFinder) -> None:
    server.serve("/", page(), content_type="text/html")
    server.publish("/rss.xml", JAPANESE, title="Unnamed")
    (found,) = await finder.find(server.url("/"))  # type: ignore[misc] # it is found
    assert found.address == server.url("/rss.xml")


async def test_a_redirect_within_the_site_is_taken_up(server: FeedServer, finder: SiteFinder) -> None:
    """So that two who name a site in two ways name one feed; elsewhere it may lead to another place each time."""
    server.publish("/new.xml", JAPANESE)
    server.redirect("/old.xml", server.url("/new.xml"))
    server.redirect("/away.xml", server.url("/new.xml", host="localhost"))
    (within,) = await finder.find(server.url("/old.xml"))  # type: ignore[misc] # it is found
    (away,) = await finder.find(server.url("/away.xml"))  # type: ignore[misc] # it is found
    assert (within.address, away.address) == (server.url("/new.xml"), server.url("/away.xml"))


async def test_a_password_that_a_page_names_is_not_kept(server: FeedServer, finder: SiteFinder) -> None:
    server.publish("/feed", JAPANESE)
    named = server.url("/feed").replace("//", "//me:hunter2@")
    server.serve("/", page(named), content_type="text/html")
    found = await finder.find(server.url("/"))
    assert isinstance(found, tuple)
    assert [one.address for one in found] == [server.url("/feed")]


async def test_what_is_no_feed(server: FeedServer, finder: SiteFinder) -> None:
    server.serve("/article", page(), content_type="text/html")
    assert "A site" in (await failed(finder, server.url("/article"))).reason
    assert "404" in (await failed(finder, server.url("/nothing"))).reason
    server.huge("/huge", 20 * 2**20)
    assert (await failed(finder, server.url("/huge"))).kind is FailureKind.TOO_LARGE


async def test_one_that_dawdles(server: FeedServer) -> None:
    server.silence("/slow")
    async with HttpFetcher(_Clock(), private=LOOPBACK) as fetcher:
        found = await failed(SiteFinder(Outside(fetcher), _Parser(), seconds=0.1), server.url("/slow"))
    assert found.kind is FailureKind.TIMED_OUT


async def test_nothing_inside(server: FeedServer) -> None:
    """Whatever networks are allowed to configured feeds."""
    server.publish("/news.xml", JAPANESE)
    async with HttpFetcher(_Clock(), private=LOOPBACK) as fetcher:
        found = await failed(SiteFinder(fetcher, _Parser()), server.url("/news.xml"))
    assert "private network" in found.reason
    assert not server.requests_for("/news.xml")


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("nhk.or.jp", "https://nhk.or.jp/"),
        (" <http://NHK.or.jp:80/a?b=1#c> ", "http://nhk.or.jp/a?b=1"),
        ("<https://nhk.or.jp/a|nhk.or.jp/a>", "https://nhk.or.jp/a"),
        ("feed://nhk.or.jp/a", "https://nhk.or.jp/a"),
        ("feed:https://nhk.or.jp/a", "https://nhk.or.jp/a"),
        ("//nhk.or.jp", "https://nhk.or.jp/"),
        ("https://user:Pass@NHK.or.jp/", "https://user:Pass@nhk.or.jp/"),
        ("日本語.jp/フィード", "https://日本語.jp/フィード"),
        ("nhk.or.jp.", "https://nhk.or.jp/"),
        ("reuters", None),
        ("", None),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("gopher://nhk.or.jp", None),
        ("https://", None),
        ("https://nhk.or.jp:99999/", None),
    ],
)
def test_what_people_type(typed: str, address: str | None) -> None:
    assert typed_address(typed) == address
