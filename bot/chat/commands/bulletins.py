"""`/mute`, `/unmute`, `/more` and `/less`: what a chat does with a bulletin, by a button below it or as an answer to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from bot.chat.commands.base import Invocation, steering
from bot.chat.commands.changing import narrowing_or_widening, not_ours, offered
from bot.chat.commands.history import bulletin_meant, no_bulletin
from bot.chat.commands.tuning import MOST_AWAITED
from bot.chat.commands.why import headline
from bot.chat.commands.wording import clip
from bot.domain.chats import Subscription
from bot.domain.documents import Action, Document, Line, code, document, faint, line, strong
from bot.domain.refining import leaving_out, taking_in
from bot.domain.stories import Story
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
    if invocation.args:
        return document(
            "🤔 This mutes the story of one bulletin: answer to that, or type it alone for the last one.",
            line("To hear nothing of a topic: ", code(f"/unsubscribe {clip(invocation.args)}")),
            line("To hear nothing at all for now: ", code("/pause")),
        )
    sent = await bulletin_meant(invocation)
    if sent is None:
        return no_bulletin(invocation)
    undo = (Action("Undo", f"/unmute {sent.story.id}"),)
    muted = await invocation.store.mute_story(invocation.chat.id, sent.story.id, invocation.now, muted=True)
    if not muted:
        return document(
            line("🔕 This is muted already: ", headline(sent.story, invocation.speech)), actions=undo
        )
    last = (line(faint("That was the last bulletin. To stop all of them: "), code("/pause")),)
    return document(
        line("🔕 Muted: ", headline(sent.story, invocation.speech)),
        "Its message is neither added to nor answered any more, and digests leave it out.",
        *(last if invocation.reply_to is None else ()),
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
async def more(invocation: Invocation) -> Document:
    return await _like_this(invocation, wider=True)


@steering
async def less(invocation: Invocation) -> Document:
    return await _like_this(invocation, wider=False)


async def _unmute(invocation: Invocation, story_id: int | None) -> Document:
    """Hear of a story again; None is no story."""
    store = invocation.store
    if story_id is None or not await store.mute_story(
        invocation.chat.id, story_id, invocation.now, muted=False
    ):
        return document(
            "🤔 That is no story that is muted here.", actions=(Action("What is muted", "/unmute"),)
        )
    story = await store.story(story_id)
    return document(
        line("🔔 No longer muted: ", *((headline(story, invocation.speech),) if story else ())),
        "What came meanwhile is added to its message.",
        changed=True,
    )


async def _offer(invocation: Invocation) -> Document:
    sent = await invocation.store.sent_messages(invocation.chat.id, _LOOKED_THROUGH)
    muted = {message.story.id: message.story for message in sent if message.delivery.muted}
    if not muted:
        return document(
            line(
                "🔔 No story is muted here. Answer to a bulletin with ", code("/mute"), " to mute its story."
            )
        )
    return document(
        line("🔕 Muted here. Which do you want to hear of again?"),
        actions=(
            Action(clip(headline(story, invocation.speech).text, 40), f"/unmute {story.id}")
            for story in islice(muted.values(), _MOST_MUTED)
        ),
    )


async def _like_this(invocation: Invocation, *, wider: bool) -> Document:
    """Ways to be told more, or less, like a bulletin: of its topics, by what it names."""
    sent = await bulletin_meant(invocation)
    if sent is None:
        return no_bulletin(invocation)
    topics = await invocation.topics()
    settings = {one.topic_id: one for one in await invocation.store.subscriptions(invocation.chat.id)}
    ours = [topic for topic in topics if topic.id in sent.delivery.topic_ids and topic.id in settings]
    opening = line("➕ More like " if wider else "➖ Less like ", headline(sent.story, invocation.speech))
    if not ours:
        return document(
            opening,
            "This chat no longer follows what it came for.",
            actions=(Action("All topics", "/topics"),),
        )
    named = _named(sent.story)
    return document(
        opening,
        *(row for topic in ours for row in _how(topic, wider=wider)),
        *((not_ours(invocation.speech),) if any(topic.chat_id is None for topic in ours) else ()),
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


def _how(topic: Topic, *, wider: bool) -> Iterator[Line]:
    spec = topic.spec
    yield ()
    yield line("It came for ", strong(spec.name), ", which looks for ", code(spec.query))
    words = "widen {}: WORDS" if wider else "narrow {}: -WORD"
    yield line(faint("In your own words: "), code(f"/topics {words.format(spec.slug)}"))


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
    of_story = (taking_in if wider else leaving_out)(query, named, lexicon)
    for refined in of_story[:_MOST_NAMED]:
        yield offered(topic, topics, refined, invocation.speech)
    yield from narrowing_or_widening(
        topic, topics, "widen" if wider else "narrow", lexicon, invocation.speech
    )
    if wider and subscription.wait_for > 1:
        yield Action("As soon as one outlet has it", f"/tune {slug} wait 1")
    if wider and subscription.updates == "off":
        yield Action("With updates on what is new", f"/tune {slug} updates on")
    if not wider and subscription.wait_for < MOST_AWAITED:
        yield Action(
            f"Only what {subscription.wait_for + 1} outlets have",
            f"/tune {slug} wait {subscription.wait_for + 1}",
        )
    if not wider:
        if subscription.updates != "off":
            yield Action("Without updates", f"/tune {slug} updates off")
        yield Action(clip(f"Nothing on {topic.spec.name}", 40), f"/unsubscribe {slug}")
