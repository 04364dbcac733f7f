"""Platforms that fail in every way at once: what is lost, said twice, out of order, and what it costs the other chats."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

from tests.e2e.platforms import addresses_of
from tests.fakes import slack_records, telegram_server
from tests.fakes.events import of_its_own
from tests.fakes.feed_server import FeedServer, Item
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TelegramServer
from tests.fakes.telegram_state import ApiError
from tests.torture.figures import Figure
from tests.torture.life import Config, furnish
from tests.torture.town import REPEAT, tells

ROOT = Path(__file__).parents[2]
PEOPLE = 20
SHARE = 0.3
"""Of the calls for the chats that are hit, this many go wrong."""
SPEED = 10.0
"""How many times faster than life the bot's clock runs: a minute's outage lasts six seconds."""
HURRY = 50.0
CALL_SECONDS = 0.5
STORIES = 15
EVERY = 0.7
"""Seconds between two stories."""
MINUTE = 60 / SPEED
GOES_ON = 20.0
"""Seconds for which the mischief goes on after the last story."""
LONGEST = 60.0
"""Seconds for what is still owed then."""
HIT = [*range(1001, 1001 + PEOPLE)], [f"C{number}" for number in range(1, 1 + PEOPLE)]
SPARED = [*range(2001, 2001 + PEOPLE)], [f"E{number}" for number in range(1, 1 + PEOPLE)]
KINDS = ("429", "500", "times out before", "times out after", "cut before", "cut after")


@dataclass(slots=True)
class Mischief:
    """Does something bad to a share of the calls that tell the chats which are hit."""

    random: Random
    share: float
    done: dict[str, int] = field(default_factory=dict)

    def kind(self) -> str | None:
        if self.random.random() >= self.share:
            return None
        kind = self.random.choice(KINDS)
        self.done[kind] = self.done.get(kind, 0) + 1
        return kind

    def on_telegram(self, call: telegram_server.Call) -> telegram_server.Fault | None:
        if call.method not in ("sendMessage", "editMessageText"):
            return None
        if int(call.params.get("chat_id", 0)) not in HIT[0]:
            return None
        match self.kind():
            case None:
                return None
            case "429":
                error = ApiError(429, "Too Many Requests: retry after 1", {"retry_after": 1})
                return telegram_server.Fault("fail", call.method, None, error=error)
            case "500":
                return telegram_server.Fault(
                    "fail", call.method, None, error=ApiError(500, "Internal Server Error")
                )
            case kind:
                how = "hang" if kind.startswith("times") else "cut"
                return telegram_server.Fault(
                    "hang" if how == "hang" else "cut", call.method, None, after_effect=kind.endswith("after")
                )

    def on_slack(self, method: str, channel: object) -> slack_records.Fault | None:
        if method not in ("chat.postMessage", "chat.update") or channel not in HIT[1]:
            return None
        match self.kind():
            case None:
                return None
            case "429":
                return slack_records.Fault("limit", method, None, retry_after=1)
            case "500":
                after = self.random.random() < 0.5
                return slack_records.Fault("fail", method, None, after, error=500)
            case kind:
                how = "hang" if kind.startswith("times") else "cut"
                return slack_records.Fault(how, method, None, kind.endswith("after"))


@dataclass(slots=True)
class Observed:
    """By chat: the texts that came, and how long (seconds) after it was published each story was there."""

    read: dict[str, list[str]]
    delays: dict[str, list[float]]
    titles: list[str]
    mischief: Mischief

    def delay_of_spared(self) -> float:
        names = [str(chat) for chat in SPARED[0]] + SPARED[1]
        return median(delay for name in names for delay in self.delays[name])

    @property
    def lost(self) -> int:
        return sum(
            not any(tells(text, title) for text in texts)
            for texts in self.read.values()
            for title in self.titles
        )

    @property
    def unmarked(self) -> int:
        return sum(
            max(0, sum(tells(text, title) and REPEAT not in text for text in texts) - 1)
            for texts in self.read.values()
            for title in self.titles
        )

    @property
    def repeats(self) -> int:
        return sum(
            max(0, sum(tells(text, title) for text in texts) - 1)
            for texts in self.read.values()
            for title in self.titles
        )

    @property
    def out_of_order(self) -> int:
        """Chats that heard of something for the first time after something that was published later."""
        return sum(_firsts(texts, self.titles) != self.titles for texts in self.read.values())


def _firsts(texts: list[str], titles: list[str]) -> list[str]:
    first: dict[str, None] = {}
    for text in texts:
        for title in titles:
            if tells(text, title):
                first[title] = None
    return list(first)


async def break_things(seed: int) -> list[Figure]:
    quiet = await _observe(seed, 0.0, away=False)
    loud = await _observe(seed, SHARE, away=False)
    away = await _observe(seed + 1, SHARE, away=True)
    before, after = quiet.delay_of_spared(), loud.delay_of_spared()
    figures = []
    for name, seen in ((f"{SHARE:.0%} of the calls fail", loud), ("… and both go away for a minute", away)):
        done = ", ".join(f"{times}× {kind}" for kind, times in sorted(seen.mischief.done.items()))
        told = len(seen.read) * len(seen.titles)
        figures += [
            Figure(name, done, ""),
            Figure("bulletins lost", f"{seen.lost} of {told}", "0", ok=not seen.lost),
            Figure(
                "repeats",
                f"{seen.repeats}, {seen.unmarked} of them unmarked",
                "0 unmarked",
                ok=not seen.unmarked,
            ),
            Figure(
                "chats out of order",
                f"{seen.out_of_order} of {len(seen.read)}",
                "0",
                ok=not seen.out_of_order,
            ),
        ]
    figures.append(
        Figure(
            "median delay of chats that are spared",
            f"{before * 1000:.0f} ms, and {after * 1000:.0f} ms while others fail",
            "2×",
            ok=after <= 2 * before,
        )
    )
    return figures


async def _observe(seed: int, share: float, *, away: bool) -> Observed:
    mischief = Mischief(Random(seed), share)
    async with FeedServer() as feeds, TelegramServer() as telegram, SlackServer() as slack:
        chats, channels = HIT[0] + SPARED[0], HIT[1] + SPARED[1]
        for chat in chats:
            telegram.private(chat, f"P{chat}")
        for channel in channels:
            slack.channel(channel, channel.lower())
        telegram.mischief, slack.mischief = mischief.on_telegram, mischief.on_slack
        feeds.publish("/one", [])
        with tempfile.TemporaryDirectory(prefix="sokuho-torture-") as folder:
            config = Config(
                folder,
                addresses_of(telegram, slack),
                (feeds.url("/one"),),
                time.time(),
                SPEED,
                HURRY,
                CALL_SECONDS,
            )
            await furnish(config, chats, channels)
            bot = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.torture.life", config.dump()), cwd=ROOT
            )

            def read() -> dict[str, list[str]]:
                told = {str(chat): [message.text for message in telegram.messages(chat)] for chat in chats}
                return told | {name: [said.plain for said in slack.messages(name)] for name in channels}

            watch = Watch(read)
            await slack.until(lambda: slack.connections, 30)
            for number in range(STORIES):
                title = of_its_own(f"Ukraine agrees to ceasefire {number}")
                watch.published[title] = time.monotonic()
                items = [Item(one, id=one, published=config.clock.now()) for one in reversed(watch.published)]
                feeds.publish("/one", items)
                if away and number == STORIES // 2:
                    await asyncio.gather(telegram.go_away(), slack.go_away())
                    await watch.look(MINUTE)
                    await asyncio.gather(telegram.come_back(), slack.come_back())
                await watch.look(EVERY)
            for seconds in (GOES_ON, LONGEST):
                until = time.monotonic() + seconds
                while not watch.complete() and time.monotonic() < until:
                    await watch.look(0.5)
                mischief.share = 0.0
            await watch.look(1.0)
            bot.send_signal(signal.SIGTERM)
            await bot.wait()
        return Observed(read(), watch.delays, list(watch.published), mischief)


@dataclass(slots=True)
class Watch:
    """Looks at what the chats show, and notes when each story was there."""

    read: Callable[[], dict[str, list[str]]]
    published: dict[str, float] = field(default_factory=dict)
    delays: dict[str, list[float]] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _looked_at: dict[str, int] = field(default_factory=dict)

    def complete(self) -> bool:
        return len(self._seen) == len(self.published) * len(self.read())

    async def look(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            now = time.monotonic()
            for name, texts in self.read().items():
                for text in texts[self._looked_at.get(name, 0) :]:
                    for title, at in self.published.items():
                        if (name, title) not in self._seen and tells(text, title):
                            self._seen.add((name, title))
                            self.delays.setdefault(name, []).append(now - at)
                self._looked_at[name] = len(texts)
            await asyncio.sleep(0.01)
