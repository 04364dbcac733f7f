"""How often a platform lets a bot speak: exact sliding windows, and what is said first when not all can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Urgency(IntEnum):
    """What goes first: somebody waits for an answer, a bulletin is news, an edit can wait."""

    ANSWER = 0
    NEWS = 1
    EDIT = 2


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` in any `seconds`."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Window:
    """A rate and what it is counted over: `name` is the bot as a whole, a workspace, or one chat.

    `own`: it counts one chat's calls alone, so that others need not wait where it is full.
    """

    name: str
    rate: Rate
    own: bool


def free_at(rate: Rate, calls: Sequence[float]) -> float:
    """When (seconds) one more call fits, given the times of the last ones, oldest first; in the past if at once."""
    return calls[-rate.calls] + rate.seconds if len(calls) >= rate.calls else float("-inf")
