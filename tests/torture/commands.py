"""10,000 commands from 500 chats, at 50 a second: what fails, and how long an answer takes to be queued."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections import Counter
from contextvars import ContextVar
from pathlib import Path
from random import Random
from statistics import median, quantiles

import structlog
from structlog.typing import EventDict
from telegram import Update

from bot.chat.telegram import bot as telegram_bot
from bot.domain.documents import Document
from tests.e2e import platforms
from tests.e2e.platforms import addresses_of
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TelegramServer
from tests.torture.figures import Figure
from tests.torture.life import Config, furnish, live

ROOT = Path(__file__).parents[2]
CHATS = 500
PER_SECOND = 50
HURRY = 3.0
"""Telegram permits 30 answers a second, and 50 are asked for; so the bot's pace is this many times the real one."""
COMMANDS = (
    "/topics",
    "/status",
    "/latest",
    "/help",
    "/settings",
    "/feeds",
    "/why",
    "/subscribe us-russia-summit",
    "/unsubscribe us-russia-summit",
    "/topics add grain deal",
    "/topics test Ukraine ceasefire",
    "/settings languages en ja",
    "/settings timezone Tokyo",
    "/quiet 22:00-7:00",
    "/quiet off",
    "/digest 8:00",
    "/pause",
    "/resume",
    "what about Ukraine",
)
MEDIAN_MS = 200


_came: ContextVar[float] = ContextVar("came")
"""When the update came in that is worked on."""


class TimedBot(telegram_bot.TelegramBot):
    """A bot that notes how long it takes from an update to its answer in the queue (ms)."""

    took: list[float] = []  # noqa: RUF012 - of the process

    def _submit(self, update: Update) -> asyncio.Task[None]:
        _came.set(time.perf_counter())
        return super()._submit(update)

    def _say(self, address: str, answer: Document, reply_to: int | None) -> None:
        self.took.append((time.perf_counter() - _came.get()) * 1000)
        super()._say(address, answer, reply_to)


async def command(number: int, seed: int) -> list[Figure]:
    random = Random(seed)
    people = list(range(1, CHATS + 1))
    async with TelegramServer() as telegram, SlackServer() as slack:
        for person in people:
            telegram.private(person, f"P{person}")
        with tempfile.TemporaryDirectory(prefix="sokuho-torture-") as folder:
            config = Config(folder, addresses_of(telegram, slack), (), time.time(), 1.0, HURRY)
            await furnish(config, people, [])
            bot = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.torture.commands", config.dump()), cwd=ROOT, stdout=PIPE
            )
            await telegram.until(lambda: telegram.polling, 30)
            began = time.monotonic()
            for count in range(number):
                await telegram.say(random.choice(people), random.choice(COMMANDS))
                await asyncio.sleep(max(0.0, began + (count + 1) / PER_SECOND - time.monotonic()))
            rate = number / (time.monotonic() - began)
            try:
                await telegram.until(
                    lambda: sum(len(telegram.messages(one)) for one in people) >= number, 120
                )
            finally:
                bot.terminate()
                printed, _ = await bot.communicate()
        answers = sum(len(telegram.messages(person)) for person in people)
    measured = json.loads(printed.splitlines()[-1])
    took, errors = measured["took"], measured["errors"]
    return [
        Figure(
            "commands",
            f"{number} from {CHATS} chats at {rate:.0f}/s",
            "10,000 at 50/s",
            ok=rate > PER_SECOND * 0.95,
        ),
        Figure("answers that came", f"{answers}", f"{number} or more", ok=answers >= number),
        Figure(
            "errors", ", ".join(f"{n}× {what}" for what, n in errors.items()) or "none", "none", ok=not errors
        ),
        Figure(
            "update received to answer queued",
            f"median {median(took):.0f} ms, 95 % within {quantiles(took, n=20)[-1]:.0f} ms",
            f"median {MEDIAN_MS} ms",
            ok=median(took) < MEDIAN_MS,
        ),
    ]


async def listen(config: Config) -> None:
    errors: Counter[str] = Counter()

    def note(_logger: object, method: str, event: EventDict) -> EventDict:
        if method not in ("debug", "info"):
            errors[str(event["event"])] += 1
        raise structlog.DropEvent

    structlog.configure(processors=[note])
    # The rooms of the tests are made with this one.
    vars(platforms)["TelegramBot"] = TimedBot
    await live(config)
    print(json.dumps({"took": TimedBot.took, "errors": errors}), flush=True)  # noqa: T201 - what the parent reads


if __name__ == "__main__":
    asyncio.run(listen(Config.load(sys.argv[1])))
    os._exit(0)
