"""Clocks of the torture: real ones, that run faster or are set forward."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(slots=True)
class FastClock:
    """`ports.Clock` that runs `speed` times as fast as life, from a wall-clock instant (seconds since the epoch) on.

    Every process that is given the same two has the same time.
    """

    began: float
    speed: float = 1.0
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        passed = (time.time() - self.began) * self.speed
        return datetime.fromtimestamp(self.began + passed, UTC) + self.ahead
