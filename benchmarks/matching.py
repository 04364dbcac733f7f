"""What it costs to match an entry, by the number of topics, beside a regular expression and FTS5 per topic.

Topics are drawn over the lexicon by Zipf's law, as people's are: some things are asked for by many. Entries have a title
and about 60 words. Figures of the references are per entry too; where asking all topics would take minutes, a sample of
them is asked and the time multiplied, which the table says.
"""

from __future__ import annotations

import gc
import re
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.workload import SIZES, by_demand, made_entries, made_queries, source
from bot.domain.entries import Entry
from bot.domain.indexing import TopicIndex
from bot.domain.lexicon import Lexicon
from bot.domain.matching import Analysis, analyse
from bot.domain.queries import AllOf, Means, Node, Query

ASKED = 300
"""Topics that a reference is asked at the most."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one number of topics: microseconds an entry, and how many topics it fits on average."""

    topics: int
    distinct: int
    match: float
    matches: float
    regex: float
    fts: float
    megabytes: float


def print_matching(lexicon: Lexicon, console: Console) -> None:
    """Time analysing and matching."""
    entries = list(made_entries(lexicon))
    cold = _each(lambda: [analyse(entry, lexicon) for entry in entries], len(entries))
    analyses = [analyse(entry, lexicon) for entry in entries]
    warm = _each(lambda: [analyse(entry, lexicon) for entry in entries], len(entries))
    rows = [_figures(size, things, lexicon, entries, analyses) for size, things in SIZES.items()]
    console.print(_table(rows))
    console.print(
        f"Analysing an entry (language, forms, hits): {cold:,.0f} µs at first sight of its words, {warm:,.0f} µs "
        f"after; to reach: 1,000. Among {rows[-1].topics:,} topics: {rows[-1].match:,.0f} µs, "
        f"{rows[-1].match / rows[0].match:.1f} times that among {rows[0].topics}; to reach: 250 µs, 2 times. {source()}"
    )


def _table(rows: Sequence[Figures]) -> Table:
    table = Table(title="Matching an analysed entry, µs (references in the same run)")
    for column in (
        "topics",
        "distinct",
        "an entry fits",
        "Sokuho",
        "a regex each",
        "FTS5 each",
        "MB of topics",
    ):
        table.add_column(column, justify="right")
    for row in rows:
        scaled = " *" if row.distinct > ASKED else ""
        table.add_row(
            f"{row.topics:,}",
            f"{row.distinct:,}",
            f"{row.matches:.1f}",
            f"{row.match:,.0f}",
            f"{row.regex:,.0f}{scaled}",
            f"{row.fts:,.0f}{scaled}",
            f"{row.megabytes:,.0f}",
        )
    table.caption = f"* from {ASKED:,} of the topics, multiplied"
    return table


def _figures(
    size: int,
    things: Sequence[int],
    lexicon: Lexicon,
    entries: Sequence[Entry],
    analyses: Sequence[Analysis],
) -> Figures:
    ranked = by_demand(lexicon, analyses, frequent_first=size == min(SIZES))
    queries = dict(enumerate(made_queries(size, things, ranked, lexicon)))
    gc.collect()
    before = _resident()
    index = TopicIndex.build(queries, lexicon)
    gc.collect()
    grown = _resident() - before
    for analysis in analyses[:20]:
        index.match(analysis)
    match = _each(lambda: [index.match(analysis) for analysis in analyses], len(analyses))
    fitting = sum(len(index.match(analysis)) for analysis in analyses) / len(analyses)
    distinct = {repr(query.root): query for query in queries.values()}
    asked = list(distinct.values())[:ASKED]
    factor = len(distinct) / len(asked)
    sample = entries[:10]
    return Figures(
        size,
        len(distinct),
        match,
        fitting,
        _regexes(asked, sample, lexicon) * factor,
        _fts(asked, sample, lexicon) * factor,
        grown,
    )


def _each(work: Callable[[], object], number: int) -> float:
    """Microseconds for each of `number`, the best of three."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best / number * 1e6


def _resident() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _alternatives(node: Node, lexicon: Lexicon) -> Iterator[tuple[str, ...]]:
    """The English spellings of each thing that a query needs."""
    for part in node.parts if isinstance(node, AllOf) else (node,):
        if isinstance(part, Means):
            labels = lexicon.concepts[part.id].labels.get("en", ()) if not part.process else ()
            yield labels or (part.text,)
        else:
            yield (getattr(part, "text", "x"),)


def _regexes(queries: Sequence[Query], entries: Sequence[Entry], lexicon: Lexicon) -> float:
    compiled = [
        re.compile(
            "".join(
                rf"(?=.*\b(?:{'|'.join(map(re.escape, group))})\b)"
                for group in _alternatives(query.root, lexicon)
            ),
            re.IGNORECASE | re.DOTALL,
        )
        for query in queries
    ]
    texts = [f"{entry.title} {entry.summary}" for entry in entries]
    return _each(lambda: [rule.search(text) for text in texts for rule in compiled], len(texts))


def _fts(queries: Sequence[Query], entries: Sequence[Entry], lexicon: Lexicon) -> float:
    """An entry is put into a full-text table of its own and asked for each topic: FTS5 has no way round."""
    asked = [
        " AND ".join(
            "(" + " OR ".join('"' + label.replace('"', "") + '"' for label in group) + ")"
            for group in _alternatives(query.root, lexicon)
        )
        for query in queries
    ]

    def ask() -> None:
        for entry in entries:
            connection = sqlite3.connect(":memory:")
            connection.execute("CREATE VIRTUAL TABLE entry USING fts5(text, tokenize='porter unicode61')")
            connection.execute("INSERT INTO entry VALUES (?)", (f"{entry.title} {entry.summary}",))
            for words in asked:
                connection.execute("SELECT 1 FROM entry WHERE entry MATCH ?", (words,)).fetchone()
            connection.close()

    start = time.perf_counter()
    ask()
    return (time.perf_counter() - start) / len(entries) * 1e6
