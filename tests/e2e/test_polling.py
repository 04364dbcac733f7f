"""Polling many feeds: who is asked when, and what one feed's trouble means for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SimulatedClock
from bot.domain.entries import ParsedFeed
from bot.domain.polling import MAX_INTERVAL, MOVE_HOLDS_FOR, MOVE_HOLDS_POLLS, Failed, Fetched
from bot.polling import FILED_AT_ONCE, POLLS_AT_ONCE, POLLS_PER_HOST, REST
from bot.ports import Point
from tests.e2e.newsday import START
from tests.e2e.world import INTERVAL, World, catalog_of, living
from tests.fakes.feed_server import FeedServer, Item


def news(*names: str) -> list[Item]:
    return [Item(f"Story {name}", id=name, summary=f"What {name} says") for name in names]


async def later(world: World, clock: SimulatedClock, wait: timedelta = INTERVAL) -> None:
    clock.advance_to(clock.now() + wait)
    await world.app.step()


async def titles(world: World) -> list[str]:
    entries = await world.app.parts.store.entries_since(START - timedelta(days=1), 10_000)
    return sorted(entry.title for entry in entries)


async def test_more_feeds_than_are_asked_at_once(tmp_path: Path) -> None:
    """One look polls all that are due, however many they are and however few hosts they are on."""
    clock, count = SimulatedClock(START), 2 * FILED_AT_ONCE + 5
    async with FeedServer() as server:
        for n in range(count):
            server.publish(f"/{n}", news(str(n)))
        urls = [server.url(f"/{n}", host="localhost" if n % 2 else "127.0.0.1") for n in range(count)]
        async with living(tmp_path, catalog_of(urls), clock) as world:
            assert await world.app.poller.poll_due() == count
            assert len(await titles(world)) == count
            assert await world.app.poller.poll_due() == 0


async def test_no_feed_is_left_when_its_host_is_done_while_others_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Feeds that were not begun because their host was busy are polled, even if it no longer is by the answer."""
    clock, count = SimulatedClock(START), POLLS_PER_HOST + 3
    async with FeedServer() as server:
        for n in range(count):
            server.publish(f"/{n}", news(str(n)))
        urls = [server.url(f"/{n}") for n in range(count)]
        async with living(tmp_path, catalog_of(urls), clock) as world:
            poller, due_feeds = world.app.poller, world.app.parts.store.due_feeds

            async def slow(*arguments: Any, busy: Collection[str] = (), **more: Any) -> Any:
                due = await due_feeds(*arguments, busy=busy, **more)
                while busy and poller._under_way:
                    poller._look.clear()
                    await poller._look.wait()
                return due

            monkeypatch.setattr(world.app.parts.store, "due_feeds", slow)
            polling = asyncio.create_task(poller.poll_due())
            await server.until_asked("/0")
            assert await poller.poll_due() == 0
            assert await polling == count


async def test_a_host_that_dawdles_holds_up_only_its_own_feeds(tmp_path: Path) -> None:
    """While a host keeps all of its places busy, more of its feeds wait, and those of other hosts are polled."""
    clock, stored = SimulatedClock(START), asyncio.Event()

    def probe(point: Point) -> None:
        if point is Point.INGESTED:
            stored.set()

    async with FeedServer() as server:
        server.silence("/slow")
        server.publish("/news", news("a"))
        slow = [server.url(f"/slow?{n}", host="localhost") for n in range(POLLS_AT_ONCE + 10)]
        configured = catalog_of([*slow, server.url("/news")])
        async with living(tmp_path, configured, clock, probe=probe) as world:
            polling = asyncio.create_task(world.app.poller.poll_due())
            await server.until_asked("/slow", POLLS_PER_HOST)
            await stored.wait()
            assert await titles(world) == ["Story a"]
            assert len(server.requests_for("/slow")) == POLLS_PER_HOST
            assert await world.app.poller.poll_due() == 0
            polling.cancel()
            await asyncio.wait({polling})


async def test_a_feed_that_trips_us_up_is_alone_in_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Feeds that are stored together with one that our code fails on are stored, and that one backs off."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        for name in "abc":
            server.publish(f"/{name}", news(name))
        async with living(tmp_path, catalog_of([server.url(f"/{name}") for name in "abc"]), clock) as world:
            store = world.app.parts.store
            record = store.record_poll

            async def fails_on_b(*records: Any) -> int:
                if any(one.feed_id == 2 and one.error is None for one in records):
                    raise ZeroDivisionError
                return await record(*records)

            monkeypatch.setattr(store, "record_poll", fails_on_b)
            assert await world.app.poller.poll_due() == 3
            assert await titles(world) == ["Story a", "Story c"]
            statuses = await store.feed_statuses()
            assert [status.failures for status in statuses] == [0, 1, 0]


async def test_while_nothing_can_be_stored_nobody_is_asked_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is told, and feeds are left alone for a while; then all of it is made up for."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.publish("/a", news("a"))
        async with living(tmp_path, catalog_of([server.url("/a")]), clock) as world:
            with monkeypatch.context() as fault:
                fault.setattr(world.app.parts.store, "record_poll", _full_disk)
                with pytest.raises(ExceptionGroup):
                    await world.app.poller.poll_due()
                assert await world.app.poller.poll_due() == 0
            assert len(server.requests_for("/a")) == 1
            await later(world, clock, REST)
            assert await titles(world) == ["Story a"]


