"""Which open story a report belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.matching import Analysis
from bot.domain.profiles import Profile

WINDOW = timedelta(hours=120)
"""Reports seen before that are forgotten; what remains of them is in the store."""


@dataclass(frozen=True, slots=True)
class PlacedReport:
    """A report as clustering remembers it: all that the store has to keep for a restart to go on exactly.

    `at` is the entry's time, `seen` when we had it (never goes back), `voice` the owner of its outlet. `profile` is as it was weighed then.
    """

    entry_id: int
    story_id: int
    at: datetime
    seen: datetime
    voice: str
    title: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a report is like a story, 0 to 1, and by what: shared terms as a person would read them, the strongest first."""

    story_id: int
    score: float
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joining:
    """`likeness` is None where it is like no open story enough. `certain`: it clearly belongs, enough to take on its topics.

    `merges`: another story (the younger one's id, then the older one's) that turned out to be the same by this report.
    """

    likeness: Likeness | None
    certain: bool = False
    merges: tuple[int, int] | None = None


class OpenStories:
    """The reports of the last days by story. Changed only by `put`, `merge` and `forget`; all else reads."""

    def __init__(self, reports: Iterable[PlacedReport] = ()) -> None:
        for report in reports:
            self.put(report)

    def weigh(self, analysis: Analysis) -> Profile:
        """The profile of an entry by what is rare now."""
        raise NotImplementedError

    def place(self, profile: Profile, at: datetime, *, title: str, voice: str) -> Joining:
        """Which story it joins, if any. Reads only."""
        raise NotImplementedError

    def put(self, report: PlacedReport) -> None:
        """Remember a report under its story; one that is known is replaced (a revision)."""
        raise NotImplementedError

    def merge(self, younger: int, older: int) -> None:
        """The reports of `younger` stand under `older` from now on."""
        raise NotImplementedError

    def forget(self, now: datetime) -> None:
        """Drop reports seen longer than `WINDOW` ago."""
        raise NotImplementedError
