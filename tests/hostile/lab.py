"""Every attack of a feed at a running Sokuho, one after the other: how it was held, and what the other feeds noticed of it.

Their server, which has the good feeds too, is a process of its own.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

from structlog.testing import capture_logs

from bot.app import App, Parts
from bot.clock import SystemClock
from bot.domain.catalog import Catalog
from bot.domain.entries import FeedSpec
from bot.domain.polling import MAX_INTERVAL, Cadence
from bot.feeds.fetch import FetchLimits, HttpFetcher
from bot.feeds.parse import FeedParser, ParseLimits
from bot.feeds.reading import MAX_ENTRIES
from bot.ports import FeedStatus, Store
from tests.fakes import lexicons
from tests.fakes.chats import FileMessenger
from tests.fakes.hostile_server import Attack, HostileServer
from tests.fakes.stores import open_temporary_store
from tests.hostile.attacks import IN_HEADERS, INSIDE, INWARDS, OUTSIDE, OVER_HTTP, serves
from tests.hostile.documents import IN_DOCUMENTS

INTERVAL = timedelta(seconds=1)
ONCE = timedelta(hours=1)
"""How often an attacker is asked: not again while the next one is tried."""

TICK_SECONDS = 0.1
ATTACKER = "127.0.0.1"
OTHERS = tuple(f"127.0.0.{number}" for number in range(2, 14))
"""Hosts of good feeds, which bring something new each time that they are asked."""

LOOKED_AT = 2.0
"""Seconds that the other feeds are watched for each attack, however soon that is over."""
BEFORE = 10.0
"""Seconds without any attack, beforehand."""

GIVEN_UP = 3.0
"""Seconds that a process may have to end by itself, once it is to (pebble), and that the next tick and the store take."""

LATE = 5.0
"""Seconds by which a poll of another feed may be later than it is due, on a machine that does other things, too."""

PROGRAM_MIB = 150.0
"""What the program itself may take more while it is attacked."""

BROKEN = frozenset({"poll_failed", "polls_not_filed", "stage_failed"})
"""What the log says of a bug."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an attack may cost. The defaults are those of a real run."""

    fetch: FetchLimits = field(default_factory=FetchLimits)
    parse: ParseLimits = field(default_factory=ParseLimits)

    def seconds(self, kind: str) -> float:
        """For all of an attack."""
        parsing = self.parse.seconds if kind == "in the document" else 0.0
        return self.fetch.seconds + parsing + GIVEN_UP


@dataclass(frozen=True, slots=True)
class Row:
    """How an attack was held. Memory in MiB: what the program took more, and the most that a parser had.

    `delays`: by how many seconds polls of the other feeds were late meanwhile, each.
    """

    kind: str
    name: str
    outcome: str
    seconds: float
    program: float
    parser: float
    delays: tuple[float, ...]
    well: bool


KINDS: Mapping[str, Collection[str]] = {
    "over HTTP": OVER_HTTP.keys(),
    "inwards": INWARDS.keys(),
    "in headers": IN_HEADERS.keys(),
    "in the document": IN_DOCUMENTS.keys(),
    "in what it tells": ("2000-reports-at-once",),
}


def _reports() -> Attack:
    """As many entries as are taken, each as long as it may be, of now, and of what is followed."""

    async def attack(request: bytes) -> AsyncIterator[bytes]:
        date = format_datetime(datetime.now(UTC))
        items = (
            f"<item><title>Ukraine ceasefire talks {n} {'peace ' * 150}</title><guid>{n}</guid>"
            f"<pubDate>{date}</pubDate><description>{f'Russia {n} truce {n + 1:,} ' * 180}</description></item>"
            for n in range(MAX_ENTRIES)
        )
        document = f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>".encode()
        async for piece in serves(document)(request):
            yield piece

    return attack


def _news() -> Attack:
    """A feed that has one entry more each time."""
    numbers = count()

    async def answer(request: bytes) -> AsyncIterator[bytes]:
        items = (
            f"<item><title>Of no interest, {n}</title><guid>{n}</guid></item>" for n in range(next(numbers))
        )
        document = f"<rss version='2.0'><channel>{''.join(list(items)[-30:])}</channel></rss>".encode()
        async for piece in serves(document)(request):
            yield piece

    return answer


