"""What each thing costs that grows with feeds, chats and subscriptions, by processes as they are run on PostgreSQL.

Of each: processor time of the bot and of the server, rows and bytes kept, bytes of the server's log; of each role: memory
and connections. docs/scale.md multiplies them.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import cycle, islice

from rich.console import Console
from rich.table import Table

from benchmarks.feed_server import ITEMS, NEW_ITEMS, feed_farm
from benchmarks.processes import Outsider, Progress, Timing, Took, a_database, crew, doubles
from benchmarks.shared import ROUNDS, furnish_feeds, owing, poll_round, stored
from benchmarks.workload import ROOT, SIZES, STREAM, by_demand, made_entries, texts_of_queries
from bot.domain.catalog import Catalog
from bot.domain.entries import Entry
from tests.fakes import postgres
from tests.torture.fanout_bot import subscribed

PER_CHAT = 10
FEW = 1_000
"""Subscriptions beside which the many are looked at."""
ENTRIES = 3_000
AT_ONCE = 50_000
"""Topics that are stored by one statement."""
FEEDS = 300
CHATS = (500, 20_000)
"""Of Telegram, that a story is told to: how many, and what it is to many."""
TELL_SECONDS = 15.0
REST_SECONDS = 10.0
START_SECONDS = 1_800.0
WORK_SECONDS = 900.0
ALL_OF_CONFIG = {"SOKUHO_CONFIG_DIR": str(ROOT / "config")}
"""Else a crew has the small one of the tests."""
NOTHING_WAITS = "SELECT NOT bool_or(waiting) FROM entries"
ROLES = ("poll", "desk", "send", "chat")
POLLED = ("entries", "entry_keys", "revisions")
DECIDED = ("stories", "reports", "matches")
SUBSCRIBED = ("topics", "subscriptions")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one piece of work: milliseconds of the processor, and bytes."""

    what: str
    ours: float
    server: float
    kept: float
    logged: float

    @classmethod
    def of(cls, what: str, number: float, took: Took, kept: float) -> Cost:
        return cls(
            what,
            1000 * took.ours / number,
            1000 * took.server / number,
            kept / number,
            took.logged / number,
        )

    def beyond(self, other: Cost, what: str, more: float) -> Cost:
        """What each of so many things more cost than another piece of work."""
        return Cost(
            what,
            (self.ours - other.ours) / more,
            (self.server - other.server) / more,
            (self.kept - other.kept) / more,
            (self.logged - other.logged) / more,
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """A desk among so many subscriptions: seconds and MiB of its start, and what an entry cost it."""

    subscriptions: int
    distinct: int
    start: Took
    mib: float
    report: float
    """KiB that each entry took of its memory, since it is one of an open story."""
    entry: Cost
    matches: float
    owed: float
    stored: int
    """Bytes of the topics and the subscriptions."""


def print_costs(catalog: Catalog, subscriptions: int, console: Console) -> None:
    desks = [asyncio.run(decide(catalog, number)) for number in (FEW, subscriptions)]
    costs = [*asyncio.run(poll()), desks[0].entry, desks[1].entry]
    for chats in CHATS:
        costs += asyncio.run(tell(chats))
    console.print(_table_of_costs(costs))
    console.print(_table_of_desks(desks))
    console.print(_table_of_roles({role: asyncio.run(rest(role)) for role in ROLES}))


def _table_of_costs(costs: Iterable[Cost]) -> Table:
    table = Table(title="What each costs", title_justify="left")
    for name in ("what", "bot, ms", "server, ms", "kept, bytes", "log, bytes"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for cost in costs:
        table.add_row(
            cost.what,
            f"{cost.ours:.2f}",
            f"{cost.server:.2f}",
            f"{cost.kept:,.0f}",
            f"{cost.logged:,.0f}",
        )
    return table


# Polling


async def poll() -> list[Cost]:
    progress, costs = Progress("poll"), []
    with feed_farm() as farm:
        async with a_database() as (url, folder), doubles() as ours:
            await furnish_feeds(url, farm.urls(FEEDS))
            async with crew(folder, url, ["poll"], ours) as polling:
                for name in ROUNDS:
                    progress.say(f"{FEEDS} feeds, {name}")
                    before = polling.database.bytes_of(*POLLED)
                    work = await poll_round(polling, farm, FEEDS, name)
                    kept = polling.database.bytes_of(*POLLED) - before
                    costs.append(Cost.of(f"a poll: {name}", FEEDS, work.took, kept))
    first, unchanged, some_new = costs
    return [
        unchanged,
        some_new,
        some_new.beyond(unchanged, "… of that, a new entry", NEW_ITEMS),
        first,
        first.beyond(unchanged, "… of that, an entry", ITEMS),
    ]


# Deciding


async def decide(catalog: Catalog, subscriptions: int) -> Decided:
    """Start a desk among so many, each of a topic of its chat's own, and have it decide about entries."""
    progress = Progress(f"desk, {subscriptions:,} subscriptions")
    entries = list(islice(reports(catalog), ENTRIES + 1))
    async with a_database() as (url, folder), doubles() as ours:
        progress.say("filling the store")
        database = Outsider(url)
        distinct = await asyncio.to_thread(fill, database, catalog, subscriptions)
        store = await postgres.opened(url)
        await store.add_entries(entries[:1])
        progress.say("starting")
        async with crew(folder, url, ["desk"], ours, **ALL_OF_CONFIG) as desk:
            await database.until(NOTHING_WAITS, START_SECONDS)
            start, mib = desk.since_start, desk.mib
            progress.say(f"{ENTRIES:,} entries")
            before = _Counted.of(database)
            await store.add_entries(entries[1:])
            timing = Timing(desk)
            await database.until(NOTHING_WAITS, WORK_SECONDS)
            took, counted = timing.ended(), _Counted.of(database) - before
            report = 1024 * (desk.mib - mib) / ENTRIES
        await store.close()
        sizes = database.bytes_of(*SUBSCRIBED)
        database.close()
    what = f"an entry decided about, {subscriptions:,} subscriptions"
    return Decided(
        subscriptions,
        distinct,
        start,
        mib,
        report,
        Cost.of(what, ENTRIES, took, counted.kept),
        counted.matches / ENTRIES,
        counted.owed / ENTRIES,
        sizes,
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    """What is in the database: matches, messages owed, bytes kept."""

    matches: int
    owed: int
    kept: int

    @classmethod
    def of(cls, database: Outsider) -> _Counted:
        matches = int(database.one("SELECT count(*) FROM matches"))
        owed = int(database.one("SELECT count(*) FROM deliveries"))
        return cls(matches, owed, database.bytes_of(*DECIDED, "deliveries"))

    def __sub__(self, before: _Counted) -> _Counted:
        return _Counted(
            self.matches - before.matches,
            self.owed - before.owed,
            self.kept - before.kept,
        )


def fill(database: Outsider, catalog: Catalog, subscriptions: int) -> int:
    """Chats that each follow topics of their own; answers how many different queries these have."""
    now = stored(datetime.now(UTC))
    ranked = by_demand(catalog.lexicon, (), frequent_first=False)
    texts = texts_of_queries(SIZES[max(SIZES)], ranked)
    database.run(
        "INSERT INTO chats (platform, address, title, languages, time_zone, blocked_outlets, preferred_outlets, created)"
        " SELECT 'telegram', n::text, '', '[]', 'UTC', '[]', '[]', :now FROM generate_series(1, :chats) n",
        now=now,
        chats=subscriptions // PER_CHAT,
    )
    first, different = int(database.one("SELECT min(id) FROM chats")), set[str]()
    for after in range(0, subscriptions, AT_ONCE):
        some = list(islice(texts, min(AT_ONCE, subscriptions - after)))
        different.update(some)
        database.run(
            "INSERT INTO topics (chat_id, slug, name, query, live, backfilled, created)"
            " SELECT :first + (:after + n - 1) / :each, left(query, 50) || '-' || n, query, query, true, true, :now"
            " FROM unnest(CAST(:queries AS text[])) WITH ORDINALITY AS made (query, n)",
            first=first,
            after=after,
            each=PER_CHAT,
            queries=some,
            now=now,
        )
    database.run(
        "INSERT INTO subscriptions (chat_id, topic_id, since) SELECT chat_id, id, :now FROM topics", now=now
    )
    database.run("ANALYZE")
    return len(different)


def reports(catalog: Catalog) -> Iterator[Entry]:
    """Headlines of a real stream with their outlets, as if they came now; or made ones."""
    now = datetime.now(UTC)
    if not STREAM.exists():
        for entry in cycle(made_entries(catalog.lexicon)):
            yield replace(entry, published=now, seen=now)
    for line in STREAM.read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        yield Entry(0, None, told["title"], "", told["url"], told["source"], "en", now, now)


def _table_of_desks(desks: Sequence[Decided]) -> Table:
    table = Table(title="A desk among subscriptions, each to a topic of its chat's own", title_justify="left")
    for name in (
        "subscriptions",
        "different",
        "start, s",
        "of the processor",
        "MiB",
        "KiB an entry",
        "an entry fits",
        "messages owed",
        "bytes each",
    ):
        table.add_column(name, justify="right")
    for desk in desks:
        table.add_row(
            f"{desk.subscriptions:,}",
            f"{desk.distinct:,}",
            f"{desk.start.seconds:.0f}",
            f"{desk.start.ours:.0f}",
            f"{desk.mib:.0f}",
            f"{desk.report:.1f}",
            f"{desk.matches:.1f}",
            f"{desk.owed:.1f}",
            f"{desk.stored / desk.subscriptions:.0f}",
        )
    return table


# Sending


async def tell(chats: int) -> tuple[Cost, Cost]:
    """A story for so many chats of Telegram, at the pace that it permits: what each message costs to decide, and to send.

    It is told for `TELL_SECONDS`; what is owed by then is still owed.
    """
    progress = Progress(f"a story for {chats:,} chats of Telegram")
    async with a_database() as (url, folder), doubles() as ours, owing(url) as room:
        telegram, numbers = ours[0], range(1, chats + 1)
        for chat in numbers:
            telegram.private(chat, f"P{chat}")
        await subscribed(room.store, [("telegram", str(chat)) for chat in numbers], datetime.now(UTC))
        async with crew(folder, url, ["send"], ours) as sending:
            progress.say("deciding")
            database = sending.database
            cpu, timing = time.process_time(), Timing(sending)
            before = database.bytes_of("deliveries")
            await room.report()
            took = replace(timing.ended(), ours=time.process_time() - cpu)
            kept = database.bytes_of("deliveries") - before
            deciding = Cost.of(f"a message owed: a story for {chats:,} chats", chats, took, kept)
            progress.say(f"sending, for {TELL_SECONDS:.0f} s at most")
            timing, before = Timing(sending), database.bytes_of("deliveries")
            with suppress(TimeoutError):
                all_told = "SELECT count(*) = :all FROM deliveries WHERE state = 'sent'"
                await database.until(all_told, TELL_SECONDS, all=chats)
            took, kept = timing.ended(), database.bytes_of("deliveries") - before
            told = sum(len(telegram.messages(chat)) for chat in numbers)
    rate = told / took.seconds
    return deciding, Cost.of(f"a message sent, {chats:,} being owed ({rate:.0f} a second)", told, took, kept)


# At rest


@dataclass(frozen=True, slots=True)
class Resting:
    """A process that has nothing to do: MiB, what a second takes, connections."""

    mib: float
    took: Took
    connections: int


async def rest(role: str) -> Resting:
    progress = Progress(f"{role} at rest")
    async with (
        a_database() as (url, folder),
        doubles() as ours,
        crew(folder, url, [role], ours, **ALL_OF_CONFIG) as resting,
    ):
        progress.say(f"looked at for {REST_SECONDS:.0f} s")
        timing = Timing(resting)
        await asyncio.sleep(REST_SECONDS)
        return Resting(resting.mib, timing.ended(), resting.database.connections)


def _table_of_roles(roles: Mapping[str, Resting]) -> Table:
    table = Table(title="A process of one role that has nothing to do", title_justify="left")
    for name in ("role", "MiB", "bot, ms a second", "server, ms a second", "connections"):
        table.add_column(name, justify="left" if name == "role" else "right")
    for role, resting in roles.items():
        table.add_row(
            role,
            f"{resting.mib:.0f}",
            f"{1000 * resting.took.ours / resting.took.seconds:.0f}",
            f"{1000 * resting.took.server / resting.took.seconds:.0f}",
            f"{resting.connections}",
        )
    return table
