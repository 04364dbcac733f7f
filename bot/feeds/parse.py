"""From a body to entries, in a process that can be killed.

feedparser takes seconds to minutes over documents made to hurt it, and a thread would hold the whole program up
meanwhile. So it runs in a worker with a deadline; plain records come back.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar, TypeVarTuple

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from bot.domain.entries import ParsedFeed
from bot.domain.polling import Failed, FailureKind, Fetched
from bot.domain.speech import kept
from bot.feeds.reading import read_advertised, read_document

T = TypeVar("T")
Args = TypeVarTuple("Args")

DEADLINE_SECONDS = 10.0
MEMORY_BYTES = 768 * 1024 * 1024
"""Address space of a worker."""

DOCUMENTS_A_WORKER = 20_000
"""After so many documents a worker makes room for a new one, whatever a document may have left in its memory."""


AHEAD = 4
"""Documents that a worker has at most: the one it reads and some, for the next one is not there at once where others
have the event loop."""
STARTING_SECONDS = 30.0
"""How long a worker may take to start."""

HELD_UP_SECONDS = 0.5
"""A worker that takes longer over a document, or to start, is held up: what waits there goes to another one."""


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """What a document may cost in a worker, and how long one may take to start."""

    seconds: float = DEADLINE_SECONDS
    starting_seconds: float = STARTING_SECONDS
    memory_bytes: int = MEMORY_BYTES


class FeedParser:
    """A `bot.ports.Parser` over worker processes, each of which starts with its first document (or `warm`).

    A document that costs more than `limits`, or kills its worker, is `Failed`; the next ones are parsed by a new
    worker.
    """

    def __init__(self, workers: int = 1, limits: ParseLimits | None = None) -> None:
        limits = self._limits = limits or ParseLimits()
        self._workers = [_Worker(limits) for _ in range(workers)]
        self._room = asyncio.Semaphore(AHEAD * workers)

    async def warm(self) -> None:
        """Start the workers, and return once they can take documents."""
        await asyncio.gather(*(worker.run(read_document, b"", "", "", b"") for worker in self._workers))

    async def parse(self, fetched: Fetched, items_seen: bytes = b"") -> ParsedFeed | Failed:
        """Read a body within the limits. Never raises for what the body holds."""
        try:
            return await self._run(read_document, fetched.body, fetched.content_type, fetched.url, items_seen)
        except TimeoutError:
            return Failed(
                FailureKind.TOO_HARD,
                kept(
                    "The document was given up after {seconds} seconds of parsing; it is very large or malicious.",
                    seconds=f"{self._limits.seconds:g}",
                ),
            )
        except ProcessExpired as error:
            return Failed(
                FailureKind.TOO_HARD,
                kept("The document made the parser crash (exit code {code}).", code=str(error.exitcode)),
            )

    async def advertised(self, fetched: Fetched) -> tuple[str, ...]:
        """The feeds that a web page names, within the deadline; none where it names none, or is no such page."""
        with suppress(TimeoutError, ProcessExpired):
            return await self._run(read_advertised, fetched.body, fetched.content_type, fetched.url)
        return ()

    async def close(self) -> None:
        """Finish what is being parsed and end the workers. A document given afterwards starts new ones."""
        await asyncio.gather(*(worker.close() for worker in self._workers))

    async def _run(self, read: Callable[[*Args], T], *args: *Args) -> T:
        async with self._room:
            while True:
                worker = min(self._workers, key=lambda worker: (worker.held_up, worker.documents))
                with suppress(_HeldUpError):
                    return await worker.run(read, *args, elsewhere=self._has_room)

    def _has_room(self) -> bool:
        return not all(worker.held_up for worker in self._workers)


class _HeldUpError(Exception):
    """The worker has not begun the document, because of another one; there is a worker that could."""


class _Process:
    """A process of a worker, and what is done as soon as it is given up with whatever it still has."""

    def __init__(self, pool: ProcessPool) -> None:
        self.pool = pool
        self.given_up = asyncio.get_running_loop().create_future()
        self._has = 0
        """Documents that it was given and has not answered, also those that nobody waits for any more."""
        self._went_on = 0.0
        """When it answered last, or was given something while it had nothing."""

    @property
    def held_up(self) -> bool:
        """Whether it takes long over what it has."""
        return bool(self._has) and time.monotonic() - self._went_on > HELD_UP_SECONDS

    def give(self, read: Callable[[*Args], T], args: tuple[*Args], seconds: float) -> _Reading[T]:
        """Have it read a document, within so many seconds from when it begins."""
        if not self._has:
            self._went_on = time.monotonic()
        self._has += 1
        given = self.pool.schedule(read, args=args, timeout=seconds)
        answer = asyncio.wrap_future(given)
        answer.add_done_callback(self._answered)
        return _Reading(given, answer)

    def _answered(self, answer: asyncio.Future[Any]) -> None:
        self._has -= 1
        self._went_on = time.monotonic()
        if not answer.cancelled():
            answer.exception()  # whoever waits for it sees it, and perhaps nobody does


class _Reading(NamedTuple, Generic[T]):
    """A document that a process was given: pebble's future, which knows whether it has begun, and asyncio's."""

    given: ProcessFuture[T]
    answer: asyncio.Future[T]

    @property
    def begun(self) -> bool:
        return bool(self.given.running() or self.given.done())


class _Worker:
    """One process at a time that reads a document after the other; where it dies, the next one takes over.

    Each has a pool to itself: of a pool with several processes nobody knows which have started, and a process whose
    pool is closed while it starts prints what it misses to the operator.
    """

    def __init__(self, limits: ParseLimits) -> None:
        self.documents = 0
        """How many it was given and has not answered."""
        self._limits = limits
        self._process: _Process | None = None

    @property
    def held_up(self) -> bool:
        """Whether its process takes long over what it has."""
        return self._process is not None and self._process.held_up

    async def run(
        self, read: Callable[[*Args], T], *args: *Args, elsewhere: Callable[[], bool] = lambda: False
    ) -> T:
        """What `read` answers there. `elsewhere`: whether there is a worker that is not held up.

        Raises:
            TimeoutError: The document took too long.
            ProcessExpired: It killed the process.
            _HeldUpError: It waits for another document, and there is room elsewhere.

        """
        self.documents += 1
        try:
            process = self._running()
            try:
                return await self._schedule(process, read, *args, elsewhere=elsewhere)
            except (BrokenProcessPool, RuntimeError):
                # A process that dies between two documents (no memory, killed from outside) leaves the pool broken.
                if self._process is process:
                    self._process = None
                    process.given_up.set_result(None)
                    process.pool.stop()  # type: ignore[no-untyped-call] # pebble leaves it unannotated
                    await asyncio.to_thread(process.pool.join)
                return await self._schedule(self._running(), read, *args)
        finally:
            self.documents -= 1

    async def close(self) -> None:
        """Finish what was given and end the process."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(TimeoutError, ProcessExpired, BrokenProcessPool, RuntimeError):
                await self._schedule(process, _answer)
            process.pool.close()  # type: ignore[no-untyped-call] # pebble leaves it unannotated
            await asyncio.to_thread(process.pool.join)

    def _running(self) -> _Process:
        if self._process is None:
            pool = ProcessPool(
                1,
                DOCUMENTS_A_WORKER,
                initializer=_confine,
                initargs=(self._limits.memory_bytes,),
                # Spawned, not forked: a fork copies threads' locks in whatever state they are.
                context=multiprocessing.get_context("spawn"),
            )
            self._process = _Process(pool)
        return self._process

    async def _schedule(
        self,
        process: _Process,
        read: Callable[[*Args], T],
        *args: *Args,
        elsewhere: Callable[[], bool] = lambda: False,
    ) -> T:
        longest = time.monotonic() + AHEAD * self._limits.seconds + self._limits.starting_seconds
        reading = process.give(read, args, self._limits.seconds)
        ends: set[asyncio.Future[T] | asyncio.Future[None]] = {reading.answer, process.given_up}
        passed_over = False
        try:
            while not any(end.done() for end in ends) and time.monotonic() < longest:
                await asyncio.wait(ends, timeout=HELD_UP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                passed_over = not reading.begun and process.held_up and elsewhere()
                if passed_over:
                    raise _HeldUpError
            if not reading.answer.done() or reading.answer.cancelled():
                # A process that is killed as it takes a document leaves nobody who would answer for that.
                raise BrokenProcessPool("a document was lost with its worker")
        finally:
            # One that is passed over is on its way to the process, which would be killed for it.
            if not passed_over:
                reading.answer.cancel()
        return reading.answer.result()


def _answer() -> None:
    """In a worker: has started."""


def _confine(memory_bytes: int) -> None:
    """In a worker: take no more memory, and do not outlive a program that was killed, whatever is being parsed."""
    # At once, also where one call takes all of the time: pebble's own handler waits for that to return.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
