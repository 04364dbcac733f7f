"""Turns to speak: never more often than a platform allows, the most urgent first, and nobody held up by another chat."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.pacing import CROWD, Pacer, Unpaced
from bot.domain.chats import Chat
from bot.domain.pacing import Rate, Urgency, Window
from tests.fakes.timers import ManualTimer, settled

ANSWER, NEWS, EDIT = Urgency

PER_BOT = Rate(4, 1.0)
PER_CHAT = Rate(1, 1.0)
PER_GROUP = Rate(3, 8.0)
EDITS = Rate(2, 5.0)


def windows_of(chat: str, urgency: Urgency) -> tuple[Window, ...]:
    """A platform of every kind of window: of the bot, of a chat, a longer one of a group, and one of all edits."""
    windows = [Window("all", PER_BOT, own=False), Window(chat, PER_CHAT, own=True)]
    if chat.startswith("-"):
        windows.append(Window(f"{chat} in a while", PER_GROUP, own=True))
    if urgency is EDIT:
        windows.append(Window("edits", EDITS, own=False))
    return tuple(windows)


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody who comes `after` the one before, for a call that takes so long and is told to `hold` the chat then."""

    after: float
    chat: str
    urgency: Urgency
    lasts: float = 0.0
    hold: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    wish: Wish
    came: float
    began: float
    ended: float


class Stage:
    """A pacer on a timer that stands still, and what went on before it."""

    def __init__(self, timer: ManualTimer | None = None) -> None:
        self.timer = timer or ManualTimer()
        self.pacer = Pacer(windows_of, self.timer)
        self.turns: list[Turn] = []
        self._origin = self.timer.time()

    @property
    def now(self) -> float:
        return self.timer.time() - self._origin

    async def pause(self, seconds: float) -> None:
        over = asyncio.Event()
        self.timer.call_at(self.timer.time() + seconds, over.set)
        await over.wait()

    async def ask(self, wish: Wish) -> None:
        """Come for a turn, take it, and leave."""
        came = self.now
        async with self.pacer.turn(wish.chat, wish.urgency):
            began = self.now
            if wish.lasts:
                await self.pause(wish.lasts)
            if wish.hold:
                self.pacer.hold(wish.chat, wish.hold)
        self.turns.append(Turn(wish, came, began, self.now))

    def comes(self, chat: str, urgency: Urgency = NEWS, *, lasts: float = 0.0) -> asyncio.Task[None]:
        return asyncio.create_task(self.ask(Wish(0, chat, urgency, lasts)))

    @property
    def began(self) -> list[tuple[str, float]]:
        """Whose turns, of those that are over, began when, in that order."""
        return [(turn.wish.chat, turn.began) for turn in sorted(self.turns, key=lambda turn: turn.began)]


async def play(wishes: Sequence[Wish], patience: float = 10_000.0) -> list[Turn]:
    """The turns of all the wishes, in the order in which they came."""
    stage = Stage()
    tasks = []
    for wish in wishes:
        await stage.timer.advance(wish.after)
        tasks.append(asyncio.create_task(stage.ask(wish)))
        await settled()
    await stage.timer.advance(patience)
    assert all(task.done() for task in tasks), "somebody waits for ever"
    await asyncio.gather(*tasks)
    assert stage.pacer.waiting == 0
    assert stage.timer.set == 0
    return sorted(stage.turns, key=lambda turn: turn.came)


quarters = st.integers(0, 12).map(lambda number: number / 4)
wishes_ = st.lists(
    st.builds(
        Wish,
        quarters,
        st.sampled_from(["1", "2", "3", "-1", "-2"]),
        st.sampled_from(Urgency),
        quarters,
        st.just(0.0) | quarters.map(lambda seconds: 4 * seconds),
    ),
    max_size=16,
)


@given(wishes_)
def test_no_window_is_ever_exceeded(wishes: list[Wish]) -> None:
    """Whoever asks for whatever, no window holds one call more than its rate; and everybody is served."""
    turns = asyncio.run(play(wishes))
    assert len(turns) == len(wishes)
    begun = defaultdict(list)
    rates = {}
    for turn in turns:
        for window in windows_of(turn.wish.chat, turn.wish.urgency):
            begun[window.name].append(turn.began)
            rates[window.name] = window.rate
    for name, times in begun.items():
        times.sort()
        for first, beyond in zip(times, times[rates[name].calls :], strict=False):
            assert beyond - first >= rates[name].seconds, name


