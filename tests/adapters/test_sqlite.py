"""The store's SQLite: who may open a file, what is refused and why, and how its connections behave."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DatabaseError, OperationalError

import bot
from bot.domain.deliveries import Occasion
from bot.storage import hold, migrating, sqlite
from bot.storage.database import StoreProblem
from bot.storage.schema import metadata
from bot.storage.sql import SqlStore, open_store
from tests.contract.records import NOON, feed_spec

ROOT = Path(bot.__file__).parents[1]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "sokuho.db"


@asynccontextmanager
async def opened(file: Path, *, durable: bool = True) -> AsyncIterator[SqlStore]:
    store = await open_store(f"sqlite:///{file}", durable=durable)
    assert isinstance(store, SqlStore), store
    try:
        yield store
    finally:
        await store.close()


async def problem_with(file: Path) -> str:
    problem = await open_store(f"sqlite:///{file}")
    assert isinstance(problem, StoreProblem)
    assert not hold._held, "a store that was not opened holds nothing"
    return problem.sentence


async def made(file: Path) -> None:
    async with opened(file):
        pass


def change(file: Path, *statements: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def ask(file: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(statement).fetchall()


def put(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def content(file: Path) -> bytes:
    return file.read_bytes()


HOLDER = """
import asyncio, os, signal, sys
from bot.storage.sql import SqlStore, open_store

async def main():
    store = await open_store(sys.argv[1])
    assert isinstance(store, SqlStore), store
    worker = os.fork()
    if not worker:
        os.close(1)
        signal.pause()
    print(worker, flush=True)
    signal.pause()

asyncio.run(main())
"""


async def test_a_second_process_is_refused_until_the_first_is_dead(file: Path) -> None:
    """Even a SIGKILL frees the file, and a forked worker that outlives the kill does not keep it."""
    program = [sys.executable, "-c", HOLDER, f"sqlite:///{file}"]
    holder = await asyncio.create_subprocess_exec(*program, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert holder.stdout
    worker = int(await holder.stdout.readline())
    try:
        sentence = await problem_with(file)
        assert f"process {holder.pid}" in sentence
        assert "Stop that one" in sentence
        holder.kill()
        await holder.wait()
        await made(file)
    finally:
        os.kill(worker, signal.SIGKILL)


async def test_a_file_is_opened_once(file: Path, tmp_path: Path) -> None:
    """Also within a process, and under another name of the file; closing gives it back."""
    async with opened(file):
        (tmp_path / "link").symlink_to(file.parent)
        second = await open_store(f"sqlite:///{tmp_path}/link/sokuho.db")
        assert isinstance(second, StoreProblem)
        assert "in use" in second.sentence
    await made(file)


async def test_a_store_may_be_closed_twice(file: Path) -> None:
    """The second time does nothing, even where the file has a new holder."""
    async with opened(file) as store:
        await store.close()
        async with opened(file):
            await store.close()
            assert isinstance(await open_store(f"sqlite:///{file}"), StoreProblem)


async def test_a_relative_address_works_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is relative to the working directory; folders are made, and migrations are found all the same."""
    monkeypatch.chdir(tmp_path)
    await made(Path("some/where/sokuho.db"))
    assert (tmp_path / "some/where/sokuho.db").exists()


@pytest.mark.parametrize(("durable", "synchronous"), [(True, 2), (False, 0)])
async def test_the_settings_are_in_force(file: Path, durable: bool, synchronous: int) -> None:
    """On every connection: a power cut loses nothing, references hold, others are waited for."""
    expected = {"journal_mode": "wal", "synchronous": synchronous, "foreign_keys": 1, "busy_timeout": 5000}
    async with opened(file, durable=durable) as store:
        for engine in (store._database.reader, store._database.writer):
            with engine.connect() as connection:
                for name, value in expected.items():
                    assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value, name


async def test_a_temporary_store_is_not_held(file: Path) -> None:
    """Nobody else knows of it, so there is no lock file to leave behind."""
    async with opened(file, durable=False):
        assert not list(file.parent.glob("*.lock"))


async def test_readers_neither_lock_nor_write(file: Path) -> None:
    """A write goes through while a reader is at work, and the reader keeps its view."""
    count = "SELECT count(*) FROM feeds"
    async with opened(file) as store:
        with store._database.reader.connect() as reader:
            assert reader.exec_driver_sql(count).scalar() == 0
            await store.sync_feeds([feed_spec()], NOON)
            assert reader.exec_driver_sql(count).scalar() == 0
            with pytest.raises(OperationalError, match="readonly"):
                reader.exec_driver_sql("DELETE FROM feeds")


