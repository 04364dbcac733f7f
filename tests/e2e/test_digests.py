"""Digests and quiet hours, all the way: what is typed, what comes in, and what a chat reads, over restarts and kills."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat.commands import answer
from bot.clock import SimulatedClock
from bot.domain.chats import Chat
from bot.domain.deciding import Revise
from bot.domain.deliveries import NotSent, Outcome, Refused, Unknown
from bot.domain.documents import Document
from bot.domain.entries import Entry
from bot.domain.stories import Placement, Story
from bot.ports import DeskRecord, Point, Store
from tests.e2e.children import live
from tests.e2e.dying_digest import two_rounds
from tests.e2e.newsday import AGREED, BROKEN
from tests.e2e.world import World, catalog_of, living
from tests.fakes.chats import ScriptedMessenger, read_chat
from tests.fakes.events import of_its_own

NIGHT = datetime(2025, 8, 8, 23, tzinfo=UTC)
EIGHT = datetime(2025, 8, 9, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TRUCE = "Ukraine ceasefire agreed"
TALKS = "Armenia and Azerbaijan hold talks"
DIGEST = "🗞 Digest"


class SmallMessenger(ScriptedMessenger):
    """One whose messages have so much room, and addresses."""

    def __init__(self, room: int, *script: Outcome | Exception | None) -> None:
        super().__init__(*script)
        self._room = room

    def render(self, document: Document) -> str | None:  # type: ignore[override]  # a chat with limits
        links = [span.href for line in document.lines for span in line if span.href]
        text = "\n".join([document.plain, *dict.fromkeys(links)])
        return text if len(text) <= self._room else None

    def address_of(self, chat: Chat, message_id: str) -> str | None:
        return f"https://chat.example/{chat.address}/{message_id}"


class Room:
    """A chat that follows all topics, and the clock."""

    def __init__(self, world: World, clock: SimulatedClock, messenger: ScriptedMessenger) -> None:
        self.world = world
        self.clock = clock
        self.messenger = messenger

    @property
    def store(self) -> Store:
        return self.world.app.parts.store

    @property
    def reads(self) -> list[str]:
        return self.messenger.reads()

    @property
    def digests(self) -> list[str]:
        return [text for text in self.reads if DIGEST in text]

    async def type(self, text: str) -> str:
        said = await answer(self.world.app.services(), self.world.chat, text)
        await self.world.app.step()
        return said.plain

    async def report(self, title: str, outlet: str = "Reuters") -> None:
        now = self.clock.now()
        report = Entry(0, None, title, "", f"https://{outlet[:3].lower()}.example/1", outlet, "en", now, now)
        await self.store.add_entries([report])
        await self.world.app.step()

    async def at(self, instant: datetime) -> None:
        self.clock.advance_to(instant)
        await self.world.app.step()


@asynccontextmanager
async def room(
    folder: Path, messenger: ScriptedMessenger | None = None, at: datetime = NIGHT
) -> AsyncIterator[Room]:
    clock, speaks = SimulatedClock(at), messenger or ScriptedMessenger()
    async with living(folder, catalog_of([]), clock, messenger=speaks) as world:
        yield Room(world, clock, speaks)


async def test_a_digest_tells_what_came_since_the_last_one(tmp_path: Path) -> None:
    """Besides the bulletins, to which it links; the next one tells only what is new, and without news there is none."""
    async with room(tmp_path, SmallMessenger(4000)) as here:
        await here.type("/digest 08:00")
        await here.report(TRUCE)
        await here.at(EIGHT - timedelta(seconds=1))
        assert len(here.reads) == 1
        await here.at(EIGHT + timedelta(seconds=1))
        (digest,) = here.digests
        assert digest.startswith(
            "🗞 Digest: 1 story since Fri 8 Aug 08:00 UTC\n\nUkraine ceasefire\n⚡️ 🇺🇦 " + TRUCE
        )
        assert "https://chat.example/console/m1\nhttps://reu.example/1" in digest
        await here.at(EIGHT + 24 * HOUR)
        assert len(here.digests) == 1
        await here.report(TALKS)
        await here.at(EIGHT + 48 * HOUR)
        assert [TALKS in text for text in here.digests] == [False, True]
        assert TRUCE not in here.digests[-1]


async def test_a_chat_that_wants_only_digests_hears_nothing_else(tmp_path: Path) -> None:
    """Its stories link to their reports; when it wants bulletins again, what came since is told at once."""
    async with room(tmp_path) as here:
        await here.type("/digest only 08:00")
        await here.report(TRUCE)
        await here.report(TRUCE, "BBC News")
        assert here.reads == []
        await here.at(EIGHT)
        (digest,) = here.reads
        assert f"{TRUCE} — Reuters" in digest
        await here.report(TRUCE, "NHK")
        await here.report(TALKS)
        assert here.reads == [digest]
        said = await here.type("/digest off")
        assert "One message follows with 1 story since the last digest." in said
        assert len(here.reads) == 2
        assert here.reads[1].startswith("📬 Since the last digest: 1 story")
        await here.report("Russia and United States plan a summit")
        assert len(here.reads) == 3


@pytest.mark.parametrize("days", [1, 5])
async def test_one_digest_makes_up_for_all_that_were_missed(tmp_path: Path, days: int) -> None:
    """The program did not run; it tells of all since the last one, in one, and again at the next slot."""
    async with room(tmp_path) as here:
        await here.type("/digest 08:00")
        await here.at(EIGHT)
        await here.report(TRUCE)
    back = EIGHT + days * 24 * HOUR + 3 * HOUR
    async with room(tmp_path, at=back) as here:
        await here.at(back)
        await here.at(back + HOUR)
        (digest,) = here.digests
        assert digest.startswith("🗞 Digest: 1 story since Sat 9 Aug 08:00 UTC")
        await here.report(TALKS)
        await here.at(EIGHT + (days + 1) * 24 * HOUR)
        assert len(here.digests) == 2


async def test_a_restart_tells_no_digest_again(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.type("/digest 08:00")
        await here.report(TRUCE)
        await here.at(EIGHT)
        assert len(here.digests) == 1
    async with room(tmp_path, at=EIGHT + MINUTE) as here:
        await here.at(EIGHT + MINUTE)
        await here.type("/digest 08:00")
        await here.type("/settings previews on")
        assert here.digests == []


async def test_after_a_start_a_digest_waits_until_the_feeds_were_asked(tmp_path: Path) -> None:
    """What came meanwhile belongs into it; but it does not wait for ever."""
    nowhere = catalog_of(["http://127.0.0.1:9/feed"])
    async with room(tmp_path) as here:
        await here.type("/digest 08:00")
        await here.report(TRUCE)
    clock, messenger = SimulatedClock(EIGHT - 5 * MINUTE), ScriptedMessenger()
    async with living(tmp_path, nowhere, clock, messenger=messenger) as world:
        clock.advance_to(EIGHT)
        await world.app.work_off()  # nobody asks the feed
        assert not any(DIGEST in text for text in messenger.reads())
    clock, messenger = SimulatedClock(EIGHT), ScriptedMessenger()
    async with living(tmp_path, nowhere, clock, messenger=messenger) as world:
        await world.app.work_off()
        assert not any(DIGEST in text for text in messenger.reads())
        clock.advance_to(EIGHT + 11 * MINUTE)
        await world.app.work_off()
        assert sum(DIGEST in text for text in messenger.reads()) == 1


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("Europe/Berlin", datetime(2025, 3, 28, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2025, 10, 24, tzinfo=UTC)),
        ("America/New_York", datetime(2025, 3, 7, tzinfo=UTC)),
        ("America/New_York", datetime(2025, 10, 31, tzinfo=UTC)),
    ],
)
async def test_over_a_change_of_clocks_each_day_has_one_digest(
    tmp_path: Path, zone: str, begins: datetime
) -> None:
    """At 2:10, which one of the days has not, or has twice."""
    async with room(tmp_path, at=begins) as here:
        await here.type(f"/settings timezone {zone}")
        await here.type("/digest only 2:10")
        for hours in range(4 * 24):
            if hours % 12 == 0:
                await here.report(of_its_own(f"Ukraine ceasefire, report number {hours}"))
            await here.at(begins + hours * HOUR + 30 * MINUTE)
        assert len(here.reads) == 4
        assert all(text.startswith(DIGEST) for text in here.reads)


TITLES = [of_its_own(f"Ukraine ceasefire as of day {number}") for number in range(12)]
ROOM = 1300


async def parts(here: Room) -> list[str]:
    """Have a digest fall due whose stories take several messages."""
    await here.type("/digest only 08:00")
    for title in TITLES:
        await here.report(title)
    await here.at(EIGHT)
    return here.reads


def titles_in(texts: list[str]) -> list[str]:
    return [title for text in texts for row in text.splitlines() for title in TITLES if f" {title} — " in row]


async def test_a_long_digest_comes_in_several_messages(tmp_path: Path) -> None:
    """Each within the platform's limit, in order, every story in one of them."""
    async with room(tmp_path, SmallMessenger(ROOM)) as here:
        said = await parts(here)
        assert len(said) > 2
        assert all(len(text) <= ROOM for text in said)
        assert sorted(titles_in(said)) == sorted(TITLES)
        assert said[0].startswith(f"🗞 Digest: {len(TITLES)} stories since")
        heads = [text.splitlines()[0] for text in said[1:]]
        assert heads == [f"🗞 Digest, part {number} of {len(said)}" for number in range(2, len(said) + 1)]


