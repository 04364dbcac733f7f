"""SIGKILL at random moments while both platforms are being told: what is lost, and what is said twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from random import Random

from tests.e2e.platforms import addresses_of
from tests.fakes.events import of_its_own
from tests.fakes.feed_server import FeedServer, Item
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TelegramServer
from tests.torture.figures import Figure
from tests.torture.life import Config, furnish

ROOT = Path(__file__).parents[2]
CHATS = list(range(1001, 1011))
CHANNELS = [f"C{number}" for number in range(1, 11)]
REPEAT = "possibly a repeat"
SPEED = 20.0
HURRY = 50.0
MOST_CALLS = 12
"""A bot is killed when a number of calls up to this have come from it…"""
LONGEST_LIFE = 2.5
"""…or after so many seconds, if they do not come."""
LAST_LIFE = 60.0
KEPT_ITEMS = 40
TOWNS = 2
"""So many bots live and die side by side, each with platforms of its own: most of a life is spent waiting."""


def tells(text: str, title: str) -> bool:
    """Whether it is a bulletin of that, or a message of many that has it in a line; not where it tells it as what was before."""
    return f"【{title}】" in text or (text.startswith("📬") and title in text)


@dataclass(slots=True)
class Town:
    """The doubles, and what was published: titles in order. `lives`: how many messages each chat had at each death."""

    feeds: FeedServer
    telegram: TelegramServer
    slack: SlackServer
    titles: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    lives: list[dict[str, int]] = field(default_factory=list)

    @property
    def calls(self) -> int:
        telegram = sum(len(self.telegram.messages(chat)) for chat in CHATS)
        return telegram + len(self.slack.said)

    def publish(self, now: datetime) -> None:
        """A further story, and now and then another outlet's report of the one before."""
        title = of_its_own(f"Ukraine agrees to ceasefire {len(self.titles)}")
        self.titles.append(title)
        self.items = [Item(title, id=title, published=now), *self.items[: KEPT_ITEMS - 1]]
        self.feeds.publish("/one", self.items)
        if len(self.titles) % 3 == 0:
            again = self.titles[-2]
            self.feeds.publish("/two", [Item(again, id=again, published=now)])

    def read(self) -> dict[str, list[str]]:
        """By chat: what it shows, oldest first."""
        read = {str(chat): [message.text for message in self.telegram.messages(chat)] for chat in CHATS}
        return read | {name: [said.plain for said in self.slack.messages(name)] for name in CHANNELS}

    def complete(self) -> bool:
        return not self.lost()

    def lost(self) -> list[tuple[str, str]]:
        """Chats, and titles that they were not told."""
        return [
            (name, title)
            for name, texts in self.read().items()
            for title in self.titles
            if not any(tells(text, title) for text in texts)
        ]


@dataclass(frozen=True, slots=True)
class Toll:
    """What came of a town's kills. `busy`: how many were made while messages went out. `worst`: of a chat, by one kill."""

    kills: int
    busy: int
    told: int
    lost: int
    repeats: int
    unmarked: int
    worst: int


async def kill(times: int, seed: int, seconds: float) -> list[Figure]:
    """Kill so many bots, or as many as there is time for."""
    loop = asyncio.get_running_loop()
    shares = [len(range(number, times, TOWNS)) for number in range(min(times, TOWNS))]
    with ProcessPoolExecutor(TOWNS, get_context("spawn")) as pool:
        towns = (
            loop.run_in_executor(pool, _town, share, seed + number, seconds)
            for number, share in enumerate(shares)
        )
        return _figures(await asyncio.gather(*towns), times)


def _town(times: int, seed: int, seconds: float) -> Toll:
    return asyncio.run(_kill(times, seed, seconds))


