"""A process that has imported all there is, and gives birth to bots: a line of `Config` in, the bot's number out.

Once that one is dead, it says so in another line. Forking spares each of two hundred bots the second that imports take.
"""

from __future__ import annotations

import asyncio
import os
import sys

from tests.torture.life import Config, live, quiet


def main() -> None:
    quiet()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(live(Config.load(line)))
            finally:
                os._exit(0)
        print(child, flush=True)  # noqa: T201 - what the parent reads
        os.waitpid(child, 0)
        print("dead", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