@pytest.mark.parametrize(
    "failure", [NotSent("slow down", 10 * MINUTE), Unknown("timed out"), Refused("too long")], ids=repr
)
async def test_a_part_that_fails_neither_passes_the_next_nor_repeats_the_last(
    tmp_path: Path, failure: Outcome
) -> None:
    """Parts come in order; only one whose outcome is unknown is said again, and says so."""
    async with room(tmp_path, SmallMessenger(ROOM, None, failure)) as here:
        first = await parts(here)
        refused = isinstance(failure, Refused)
        assert (len(first) == 1) != refused
        await here.at(EIGHT + HOUR)
        said = here.reads
        told = titles_in(said)
        assert len(told) == len(set(told))
        assert told == sorted(told, key=told.index)
        heads = [text.splitlines()[0] for text in said]
        assert heads[1] == f"🗞 Digest, part {3 if refused else 2} of {len(said) + refused}"
        assert ["possibly a repeat" in text for text in said].count(True) == isinstance(failure, Unknown)
        assert (len(told) == len(TITLES)) != refused


async def test_a_story_that_our_code_trips_over_keeps_no_other_chat_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its chat's digest is tried again later."""
    async with room(tmp_path) as here:
        other = await here.store.ensure_chat("console", "other", "", NIGHT)
        (topic, *_) = await here.store.topics()
        await here.store.subscribe(other.id, topic.id, NIGHT)
        await here.type("/digest only 08:00")
        ours = await here.store.chat(here.world.chat.id)
        assert ours is not None
        await here.store.save_chat(replace(other, digests=ours.digests))
        await here.report(TRUCE)
        untold, broken = here.store.untold_stories, [True]

        async def breaks(chat_id: int, *args: Any) -> Any:
            if broken and chat_id == ours.id:
                raise ValueError
            return await untold(chat_id, *args)

        monkeypatch.setattr(here.store, "untold_stories", breaks)
        await here.at(EIGHT)
        assert (len(here.reads), len(here.messenger.reads("other"))) == (0, 1)
        broken.clear()
        await here.at(EIGHT + 6 * MINUTE)
        assert (len(here.reads), len(here.messenger.reads("other"))) == (1, 1)


