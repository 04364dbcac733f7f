"""The queue of several processes: who hears whose words, what dead ones leave, and a server that is away."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import LiteralString

import pytest
import sqlalchemy as sa
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager
from structlog.testing import capture_logs

from bot.ports import Stage
from bot.storage.database import StoreProblem
from bot.storage.serving import Pulse
from bot.storage.sql import open_shared, open_store
from tests.fakes import postgres
from tests.fakes.work import PATIENCE, Work, ended, serving, until_told

ROOT = Path(__file__).parents[2]
QUICK = Pulse(0.1, 0.5)


@pytest.fixture
async def url(postgresql: postgres.Server) -> AsyncIterator[str]:
    """The address of a database with its tables."""
    with postgresql.database(await postgresql.template()) as url:
        yield url


def asked(url: str, *statements: str) -> list[tuple[object, ...]]:
    """What the last statement answers."""
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=sa.NullPool,
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        for statement in statements:
            result = connection.exec_driver_sql(statement)
        return [tuple(row) for row in result] if result.returns_rows else []


JOBS = "SELECT queue_name, status FROM sokuho_work.procrastinate_jobs ORDER BY id"

LOSE = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
LOSE_ALL = f"{LOSE} WHERE datname = current_database() AND pid != pg_backend_pid()"


async def until_jobs(url: str, jobs: list[tuple[object, ...]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while asked(url, JOBS) != jobs:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.02)


async def test_words_of_another_process_are_heard(url: str) -> None:
    """By one of those that serve the stage, whoever it is; nothing stays behind."""
    work = Work()
    async with (
        postgres.work_queue(url) as speaking,
        postgres.work_queue(url) as one,
        postgres.work_queue(url) as other,
        serving(one, Stage.POLL, work, overlapping=True),
        serving(other, Stage.POLL, work, overlapping=True),
    ):
        for _ in range(3):
            speaking.wake(Stage.POLL)
            (await work.begun()).set()
            await until_jobs(url, [])
        speaking.wake(Stage.OUTBOX)
        await until_jobs(url, [("outbox", "todo")])
    assert work.calls == 3


async def test_what_is_noted_is_said_before_the_end(url: str) -> None:
    """A process that ends passes its work on; said twice by two, it waits once."""
    for _ in range(2):
        async with postgres.work_queue(url) as queue:
            queue.wake(Stage.DESK)
    assert asked(url, JOBS) == [("desk", "todo")]


async def test_an_ordered_stage_is_served_by_one_at_a_time(url: str) -> None:
    """A word that is said meanwhile has somebody look afterwards."""
    work = Work()
    async with (
        postgres.work_queue(url) as one,
        postgres.work_queue(url) as other,
        serving(one, Stage.DESK, work),
        serving(other, Stage.DESK, work),
    ):
        one.wake(Stage.DESK)
        for queue in (one, other) * 2:
            let = await work.begun()
            queue.wake(Stage.DESK)
            await until_jobs(url, [("desk", "doing"), ("desk", "todo")])
            let.set()
        (await work.begun()).set()
        await until_jobs(url, [])
    assert (work.calls, work.most_at_once) == (5, 1)


async def test_what_a_killed_process_had_under_way_is_taken_over(url: str) -> None:
    """Though its lock keeps others out, and a further word waits behind it."""
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.adapters.dying_worker", url, str(QUICK.every), str(QUICK.dead_after),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert dying.stdout is not None
        async with asyncio.timeout(PATIENCE):
            assert await dying.stdout.readline() == b"begun\n"
    finally:
        dying.kill()
        await dying.wait()
    assert asked(url, JOBS) == [("desk", "doing")]
    work = Work()
    async with postgres.work_queue(url, QUICK) as queue, serving(queue, Stage.DESK, work) as task:
        queue.wake(Stage.DESK)
        (await work.begun()).set()
        queue.stop()
        await ended(task)


async def test_who_is_alive_is_not_taken_for_dead(url: str) -> None:
    """However long its work takes."""
    work = Work()
    async with (
        postgres.work_queue(url, QUICK) as queue,
        postgres.work_queue(url, QUICK) as other,
        serving(queue, Stage.DESK, work),
        serving(other, Stage.DESK, work),
    ):
        queue.wake(Stage.DESK)
        let = await work.begun()
        await asyncio.sleep(3 * QUICK.dead_after)
        assert work.calls == 1
        let.set()


async def test_what_is_cut_off_leaves_no_lock_behind(url: str) -> None:
    """A stage that was cancelled is served again at once."""
    work = Work()
    async with postgres.work_queue(url) as queue:
        async with serving(queue, Stage.DESK, work) as task:
            queue.wake(Stage.DESK)
            await work.begun()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await ended(task)
        assert asked(url, JOBS) == []
        assert asked(url, "SELECT id FROM sokuho_work.procrastinate_workers") == []


@pytest.mark.parametrize("stage", [Stage.DESK, Stage.OUTBOX])
async def test_lost_connections_are_made_anew(url: str, stage: Stage) -> None:
    """Work under way goes on, what it could not cross off keeps nobody waiting, and it is told once."""
    work = Work()
    with capture_logs() as logs:
        async with (
            postgres.work_queue(url, QUICK) as queue,
            serving(queue, stage, work, overlapping=stage is Stage.OUTBOX),
        ):
            queue.wake(stage)
            let = await work.begun()
            asked(url, LOSE_ALL)
            let.set()
            queue.wake(stage)
            (await work.begun()).set()
            await until_jobs(url, [])
    assert [line["event"] for line in logs].count("queue_is_away") <= 1


async def test_an_end_that_could_not_be_noted_keeps_nobody_waiting(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job is under way for all who look, and its worker is alive; the ordered stage goes on all the same."""
    note, failures = PsycopgConnector.execute_query_async, 1

    async def fail_once(connector: PsycopgConnector, query: LiteralString, **arguments: object) -> None:
        nonlocal failures
        if "finish_job" in query and failures:
            failures -= 1
            raise ConnectorException
        await note(connector, query, **arguments)

    monkeypatch.setattr(PsycopgConnector, "execute_query_async", fail_once)
    work = Work()
    async with postgres.work_queue(url, QUICK) as queue, serving(queue, Stage.DESK, work):
        queue.wake(Stage.DESK)
        (await work.begun()).set()
        (await work.begun()).set()
        await until_jobs(url, [])
    assert (failures, work.most_at_once) == (0, 1)


