"""Feeds, entries and their identity: what of a polled document is new, revised or said again.

An entry is known by its id, else its link, else its content. Feeds break each of these: they rename every id after a
move, give one id to all items, or publish an item twice. `plan_ingest` sorts a document's entries accordingly.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from bot.domain.languages import language_of
from bot.domain.polling import Wishes
from bot.domain.websub import Hub

FIRST_POLL_NEWS_AGE = timedelta(hours=6)
"""On a feed's first poll only entries published within this count as news; the rest is background."""

REPEATED_WITHIN = timedelta(hours=72)
"""The same text under another name is a repeat within this, whatever its date; later only if its date is the same."""

MAX_CLOCK_SKEW = timedelta(hours=24)
"""A date further in the future than this is a mistake of the feed, not a date."""

EARLIEST_PLAUSIBLE = datetime(1995, 1, 1, tzinfo=UTC)
"""No feed is older than RSS; feedparser reads `1704189600` as the year 1704."""


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """A feed as configured. `language` is BCP 47 (`en`), `country` ISO 3166-1 alpha-2 (`gb`) or empty.

    `aggregator`: entries belong to other outlets, named by `entry.source` or by the title's suffix (`… - Reuters`).
    `interval`: how often to ask at the most, where the configuration says. `user`: `name:password` for the server, as it
    is written in an address; the configuration is where it stays, and no store is given it.
    """

    url: str
    outlet: str
    language: str
    country: str = ""
    title: str = ""
    aggregator: bool = False
    verified: bool = True
    interval: timedelta | None = None
    user: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """An entry as a feed has it, its HTML turned into plain text; `published` is UTC, None where absent or absurd."""

    id: str | None
    title: str
    link: str | None = None
    summary: str = ""
    published: datetime | None = None
    source: str | None = None
    """The outlet that `entry.source` names, in an aggregator's feed."""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A document's entries in document order. `partial`: the document was cut off and its last entry was dropped.

    `entries` may lack those that were there when the document was read last, and then the title is empty if all were.
    """

    title: str
    entries: tuple[ParsedEntry, ...]
    partial: bool = False
    items: int = 0
    """How many items the document has, read or not."""
    items_seen: bytes = b""
    """What to know the document's items by next time; opaque, empty where all of them are to be read again."""
    wishes: Wishes = field(default_factory=Wishes)
    hub: Hub | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry not seen before. `is_news`: whether it may be told, or is only background to search in."""

    key: str
    fingerprint: str
    title: str
    summary: str
    link: str | None
    outlet: str
    language: str
    published: datetime | None
    is_news: bool


@dataclass(frozen=True, slots=True)
class Revision:
    """A known entry whose title or text changed; never a new report."""

    entry_id: int
    fingerprint: str
    title: str
    summary: str
    link: str | None


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """What the store knows of an entry that a document may be repeating."""

    entry_id: int
    key: str
    fingerprint: str
    title: str
    summary: str
    link: str | None
    seen: datetime
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class IngestPlan:
    new: tuple[NewEntry, ...] = ()
    revisions: tuple[Revision, ...] = ()
    repeats: int = 0
    aliases: tuple[tuple[str, int], ...] = ()
    """(key, entry id): a further key under which a known entry has turned up."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored entry in its newest revision. `seen` is when we first had it; `revision` counts from 0.

    `private`: its feed was named by chats alone, and none but those hear of it (`bot.domain.stories.may_see`).
    """

    id: int
    feed_id: int | None
    title: str
    summary: str
    link: str | None
    outlet: str
    language: str
    published: datetime | None
    seen: datetime
    revision: int = 0
    is_news: bool = True
    private: bool = False

    @property
    def at(self) -> datetime:
        """When it was published, or first seen where the feed does not say or claims the future."""
        return time_of(self.published, self.seen)


def time_of(published: datetime | None, seen: datetime) -> datetime:
    """When what was published and seen then is taken to have come up."""
    return min(published, seen) if published else seen


MANY_MARKS = 1_000
"""Characters of a text; in a shorter one no heap of marks takes long."""
MOST_MARKS = 30
"""Combining characters on a letter."""


@cache
def _heaps_of_marks() -> re.Pattern[str]:
    marks = "".join(char for char in map(chr, range(0x300, 0x1E94B)) if unicodedata.combining(char))
    return re.compile(f"[{marks}]{{{MOST_MARKS + 1},}}")


class _Legible(dict[int, str]):
    """What becomes of each character, by its number; of the 1.1 million, those are looked at that turn up."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char in "\t\n\r\u2028\u2029\xa0":
            kept = " "
        else:
            unseen = unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs") and char != "\u200d"
            kept = "" if unseen else char
        return self.setdefault(code, kept)


