"""The life of a process whose chat is owed a digest of several messages, and that may kill itself meanwhile."""

from __future__ import annotations

import os
import signal
from datetime import datetime, timedelta
from pathlib import Path

from bot.chat.commands import answer
from bot.clock import SimulatedClock
from bot.domain.documents import Document
from bot.domain.entries import Entry
from bot.ports import Point
from tests.e2e.world import catalog_of, living
from tests.fakes.chats import FileMessenger
from tests.fakes.events import of_its_own

NIGHT = "2025-08-08T23:00:00+00:00"
STORIES_IN_A_MESSAGE = 2


class TinyMessenger(FileMessenger):
    """Has room for two stories in a message."""

    def render(self, document: Document) -> str:
        stories = sum(" — Reuters" in row for row in document.plain.splitlines())
        return super().render(document) if stories <= STORIES_IN_A_MESSAGE else None  # type: ignore[return-value]


async def two_rounds(folder: Path, *, die_at: Point | None, minutes: float, passes: int) -> None:
    """It begins `minutes` after `NIGHT`; the first of them, at 0, asks for digests and hears the news."""
    passed = 0

    def probe(here: Point) -> None:
        nonlocal passed
        passed += here is die_at
        if passed == passes:
            os.kill(os.getpid(), signal.SIGKILL)

    clock = SimulatedClock(datetime.fromisoformat(NIGHT) + timedelta(minutes=minutes))
    messenger = TinyMessenger(folder / "chat.jsonl")
    async with living(folder, catalog_of([]), clock, messenger=messenger, probe=probe) as world:
        if not minutes:
            await answer(world.app.services(), world.chat, "/digest only 08:00")
            now = clock.now()
            titles = [of_its_own(f"Ukraine ceasefire as of day {number}") for number in range(5)]
            await world.app.parts.store.add_entries(
                [Entry(0, None, title, "", None, "Reuters", "en", now, now) for title in titles]
            )
        await world.app.step()
        await world.app.step()
