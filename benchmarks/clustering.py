"""How well reports are put into stories, on the labelled files of ../shared/data, beside two baselines in the same run.

BCubed precision, recall and F1 are over labelled entries (Bagga & Baldwin 1998; Amigó et al. 2009); the interval is a 95 %
percentile bootstrap over stories, which are drawn whole. The baselines: plain TF-IDF cosine to the nearest report of the last
three days, single pass, at whichever threshold scores best; and a story for each entry.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.domain.catalog import Catalog
from bot.domain.clustering import THRESHOLD, OpenStories, PlacedReport
from bot.domain.entries import Entry, words_of
from bot.domain.languages import language_of
from bot.domain.matching import Analysis, analyse

CURVE = (0.18, 0.2, 0.22, 0.24, 0.26, 0.28)
OF_TEXTS = 0.26
"""The threshold at which pairs of whole texts are best told apart; headlines alone share less."""
RESAMPLES = 1000
UNDATED = datetime(2019, 6, 1, tzinfo=UTC)

Groups = Mapping[int, Any]
"""By the number of a line: the group that it is in."""


@dataclass(frozen=True, slots=True)
class BCubed:
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def __str__(self) -> str:
        return f"{self.precision:.2f} / {self.recall:.2f} / {self.f1:.3f}"


def parts_of(found: Groups, wanted: Groups) -> dict[int, tuple[float, float]]:
    """(precision, recall) of each labelled entry."""
    by_found: dict[Any, set[int]] = defaultdict(set)
    by_wanted: dict[Any, set[int]] = defaultdict(set)
    for number, group in wanted.items():
        by_found[found[number]].add(number)
        by_wanted[group].add(number)
    parts = {}
    for number, group in wanted.items():
        mine, theirs = by_found[found[number]], by_wanted[group]
        common = len(mine & theirs)
        parts[number] = common / len(mine), common / len(theirs)
    return parts


def bcubed(parts: Iterable[tuple[float, float]]) -> BCubed:
    precisions, recalls = zip(*parts, strict=True)
    return BCubed(sum(precisions) / len(precisions), sum(recalls) / len(recalls))


def interval(found: Groups, wanted: Groups) -> tuple[float, float]:
    """95 % of F1 when the stories are drawn again."""
    parts = parts_of(found, wanted)
    stories: dict[Any, list[tuple[float, float]]] = defaultdict(list)
    for number, group in wanted.items():
        stories[group].append(parts[number])
    random = Random(20251014)  # noqa: S311 - a bootstrap
    groups = list(stories.values())
    scores = sorted(
        bcubed(part for group in random.choices(groups, k=len(groups)) for part in group).f1
        for _ in range(RESAMPLES)
    )
    return scores[round(0.025 * RESAMPLES)], scores[round(0.975 * RESAMPLES) - 1]


def purity(found: Groups, wanted: Groups) -> float:
    """The share of entries that are of their story's most frequent label."""
    labels: dict[Any, Counter[Any]] = defaultdict(Counter)
    for number, group in wanted.items():
        labels[found[number]][group] += 1
    return sum(max(counts.values()) for counts in labels.values()) / len(wanted)