@given(wishes_)
def test_a_chat_is_spoken_to_by_one_at_a_time_in_order(wishes: list[Wish]) -> None:
    """Its calls do not overlap, wait for what the platform asked, and those of one urgency keep their order."""
    of_chat = defaultdict(list)
    for turn in asyncio.run(play(wishes)):
        of_chat[turn.wish.chat].append(turn)
    for turns in of_chat.values():
        for urgency in Urgency:
            began = [turn.began for turn in turns if turn.wish.urgency is urgency]
            assert began == sorted(began)
        in_turn = sorted(turns, key=lambda turn: (turn.began, turn.ended))
        for one, next_ in pairwise(in_turn):
            assert next_.began >= one.ended + one.wish.hold


@given(wishes_)
def test_nobody_waits_longer_than_a_rule_demands(wishes: list[Wish]) -> None:
    """A turn begins when it is asked for, or at the moment at which one of its own windows, or its chat, is free."""
    turns = asyncio.run(play(wishes))
    for turn in turns:
        moments = {turn.came}
        for other in turns:
            mine = {window.name for window in windows_of(turn.wish.chat, turn.wish.urgency)}
            for window in windows_of(other.wish.chat, other.wish.urgency):
                if window.name in mine:
                    moments.add(other.began + window.rate.seconds)
            if other.wish.chat == turn.wish.chat:
                moments |= {other.ended, other.ended + other.wish.hold}
        assert turn.began in moments


async def test_the_most_urgent_goes_first() -> None:
    """An answer before news, and news before an edit, whoever came first; of equals whoever did."""
    stage = Stage()
    async with stage.pacer.turn("1", NEWS):
        for urgency in (EDIT, NEWS, ANSWER, NEWS, ANSWER):
            stage.comes("1", urgency)
            await settled()
    await stage.timer.advance(10)
    assert [turn.wish.urgency for turn in stage.turns] == [ANSWER, ANSWER, NEWS, NEWS, EDIT]
    assert [turn.began for turn in stage.turns] == [1.0, 2.0, 3.0, 4.0, 5.0]


async def test_the_most_urgent_goes_first_between_chats() -> None:
    """Where the bot as a whole has said enough, the next place is the most urgent one's."""
    stage = Stage()
    for chat in "abcd":
        stage.comes(chat)
    await settled()
    for chat, urgency in (("e", EDIT), ("f", NEWS), ("g", ANSWER)):
        stage.comes(chat, urgency)
    await stage.timer.advance(0.9)
    assert [chat for chat, _ in stage.began] == list("abcd")
    await stage.timer.advance(0.1)
    assert [turn.wish.chat for turn in stage.turns] == ["a", "b", "c", "d", "g", "f", "e"]


async def test_a_chat_has_one_call_at_a_time() -> None:
    """However long the call takes; other chats go on meanwhile."""
    stage = Stage()
    stage.comes("1", lasts=30)
    await settled()
    stage.comes("1", ANSWER)
    stage.comes("2")
    await stage.timer.advance(29)
    assert stage.began == [("2", 0.0)]
    await stage.timer.advance(1)
    assert stage.began == [("2", 0.0), ("1", 0.0), ("1", 30.0)]


async def test_a_chat_that_was_told_to_wait_holds_up_nobody_else() -> None:
    stage = Stage()
    stage.pacer.hold("1", 60)
    for chat in ("1", "2", "3"):
        stage.comes(chat, ANSWER)
    await stage.timer.advance(59)
    assert stage.began == [("2", 0.0), ("3", 0.0)]
    await stage.timer.advance(1)
    assert stage.began[-1] == ("1", 60.0)


async def test_a_chat_that_was_told_to_wait_holds_up_nobody_while_the_bot_has_said_enough() -> None:
    """The next one waits for the bot's own window alone, not for the chat before it in the queue."""
    stage = Stage()
    stage.pacer.hold("held", 60)
    for chat in "abcd":
        stage.comes(chat)
    stage.comes("held", ANSWER)
    stage.comes("e")
    await stage.timer.advance(1)
    assert stage.began[-1] == ("e", 1.0)
    assert stage.pacer.waiting == 1


