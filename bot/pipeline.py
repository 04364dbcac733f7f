"""The way of an entry, from a due feed to messages owed.

Each stage asks, decides purely, and commits once::

    Poller   (bot.polling) due feeds -> fetch -> parse what changed -> plan_ingest
                 one transaction: entries, revisions, validators, next poll
    Desk     pending entries -> analyse -> match -> place in a story -> decide per chat
                 one transaction: matches, stories, intents in the outbox
    Digester (bot.digesting) schedules -> due slot -> choose stories -> divide into parts
                 one transaction: the slot, its stories, a message for each part in the outbox
    Outbox   (bot.outbox) claim -> compose -> save the text -> send -> settle

A process that dies anywhere leaves either the old state, and the step is taken again, or the new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bot.domain.catalog import Catalog
from bot.domain.clustering import WINDOW
from bot.domain.entries import Entry
from bot.domain.facts import Decided, Observer, no_observer
from bot.domain.indexing import TopicIndex
from bot.domain.ledger import Ledger
from bot.domain.lexicon import Lexicon
from bot.domain.matching import Match, analyse
from bot.domain.queries import Query, QueryProblem, read_query
from bot.domain.topics import Topic, TopicSpec
from bot.placing import Judged, Placed, Situation, decide_all, place_all, stories_of
from bot.ports import (
    OUTBOXES,
    Clock,
    DeskRecord,
    PendingEntry,
    Point,
    Probe,
    Stage,
    Store,
    WorkQueue,
    no_probe,
)

log = structlog.get_logger(__name__)

T = TypeVar("T")

DESK_BATCH = 100
BACKFILL_AGE = timedelta(hours=72)
BACKFILL_LIMIT = 20_000
BACKFILL_SLICE = 200
"""Entries searched before others have the processor; about 50 ms."""

TOPICS_AT_ONCE = 2_000
"""Topics read from the store before others have the event loop; about 20 ms."""

PATIENCE = timedelta(seconds=1)
"""For how long a person who made a topic waits for the stored entries to be searched."""


class Desk:
    """Matches, groups and decides: turns what came in into what is owed to chats."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        queue: WorkQueue,
        catalog: Catalog,
        *,
        probe: Probe = no_probe,
        observe: Observer = no_observer,
    ) -> None:
        self._store = store
        self._clock = clock
        self._queue = queue
        self._catalog = catalog
        self._index = TopicIndex.build({}, catalog.lexicon)
        self._probe = probe
        self._observe = observe
        self._turn = asyncio.Lock()
        """Held while entries are decided about or topics change, so that a batch is decided by one catalog and index."""
        self._adopting = asyncio.Lock()
        self._changed: set[int] | None = None
        """The topics that changed while all of them are being read anew."""
        self._unsearched: dict[int, Query] = {}
        """Topics in force that stored entries are yet to be searched for."""
        self._search: asyncio.Task[None] | None = None
        self._ledger: Ledger | None = None
        """The open stories; None where they are to be read from the store."""

    def catalog(self) -> Catalog:
        return self._catalog

    async def adopt(self, catalog: Catalog) -> None:
        """Work by this configuration from now on: at the start, and on a reload.

        All topics are read, once, while entries are still decided about and topics changed by what was before.
        """
        async with self._adopting:
            self._changed = set()
            try:
                index, unsearched, reader = await self._read_topics(catalog)
                async with self._turn:
                    now = self._clock.now()
                    await self._store.sync_feeds(catalog.feeds, now)
                    on_offer = await self._store.sync_topics(catalog.topics, now)
                    anew = await self._store.topics(self._changed)
                    for topic_id in self._changed:
                        index.drop(topic_id)
                        unsearched.pop(topic_id, None)
                    unsearched |= take_up((*on_offer, *anew), index, reader)
                    self._catalog, self._index, self._unsearched = catalog, index, unsearched
            finally:
                self._changed = None
            await self._search_stored()
        self._queue.wake(Stage.POLL)

    async def add_topic(self, chat_id: int, spec: TopicSpec) -> Topic | None:
        async with self._turn:
            topic = await self._store.add_topic(chat_id, spec, self._clock.now())
            self._take_up(topic)
        return await self._searched(topic)

    async def change_topic(self, topic_id: int, spec: TopicSpec) -> Topic | None:
        # Within a turn, or what is being decided would bring back what the topic is to forget.
        async with self._turn:
            topic = await self._store.change_topic(topic_id, spec)
            self._take_up(topic)
        return await self._searched(topic)

    async def remove_topic(self, topic_id: int) -> None:
        async with self._turn:
            await self._store.remove_topic(topic_id)
            gone = not await self._store.topics([topic_id])  # one on offer is not removed
            if gone:
                self._drop(topic_id)

    async def take_up_changes(self) -> None:
        """Topics that other processes changed: match by them from the next entry on, and search for them."""
        async with self._turn:
            reader, anew = QueryReader(self._catalog.lexicon), set[int]()
            changed = await self._store.changed_topics()
            for topic_id, topic in changed.items():
                if topic is None:
                    self._drop(topic_id)
                    anew.add(topic_id)
                    continue
                query = reader.read(topic.spec.query)
                if query != self._unsearched.get(topic_id) and not isinstance(query, QueryProblem):
                    self._take_up(topic)
                    anew.add(topic_id)
            if not anew:
                return
            withdrawn = {topic_id for topic_id in anew if changed[topic_id] is None}
            # What was being decided meanwhile went by what they were before.
            await self._store.unmatch(anew - withdrawn)
            await self._store.backfill(withdrawn, ())
        self._search_stored()

    async def stop(self) -> None:
        """End a search that is under way; the next start begins it anew."""
        if self._search is not None:
            self._search.cancel()
            await asyncio.wait({self._search})

    async def _read_topics(self, catalog: Catalog) -> tuple[TopicIndex, dict[int, Query], QueryReader]:
        """Chats' topics by the page, off the event loop: an index of them, and those that are not backfilled.

        Those on offer are only read, since the store does not have them yet.
        """
        index, reader = TopicIndex(catalog.lexicon), QueryReader(catalog.lexicon)
        unsearched: dict[int, Query] = {}
        after = 0
        while page := await self._store.chats_topics(after, TOPICS_AT_ONCE):
            unsearched |= await asyncio.to_thread(take_up, page, index, reader)
            after = page[-1].id
        await asyncio.to_thread(reader.read_all, [spec.query for spec in catalog.topics])
        return index, unsearched, reader

    def _take_up(self, topic: Topic | None) -> None:
        """Match by this topic from the next entry on."""
        if topic is None:
            return
        self._drop(topic.id)
        self._unsearched |= take_up([topic], self._index, QueryReader(self._catalog.lexicon))

    def _drop(self, topic_id: int) -> None:
        """Match by this topic no more; where all are being read anew, it is looked at once more."""
        self._index.drop(topic_id)
        self._unsearched.pop(topic_id, None)
        if self._changed is not None:
            self._changed.add(topic_id)

    async def _searched(self, topic: Topic | None) -> Topic | None:
        """The topic once stored entries were searched for it, or, where that takes long, as it is after a moment."""
        if topic is None or topic.id not in self._unsearched:
            return topic
        await asyncio.wait({self._search_stored()}, timeout=PATIENCE.total_seconds())
        return replace(topic, backfilled=topic.id not in self._unsearched)

    def _search_stored(self) -> asyncio.Task[None]:
        """A topic that is new knows the last days, so that `/latest` has something to show; nothing is sent.

        One search is for all that wait for it, and takes up what comes to wait meanwhile.
        """
        if self._search is None or self._search.done():
            self._search = asyncio.create_task(self._backfill())
        return self._search

    async def _backfill(self) -> None:
        try:
            while self._unsearched:
                await self._backfill_once()
        except Exception:
            # What waits is still marked so in the store: the next change takes it up, or the next start.
            log.exception("backfill_failed", topics=len(self._unsearched))

    async def _backfill_once(self) -> None:
        wanted, lexicon = dict(self._unsearched), self._index.lexicon
        index = await asyncio.to_thread(TopicIndex.build, wanted, lexicon)
        since, last, looked_at = self._clock.now() - BACKFILL_AGE, None, 0
        found: list[tuple[int, Match]] = []
        while looked_at < BACKFILL_LIMIT:
            entries = await self._store.entries_since(since, BACKFILL_SLICE, before=last)
            if not entries:
                break
            found += await asyncio.to_thread(_match_all, index, entries)
            last, looked_at = entries[-1], looked_at + len(entries)
        async with self._turn:
            # One that means something else by now, or is gone, was searched for in vain.
            done = {id_ for id_, query in wanted.items() if self._unsearched.get(id_) is query}
            await self._store.backfill(done, [pair for pair in found if pair[1].topic_id in done])
            for topic_id in done:
                del self._unsearched[topic_id]
            if self._ledger is not None:
                # The store knows more than was searched: of a topic that was withdrawn for a while, what it fitted before.
                fitting = await self._store.fitting(done, self._clock.now() - WINDOW)
                for topic_id, entry_ids in fitting.items():
                    self._ledger.refit(topic_id, entry_ids)

    async def work(self, limit: int = DESK_BATCH) -> tuple[DeskRecord, ...]:
        """Decide about a batch of what waits; answers what was decided, nothing when nothing waits."""
        async with self._turn:
            pending = await self._store.pending_entries(limit)
            if not pending:
                return ()
            judged = [self._judge(one) async for one in paced(pending)]
            self._probe(Point.JUDGED)
            records = await self._decided(judged)
            self._probe(Point.DECIDED)
        self._observe(_counted(records))
        for stage in OUTBOXES:
            self._queue.wake(stage)
        return records

    def _judge(self, one: PendingEntry) -> Judged:
        try:
            analysis = analyse(one.entry, self._index.lexicon)
            return Judged(one, analysis, self._index.match(analysis))
        except Exception:
            # A text that our code trips over must not hold up everybody's news; it is kept, and matches nothing.
            log.exception("entry_not_judged", entry=one.entry.id)
            return Judged(one)

    async def _decided(self, judged: Sequence[Judged]) -> tuple[DeskRecord, ...]:
        """Place the entries and decide about them; all of it is stored, or none of it is remembered."""
        now = self._clock.now()
        ledger, self._ledger = self._ledger or await self._read_ledger(now), None
        ledger.forget(now)
        placed = [one async for one in paced(place_all(judged, ledger, self._catalog))]
        situation = await self._situation(placed)
        records = tuple([record async for record in paced(decide_all(placed, situation, now))])
        await self._store.record_desk(records, now)
        self._ledger = ledger
        return records

    async def _read_ledger(self, now: datetime) -> Ledger:
        ledger = Ledger()
        async for known in paced(await self._store.known_reports(now - WINDOW)):
            ledger.put(known)
        return ledger

    async def _situation(self, placed: Sequence[Placed]) -> Situation:
        stories = stories_of(placed)
        concerned = frozenset[int]().union(*stories.values())
        if not concerned:
            return Situation()  # most of what comes in is nobody's topic
        chats = await self._store.subscribed_chats(concerned)
        if not chats:
            return Situation()
        subscriptions = await self._store.subscriptions(to=concerned)
        return Situation(chats, subscriptions, await self._store.told(stories))


