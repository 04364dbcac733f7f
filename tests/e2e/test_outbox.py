"""What becomes of messages when platforms, the store or our own code fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SimulatedClock
from bot.domain.bulletins import Bulletin
from bot.domain.chats import Chat
from bot.domain.composing import compose
from bot.domain.deliveries import (
    LATE,
    MOST_LATE,
    REVISED_AFTER,
    Delivery,
    DeliveryState,
    Gone,
    NotSent,
    Refused,
    Sent,
    Unknown,
)
from bot.domain.entries import Entry
from bot.domain.stories import Story
from bot.ports import Store, Translator
from tests.e2e.newsday import AGREED, BROKEN
from tests.e2e.world import World, catalog_of, living
from tests.fakes.chats import ScriptedMessenger, Shouting
from tests.fakes.events import of_its_own

START = datetime(2025, 8, 8, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
TRUCE = "Ukraine ceasefire agreed"
TALKS = "Armenia and Azerbaijan hold talks"
REPEAT = "possibly a repeat"


@dataclass(frozen=True, slots=True)
class Room:
    """A world whose only chat is held by a scripted messenger; what arrives, arrives in the store."""

    world: World
    clock: SimulatedClock
    messenger: ScriptedMessenger

    @property
    def store(self) -> Store:
        return self.world.app.parts.store

    async def bring(self, title: str, outlet: str = "Reuters") -> None:
        """A report comes in and is decided about."""
        now = self.clock.now()
        report = Entry(0, None, title, "", f"https://{outlet[:3].lower()}.example/1", outlet, "en", now, now)
        await self.store.add_entries([report])
        await self.world.app.desk.work()

    async def tell(self, title: str, outlet: str = "Reuters") -> None:
        """A report comes in, and what follows from it is sent."""
        await self.bring(title, outlet)
        await self.world.app.step()

    async def add(self, title: str, outlet: str) -> None:
        """A report comes in that makes a message say more, which is shown a little later."""
        await self.tell(title, outlet)
        await self.later(REVISED_AFTER)

    async def later(self, wait: timedelta = HOUR) -> None:
        self.clock.advance_to(self.clock.now() + wait)
        await self.world.app.step()

    async def owed(self) -> tuple[Delivery, ...]:
        """What would be due a day later."""
        return await self.store.claim_deliveries(self.clock.now() + 24 * HOUR, 10)

    async def sent(self) -> Delivery:
        """The only message that the chat was sent, as the store has it."""
        (message,) = await self.store.sent_messages(self.world.chat.id, 10)
        return message.delivery


@asynccontextmanager
async def room(
    folder: Path,
    *script: NotSent | Refused | Gone | Unknown | Exception | None,
    translator: Translator | None = None,
) -> AsyncIterator[Room]:
    clock, messenger = SimulatedClock(START), ScriptedMessenger(*script)
    async with living(folder, catalog_of([]), clock, messenger=messenger, translator=translator) as world:
        yield Room(world, clock, messenger)


class BrokenError(Exception):
    """What a test breaks the store, a messenger or our own code with."""


def failing(times: int, method: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    """The method, raising the first few times that it is called."""
    left = times

    async def fails(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            raise BrokenError
        return await method(*args, **kwargs)

    return fails


@pytest.mark.parametrize("failure", [NotSent("slow down"), Unknown("timed out"), BrokenError()], ids=repr)
async def test_an_edit_that_failed_is_made_again(
    tmp_path: Path, failure: NotSent | Unknown | BrokenError
) -> None:
    """When its time has come, and not before; how the message reads is then not known any more."""
    async with room(tmp_path, None, failure) as here:
        await here.tell(TRUCE)
        (as_sent,) = here.messenger.reads()
        await here.add(TRUCE, "BBC News")
        await here.later(timedelta(seconds=1))
        assert here.messenger.reads() == [as_sent]
        assert len(here.messenger.calls) == 2
        await here.later()
        (text,) = here.messenger.reads()
        assert "Reuters · BBC News" in text
        assert REPEAT not in text
        assert [call.before for call in here.messenger.calls] == [None, as_sent, None]
        await here.later()
        assert len(here.messenger.calls) == 3


@pytest.mark.parametrize("told_before", [False, True], ids=["first send", "edit"])
async def test_a_report_that_joins_while_the_text_is_saved_is_still_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told_before: bool
) -> None:
    """The text that is sent was composed without it, so an edit follows."""
    async with room(tmp_path) as here:
        if told_before:
            await here.tell(TRUCE)
        begin, joining = here.store.begin_send, ["NHK"]

        async def begin_send(*args: Any, **rest: Any) -> Delivery | None:
            if joining:
                await here.bring(TRUCE, joining.pop())
            return await begin(*args, **rest)

        monkeypatch.setattr(here.store, "begin_send", begin_send)
        await here.add(TRUCE, "BBC News")
        assert "NHK" not in here.messenger.calls[-2].text
        (text,) = here.messenger.reads()
        assert "BBC News · NHK" in text


@pytest.mark.parametrize("told_before", [False, True], ids=["first send", "edit"])
async def test_a_report_that_joins_during_the_call_is_still_shown(tmp_path: Path, told_before: bool) -> None:
    """By an edit that follows at once."""
    async with room(tmp_path) as here:
        if told_before:
            await here.tell(TRUCE)
        joining = ["NHK"]

        async def join() -> None:
            if joining:
                await here.bring(TRUCE, joining.pop())

        here.messenger.meanwhile = join
        await here.add(TRUCE, "BBC News")
        assert "NHK" not in here.messenger.calls[-2].text
        (text,) = here.messenger.reads()
        assert "BBC News · NHK" in text


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_what_was_sent_and_could_not_be_written_is_not_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """It is written later, with its message's id; then the chat's other messages go on."""
    async with room(tmp_path) as here:
        other = await here.store.ensure_chat("console", "other", "", START)
        topics = await here.store.topics()
        await here.store.subscribe(other.id, topics[-1].id, START)
        monkeypatch.setattr(here.store, "settle", failing(times, here.store.settle))
        await here.tell(TRUCE)
        await here.later()
        await here.later()
        (text,) = here.messenger.reads()
        assert REPEAT not in text
        sent = await here.sent()
        assert (sent.state, sent.message_id, sent.possible_repeat) == (DeliveryState.SENT, "m1", False)
        assert (await here.store.queue_status(here.clock.now())).messages == 0
        await here.tell(TALKS)
        assert len(here.messenger.reads()) == 2
        assert len(here.messenger.reads("other")) == 1
        assert len(here.messenger.calls) == 3


async def test_a_chat_whose_message_cannot_be_written_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While what is known of its call is not written, the others hear their news, each once."""
    async with room(tmp_path) as here:
        other = await here.store.ensure_chat("console", "other", "", START)
        topics = await here.store.topics()
        await here.store.subscribe(other.id, topics[-1].id, START)
        settle, broken = here.store.settle, [True]
        await here.bring(TRUCE)
        (first,) = await here.owed()

        async def breaks(settlement: Any) -> None:
            if broken and settlement.delivery_id == first.id:
                raise BrokenError
            await settle(settlement)

        monkeypatch.setattr(here.store, "settle", breaks)
        await here.world.app.step()
        await here.tell(TALKS)
        await here.later()
        assert [TALKS in text for text in here.messenger.reads("other")] == [True]
        assert [TRUCE in text for text in here.messenger.reads()] == [True]
        broken.clear()
        await here.later()
        assert [TALKS in text for text in here.messenger.reads()] == [False, True]
        assert len(here.messenger.calls) == 3


