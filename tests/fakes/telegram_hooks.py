"""The webhook of the double of the Bot API: updates are posted until they are taken, in order within each chat.

A `#section` is one of core.telegram.org/bots/api; WebhookActor.cpp is of github.com/tdlib/telegram-bot-api, which keeps a
queue for each chat, and waits longer with each failure.
"""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp

from tests.fakes.telegram_methods import integer
from tests.fakes.telegram_state import Json, bad_request
from tests.fakes.telegram_world import DEFAULT_UPDATES, World

AGAIN_SECONDS = 0.02
"""Before a post that was not taken is made again; on Telegram, from a second up."""

PORTS = {443, 80, 88, 8443}  # #setwebhook


@dataclass(slots=True)
class Hooks:
    """`posts`: each attempt, as the update's id and the status that came back (0: nothing did)."""

    world: World
    url: str = ""
    secret: str = ""
    posts: list[tuple[int, int]] = field(default_factory=list)
    error: str = ""
    _error_at: int = 0
    _bringing: asyncio.Task[None] | None = None
    _queues: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    def set(self, params: Json, *, local: bool) -> None:
        """setWebhook: refuses what the real server refuses, and begins to post what is pending."""
        url, secret = str(params.get("url", "")), str(params.get("secret_token", ""))
        found = re.fullmatch(r"(https?)://[^/:]+(?::(\d+))?(/.*)?", url)
        if url and (found is None or (found[1] != "https" and not local)):
            raise bad_request("bad webhook: an HTTPS URL must be provided for webhook")
        if found and found[2] and int(found[2]) not in PORTS and not local:
            raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise bad_request("secret token contains unallowed characters")
        if "allowed_updates" in params:  # otherwise "the previous setting will be used"
            self.world.allowed = frozenset(params["allowed_updates"]) or DEFAULT_UPDATES
        self.url, self.secret, self.error = url, secret, ""
        if self._bringing is None:
            self._bringing = asyncio.create_task(self._bring())
        self.world.changed()

    def info(self) -> Json:
        """#webhookinfo"""
        trouble = {"last_error_date": self._error_at, "last_error_message": self.error} if self.error else {}
        return {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.world.pending),
            "max_connections": 40,
            "allowed_updates": sorted(self.world.allowed),
            **trouble,
        }

    async def close(self) -> None:
        tasks = [task for task in (self._bringing, *self._queues.values()) if task is not None]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _bring(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                for update in self.world.pending if self.url else ():
                    chat = _chat_of(update)
                    if chat not in self._queues or self._queues[chat].done():
                        self._queues[chat] = asyncio.create_task(self._post(session, update))
                await self.world.change()

    async def _post(self, session: aiohttp.ClientSession, update: Json) -> None:
        number, status, url = integer(update, "update_id", 0), 0, self.url
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        try:
            async with session.post(url, json=update, headers=headers) as answered:
                status = answered.status
                await answered.read()
        except aiohttp.ClientError as error:
            self._failed(type(error).__name__)
        self.posts.append((number, status))
        if 200 <= status < 300:
            if update in self.world.pending:
                self.world.pending.remove(update)
        elif status:
            self._failed(f"Wrong response from the webhook: {status}")
        if status != 200:
            await asyncio.sleep(AGAIN_SECONDS)
        asyncio.get_running_loop().call_soon(self.world.changed)

    def _failed(self, why: str) -> None:
        self.error, self._error_at = why, int(time.time())


def _chat_of(update: Json) -> int:
    """The chat whose queue it waits in, 0 where it has none."""
    content: Json = next((value for name, value in update.items() if name != "update_id"), {})
    message = content.get("message", content)
    return integer(message.get("chat", {}), "id", 0)
