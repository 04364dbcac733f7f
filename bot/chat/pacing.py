"""The one limiter of a bot: everything it says waits here for its turn, answers and bulletins alike.

The libraries' own limiters halt every chat when one is told to slow down, or know no limit for a private chat. This one
counts exact windows per bot, workspace and chat (`bot.domain.pacing`), lets the most urgent go first, makes one call at
a time per chat, and has a chat that was told to wait hold up nobody else.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Protocol

import structlog

from bot.domain.chats import Chat, Platform
from bot.domain.deliveries import Gone, NotSent, Outcome, Sent, retry_wait
from bot.domain.facts import Observer, Waited
from bot.domain.pacing import Urgency, Window, free_at


class TimerHandle(Protocol):
    def cancel(self) -> None: ...


class Timer(Protocol):
    """An event loop's sense of time, which is also a `Timer`: seconds that only go forward."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[[], object], /) -> TimerHandle: ...


GRACE = {Urgency.ANSWER: 0.0, Urgency.NEWS: 5.0, Urgency.EDIT: 60.0}
"""For how long (seconds) what is less urgent lets others pass. Behind it comes whatever came later, however urgent, so
that nobody who types without end keeps the news from a chat."""


@dataclass(order=True, slots=True)
class _Waiting:
    """Somebody who waits for a turn; sorted as they are to be served."""

    rank: float
    number: int
    chat: str = field(compare=False)
    windows: Sequence[Window] = field(compare=False)
    entered: asyncio.Future[None] = field(compare=False)


class _Times:
    """By window: when its last calls count, in order."""

    def __init__(self) -> None:
        self._of: dict[str, list[float]] = {}

    def count(self, windows: Sequence[Window], at: float, instead_of: float | None = None) -> None:
        """Have a call count in the windows, perhaps instead of at another time."""
        for window in windows:
            times = self._of.setdefault(window.name, [])
            if instead_of is not None:
                place = bisect_left(times, instead_of)
                if place < len(times) and times[place] == instead_of:
                    del times[place]
            insort(times, at)
            # As many again as matter, since some come to count a little earlier.
            del times[: -2 * window.rate.calls]

    def free_at(self, windows: Sequence[Window]) -> float:
        """When one more call fits into all of them."""
        return max(
            (free_at(window.rate, self._of.get(window.name, ())) for window in windows), default=float("-inf")
        )

    def forget_old(self, now: float) -> None:
        """Drop the windows of chats that were not spoken to for long, once they are many."""
        if len(self._of) > MOST_REMEMBERED:
            for name in [name for name, times in self._of.items() if times[-1] < now - LONGEST_WINDOW]:
                del self._of[name]


UNANSWERED = 5.0
"""Seconds after which the platform has surely counted a call, though it may not have answered yet."""

CROWD = 3
"""So many calls may wait for the moment after their turn has come, before there are no more turns."""

ANSWER_TRIES = 4
"""Calls that an answer is worth; a bulletin is owed until it is sent."""

ANSWER_PATIENCE = timedelta(minutes=1)
"""Nobody waits for an answer that comes later."""

MOST_REMEMBERED = 10_000
"""Windows that are kept before those that have long been empty are looked for."""

LONGEST_WINDOW = 120.0
"""Seconds after which a call counts in no window of any platform."""

log = structlog.get_logger(__name__)

Waits = Callable[[float], None]
"""Told of each wait of an answer for its turn, in seconds. Must neither fail nor wait."""

Pace = Callable[[str, Urgency], Sequence[Window]]
"""The windows that a call to a chat counts in, by the chat's address and the call's urgency."""


