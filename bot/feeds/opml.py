"""Lists of feeds as OPML 2.0 (http://opml.org/spec2.opml), the format every feed reader exports and imports.

What OPML has no word for stands in attributes of our own namespace, which other readers ignore.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from bot.domain.addresses import shown, web_address
from bot.domain.entries import FeedSpec, clean_text
from bot.feeds.decode import decode

NAMESPACE = "urn:sokuho:opml"

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FEED_SCHEME = re.compile(r"^feed:(?://)?(?=https?://)|^feed(?=://)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OpmlProblem:
    """Why a list could not be imported. `line` counts from 1; `message` is a sentence for a person."""

    line: int
    message: str


def export_opml(feeds: Sequence[FeedSpec], title: str, created: datetime) -> str:
    """The feeds as an OPML document, one outline each, in their order. `import_opml` gives the same feeds back."""
    outlines = "".join(f"    {_outline(feed)}\n" for feed in feeds)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<opml version="2.0" xmlns:s="{NAMESPACE}">\n'
        "  <head>\n"
        f"    <title>{escape(_NOT_XML.sub('', title))}</title>\n"
        f"    <dateCreated>{format_datetime(created)}</dateCreated>\n"
        "  </head>\n"
        f"  <body>\n{outlines}  </body>\n"
        "</opml>\n"
    )


def import_opml(document: str | bytes) -> tuple[FeedSpec, ...] | OpmlProblem:
    """Every feed of an OPML document, however deep, in document order, each address once; all of them or a problem.

    Categories are ignored. A list of another program names no country and often no language: those stay empty.
    A document type declaration is refused, because entities that explode or read files stand in one.
    """
    text = document if isinstance(document, str) else decode(document)
    body = text.lstrip()  # expat wants the declaration first; a blank line before it is common
    skipped = text[: len(text) - len(body)].count("\n")
    reader = _Reader()
    try:
        reader.parser.Parse(body.encode("utf-8", "replace"), True)  # noqa: FBT003 - expat takes no keywords
    except _RefusedError as refusal:
        return OpmlProblem(skipped + reader.parser.CurrentLineNumber, str(refusal))
    except expat.ExpatError as error:
        return OpmlProblem(skipped + error.lineno, f"This is not valid XML: {expat.ErrorString(error.code)}.")
    return tuple(reader.feeds.values())


def _outline(feed: FeedSpec) -> str:
    attributes = {
        "type": "rss",
        "text": feed.title or feed.outlet,
        "title": feed.title,
        "xmlUrl": feed.url,
        "language": feed.language,
        "s:outlet": feed.outlet,
        "s:country": feed.country,
        "s:aggregator": "true" if feed.aggregator else "",
        "s:verified": "" if feed.verified else "false",
        "s:interval": str(feed.interval.total_seconds()) if feed.interval else "",
    }
    written = " ".join(
        f"{name}={quoteattr(_NOT_XML.sub('', value))}" for name, value in attributes.items() if value
    )
    return f"<outline {written}/>"


class _RefusedError(Exception):
    """A document that is XML, but not one that is taken; its text is the message."""


class _Reader:
    """Collects the feeds of one document, by address."""

    def __init__(self) -> None:
        self.feeds: dict[str, FeedSpec] = {}
        self.parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._root

    def _doctype(self, *_: object) -> None:
        raise _RefusedError("A document type declaration (<!DOCTYPE …>) is not accepted; delete it.")

    def _root(self, name: str, _: dict[str, str]) -> None:
        if name.lower() != "opml":
            raise _RefusedError(f"This is not OPML: it begins with <{name.rpartition(' ')[2]}>.")
        self.parser.StartElementHandler = self._element

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        # Other programs write xmlurl and XMLURL, too.
        known = {key.lower(): value for key, value in attributes.items()}
        if name.lower() == "outline" and known.get("xmlurl", "").strip():
            feed = _feed(known)
            self.feeds.setdefault(feed.url, feed)


def _feed(attributes: dict[str, str]) -> FeedSpec:
    written = attributes["xmlurl"].strip()
    url = web_address(
        _FEED_SCHEME.sub(lambda found: "" if found[0].endswith((":", "/")) else "http", written)
    )
    if url is None:
        raise _RefusedError(
            f"{shown(written)} is not a web address; it has to begin with http:// or https://."
        )

    def own(name: str) -> str:
        return clean_text(attributes.get(f"{NAMESPACE} {name}", attributes.get(name, "")))

    text, title = own("text"), own("title")
    return FeedSpec(
        url=url,
        outlet=own("outlet") or text or title or urlsplit(url).hostname or "",
        language=own("language"),
        country=own("country"),
        title=title,
        aggregator=own("aggregator") == "true",
        verified=own("verified") != "false",
        interval=_interval(own("interval")),
    )


def _interval(seconds: str) -> timedelta | None:
    if not seconds:
        return None
    try:
        interval = timedelta(seconds=float(seconds))
    except (ValueError, OverflowError):
        interval = timedelta(0)
    if interval <= timedelta(0):
        raise _RefusedError(f"«{seconds}» is no interval in seconds.")
    return interval
