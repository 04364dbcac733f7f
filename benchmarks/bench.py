"""`make bench`: what reading the configuration, matching, the whole way of a chat's topics, polling and waking cost.

`make bench ARGS="--only path --topics 10000"` is less of it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.loading import print_loading
from benchmarks.matching import print_matching
from benchmarks.memory import FEEDS_IN_ROTATION, print_memory
from benchmarks.path import print_path
from benchmarks.placing import print_at_once, print_placing
from benchmarks.polling import print_polling
from benchmarks.words import print_words
from benchmarks.workload import ROOT
from bot.domain.catalog import Catalog
from bot.settings.files import load_catalog


class Section(StrEnum):
    LOADING = "loading"
    MATCHING = "matching"
    PLACING = "placing"
    PATH = "path"
    POLLING = "polling"
    MEMORY = "memory"
    WORDS = "words"


def main(
    only: Annotated[list[Section] | None, typer.Option(help="Sections to run; default: all.")] = None,
    topics: Annotated[int, typer.Option(min=1_000, help="Topics of chats in the store.")] = 100_000,
    feeds: Annotated[
        int, typer.Option(min=100, help="Feeds in rotation, for their memory.")
    ] = FEEDS_IN_ROTATION,
    minutes: Annotated[float, typer.Option(min=0.1, help="For their memory, at most.")] = 60,
    stored: Annotated[int, typer.Option(min=200, help="Entries in the store.")] = 2_000,
) -> None:
    """Print a table a section."""
    catalog = load_catalog(ROOT / "config", feeds=())
    if not isinstance(catalog, Catalog):
        raise typer.Exit(1)
    console = Console(width=110)
    for section in only or Section:
        match section:
            case Section.LOADING:
                print_loading(ROOT / "config", catalog.lexicon, console)
            case Section.MATCHING:
                print_matching(catalog.lexicon, console)
            case Section.PLACING:
                print_placing(catalog, console)
                print_at_once(catalog, console)
            case Section.PATH:
                asyncio.run(print_path(catalog, topics, stored, console))
            case Section.POLLING:
                print_polling(console)
            case Section.MEMORY:
                print_memory(feeds, timedelta(minutes=minutes), console)
            case Section.WORDS:
                print_words(console)


if __name__ == "__main__":
    typer.run(main)
