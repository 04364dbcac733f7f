"""The exclusive hold on a database file, so that a second process does not send everything twice.

A lock on `<file>.lock` rather than on the database itself, which has locks of its own. The kernel frees it when the
process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from bot.storage.database import StoreProblem


@dataclass(frozen=True, slots=True, eq=False)
class Hold:
    """A hold that was taken. It is not its descriptor: the system gives that number to others later."""

    descriptor: int

    def release(self) -> None:
        if self in _held:
            _held.remove(self)
            os.close(self.descriptor)


_held: set[Hold] = set()


def _let_go_in_child() -> None:
    """A forked worker shares the lock's file, and would keep the hold alive after its parent was killed."""
    for hold in tuple(_held):
        hold.release()


os.register_at_fork(after_in_child=_let_go_in_child)


def take_hold(file: Path) -> Hold | StoreProblem:
    """Take the hold on `file`, or say who has it. May raise OSError."""
    descriptor = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace") or "unknown"
        os.close(descriptor)
        return StoreProblem(
            f"{file} is in use by another Sokuho (process {holder}). "
            "Stop that one, or name another file in SOKUHO_DATABASE_URL."
        )
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    hold = Hold(descriptor)
    _held.add(hold)
    return hold
