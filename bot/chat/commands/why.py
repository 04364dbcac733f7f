"""`/why`: why a bulletin was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.chat.commands.base import Invocation
from bot.chat.commands.history import bulletin_meant, no_bulletin
from bot.chat.commands.misuse import alone
from bot.chat.commands.understanding import scored
from bot.domain.addresses import shown
from bot.domain.describing import describe_joining
from bot.domain.documents import Document, Line, Span, document, faint, line, link, strong
from bot.domain.matching import Match, explain
from bot.domain.speech import Speech
from bot.domain.stories import OPENED, Report, Story, of_chat
from bot.domain.topics import Topic
from bot.ports import FeedStatus, SentMessage

_MOST_REPORTS = 5


@alone
async def why(invocation: Invocation) -> Document:
    speech, sent = invocation.speech, await bulletin_meant(invocation)
    if sent is not None:
        story, topic_ids = sent.story, sent.delivery.topic_ids
        opening = speech.tell("Why this was sent: {headline}", headline=headline(story, speech))
        return await _explained(invocation, opening, story, topic_ids, _sent(sent, invocation))
    if invocation.reply_to is not None:
        return no_bulletin(invocation)
    # What /subscribe and /latest showed was sent to nobody, and is what a newcomer asks about first.
    subscribed = await invocation.subscribed()
    chat = invocation.chat
    for whole in await invocation.store.latest_stories(subscribed, 1, feeds=chat.feeds):
        story = of_chat(whole, chat)
        fitting = sorted({match.topic_id for match in story.matches} & subscribed)
        unsent = speech.say("No bulletin has been sent to this chat yet; this is the latest story.")
        opening = speech.tell("Why this fits: {headline}", headline=headline(story, speech))
        return await _explained(invocation, opening, story, fitting, line(faint(unsent)))
    return document(speech.say("No bulletin has been sent to this chat yet, so there is nothing to explain."))


async def _explained(
    invocation: Invocation, opening: Line, story: Story, topic_ids: Sequence[int], closing: Line
) -> Document:
    topics = {topic.id: topic for topic in await invocation.topics()}
    feeds = {status.id: status for status in await invocation.store.feed_statuses(invocation.chat.id)}
    left_out = len(story.reports) - _MOST_REPORTS
    more = invocation.speech.plural("… and {n} more report", "… and {n} more reports", left_out)
    return document(
        opening,
        *(row for id_ in topic_ids for row in _topic(id_, story, topics, invocation)),
        (),
        *(row for report in story.reports[:_MOST_REPORTS] for row in _report(report, feeds, invocation)),
        *((line(faint(more)),) if left_out > 0 else ()),
        (),
        closing,
    )


def headline(story: Story, speech: Speech) -> Span:
    """What a story is called in answers."""
    entries = [report.entry for report in story.reports]
    titled = next((entry for entry in entries if entry.title), None)
    return strong(titled.title, titled.link) if titled else strong(speech.say("a report without a title"))


def _topic(
    topic_id: int, story: Story, topics: Mapping[int, Topic], invocation: Invocation
) -> Iterator[Line]:
    """The topic with its score, and the words that speak for it."""
    yield ()
    speech = invocation.speech
    name = (
        strong(topics[topic_id].spec.name)
        if topic_id in topics
        else faint(speech.say("a topic that has been removed"))
    )
    match = _best(match for match in story.matches if match.topic_id == topic_id)
    if match is None:
        since = speech.say("it no longer matches: the entry or the topic has changed since")
        yield line("🏷 ", name, faint(f" · {since}"))
        return
    yield line("🏷 ", name, faint(f" · {scored(match, speech)}"))
    for evidence in match.reasons:
        yield line(f"• {explain(evidence, invocation.catalog.lexicon, speech)}")


def _best(matches: Iterator[Match]) -> Match | None:
    return max(matches, key=lambda match: match.score, default=None)


def _report(report: Report, feeds: Mapping[int, FeedStatus], invocation: Invocation) -> tuple[Line, Line]:
    entry = report.entry
    status = feeds.get(entry.feed_id) if entry.feed_id is not None else None
    speech = invocation.speech
    feed = shown(status.spec.url) if status else speech.say("a feed that is no longer read")
    published = (
        speech.say("published {at}", at=_at(entry.published, invocation))
        if entry.published
        else speech.say("published without a date")
    )
    why = describe_joining(report.reason, invocation.catalog.lexicon, speech)
    joined = "" if report.reason == OPENED else f" · {why}"
    seen = speech.say("seen {at}", at=_at(entry.seen, invocation))
    told = line("📰 ", link(entry.outlet, entry.link), f" · {published} · {seen}{joined}")
    return told, line(faint(feed))


def _sent(message: SentMessage, invocation: Invocation) -> Line:
    delivery, speech = message.delivery, invocation.speech
    told = [
        speech.say("📨 sent {at}", at=_at(delivery.sent_at, invocation))
        if delivery.sent_at
        else speech.say("📨 sent")
    ]
    if delivery.possible_repeat:
        told.append(speech.say("possibly twice, since the first attempt was not confirmed"))
    if delivery.sent_revision:
        told.append(speech.plural("revised {n} time", "revised {n} times", delivery.sent_revision))
    if delivery.muted:
        told.append(speech.say("🔕 muted"))
    return line(" · ".join(told))


def _at(at: datetime, invocation: Invocation) -> str:
    return invocation.speech.moment(at, invocation.now, invocation.zone)
