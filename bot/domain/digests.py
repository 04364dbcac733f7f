"""Digests: which slot is due, which stories it tells, and what it says.

A digest tells each story that came up since the last one, once, and again, marked as such, only what has developed
since. It is one message, or several in order, whose parts are fixed when the slot is decided about (`divided`), so that a
part which was sent is never said again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.domain.bulletins import (
    MAX_HEADLINE,
    Bulletin,
    cut_at_word,
    marked,
    repeat_line,
    tongue_of,
    unbroken,
)
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat, Digests
from bot.domain.composing import compose
from bot.domain.documents import Document, Line, code, document, faint, line, link, strong
from bot.domain.naming import name_in
from bot.domain.schedules import Slot, slot_by
from bot.domain.speech import ENGLISH, Speech
from bot.domain.stories import Story, readable
from bot.domain.topics import Topic
from bot.domain.updates import compose_update

MOST_STORIES = 60
"""Stories that a digest names; the rest are counted."""

PATIENCE = timedelta(minutes=10)
"""For how long after a start a digest waits for the feeds to have been asked what came meanwhile."""

_SHORTER = (MAX_HEADLINE, 120, 60)
"""Lengths of headlines (characters) that are tried, where a part has grown beyond its platform's limits."""


@dataclass(frozen=True, slots=True)
class LastDigest:
    """What a chat was told last: for which slot of which schedule, and that all seen before `until` is told."""

    schedule: str
    slot: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DigestItem:
    """A story in a digest, under one of the chat's topics."""

    story_id: int
    topic_id: int


