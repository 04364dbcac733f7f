"""What polling costs, beside `reader` on the same feeds in the same run."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.feed_server import ROUNDS_TO_ALL_NEW, FeedFarm, feed_farm
from bot.domain.entries import FeedSpec
from bot.feeds.fetch import HttpFetcher
from bot.feeds.guard import LOOPBACK
from bot.feeds.parse import FeedParser
from bot.pipeline import Desk
from bot.polling import Poller
from bot.storage.database import StoreProblem
from bot.storage.sql import SqlStore, open_store
from bot.work import LocalQueue
from tests.fakes.lexicons import small_catalog

FEEDS = 500
LATENCY = 0.2
READER_WORKERS = 10
READER_WORKERS_ON_SLOW_FEEDS = 32
DAY = timedelta(days=1)


class DayByDayClock:
    """The machine's clock, which is set on by a day at a time, so that all feeds are due."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def to_the_next_day(self) -> None:
        self._ahead += DAY


@dataclass(frozen=True, slots=True)
class Newsroom:
    """A poller over a store on disk; nobody takes up what it brings in."""

    store: SqlStore
    poller: Poller
    clock: DayByDayClock

    async def round(self, feeds: int) -> float:
        """Poll all feeds once; answers the seconds it took."""
        self.clock.to_the_next_day()
        begun = time.perf_counter()
        polled = await self.poller.poll_due()
        seconds = time.perf_counter() - begun
        failing = [status.error for status in await self.store.feed_statuses() if status.failures]
        assert (polled, failing[:3]) == (feeds, []), (polled, failing[:3])
        return seconds


@asynccontextmanager
async def newsroom(folder: str, urls: Sequence[str]) -> AsyncIterator[Newsroom]:
    store = await open_store(f"sqlite:///{Path(folder) / 'sokuho.db'}")
    assert not isinstance(store, StoreProblem), store
    clock, queue = DayByDayClock(), LocalQueue()
    parser = FeedParser(workers=os.cpu_count() or 1)
    desk = Desk(store, clock, queue, small_catalog())
    async with HttpFetcher(clock, private=LOOPBACK) as fetcher:
        try:
            await parser.warm()
            await store.sync_feeds([FeedSpec(url, "The Daily", "en") for url in urls], clock.now())
            yield Newsroom(store, Poller(store, fetcher, parser, clock, queue, desk), clock)
        finally:
            await parser.close()
            await store.close()


# The four ways in which feeds are polled, by us and by `reader`.

WAYS = (
    "first poll",
    "all unchanged (304)",
    "each with 5 new items",
    f"first poll, {LATENCY * 1000:.0f} ms latency",
    f"all unchanged, {LATENCY * 1000:.0f} ms latency",
)
TARGETS = (3.0, 5.0, 6.0, 4.0, 4.0)


async def our_rates(farm: FeedFarm) -> list[float]:
    """Feeds a second in each of the `WAYS`."""
    urls = farm.urls(FEEDS)
    with tempfile.TemporaryDirectory() as folder:
        async with newsroom(folder, urls) as ours:
            farm.answer()
            seconds = [await ours.round(FEEDS), await ours.round(FEEDS)]
            farm.answer(rounds=ROUNDS_TO_ALL_NEW)
            seconds.append(await ours.round(FEEDS))
    with tempfile.TemporaryDirectory() as folder:
        async with newsroom(folder, urls) as ours:
            farm.answer(latency=LATENCY)
            seconds += [await ours.round(FEEDS), await ours.round(FEEDS)]
    return [FEEDS / one for one in seconds]


def reader_rates(farm: FeedFarm) -> list[float]:
    """The same by `reader`, with as many workers as served it best."""
    from reader import make_reader  # noqa: PLC0415 - it need not be there

    def rounds(workers: int, *between: Callable[[], None]) -> list[float]:
        seconds = []
        with tempfile.TemporaryDirectory() as folder, make_reader(str(Path(folder) / "reader.db")) as theirs:
            for url in farm.urls(FEEDS):
                theirs.add_feed(url)
            for prepare in between:
                prepare()
                begun = time.perf_counter()
                theirs.update_feeds(scheduled=False, workers=workers)
                seconds.append(time.perf_counter() - begun)
            assert not [feed for feed in theirs.get_feeds() if feed.last_exception]
        return [FEEDS / one for one in seconds]

    def new_items() -> None:
        farm.answer(rounds=ROUNDS_TO_ALL_NEW)

    return [
        *rounds(READER_WORKERS, farm.answer, farm.answer, new_items),
        *rounds(READER_WORKERS_ON_SLOW_FEEDS, *[lambda: farm.answer(latency=LATENCY)] * 2),
    ]


def print_polling(console: Console) -> None:
    with feed_farm() as farm:
        ours = asyncio.run(our_rates(farm))
    theirs: list[float] | None = None
    if importlib.util.find_spec("reader"):
        with feed_farm() as farm:
            theirs = reader_rates(farm)
    table = Table(title=f"Polling {FEEDS} loopback feeds of 30 items, feeds a second")
    for name in ("what", "sokuho", "reader", "times", "to reach"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for n, (way, target) in enumerate(zip(WAYS, TARGETS, strict=True)):
        beside = (f"{theirs[n]:,.0f}", f"{ours[n] / theirs[n]:.1f}") if theirs else ("—", "—")
        table.add_row(way, f"{ours[n]:,.0f}", *beside, f"{target:g}")
    console.print(table)
    if theirs is None:
        console.print("To have reader beside it: .venv/bin/pip install reader==3.26 sgmllib3k")
