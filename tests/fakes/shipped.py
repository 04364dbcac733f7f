"""The configuration that is shipped, for tests that are about it or start from it."""

from __future__ import annotations

import re
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
    """A folder with all of it but most of the lexicon, for what reads it time and again."""
    left_out = ("more_*.toml", "processes_*.toml", "things.toml", "words_*.toml")
    shutil.copytree(CONFIG, to, ignore=shutil.ignore_patterns(*left_out))
    for file in (to / "lexicon").iterdir():
        file.write_text(_OTHER_LANGUAGES.sub("", file.read_text(encoding="utf-8")), encoding="utf-8")


_OTHER_LANGUAGES = re.compile(r"^(?!en|ja|ru)[a-z]{2} = \[[^\]]*\]\n", re.MULTILINE)
"""Labels; those of countries are there in any case, from CLDR."""
