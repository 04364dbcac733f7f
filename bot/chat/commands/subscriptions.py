"""`/subscribe`, `/unsubscribe` and `/latest`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.chat.commands.base import Invocation, steering
from bot.chat.commands.history import expected, newest_bulletins
from bot.chat.commands.lookup import NotFound, find_topic, find_topics, not_found, topic_actions
from bot.chat.commands.wording import example, paused
from bot.domain.documents import Action, Document, Line, document, faint, line, strong
from bot.domain.speech import phrase
from bot.domain.topics import Topic

_INSTEAD = " instead of "

_SHOWN = 3
"""Bulletins that `/latest` shows."""

_NOTHING = phrase("This chat is subscribed to nothing.")


async def subscribe(invocation: Invocation) -> Document:
    return await (_subscribe if invocation.args else _offer)(invocation)


async def unsubscribe(invocation: Invocation) -> Document:
    return await (_unsubscribe if invocation.args else _offer_ending)(invocation)


@steering
async def _subscribe(invocation: Invocation) -> Document:
    speech = invocation.speech
    topics = await invocation.topics()
    chosen = find_topics(invocation.args, topics)
    if isinstance(chosen, NotFound) and _INSTEAD in invocation.args:
        return await _follow_instead(invocation, topics)
    if isinstance(chosen, NotFound):
        return not_found(chosen, topics, "/subscribe", speech, may_add=True)
    fresh = [
        topic
        for topic in chosen
        if await invocation.store.subscribe(invocation.chat.id, topic.id, invocation.now)
    ]
    lines = [
        speech.tell("✅ Subscribed to {topic}.", topic=strong(topic.spec.name))
        if topic in fresh
        else speech.tell("✅ Already subscribed to {topic}.", topic=strong(topic.spec.name))
        for topic in chosen
    ]
    if invocation.chat.hears_at_once:
        lines.append(line(await expected(invocation, chosen)))
    else:
        lines.append(line(speech.say("What is new on it comes in this chat's digest.")))
    silent = invocation.chat.paused
    followed = await invocation.subscribed()
    more = any(topic.id not in followed for topic in topics)
    return document(
        *lines,
        *((paused(speech),) if silent else ()),
        *await _latest_lines(invocation, chosen),
        actions=(
            *((Action(speech.say("Resume"), "/resume"),) if silent else ()),
            *((Action(speech.say("More topics"), "/subscribe"),) if more else ()),
        ),
        changed=bool(fresh),
    )


async def _follow_instead(invocation: Invocation, topics: Sequence[Topic]) -> Document:
    """`/subscribe our-summit instead of us-russia-summit`: it is heard of in the same way as that was."""
    store, chat, speech = invocation.store, invocation.chat, invocation.speech
    pair: list[Topic] = []
    for name in invocation.args.split(_INSTEAD, 1):
        topic = find_topic(name, topics)
        if isinstance(topic, NotFound):
            return not_found(topic, topics, "/subscribe", speech, may_add=True)
        pair.append(topic)
    wanted, given_up = pair
    if wanted == given_up:
        return document(
            speech.tell("🤔 {topic} instead of itself changes nothing.", topic=strong(wanted.spec.name))
        )
    await store.subscribe(chat.id, wanted.id, invocation.now)
    settings = {one.topic_id: one for one in await store.subscriptions(chat.id)}
    if given_up.id in settings:
        as_before = replace(settings[given_up.id], topic_id=wanted.id)
        await store.save_subscriptions([as_before])
        await store.unsubscribe(chat.id, given_up.id)
    undo = f"/subscribe {given_up.spec.slug}{_INSTEAD}{wanted.spec.slug}"
    return document(
        speech.tell(
            "✅ Subscribed to {topic} instead of {other}.",
            topic=strong(wanted.spec.name),
            other=strong(given_up.spec.name),
        ),
        line(await expected(invocation, [wanted])),
        actions=(Action(speech.say("Undo"), undo),),
        changed=True,
    )


@steering
async def _unsubscribe(invocation: Invocation) -> Document:
    speech = invocation.speech
    topics = await invocation.topics()
    ours = await _followed(invocation)
    chosen = find_topics(invocation.args, topics)
    if isinstance(chosen, NotFound):
        return not_found(chosen, ours, "/unsubscribe", speech, _NOTHING)
    ended = [topic for topic in chosen if await invocation.store.unsubscribe(invocation.chat.id, topic.id)]
    lines = [
        speech.tell("✅ Unsubscribed from {topic}.", topic=strong(topic.spec.name))
        if topic in ended
        else speech.tell("This chat was not subscribed to {topic}.", topic=strong(topic.spec.name))
        for topic in chosen
    ]
    left = [topic.spec.name for topic in ours if topic not in chosen]
    remaining = (
        speech.say("Still subscribed: {topics}.", topics=speech.listed(left))
        if left
        else speech.say("Still subscribed: nothing.")
    )
    return document(
        *lines,
        line(faint(remaining)),
        changed=bool(ended),
    )


async def latest(invocation: Invocation) -> Document:
    speech = invocation.speech
    topics = await invocation.topics()
    if invocation.args:
        found = find_topics(invocation.args, topics)
        if isinstance(found, NotFound):
            return not_found(found, topics, "/latest", speech, may_add=True)
        chosen = found
    else:
        chosen = await _followed(invocation)
    if not chosen:
        return document(
            speech.say("This chat is subscribed to nothing yet."),
            actions=(Action(speech.say("Choose topics"), "/subscribe"),),
        )
    bulletins = await newest_bulletins(invocation, chosen, _SHOWN)
    if not bulletins:
        return document(
            speech.say(
                "Nothing so far on {topics}.", topics=speech.listed([topic.spec.name for topic in chosen])
            ),
            await expected(invocation, chosen),
        )
    return document(*_spaced(bulletins))


async def _latest_lines(invocation: Invocation, topics: Sequence[Topic]) -> tuple[Line, ...]:
    speech, bulletins = invocation.speech, await newest_bulletins(invocation, topics, 1)
    if not bulletins:
        return (line(faint(speech.say("No story yet; the first one comes here by itself."))),)
    return ((), line(strong(speech.say("The latest story"))), *bulletins[0])


async def _followed(invocation: Invocation) -> tuple[Topic, ...]:
    """The topics this chat is subscribed to."""
    subscribed = await invocation.subscribed()
    return tuple(topic for topic in await invocation.topics() if topic.id in subscribed)


async def _offer(invocation: Invocation) -> Document:
    speech = invocation.speech
    topics = await invocation.topics()
    subscribed = await invocation.subscribed()
    open_ = [topic for topic in topics if topic.id not in subscribed]
    following = [topic.spec.name for topic in topics if topic.id in subscribed]
    followed = speech.say("Subscribed: {topics}.", topics=speech.listed(following))
    lines = [line(faint(followed))] if following else []
    if not open_:
        return document(
            speech.tell(
                "There is no further topic to subscribe to. Make one: {command}", command=example(speech)
            ),
            *lines,
        )
    return document(
        line(strong(speech.say("Which topic?"))),
        *lines,
        speech.tell("Or make your own: {command}", tone=faint, command=example(speech)),
        actions=topic_actions("/subscribe", open_, speech),
        again="/subscribe",
    )


async def _offer_ending(invocation: Invocation) -> Document:
    speech, ours = invocation.speech, await _followed(invocation)
    if not ours:
        return document(speech.known(_NOTHING), actions=(Action(speech.say("Choose topics"), "/subscribe"),))
    return document(
        line(strong(speech.say("Unsubscribe from which topic?"))),
        actions=topic_actions("/unsubscribe", ours, speech),
        again="/unsubscribe",
    )


def _spaced(bulletins: Sequence[tuple[Line, ...]]) -> tuple[Line, ...]:
    """All lines, with a gap between bulletins and none within."""
    lines: list[Line] = []
    for bulletin in bulletins:
        lines.extend(((), *filter(None, bulletin)))
    return tuple(lines[1:])
