"""A bot that tells 2,000 chats of Telegram and 500 channels of Slack one story: `FOLDER CONFIG`, the latter as JSON.

It runs in a process of its own, so that its processor time is its own. What it measured is printed as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select
from telegram import Bot

from bot.app import App, Parts
from bot.chat.slack.messenger import SlackMessenger
from bot.chat.slack.workspaces import Workspaces
from bot.chat.telegram.bot import CALL_SECONDS, CONNECTIONS
from bot.chat.telegram.messenger import TelegramMessenger
from bot.chat.telegram.request import AiohttpRequest
from bot.domain.chats import Chat, Platform
from bot.domain.deliveries import REVISED_AFTER, DeliveryKind
from bot.domain.entries import Entry
from bot.feeds.fetch import HttpFetcher
from bot.outbox import Telling
from bot.storage.database import StoreProblem
from bot.storage.rows import chat_values
from bot.storage.schema import chats, subscriptions
from bot.storage.sql import SqlStore, open_store
from tests.e2e.newsday import AGREED, OUTLETS
from tests.e2e.world import InlineParser, catalog_of
from tests.torture.clocks import FastClock

TOPIC = "ukraine-ceasefire"
EDITING_SECONDS = 20.0
"""How long the revisions are watched: all of them take as long as the bulletins did."""


@dataclass(frozen=True, slots=True)
class Config:
    telegram_api: str
    telegram_token: str
    slack_api: str
    slack_tokens: dict[str, str]
    """By workspace."""
    telegram_chats: tuple[int, ...]
    slack_channels: tuple[str, ...]
    """As addresses: `T01/C02`."""


@dataclass(slots=True)
class Measured:
    """Seconds from the story's arrival, by platform; processor time in seconds."""

    last: dict[str, float] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    deciding_cpu: float = 0.0
    sending_cpu: float = 0.0
    edits: int = 0
    edited_twice: int = 0


async def subscribed(store: SqlStore, places: Sequence[tuple[Platform, str]], now: datetime) -> None:
    """Every place is a chat that follows the topic, made in one transaction."""
    topic = next(topic for topic in await store.topics() if topic.spec.slug == TOPIC)

    def make(connection: Connection) -> None:
        rows = [chat_values(Chat(0, platform, address)) | {"created": now} for platform, address in places]
        connection.execute(insert(chats), rows)
        connection.execute(
            insert(subscriptions),
            [
                {"chat_id": id_, "topic_id": topic.id, "since": now}
                for id_ in connection.scalars(select(chats.c.id))
            ],
        )

    await store._database.write(make)


async def main(folder: Path, config: Config) -> Measured:
    clock = FastClock(time.time())
    store = await open_store(f"sqlite:///{folder / 'sokuho.db'}")
    assert not isinstance(store, StoreProblem), store
    measured, all_told = Measured(), asyncio.Event()
    expected = len(config.telegram_chats) + len(config.slack_channels)
    began, edited = 0.0, dict[int, int]()

    def listen(telling: Telling) -> None:
        if telling.kind is DeliveryKind.EDIT:
            # What a stop drains comes at the same pace, but not within the time that is looked at.
            measured.edits += not stop.is_set()
            edited[telling.delivery.id] = edited.get(telling.delivery.id, 0) + 1
            return
        platform = platform_of[telling.delivery.chat_id]
        measured.last[platform] = time.perf_counter() - began
        measured.told[platform] = measured.told.get(platform, 0) + 1
        if sum(measured.told.values()) == expected:
            all_told.set()

    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        fetcher = await stack.enter_async_context(HttpFetcher(clock))
        request = AiohttpRequest(CONNECTIONS, seconds=CALL_SECONDS)
        bot = Bot(config.telegram_token, base_url=f"{config.telegram_api}/bot", request=request)
        await bot.initialize()
        stack.push_async_callback(bot.shutdown)

        async def moved(_old: str, _new: str) -> None:
            raise AssertionError

        workspaces = Workspaces(config.slack_api)
        stack.push_async_callback(workspaces.close)
        for token in config.slack_tokens.values():
            await workspaces.introduce(token)
        app = App(
            Parts(
                catalog=catalog_of([]),
                store=store,
                clock=clock,
                fetcher=fetcher,
                parser=InlineParser(),
                messengers={
                    "telegram": TelegramMessenger(bot, store, clock, moved),
                    "slack": SlackMessenger(workspaces),
                },
                listener=listen,
            )
        )
        await app.start()
        places: list[tuple[Platform, str]] = [("telegram", str(chat)) for chat in config.telegram_chats]
        places += [("slack", address) for address in config.slack_channels]
        await subscribed(store, places, clock.now())
        platform_of = {
            chat.id: chat.platform for name in ("telegram", "slack") for chat in await store.chats(name)
        }
        stop = asyncio.Event()
        running = asyncio.create_task(app.run(stop))
        began, cpu = time.perf_counter(), time.process_time()
        await report(app, AGREED[0], OUTLETS[0])
        measured.deciding_cpu = time.process_time() - cpu
        cpu = time.process_time()
        await asyncio.wait_for(all_told.wait(), expected)
        measured.sending_cpu = time.process_time() - cpu
        for title, outlet in zip(AGREED[1:], OUTLETS[1:], strict=True):
            await report(app, title, outlet)
        await report(app, AGREED[0], "An eleventh")
        clock.ahead += REVISED_AFTER
        await asyncio.sleep(EDITING_SECONDS)
        stop.set()
        await running
    measured.edited_twice = sum(times > 1 for times in edited.values())
    return measured


async def report(app: App, title: str, outlet: str) -> None:
    now = app.parts.clock.now()
    entry = Entry(
        0, None, title, "", f"https://news.example/{outlet.partition(' ')[0]}", outlet, "en", now, now
    )
    await app.parts.store.add_entries([entry])
    while await app.desk.work():
        pass


if __name__ == "__main__":
    answer = asyncio.run(main(Path(sys.argv[1]), Config(**json.loads(sys.argv[2]))))
    print(json.dumps(asdict(answer)))  # noqa: T201 - what the parent reads
