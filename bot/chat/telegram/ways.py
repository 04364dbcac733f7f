"""The two ways in which updates come: asked for by long polling, or brought by Telegram to a webhook.

Either way an update is confirmed after it was worked on, so that a kill loses none; and Telegram keeps what comes while
nobody listens, also from one way to the other.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import structlog
from aiohttp import web
from telegram import Bot, Update
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut

from bot.chat.posts import Route, body_of, refused
from bot.chat.telegram.errors import reason_of, seconds_of
from bot.chat.telegram.request import readable
from bot.chat.telegram.updates import ALLOWED

log = structlog.get_logger(__name__)

LONG_POLL = 30
"""Seconds that Telegram holds a question for updates open."""

BATCH_SECONDS = 5.0
"""How long updates may be worked on before they are confirmed and more are asked for."""

NEWCOMER_SECONDS = 10.0
"""A program that meets another one under its token within so long of its start came second, and gives way.

The first one is interrupted too, asks again after a second, and so interrupts the second one while that is young.
"""

WATCH_SECONDS = 60.0
"""Between two looks at whether Telegram still brings updates to us, and can."""

REMEMBERED_UPDATES = 2_000
RETRY_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0)

PATH = "/telegram"
HEADER = "X-Telegram-Bot-Api-Secret-Token"

REFUSED = "Telegram refuses SOKUHO_TELEGRAM_TOKEN. Copy it anew from @BotFather (/mybots, API Token)."
SECOND = (
    "Another program is polling this Telegram bot, perhaps a second Sokuho. Stop that one, "
    "or make a bot of its own for this one with @BotFather."
)
TAKEN_OVER = (
    "Another program has taken this Telegram bot's updates over: its webhook is not the one of this Sokuho any more. "
    "Stop that one, or make a bot of its own for this one with @BotFather."
)

NO_WEBHOOK = (
    "Telegram takes no webhook at SOKUHO_PUBLIC_URL ({reason}). It wants an address with https, at port 443, 80, 88 or "
    "8443, whose name it can look up. Without SOKUHO_TELEGRAM_WEBHOOK_SECRET, updates are polled."
)

Take = Callable[[Update], asyncio.Task[None]]
"""Has an update worked on; the task is that work."""


class Way(Protocol):
    """How updates come in. `connected`: whether they do, as far as is known."""

    connected: bool
    routes: list[Route]

    async def listen(self, take: Take, introduced: Callable[[], None]) -> None:
        """Hand updates over until cancelled, or until it has said what ends it. `introduced`: the bot knows its name."""
        ...

    async def confirm(self, *, done: bool) -> None:
        """After the last of them: tell Telegram what was worked on. `done`: all that was begun."""
        ...


class Polling:
    """Long polling, with a loop of our own: see docs/decisions/0009."""

    def __init__(self, bot: Bot, fail: Callable[[str], None], *, shared: bool = False) -> None:
        """`shared`: it takes turns with other processes of ours, whom it may meet at the change."""
        self.connected = False
        self.routes: list[Route] = []
        self._shared = shared
        self._bot = bot
        self._fail = fail
        self._offset: int | None = None
        self._worked: int | None = None
        """What to confirm once all that was begun is done."""
        self._began = 0.0

    async def listen(self, take: Take, introduced: Callable[[], None]) -> None:
        """Ask for updates and have them worked on. They are confirmed by the question after."""
        self._began = time.monotonic()
        failures, ready = 0, False
        while True:
            try:
                if not ready:
                    await self._bot.initialize()
                    # What Telegram has kept for it comes by polling now.
                    await self._bot.delete_webhook(drop_pending_updates=False)
                    introduced()
                    ready = True
                # The first question after a failure is answered at once, so that one knows.
                updates = await self._bot.get_updates(
                    offset=self._offset, timeout=LONG_POLL if self.connected else 0, allowed_updates=ALLOWED
                )
            except TelegramError as error:
                # One long poll may be cut off on the way; a second one as well is no accident.
                self.connected = isinstance(error, TimedOut) and self.connected and not failures
                ended = self._ending(error)
                if ended is not None:
                    self._fail(ended)
                    return
                await _later(error, failures)
                failures += 1
                continue
            failures = 0
            self.connected = True
            if updates:
                tasks = [take(update) for update in updates]
                self._worked = updates[-1].update_id + 1
                await asyncio.wait(tasks, timeout=BATCH_SECONDS)
                self._offset = updates[-1].update_id + 1

    async def confirm(self, *, done: bool) -> None:
        offset = self._worked if done else self._offset
        if offset is None:
            return
        with suppress(TelegramError):
            await self._bot.get_updates(offset=offset, timeout=0, allowed_updates=ALLOWED)

    def _ending(self, error: TelegramError) -> str | None:
        """What ends the bot, if this error does. An older program goes on where a second one came, which gives way.

        But not where that one has set a webhook: it would never notice, and this one would hear nothing for good.
        """
        if isinstance(error, InvalidToken):
            return REFUSED
        if isinstance(error, Conflict) and "webhook" in error.message.casefold():
            return TAKEN_OVER
        if (
            isinstance(error, Conflict)
            and not self._shared
            and time.monotonic() - self._began < NEWCOMER_SECONDS
        ):
            return SECOND
        return None


@dataclass(frozen=True, slots=True)
class Hook:
    """Where Telegram brings updates: `url` is the address of all that we serve, `secret` what it proves itself with."""

    url: str
    secret: str = field(repr=False)
    watch_seconds: float = WATCH_SECONDS


class Webhook:
    """Updates that Telegram posts. It is answered after the work, so that what a kill interrupts is posted again."""

    def __init__(self, bot: Bot, hook: Hook, fail: Callable[[str], None]) -> None:
        self.connected = False
        self.routes = [web.post(PATH, self._receive)]
        self._bot = bot
        self._url = hook.url.rstrip("/") + PATH
        self._secret = hook.secret.encode()
        self._fail = fail
        self._watch_seconds = hook.watch_seconds
        self._take: Take | None = None
        self._taken: OrderedDict[int, asyncio.Task[None]] = OrderedDict()
        self._trouble: datetime | None = None

    async def listen(self, take: Take, introduced: Callable[[], None]) -> None:
        """Tell Telegram where to bring updates, and look from time to time whether that still holds."""
        failures = 0
        try:
            while True:
                try:
                    if self._take is None:
                        await self._bot.initialize()
                        self._take = take
                        await self._set()
                        introduced()
                    elif not await self._holds():
                        self._fail(TAKEN_OVER)
                        return
                except InvalidToken:
                    self._fail(REFUSED)
                    return
                except BadRequest as error:
                    self._fail(NO_WEBHOOK.format(reason=reason_of(error)))
                    return
                except TelegramError as error:
                    self.connected = False
                    await _later(error, failures)
                    failures += 1
                    continue
                failures = 0
                self.connected = True
                await asyncio.sleep(self._watch_seconds)
        finally:
            self.connected = False
            self._take = None

    async def confirm(self, *, done: bool) -> None:
        """Nothing: each was confirmed by its answer. The webhook stays, and Telegram keeps what comes for the next run."""

    async def _set(self) -> None:
        try:
            await self._bot.set_webhook(
                self._url,
                allowed_updates=ALLOWED,
                secret_token=self._secret.decode(),
                drop_pending_updates=False,
            )
        except TelegramError:
            self._take = None
            raise

    async def _holds(self) -> bool:
        """Whether the webhook is still ours; why Telegram could not bring something is told once, in the log."""
        info = await self._bot.get_webhook_info()
        if info.last_error_date is not None and info.last_error_date != self._trouble:
            self._trouble = info.last_error_date
            log.warning("webhook_troubled", error=info.last_error_message, waiting=info.pending_update_count)
        return info.url == self._url

    async def _receive(self, request: web.Request) -> web.Response:
        given = request.headers.get(HEADER, "")
        if not hmac.compare_digest(given.encode(errors="surrogateescape"), self._secret):
            return refused(request, 403, "no secret token, or not ours")
        if self._take is None:
            return web.Response(status=503)  # Telegram comes again
        body = await body_of(request)
        if isinstance(body, web.Response):
            return body
        update = _update_of(body, self._bot)
        if update is not None and self._take is not None:
            await asyncio.wait([self._once(update, self._take)], timeout=BATCH_SECONDS)
        # One that cannot be read would come for ever, and hold up those behind it.
        return web.Response()

    def _once(self, update: Update, take: Take) -> asyncio.Task[None]:
        """The work on an update, also where Telegram brings it again because an answer was lost."""
        task = self._taken.get(update.update_id)
        if task is None:
            task = self._taken[update.update_id] = take(update)
            if len(self._taken) > REMEMBERED_UPDATES:
                self._taken.popitem(last=False)
        return task


def _update_of(body: bytes, bot: Bot) -> Update | None:
    try:
        posted: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        log.warning("update_unreadable", error=type(error).__name__)
        return None
    return Update.de_json(posted, bot) if readable(posted) else None


async def _later(error: TelegramError, failures: int) -> None:
    """Wait for what Telegram asks for, or longer with each failure."""
    wait = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
    if isinstance(error, RetryAfter):
        wait = seconds_of(error.retry_after).total_seconds()
    # Its text may hold the token.
    log.warning("telegram_unreachable", error=type(error).__name__, again_in=wait)
    await asyncio.sleep(wait)
