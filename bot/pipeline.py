"""The way of an entry, from a due feed to messages owed.

Each stage asks, decides purely, and commits once::

    Poller   due feeds -> fetch -> parse what changed -> plan_ingest
                 one transaction: entries, revisions, validators, next poll
    Desk     pending entries -> analyse -> match -> place in a story -> decide per chat
                 one transaction: matches, stories, intents in the outbox
    Outbox   (bot.outbox) claim -> compose -> save the text -> send -> settle

A process that dies anywhere leaves either the old state, and the step is taken again, or the new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

import structlog

from bot.domain.catalog import Catalog
from bot.domain.chats import Chat, Subscription
from bot.domain.entries import Entry, FeedSpec, IngestPlan, ParsedEntry, fingerprint, keys_of, plan_ingest
from bot.domain.indexing import TopicIndex
from bot.domain.lexicon import Lexicon
from bot.domain.matching import Match, analyse
from bot.domain.outlets import Outlets
from bot.domain.polling import (
    DEFAULT_INTERVAL,
    Failed,
    FailureKind,
    FeedForPoll,
    Fetched,
    FetchResult,
    NotModified,
    next_poll,
)
from bot.domain.queries import Query, QueryProblem, read_query
from bot.domain.stories import CLOSES_AFTER, OpenStory, Told, decide, extend, place, rename, story_key
from bot.ports import (
    Clock,
    DeskRecord,
    Fetcher,
    Parser,
    PendingEntry,
    Point,
    PollRecord,
    Probe,
    Stage,
    Store,
    WorkQueue,
    no_probe,
)

log = structlog.get_logger(__name__)

POLLS_AT_ONCE = 32
DESK_BATCH = 100
BACKFILL_AGE = timedelta(hours=72)
BACKFILL_LIMIT = 20_000


class Poller:
    """Asks feeds that are due and stores what they brought."""

    def __init__(
        self,
        store: Store,
        fetcher: Fetcher,
        parser: Parser,
        clock: Clock,
        queue: WorkQueue,
        desk: Desk,
        *,
        interval: timedelta = DEFAULT_INTERVAL,
        random: Random | None = None,
        probe: Probe = no_probe,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._queue = queue
        self._desk = desk
        self._interval = interval
        self._random = random or Random()  # noqa: S311 - spreads retries, guards nothing
        self._probe = probe
        self._under_way: set[int] = set()
        self._places = asyncio.Semaphore(POLLS_AT_ONCE)

    async def poll_due(self) -> int:
        """Poll every feed that is due and not being polled already; answers how many. Calls may overlap."""
        due = await self._store.due_feeds(self._clock.now(), POLLS_AT_ONCE * 4)
        started = [(feed, spec) for feed, spec in due if feed.id not in self._under_way]
        self._under_way.update(feed.id for feed, _ in started)
        await asyncio.gather(*(self._poll(feed, spec) for feed, spec in started))
        return len(started)

    async def _poll(self, feed: FeedForPoll, spec: FeedSpec) -> None:
        try:
            async with self._places:
                record = await self._ask(feed, spec)
            new = await self._store.record_poll(record)
            self._probe(Point.INGESTED)
            if new or (record.plan and record.plan.revisions):
                self._queue.wake(Stage.DESK)
        except Exception:
            # A bug in one feed's way must not stop the others; backing off keeps it from coming back every second.
            log.exception("poll_failed", feed=feed.id, outlet=spec.outlet)
            failed = Failed(FailureKind.NOT_A_FEED, "Sokuho failed on this feed; the log says how")
            await self._store.record_poll(self._record(feed, spec, failed, None))
        finally:
            self._under_way.discard(feed.id)

    async def _ask(self, feed: FeedForPoll, spec: FeedSpec) -> PollRecord:
        result = await self._fetcher.fetch(feed)
        self._probe(Point.FETCHED)
        if not isinstance(result, Fetched) or result.digest == feed.body_digest:
            return self._record(feed, spec, result, None)
        parsed = await self._parser.parse(result)
        self._probe(Point.PARSED)
        if isinstance(parsed, Failed):
            return self._record(feed, spec, parsed, None)
        entries = attributed(parsed.entries, spec, self._desk.catalog().outlets)
        known = await self._store.known_entries(
            feed.id,
            {key for entry in entries for key in keys_of(entry)},
            {fingerprint(entry.title, entry.summary) for entry in entries},
        )
        plan = plan_ingest(spec, entries, known, first_poll=not feed.polled_before, now=self._clock.now())
        return self._record(feed, spec, result, plan)

    def _record(
        self, feed: FeedForPoll, spec: FeedSpec, result: FetchResult, plan: IngestPlan | None
    ) -> PollRecord:
        now = self._clock.now()
        failed = isinstance(result, Failed)
        due = next_poll(
            now,
            interval=spec.interval or self._interval,
            asked=result.ask_again_in,
            failures=feed.failures + 1 if failed else 0,
            spread=self._random.random(),
        )
        match result:
            case Failed(kind, reason):
                log.info("feed_failed", feed=feed.id, outlet=spec.outlet, kind=kind.value)
                # What could not be read is asked for whole next time: its validators would say «not modified».
                unread = kind in (FailureKind.NOT_A_FEED, FailureKind.TOO_HARD)
                return PollRecord(
                    feed.id, now, due, error=reason, gone=kind is FailureKind.GONE, keep_validators=not unread
                )
            case Fetched():
                return PollRecord(
                    feed.id,
                    now,
                    due,
                    plan,
                    keep_validators=False,
                    etag=result.etag,
                    last_modified=result.last_modified,
                    body_digest=result.digest,
                )
            case NotModified():
                return PollRecord(feed.id, now, due)


class Desk:
    """Matches, groups and decides: turns what came in into what is owed to chats."""

    def __init__(
        self, store: Store, clock: Clock, queue: WorkQueue, catalog: Catalog, *, probe: Probe = no_probe
    ) -> None:
        self._store = store
        self._clock = clock
        self._queue = queue
        self._catalog = catalog
        self._index = TopicIndex.build({}, catalog.lexicon)
        self._probe = probe
        self._turn = asyncio.Lock()
        """Held while entries are decided about, so that they are by one catalog and one index."""
        self._changing = asyncio.Lock()
        """Held while these change, so that the last to ask is the last to be heard."""

    def catalog(self) -> Catalog:
        return self._catalog

    async def adopt(self, catalog: Catalog) -> None:
        """Work by this configuration from now on: at the start, and on a reload."""
        async with self._changing:
            async with self._turn:
                await self._store.sync_feeds(catalog.feeds, self._clock.now())
                await self._store.sync_topics(catalog.topics, self._clock.now())
                self._catalog = catalog
                fresh = await self._take_up_topics()
            await self._backfill(fresh)
        self._queue.wake(Stage.POLL)

    async def refresh_topics(self) -> None:
        async with self._changing:
            async with self._turn:
                fresh = await self._take_up_topics()
            await self._backfill(fresh)

    async def _take_up_topics(self) -> Mapping[int, Query]:
        """Match by the live topics from now on; answers those that stored entries were not yet searched for."""
        topics = await self._store.topics()
        lexicon = self._catalog.lexicon
        queries = readable_queries({topic.id: topic.spec.query for topic in topics}, lexicon)
        self._index = await asyncio.to_thread(TopicIndex.build, queries, lexicon)
        return {
            topic.id: queries[topic.id] for topic in topics if not topic.backfilled and topic.id in queries
        }

    async def _backfill(self, queries: Mapping[int, Query]) -> None:
        """A topic that is new knows the last days at once, so that `/latest` has something to show; nothing is sent."""
        if not queries:
            return
        entries = await self._store.entries_since(self._clock.now() - BACKFILL_AGE, BACKFILL_LIMIT)
        index = TopicIndex.build(queries, self._catalog.lexicon)
        await self._store.backfill(queries, await asyncio.to_thread(_match_all, index, entries))

    async def work(self, limit: int = DESK_BATCH) -> tuple[DeskRecord, ...]:
        """Decide about a batch of what waits; answers what was decided, nothing when nothing waits."""
        async with self._turn:
            pending = await self._store.pending_entries(limit)
            if not pending:
                return ()
            judged = tuple(self._judge(one) for one in pending)
            self._probe(Point.JUDGED)
            records = decide_all(judged, await self._situation(judged))
            await self._store.record_desk(records, self._clock.now())
            self._probe(Point.DECIDED)
        self._queue.wake(Stage.OUTBOX)
        return records

    def _judge(self, one: PendingEntry) -> Judged:
        try:
            analysis = analyse(one.entry, self._index.lexicon)
            return Judged(one, analysis.named, self._index.match(analysis))
        except Exception:
            # A text that our code trips over must not hold up everybody's news; it is kept, and matches nothing.
            log.exception("entry_not_judged", entry=one.entry.id)
            return Judged(one, (), ())

    async def _situation(self, judged: Sequence[Judged]) -> Situation:
        keys = {story_key(one.pending.entry) for one in judged}
        since = min(one.pending.entry.at for one in judged) - CLOSES_AFTER
        stories = await self._store.open_stories(keys, since)
        ids = {story.story_id for story in stories.values()} | {
            one.pending.story_id for one in judged if one.pending.story_id is not None
        }
        matched = {match.topic_id for one in judged for match in one.matches}
        if not ids and not matched:
            return Situation(stories)  # most of what comes in is nobody's topic
        topics = await self._store.story_topics(ids)
        chats = await self._store.subscribed_chats(matched.union(*topics.values()))
        subscriptions = await self._store.subscriptions() if chats else ()
        return Situation(stories, topics, chats, subscriptions, await self._store.told(ids))


@dataclass(frozen=True, slots=True)
class Judged:
    """A pending entry with what it names and the topics it fits."""

    pending: PendingEntry
    concepts: tuple[str, ...]
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """What the desk has to know to decide about a batch."""

    stories: Mapping[str, OpenStory]
    topics: Mapping[int, frozenset[int]] = field(default_factory=dict)
    chats: Sequence[Chat] = ()
    subscriptions: Sequence[Subscription] = ()
    told: Sequence[Told] = ()


def attributed(entries: Iterable[ParsedEntry], spec: FeedSpec, outlets: Outlets) -> tuple[ParsedEntry, ...]:
    """An aggregator's entries under their real outlets; others as they are."""
    if not spec.aggregator:
        return tuple(replace(entry, source=None) for entry in entries)
    unpacked = ((entry, *outlets.unpack(entry.title, entry.source)) for entry in entries)
    return tuple(replace(entry, title=title, source=outlet) for entry, title, outlet in unpacked)


