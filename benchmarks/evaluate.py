"""`make eval`: precision, recall and F1 of matching, on our own headlines and on the labelled October stream.

On the stream, and for phrases that name no process, a plain keyword rule stands beside it.

Both see the same entries; lines marked borderline are left out. Intervals are 95 % percentile bootstraps over pages,
since the edits of one page's headline are not independent (Efron & Tibshirani, An Introduction to the Bootstrap, 1993).
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.bulletins import print_page
from benchmarks.clustering import print_clustering
from benchmarks.headlines import print_scores
from benchmarks.phrases import print_phrases
from benchmarks.telling import print_telling
from bot.domain.catalog import Catalog
from bot.replay import RecordedEntry, ReplayProblem, read_recording, replay
from bot.settings.files import load_catalog

ROOT = Path(__file__).parents[1]
STREAM = ROOT.parent / "shared" / "data" / "stream_oct2025.jsonl"
RESAMPLES = 1000

KEYWORD_RULES: Mapping[str, Callable[[str], bool]] = {
    "ukraine-ceasefire": lambda title: _has(title, "ukraine") and _has(title, "ceasefire|truce"),
    "us-russia-summit": lambda title: _has(title, "us|russia|putin|trump") and _has(title, "summit"),
    "armenia-azerbaijan": lambda title: _has(title, "armenia") and _has(title, "azerbaijan"),
    "gaza-ceasefire": lambda title: _has(title, "gaza") and _has(title, "ceasefire|truce"),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives, false negatives."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.false + other.false, self.missed + other.missed)

    @property
    def precision(self) -> float:
        return _ratio(self.hits, self.hits + self.false)

    @property
    def recall(self) -> float:
        return _ratio(self.hits, self.hits + self.missed)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.hits, 2 * self.hits + self.false + self.missed)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line of the stream: what it is about, and the page whose headline it is."""

    url: str
    title: str
    topics: frozenset[str]

    @property
    def page(self) -> str:
        return self.url.rsplit("/", 1)[0]


def main(
    stream: Annotated[Path, typer.Option(help="A labelled stream.")] = STREAM,
    errors: Annotated[
        bool, typer.Option("--errors", help="List what was missed and what was wrong.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Which stories the page of bulletins shows.")] = 1,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Draw that page as well (needs Chromium).")
    ] = False,
) -> None:
    """Score matching on the project's own headlines and on a labelled stream, and write a page of bulletins."""
    catalog = load_catalog(ROOT / "config", topics_file=ROOT / "benchmarks" / "topics.toml", feeds=())
    if not isinstance(catalog, Catalog):
        sys.exit("\n".join(map(str, catalog)))
    console = Console(width=100)
    print_scores(catalog, console, errors=errors)
    print_phrases(catalog, console, errors=errors)
    print_clustering(catalog, console, STREAM.parent)
    print_page(catalog, seed, pictures=pictures)
    if not stream.exists():
        print(f"{stream.name} is not here (it is looked for in ../shared/data); nothing to measure.")
        return
    rows = [json.loads(line) for line in stream.read_text(encoding="utf-8").splitlines()]
    labelled = [
        Labelled(row["url"], row["title"], frozenset(row["topics"]))
        for row in rows
        if not row.get("borderline")
    ]
    events = asyncio.run(_replayed(read_recording(stream.read_text(encoding="utf-8"), stream.name), catalog))
    found = {event["url"]: set(event["topics"]) for event in events if event["event"] == "entry"}
    by_rule = {
        item.url: {topic for topic, rule in KEYWORD_RULES.items() if rule(item.title)} for item in labelled
    }
    console.print(_table(labelled, found, by_rule))
    stories = {row["url"]: row["story"] for row in rows if row.get("story") and not row.get("borderline")}
    print_telling(events, stories, console)
    if errors:
        _print_errors(labelled, found)


async def _replayed(
    recording: tuple[RecordedEntry, ...] | ReplayProblem, catalog: Catalog
) -> Sequence[Mapping[str, Any]]:
    """What the real pipeline did with each entry, and what it told."""
    if isinstance(recording, ReplayProblem):
        sys.exit(recording.message)
    events: list[dict[str, Any]] = []
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Replaying", total=len(recording))
        problem = await replay(
            recording, catalog, events.append, progress=lambda n: bar.update(task, completed=n)
        )
    if problem:
        sys.exit(problem.message)
    return events


def _table(
    labelled: Sequence[Labelled], found: Mapping[str, set[str]], by_rule: Mapping[str, set[str]]
) -> Table:
    table = Table(title=f"Matching on {STREAM.name}: {len(labelled)} headlines (95 % intervals by page)")
    for column in ("topic", "labelled", "by", "precision", "recall", "F1"):
        table.add_column(column, justify="left" if column in ("topic", "by") else "right")
    for topic in KEYWORD_RULES:
        support = sum(topic in item.topics for item in labelled)
        for name, answers in (("Sokuho", found), ("keywords", by_rule)):
            cells = _scores(labelled, answers, topic) if support else _alarms(labelled, answers, topic)
            table.add_row(
                topic if name == "Sokuho" else "", str(support) if name == "Sokuho" else "", name, *cells
            )
        table.add_section()
    return table


def _scores(
    labelled: Iterable[Labelled], answers: Mapping[str, set[str]], topic: str
) -> tuple[str, str, str]:
    pages: dict[str, Counts] = {}
    for item in labelled:
        pages[item.page] = pages.get(item.page, Counts()) + _count(
            topic in item.topics, topic in answers[item.url]
        )
    total = sum(pages.values(), Counts())
    relevant = [counts for counts in pages.values() if counts != Counts()]
    samples = list(_resampled(relevant, len(pages)))

    def cell(value: Callable[[Counts], float]) -> str:
        ordered = sorted(map(value, samples))
        low, high = ordered[round(0.025 * RESAMPLES)], ordered[round(0.975 * RESAMPLES) - 1]
        return f"{value(total):.2f}  [{low:.2f}–{high:.2f}]"

    return cell(lambda c: c.precision), cell(lambda c: c.recall), cell(lambda c: c.f1)


def _alarms(
    labelled: Iterable[Labelled], answers: Mapping[str, set[str]], topic: str
) -> tuple[str, str, str]:
    """Without a labelled entry there is nothing to recall; false alarms can still be counted."""
    return f"{sum(topic in answers[item.url] for item in labelled)} false alarms", "—", "—"


def _resampled(relevant: Sequence[Counts], pages: int) -> Iterable[Counts]:
    """Bootstrap samples over all pages; those that count for nothing are drawn too, and add nothing."""
    random = Random(20251014)  # noqa: S311 - a bootstrap
    for _ in range(RESAMPLES):
        drawn = (random.randrange(pages) for _ in range(pages))
        yield sum((relevant[index] for index in drawn if index < len(relevant)), Counts())


def _print_errors(labelled: Iterable[Labelled], found: Mapping[str, set[str]]) -> None:
    for item in labelled:
        for topic in sorted(item.topics ^ (found[item.url] & KEYWORD_RULES.keys())):
            print(f"{'missed' if topic in item.topics else 'wrong '} {topic:20} {item.title}")


def _count(wanted: bool, given: bool) -> Counts:  # noqa: FBT001 - a contingency table
    return Counts(int(wanted and given), int(given and not wanted), int(wanted and not given))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _has(title: str, words: str) -> bool:
    return re.search(rf"\b(?:{words})\b", title, re.IGNORECASE) is not None


if __name__ == "__main__":
    typer.run(main)
