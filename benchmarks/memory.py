"""What 10,000 feeds in rotation take of memory, round after round, in a process that does nothing else."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.feed_server import feed_farm
from benchmarks.polling import newsroom

FEEDS_IN_ROTATION = 10_000
ROUNDS = 20
TO_STAY_UNDER = 300
"""MiB, of the program and its parsers, beside a lexicon."""

SHOWN = (0, 1, 2, 5, 10, 15, ROUNDS)
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Round:
    """After a round over all feeds: `mib` of the program, `parsers` MiB of those, and the seconds it took."""

    mib: float
    parsers: float
    seconds: float

    @property
    def in_all(self) -> float:
        return self.mib + self.parsers


def print_memory(feeds: int, limit: timedelta, console: Console) -> None:
    measured = []
    with Progress(
        TextColumn("memory: {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as progress:
        task = progress.add_task("first poll", total=1 + ROUNDS)
        for n, one in enumerate(_rounds(feeds, limit)):
            measured.append(one)
            # A line for each, which also a file shows.
            progress.console.print(
                f"memory: {_name(n)}, {one.in_all:.0f} MiB, {one.seconds:.0f} s", highlight=False
            )
            progress.update(task, advance=1, description=_name(min(n + 1, ROUNDS)))
    console.print(_table(feeds, limit, measured))


def _table(feeds: int, limit: timedelta, measured: list[Round]) -> Table:
    done = max(len(measured) - 1, 0)
    table = Table(
        title=f"Memory with {feeds:,} feeds, a tenth of them changed each round",
        title_justify="left",
        caption=f"{done} of {ROUNDS} rounds within {limit}" if done < ROUNDS else None,
    )
    for name in ("round", "program, MiB", "parsers, MiB", "in all", "to stay under", "feeds/s"):
        table.add_column(name, justify="left" if name == "round" else "right")
    for n, one in enumerate(measured):
        if n in (*SHOWN, done):
            rate, limit_ = f"{feeds / one.seconds:,.0f}", str(TO_STAY_UNDER)
            table.add_row(_name(n), f"{one.mib:.0f}", f"{one.parsers:.0f}", f"{one.in_all:.0f}", limit_, rate)
    return table


def _name(number: int) -> str:
    return f"round {number}" if number else "first poll"


# The process. It is begun with -c: parsers would import what is begun as a module.


def _rounds(feeds: int, limit: timedelta) -> Iterator[Round]:
    """Each as soon as it is over; what is not over at the limit is given up."""
    code = f"from benchmarks.memory import rotate; rotate({feeds}, {limit.total_seconds()})"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ourselves
        assert process.stdout is not None
        for told in process.stdout:
            yield Round(**json.loads(told))
    assert process.returncode == 0


def rotate(feeds: int, seconds: float) -> None:
    """Poll the feeds round after round for so many seconds, and print what each round took."""
    asyncio.run(_rotate(feeds, seconds))


async def _rotate(feeds: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    with feed_farm() as farm, tempfile.TemporaryDirectory() as folder:
        others = set(multiprocessing.active_children())
        async with newsroom(folder, farm.urls(feeds)) as ours:
            for _ in range(1 + ROUNDS):
                try:
                    async with asyncio.timeout(until - time.monotonic()):
                        took = await ours.round(feeds)
                except TimeoutError:
                    return
                parsers = [child for child in multiprocessing.active_children() if child not in others]
                told = {
                    "mib": private_bytes(os.getpid()) / MIB,
                    "parsers": sum(private_bytes(child.pid) for child in parsers if child.pid) / MIB,
                    "seconds": took,
                }
                print(json.dumps(told), flush=True)
                farm.answer(rounds=1)


def private_bytes(pid: int) -> int:
    """Bytes of memory that a process has to itself."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    fields = {line.split()[0]: int(line.split()[1]) for line in rollup.splitlines()[1:]}
    return 1024 * (fields["Private_Clean:"] + fields["Private_Dirty:"])
