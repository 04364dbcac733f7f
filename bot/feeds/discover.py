"""What a document is that is no feed, and which feeds a web page advertises."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import nh3

from bot.domain.addresses import shown, web_address
from bot.domain.entries import clean_text
from bot.domain.speech import kept, phrase
from bot.feeds.plain import html_to_text

FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")

_HEAD_LENGTH = 300_000
"""Advertisements stand in a page's head; some heads are long."""

# Atomic, or a long prologue without a root would be tried in every partition.
_ROOT = re.compile(
    r"(?>\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>)*+<([A-Za-z_][\w.:-]*)",
    re.DOTALL | re.IGNORECASE,
)
_HTML_TAGS = {
    *nh3.ALLOWED_TAGS,
    "body",
    "font",
    "form",
    "head",
    "html",
    "link",
    "meta",
    "script",
    "style",
    "title",
}
_WHOLE_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_HTML_INSIDE = re.compile(r"</?(?:html|body|head|p|a|div|br|h[1-6]|script)\b[^<]*>", re.IGNORECASE)


def advertised_feeds(page: str, url: str) -> tuple[str, ...]:
    """Absolute addresses of the feeds that a web page at `url` names in `<link rel="alternate">`, each once."""
    return _advertised(_PageReader.over(page), url)


def what_it_is(text: str, url: str) -> str:
    """A sentence on what a document that is no feed seems to be, and what to do about it."""
    stripped = text.strip()
    if not stripped:
        return phrase("The answer is empty.")
    if stripped[0] in "{[":
        return _what_json_it_is(stripped)
    found = _ROOT.match(stripped)
    root = found[1].lower() if found else ""
    if root in _HTML_TAGS or (not root and _HTML_INSIDE.search(stripped[:_HEAD_LENGTH])):
        return _what_page_it_is(stripped, url)
    if not root:
        return _what_text_it_is(stripped)
    if root == "opml":
        return phrase("This is an OPML list of feeds, not a feed; it can be imported as one.")
    if root.rpartition(":")[2] in ("urlset", "sitemapindex"):
        return phrase("This is a sitemap, not a feed.")
    return kept("This is XML (<{root}>), but neither RSS nor Atom.", root=root)


def _what_json_it_is(text: str) -> str:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return phrase("This is no feed; it begins like JSON, but is not valid JSON either.")
    return phrase("This is JSON, not a feed in RSS, Atom or JSON Feed.")


def _what_text_it_is(text: str) -> str:
    beginning = clean_text(text[:200])[:60]
    if "\x00" in text or beginning.count("\ufffd") > len(beginning) // 10:
        return phrase("This is not a feed and not even text.")
    return kept("This is text, not a feed. It begins: «{beginning}»", beginning=beginning)


def _what_page_it_is(page: str, url: str) -> str:
    reader = _PageReader.over(page)
    title = html_to_text(reader.title)[:80]
    feeds = _advertised(reader, url)
    whole = title or feeds or _WHOLE_PAGE.search(page[:_HEAD_LENGTH])
    what = phrase("a web page") if whole else phrase("a piece of HTML")
    if title:
        what = kept("a web page («{title}»)", title=title)
    if feeds:
        return kept(
            "This is {what}, not a feed. It advertises this feed: {address}",
            what=what,
            address=shown(feeds[0]),
        )
    return kept("This is {what}, not a feed, and it advertises none.", what=what)


def _advertised(reader: _PageReader, url: str) -> tuple[str, ...]:
    base = web_address(reader.base, url) or url
    addresses = (web_address(href, base) for href in reader.feeds)
    return tuple(dict.fromkeys(address for address in addresses if address))


class _PageReader(HTMLParser):
    """Collects the title, the base and the advertised feeds of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.base = ""
        self.feeds: list[str] = []
        self._in_title = False

    @classmethod
    def over(cls, page: str) -> _PageReader:
        reader = cls()
        reader.feed(page[:_HEAD_LENGTH])
        return reader

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "title":
            self._in_title = not self.title
        elif tag == "base":
            self.base = self.base or attributes.get("href", "")
        elif tag == "link" and "alternate" in attributes.get("rel", "").lower().split():
            kind = attributes.get("type", "").partition(";")[0].strip().lower()
            if kind in FEED_TYPES and attributes.get("href"):
                self.feeds.append(attributes["href"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
