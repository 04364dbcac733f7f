"""What became of a call to Slack's Web API: every error that the client raises, as it raises it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.chat.slack.errors import FAILURES, code_of, outcome_of
from bot.domain.deliveries import NotSent, Outcome, Refused, Unknown

TOKEN = "xoxb-pa55word"


def answered(data: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> SlackApiError:
    response = AsyncSlackResponse(
        client=None,
        http_verb="POST",
        api_url="https://slack.com/api/chat.postMessage",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("The request to the Slack API failed.", response)  # type: ignore[no-untyped-call]


def code(error: str) -> SlackApiError:
    return answered({"ok": False, "error": error})


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("channel_not_found", "the channel is not there, or I was removed from it"),
        ("not_in_channel", "I am not in that channel; /invite me there"),
        ("is_archived", "the channel is archived"),
        ("account_inactive", "account_inactive"),
        ("token_revoked", "token_revoked"),
        ("token_expired", "token_expired"),
        ("invalid_auth", "invalid_auth"),
        ("not_authed", "not_authed"),
        ("missing_scope", "missing_scope"),
        ("restricted_action", "restricted_action"),
        ("restricted_action_read_only_channel", "restricted_action_read_only_channel"),
        ("restricted_action_thread_only_channel", "restricted_action_thread_only_channel"),
        ("team_access_not_granted", "team_access_not_granted"),
        ("cannot_dm_bot", "cannot_dm_bot"),
    ],
)
def test_what_closes_a_channel_pauses_it(error: str, reason: str) -> None:
    """With a reason that says what to do, where we know it."""
    assert outcome_of(code(error)) == Refused(reason, pause_chat=True)
    assert code_of(code(error)) == error


@pytest.mark.parametrize(
    "error",
    [
        "msg_too_long",
        "msg_blocks_too_long",
        "invalid_blocks",
        "no_text",
        "invalid_arguments",
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "a_word_of_tomorrow",
    ],
)
def test_what_is_wrong_with_a_message_is_refused(error: str) -> None:
    """It will never be taken; the next one may."""
    assert outcome_of(code(error)) == Refused(error)


@pytest.mark.parametrize("error", ["fatal_error", "internal_error", "service_unavailable", "request_timeout"])
def test_what_slack_stumbled_over_is_unknown(error: str) -> None:
    """It may have been posted all the same."""
    outcome = outcome_of(code(error))
    assert isinstance(outcome, Unknown)
    assert error in outcome.reason


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (answered({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "7"}), 7),
        (answered({"ok": False, "error": "ratelimited"}, 429, {"retry-after": "7"}), 7),
        (answered({}, 429, {"RETRY-AFTER": "0"}), 0),
        (answered({"ok": False, "error": "ratelimited"}, 429), 30),
        (answered({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "soon"}), 30),
        (answered({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "-1"}), 30),
        (code("rate_limited"), 30),
        (code("message_limit_exceeded"), 30),
    ],
)
def test_a_call_too_many_waits_as_long_as_slack_says(error: SlackApiError, wait: int) -> None:
    """However the header is spelled; half a minute where it says nothing that can be read."""
    assert outcome_of(error) == NotSent("Slack asked to slow down", timedelta(seconds=wait))


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ClientConnectorError(Mock(), OSError("refused")),
        aiohttp.ClientConnectorDNSError(Mock(), OSError("no such name")),
        aiohttp.ClientConnectorSSLError(Mock(), OSError("not trusted")),
    ],
)
def test_what_never_left_was_not_sent(error: Exception) -> None:
    """A refused connection is a `ClientError` too, and says more than the others."""
    assert outcome_of(error) == NotSent("Slack could not be reached")
    assert isinstance(error, FAILURES)
    assert code_of(error) == ""


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        asyncio.TimeoutError(),  # noqa: UP041 - as the client raises it
        aiohttp.ServerTimeoutError("slow"),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientOSError("reset"),
        aiohttp.ClientPayloadError("cut"),
        ConnectionResetError("reset"),
        answered({"ok": False}),
        answered({}, 500),
        answered({}, 503),
    ],
)
def test_what_may_have_arrived_is_unknown(error: Exception) -> None:
    assert isinstance(outcome_of(error), Unknown)
    assert isinstance(error, FAILURES)


@asynccontextmanager
async def answering(
    status: int, body: str, kind: str, headers: dict[str, str]
) -> AsyncIterator[AsyncWebClient]:
    """A client whose server answers everything so."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type=kind, headers=headers)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield AsyncWebClient(TOKEN, base_url=f"{site.name}/api/", retry_handlers=[])
    finally:
        await runner.cleanup()


JSON = "application/json"


@pytest.mark.parametrize(
    ("status", "body", "kind", "headers", "wanted"),
    [
        (200, '{"ok": false, "error": "is_archived"}', JSON, {}, Refused("the channel is archived", pause_chat=True)),
        (429, '{"ok": false, "error": "ratelimited"}', JSON, {"Retry-After": "3"},
         NotSent("Slack asked to slow down", timedelta(seconds=3))),
        (429, "<html>slow down</html>", "text/html", {"Retry-After": "3"},
         NotSent("Slack asked to slow down", timedelta(seconds=3))),
        (503, "<html>down</html>", "text/html", {}, Unknown("Slack failed (503)")),
        (500, '{"ok": false, "error": "fatal_error"}', JSON, {}, Unknown("Slack failed (fatal_error)")),
        (502, "", JSON, {}, Unknown("Slack failed (502)")),
        (502, "this is no JSON", JSON, {}, Unknown("Slack failed (502)")),
        (200, '{"ok": tr', JSON, {}, Unknown("Slack failed (200)")),
        (503, "upstream connect error", "text/plain", {}, Unknown("Slack failed (503)")),
        (200, "a proxy's page", "text/plain", {}, Unknown("Slack failed (200)")),
    ],
)  # fmt: skip
async def test_what_the_server_answers(
    status: int, body: str, kind: str, headers: dict[str, str], wanted: Outcome
) -> None:
    """Through the client and aiohttp, from the bytes on; a proxy between may answer anything."""
    async with answering(status, body, kind, headers) as client:
        with pytest.raises(FAILURES) as raised:
            await client.chat_postMessage(channel="C1", text="x")
    outcome = outcome_of(raised.value)
    assert type(outcome) is type(wanted)
    if not isinstance(outcome, Unknown):
        assert outcome == wanted
    assert isinstance(code_of(raised.value), str)


async def test_nobody_at_the_port_is_not_sent(unused_tcp_port: int) -> None:
    client = AsyncWebClient(TOKEN, base_url=f"http://127.0.0.1:{unused_tcp_port}/api/", retry_handlers=[])
    with pytest.raises(FAILURES) as raised:
        await client.chat_postMessage(channel="C1", text="x")
    assert outcome_of(raised.value) == NotSent("Slack could not be reached")
