"""The only place that builds adapters and wires them; owns their lifespan."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from bot.chat.commands.base import Services
from bot.chat.locales import load_speeches
from bot.digesting import Digester
from bot.domain.catalog import Catalog
from bot.domain.chats import Platform
from bot.domain.facts import Observer, no_observer
from bot.domain.polling import Cadence, FeedLimits
from bot.domain.speech import ENGLISH
from bot.domain.topics import TOPICS_PER_CHAT
from bot.feeds.fetch import HttpFetcher
from bot.feeds.guard import Network
from bot.feeds.parse import FeedParser
from bot.outbox import Outbox, Telling
from bot.pipeline import Desk
from bot.polling import Poller
from bot.ports import (
    Clock,
    DeskRecord,
    FeedFinder,
    Fetcher,
    HubClient,
    Messenger,
    NoTranslator,
    Parser,
    Probe,
    Stage,
    Store,
    Translator,
    no_probe,
)
from bot.scheduler import RELOAD_SECONDS, TICK_SECONDS, Chore, start_ticks
from bot.settings.files import load_catalog
from bot.settings.toml import ConfigProblem
from bot.subscribing import Subscriber
from bot.work import LocalQueue

log = structlog.get_logger(__name__)

MOST_PARSERS = 4
"""Processes that parse; each takes some 50 MiB."""

DRAIN_SECONDS = 10.0
"""How long a stop waits for calls under way."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What differs between a run, the demo, the replay and a test."""

    catalog: Catalog
    store: Store
    clock: Clock
    fetcher: Fetcher
    parser: Parser
    messengers: Mapping[Platform, Messenger]
    cadence: Cadence = field(default_factory=Cadence)
    topics_per_chat: int = TOPICS_PER_CHAT
    finder: FeedFinder | None = None
    feed_limits: FeedLimits = field(default_factory=FeedLimits)
    tick_seconds: float = TICK_SECONDS
    listener: Callable[[Telling], None] | None = None
    probe: Probe = no_probe
    translator: Translator = field(default_factory=NoTranslator)
    observe: Observer = no_observer
    chores: Sequence[Chore] = ()
    drain_seconds: float = DRAIN_SECONDS
    hubs: HubClient | None = None
    """With it, feeds that name a hub are pushed to `callback`."""
    callback: str = ""


