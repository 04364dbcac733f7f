"""Looking for the feed that a person means by an address: the feed itself, or those of the site there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from bot.domain.addresses import normal_address, typed_address, without_user
from bot.domain.entries import ParsedFeed
from bot.domain.languages import language_of
from bot.domain.polling import Failed, FailureKind, FeedForPoll, Fetched
from bot.domain.speech import kept, phrase
from bot.ports import Fetcher, FoundFeed, Parser

USUAL_PATHS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")
"""Where feeds are on sites that do not say so."""

MOST_READ = 6
"""Feeds of a page that are read before they are offered: some name one for each of a thousand tags."""

SECONDS = 25.0
"""Within which somebody is answered."""

AT_ONCE = 4
"""People who are answered at once; others wait."""


class PageParser(Parser, Protocol):
    """`bot.feeds.parse.FeedParser`, or its code without its process."""

    async def advertised(self, fetched: Fetched) -> tuple[str, ...]: ...


class SiteFinder:
    """A `bot.ports.FeedFinder` over the real fetcher and parser."""

    def __init__(self, fetcher: Fetcher, parser: PageParser, *, seconds: float = SECONDS) -> None:
        self._fetcher = fetcher
        self._parser = parser
        self._seconds = seconds
        self._places = asyncio.Semaphore(AT_ONCE)

    async def find(self, typed: str) -> tuple[FoundFeed, ...] | Failed:
        """`bot.ports.FeedFinder.find`."""
        address = typed_address(typed)
        if address is None:
            return Failed(
                FailureKind.UNREACHABLE,
                phrase(
                    "That is no web address. It looks like www3.nhk.or.jp/news or https://example.org/feed.xml."
                ),
            )
        try:
            async with self._places, asyncio.timeout(self._seconds):
                return await self._find(address)
        except TimeoutError:
            return Failed(
                FailureKind.TIMED_OUT,
                kept(
                    "The site was not done answering within {seconds} seconds.", seconds=f"{self._seconds:g}"
                ),
            )

    async def _find(self, address: str) -> tuple[FoundFeed, ...] | Failed:
        fetched = await self._fetch(address)
        if isinstance(fetched, Failed):
            return fetched
        parsed = await self._parser.parse(fetched)
        if isinstance(parsed, ParsedFeed):
            return (_found(address, fetched, parsed),)
        named = await self._parser.advertised(fetched)
        if named:
            return await self._read_all(named[:MOST_READ]) or parsed
        if parsed.kind is not FailureKind.NOT_A_FEED or urlsplit(fetched.url).path not in ("", "/"):
            return parsed
        return await self._read_all([urljoin(fetched.url, path) for path in USUAL_PATHS]) or parsed

    async def _fetch(self, address: str) -> Fetched | Failed:
        """Over http where nobody listens for https: who types an address leaves that out."""
        result = await self._fetcher.fetch(FeedForPoll(0, address, public_only=True))
        if isinstance(result, Failed) and result.kind is FailureKind.UNREACHABLE:
            plain = await self._fetcher.fetch(
                FeedForPoll(0, address.replace("https://", "http://", 1), public_only=True)
            )
            result = plain if isinstance(plain, Fetched) else result
        if isinstance(result, Fetched | Failed):
            return result
        return Failed(FailureKind.NOT_A_FEED, phrase("The server answers that nothing has changed, unasked."))

    async def _read_all(self, addresses: Sequence[str]) -> tuple[FoundFeed, ...]:
        """Those that are feeds, in this order, each once."""
        found = await asyncio.gather(*map(self._read, addresses))
        return tuple({one.address: one for one in reversed(found) if one is not None}.values())[::-1]

    async def _read(self, address: str) -> FoundFeed | None:
        fetched = await self._fetcher.fetch(FeedForPoll(0, address, public_only=True))
        if not isinstance(fetched, Fetched):
            return None
        parsed = await self._parser.parse(fetched)
        return _found(address, fetched, parsed) if isinstance(parsed, ParsedFeed) else None


def _found(asked: str, fetched: Fetched, parsed: ParsedFeed) -> FoundFeed:
    languages = Counter(language_of(entry.title, "") for entry in parsed.entries if entry.title)
    language = languages.most_common(1)[0][0] if languages else ""
    return FoundFeed(_address(asked, fetched.url), parsed.title, language, len(parsed.entries))


def _address(asked: str, answered: str) -> str:
    """Where it answered, if that is the same site: other redirects lead to where it is just now."""
    same = _site(asked) == _site(answered)
    return normal_address(without_user(answered if same else asked))


def _site(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")
