"""The recorded day of config/demo for the programs that draw it: the catalog beside it, and its entries."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.demo import RecordedDay, read_day
from bot.domain.catalog import Catalog
from bot.domain.entries import Entry
from bot.settings.files import load_catalog

PROJECT = Path(__file__).parent.parent


def read_config() -> tuple[Catalog, RecordedDay]:
    catalog = load_catalog(PROJECT / "config", feeds=())
    day = read_day(PROJECT / "config" / "demo")
    assert isinstance(catalog, Catalog), catalog
    assert isinstance(day, RecordedDay), day
    return replace(catalog, outlets=day.with_outlets(catalog.outlets)), day


def entries_of(day: RecordedDay) -> tuple[Entry, ...]:
    """The day's entries as the store would have them, had each been read a minute after it was published."""
    feeds = {feed.path: feed for feed in day.feeds}
    return tuple(
        Entry(
            number,
            None,
            item.title,
            item.summary,
            item.link,
            feeds[item.feed].outlet,
            feeds[item.feed].language,
            item.published,
            item.published + timedelta(minutes=1),
        )
        for number, item in enumerate(day.entries, start=1)
    )


def by_link(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    """The entries by the end of their link (`wire/009`)."""
    return {(entry.link or "").removeprefix("https://example.org/"): entry for entry in entries}
