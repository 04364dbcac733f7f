"""The store's PostgreSQL: who may open a database, what is refused and why, and what becomes of lost connections."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot import roles
from bot.roles import ALIVE_FOR, CUT_OFF_FOR, LostHoldError
from bot.storage import migrating, postgresql
from bot.storage.advisory import AdvisoryHold
from bot.storage.database import StoreProblem
from bot.storage.postgresql import WATCHING, hold_in, life_in, look
from bot.storage.schema import metadata
from bot.storage.sql import SqlStore, open_store
from tests.contract.records import NOON, a_chat, a_feed
from tests.fakes import postgres


@pytest.fixture
def url(postgresql: postgres.Server) -> Iterator[str]:
    """The address of an empty database."""
    with postgresql.database() as url:
        yield url


def engine_of(url: str) -> sa.Engine:
    return sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=sa.NullPool,
        isolation_level="AUTOCOMMIT",
    )


def change(url: str, *statements: str) -> None:
    with engine_of(url).connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


async def problem_with(url: str) -> str:
    problem = await open_store(url)
    assert isinstance(problem, StoreProblem), problem
    with engine_of(url).connect() as connection:
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database"
        assert connection.scalar(sa.text(f"{held} WHERE datname = current_database())")) == 0
    return problem.sentence


SHAPE = """
SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public';
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace;
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
"""
"""Columns, constraints and indexes, as the server tells of them."""


def shape_of(url: str) -> list[tuple[object, ...]]:
    with engine_of(url).connect() as connection:
        rows = [
            tuple(row) for statement in SHAPE.split(";") for row in connection.execute(sa.text(statement))
        ]
    return sorted((row for row in rows if "alembic_version" not in str(row)), key=str)


async def test_migrations_make_the_schema(url: str, postgresql: postgres.Server) -> None:
    """Alembic sees no difference, and the server tells the same of every column, constraint and index."""
    await (await postgres.opened(url)).close()
    with engine_of(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert look(connection) is migrating.Fit.CURRENT
    with postgresql.database() as fresh:
        metadata.create_all(engine_of(fresh))
        assert shape_of(url) == shape_of(fresh)


async def test_a_second_process_is_refused(url: str) -> None:
    """It is told which one has the database; once that is closed, it may."""
    first = await postgres.opened(url, durable=True)
    try:
        problem = await open_store(url)
        assert isinstance(problem, StoreProblem)
        assert "in use by another Sokuho (process " in problem.sentence
        assert "--roles" in problem.sentence
    finally:
        await first.close()
    await (await postgres.opened(url, durable=True)).close()


LOSE_ALL = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid != pg_backend_pid()"
)


async def test_lost_connections_are_made_anew_and_the_hold_with_them(url: str) -> None:
    """As after a restart of the server: nobody is told of it but who was in the middle of something."""
    store = await postgres.opened(url, durable=True)
    try:
        await a_chat(store)
        change(url, LOSE_ALL)
        assert len(await store.chats("console")) == 1
        await a_chat(store, "there")
        assert isinstance(await open_store(url), StoreProblem)
    finally:
        await store.close()


async def test_who_lost_the_hold_to_another_writes_no_more(url: str) -> None:
    """Two would send everything twice."""
    first = await postgres.opened(url, durable=True)
    try:
        await a_chat(first)
        change(url, LOSE_ALL)
        second = await postgres.opened(url, durable=True)
        try:
            with pytest.raises(LostHoldError):
                await a_chat(first, "there")
        finally:
            await second.close()
        await a_chat(first, "there")
    finally:
        await first.close()


def cut_off(url: str, hold: AdvisoryHold) -> None:
    """End its connection, as the server does where a process was killed."""
    assert hold._connection is not None
    pid = hold._connection.scalar(sa.text("SELECT pg_backend_pid()"))
    change(url, f"SELECT pg_terminate_backend({pid}, 5000)")


@asynccontextmanager
async def two_at_work(url: str) -> AsyncIterator[tuple[SqlStore, dict[str, AdvisoryHold], int]]:
    """The processes «one» and «two», connected and heard of at noon, and a feed that the first one has in hand."""
    store = await postgres.opened(url)
    lives = {peer: life_in(sa.make_url(url), peer) for peer in ("one", "two")}
    try:
        for peer, life in lives.items():
            life.keep()
            await store.beat(peer, NOON + ALIVE_FOR)
        feed = await a_feed(store)
        await store.take_feeds("one", NOON, {feed.id})
        yield store, lives, feed.id
    finally:
        for life in lives.values():
            life.release()
        await store.close()


async def taken_from_the_first(store: SqlStore, feed: int, *, after: timedelta) -> bool:
    """Whether «two», which is heard of so long after noon, buries «one», which is not, and so may take its feed."""
    await store.beat("two", NOON + after + ALIVE_FOR)
    await store.bury(NOON + after, "two")
    return await store.take_feeds("two", NOON, {feed}) == {feed}


async def test_who_is_cut_off_is_buried_soon(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed loses its connection at once, and cannot make it anew with its next beat."""
    monkeypatch.setattr(roles, "SETTLED_FOR", timedelta(0))
    async with two_at_work(url) as (store, lives, feed):
        assert not await taken_from_the_first(store, feed, after=CUT_OFF_FOR)
        cut_off(url, lives["one"])
        assert not await taken_from_the_first(store, feed, after=CUT_OFF_FOR / 2)
        assert await taken_from_the_first(store, feed, after=CUT_OFF_FOR)


