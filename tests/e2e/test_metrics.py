"""`/metrics`: what is counted on the way of an entry, and that nothing in it tells who or what it was about."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from bot.clock import SimulatedClock
from bot.domain.deliveries import Refused, Sent, Unknown
from bot.domain.facts import lag
from bot.domain.stories import Report, Story
from bot.health import serving_health
from bot.metrics import Metrics
from tests.domain.records import entry
from tests.e2e.world import World, catalog_of, living
from tests.fakes.chats import ScriptedMessenger
from tests.fakes.feed_server import FeedServer, Item

START = datetime(2025, 8, 8, 6, tzinfo=UTC)


async def scraped(metrics: Metrics, world: World, clock: SimulatedClock) -> dict[tuple[str, ...], float]:
    """By name and labels, over HTTP."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    async with (
        serving_health(address, {}, [metrics.route(world.app.parts.store, clock)]),
        aiohttp.ClientSession() as session,
        session.get(f"http://{address}/metrics") as response,
    ):
        assert response.content_type == "text/plain"
        text = await response.text()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_the_way_of_an_entry_is_counted(tmp_path: Path) -> None:
    clock, metrics = SimulatedClock(START), Metrics()
    chat = ScriptedMessenger(Unknown("cut off"), Sent("m1"), Refused("no"))
    async with FeedServer() as server:
        catalog = catalog_of([server.url("/feed"), server.url("/gone")])
        server.publish("/feed", [])
        async with living(tmp_path, catalog, clock, messenger=chat, observe=metrics) as world:
            await world.app.step()
            server.publish(
                "/feed", [Item("Ukraine ceasefire agreed", id="1"), Item("Weather stays fine", id="2")]
            )
            for _ in range(4):
                clock.advance_to(clock.now() + timedelta(minutes=5))
                await world.app.step()
            found = await scraped(metrics, world, clock)
    assert found["sokuho_polls_total", "new"] == 1
    assert found["sokuho_polls_total", "nothing new"] == 4
    assert found["sokuho_polls_total", "refused"] >= 1
    assert found["sokuho_entries_total",] == found["sokuho_judged_entries_total",] == 2
    assert found["sokuho_matches_total",] == 1
    assert found["sokuho_stories_total", "opened"] == 2
    assert found["sokuho_intents_total",] == 1
    assert found["sokuho_deliveries_total", "new", "uncertain", "console"] == 1
    assert found["sokuho_deliveries_total", "new", "sent", "console"] == 1
    assert found["sokuho_limiter_wait_seconds_count", "news", "console"] == 2
    assert found["sokuho_feeds", "failing"] == found["sokuho_feeds", "well"] == 1
    assert found["sokuho_queue", "outbox"] == found["sokuho_queue_age_seconds", "outbox"] == 0


async def test_what_waits_has_an_age(tmp_path: Path) -> None:
    clock, metrics = SimulatedClock(START), Metrics()
    async with FeedServer() as server:
        server.publish("/feed", [])
        async with living(tmp_path, catalog_of([server.url("/feed")]), clock) as world:
            await world.app.step()
            server.publish("/feed", [Item("Ukraine ceasefire agreed", id="1")])
            clock.advance_to(START + timedelta(minutes=5))
            await world.app.poller.poll_due()
            clock.advance_to(START + timedelta(minutes=7))
            found = await scraped(metrics, world, clock)
            assert (found["sokuho_queue", "desk"], found["sokuho_queue_age_seconds", "desk"]) == (1, 120)
            await world.app.desk.work()
            clock.advance_to(START + timedelta(minutes=8))
            found = await scraped(metrics, world, clock)
            assert (found["sokuho_queue", "outbox"], found["sokuho_queue_age_seconds", "outbox"]) == (1, 60)


def test_labels_are_few_and_our_own() -> None:
    """No more series than kinds of things there are, whatever comes in."""
    names = {
        (family.name, name)
        for family in Metrics().registry.collect()
        for sample in family.samples
        for name in sample.labels
    }
    assert {name for _, name in names} <= {"le", "outcome", "change", "platform", "kind", "state", "stage"}


def test_a_lag_is_that_of_the_report_it_is_owed_for() -> None:
    """Not of what opened the story days ago, nor of what came after it was decided."""
    at = [START + timedelta(minutes=minutes) for minutes in (0, 60, 90)]
    reports = tuple(
        Report(entry(id_=number, published=when, seen=when + timedelta(minutes=4)))
        for number, when in enumerate(at)
    )
    story = Story(0, at[0], at[-1], reports)
    decided = at[1] + timedelta(minutes=5)
    assert lag(story, decided, at[1] + timedelta(minutes=6)) == timedelta(minutes=6)
    assert lag(story, decided, at[0]) == timedelta(0)
    assert lag(Story(0, at[0], at[0], ()), decided, decided + timedelta(minutes=1)) == timedelta(minutes=1)
