"""Asking feeds that are due, and storing what they brought.

Many polls are under way at once; each that is back is filed together with the others that are, in one transaction.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.domain.addresses import host_of
from bot.domain.catalog import Catalog
from bot.domain.entries import (
    FIRST_POLL_NEWS_AGE,
    FeedSpec,
    IngestPlan,
    KnownEntry,
    ParsedEntry,
    ParsedFeed,
    plan_ingest,
)
from bot.domain.facts import Observer, Polled, no_observer
from bot.domain.outlets import Outlets
from bot.domain.polling import (
    MOVE_FAILURES,
    Cadence,
    Failed,
    FailureKind,
    FeedForPoll,
    Fetched,
    FetchResult,
    HostRest,
    Move,
    first_rate,
    move_after,
    next_poll,
    rate_after,
    relaxed,
    rest_after,
)
from bot.domain.speech import phrase
from bot.domain.websub import Hub
from bot.ports import (
    Clock,
    Fetcher,
    Newsdesk,
    Parser,
    Point,
    PollRecord,
    Probe,
    Stage,
    Store,
    WorkQueue,
    no_probe,
)

log = structlog.get_logger(__name__)

POLLS_AT_ONCE = 256
POLLS_PER_HOST = 4
AGAIN_AT = 192
"""Others that are due are begun as soon as no more than so many polls are under way: one query for many of them."""

FILED_AT_ONCE = 32
"""Polls that are stored in one transaction; what others have the event loop or the database for comes in between."""

BURST_AT_LEAST = 3
"""Items of a document, all of them new, that are taken for more than it holds: feeds of one or two items say little."""

REST = timedelta(minutes=1)
"""How long no feed is asked while nothing can be stored: all of them are still due."""

TRIPPED_OVER = Failed(FailureKind.NOT_A_FEED, phrase("Sokuho failed on this feed; the log says how"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A feed that was asked, and what came of it; `parsed` is None where nothing was read."""

    feed: FeedForPoll
    spec: FeedSpec
    result: FetchResult
    parsed: ParsedFeed | None = None
    pushed: bool = False
    """It came by itself, from a hub: perhaps only what is new."""


