"""The whole way, with real HTTP, a real store and the real parser's code; only the chat is a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from bot.app import App, Parts
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat
from bot.domain.entries import FeedSpec, ParsedFeed
from bot.domain.facts import Observer, no_observer
from bot.domain.polling import Cadence, Failed, Fetched
from bot.feeds.fetch import HttpFetcher
from bot.feeds.guard import LOOPBACK
from bot.feeds.reading import read_document
from bot.ports import Clock, Messenger, NoTranslator, Point, Probe, Translator, no_probe
from tests.fakes import lexicons
from tests.fakes.chats import FileMessenger
from tests.fakes.outside import Outside
from tests.fakes.postgres import opened
from tests.fakes.stores import open_temporary_store

INTERVAL = timedelta(minutes=5)

OF_A_BULLETIN = tuple(point for point in Point if point not in (Point.SLOT_DECIDED, Point.DIGEST_OWED))
"""The points that every bulletin passes; the others are those of digests."""


class InlineParser:
    """The parser's code without its process: a process that is killed by a test should leave no other behind."""

    async def parse(self, fetched: Fetched, items_seen: bytes = b"") -> ParsedFeed | Failed:
        return read_document(fetched.body, fetched.content_type, fetched.url, items_seen)


@dataclass(frozen=True, slots=True)
class World:
    app: App
    chat: Chat


def catalog_of(feeds: Sequence[str]) -> Catalog:
    """The small catalog with these feeds, each of an outlet of its own."""
    names = ("Reuters", "BBC News", "TASS", "NHK")
    specs = tuple(FeedSpec(url, names[index % len(names)], "en") for index, url in enumerate(feeds))
    return replace(lexicons.small_catalog(), feeds=specs)


@asynccontextmanager
async def living(
    folder: Path,
    configured: Catalog,
    clock: Clock,
    *,
    messenger: Messenger | None = None,
    probe: Probe = no_probe,
    translator: Translator | None = None,
    observe: Observer = no_observer,
    callback: str = "",
    database: str | None = None,
) -> AsyncIterator[World]:
    """A started app over the store in `folder`, and a chat that follows every topic on offer.

    The store is at the address of a `database` instead, where one is named. The chat is `chat.jsonl` in the folder, unless there is another messenger. With a `callback`, hubs are asked.
    """
    store = await (opened(database, durable=True) if database else open_temporary_store(folder, durable=True))
    async with HttpFetcher(clock, private=LOOPBACK) as fetcher:
        app = App(
            Parts(
                catalog=configured,
                store=store,
                clock=clock,
                fetcher=Outside(fetcher),
                parser=InlineParser(),
                messengers={"console": messenger or FileMessenger(folder / "chat.jsonl")},
                cadence=Cadence(INTERVAL, INTERVAL, spread=0),
                probe=probe,
                translator=translator or NoTranslator(),
                observe=observe,
                hubs=fetcher if callback else None,
                callback=callback,
            )
        )
        try:
            chat = await store.ensure_chat("console", "console", "Console", clock.now())
            await app.start()
            for topic in await store.topics():
                await store.subscribe(chat.id, topic.id, clock.now())
            yield World(app, chat)
        finally:
            await store.close()
