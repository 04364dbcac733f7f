"""How many questions of one person are answered: they fill a bucket that drains. Who overfills it is told so, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A bucket that holds `burst` questions, and drains of one in each `every`."""

    burst: int = 20
    every: timedelta = timedelta(seconds=2)


USUAL = Tolerance()


@dataclass(frozen=True, slots=True)
class Flow:
    """What one person asked of late: `level` questions were in the bucket at `at`. `over`: it ran over, and drains."""

    level: float
    at: datetime
    over: bool = False


class Hearing(Enum):
    """What becomes of a question."""

    ANSWERED = "answered"
    TOLD = "told"
    """That there are too many of them, and for how long none is answered."""
    IGNORED = "ignored"


def pour(flow: Flow | None, now: datetime, tolerance: Tolerance) -> tuple[Flow, Hearing]:
    """One more question of somebody who has asked like `flow` (None: nothing of late).

    A bucket that ran over takes no more until it is empty, so whoever goes on asking loses nothing by it, and gains
    nothing.
    """
    before = flow or Flow(0.0, now)
    level = max(before.level - (now - before.at) / tolerance.every, 0.0)
    drained = Flow(level, now, over=before.over and level > 0)
    if drained.over:
        return drained, Hearing.IGNORED
    if level + 1 > tolerance.burst:
        return replace(drained, over=True), Hearing.TOLD
    return replace(drained, level=level + 1), Hearing.ANSWERED


def drained_in(flow: Flow, tolerance: Tolerance) -> timedelta:
    """How long it takes from `flow.at` until the bucket is empty."""
    return flow.level * tolerance.every
