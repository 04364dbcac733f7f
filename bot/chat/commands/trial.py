"""`/topics test`: what a query would have matched of late, before anyone subscribes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.chat.commands.base import Invocation
from bot.chat.commands.history import PERIOD, expectation, recent, watched
from bot.chat.commands.misuse import misuse
from bot.chat.commands.understanding import corrections, query_problem, scored, understood
from bot.domain.correcting import doubt, mended
from bot.domain.documents import Action, Document, Line, document, faint, line, strong
from bot.domain.entries import Entry
from bot.domain.indexing import match_query
from bot.domain.lexicon import Lexicon
from bot.domain.matching import Match, explain
from bot.domain.queries import Query, QueryProblem, read_query
from bot.domain.speech import Speech
from bot.domain.stories import story_key
from bot.domain.topics import Topic

_SHOWN = 5
_CLEAR = 0.7
"""A score below this is so near to the threshold that it is told."""


@dataclass(frozen=True, slots=True)
class _Hit:
    """An entry that fits, with the outlets that had the same headline."""

    entry: Entry
    match: Match
    outlets: tuple[str, ...]


async def try_out(invocation: Invocation) -> Document:
    speech = invocation.speech
    if not invocation.args:
        return misuse(invocation, speech.say("What should be tried?"), word="test")
    topic = await _topic_named(invocation)
    text = topic.spec.query if topic else invocation.args
    lexicon = invocation.catalog.lexicon
    query = read_query(text, lexicon)
    if isinstance(query, QueryProblem):
        meant = corrections("/topics test ", mended(text, query, lexicon))
        return query_problem(query, text, speech, meant)
    matched, tried = await _match(query, invocation)
    hits = tuple(_gather(matched))
    left_out = len(hits) - _SHOWN
    slip = doubt(query, lexicon)
    return document(
        *_summary(hits, tried, invocation.now, await watched(invocation), speech),
        (),
        line("🔎 ", strong(topic.spec.name if topic else text)),
        *understood(query, lexicon, speech),
        *(row for hit in hits[:_SHOWN] for row in _rows(hit, invocation, lexicon)),
        *(((), line(faint(speech.say("… and {n} more.", n=left_out)))) if left_out > 0 else ()),
        actions=(
            *corrections("/topics test ", slip.meant if slip else ()),
            *await _next(invocation, topic, text),
        ),
    )


async def _next(invocation: Invocation, topic: Topic | None, query: str) -> tuple[Action, ...]:
    speech = invocation.speech
    if topic is None:
        return (Action(speech.say("Make it a topic"), f"/topics add {query}"),)
    if topic.id in await invocation.subscribed():
        return ()
    return (Action(speech.say("Subscribe"), f"/subscribe {topic.spec.slug}"),)


async def _topic_named(invocation: Invocation) -> Topic | None:
    """The topic whose slug this is, letter for letter: anything else is a query."""
    topics = await invocation.topics()
    return next((topic for topic in topics if topic.spec.slug == invocation.args.casefold()), None)


async def _match(query: Query, invocation: Invocation) -> tuple[list[tuple[Entry, Match]], int]:
    """The recent entries that fit, and among how many."""
    found: list[tuple[Entry, Match]] = []
    tried = 0
    async for page in recent(invocation):
        entries = [entry for entry in page if entry.at >= invocation.now - PERIOD]
        found.extend(match_query(query, entries, invocation.catalog.lexicon))
        tried += len(entries)
    return found, tried


def _gather(matched: Iterable[tuple[Entry, Match]]) -> Iterator[_Hit]:
    """Newest first; entries with one headline are one message, told by the first that had it."""
    by_key: dict[str, list[tuple[Entry, Match]]] = {}
    for entry, match in sorted(matched, key=lambda pair: (pair[0].at, pair[0].id)):
        by_key.setdefault(story_key(entry), []).append((entry, match))
    for group in reversed(by_key.values()):
        entry, match = group[0]
        yield _Hit(entry, match, tuple(dict.fromkeys(entry.outlet for entry, _ in group)))


def _summary(
    hits: Sequence[_Hit], entries: int, now: datetime, span: timedelta, speech: Speech
) -> tuple[Line, ...]:
    if not entries:
        return (line(speech.say("Nothing has been read yet, so there is nothing to try it on.")),)
    found = speech.plural("{n} story", "{n} stories", len(hits)) if hits else speech.say("No story")
    told = speech.tell(
        "{stories} would have matched, out of {entries} that came in the last {span}.",
        stories=strong(found),
        entries=speech.plural("{n} entry", "{n} entries", entries),
        span=speech.lasting(span),
    )
    if not hits:
        return (told,)
    # What was older when we first saw it says nothing of how much comes in a day.
    live = sum(hit.entry.at >= now - span for hit in hits)
    return told, line(faint(expectation({"": live}, span, speech)))


def _rows(hit: _Hit, invocation: Invocation, lexicon: Lexicon) -> Iterator[Line]:
    entry, speech = hit.entry, invocation.speech
    at = speech.moment(entry.at, invocation.now, invocation.zone)
    reasons = [explain(evidence, lexicon, speech) for evidence in hit.match.reasons]
    near = [scored(hit.match, speech)] if hit.match.score < _CLEAR else []
    yield ()
    yield line(strong(entry.title or entry.summary[:80] or entry.outlet, entry.link))
    why = reasons or [speech.say("for what it is, not for its words")]
    told = [speech.joined(hit.outlets), at, *why, *near]
    yield line(faint(" · ".join(told)))
