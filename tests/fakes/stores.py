"""Real stores in a folder of the test's own."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from bot.storage.sql import SqlStore, open_store


async def open_temporary_store(folder: Path, *, durable: bool = False) -> SqlStore:
    """The store in `folder`, made if it is not there: open it again to see what a restart sees. Close it."""
    file = folder / "store.db"
    if not file.exists():
        file.write_bytes(await _new_file())
    return await _opened(file, durable=durable)


_new_files: list[bytes] = []


async def _new_file() -> bytes:
    """What a first start makes, kept for all of the process: its migrations take longer than most tests."""
    if not _new_files:
        with TemporaryDirectory() as folder:
            file = Path(folder, "store.db")
            await (await _opened(file, durable=False)).close()
            _new_files.append(file.read_bytes())
    return _new_files[0]


async def _opened(file: Path, *, durable: bool) -> SqlStore:
    store = await open_store(f"sqlite:///{file}", durable=durable)
    assert isinstance(store, SqlStore), store
    return store
