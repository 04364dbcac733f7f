"""What the benchmarks work on: topics drawn over the lexicon by Zipf's law, as people's are, and entries that they fit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import Random

from bot.domain.entries import Entry
from bot.domain.lexicon import Concept, Lexicon
from bot.domain.matching import Analysis
from bot.domain.queries import Query, read_query

ROOT = Path(__file__).parents[1]
STREAM = ROOT.parent / "shared" / "data" / "stream_jun2025.jsonl"
ENTRIES = 300
SIZES = {100: (1, 2, 3, 3), 10_000: (1, *(2,) * 40), 100_000: (2, 3, 3, 3)}
"""Topics, and of how many things each is made, so that at every size an entry fits about five, and only the number of the
others differs: a hundred are about what the news is about, the many are about everything, and more particular."""


FILLER = (
    "officials said on monday that the delegation would remain in the capital for several days while lawyers studied "
    "every clause of the draft and neighbours watched prices in the markets where traders expected little change "
).split()


def source() -> str:
    real = STREAM.exists()
    return (
        "Headlines of stream_jun2025."
        if real
        else "Entries made of the lexicon's labels (no ../shared/data)."
    )


def by_demand(lexicon: Lexicon, analyses: Sequence[Analysis], *, frequent_first: bool) -> list[Concept]:
    """The concepts as people ask for them, the most wanted first: by how often they are named, or in any order."""
    labelled = [concept for concept in lexicon.concepts.values() if concept.labels.get("en")]
    Random(7).shuffle(labelled)  # noqa: S311 - a workload
    if frequent_first:
        named = Counter(id_ for analysis in analyses for id_ in analysis.named)
        labelled.sort(key=lambda concept: -named[concept.id])
    return labelled


def texts_of_queries(things: Sequence[int], wanted: Sequence[Concept]) -> Iterator[str]:
    """Without end, by Zipf's law over the concepts; one in five has a word that the lexicon does not know."""
    random = Random(20251101)  # noqa: S311 - a workload
    weights = [1 / rank for rank in range(1, len(wanted) + 1)]
    while True:
        chosen = random.choices(wanted, weights, k=random.choice(things))
        words = [concept.labels["en"][0] for concept in chosen]
        if random.random() < 0.2:
            words.append(random.choice(FILLER) + random.choice(("ville", "stan", "ology", "ish", "eroo")))
        yield " ".join(words)


def made_queries(
    number: int, things: Sequence[int], wanted: Sequence[Concept], lexicon: Lexicon
) -> Iterator[Query]:
    """Those of the texts that can be read."""
    read = (read_query(text, lexicon) for text in texts_of_queries(things, wanted))
    return islice((query for query in read if isinstance(query, Query)), number)


def made_entries(lexicon: Lexicon) -> Iterator[Entry]:
    random = Random(20251102)  # noqa: S311 - a workload
    now = datetime(2025, 11, 1, tzinfo=UTC)
    titles = _titles(lexicon, random)
    for number, title in enumerate(titles, start=1):
        summary = (
            " ".join(random.choices(FILLER, k=40)) + ". " + " ".join(random.choice(titles) for _ in range(2))
        )
        yield Entry(number, None, title, summary, None, "Outlet", "en", now, now)


def _titles(lexicon: Lexicon, random: Random) -> list[str]:
    if STREAM.exists():
        lines = STREAM.read_text(encoding="utf-8").splitlines()[: ENTRIES * 3 : 3]
        return [json.loads(line)["title"] for line in lines]
    labels = [concept.labels["en"][0] for concept in lexicon.concepts.values() if concept.labels.get("en")]
    return [" ".join((*random.choices(labels, k=3), *random.choices(FILLER, k=5))) for _ in range(ENTRIES)]
