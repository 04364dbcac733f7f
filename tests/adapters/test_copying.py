"""A database copied into another of the other kind, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.entries import IngestPlan, Revision
from bot.domain.installations import Installation
from bot.domain.polling import FeedLimits
from bot.storage import copying
from bot.storage.copying import copy_database
from bot.storage.database import StoreProblem
from bot.storage.schema import metadata
from bot.storage.sql import SqlStore
from tests.contract.conftest import FaultError, everything
from tests.contract.records import HOUR, NOON, a_chat, a_feed, a_story, a_topic, feed_spec, new_entry, poll
from tests.contract.test_digests import a_reader, owed
from tests.fakes import postgres


async def fill(store: SqlStore) -> None:
    """At least a row for every table, and references within a table, also to later rows."""
    feed, topic, chat = await a_feed(store), await a_topic(store), await a_chat(store)
    await store.subscribe(chat.id, topic.id, NOON - HOUR)
    await store.record_poll(poll(feed, IngestPlan((new_entry("a"), new_entry("b")))))
    (first, _) = await store.pending_entries(10)
    await store.record_poll(poll(feed, IngestPlan((), (Revision(first.entry.id, "fp", "訂正", "", None),))))
    await store.pause_chat(chat.id, "blocked", NOON)
    for title in ("Owed", "Owed too"):
        await a_story(store, chat, topic=topic, title=title)
    await store.resume_chat(chat.id, NOON)
    reader, followed = await a_reader(store, only=True)
    told = [await a_story(store, topic=followed, title=title) for title in "abc"]
    await store.record_digest(owed(reader, followed, told[:1], told[1:2], unnamed=told[2:]), NOON)
    await store.name_feed(chat.id, feed_spec("own"), FeedLimits(), NOON)
    await store.remember_command("key", "/why 1", NOON)
    await store.keep_note("name", "value")
    await store.beat("a process", NOON)
    await store.save_installation(Installation("T1", "Team", "U1", "B1", "https://t.example", "sealed", NOON))
    await store.expect_install("key", NOON + HOUR, NOON)


@pytest.fixture
def url(postgresql: postgres.Server) -> Iterator[str]:
    """The address of an empty database."""
    with postgresql.database() as url:
        yield url


async def rows_of(url: str) -> dict[str, list[tuple[object, ...]]]:
    store = await postgres.opened(url)
    try:
        return await everything(store)
    finally:
        await store.close()


def unseen(_table: str, _done: int, _total: int) -> None:
    """Nobody looks."""


async def test_all_is_there_afterwards(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the row, and back; in several steps, of which each is told."""
    monkeypatch.setattr(copying, "ROWS", 2)
    first, last = f"sqlite:///{tmp_path}/first.db", f"sqlite:///{tmp_path}/last.db"
    store = await postgres.opened(first)
    await fill(store)
    await store.close()
    before = await rows_of(first)
    assert all(before.values())
    told: list[tuple[str, int, int]] = []
    assert await copy_database(first, url, lambda *one: told.append(one)) is None
    assert await rows_of(url) == before
    total = len(before["entries"])
    assert [one for one in told if one[0] == "entries"] == [
        ("entries", done, total) for done in (*range(0, total, 2), total)
    ]
    assert await copy_database(url, last, unseen) is None
    assert await rows_of(last) == before == await rows_of(first)


async def test_what_comes_afterwards_is_numbered_on(url: str, tmp_path: Path) -> None:
    """PostgreSQL counts by itself, whatever numbers are there."""
    source = f"sqlite:///{tmp_path}/first.db"
    store = await postgres.opened(source)
    known = [await a_chat(store, str(number)) for number in range(3)]
    await store.close()
    assert await copy_database(source, url, unseen) is None
    copy = await postgres.opened(url)
    try:
        assert (await a_chat(copy, "new")).id > known[-1].id
        assert await a_chat(copy, "0") == known[0]
    finally:
        await copy.close()


async def test_a_zero_byte_is_replaced(url: str, tmp_path: Path) -> None:
    """SQLite's texts may have one, PostgreSQL's not."""
    source = f"sqlite:///{tmp_path}/first.db"
    store = await postgres.opened(source)
    await store.keep_note("na\0me", "va\0lue")
    await store.close()
    assert await copy_database(source, url, unseen) is None
    assert (await rows_of(url))["notes"] == [("na\ufffdme", "va\ufffdlue")]


async def test_a_copy_that_breaks_off_leaves_nothing(url: str, tmp_path: Path) -> None:
    """And can be begun anew."""
    source = f"sqlite:///{tmp_path}/first.db"
    store = await postgres.opened(source)
    await fill(store)
    await store.close()

    def break_off(table: str, _done: int, _total: int) -> None:
        if table == metadata.sorted_tables[-1].name:
            raise FaultError

    with pytest.raises(FaultError):
        await copy_database(source, url, break_off)
    assert not any((await rows_of(url)).values())
    assert await copy_database(source, url, unseen) is None


async def test_what_is_there_is_not_written_into(url: str, tmp_path: Path) -> None:
    """Nor is a source made that is not there."""
    source = f"sqlite:///{tmp_path}/first.db"
    problem = await copy_database(source, url, unseen)
    assert problem == StoreProblem(f"There is no database in {tmp_path}/first.db.")
    store = await postgres.opened(source)
    await store.keep_note("name", "value")
    await store.close()
    assert await copy_database(source, url, unseen) is None
    problem = await copy_database(source, url, unseen)
    assert isinstance(problem, StoreProblem)
    assert "holds something already" in problem.sentence
    problem = await copy_database(source, source, unseen)
    assert isinstance(problem, StoreProblem)
    assert "the one to copy from" in problem.sentence


async def test_what_does_not_fit_is_told(url: str, tmp_path: Path) -> None:
    """In words rather than with a traceback, and without a part of it left behind."""
    source = f"sqlite:///{tmp_path}/first.db"
    store = await postgres.opened(source)
    await store.keep_note(str(list(range(50_000))), "value")
    await store.close()
    problem = await copy_database(source, url, unseen)
    assert isinstance(problem, StoreProblem)
    assert problem.sentence.startswith("Nothing was copied: index row")
    assert not any((await rows_of(url)).values())