async def test_a_server_that_is_away(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Its end is told once; what was said meanwhile is heard when it is back, and work under way ends."""
    (name,) = asked(url, "SELECT current_database()")[0]
    work = Work()
    elsewhere = sa.make_url(url).set(database="postgres").render_as_string(hide_password=False)
    with capture_logs() as logs, caplog.at_level(logging.WARNING, logger="procrastinate"):
        async with postgres.work_queue(url, QUICK) as queue, serving(queue, Stage.DESK, work):
            queue.wake(Stage.DESK)
            let = await work.begun()
            asked(
                elsewhere,
                f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
                f"{LOSE} WHERE datname = '{name}'",
            )
            queue.wake(Stage.DESK)
            await until_told(logs, "queue_is_away")
            let.set()
            asked(elsewhere, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            (await work.begun()).set()
            await until_jobs(url, [])
            await until_told(
                logs, "queue_is_back"
            )  # by the look at stalled work, which has pauses of its own
    assert work.most_at_once == 1
    told = [line["event"] for line in logs if line["event"].startswith("queue")]
    assert told == ["queue_is_away", "queue_is_back"]
    assert [
        record.message for record in caplog.records if record.name.startswith(("procrastinate", "asyncio"))
    ] == []


async def test_a_stop_while_the_server_is_away(postgresql: postgres.Server) -> None:
    """It is not waited for."""
    with postgresql.database() as gone:
        pass
    async with postgres.work_queue(gone) as queue, serving(queue, Stage.DESK, Work()) as task:
        queue.wake(Stage.DESK)
        await asyncio.sleep(0.1)
        queue.stop()
        await ended(task)


SHAPE = """
SELECT table_name, column_name, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'sokuho_work';
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'sokuho_work'::regnamespace;
SELECT indexdef FROM pg_indexes WHERE schemaname = 'sokuho_work';
SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'sokuho_work'::regnamespace;
SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
"""


def shape_of(url: str) -> list[str]:
    return sorted(str(row) for statement in SHAPE.split(";") for row in asked(url, statement))


MIGRATIONS = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


async def test_tables_of_an_older_procrastinate_are_brought_to_this_one(
    url: str, postgresql: postgres.Server
) -> None:
    """By its own migrations, in order; the next start finds nothing to do."""
    half = next(number for number, file in enumerate(MIGRATIONS) if file.name.startswith("03.00"))
    with postgresql.database() as older:
        made = [file.read_text(encoding="utf-8") for file in MIGRATIONS[:half]]
        asked(older, "CREATE SCHEMA sokuho_work")
        asked(older, "SET search_path TO sokuho_work", *(script.replace("%", "%%") for script in made))
        asked(older, "CREATE TABLE sokuho_work.version (migration text PRIMARY KEY)")
        asked(older, f"INSERT INTO sokuho_work.version VALUES ('{MIGRATIONS[half - 1].name}')")  # noqa: S608 - theirs
        assert shape_of(older) != shape_of(url)
        for _ in range(2):
            await (await postgres.opened(older)).close()
            assert shape_of(older) == shape_of(url)
        asked(older, "UPDATE sokuho_work.version SET migration = '99'")
        problem = await open_store(older)
        assert isinstance(problem, StoreProblem)
        assert "newer Sokuho" in problem.sentence


async def test_the_schema_may_be_made_by_somebody_else(postgresql: postgres.Server) -> None:
    """Who owns the server need not let Sokuho make schemas."""
    with postgresql.database() as url:
        name = sa.make_url(url).database
        asked(
            url,
            f"CREATE ROLE {name}_owner LOGIN",
            f"GRANT CREATE ON SCHEMA public TO {name}_owner",
            f"CREATE SCHEMA sokuho_work AUTHORIZATION {name}_owner",
        )
        try:
            theirs = sa.make_url(url).set(username=f"{name}_owner").render_as_string()
            await (await postgres.opened(theirs)).close()
        finally:
            asked(url, f"DROP OWNED BY {name}_owner CASCADE", f"DROP ROLE {name}_owner")


async def test_without_procrastinate_it_is_told_what_to_install(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though its driver is there."""
    monkeypatch.setitem(sys.modules, "bot.storage.work_tables", None)
    problem = await open_store(url)
    assert isinstance(problem, StoreProblem)
    assert 'pip install "sokuho[postgres]"' in problem.sentence


async def test_what_cannot_be_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is for one process; and who lacks what PostgreSQL needs is told what to install."""
    problem = await open_shared(f"sqlite:///{tmp_path}/store.db", "one")
    assert isinstance(problem, StoreProblem)
    assert "on one PostgreSQL" in problem.sentence
    monkeypatch.setitem(sys.modules, "bot.storage.work_queue", None)
    problem = await open_shared("postgresql://127.0.0.1:1/sokuho", "one")
    assert isinstance(problem, StoreProblem)
    assert 'pip install "sokuho[postgres]"' in problem.sentence
