"""What feedparser does over and over with the same outcome, done once: nearly half of its time.

It joins the same two addresses for every tag, copies what it knows of a text by the general way of `copy`, looks up what
is not there by an exception, and attributes and namespaces where a tag has none. All of that is replaced by what gives
the same; `tests/adapters/test_speeding.py` compares.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from xml.sax.xmlreader import AttributesNSImpl

import feedparser.mixin
from feedparser.parsers.strict import _StrictFeedParser
from feedparser.util import FeedParserDict

REMEMBERED = 512
"""Joins of addresses; a document has one for all its tags, and one for each of its links."""

_OF_SEVERAL_NAMES = frozenset(
    {*FeedParserDict.keymap, "category", "enclosures", "license", "updated", "updated_parsed"}
)
"""What a dictionary of feedparser looks for elsewhere, too."""


def speed_up() -> None:
    """Replace them, in this process."""
    for name in ("make_safe_absolute_uri", "_urljoin"):
        join = getattr(feedparser.mixin, name)
        if not hasattr(join, "cache_info"):
            setattr(feedparser.mixin, name, lru_cache(REMEMBERED)(join))
    FeedParserDict.__deepcopy__ = _copied
    FeedParserDict.get = _get
    _StrictFeedParser.startElementNS = _start_element


_start_any_element = _StrictFeedParser.startElementNS


def _start_element(
    self: _StrictFeedParser, name: tuple[str | None, str], qname: str | None, attrs: AttributesNSImpl
) -> None:
    """Most tags have neither a namespace nor attributes, and then there is nothing to look up."""
    if name[0] is None and qname is None and not self.decls and not len(attrs):
        self.unknown_starttag(name[1].lower(), [])
    else:
        _start_any_element(self, name, qname, attrs)


def _copied(original: FeedParserDict, _: object) -> FeedParserDict:
    """A copy of a dictionary that is emptied afterwards, as all are that feedparser copies."""
    return FeedParserDict(original)


def _get(self: FeedParserDict, key: str, default: Any = None) -> Any:  # noqa: ANN401 - feedparser has no types
    if key not in _OF_SEVERAL_NAMES:
        return dict.get(self, key, default)
    try:
        return self[key]
    except KeyError:
        return default
