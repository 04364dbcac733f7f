"""What makes a program of it: time, words between its parts, and processes that share the work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from bot.domain.chats import Platform


class Clock(Protocol):
    """The one source of time."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        ...


class Stage(Enum):
    """The stages of the pipeline that can have work waiting."""

    POLL = "poll"
    TOPICS = "topics"
    """Those that another process changed."""
    DESK = "desk"
    DIGESTS = "digests"
    OUTBOX = "outbox"
    TELEGRAM = "telegram"
    """The outbox of Telegram, where several processes send: one of them sends for the bot."""
    HUBS = "hubs"


OUTBOXES = (Stage.OUTBOX, Stage.TELEGRAM)


class Point(Enum):
    """The named points of an entry's way: what is done when each is passed. Tests kill the process at every one."""

    FETCHED = "fetched"
    PARSED = "parsed"
    INGESTED = "ingested"
    JUDGED = "judged"
    DECIDED = "decided"
    COMPOSED = "composed"
    SAVED = "saved"
    CALLED = "called"
    SETTLED = "settled"
    SLOT_DECIDED = "slot decided"
    DIGEST_OWED = "digest owed"


Probe = Callable[[Point], None]
"""Told of each point as it is passed."""


def no_probe(_: Point) -> None:
    """The probe of a normal run."""


class WorkQueue(Protocol):
    """Says «look at this now». What is due is in the store: losing a word here delays, never loses."""

    def wake(self, stage: Stage) -> None:
        """Have somebody who serves the stage look; words not yet heard fall into one."""
        ...

    async def serve(
        self, stage: Stage, work: Callable[[], Awaitable[object]], *, overlapping: bool = False
    ) -> None:
        """Call `work` each time somebody has woken the stage, from now on.

        One call after the other, and again at once as long as it answers something truthy; where `overlapping`, each
        word begins a call of its own, whatever is under way. `work` never raises.

        Returns once `stop` was called and the calls under way have ended. Where it is cancelled, so are they.
        """
        ...

    def stop(self) -> None:
        """Begin no more work."""
        ...


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A batch of what was forgotten: how much it was, and the id up to which it went; None where nothing is left."""

    count: int = 0
    last: int | None = None


class ForgetStore(Protocol):
    """Forgets what is older than `before`, from the ids above `after` on, at most `limit` things in a transaction.

    What is unsent, or was told later, stays with all that belongs to it. What was forgotten is never told again.
    """

    async def forget_stories(self, before: datetime, after: int, limit: int) -> Forgotten:
        """Stories last reported on before, with their matches, what was told of them, and their entries' texts."""
        ...

    async def forget_texts(self, before: datetime, after: int, limit: int) -> Forgotten:
        """The texts of entries that stand in no story; their titles stay, and all that they are known by."""
        ...

    async def forget_rest(self, before: datetime, limit: int) -> int:
        """Commands behind buttons, digests but for each chat's last, and messages about no story; answers how many."""
        ...


class NoteStore(Protocol):
    async def note(self, name: str) -> str | None:
        """What was kept under this name last."""
        ...

    async def keep_note(self, name: str, value: str) -> None:
        """Keep this in its place."""
        ...


class PeerStore(Protocol):
    """Several processes, each with a name, that share the store; what one has in hand, no other touches.

    It has it until it lets go, or is buried: it was not heard of for long, or for a little and its connection has ended.
    What a process that is gone left in `sending` is `uncertain`, due a little later and a possible repeat. Who is not
    known to live takes nothing in hand.
    """

    async def recover(self, now: datetime) -> int:
        """At the start of a process that is alone: whatever was in hand is free. Answers how many were in `sending`."""
        ...

    async def beat(self, peer: str, until: datetime) -> None:
        """Have it known that the process lives until then, at least."""
        ...

    async def bury(self, now: datetime, judge: str) -> int:
        """Free what processes had in hand that do not live any more, as far as the process `judge` can tell.

        Answers how many were in `sending`.
        """
        ...

    async def leave(self, peer: str, now: datetime) -> int:
        """The same for one that ends."""
        ...

    async def take_feeds(self, peer: str, now: datetime, feed_ids: Collection[int]) -> frozenset[int]:
        """Take feeds in hand, to poll them: those of `feed_ids` that are due still and that no other process has.

        `record_poll` frees them.
        """
        ...

    async def take_chats(self, peer: str, now: datetime, limit: int, platforms: Collection[Platform]) -> int:
        """Take chats of `platforms` in hand that are owed something and that no process has, `limit` at most."""
        ...

    async def leave_chats(
        self, peer: str, platforms: Collection[Platform], *, besides: Collection[int]
    ) -> None:
        """Free the chats of `platforms` that this process has in hand, but those of the ids `besides`."""
        ...
