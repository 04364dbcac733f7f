"""Telegram by webhook: who may post, what is posted again, and how one way follows the other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs
from telegram import Bot

from bot.chat.telegram.ways import HEADER, PATH, TAKEN_OVER, Webhook
from tests.e2e.platforms import (
    HOOK_SECRET,
    PRIVATE,
    Newsroom,
    addresses_of,
    doubles,
    peopled_telegram,
    serving,
)
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_methods import flag
from tests.fakes.telegram_server import TelegramServer

RIGHT = {HEADER: HOOK_SECRET}
UPDATE = {
    "update_id": 900,
    "message": {
        "message_id": 900,
        "date": 1,
        "chat": {"id": PRIVATE, "type": "private"},
        "from": {"id": PRIVATE, "is_bot": False, "first_name": "Ada"},
        "text": "/topics",
    },
}


@pytest.fixture
def port(unused_tcp_port: int) -> str:
    return f"127.0.0.1:{unused_tcp_port}"


@asynccontextmanager
async def hooked(folder: Path, port: str) -> AsyncIterator[tuple[TelegramServer, Newsroom]]:
    """The newsroom on a server that posts to it."""
    async with (
        peopled_telegram(local=True) as telegram,
        SlackServer() as slack,
        serving(folder, addresses_of(telegram, slack), posted=port) as room,
    ):
        await telegram.until(lambda: room.telegram.connected)
        yield telegram, room


async def post(port: str, body: bytes, headers: dict[str, str]) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://{port}{PATH}", data=BytesIO(body), headers=headers) as answered,
    ):
        assert await answered.read() == b""
        return answered.status


async def test_updates_are_posted_and_answered(tmp_path: Path, port: str) -> None:
    """In order within a chat, and nobody polls."""
    async with hooked(tmp_path, port) as (telegram, _):
        for text in ("/start", "/topics", "/status"):
            await telegram.say(PRIVATE, text)
        await telegram.until(lambda: len(telegram.messages(PRIVATE)) == 3)
        said = telegram.messages(PRIVATE)
        assert ["Sokuho" in said[0].text, "On offer" in said[1].text, "feed" in said[2].text] == [True] * 3
        assert telegram.calls_of("getUpdates") == []
        assert not telegram.pending


@pytest.mark.parametrize(
    "headers",
    [{}, {HEADER: ""}, {HEADER: HOOK_SECRET[:-1]}, {HEADER: HOOK_SECRET + "x"}, {HEADER: "é"}],
    ids=["none", "empty", "short", "long", "no ASCII"],
)
async def test_who_has_not_the_secret_is_refused(tmp_path: Path, port: str, headers: dict[str, str]) -> None:
    """That is logged, and nothing is done or told."""
    async with hooked(tmp_path, port) as (telegram, room):
        with capture_logs() as logs:
            assert await post(port, json.dumps(UPDATE).encode(), headers) == 403
        assert [log["event"] for log in logs] == ["request_refused"]
        assert HOOK_SECRET not in str(logs)
        assert await room.store.chats("telegram") == ()
        assert telegram.messages(PRIVATE) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"{", 200),
        (b"\xff\xfe", 200),
        (b"null", 200),
        (b"[]", 200),
        (b"{}", 200),
        (b'{"update_id": "x"}', 200),
        (b'{"update_id": 1, "message": {"message_id": 1}}', 200),
        (b"[" * 100_000, 200),
        (b" " * (1024 * 1024 + 1), 413),
    ],
    ids=["empty", "half", "no UTF-8", "null", "list", "object", "bad id", "half a message", "deep", "long"],
)
async def test_what_cannot_be_read_is_passed_over(
    tmp_path: Path, port: str, body: bytes, status: int
) -> None:
    """It would come again for ever, and what is behind it never; it is logged."""
    async with hooked(tmp_path, port) as (telegram, _):
        with capture_logs() as logs:
            assert await post(port, body, RIGHT) == status
        assert {log["event"] for log in logs} == {"request_refused" if status == 413 else "update_unreadable"}
        await telegram.say(PRIVATE, "/topics")
        await telegram.until(lambda: telegram.messages(PRIVATE))


async def test_an_update_that_is_posted_again_is_worked_on_once(tmp_path: Path, port: str) -> None:
    """Telegram does so where our answer was lost on the way."""
    async with hooked(tmp_path, port) as (telegram, _):
        for _ in range(3):
            assert await post(port, json.dumps(UPDATE).encode(), RIGHT) == 200
        await telegram.say(PRIVATE, "/status")
        await telegram.until(lambda: len(telegram.messages(PRIVATE)) == 2)
        assert "On offer" in telegram.messages(PRIVATE)[0].text


async def test_nothing_is_dropped_from_one_way_to_the_other(tmp_path: Path, port: str) -> None:
    """What comes while nobody listens is kept, from polling to the webhook and back."""
    async with doubles() as (_, telegram, slack):
        telegram.local = True
        addresses = addresses_of(telegram, slack)
        for number, posted in enumerate(("", port, port, ""), 1):
            await telegram.say(PRIVATE, "/topics")
            async with serving(tmp_path, addresses, posted=posted):
                await telegram.until(lambda number=number: len(telegram.messages(PRIVATE)) == number)  # type: ignore[misc]
            assert not telegram.pending
        assert bool(telegram.hooks.url) is False
        assert all(
            not flag(call.params, "drop_pending_updates")
            for call in telegram.calls
            if call.method in ("setWebhook", "deleteWebhook")
        )


async def test_an_update_that_was_being_worked_on_is_posted_again(tmp_path: Path, port: str) -> None:
    """It is answered after the work: while the bot is stopping, or not there, it is not taken."""
    async with peopled_telegram(local=True) as telegram, SlackServer() as slack:
        addresses = addresses_of(telegram, slack)
        async with serving(tmp_path, addresses, posted=port) as room:
            await telegram.until(lambda: room.telegram.connected)
            assert isinstance(room.telegram._way, Webhook)
            room.telegram._way._take = None  # as it is while it stops
            assert await post(port, json.dumps(UPDATE).encode(), RIGHT) == 503
        await telegram.say(PRIVATE, "/topics")
        await telegram.until(lambda: telegram.hooks.posts)
        assert telegram.hooks.posts[-1][1] == 0
        assert len(telegram.pending) == 1
        async with serving(tmp_path, addresses, posted=port):
            await telegram.until(lambda: telegram.messages(PRIVATE))


async def test_another_program_that_takes_the_webhook_over_is_noticed(tmp_path: Path, port: str) -> None:
    """This one says so and ends, rather than hear nothing; one that polls does likewise."""
    async with peopled_telegram(local=True) as telegram, SlackServer() as slack:
        for posted in (port, ""):
            async with serving(tmp_path, addresses_of(telegram, slack), posted=posted) as room:
                await telegram.until(lambda room=room: room.telegram.connected)  # type: ignore[misc]
                async with Bot(telegram.token, base_url=telegram.base_url) as other:
                    await other.set_webhook("https://elsewhere.example/")
                await room.failed.until(1)
                assert room.failed == [TAKEN_OVER]


async def test_an_address_that_telegram_does_not_take_is_told(tmp_path: Path, port: str) -> None:
    """At once, with what is wrong with it: trying again would not help."""
    async with peopled_telegram() as telegram, SlackServer() as slack:
        async with serving(tmp_path, addresses_of(telegram, slack), posted=port) as room:
            await room.failed.until(1)
            (sentence,) = room.failed
        assert "SOKUHO_PUBLIC_URL (bad webhook: an https url must be provided" in sentence
        assert HOOK_SECRET not in sentence


async def test_why_telegram_cannot_bring_something_is_logged_once(tmp_path: Path, port: str) -> None:
    async with hooked(tmp_path, port) as (telegram, room):
        telegram.hooks.error, telegram.hooks._error_at = "Connection refused", 1_700_000_000
        assert isinstance(room.telegram._way, Webhook)
        with capture_logs() as logs:
            assert [await room.telegram._way._holds() for _ in range(3)] == [True] * 3
        assert [(log["event"], log["error"]) for log in logs] == [("webhook_troubled", "Connection refused")]
