"""Matching on the project's own headlines (`tests/data/headlines.toml`), by language: precision, recall, F1 and errors."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.catalog import Catalog
from bot.domain.entries import Entry
from bot.domain.indexing import TopicIndex
from bot.domain.matching import analyse
from bot.domain.queries import Query, read_query

FILE = Path(__file__).parents[1] / "tests" / "data" / "headlines.toml"


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


def by_language(judged: Iterator[Judged]) -> Mapping[str, list[Judged]]:
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        groups.setdefault(one.headline.language, []).append(one)
    return groups


def f1(judged: list[Judged]) -> tuple[float, float, float]:
    """Precision, recall and F1 over pairs of headline and phrase."""
    hits = sum(len(one.found & one.headline.topics) for one in judged)
    wrong, missed = sum(len(one.wrong) for one in judged), sum(len(one.missed) for one in judged)
    precision = hits / (hits + wrong) if hits + wrong else 1.0
    recall = hits / (hits + missed) if hits + missed else 1.0
    return precision, recall, 2 * hits / (2 * hits + wrong + missed) if hits + wrong + missed else 1.0