def read(path: Path, catalog: Catalog) -> list[tuple[dict[str, Any], Analysis]]:
    """The lines in order of time, each with what its text holds."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows.sort(key=lambda row: row["published"])
    return [(row, _analysed(number, row, catalog, "en")) for number, row in enumerate(rows, start=1)]


def _analysed(number: int, row: Mapping[str, Any], catalog: Catalog, language: str) -> Analysis:
    at = datetime.fromisoformat(row["published"]) if row.get("published") else UNDATED
    entry = Entry(
        number,
        None,
        row["title"],
        row.get("summary") or "",
        row.get("url"),
        catalog.outlets.resolve(row.get("source") or "Outlet"),
        row.get("language") or language_of(row["title"], language),
        at,
        at,
    )
    return analyse(entry, catalog.lexicon)


def clustered(analyses: Iterable[Analysis], stories: OpenStories) -> dict[int, int]:
    """By the number of an entry, the story that it is in at the end: each placed as the desk does."""
    found: dict[int, int] = {}
    for number, analysis in enumerate(analyses):
        entry = analysis.entry
        stories.forget(entry.at)
        profile = stories.weigh(analysis)
        joining = stories.place(profile, entry.at, title=entry.title, voice=entry.outlet)
        story = joining.likeness.story_id if joining.likeness else entry.id
        stories.put(PlacedReport(entry.id, story, entry.at, entry.at, entry.outlet, entry.title, profile))
        found[number] = story
        if joining.merges:
            younger, older = joining.merges
            stories.merge(younger, older)
            found = {key: older if value == younger else value for key, value in found.items()}
    return found


def nearest_by_tfidf(analyses: Sequence[Analysis]) -> Callable[[float], dict[int, int]]:
    """The plain baseline, by threshold: each entry joins the story of its nearest one of the three days before."""
    frequency: Counter[str] = Counter()
    listed: dict[str, list[tuple[int, float]]] = defaultdict(list)
    nearest: list[tuple[float, int]] = []
    for number, analysis in enumerate(analyses):
        words = set(words_of(analysis.entry.title))
        weights = {word: math.log((number + 2) / (frequency[word] + 1)) for word in words}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        sums: dict[int, float] = defaultdict(float)
        for word, weight in sorted(weights.items()):
            for other, its in listed[word]:
                sums[other] += weight / length * its
            listed[word].append((number, weight / length))
            frequency[word] += 1
        oldest = analysis.entry.at - timedelta(hours=72)
        recent = [(score, -other) for other, score in sums.items() if analyses[other].entry.at >= oldest]
        score, other = max(recent, default=(0.0, -number))
        nearest.append((score, -other))

    def at(threshold: float) -> dict[int, int]:
        found: dict[int, int] = {}
        for number, (score, other) in enumerate(nearest):
            found[number] = found[other] if score >= threshold and other != number else number
        return found

    return at


def print_clustering(catalog: Catalog, console: Console, data: Path) -> None:
    """A table for each labelled file that is there."""
    if (data / "stream_oct2025.jsonl").exists():
        _print_stream(read(data / "stream_oct2025.jsonl", catalog), console)
    if (data / "stories_en_2014.jsonl").exists():
        _print_groups(read(data / "stories_en_2014.jsonl", catalog), console)
    if (data / "pairs_ru.jsonl").exists():
        _print_pairs(data / "pairs_ru.jsonl", catalog, console)
    if (data / "pairs_en_ja_2026.jsonl").exists():
        _print_translations(read(data / "pairs_en_ja_2026.jsonl", catalog), console)


def _labels(rows: Sequence[tuple[dict[str, Any], Analysis]]) -> dict[int, str]:
    return {
        number: row["story"]
        for number, (row, _) in enumerate(rows)
        if row.get("story") and not row.get("borderline")
    }


def _best(at: Callable[[float], Groups], wanted: Groups) -> tuple[float, Groups]:
    """The baseline's best threshold, and what it finds there."""
    thresholds = [step / 50 for step in range(5, 45)]
    best = max(thresholds, key=lambda threshold: bcubed(parts_of(at(threshold), wanted).values()).f1)
    return best, at(best)


def _table(title: str) -> Table:
    table = Table(title=title)
    for column in ("by", "stories", "P / R / BCubed F1", "95 %", "purity"):
        table.add_column(column, justify="left" if column == "by" else "right")
    return table


def _add(table: Table, name: str, found: Groups, wanted: Groups) -> None:
    low, high = interval(found, wanted)
    score = bcubed(parts_of(found, wanted).values())
    number = len(set(found.values()))
    table.add_row(name, f"{number:,}", str(score), f"[{low:.2f}–{high:.2f}]", f"{purity(found, wanted):.2f}")


def _print_stream(rows: Sequence[tuple[dict[str, Any], Analysis]], console: Console) -> None:
    wanted = _labels(rows)
    analyses = [analysis for _, analysis in rows]
    table = _table(
        f"Stories of stream_oct2025: {len(wanted)} labelled entries in {len(set(wanted.values()))}"
    )
    for threshold in CURVE:
        chosen = " (chosen)" if threshold == THRESHOLD else ""
        found = clustered(analyses, OpenStories(threshold=threshold))
        _add(table, f"Sokuho at {threshold}{chosen}", found, wanted)
    best, plain = _best(nearest_by_tfidf(analyses), wanted)
    _add(table, f"TF-IDF at its best, {best}", plain, wanted)
    _add(table, "a story each", {number: number for number in range(len(rows))}, wanted)
    console.print(table)


