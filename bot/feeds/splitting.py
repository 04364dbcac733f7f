"""Which items of a document were there last time, so that only the others are read.

An item whose text is the same, in a document that means the same by it, reads the same. So what a document is known by
is a digest of each item's text, with digests of the names (id and link) it turned out to have. Those tell whether an
item that is new shares a name with one that is not, in which case only the whole document says what it is.

Only well-formed documents without a DOCTYPE are divided, at the ends that the XML parser sees. Any doubt, and the
document is read whole: what comes out must be what feedparser makes of all of it (`tests/adapters/test_splitting.py`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from bot.domain.entries import ParsedEntry

MAX_ITEMS = 5_000
"""Of a larger document nothing is remembered: 24 bytes an item are kept with the feed."""

_DIGEST = 8
_NAMELESS = bytes(_DIGEST)
_ITEM_TAGS = frozenset({"item", "entry"})
_TAG = re.compile(rb"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")
_BETWEEN = " "
"""Separates namespace and name in what expat answers; an address holds none."""


class _DoubtError(Exception):
    """The document may mean something else divided than whole."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Where a document's items are, as ranges of its UTF-8 text, and their digests, in document order."""

    context: bytes
    """Digest of all that an item's meaning depends on: the address and the tags around it."""
    ranges: tuple[tuple[int, int], ...]
    digests: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a document is known by. Its stored form is the digests on end: context, then item, id and link of each."""

    context: bytes = b""
    names: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    """By the digest of an item: those of its id and its link."""

    @classmethod
    def load(cls, stored: bytes) -> Seen:
        pieces = [stored[at : at + _DIGEST] for at in range(0, len(stored), _DIGEST)]
        triples = zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=False)
        return cls(b"".join(pieces[:1]), {item: (id_, link) for item, id_, link in triples})


def outline_of(document: bytes, url: str) -> Outline | None:
    """The items of a document in UTF-8 that was fetched from `url`; None where it had better be read whole."""
    reader = _OutlineReader(document)
    try:
        return reader.read(url)
    except (_DoubtError, expat.ExpatError):
        return None


def without(document: bytes, ranges: Sequence[tuple[int, int]]) -> bytes:
    """The document without these ranges, which are in order and do not overlap."""
    ends = [0, *(end for _, end in ranges)]
    starts = [*(start for start, _ in ranges), len(document)]
    return b"".join(document[end:start] for end, start in zip(ends, starts, strict=True))


def outside(document: bytes, outline: Outline) -> bytes:
    """All of the document but its items."""
    return without(document, outline.ranges)


def names_of(entry: ParsedEntry) -> tuple[bytes, bytes]:
    """Digests of the id and the link by which others may be mistaken for this entry."""
    return _name(entry.id), _name(entry.link)


def stored(outline: Outline, names: Sequence[tuple[bytes, bytes]]) -> bytes:
    """What to know the document by, given the names of its items; nothing if two share one."""
    if len(outline.digests) > MAX_ITEMS or any(_shared(column) for column in zip(*names, strict=True)):
        return b""
    pieces = (item + id_ + link for item, (id_, link) in zip(outline.digests, names, strict=True))
    return outline.context + b"".join(pieces)


def _shared(names: Sequence[bytes]) -> bool:
    named = [name for name in names if name != _NAMELESS]
    return len(set(named)) < len(named)


def _name(text: str | None) -> bytes:
    return _digest(text.encode(errors="surrogatepass")) if text else _NAMELESS


def _digest(*parts: bytes) -> bytes:
    state = hashlib.blake2b(digest_size=_DIGEST)
    for part in parts:
        state.update(part + b"\x00")
    return state.digest()


class _OutlineReader:
    """Reads a document once, tag by tag, and keeps where the outermost items begin and end."""

    def __init__(self, document: bytes) -> None:
        self._document = document
        self._around: list[int] = []
        """Where the tags begin that are open around the place that is read, down to the parent of the items."""
        self._depth = 0
        self._item_depth = 0
        self._begun = 0
        self._ranges: list[tuple[int, int]] = []
        self._parents: set[tuple[int, ...]] = set()
        # With namespaces, so that a prefix nobody declared is an error, as it is for feedparser.
        self._parser = expat.ParserCreate("utf-8", _BETWEEN)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doubt

    def read(self, url: str) -> Outline:
        self._parser.Parse(self._document, True)  # noqa: FBT003 - expat's own
        if len(self._parents) != 1:
            raise _DoubtError
        (around,) = self._parents
        tags = (self._document[start : self._end_of_tag(start)] for start in around)
        return Outline(
            _digest(url.encode(errors="surrogatepass"), *tags),
            tuple(self._ranges),
            tuple(_digest(text) for text in self._texts()),
        )

    def _texts(self) -> Iterator[bytes]:
        return (self._document[start:end] for start, end in self._ranges)

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._item_depth:
            return
        if name.rpartition(_BETWEEN)[2].lower() in _ITEM_TAGS:
            self._item_depth = self._depth
            self._begun = self._parser.CurrentByteIndex
            self._parents.add(tuple(self._around))
        else:
            self._around.append(self._parser.CurrentByteIndex)

    def _end(self, _name: str) -> None:
        if not self._item_depth:
            self._around.pop()
        elif self._item_depth == self._depth:
            self._item_depth = 0
            self._ranges.append((self._begun, self._end_of_tag(self._parser.CurrentByteIndex)))
        self._depth -= 1

    def _end_of_tag(self, at: int) -> int:
        """Where the tag at this place ends; `>` may stand in its attributes."""
        tag = _TAG.match(self._document, at)
        if tag is None:
            raise _DoubtError
        return tag.end()

    def _doubt(self, *_: Any) -> None:  # noqa: ANN401 - nothing of it matters
        raise _DoubtError
