"""The double answers the real clients as Slack does; what it refuses and records is what the bot's tests rely on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient as Client
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.fakes.slack_blocks import Json, Link
from tests.fakes.slack_records import Limits
from tests.fakes.slack_server import SlackServer


@pytest.fixture
async def server() -> AsyncIterator[SlackServer]:
    async with SlackServer() as running:
        running.channel("C1", "news")
        running.dm("D1", "U1")
        yield running


@pytest.fixture
def client(server: SlackServer) -> Client:
    return Client(token=server.home.token, base_url=server.api_url, timeout=5, retry_handlers=[])


@asynccontextmanager
async def connected(server: SlackServer, client: Client) -> AsyncIterator[AsyncApp]:
    """A bot's process: Bolt on a socket, which reconnects fast."""
    app, before = AsyncApp(client=client), server.connections
    socket = AsyncSocketModeHandler(app, server.app_token, ping_interval=0.05).client
    await socket.connect()  # type: ignore[no-untyped-call]
    await server.until(lambda: server.connections > before)
    try:
        yield app
    finally:
        await socket.close()  # type: ignore[no-untyped-call]


async def refusal(call: Any) -> Any:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


def post(client: Client, text: str = "x", channel: str = "C1", **more: Any) -> Awaitable[Any]:
    return client.chat_postMessage(channel=channel, text=text, **more)


def rich(*elements: Json) -> list[Json]:
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}]


def actions(*labels: str, **more: str) -> Json:
    texts = [{"type": "plain_text", "text": label} for label in labels]
    return {"type": "actions", "elements": [{"type": "button", "text": text, **more} for text in texts]}


async def test_a_message_reads_as_its_blocks(server: SlackServer, client: Client) -> None:
    bold = {"type": "text", "text": "<!channel> *now* ", "style": {"bold": True}}
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "<!channel> Summit"}},
        *rich(bold, {"type": "link", "url": "https://a.example/1", "text": "source"}),
        actions("Mute", action_id="mute", value="story:1"),
    ]
    await post(client, "Summit", blocks=blocks, unfurl_links=False)
    (message,) = server.messages("C1")
    assert message.plain == "<!channel> Summit\n<!channel> *now* source"
    assert message.links == [Link("https://a.example/1", "source")]
    assert [(b.label, b.action_id, b.value) for b in message.buttons] == [("Mute", "mute", "story:1")]
    assert (message.pings, message.unfurl_links, message.unfurl_media) == ([], False, None)


async def test_a_message_has_limits_as_a_whole(client: Client) -> None:
    big = [{"type": "section", "text": {"type": "plain_text", "text": "x" * 3000}}] * 5
    assert await refusal(post(client, blocks=big)) == "msg_blocks_too_long"
    assert await refusal(post(client, blocks=[{"type": "sections"}])) == "invalid_blocks"
    assert await refusal(post(client, "x" * 40_001)) == "msg_too_long"
    assert await refusal(post(client, " ", markdown_text=" x")) == "invalid_arguments"
    assert await refusal(client.api_call("chat.postMessage", data={"channel": "C1"})) == "no_text"


async def test_tokens_scopes_and_channels_are_checked(server: SlackServer, client: Client) -> None:
    assert (await client.auth_test())["user_id"] == server.home.bot_user
    assert await refusal(client.auth_test(token="xoxb-wrong")) == "invalid_auth"
    assert await refusal(Client(base_url=server.api_url).auth_test()) == "not_authed"
    assert await refusal(client.apps_connections_open(app_token="xoxb-T1-secret")) == "not_allowed_token_type"
    assert await refusal(client.team_info()) == "unknown_method"
    assert (await client.conversations_info(channel="C1"))["channel"]["is_member"]
    assert (await client.conversations_open(users="U1"))["channel"]["id"] == "D1"
    server.channel("C2", member=False)
    server.channel("C3").archived = True
    server.channel("C4").restricted = True
    server.channel("G5", private=True, member=False)
    wanted = "not_in_channel is_archived restricted_action channel_not_found channel_not_found".split()
    for channel, error in zip(["C2", "C3", "C4", "G5", "C6"], wanted, strict=True):
        assert await refusal(post(client, channel=channel)) == error
    server.home.scopes.discard("chat:write")
    assert await refusal(post(client)) == "missing_scope"
    server.home.error = "token_revoked"
    assert await refusal(post(client)) == "token_revoked"


