"""One writer at a time, and one commit for all that wait: how SQLite is written to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from bot.storage.database import Database, finished

T = TypeVar("T")

SHARE = 100
"""Writes that may share a commit."""


class SharedCommits(Database):
    """Writes that wait for the one before share a commit, and with it the wait for the disk.

    `writer` takes the write lock as it begins, `reader` never does.
    """

    def __init__(self, reader: Engine, writer: Engine, release: Callable[[], None], *, readers: int) -> None:
        super().__init__(reader, writer, release, readers=readers)
        self._writing = ThreadPoolExecutor(1, "sokuho-writes")
        self._waiting: list[_Write] = []
        self._committing: asyncio.Task[None] | None = None

    async def write(self, body: Callable[[Connection], T], *, alone: bool = True) -> T:  # noqa: ARG002 - it always is
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Write(body, result))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_waiting())
        return await finished(result)

    async def close(self) -> None:
        if self._committing is not None:
            await self._committing
        self._writing.shutdown()
        await super().close()

    async def _commit_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            writes, self._waiting = self._waiting[:SHARE], self._waiting[SHARE:]
            try:
                outcomes = await loop.run_in_executor(
                    self._writing, self._write, [one.body for one in writes]
                )
            except Exception as error:  # noqa: BLE001 - it is each writer's
                outcomes = [error] * len(writes)
            for one, outcome in zip(writes, outcomes, strict=True):
                one.settle(outcome)
        self._committing = None

    def _write(self, bodies: Sequence[Callable[[Connection], Any]]) -> list[Any]:
        """What each body answers, or the exception that it raises. Raises where nothing at all could be committed."""
        with self.writer.begin() as connection:
            if len(bodies) == 1:
                return [bodies[0](connection)]
            return [_within(connection, body) for body in bodies]


@dataclass(frozen=True, slots=True)
class _Write:
    """A write that waits for its turn."""

    body: Callable[[Connection], Any]
    result: asyncio.Future[Any]

    def settle(self, outcome: object) -> None:
        if isinstance(outcome, Exception):
            self.result.set_exception(outcome)
        else:
            self.result.set_result(outcome)


def _within(connection: Connection, body: Callable[[Connection], Any]) -> object:
    """What the body answers, or raises, with all that it changed undone."""
    try:
        with connection.begin_nested():
            return body(connection)
    except Exception as error:  # noqa: BLE001 - it is the caller's
        return error
