"""Workspaces that install the app: how they come and go, what is kept of them, and that they do not meet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from bot.chat.slack.errors import UNINSTALLED
from tests.e2e.platforms import SIGNING_SECRET, Newsroom
from tests.e2e.posted import KEY, app_at, begin, get, install, posted_to
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_web import CLIENT_SECRET


@pytest.fixture
def port(unused_tcp_port: int) -> str:
    return f"127.0.0.1:{unused_tcp_port}"


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        for team in ("T2", "T3"):
            server.channel(f"C{team}", "news", team=team)
        yield server


async def typed(slack: SlackServer, text: str, channel: str) -> str:
    before = len(slack.said)
    await slack.slash("/sokuho", text, channel=channel)
    await slack.until(lambda: len(slack.said) > before)
    return slack.said[-1].plain


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("store.db*"))


async def pauses(room: Newsroom, team: str) -> list[str | None]:
    return [chat.pause_reason for chat in await room.store.chats("slack", team)]


async def test_a_workspace_installs_it_and_is_served(tmp_path: Path, port: str, slack: SlackServer) -> None:
    """At once, and after a restart; each is spoken to with its own token, and none of them is in the database."""
    for again in (False, True):
        async with posted_to(tmp_path, port, slack, app_at(port)) as (_, _):
            for team in ("T2", "T3"):
                if not again:
                    await install(port, slack, team)
                assert "On offer" in await typed(slack, "topics", f"C{team}")
                assert slack.calls_of("chat.postEphemeral")[-1].team == team
    stored = on_disk(tmp_path)
    assert b"Workspace T2" in stored
    for secret in (*(space.token for space in slack.workspaces.values()), CLIENT_SECRET, SIGNING_SECRET, KEY):
        assert secret.encode() not in stored


async def test_one_that_removes_it_is_forgotten_and_may_come_back(
    tmp_path: Path, port: str, slack: SlackServer
) -> None:
    """Its chats stop, and keep what they follow; the other's go on."""
    async with posted_to(tmp_path, port, slack, app_at(port)) as (room, _):
        for team in ("T2", "T3"):
            await install(port, slack, team)
            assert "Subscribed" in await typed(slack, "subscribe ukraine-ceasefire", f"C{team}")
        await slack.uninstalled("T2")
        async with asyncio.timeout(5):
            while await pauses(room, "T2") != [UNINSTALLED]:
                pass
        assert await pauses(room, "T3") == [None]
        assert [kept.team for kept in await room.store.installations()] == ["T3"]
        # What comes from there now is refused by nobody's hand, and is not answered.
        count = len(slack.said)
        await slack.slash("/sokuho", "topics", channel="CT2")
        assert "On offer" in await typed(slack, "topics", "CT3")
        assert len(slack.said) == count + 1
        await install(port, slack, "T2")
        assert await pauses(room, "T2") == [None]
        assert "Ukraine ceasefire" in await typed(slack, "subscribe", "CT2")
        (chat,) = await room.store.chats("slack", "T2")
        assert len(await room.store.subscriptions(chat.id)) == 1


async def test_a_late_word_of_a_removal_takes_nothing_that_came_since(
    tmp_path: Path, port: str, slack: SlackServer
) -> None:
    """Slack says it twice, as a token that is revoked too, and may repeat both."""
    async with posted_to(tmp_path, port, slack, app_at(port)) as (room, _):
        await install(port, slack, "T2")
        slack.event_time = 1_600_000_000
        await slack.uninstalled("T2")
        await slack.revoked("T2")
        slack.workspaces["T2"].error = None
        assert "On offer" in await typed(slack, "topics", "CT2")
        assert [kept.team for kept in await room.store.installations()] == ["T2"]


