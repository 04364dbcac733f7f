"""From a publication to the message in a chat that subscribed, through `sokuho run` as an operator starts it.

The process has the shipped lexicon, its own store on disk (or there is one a role, on PostgreSQL), and the pace at which bots may speak; feeds, the hub, Telegram
and Slack are doubles on the loopback, in this process. Several feeds are published at once, each for chats of its own.
"""

from __future__ import annotations

import asyncio
import math
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.workload import ROOT
from bot.domain.polling import JITTER
from bot.roles import Role
from tests.e2e.platforms import addresses_of
from tests.e2e.test_run import environment_of, free_port
from tests.fakes import postgres
from tests.fakes.events import of_its_own
from tests.fakes.feed_server import FeedServer, Item, rss
from tests.fakes.hub import Hub
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TelegramServer

LANES = ("Peru", "Kenya", "Norway", "Canada", "Egypt", "Vietnam", "Chile", "Nepal", "Sudan", "Japan")
"""What each feed is about, and its chats follow."""

INTERVAL = timedelta(seconds=10)
"""At which feeds are polled, where they are not pushed."""

PUSHES_APART = (2.0, 6.0)
"""Seconds between a message and the next publication; a workspace on Slack may be told 200 times a minute."""

WORK = 2.0
"""Seconds that all but the waiting for a poll may take, of 99 in 100."""

ITEMS = 30
PATIENCE = 120.0
"""Seconds that a program may take to start."""

LOST_AFTER = 60.0
"""Seconds after which a message has not come."""


def print_latency(publications: int, console: Console, *, roles_apart: bool) -> None:
    """`roles_apart`: by a process for each role, on PostgreSQL."""
    table = Table(
        title="From a publication to the message in a chat that subscribed, s", title_justify="left"
    )
    for name in ("what", "messages", "p50", "p95", "p99", "max", "to reach, p99"):
        table.add_column(name, justify="left" if name == "what" else "right")
    with Progress(console=Console(stderr=True)) as progress:
        for row in asyncio.run(_measure(publications, progress, roles_apart=roles_apart)):
            table.add_row(*row)
    console.print(table)


async def _measure(publications: int, progress: Progress, *, roles_apart: bool) -> list[Sequence[str]]:
    interval = INTERVAL.total_seconds()
    bar = progress.add_task("latency: pushed", total=2 * publications)

    def done() -> None:
        progress.advance(bar)

    async with _newsroom(timedelta(minutes=5), pushed=True, roles_apart=roles_apart) as room:
        await room.subscribe()
        pushed = await room.publish_all(publications, PUSHES_APART, done)
    assert not any(one.handed_out for one in pushed), "a feed that is pushed was polled"
    progress.update(bar, description="latency: polled")
    async with _newsroom(INTERVAL, pushed=False, roles_apart=roles_apart) as room:
        await room.subscribe()
        polled = await room.publish_all(publications, (0.0, interval * (1 + JITTER)), done)
    at_any_moment = [interval * part / publications for part in range(1, publications + 1)]
    every = f"polled every {interval:g} s"
    return [
        *_rows("pushed by WebSub", pushed, Seen.took, WORK),
        *_rows(every, polled, Seen.took, interval + WORK),
        _row("  of that until a poll had it", [one.waited for one in polled]),
        *_rows("  and from there", polled, Seen.worked, WORK),
        _row(f"to compare: until the next of {interval:g} s", at_any_moment),
    ]


def _rows(
    name: str, seen: Sequence[Seen], seconds: Callable[[Seen, str], float], target: float
) -> Iterator[tuple[str, ...]]:
    for platform in PLATFORMS:
        yield _row(f"{name} to {platform}", [seconds(one, platform) for one in seen], target)


def _row(name: str, seconds: Sequence[float], target: float | None = None) -> tuple[str, ...]:
    ordered = sorted(seconds)
    parts = [ordered[min(int(part * len(ordered)), len(ordered) - 1)] for part in (0.5, 0.95, 0.99, 1.0)]
    reach = f"{target:g}" if target else ""
    came = sum(map(math.isfinite, ordered))
    count = f"{came}" if came == len(ordered) else f"{came} of {len(ordered)}"
    return (name, count, *(f"{part:.2f}" for part in parts), reach)


