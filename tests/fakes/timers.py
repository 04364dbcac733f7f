"""A timer that moves when told to, in the place of an event loop's."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count


@dataclass(order=True, slots=True)
class Alarm:
    """A callback that is due; `cancel` takes it back."""

    when: float
    number: int
    callback: Callable[[], object] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class ManualTimer:
    """A `bot.chat.pacing.Timer` that stands still until it is advanced."""

    def __init__(self, now: float = 1_000.0) -> None:
        self._now = now
        self._alarms: list[Alarm] = []
        self._numbers = count()

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Callable[[], object], /) -> Alarm:
        alarm = Alarm(when, next(self._numbers), callback)
        insort(self._alarms, alarm)
        return alarm

    @property
    def set(self) -> int:
        """How many alarms are set."""
        return sum(not alarm.cancelled for alarm in self._alarms)

    def due(self, seconds: float) -> list[Alarm]:
        """Move on by so much and answer what is due by then, for the test to call or not."""
        self._now += seconds
        return list(iter(lambda: self._next(self._now), None))

    async def advance(self, seconds: float) -> None:
        """Let so much time pass: what is due is called at its moment, and what that wakes runs before the next."""
        until = self._now + seconds
        await settled()
        while (alarm := self._next(until)) is not None:
            self._now = max(self._now, alarm.when)
            alarm.callback()
            await settled()
        self._now = until

    def _next(self, until: float) -> Alarm | None:
        while self._alarms and self._alarms[0].when <= until:
            alarm = self._alarms.pop(0)
            if not alarm.cancelled:
                return alarm
        return None


async def settled() -> None:
    """Let every task run on until it waits for something that is not yet there."""
    for _ in range(12):
        await asyncio.sleep(0)
