"""From a body to entries, in a process that can be killed.

feedparser takes seconds to minutes over documents made to hurt it, and a thread would hold the whole program up
meanwhile. So it runs in a worker with a deadline; plain records come back.
"""

from __future__ import annotations

import asyncio
import io
import multiprocessing
import os
import re
import threading
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import feedparser
from pebble import ProcessExpired, ProcessPool

from bot.domain.addresses import web_address, without_user
from bot.domain.entries import ParsedEntry, ParsedFeed
from bot.domain.polling import Failed, FailureKind, Fetched
from bot.domain.speech import kept, phrase
from bot.feeds.decode import decode
from bot.feeds.discover import what_it_is
from bot.feeds.plain import html_to_text, shorten, title_to_text

DEADLINE_SECONDS = 10.0
MAX_TITLE = 1_000
MAX_SUMMARY = 4_000

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 forbids: one of them, and feedparser falls back to its lenient parser."""

_UNSEEN = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_AMPERSAND = re.compile(r"&(?:amp|#0*38|#x0*26);", re.IGNORECASE)
"""Left in links by feedparser's lenient parser, and by feeds that escape twice."""

_YEAR_ALONE = re.compile(r"\s*\d{4}(?![\d-])|\s*\d{9,13}\b|\s*\d{15,}")
"""Of 2025/08/09, 2025年8月9日 and 1704189600 feedparser takes the year alone, and month and day from its own clock."""

_ENTRY_TAG = re.compile(r"<((?:[\w.-]+:)?(?:item|entry))(?=[\s/>])", re.IGNORECASE)
_CONTAINER = re.compile(r"<((?:[\w.-]+:)?(?:channel|feed|rdf|rss))(?=[\s>])", re.IGNORECASE)
_FEED_END = re.compile(r"</(?:[\w.-]+:)?(?:channel|feed|rdf|rss)\s*>", re.IGNORECASE)


class FeedParser:
    """A `bot.ports.Parser` over worker processes, which start with the first document (or `warm`).

    A document that takes longer than `deadline` seconds, or kills its worker, is `Failed`; the next ones are parsed
    by a new worker.
    """

    def __init__(self, workers: int = 1, deadline: float = DEADLINE_SECONDS) -> None:
        self._workers = workers
        self._deadline = deadline
        self._pool: ProcessPool | None = None

    async def warm(self) -> None:
        """Start the workers, and return once they can take documents."""
        await asyncio.gather(*(self._run(b"", "", "") for _ in range(self._workers)))

    async def parse(self, fetched: Fetched) -> ParsedFeed | Failed:
        """Read a body within the deadline. Never raises for what the body holds."""
        document = (fetched.body, fetched.content_type, fetched.url)
        try:
            return await self._run(*document)
        except TimeoutError:
            return Failed(
                FailureKind.TOO_HARD,
                kept(
                    "The document was given up after {seconds} seconds of parsing; it is very large or malicious.",
                    seconds=f"{self._deadline:g}",
                ),
            )
        except ProcessExpired as error:
            return Failed(
                FailureKind.TOO_HARD,
                kept("The document made the parser crash (exit code {code}).", code=str(error.exitcode)),
            )

    async def close(self) -> None:
        """Finish what is being parsed and end the workers. A document given afterwards starts new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()  # type: ignore[no-untyped-call] # pebble leaves it unannotated
            await asyncio.to_thread(pool.join)

    async def _run(self, body: bytes, content_type: str, url: str) -> ParsedFeed | Failed:
        pool = self._running_pool()
        try:
            return await self._schedule(pool, body, content_type, url)
        except (BrokenProcessPool, RuntimeError):
            # A worker that dies between two documents (no memory, killed from outside) leaves the pool broken.
            if self._pool is pool:
                await self.close()
            return await self._schedule(self._running_pool(), body, content_type, url)

    def _running_pool(self) -> ProcessPool:
        if self._pool is None:
            # Spawned, not forked: a fork copies threads' locks in whatever state they are.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(self._workers, initializer=_end_with_parent, context=context)
        return self._pool

    async def _schedule(
        self, pool: ProcessPool, body: bytes, content_type: str, url: str
    ) -> ParsedFeed | Failed:
        future = pool.schedule(read_document, args=(body, content_type, url), timeout=self._deadline)
        return await asyncio.wrap_future(future)


def _end_with_parent() -> None:
    """In a worker: do not outlive a program that was killed, whatever is being parsed."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def read_document(body: bytes, content_type: str, url: str) -> ParsedFeed | Failed:
    """The entries of a document in document order, or why it is no feed. Pure, and as slow as the body wants.

    `url` is where the body came from; relative links are resolved against it, but without a password that is in it.
    """
    try:
        return _read(decode(body, content_type), without_user(url))
    except Exception as error:  # noqa: BLE001 - feedparser lets anything through on documents nobody thought of
        return Failed(
            FailureKind.NOT_A_FEED,
            kept("The document is too broken to be read ({error}).", error=type(error).__name__),
        )


