"""Feeds that are pushed: from the hub in the document to the message in the chat."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.clock import SimulatedClock
from bot.domain.entries import ParsedFeed
from bot.domain.polling import Failed, Fetched
from bot.domain.websub import PUSHED_INTERVAL
from bot.feeds.websub import MAX_PUSHED, PATH, routes_of
from bot.health import serving_health
from bot.ports import PollRecord
from bot.subscribing import Subscriber
from tests.e2e.newsday import START
from tests.e2e.world import INTERVAL, World, catalog_of, living
from tests.fakes.chats import read_chat
from tests.fakes.feed_server import FeedServer, Item, rss
from tests.fakes.hub import Hub

OLD = Item("Nothing of note", id="old")
NEW = Item("Ukraine ceasefire talks to begin in Geneva", id="new", link="http://a.example/new")

OTHER = Item("Russia and the US hold a summit in Alaska", id="other", link="http://a.example/other")


def document(hub: Hub, *items: Item) -> bytes:
    link = f"<link xmlns='http://www.w3.org/2005/Atom' rel='hub' href='{hub.url}'/>"
    return rss(items).replace(b"<description/>", b"<description/>" + link.encode())


@dataclass(frozen=True, slots=True)
class Pushed:
    """A world with one feed that names a hub, which has been polled once."""

    world: World
    clock: SimulatedClock
    server: FeedServer
    hub: Hub
    folder: Path

    @property
    def subscriber(self) -> Subscriber:
        assert self.world.app.subscriber is not None
        return self.world.app.subscriber

    def told(self) -> list[str]:
        return [message.text for message in read_chat(self.folder / "chat.jsonl")]

    async def later(self, wait: timedelta) -> None:
        self.clock.advance_to(self.clock.now() + wait)
        await self.world.app.step()


@asynccontextmanager
async def pushed(folder: Path) -> AsyncIterator[Pushed]:
    clock = SimulatedClock(START)
    with socket.create_server(("127.0.0.1", 0)) as free:
        ours = f"127.0.0.1:{free.getsockname()[1]}"
    async with FeedServer() as server, Hub() as hub:
        server.serve("/feed", document(hub, OLD))
        configured = catalog_of([server.url("/feed")])
        async with living(folder, configured, clock, callback=f"http://{ours}{PATH}") as world:
            await world.app.step()
            assert world.app.subscriber is not None
            async with serving_health(ours, {}, routes_of(world.app.subscriber)):
                yield Pushed(world, clock, server, hub, folder)


async def test_what_is_pushed_is_told_without_a_poll(tmp_path: Path) -> None:
    """The hub is asked once, asks back, and what it then pushes goes the way of what is polled."""
    async with pushed(tmp_path) as there:
        assert await there.subscriber.work() == 1
        await there.hub.verified.wait()
        assert await there.subscriber.work() == 0
        (form,) = there.hub.asked
        assert (form["hub.mode"], form["hub.topic"]) == ("subscribe", there.server.url("/feed"))
        assert len(form["hub.secret"]) > 20

        assert await there.hub.push(document(there.hub, NEW)) == 202
        await there.world.app.work_off()
        (message,) = there.told()
        assert "ceasefire" in message
        assert len(there.server.requests) == 1

        # What is polled later holds both; neither is new, and nothing may have been missed.
        there.server.serve("/feed", document(there.hub, NEW, OLD))
        await there.later(PUSHED_INTERVAL)
        assert len(there.server.requests) == 2
        assert len(there.told()) == 1
        (status,) = await there.world.app.parts.store.feed_statuses()
        assert (status.entries, status.last_burst) == (2, None)


async def test_what_is_pushed_while_another_is_stored_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a look at what is due comes in between, as one does every second."""
    read, storing, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    async with pushed(tmp_path) as there:
        await there.subscriber.work()
        await there.hub.verified.wait()
        parts = there.world.app.parts
        record, parse = parts.store.record_poll, parts.parser.parse

        async def record_slowly(*records: PollRecord) -> int:
            storing.set()
            await go_on.wait()
            return await record(*records)

        async def parse_and_tell(fetched: Fetched, items_seen: bytes = b"") -> ParsedFeed | Failed:
            parsed = await parse(fetched, items_seen)
            read.set()
            return parsed

        monkeypatch.setattr(parts.store, "record_poll", record_slowly)
        first = asyncio.create_task(there.hub.push(document(there.hub, NEW)))
        await storing.wait()
        monkeypatch.setattr(parts.parser, "parse", parse_and_tell)
        second = asyncio.create_task(there.hub.push(document(there.hub, OTHER)))
        await read.wait()
        await asyncio.sleep(0)
        assert await there.world.app.poller.poll_due() == 0
        go_on.set()
        assert (await first, await second) == (202, 202)
        await there.world.app.work_off()
        assert len(there.told()) == 2


