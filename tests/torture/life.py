"""A bot on both platforms, as in a run: `CONFIG` as JSON. It lives until it is told to stop (SIGTERM), or is killed."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import structlog

from bot.chat.slack import workspaces
from bot.chat.telegram import bot as telegram_bot
from bot.domain.catalog import Catalog
from bot.domain.chats import Platform
from bot.ports import Store
from tests.e2e.platforms import TEAM, Addresses, serving
from tests.e2e.world import catalog_of
from tests.fakes.stores import open_temporary_store
from tests.torture.clocks import FastClock

TOPIC = "ukraine-ceasefire"


@dataclass(frozen=True, slots=True)
class Config:
    """`speed`: how many times faster than life the clock runs. `hurry`: the same of the platforms' limits.

    `call_seconds`: for how long an answer of a platform is waited for.
    """

    folder: str
    addresses: Addresses
    feeds: tuple[str, ...]
    began: float
    speed: float
    hurry: float
    call_seconds: float = 2.0

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> Self:
        fields = json.loads(text)
        return cls(
            **fields | {"addresses": Addresses(**fields["addresses"]), "feeds": tuple(fields["feeds"])}
        )

    @property
    def clock(self) -> FastClock:
        return FastClock(self.began, self.speed)


async def furnish(config: Config, chats: list[int], channels: list[str]) -> None:
    """Make the store, with chats that all follow one topic."""
    store = await open_temporary_store(Path(config.folder), durable=True)
    await follow(store, catalog_of(config.feeds), chats, channels, config.clock.now())
    await store.close()


async def follow(
    store: Store, catalog: Catalog, chats: Sequence[int], channels: Sequence[str], now: datetime
) -> None:
    """Have the chats and channels follow the topic."""
    topics = await store.sync_topics(catalog.topics, now)
    topic = next(topic for topic in topics if topic.spec.slug == TOPIC)
    places: list[tuple[Platform, str]] = [("telegram", str(chat)) for chat in chats]
    places += [("slack", f"{TEAM}/{channel}") for channel in channels]
    for platform, address in places:
        chat = await store.ensure_chat(platform, address, "", now)
        await store.subscribe(chat.id, topic.id, now)


async def live(config: Config) -> None:
    telegram_bot.CALL_SECONDS = workspaces.CALL_SECONDS = config.call_seconds
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with serving(
        Path(config.folder),
        config.addresses,
        config.feeds,
        clock=config.clock,
        hurry=config.hurry,
        interval=timedelta(seconds=0.3 * config.speed),
        tick_seconds=0.1,
    ) as room:
        await room.app.run(stop)


def quiet() -> None:
    """A platform that fails is no news here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)


if __name__ == "__main__":
    quiet()
    asyncio.run(live(Config.load(sys.argv[1])))
