"""A newsroom to type commands in: a real store, the small lexicon, five feeds, two chats and a clock that stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.chat.commands import Services, answer
from bot.chat.locales import load_speeches
from bot.domain.addresses import typed_address
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat, Platform
from bot.domain.deliveries import Delivery, Intent, Outcome, Sent, settle
from bot.domain.documents import Document
from bot.domain.entries import Entry, FeedSpec, IngestPlan, NewEntry, fingerprint
from bot.domain.indexing import TopicIndex
from bot.domain.languages import language_of
from bot.domain.matching import analyse
from bot.domain.polling import Failed, FailureKind, FeedLimits
from bot.domain.queries import Query, read_query
from bot.domain.stories import OPENED, Placement, story_key
from bot.domain.topics import TOPICS_PER_CHAT, Topic, TopicSpec
from bot.ports import DeskRecord, FoundFeed, PollRecord, Store
from tests.contract.records import begun as as_begun
from tests.fakes.lexicons import small_catalog
from tests.fakes.stores import open_temporary_store

NOW = datetime(2025, 8, 8, 14, 40, tzinfo=UTC)

FEEDS = (
    FeedSpec("https://news.example/reuters.xml", "Reuters", "en", title="Reuters: World"),
    FeedSpec("https://news.example/bbc.xml", "BBC News", "en", "gb"),
    FeedSpec("https://news.example/bbc-asia.xml", "BBC News", "en", "gb", title="Asia"),
    FeedSpec("https://news.example/nhk.xml", "NHK", "ja", "jp"),
    FeedSpec("https://news.example/tass.xml", "TASS", "ru", "ru"),
)


@dataclass
class StandingClock:
    """A clock that moves when told to."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class Desk:
    """A `bot.ports.Newsdesk` that counts how often topics changed, and has searched for them before it answers."""

    configuration: Catalog
    store: Store
    changes: int = 0

    def catalog(self) -> Catalog:
        return self.configuration

    async def add_topic(self, chat_id: int, spec: TopicSpec) -> Topic | None:
        self.changes += 1
        return await self._searched(await self.store.add_topic(chat_id, spec, NOW))

    async def change_topic(self, topic_id: int, spec: TopicSpec) -> Topic | None:
        self.changes += 1
        return await self._searched(await self.store.change_topic(topic_id, spec))

    async def remove_topic(self, topic_id: int) -> None:
        self.changes += 1
        await self.store.remove_topic(topic_id)

    async def _searched(self, topic: Topic | None) -> Topic | None:
        if topic is not None:
            await self.store.backfill([topic.id], [])
        return topic and replace(topic, backfilled=True)


@dataclass
class Finder:
    """A `bot.ports.FeedFinder` that finds what it was told of, and one feed at every other address."""

    sites: dict[str, tuple[FoundFeed, ...] | Failed] = field(default_factory=dict)

    async def find(self, typed: str) -> tuple[FoundFeed, ...] | Failed:
        address = typed_address(typed)
        if address is None:
            return Failed(FailureKind.UNREACHABLE, "That is no web address.")
        return self.sites.get(typed, (FoundFeed(address, "A site", "en", 3),))