_LEGIBLE = _Legible()


def clean_text(text: str) -> str:
    """Composed, without control and direction-override characters, white space folded."""
    if len(text) > MANY_MARKS and not text.isascii():
        # To put thousands of marks on one letter in order takes seconds; UAX #15 stops at 30 likewise.
        text = _heaps_of_marks().sub(lambda heap: heap[0][:MOST_MARKS], text)
    kept = unicodedata.normalize("NFC", text)
    if not kept.isprintable():  # most texts are, and then there is nothing to leave out
        kept = kept.translate(_LEGIBLE)
    return re.sub(r" {2,}", " ", kept).strip()


def plausible_date(date: datetime | None, now: datetime) -> datetime | None:
    """`date` in UTC, or None where it cannot be meant."""
    if date is None or not EARLIEST_PLAUSIBLE <= date <= now + MAX_CLOCK_SKEW:
        return None
    return date.astimezone(UTC)


def fingerprint(title: str, summary: str) -> str:
    """Tells whether two texts are the same to a reader: case, punctuation and white space do not count."""
    return digest_of_words(words_of(f"{title}\n{summary}"))


def words_of(text: str) -> list[str]:
    """The words of a text as a reader tells them apart, in order."""
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())


def has_letters(text: str) -> bool:
    """Whether there is anything to read in it; a title of emoji alone says nothing."""
    return any(map(str.isalpha, text))


def digest_of_words(words: Sequence[str]) -> str:
    """A short name for a run of words."""
    return hashlib.blake2b(" ".join(words).encode(), digest_size=12).hexdigest()


_CONTENT = "content:"


def keys_of(entry: ParsedEntry) -> tuple[str, ...]:
    """Every key the entry answers to, strongest first; the last is always that of its content."""
    names = (f"id:{entry.id}",) if entry.id else ()
    return (*names, *text_keys(entry.link, fingerprint(entry.title, entry.summary)))


def text_keys(link: str | None, text: str) -> tuple[str, ...]:
    """The keys that any entry with this link and this fingerprint answers to, whatever its id."""
    return (*((f"link:{link}",) if link else ()), f"{_CONTENT}{text}")


@dataclass(frozen=True, slots=True)
class _Book:
    """The known entries of a feed, by each thing a repeat can be told by."""

    by_key: Mapping[str, KnownEntry]
    by_fingerprint: Mapping[str, KnownEntry]
    by_link: Mapping[str, KnownEntry] = field(default_factory=dict)
    """Without those that the document still has under their own names: they are not renamed."""

    @classmethod
    def of(cls, known: Mapping[str, KnownEntry], strongest: Iterable[str]) -> _Book:
        newest = sorted(known.values(), key=lambda entry: entry.seen)
        present = {known[key].entry_id for key in strongest if key in known}
        return cls(
            dict(known),
            {entry.fingerprint: entry for entry in newest},
            {entry.link: entry for entry in newest if entry.link and entry.entry_id not in present},
        )


