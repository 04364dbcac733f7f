"""`/topics test`: what a query would have matched of late, before anyone subscribes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.chat.commands.base import Invocation
from bot.chat.commands.history import PERIOD, Recent, expectation, recent
from bot.chat.commands.misuse import misuse
from bot.chat.commands.understanding import query_problem, understood
from bot.chat.commands.wording import count, lasting, moment
from bot.domain.documents import Action, Document, Line, document, faint, line, strong
from bot.domain.entries import Entry
from bot.domain.lexicon import Lexicon
from bot.domain.matching import Match, explain, match_query
from bot.domain.queries import Query, QueryProblem, read_query
from bot.domain.stories import story_key
from bot.domain.topics import Topic

_SHOWN = 10
_AT_ONCE = 200
"""Entries judged before the event loop may do something else; about 20 ms."""


@dataclass(frozen=True, slots=True)
class _Hit:
    """An entry that fits, with the outlets that had the same headline."""

    entry: Entry
    match: Match
    outlets: tuple[str, ...]


async def try_out(invocation: Invocation) -> Document:
    if not invocation.args:
        return misuse(invocation, "What should be tried? /topics test QUERY")
    topic = await _topic_named(invocation)
    text = topic.spec.query if topic else invocation.args
    lexicon = invocation.catalog.lexicon
    query = read_query(text, lexicon)
    if isinstance(query, QueryProblem):
        return query_problem(query, text)
    history = await recent(invocation)
    entries = [entry for entry in history.entries if entry.at >= invocation.now - PERIOD]
    hits = tuple(_gather(await _match(query, entries, lexicon)))
    return document(
        line("🔎 ", strong(topic.spec.name if topic else text), " is understood as:"),
        *understood(query, lexicon),
        (),
        *_summary(hits, len(entries), invocation.now, history),
        *(row for hit in hits[:_SHOWN] for row in _rows(hit, invocation, lexicon)),
        *((line(faint(f"… and {len(hits) - _SHOWN:,} more.")),) if len(hits) > _SHOWN else ()),
        actions=(
            Action("Subscribe", f"/subscribe {topic.spec.slug}")
            if topic
            else Action("Make it a topic", f"/topics add {text}"),
        ),
    )


async def _topic_named(invocation: Invocation) -> Topic | None:
    """The topic whose slug this is, letter for letter: anything else is a query."""
    topics = await invocation.topics()
    return next((topic for topic in topics if topic.spec.slug == invocation.args.casefold()), None)


async def _match(query: Query, entries: Sequence[Entry], lexicon: Lexicon) -> list[tuple[Entry, Match]]:
    found: list[tuple[Entry, Match]] = []
    for start in range(0, len(entries), _AT_ONCE):
        found.extend(match_query(query, entries[start : start + _AT_ONCE], lexicon))
        await asyncio.sleep(0)
    return found


def _gather(matched: Iterable[tuple[Entry, Match]]) -> Iterator[_Hit]:
    """Newest first; entries with one headline are one message, told by the first that had it."""
    by_key: dict[str, list[tuple[Entry, Match]]] = {}
    for entry, match in sorted(matched, key=lambda pair: (pair[0].at, pair[0].id)):
        by_key.setdefault(story_key(entry), []).append((entry, match))
    for group in reversed(by_key.values()):
        entry, match = group[0]
        yield _Hit(entry, match, tuple(dict.fromkeys(entry.outlet for entry, _ in group)))


def _summary(hits: Sequence[_Hit], entries: int, now: datetime, history: Recent) -> tuple[Line, ...]:
    if not entries:
        return (line("Nothing has been read yet, so there is nothing to try it on."),)
    found = strong(count(len(hits), "story", "stories") if hits else "No story")
    of = f" would have matched, out of {count(entries, 'entry', 'entries')} of the last {lasting(PERIOD)}. "
    # What was older when we first saw it says nothing of how much comes in a day.
    live = sum(hit.entry.at >= now - history.watched for hit in hits)
    return (line(found, of, faint(expectation({"": live}, history.watched))),)


def _rows(hit: _Hit, invocation: Invocation, lexicon: Lexicon) -> Iterator[Line]:
    entry = hit.entry
    at = moment(entry.at, invocation.now, invocation.zone)
    yield ()
    yield line(strong(entry.title or entry.summary[:80] or entry.outlet, entry.link))
    reasons = " · ".join(explain(evidence, lexicon) for evidence in hit.match.reasons)
    yield line(faint(f"{', '.join(hit.outlets)} · {at} · score {hit.match.score:g}"))
    yield line(faint(reasons or "for what it is, not for its words"))
