"""`sokuho run` with tokens, as an operator starts it: a process, its health, a second one, and its end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

import aiohttp
import pytest

from tests.e2e.platforms import (
    ADA,
    GROUP,
    HOOK_SECRET,
    SIGNING_SECRET,
    Addresses,
    addresses_of,
    doubles,
)
from tests.e2e.posted import KEY, install, posting
from tests.fakes.feed_server import FeedServer, Item
from tests.fakes.shipped import copy_config
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_web import CLIENT_ID, CLIENT_SECRET
from tests.fakes.telegram_server import TelegramServer

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0
"""Seconds that a program may take to start or to end on a machine that is busy."""


OUTLETS = (
    "Reuters",
    "AP",
    "AFP",
    "BBC News",
    "CNN",
    "NPR",
    "NHK",
    "TASS",
    "Ukrinform",
    "Meduza",
    "Interfax",
    "dpa",
)
"""Of feeds, in this order."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody with a configuration, tokens, and three servers in place of the world."""

    environment: Mapping[str, str]
    port: int
    feeds: FeedServer
    telegram: TelegramServer
    slack: SlackServer

    async def start(self, *arguments: str, **changed: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *(arguments or ("run",)),
            cwd=ROOT,
            env={**self.environment, **changed},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def ask(self, path: str) -> tuple[int, dict[str, bool]]:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}{path}") as answer,
        ):
            return answer.status, json.loads(await answer.text())

    async def page(self, path: str) -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}{path}") as answer,
        ):
            return await answer.text()


