"""What it costs to place an entry among open stories, by their number, beside comparing it with every report.

Every open story has one report, made of words and things drawn by Zipf's law; those that are placed are drawn alike, so that some
join. Weighing, placing and remembering are timed together; the reference takes the cosine with each report, and no more.

Then what the desk takes to place ten thousand entries that come at once: of as many events as there are in such a stream,
and all of one event. The longest is for how long nobody else has the event loop.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from random import Random

from rich.console import Console
from rich.table import Table

from bot.domain.catalog import Catalog
from bot.domain.clustering import OpenStories, PlacedReport
from bot.domain.entries import Entry
from bot.domain.ledger import Ledger
from bot.domain.lexicon import Lexicon
from bot.domain.matching import Analysis, analyse
from bot.placing import Judged, place_all
from bot.ports import PendingEntry

OPEN = (500, 5_000, 20_000)
PLACED = 500
AT_ONCE = 10_000
SAMPLE = 5
"""Entries that the reference is given."""


def print_placing(catalog: Catalog, console: Console) -> None:
    lexicon = catalog.lexicon
    table = Table(title="Placing an analysed entry among open stories")
    for column in ("open stories", "entries/s", "ms each", "all pairs, ms each"):
        table.add_column(column, justify="right")
    made = _made(lexicon)
    figures = []
    analyses: list[Analysis] = []
    for number in OPEN:
        analyses += islice(made, number + PLACED - len(analyses))
        stories = OpenStories()
        reports = [_put(stories, analysis, analysis.entry.id) for analysis in analyses[:number]]
        start = time.process_time()
        for analysis in analyses[number : number + PLACED]:
            profile = stories.weigh(analysis)
            entry = analysis.entry
            found = stories.place(profile, entry.at, title=entry.title, voice=entry.outlet).likeness
            story = found.story_id if found else entry.id
            stories.put(PlacedReport(entry.id, story, entry.at, entry.at, entry.outlet, entry.title, profile))
        each = (time.process_time() - start) / PLACED
        figures.append(each)
        pairs = _all_pairs(reports, [stories.weigh(one).words for one in analyses[-SAMPLE:]])
        table.add_row(f"{number:,}", f"{1 / each:,.0f}", f"{each * 1e3:.2f}", f"{pairs * 1e3:.1f}")
    console.print(table)
    console.print(
        f"To reach: 500 entries/s among 5,000. With {OPEN[-1] // OPEN[0]} times the stories an entry costs "
        f"{figures[-1] / figures[0]:.1f} times as much."
    )


def print_at_once(catalog: Catalog, console: Console) -> None:
    table = Table(title=f"{AT_ONCE:,} entries at once")
    for column in ("of", "stories", "seconds", "ms each", "longest, ms", "all pairs, ms each"):
        table.add_column(column, justify="right")
    drawn = list(islice(_made(catalog.lexicon), AT_ONCE))
    now = drawn[-1].entry.at
    first, *others = (replace(one.entry, published=now, seen=now) for one in drawn)
    one_event = [
        replace(first, id=other.id, outlet=other.outlet, title=f"{first.title} {other.title.split()[0]}")
        for other in others
    ]
    for name, entries in (("many events", (first, *others)), ("one event", (first, *one_event))):
        judged = [Judged(PendingEntry(one, None), analyse(one, catalog.lexicon)) for one in entries]
        ledger, took, stories = Ledger(), [], set()
        placing = place_all(judged, ledger, catalog)
        for _ in judged:
            start = time.process_time()
            stories.add(next(placing).news.story_id)
            took.append(time.process_time() - start)
        known = ledger.alike.reports
        sample = [one.profile.words for one in known[-SAMPLE:]]
        pairs = _all_pairs(known, sample) * len(entries) / len(known)  # had all of them been remembered
        table.add_row(
            name,
            f"{len(stories):,}",
            f"{sum(took):.1f}",
            f"{sum(took) / len(took) * 1e3:.2f}",
            f"{max(took) * 1e3:.0f}",
            f"{pairs * 1e3:.1f}",
        )
    console.print(table)


def _put(stories: OpenStories, analysis: Analysis, story: int) -> PlacedReport:
    entry = analysis.entry
    report = PlacedReport(
        entry.id, story, entry.at, entry.at, entry.outlet, entry.title, stories.weigh(analysis)
    )
    stories.put(report)
    return report


def _all_pairs(reports: Sequence[PlacedReport], sample: Sequence[Mapping[str, float]]) -> float:
    """Seconds of the processor for one."""
    start = time.process_time()
    for words in sample:
        max(
            sum(weight * report.profile.words.get(word, 0.0) for word, weight in words.items())
            for report in reports
        )
    return (time.process_time() - start) / len(sample)


def _made(lexicon: Lexicon) -> Iterator[Analysis]:
    random = Random(20251103)  # noqa: S311 - a workload
    things = [concept.labels["en"][0] for concept in lexicon.concepts.values() if concept.labels.get("en")]
    random.shuffle(things)
    words = ["".join(parts) for parts in product(_SYLLABLES, repeat=3)]
    random.shuffle(words)
    of_things = [1 / rank for rank in range(1, len(things) + 1)]
    of_words = [1 / rank for rank in range(1, len(words) + 1)]
    start = datetime(2025, 11, 1, tzinfo=UTC)
    number = 0
    while True:
        number += 1
        chosen = random.choices(things, of_things, k=2) + random.choices(words, of_words, k=7)
        random.shuffle(chosen)
        lead = " ".join(random.choices(words, of_words, k=30))
        at = start + timedelta(seconds=5 * number)
        entry = Entry(number, None, " ".join(chosen), lead, None, f"outlet {number % 100}", "en", at, at)
        yield analyse(entry, lexicon)


_SYLLABLES = "ba de fi go hu ka le mi no pu ra se ti vo zu bra cle dri fro glu ska ple tri".split()
