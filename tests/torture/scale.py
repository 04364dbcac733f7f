"""Two processes of each role on one PostgreSQL, killed at random moments; and PostgreSQL itself stopped and started again."""

from __future__ import annotations

import asyncio
import json
import math
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from aiohttp import web

from bot.domain.catalog import Catalog
from bot.settings.files import load_catalog
from tests.e2e.platforms import addresses_of
from tests.e2e.test_run import environment_of
from tests.fakes import postgres
from tests.fakes.feed_server import FeedServer
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import Call, Fault, TelegramServer
from tests.torture.figures import Figure
from tests.torture.life import follow
from tests.torture.town import CHANNELS, CHATS, Town, figures_of, tells, toll_of

ROOT = Path(__file__).parents[2]
LIVES = ("poll,desk", "send,chat", "poll,chat", "desk,send")
"""Each role in two processes, and as few processes as two processors bear."""
FEEDS = tuple(f"/{number}" for number in range(12))
INTERVAL = 1.2
"""Seconds between two polls of a feed; `environment_of` says the same in minutes."""
PERSON = 2001
"""Who asks something now and then, and follows nothing."""

STORY_SECONDS = 4.0
"""What Slack lets an app say in a workspace is no more than a story in three seconds for all the channels."""
LATENCY = 0.1
"""Seconds that an answer of a platform takes, about the half of them after the message is there."""
QUIET_SECONDS = 15.0
"""Before the first kill."""
KILL_SECONDS = 4.0
"""From one kill to the next, so that most processes have started meanwhile."""
MOST_CALLS = 30
"""A process is killed when a number of calls up to this have come from all of them, or when its time is over."""
RECOVERED = 60.0
SETTLED_SECONDS = 20.0
"""After the last kill: what the dead had in hand is given back."""
HERD_SECONDS = 15.0
"""For which it is looked at after an outage who comes back at once."""
START_SECONDS = 60.0


class Flights:
    """How many calls that tell a chat something are under way at once."""

    def __init__(self) -> None:
        self._now: Counter[str] = Counter()
        self.most = 0

    @contextmanager
    def of(self, chat: object) -> Iterator[None]:
        name = str(chat)
        self._now[name] += 1
        self.most = max(self.most, self._now[name])
        try:
            yield
        finally:
            self._now[name] -= 1


class SlowTelegram(TelegramServer):
    """One that takes its time, so that a kill may meet a call."""

    flights: Flights

    async def _perform(self, call: Call, token: str, fault: Fault | None = None) -> Any:
        if call.method not in ("sendMessage", "editMessageText"):
            return await super()._perform(call, token, fault)
        with self.flights.of(call.params.get("chat_id")):
            await asyncio.sleep(LATENCY / 2)
            result = await super()._perform(call, token, fault)
            await asyncio.sleep(LATENCY / 2)
            return result


class SlowSlack(SlackServer):
    """The same of Slack."""

    flights: Flights

    async def _api(self, request: web.Request) -> web.Response:
        if request.match_info["method"] not in ("chat.postMessage", "chat.update"):
            return await super()._api(request)
        with self.flights.of(json.loads(await request.text())["channel"]):
            await asyncio.sleep(LATENCY / 2)
            response = await super()._api(request)
            await asyncio.sleep(LATENCY / 2)
            return response


