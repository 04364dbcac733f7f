"""JSON Feed, which feedparser does not read: https://www.jsonfeed.org/version/1.1/."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.domain.addresses import web_address
from bot.domain.entries import ParsedEntry, clean_text
from bot.domain.websub import Hub
from bot.feeds.plain import html_to_text, title_to_text
from bot.feeds.websub import hub_at

_VERSION = "jsonfeed.org/version/"


def read_json_feed(text: str, url: str) -> tuple[str, tuple[ParsedEntry, ...], Hub | None] | None:
    """Title, entries and hub of a document that came from `url`; None where it is no JSON Feed. No text is shortened.

    What is of the wrong type counts as absent, but that ids may be numbers.
    """
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or _VERSION not in _text(feed, "version"):
        return None
    items = feed.get("items")
    listed = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    entries = tuple(_entry(item, url) for item in listed)
    return title_to_text(_text(feed, "title")), entries, _hub(feed, url)


def _hub(feed: Mapping[str, Any], url: str) -> Hub | None:
    hubs = feed.get("hubs")
    named = [hub for hub in hubs if isinstance(hub, dict)] if isinstance(hubs, list) else []
    websub = (_text(hub, "url") for hub in named if _text(hub, "type").lower() == "websub")
    return hub_at(next(websub, None), _text(feed, "feed_url"), url)


def _entry(item: Mapping[str, Any], url: str) -> ParsedEntry:
    id_ = item.get("id")
    links = (web_address(_text(item, name), url) for name in ("url", "external_url"))
    texts = (
        html_to_text(_text(item, "summary")),
        html_to_text(_text(item, "content_html")),
        clean_text(_text(item, "content_text")),
    )
    dates = (_instant(_text(item, name)) for name in ("date_published", "date_modified"))
    return ParsedEntry(
        id=str(id_).strip() or None if isinstance(id_, str | int | float) else None,
        title=title_to_text(_text(item, "title")),
        link=next((link for link in links if link), None),
        summary=next((text for text in texts if text), ""),
        published=next((date for date in dates if date), None),
    )


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def _instant(text: str) -> datetime | None:
    """RFC 3339, in UTC."""
    try:
        date = datetime.fromisoformat(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