PLATFORMS = ("Telegram", "Slack")


@dataclass(frozen=True, slots=True)
class Seen:
    """A publication, `handed_out` by the feed's server where it was polled, and there, by platform (`time.monotonic`): never, if lost."""

    published: float
    handed_out: float | None
    there: Mapping[str, float]

    def took(self, platform: str) -> float:
        return self.there[platform] - self.published

    @property
    def waited(self) -> float:
        assert self.handed_out is not None
        return self.handed_out - self.published

    def worked(self, platform: str) -> float:
        return self.took(platform) - self.waited


@dataclass(slots=True)
class Lane:
    """A feed, the chats that follow what it is about, and what it has published."""

    number: int
    about: str
    items: list[Item] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/{self.about}"

    @property
    def telegram(self) -> int:
        return 1001 + self.number

    @property
    def slack(self) -> str:
        return f"C{1001 + self.number}"

    def next_item(self) -> Item:
        title = of_its_own(f"{self.about} agrees to ceasefire {len(self.items)}")
        return Item(title, id=title, link=f"http://outlet.example/{self.about}/{len(self.items)}")


@dataclass(slots=True)
class Newsroom:
    """The doubles around a process that runs."""

    feeds: FeedServer
    hub: Hub
    telegram: TelegramServer
    slack: SlackServer
    lanes: Sequence[Lane]
    pushed: bool
    """By the hub, which the feeds name; polled otherwise."""

    def document(self, lane: Lane) -> bytes:
        document = rss(lane.items[-1 : -1 - ITEMS : -1])
        if not self.pushed:
            return document
        link = f"<link xmlns='http://www.w3.org/2005/Atom' rel='hub' href='{self.hub.url}'/>"
        return document.replace(b"<description/>", b"<description/>" + link.encode())

    async def subscribe(self) -> None:
        """Have each lane's chats follow it, and, where the feeds are pushed, the hub be answered."""
        await self.slack.until(lambda: self.slack.connections, timeout=PATIENCE)
        await self.telegram.until(lambda: self.telegram.polling, timeout=PATIENCE)
        for lane in self.lanes:
            await self._say(lane, f"topics add {lane.about} ceasefire", messages=1)
            await self._say(lane, f"subscribe {lane.about.lower()}-ceasefire", messages=2)
            await self.feeds.until_asked(lane.path)
        async with asyncio.timeout(PATIENCE):
            while self.pushed and len(self.hub.held) < len(self.lanes):  # noqa: ASYNC110 - the hub has one event
                await asyncio.sleep(0.1)

    async def _say(self, lane: Lane, command: str, *, messages: int) -> None:
        """Say it in the lane's chats, and wait for as many messages in all."""
        await self.telegram.say(lane.telegram, f"/{command}")
        await self.slack.slash("/sokuho", command, channel=lane.slack)
        await self.telegram.until(lambda: len(self.telegram.messages(lane.telegram)) >= messages)
        await self.slack.until(lambda: len(self.slack.messages(lane.slack)) >= messages)

    async def publish_all(
        self, publications: int, apart: tuple[float, float], done: Callable[[], None]
    ) -> list[Seen]:
        """Publish so many in all lanes together, each so long after the message before."""
        each = -(-publications // len(self.lanes))
        seen = await asyncio.gather(*(self._publish(lane, each, apart, done) for lane in self.lanes))
        return [one for lane in seen for one in lane][:publications]

    async def _publish(
        self, lane: Lane, times: int, apart: tuple[float, float], done: Callable[[], None]
    ) -> list[Seen]:
        random = Random(lane.number)  # noqa: S311 - a workload
        seen = []
        for _ in range(times):
            await asyncio.sleep(random.uniform(*apart))
            seen.append(await self._publish_one(lane))
            done()
        return seen

    async def _publish_one(self, lane: Lane) -> Seen:
        item = lane.next_item()
        lane.items.append(item)
        body, published = self.document(lane), time.monotonic()
        self.feeds.serve(lane.path, body)
        if self.pushed:
            status = await self.hub.push(body, topic=self.feeds.url(lane.path))
            assert status == 202, status
        told = f"【{item.title}】"
        at = await asyncio.gather(
            _when(self.telegram.until, lambda: told in self._on_telegram(lane)),
            _when(self.slack.until, lambda: told in self._on_slack(lane)),
        )
        there = dict(zip(PLATFORMS, at, strict=True))
        requests = self.feeds.requests_for(lane.path)
        polled = [one.at for one in requests if one.at > published and one.status == 200]
        return Seen(published, polled[0] if polled else None, there)

    def _on_telegram(self, lane: Lane) -> str:
        return self.telegram.messages(lane.telegram)[-1].text

    def _on_slack(self, lane: Lane) -> str:
        return self.slack.messages(lane.slack)[-1].plain


async def _when(until: Callable[..., Awaitable[object]], there: Callable[[], bool]) -> float:
    """When it is (`time.monotonic`); never, where that takes too long."""
    try:
        async with asyncio.timeout(LOST_AFTER):
            await until(there, timeout=PATIENCE)
    except TimeoutError:
        return math.inf
    return time.monotonic()


@asynccontextmanager
async def _newsroom(interval: timedelta, *, pushed: bool, roles_apart: bool) -> AsyncIterator[Newsroom]:
    """A process that polls the lanes' feeds at the interval, with both bots connected once `subscribe` has waited."""
    lanes = [Lane(number, about) for number, about in enumerate(LANES)]
    async with FeedServer() as feeds, Hub() as hub, TelegramServer() as telegram, SlackServer() as slack:
        room = Newsroom(feeds, hub, telegram, slack, lanes, pushed)
        for lane in lanes:
            telegram.private(lane.telegram)
            slack.channel(lane.slack, lane.about.lower())
            lane.items.append(Item("Nothing of note", id="old"))
            feeds.serve(lane.path, room.document(lane))
        with tempfile.TemporaryDirectory() as folder:
            here, minutes = f"127.0.0.1:{free_port()}", f"{interval / timedelta(minutes=1)}"
            environment = {
                **environment_of(
                    Path(folder), addresses_of(telegram, slack), [feeds.url(lane.path) for lane in lanes]
                ),
                "SOKUHO_POLL_MINUTES": minutes,
                "SOKUHO_POLL_MINUTES_AT_MOST": minutes,
                "SOKUHO_HTTP": here,
                "SOKUHO_PUBLIC_URL": f"http://{here}",
                "SOKUHO_LOG_LEVEL": "warning",
            }
            lexicon = Path(environment["SOKUHO_CONFIG_DIR"]) / "lexicon"
            shutil.copytree(ROOT / "config" / "lexicon", lexicon, dirs_exist_ok=True)
            async with _running(environment, roles_apart=roles_apart):
                yield room


@asynccontextmanager
async def _running(environment: Mapping[str, str], *, roles_apart: bool) -> AsyncIterator[None]:
    """What runs, which is told to end at the end; what it says goes to where we say things."""
    async with AsyncExitStack() as stack:
        if not roles_apart:
            await stack.enter_async_context(_process(environment))
        else:
            server = stack.enter_context(postgres.running())
            # As in life, where a power cut must not lose what was committed.
            server.run(*(f"ALTER SYSTEM RESET {name}" for name in postgres.FASTER), "SELECT pg_reload_conf()")
            database = stack.enter_context(server.database(await server.template()))
            shared = {**environment, "SOKUHO_DATABASE_URL": database}
            unheard = {**shared, "SOKUHO_HTTP": "", "SOKUHO_PUBLIC_URL": ""}
            for role in Role:
                # Hubs reach who polls.
                its = shared if role is Role.POLL else unheard
                await stack.enter_async_context(_process(its, "--roles", role.value))
        yield


@asynccontextmanager
async def _process(environment: Mapping[str, str], *options: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run", *options),
        cwd=ROOT,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=sys.stderr,
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