async def test_polling_relaxes_while_a_feed_is_pushed(tmp_path: Path) -> None:
    """After the next poll it is asked every hour; when the lease has ended without renewal, as often as before."""
    async with pushed(tmp_path) as there:
        await there.subscriber.work()
        await there.hub.verified.wait()
        await there.later(INTERVAL)
        for _ in range(3):
            await there.later(INTERVAL)
        assert len(there.server.requests) == 2
        await there.later(timedelta(days=2))
        await there.later(INTERVAL)
        assert len(there.server.requests) == 4


async def test_only_what_is_signed_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forged push is dropped without a word, an unknown address is gone, and rubbish harms nothing."""
    async with pushed(tmp_path) as there:
        await there.subscriber.work()
        await there.hub.verified.wait()
        assert await there.hub.push(document(there.hub, NEW), secret="guessed") == 202
        assert await there.hub.push(document(there.hub, NEW), method="md5") == 202
        assert await there.hub.push(document(there.hub, NEW), token="x") == 410
        assert await there.hub.push(b"\x00 no feed") == 202
        with monkeypatch.context() as patch:
            patch.setattr("bot.feeds.websub.MAX_PUSHED", 1_000)
            assert await there.hub.push(bytes(1_001)) == 413
        await there.world.app.work_off()
        assert there.told() == []
        (status,) = await there.world.app.parts.store.feed_statuses()
        assert (status.entries, status.failures) == (1, 0)


async def test_what_was_overheard_and_pushed_again_is_told_once(tmp_path: Path) -> None:
    """Signed as it is, it brings nothing that is not there."""
    async with pushed(tmp_path) as there:
        await there.subscriber.work()
        await there.hub.verified.wait()
        for _ in range(3):
            assert await there.hub.push(document(there.hub, NEW)) == 202
            await there.world.app.work_off()
        assert len(there.told()) == 1


async def test_what_is_pushed_may_not_unpack_to_more(tmp_path: Path) -> None:
    """A small body that unpacks to a large one is refused as a large one is."""
    async with pushed(tmp_path) as there:
        await there.subscriber.work()
        await there.hub.verified.wait()
        (form,) = there.hub.asked
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                form["hub.callback"],
                data=gzip.compress(bytes(MAX_PUSHED + 1)),
                headers={"Content-Encoding": "gzip"},
            ) as answer,
        ):
            assert answer.status == 413


async def test_only_what_was_asked_is_confirmed(tmp_path: Path) -> None:
    """Another topic, another address or an end that nobody wanted are not confirmed; a denial ends the subscription."""
    async with pushed(tmp_path) as there:
        await there.subscriber.work()
        await there.hub.verified.wait()
        (form,) = there.hub.asked
        for mode, topic, token in (
            ("subscribe", "http://other.example/", ""),
            ("subscribe", None, "x"),
            ("unsubscribe", None, ""),
            ("", None, ""),
        ):
            assert (await there.hub.say(form, mode, topic, token))[0] == 404
        assert (await there.hub.say(form, "denied"))[0] == 200
        due = await there.world.app.parts.store.due_feeds(START + timedelta(days=9), 1)
        assert due[0][0].pushed_until is None


async def test_a_subscription_is_renewed(tmp_path: Path) -> None:
    """Before the lease ends the hub is asked again, under the same address; one that fails is tried again."""
    async with pushed(tmp_path) as there:
        there.hub.status = 500
        await there.subscriber.work()
        assert await there.subscriber.work() == 0
        await there.later(timedelta(hours=1))
        there.hub.status = 202
        assert await there.subscriber.work() == 1
        await there.hub.verified.wait()
        there.hub.verified.clear()
        await there.later(timedelta(seconds=there.hub.lease_seconds * 0.8))
        assert await there.subscriber.work() == 1
        await there.hub.verified.wait()
        assert len({form["hub.callback"] for form in there.hub.asked}) == 1
        assert len(there.hub.asked) == 3
