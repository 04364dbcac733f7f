"""Which open story a report belongs to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush, nlargest, nsmallest

from bot.domain.headlines import teases
from bot.domain.likeness import HALF_LIFE, Weighed, key_of
from bot.domain.matching import Analysis
from bot.domain.profiles import (
    CONCEPT,
    DATE,
    MOST_TERMS,
    NUMBER,
    SOUND,
    WORD,
    Profile,
    is_core,
    names_of,
    terms_of,
)
from bot.domain.stories import CLOSES_AFTER, key_of_words
from bot.domain.text import normalise
from bot.domain.universals import sounds_of

WINDOW = timedelta(hours=120)
"""Reports seen before that are forgotten; what remains of them is in the store."""

THRESHOLD = 0.24
"""Likeness from which on a report joins a story."""
ABROAD = 0.15
"""The same where all of the story's reports are in other languages,"""
CLEARLY = 1.2
"""and it has to be this many times as like it as the next."""
ALONE = 2.0
"""A report that is like one story, and this many times as much as the next, joins it"""
NEAR = 0.7
"""from this part of the threshold on: what else it could belong to is out of the question."""
CERTAIN = 1.5
"""Times the threshold from which on a report clearly belongs."""
MERGED = 0.5
"""Likeness of two stories from which on they are one, where a report belongs to both."""
WHOLE = 0.8
"""Of a likeness, how much is that to the story as a whole; the rest is that to its nearest report."""
PRIOR = 100
"""Reports that are taken to have been seen before the first,"""
PRIOR_SHARE = 0.04
"""and in how many of them each thing in the lexicon was named: news is about such things."""
RARITY = 0.85
"""The power of a term's inverse document frequency: what is common says less of the event, yet something."""
LISTED = 1_000
"""Places of terms in stories that are looked up for a report, those of its rarest terms first."""
AT_FIRST = 100
"""Stories that are looked at for a report, those that share the most with it,"""
LOOKED_AT = 12
"""and those it is compared with, the likeliest by their time."""
REMEMBERED = 20
"""Reports that stand for a story: the newest."""
MOST_REPORTS = 500
"""Reports of a story that are known at all, the newest: one that everybody reports on costs no more than that."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    """How much a report is like a story, 0 to 1, and by what: shared terms as a person would read them, the strongest first.

    Concepts stand among them by their ids (`c:ru`), to be named to whoever reads it.
    """

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
    reports: Mapping[int, PlacedReport]
    drawing: tuple[Weighed, ...] = ()
    length: float = 1.0
    """Of the sum of their vectors."""
    listed: Mapping[str, float] = field(default_factory=dict)
    titles: frozenset[str] = frozenset()
    last: datetime = _EPOCH

    @classmethod
    def of(cls, id_: int, reports: Mapping[int, PlacedReport], weighed: Mapping[int, Weighed]) -> _Story:
        titles: dict[str, PlacedReport] = {}
        for entry_id in sorted(reports):
            report = reports[entry_id]
            titles.setdefault(key_of_words(report.title) or f"without words: {entry_id}", report)
        core = [report for report in titles.values() if report.profile.core][-REMEMBERED:]
        drawing = tuple(weighed[report.entry_id] for report in core)
        length = _length(drawing)
        listed: dict[str, float] = {}
        for one in drawing:
            for term, weight in {**one.abroad, **one.own}.items():
                listed[term] = listed.get(term, 0.0) + weight / length
        last = max(report.at for report in reports.values())
        return cls(id_, reports, drawing, length, listed, frozenset(titles), last)

    def likeness(self, report: Weighed, half_life: timedelta) -> float:
        """0 to 1, falling with the distance in time."""
        if any(report.edits(other) for other in self.drawing):
            return 1.0
        likenesses = [report.likeness(other) * report.nearness(other, half_life) for other in self.drawing]
        whole = min(sum(likenesses) / self.length, 1.0)
        return WHOLE * whole + (1 - WHOLE) * max(likenesses)

    def likeness_to(self, other: _Story) -> float:
        """0 to 1: of the two as wholes."""
        pairs = ((one, another) for one in self.drawing for another in other.drawing)
        return sum(one.likeness(another) * one.nearness(another) for one, another in pairs) / (
            self.length * other.length
        )

    def speaks(self, language: str) -> bool:
        """Whether any of its reports is in that language."""
        return any(one.language == language for one in self.drawing)


class OpenStories:
    """The reports of the last days by story. Changed only by `put`, `merge` and `forget`; all else reads.

    These answer the reports that are known no more since.
    """

    def __init__(
        self,
        reports: Iterable[PlacedReport] = (),
        *,
        threshold: float = THRESHOLD,
        half_life: timedelta = HALF_LIFE,
    ) -> None:
        self._threshold = threshold
        self._half_life = half_life
        self._reports: dict[int, PlacedReport] = {}
        self._weighed: dict[int, Weighed] = {}
        self._by_age: list[tuple[datetime, int]] = []
        """A heap of (seen, entry id), in which some may be that were forgotten before their time."""
        self._stories: dict[int, _Story] = {}
        self._with_term: dict[str, dict[int, float]] = {}
        self._with_title: dict[str, set[int]] = {}
        self._frequency: Counter[str] = Counter()
        self._number: Counter[str] = Counter()
        for report in reports:
            self.put(report)

    @property
    def reports(self) -> tuple[PlacedReport, ...]:
        """All that it remembers, by id: what it can be built from again."""
        return tuple(self._reports[id_] for id_ in sorted(self._reports))

    def weigh(self, analysis: Analysis) -> Profile:
        """The profile of an entry by what is rare now."""
        language = analysis.entry.language.split("-", maxsplit=1)[0]
        words, shared = terms_of(analysis)
        core = is_core(analysis)
        return Profile(
            language,
            self._heaviest(words, language),
            self._heaviest(shared, ""),
            core,
            core and not teases(analysis.entry.title),
            names_of(analysis),
        )

    def _heaviest(self, terms: Mapping[str, float], language: str) -> dict[str, float]:
        """The heaviest of the terms. Weights are rounded, so that they are the same when they come from the store."""
        weights = {term: round(weight * self._rarity(term, language), 3) for term, weight in terms.items()}
        heaviest = nlargest(MOST_TERMS, weights, key=lambda term: (weights[term], term))
        return {term: weights[term] for term in heaviest}

    def _rarity(self, term: str, language: str) -> float:
        number = PRIOR + (self._number[language] if language else len(self._reports))
        expected = PRIOR * PRIOR_SHARE if term.startswith((CONCEPT, WORD)) else 0.0
        return math.pow(
            math.log(1 + number / (self._frequency[key_of(term, language)] + expected + 0.5)), RARITY
        )

    def place(self, profile: Profile, at: datetime, *, title: str, voice: str) -> Joining:
        """Which story it joins, if any. Reads only."""
        same = [
            story
            for id_ in self._with_title.get(key_of_words(title) or "", ())
            if abs(at - (story := self._stories[id_]).last) <= CLOSES_AFTER
        ]
        if same:
            oldest = min(same, key=lambda story: story.id)
            return Joining(Likeness(oldest.id, 1.0, (title,)), certain=True)
        report = Weighed.of(profile, at, title, voice)
        likely = sorted(
            ((story.likeness(report, self._half_life), -story.id, story) for story in self._likely(report)),
            reverse=True,
        )
        if not likely:
            return Joining(None)
        score, _, best = likely[0]
        needed = self._needed(report, best)
        next_score, _, second = likely[1] if len(likely) > 1 else (0.0, 0, best)
        unclear = not best.speaks(report.language) and score < next_score * CLEARLY
        alone = best.speaks(report.language) and 0 < next_score * ALONE <= score
        if score < needed * (NEAR if alone else 1) or unclear:
            return Joining(None)
        terms = tuple(
            _readable(term.removeprefix(f"{report.language} "), report.language, title)
            for term in _shared_terms(report, best)
        )
        likeness = Likeness(best.id, round(min(score, 1.0), 3), tuple(dict.fromkeys(filter(None, terms))))
        merges = None
        if profile.core and next_score >= self._needed(report, second) and best.likeness_to(second) >= MERGED:
            merges = max(best.id, second.id), min(best.id, second.id)
        return Joining(likeness, certain=score >= CERTAIN * needed, merges=merges)

    def _needed(self, report: Weighed, story: _Story) -> float:
        return self._threshold if story.speaks(report.language) else ABROAD

    def _likely(self, report: Weighed) -> list[_Story]:
        """The open stories that share the most with it."""
        sums: dict[int, float] = {}
        terms = {**report.abroad, **report.own}
        left = LISTED
        for term in sorted(terms, key=lambda term: (len(self._with_term.get(term, ())), term)):
            listed = self._with_term.get(term, {})
            left -= len(listed)
            if left < 0:
                break
            for id_, weight in listed.items():
                sums[id_] = sums.get(id_, 0.0) + weight * terms[term]
        near = []
        for share, opposite in nlargest(AT_FIRST, [(share, -id_) for id_, share in sums.items()]):
            apart = abs(report.at - self._stories[-opposite].last)
            if apart <= CLOSES_AFTER:
                near.append((share * math.pow(0.5, apart / self._half_life), opposite))
        return [self._stories[-opposite] for _, opposite in nlargest(LOOKED_AT, near)]

    def put(self, report: PlacedReport) -> tuple[PlacedReport, ...]:
        """Remember a report under its story; one that is known is replaced (a revision)."""
        known = self._reports.get(report.entry_id)
        if known is None:
            heappush(self._by_age, (report.seen, report.entry_id))
        else:
            self._remove([known])
        self._reports[report.entry_id] = report
        self._weighed[report.entry_id] = Weighed.of(report.profile, report.at, report.title, report.voice)
        self._count(report, 1)
        return self._stand(report.story_id, {**self._of(report.story_id), report.entry_id: report})

    def merge(self, younger: int, older: int) -> tuple[PlacedReport, ...]:
        """The reports of `younger` stand under `older` from now on."""
        if younger not in self._stories or younger == older:
            return ()
        moved = {id_: replace(report, story_id=older) for id_, report in self._of(younger).items()}
        self._reports.update(moved)
        self._renew(younger, {})
        return self._stand(older, {**self._of(older), **moved})

    def forget(self, now: datetime) -> tuple[PlacedReport, ...]:
        """Drop reports seen longer than `WINDOW` ago. Costs by how many these are."""
        old: list[PlacedReport] = []
        while self._by_age and self._by_age[0][0] < now - WINDOW:
            report = self._reports.get(heappop(self._by_age)[1])
            if report is not None:
                old.append(report)
        self._remove(old)
        return tuple(old)

    def _of(self, story_id: int) -> Mapping[int, PlacedReport]:
        known = self._stories.get(story_id)
        return known.reports if known else {}

    def _stand(self, story_id: int, reports: Mapping[int, PlacedReport]) -> tuple[PlacedReport, ...]:
        """These are a story's reports from now on, but for the oldest where they are too many; answers those."""
        surplus = nsmallest(len(reports) - MOST_REPORTS, reports)
        for entry_id in surplus:
            self._drop(reports[entry_id])
        self._renew(story_id, {id_: report for id_, report in reports.items() if id_ in self._reports})
        return tuple(reports[entry_id] for entry_id in surplus)

    def _remove(self, reports: Sequence[PlacedReport]) -> None:
        for report in reports:
            self._drop(report)
        for story_id in {report.story_id for report in reports}:
            left = {id_: report for id_, report in self._of(story_id).items() if id_ in self._reports}
            self._renew(story_id, left)

    def _drop(self, report: PlacedReport) -> None:
        """Forget a report; its story is to be renewed."""
        del self._reports[report.entry_id]
        del self._weighed[report.entry_id]
        self._count(report, -1)

    def _count(self, report: PlacedReport, by: int) -> None:
        language = report.profile.language
        self._number[language] += by
        for key in (*(key_of(term, language) for term in report.profile.words), *report.profile.shared):
            self._frequency[key] += by
            if not self._frequency[key]:
                del self._frequency[key]

    def _renew(self, story_id: int, reports: Mapping[int, PlacedReport]) -> None:
        """Derive anew from a story's reports all else that is known of it; no trace is left of one without any."""
        known = self._stories.pop(story_id, None)
        if known is not None:
            for term in known.listed:
                del self._with_term[term][story_id]
                if not self._with_term[term]:
                    del self._with_term[term]
            for key in known.titles:
                self._with_title[key].discard(story_id)
                if not self._with_title[key]:
                    del self._with_title[key]
        if not reports:
            return
        story = self._stories[story_id] = _Story.of(story_id, reports, self._weighed)
        for term, weight in story.listed.items():
            self._with_term.setdefault(term, {})[story_id] = weight
        for key in story.titles:
            self._with_title.setdefault(key, set()).add(story_id)