@dataclass(frozen=True, slots=True)
class Untold:
    """A story that is to be told. `told`: a digest told all that was seen of it before then, and a development came since."""

    story: Story
    told: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A story as a part of a digest tells it; `message_id` is the bulletin about it, where the chat was sent one.

    `before`: what was seen until then an earlier digest has told.
    """

    story: Story
    topic_id: int
    message_id: str | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Which of the messages of a digest it is, the `number`th (from 1) of `parts`.

    The digest tells `total` stories seen since `since`; `unnamed` of them are not named.
    """

    number: int
    parts: int
    total: int
    unnamed: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """One of the messages of a digest."""

    told: tuple[Told, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Row:
    """A story of a digest, composed for the chat."""

    item: DigestItem
    bulletin: Bulletin
    message_id: str | None = None


def since(digests: Digests, last: LastDigest | None) -> datetime:
    """When the period begins that the next digest tells of."""
    return max(digests.since, last.until) if last is not None else digests.since


def due_slot(digests: Digests, zone: ZoneInfo, last: LastDigest | None, now: datetime) -> Slot | None:
    """The slot that is to be told now, if any.

    Of several that were missed it is the newest; one that was told is never due again, whatever the chat's zone has
    become since.
    """
    slot = slot_by(digests.schedule, zone, now)
    if slot.at <= max(digests.set_at, since(digests, last)):
        return None
    if last is not None and (last.schedule, last.slot) == (str(digests.schedule), slot.key):
        return None
    return slot


def compose_row(told: Told, chat: Chat, catalog: Catalog) -> Row | None:
    """What a digest says of a story, which holds at least one report.

    Of one that was told before only what is new since, as an update; None where nothing is.
    """
    bulletin = (
        compose(told.story, chat, (), catalog)
        if told.before is None
        else compose_update(told.story, chat, (), catalog, told=told.before)
    )
    if bulletin is None:
        return None
    return Row(DigestItem(told.story.id, told.topic_id), bulletin, told.message_id)


def choose(
    stories: Sequence[Untold], topics: Sequence[Topic], chat: Chat, catalog: Catalog
) -> tuple[tuple[Row, ...], tuple[DigestItem, ...]]:
    """The stories that are named, in order, and those that are only counted.

    By topic in the order of `topics` (those that the chat follows), each story under the one that it fits best; within
    a topic first what most independent outlets report, then what was reported on last.
    """
    order = {topic.id: place for place, topic in enumerate(topics)}
    ranked: list[tuple[int, datetime, int, Row]] = []
    for untold in stories:
        story = readable(untold.story, chat)
        fitting = [match for match in story.matches if match.topic_id in order]
        if story.reports and fitting:
            best = max(fitting, key=lambda match: (match.score, -order[match.topic_id]))
            row = compose_row(Told(story, best.topic_id, before=untold.told), chat, catalog)
            if row is None:
                continue
            ranked.append((row.bulletin.independent, story.last_report, story.id, row))
    ranked.sort(key=lambda one: one[:-1], reverse=True)
    rows = [one[-1] for one in ranked]
    named = sorted(rows[:MOST_STORIES], key=lambda row: order[row.item.topic_id])  # stable within a topic
    return tuple(named), tuple(row.item for row in rows[MOST_STORIES:])


def divided(rows: Sequence[Row], fits: Callable[[Sequence[Row]], bool]) -> tuple[tuple[DigestItem, ...], ...]:
    """The stories in as few parts as fit each into a message; one that fits nowhere is a part of its own."""
    parts: list[list[Row]] = []
    for row in rows:
        if parts and fits([*parts[-1], row]):
            parts[-1].append(row)
        else:
            parts.append([row])
    return tuple(tuple(row.item for row in part) for part in parts)


def lay_out_part(
    rows: Sequence[Row],
    place: Place,
    chat: Chat,
    topics: Sequence[Topic],
    catalog: Catalog,
    address_of: Callable[[str], str | None],
    speech: Speech = ENGLISH,
    *,
    possible_repeat: bool = False,
) -> Iterator[Document]:
    """A part as a message, and ever shorter ones. `address_of`: where a message of the chat can be opened, by its id."""
    names = {topic.id: name_in(topic, catalog.lexicon, speech.language) for topic in topics}
    repeat = ((), repeat_line(catalog.style, speech)) if possible_repeat else ()
    closing = (*_closing(place, speech), *repeat)
    for length, linked in (*((length, True) for length in _SHORTER), (_SHORTER[-1], False)):
        lines: list[Line] = []
        for topic_id, group in groupby(rows, key=lambda row: row.item.topic_id):
            lines.append(())
            if topic_id in names:
                lines.append(line(strong(names[topic_id])))
            for row in group:
                href = address_of(row.message_id) if row.message_id else None
                opening = marked(row.bulletin, catalog.style, speech)
                lines.append(_line(opening, row.bulletin, href, length, speech, linked=linked))
        yield document(_heading(place, chat, speech), *lines, *closing)


def _heading(place: Place, chat: Chat, speech: Speech) -> Line:
    if place.number > 1:
        part = speech.say("Digest, part {number} of {parts}", number=place.number, parts=place.parts)
        return line("🗞 ", strong(part))
    return speech.tell(
        "🗞 {digest} since {moment}",
        digest=strong(speech.plural("Digest: {n} story", "Digest: {n} stories", place.total)),
        moment=speech.dated(place.since.astimezone(ZoneInfo(chat.time_zone))),
    )


def _closing(place: Place, speech: Speech) -> Iterator[Line]:
    if place.unnamed and place.number == place.parts:
        yield ()
        yield speech.tell("… and {n} more: {latest}", tone=faint, n=place.unnamed, latest=code("/latest"))


def _line(
    opening: str, bulletin: Bulletin, href: str | None, length: int, speech: Speech, *, linked: bool
) -> Line:
    """`⚡️☎️ 🇺🇸🇷🇺 Headline — Reuters · 4 independent · Fri 21:50`.

    The headline leads to the bulletin at `href`, and then the outlet to its report; else the headline does.
    """
    headline = bulletin.headline
    bulletin_at, report_at = (href, headline.href) if linked else (None, None)
    said = speech.plural("{n} independent", "{n} independent", bulletin.independent)
    voices = f" · {said}" if bulletin.independent > 1 else ""
    return line(
        f"{opening} ",
        *tongue_of(bulletin, speech),
        link(cut_at_word(headline.text, length), bulletin_at or report_at),
        faint(" — "),
        faint(unbroken(headline.outlet), report_at if bulletin_at else None),
        faint(unbroken(f"{voices} · {speech.weekday(bulletin.at)}")),
    )
