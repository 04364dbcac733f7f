"""The one limiter of a bot: everything it says waits here for its turn, answers and bulletins alike.

The libraries' own limiters halt every chat when one is told to slow down, or know no limit for a private chat. This one
counts exact windows per bot, workspace and chat (`bot.domain.pacing`), lets the most urgent go first, makes one call at
a time per chat, and has a chat that was told to wait hold up nobody else.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Protocol

import structlog

from bot.domain.chats import Chat
from bot.domain.deliveries import NotSent, Outcome, Sent, retry_wait
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


ANSWER_TRIES = 4
"""Calls that an answer is worth; a bulletin is owed until it is sent."""

ANSWER_PATIENCE = timedelta(minutes=1)
"""Nobody waits for an answer that comes later."""

MOST_REMEMBERED = 10_000
"""Windows that are kept before those that have long been empty are looked for."""

LONGEST_WINDOW = 120.0
"""Seconds after which a call counts in no window of any platform."""

log = structlog.get_logger(__name__)

Pace = Callable[[str, Urgency], Sequence[Window]]
"""The windows that a call to a chat counts in, by the chat's address and the call's urgency."""


class Pacer:
    """Gives turns, at a platform's pace."""

    def __init__(self, windows_of: Pace, timer: Timer | None = None) -> None:
        self._windows_of = windows_of
        self._timer = timer or asyncio.get_running_loop()
        self._calls: dict[str, deque[float]] = {}
        self._held: dict[str, float] = {}
        self._busy: set[str] = set()
        self._waiting: list[_Waiting] = []
        self._numbers = count()
        self._alarm: TimerHandle | None = None

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
        self._serve()
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

    async def insist(self, chat: str, call: Callable[[], Awaitable[Outcome]]) -> None:
        """Make a call that answers somebody until it comes to something, as often, and as late, as that is worth."""
        outcome: Outcome = NotSent("it would have come too late")
        for attempt in range(1, ANSWER_TRIES + 1):
            try:
                async with (
                    asyncio.timeout(ANSWER_PATIENCE.total_seconds()) as limit,
                    self.turn(chat, Urgency.ANSWER),
                ):
                    limit.reschedule(None)
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
        self._busy.discard(chat)
        self._serve()

    def _serve(self) -> None:
        """Let in everybody whose turn it is, and come back when the next one's may be."""
        now = self._timer.time()
        soonest = float("inf")
        full: set[str] = set()
        for waiting in list(self._waiting):
            # Who has given up takes itself off the list; who would find a full window again need not look.
            if waiting.entered.done() or waiting.chat in self._busy:
                continue
            if not full.isdisjoint(window.name for window in waiting.windows):
                continue
            at = self._free_at(waiting.chat, waiting.windows)
            if at > now:
                crowded = [window for window in waiting.windows if self._window_free(window) > now]
                # Who is passed over because of one of these may go as soon as it is free.
                soonest = min([soonest, at, *map(self._window_free, crowded)])
                full.update(window.name for window in crowded)
                continue
            self._waiting.remove(waiting)
            self._let_in(waiting, now)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if soonest < float("inf"):
            self._alarm = self._timer.call_at(soonest, self._serve)

    def _let_in(self, waiting: _Waiting, now: float) -> None:
        if len(self._calls) > MOST_REMEMBERED:
            self._forget_old(now)
        for window in waiting.windows:
            calls = self._calls.setdefault(window.name, deque(maxlen=window.rate.calls))
            calls.append(now)
        self._held.pop(waiting.chat, None)
        self._busy.add(waiting.chat)
        waiting.entered.set_result(None)

    def _forget_old(self, now: float) -> None:
        """Drop the windows of chats that were not spoken to for long."""
        for name in [name for name, calls in self._calls.items() if calls[-1] < now - LONGEST_WINDOW]:
            del self._calls[name]

    def _free_at(self, chat: str, windows: Sequence[Window]) -> float:
        return max([self._held.get(chat, 0.0), *map(self._window_free, windows)])

    def _window_free(self, window: Window) -> float:
        return free_at(window.rate, self._calls.get(window.name, ()))


class Unpaced:
    """The share of `ports.Messenger` of a platform without limits, whose messages have no addresses."""

    def wait(self, chat: Chat) -> timedelta:  # noqa: ARG002 - no chat has to wait
        return timedelta(0)

    def turn(self, chat: Chat, urgency: Urgency) -> AbstractAsyncContextManager[None]:  # noqa: ARG002 - no queue
        return nullcontext()

    def address_of(self, chat: Chat, message_id: str) -> str | None:  # noqa: ARG002 - it has none
        return None
