"""What feeds should not send, and do: odd dates and titles, no text or too much of it, and far too many entries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import SimulatedClock
from bot.domain.deliveries import REVISED_AFTER
from bot.feeds.reading import MAX_SUMMARY
from tests.e2e.newsday import AGREED, MINUTE, START, newsday
from tests.e2e.world import catalog_of, living
from tests.fakes.chats import ScriptedMessenger
from tests.fakes.events import of_its_own
from tests.fakes.feed_server import FeedServer, Item


async def test_an_odd_feed_makes_ordinary_messages(tmp_path: Path) -> None:
    """Without a summary, with 200 kB of it, with a title of emoji, from 1970 and from 2200: each is of now, and in one story."""
    clock, messenger = SimulatedClock(START), ScriptedMessenger()
    sentence = "The ceasefire of Ukraine and Russia holds from Monday on, says the office. "
    odd = [
        Item(AGREED[0], id="1", published=datetime(1970, 1, 1, tzinfo=UTC)),
        Item(AGREED[1], id="2", published=datetime(2200, 1, 1, tzinfo=UTC), summary=sentence * 2_700),
        Item("🔥🔥", id="3", summary=f"{AGREED[2]}. {sentence}"),
        Item("🔥🔥", id="4"),
        Item("", id="5", summary="x" * 200_000),
    ]
    async with FeedServer() as server:
        server.publish("/feed", [])
        async with living(tmp_path, catalog_of([server.url("/feed")]), clock, messenger=messenger) as world:
            await world.app.step()
            server.publish("/feed", odd)
            clock.advance_to(START + 5 * MINUTE)
            await world.app.step()
            stored = await world.app.parts.store.entries_since(START, 10)
    assert len(stored) == len(odd)
    assert all(len(entry.summary) <= MAX_SUMMARY for entry in stored)
    (text,) = messenger.reads()
    assert f"【{AGREED[0]}】" in text
    assert "06:05 UTC" in text
    assert "(250808)" in text
    assert text.count(sentence.strip()) == 1
    assert len(text) < 1_000


@pytest.mark.parametrize(
    "published", [None, datetime(1970, 1, 1, tzinfo=UTC), START + timedelta(days=400)], ids=str
)
async def test_odd_times_change_nothing(tmp_path: Path, published: datetime | None) -> None:
    """What is dated in the future or left undated is of now; what is dated long ago stands by itself, and breaks nothing."""
    async with newsday(tmp_path) as here:
        await here.report(AGREED[0], outlet="BBC News")
        await here.report(AGREED[1], published=published)
        await here.report(AGREED[2], outlet="TASS")
        await here.later(REVISED_AFTER)
        told = [text for text in here.reads if "BBC News" in text]
        assert len(told) == 1
        assert "TASS" in told[0]
        assert ("Reuters" in told[0]) is (published is None or published > START)


async def test_titles_without_words_and_reports_without_summary(tmp_path: Path) -> None:
    """Emoji make no story of each other, and stop nobody."""
    async with newsday(tmp_path) as here:
        await here.report("🙂🙂", "🎉", "", "‼️ 🙂", outlet="TASS")
        await here.report(AGREED[0])
        assert len(here.reads) == 1
        stories = [one.placed.story_id for one in await here.store.known_reports(START)]
        assert len(stories) == len(set(stories)) == 5


@pytest.mark.parametrize("title", ["", "🔥🔥", "❗️"])
async def test_a_text_without_a_headline_is_told_by_its_first_sentence(tmp_path: Path, title: str) -> None:
    """Two of them have nothing in common by that; one with a headline joins."""
    async with newsday(tmp_path) as here:
        await here.report(title, outlet="TASS", summary=f"{AGREED[0]}. It holds from Monday.")
        await here.report(title, outlet="NHK", summary="Storm nears Japan. Trains stand still in Tokyo.")
        (text,) = here.reads
        assert f"【{AGREED[0]}.】" in text
        assert "NHK" not in text
        await here.later(MINUTE)
        await here.report(AGREED[1], outlet="BBC News")
        await here.later(REVISED_AFTER)
        (text,) = here.reads
        assert f"【{AGREED[0]}.】" in text
        assert "2 independent" in text
        # Nobody's report, and only emoji.
        await here.report(title, outlet="AFP")
        assert len(await here.store.known_reports(START)) == 4
        assert len(here.reads) == 1


async def test_a_hundred_outlets_with_one_text(tmp_path: Path) -> None:
    """One message, which confirms nothing and stays within bounds."""
    async with newsday(tmp_path) as here:
        for number in range(100):
            await here.report(AGREED[0], outlet=f"Outlet {number}", summary="It holds from Monday. " * 20)
        await here.later(REVISED_AFTER)
        (text,) = here.reads
        assert "independent" not in text
        assert len(text) < 4096
        assert len(here.calls) == 2


async def test_a_story_of_many_reports_is_told_by_one_message(tmp_path: Path) -> None:
    """Over a day, each with a number of its own; it is edited now and then, and answered a few times at the most."""
    async with newsday(tmp_path) as here:
        for number in range(36):
            title = AGREED[number % len(AGREED)]
            await here.report(f"{title}: {number} buses", outlet=f"Outlet {number}")
            await here.later(30 * MINUTE)
        first_messages = [call for call in here.calls if not call.answers and not call.edits]
        assert len(first_messages) == 1
        assert len(here.reads) <= 7
        assert all(len(text) < 4096 for text in here.reads)


async def test_many_at_once_are_taken_in_batches(tmp_path: Path) -> None:
    """More than the desk takes at a time: all are placed, and the stories among them told once each."""
    titles = [of_its_own(f"Weather in place {number}") for number in range(300)]
    async with newsday(tmp_path) as here:
        await here.report(*titles, *AGREED)
        assert (await here.store.queue_status(here.clock.now())).entries == 0
        assert len(here.reads) == 1
        assert len(await here.store.known_reports(START)) == 310