async def paced(items: Iterable[T]) -> AsyncIterator[T]:
    """The items, each of which takes a while to make or to deal with: in between others have the event loop."""
    for item in items:
        yield item
        await asyncio.sleep(0)


def _counted(records: Sequence[DeskRecord]) -> Decided:
    placed = [record.placement for record in records if record.placement is not None]
    opened = sum(placement.opened for placement in placed)
    return Decided(
        entries=len(records),
        matches=sum(len(record.matches) for record in records),
        opened=opened,
        joined=len(placed) - opened,
        merged=sum(placement.merges is not None for placement in placed),
        intents=sum(len(record.intents) for record in records),
    )


class QueryReader:
    """Reads queries by one lexicon, each text once however many topics have it."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._read: dict[str, Query | QueryProblem] = {}

    def read(self, text: str) -> Query | QueryProblem:
        if text not in self._read:
            self._read[text] = read_query(text, self._lexicon)
        return self._read[text]

    def read_all(self, texts: Iterable[str]) -> None:
        """Have them at hand."""
        for text in texts:
            self.read(text)


def take_up(topics: Iterable[Topic], index: TopicIndex, reader: QueryReader) -> dict[int, Query]:
    """Put topics into the index; answers the queries of those that are not backfilled.

    A change of the lexicon may have made a query unreadable, which is logged.
    """
    unsearched = {}
    for topic in topics:
        query = reader.read(topic.spec.query)
        if isinstance(query, QueryProblem):
            log.warning("topic_unreadable", topic=topic.id, problem=query.message)
            continue
        index.put(topic.id, query)
        if not topic.backfilled:
            unsearched[topic.id] = query
    return unsearched


def _match_all(index: TopicIndex, entries: Iterable[Entry]) -> list[tuple[int, Match]]:
    return [(entry.id, match) for entry in entries for match in index.match(analyse(entry, index.lexicon))]
