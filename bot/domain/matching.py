"""Whether an entry fits a topic, how well, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of an entry that speaks for a topic.

    `text` stands at `start` (a character offset) of `part` (`title` or `summary`). `concept` is the id of what it
    means, None for a plain word of the query. `weight` is in (0, 1].
    """

    text: str
    part: str
    start: int
    concept: str | None
    weight: float


@dataclass(frozen=True, slots=True)
class Match:
    """An entry fits a topic. `score` is in (0, 1]; at or above `THRESHOLD` or it would not be a match."""

    topic_id: int
    score: float
    reasons: tuple[Evidence, ...]
