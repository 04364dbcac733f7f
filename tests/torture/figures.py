"""What was measured, beside what is wanted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """`ok`: None where nothing is wanted of it."""

    what: str
    measured: str
    wanted: str
    ok: bool | None = None


def table_of(title: str, figures: Iterable[Figure]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("", "measured", "wanted", ""):
        table.add_column(heading)
    for figure in figures:
        sign = {None: "", True: "✓", False: "✗"}[figure.ok]
        table.add_row(figure.what, figure.measured, figure.wanted, sign)
    return table


Work: TypeAlias = Callable[[], Coroutine[Any, Any, list[Figure]]]
"""A part of the torture."""


def timed(work: Work) -> tuple[list[Figure], float]:
    """What it measures, and the seconds that it takes; here, for a process of its own, which cannot import `__main__`."""
    began = time.monotonic()
    return asyncio.run(work()), time.monotonic() - began