async def test_who_hangs_is_buried_in_the_end(url: str) -> None:
    """As one on a machine without power: the server believes in its connection for a while."""
    async with two_at_work(url) as (store, _, feed):
        assert not await taken_from_the_first(store, feed, after=ALIVE_FOR - CUT_OFF_FOR)
        assert await taken_from_the_first(store, feed, after=ALIVE_FOR)


async def test_after_a_restart_of_the_server_nobody_is_buried(url: str) -> None:
    """All connections have ended, and who has made its own anew first does not judge by those of the others."""
    async with two_at_work(url) as (store, lives, feed):
        change(url, LOSE_ALL)
        lives["two"].keep()
        assert not await taken_from_the_first(store, feed, after=CUT_OFF_FOR)


async def test_who_makes_its_connection_anew_lives(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while the server believes in the former one."""
    monkeypatch.setattr(roles, "SETTLED_FOR", timedelta(0))
    async with two_at_work(url) as (store, lives, feed):
        again = life_in(sa.make_url(url), "one")
        again.keep()
        lives["one"].release()
        assert not await taken_from_the_first(store, feed, after=CUT_OFF_FOR)
        change(url, LOSE_ALL)
        again.keep()
        lives["two"].keep()
        assert not await taken_from_the_first(store, feed, after=CUT_OFF_FOR)
        again.release()


def connections(url: str) -> set[int]:
    """The processes of the server that serve somebody else's connections to the database."""
    asked = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
    with engine_of(url).connect() as connection:
        return set(connection.scalars(sa.text(asked)))


async def test_who_stands_by_keeps_its_connection(url: str) -> None:
    """It tries each second: a new one each time would cost more than all the rest. One that was lost is made anew."""
    holder, standby = (hold_in(sa.make_url(url), "desk") for _ in range(2))
    assert holder.take()
    assert not standby.take()
    before = connections(url)
    assert not standby.take()
    assert connections(url) == before
    cut_off(url, holder)
    assert standby.take()
    assert len(connections(url)) == 1
    change(url, LOSE_ALL)
    assert standby.take()
    assert not holder.take()
    standby.release()
    holder.release()


async def test_the_server_is_asked_to_notice_who_is_gone(url: str) -> None:
    """A machine that has lost its power says nothing; by itself the server would keep its holds for hours."""
    store = await postgres.opened(url)
    asked = sa.text("SELECT count(*) FROM pg_settings WHERE name LIKE 'tcp%' AND source = 'session'")
    try:
        assert await store._database.read(lambda connection: connection.scalar(asked)) == len(WATCHING)
    finally:
        await store.close()


async def test_several_may_start_at_once(url: str) -> None:
    """One makes the tables, the others find them made."""
    stores = await asyncio.gather(*(postgres.opened(url) for _ in range(3)))
    for store in stores:
        assert await store.chats("console") == ()
        await store.close()


async def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    """What stands in an address is seen by whoever reads the log."""
    pytest.importorskip("psycopg")
    problem = await open_store("postgresql://someone:hunter2@127.0.0.1:1/sokuho")
    assert isinstance(problem, StoreProblem)
    assert "cannot be used: connection failed" in problem.sentence
    assert "hunter2" not in problem.sentence


async def test_without_the_driver_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite needs none of it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    problem = await open_store("postgresql://127.0.0.1:1/sokuho")
    assert isinstance(problem, StoreProblem)
    assert 'pip install "sokuho[postgres]"' in problem.sentence


async def test_another_programs_database_is_left_alone(url: str) -> None:
    """Its tables are not ours to change."""
    change(url, "CREATE TABLE theirs (id int)")
    assert "tables of another program" in await problem_with(url)


async def test_a_newer_database_is_refused(url: str) -> None:
    """An old program must not write into tables it does not know."""
    await (await postgres.opened(url)).close()
    change(url, "UPDATE alembic_version SET version_num = '9999'")
    assert "newer Sokuho" in await problem_with(url)


async def test_a_database_of_other_letters_is_refused(postgresql: postgres.Server) -> None:
    """A Japanese title does not go into one of Latin letters."""
    postgresql.run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        assert "The database keeps LATIN1" in await problem_with(postgresql.url("latin"))
    finally:
        postgresql.run("DROP DATABASE latin WITH (FORCE)")


async def test_an_upgrade_that_fails_leaves_all_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are made in one transaction; the problem is told and the next start tries again."""

    def breaks_off(connection: sa.Connection) -> None:
        migrating.upgrade(connection)
        connection.exec_driver_sql("no such statement")

    with monkeypatch.context() as patch:
        patch.setattr(postgresql, "upgrade", breaks_off)
        assert "syntax error" in await problem_with(url)
    assert shape_of(url) == []
    await (await postgres.opened(url)).close()


async def test_readers_do_not_write(url: str) -> None:
    """The server refuses it."""
    store = await postgres.opened(url)
    try:
        with pytest.raises(DBAPIError, match="read-only"):
            await store._database.read(lambda connection: connection.execute(sa.text("DELETE FROM notes")))
    finally:
        await store.close()


async def test_references_hold(url: str) -> None:
    """A subscription to a topic that is not there is refused."""
    store = await postgres.opened(url)
    try:
        chat = await a_chat(store)
        with pytest.raises(IntegrityError, match="foreign key"):
            await store.subscribe(chat.id, 999, NOON)
    finally:
        await store.close()
