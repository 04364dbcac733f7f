"""What became of a call to the Bot API: every error that PTB raises, as it raises it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.test_utils import RawTestServer
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.chat.telegram.errors import TOKEN_WAIT, UNCHANGED, outcome_of, seconds_of
from bot.chat.telegram.request import AiohttpRequest
from bot.domain.deliveries import NotSent, Outcome, Refused, Unknown

TOKEN = "1234:pa55word"
REFUSED = aiohttp.ClientConnectorError(
    ConnectionKey(
        "api.telegram.org", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
    ),
    OSError("refused"),
)


@pytest.fixture(autouse=True)
def _spans_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `TelegramBot` sets it: without, PTB warns of what is to come (FACTS)."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


def caused(error: TelegramError, by: Exception) -> TelegramError:
    """As PTB wraps what the network did."""
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    "text",
    [
        "bot was blocked by the user",
        "bot was kicked from the group chat",
        "bot was kicked from the supergroup chat",
        "bot was kicked from the channel chat",
        "bot is not a member of the channel chat",
        "user is deactivated",
        "bot can't initiate conversation with a user",
    ],
)
def test_a_forbidden_chat_is_paused(text: str) -> None:
    """With Telegram's own words."""
    assert outcome_of(Forbidden(f"Forbidden: {text}")) == Refused(text, pause_chat=True)


@pytest.mark.parametrize(
    ("text", "pauses"),
    [
        ("chat not found", True),
        ("message thread not found", True),
        ("not enough rights to send text messages to the chat", True),
        ("have no rights to send a message", True),
        ("need administrator rights in the channel chat", True),
        ("CHAT_WRITE_FORBIDDEN", True),
        ("CHAT_RESTRICTED", True),
        ("CHAT_SEND_PLAIN_FORBIDDEN", True),
        ("TOPIC_CLOSED", True),
        ("TOPIC_DELETED", True),
        ("user is deactivated", True),
        ("PEER_ID_INVALID", True),
        ("message is not modified: specified new message content and reply markup are the same", False),
        ("group chat was upgraded to a supergroup chat", False),
        ("message is too long", False),
        ("message text is empty", False),
        ("message to edit not found", False),
        ("message can't be edited", False),
        ('can\'t parse entities: Unsupported start tag "x" at byte offset 0', False),
        ("BUTTON_DATA_INVALID", False),
    ],
)
def test_a_bad_request_is_refused(text: str, *, pauses: bool) -> None:
    """It is a `NetworkError` too, and yet never tried again; what closes the chat pauses it."""
    outcome = outcome_of(BadRequest(f"Bad Request: {text}"))
    assert isinstance(outcome, Refused)
    assert outcome.reason.casefold() == text.casefold()
    assert outcome.pause_chat is pauses


def test_an_edit_that_changes_nothing_is_known_by_its_words() -> None:
    outcome = outcome_of(BadRequest("Bad Request: message is not modified: specified new message content …"))
    assert isinstance(outcome, Refused)
    assert UNCHANGED in outcome.reason.casefold()


@pytest.mark.parametrize("wait", [7, timedelta(seconds=7)])
def test_a_call_too_many_waits_as_long_as_telegram_says(wait: int | timedelta) -> None:
    assert outcome_of(RetryAfter(wait)) == NotSent("Telegram asked to slow down", timedelta(seconds=7))
    assert seconds_of(wait) == timedelta(seconds=7)


@pytest.mark.parametrize(
    "error",
    [
        caused(NetworkError("ClientConnectorError"), REFUSED),
        caused(TimedOut(), aiohttp.ConnectionTimeoutError("slow, or none was free")),
    ],
)
def test_what_never_left_was_not_sent(error: TelegramError) -> None:
    """A refused connection is a plain `NetworkError`: its cause tells."""
    outcome = outcome_of(error)
    assert isinstance(outcome, NotSent)
    assert type(error.__cause__).__name__ in outcome.reason


@pytest.mark.parametrize(
    "error",
    [
        caused(TimedOut(), aiohttp.SocketTimeoutError("slow")),
        caused(NetworkError("ClientOSError"), aiohttp.ClientOSError("reset")),
        caused(NetworkError("ServerDisconnectedError"), aiohttp.ServerDisconnectedError("cut")),
        caused(NetworkError("ClientPayloadError"), aiohttp.ClientPayloadError("cut within the answer")),
        caused(NetworkError("Unknown error in HTTP implementation"), RuntimeError("?")),
        NetworkError("Bad Gateway"),
        NetworkError("Internal Server Error (500)"),
        TimedOut(),
        Conflict("Conflict: terminated by other getUpdates request"),
        TelegramError("Unknown"),
    ],
)
def test_what_may_have_arrived_is_unknown(error: TelegramError) -> None:
    """A time-out or a cut connection says nothing of the message."""
    assert isinstance(outcome_of(error), Unknown)


