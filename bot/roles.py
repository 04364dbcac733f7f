"""Several processes on one database: what each does, under which name, and who does what only one may do."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import socket
from collections.abc import Callable, Coroutine, Iterable
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
"""How long a standby waits after an outage, at least: who had the hold takes it again, and goes on with what it has begun."""

ALIVE_FOR = timedelta(seconds=15)
"""How long a process counts as alive that is not heard of, while its connection stands."""
CUT_OFF_FOR = timedelta(seconds=4)
"""The same where its connection has ended: one that lives makes it anew when it beats."""
SETTLED_FOR = ALIVE_FOR / 2
"""After an outage all who live are heard of within this, and have made their connections anew."""
BEAT_SECONDS = 2.0


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

    def release(self) -> None:
        """Let others have it, and give back whatever it took to try."""
        ...


@dataclass(frozen=True, slots=True)
class Sharing:
    """How a process shares the store: its name, what it does, and how it hears and keeps out the others.

    `life`: a hold that others may have too, whose connection tells them that this process is there.
    """

    peer: str
    roles: frozenset[Role]
    queue: WorkQueue
    hold: Callable[[str], Hold]
    life: Hold


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
        if self._since is None or self._last is None or now - self._last > SETTLED_FOR:
            self._since = now
        self._last = now
        return now - self._since >= SETTLED_FOR


@dataclass(frozen=True, slots=True)
class Sign:
    """What is known of a process: until when it lives by its own word, and how long its connection has stood, if it does."""

    name: str
    alive_until: datetime
    connected: timedelta | None = None

    def silent(self, now: datetime) -> bool:
        """Whether it depends on its connection whether it lives."""
        return self.alive_until - now <= ALIVE_FOR - CUT_OFF_FOR


def dead(signs: Iterable[Sign], judge: str, now: datetime) -> frozenset[str]:
    """The names of those that do not live any more, as far as the process `judge` can tell.

    A restart of the server ends all connections at once. So a missing one says something only to who has had its own
    for as long as the others need to make theirs anew.
    """
    known = {sign.name: sign for sign in signs}
    own = known[judge].connected if judge in known else None
    settled = own is not None and own >= SETTLED_FOR
    return frozenset(
        name
        for name, sign in known.items()
        if sign.alive_until <= now or (settled and sign.connected is None and sign.silent(now))
    )


class Outage:
    """Tells once that something fails, however often it is tried again, and once that it does no more."""

    def __init__(self, begun: str, ended: str, **about: str) -> None:
        """The names of the two lines, and what stands in both."""
        self._begun, self._ended = begun, ended
        self._about = about
        self._lasts = False

    def lasts(self, error: BaseException) -> None:
        if not self._lasts:
            self._lasts = True
            cause = getattr(error, "orig", None) or error.__cause__ or error
            reason = " ".join(f"{type(cause).__name__}: {cause}".split())
            log.warning(self._begun, reason=reason, policy="tried again", **self._about)

    def over(self) -> None:
        if self._lasts:
            self._lasts = False
            log.info(self._ended, **self._about)


@dataclass(frozen=True, slots=True)
class Work:
    """Something that is done until it is cancelled, or ends with its queue. `alone`: the hold under which one does it."""

    run: Callable[[], Coroutine[Any, Any, None]]
    alone: str = ""


async def while_held(hold: Hold, work: Work, stop: asyncio.Event) -> None:
    """Do the work as long as the hold is ours, and stand by as long as it is not; until the work ends, or `stop`."""
    try:
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
    finally:
        await asyncio.to_thread(hold.release)


async def _taken(hold: Hold, name: str, stop: asyncio.Event) -> bool:
    """Wait until it is ours; False where that is not wanted any more."""
    stood_by, outage = False, Outage("hold_not_reached", "hold_reached", hold=name)
    while not stop.is_set():
        wait = TRY_SECONDS
        try:
            taken = await asyncio.to_thread(hold.take)
            outage.over()
            if taken:
                log.info("took_over" if stood_by else "took", hold=name)
                return True
        except Exception as error:  # noqa: BLE001 - whatever the driver raises
            outage.lasts(error)
            # All lost their connections at the same moment, and would come back at the same.
            wait = random.uniform(OUTAGE_SECONDS, 2 * OUTAGE_SECONDS)  # noqa: S311 - no secret
        if not stood_by:
            log.info("standing_by", hold=name)
        stood_by = True
        await _waited(stop, wait)
    return False


async def _ended(hold: Hold, name: str, working: asyncio.Task[None]) -> bool:
    """Wait until the work ends, or the hold is lost; whether there is no more to do."""
    outage = Outage("hold_not_reached", "hold_reached", hold=name)
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
            outage.lasts(error)
        else:
            outage.over()


async def _waited(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
