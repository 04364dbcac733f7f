"""`make torture`: breaks delivery in every way there is, and prints what came of it beside what is wanted.

`make torture ARGS="--only kills --kills 50 --seed 7"` is less of it.
"""

from __future__ import annotations

import asyncio
import os
import time
from enum import StrEnum
from random import SystemRandom
from typing import Annotated

import typer
from rich.console import Console

from tests.torture.commands import command
from tests.torture.fanout import fan_out
from tests.torture.faults import break_things
from tests.torture.figures import Figure, table_of
from tests.torture.kills import kill


class Part(StrEnum):
    KILLS = "kills"
    FAULTS = "faults"
    FAN_OUT = "fan-out"
    COMMANDS = "commands"


TITLES = {
    Part.KILLS: "SIGKILL at random moments, on both platforms",
    Part.FAULTS: "Platforms that answer 429 and 500, time out, cut connections and go away",
    Part.FAN_OUT: "One story for many chats, in real time",
    Part.COMMANDS: "Commands",
}


def main(
    only: Annotated[list[Part] | None, typer.Option(help="Parts to run; default: all.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of all that is random; default: any.")] = None,
    kills: Annotated[int, typer.Option(min=1)] = 200,
    kill_seconds: Annotated[float, typer.Option(help="No bot is born after so long.")] = 240.0,
    chats: Annotated[int, typer.Option(min=60, help="On Telegram, in the fan-out.")] = 2_000,
    commands: Annotated[int, typer.Option(min=50)] = 10_000,
) -> None:
    """Run the parts one after the other. Ends with 1 where something is not as wanted."""
    seed = SystemRandom().randrange(10**6) if seed is None else seed
    console = Console(width=130)
    console.print(f"Seed {seed}; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start.")
    wrong: list[Figure] = []
    for part in only or Part:
        began = time.monotonic()
        match part:
            case Part.KILLS:
                figures = asyncio.run(kill(kills, seed, kill_seconds))
            case Part.FAULTS:
                figures = asyncio.run(break_things(seed))
            case Part.FAN_OUT:
                figures = asyncio.run(fan_out(chats))
            case Part.COMMANDS:
                figures = asyncio.run(command(commands, seed))
        console.print(table_of(f"{TITLES[part]} ({time.monotonic() - began:.0f} s)", figures))
        wrong += [figure for figure in figures if figure.ok is False]
    raise typer.Exit(bool(wrong))


if __name__ == "__main__":
    typer.run(main)