async def _full_disk(*_: object) -> int:
    raise OSError(28, "No space left on device")


async def test_a_permanent_redirect_is_followed_for_good_once_it_has_held(tmp_path: Path) -> None:
    """After days of 301 the new address is asked itself; if that fails for long, the configured one is again."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.redirect("/old", "/new", status=301)
        server.publish("/new", news("a"))
        async with living(tmp_path, catalog_of([server.url("/old")]), clock) as world:
            await world.app.step()
            for _ in range(MOVE_HOLDS_POLLS):
                assert server.requests[-2].path == "/old"
                await later(world, clock, MOVE_HOLDS_FOR / MOVE_HOLDS_POLLS)
            asked = len(server.requests_for("/old"))
            await later(world, clock)
            assert (server.requests[-1].path, server.requests[-1].status) == ("/new", 304)
            assert len(server.requests_for("/old")) == asked

            server.answer("/new", 410)
            server.publish("/old", news("b"))
            await later(world, clock)
            [status] = await world.app.parts.store.feed_statuses()
            assert status.active
            await later(world, clock, MAX_INTERVAL)
            assert await titles(world) == ["Story a", "Story b"]


async def test_a_host_that_asks_for_fewer_requests_gets_them(tmp_path: Path) -> None:
    """One feed's 429 holds all of its host's for the time it asks; those of others are polled as ever."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.answer("/busy", 429, {"Retry-After": "1800"})
        server.publish("/a", news("a"))
        urls = [server.url("/busy"), server.url("/a"), server.url("/a", host="localhost")]
        async with living(tmp_path, catalog_of(urls), clock) as world:
            await world.app.step()
            asked = len(server.requests)
            await later(world, clock, timedelta(minutes=29))
            assert [request.headers["Host"] for request in server.requests[asked:]] == [
                f"localhost:{server.port}"
            ]
            server.publish("/busy", news("b"))
            await later(world, clock, timedelta(hours=1))
            assert len(server.requests_for("/busy")) == 2
            assert len(server.requests_for("/a")) == 5


async def test_what_a_feed_asks_in_its_document_counts_for_304_too(tmp_path: Path) -> None:
    """A ttl is remembered with the feed: «not modified» has no document to say it again."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.serve("/a", b"<rss version='2.0'><channel><title>t</title><ttl>90</ttl></channel></rss>")
        async with living(tmp_path, catalog_of([server.url("/a")]), clock) as world:
            await world.app.step()
            await later(world, clock, timedelta(minutes=89))
            assert len(server.requests) == 1
            await later(world, clock, timedelta(minutes=1))
            await later(world, clock, timedelta(minutes=89))
            assert [request.status for request in server.requests] == [200, 304]


async def test_a_burst_is_noticed(tmp_path: Path) -> None:
    """When all items of a document are new, others may have come and gone; one that stayed says that none did."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.publish("/a", news("a", "b", "c"))
        async with living(tmp_path, catalog_of([server.url("/a")]), clock) as world:
            await world.app.step()

            async def last_burst() -> object:
                return (await world.app.parts.store.feed_statuses())[0].last_burst

            assert await last_burst() is None
            server.publish("/a", news("e", "d", "c"))
            await later(world, clock)
            assert await last_burst() is None
            server.publish("/a", news("h", "g", "f"))
            await later(world, clock)
            assert await last_burst() == clock.now()


async def test_only_what_is_new_is_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The poller hands the parser what it knew the document by, so that the second time it reads one item."""
    clock = SimulatedClock(START)
    read: list[int] = []
    async with FeedServer() as server:
        server.publish("/a", news("a", "b", "c"))
        async with living(tmp_path, catalog_of([server.url("/a")]), clock) as world:
            parse = world.app.parts.parser.parse

            async def watched(fetched: Fetched, items_seen: bytes = b"") -> ParsedFeed | Failed:
                parsed = await parse(fetched, items_seen)
                assert isinstance(parsed, ParsedFeed)
                read.append(len(parsed.entries))
                return parsed

            monkeypatch.setattr(world.app.parts.parser, "parse", watched)
            await world.app.step()
            server.publish("/a", news("d", "a", "b"))
            await later(world, clock)
            assert read == [3, 1]
            assert await titles(world) == [f"Story {name}" for name in "abcd"]


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_a_password_is_used_and_not_stored(tmp_path: Path) -> None:
    """The configuration has it: it goes to the server at each poll, and into nothing that is kept."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.publish("/feed", news("1"))
        configured = catalog_of([server.url("/feed")])
        secret = replace(configured, feeds=tuple(replace(one, user="me:hunter2") for one in configured.feeds))
        async with living(tmp_path, secret, clock) as world:
            await world.app.step()
            await later(world, clock)
            assert await titles(world) == ["Story 1"]
        assert ["Authorization" in request.headers for request in server.requests] == [True, True]
    assert b"hunter2" not in on_disk(tmp_path)