def _length(drawing: Sequence[Weighed]) -> float:
    """Of the sum of reports: the root of all their likenesses to each other, which within a language is that of a vector."""
    languages = {one.language for one in drawing}
    square = 0.0
    for language in sorted(languages):
        total: dict[str, float] = {}
        for one in drawing:
            if one.language == language:
                for term, weight in one.own.items():
                    total[term] = total.get(term, 0.0) + weight
        square += sum(weight * weight for weight in total.values())
    if len(languages) > 1:
        square += sum(
            one.likeness(other) for one in drawing for other in drawing if one.language != other.language
        )
    return math.sqrt(square) or 1.0


def _shared_terms(report: Weighed, story: _Story) -> list[str]:
    """What the report has in common with the story, the weightiest first."""
    terms = report.own if story.speaks(report.language) else report.abroad
    return nlargest(
        6, terms.keys() & story.listed.keys(), key=lambda term: (terms[term] * story.listed[term], term)
    )


def _readable(term: str, language: str, title: str) -> str:
    """The word of the title that a term was made from; a concept as it is; empty for a sound that is not in the title."""
    if term.startswith((CONCEPT, WORD)):
        return CONCEPT + term[len(CONCEPT) :]
    if term.startswith((NUMBER, DATE)):
        return term[len(NUMBER) :]
    stream = normalise(title, language)
    for token in stream.tokens:
        word = title[token.start : token.end]
        if stream.word(token) == term or (term.startswith(SOUND) and term[len(SOUND) :] in sounds_of(word)):
            return word
    return "" if term.startswith(SOUND) else term
