"""What two processes do in the time in which one does it, on one PostgreSQL, and that they do nothing twice.

Server, doubles and processes share this machine's processors, so beside the rates stands how many cores the processes and
the server kept busy, and what each piece of work took of the processor: on more cores, that is what remains true.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiohttp import web
from rich.console import Console
from rich.table import Table

from benchmarks.feed_server import NEW_ITEMS, ROUNDS_TO_ALL_NEW, FeedFarm, feed_farm
from benchmarks.processes import Crew, Outsider, Progress, Timing, Took, a_database, crew, doubles
from bot.chat.slack.vault import Vault
from bot.clock import SystemClock
from bot.domain.chats import Platform
from bot.domain.entries import Entry, FeedSpec
from bot.domain.installations import Installation
from bot.pipeline import Desk
from bot.ports import Stage, WorkQueue
from bot.storage.schema import EPOCH, MICROSECOND
from bot.storage.sql import SqlStore
from tests.e2e.newsday import AGREED
from tests.e2e.platforms import SIGNING_SECRET
from tests.e2e.posted import KEY
from tests.e2e.world import catalog_of
from tests.fakes import postgres
from tests.fakes.slack_records import REAL_LIMITS
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_web import CLIENT_ID, CLIENT_SECRET
from tests.torture.fanout_bot import subscribed

FEEDS = 1_000
WORKSPACES, CHANNELS = 20, 100
"""No workspace gets near the 200 messages a minute that we allow ourselves, so that the processes set the pace."""
ROUND_SECONDS = 120.0
FAR = timedelta(days=365)
QUIET_SECONDS = 3.0
MANY_WORKSPACES = {
    "SOKUHO_SLACK_CLIENT_ID": CLIENT_ID,
    "SOKUHO_SLACK_CLIENT_SECRET": CLIENT_SECRET,
    "SOKUHO_SLACK_SIGNING_SECRET": SIGNING_SECRET,
    "SOKUHO_ENCRYPTION_KEYS": KEY,
    "SOKUHO_HTTP": "127.0.0.1:0",
    "SOKUHO_PUBLIC_URL": "http://127.0.0.1",
}
"""What an app has that workspaces install by themselves; each process listens at a port of its own."""
ROUNDS = ("first poll, 30 items", "all unchanged (304)", f"each with {NEW_ITEMS} new items")


@dataclass(frozen=True, slots=True)
class Work:
    """What a number of pieces of work took, and how many were done twice."""

    number: int
    took: Took
    twice: int

    @property
    def rate(self) -> float:
        return self.number / self.took.seconds

    def each(self) -> tuple[float, float]:
        """Milliseconds of the processor: the bot's, the server's."""
        return 1000 * self.took.ours / self.number, 1000 * self.took.server / self.number


def print_shared(feeds: int, console: Console) -> None:
    load = os.getloadavg()[0]
    one, two = ({**poll(number, feeds), **send(number)} for number in (1, 2))
    table = Table(
        title=f"Two processes against one on PostgreSQL, {os.cpu_count()} cores, load {load:.1f} before: a second"
    )
    columns = ("what", "one", "two", "times", "twice", "cores busy", "ms each of bot + server: one", "two")
    for name in columns:
        table.add_column(name, justify="left" if name == "what" else "right")
    for what, alone in one.items():
        both = two[what]
        table.add_row(
            what,
            f"{alone.rate:,.0f}",
            f"{both.rate:,.0f}",
            f"{both.rate / alone.rate:.2f}",
            f"{alone.twice + both.twice}",
            f"{alone.took.cores:.1f}, {both.took.cores:.1f}",
            *("{:.2f} + {:.2f}".format(*work.each()) for work in (alone, both)),
        )
    console.print(table)


# Polling


def poll(processes: int, feeds: int) -> Mapping[str, Work]:
    """By the name of a round: what it was to so many processes."""
    return asyncio.run(_poll(processes, feeds))


async def _poll(processes: int, feeds: int) -> Mapping[str, Work]:
    progress = Progress(f"{processes} × poll")
    with feed_farm() as farm:
        async with a_database() as (url, folder), doubles() as ours:
            await furnish_feeds(url, farm.urls(feeds))
            async with crew(folder, url, ["poll"] * processes, ours) as polling:
                rounds = {}
                for name in ROUNDS:
                    progress.say(f"{feeds:,} feeds, {name}")
                    rounds[name] = await poll_round(polling, farm, feeds, name)
                return rounds


async def furnish_feeds(url: str, addresses: Sequence[str]) -> None:
    """Have feeds in the store, none of them due."""
    store = await postgres.opened(url)
    await store.sync_feeds([FeedSpec(one, "The Daily", "en") for one in addresses], datetime.now(UTC))
    await store.close()
    database = Outsider(url)
    database.run("UPDATE feeds SET next_poll = :far", far=stored(datetime.now(UTC) + FAR))
    database.close()


async def poll_round(polling: Crew, farm: FeedFarm, feeds: int, name: str) -> Work:
    """Have all feeds be due at once, and wait until each was polled. From the first request on, since a tick is waited for."""
    farm.answer(rounds=ROUNDS_TO_ALL_NEW if name == ROUNDS[-1] else 0)
    farm.asked()
    database, now = polling.database, stored(datetime.now(UTC))
    database.run("UPDATE feeds SET next_poll = :now", now=now)
    timing = Timing(polling)
    polled = "SELECT count(*) = :all FROM feeds WHERE last_poll >= :now"
    await database.until(polled, ROUND_SECONDS, all=feeds, now=now)
    asked = farm.asked()
    took = timing.ended(asked.first)
    assert (database.one("SELECT count(*) FROM feeds WHERE failures > 0"), len(asked.times)) == (0, feeds)
    return Work(feeds, took, asked.times.total() - feeds)


def stored(at: datetime) -> int:
    """As the columns of the database hold it."""
    return (at - EPOCH) // MICROSECOND


# Sending


class TimedSlack(SlackServer):
    """One that notes when the first message came."""

    first = 0.0

    async def _api(self, request: web.Request) -> web.Response:
        if request.match_info["method"] == "chat.postMessage":
            self.first = self.first or time.monotonic()
        return await super()._api(request)


def send(processes: int) -> Mapping[str, Work]:
    """A story that all channels are told, by so many processes."""
    return {f"a story for {WORKSPACES * CHANNELS:,} Slack channels": asyncio.run(_send(processes))}


async def _send(processes: int) -> Work:
    progress = Progress(f"{processes} × send")
    slack = TimedSlack(limits=REAL_LIMITS)
    async with (
        a_database() as (url, folder),
        doubles(slack, CHANNELS, WORKSPACES) as ours,
        owing(url) as room,
    ):
        await room.install(slack)
        await subscribed(room.store, _places(slack), datetime.now(UTC))
        many = dict.fromkeys(("SOKUHO_SLACK_BOT_TOKEN", "SOKUHO_SLACK_APP_TOKEN"), "") | MANY_WORKSPACES
        async with crew(folder, url, ["send"] * processes, ours, **many) as sending:
            channels = len(slack.channels)
            progress.say(f"a story for {channels:,} channels")
            await room.report()
            timing = Timing(sending)
            await slack.until(lambda: len(slack.said) >= channels, ROUND_SECONDS)
            took = timing.ended(slack.first)
            # What was told twice would come now.
            await asyncio.sleep(QUIET_SECONDS)
    assert not slack.too_many
    told = Counter(said.channel for said in slack.said)
    assert len(told) == channels
    return Work(channels, took, told.total() - channels)


def _places(slack: SlackServer) -> list[tuple[Platform, str]]:
    return [("slack", f"{channel.team}/{channel.id}") for channel in slack.channels.values()]


@dataclass(frozen=True, slots=True)
class Owing:
    """A desk in this process, on the database of others."""

    store: SqlStore
    desk: Desk
    queue: WorkQueue

    async def install(self, slack: SlackServer) -> None:
        """Have the app be installed in every workspace."""
        for space in slack.workspaces.values():
            sealed = Vault([KEY]).seal(space.team, space.token)
            await self.store.save_installation(
                Installation(
                    space.team, space.name, space.bot_user, space.bot_id, "", sealed, datetime.now(UTC)
                )
            )

    async def report(self) -> None:
        """A story that all who follow the topic are owed."""
        now = datetime.now(UTC)
        await self.store.add_entries(
            [Entry(0, None, AGREED[0], "", "https://news.example/1", "Reuters", "en", now, now)]
        )
        await self.desk.work()
        self.queue.wake(Stage.OUTBOX)


@asynccontextmanager
async def owing(url: str) -> AsyncIterator[Owing]:
    catalog = catalog_of([])
    store = await postgres.opened(url)
    try:
        async with postgres.work_queue(url) as queue:
            desk = Desk(store, SystemClock(), queue, catalog)
            await desk.adopt(catalog)
            yield Owing(store, desk, queue)
            await desk.stop()
    finally:
        await store.close()