class App:
    """The stages, wired. `start` once; then either `run` until stopped, or `step` by hand under a simulated clock."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._speeches = load_speeches()
        self.queue = LocalQueue()
        self.desk = Desk(
            parts.store, parts.clock, self.queue, parts.catalog, probe=parts.probe, observe=parts.observe
        )
        self.poller = Poller(
            parts.store,
            parts.fetcher,
            parts.parser,
            parts.clock,
            self.queue,
            self.desk,
            cadence=parts.cadence,
            probe=parts.probe,
            observe=parts.observe,
        )
        self.digester = Digester(
            parts.store,
            parts.messengers,
            parts.clock,
            self.queue,
            self.desk,
            speeches=self._speeches,
            probe=parts.probe,
        )
        self.outbox = Outbox(
            parts.store,
            parts.messengers,
            parts.clock,
            self.desk,
            speeches=self._speeches,
            listener=parts.listener,
            probe=parts.probe,
            translator=parts.translator,
            observe=parts.observe,
        )
        self.subscriber = (
            Subscriber(parts.store, parts.hubs, self.poller, parts.clock, parts.callback)
            if parts.hubs
            else None
        )
        self._stopping = False

    def services(self, stop: Callable[[], None] | None = None) -> Services:
        """What the commands work with; `stop` where a chat may end the program."""
        return Services(
            clock=self.parts.clock,
            store=self.parts.store,
            newsdesk=self.desk,
            stop=stop,
            topics_per_chat=self.parts.topics_per_chat,
            finder=self.parts.finder,
            feed_limits=self.parts.feed_limits,
            speeches=self._speeches,
        )

    async def start(self) -> None:
        """Take up where the last run stopped."""
        uncertain = await self.parts.store.recover(self.parts.clock.now())
        if uncertain:
            log.warning(
                "uncertain_messages", count=uncertain, policy="sent again, marked as possible repeats"
            )
        await self.desk.adopt(self.parts.catalog)

    async def step(self) -> None:
        """Poll what is due, then work until nothing waits."""
        await self.poller.poll_due()
        await self.work_off()

    async def work_off(self) -> list[DeskRecord]:
        """Work until nothing waits; answers what the desk decided."""
        records: list[DeskRecord] = []
        while decided := await self.desk.work():
            records.extend(decided)
        while await self.digester.work():
            pass
        while await self.outbox.work():
            pass
        return records

    async def run(self, stop: asyncio.Event, reload: Callable[[], Awaitable[None]] | None = None) -> None:
        """Work until `stop` is set; then finish the calls under way, for at most `drain_seconds`."""
        reloads = () if reload is None else (Chore(RELOAD_SECONDS, reload),)
        chores = (*self.parts.chores, *reloads)
        scheduler = start_ticks(self.queue, chores, seconds=self.parts.tick_seconds)
        polls = asyncio.create_task(self._serve_overlapping(Stage.POLL, self.poller.poll_due))
        workers = [
            asyncio.create_task(self._serve(Stage.DESK, self.desk.work)),
            asyncio.create_task(self._serve(Stage.DIGESTS, self.digester.work)),
            *(
                [asyncio.create_task(self._serve(Stage.HUBS, self.subscriber.work))]
                if self.subscriber
                else []
            ),
            asyncio.create_task(self._serve_overlapping(Stage.OUTBOX, self._work_outbox)),
        ]
        log.info("running", feeds=len(self.desk.catalog().feeds))
        try:
            await stop.wait()
        finally:
            log.info("stopping", drain_seconds=self.parts.drain_seconds)
            # A poll that is cut off has stored nothing, and is due again; a message under way is waited for.
            scheduler.shutdown(wait=False)
            self._stopping = True
            polls.cancel()
            for stage in Stage:
                self.queue.wake(stage)
            _, late = await asyncio.wait(workers, timeout=self.parts.drain_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(polls, *workers, return_exceptions=True)
            await self.desk.stop()
            log.info("stopped", cut_off=len(late))

    async def _serve(self, stage: Stage, work: Callable[[], Awaitable[object]]) -> None:
        while not self._stopping:
            await self.queue.wait(stage)
            while not self._stopping and await self._tried(stage, work):
                pass

    async def _serve_overlapping(self, stage: Stage, work: Callable[[], Awaitable[object]]) -> None:
        """Begin the work each time somebody wakes the stage: a slow feed or chat must not keep the others waiting."""
        async with asyncio.TaskGroup() as group:
            while not self._stopping:
                await self.queue.wait(stage)
                group.create_task(self._tried(stage, work))

    async def _tried(self, stage: Stage, work: Callable[[], Awaitable[object]]) -> object:
        try:
            return await work()
        except Exception:
            # Nothing is lost: what was not committed is still due, and the next tick tries it again.
            log.exception("stage_failed", stage=stage.value)
            return None

    async def _work_outbox(self) -> None:
        while not self._stopping and await self.outbox.work():
            pass


@asynccontextmanager
async def network(
    clock: Clock, contact: str = "", private: Collection[Network] = ()
) -> AsyncIterator[tuple[HttpFetcher, FeedParser]]:
    """The real fetcher and parser, closed at the end; the parser's workers start meanwhile.

    `private`: networks besides the public internet in which feeds of the configuration may be.
    """
    parser = FeedParser(workers=min(os.cpu_count() or 1, MOST_PARSERS))
    warming = asyncio.create_task(parser.warm())
    try:
        async with HttpFetcher(clock, contact=contact, private=private) as fetcher:
            yield fetcher, parser
    finally:
        await asyncio.gather(warming, return_exceptions=True)
        await parser.close()


class ConfigWatcher:
    """Takes up changes of `config/` while the program runs; a mistake is told and the old state stays in force."""

    def __init__(self, folder: Path, desk: Desk, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._desk = desk
        self._tell = tell
        self._in_force = self._last_look = _state_of(folder)

    async def check(self) -> None:
        """Reload once the files have changed and then stayed the same for a look: nobody is still saving them."""
        state = _state_of(self._folder)
        settled = state == self._last_look
        self._last_look = state
        if not settled or state == self._in_force:
            return
        catalog: Catalog | tuple[ConfigProblem, ...] = await asyncio.to_thread(load_catalog, self._folder)
        if isinstance(catalog, Catalog):
            await self._desk.adopt(catalog)
            pass_over()
            feeds = ENGLISH.plural("{n} feed", "{n} feeds", len(catalog.feeds))
            topics = ENGLISH.plural("{n} topic", "{n} topics", len(catalog.topics))
            self._tell(f"Configuration reloaded: {feeds}, {topics}.")
        else:
            problems = "\n".join(map(str, catalog))
            self._tell(f"The configuration has a mistake; what was in force before stays so.\n{problems}")
        self._in_force = state


def pass_over() -> None:
    """Have garbage collections pass over all that there is now; for when what was read is there to stay.

    Going over the lexicon and the index of 100,000 topics holds up everything for a second each time (`make bench`).
    What is replaced later is freed all the same, since it holds no reference to itself.
    """
    gc.freeze()


def _state_of(folder: Path) -> frozenset[tuple[str, int, int]]:
    return frozenset(filter(None, map(_stamp, (*folder.glob("*.toml"), *folder.glob("lexicon/*.toml")))))


def _stamp(path: Path) -> tuple[str, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None  # an editor replaced it between the two calls
    return str(path), found.st_mtime_ns, found.st_size