def _print_groups(rows: Sequence[tuple[dict[str, Any], Analysis]], console: Console) -> None:
    wanted = _labels(rows)
    analyses = [analysis for _, analysis in rows]
    table = _table(f"Groups of stories_en_2014: {len(wanted):,} entries in {len(set(wanted.values()))}")
    _add(table, f"Sokuho at {THRESHOLD} (chosen)", clustered(analyses, OpenStories()), wanted)
    broad = OpenStories(threshold=0.1, half_life=timedelta(hours=6))
    _add(table, "Sokuho at 0.1, half-life 6 hours", clustered(analyses, broad), wanted)
    best, found = _best(nearest_by_tfidf(analyses), wanted)
    _add(table, f"TF-IDF at its best, {best}", found, wanted)
    console.print(table)


def _print_pairs(path: Path, catalog: Catalog, console: Console) -> None:
    """Both texts of a pair, one after the other, into an index that knows the words of all texts from days before."""
    pairs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [
        _analysed(number, row, catalog, "ru")
        for number, row in enumerate((text for pair in pairs for text in (pair["first"], pair["second"])), 1)
    ]
    table = Table(title=f"Pairs of pairs_ru: {len(pairs)}, of one event or not")
    for column in ("threshold", "precision", "recall", "F1"):
        table.add_column(column, justify="right")
    for threshold in (THRESHOLD, OF_TEXTS):
        stories = OpenStories(threshold=threshold)
        for text in texts:
            old = text.entry.at - timedelta(days=4)
            key, profile = text.entry.id + len(texts), stories.weigh(text)
            stories.put(
                PlacedReport(key, key, old, text.entry.at, f"outlet {key}", text.entry.title, profile)
            )
        hits = wrong = missed = 0
        for pair, first, second in zip(pairs, texts[::2], texts[1::2], strict=True):
            profile = stories.weigh(first)
            own = PlacedReport(0, 0, first.entry.at, first.entry.at, "the first", first.entry.title, profile)
            stories.put(own)
            joining = stories.place(
                stories.weigh(second), second.entry.at, title=second.entry.title, voice="the second"
            )
            same = joining.likeness is not None and joining.likeness.story_id == 0
            hits += same and pair["same_event"]
            wrong += same and not pair["same_event"]
            missed += not same and pair["same_event"]
        f1 = 2 * hits / (2 * hits + wrong + missed)
        table.add_row(
            str(threshold), f"{hits / (hits + wrong):.2f}", f"{hits / (hits + missed):.2f}", f"{f1:.2f}"
        )
    console.print(table)


def _print_translations(rows: Sequence[tuple[dict[str, Any], Analysis]], console: Console) -> None:
    """Many pairs are of one event, reported by several outlets, so what is counted as wrong is what crossing adds."""
    found = clustered((analysis for _, analysis in rows), OpenStories())
    in_stories: dict[int, set[str]] = defaultdict(set)
    of_pairs: dict[str, set[int]] = defaultdict(set)
    for number, (row, _) in enumerate(rows):
        in_stories[found[number]].add(row["pair"])
        of_pairs[row["pair"]].add(found[number])
    together = sum(len(stories) == 1 for stories in of_pairs.values())
    joined = _joined_within(rows)
    several = sum(len(pairs) > 1 for pairs in in_stories.values())
    wrong = sum(len({joined[pair] for pair in pairs}) > 1 for pairs in in_stories.values())
    console.print(
        f"pairs_en_ja_2026, {len(rows):,} items: both of a pair in one story {together / len(of_pairs):.1%} (to reach 85 %). "
        f"Of {len(in_stories)} stories {several} hold several pairs, most of them one event of two outlets; {wrong} "
        f"({wrong / len(in_stories):.1%}, to reach 2 %) hold pairs that neither language alone would have joined."
    )


def _joined_within(rows: Sequence[tuple[dict[str, Any], Analysis]]) -> Mapping[str, str]:
    """For each pair one that stands for all those that are joined, over however many steps, within a language."""
    parents = {row["pair"]: row["pair"] for row, _ in rows}

    def root(pair: str) -> str:
        while parents[pair] != pair:
            pair = parents[pair]
        return pair

    for language in ("en", "ja"):
        own = [(row["pair"], analysis) for row, analysis in rows if row["language"] == language]
        found = clustered((analysis for _, analysis in own), OpenStories())
        first: dict[int, str] = {}
        for number, story in found.items():
            parents[root(own[number][0])] = root(first.setdefault(story, own[number][0]))
    return {pair: root(pair) for pair in parents}
