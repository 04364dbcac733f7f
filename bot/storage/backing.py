"""A backup of the database while it is in use, and its restoration.

What was told between the two is told again, since nothing else knows of it; so all that may be is marked as a possible
repeat (`restored_at`).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from bot.domain.deliveries import DeliveryState
from bot.storage.database import StoreProblem
from bot.storage.hold import take_hold
from bot.storage.migrating import Fit, upgrade
from bot.storage.schema import EPOCH, MICROSECOND, deliveries, notes
from bot.storage.sqlite import look

RESTORED = "restored"

_MINE_ALONE = 0o600
"""A backup holds what chats are called and what they follow."""


def back_up(file: Path, to: Path) -> StoreProblem | None:
    """Copy the database as it is at one moment, whoever writes to it meanwhile. `to` must not be there yet."""
    if not file.is_file():
        return StoreProblem(f"There is no database in {file} to back up.")
    if to.exists():
        return StoreProblem(f"{to} is there already. Name another file.")
    part = to.with_name(f"{to.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MINE_ALONE))
        # In one step, which is one reading transaction: nobody has to wait, and no write makes it begin anew.
        with (
            closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(part)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        problem = _unfit(part)
        if problem is None:
            _sync(part)
            part.rename(to)
            _sync(to.parent)
    except (OSError, sqlite3.Error) as error:
        problem = StoreProblem(f"{to} cannot be written: {error}.")
    with suppress(OSError):
        part.unlink(missing_ok=True)
    return problem


def restore(backup: Path, file: Path, now: datetime) -> StoreProblem | Path | None:
    """Make a backup the database. What was there before is kept beside it; answers where, None if nothing was."""
    if not backup.is_file():
        return StoreProblem(f"There is no backup in {backup}.")
    file = file.expanduser().resolve()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        hold = take_hold(file)
    except OSError as error:
        return StoreProblem(f"{file} cannot be written: {error.strerror}.")
    if isinstance(hold, StoreProblem):
        return hold
    part = file.with_name(f"{file.name}.part")
    try:
        problem = _unfit(backup)
        if problem is not None:
            return problem
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MINE_ALONE))
        with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
        _mark(part, now)
        _sync(part)
        kept = _put_aside(file, now)
        part.rename(file)
        _sync(file.parent)
    except (OSError, sqlite3.Error, DBAPIError) as error:
        return StoreProblem(f"{backup} could not be restored: {error}.")
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        hold.release()
    return kept


def restored_at(connection: Connection) -> datetime | None:
    """When a backup was restored, if one was: what was published before that may have been told."""
    value: str | None = connection.scalar(select(notes.c.value).where(notes.c.name == RESTORED))
    return None if value is None else EPOCH + int(value) * MICROSECOND


def _unfit(file: Path) -> StoreProblem | None:
    """Why a file is no whole database of this version or an earlier one, if so."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            (sound,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            empty = connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None
        fit = Fit.FOREIGN if empty else look(file)
    except sqlite3.DatabaseError:
        return StoreProblem(f"{file} is no database.")
    if sound != "ok":
        return StoreProblem(f"{file} is damaged: {sound}.")
    match fit:
        case Fit.FOREIGN:
            return StoreProblem(f"{file} is not a database of Sokuho.")
        case Fit.NEWER:
            return StoreProblem(f"{file} was written by a newer Sokuho. Upgrade this one.")
        case _:
            return None


def _mark(file: Path, now: datetime) -> None:
    """What was owed when the backup was made may have been sent since, and so may what was published until now."""
    engine = create_engine(URL.create("sqlite", database=str(file)))
    try:
        with engine.begin() as connection:
            upgrade(connection)
            owed = deliveries.c.state.in_(
                [DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNCERTAIN]
            )
            connection.execute(update(deliveries).where(owed).values(possible_repeat=True))
            connection.execute(delete(notes).where(notes.c.name == RESTORED))
            instant = str((now - EPOCH) // MICROSECOND)
            connection.execute(insert(notes).values(name=RESTORED, value=instant))
    finally:
        engine.dispose()


def _put_aside(file: Path, now: datetime) -> Path | None:
    """Give the database that is there another name, its write-ahead log with it."""
    if not file.exists():
        return None
    kept = file.with_name(f"{file.name}.before-{now:%Y%m%dT%H%M%SZ}")
    for ending in ("", "-wal", "-shm"):
        beside = Path(f"{file}{ending}")
        if beside.exists():
            beside.rename(f"{kept}{ending}")
    return kept


def _sync(path: Path) -> None:
    """Have it survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
