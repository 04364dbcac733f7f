"""The life of a process: two rounds of the pipeline, unless it kills itself at a named point."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import SimulatedClock
from bot.domain.deliveries import REVISED_AFTER
from bot.ports import Point
from tests.e2e.world import catalog_of, living


async def two_rounds(
    folder: Path, urls: Sequence[str], *, die_at: Point | None, minutes: float, database: str | None = None
) -> None:
    """It begins `minutes` after now, so that feeds which an earlier one has asked are due again.

    `database` is where its store is, if not in the folder.
    """

    def probe(passed: Point) -> None:
        if passed is die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    clock = SimulatedClock(datetime.now(UTC) + timedelta(minutes=minutes))
    async with living(folder, catalog_of(urls), clock, probe=probe, database=database) as world:
        await world.app.step()
        await world.app.step()
        # What came to a message is shown a little later.
        clock.advance_to(clock.now() + REVISED_AFTER)
        await world.app.work_off()