async def test_a_full_group_holds_up_nobody_while_the_bot_has_said_enough() -> None:
    stage = Stage()
    for _ in range(PER_GROUP.calls):
        stage.comes("-1")
        await stage.timer.advance(1)
    for chat in "abcd":
        stage.comes(chat)
    stage.comes("-1", ANSWER)
    stage.comes("e")
    await stage.timer.advance(1)
    assert stage.began[-1] == ("e", 4.0)


async def test_a_wish_to_wait_is_only_ever_longer() -> None:
    """A shorter wish of the platform does not shorten one that still holds, and the next turn ends it."""
    stage = Stage()
    stage.pacer.hold("1", 10)
    stage.pacer.hold("1", 2)
    stage.comes("1")
    await stage.timer.advance(9.75)
    assert stage.began == []
    await stage.timer.advance(0.25)
    assert stage.began == [("1", 10.0)]
    assert stage.pacer.wait("1") == 1.0


async def test_a_wish_to_wait_that_comes_while_others_wait_counts_for_them() -> None:
    """Those who stand in the queue by then, too."""
    stage = Stage()
    async with stage.pacer.turn("1", NEWS):
        stage.comes("1")
        await settled()
        stage.pacer.hold("1", 5)
    await stage.timer.advance(4.75)
    assert stage.began == []
    await stage.timer.advance(0.25)
    assert stage.began == [("1", 5.0)]


async def test_a_chat_tells_how_long_it_cannot_be_spoken_to() -> None:
    """By its own limits and the platform's wish; what others say, or is being said, does not count."""
    stage = Stage()
    assert stage.pacer.wait("1") == 0
    stage.comes("1", lasts=0.25)
    for chat in "abc":
        stage.comes(chat)
    await settled()
    assert stage.pacer.wait("1") == 1.0
    assert stage.pacer.wait("2") == 0
    stage.pacer.hold("1", 7)
    assert stage.pacer.wait("1") == 7.0
    await stage.timer.advance(6)
    assert stage.pacer.wait("1") == 1.0
    await stage.timer.advance(1)
    assert stage.pacer.wait("1") == 0


async def test_a_group_tells_of_its_longer_window() -> None:
    stage = Stage()
    for _ in range(PER_GROUP.calls):
        stage.comes("-1")
        await stage.timer.advance(1)
    assert stage.pacer.wait("-1") == PER_GROUP.seconds - PER_GROUP.calls


async def test_all_chats_share_the_window_of_the_bot() -> None:
    stage = Stage()
    for number in range(10):
        stage.comes(str(number))
    await stage.timer.advance(10)
    assert [began for _, began in stage.began] == [0.0] * 4 + [1.0] * 4 + [2.0] * 2


async def test_one_who_gives_up_leaves_no_trace() -> None:
    """Neither a place in the queue nor a call in a window; whoever stands behind goes at once."""
    stage = Stage()
    stage.pacer.hold("1", 5)
    given_up = stage.comes("1")
    stays = stage.comes("1")
    await settled()
    assert stage.pacer.waiting == 2
    given_up.cancel()
    await asyncio.wait([given_up])
    assert given_up.cancelled()
    assert stage.pacer.waiting == 1
    await stage.timer.advance(5)
    assert stays.done()
    assert stage.began == [("1", 5.0)]


async def test_one_who_gives_up_as_the_turn_comes_gives_it_away() -> None:
    """Let in and cancelled within the same moment: the chat is not taken for good."""
    stage = Stage()
    stage.pacer.hold("1", 5)
    given_up = stage.comes("1")
    stays = stage.comes("1")
    await settled()
    for alarm in stage.timer.due(5):
        alarm.callback()
    given_up.cancel()
    await asyncio.wait([given_up])
    assert given_up.cancelled()
    await stage.timer.advance(10)
    assert stays.done()
    assert stage.pacer.waiting == 0


async def test_a_call_that_breaks_gives_its_turn_back() -> None:
    stage = Stage()
    with pytest.raises(ValueError, match="broken"):
        async with stage.pacer.turn("1", NEWS):
            raise ValueError("broken")
    stage.comes("1")
    await stage.timer.advance(1)
    assert stage.began == [("1", 1.0)]


