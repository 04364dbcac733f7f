"""One story for 2,000 chats of Telegram and 500 channels of Slack in 20 workspaces, at the pace the platforms permit."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.fakes.slack_records import REAL_LIMITS
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_limits import Limits
from tests.fakes.telegram_server import TelegramServer
from tests.torture.fanout_bot import Config, Measured
from tests.torture.figures import Figure

ROOT = Path(__file__).parents[2]
WORKSPACES = 20
CHANNELS = 25
PER_SECOND = 30
"""What Telegram permits a bot; the limits of the doubles are the real ones, in real time."""


async def fan_out(chats: int = 2_000) -> list[Figure]:
    async with TelegramServer(limits=Limits()) as telegram, SlackServer() as slack:
        slack.limits = REAL_LIMITS
        people = tuple(range(1, chats + 1))
        for person in people:
            telegram.private(person, f"P{person}")
        teams = [f"T{number}" for number in range(1, WORKSPACES + 1)]
        for team in teams:
            if team not in slack.workspaces:
                slack.workspace(team)
            for number in range(CHANNELS):
                slack.channel(f"C{team}N{number}", f"news-{number}", team=team)
        config = Config(
            telegram.base_url.removesuffix("/bot"),
            telegram.token,
            slack.api_url,
            {team: slack.workspaces[team].token for team in teams},
            people,
            tuple(f"{channel.team}/{channel.id}" for channel in slack.channels.values()),
        )
        with tempfile.TemporaryDirectory(prefix="sokuho-torture-") as folder:
            bot = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tests.torture.fanout_bot", folder, json.dumps(asdict(config))),
                cwd=ROOT,
                stdout=asyncio.subprocess.PIPE,
            )
            printed, _ = await bot.communicate()
        measured = Measured(**json.loads(printed.splitlines()[-1]))
        told = [len(telegram.messages(person)) for person in people]
        told += [len(slack.messages(channel)) for channel in slack.channels]
        came = sorted(message.at.timestamp() for person in people for message in telegram.messages(person))
        return _figures(measured, told, came, len(telegram.too_many) + slack.too_many)


def _figures(measured: Measured, told: list[int], came: list[float], too_many: int) -> list[Figure]:
    took = came[-1] - came[0]
    rate = (len(came) - 1) / took
    cpu = measured.sending_cpu / sum(measured.told.values())
    return [
        Figure("told once", f"{told.count(1)} of {len(told)} chats", "all", ok=told.count(1) == len(told)),
        Figure(
            "Telegram, share of 30/s",
            f"{rate / PER_SECOND:.1%} ({len(came)} chats in {took:.1f} s)",
            "95 %",
            ok=rate / PER_SECOND >= 0.95,
        ),
        Figure(
            f"Slack, {WORKSPACES * CHANNELS} channels",
            f"{measured.last['slack']:.1f} s (no workspace gets near its limit)",
            "",
        ),
        Figure("429 caused by us", f"{too_many}", "0", ok=too_many == 0),
        Figure("processor time a message", f"{cpu * 1000:.2f} ms", "3 ms", ok=cpu < 0.003),
        Figure("deciding for all of them, once", f"{measured.deciding_cpu:.2f} s", ""),
        Figure(
            "ten more sources",
            f"{measured.edits} edits in 20 s, {measured.edited_twice} messages edited twice",
            f"at most {PER_SECOND}/s, none twice",
            ok=measured.edited_twice == 0 and measured.edits <= 20 * PER_SECOND + WORKSPACES * CHANNELS,
        ),
    ]
