"""Clocks: the real one, one that runs faster in another time, one that stands until it is set."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """Stands at `start` until it is let `run`; from then on runs `rate` seconds a second, though not beyond a limit."""

    def __init__(self, start: datetime, rate: float = 1.0) -> None:
        self._start = start
        self._rate = rate
        self._began: float | None = None
        self._limit = datetime.max.replace(tzinfo=UTC)

    def run(self) -> None:
        self._began = time.monotonic()

    def limit(self, until: datetime) -> None:
        """Have it stand at `until` if it comes there; a later limit lets it catch up."""
        self._limit = until

    def now(self) -> datetime:
        elapsed = 0.0 if self._began is None else time.monotonic() - self._began
        return min(self._start + timedelta(seconds=elapsed * self._rate), self._limit)


class SimulatedClock:
    """Stands still until it is told; never runs back."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance_to(self, instant: datetime) -> None:
        self._now = max(self._now, instant)
