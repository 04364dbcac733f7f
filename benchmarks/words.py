"""How long a word takes from who says it to who looks, and how many of them get through, by queue."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from functools import partial

from rich.console import Console
from rich.table import Table

from bot.ports import Stage, WorkQueue
from bot.work import LocalQueue
from tests.fakes import postgres
from tests.fakes.work import serving

WORDS = 500
SECONDS = 3.0


def print_words(console: Console) -> None:
    table = Table(title="A word from stage to stage", title_justify="left")
    for column in ("queue", "stage", "heard after, p50", "p99", "words/s, five stages"):
        table.add_column(column, justify="left" if column in ("queue", "stage") else "right")
    asyncio.run(_measure(table))
    console.print(table)


async def _measure(table: Table) -> None:
    local = LocalQueue()
    await _rows(table, "in the process", local, local)
    with postgres.running() as server, server.database(await server.template()) as url:
        async with postgres.work_queue(url) as speaking, postgres.work_queue(url) as hearing:
            await _rows(table, "Procrastinate, to another", speaking, hearing)


async def _rows(table: Table, name: str, speaking: WorkQueue, hearing: WorkQueue) -> None:
    """`speaking` and `hearing` are those of two processes, or one and the same."""
    delays = {stage: await _delays(speaking, hearing, stage) for stage in (Stage.OUTBOX, Stage.DESK)}
    rate = await _rate(hearing)
    for stage, seconds in delays.items():
        p50, p99 = (sorted(seconds)[int(part * len(seconds))] * 1000 for part in (0.5, 0.99))
        table.add_row(name, stage.value, f"{p50:.2f} ms", f"{p99:.2f} ms", f"{rate:,.0f}")


async def _delays(speaking: WorkQueue, hearing: WorkQueue, stage: Stage) -> list[float]:
    """Seconds until each of many words was heard, said one after the other."""
    heard = asyncio.Event()

    async def work() -> None:
        heard.set()

    delays = []
    async with serving(hearing, stage, work, overlapping=_overlaps(stage)):
        for number in range(WORDS + 1):
            said = time.perf_counter()
            speaking.wake(stage)
            await heard.wait()
            if number:  # the first one waits until the stage is served
                delays.append(time.perf_counter() - said)
            heard.clear()
            await asyncio.sleep(0.002)
    return delays


async def _rate(queue: WorkQueue) -> float:
    """Words a second that get through where each stage says its own word again as soon as it has heard it."""
    calls = 0
    until = time.perf_counter() + SECONDS

    async def work(stage: Stage) -> None:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0)
        if time.perf_counter() < until:
            queue.wake(stage)

    async with AsyncExitStack() as stack:
        for stage in Stage:
            await stack.enter_async_context(
                serving(queue, stage, partial(work, stage), overlapping=_overlaps(stage))
            )
            queue.wake(stage)
        await asyncio.sleep(SECONDS)
    return calls / SECONDS


def _overlaps(stage: Stage) -> bool:
    return stage in (Stage.POLL, Stage.OUTBOX)
