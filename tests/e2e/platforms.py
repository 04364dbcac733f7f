"""The whole way on both platforms at once: a feed server, the Bot API's and Slack's doubles, and the real clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from bot.app import App, Parts
from bot.chat.pacing import Pace
from bot.chat.reception import Reception
from bot.chat.slack.bot import SlackBot
from bot.chat.slack.installing import OAuthApp
from bot.chat.slack.messenger import windows_of as slack_pace
from bot.chat.slack.ways import Posts, SocketMode
from bot.chat.telegram.bot import TelegramBot
from bot.chat.telegram.messenger import windows_of as telegram_pace
from bot.chat.telegram.ways import Hook
from bot.clock import SystemClock
from bot.domain.access import OPEN, Access
from bot.domain.facts import Observer, no_observer
from bot.domain.flooding import Tolerance
from bot.domain.pacing import Rate, Urgency, Window
from bot.domain.polling import Cadence
from bot.feeds.fetch import HttpFetcher
from bot.feeds.guard import LOOPBACK
from bot.health import serving_health
from bot.ports import Clock, Probe, no_probe
from bot.scheduler import TICK_SECONDS
from bot.storage.sql import SqlStore
from tests.e2e.world import INTERVAL, InlineParser, catalog_of
from tests.fakes.feed_server import FeedServer
from tests.fakes.slack_server import SlackServer
from tests.fakes.stores import open_temporary_store
from tests.fakes.telegram_server import TelegramServer

ADA, BOB = 11, 12
"""People on Telegram: Ada is an admin of every group here, Bob is not."""
PRIVATE, GROUP, FORUM, CHANNEL = ADA, -100200, -100300, -100400
TEAM = "T1"
PING_SECONDS = 1.0
"""What is not answered in half of it ends a connection to Slack's double, also on a machine that is busy."""
SIGNING_SECRET = "what-Slack-signs-with"
HOOK_SECRET = "what-Telegram-proves-itself-with"


HURRY = 50
"""How many times faster than in life the bots may speak, so that no test waits for its turn."""


TOLERANT = Tolerance(burst=100_000)
"""So that a test may ask as much as it likes."""


def faster(pace: Pace, hurry: float = HURRY) -> Pace:
    """The same windows, shorter."""

    def windows(address: str, urgency: Urgency) -> tuple[Window, ...]:
        return tuple(
            replace(window, rate=Rate(window.rate.calls, window.rate.seconds / hurry))
            for window in pace(address, urgency)
        )

    return windows


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the doubles listen, and by which tokens."""

    telegram_api: str
    telegram_token: str
    slack_api: str
    slack_bot_token: str
    slack_app_token: str


class Failures(list[str]):
    """What the bots said, in sentences, of what ended them."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = asyncio.Event()

    def append(self, sentence: str) -> None:
        super().append(sentence)
        self._changed.set()

    async def until(self, number: int) -> None:
        """Return once there are so many."""
        while len(self) < number:
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), 15)


@dataclass(slots=True)
class Newsroom:
    """A started app with both bots connected. `failed`: what the bots said ended them."""

    app: App
    store: SqlStore
    telegram: TelegramBot
    slack: SlackBot
    failed: Failures


def peopled_telegram(**settings: object) -> TelegramServer:
    """A Bot API with a private chat, a group, a forum and a channel."""
    server = TelegramServer(**settings)  # type: ignore[arg-type]  # the server's own fields
    server.private(ADA, "Ada")
    server.user(BOB, "Bob")
    for chat_id, title, forum in ((GROUP, "Desk", False), (FORUM, "Forum", True)):
        server.group(chat_id, title, "supergroup", is_forum=forum)
        server.member(chat_id, ADA, "administrator")
        server.member(chat_id, BOB)
    server.channel(CHANNEL, "Wire")
    server.member(CHANNEL, ADA, "administrator")
    return server


def addresses_of(telegram: TelegramServer, slack: SlackServer) -> Addresses:
    return Addresses(
        telegram.base_url.removesuffix("/bot"),
        telegram.token,
        slack.api_url,
        slack.home.token,
        slack.app_token,
    )


@asynccontextmanager
async def serving(
    folder: Path,
    addresses: Addresses,
    feeds: Sequence[str] = (),
    *,
    clock: Clock | None = None,
    access: Access = OPEN,
    probe: Probe = no_probe,
    hurry: float = HURRY,
    tolerance: Tolerance = TOLERANT,
    posted: str = "",
    slack_app: OAuthApp | None = None,
    interval: timedelta = INTERVAL,
    tick_seconds: float = TICK_SECONDS,
    observe: Observer = no_observer,
) -> AsyncIterator[Newsroom]:
    """The app on a store in `folder`, with both bots listening; the stages are driven by `app.step`, or by `app.run`.

    `posted`: host and port to which the platforms post; without, one is asked and the other listened to.
    `slack_app`: what workspaces install by themselves; without, there is one.
    """
    clock = clock or SystemClock()
    store = await open_temporary_store(folder, durable=True)
    failed = Failures()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        fetcher = await stack.enter_async_context(HttpFetcher(clock, private=LOOPBACK))
        telegram = TelegramBot(
            addresses.telegram_token,
            store,
            clock,
            failed.append,
            api=addresses.telegram_api,
            hook=Hook(f"http://{posted}", HOOK_SECRET, watch_seconds=0.2) if posted else None,
            pace=faster(telegram_pace, hurry),
            welcome_after=0.0,
            observe=observe,
        )
        socket = SocketMode(addresses.slack_app_token, waits=(), ping_seconds=PING_SECONDS)
        slack = SlackBot(
            slack_app or addresses.slack_bot_token,
            Posts(SIGNING_SECRET) if posted else socket,
            store,
            clock,
            failed.append,
            api=addresses.slack_api,
            pace=faster(slack_pace, hurry),
            observe=observe,
        )
        app = App(
            Parts(
                catalog=catalog_of(feeds),
                store=store,
                clock=clock,
                fetcher=fetcher,
                parser=InlineParser(),
                messengers={"telegram": telegram.messenger, "slack": slack.messenger},
                cadence=Cadence(interval, interval, spread=0),
                tick_seconds=tick_seconds,
                probe=probe,
                observe=observe,
            )
        )
        await app.start()
        reception = Reception(app.services(), access, tolerance)
        routes = [*telegram.routes, *slack.routes]
        await stack.enter_async_context(serving_health(posted, {}, routes))
        stack.push_async_callback(telegram.stop)
        stack.push_async_callback(slack.stop)
        for bot in (telegram, slack):
            problem = await bot.start(reception)
            assert problem is None, problem
        yield Newsroom(app, store, telegram, slack, failed)


@asynccontextmanager
async def doubles() -> AsyncIterator[tuple[FeedServer, TelegramServer, SlackServer]]:
    """The three servers, with people, chats and channels."""
    async with FeedServer() as feeds, peopled_telegram() as telegram, SlackServer() as slack:
        slack.channel("C1", "news")
        slack.channel("C2", "elsewhere", member=False)
        slack.dm("D1", "U1")
        yield feeds, telegram, slack
