"""`sokuho db backup` and `restore`: while it runs, whole, and honest about what may be told twice."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from alembic.command import upgrade
from alembic.config import Config
from sqlalchemy import create_engine

from bot.domain.deliveries import DeliveryState, Sent, settle
from bot.storage.backing import back_up, restore
from bot.storage.database import StoreProblem
from bot.storage.migrating import HEAD
from bot.storage.sql import SqlStore, open_store
from tests.contract.records import HOUR, MINUTE, NOON, a_chat, a_story, a_topic, entry, match, opens, stored


async def opened(file: Path) -> SqlStore:
    store = await open_store(f"sqlite:///{file}")
    assert isinstance(store, SqlStore), store
    return store


def parts(folder: Path) -> list[Path]:
    """What was left half-made."""
    return list(folder.glob("*.part"))


def problem(answer: object) -> str:
    assert isinstance(answer, StoreProblem), answer
    return answer.sentence


async def test_a_backup_is_made_under_load(tmp_path: Path) -> None:
    """Of one moment, while the program holds the file and writes; and nobody's write has to wait for it."""
    store = await opened(tmp_path / "live.db")
    done = asyncio.Event()

    async def write() -> int:
        count = 0
        while not done.is_set():
            await stored(store, *(entry(f"{count} {half}") for half in "ab"))
            count += 1
        return count

    writing = asyncio.create_task(write())
    await asyncio.sleep(0)
    for number in range(5):
        assert await asyncio.to_thread(back_up, tmp_path / "live.db", tmp_path / f"{number}.db") is None
    done.set()
    assert await writing > 0
    await store.close()
    for number in range(5):
        with closing(sqlite3.connect(tmp_path / f"{number}.db")) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            (count,) = copy.execute("SELECT count(*) FROM entries").fetchone()
            assert count % 2 == 0, "both entries of a transaction or none"
        assert (tmp_path / f"{number}.db").stat().st_mode & 0o077 == 0
    assert not parts(tmp_path)


async def test_what_comes_back(tmp_path: Path) -> None:
    """All of it; and what was there before is kept beside it."""
    file, backup = tmp_path / "live.db", tmp_path / "backup.db"
    store = await opened(file)
    await a_story(store, await a_chat(store))
    await store.close()
    assert back_up(file, backup) is None
    store = await opened(file)
    await a_story(store, title="Later")
    await store.close()
    kept = restore(backup, file, NOON + HOUR)
    assert isinstance(kept, Path)
    for path, stories in ((file, 1), (kept, 2)):
        store = await opened(path)
        assert len(await store.entries_since(NOON - HOUR, 10)) == stories
        await store.close()


async def test_nothing_is_told_twice_without_saying_so(tmp_path: Path) -> None:
    """What was owed then, and what is published until the restoration; what is published after it is not marked."""
    file, backup = tmp_path / "live.db", tmp_path / "backup.db"
    store = await opened(file)
    chat, topic = await a_chat(store), await a_topic(store)
    await a_story(store, chat, topic=topic)
    await store.close()
    assert back_up(file, backup) is None
    assert isinstance(restore(backup, file, NOON + HOUR), Path)
    store = await opened(file)
    for title, at in (("Between", NOON + 30 * MINUTE), ("After", NOON + 2 * HOUR)):
        (new,) = await stored(store, replace(entry(title, seen=NOON + 3 * HOUR), published=at))
        await store.record_desk([opens(new, match(topic), key=title, chats=[chat])], NOON + 3 * HOUR)
    marked = {}
    while claimed := await store.claim_deliveries(NOON + 4 * HOUR, 1):
        (one,) = claimed
        story = await store.story(one.story_id or 0)
        assert story is not None
        marked[story.reports[0].entry.title] = one.possible_repeat
        begun = await store.begin_send(one.id, "text")
        assert begun is not None
        assert begun.state is DeliveryState.SENDING
        await store.settle(settle(begun, Sent("m"), NOON + 4 * HOUR))
    await store.close()
    assert marked == {"Talks begin": True, "Between": True, "After": False}


async def test_an_older_backup_is_brought_up_to_date(tmp_path: Path) -> None:
    file, backup = tmp_path / "live.db", tmp_path / "backup.db"
    config, engine = Config(), create_engine(f"sqlite:///{backup}")
    config.set_main_option("script_location", "bot.storage:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        upgrade(config, "0004")
    engine.dispose()
    assert restore(backup, file, NOON) is None
    with closing(sqlite3.connect(file)) as new:
        assert new.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)


async def test_what_is_refused(tmp_path: Path) -> None:
    """And what was there stays as it was."""
    file, backup = tmp_path / "live.db", tmp_path / "backup.db"
    assert "no database" in problem(back_up(file, backup))
    store = await opened(file)
    assert back_up(file, backup) is None
    assert "is there already" in problem(back_up(file, backup))
    assert "cannot be written" in problem(back_up(file, tmp_path / "nowhere" / "b.db"))
    assert "in use by another Sokuho" in problem(restore(backup, file, NOON))
    await store.close()
    before = file.read_bytes()
    assert "no backup" in problem(restore(tmp_path / "none.db", file, NOON))
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"not a database at all" * 100)
    assert "is no database" in problem(restore(bad, file, NOON))
    bad.write_bytes(b"")
    assert "not a database of Sokuho" in problem(restore(bad, file, NOON))
    whole = backup.read_bytes()
    bad.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    assert bad.name in problem(restore(bad, file, NOON))
    with closing(sqlite3.connect(backup)) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer Sokuho" in problem(restore(backup, file, NOON))
    assert file.read_bytes() == before
    assert not parts(tmp_path)