@pytest.mark.parametrize("times", [1, 2])
async def test_an_edit_that_could_not_be_written_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """It is known to be made; what joins afterwards is shown by another."""
    async with room(tmp_path) as here:
        await here.tell(TRUCE)
        monkeypatch.setattr(here.store, "settle", failing(times, here.store.settle))
        await here.add(TRUCE, "BBC News")
        await here.later()
        await here.later()
        assert len(here.messenger.calls) == 2
        await here.add(TRUCE, "NHK")
        (text,) = here.messenger.reads()
        assert "BBC News · NHK" in text
        assert len(here.messenger.calls) == 3


async def test_a_messenger_that_raises_leaves_the_message_uncertain(tmp_path: Path) -> None:
    """It may have arrived, so it is sent again and says so."""
    async with room(tmp_path, BrokenError()) as here:
        await here.tell(TRUCE)
        (owed,) = await here.owed()
        assert owed.state is DeliveryState.UNCERTAIN
        assert "messenger failed" in (owed.reason or "")
        await here.later()
        assert [REPEAT in call.text for call in here.messenger.calls] == [False, True]
        assert (await here.sent()).possible_repeat


async def test_a_refused_message_is_owed_anew_when_another_report_joins(tmp_path: Path) -> None:
    """Not before; then it names both outlets, and is no repeat."""
    async with room(tmp_path, Refused("the text is forbidden")) as here:
        await here.tell(TRUCE)
        await here.later()
        assert len(here.messenger.calls) == 1
        await here.add(TRUCE, "BBC News")
        (text,) = here.messenger.reads()
        assert "Reuters · BBC News" in text
        assert REPEAT not in text