class Poller:
    """Asks feeds that are due and stores what they brought."""

    def __init__(
        self,
        store: Store,
        fetcher: Fetcher,
        parser: Parser,
        clock: Clock,
        queue: WorkQueue,
        desk: Newsdesk,
        *,
        cadence: Cadence | None = None,
        probe: Probe = no_probe,
        observe: Observer = no_observer,
        peer: str | None = None,
    ) -> None:
        """`peer`: the name of this process, where others poll too."""
        self._store = store
        self._peer = peer
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._queue = queue
        self._desk = desk
        self._cadence = cadence or Cadence()
        self._probe = probe
        self._observe = observe
        self._under_way: dict[int, str] = {}
        """By feed: the host that is being asked."""
        self._polling = asyncio.Lock()
        self._look = asyncio.Event()
        self._more_due = False
        self._to_file: list[Asked] = []
        self._filing = asyncio.Lock()
        self._not_before: datetime | None = None
        self._known: Catalog | None = None
        self._users: dict[str, str] = {}
        """By address, of the configuration that is known."""
        self._rests: dict[tuple[str, bool], HostRest] = {}
        """By host and whether only chats name the feed that was refused: for what was under way by then."""

    async def poll_due(self) -> int:
        """Poll every feed that is due until none is; answers how many.

        While that goes on, another call has it look again, and answers 0.
        """
        if self._polling.locked():
            self._look.set()
            return 0
        if self._not_before and self._clock.now() < self._not_before:
            return 0
        self._to_file.clear()
        polled = 0
        async with self._polling, asyncio.TaskGroup() as group:
            while True:
                self._look.clear()
                idle = not self._under_way
                started = await self._begin(group)
                polled += started
                # What was under way may have ended meanwhile, and with it what kept others of its host waiting.
                if idle and not started:
                    return polled
                if self._under_way:
                    await self._look.wait()

    async def take(self, feed: FeedForPoll, spec: FeedSpec, fetched: Fetched) -> None:
        """Read a document of a feed that a hub pushed, and store what it brought.

        Raises whatever keeps it from being stored, so that the hub hears of that and pushes it again.
        """
        parsed = await self._parser.parse(fetched, feed.items_seen)
        if isinstance(parsed, Failed):
            # The feed may be well all the same: the next poll will show.
            log.info("push_failed", feed=feed.id, outlet=spec.outlet, kind=parsed.kind.value)
            return
        # Not with what was polled: that may be dropped, since it is still due.
        async with self._filing:
            await self._store_all([Asked(feed, spec, fetched, parsed, pushed=True)])

    async def _begin(self, group: asyncio.TaskGroup) -> int:
        """Begin to poll feeds that are due, as far as there is room; answers how many."""
        room = POLLS_AT_ONCE - len(self._under_way)
        hosts = Counter(self._under_way.values())
        due = await self._store.due_feeds(
            self._clock.now(),
            room,
            but=self._under_way.keys(),
            per_host=POLLS_PER_HOST,
            busy=[host for host, polls in hosts.items() if polls >= POLLS_PER_HOST],
            peer=self._peer,
        )
        wanted: dict[int, tuple[FeedForPoll, FeedSpec, str]] = {}
        for feed, spec in due:
            host = host_of(feed.url)
            if hosts[host] < POLLS_PER_HOST:
                hosts[host] += 1
                wanted[feed.id] = feed, spec, host
        ours = await self._taken(wanted)
        for feed_id in ours:
            feed, spec, host = wanted[feed_id]
            self._under_way[feed_id] = host
            group.create_task(self._poll(feed, spec))
        self._more_due = len(due) == room or any(polls >= POLLS_PER_HOST for polls in hosts.values())
        return len(ours)

    async def _taken(self, feed_ids: Collection[int]) -> Sequence[int]:
        """Those that are ours to poll, in the same order."""
        if self._peer is None or not feed_ids:
            return tuple(feed_ids)
        taken = await self._store.take_feeds(self._peer, self._clock.now(), feed_ids)
        return [feed_id for feed_id in feed_ids if feed_id in taken]

    async def _poll(self, feed: FeedForPoll, spec: FeedSpec) -> None:
        try:
            await self._file(await self._ask(feed, spec))
        finally:
            del self._under_way[feed.id]
            if not self._under_way or (self._more_due and len(self._under_way) <= AGAIN_AT):
                self._look.set()

    async def _ask(self, feed: FeedForPoll, spec: FeedSpec) -> Asked:
        try:
            user = self._user_for(feed)
            result = await self._fetcher.fetch(replace(feed, user=user) if user else feed)
            self._probe(Point.FETCHED)
            if not isinstance(result, Fetched) or result.digest == feed.body_digest:
                return Asked(feed, spec, result)
            parsed = await self._parser.parse(result, feed.items_seen)
            self._probe(Point.PARSED)
        except Exception:
            log.exception("poll_failed", feed=feed.id, outlet=spec.outlet)
            return Asked(feed, spec, TRIPPED_OVER)
        if isinstance(parsed, Failed):
            return Asked(feed, spec, parsed)
        return Asked(feed, spec, result, parsed)

    def _user_for(self, feed: FeedForPoll) -> str:
        """The user and password that the configuration has for a feed."""
        catalog = self._desk.catalog()
        if catalog is not self._known:
            self._known = catalog
            self._users = {spec.url: spec.user for spec in catalog.feeds if spec.user}
        return self._users.get(feed.url, "")

    async def _file(self, asked: Asked) -> None:
        """Store what came of a poll, with all others that wait to be stored."""
        self._to_file.append(asked)
        async with self._filing:
            batch, self._to_file = self._to_file[:FILED_AT_ONCE], self._to_file[FILED_AT_ONCE:]
            if not batch:
                return  # whoever was first took this one along
            try:
                await self._store_all(batch)
            except Exception:
                log.exception("polls_not_filed", feeds=[one.feed.id for one in batch])
                await self._store_each(batch)

    async def _store_each(self, batch: Sequence[Asked]) -> None:
        """A bug in one feed's way must not stop the others; backing off keeps it from coming back every second."""
        self._not_before = self._clock.now() + REST
        for one in batch:
            try:
                await self._store_all([one])
            except Exception:
                log.exception("poll_failed", feed=one.feed.id, outlet=one.spec.outlet)
                await self._store_all([replace(one, result=TRIPPED_OVER, parsed=None)])
        self._not_before = None

    async def _store_all(self, batch: Sequence[Asked]) -> None:
        now = self._clock.now()
        read = [one for one in batch if one.parsed]
        plans = await self._planned(read, now) if read else dict[int, IngestPlan]()
        self._note_rests(batch, now)
        records = [
            record_of(one, plans.get(one.feed.id), self._cadence, now, self._rest_of(one.feed))
            for one in batch
        ]
        new = await self._store.record_poll(*records)
        self._probe(Point.INGESTED)
        for one in batch:
            self._observe(_polled(one, plans.get(one.feed.id)))
        if new or any(plan.revisions for plan in plans.values()):
            self._queue.wake(Stage.DESK)

    def _note_rests(self, batch: Iterable[Asked], now: datetime) -> None:
        self._rests = {whose: rest for whose, rest in self._rests.items() if rest.until > now}
        for one in batch:
            if isinstance(one.result, Failed) and (rest := rest_after(one.result, now)):
                self._rests[rest.host, one.feed.public_only] = rest

    def _rest_of(self, feed: FeedForPoll) -> HostRest | None:
        if not self._rests:
            return None
        host = host_of(feed.url)
        own = self._rests.get((host, True)) if feed.public_only else None
        return self._rests.get((host, False)) or own

    async def _planned(self, read: Sequence[Asked], now: datetime) -> dict[int, IngestPlan]:
        """By feed: what is new of it. In threads: a feed may hold thousands of entries."""
        entries = await asyncio.to_thread(_attributed_all, read, self._desk.catalog().outlets)
        known = await self._store.known_entries(
            {one.feed.id: entries[one.feed.id] for one in read if one.feed.polled_before}
        )
        return await asyncio.to_thread(_plan_all, read, entries, known, now)


