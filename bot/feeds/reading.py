"""From a body to entries: what feedparser makes of it, mended and stripped of all that is not text.

Pure, and as slow and as large as the body wants: see `bot.feeds.parse` for where it runs.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import feedparser

from bot.domain.addresses import web_address, without_user
from bot.domain.entries import ParsedEntry, ParsedFeed
from bot.domain.polling import Failed, FailureKind
from bot.domain.speech import kept, phrase
from bot.feeds.decode import decode, possible_references
from bot.feeds.discover import advertised_feeds, what_it_is
from bot.feeds.json_feed import read_json_feed
from bot.feeds.plain import MAX_TEXT, html_to_text, shorten, title_to_text
from bot.feeds.speeding import speed_up
from bot.feeds.splitting import Outline, Seen, names_of, outline_of, outside, stored, without
from bot.feeds.websub import hub_of
from bot.feeds.wishes import wishes_of

MAX_TITLE = 1_000
MAX_SUMMARY = MAX_TEXT
MAX_ID = 1_000
"""Characters."""

MAX_KEY = 2_400
"""Bytes. A row of an index of PostgreSQL takes 2,704, and an id is not all that stands in it."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""PostgreSQL's texts have no zero bytes, and no database's have halves of a pair of surrogates."""

MAX_ENTRIES = 2_000
"""Of a document; the newest ones are taken. What reads them afterwards holds everything else up."""

_NEVER = datetime.min.replace(tzinfo=UTC)

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 forbids: one of them, and feedparser falls back to its lenient parser."""

_UNSEEN = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_AMPERSAND = re.compile(r"&(?:amp|#0*38|#x0*26);", re.IGNORECASE)
"""Left in links by feedparser's lenient parser, and by feeds that escape twice."""

_YEAR_ALONE = re.compile(r"\s*\d{4}(?!\d|-\d)|\s*\d{9,13}\b|\s*\d{15,}")
"""Of 2025/08/09, 2025-W32-6, 2025年8月9日 and 1704189600 feedparser takes the year alone, and month and day from its own clock."""

_ENTRY_TAG = re.compile(r"<((?:[\w.-]+:)?(?:item|entry))(?=[\s/>])", re.IGNORECASE)
_CONTAINER = re.compile(r"<((?:[\w.-]+:)?(?:channel|feed|rdf|rss))(?=[\s>])", re.IGNORECASE)
_FEED_END = re.compile(r"</(?:[\w.-]+:)?(?:channel|feed|rdf|rss)\s*>", re.IGNORECASE)


def read_advertised(body: bytes, content_type: str, url: str) -> tuple[str, ...]:
    """The feeds that a document names, if it is a web page that does. As slow as the body wants."""
    try:
        return advertised_feeds(decode(body, content_type), url)
    except Exception:  # noqa: BLE001 - as for feeds: whatever the page holds, it only names none
        return ()


def read_document(body: bytes, content_type: str, url: str, items_seen: bytes = b"") -> ParsedFeed | Failed:
    """The entries of a document in document order, or why it is no feed. Pure, and as slow as the body wants.

    `url` is where the body came from; relative links are resolved against it, but without a password that
    is in it. `items_seen`: that of the `ParsedFeed`
    before, whose items need not be read again.
    """
    try:
        return _read(decode(body, content_type), without_user(url), items_seen)
    except MemoryError:
        return Failed(
            FailureKind.TOO_HARD,
            phrase("The document takes more memory to read than it may have; it is very large or malicious."),
        )
    except Exception as error:  # noqa: BLE001 - feedparser lets anything through on documents nobody thought of
        return Failed(
            FailureKind.NOT_A_FEED,
            kept("The document is too broken to be read ({error}).", error=type(error).__name__),
        )


