"""The only place that builds adapters and wires them; owns their lifespan."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
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
    Newsdesk,
    NoTranslator,
    Parser,
    Probe,
    Stage,
    Store,
    Translator,
    WorkQueue,
    no_probe,
)
from bot.remote import RemoteDesk
from bot.roles import ALIVE_FOR, BEAT_SECONDS, Outage, Role, Sharing, Witness, Work, while_held
from bot.scheduler import RELOAD_SECONDS, TICK_SECONDS, Chore, do_chore, ticks
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
    sharing: Sharing | None = None
    """With it, other processes work on the same store."""


class App:
    """The stages, wired. `start` once; then either `run` until stopped, or `step` by hand under a simulated clock."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._speeches = load_speeches()
        sharing = parts.sharing
        peer = None if sharing is None else sharing.peer
        self.queue: WorkQueue = LocalQueue() if sharing is None else sharing.queue
        self.desk = self._new_desk(parts.catalog)
        self._remote = RemoteDesk(parts.store, parts.clock, self.queue, parts.catalog) if sharing else None
        self._newsdesk: Newsdesk = self._remote or self.desk
        self.poller = Poller(
            parts.store,
            parts.fetcher,
            parts.parser,
            parts.clock,
            self.queue,
            self._newsdesk,
            cadence=parts.cadence,
            probe=parts.probe,
            observe=parts.observe,
            peer=peer,
        )
        self.digester = Digester(
            parts.store,
            parts.messengers,
            parts.clock,
            self.queue,
            self._newsdesk,
            speeches=self._speeches,
            probe=parts.probe,
        )
        self._outboxes = {
            stage: Outbox(
                parts.store,
                messengers,
                parts.clock,
                self._newsdesk,
                speeches=self._speeches,
                listener=parts.listener,
                probe=parts.probe,
                translator=parts.translator,
                observe=parts.observe,
                peer=peer,
            )
            for stage, messengers in _by_stage(parts.messengers, shared=sharing is not None).items()
        }
        self.subscriber = (
            Subscriber(parts.store, parts.hubs, self.poller, parts.clock, parts.callback)
            if parts.hubs
            else None
        )
        self._deciding = sharing is None
        """Whether this process is the desk."""
        self._witness = Witness()
        self._unheard = Outage("not_heard", "heard")
        self._unconnected = Outage("not_connected", "connected")

    def services(self, stop: Callable[[], None] | None = None) -> Services:
        """What the commands work with; `stop` where a chat may end the program."""
        return Services(
            clock=self.parts.clock,
            store=self.parts.store,
            newsdesk=self._newsdesk,
            stop=stop,
            topics_per_chat=self.parts.topics_per_chat,
            finder=self.parts.finder,
            feed_limits=self.parts.feed_limits,
            speeches=self._speeches,
        )

    async def start(self) -> None:
        """Take up where the last run stopped."""
        if self.parts.sharing is None:
            _warn_of(await self.parts.store.recover(self.parts.clock.now()))
            await self.desk.adopt(self.parts.catalog)
        else:
            await self._beat()

    async def adopt(self, catalog: Catalog) -> None:
        """Work by this configuration from now on."""
        if self._remote is not None:
            self._remote.adopt(catalog)
        if self._deciding:
            await self.desk.adopt(catalog)

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
        while sum([await outbox.work() for outbox in self._outboxes.values()]):
            pass
        return records

    async def run(self, stop: asyncio.Event, reload: Callable[[], Awaitable[None]] | None = None) -> None:
        """Work until `stop` is set; then finish the calls under way, for at most `drain_seconds`."""
        chores = [*self.parts.chores, ticks(self.queue, seconds=self.parts.tick_seconds)]
        if reload is not None:
            chores.append(Chore(RELOAD_SECONDS, reload))
        # A poll that is cut off has stored nothing, and is due again; a message under way is waited for.
        cut = [self._begin(Work(partial(do_chore, chore), chore.alone), stop) for chore in chores]
        # Who drains lives, and has in hand what it finishes. A connection that answers late must not make a beat late.
        beats = [
            self._begin(Work(partial(do_chore, Chore(BEAT_SECONDS, beat))), stop)
            for beat in (self._beat, self._stay_connected)
        ]
        waited: list[asyncio.Task[None]] = []
        for role, work in self._works():
            if self.parts.sharing is None or role in self.parts.sharing.roles:
                (cut if role is Role.POLL else waited).append(self._begin(work, stop))
        log.info("running", feeds=len(self._newsdesk.catalog().feeds))
        try:
            await stop.wait()
        finally:
            log.info("stopping", drain_seconds=self.parts.drain_seconds)
            self.queue.stop()
            for task in cut:
                task.cancel()
            late: Collection[asyncio.Task[None]] = ()
            if waited:
                _, late = await asyncio.wait(waited, timeout=self.parts.drain_seconds)
            for task in late:
                task.cancel()
            for task in beats:
                task.cancel()
            await asyncio.gather(*cut, *waited, *beats, return_exceptions=True)
            await self._leave()
            log.info("stopped", cut_off=len(late))

    def _works(self) -> Iterator[tuple[Role, Work]]:
        """What there is to do, by role."""
        yield Role.POLL, Work(partial(self._serve, Stage.POLL, self.poller.poll_due, overlapping=True))
        if self.subscriber:
            yield Role.POLL, Work(partial(self._serve, Stage.HUBS, self.subscriber.work), "hubs")
        yield Role.DESK, Work(self._decide, "desk")
        for stage, outbox in self._outboxes.items():
            send = partial(self._send, stage, outbox)
            # A slow chat must not keep the others waiting.
            serve = partial(self._serve, stage, send, overlapping=True)
            # One process keeps to the limits of a Telegram bot; Slack's are each channel's, which one process has.
            yield Role.SEND, Work(serve, "telegram outbox" if stage is Stage.TELEGRAM else "")

    def _begin(self, work: Work, stop: asyncio.Event) -> asyncio.Task[None]:
        """Have it done; where other processes might do it too, as long as they do not."""
        sharing = self.parts.sharing
        if sharing is None or not work.alone:
            return asyncio.ensure_future(work.run())
        return asyncio.create_task(while_held(sharing.hold(work.alone), work, stop))

    async def _decide(self) -> None:
        """Be the desk."""
        stages: list[tuple[Stage, Callable[[], Awaitable[object]]]] = [(Stage.DIGESTS, self.digester.work)]
        if self._remote is not None:
            # What another process decided meanwhile is read anew.
            self.desk = self._new_desk(self._remote.catalog())
            await self.desk.adopt(self._remote.catalog())
            stages.append((Stage.TOPICS, self.desk.take_up_changes))
        self._deciding = True
        try:
            await asyncio.gather(
                self._serve(Stage.DESK, self.desk.work), *(self._serve(*stage) for stage in stages)
            )
        finally:
            self._deciding = False
            await self.desk.stop()

    async def _beat(self) -> None:
        """Have the other processes know that this one lives, and give back what those had that do not."""
        sharing, now = self.parts.sharing, self.parts.clock.now()
        if sharing is not None:
            try:
                await self.parts.store.beat(sharing.peer, now + ALIVE_FOR)
                if self._witness.heard(now):
                    _warn_of(await self.parts.store.bury(now, sharing.peer))
            except Exception as error:  # noqa: BLE001 - whatever it is, the next beat is soon
                self._unheard.lasts(error)
            else:
                self._unheard.over()

    async def _stay_connected(self) -> None:
        """Have the other processes see that this one is there."""
        if self.parts.sharing is not None:
            try:
                await asyncio.to_thread(self.parts.sharing.life.keep)
            except Exception as error:  # noqa: BLE001 - whatever the driver raises
                self._unconnected.lasts(error)
            else:
                self._unconnected.over()

    async def _leave(self) -> None:
        if self.parts.sharing is not None:
            try:
                await self.parts.store.leave(self.parts.sharing.peer, self.parts.clock.now())
            except Exception:
                # The others take over once it is not heard of any more.
                log.exception("not_left")

    async def _serve(
        self, stage: Stage, work: Callable[[], Awaitable[object]], *, overlapping: bool = False
    ) -> None:
        await self.queue.serve(stage, partial(self._tried, stage, work), overlapping=overlapping)

    async def _tried(self, stage: Stage, work: Callable[[], Awaitable[object]]) -> object:
        try:
            return await work()
        except Exception:
            # Nothing is lost: what was not committed is still due, and the next tick tries it again.
            log.exception("stage_failed", stage=stage.value)
            return None

    async def _send(self, stage: Stage, outbox: Outbox) -> None:
        if await outbox.work():
            self.queue.wake(stage)

    def _new_desk(self, catalog: Catalog) -> Desk:
        parts = self.parts
        return Desk(parts.store, parts.clock, self.queue, catalog, probe=parts.probe, observe=parts.observe)


