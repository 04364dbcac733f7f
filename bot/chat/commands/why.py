"""`/why`: why a bulletin was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.chat.commands.base import Invocation
from bot.chat.commands.history import bulletin_meant, no_bulletin
from bot.chat.commands.wording import count, moment
from bot.domain.addresses import shown
from bot.domain.documents import Document, Line, Span, document, faint, line, link, strong
from bot.domain.matching import THRESHOLD, Match, explain
from bot.domain.stories import Report, Story
from bot.domain.topics import Topic
from bot.ports import FeedStatus, SentMessage

_MOST_REPORTS = 5
_OPENED = "opened the story"
"""The reason of a story's first report, which needs none."""


async def why(invocation: Invocation) -> Document:
    sent = await bulletin_meant(invocation)
    if sent is not None:
        story, topic_ids = sent.story, sent.delivery.topic_ids
        return await _explained(invocation, "Why this was sent: ", story, topic_ids, _sent(sent, invocation))
    if invocation.reply_to is not None:
        return no_bulletin(invocation)
    # What /subscribe and /latest showed was sent to nobody, and is what a newcomer asks about first.
    subscribed = await invocation.subscribed()
    for story in await invocation.store.latest_stories(subscribed, 1):
        fitting = sorted({match.topic_id for match in story.matches} & subscribed)
        unsent = line(faint("No bulletin has been sent to this chat yet; this is the latest story."))
        return await _explained(invocation, "Why this fits: ", story, fitting, unsent)
    return document("No bulletin has been sent to this chat yet, so there is nothing to explain.")


async def _explained(
    invocation: Invocation, opening: str, story: Story, topic_ids: Sequence[int], closing: Line
) -> Document:
    topics = {topic.id: topic for topic in await invocation.topics()}
    feeds = {status.id: status for status in await invocation.store.feed_statuses()}
    left_out = len(story.reports) - _MOST_REPORTS
    return document(
        line(opening, headline(story)),
        *(row for id_ in topic_ids for row in _topic(id_, story, topics, invocation)),
        (),
        *(row for report in story.reports[:_MOST_REPORTS] for row in _report(report, feeds, invocation)),
        *((line(faint(f"… and {left_out} more reports")),) if left_out > 0 else ()),
        (),
        closing,
    )


def headline(story: Story) -> Span:
    """What a story is called in answers."""
    entries = [report.entry for report in story.reports]
    titled = next((entry for entry in entries if entry.title), None)
    return strong(titled.title, titled.link) if titled else strong("a report without a title")


def _topic(
    topic_id: int, story: Story, topics: Mapping[int, Topic], invocation: Invocation
) -> Iterator[Line]:
    """The topic with its score, and the words that speak for it."""
    yield ()
    name = (
        strong(topics[topic_id].spec.name) if topic_id in topics else faint("a topic that has been removed")
    )
    match = _best(match for match in story.matches if match.topic_id == topic_id)
    if match is None:
        yield line("🏷 ", name, faint(" · it no longer matches: the entry or the topic has changed since"))
        return
    yield line("🏷 ", name, faint(f" · score {match.score:g} ({THRESHOLD:g} is enough)"))
    for evidence in match.reasons:
        yield line(f"• {explain(evidence, invocation.catalog.lexicon)}")


def _best(matches: Iterator[Match]) -> Match | None:
    return max(matches, key=lambda match: match.score, default=None)


def _report(report: Report, feeds: Mapping[int, FeedStatus], invocation: Invocation) -> tuple[Line, Line]:
    entry = report.entry
    status = feeds.get(entry.feed_id) if entry.feed_id is not None else None
    feed = shown(status.spec.url) if status else "a feed that is no longer read"
    published = (
        f"published {_at(entry.published, invocation)}" if entry.published else "published without a date"
    )
    joined = "" if report.reason == _OPENED else f" · {report.reason}"
    seen = f"seen {_at(entry.seen, invocation)}"
    told = line("📰 ", link(entry.outlet, entry.link), f" · {published} · {seen}{joined}")
    return told, line(faint(feed))


def _sent(message: SentMessage, invocation: Invocation) -> Line:
    delivery = message.delivery
    sent = f"📨 sent {_at(delivery.sent_at, invocation)}" if delivery.sent_at else "📨 sent"
    repeat = (
        " · possibly twice, since the first attempt was not confirmed" if delivery.possible_repeat else ""
    )
    revised = f" · revised {count(delivery.sent_revision, 'time')}" if delivery.sent_revision else ""
    muted = " · 🔕 muted" if delivery.muted else ""
    return line(sent, repeat, revised, muted)


def _at(at: datetime, invocation: Invocation) -> str:
    return moment(at, invocation.now, invocation.zone)
