"""feedparser alone, as the reference of what a document says."""

from __future__ import annotations

import html
import io
import re
from datetime import UTC, datetime
from typing import Any

import feedparser

from bot.domain.entries import ParsedEntry

FIELDS = ("title", "link", "id", "summary", "content")


def alone(body: bytes, content_type: str, url: str) -> list[dict[str, Any]]:
    """What feedparser finds without us; items that say nothing at all aside."""
    document = feedparser.parse(
        io.BytesIO(body),
        response_headers={"content-type": content_type, "content-location": url},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    return [raw for raw in document.entries if any(raw.get(field) for field in FIELDS)]


def assert_same(entry: ParsedEntry, raw: dict[str, Any], name: str) -> None:
    """Whether the entry says what feedparser says, all that is no text in titles and links aside."""
    assert entry.id == (raw.get("id") or None), name
    assert letters(entry.title) == letters(raw.get("title", "")), name
    link = raw.get("link") or ""
    if link.startswith("http"):
        assert entry.link == link.replace(" ", "%20"), name
    moment = raw.get("published_parsed") or dict.get(raw, "updated_parsed")
    year, month, day, hour, minute, second = moment[:6] if moment else (1, 1, 1, 0, 0, 0)
    instant = datetime(year, month, day, hour, minute, second, tzinfo=UTC) if moment else None
    assert entry.published == instant, name
    assert bool(entry.summary) <= bool(raw.get("summary") or raw.get("content")), name


def letters(markup: str) -> str:
    return "".join(re.findall(r"\w", html.unescape(re.sub(r"</?\w[^>]*>", "", markup))))