def _serve(pipe: Connection) -> None:
    """In a process of its own: the attacker and the others, until nobody is at the other end."""

    async def serve() -> None:
        documents = {
            name: serves(body, f"Content-Type: {kind}\r\n".encode() if kind else b"")
            for name, (body, kind) in IN_DOCUMENTS.items()
        }
        own = {"2000-reports-at-once": _reports(), **{f"good-{host}": _news() for host in OTHERS}}
        attacks = OVER_HTTP | INWARDS | IN_HEADERS | documents | own
        async with HostileServer(attacks, (ATTACKER, *OTHERS, INSIDE)) as server:
            pipe.send(server.port)
            while await asyncio.to_thread(_asked, pipe):
                pipe.send(INSIDE in server.asked)

    asyncio.run(serve())


def _asked(pipe: Connection) -> bool:
    try:
        return bool(pipe.recv())
    except EOFError:
        return False


@dataclass(frozen=True, slots=True)
class Outside:
    """The server, as who attacks sees it."""

    port: int
    pipe: Connection

    def reached_inside(self) -> bool:
        """Whether the machine inside was asked by now."""
        self.pipe.send(True)
        return bool(self.pipe.recv())


@contextmanager
def _outside() -> Iterator[Outside]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), name="attacker")
    process.start()
    theirs.close()
    try:
        yield Outside(ours.recv(), ours)
    finally:
        ours.close()
        process.kill()
        process.join()


class Memory:
    """The most memory that this program and its parsers had, in MiB, since it was begun to look. A context manager."""

    def __init__(self) -> None:
        self.program = 0.0
        self.parser = 0.0
        self._before = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        for process in ("self", *self._parsers()):
            _peak(process, reset=True)
        self._before = _peak("self")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.program = _peak("self") - self._before

    def _look(self) -> None:
        # Often: what a parser had is not known any more once it is killed.
        while not self._ended.wait(0.02):
            self.parser = max(self.parser, *(_peak(process) for process in self._parsers()), 0.0)

    def _parsers(self) -> list[str]:
        children = multiprocessing.active_children()
        return [str(child.pid) for child in children if child.name != "attacker" and child.pid]


def _peak(process: str, *, reset: bool = False) -> float:
    """The most memory that a process had since the last reset, in MiB; 0 for one that is gone."""
    try:
        if reset:
            Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, IndexError):
        return 0.0


@dataclass(slots=True)
class Punctuality:
    """When the other feeds were polled, and by how much each poll was late."""

    polled: dict[int, datetime] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)

    def see(self, statuses: Sequence[FeedStatus]) -> None:
        """To be told often enough that no poll is missed."""
        for status in statuses:
            if status.last_poll is None or status.spec.interval != INTERVAL:
                continue
            if status.error is not None:
                self.failed.add(status.error)
            before = self.polled.get(status.id)
            if before is not None and status.last_poll > before:
                self.delays.append(max(0.0, (status.last_poll - before - INTERVAL).total_seconds()))
            self.polled[status.id] = status.last_poll

    def take(self, now: datetime) -> tuple[float, ...]:
        """The delays since the last time, those of polls that are still owed included."""
        owed = (max(0.0, (now - polled - INTERVAL).total_seconds()) for polled in self.polled.values())
        taken, self.delays = (*self.delays, *(wait for wait in owed if wait > LATE)), []
        return taken