async def test_an_uncertain_message_that_was_refused_and_comes_back_may_be_a_repeat(tmp_path: Path) -> None:
    """The first call may have sent it, whatever the second one was answered."""
    async with room(tmp_path, Unknown("timed out"), Refused("the text is forbidden")) as here:
        await here.tell(TRUCE)
        await here.later()
        await here.add(TRUCE, "BBC News")
        (text,) = here.messenger.reads()
        assert REPEAT in text


async def test_a_pause_that_could_not_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call goes on to be settled; the next message that is refused pauses the chat."""
    blocked = Refused("blocked", pause_chat=True)
    async with room(tmp_path, blocked, blocked) as here:
        monkeypatch.setattr(here.store, "pause_chat", failing(1, here.store.pause_chat))
        await here.tell(TRUCE)
        chat = await here.store.chat(here.world.chat.id)
        assert chat is not None
        assert not chat.paused
        await here.later()
        chat = await here.store.chat(here.world.chat.id)
        assert chat is not None
        assert chat.pause_reason == "blocked"


async def test_a_chat_that_takes_nothing_is_paused_and_keeps_what_was_set_meanwhile(tmp_path: Path) -> None:
    """Only the pause and its reason are written: a setting changed during the call stays."""
    async with room(tmp_path, Refused("the bot was blocked", pause_chat=True)) as here:
        moved = replace(here.world.chat, time_zone="Asia/Tokyo", languages=("ja",))

        async def change_settings() -> None:
            await here.store.save_chat(moved)

        here.messenger.meanwhile = change_settings
        await here.tell(TRUCE)
        chat = await here.store.chat(moved.id)
        assert chat == replace(moved, paused_at=START, pause_reason="the bot was blocked")
        await here.tell(TALKS)
        assert len(here.messenger.calls) == 1


async def test_a_story_that_our_code_trips_over_backs_off_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time it waits longer; once the code is mended it is told, as if for the first time."""

    def trips(story: Story, chat: Chat, *args: Any, **kwargs: Any) -> Bulletin:
        if story.reports[0].entry.title == TRUCE:
            raise BrokenError
        return compose(story, chat, *args, **kwargs)

    async with room(tmp_path) as here:
        with monkeypatch.context() as fault:
            fault.setattr("bot.saying.compose", trips)
            await here.bring(TRUCE)
            await here.tell(TALKS)
            assert [TALKS in call.text for call in here.messenger.calls] == [True]
            waits = []
            for attempt in range(1, 6):
                (owed,) = await here.owed()
                assert owed.attempts == attempt
                assert owed.state is DeliveryState.PENDING
                waits.append(owed.due - here.clock.now())
                await here.later(waits[-1])
            assert waits == [timedelta(seconds=wait) for wait in (2, 10, 60, 300, 300)]
        await here.later()
        assert [REPEAT in text for text in here.messenger.reads()] == [False, False]
        assert TRUCE in here.messenger.reads()[1]