def test_a_token_that_is_refused_is_waited_for() -> None:
    """It is the operator's to mend, and nothing was sent; its text is not repeated, since it holds the token."""
    outcome = outcome_of(InvalidToken(f"The token `{TOKEN}` was rejected by the server."))
    assert outcome == NotSent("Telegram refused the bot's token", TOKEN_WAIT)


@asynccontextmanager
async def bot_at(server: str) -> AsyncIterator[Bot]:
    request = AiohttpRequest(1, seconds=5)
    await request.initialize()
    try:
        yield Bot(TOKEN, base_url=f"{server}/bot", request=request, get_updates_request=request)
    finally:
        await request.shutdown()


@asynccontextmanager
async def answering(status: int, body: str, kind: str) -> AsyncIterator[Bot]:
    """A bot whose server answers everything so."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type=kind)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with bot_at(site.name) as bot:
            yield bot
    finally:
        await runner.cleanup()


def failure(code: int, text: str, more: str = "") -> tuple[int, str, str]:
    return code, f'{{"ok": false, "error_code": {code}, "description": "{text}"{more}}}', "application/json"


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (failure(400, "Bad Request: chat not found"), Refused("chat not found", pause_chat=True)),
        (failure(400, "Bad Request: message is too long"), Refused("message is too long")),
        (failure(401, "Unauthorized"), NotSent("Telegram refused the bot's token", TOKEN_WAIT)),
        (failure(404, "Not Found"), NotSent("Telegram refused the bot's token", TOKEN_WAIT)),
        (
            failure(403, "Forbidden: bot was blocked by the user"),
            Refused("bot was blocked by the user", pause_chat=True),
        ),
        (
            failure(429, "Too Many Requests: retry after 5", ', "parameters": {"retry_after": 5}'),
            NotSent("Telegram asked to slow down", timedelta(seconds=5)),
        ),
        (failure(500, "Internal Server Error"), Unknown("")),
        ((502, "<html>Bad Gateway</html>", "text/html"), Unknown("")),
        ((200, "<html>a proxy's page</html>", "text/html"), Unknown("")),
        ((429, "<html>a proxy's page</html>", "text/html"), Unknown("")),
    ],
)
async def test_what_the_server_answers(answer: tuple[int, str, str], wanted: Outcome) -> None:
    """Through PTB and aiohttp, from the bytes on."""
    async with answering(*answer) as bot:
        with pytest.raises(TelegramError) as raised:
            await bot.send_message(1, "x")
    outcome = outcome_of(raised.value)
    if isinstance(wanted, Unknown):
        assert isinstance(outcome, Unknown)
        assert TOKEN not in outcome.reason
    else:
        assert outcome == wanted


async def test_nobody_at_the_port_is_not_sent(unused_tcp_port: int) -> None:
    """A refused connection, as PTB and aiohttp put it."""
    async with bot_at(f"http://127.0.0.1:{unused_tcp_port}") as bot:
        with pytest.raises(NetworkError) as raised:
            await bot.send_message(1, "x")
    assert isinstance(outcome_of(raised.value), NotSent)


async def test_a_group_that_moved_is_told_with_its_new_id() -> None:
    """Its caller sends it there."""
    body = failure(
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        ', "parameters": {"migrate_to_chat_id": -100}',
    )
    async with answering(*body) as bot:
        with pytest.raises(ChatMigrated) as moved:
            await bot.send_message(-5, "x")
    assert moved.value.new_chat_id == -100


@pytest.mark.parametrize("answers", [True, False], ids=["late", "never"])
async def test_a_server_that_does_not_answer_in_time_leaves_it_unknown(answers: bool) -> None:
    """Whether it would have answered later or not: nobody waits for it longer than a call may take."""
    ending = asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), 0.3 if answers else None)
        return web.Response()

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", wait)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with bot_at(site.name) as bot:
            with pytest.raises(TimedOut) as raised:
                await bot.send_message(1, "x", read_timeout=0.05)
    finally:
        ending.set()
        await runner.cleanup()
    assert isinstance(outcome_of(raised.value), Unknown)


async def test_calls_go_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """To hosts that it makes no exception of, and with no password that a netrc has for them."""
    asked: list[tuple[str | None, bool]] = []

    async def pass_on(request: web.BaseRequest) -> web.Response:
        asked.append((request.url.host, "Authorization" in request.headers))
        return web.json_response({"ok": True, "result": True})

    (tmp_path / "netrc").write_text("machine telegram.example login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with RawTestServer(pass_on) as proxy:
        monkeypatch.setenv("http_proxy", str(proxy.make_url("")))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        for server in ("http://telegram.example", str(proxy.make_url("")).rstrip("/")):
            async with bot_at(server) as bot:
                await bot.delete_message(1, 2)
    assert asked == [("telegram.example", False), ("127.0.0.1", False)]