def _attributed_all(batch: Iterable[Asked], outlets: Outlets) -> dict[int, tuple[ParsedEntry, ...]]:
    return {one.feed.id: attributed(one.parsed.entries, one.spec, outlets) for one in batch if one.parsed}


def _plan_all(
    batch: Iterable[Asked],
    entries: Mapping[int, Sequence[ParsedEntry]],
    known: Mapping[int, Mapping[str, KnownEntry]],
    now: datetime,
) -> dict[int, IngestPlan]:
    return {
        one.feed.id: plan_ingest(
            one.spec,
            entries[one.feed.id],
            known.get(one.feed.id, {}),
            first_poll=not one.feed.polled_before,
            now=now,
            # Who names a feed wants what comes, not all that it has.
            fresh=None if one.feed.public_only else FIRST_POLL_NEWS_AGE,
        )
        for one in batch
        if one.parsed
    }


def _polled(asked: Asked, plan: IngestPlan | None) -> Polled:
    if isinstance(asked.result, Failed):
        return Polled(asked.result.kind.value)
    new, revised = (len(plan.new), len(plan.revisions)) if plan else (0, 0)
    return Polled("new" if new else "nothing new", new, revised)


def record_of(
    asked: Asked, plan: IngestPlan | None, cadence: Cadence, now: datetime, rest: HostRest | None = None
) -> PollRecord:
    """What a poll leaves behind; `rest`: its host's, if there is one. Pure."""
    feed, result, parsed = asked.feed, asked.result, asked.parsed
    failed = isinstance(result, Failed)
    rate = feed.rate if failed else _rate(feed, parsed, plan, now)
    wishes = parsed.wishes if parsed and not asked.pushed else feed.wishes
    if asked.spec.interval:
        cadence = replace(cadence, floor=asked.spec.interval, ceiling=asked.spec.interval)
    due = next_poll(
        now,
        cadence=relaxed(cadence, feed.pushed_until, now),
        rate=rate,
        wishes=wishes,
        asked=result.ask_again_in,
        failures=feed.failures + 1 if failed else 0,
        feed_id=feed.id,
    )
    record = PollRecord(
        feed.id,
        now,
        max(due, rest.back(feed.id)) if rest else due,
        plan,
        private=feed.public_only,
        rate=rate,
        wishes=parsed.wishes if parsed and not asked.pushed else None,
        hub=_hub(result, parsed),
        move=feed.move if asked.pushed else _move(feed, result, now),
    )
    if asked.pushed:
        # It says nothing of what the feed's own address answers with.
        return record
    if isinstance(result, Failed):
        log.info("feed_failed", feed=feed.id, outlet=asked.spec.outlet, kind=result.kind.value)
        # What could not be read is asked for whole next time: its validators would say «not modified».
        unread = result.kind in (FailureKind.NOT_A_FEED, FailureKind.TOO_HARD)
        # An address that it only moved to may be gone without the feed being so.
        gone = result.kind is FailureKind.GONE and feed.address(now) == feed.url
        return replace(
            record,
            error=result.reason,
            gone=gone,
            keep_validators=not unread,
            rest=rest_after(result, now),
        )
    if isinstance(result, Fetched):
        return replace(
            record,
            keep_validators=False,
            etag=result.etag,
            last_modified=result.last_modified,
            body_digest=result.digest,
            items_seen=parsed.items_seen if parsed else feed.items_seen,
            burst=bool(parsed and plan and feed.polled_before and _is_burst(parsed, plan)),
        )
    return record


def _rate(feed: FeedForPoll, parsed: ParsedFeed | None, plan: IngestPlan | None, now: datetime) -> float:
    if feed.last_success is None:
        return first_rate([entry.published for entry in parsed.entries], now) if parsed else 0.0
    return rate_after(feed.rate, now - feed.last_success, len(plan.new) if plan else 0)


def _is_burst(parsed: ParsedFeed, plan: IngestPlan) -> bool:
    return parsed.items >= BURST_AT_LEAST and len(plan.new) == parsed.items


def _hub(result: FetchResult, parsed: ParsedFeed | None) -> Hub | None:
    """As the answer's headers name it, else the document."""
    named = result.hub if isinstance(result, Fetched) else None
    return named or (parsed.hub if parsed else None)


def _move(feed: FeedForPoll, result: FetchResult, now: datetime) -> Move | None:
    if not isinstance(result, Failed):
        return move_after(feed.move, result.moved_to, feed, now)
    given_up = result.kind is FailureKind.GONE or feed.failures + 1 >= MOVE_FAILURES
    return None if given_up else feed.move


def attributed(entries: Iterable[ParsedEntry], spec: FeedSpec, outlets: Outlets) -> tuple[ParsedEntry, ...]:
    """An aggregator's entries under their real outlets; others as they are."""
    if not spec.aggregator:
        return tuple(entry if entry.source is None else replace(entry, source=None) for entry in entries)
    unpacked = ((entry, *outlets.unpack(entry.title, entry.source)) for entry in entries)
    return tuple(replace(entry, title=title, source=outlet) for entry, title, outlet in unpacked)