@dataclass(slots=True)
class Watch:
    """Sees when each story is there in the last of the chats."""

    town: Town
    published: list[float] = field(default_factory=list)
    """`time.monotonic`, by title."""
    there: dict[int, float] = field(default_factory=dict)
    """By the number of a title."""
    _read: Counter[str] = field(default_factory=Counter)
    _missing: dict[int, set[str]] = field(default_factory=dict)

    def publish(self) -> None:
        self.town.publish(datetime.now(UTC))
        self._missing[len(self.published)] = {*map(str, CHATS), *CHANNELS}
        self.published.append(time.monotonic())

    async def publish_on(self) -> None:
        while True:
            self.publish()
            await asyncio.sleep(STORY_SECONDS)

    async def look_on(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(0.2)

    def look(self) -> None:
        now = time.monotonic()
        for chat, texts in self.town.read().items():
            for text in texts[self._read[chat] :]:
                for number, missing in self._missing.items():
                    if chat in missing and tells(text, self.town.titles[number]):
                        missing.discard(chat)
            self._read[chat] = len(texts)
        for number in [number for number, missing in self._missing.items() if not missing]:
            self.there[number] = now
            del self._missing[number]

    async def all_there(self) -> None:
        """Wait until all is told, or for as long as it may take at most."""
        began = time.monotonic()
        while self._missing and time.monotonic() - began < RECOVERED:  # noqa: ASYNC110 - another task looks
            await asyncio.sleep(0.2)

    @property
    def last_there(self) -> float:
        return max(self.there.values(), default=0.0)

    def recovered(self, death: float) -> float:
        """Seconds from a kill until all chats have a story that was published after it."""
        later = (at for number, at in self.there.items() if self.published[number] > death)
        return min(later, default=math.inf) - death

    def delays(self) -> list[float]:
        """Seconds from the publication of each story to the last chat that was told, for those of which all were."""
        return [at - self.published[number] for number, at in sorted(self.there.items())]


@dataclass(slots=True)
class Fleet:
    """The processes, by their number; each is started anew when it was killed, and writes into a file of its own."""

    environment: Mapping[str, str]
    folder: Path
    lives: Sequence[str] = LIVES
    running: dict[int, Process] = field(default_factory=dict)
    starts: int = 0

    async def start(self, number: int) -> None:
        self.starts += 1
        with (self.folder / f"{self.starts}.log").open("wb") as log:
            self.running[number] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run", "--roles", self.lives[number]),
                cwd=ROOT,
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def kill(self, number: int) -> None:
        self.running[number].kill()
        await self.running[number].wait()

    async def stop(self) -> list[int]:
        """How they ended."""
        for process in self.running.values():
            with suppress(ProcessLookupError):
                process.terminate()
        return [await process.wait() for process in self.running.values()]

    def errors(self) -> Iterator[tuple[float, str]]:
        """When (seconds since the epoch), and what."""
        for log in self.folder.glob("*.log"):
            for line in log.read_text(encoding="utf-8").splitlines():
                with suppress(ValueError):  # what is said to a person
                    event = json.loads(line)
                    if event["level"] == "error":
                        yield datetime.fromisoformat(event["timestamp"]).timestamp(), event["event"]


@dataclass(frozen=True, slots=True)
class Outage:
    """`ended` by `time.monotonic`; `away`: from when to when, in seconds since the epoch.

    `connections`: as many as there were before it, and the most that came in a second after it. `first`: seconds from its
    end until a story was told everywhere.
    """

    ended: float
    away: tuple[float, float]
    connections: tuple[int, int]
    first: float


async def scale(kills: int, seed: int, outage_seconds: float) -> list[Figure]:
    """Kill so many processes, then stop PostgreSQL."""
    random = Random(seed)
    with postgres.running() as server, tempfile.TemporaryDirectory(prefix="sokuho-torture-") as folder:
        server.run("ALTER SYSTEM SET log_connections = on", "SELECT pg_reload_conf()")
        with server.database() as url:
            async with _town(Path(folder), url) as (town, flights, fleet):
                watch = Watch(town)
                for number in range(len(LIVES)):
                    await fleet.start(number)
                await town.telegram.until(lambda: town.telegram.polling, START_SECONDS)
                looking = asyncio.create_task(watch.look_on())
                publishing = asyncio.create_task(watch.publish_on())
                try:
                    started = time.monotonic()
                    await asyncio.sleep(QUIET_SECONDS)
                    quiet = (started, time.monotonic())
                    asked = 0
                    deaths: list[float] = []
                    for _ in range(kills):
                        await town.telegram.say(PERSON, "/status")
                        asked += 1
                        deaths.append(await _one_kill(fleet, town, random))
                    await asyncio.sleep(SETTLED_SECONDS)
                    outage = await _stopped(server, watch, outage_seconds)
                    publishing.cancel()
                    await watch.all_there()
                finally:
                    looking.cancel()
                    publishing.cancel()
                    ends = await fleet.stop()
        errors = Counter(
            event for at, event in fleet.errors() if not outage.away[0] - 1 < at < outage.away[1] + 5
        )
    answers = len(town.telegram.messages(PERSON))
    delays, recovered = watch.delays(), [watch.recovered(death) for death in deaths]
    return [
        Figure("killed", f"{len(town.lives)} times", f"{kills}", ok=len(town.lives) == kills),
        *figures_of([toll_of(town)]),
        Figure("calls for one chat at once", f"{flights.most} at the most", "1", ok=flights.most == 1),
        _polled_twice(town, quiet),
        Figure(
            f"from one kill (each {KILL_SECONDS:.0f} s) to the first story after it that all have",
            _spread(recovered),
            f"{RECOVERED:.0f} s",
            ok=max(recovered) <= RECOVERED,
        ),
        Figure("from publication to the last of the chats", _spread(delays), ""),
        Figure("questions answered", f"{answers} of {asked}", "all", ok=answers >= asked),
        *_after_the_outage(town, outage, outage_seconds),
        Figure(
            "errors in the logs", ", ".join(f"{n}× {what}" for what, n in errors.items()) or "none", "none"
        ),
        Figure("ends when asked to", ", ".join(map(str, ends)), "0 of all", ok=not any(ends)),
    ]


@asynccontextmanager
async def _town(folder: Path, url: str) -> AsyncIterator[tuple[Town, Flights, Fleet]]:
    async with FeedServer() as feeds, SlowTelegram() as telegram, SlowSlack() as slack:
        telegram.flights = slack.flights = flights = Flights()
        telegram.private(PERSON, "Ada")
        town = Town(feeds, telegram, slack, FEEDS)
        environment = environment_of(folder, addresses_of(telegram, slack), town.urls) | {
            "SOKUHO_DATABASE_URL": url,
            "SOKUHO_LOG_LEVEL": "warning",
            "SOKUHO_LOG_FORMAT": "json",
        }
        catalog = load_catalog(folder / "config")
        assert isinstance(catalog, Catalog)
        store = await postgres.opened(url)
        await follow(store, catalog, CHATS, CHANNELS, datetime.now(UTC))
        await store.close()
        yield town, flights, Fleet(environment, folder)


async def _one_kill(fleet: Fleet, town: Town, random: Random) -> float:
    """Kill one, and start it anew; answers when it died."""
    began = time.monotonic()
    calls = town.calls + random.randint(0, MOST_CALLS)
    while town.calls < calls and time.monotonic() - began < KILL_SECONDS:  # noqa: ASYNC110 - two servers tell of calls
        await asyncio.sleep(0.005)
    await asyncio.sleep(random.uniform(0, LATENCY))
    victim = random.randrange(len(LIVES))
    await fleet.kill(victim)
    died = time.monotonic()
    town.note_death()
    await fleet.start(victim)
    await asyncio.sleep(max(0.0, began + KILL_SECONDS - time.monotonic()))
    return died


async def _stopped(server: postgres.Server, watch: Watch, seconds: float) -> Outage:
    """Stop the server for so long, and start it again."""
    before = server.run("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")[0][0]
    since = time.time()
    await asyncio.to_thread(server.stop)
    await asyncio.sleep(max(0.0, since + seconds - time.time()))
    read = server.log.stat().st_size
    await asyncio.to_thread(server.start)
    ended, until = time.monotonic(), time.time()
    while watch.last_there < ended and time.monotonic() - ended < RECOVERED:  # noqa: ASYNC110 - another task looks
        await asyncio.sleep(0.2)
    first = (watch.last_there if watch.last_there > ended else time.monotonic()) - ended
    # Of those who come back together, the last ones have too.
    await asyncio.sleep(HERD_SECONDS)
    with server.log.open("rb") as log:
        log.seek(read)
        came = Counter(line[:19] for line in log if b"connection received" in line)
    return Outage(ended, (since, until), (before, max(came.values())), first)


def _spread(seconds: Sequence[float]) -> str:
    ninety_five = sorted(seconds)[int(0.95 * (len(seconds) - 1))]
    return f"median {median(seconds):.1f} s, 95 % within {ninety_five:.1f} s, all within {max(seconds):.1f} s"


def _polled_twice(town: Town, quiet: tuple[float, float]) -> Figure:
    polls = {path: list(_polls(town, [path], *quiet)) for path in FEEDS}
    number = sum(map(len, polls.values()))
    twice = sum(after - before < INTERVAL / 2 for each in polls.values() for before, after in pairwise(each))
    return Figure(
        "polled twice for one due time, nobody being killed", f"{twice} of {number} polls", "0", ok=twice == 0
    )


def _polls(town: Town, paths: Iterable[str], since: float, until: float) -> Iterator[float]:
    return (
        request.at for request in town.feeds.requests if request.path in paths and since < request.at < until
    )


def _after_the_outage(town: Town, outage: Outage, seconds: float) -> Iterator[Figure]:
    before, most = outage.connections
    polls = Counter(
        int(at - outage.ended) for at in _polls(town, FEEDS, outage.ended, outage.ended + HERD_SECONDS)
    )
    busiest = max(polls.values(), default=0)
    yield Figure(
        f"PostgreSQL away for {seconds:.0f} s",
        f"first story {outage.first:.1f} s after it was back",
        f"{RECOVERED:.0f} s",
        ok=outage.first < RECOVERED,
    )
    yield Figure(
        "connections in the busiest second after that",
        f"{most}, where there were {before}",
        "not more than there were",
        ok=most <= before,
    )
    yield Figure(
        "polls in the busiest second after that",
        f"{busiest} of {len(FEEDS)} feeds, each due every {INTERVAL} s",
        "one of each feed",
        ok=busiest <= len(FEEDS),
    )
