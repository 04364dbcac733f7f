"""Real stores in a folder of the test's own."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.storage.sql import SqlStore, open_store


async def open_temporary_store(folder: Path, *, durable: bool = False) -> SqlStore:
    """The store in `folder`, made if it is not there: open it again to see what a restart sees. Close it."""
    file = folder / "store.db"
    await asyncio.to_thread(_make, file)
    return await _opened(file, durable=durable)


def _make(file: Path) -> None:
    if not file.exists():
        file.write_bytes(_made())


@cache
def _made() -> bytes:
    """What a first start makes of no file; once a process, since its migrations take longer than most tests."""

    async def start(file: Path) -> None:
        await (await _opened(file, durable=False)).close()

    with TemporaryDirectory() as folder:
        file = Path(folder, "store.db")
        asyncio.run(start(file))
        return file.read_bytes()


async def _opened(file: Path, *, durable: bool) -> SqlStore:
    store = await open_store(f"sqlite:///{file}", durable=durable)
    assert isinstance(store, SqlStore), store
    return store
