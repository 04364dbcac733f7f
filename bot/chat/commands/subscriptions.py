"""`/subscribe`, `/unsubscribe` and `/latest`."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.commands.base import Invocation, steering
from bot.chat.commands.history import expected, newest_bulletins
from bot.chat.commands.lookup import NotFound, find_topics, not_found, topic_actions
from bot.chat.commands.wording import PAUSED, listed
from bot.domain.documents import Action, Document, Line, code, document, faint, line, strong
from bot.domain.topics import Topic

_SHOWN = 3
"""Bulletins that `/latest` shows."""


async def subscribe(invocation: Invocation) -> Document:
    return await (_subscribe if invocation.args else _offer)(invocation)


async def unsubscribe(invocation: Invocation) -> Document:
    return await (_unsubscribe if invocation.args else _offer_ending)(invocation)


@steering
async def _subscribe(invocation: Invocation) -> Document:
    topics = await invocation.topics()
    chosen = find_topics(invocation.args, topics)
    if isinstance(chosen, NotFound):
        return not_found(chosen, topics, "/subscribe", may_add=True)
    fresh = [
        topic
        for topic in chosen
        if await invocation.store.subscribe(invocation.chat.id, topic.id, invocation.now)
    ]
    lines = [
        line(
            "✅ Subscribed to " if topic in fresh else "✅ Already subscribed to ",
            strong(topic.spec.name),
            ".",
        )
        for topic in chosen
    ]
    if invocation.chat.hears_at_once:
        lines.append(line(await expected(invocation, chosen)))
    else:
        lines.append(line("What is new on it comes in this chat's digest."))
    paused = invocation.chat.paused
    followed = await invocation.subscribed()
    more = any(topic.id not in followed for topic in topics)
    return document(
        *lines,
        *((PAUSED,) if paused else ()),
        *await _latest_lines(invocation, chosen),
        actions=(
            *((Action("Resume", "/resume"),) if paused else ()),
            *((Action("More topics", "/subscribe"),) if more else ()),
        ),
        changed=bool(fresh),
    )


@steering
async def _unsubscribe(invocation: Invocation) -> Document:
    topics = await invocation.topics()
    ours = await _followed(invocation)
    chosen = find_topics(invocation.args, topics)
    if isinstance(chosen, NotFound):
        return not_found(chosen, ours, "/unsubscribe", "This chat is subscribed to nothing.")
    ended = [topic for topic in chosen if await invocation.store.unsubscribe(invocation.chat.id, topic.id)]
    lines = [
        line(
            "✅ Unsubscribed from " if topic in ended else "This chat was not subscribed to ",
            strong(topic.spec.name),
            ".",
        )
        for topic in chosen
    ]
    left = [topic.spec.name for topic in ours if topic not in chosen]
    return document(
        *lines,
        line(faint(f"Still subscribed: {listed(left) if left else 'nothing'}.")),
        changed=bool(ended),
    )


async def latest(invocation: Invocation) -> Document:
    topics = await invocation.topics()
    if invocation.args:
        found = find_topics(invocation.args, topics)
        if isinstance(found, NotFound):
            return not_found(found, topics, "/latest", may_add=True)
        chosen = found
    else:
        chosen = await _followed(invocation)
    if not chosen:
        return document(
            "This chat is subscribed to nothing yet.", actions=(Action("Choose topics", "/subscribe"),)
        )
    bulletins = await newest_bulletins(invocation, chosen, _SHOWN)
    if not bulletins:
        return document(
            f"Nothing so far on {listed([topic.spec.name for topic in chosen])}.",
            await expected(invocation, chosen),
        )
    return document(*_spaced(bulletins))


async def _latest_lines(invocation: Invocation, topics: Sequence[Topic]) -> tuple[Line, ...]:
    bulletins = await newest_bulletins(invocation, topics, 1)
    if not bulletins:
        return (line(faint("No story yet; the first one comes here by itself.")),)
    return ((), line(strong("The latest story")), *bulletins[0])


async def _followed(invocation: Invocation) -> tuple[Topic, ...]:
    """The topics this chat is subscribed to."""
    subscribed = await invocation.subscribed()
    return tuple(topic for topic in await invocation.topics() if topic.id in subscribed)


async def _offer(invocation: Invocation) -> Document:
    topics = await invocation.topics()
    subscribed = await invocation.subscribed()
    open_ = [topic for topic in topics if topic.id not in subscribed]
    following = [topic.spec.name for topic in topics if topic.id in subscribed]
    lines = [line(faint(f"Subscribed: {listed(following)}."))] if following else []
    if not open_:
        return document(
            line("There is no further topic to subscribe to. Make one: ", code("/topics add Taiwan strait")),
            *lines,
        )
    return document(
        line(strong("Which topic?")),
        *lines,
        line(faint("Or make your own: "), code("/topics add Taiwan strait")),
        actions=topic_actions("/subscribe", open_),
        again="/subscribe",
    )


async def _offer_ending(invocation: Invocation) -> Document:
    ours = await _followed(invocation)
    if not ours:
        return document(
            "This chat is subscribed to nothing.", actions=(Action("Choose topics", "/subscribe"),)
        )
    return document(
        line(strong("Unsubscribe from which topic?")),
        actions=topic_actions("/unsubscribe", ours),
        again="/unsubscribe",
    )


def _spaced(bulletins: Sequence[tuple[Line, ...]]) -> tuple[Line, ...]:
    """All lines, with a gap between bulletins and none within."""
    lines: list[Line] = []
    for bulletin in bulletins:
        lines.extend(((), *filter(None, bulletin)))
    return tuple(lines[1:])
