"""Which open story a report belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from math import log, sqrt

from bot.domain.entries import digest_of_words, words_of
from bot.domain.matching import Analysis
from bot.domain.profiles import MOST_TERMS, Profile, is_core, terms_of
from bot.domain.stories import CLOSES_AFTER

WINDOW = timedelta(hours=120)
"""Reports seen before that are forgotten; what remains of them is in the store."""

THRESHOLD = 0.2
CENTRE = 0.8
"""Of a likeness, how much is that to the story as a whole; the rest is that to its nearest report."""
HALF_LIFE = timedelta(hours=24)
"""A likeness halves with this distance in time."""
PRIOR = 50
"""Reports without any given word that are taken to have been seen before the first."""
LONGEST_LIST = 400
"""Stories beyond which a term is too common to look for stories by."""
LOOKED_AT = 30
"""Stories that a report is compared with at the most, the likeliest."""
REMEMBERED = 40
"""Reports of a story that stand for it: the newest."""


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


@dataclass(frozen=True, slots=True)
class _Story:
    """Its reports by entry id, and what follows from them: from those that may draw others, each title once."""

    id: int
    reports: dict[int, PlacedReport]
    vectors: tuple[tuple[datetime, dict[str, float]], ...] = ()
    centre: Mapping[str, float] = field(default_factory=dict)
    titles: frozenset[str] = frozenset()
    mean: datetime = EPOCH
    last: datetime = EPOCH

    @classmethod
    def of(cls, id_: int, reports: dict[int, PlacedReport]) -> _Story:
        titles: dict[str, PlacedReport] = {}
        for entry_id in sorted(reports):
            titles.setdefault(_title_key(reports[entry_id].title), reports[entry_id])
        drawing = [report for report in titles.values() if report.profile.core][-REMEMBERED:]
        vectors = tuple((report.at, _vector(report.profile)) for report in drawing)
        total: dict[str, float] = {}
        for _, vector in vectors:
            for term, weight in vector.items():
                total[term] = total.get(term, 0.0) + weight
        last = max(report.at for report in reports.values())
        mean = EPOCH + sum((at - EPOCH for at, _ in vectors), timedelta()) / max(len(vectors), 1)
        return cls(id_, reports, vectors, _unit(total), frozenset(titles), mean, last)


class OpenStories:
    """The reports of the last days by story. Changed only by `put`, `merge` and `forget`; all else reads."""

    def __init__(self, reports: Iterable[PlacedReport] = (), *, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold
        self._reports: dict[int, PlacedReport] = {}
        self._stories: dict[int, _Story] = {}
        self._with_term: dict[str, set[int]] = {}
        self._with_title: dict[str, set[int]] = {}
        self._frequency: dict[str, int] = {}
        self._number: dict[str, int] = {}
        for report in reports:
            self.put(report)

    def weigh(self, analysis: Analysis) -> Profile:
        """The profile of an entry by what is rare now."""
        language = analysis.entry.language.split("-", maxsplit=1)[0]
        words, shared = terms_of(analysis)
        return Profile(
            language,
            self._weighed(words, language),
            self._weighed(shared, ""),
            is_core(analysis),
        )

    def _weighed(self, terms: Mapping[str, float], language: str) -> dict[str, float]:
        number = (self._number.get(language, 0) if language else len(self._reports)) + PRIOR
        weights = {
            term: round(weight * log(1 + number / (self._frequency.get(_key(term, language), 0) + 0.5)), 3)
            for term, weight in terms.items()
        }
        heaviest = nlargest(MOST_TERMS, weights, key=lambda term: (weights[term], term))
        return {term: weights[term] for term in heaviest}

    def place(self, profile: Profile, at: datetime, *, title: str, voice: str) -> Joining:
        """Which story it joins, if any. Reads only."""
        same = [
            story
            for id_ in self._with_title.get(_title_key(title), ())
            if abs(at - (story := self._stories[id_]).last) <= CLOSES_AFTER
        ]
        if same:
            oldest = min(same, key=lambda story: story.id)
            return Joining(Likeness(oldest.id, 1.0, (title,)), certain=True)
        vector = _vector(profile)
        found = [
            (self._likeness(vector, at, story), story)
            for story in self._candidates(vector)
            if abs(at - story.last) <= CLOSES_AFTER
        ]
        if not found:
            return Joining(None)
        score, best = max(found, key=lambda one: (one[0], -one[1].id))
        if score < self._threshold:
            return Joining(None)
        terms = nlargest(
            6, vector.keys() & best.centre.keys(), key=lambda term: (vector[term] * best.centre[term], term)
        )
        likeness = Likeness(best.id, round(min(score, 1.0), 3), tuple(map(_readable, terms)))
        return Joining(likeness, certain=score >= 2 * self._threshold)

    def _candidates(self, vector: Mapping[str, float]) -> list[_Story]:
        """The stories that share the most with it, by their commonest terms alone none."""
        sums: dict[int, float] = {}
        for term, weight in vector.items():
            listed = self._with_term.get(term, ())
            if len(listed) <= LONGEST_LIST:
                for id_ in listed:
                    sums[id_] = sums.get(id_, 0.0) + weight
        return [self._stories[id_] for id_ in nlargest(LOOKED_AT, sums, key=lambda id_: (sums[id_], -id_))]

    def _likeness(self, vector: Mapping[str, float], at: datetime, story: _Story) -> float:
        nearest = max(_product(vector, other) * _nearness(at, then) for then, other in story.vectors)
        return CENTRE * _product(vector, story.centre) * _nearness(at, story.mean) + (1 - CENTRE) * nearest

    def put(self, report: PlacedReport) -> None:
        """Remember a report under its story; one that is known is replaced (a revision)."""
        if report.entry_id in self._reports:
            self._remove(report.entry_id)
        self._reports[report.entry_id] = report
        self._count(report, 1)
        self._stories.setdefault(report.story_id, _Story(report.story_id, {})).reports[report.entry_id] = (
            report
        )
        self._renew(report.story_id)

    def merge(self, younger: int, older: int) -> None:
        """The reports of `younger` stand under `older` from now on."""
        if younger not in self._stories:
            return
        moved = self._stories[younger].reports
        target = self._stories.setdefault(older, _Story(older, {}))
        for id_, report in moved.items():
            self._reports[id_] = target.reports[id_] = replace(report, story_id=older)
        self._stories[younger] = replace(self._stories[younger], reports={})
        self._renew(younger)
        self._renew(older)

    def forget(self, now: datetime) -> None:
        """Drop reports seen longer than `WINDOW` ago."""
        for id_ in [id_ for id_, report in self._reports.items() if report.seen < now - WINDOW]:
            self._remove(id_)

    def _remove(self, entry_id: int) -> None:
        report = self._reports.pop(entry_id)
        self._count(report, -1)
        del self._stories[report.story_id].reports[entry_id]
        self._renew(report.story_id)

    def _count(self, report: PlacedReport, by: int) -> None:
        language = report.profile.language
        self._number[language] = self._number.get(language, 0) + by
        keys = [_key(term, language) for term in report.profile.words]
        for key in (*keys, *report.profile.shared):
            self._frequency[key] = self._frequency.get(key, 0) + by
            if not self._frequency[key]:
                del self._frequency[key]

    def _renew(self, story_id: int) -> None:
        """Derive from a story's reports, in order of their ids, all else that is known of it."""
        story = self._stories.pop(story_id)
        for term in story.centre:
            _drop(self._with_term, term, story_id)
        for key in story.titles:
            _drop(self._with_title, key, story_id)
        if not story.reports:
            return
        renewed = _Story.of(story_id, story.reports)
        self._stories[story_id] = renewed
        for term in renewed.centre:
            self._with_term.setdefault(term, set()).add(story_id)
        for key in renewed.titles:
            self._with_title.setdefault(key, set()).add(story_id)


def _drop(index: dict[str, set[int]], key: str, story_id: int) -> None:
    index[key].discard(story_id)
    if not index[key]:
        del index[key]


def _key(term: str, language: str) -> str:
    """What a word of a language is counted and looked up by; what is shared, by itself."""
    return f"{language} {term}" if language else term


def _readable(key: str) -> str:
    return key.removeprefix("c:") if key.startswith("c:") else key.split(" ", maxsplit=1)[-1]


def _title_key(title: str) -> str:
    return digest_of_words(words_of(title) or [title])


def _vector(profile: Profile) -> dict[str, float]:
    """All terms of a profile, of length 1."""
    terms = {_key(word, profile.language): weight for word, weight in profile.words.items()} | {
        **profile.shared
    }
    return _unit(terms)


def _unit(terms: Mapping[str, float]) -> dict[str, float]:
    length = sqrt(sum(weight * weight for weight in terms.values())) or 1.0
    return {term: weight / length for term, weight in terms.items()}


def _product(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Of vectors of length 1, the cosine of the angle between them."""
    return sum(weight * other[term] for term, weight in one.items() if term in other)


def _nearness(one: datetime, other: datetime) -> float:
    return 0.5 ** (abs(one - other) / HALF_LIFE)
