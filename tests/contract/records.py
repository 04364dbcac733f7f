"""Records to store, each with only what its test is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.domain.chats import Chat
from bot.domain.deciding import Revise
from bot.domain.deliveries import Delivery, Intent
from bot.domain.entries import Entry, FeedSpec, IngestPlan, NewEntry, fingerprint
from bot.domain.matching import Evidence, Match
from bot.domain.polling import FeedForPoll
from bot.domain.stories import Placement
from bot.domain.topics import Topic, TopicSpec
from bot.ports import DeskRecord, PollRecord, Store

NOON = datetime(2025, 8, 9, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def feed_spec(name: str = "one", outlet: str = "The Daily") -> FeedSpec:
    return FeedSpec(f"https://{name}.example/feed", outlet, "en")


async def a_feed(store: Store, name: str = "one") -> FeedForPoll:
    """The only feed of the store."""
    await store.sync_feeds([feed_spec(name)], NOON)
    ((feed, _),) = await store.due_feeds(NOON, 10)
    return feed


def new_entry(name: str = "a", *, is_news: bool = True, link: str | None = None) -> NewEntry:
    title, summary = f"Title {name}", f"Summary {name}"
    return NewEntry(
        key=f"id:{name}",
        fingerprint=fingerprint(title, summary),
        title=title,
        summary=summary,
        link=link,
        outlet="The Daily",
        language="en",
        published=NOON - HOUR,
        is_news=is_news,
    )


def poll(feed: FeedForPoll, plan: IngestPlan | None = None, at: datetime = NOON) -> PollRecord:
    return PollRecord(feed.id, at, at + 5 * MINUTE, plan)


def entry(title: str = "Talks begin", *, seen: datetime = NOON, outlet: str = "The Daily") -> Entry:
    """One that came from no feed, yet to be stored."""
    return Entry(0, None, title, "Summary", "https://the.example/1", outlet, "en", seen - MINUTE, seen)


def match(topic: Topic, score: float = 1.0, text: str = "停戦") -> Match:
    evidence = (
        Evidence(text, "title", 7, "truce", score),
        Evidence("word", "summary", 0, None, 0.7),
    )
    return Match(topic.id, score, evidence)


async def a_topic(store: Store, slug: str = "armenia-azerbaijan") -> Topic:
    """The only topic on offer."""
    await store.sync_topics([TopicSpec(slug, slug.title(), slug)], NOON)
    return next(topic for topic in await store.topics() if topic.spec.slug == slug)


async def a_chat(store: Store, address: str = "here") -> Chat:
    return await store.ensure_chat("console", address, "", NOON)


def opens(of: Entry, *matches: Match, key: str = "key", chats: Iterable[Chat] = ()) -> DeskRecord:
    """The entry opens a story, which the chats are to hear of."""
    topic_ids = tuple(match.topic_id for match in matches)
    return DeskRecord(
        of,
        ("am", "az"),
        matches,
        Placement(of.id, of.id, key, "opened the story"),
        tuple(Intent(chat.id, of.id, topic_ids) for chat in chats),
    )


def joins(
    of: Entry, story: Entry, *matches: Match, key: str = "key", revised_for: Iterable[Chat] = ()
) -> DeskRecord:
    """The entry joins the story that another opened; the chats' messages about it are to be revised."""
    return DeskRecord(
        of,
        ("am",),
        matches,
        Placement(of.id, story.id, key, "the same headline"),
        revisions=tuple(Revise(chat.id, story.id) for chat in revised_for),
    )


async def begun(store: Store, delivery_id: int, text: str) -> Delivery:
    """The message, its text saved and its call about to be made."""
    delivery = await store.begin_send(delivery_id, text)
    assert delivery is not None
    return delivery


async def stored(store: Store, *entries: Entry) -> tuple[Entry, ...]:
    """The entries as stored, waiting for the desk."""
    return await store.add_entries(entries)


async def a_story(
    store: Store, *chats: Chat, topic: Topic | None = None, title: str = "Talks begin", at: datetime = NOON
) -> Entry:
    """A story of one entry, owed to the chats from `at`; answers the entry."""
    (opening,) = await stored(store, entry(title, seen=at))
    matches = (match(topic),) if topic else ()
    await store.record_desk([opens(opening, *matches, key=title, chats=chats)], at)
    return opening