def free_port() -> int:
    """None of those that the system gives to whoever asks for any, so that no test beside this one takes it meanwhile."""
    for port in SystemRandom().sample(range(20_000, 30_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


@asynccontextmanager
async def operating(folder: Path) -> AsyncIterator[Operator]:
    async with doubles() as (feeds, telegram, slack):
        feeds.publish("/feed", [])
        port = free_port()
        environment = {
            **environment_of(folder, addresses_of(telegram, slack), [feeds.url("/feed")]),
            "SOKUHO_HTTP": f"127.0.0.1:{port}",
        }
        yield Operator(environment, port, feeds, telegram, slack)


def environment_of(folder: Path, addresses: Addresses, urls: Iterable[str]) -> dict[str, str]:
    """What has a process find the doubles, with a configuration in the folder that names feeds at these addresses."""
    config = folder / "config"
    copy_config(config)
    feeds = "\n".join(
        f'[[feeds]]\nurl = "{url}"\noutlet = "{outlet}"\nlanguage = "en"\ncountry = "gb"\n'
        for url, outlet in zip(urls, OUTLETS, strict=False)
    )
    (config / "feeds.toml").write_text(feeds, encoding="utf-8")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SOKUHO_")},
        "SOKUHO_CONFIG_DIR": str(config),
        "SOKUHO_DATA_DIR": str(folder / "data"),
        "SOKUHO_POLL_MINUTES": "0.02",
        "SOKUHO_POLL_MINUTES_AT_MOST": "0.02",
        "SOKUHO_PRIVATE_NETWORKS": "127.0.0.0/8",
        "SOKUHO_LOG_LEVEL": "info",
        "SOKUHO_TELEGRAM_TOKEN": addresses.telegram_token,
        "SOKUHO_TELEGRAM_API": addresses.telegram_api,
        "SOKUHO_SLACK_BOT_TOKEN": addresses.slack_bot_token,
        "SOKUHO_SLACK_APP_TOKEN": addresses.slack_app_token,
        "SOKUHO_SLACK_API": addresses.slack_api,
    }


async def test_from_nothing_to_the_first_bulletin_in_a_group_and_a_channel(tmp_path: Path) -> None:
    """One process: both chats subscribe, the feed changes, both have it; it ends cleanly and leaks no token."""
    async with operating(tmp_path) as operator:
        telegram, slack = operator.telegram, operator.slack
        process = await operator.start()
        await slack.until(lambda: slack.connections, timeout=PATIENCE)
        await telegram.until(lambda: telegram.polling, timeout=PATIENCE)
        await telegram.say(GROUP, "/subscribe ukraine-ceasefire", user=ADA)
        await slack.slash("/sokuho", "subscribe ukraine-ceasefire", channel="C1")
        await telegram.until(lambda: telegram.messages(GROUP))
        await slack.until(lambda: slack.messages("C1"))
        operator.feeds.publish("/feed", [Item("Ukraine agrees to ceasefire", published=datetime.now(UTC))])
        await telegram.until(
            lambda: "【Ukraine agrees" in telegram.messages(GROUP)[-1].text, timeout=PATIENCE
        )
        await slack.until(lambda: "【Ukraine agrees" in slack.messages("C1")[-1].plain, timeout=PATIENCE)
        assert await operator.ask("/healthz") == (200, {"alive": True})
        # Slack's word is heard a little before the bot knows of it.
        assert await operator.ask("/readyz") == (200, {"database": True, "telegram": True, "slack": True})
        assert "sokuho_lag_seconds_count 2.0" in await operator.page("/metrics")
        assert 'sokuho_deliveries_total{kind="new",outcome="sent",platform="slack"} 1.0' in (
            await operator.page("/metrics")
        )
        asked = await operator.start("health")
        assert await asked.wait() == 0
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 0, output.decode()
        for token in (telegram.token, slack.home.token, slack.app_token):
            assert token not in output.decode()
        assert "Telegram: @sokuho_bot" in output.decode()


async def test_a_second_process_on_the_same_file_or_bot_is_refused(tmp_path: Path) -> None:
    """In a sentence that says what to do. (That the first one goes on is tested in test_platforms_pace.)"""
    async with operating(tmp_path) as operator:
        telegram, slack = operator.telegram, operator.slack
        first = await operator.start()
        await telegram.until(lambda: telegram.polling, timeout=PATIENCE)
        second = await operator.start()
        output, _ = await asyncio.wait_for(second.communicate(), PATIENCE)
        assert second.returncode == 1
        assert "is in use by another Sokuho" in output.decode()
        await slack.until(lambda: slack.connections, timeout=PATIENCE)
        third = await operator.start(
            SOKUHO_DATA_DIR=str(tmp_path / "other"),
            SOKUHO_SLACK_BOT_TOKEN="",
            SOKUHO_SLACK_APP_TOKEN="",
            SOKUHO_HTTP="",
        )
        # Both are young here, so it may be either that takes itself for the newcomer.
        ends = {asyncio.create_task(process.communicate()): process for process in (first, third)}
        done, _ = await asyncio.wait(ends, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        said = [(ends[end].returncode, end.result()[0].decode()) for end in done]
        assert any(
            code == 1 and "Another program is polling this Telegram bot" in text for code, text in said
        )
        for end, process in ends.items():
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
            await asyncio.wait_for(end, PATIENCE)


async def test_a_platform_that_is_away_at_the_start_is_named_so(tmp_path: Path) -> None:
    """The other one is served meanwhile."""
    async with operating(tmp_path) as operator:
        process = await operator.start(SOKUHO_TELEGRAM_API="http://127.0.0.1:9")
        async with asyncio.timeout(PATIENCE):
            while not operator.feeds.requests_for("/feed"):  # noqa: ASYNC110 - the first poll comes after the greeting
                await asyncio.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        said = output.decode()
        assert process.returncode == 0, said
        assert "Sokuho watches 1 feed." in said
        assert "Telegram: not reached yet" in said
        assert "Slack: @sokuho in " in said


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"SOKUHO_TELEGRAM_TOKEN": "123:wrong"}, "Telegram refuses SOKUHO_TELEGRAM_TOKEN"),
        ({"SOKUHO_SLACK_BOT_TOKEN": "xoxb-wrong"}, "Slack refuses SOKUHO_SLACK_BOT_TOKEN"),
        ({"SOKUHO_SLACK_APP_TOKEN": "xapp-wrong"}, "SOKUHO_SLACK_APP_TOKEN"),
        ({"SOKUHO_SLACK_APP_TOKEN": ""}, "SOKUHO_SLACK_APP_TOKEN is missing"),
        ({"SOKUHO_HTTP": "8080"}, "write a host and a port"),
        ({"SOKUHO_SLACK_SIGNING_SECRET": "wrong here"}, "take one of them out"),
        ({"SOKUHO_CHATS": "everybody"}, "something in it names no chat"),
        ({"SOKUHO_TELEGRAM_API": "ftp://x"}, "SOKUHO_TELEGRAM_API"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_wrong_with_the_settings_stops_the_start(
    tmp_path: Path, changed: dict[str, str], expected: str
) -> None:
    """With what to mend, and without the secrets."""
    async with operating(tmp_path) as operator:
        process = await operator.start(**changed)
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        said = output.decode()
        assert process.returncode == 1, said
        assert expected in said
        assert "Traceback" not in said
        assert not any(len(value) > 4 and value in said for value in changed.values() if "wrong" in value)


async def test_a_process_that_is_posted_to_may_be_killed(tmp_path: Path) -> None:
    """A workspace installs the app; after SIGKILL it is still served, and what Telegram could not bring is answered."""
    async with operating(tmp_path) as operator:
        telegram, slack, here = operator.telegram, operator.slack, f"127.0.0.1:{operator.port}"
        telegram.local = True
        slack.channel("CT2", "news", team="T2")
        changed = {
            "SOKUHO_SLACK_BOT_TOKEN": "",
            "SOKUHO_SLACK_APP_TOKEN": "",
            "SOKUHO_SLACK_CLIENT_ID": CLIENT_ID,
            "SOKUHO_SLACK_CLIENT_SECRET": CLIENT_SECRET,
            "SOKUHO_SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SOKUHO_ENCRYPTION_KEYS": KEY,
            "SOKUHO_PUBLIC_URL": f"http://{here}",
            "SOKUHO_TELEGRAM_WEBHOOK_SECRET": HOOK_SECRET,
        }
        with posting(slack, here):
            process = await operator.start(**changed)
            await telegram.until(lambda: telegram.hooks.url, timeout=PATIENCE)
            async with asyncio.timeout(PATIENCE):
                while (await operator.ask("/readyz"))[0] != 200:  # noqa: ASYNC110 - only the answer tells
                    await asyncio.sleep(0.1)
            await install(here, slack, "T2")
            await slack.slash("/sokuho", "topics", channel="CT2")
            await slack.until(lambda: slack.said, timeout=PATIENCE)
            process.kill()
            output, _ = await process.communicate()
            await telegram.say(ADA, "/topics")
            await telegram.until(lambda: any(status == 0 for _, status in telegram.hooks.posts))
            process = await operator.start(**changed)
            await telegram.until(lambda: telegram.messages(ADA), timeout=PATIENCE)
            await slack.slash("/sokuho", "topics", channel="CT2")
            await slack.until(lambda: len(slack.said) == 2, timeout=PATIENCE)
        process.send_signal(signal.SIGTERM)
        rest, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 0, rest.decode()
        said = (output + rest).decode()
        for secret in (*changed.values(), telegram.token, slack.workspaces["T2"].token):
            assert secret in ("", CLIENT_ID, f"http://{here}") or secret not in said


async def test_a_taken_port_is_told(tmp_path: Path) -> None:
    async with operating(tmp_path) as operator:
        with socket.create_server(("127.0.0.1", operator.port)):
            process = await operator.start()
            output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 1
        assert f"SOKUHO_HTTP (127.0.0.1:{operator.port}) cannot be listened at" in output.decode()


async def test_a_platform_that_is_away_at_the_start_is_waited_for(tmp_path: Path) -> None:
    """The other one works meanwhile, and readiness says which is missing."""
    async with operating(tmp_path) as operator:
        slack = operator.slack
        process = await operator.start(SOKUHO_TELEGRAM_API="http://127.0.0.1:9")
        await slack.until(lambda: slack.connections, timeout=PATIENCE)
        await slack.direct("D1", "topics")
        await slack.until(lambda: slack.messages("D1"), timeout=PATIENCE)
        status, state = await operator.ask("/readyz")
        assert (status, state["telegram"], state["database"]) == (503, False, True)
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 0, output.decode()
