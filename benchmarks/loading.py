"""What reading the configuration costs, in parts, beside what the TOML of the lexicon alone costs to parse.

The parser is the measure because it is the same everywhere, and does what cannot be left out. Before labels were merged
and collections put off, all of it was 11 times the parser.
"""

from __future__ import annotations

import gc
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.domain.lexicon import Lexicon
from bot.settings.files import load_catalog
from bot.settings.lexicon import countries_of_cldr, read_lexicon


def print_loading(folder: Path, lexicon: Lexicon, console: Console) -> None:
    """Time it, each part for itself, as the best of three."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((folder / "lexicon").glob("*.toml"))]
    languages = sorted(lexicon.languages)
    parts: dict[str, Callable[[], object]] = {
        "TOML of the lexicon, parsed": lambda: [tomllib.loads(text) for text in texts],
        "countries in every language": lambda: countries_of_cldr(languages),
        "patterns of the labels, and the automaton": lambda: Lexicon.build(
            lexicon.concepts.values(), lexicon.processes.values()
        ),
        "the lexicon, checked and built": lambda: read_lexicon(folder / "lexicon", languages),
        "all of the configuration": lambda: load_catalog(folder, feeds=()),
    }
    table = Table(title="Reading the configuration (processor time)")
    table.add_column("part")
    table.add_column("ms", justify="right")
    table.add_column("times the parser", justify="right")
    reference = 0.0
    for name, work in parts.items():
        took = min(_timed(work) for _ in range(3))
        reference = reference or took
        table.add_row(name, f"{took * 1000:,.0f}", f"{took / reference:.1f}")
    console.print(table)


def _timed(work: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()  # as `load_catalog` does
    start = time.process_time()
    work()
    took = time.process_time() - start
    gc.enable()
    return took