def _read(text: str, url: str) -> ParsedFeed | Failed:
    readable = _NOT_XML.sub(" ", text).lstrip()
    document = _parse(readable, url)
    if not document.get("version") and not document.entries:
        return Failed(FailureKind.NOT_A_FEED, what_it_is(text, url))
    partial = False
    if document.bozo and (rest := _without_cut_off_end(readable)) is not None:
        mended, partial = rest
        document = _parse(mended, url)
    entries = tuple(entry for entry in map(_entry, document.entries) if _says_something(entry))
    if partial and not entries:
        return Failed(
            FailureKind.NOT_A_FEED, phrase("The document was cut off before the end of its first entry.")
        )
    return ParsedFeed(title=_title(document.feed), entries=entries, partial=partial)


def _parse(text: str, url: str) -> Any:  # noqa: ANN401 - feedparser has no types
    return feedparser.parse(
        io.BytesIO(text.encode()),  # never the text itself: feedparser would open it as a file or an address
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
        sanitize_html=False,  # all markup goes anyway, and this is what makes large documents slow
        resolve_relative_uris=False,  # those inside HTML; the links of entries are resolved all the same
    )


def _without_cut_off_end(text: str) -> tuple[str, bool] | None:
    """A truncated document's complete entries as a document, and whether a partial one was left out.

    None for a document that was not truncated: one whose feed is closed after the last entry, however sloppy it is
    otherwise. Closed properly, the rest goes through feedparser's strict parser, and ids and links come out the same
    as from the whole document.
    """
    seen = _UNSEEN.sub(lambda hidden: " " * len(hidden[0]), text)
    first = _ENTRY_TAG.search(seen)
    if first is None:
        return None
    name = re.escape(first[1])
    openings = [tag.start() for tag in re.finditer(rf"<{name}(?:\s[^>]*)?(?<!/)>", seen, re.IGNORECASE)]
    closings = [tag.end() for tag in re.finditer(rf"</{name}\s*>", seen, re.IGNORECASE)]
    if not openings or _FEED_END.search(seen, openings[-1]):
        return None
    partial = not closings or openings[-1] > closings[-1]
    end = openings[-1] if partial else closings[-1]
    containers = [tag[1] for tag in _CONTAINER.finditer(seen, 0, end) if f"</{tag[1]}" not in seen]
    return text[:end] + "".join(f"</{container}>" for container in reversed(containers)), partial


def _entry(raw: dict[str, Any]) -> ParsedEntry:
    return ParsedEntry(
        id=_text(raw.get("id")).strip() or None,
        title=_title(raw),
        link=_link(raw),
        summary=_summary(raw),
        published=_instant(raw),
        source=_source(raw),
    )


def _says_something(entry: ParsedEntry) -> bool:
    return bool(entry.id or entry.title or entry.link or entry.summary)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _title(raw: dict[str, Any]) -> str:
    return shorten(title_to_text(_text(raw.get("title"))), MAX_TITLE)


def _link(raw: dict[str, Any]) -> str | None:
    """The entry's page: feedparser's choice, else a link of another type or to itself."""
    others = (link.get("href") for link in raw.get("links", ()) if link.get("rel") in ("alternate", "self"))
    written = (_AMPERSAND.sub("&", _text(href)) for href in (raw.get("link"), *others))
    addresses = map(web_address, written)
    return next((address for address in addresses if address), None)


def _summary(raw: dict[str, Any]) -> str:
    candidates = [raw.get("summary"), *(content.get("value") for content in raw.get("content", ()))]
    texts = (html_to_text(_text(candidate)) for candidate in candidates if candidate)
    return shorten(next((text for text in texts if text), ""), MAX_SUMMARY)


def _instant(raw: dict[str, Any]) -> datetime | None:
    """When it was published, else when it was changed, in UTC."""
    for name in ("published", "updated"):
        # Not through feedparser's own `get`, which answers `published` for a missing `updated`, with a warning.
        moment = dict.get(raw, f"{name}_parsed")
        if moment and not _YEAR_ALONE.match(_text(dict.get(raw, name))):
            year, month, day, hour, minute, second = moment[:6]
            with suppress(ValueError, OverflowError):
                return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return None


def _source(raw: dict[str, Any]) -> str | None:
    source = raw.get("source")
    return _title(source) or None if isinstance(source, dict) else None