async def test_a_message_is_changed_and_deleted_by_its_author(server: SlackServer, client: Client) -> None:
    ts = (await post(client, "old", blocks=rich({"type": "text", "text": "old"})))["ts"]
    await client.chat_update(channel="C1", ts=ts, text="new")
    (message,) = server.messages("C1")
    assert (message.text, message.plain, len(message.edits)) == ("new", "old", 1)  # blocks not given stay
    await client.chat_update(channel="C1", ts=ts, text="new", blocks=[])
    assert message.plain == "new"
    theirs = (await server.mention("C1", "<@BOT> hello")).payload["event"]["ts"]
    assert await refusal(client.chat_delete(channel="C1", ts=theirs)) == "cant_delete_message"
    await client.chat_postEphemeral(channel="C1", user="U2", text="psst")
    assert [said.text for said in server.ephemerals("C1", "U2")] == ["psst"]
    await client.chat_delete(channel="C1", ts=ts)
    assert message.deleted


async def test_limits_are_per_channel_and_per_workspace(server: SlackServer, client: Client) -> None:
    now = 0.0
    server.clock = lambda: now
    server.channel("C2")
    server.limits = Limits(per_channel_per_second=1, per_workspace_per_minute=3, update_per_minute=1)
    ts = (await post(client, "1"))["ts"]
    with pytest.raises(SlackApiError, match=r"status: 429\)\n.*ratelimited") as caught:
        await post(client, "2")
    assert caught.value.response.headers["Retry-After"] == "1"
    await post(client, "another channel is not held up", "C2")
    now = 1.0
    await post(client, "2")
    now = 2.0
    assert await refusal(post(client, "too many in all", "C2")) == "ratelimited"
    await client.chat_update(channel="C1", ts=ts, text="updates have a limit of their own")
    assert await refusal(client.chat_update(channel="C1", ts=ts, text="x")) == "ratelimited"
    assert server.too_many == 3


async def test_faults_strike_once_where_they_are_told_to(server: SlackServer, client: Client) -> None:
    server.channel("C2")
    server.fail_next("chat.postMessage", after_effect=True)
    assert await refusal(post(client, "posted all the same")) == "fatal_error"
    server.fail_next("chat.postMessage", 503)
    assert await refusal(post(client)) is None
    server.limit_next("chat.postMessage", retry_after=30, channel="C2")
    await post(client, "another channel")
    assert await refusal(post(client, channel="C2")) == "ratelimited"
    server.cut_next("chat.postMessage", after_effect=True)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await post(client, "cut, yet posted")
    posted = [said.text for said in server.messages("C1")]
    assert posted == ["posted all the same", "another channel", "cut, yet posted"]
    assert [call.status for call in server.calls] == [200, 503, 200, 429, 0]


async def test_what_people_do_reaches_bolt_and_is_acknowledged(server: SlackServer, client: Client) -> None:
    heard: list[tuple[str, ...]] = []

    async def answer(ack: Any, respond: Any, payload: Json) -> None:
        await ack("at once" if "command" in payload else "")
        said = payload.get("text") if "command" in payload else payload["value"]
        await respond(text=f"done: {said}", response_type="in_channel", replace_original=True)

    async def hear(event: Json) -> None:
        heard.append((event["type"], event.get("subtype") or event.get("text") or ""))

    async with connected(server, client) as app:
        app.command("/sokuho")(answer)
        app.action("mute")(answer)
        for kind in ("app_mention", "message", "channel_left"):
            app.event(kind)(hear)
        typed = await server.slash("/sokuho", "topics", channel="D1")
        await server.until(lambda: typed.acked and server.messages("D1"))
        assert [said.text for said in server.ephemerals("D1", "U1")] == ["at once"]
        assert [said.text for said in server.messages("D1")] == ["done: topics"]
        await post(client, "A story", blocks=[actions("Mute", action_id="mute", value="7")])
        (story,) = server.messages("C1")
        await server.press("C1", story.ts, "Mute")
        await server.until(lambda: story.text == "done: 7")
        await server.press_forged("C1", action_id="mute", value="8")
        await server.until(lambda: server.messages("C1")[-1].text == "done: 8")
        sent = [await server.mention("C1", "<@BOT> topics"), await server.direct("D1", "add X")]
        sent += [await server.edit(sent[1], "add Y"), await server.retry(sent[0]), await server.left("C1")]
        sent += [await server.bot_message("C1", "mine"), await server.bot_message("C1", "other", bot_id="B9")]
        await server.until(lambda: all(envelope.acked for envelope in sent) and len(heard) == 6)
    assert sorted(kind for kind, _ in heard) == 2 * ["app_mention"] + ["channel_left"] + 3 * ["message"]
    # Bolt leaves out the bot's own messages; it passes on edits, other bots' and retries.
    assert ("message", "mine") not in heard
    assert (server.late, server.problems) == ([], [])


