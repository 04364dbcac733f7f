"""What a terminal shows: a conversation, and the demo's recorded day. Ends on /stop, Ctrl-C or at the day's end."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal
from rich.console import Console

from bot.app import App, Parts, network
from bot.chat.console import ConsoleChat, ConsoleMessenger
from bot.chat.drawing import draw, make_console
from bot.chat.locales import load_speeches
from bot.clock import ShiftedClock, SystemClock
from bot.demo import RecordedDay, before, pace, publishing, read_day
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat
from bot.domain.documents import code, document, line, strong
from bot.domain.polling import Cadence
from bot.domain.speech import ENGLISH
from bot.feeds.guard import LOOPBACK
from bot.ports import Clock, Store
from bot.settings.environment import Environment
from bot.settings.files import load_catalog
from bot.storage.database import StoreProblem
from bot.storage.sql import open_store

DEMO_SECONDS = 55.0
FAST_DEMO_SECONDS = 7.0
DEMO_CADENCE = Cadence(timedelta(minutes=15), timedelta(minutes=15))
DEMO_TICK_SECONDS = 0.2
DEMO_LEAD = timedelta(hours=2)
"""How far the demo's clock runs ahead of its polls: on a slow machine the day takes longer, and nothing of it is late."""


async def run_demo(environment: Environment, *, fast: bool) -> str | None:
    """`sokuho demo`: the recorded day over loopback HTTP, on a shifted clock, in a store that is thrown away."""
    day = read_day(environment.config_dir / "demo")
    if not isinstance(day, RecordedDay):
        return "\n".join(map(str, day))
    catalog = load_catalog(environment.config_dir, feeds=())
    if not isinstance(catalog, Catalog):
        return "\n".join(map(str, catalog))
    console = make_console()
    with tempfile.TemporaryDirectory(prefix="sokuho-demo-") as folder:
        async with (
            opened_store(f"sqlite:///{Path(folder) / 'demo.db'}") as store,
            network(SystemClock(), environment.contact, LOOPBACK) as (fetcher, parser),
        ):
            if isinstance(store, StoreProblem):
                return store.sentence
            clock = ShiftedClock(before(day), pace(day, FAST_DEMO_SECONDS if fast else DEMO_SECONDS))
            async with publishing(day, clock) as server:
                app = App(
                    Parts(
                        catalog=replace(
                            catalog, feeds=day.specs(server), outlets=day.with_outlets(catalog.outlets)
                        ),
                        store=store,
                        clock=clock,
                        fetcher=fetcher,
                        parser=parser,
                        messengers={"console": ConsoleMessenger(console, load_speeches())},
                        cadence=DEMO_CADENCE,
                        tick_seconds=DEMO_TICK_SECONDS,
                    )
                )
                await app.start()
                # The first poll finds the feeds empty, so that all of the day is news, however slow the machine.
                await app.step()
                clock.limit(clock.now() + DEMO_LEAD)
                clock.run()
                await _show_day(app, day, clock, console, ends=fast or not sys.stdin.isatty())
    return None


async def _show_day(app: App, day: RecordedDay, clock: ShiftedClock, console: Console, *, ends: bool) -> None:
    """Run the day through; then `ends` the session, or leaves it to the person."""
    chat = await console_chat(app.parts.store, app.parts.clock)
    stop = asyncio.Event()
    talk = ConsoleChat(app.services(stop.set), chat, console)
    draw(
        document(
            line(strong("Sokuho"), f": {day.begins:%-d %B} to {day.ends:%-d %B %Y}, passing quickly."),
            "Five demo feeds in three languages arrive over HTTP on this machine; every sentence is our own.",
            line(
                "Type while it runs: ",
                code("/why"),
                ", ",
                code("/topics"),
                ", ",
                code("/help"),
                ", ",
                code("/stop"),
            ),
        ),
        console,
    )
    slugs = " ".join(topic.slug for topic in app.parts.catalog.topics)

    async def close_the_day() -> None:
        await _passed(app, day, clock)
        status = await app.parts.store.feed_statuses()
        sent = await app.parts.store.sent_messages(chat.id, limit=1000)
        bulletins = sum(message.delivery.answers is None for message in sent)
        entries = ENGLISH.plural("{n} entry", "{n} entries", sum(feed.entries for feed in status))
        told = ENGLISH.plural("{n} bulletin", "{n} bulletins", bulletins)
        draw(
            document(
                f"The day is over: {entries}, {told}.",
                line("The real feeds are next: ", code("make run")),
            ),
            console,
        )
        if ends:
            stop.set()

    closing = asyncio.create_task(close_the_day())
    try:
        await attend(app, talk, stop, first=f"/subscribe {slugs}")
    finally:
        closing.cancel()
        with suppress(asyncio.CancelledError):
            await closing


async def _passed(app: App, day: RecordedDay, clock: ShiftedClock) -> None:
    """Let the clock go on as the feeds are polled; return when all of the day has been polled, decided and sent."""
    store = app.parts.store
    done = False
    while not done:
        await asyncio.sleep(DEMO_TICK_SECONDS)
        polls = [feed.last_poll for feed in await store.feed_statuses()]
        queue = await store.queue_status(clock.now())
        clock.limit(min(filter(None, polls)) + DEMO_LEAD)
        polled = all(poll is not None and poll > day.ends for poll in polls)
        done = polled and not queue.entries and not queue.messages


async def attend(
    app: App,
    talk: ConsoleChat,
    stop: asyncio.Event,
    *,
    first: str,
    reload: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Run the app and the conversation, which begins with the line `first`, until `stop`."""

    async def opening() -> AsyncIterator[str]:
        yield first

    stop_on_signals(stop)
    await talk.converse(opening(), echo=True)
    conversation = asyncio.create_task(talk.run())
    try:
        await app.run(stop, reload)
    finally:
        conversation.cancel()
        with suppress(asyncio.CancelledError):
            await conversation


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` on Ctrl-C and SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)


async def console_chat(store: Store, clock: Clock) -> Chat:
    """The terminal as a chat; a new one lives in the machine's time zone."""
    return await store.ensure_chat(
        "console", "console", "This terminal", clock.now(), time_zone=_machine_zone()
    )


def _machine_zone() -> str:
    """The machine's time zone, or UTC where it has none that the time zone database knows."""
    try:
        return ZoneInfo(tzlocal.get_localzone_name() or "UTC").key
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"


@asynccontextmanager
async def opened_store(url: str) -> AsyncIterator[Store | StoreProblem]:
    """The store of a process that is alone, closed at the end; or why it cannot be opened."""
    store = await open_store(url)
    try:
        yield store
    finally:
        if not isinstance(store, StoreProblem):
            await store.close()
