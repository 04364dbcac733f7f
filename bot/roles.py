"""Several processes on one database: what each does, under which name, and who does what only one may do."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol

import structlog

from bot.ports import WorkQueue

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
"""Between two looks of a holder at whether its hold still stands."""
TRY_SECONDS = 1.0
"""Between two tries of a standby."""
OUTAGE_SECONDS = 5.0
"""How long a standby waits after an outage: who had the hold takes it again, and goes on with what it has begun."""

ALIVE_FOR = timedelta(seconds=15)
"""How long a process counts as alive that is not heard of."""
BEAT_SECONDS = 3.0


class Role(Enum):
    """What a process may do."""

    POLL = "poll"
    DESK = "desk"
    SEND = "send"
    CHAT = "chat"


ALL_ROLES = frozenset(Role)


def read_roles(text: str) -> frozenset[Role] | str:
    """The roles in a list such as `poll,send`, or what to mend."""
    named = set(text.replace(",", " ").casefold().split())
    unknown = named - {role.value for role in Role}
    if unknown or not named:
        wrong = f"There is no role {', '.join(sorted(unknown))}. " if unknown else ""
        return f"{wrong}Name some of poll, desk, send and chat: --roles poll,send"
    return frozenset(role for role in Role if role.value in named)


class LostHoldError(Exception):
    """Another process has the hold now."""


class Hold(Protocol):
    """What one process at a time has. Its methods wait for the network, so they are called in a thread.

    All may raise `Exception` where the database is away.
    """

    def take(self) -> bool:
        """Whether it is ours."""
        ...

    def keep(self) -> None:
        """Take it again where it was lost to an outage. Raises LostHoldError where another process was faster."""
        ...

    def release(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Sharing:
    """How a process shares the store: its name, what it does, and how it hears and keeps out the others."""

    peer: str
    roles: frozenset[Role]
    queue: WorkQueue
    hold: Callable[[str], Hold]


def peer_name() -> str:
    """A name that no other process has, and that tells an operator which one it is."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


@dataclass(slots=True)
class Witness:
    """Whether a process may say that others are dead: after an outage they have yet to be heard of again."""

    _since: datetime | None = None
    _last: datetime | None = None

    def heard(self, now: datetime) -> bool:
        """To be told whenever the store was reached; whether it has been for long enough that all who live have too."""
        if self._since is None or self._last is None or now - self._last > ALIVE_FOR / 2:
            self._since = now
        self._last = now
        return now - self._since >= ALIVE_FOR / 2


@dataclass(frozen=True, slots=True)
class Work:
    """Something that is done until it is cancelled, or ends with its queue. `alone`: the hold under which one does it."""

    run: Callable[[], Coroutine[Any, Any, None]]
    alone: str = ""


async def while_held(hold: Hold, work: Work, stop: asyncio.Event) -> None:
    """Do the work as long as the hold is ours, and stand by as long as it is not; until the work ends, or `stop`."""
    while await _taken(hold, work.alone, stop):
        working = asyncio.create_task(work.run())
        try:
            if await _ended(hold, work.alone, working):
                return
        finally:
            working.cancel()
            await asyncio.wait([working])
            await asyncio.to_thread(hold.release)
        await _waited(stop, TRY_SECONDS)


async def _taken(hold: Hold, name: str, stop: asyncio.Event) -> bool:
    """Wait until it is ours; False where that is not wanted any more."""
    stood_by = False
    while not stop.is_set():
        wait = TRY_SECONDS
        try:
            if await asyncio.to_thread(hold.take):
                log.info("took_over" if stood_by else "took", hold=name)
                return True
        except Exception as error:  # noqa: BLE001 - whatever the driver raises
            log.warning("hold_not_reached", hold=name, error=type(error).__name__)
            wait = OUTAGE_SECONDS
        if not stood_by:
            log.info("standing_by", hold=name)
        stood_by = True
        await _waited(stop, wait)
    return False


async def _ended(hold: Hold, name: str, working: asyncio.Task[None]) -> bool:
    """Wait until the work ends, or the hold is lost; whether there is no more to do."""
    while True:
        done, _ = await asyncio.wait([working], timeout=LOOK_SECONDS)
        if done:
            error = working.exception()
            if error is not None:
                log.error("work_failed", hold=name, exc_info=error)
            return error is None
        try:
            await asyncio.to_thread(hold.keep)
        except LostHoldError:
            log.warning("hold_lost", hold=name)
            return False
        except Exception as error:  # noqa: BLE001 - whatever the driver raises
            # Nobody else can take it while the database is away, nor can anything be written.
            log.warning("hold_not_reached", hold=name, error=type(error).__name__)


async def _waited(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
