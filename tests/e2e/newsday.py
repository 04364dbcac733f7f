"""A day of news in a real store: reports of several outlets come in, and one chat reads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from bot.clock import SimulatedClock
from bot.domain.entries import Entry
from bot.ports import Probe, no_probe
from bot.storage.schema import subscriptions
from bot.storage.sql import SqlStore
from tests.e2e.world import World, catalog_of, living
from tests.fakes.chats import Call, ScriptedMessenger

START = datetime(2025, 8, 8, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

AGREED = (
    "Ukraine and Russia agree ceasefire at Istanbul summit",
    "Russia, Ukraine agree to ceasefire at summit in Istanbul",
    "At Istanbul summit, Ukraine and Russia agree a ceasefire",
    "Istanbul summit ends with Ukraine, Russia ceasefire agreed",
    "Ceasefire agreed by Russia and Ukraine at Istanbul summit",
    "Ukraine agrees ceasefire with Russia at the Istanbul summit",
    "Russia agrees ceasefire with Ukraine at the Istanbul summit",
    "Ukraine and Russia: ceasefire is agreed at Istanbul summit",
    "A ceasefire is agreed: Istanbul summit of Russia and Ukraine",
    "Summit in Istanbul: Russia and Ukraine have agreed ceasefire",
)
"""One event in the words of ten outlets."""

OUTLETS = ("Reuters", "BBC News", "TASS", "NHK", "AFP", "DPA", "Kyiv Post", "Hürriyet", "Le Monde", "Yonhap")

BROKEN = "Istanbul summit ceasefire of Russia and Ukraine broken: strike kills 12 in Kharkiv"
"""A development of it: another kind of event, and a number."""


@dataclass(frozen=True, slots=True)
class Newsday:
    """A world whose chat is held by a scripted messenger; what arrives, arrives in the store."""

    world: World
    clock: SimulatedClock
    messenger: ScriptedMessenger

    @property
    def store(self) -> SqlStore:
        store = self.world.app.parts.store
        assert isinstance(store, SqlStore)
        return store

    @property
    def reads(self) -> list[str]:
        return self.messenger.reads()

    @property
    def calls(self) -> list[Call]:
        return self.messenger.calls

    async def report(
        self,
        *titles: str,
        outlet: str = "Reuters",
        summary: str = "",
        language: str = "en",
        published: datetime | None = None,
    ) -> tuple[Entry, ...]:
        """Reports come in together, and what follows is sent."""
        now = self.clock.now()
        reports = [
            Entry(0, None, title, summary, f"https://news.example/{number}", outlet, language, published, now)
            for number, title in enumerate(titles)
        ]
        entries = await self.store.add_entries(reports)
        await self.world.app.step()
        return entries

    async def all_agree(self) -> None:
        """Ten outlets report one event within seconds."""
        for title, outlet in zip(AGREED, OUTLETS, strict=True):
            await self.report(title, outlet=outlet)
            self.clock.advance_to(self.clock.now() + timedelta(seconds=1))

    async def later(self, wait: timedelta) -> None:
        self.clock.advance_to(self.clock.now() + wait)
        await self.world.app.step()

    async def wish(self, **settings: int | str | bool) -> None:
        """Every subscription has these settings from now on."""
        change = update(subscriptions).values(**settings)
        await self.store._database.write(lambda connection: connection.execute(change))


@asynccontextmanager
async def newsday(
    folder: Path,
    *,
    messenger: ScriptedMessenger | None = None,
    at: datetime = START,
    probe: Probe = no_probe,
) -> AsyncIterator[Newsday]:
    """A started app in the folder, which may have been lived in before."""
    clock, speaks = SimulatedClock(at), messenger or ScriptedMessenger()
    async with living(folder, catalog_of([]), clock, messenger=speaks, probe=probe) as world:
        yield Newsday(world, clock, speaks)
