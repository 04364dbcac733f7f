"""`sokuho lexicon`: how much of the lexicon there is in each language, and what is missing in one."""

from __future__ import annotations

from collections import Counter

from rich import box
from rich.console import Console
from rich.table import Table

from bot.domain.lexicon import Concept, Kind, Lexicon

KINDS: tuple[Kind, ...] = ("country", "person", "place", "organisation", "event", "term", "word")


def print_coverage(lexicon: Lexicon, missing_in: str | None = None) -> None:
    """A row a language; or, with `missing_in`, the concepts that have no label in that language."""
    console = Console()
    if missing_in is not None:
        for concept in lexicon.concepts.values():
            if not concept.labels.get(missing_in):
                console.print(f"{concept.kind:12} {concept.id:28} {concept.name()}", markup=False)
        return
    table = Table(
        title=f"{len(lexicon.concepts)} concepts, {len(lexicon.processes)} processes",
        box=box.SIMPLE,
        padding=(0, 0, 0, 1),
    )
    for column in ("language", *KINDS, "process", "labels"):
        table.add_column(column, justify="left" if column == "language" else "right")
    kinds = Counter(concept.kind for concept in lexicon.concepts.values())
    table.add_row(
        "(all)", *(str(kinds[kind]) for kind in KINDS), str(len(lexicon.processes)), "", style="bold"
    )
    for language in sorted(lexicon.languages, key=lambda code: -_labels(lexicon, code)):
        known = Counter(concept.kind for concept in lexicon.concepts.values() if concept.labels.get(language))
        named = sum(bool(process.labels.get(language)) for process in lexicon.processes.values())
        table.add_row(
            language, *(str(known[kind]) for kind in KINDS), str(named), f"{_labels(lexicon, language):,}"
        )
    console.print(table)


def _labels(lexicon: Lexicon, language: str) -> int:
    def count(concept: Concept) -> int:
        return len(concept.labels.get(language, ()))

    return sum(map(count, lexicon.concepts.values()))
