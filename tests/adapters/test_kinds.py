"""Every kind of feed: what we make of it is what feedparser makes of all of it, read whole or in part."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.entries import ParsedFeed
from bot.feeds.decode import decode
from bot.feeds.reading import read_document
from bot.feeds.splitting import outline_of, without
from tests.adapters.kinds import DATES, KINDS
from tests.adapters.reference import alone, assert_same
from tests.fakes.documents import URL, parsed

BEYOND_FEEDPARSER = {"UTF-16 without a mark"}
"""It finds nothing in these."""

YEAR_ALONE = {"2025-W32-6", "2025년 08월 09일 12:00:00"}
"""Dates of which it takes month and day from its own clock."""

READ_WHOLE = {
    "a DOCTYPE",
    "a DOCTYPE with entities",
    "a document that breaks off",
    "a prefix that nobody declared",
    "a tag that nobody closed",
    "an ampersand on its own",
    "an attribute without quotes",
    "entities of HTML that nobody declared",
    "one id for all",
    "something behind the end",
    "tags in capitals",
    "the same twice",
    "two documents",
}
"""Where no item can be told for sure, or some share a name."""


@pytest.mark.parametrize("name", KINDS.keys() - BEYOND_FEEDPARSER)
def test_what_feedparser_says(name: str) -> None:
    """Every entry, in order, with its id, title, link and date; of a document that breaks off all but the last."""
    body, content_type = KINDS[name]
    found, expected = parsed(body, content_type), alone(body, content_type, URL)
    if found.partial:
        expected.pop()
    assert len(found.entries) == len(expected)
    for entry, raw in zip(found.entries, expected, strict=True):
        if dict.get(raw, "published", dict.get(raw, "updated")) in YEAR_ALONE:
            assert entry.published is None
            raw.pop("published_parsed", None)
            raw.pop("updated_parsed", None)
        assert_same(entry, raw, name)


def test_most_dates_are_read() -> None:
    """Of the ways to write the ninth of August, those that feedparser knows."""
    found = parsed(*KINDS["dates of every kind"]).entries
    read = {date for date, entry in zip(DATES, found, strict=True) if entry.published}
    assert set(DATES) - read == {*YEAR_ALONE, "Aug 9, 2025 12:00:00 GMT", "yesterday", ""}
    assert {entry.published.date() for entry in found if entry.published} == {datetime(2025, 8, 9).date()}  # noqa: DTZ001 - a day


def test_undeclared_utf_16() -> None:
    """Where feedparser finds nothing, the entries are there all the same."""
    for name in BEYOND_FEEDPARSER:
        assert len(parsed(*KINDS[name]).entries) == 2


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data())
def test_in_part_what_the_whole_says(name: str, data: st.DataObject) -> None:
    """Whichever of its items were there before, the others read as in the whole document, and none is lost."""
    body, content_type = KINDS[name]
    text = decode(body, content_type).lstrip().encode()
    whole = parsed(text)
    assert bool(whole.items_seen) == (name not in READ_WHOLE)
    outline = outline_of(text, URL)
    if outline is None or not whole.items_seen or whole.items != len(whole.entries):
        return
    new = data.draw(st.sets(st.sampled_from(range(len(outline.ranges)))))
    earlier = read_document(without(text, [outline.ranges[n] for n in sorted(new)]), "application/xml", URL)
    before = (
        earlier if isinstance(earlier, ParsedFeed) else ParsedFeed("", ())
    )  # CDF without an item is no feed
    part = parsed(text, seen=before.items_seen)
    assert part.entries == (
        tuple(whole.entries[n] for n in sorted(new)) if before.items_seen else whole.entries
    )
    assert part.items == whole.items
