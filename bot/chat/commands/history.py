"""What has been seen of late: how long we have watched, how much a topic brings, and its newest bulletins again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.chat.commands.base import Invocation
from bot.domain.bulletins import lay_out
from bot.domain.composing import compose
from bot.domain.documents import Document, Line, code, document
from bot.domain.entries import Entry
from bot.domain.speech import Speech
from bot.domain.stories import may_see, of_chat, readable
from bot.domain.topics import Topic
from bot.ports import SentMessage

PERIOD = timedelta(days=3)
"""How far back answers look."""

ENOUGH = timedelta(hours=6)
"""Less history than this says nothing about a usual day."""

MOST_ENTRIES = 20_000
"""More entries than this are not looked through for an answer; the newest are."""

_SPARE = 5
"""Stories read beyond those asked for, since a chat may block the outlets of some."""


_PAGE = 200
"""Entries read and judged before the event loop may do something else; about 20 ms."""


async def recent(invocation: Invocation) -> AsyncIterator[tuple[Entry, ...]]:
    """The entries seen within `PERIOD` by the page, the newest first."""
    since, last = invocation.now - PERIOD, None
    for _ in range(0, MOST_ENTRIES, _PAGE):
        page = await invocation.store.entries_since(since, _PAGE, before=last)
        if not page:
            return
        yield tuple(entry for entry in page if may_see(entry, invocation.chat))
        last = page[-1]


async def watched(invocation: Invocation) -> timedelta:
    """For how long of `PERIOD` entries have been coming in."""
    first = await invocation.store.watching_since(invocation.now - PERIOD)
    since_then = invocation.now - (first or invocation.now)
    # An entry comes within minutes of any moment, so what is nearly the whole period is the whole period.
    return PERIOD if since_then > PERIOD - timedelta(hours=2) else since_then


def expectation(stories: Mapping[str, int], watched: timedelta, speech: Speech) -> str:
    """How many messages to expect, by the stories that each topic had within `watched`. Honest where that says little."""
    if not watched:
        return speech.say("How many messages to expect is not known yet: nothing has been read so far.")
    if watched < ENOUGH:
        return speech.say(
            "How many messages to expect is not known yet: the feeds have been read for {span} only.",
            span=speech.lasting(watched),
        )
    if len(stories) == 1:
        rates = _rate(sum(stories.values()), watched, speech)
    else:
        rates = speech.joined(
            speech.say("{messages} on {topic}", messages=_rate(number, watched, speech), topic=name)
            for name, number in stories.items()
        )
    return speech.say("Expect {messages}.", messages=rates)


async def expected(invocation: Invocation, topics: Sequence[Topic]) -> str:
    """How many messages to expect of these topics."""
    span = await watched(invocation)
    counts = await invocation.store.story_counts([topic.id for topic in topics], invocation.now - span)
    stories = {topic.spec.name: counts.get(topic.id, 0) for topic in topics}
    return expectation(stories, span, invocation.speech)


def _rate(stories: int, watched: timedelta, speech: Speech) -> str:
    span = speech.lasting(watched)
    if not stories:
        return speech.say("few messages (no story in the last {span})", span=span)
    a_day = stories / (watched / timedelta(days=1))
    if a_day < 1:
        return speech.say("less than a message a day ({n} in the last {span})", n=stories, span=span)
    return speech.plural("about {n} message a day", "about {n} messages a day", round(a_day))


async def bulletin_meant(invocation: Invocation) -> SentMessage | None:
    """The bulletin that a person answers to, or else the last one that was sent."""
    sent = await invocation.store.sent_messages(invocation.chat.id, 1, invocation.reply_to)
    return replace(sent[0], story=of_chat(sent[0].story, invocation.chat)) if sent else None


def no_bulletin(invocation: Invocation) -> Document:
    """What to say where there is none."""
    if invocation.reply_to is None:
        return document(invocation.speech.say("No bulletin has been sent to this chat yet."))
    return document(
        invocation.speech.tell(
            "That message is not a bulletin. Answer to a bulletin, or type {command} for the last one.",
            command=code(f"/{invocation.command.name}"),
        )
    )


async def newest_bulletins(
    invocation: Invocation, topics: Sequence[Topic], limit: int
) -> tuple[tuple[Line, ...], ...]:
    """The lines of the newest bulletins of these topics, as this chat would be sent them, the newest first."""
    chat = invocation.chat
    stories = await invocation.store.latest_stories(
        [topic.id for topic in topics], limit + _SPARE, feeds=chat.feeds
    )
    bulletins: list[tuple[Line, ...]] = []
    for story in (readable(story, chat) for story in stories):
        if story.reports and len(bulletins) < limit:
            matched = {match.topic_id for match in story.matches}
            named = tuple(topic for topic in topics if topic.id in matched)
            bulletin = compose(story, chat, named, invocation.catalog)
            bulletins.append(lay_out(bulletin, invocation.catalog.style, invocation.speech).lines)
    return tuple(bulletins)