def readable_queries(texts: Mapping[int, str], lexicon: Lexicon) -> dict[int, Query]:
    """The queries that this lexicon can read; a change of it may have made one unreadable, which is logged."""
    queries = {}
    for topic_id, text in texts.items():
        query = read_query(text, lexicon)
        if isinstance(query, QueryProblem):
            log.warning("topic_unreadable", topic=topic_id, problem=query.message)
        else:
            queries[topic_id] = query
    return queries


def decide_all(judged: Iterable[Judged], situation: Situation) -> tuple[DeskRecord, ...]:
    """Place the entries one after the other and decide what each chat is to hear; later ones see what earlier did."""
    stories = dict(situation.stories)
    topics = dict(situation.topics)
    told = set(situation.told)
    records = []
    for one in judged:
        entry, known_story = one.pending.entry, one.pending.story_id
        if known_story is None:
            placement = place(entry, stories)
            story_id, stories = placement.story_id, extend(stories, placement, entry)
        else:
            placement = None
            story_id, stories = known_story, rename(stories, known_story, entry)
        before = topics.get(story_id, frozenset())
        matched = frozenset(match.topic_id for match in one.matches)
        topics[story_id] = before | matched
        intents, revisions = decide(
            entry,
            story_id,
            # A revision is no news to whoever subscribed meanwhile, but for the topics that it is the first to fit.
            topics[story_id] if placement else matched - before,
            is_revision=placement is None,
            chats=situation.chats,
            subscriptions=situation.subscriptions,
            told=told,
        )
        told.update(Told(intent.chat_id, intent.story_id) for intent in intents)
        records.append(DeskRecord(entry, one.concepts, one.matches, placement, intents, revisions))
    return tuple(records)


def _match_all(index: TopicIndex, entries: Iterable[Entry]) -> list[tuple[int, Match]]:
    return [(entry.id, match) for entry in entries for match in index.match(analyse(entry, index.lexicon))]