def plan_ingest(
    spec: FeedSpec,
    parsed: Sequence[ParsedEntry],
    known: Mapping[str, KnownEntry],
    *,
    first_poll: bool,
    now: datetime,
    fresh: timedelta | None = FIRST_POLL_NEWS_AGE,
) -> IngestPlan:
    """Sort a document's entries into new, revised and said again.

    `known` maps each key of `parsed` that the store knows (all of `keys_of`, aliases included) to its entry. `fresh`: how
    old what a first poll brings may be to count as news; None: nothing of it does.

    - The strongest key that is known decides; a changed text under the same id (or, without an id, the same link)
      is a revision.
    - A new id over a known link with the same title, or over the same text, is a renamed id: a repeat. Where the
      document has the old id too, only the same text is. But a headline that recurs (an earthquake warning) with
      another date is a report of its own after a while.
    - An id or link that one document gives to several different items identifies none of them.
    """
    named = [(entry, keys_of(entry)) for entry in parsed]
    shared = _keys_of_several(named)
    keyed = [(entry, tuple(key for key in keys if key not in shared)) for entry, keys in named]
    book = _Book.of(known, (keys[0] for _, keys in keyed))
    new: list[NewEntry] = []
    revisions: dict[int, Revision] = {}
    aliases: list[tuple[str, int]] = []
    planned: set[str] = set()
    repeats = 0
    for entry, keys in keyed:
        text = keys[-1].removeprefix(_CONTENT)
        match = _find(entry, keys, text, book, now)
        if match is not None:
            if keys[0] not in book.by_key:
                aliases.append((keys[0], match.entry_id))
            if text == match.fingerprint:
                repeats += 1
            else:
                revisions[match.entry_id] = Revision(
                    match.entry_id, text, entry.title, entry.summary, entry.link
                )
        elif keys[0] in planned or f"text:{text}" in planned:
            repeats += 1
        else:
            planned.update((keys[0], f"text:{text}"))
            new.append(
                NewEntry(
                    key=keys[0],
                    fingerprint=text,
                    title=entry.title,
                    summary=entry.summary,
                    link=entry.link,
                    outlet=entry.source or spec.outlet,
                    language=language_of(
                        entry.title if has_letters(entry.title) else entry.summary, spec.language
                    ),
                    published=plausible_date(entry.published, now),
                    is_news=is_news(entry, first_poll=first_poll, now=now, fresh=fresh),
                )
            )
    return IngestPlan(tuple(new), tuple(revisions.values()), repeats, tuple(aliases))


def is_news(
    entry: ParsedEntry, *, first_poll: bool, now: datetime, fresh: timedelta | None = FIRST_POLL_NEWS_AGE
) -> bool:
    """Whether an unseen entry may be told. Dates lie, so after the first poll unseen is new, whatever its date."""
    if not first_poll:
        return True
    published = plausible_date(entry.published, now)
    return published is not None and fresh is not None and published >= now - fresh


def _keys_of_several(named: Iterable[tuple[ParsedEntry, Sequence[str]]]) -> frozenset[str]:
    """The ids and links that are shared by items of different link or text."""
    items = {(key, entry.link, content) for entry, (*names, content) in named for key in names}
    return frozenset(key for key, count in Counter(key for key, _, _ in items).items() if count > 1)


def _find(
    entry: ParsedEntry, keys: Sequence[str], text: str, book: _Book, now: datetime
) -> KnownEntry | None:
    strongest = book.by_key.get(keys[0])
    if strongest is not None:
        return strongest
    same_link = book.by_link.get(entry.link or "")
    if same_link is not None and fingerprint(same_link.title, "") == fingerprint(entry.title, ""):
        return same_link
    same_text = book.by_fingerprint.get(text)
    return same_text if same_text is not None and _repeats(entry, same_text, now) else None


def _repeats(entry: ParsedEntry, known: KnownEntry, now: datetime) -> bool:
    published = plausible_date(entry.published, now)
    dated = published is not None and known.published is not None
    return not dated or published == known.published or now - known.seen <= REPEATED_WITHIN
