"""One event is one message: it grows, is answered and corrected; stories that merge go on as one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SimulatedClock
from bot.domain.clustering import Joining, Likeness, OpenStories
from bot.domain.deciding import UPDATES_APART
from bot.domain.deliveries import REVISED_AFTER
from tests.e2e.newsday import AGREED, BROKEN, HOUR, MINUTE, OUTLETS, START, newsday
from tests.e2e.world import catalog_of, living
from tests.fakes.chats import ScriptedMessenger
from tests.fakes.events import of_its_own
from tests.fakes.feed_server import FeedServer, Item

SECOND = timedelta(seconds=1)


async def test_ten_outlets_on_one_event_are_one_message_edited_once(tmp_path: Path) -> None:
    """A minute after the second of them; a repeat sends nothing."""
    async with newsday(tmp_path) as here:
        await here.all_agree()
        assert len(here.calls) == 1
        await here.later(REVISED_AFTER - 10 * SECOND)
        assert len(here.calls) == 1
        await here.later(SECOND)
        (_, edit) = here.calls
        assert edit.edits == "m1"
        (text,) = here.reads
        assert AGREED[0] in text
        assert "10 independent" in text
        assert text.startswith("❗️")
        await here.later(HOUR)
        assert len(here.calls) == 2


async def test_a_development_answers_with_what_is_new(tmp_path: Path) -> None:
    """Without a sound, half an hour after the chat was told at the earliest; the message is revised as well."""
    async with newsday(tmp_path) as here:
        await here.all_agree()
        await here.later(UPDATES_APART)
        before = len(here.calls)
        await here.report(BROKEN, outlet="The Independent")
        (answer,) = here.calls[before:]
        assert (answer.answers, answer.silent, answer.edits) == ("m1", True, None)
        assert "kills 12" in answer.text
        assert not any(title in answer.text for title in AGREED)
        await here.later(REVISED_AFTER)
        assert [call.edits for call in here.calls[before:]] == [None, "m1"]
        assert len(here.reads) == 2
        # The same in other words is no development of that.
        await here.later(UPDATES_APART)
        await here.report(f"Kharkiv: {BROKEN}", outlet="Der Standard")
        assert len(here.reads) == 2


async def test_a_development_too_soon_revises_alone(tmp_path: Path) -> None:
    async with newsday(tmp_path) as here:
        await here.all_agree()
        await here.later(10 * MINUTE)
        await here.report(BROKEN, outlet="The Independent")
        await here.later(REVISED_AFTER)
        assert len(here.reads) == 1
        assert "11 independent" in here.reads[0]


@pytest.mark.parametrize(("updates", "silent"), [("off", None), ("silent", True), ("loud", False)])
async def test_updates_as_the_chat_wants_them(tmp_path: Path, updates: str, silent: bool | None) -> None:
    async with newsday(tmp_path) as here:
        await here.wish(updates=updates)
        await here.all_agree()
        await here.later(UPDATES_APART)
        await here.report(BROKEN, outlet="The Independent")
        answers = [call.silent for call in here.calls if call.answers]
        assert answers == ([] if silent is None else [silent])


async def test_who_waits_for_a_second_outlet_hears_then(tmp_path: Path) -> None:
    """A reprint is none; the message names both, and nothing is edited for it."""
    async with newsday(tmp_path) as here:
        await here.wish(wait_for=2)
        await here.report(AGREED[0])
        await here.report(AGREED[0], outlet="DPA")
        await here.later(HOUR)
        assert here.calls == []
        await here.report(AGREED[1], outlet="BBC News")
        await here.later(HOUR)
        (call,) = here.calls
        assert "BBC News" in call.text


async def test_the_rest_of_the_hour_comes_as_one_message(tmp_path: Path) -> None:
    """Nothing is dropped, and the one message counts for the hour that follows."""
    titles = [of_its_own(f"Ukraine ceasefire {number}") for number in range(5)]
    async with newsday(tmp_path) as here:
        await here.wish(hourly=1)
        for title in titles[:4]:
            await here.report(title)
            await here.later(MINUTE)
        assert len(here.reads) == 1
        await here.later(HOUR - 4 * MINUTE - SECOND)
        assert len(here.reads) == 1
        await here.later(SECOND)
        first, rest = here.reads
        assert titles[0] in first
        assert rest.startswith("📬")
        assert all(title in rest for title in titles[1:4])
        await here.report(titles[4])
        await here.later(HOUR - SECOND)
        assert len(here.reads) == 2
        await here.later(SECOND)
        assert titles[4] in here.reads[2]
        assert "📬" not in here.reads[2]


async def test_a_retraction_is_marked(tmp_path: Path) -> None:
    """At once, and with the new headline: it is the one change that a message makes to what it said."""
    clock, messenger = SimulatedClock(START), ScriptedMessenger()
    async with FeedServer() as server:
        server.publish("/feed", [])
        async with living(tmp_path, catalog_of([server.url("/feed")]), clock, messenger=messenger) as world:
            await world.app.step()
            for title in (AGREED[0], f"Retracted: {AGREED[0]}"):
                server.publish("/feed", [Item(title, id="a")])
                clock.advance_to(clock.now() + 5 * MINUTE)
                await world.app.step()
    (first, edit) = messenger.calls
    assert edit.edits == "m1"
    assert "Retracted" in edit.text
    assert edit.text.startswith("✏️ Correction 🏛 🇺🇦🇷🇺 【")
    assert not first.text.startswith("✏️")


BRIDGE = "Truce at the Bosphorus: Kyiv and Moscow sign"


@pytest.fixture
def bridging(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Have the report with the title `BRIDGE` tell that two stories (younger, older) are one."""
    place = OpenStories.place

    def merges(younger: int, older: int) -> None:
        def bridged(self: OpenStories, *args: Any, title: str, **rest: Any) -> Joining:
            if title != BRIDGE:
                return place(self, *args, title=title, **rest)
            return Joining(Likeness(older, 0.9, ("truce",)), certain=True, merges=(younger, older))

        monkeypatch.setattr(OpenStories, "place", bridged)

    return merges


