"""The double of the Bot API as a server: polling, limits and faults, through the real python-telegram-bot client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TimedOut
from telegram.ext import Application, ApplicationBuilder, TypeHandler

from tests.fakes.telegram_limits import Limits
from tests.fakes.telegram_server import TelegramServer

ANN = 7
GROUP, FORUM, CHANNEL = -20, -1001, -1002


Both = tuple[TelegramServer, Bot]


@pytest.fixture(autouse=True)
def _durations_are_timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise PTB 22 warns at every RetryAfter, and the warning is raised in its place."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@asynccontextmanager
async def served(**how: Any) -> AsyncIterator[Both]:
    async with TelegramServer(**how) as server:
        server.private(ANN, "Ann", "uk")
        server.group(GROUP)
        server.group(FORUM, is_forum=True)
        server.channel(CHANNEL)
        async with Bot(server.token, base_url=server.base_url) as bot:
            yield server, bot


@pytest.fixture
async def both() -> AsyncIterator[Both]:
    async with served() as pair:
        yield pair


async def test_an_application_polls_answers_and_stops_inside_our_own_loop() -> None:
    async with served() as (server, _):
        yes = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="x")]])
        builder: ApplicationBuilder[Any, Any, Any, Any, Any, Any] = Application.builder()
        application = builder.token(server.token).base_url(server.base_url).build()

        async def answer(update: Update, _: object) -> None:
            if update.callback_query is not None:
                await update.callback_query.answer("noted")
                await update.callback_query.edit_message_text("<i>done</i>", parse_mode="HTML")
            elif update.effective_message is not None and update.effective_message.text is not None:
                await update.effective_message.reply_html(
                    f"<b>{update.effective_message.text}</b>", reply_markup=yes
                )

        application.add_handler(TypeHandler(Update, answer))
        await application.initialize()
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(allowed_updates=Update.ALL_TYPES)
        await server.say(ANN, "/start now")
        (sent,) = await server.until(lambda: server.messages(ANN))
        assert (sent.text, sent.marked("bold"), sent.buttons) == (
            "/start now", ["/start now"], [[("Yes", "x")]],
        )  # fmt: skip
        query = await server.press(sent.id, ANN, "Yes")
        await server.until(lambda: sent.edits)
        assert (sent.text, sent.buttons, server.answers[query]["text"]) == ("done", [], "noted")
        await application.updater.stop()
        await application.stop()
        await application.shutdown()
        assert server.pending == []
        assert not server.polling


async def test_updates_are_kept_until_an_offset_confirms_them(both: Both) -> None:
    server, bot = both
    for word in ("one", "two", "three"):
        await server.say(ANN, word)
    first = await bot.get_updates(limit=2)
    assert [update.update_id for update in await bot.get_updates(limit=2)] == [u.update_id for u in first]
    (third,) = await bot.get_updates(offset=first[-1].update_id + 1)
    assert third.message is not None
    assert third.message.text == "three"
    await server.say(ANN, "four")
    assert len(await bot.get_updates(offset=-1)) == len(server.pending) == 1
    await bot.get_updates(offset=third.update_id + 2, allowed_updates=["callback_query"])
    await server.say(ANN, "unwanted")
    assert await bot.get_updates() == ()
    await bot.get_updates(allowed_updates=[])
    await server.say(ANN, "wanted by default")
    await bot.delete_webhook(drop_pending_updates=True)
    assert server.pending == []


async def test_of_two_pollers_the_earlier_is_told_of_a_conflict(both: Both) -> None:
    server, bot = both
    async with Bot(server.token, base_url=server.base_url) as other:
        earlier = asyncio.create_task(bot.get_updates(timeout=50))
        await server.until(lambda: server.polling)
        later = asyncio.create_task(other.get_updates(timeout=50))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await earlier
        await server.say(ANN, "hello")
        assert len(await later) == 1
    await bot.set_webhook("https://bot.example/")
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()


async def test_a_poller_that_dies_leaves_its_updates_to_the_next(both: Both) -> None:
    server, bot = both
    async with aiohttp.ClientSession() as killed:
        body = {"timeout": 50}
        poll = asyncio.create_task(killed.post(f"{server.base_url}{server.token}/getUpdates", json=body))
        await server.until(lambda: server.polling)
        poll.cancel()
        await server.until(lambda: not server.polling)
    await server.say(ANN, "hello")
    assert len(await bot.get_updates(timeout=50)) == 1


async def test_limits_are_windows_that_slide_and_a_breach_has_a_penalty() -> None:
    now = 0.0
    async with served(limits=Limits(per_second=3, group_per_minute=2), clock=lambda: now) as (server, bot):

        async def sends(chat_id: int) -> str:
            try:
                await bot.send_message(chat_id, "x")
            except RetryAfter:
                return server.too_many[-1].rule
            return "sent"

        assert [await sends(GROUP), await sends(GROUP)] == ["sent", "per_chat_per_second"]
        now = 0.5
        assert [await sends(ANN), await sends(GROUP)] == ["sent", "penalty"]
        now = 1.0
        assert [await sends(GROUP), await sends(CHANNEL), await sends(FORUM)] == [
            "sent", "sent", "per_second",
        ]  # fmt: skip
        now = 2.0
        assert [await sends(GROUP), await sends(ANN)] == ["group_per_minute", "sent"]
        assert server.too_many[-1].retry_after == 58
        now = 60.0
        assert [await sends(GROUP), await sends(ANN)] == ["sent", "sent"]


async def test_faults(both: Both) -> None:
    server, bot = both
    server.fail_next("sendMessage", 502, chat_id=ANN)
    server.cut_next("sendMessage", after_effect=True, chat_id=ANN)
    server.cut_next("sendMessage", after_effect=False, chat_id=ANN)
    server.hang_next("sendMessage", after_effect=True, chat_id=ANN)
    server.fail_next("sendMessage", 429, "Too Many Requests", {"retry_after": 3}, chat_id=ANN)
    await bot.send_message(GROUP, "not meant")
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.send_message(ANN, "1")
    for text in ("2", "3"):
        with pytest.raises(NetworkError) as cut:
            await bot.send_message(ANN, text)
        assert isinstance(cut.value.__cause__, httpx.RemoteProtocolError)
    with pytest.raises(TimedOut):
        await bot.send_message(ANN, "4", read_timeout=0.05)
    with pytest.raises(RetryAfter):
        await bot.send_message(ANN, "5")
    await bot.send_message(ANN, "6")
    assert [each.text for each in server.messages(ANN)] == ["2", "4", "6"]
    assert [call.status for call in server.calls_of("sendMessage")] == [200, 502, 0, 0, 0, 429, 200]


async def test_other_methods_and_tokens_are_refused(both: Both) -> None:
    server, bot = both
    await bot.send_chat_action(ANN, "typing")
    assert server.actions == [(ANN, "typing")]
    with pytest.raises(InvalidToken):
        await bot.send_dice(ANN)
    stranger = Bot("1:wrong", base_url=server.base_url)
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()
    assert [call.status for call in server.calls[-2:]] == [404, 401]


async def test_a_delay_comes_before_the_effect(both: Both) -> None:
    server, bot = both
    server.delay("sendMessage", 60)
    with pytest.raises(TimedOut):
        await bot.send_message(ANN, "late", read_timeout=0.05)
    assert server.messages(ANN) == []


async def test_what_does_not_come_to_pass_is_told_with_the_last_calls(both: Both) -> None:
    server, _ = both
    with pytest.raises(AssertionError, match="method='getMe'"):
        await server.until(lambda: False, timeout=0)
