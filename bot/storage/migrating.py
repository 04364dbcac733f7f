"""From whatever tables a database has to those of this version."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import Enum

from sqlalchemy import Connection

HEAD = "0013"
"""The newest revision in `migrations/versions`. Revisions are numbered, so that an older program can tell a newer one."""


class Fit(Enum):
    """How a database fits this version of the program."""

    CURRENT = "current"
    OUTDATED = "outdated"
    NEWER = "newer"
    FOREIGN = "foreign"


def judge(tables: Collection[str], version: str | None) -> Fit:
    """How a database with these tables fits; `version` is what its `alembic_version` says, None where it has none."""
    if not tables:
        return Fit.OUTDATED
    if version is None or not re.fullmatch(r"\d{4}", version):
        return Fit.FOREIGN
    if version > HEAD:
        return Fit.NEWER
    return Fit.CURRENT if version == HEAD else Fit.OUTDATED


def upgrade(connection: Connection) -> None:
    """Upgrade to `HEAD` within the caller's transaction."""
    # Alembic takes a quarter of a second to import, which a start with nothing to do need not wait for.
    from alembic.command import upgrade as run  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "bot.storage:migrations")
    config.attributes["connection"] = connection
    run(config, HEAD)