class Pacer:
    """Gives turns, at a platform's pace."""

    def __init__(
        self, windows_of: Pace, timer: Timer | None = None, *, waited: Waits = lambda _: None
    ) -> None:
        self._windows_of = windows_of
        self._waited = waited
        self._timer = timer or asyncio.get_running_loop()
        self._given = _Times()
        """What turns are given by: when the last ones were given."""
        self._made = _Times()
        """What calls are let out by: when the last ones were made."""
        self._inside: dict[str, Sequence[Window]] = {}
        """Chats that have a turn, and what their calls count in."""
        self._sleepers: dict[asyncio.Future[None], None] = {}
        """Those with a turn whose calls have to wait a little more."""
        self._crowd: dict[str, int] = {}
        """How many they are, by window."""
        self._held: dict[str, float] = {}
        self._waiting: list[_Waiting] = []
        self._numbers = count()
        self._alarm: TimerHandle | None = None
        self._alarm_at = 0.0

    @asynccontextmanager
    async def turn(self, chat: str, urgency: Urgency) -> AsyncIterator[None]:
        """Entered when a call to the chat (its address) may be made; until it is left, the chat gets no other turn."""
        waiting = _Waiting(
            self._timer.time() + GRACE[urgency],
            next(self._numbers),
            chat,
            self._windows_of(chat, urgency),
            asyncio.get_running_loop().create_future(),
        )
        insort(self._waiting, waiting)
        self._look_at(waiting)
        try:
            await waiting.entered
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            else:
                self._leave(chat)
            raise
        try:
            yield
        finally:
            self._leave(chat)

    @asynccontextmanager
    async def call(self, chat: str) -> AsyncIterator[None]:
        """Entered, within the chat's turn, when its call keeps the limits to the very moment; left when it is answered.

        A turn is given at the platform's pace, but what has to be done first takes now less and now more time, and so
        does the way to the platform, which has counted the call by the time that its answer is here. So it counts then.
        """
        windows = self._inside.get(chat, ())
        while (at := self._made.free_at(windows)) > self._timer.time():
            await self._sleep_until(at, windows)
        began = self._timer.time()
        surely = began + UNANSWERED
        self._made.count(windows, surely)
        try:
            yield
        finally:
            self._made.count(windows, min(self._timer.time(), surely), instead_of=surely)
            for sleeper in self._sleepers:
                _wake(sleeper)

    async def insist(self, chat: str, call: Callable[[], Awaitable[Outcome | Gone]]) -> None:
        """Make a call that answers somebody until it comes to something, as often, and as late, as that is worth."""
        outcome: Outcome | Gone = NotSent("it would have come too late")
        for attempt in range(1, ANSWER_TRIES + 1):
            asked = self._timer.time()
            try:
                async with (
                    asyncio.timeout(ANSWER_PATIENCE.total_seconds()) as limit,
                    self.turn(chat, Urgency.ANSWER),
                ):
                    limit.reschedule(None)
                    self._waited(self._timer.time() - asked)
                    outcome = await call()
            except TimeoutError:
                break
            wait = (outcome.wait or retry_wait(attempt)) if isinstance(outcome, NotSent) else None
            if wait is None or wait > ANSWER_PATIENCE:
                break
            self.hold(chat, wait.total_seconds())
        if not isinstance(outcome, Sent):
            log.warning("not_answered", reason=outcome.reason)

    def hold(self, chat: str, seconds: float) -> None:
        """Say nothing to this chat for so long: the platform asked for it."""
        self._held[chat] = max(self._held.get(chat, 0.0), self._timer.time() + seconds)

    def wait(self, chat: str) -> float:
        """How long (seconds) the chat's own limits, or the platform's wish, keep a bulletin from it; 0 if not at all."""
        own = [window for window in self._windows_of(chat, Urgency.NEWS) if window.own]
        return max(self._free_at(chat, own) - self._timer.time(), 0.0)

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return len(self._waiting)

    def _leave(self, chat: str) -> None:
        self._inside.pop(chat, None)
        # Nobody else may go because of this than who waits for the same chat.
        if any(waiting.chat == chat for waiting in self._waiting):
            self._serve()

    def _look_at(self, newcomer: _Waiting) -> None:
        """Let in somebody who has just come, or see to it that this is done in time."""
        at = self._free_at(newcomer.chat, newcomer.windows)
        if at <= self._timer.time():
            self._serve()
        elif newcomer.chat not in self._inside:
            self._come_back(at)

    def _come_back(self, at: float) -> None:
        """Serve again then, or sooner."""
        if self._alarm is not None:
            if self._alarm_at <= at:
                return
            self._alarm.cancel()
        self._alarm, self._alarm_at = self._timer.call_at(at, self._serve), at

    def _serve(self) -> None:
        """Let in everybody whose turn it is, and come back when the next one's may be."""
        now = self._timer.time()
        soonest = float("inf")
        full = {name for name, times in self._crowd.items() if times >= CROWD}
        for waiting in list(self._waiting):
            # Who has given up takes itself off the list; who would find a full window again need not look.
            if waiting.entered.done() or waiting.chat in self._inside:
                continue
            if any(window.name in full for window in waiting.windows):
                continue
            at = self._free_at(waiting.chat, waiting.windows)
            if at > now:
                crowded = [window for window in waiting.windows if self._given.free_at([window]) > now]
                # Who is passed over because of one of these may go as soon as it is free.
                soonest = min([soonest, at, *(self._given.free_at([window]) for window in crowded)])
                full.update(window.name for window in crowded)
                continue
            self._waiting.remove(waiting)
            self._let_in(waiting, now)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if soonest < float("inf"):
            self._come_back(soonest)

    def _let_in(self, waiting: _Waiting, now: float) -> None:
        for times in (self._given, self._made):
            times.forget_old(now)
        self._given.count(waiting.windows, now)
        self._inside[waiting.chat] = waiting.windows
        self._held.pop(waiting.chat, None)
        waiting.entered.set_result(None)

    def _free_at(self, chat: str, windows: Sequence[Window]) -> float:
        return max(self._held.get(chat, 0.0), self._given.free_at(windows))

    async def _sleep_until(self, at: float, windows: Sequence[Window]) -> None:
        """Return then, or where another call came to count earlier, which may have made room."""
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        alarm = self._timer.call_at(at, partial(_wake, sleeper))
        self._sleepers[sleeper] = None
        for window in windows:
            self._crowd[window.name] = self._crowd.get(window.name, 0) + 1
        try:
            await sleeper
        finally:
            del self._sleepers[sleeper]
            alarm.cancel()
            if self._thin_out(windows):
                self._serve()

    def _thin_out(self, windows: Sequence[Window]) -> bool:
        """One less waits at these windows; answers whether there may be turns again because of that."""
        opened = False
        for window in windows:
            left = self._crowd.pop(window.name) - 1
            if left:
                self._crowd[window.name] = left
            opened |= left == CROWD - 1
        return opened


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


def answers_waited(platform: Platform, observe: Observer) -> Waits:
    """Tells an observer of the waits of a platform's answers; of those of what is owed the outbox does."""
    return lambda seconds: observe(Waited(platform, Urgency.ANSWER, timedelta(seconds=seconds)))


class Unpaced:
    """The share of `ports.Messenger` of a platform without limits, whose messages have no addresses nor keys."""

    def wait(self, chat: Chat) -> timedelta:  # noqa: ARG002 - no chat has to wait
        return timedelta(0)

    def turn(self, chat: Chat, urgency: Urgency) -> AbstractAsyncContextManager[None]:  # noqa: ARG002 - no queue
        return nullcontext()

    def address_of(self, chat: Chat, message_id: str) -> str | None:  # noqa: ARG002 - it has none
        return None

    async def find(self, chat: Chat, key: str, since: datetime) -> Sent | NotSent | None:  # noqa: ARG002 - none is kept
        return None