async def _kill(times: int, seed: int, seconds: float) -> Toll:
    random, until = Random(seed), time.monotonic() + seconds
    async with FeedServer() as feeds, TelegramServer() as telegram, SlackServer() as slack:
        for chat in CHATS:
            telegram.private(chat, f"P{chat}")
        for channel in CHANNELS:
            slack.channel(channel, channel.lower())
        town = Town(feeds, telegram, slack)
        feeds.publish("/one", [])
        feeds.publish("/two", [])
        zygote = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.torture.zygote"), cwd=ROOT, stdin=PIPE, stdout=PIPE
        )
        try:
            with tempfile.TemporaryDirectory(prefix="sokuho-torture-") as folder:
                urls = feeds.url("/one"), feeds.url("/two")
                config = Config(folder, addresses_of(telegram, slack), urls, time.time(), SPEED, HURRY)
                await furnish(config, CHATS, CHANNELS)
                while len(town.lives) < times and time.monotonic() < until:
                    town.publish(config.clock.now())
                    await _short_life(zygote, config, town, random)
                await _last_life(zygote, config, town)
        finally:
            with suppress(ProcessLookupError):
                zygote.kill()
            await zygote.wait()
        return _toll(town)


async def _short_life(zygote: Process, config: Config, town: Town, random: Random) -> None:
    bot = await _born(zygote, config)
    calls, until = town.calls + random.randint(0, MOST_CALLS), time.monotonic() + LONGEST_LIFE
    while town.calls < calls and time.monotonic() < until:  # noqa: ASYNC110 - two servers tell of calls
        await asyncio.sleep(0.005)
    await asyncio.sleep(random.uniform(0, 0.05))
    await _killed(zygote, bot)
    # What was in flight arrives.
    await asyncio.sleep(0.05)
    town.lives.append({name: len(texts) for name, texts in town.read().items()})


async def _last_life(zygote: Process, config: Config, town: Town) -> None:
    """One that is left alone until every chat was told everything."""
    bot = await _born(zygote, config)
    until = time.monotonic() + LAST_LIFE
    while not town.complete() and time.monotonic() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    await asyncio.sleep(2)
    await _killed(zygote, bot)


async def _born(zygote: Process, config: Config) -> int:
    assert zygote.stdin is not None
    assert zygote.stdout is not None
    zygote.stdin.write(f"{config.dump()}\n".encode())
    return int(await zygote.stdout.readline())


async def _killed(zygote: Process, bot: int) -> None:
    assert zygote.stdout is not None
    os.kill(bot, signal.SIGKILL)
    assert (await zygote.stdout.readline()).strip() == b"dead"


def _toll(town: Town) -> Toll:
    read = town.read()
    # A message that tells many stories in a line each is one message.
    repeats = {repeat for name, texts in read.items() for repeat in _repeats(town, name, texts)}
    return Toll(
        kills=len(town.lives),
        busy=sum(1 for _ in _killed_while_sending(town)),
        told=len(read) * len(town.titles),
        lost=len(town.lost()),
        repeats=len(repeats),
        unmarked=sum(not repeat.marked for repeat in repeats),
        worst=max(Counter((repeat.chat, repeat.life) for repeat in repeats).values(), default=0),
    )


def _figures(tolls: Sequence[Toll], times: int) -> list[Figure]:
    kills, lost = sum(toll.kills for toll in tolls), sum(toll.lost for toll in tolls)
    unmarked, worst = sum(toll.unmarked for toll in tolls), max(toll.worst for toll in tolls)
    return [
        Figure(
            "killed",
            f"{kills} times, {sum(toll.busy for toll in tolls)} of them while messages went out",
            f"{times}",
            ok=kills >= times,
        ),
        Figure("bulletins lost", f"{lost} of {sum(toll.told for toll in tolls)}", "0", ok=not lost),
        Figure(
            "repeats",
            f"{sum(toll.repeats for toll in tolls)}, {unmarked} of them unmarked",
            "0 unmarked",
            ok=not unmarked,
        ),
        Figure("repeats of a chat by one kill", f"{worst} at the most", "1", ok=worst <= 1),
    ]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A message, by its place in a chat, that says what one before it said, which came in a certain life."""

    chat: str
    place: int
    life: int
    marked: bool


def _repeats(town: Town, chat: str, texts: list[str]) -> Iterator[Repeat]:
    last: dict[str, int] = {}
    for place, text in enumerate(texts):
        for title in town.titles:
            if not tells(text, title):
                continue
            if title in last:
                lives = enumerate(town.lives)
                life = next((at for at, had in lives if had[chat] > last[title]), len(town.lives))
                yield Repeat(chat, place, life, marked=REPEAT in text)
            last[title] = place


def _killed_while_sending(town: Town) -> Iterator[int]:
    before: dict[str, int] = {}
    for number, had in enumerate(town.lives):
        if had != before:
            yield number
        before = had
