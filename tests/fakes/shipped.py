"""The configuration that is shipped, for tests that are about it or start from it."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from bot.domain.catalog import Catalog
from bot.settings.files import load_catalog

CONFIG = Path(__file__).parents[2] / "config"


@cache
def shipped_catalog() -> Catalog:
    """All of it, read once a process, since that takes seconds; it is never changed."""
    loaded = load_catalog(CONFIG)
    assert isinstance(loaded, Catalog), "\n".join(map(str, loaded))
    return loaded


def copy_config(to: Path) -> None:
    """A folder with all of it but what of the lexicon no other part refers to, for what reads it time and again."""
    left_out = shutil.ignore_patterns(
        "more_countries.toml", "more_organisations.toml", "processes_world.toml"
    )
    shutil.copytree(CONFIG, to, ignore=left_out)