async def test_an_edit_that_our_code_trips_over_backs_off_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message stays as it is until it can be composed."""

    def trips(*_: Any, **__: Any) -> Bulletin:
        raise BrokenError

    async with room(tmp_path) as here:
        await here.tell(TRUCE)
        with monkeypatch.context() as fault:
            fault.setattr("bot.saying.compose", trips)
            await here.add(TRUCE, "BBC News")
            waits = []
            for _ in range(3):
                (owed,) = await here.owed()
                waits.append(owed.due - here.clock.now())
                await here.later(waits[-1])
            assert waits == [timedelta(seconds=wait) for wait in (2, 10, 60)]
        await here.later()
        (text,) = here.messenger.reads()
        assert "Reuters · BBC News" in text


@pytest.mark.parametrize(
    ("languages", "translator", "asked", "headline"),
    [
        (
            ("ja",),
            Shouting(),
            [("en", "ja")],
            "〔English → 日本語、機械翻訳〕【UKRAINE CEASEFIRE AGREED】",
        ),
        (("ja",), Shouting("en"), [("en", "ja")], "〔English〕【Ukraine ceasefire agreed】"),
        (("en",), Shouting(), [], "【Ukraine ceasefire agreed】"),
    ],
)
async def test_what_a_chat_cannot_read_may_be_translated(
    tmp_path: Path,
    languages: tuple[str, ...],
    translator: Shouting,
    asked: list[tuple[str, str]],
    headline: str,
) -> None:
    """It says that it was; where it cannot be had, the original goes out with its language."""
    async with room(tmp_path, translator=translator) as here:
        await here.store.save_chat(replace(here.world.chat, languages=languages))
        await here.tell(TRUCE)
        (text,) = here.messenger.reads()
        assert headline in text
        assert translator.asked == asked


async def test_what_is_found_to_have_arrived_is_not_sent_again(tmp_path: Path) -> None:
    """Where the platform can be asked: its id is taken up, so that it can be revised; it is no repeat."""
    async with room(tmp_path, Unknown("timed out")) as here:
        here.messenger.found = Sent("m7")
        await here.tell(TRUCE)
        await here.later(timedelta(seconds=9))
        assert here.messenger.looked_for == []
        await here.later()
        sent = await here.sent()
        assert here.messenger.looked_for == [sent.key]
        assert (sent.state, sent.message_id, sent.possible_repeat) == (DeliveryState.SENT, "m7", False)
        assert len(here.messenger.calls) == 1


async def test_what_is_found_not_to_have_arrived_is_sent_as_if_for_the_first_time(tmp_path: Path) -> None:
    async with room(tmp_path, Unknown("timed out")) as here:
        here.messenger.found = NotSent("it is not there")
        await here.tell(TRUCE)
        await here.later()
        (text,) = here.messenger.reads()
        assert REPEAT not in text
        assert not (await here.sent()).possible_repeat


async def test_a_chat_may_want_no_repeats(tmp_path: Path) -> None:
    """What may have arrived is left out then, and counts as told; a development of it stands by itself."""
    async with room(tmp_path, Unknown("timed out")) as here:
        await here.store.save_chat(replace(here.world.chat, repeats=False))
        await here.tell(AGREED[0])
        await here.later()
        assert here.messenger.reads() == []
        assert (await here.store.queue_status(here.clock.now())).messages == 0
        for number, title in enumerate(AGREED[1:3]):
            await here.add(title, ("BBC News", "NHK")[number])
        assert here.messenger.reads() == []
        await here.tell(BROKEN, "TASS")
        (text,) = here.messenger.reads()
        assert "kills 12" in text
        assert [call.answers for call in here.messenger.calls] == [None, None]


async def test_a_message_that_is_gone_is_sent_anew_with_all_that_it_would_say(tmp_path: Path) -> None:
    """Without a sound, since it has been heard; what comes later is an edit of the new one."""
    async with room(tmp_path, None, Gone("message to edit not found")) as here:
        await here.tell(TRUCE)
        await here.add(TRUCE, "BBC News")
        first, _, anew = here.messenger.calls
        assert (first.edits, first.silent) == (None, False)
        assert (anew.edits, anew.silent) == (None, True)
        assert "Reuters · BBC News" in anew.text
        assert REPEAT not in anew.text
        sent = await here.sent()
        assert sent.message_id == "m2"
        await here.add(TRUCE, "NHK")
        assert here.messenger.calls[-1].edits == "m2"


@pytest.mark.parametrize("number", [MOST_LATE, MOST_LATE + 1])
@pytest.mark.parametrize("away", ["the platform", "the bot"])
async def test_after_an_outage_a_backlog_is_one_message(tmp_path: Path, away: str, number: int) -> None:
    """Whether messages have waited for long, or the stories are old by the time that they are seen; a few come singly."""
    async with room(tmp_path) as here:
        titles = [of_its_own(f"{TRUCE} {each}") for each in range(number)]
        if away == "the platform":
            for title in titles:
                await here.bring(title)
            await here.later(LATE)
        else:
            now = here.clock.now()
            reports = [
                Entry(0, None, title, "", f"https://r.example/{title}", "Reuters", "en", now - LATE, now)
                for title in titles
            ]
            await here.store.add_entries(reports)
            await here.world.app.step()
        said = here.messenger.reads()
        if number > MOST_LATE:
            (text,) = said
            assert f"Late, after an interruption: {number} stories" in text
            assert all(title in text for title in titles)
        else:
            assert len(said) == number
        assert (await here.store.queue_status(here.clock.now())).messages == 0


async def test_many_stories_at_once_are_no_backlog(tmp_path: Path) -> None:
    """As long as they are new: each is worth a bulletin."""
    async with room(tmp_path) as here:
        for each in range(2 * MOST_LATE):
            await here.bring(of_its_own(f"{TRUCE} {each}"))
        await here.later(LATE - timedelta(seconds=1))
        assert len(here.messenger.reads()) == 2 * MOST_LATE