async def test_a_write_takes_the_lock_as_it_begins(file: Path) -> None:
    """Before it has changed anything, so that no transaction must upgrade its lock half-way."""
    async with opened(file) as store:
        with (
            store._database.writer.begin() as writer,
            closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other,
        ):
            writer.exec_driver_sql("SELECT count(*) FROM feeds")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")


async def test_references_hold(file: Path) -> None:
    """A subscription to a topic that is not there is refused."""
    async with opened(file) as store:
        chat = await store.ensure_chat("console", "here", "", NOON)
        with pytest.raises(DatabaseError, match="FOREIGN KEY"):
            await store.subscribe(chat.id, 999, NOON)


async def test_migrations_make_the_schema(file: Path, tmp_path: Path) -> None:
    """Alembic sees no difference, and tables and indexes read the same to the letter."""
    await made(file)
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()

    fresh = tmp_path / "fresh.db"
    engine = sa.create_engine(f"sqlite:///{fresh}")
    metadata.create_all(engine)
    engine.dispose()
    texts = "SELECT name, sql FROM sqlite_master WHERE tbl_name != 'alembic_version' ORDER BY name"
    assert [_parts_sorted(*row) for row in ask(file, texts)] == [
        _parts_sorted(*row) for row in ask(fresh, texts)
    ]


def _parts_sorted(name: object, sql: object) -> tuple[object, list[str]]:
    """What a statement lists, each part to the letter. Columns that a later migration added come in another order.

    What they refer to stands beside them there, and at the end in a table that is made anew.
    """
    head, _, listed = str(sql).partition("(")
    parts, depth = [""], 0
    for char in listed.rpartition(")")[0]:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    for at, part in enumerate(parts):
        beside = re.fullmatch(r"\s*(\w+) (\w+) (CONSTRAINT \w+) (REFERENCES .*)", part, re.DOTALL)
        if beside:
            column, type_, named, to = beside.groups()
            parts[at] = f"{column} {type_}"
            parts.append(f"{named} FOREIGN KEY({column}) {to}")
    return name, [head.replace('"', "").strip(), *sorted(" ".join(part.split()) for part in parts)]


