"""SIGKILL at random moments while both platforms are being told: what is lost, and what is said twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from random import Random

from tests.e2e.platforms import addresses_of
from tests.fakes.feed_server import FeedServer
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TelegramServer
from tests.torture.figures import Figure
from tests.torture.life import Config, furnish
from tests.torture.town import CHANNELS, CHATS, Toll, Town, figures_of, toll_of

ROOT = Path(__file__).parents[2]
SPEED = 20.0
HURRY = 50.0
MOST_CALLS = 12
"""A bot is killed when a number of calls up to this have come from it…"""
LONGEST_LIFE = 2.5
"""…or after so many seconds, if they do not come."""
LAST_LIFE = 60.0
TOWNS = 2
"""So many bots live and die side by side, each with platforms of its own: most of a life is spent waiting."""


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
        town = Town(feeds, telegram, slack)
        zygote = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.torture.zygote"), cwd=ROOT, stdin=PIPE, stdout=PIPE
        )
        try:
            with tempfile.TemporaryDirectory(prefix="sokuho-torture-") as folder:
                config = Config(folder, addresses_of(telegram, slack), town.urls, time.time(), SPEED, HURRY)
                await furnish(config, CHATS, CHANNELS)
                while len(town.lives) < times and time.monotonic() < until:
                    town.publish(config.clock.now())
                    await _short_life(zygote, config, town, random)
                await _last_life(zygote, config, town)
        finally:
            with suppress(ProcessLookupError):
                zygote.kill()
            await zygote.wait()
        return toll_of(town)


async def _short_life(zygote: Process, config: Config, town: Town, random: Random) -> None:
    bot = await _born(zygote, config)
    calls, until = town.calls + random.randint(0, MOST_CALLS), time.monotonic() + LONGEST_LIFE
    while town.calls < calls and time.monotonic() < until:  # noqa: ASYNC110 - two servers tell of calls
        await asyncio.sleep(0.005)
    await asyncio.sleep(random.uniform(0, 0.05))
    await _killed(zygote, bot)
    # What was in flight arrives.
    await asyncio.sleep(0.05)
    town.note_death()


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


def _figures(tolls: Sequence[Toll], times: int) -> list[Figure]:
    kills, busy = sum(toll.kills for toll in tolls), sum(toll.busy for toll in tolls)
    return [
        Figure(
            "killed", f"{kills} times, {busy} of them while messages went out", f"{times}", ok=kills >= times
        ),
        *figures_of(tolls),
    ]