async def test_a_call_that_is_cancelled_gives_its_turn_back() -> None:
    stage = Stage()
    task = stage.comes("1", lasts=60)
    await settled()
    task.cancel()
    await asyncio.wait([task])
    stage.comes("1")
    await stage.timer.advance(1)
    assert stage.began == [("1", 1.0)]


@given(st.lists(st.tuples(quarters, st.booleans()), min_size=1, max_size=12))
@settings(max_examples=50)
def test_whoever_gives_up_whenever_the_others_are_served(comers: list[tuple[float, bool]]) -> None:
    """Some come and give up a moment later; all others have their turn, within the time that their number takes."""

    async def scene() -> None:
        stage = Stage()
        stays = []
        for after, gives_up in comers:
            task = stage.comes("-1", lasts=0.25)
            await settled()
            await stage.timer.advance(after)
            if gives_up:
                task.cancel()
            else:
                stays.append(task)
            await settled()
        await stage.timer.advance(len(comers) * PER_GROUP.seconds)
        assert all(task.done() for task in stays)
        assert stage.pacer.waiting == 0

    asyncio.run(scene())


async def test_the_loops_own_time_is_the_timer_of_a_pacer_that_has_no_other() -> None:
    """A turn that is free is taken without waiting."""
    pacer = Pacer(windows_of)
    async with pacer.turn("1", NEWS):
        assert 0 < pacer.wait("1") <= PER_CHAT.seconds


async def test_a_platform_without_limits_makes_nobody_wait() -> None:
    chat = Chat(1, "console", "here")
    assert Unpaced().wait(chat) == timedelta(0)
    async with Unpaced().turn(chat, NEWS), Unpaced().turn(chat, NEWS):
        pass


@dataclass(frozen=True, slots=True)
class Call:
    """A call in its chat's turn: what is done `before` it, and how long it then takes."""

    chat: str
    urgency: Urgency
    before: float
    takes: float


async def made(calls: Sequence[Call]) -> list[tuple[Call, float, float]]:
    """When each call was let out and when it was answered, all having come at once."""
    stage, out = Stage(), list[tuple[Call, float, float]]()

    async def make(call: Call) -> None:
        async with stage.pacer.turn(call.chat, call.urgency):
            await stage.pause(call.before)
            async with stage.pacer.call(call.chat):
                began = stage.now
                await stage.pause(call.takes)
            out.append((call, began, stage.now))

    tasks = [asyncio.create_task(make(call)) for call in calls]
    await stage.timer.advance(10_000)
    assert all(task.done() for task in tasks), "somebody waits for ever"
    assert stage.timer.set == 0
    return out


CALLS = st.lists(
    st.builds(
        Call,
        st.sampled_from("abcdefgh"),
        st.sampled_from(Urgency),
        before=st.sampled_from([0.0, 0.1, 0.7]),
        takes=st.sampled_from([0.0, 0.05, 0.3, 1.9]),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(CALLS)
async def test_no_limit_is_broken_whenever_the_platform_counts_a_call(calls: list[Call]) -> None:
    """Between the moment that it is let out and that of its answer; and everybody is let out in the end."""
    out = await made(calls)
    assert len(out) == len(calls)
    for window in {window for call in calls for window in windows_of(call.chat, call.urgency)}:
        counted = [
            (began, ended) for call, began, ended in out if window in windows_of(call.chat, call.urgency)
        ]
        for began, _ in counted:
            since = began - window.rate.seconds
            together = [one for one in counted if one[0] <= began and one[1] > since + 1e-9]
            assert len(together) <= window.rate.calls, window.name


async def test_calls_that_wait_for_the_moment_let_nobody_else_come_near() -> None:
    """What has been composed and saved would be uncertain after a crash, so few wait so late."""
    stage = Stage()
    saved: set[str] = set()

    async def make(chat: str) -> None:
        async with stage.pacer.turn(chat, NEWS):
            saved.add(chat)
            async with stage.pacer.call(chat):
                await stage.pause(1.5)
            saved.discard(chat)

    tasks = [asyncio.create_task(make(f"c{number}")) for number in range(40)]
    most = 0
    for _ in range(400):
        await stage.timer.advance(0.25)
        most = max(most, len(saved))
    assert all(task.done() for task in tasks)
    assert most <= 2 * PER_BOT.calls + CROWD
