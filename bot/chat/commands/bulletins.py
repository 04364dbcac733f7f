"""`/mute`, `/unmute`, `/more` and `/less`: what a chat does with a bulletin, by a button below it or as an answer to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from bot.chat.commands.base import Invocation, steering
from bot.chat.commands.changing import narrowing_or_widening, not_ours, offered
from bot.chat.commands.history import bulletin_meant, no_bulletin
from bot.chat.commands.misuse import alone
from bot.chat.commands.tuning import MOST_AWAITED
from bot.chat.commands.why import headline
from bot.chat.commands.wording import clip, form
from bot.domain.chats import Subscription
from bot.domain.documents import Action, Document, Line, code, document, faint, strong
from bot.domain.refining import leaving_out, taking_in
from bot.domain.speech import Speech
from bot.domain.stories import Story, of_chat
from bot.domain.topics import Topic

_MOST_MUTED = 8
_LOOKED_THROUGH = 50
"""Bulletins among which what is muted is looked for."""

_MOST_NAMED = 3
"""Things that a story names for which there are buttons."""

_LONGEST_ID = 18
"""Figures: a longer number is no id, and more than the database can take."""


@steering
async def mute(invocation: Invocation) -> Document:
    speech = invocation.speech
    if invocation.args:
        return document(
            speech.say(
                "🤔 This mutes the story of one bulletin: answer to that, or type it alone for the last one."
            ),
            speech.tell(
                "To hear nothing of a topic: {command}", command=code(f"/unsubscribe {clip(invocation.args)}")
            ),
            speech.tell("To hear nothing at all for now: {command}", command=code("/pause")),
        )
    sent = await bulletin_meant(invocation)
    if sent is None:
        return no_bulletin(invocation)
    undo = (Action(speech.say("Undo"), f"/unmute {sent.story.id}"),)
    muted = await invocation.store.mute_story(invocation.chat.id, sent.story.id, invocation.now, muted=True)
    if not muted:
        return document(
            speech.tell("🔕 This is muted already: {headline}", headline=headline(sent.story, speech)),
            actions=undo,
        )
    last = speech.tell(
        "That was the last bulletin. To stop all of them: {command}", tone=faint, command=code("/pause")
    )
    return document(
        speech.tell("🔕 Muted: {headline}", headline=headline(sent.story, speech)),
        speech.say("Its message is neither added to nor answered any more, and digests leave it out."),
        *((last,) if invocation.reply_to is None else ()),
        actions=undo,
        changed=True,
    )


@steering
async def unmute(invocation: Invocation) -> Document:
    if invocation.args:
        figures = invocation.args.isdecimal() and len(invocation.args) <= _LONGEST_ID
        return await _unmute(invocation, int(invocation.args) if figures else None)
    sent = await bulletin_meant(invocation) if invocation.reply_to is not None else None
    return await _offer(invocation) if sent is None else await _unmute(invocation, sent.story.id)


@steering
@alone
async def more(invocation: Invocation) -> Document:
    return await _like_this(invocation, wider=True)


@steering
@alone
async def less(invocation: Invocation) -> Document:
    return await _like_this(invocation, wider=False)


async def _unmute(invocation: Invocation, story_id: int | None) -> Document:
    """Hear of a story again; None is no story."""
    store, speech = invocation.store, invocation.speech
    story = None
    if story_id is not None and await store.mute_story(
        invocation.chat.id, story_id, invocation.now, muted=False
    ):
        story = await store.story(story_id)
        story = of_chat(story, invocation.chat) if story else None
    if story is None:
        return document(
            speech.say("🤔 That is no story that is muted here."),
            actions=(Action(speech.say("What is muted"), "/unmute"),),
        )
    return document(
        speech.tell("🔔 No longer muted: {headline}", headline=headline(story, speech)),
        speech.say("What came meanwhile is added to its message."),
        changed=True,
    )


async def _offer(invocation: Invocation) -> Document:
    speech = invocation.speech
    sent = await invocation.store.sent_messages(invocation.chat.id, _LOOKED_THROUGH)
    chat = invocation.chat
    muted = {one.story.id: of_chat(one.story, chat) for one in sent if one.delivery.muted}
    if not muted:
        return document(
            speech.tell(
                "🔔 No story is muted here. Answer to a bulletin with {command} to mute its story.",
                command=code("/mute"),
            )
        )
    return document(
        speech.say("🔕 Muted here. Which do you want to hear of again?"),
        actions=(
            Action(clip(headline(story, speech).text, 40), f"/unmute {story.id}")
            for story in islice(muted.values(), _MOST_MUTED)
        ),
    )


async def _like_this(invocation: Invocation, *, wider: bool) -> Document:
    """Ways to be told more, or less, like a bulletin: of its topics, by what it names."""
    sent = await bulletin_meant(invocation)
    if sent is None:
        return no_bulletin(invocation)
    speech, topics = invocation.speech, await invocation.topics()
    settings = {one.topic_id: one for one in await invocation.store.subscriptions(invocation.chat.id)}
    ours = [topic for topic in topics if topic.id in sent.delivery.topic_ids and topic.id in settings]
    title = headline(sent.story, speech)
    opening = (
        speech.tell("➕ More like {headline}", headline=title)
        if wider
        else speech.tell("➖ Less like {headline}", headline=title)
    )
    if not ours:
        return document(
            opening,
            speech.say("This chat no longer follows what it came for."),
            actions=(Action(speech.say("All topics"), "/topics"),),
        )
    named = _named(sent.story)
    return document(
        opening,
        *(row for topic in ours for row in _how(topic, speech, wider=wider)),
        *((not_ours(speech),) if any(topic.chat_id is None for topic in ours) else ()),
        actions=[
            action
            for topic in ours
            for action in _ways(invocation, topic, topics, settings[topic.id], named, wider=wider)
        ],
    )


def _named(story: Story) -> list[str]:
    """The ids of the concepts that the story's headlines name, the most frequent first."""
    counted = Counter(id_ for report in story.reports for id_ in dict.fromkeys(report.concepts))
    return [id_ for id_, _ in counted.most_common()]