@dataclass(slots=True)
class Lab:
    """Sokuho, running, and its other feeds."""

    app: App
    parser: FeedParser
    outside: Outside
    limits: Limits
    others: tuple[FeedSpec, ...]
    punctuality: Punctuality = field(default_factory=Punctuality)

    @property
    def store(self) -> Store:
        return self.app.parts.store

    async def undisturbed(self, seconds: float) -> tuple[float, ...]:
        """How late the others are while nothing happens."""
        await self._watch("", seconds, seconds)
        return self.punctuality.take(self.app.parts.clock.now())

    async def try_out(self, kind: str, name: str) -> Row:
        """Name the feed in the configuration, and see what comes of its first poll."""
        # A parser that the attack before has ended is there again: each is looked at by itself.
        await self.parser.warm()
        await self._watch("", LOOKED_AT, LOOKED_AT)
        now, begun = self.app.parts.clock.now, time.monotonic()
        url = f"http://{ATTACKER}:{self.outside.port}/{name}"
        specs = (*self.others, FeedSpec(url, "BBC News", "en", interval=ONCE))
        self.punctuality.take(now())
        at_most = self.limits.seconds(kind)
        with capture_logs() as logs, Memory() as memory:
            await self.app.adopt(replace(self.app.parts.catalog, feeds=specs))
            status = await self._watch(url, LOOKED_AT, 2 * at_most)
            ended = time.monotonic()
            while (await self.store.queue_status(now())).entries and time.monotonic() < ended + 2 * at_most:
                await self._watch("", TICK_SECONDS, TICK_SECONDS)
        polled = status.last_poll if status else None
        seconds = time.monotonic() - begun if polled is None else self._since(begun, polled)
        delays = self.punctuality.take(now())
        faults = [
            *sorted({log["event"] for log in logs} & BROKEN),
            *(["a machine inside was asked"] if self.outside.reached_inside() else []),
            *([f"took more than {at_most:g} s"] if seconds > at_most else []),
            *(["too much memory"] if memory.program > PROGRAM_MIB else []),
            *(["others were late"] if max(delays, default=0.0) > LATE else []),
            *(["others failed"] if self.punctuality.failed else []),
            *_faults(kind, status, now()),
        ]
        self.punctuality.failed.clear()
        outcome = "; ".join(faults) or _shown(status)
        return Row(kind, name, outcome, seconds, memory.program, memory.parser, delays, not faults)

    def _since(self, begun: float, polled: datetime) -> float:
        return max(0.0, time.monotonic() - begun - (self.app.parts.clock.now() - polled).total_seconds())

    async def _watch(self, url: str, at_least: float, at_most: float) -> FeedStatus | None:
        """Look at the others until the feed there has been polled; answers how that is doing."""
        begun = time.monotonic()
        while True:
            statuses = await self.store.feed_statuses()
            self.punctuality.see(statuses)
            found = next((status for status in statuses if status.spec.url == url), None)
            passed = time.monotonic() - begun
            if passed >= at_most or (passed >= at_least and found and found.last_poll):
                return found
            await asyncio.sleep(0.05)


def _faults(kind: str, status: FeedStatus | None, now: datetime) -> Iterator[str]:
    """What should not have come of an attack."""
    if status is None or status.last_poll is None:
        yield "it was never polled"
        return
    if kind in ("over HTTP", "inwards") and status.error is None:
        yield "it was read"
    if len(status.error or "") > 500 or "root:" in (status.error or ""):
        yield "what is said of it says too much"
    if status.entries > MAX_ENTRIES:
        yield "too many entries"
    if status.next_poll - now > MAX_INTERVAL:
        yield "it is not asked for more than a day"


def _shown(status: FeedStatus | None) -> str:
    assert status is not None
    return status.error or f"read: {status.entries} entries"


@asynccontextmanager
async def _running(folder: Path, limits: Limits) -> AsyncIterator[Lab]:
    clock = SystemClock()
    with _outside() as outside:
        others = tuple(
            FeedSpec(f"http://{host}:{outside.port}/good-{host}", "Reuters", "en", interval=INTERVAL)
            for host in OTHERS
        )
        catalog: Catalog = replace(lexicons.small_catalog(), feeds=others)
        store = await open_temporary_store(folder, durable=True)
        parser = FeedParser(workers=2, limits=limits.parse)
        try:
            await parser.warm()
            async with HttpFetcher(clock, limits=limits.fetch, private=[OUTSIDE]) as fetcher:
                app = App(
                    Parts(
                        catalog=catalog,
                        store=store,
                        clock=clock,
                        fetcher=fetcher,
                        parser=parser,
                        messengers={"console": FileMessenger(folder / "chat.jsonl")},
                        cadence=Cadence(INTERVAL, INTERVAL, spread=0),
                        tick_seconds=TICK_SECONDS,
                    )
                )
                chat = await store.ensure_chat("console", "console", "Console", clock.now())
                await app.start()
                for topic in await store.topics():
                    await store.subscribe(chat.id, topic.id, clock.now())
                stop = asyncio.Event()
                running = asyncio.create_task(app.run(stop))
                yield Lab(app, parser, outside, limits, others)
                stop.set()
                await running
        finally:
            await parser.close()
            await store.close()


async def run(
    folder: Path, names: Sequence[str] = (), limits: Limits | None = None, before: float = BEFORE
) -> AsyncIterator[Row]:
    """First how the others do undisturbed, for `before` seconds, then a row for each attack, or those that are named."""
    async with _running(folder, limits or Limits()) as lab:
        delays = await lab.undisturbed(before)
        yield Row("undisturbed", "", "no attack", 0.0, 0.0, 0.0, delays, max(delays, default=LATE) < LATE)
        for kind, all_of_them in KINDS.items():
            for name in all_of_them:
                if not names or name in names:
                    yield await lab.try_out(kind, name)
