"""Real stores in a folder of the test's own."""

from __future__ import annotations

from pathlib import Path

from bot.storage.sql import SqlStore, open_store


async def open_temporary_store(folder: Path) -> SqlStore:
    """The store in `folder`, made if it is not there: open it again to see what a restart sees. Close it."""
    store = await open_store(f"sqlite:///{folder}/store.db", durable=False)
    assert isinstance(store, SqlStore), store
    return store
