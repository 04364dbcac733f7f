"""The whole way of chats' topics, through the desk and the commands, over a real store of many and one of few.

Everything is as in a run: a durable SQLite file, the event loop, threads. Beside the time of each step stands for how
long the event loop was held up at the most meanwhile, and the longest collection of garbage.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import structlog
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, insert, literal, select, update

from benchmarks.workload import SIZES, by_demand, made_entries, texts_of_queries
from bot.chat.commands import Services, answer
from bot.clock import SystemClock
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat
from bot.domain.entries import Entry
from bot.domain.topics import slug_of
from bot.pipeline import Desk
from bot.storage import schema
from bot.storage.database import Database
from bot.storage.rows import chat_values
from bot.storage.schema import UtcTime
from bot.storage.sql import SqlStore
from bot.storage.sqlite import open_sqlite
from bot.work import LocalQueue

FEW = 100
PER_CHAT = 10
TIMES = 3
"""How often a command is given; the middle one counts, and the longest hold of all."""

BATCH_OF_DESK = 100
INTERVAL = 0.001
"""Seconds between two looks at the event loop."""


@dataclass(slots=True)
class Took:
    """Seconds of a step: the middle of its runs, the longest hold of the event loop, the longest collection."""

    runs: list[float] = field(default_factory=list)
    held: float = 0.0
    collected: float = 0.0

    @property
    def middle(self) -> float:
        return sorted(self.runs)[len(self.runs) // 2]


class Watch:
    """Times steps, and what happens to the event loop meanwhile."""

    def __init__(self) -> None:
        self.steps: dict[str, Took] = {}
        self._under_way: list[Took] = []
        self._began = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step, perhaps within another."""
        took = self.steps.setdefault(name, Took())
        self._under_way.append(took)
        start = time.perf_counter()
        try:
            yield
        finally:
            took.runs.append(time.perf_counter() - start)
            self._under_way.remove(took)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        gc.callbacks.append(self._collection)
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            gc.callbacks.remove(self._collection)

    async def _look(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(INTERVAL)
            held = time.perf_counter() - before - INTERVAL
            for took in self._under_way:
                took.held = max(took.held, held)

    def _collection(self, phase: str, _info: Mapping[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
            return
        collected = time.perf_counter() - self._began
        for took in self._under_way:
            took.collected = max(took.collected, collected)


async def print_path(catalog: Catalog, many: int, stored: int, console: Console) -> None:
    """Walk it with few topics and with many, and print the figures side by side."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(40)
    )  # unreadable topics are no news here
    walked = []
    for number in (FEW, many):
        with tempfile.TemporaryDirectory(prefix="sokuho-bench-") as folder:
            walked.append(await _walk(catalog, number, stored, Path(folder)))
    table = Table(title=f"The way of chats' topics, ms ({stored:,} entries stored, {PER_CHAT} topics a chat)")
    table.add_column("step")
    for number in (FEW, many):
        for column in (f"{number:,}", "loop held", "collection"):
            table.add_column(column, justify="right")
    table.add_column("times", justify="right")
    few, big = walked
    for name, took in big.items():
        row = [
            f"{1000 * figure:,.1f}"
            for one in (few[name], took)
            for figure in (one.middle, one.held, one.collected)
        ]
        table.add_row(name, *row, f"{took.middle / few[name].middle:.1f}")
    console.print(table)


async def _walk(catalog: Catalog, number: int, stored: int, folder: Path) -> Mapping[str, Took]:
    began, progress = time.perf_counter(), Console(stderr=True, highlight=False)

    def say(what: str) -> None:
        progress.print(f"{number:>7,} topics, {time.perf_counter() - began:3.0f} s: {what}")

    database = await open_sqlite(folder / "bench.db", durable=True)
    assert isinstance(database, Database), database
    store, clock, watch = SqlStore(database), SystemClock(), Watch()
    try:
        say("filling the store")
        chat = await _fill(database, store, catalog, number, stored)
        desk = Desk(store, clock, LocalQueue(), catalog)
        async with watch.watching():
            say("starting")
            with watch.step("start (adopt)"):
                await desk.adopt(catalog)
            with watch.step("a full collection"):
                gc.collect()
                await asyncio.sleep(2 * INTERVAL)  # has the hold seen
            gc.freeze()
            with watch.step("a full collection, all so far frozen"):
                gc.collect()
                await asyncio.sleep(2 * INTERVAL)  # has the hold seen
            services = Services(clock, store, desk)
            for turn in range(TIMES):
                say(f"commands, {turn + 1} of {TIMES}")
                await _change(watch, services, desk, chat, f"bench-{turn}")
            say("a batch of entries")
            await store.add_entries(_reports(catalog, BATCH_OF_DESK, clock.now()))
            with watch.step(f"{BATCH_OF_DESK} entries decided about"):
                await desk.work()
            gc.unfreeze()
        say("done")
        return watch.steps
    finally:
        await desk.stop()
        await store.close()


async def _change(watch: Watch, services: Services, desk: Desk, chat: Chat, slug: str) -> None:
    """Look at the topics, make one, rename, edit and remove it; each has to be in force at the next entry."""
    store = services.store

    async def ask(command: str) -> None:
        document = await answer(services, chat, command)
        assert document.changed or command == "/topics", document

    async def searched() -> None:
        while not all(topic.backfilled for topic in await store.visible_topics(chat.id)):  # noqa: ASYNC110 - a store has no events
            await asyncio.sleep(0.01)

    async def fitting(title: str) -> frozenset[str]:
        """The chat's topics that a new entry fits."""
        now = services.clock.now()
        await store.add_entries([Entry(0, None, title, "", None, "Reuters", "en", now, now)])
        with watch.step("the next entry decided about"):
            (record,) = await desk.work()
        fits = {match.topic_id for match in record.matches}
        return frozenset(topic.spec.slug for topic in await store.visible_topics(chat.id) if topic.id in fits)

    with watch.step("/topics"):
        await ask("/topics")
    with watch.step("… and stored entries searched for it"):
        with watch.step("/topics add"):
            await ask(f"/topics add {slug} = zorbville")
        await searched()
    assert slug in await fitting(f"{slug}: Zorbville votes")
    with watch.step("/topics rename"):
        await ask(f"/topics rename {slug} = {slug}-renamed")
    assert f"{slug}-renamed" in await fitting(f"{slug}: Zorbville votes again")
    with watch.step("/topics edit"):
        await ask(f"/topics edit {slug}-renamed = quuxstan")
    await searched()
    assert not await fitting(f"{slug}: Zorbville votes once more")
    assert f"{slug}-renamed" in await fitting(f"{slug}: Quuxstan votes")
    with watch.step("/topics remove"):
        await ask(f"/topics remove {slug}-renamed")
    assert not await fitting(f"{slug}: Quuxstan votes again")


async def _fill(database: Database, store: SqlStore, catalog: Catalog, number: int, stored: int) -> Chat:
    """Chats with topics that they follow, and entries of the last days; answers the chat that is asked."""
    now = datetime.now(UTC)
    first = await store.ensure_chat("telegram", "0", "Chat 0", now)
    others = [
        chat_values(replace(first, address=str(at))) | {"created": now} for at in range(1, number // PER_CHAT)
    ]
    things = SIZES[max(size for size in SIZES if size <= number)]
    texts = islice(texts_of_queries(things, by_demand(catalog.lexicon, (), frequent_first=False)), number)
    topics = [
        {
            "chat_id": first.id + at // PER_CHAT,
            "slug": f"{slug_of(text)[:50]}-{at}",
            "name": f"{text[:50]} {at}",
            "query": text,
            "live": True,
            "backfilled": True,
            "created": now,
        }
        for at, text in enumerate(texts)
    ]
    await store.sync_topics(catalog.topics, now)
    await store.add_entries(_reports(catalog, stored, now))

    def fill(connection: Connection) -> None:
        if others:
            connection.execute(insert(schema.chats), others)
        connection.execute(insert(schema.topics), topics)
        connection.execute(update(schema.topics).values(backfilled=True))
        connection.execute(update(schema.entries).values(waiting=False))
        own = select(schema.topics.c.chat_id, schema.topics.c.id, literal(now, UtcTime)).where(
            ~schema.offered
        )
        connection.execute(insert(schema.subscriptions).from_select(["chat_id", "topic_id", "since"], own))

    await database.write(fill)
    return first


def _reports(catalog: Catalog, number: int, now: datetime) -> list[Entry]:
    """Entries of the last two days, the oldest first, whose titles come again and again."""
    made = list(made_entries(catalog.lexicon))
    return [
        replace(
            made[at % len(made)],
            title=f"{made[at % len(made)].title} ({at})",
            published=now - timedelta(days=2) * (1 - at / number),
            seen=now - timedelta(days=2) * (1 - at / number),
        )
        for at in range(number)
    ]