def _how(topic: Topic, speech: Speech, *, wider: bool) -> Iterator[Line]:
    spec = topic.spec
    yield ()
    yield speech.tell(
        "It came for {topic}, which looks for {query}", topic=strong(spec.name), query=code(spec.query)
    )
    typed = f"/topics widen {spec.slug}: WORDS" if wider else f"/topics narrow {spec.slug}: -WORD"
    yield speech.tell("In your own words: {command}", tone=faint, command=form(speech, typed))


def _ways(
    invocation: Invocation,
    topic: Topic,
    topics: Sequence[Topic],
    subscription: Subscription,
    named: Sequence[str],
    *,
    wider: bool,
) -> Iterator[Action]:
    """Buttons: first what has to do with this very story."""
    lexicon, query, slug = invocation.catalog.lexicon, topic.spec.query, topic.spec.slug
    speech = invocation.speech
    of_story = (taking_in if wider else leaving_out)(query, named, lexicon, speech.language)
    for refined in of_story[:_MOST_NAMED]:
        yield offered(topic, topics, refined, speech)
    yield from narrowing_or_widening(topic, topics, "widen" if wider else "narrow", lexicon, speech)
    if wider and subscription.wait_for > 1:
        yield Action(speech.say("As soon as one outlet has it"), f"/tune {slug} wait 1")
    if wider and subscription.updates == "off":
        yield Action(speech.say("With updates on what is new"), f"/tune {slug} updates on")
    more_outlets = subscription.wait_for + 1
    if not wider and more_outlets <= MOST_AWAITED:
        yield Action(
            speech.plural("Only what {n} outlet has", "Only what {n} outlets have", more_outlets),
            f"/tune {slug} wait {more_outlets}",
        )
    if not wider:
        if subscription.updates != "off":
            yield Action(speech.say("Without updates"), f"/tune {slug} updates off")
        yield Action(
            clip(speech.say("Nothing on {topic}", topic=topic.spec.name), 40), f"/unsubscribe {slug}"
        )