async def test_a_response_address_is_good_for_five_uses_in_half_an_hour(server: SlackServer) -> None:
    now = 0.0
    server.clock = lambda: now
    urls = [(await server.slash("/sokuho", channel="C1")).payload["response_url"] for _ in range(2)]
    first, second = map(AsyncWebhookClient, urls)
    assert [(await first.send(text="x")).status_code for _ in range(6)] == [200] * 5 + [404]
    now = 1801.0
    assert (await second.send(text="x")).body == '{"ok": false, "error": "expired_url"}'


async def test_sockets_are_counted_taken_in_turn_and_refreshed(server: SlackServer, client: Client) -> None:
    async with connected(server, client), connected(server, client), aiohttp.ClientSession() as session:
        url = (await client.apps_connections_open(app_token=server.app_token))["url"]
        async with session.ws_connect(url) as third:
            assert (await third.receive_json())["num_connections"] == 3
        await server.until(lambda: server.connections == 2)
        sent = [await server.slash("/unheard", channel="C1") for _ in range(4)]
        assert sent[0].link == sent[2].link != sent[1].link == sent[3].link
        await server.disconnect()
        await server.until(lambda: server.connections == 2)
        server.cut_links()
        await server.until(lambda: server.connections == 2)
    await server.until(lambda: server.connections == 0)
    assert (await server.slash("/sokuho", channel="C1")).link is None
    server.clock = lambda: sent[0].sent_at + 60
    assert server.late == sent  # what has no listener is never acknowledged


BOT = """
import asyncio, sys
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient
async def main(url, token, app_token):
    client = AsyncWebClient(token=token, base_url=url)
    await SocketModeClient(app_token, web_client=client).connect()
    await client.chat_postMessage(channel="C1", text="up")
asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_bot_of_another_process_may_be_killed_in_the_middle_of_a_call(server: SlackServer) -> None:
    server.hang_next("chat.postMessage", after_effect=True)
    arguments = [server.api_url, server.home.token, server.app_token]
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", BOT, *arguments)
    await server.until(lambda: server.messages("C1"), timeout=30)
    assert server.connections == 1
    process.kill()
    await process.wait()
    await server.until(lambda: server.connections == 0)


async def test_what_the_bot_said_can_be_looked_up(server: SlackServer, client: Client) -> None:
    """Newest first, with metadata where they are asked for, and only by an app that may read the channel."""
    server.home.scopes.add("channels:history")
    metadata = {"event_type": "kept", "event_payload": {"key": "7"}}
    first = await post(client, "one", metadata=metadata)
    await post(client, "in its thread", thread_ts=first["ts"])
    await post(client, "in both", thread_ts=first["ts"], reply_broadcast=True)
    said = await client.conversations_history(channel="C1", include_all_metadata=True)
    assert [one["text"] for one in said["messages"]] == ["in both", "one"]
    assert said["messages"][1]["metadata"] == metadata
    assert not said["has_more"]
    bare = await client.conversations_history(channel="C1", limit=1)
    assert "metadata" not in bare["messages"][0]
    assert bare["has_more"]
    later = await client.conversations_history(channel="C1", oldest=first["ts"])
    assert [one["text"] for one in later["messages"]] == ["in both"]
    server.limits = Limits(history_per_minute=1)
    await client.conversations_history(channel="C1")
    assert await refusal(client.conversations_history(channel="C1")) == "ratelimited"
    server.limits = Limits()
    server.home.scopes.discard("channels:history")
    assert await refusal(client.conversations_history(channel="C1")) == "missing_scope"


async def test_an_answer_to_what_was_deleted_stands_by_itself(server: SlackServer, client: Client) -> None:
    first = await post(client, "one")
    await client.chat_delete(channel="C1", ts=first["ts"])
    answer = await post(client, "two", thread_ts=first["ts"])
    assert "thread_ts" not in answer["message"]
    assert server.messages("C1")[-1].thread_ts is None
