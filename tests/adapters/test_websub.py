"""Which hub a document or an answer names."""

from __future__ import annotations

import json

import pytest

from bot.domain.polling import FeedForPoll, Fetched
from bot.domain.websub import Hub
from bot.feeds.fetch import HttpFetcher
from bot.feeds.guard import LOOPBACK
from bot.feeds.reading import read_document
from tests.adapters.test_fetch import FixedClock
from tests.fakes.documents import URL, channel, parsed
from tests.fakes.feed_server import FeedServer

ATOM = "xmlns:atom='http://www.w3.org/2005/Atom'"
HUB = f"<atom:link {ATOM} rel='hub' href='https://hub.example/?a=1&amp;b=2'/>"
SELF = f"<atom:link {ATOM} href='/canonical' rel=\"self\"/>"
ITEM = "<item><title>x</title></item>"


@pytest.mark.parametrize(
    ("inner", "hub"),
    [
        ("", None),
        (SELF, None),
        (HUB, Hub("https://hub.example/?a=1&b=2", URL)),
        (HUB + SELF, Hub("https://hub.example/?a=1&b=2", "http://outlet.example/canonical")),
        (SELF + ITEM + HUB, Hub("https://hub.example/?a=1&b=2", "http://outlet.example/canonical")),
        (HUB.replace("https", "ftp"), None),
        (HUB.replace("'hub'", "'HUB other'"), Hub("https://hub.example/?a=1&b=2", URL)),
        ("<link>http://a.example/</link>" + HUB.replace("atom:", "a10:").replace("xmlns:atom", "xmlns:a10"), Hub("https://hub.example/?a=1&b=2", URL)),
        (f"<item><title>x</title>{HUB}</item>", None),
    ],
)  # fmt: skip
def test_in_a_document(inner: str, hub: Hub | None) -> None:
    """Links of the feed count, not those of an item; without a self link the address it came from is the topic."""
    document = channel(inner)
    feed = parsed(document)
    assert feed.hub == hub
    again = read_document(document.encode(), "", URL, feed.items_seen)
    assert getattr(again, "hub", None) == hub


def test_in_a_json_feed() -> None:
    """`hubs` of type WebSub, with `feed_url` as the topic."""
    hubs = [
        {"type": "rssCloud", "url": "http://no.example/"},
        5,
        {"type": "WebSub", "url": "http://hub.example/"},
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "hubs": hubs,
        "feed_url": "/feed.json",
        "items": [],
    }
    assert parsed(json.dumps(document)).hub == Hub("http://hub.example/", "http://outlet.example/feed.json")


async def test_in_headers() -> None:
    """`Link` headers name hub and topic."""
    async with FeedServer() as server, HttpFetcher(FixedClock(), private=LOOPBACK) as fetcher:
        link = '<http://hub.example/>; rel="hub", </canonical>; rel="self"'
        server.serve("/a", b"<rss/>", headers={"Link": link})
        server.serve("/b", b"<rss/>", headers={"Link": '<http://a.example/>; rel="next"'})
        named = await fetcher.fetch(FeedForPoll(1, server.url("/a")))
        assert isinstance(named, Fetched)
        assert named.hub == Hub("http://hub.example/", server.url("/canonical"))
        unnamed = await fetcher.fetch(FeedForPoll(1, server.url("/b")))
        assert isinstance(unnamed, Fetched)
        assert unnamed.hub is None