def _read(text: str, url: str, items_seen: bytes) -> ParsedFeed | Failed:
    readable = possible_references(_NOT_XML.sub(" ", text).lstrip())
    if readable.startswith("{") and (json_feed := read_json_feed(text, url)) is not None:
        title, read, hub = json_feed
        entries = _worth_keeping([_of_length(entry) for entry in read])
        return ParsedFeed(title, entries, items=len(read), hub=hub)
    data = readable.encode()
    outline = outline_of(data, url)
    if outline is not None and (news := _read_unseen(data, url, outline, items_seen)) is not None:
        return news
    document = _parse(data, url)
    if not document.get("version") and not document.entries:
        return Failed(FailureKind.NOT_A_FEED, what_it_is(text, url))
    partial = False
    if document.bozo and (rest := _without_cut_off_end(readable)) is not None:
        mended, partial = rest
        document = _parse(mended.encode(), url)
    found = [_entry(raw) for raw in document.entries]
    entries = _worth_keeping(found)
    if partial and not entries:
        return Failed(
            FailureKind.NOT_A_FEED, phrase("The document was cut off before the end of its first entry.")
        )
    around = readable if outline is None else outside(data, outline).decode()
    divisible = outline is not None and not document.bozo and len(found) == len(outline.ranges)
    return ParsedFeed(
        title=_title(document.feed),
        entries=entries,
        partial=partial,
        items=len(found),
        items_seen=stored(outline, [names_of(entry) for entry in found]) if outline and divisible else b"",
        wishes=wishes_of(around),
        hub=hub_of(around, url),
    )


def _read_unseen(data: bytes, url: str, outline: Outline, items_seen: bytes) -> ParsedFeed | None:
    """Only the items that were not there last time; None where that may differ from what the whole document says."""
    seen = Seen.load(items_seen)
    if seen.context != outline.context:
        return None
    items = list(zip(outline.digests, outline.ranges, strict=True))
    unseen = [digest for digest in outline.digests if digest not in seen.names]
    title, found = "", list[ParsedEntry]()
    if unseen:
        document = _parse(without(data, [place for digest, place in items if digest in seen.names]), url)
        if document.bozo or len(document.entries) != len(unseen):
            return None
        title, found = _title(document.feed), [_entry(raw) for raw in document.entries]
    rest = iter(found)
    names = [seen.names.get(digest) or names_of(next(rest)) for digest in outline.digests]
    known_by = stored(outline, names)
    if not known_by:
        return None
    around = outside(data, outline).decode()
    return ParsedFeed(
        title=title,
        entries=_worth_keeping(found),
        items=len(items),
        items_seen=known_by,
        wishes=wishes_of(around),
        hub=hub_of(around, url),
    )


def _worth_keeping(entries: Sequence[ParsedEntry]) -> tuple[ParsedEntry, ...]:
    """Those that say something; of more than anybody reads, the newest."""
    telling = [entry for entry in entries if _says_something(entry)]
    if len(telling) > MAX_ENTRIES:
        newest = sorted(telling, key=lambda entry: entry.published or _NEVER, reverse=True)[:MAX_ENTRIES]
        last = newest[-1].published or _NEVER
        telling = [entry for entry in telling if (entry.published or _NEVER) >= last][:MAX_ENTRIES]
    return tuple(telling)


def _parse(data: bytes, url: str) -> Any:  # noqa: ANN401 - feedparser has no types
    speed_up()
    return feedparser.parse(
        io.BytesIO(data),  # never the text itself: feedparser would open it as a file or an address
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
    return _of_length(
        ParsedEntry(
            id=_text(raw.get("id")).strip() or None,
            title=title_to_text(_text(raw.get("title"))),
            link=_link(raw),
            summary=_summary(raw),
            published=_instant(raw),
            source=_source(raw),
        )
    )


def _of_length(entry: ParsedEntry) -> ParsedEntry:
    """The entry, its texts shortened; an id that is no fit key in the store is replaced by its digest."""
    id_ = entry.id
    if id_:
        written = id_.encode(errors="surrogatepass")
        if len(id_) > MAX_ID or len(written) > MAX_KEY or _UNSTORABLE.search(id_):
            id_ = hashlib.blake2b(written, digest_size=16).hexdigest()
    return replace(
        entry, id=id_, title=shorten(entry.title, MAX_TITLE), summary=shorten(entry.summary, MAX_SUMMARY)
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
    return next((text for text in texts if text), "")


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