def _by_stage(
    messengers: Mapping[Platform, Messenger], *, shared: bool
) -> Mapping[Stage, Mapping[Platform, Messenger]]:
    """Which messengers the outbox of each stage speaks by."""
    if not shared:
        return {Stage.OUTBOX: messengers}
    parted: dict[Stage, dict[Platform, Messenger]] = {Stage.OUTBOX: {}, Stage.TELEGRAM: {}}
    for platform, messenger in messengers.items():
        parted[Stage.TELEGRAM if platform == "telegram" else Stage.OUTBOX][platform] = messenger
    return {stage: parts for stage, parts in parted.items() if parts}


def _warn_of(uncertain: int) -> None:
    if uncertain:
        log.warning("uncertain_messages", count=uncertain, policy="sent again, marked as possible repeats")


@asynccontextmanager
async def network(
    clock: Clock, contact: str = "", private: Collection[Network] = (), *, warm: bool = True
) -> AsyncIterator[tuple[HttpFetcher, FeedParser]]:
    """The real fetcher and parser, closed at the end; the parser's workers start meanwhile, or when they are first needed.

    `private`: networks besides the public internet in which feeds of the configuration may be.
    """
    parser = FeedParser(workers=min(os.cpu_count() or 1, MOST_PARSERS))
    warming = [asyncio.create_task(parser.warm())] if warm else []
    try:
        async with HttpFetcher(clock, contact=contact, private=private) as fetcher:
            yield fetcher, parser
    finally:
        await asyncio.gather(*warming, return_exceptions=True)
        await parser.close()


class ConfigWatcher:
    """Takes up changes of `config/` while the program runs; a mistake is told and the old state stays in force."""

    def __init__(
        self, folder: Path, adopt: Callable[[Catalog], Awaitable[None]], tell: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._adopt = adopt
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
            await self._adopt(catalog)
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
