"""What feedparser does over and over with the same outcome, done once: more than half of its time.

It joins the same two addresses for every tag, copies what it knows of a text by the general way of `copy`, looks up what
is not there by an exception, and attributes and namespaces where a tag has none; it is called for each `&amp;` in a
text; and asks of each text all that could be the case of any. All of that is replaced by what gives the same;
`tests/adapters/test_speeding.py` compares.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any
from xml.sax.expatreader import ExpatParser

import feedparser.api
import feedparser.mixin
from feedparser.api import StrictFeedParser
from feedparser.mixin import _cp1252, _FeedParserMixin
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
    feedparser.api.StrictFeedParser = _PlainFirst


_based = lru_cache(REMEMBERED)(make_safe_absolute_uri)
_joined = lru_cache(REMEMBERED)(_urljoin)


def _resolved(self: _FeedParserMixin, address: str) -> str:
    """The address against the base of the place that is read."""
    base = self.baseuri or ""
    # A base that is none, which a bracket can make of it, leads nowhere.
    return address if PLAIN.fullmatch(address) and "[" not in base else _joined(base, address)


_WINDOWS = re.compile("[\x80-\x9f]")
_PLAIN_TYPES = frozenset({None, "text/plain", "text/html"})
_KEPT_OTHERWISE = frozenset({"content", "link", "category", "tags", "itunes_keywords"})
_OF_AN_IMAGE = frozenset({"title", "link", "description", "url", "href", "width", "height"})
_OF_AN_INPUT = frozenset({"title", "link", "description", "name"})


class _PlainFirst(StrictFeedParser):  # type: ignore[misc] # feedparser has no types
    """What most elements of most items are: a tag without attributes or prefix, around a text. All else goes the long way."""

    baseuri: Any
    lang: Any

    def unknown_starttag(self, tag: str, attrs: Sequence[tuple[str, str]]) -> None:
        if attrs or self.incontent or self.lang or ":" in tag or not self.baseuri:
            super().unknown_starttag(tag, attrs)
            return
        self.depth += 1
        self.baseuri = _based(self.baseuri, self.baseuri) or self.baseuri
        self.basestack.append(self.baseuri)
        self.langstack.append(self.lang)
        if tag not in _OF_AN_IMAGE:
            self.inimage = 0
        if tag not in _OF_AN_INPUT:
            self.intextinput = 0
        try:
            getattr(self, f"_start_{tag}")({})
        except AttributeError:  # of an element that it does not know, as it has that
            self.push(tag, 1)

    def pop(self, element: str, strip_whitespace: int = 1) -> str | None:
        params = self.contentparams
        if (
            not (self.inentry and self.elementstack and strip_whitespace)
            or self.insource
            or element in _KEPT_OTHERWISE
            or self.elementstack[-1][0] != element
            or not self.elementstack[-1][1]
            or params.get("type") not in _PLAIN_TYPES
            or params.get("base64")
            or self.resolve_relative_uris
            or self.sanitize_html
        ):
            whole: str | None = super().pop(element, strip_whitespace)
            return whole
        text = "".join(self.elementstack.pop()[2]).strip()
        if text and element in self.can_be_relative_uri and (element != "id" or self.guidislink):
            text = self.resolve_uri(text)
        plain = params.get("type") == "text/plain" and not self.version.startswith("atom")
        if plain and ("<" in text or "&" in text) and self.looks_like_html(text):
            params["type"] = "text/html"
        params.pop("mode", None)
        params.pop("base64", None)
        if not text.isascii():
            text = _reread(text)
        if element != "title" or not -1 < self.title_depth <= self.depth:
            self._keep("summary" if element == "description" else element, text)
        return text

    def _keep(self, name: str, text: str) -> None:
        entry = self.entries[-1]
        depths = self.property_depth_map.setdefault(entry, {})
        if self.depth <= depths.get(name, self.depth):
            depths[name] = self.depth
            entry[name] = text
        if self.incontent:
            detail = _copied(self.contentparams, None)
            detail["value"] = text
            entry[f"{name}_detail"] = detail


def _reread(text: str) -> str:
    """UTF-8 that was taken for Latin-1, and characters of Windows, as what they were meant to be."""
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_cp1252) if _WINDOWS.search(text) else text


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