async def test_stories_that_merge_go_on_in_the_older_message(
    tmp_path: Path, bridging: Callable[[int, int], None]
) -> None:
    """The younger message says where; nothing is sent again, also not when the next report comes, or after a restart."""
    older_title, younger_title = AGREED[0], of_its_own("Ukraine truce holds")
    messenger = ScriptedMessenger()
    async with newsday(tmp_path, messenger=messenger) as here:
        (older,) = await here.report(older_title)
        await here.later(MINUTE)
        (younger,) = await here.report(younger_title, outlet="TASS")
        assert len(here.reads) == 2
        bridging(younger.id, older.id)
        await here.report(BRIDGE, outlet="NHK")
        await here.later(REVISED_AFTER)
        first, second = here.reads
        assert "Reuters · TASS · NHK" in first
        assert older_title in first
        assert "↪️" not in first
        assert younger_title in second
        assert second.splitlines()[-1].startswith("↪️")
        assert older_title in second.splitlines()[-1]
    async with newsday(tmp_path, messenger=messenger, at=START + HOUR) as here:
        await here.report(younger_title, outlet="AFP")
        await here.later(REVISED_AFTER)
        assert len(here.reads) == 2
        assert "AFP" in here.reads[0]
        assert "AFP" not in here.reads[1]


async def test_a_message_keeps_its_headline_when_stories_merge(
    tmp_path: Path, bridging: Callable[[int, int], None]
) -> None:
    """Though the other story's report had come before it was sent, and tells more."""
    for_long = of_its_own("Ukraine ceasefire")
    async with newsday(tmp_path) as here:
        older, younger = await here.report(for_long, AGREED[0])
        bridging(younger.id, older.id)
        await here.later(MINUTE)
        await here.report(BRIDGE, outlet="NHK")
        await here.later(REVISED_AFTER)
        first, second = here.reads
        assert f"【{for_long}】" in first
        assert "NHK" in first
        assert f"【{AGREED[0]}】" in second
        assert for_long in second.splitlines()[-1]


async def test_a_development_of_what_was_missed_answers_the_message_that_told_it(tmp_path: Path) -> None:
    """That is neither revised nor sent again; muting the update mutes the story."""
    async with newsday(tmp_path) as here:
        chat = here.world.chat
        await here.store.pause_chat(chat.id, "for now", here.clock.now())
        for title, outlet in zip(AGREED[:3], OUTLETS, strict=False):
            await here.report(title, outlet=outlet)
        await here.later(HOUR)
        assert await here.store.resume_chat(chat.id, here.clock.now()) == 1
        await here.later(MINUTE)
        (told,) = here.reads
        assert told.startswith("📬")
        # Too soon after that, however long ago the story began.
        await here.report(f"{AGREED[3]}, 300 prisoners and 40 buses on their way", outlet="DPA")
        assert len(here.calls) == 1
        await here.later(HOUR)
        await here.report(BROKEN, outlet="AFP")
        (_, update) = here.calls
        assert (update.answers, update.edits) == ("m1", None)
        assert update.text.startswith("🆕")
        assert "kills 12" in update.text
        assert not any(title in update.text for title in AGREED)
        (sent,) = await here.store.sent_messages(chat.id, 10)
        assert await here.store.mute_story(chat.id, sent.story.id, here.clock.now(), muted=True)


async def test_a_chat_that_knows_the_younger_alone_has_its_message_grow(
    tmp_path: Path, bridging: Callable[[int, int], None]
) -> None:
    """No message about the older story is sent."""
    async with newsday(tmp_path) as here:
        (older,) = await here.report("Weather stays fine over the Bosphorus")
        (younger,) = await here.report(AGREED[0], outlet="TASS")
        bridging(younger.id, older.id)
        await here.report(BRIDGE, outlet="NHK")
        await here.report(AGREED[1], outlet="AFP")
        await here.later(REVISED_AFTER)
        (text,) = here.reads
        assert AGREED[0] in text
        assert "↪️" not in text
        assert all(outlet in text for outlet in ("TASS", "NHK", "AFP"))


@pytest.mark.parametrize("stops", range(1, 6))
async def test_a_restart_in_the_middle_goes_on_exactly(tmp_path: Path, stops: int) -> None:
    """Stories, reasons, topics and messages are what they would have been."""
    reports = [
        *zip(AGREED[:3], OUTLETS, strict=False),
        (of_its_own("Ukraine ceasefire monitors named"), "AFP"),
        (AGREED[3], "DPA"),
        (BROKEN, "The Independent"),
    ]

    async def live(folder: Path, *halts: int) -> tuple[Any, list[str]]:
        messenger, at, decided = ScriptedMessenger(), START, []
        for first, last in zip((0, *halts), (*halts, len(reports)), strict=True):
            async with newsday(folder, messenger=messenger, at=at) as here:
                for title, outlet in reports[first:last]:
                    await here.report(title, outlet=outlet)
                    await here.later(10 * MINUTE)
                at = here.clock.now()
                topics = [topic.id for topic in await here.store.topics()]
                decided = list(await here.store.latest_stories(topics, 10))
        return decided, messenger.reads()

    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    for folder in (stopped, whole):
        folder.mkdir()
    assert await live(stopped, stops) == await live(whole)
