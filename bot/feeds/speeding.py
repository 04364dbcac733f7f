"""What feedparser does over and over with the same outcome, done once: more than half of its time.

It joins the same two addresses for every tag, copies what it knows of a text by the general way of `copy`, looks up what
is not there by an exception, and attributes and namespaces where a tag has none; and it is called for each `&amp;` in a
text. All of that is replaced by what gives the same; `tests/adapters/test_speeding.py` compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from xml.sax.expatreader import ExpatParser

import feedparser.api
import feedparser.mixin
from feedparser.mixin import _FeedParserMixin
from feedparser.urls import _urljoin, make_safe_absolute_uri
from feedparser.util import FeedParserDict

from bot.domain.addresses import PLAIN

REMEMBERED = 512
"""Joins of addresses; a document has one for all its tags, and one for each of its links."""

_OF_SEVERAL_NAMES = frozenset(
    {*FeedParserDict.keymap, "category", "enclosures", "license", "updated", "updated_parsed"}
)
"""What a dictionary of feedparser looks for elsewhere, too."""


def speed_up() -> None:
    """Replace them, in this process."""
    feedparser.mixin.make_safe_absolute_uri = _based
    feedparser.mixin._FeedParserMixin.resolve_uri = _resolved  # noqa: SLF001 - it has no public name
    FeedParserDict.__deepcopy__ = _copied
    FeedParserDict.get = _get
    feedparser.api.PREFERRED_XML_PARSERS = [__name__]


_based = lru_cache(REMEMBERED)(make_safe_absolute_uri)
_joined = lru_cache(REMEMBERED)(_urljoin)


def _resolved(self: _FeedParserMixin, address: str) -> str:
    """The address against the base of the place that is read."""
    base = self.baseuri or ""
    # A base that is none, which a bracket can make of it, leads nowhere.
    return address if PLAIN.fullmatch(address) and "[" not in base else _joined(base, address)


def create_parser() -> ExpatParser:
    """The reader of XML that feedparser is given; `xml.sax.make_parser` looks for this name."""
    return _Reader()


class _Reader(ExpatParser):
    """The standard library's, which tells of a text in one piece, and of a plain tag without looking at what it has not."""

    _cont_handler: Any
    _parser: Any

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True

    def start_element_ns(self, name: str, attrs: Mapping[str, str]) -> None:
        """Most tags have neither a namespace nor attributes."""
        if attrs or " " in name or self._cont_handler.decls:
            super().start_element_ns(name, attrs)
        else:
            self._cont_handler.unknown_starttag(name.lower(), [])

    def end_element_ns(self, name: str) -> None:
        if " " in name:
            super().end_element_ns(name)
        else:
            self._cont_handler.unknown_endtag(name.lower())


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