async def test_only_the_browser_that_began_can_finish(tmp_path: Path, port: str, slack: SlackServer) -> None:
    """Once, with the state that it was given; nothing is installed otherwise, and no code is shown to the log."""
    async with posted_to(tmp_path, port, slack, app_at(port)) as (room, _):
        state, cookie = await begin(port)
        code = slack.consent("T2")
        finish = f"http://{port}/slack/oauth_redirect"
        with capture_logs() as logs:
            for query, jar, status in (
                ("", "", 400),
                (f"?code={code}", cookie, 400),
                (f"?code={code}&state={state}", "", 400),
                (f"?code={code}&state=other", cookie, 400),
                (f"?code={code}&state=other", cookie.split("=")[0] + "=other", 401),
                ("?error=access_denied", cookie, 200),
                ("?error=<script>alert(1)</script>", cookie, 200),
            ):
                answered = await get(f"{finish}{query}", jar)
                assert answered[0] == status, query
                assert "not installed" in answered[1]
                assert "<" not in answered[1]
                assert answered[2]["Content-Type"].startswith("text/plain")
        assert {log["event"] for log in logs} == {"install_failed"}
        assert code not in str(logs)
        assert await room.store.installations() == ()
        assert (await get(f"{finish}?code={code}&state={state}", cookie))[0] == 200
        # The state is spent, whatever the code.
        assert (await get(f"{finish}?code={slack.consent('T3')}&state={state}", cookie))[0] == 401


async def test_what_slack_does_not_grant_is_not_installed(
    tmp_path: Path, port: str, slack: SlackServer
) -> None:
    """A code of somebody else's, a whole organisation's, or an answer that does not come."""
    async with posted_to(tmp_path, port, slack, app_at(port)) as (room, _):
        for code, status in (
            ("forged", 401),
            (slack.consent("E1", organisation=True), 500),
            ("cut", 502),
        ):
            if code == "cut":
                slack.cut_next("oauth.v2.access")
            state, cookie = await begin(port)
            finish = f"http://{port}/slack/oauth_redirect?code={code}&state={state}"
            assert (await get(finish, cookie))[0] == status
        assert await room.store.installations() == ()


async def test_keys_are_changed_by_putting_a_new_one_first(
    tmp_path: Path, port: str, slack: SlackServer
) -> None:
    """After one start the old one is needed no more. Without any key that fits, the workspace has to install it anew."""
    new = Fernet.generate_key().decode()
    for keys, served in (((KEY,), True), ((new, KEY), True), ((new,), True), ((KEY,), False)):
        with capture_logs() as logs:
            async with posted_to(tmp_path, port, slack, app_at(port, *keys)) as (room, _):
                if not await room.store.installations():
                    await install(port, slack, "T2")
                if served:
                    assert "On offer" in await typed(slack, "topics", "CT2")
        assert ("installation_sealed" in [log["event"] for log in logs]) is not served


async def test_in_a_shared_channel_strangers_look_and_members_steer(
    tmp_path: Path, port: str, slack: SlackServer
) -> None:
    """Whose the person is, Slack says with what they do; the channel is that of the workspace that has the app."""
    slack.strangers["U9"] = "T9"
    async with posted_to(tmp_path, port, slack, app_at(port)) as (room, _):
        await install(port, slack, "T2")

        async def mentioned(text: str, user: str) -> str:
            before = len(slack.said)
            await slack.mention("CT2", f"<@BOT> {text}", user)
            await slack.until(lambda: len(slack.said) > before)
            return slack.said[-1].plain

        assert "Ukraine ceasefire" in await mentioned("topics", "U9")
        assert "only the workspace that has Sokuho" in await mentioned("subscribe ukraine-ceasefire", "U9")
        assert slack.said[-1].only_for == "U9"
        await mentioned("subscribe", "U2")
        offer = slack.messages("CT2")[-1]
        for user, words in (("U9", "only the workspace"), ("U2", "Subscribed to")):
            before = len(slack.said)
            await slack.press("CT2", offer.ts, "＋ Ukraine ceasefire", user)
            await slack.until(lambda before=before: len(slack.said) > before)  # type: ignore[misc]
            assert words in slack.said[-1].plain
        assert [chat.address for chat in await room.store.chats("slack")] == ["T2/CT2"]


async def test_a_channel_that_gets_another_id_stays_the_same_chat(
    tmp_path: Path, port: str, slack: SlackServer
) -> None:
    """As one does that is shared with another workspace."""
    async with posted_to(tmp_path, port, slack, app_at(port)) as (room, _):
        await install(port, slack, "T2")
        await typed(slack, "subscribe ukraine-ceasefire", "CT2")
        await slack.shared("CT2", "CNEW")
        # In order within a channel: the next one comes behind it only there.
        async with asyncio.timeout(5):
            while [chat.address for chat in await room.store.chats("slack")] != ["T2/CNEW"]:
                pass
        assert "Already subscribed" in await typed(slack, "subscribe ukraine-ceasefire", "CNEW")