def test_the_newest_migration_is_the_one_that_is_asked_for() -> None:
    """`HEAD` is spelled out, so that a start need not read the migrations."""
    config = Config()
    config.set_main_option("script_location", "bot.storage:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [migrating.HEAD]


async def test_chats_and_messages_of_before_digests_are_kept(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that tells what was missed is known as such; nobody has digests or quiet hours, and nothing is held."""
    with monkeypatch.context() as patch:
        patch.setattr(migrating, "HEAD", "0002")
        await made(file)
    change(
        file,
        "INSERT INTO chats (platform, address, title, languages, time_zone, blocked_outlets, preferred_outlets,"
        " created) VALUES ('console', 'here', '', '[]', 'UTC', '[]', '[]', 1)",
        "INSERT INTO deliveries (chat_id, topic_ids, state, created, due, attempts, wanted_revision,"
        " sent_revision, possible_repeat) VALUES (1, '[]', 'pending', 1, 1, 0, 0, 0, 0)",
    )
    async with opened(file) as store:
        (owed,) = await store.claim_deliveries(NOON, 10)
        assert (owed.occasion, owed.held) == (Occasion.PAUSE, False)
        known = await store.chat(owed.chat_id)
        assert known is not None
        assert (known.digests, known.quiet) == (None, None)


async def test_passwords_of_before_leave_the_addresses_of_feeds(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed stays the same one, with what is known of it; buttons that held one are gone."""
    with monkeypatch.context() as patch:
        patch.setattr(migrating, "HEAD", "0011")
        await made(file)
    feed = (
        "INSERT INTO feeds (url, moved_to, outlet, language, country, title, aggregator, verified, position, active,"
        " gone, next_poll, failures) VALUES (%s, 'BBC', 'en', '', '', 0, 1, 1, 1, 0, 1, 0)"
    )
    change(
        file,
        feed % "'https://me:pass@a.example/feed?at=me@b', 'https://me:pass@a.example/new'",
        feed % "'https://b.example/feed?at=me@b', NULL",
        feed % "'https://you:pass@a.example/feed?at=me@b', NULL",
        "INSERT INTO buttons VALUES ('a', '/feeds remove https://me:pass@a.example/', 1)",
        "INSERT INTO buttons VALUES ('b', '/feeds add https://b.example/', 1)",
    )
    await made(file)
    assert ask(file, "SELECT url, moved_to FROM feeds ORDER BY id") == [
        ("https://a.example/feed?at=me@b", "https://a.example/new"),
        ("https://b.example/feed?at=me@b", None),
        ("https://a.example/feed?at=me@b#3", None),
    ]
    assert ask(file, "SELECT key FROM buttons") == [("b",)]


async def test_a_migration_that_fails_leaves_the_file_as_it_was(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables are made in one transaction; the problem is told and the next start tries again."""

    def breaks_off(connection: sa.Connection) -> None:
        migrating.upgrade(connection)
        connection.exec_driver_sql("no such statement")

    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "upgrade", breaks_off)
        assert "syntax error" in await problem_with(file)
    assert ask(file, "SELECT name FROM sqlite_master") == []
    await made(file)


async def test_an_up_to_date_file_is_opened_without_alembic(file: Path) -> None:
    """Which would take longer to import than all the rest."""
    await made(file)
    program = (
        "import asyncio, sys; from bot.storage.sql import open_store\n"
        "async def main(): await (await open_store(sys.argv[1])).close()\n"
        "asyncio.run(main()); sys.exit('alembic' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, f"sqlite:///{file}", cwd=ROOT
    )
    assert await process.wait() == 0


async def test_a_newer_file_is_refused(file: Path) -> None:
    """An old program must not write into tables it does not know."""
    await made(file)
    change(file, "UPDATE alembic_version SET version_num = '9999'")
    assert "newer Sokuho" in await problem_with(file)


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE recipes (id INTEGER)"],
        ["CREATE TABLE alembic_version (version_num TEXT)"],
        [
            "CREATE TABLE alembic_version (version_num TEXT)",
            "INSERT INTO alembic_version VALUES ('1975ea83b712')",
        ],
    ],
)
async def test_the_file_of_another_program_is_refused(file: Path, statements: list[str]) -> None:
    """And not a byte of it is changed."""
    change(file, *statements)
    before = content(file)
    assert "another program" in await problem_with(file)
    assert content(file) == before


async def test_a_file_that_is_no_database_is_refused(file: Path) -> None:
    """And not a byte of it is changed."""
    put(file, b"dear diary, " * 1000)
    assert "is no database" in await problem_with(file)
    assert content(file) == b"dear diary, " * 1000


async def test_an_empty_file_becomes_a_store(file: Path) -> None:
    """As `touch` or a failed start leaves it."""
    put(file, b"")
    await made(file)


async def test_a_damaged_file_is_refused(file: Path) -> None:
    """Rather than written to."""
    await made(file)
    with file.open("r+b") as damaged:
        damaged.seek(100)
        damaged.write(b"\xff" * 3000)
    assert "damaged" in await problem_with(file)


async def test_a_folder_is_refused(tmp_path: Path) -> None:
    """There is no lock file left beside it."""
    folder = tmp_path / "folder"
    folder.mkdir()
    assert "is a folder" in await problem_with(folder)
    assert not list(folder.parent.glob("*.lock"))


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """With what the system says and what to do."""
    put(tmp_path / "a-file", b"")
    sentence = await problem_with(tmp_path / "a-file" / "data" / "sokuho.db")
    assert "Not a directory" in sentence
    assert "SOKUHO_DATABASE_URL" in sentence


async def test_a_file_that_another_program_has_locked_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a wait, which is cut short here."""
    await made(file)
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.0)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked by another program" in await problem_with(file)


@pytest.mark.parametrize(
    "url",
    [
        "user:hunter2@host",
        "mysql://user:hunter2@host/sokuho",
        "sqlite://",
        "sqlite:///:memory:",
        "",
    ],
)
async def test_an_address_that_names_no_database_is_told(url: str) -> None:
    """With an example, and without the password that it may hold."""
    problem = await open_store(url)
    assert isinstance(problem, StoreProblem)
    assert "sqlite:///data/sokuho.db" in problem.sentence
    assert "hunter2" not in problem.sentence
