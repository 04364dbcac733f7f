"""Slack that posts to the newsroom, and workspaces that install the app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
from cryptography.fernet import Fernet

from bot.chat.slack.installing import OAuthApp
from tests.e2e.platforms import SIGNING_SECRET, Newsroom, addresses_of, peopled_telegram, serving
from tests.fakes.slack_posts import Posts
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_web import CLIENT_ID, CLIENT_SECRET

KEY = Fernet.generate_key().decode()


def app_at(port: str, *keys: str) -> OAuthApp:
    return OAuthApp(CLIENT_ID, CLIENT_SECRET, f"http://{port}", keys or (KEY,))


@contextmanager
def posting(slack: SlackServer, port: str) -> Iterator[Posts]:
    """Have Slack post to the address."""
    slack.posts = Posts(f"http://{port}/slack/events", SIGNING_SECRET)
    yield slack.posts
    slack.posts = None


@asynccontextmanager
async def posted_to(
    folder: Path, port: str, slack: SlackServer, app: OAuthApp | None = None
) -> AsyncIterator[tuple[Newsroom, Posts]]:
    """The newsroom, listening over HTTP: in one workspace, or as an app that many install."""
    async with peopled_telegram(local=True) as telegram:
        addresses = addresses_of(telegram, slack)
        async with serving(folder, addresses, posted=port, slack_app=app) as room:
            with posting(slack, port) as posts:
                async with asyncio.timeout(5):
                    while not room.slack.connected:  # noqa: ASYNC110 - nobody tells, but it is a moment
                        await asyncio.sleep(0)
                yield room, posts


async def get(address: str, cookie: str = "") -> tuple[int, str, dict[str, str]]:
    """A browser's look at a page: status, text, headers. It follows nothing."""
    headers = {"Cookie": cookie} if cookie else {}
    async with (
        aiohttp.ClientSession() as session,
        session.get(address, headers=headers, allow_redirects=False) as answered,
    ):
        return answered.status, await answered.text(), dict(answered.headers)


async def begin(port: str) -> tuple[str, str]:
    """Begin an installation: the state that Slack is to bring back, and the browser's cookie."""
    status, _, headers = await get(f"http://{port}/slack/install")
    assert status == 302, status
    state = headers["Location"].split("state=")[1].split("&")[0]
    return state, headers["Set-Cookie"].split(";")[0]


async def install(port: str, slack: SlackServer, team: str) -> None:
    """Somebody installs the app in a workspace."""
    state, cookie = await begin(port)
    code = slack.consent(team, f"Workspace {team}")
    status, text, _ = await get(f"http://{port}/slack/oauth_redirect?code={code}&state={state}", cookie)
    assert (status, f"Workspace {team}" in text) == (200, True), text
