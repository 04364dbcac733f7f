"""Clocks: the real one, one that runs faster in another time, one that stands until it is set."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """Stands at `start` until it is let `run`; from then on runs `rate` seconds a second."""

    def __init__(self, start: datetime, rate: float = 1.0) -> None:
        self._start = start
        self._rate = rate
        self._began: float | None = None

    def run(self) -> None:
        self._began = time.monotonic()

    def now(self) -> datetime:
        elapsed = 0.0 if self._began is None else time.monotonic() - self._began
        return self._start + timedelta(seconds=elapsed * self._rate)


class SimulatedClock:
    """Stands still until it is told; never runs back."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance_to(self, instant: datetime) -> None:
        self._now = max(self._now, instant)
