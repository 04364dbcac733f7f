"""`make hostile`: a row for each attack, by the limits of a real run; not 0 where one is not held."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import structlog

from bot.feeds.fetch import FetchLimits
from bot.feeds.parse import ParseLimits
from tests.hostile.lab import INTERVAL, KINDS, LATE, OTHERS, PROGRAM_MIB, Limits, Row, run


def shown(row: Row) -> str:
    """A line of the table."""
    late = f"{median(row.delays):5.2f} {max(row.delays):5.2f}" if row.delays else f"{'-':>5} {'-':>5}"
    cost = f"{row.seconds:5.1f} {row.program:5.0f} {row.parser:5.0f}  {late}"
    return f"{'ok ' if row.well else 'BAD'} {row.kind:16} {row.name:34} {cost}  {row.outcome[:110]}"


def head(limits: Limits) -> str:
    """What stands above the table."""
    return (
        f"Held within: a fetch {limits.fetch.seconds:g} s, {limits.fetch.redirects} redirects and "
        f"{limits.fetch.body_bytes // 2**20} MiB unpacked; a document {limits.parse.seconds:g} s and "
        f"{limits.parse.memory_bytes // 2**20} MiB; the program {PROGRAM_MIB:g} MiB more; "
        f"{len(OTHERS)} other feeds, polled each {INTERVAL.total_seconds():g} s, {LATE:g} s late at most.\n"
        f"    {'':16} {'':34} {'s':>5} {'MiB':>5} {'MiB':>5}  {'others late, s':>11}\n"
        f"    {'kind':16} {'attack':34} {'':>5} {'more':>5} {'parse':>5}  {'half':>5} {'most':>5}  how it was held"
    )


async def _print(folder: Path, names: Sequence[str], limits: Limits) -> int:
    print(head(limits))
    rows = []
    async for row in run(folder, names, limits):
        rows.append(row)
        print(shown(row), flush=True)
    kinds, well = Counter(row.kind for row in rows), Counter(row.kind for row in rows if row.well)
    print("", *(f"{kind:16} {well[kind]:4} of {n}" for kind, n in kinds.items()), sep="\n")
    return 0 if all(row.well for row in rows) else 1


def main() -> int:
    every = [name for names in KINDS.values() for name in names]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="a fetch and a document have 1.5 s each")
    parser.add_argument("--only", nargs="+", default=(), metavar="ATTACK", choices=every)
    asked = parser.parse_args()
    limits = Limits(FetchLimits(seconds=1.5), ParseLimits(seconds=1.5)) if asked.fast else Limits()
    with tempfile.TemporaryDirectory() as folder:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        return asyncio.run(_print(Path(folder), asked.only, limits))


if __name__ == "__main__":
    sys.exit(main())
