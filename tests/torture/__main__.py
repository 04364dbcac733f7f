"""`make torture`: breaks delivery in every way there is, and prints what came of it beside what is wanted.

`make torture ARGS="--only kills --kills 50 --seed 7"` is less of it.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from enum import StrEnum
from functools import partial
from multiprocessing import get_context
from random import SystemRandom
from typing import Annotated

import typer
from rich.console import Console

from tests.torture.commands import command
from tests.torture.fanout import fan_out
from tests.torture.faults import break_things
from tests.torture.figures import Work, table_of, timed
from tests.torture.kills import kill
from tests.torture.scale import scale


class Part(StrEnum):
    KILLS = "kills"
    FAULTS = "faults"
    FAN_OUT = "fan-out"
    COMMANDS = "commands"
    SCALE = "scale"


TITLES = {
    Part.KILLS: "SIGKILL at random moments, on both platforms",
    Part.FAULTS: "Platforms that answer 429 and 500, time out, cut connections and go away",
    Part.FAN_OUT: "One story for many chats, in real time",
    Part.COMMANDS: "Commands",
    Part.SCALE: "Two processes of each role on one PostgreSQL, killed at random moments; then PostgreSQL itself is away",
}


TOGETHER = (Part.KILLS, Part.COMMANDS), (Part.FAULTS,), (Part.FAN_OUT,), (Part.SCALE,)
"""Parts that go side by side: both wait more than they work, and neither needs the machine to itself, as the others do."""


def main(
    only: Annotated[list[Part] | None, typer.Option(help="Parts to run; default: all.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of all that is random; default: any.")] = None,
    kills: Annotated[int, typer.Option(min=1)] = 200,
    kill_seconds: Annotated[float, typer.Option(help="No bot is born after so long.")] = 240.0,
    chats: Annotated[int, typer.Option(min=60, help="On Telegram, in the fan-out.")] = 2_000,
    commands: Annotated[int, typer.Option(min=50)] = 10_000,
    scale_kills: Annotated[int, typer.Option(min=1, help="Of processes that share a database.")] = 100,
    outage: Annotated[float, typer.Option(min=1, help="Seconds for which PostgreSQL is away.")] = 20.0,
) -> None:
    """Run the parts. Ends with 1 where something is not as wanted."""
    seed = SystemRandom().randrange(10**6) if seed is None else seed
    console = Console(width=130)
    console.print(f"Seed {seed}; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start.")
    work: dict[Part, Work] = {
        Part.KILLS: partial(kill, kills, seed, kill_seconds),
        Part.COMMANDS: partial(command, commands, seed),
        Part.FAULTS: partial(break_things, seed),
        Part.FAN_OUT: partial(fan_out, chats),
        Part.SCALE: partial(scale, scale_kills, seed, outage),
    }
    wrong = False
    for group in TOGETHER:
        parts = [part for part in group if not only or part in only]
        with ProcessPoolExecutor(len(group), get_context("spawn")) as pool:
            begun = {pool.submit(timed, work[part]): part for part in parts}
            for done in as_completed(begun):
                figures, seconds = done.result()
                console.print(table_of(f"{TITLES[begun[done]]} ({seconds:.0f} s)", figures))
                wrong |= any(figure.ok is False for figure in figures)
    raise typer.Exit(wrong)


if __name__ == "__main__":
    typer.run(main)