async def dying(folder: Path, point: Point | None, *, minutes: int, passes: int = 1) -> int:
    """A process that lives so long after `NIGHT` and kills itself when it passes the point for the so-manieth time."""
    return await live(two_rounds, folder, die_at=point, minutes=minutes, passes=passes)


TO_EIGHT = 9 * 60
KILLS = [(Point.SLOT_DECIDED, 1), (Point.DIGEST_OWED, 1)] + [
    (point, passes)
    for point in (Point.COMPOSED, Point.SAVED, Point.CALLED, Point.SETTLED)
    for passes in (1, 2)
]


@pytest.mark.parametrize(("point", "passes"), KILLS, ids=lambda value: str(getattr(value, "value", value)))
async def test_killed_at_any_point_there_is_one_digest(tmp_path: Path, point: Point, passes: int) -> None:
    """SIGKILL between the slot's decision and the last of its messages: each part is there once, in order.

    Only one that may have been sent already is said again, and says so.
    """
    assert await dying(tmp_path, None, minutes=0) == 0
    assert await dying(tmp_path, point, minutes=TO_EIGHT, passes=passes) == -signal.SIGKILL
    assert await dying(tmp_path, None, minutes=TO_EIGHT + 1) == 0
    assert await dying(tmp_path, None, minutes=TO_EIGHT + 60) == 0
    said = [message.text for message in read_chat(tmp_path / "chat.jsonl")]
    marked = [text for text in said if "possibly a repeat" in text]
    certain = [text for text in said if text not in marked]
    assert (len(said), len(marked)) == {
        Point.SAVED: (3, 1),
        Point.CALLED: (4, 1),
    }.get(point, (3, 0))
    heads = [text.splitlines()[0].partition(" since")[0] for text in certain or said]
    assert heads == list(dict.fromkeys(heads))
    rows = [row for text in said if text not in marked or point is Point.SAVED for row in text.splitlines()]
    stories = [row.partition(" — ")[0] for row in rows if " — Reuters" in row]
    assert len(stories) == len(set(stories)) == 5