@dataclass
class Newsroom:
    store: Store
    desk: Desk
    chat: Chat
    neighbour: Chat
    clock: StandingClock = field(default_factory=StandingClock)
    topics_per_chat: int = TOPICS_PER_CHAT
    finder: Finder = field(default_factory=Finder)
    feed_limits: FeedLimits = field(default_factory=FeedLimits)

    @property
    def services(self) -> Services:
        return Services(
            self.clock,
            self.store,
            self.desk,
            topics_per_chat=self.topics_per_chat,
            finder=self.finder,
            feed_limits=self.feed_limits,
            speeches=load_speeches(),
        )

    async def say(self, text: str, *, chat: Chat | None = None, reply_to: str | None = None) -> Document:
        return await answer(self.services, chat or self.chat, text, reply_to)

    async def publish(
        self,
        title: str,
        *,
        feed: int = 0,
        summary: str = "",
        ago: timedelta = timedelta(minutes=30),
        age: timedelta = timedelta(0),
        outlet: str | None = None,
    ) -> Entry:
        """An entry as the pipeline would have brought it: polled, matched with every topic, placed; told to nobody.

        It was seen that long `ago`, at that `age`.
        """
        spec = (await self.store.feed_statuses())[feed].spec
        at = self.clock.now() - ago
        text = fingerprint(title, summary)
        link = f"https://news.example/{text}"
        new = NewEntry(
            text,
            text,
            title,
            summary,
            link,
            outlet or spec.outlet,
            language_of(title, spec.language),
            at - age,
            is_news=True,
        )
        feed_id = (await self.store.feed_statuses())[feed].id
        await self.store.record_poll(PollRecord(feed_id, at, at + timedelta(minutes=5), IngestPlan((new,))))
        (pending,) = await self.store.pending_entries(10)
        entry = pending.entry
        analysis = analyse(entry, self.desk.configuration.lexicon)
        index = TopicIndex.build(await self._queries(), self.desk.configuration.lexicon)
        placement = Placement(entry.id, entry.id, story_key(entry), OPENED)
        record = DeskRecord(entry, analysis.named, index.match(analysis), placement)
        await self.store.record_desk([record], at)
        return entry

    async def owe(self, entry: Entry, topic_ids: Sequence[int], chat: Chat | None = None) -> Delivery:
        """A message about the entry's story that waits to be sent."""
        to = chat or self.chat
        story = await self.store.story(entry.id)
        assert story is not None
        intent = Intent(to.id, story.id, tuple(topic_ids))
        concepts = story.reports[0].concepts
        record = DeskRecord(entry, concepts, story.matches, None, (intent,))
        await self.store.record_desk([record], self.clock.now())
        (owed,) = await self.store.claim_deliveries(self.clock.now(), 1)
        return owed

    async def deliver(
        self, entry: Entry, topic_ids: Sequence[int], chat: Chat | None = None, outcome: Outcome | None = None
    ) -> str:
        """Tell a chat of the entry's story; answers the message's id."""
        owed = await self.owe(entry, topic_ids, chat)
        message_id = f"m{owed.id}"
        begun = await as_begun(self.store, owed.id, "the text")
        await self.store.settle(settle(begun, outcome or Sent(message_id), self.clock.now()))
        return message_id

    async def topic_id(self, slug: str) -> int:
        return next(topic.id for topic in await self.store.topics() if topic.spec.slug == slug)

    async def fail_feed(self, feed: int, error: str, *, times: int = 1, gone: bool = False) -> None:
        feed_id = (await self.store.feed_statuses())[feed].id
        for _ in range(times):
            later = self.clock.now() + timedelta(minutes=10)
            await self.store.record_poll(PollRecord(feed_id, self.clock.now(), later, error=error, gone=gone))

    async def state(self) -> tuple[object, ...]:
        """All that commands can change."""
        ours = (self.chat.id, self.neighbour.id)
        chats = [await self.store.chat(chat_id) for chat_id in ours]
        sent = [message for chat_id in ours for message in await self.store.sent_messages(chat_id, 50)]
        muted = {message.delivery.id for message in sent if message.delivery.muted}
        return tuple(chats), await self.store.topics(), await self.store.subscriptions(), muted

    async def _queries(self) -> dict[int, Query]:
        read = {
            topic.id: read_query(topic.spec.query, self.desk.configuration.lexicon)
            for topic in await self.store.topics()
        }
        return {id_: query for id_, query in read.items() if isinstance(query, Query)}


@asynccontextmanager
async def open_newsroom(folder: Path, platform: Platform = "telegram") -> AsyncIterator[Newsroom]:
    """A newsroom in a folder of its own, closed at the end."""
    store = await open_temporary_store(folder)
    try:
        desk = Desk(replace(small_catalog(), feeds=FEEDS), store)
        await store.sync_feeds(FEEDS, NOW)
        on_offer = await store.sync_topics(desk.configuration.topics, NOW)
        await store.backfill([topic.id for topic in on_offer], [])
        chat = await store.ensure_chat(platform, "1", "Ours", NOW, language="en")
        neighbour = await store.ensure_chat(platform, "2", "Next door", NOW, language="en")
        yield Newsroom(store, desk, chat, neighbour)
    finally:
        await store.close()
