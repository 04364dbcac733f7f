"""`make bench`: what reading the configuration, matching, the whole way of a chat's topics, polling and waking cost, what
feeds take of memory, and how long a publication takes to its message.

`make bench ARGS="--only path --topics 10000"` is less of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.costs import print_costs
from benchmarks.latency import print_latency
from benchmarks.loading import print_loading
from benchmarks.matching import print_matching
from benchmarks.memory import FEEDS_IN_ROTATION, print_memory
from benchmarks.path import print_path
from benchmarks.placing import print_at_once, print_placing
from benchmarks.polling import print_polling
from benchmarks.shared import FEEDS as FEEDS_SHARED
from benchmarks.shared import print_shared
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
    LATENCY = "latency"
    WORDS = "words"
    SHARED = "shared"
    COSTS = "costs"


def main(
    only: Annotated[list[Section] | None, typer.Option(help="Sections to run; default: all.")] = None,
    topics: Annotated[int, typer.Option(min=1_000, help="Topics of chats in the store.")] = 100_000,
    feeds: Annotated[
        int, typer.Option(min=100, help="Feeds in rotation, for their memory.")
    ] = FEEDS_IN_ROTATION,
    minutes: Annotated[float, typer.Option(min=0.1, help="For their memory, at most.")] = 60,
    publications: Annotated[int, typer.Option(min=10, help="Of which it is seen when they arrive.")] = 200,
    roles_apart: Annotated[bool, typer.Option(help="For that, a process a role, on PostgreSQL.")] = False,
    shared_feeds: Annotated[int, typer.Option(min=100, help="Feeds that two processes poll.")] = FEEDS_SHARED,
    subscriptions: Annotated[
        int, typer.Option(min=10_000, help="Among which a desk decides, on PostgreSQL.")
    ] = 100_000,
    stored: Annotated[int, typer.Option(min=200, help="Entries in the store.")] = 2_000,
) -> None:
    """Print a table a section."""
    catalog = load_catalog(ROOT / "config", feeds=())
    if not isinstance(catalog, Catalog):
        raise typer.Exit(1)
    console = Console(width=110)

    def print_both_of_placing() -> None:
        print_placing(catalog, console)
        print_at_once(catalog, console)

    print_section: dict[Section, Callable[[], None]] = {
        Section.LOADING: lambda: print_loading(ROOT / "config", catalog.lexicon, console),
        Section.MATCHING: lambda: print_matching(catalog.lexicon, console),
        Section.PLACING: print_both_of_placing,
        Section.PATH: lambda: asyncio.run(print_path(catalog, topics, stored, console)),
        Section.POLLING: lambda: print_polling(console),
        Section.MEMORY: lambda: print_memory(feeds, timedelta(minutes=minutes), console),
        Section.LATENCY: lambda: print_latency(publications, console, roles_apart=roles_apart),
        Section.WORDS: lambda: print_words(console),
        Section.SHARED: lambda: print_shared(shared_feeds, console),
        Section.COSTS: lambda: print_costs(catalog, subscriptions, console),
    }
    for section in only or Section:
        print_section[section]()


if __name__ == "__main__":
    typer.run(main)
