"""Matching on the project's own headlines (`tests/data/headlines.toml`), by language: precision, recall, F1 and errors."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from bot.domain.catalog import Catalog
from bot.domain.entries import Entry
from bot.domain.indexing import TopicIndex
from bot.domain.matching import analyse
from bot.domain.queries import Means, Query, read_query

FILE = Path(__file__).parents[1] / "tests" / "data" / "headlines.toml"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Headline:
    """`topics` are the phrases it is relevant to; `trap` says what a hard negative must not be taken for."""

    language: str
    title: str
    summary: str
    topics: frozenset[str]
    trap: str

    @property
    def entry(self) -> Entry:
        now = datetime(2025, 11, 1, tzinfo=UTC)
        return Entry(1, None, self.title, self.summary, None, "Outlet", self.language.split("-")[0], now, now)


@dataclass(frozen=True, slots=True)
class Judged:
    """A headline, and the phrases that it was found to fit."""

    headline: Headline
    found: frozenset[str]

    @property
    def missed(self) -> frozenset[str]:
        return self.headline.topics - self.found

    @property
    def wrong(self) -> frozenset[str]:
        return self.found - self.headline.topics


def read_headlines() -> tuple[Headline, ...]:
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))["headlines"]
    return tuple(
        Headline(
            table["language"],
            table["title"],
            table.get("summary", ""),
            frozenset(table.get("topics", ())),
            table.get("trap", ""),
        )
        for table in tables
    )


def judge_all(catalog: Catalog) -> Iterator[Judged]:
    """Each headline against every phrase that any of them names, typed just so."""
    headlines = read_headlines()
    phrases = sorted({phrase for headline in headlines for phrase in headline.topics})
    queries = {number: read_query(phrase, catalog.lexicon) for number, phrase in enumerate(phrases)}
    index = TopicIndex.build(
        {number: query for number, query in queries.items() if isinstance(query, Query)}, catalog.lexicon
    )
    for headline in headlines:
        matches = index.match(analyse(headline.entry, catalog.lexicon))
        yield Judged(headline, frozenset(phrases[match.topic_id] for match in matches))


def grouped(judged: Iterable[T], key: Callable[[T], str]) -> Mapping[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for one in judged:
        groups.setdefault(key(one), []).append(one)
    return groups


def of_language(judged: Judged) -> str:
    return judged.headline.language


@dataclass(frozen=True, slots=True)
class Score:
    """Over pairs of headline and phrase; 1 where there is nothing to get wrong."""

    hits: int
    wrong: int
    missed: int

    @classmethod
    def of(cls, judged: Iterable[Judged], phrase: str | None = None) -> Score:
        """Of all phrases, or of one."""
        hits = wrong = missed = 0
        for one in judged:
            for about in one.headline.topics | one.found:
                if phrase in (None, about):
                    hits += about in one.headline.topics and about in one.found
                    wrong += about not in one.headline.topics
                    missed += about not in one.found
        return cls(hits, wrong, missed)

    def __add__(self, other: Score) -> Score:
        return Score(self.hits + other.hits, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.wrong) if self.hits + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 1.0

    @property
    def f1(self) -> float:
        total = 2 * self.hits + self.wrong + self.missed
        return 2 * self.hits / total if total else 1.0


def f1_interval(groups: Sequence[Sequence[Judged]], resamples: int = 1000) -> tuple[float, float]:
    """95 % percentile bootstrap of F1 over groups, which are drawn whole."""
    random = Random(20251101)  # noqa: S311 - a bootstrap
    scores = [Score.of(group) for group in groups]
    drawn = sorted(sum(random.choices(scores, k=len(scores)), Score(0, 0, 0)).f1 for _ in range(resamples))
    return drawn[round(0.025 * resamples)], drawn[round(0.975 * resamples) - 1]


def print_scores(catalog: Catalog, console: Console, *, errors: bool) -> None:
    """A table by language and one by phrase; the errors by kind."""
    judged = tuple(judge_all(catalog))
    table = Table(title=f"Our own {len(judged)} headlines, by language (95 % intervals by headline)")
    for column in ("language", "headlines", "precision", "recall", "F1"):
        table.add_column(column, justify="left" if column == "language" else "right")
    for language, group in grouped(judged, of_language).items():
        score, (low, high) = Score.of(group), f1_interval([[one] for one in group])
        table.add_row(
            language,
            str(len(group)),
            f"{score.precision:.2f}",
            f"{score.recall:.2f}",
            f"{score.f1:.2f}  [{low:.2f}–{high:.2f}]",
        )
    console.print(table)
    phrases = sorted({phrase for one in judged for phrase in one.headline.topics})
    table = Table(title="The same, by phrase")
    for column in ("phrase", "understood as", "relevant", "precision", "recall", "F1"):
        table.add_column(column, justify="left" if column in ("phrase", "understood as") else "right")
    for phrase in phrases:
        score = Score.of(judged, phrase)
        query = read_query(phrase, catalog.lexicon)
        process = isinstance(query, Query) and isinstance(query.root, Means) and query.root.process
        table.add_row(
            phrase,
            "a process" if process else "concepts",
            str(score.hits + score.missed),
            f"{score.precision:.2f}",
            f"{score.recall:.2f}",
            f"{score.f1:.2f}",
        )
    console.print(table)
    traps = Counter(one.headline.trap for one in judged if one.wrong)
    console.print(
        f"Errors by kind: {sum(len(one.missed) for one in judged)} missed; wrong: "
        + (
            ", ".join(f"{trap or 'another topic'} ({number})" for trap, number in traps.most_common())
            or "none"
        )
    )
    if errors:
        for one in judged:
            for kind, about in (("missed", one.missed), ("wrong", one.wrong)):
                for phrase in about:
                    console.print(
                        f"{kind:6} {one.headline.language:8} {phrase:20} {one.headline.title}", markup=False
                    )