async def test_in_quiet_hours_bulletins_wait_for_the_morning(tmp_path: Path) -> None:
    """A few come one by one. An edit of what was sent before goes on meanwhile."""
    async with room(tmp_path, at=NIGHT - 2 * HOUR) as here:
        await here.report(TRUCE)
        await here.type("/quiet 22-7")
        await here.at(NIGHT)
        await here.report(TALKS)
        await here.report(of_its_own("Ukraine truce begins"))
        await here.report(TRUCE, "BBC News")
        await here.at(NIGHT + MINUTE)
        (text,) = here.reads
        assert "Reuters · BBC News" in text
        assert "2 messages held" in await here.type("/status")
        await here.at(NIGHT + 8 * HOUR - timedelta(seconds=1))
        assert len(here.reads) == 1
        await here.at(NIGHT + 8 * HOUR)
        assert [TALKS in text or "truce begins" in text for text in here.reads] == [False, True, True]
        assert "held" not in await here.type("/status")


async def test_many_that_waited_come_as_one_message(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.type("/quiet 22:00-07:00")
        for title in TITLES[:6]:
            await here.report(title)
        await here.at(NIGHT + 8 * HOUR)
        (text,) = here.reads
        assert text.startswith("📬 During quiet hours: 6 stories")
        await here.report(TITLES[0], "NHK")
        assert here.reads == [text]


@pytest.mark.parametrize(
    "typed",
    ["/quiet off", "/quiet 03:00-07:00", "/settings timezone Asia/Tokyo", "/pause", "/quiet confirmed on"],
)
async def test_nothing_is_lost_when_the_setting_changes_at_night(tmp_path: Path, typed: str) -> None:
    """What is not quiet time any more comes at once, the rest in the morning."""
    async with room(tmp_path) as here:
        await here.type("/quiet 22:00-07:00")
        await here.report(TRUCE)
        assert here.reads == []
        await here.type(typed)
        waits = typed in ("/pause", "/quiet confirmed on")
        assert len(here.reads) == (0 if waits else 1)
        await here.at(NIGHT + 9 * HOUR)
        if typed == "/pause":
            await here.type("/resume")
        assert [TRUCE in text for text in here.reads] == [True]


async def test_what_is_confirmed_comes_at_night_if_the_chat_wants_it(tmp_path: Path) -> None:
    """As soon as it is; what only one outlet reports still waits."""
    async with room(tmp_path) as here:
        await here.type("/quiet 22:00-07:00")
        await here.type("/quiet confirmed on")
        await here.report(TALKS)
        await here.report(TRUCE)
        (_, story) = await here.store.latest_stories([one.id for one in await here.store.topics()], 2)
        for outlet in ("TASS", "NHK"):
            assert here.reads == []
            await join(here, story, outlet)
        (text,) = here.reads
        assert text.startswith("❗️")
        await here.at(NIGHT + 8 * HOUR)
        assert len(here.reads) == 2


async def test_a_development_is_told_in_the_next_digest(tmp_path: Path) -> None:
    """In one line, marked as such; not what only repeats, and never twice."""
    async with room(tmp_path) as here:
        await here.type("/digest only 08:00")
        await here.report(AGREED[0])
        await here.at(EIGHT)
        assert AGREED[0] in here.reads[0]
        await here.report(AGREED[1], "BBC News")
        await here.at(EIGHT + 24 * HOUR)
        assert len(here.reads) == 1
        await here.report(BROKEN, "TASS")
        await here.at(EIGHT + 48 * HOUR)
        assert len(here.reads) == 2
        line = here.reads[1].splitlines()[-1]
        assert line.startswith("🆕")
        assert f"{BROKEN} — TASS" in line
        await here.at(EIGHT + 72 * HOUR)
        assert len(here.reads) == 2


async def test_what_has_gone_on_since_the_last_digest_is_said(tmp_path: Path) -> None:
    """Who wants bulletins again learns that there is more of what the digests told, and where."""
    async with room(tmp_path) as here:
        await here.type("/digest only 08:00")
        await here.report(AGREED[0])
        await here.at(EIGHT)
        await here.report(BROKEN, "TASS")
        await here.at(EIGHT + HOUR)
        said = await here.type("/digest off")
        assert "1 story that a digest told has gone on since: /latest" in said
        assert BROKEN in await here.type("/latest")


async def test_what_goes_on_after_digests_end_is_told_at_once(tmp_path: Path) -> None:
    """By a bulletin: there is no message of its own that could be answered."""
    async with room(tmp_path) as here:
        await here.type("/digest only 08:00")
        await here.report(AGREED[0])
        await here.at(EIGHT)
        assert "gone on" not in await here.type("/digest off")
        await here.at(EIGHT + HOUR)
        await here.report(BROKEN, "TASS")
        _, bulletin = here.reads
        assert BROKEN in bulletin


async def join(here: Room, story: Story, outlet: str) -> None:
    """A report in an outlet's own words."""
    now = here.clock.now()
    (entry,) = await here.store.add_entries([replace(story.reports[0].entry, title=outlet, outlet=outlet)])
    placement = Placement(entry.id, story.id, outlet, "by hand")
    revise = Revise(here.world.chat.id, story.id)
    await here.store.record_desk([DeskRecord(entry, (), (), placement, revisions=(revise,))], now)
    await here.world.app.step()


async def test_a_digest_in_quiet_hours_comes_when_they_end(tmp_path: Path) -> None:
    """One for all the hours of the night."""
    async with room(tmp_path) as here:
        await here.type("/quiet 22:00-07:00")
        await here.type("/digest only hourly")
        for hours in range(1, 8):
            await here.report(TITLES[hours])
            await here.at(NIGHT + hours * HOUR)
        assert here.reads == []
        await here.at(NIGHT + 8 * HOUR)
        (digest,) = here.reads
        assert digest.startswith("🗞 Digest: 7 stories since Fri 8 Aug 23:00 UTC")


async def test_a_promise_made_at_night_says_when_it_is_kept(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.type("/quiet 22:00-07:00")
        await here.type("/pause")
        await here.report(TRUCE)
        said = await here.type("/resume")
        assert "it comes when they end, at 07:00 UTC" in said
        assert here.reads == []
        await here.at(NIGHT + 8 * HOUR)
        assert here.reads[0].startswith("📬 While bulletins were paused here: 1 story")
