"""No secret is where somebody may read it: in logs, texts of errors, what objects print of themselves, or the database."""

from __future__ import annotations

import gc
import io
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from telegram import Bot

from bot.chat.telegram.ways import HEADER
from bot.domain.access import Access
from bot.logs import configure_logs
from bot.settings.environment import Environment, read_environment
from tests.e2e.platforms import (
    HOOK_SECRET,
    PRIVATE,
    SIGNING_SECRET,
    addresses_of,
    peopled_telegram,
    serving,
)
from tests.e2e.posted import KEY, app_at, begin, get, install, posting
from tests.fakes.slack_posts import signed
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_web import CLIENT_SECRET

INVITE = "open sesame, in clear to nobody"
TELEGRAM_TOKEN = "1000001:AAF-token-of-the-double-as-long-as-real"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All that is logged at debug, as a run does it: only what the environment names is known to be secret."""
    for name, value in {
        "TELEGRAM_TOKEN": TELEGRAM_TOKEN,
        "TELEGRAM_WEBHOOK_SECRET": HOOK_SECRET,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_CLIENT_ID": "111.222",
        "SLACK_CLIENT_SECRET": CLIENT_SECRET,
        "ENCRYPTION_KEYS": KEY,
        "INVITE_CODE": INVITE,
        "HTTP": "127.0.0.1:1",
        "PUBLIC_URL": "https://bot.example",
        "LOG_LEVEL": "debug",
    }.items():
        monkeypatch.setenv(f"SOKUHO_{name}", value)
    environment = read_environment()
    assert isinstance(environment, Environment), environment
    stream, level = io.StringIO(), logging.getLogger().level
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    configure_logs(environment.log_level, environment.secrets)
    logging.getLogger().setLevel(logging.DEBUG)  # what a library says when it is asked for all
    yield stream
    logging.getLogger().setLevel(level)


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("store.db*"))


def shown_by_objects() -> Iterator[tuple[str, str]]:
    """What everything of ours, and the clients that we hold, prints of itself."""
    for thing in gc.get_objects():
        kind = type(thing)
        if str(kind.__module__).startswith(("bot.", "slack_sdk.", "slack_bolt.")) or isinstance(thing, Bot):
            yield kind.__qualname__, f"{thing!r} {thing}"


async def test_no_secret_is_in_clear_anywhere(
    tmp_path: Path, unused_tcp_port: int, written: io.StringIO
) -> None:
    """While both platforms work, fail, are unreachable and are lied to."""
    port = f"127.0.0.1:{unused_tcp_port}"
    async with peopled_telegram(local=True, token=TELEGRAM_TOKEN) as telegram, SlackServer() as slack:
        slack.channel("C2", "news", team="T2")
        access = Access(invite_code=INVITE)
        async with serving(
            tmp_path, addresses_of(telegram, slack), posted=port, slack_app=app_at(port), access=access
        ) as room:
            with posting(slack, port) as posts:
                await telegram.until(lambda: room.telegram.connected)
                await install(port, slack, "T2")
                await telegram.say(PRIVATE, f"/start {INVITE}")
                await telegram.until(lambda: telegram.messages(PRIVATE))
                await slack.slash("/sokuho", f"start {INVITE}", channel="C2")
                await slack.until(lambda: slack.said)
                # Nobody answers, or with nonsense.
                telegram.cut_next("sendMessage", after_effect=True)
                await telegram.say(PRIVATE, "/topics")
                await telegram.until(lambda: len(telegram.messages(PRIVATE)) == 2)
                slack.fail_next("chat.postEphemeral", 500)
                await slack.slash("/sokuho", "topics", channel="C2")
                await slack.until(lambda: len(slack.calls_of("chat.postEphemeral")) > 1)
                # Somebody knows not quite enough.
                await posts.post(b"{}", signed(SIGNING_SECRET[:-1], b"{}"))
                await posts.post(b"{", {"Content-Type": "application/json", **signed(SIGNING_SECRET, b"{")})
                await posts.post(b"{}", {HEADER: HOOK_SECRET[:-1]})
                state, cookie = await begin(port)
                code = "xoxe-a-code-of-somebody"
                await get(f"http://{port}/slack/oauth_redirect?code={code}&state={state}", cookie)
                # The token is taken back, and the network is away.
                slack.workspaces["T2"].error = "token_revoked"
                await slack.slash("/sokuho", "status", channel="C2")
                await slack.until(lambda: any(call.error == "token_revoked" for call in slack.calls))
                await telegram.__aexit__(None, None, None)
                (chat,) = await room.store.chats("telegram")
                outcome = await room.telegram.messenger.send(chat, "Is anybody there?")
                secrets = {
                    "telegram token": TELEGRAM_TOKEN,
                    "webhook secret": HOOK_SECRET,
                    "signing secret": SIGNING_SECRET,
                    "client secret": CLIENT_SECRET,
                    "key": KEY,
                    "invite code": INVITE,
                    "workspace token": slack.workspaces["T2"].token,
                    "state": state,
                    "code": code,
                }
                logs = written.getvalue()
                stored = on_disk(tmp_path)
                objects = list(shown_by_objects())
    assert "telegram" in logs
    assert b"sokuho" in stored.lower() or b"Workspace T2" in stored
    assert {"TelegramBot", "SlackBot", "Access", "OAuthApp"} <= {name for name, _ in objects}
    for name, secret in secrets.items():
        assert secret not in logs, name
        assert secret.encode() not in stored, name
        assert secret not in repr(outcome), name
        telling = {kind for kind, text in objects if secret in text}
        assert telling == set(), name
