"""A loopback double of the Telegram Bot API, for the real python-telegram-bot client, in this process or another.

    async with TelegramServer() as server:
        server.private(7, name="Ann", language_code="en")
        application = Application.builder().token(server.token).base_url(server.base_url).build()
        ...
        await server.say(7, "/start")                            # what a person does
        await server.until(lambda: server.messages(7))           # what the bot did
        await server.press(server.messages(7)[0].id, 7, "Yes")

It refuses what the Bot API refuses, in the same words, and each rule names its source: a `#section` is one of
core.telegram.org/bots/api, Client.cpp is github.com/tdlib/telegram-bot-api. Where the real server would repair a mistake
silently, the double refuses it. Rate limits are off unless `limits` is given. It runs in one event loop, that of the test.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self, TypeVar

from aiohttp import web

from tests.fakes.telegram_hooks import Hooks
from tests.fakes.telegram_limits import Limits, Meter, TooMany
from tests.fakes.telegram_methods import METHODS, chat_id_of, flag, integer
from tests.fakes.telegram_state import ApiError, Json, bad_request
from tests.fakes.telegram_world import DEFAULT_UPDATES, World

T = TypeVar("T")

_STRUCTURED = (
    "allowed_updates commands entities link_preview_options reply_markup reply_parameters scope".split()
)
_LIMITED = {"sendMessage", "editMessageText", "editMessageReplyMarkup"}  # edits share the limits of sending


class Call(NamedTuple):
    """A request that arrived. `status` is 0 until it is answered, and for ever if it was hung or cut."""

    method: str
    params: Json
    status: int


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` calls that match; before or after the call has had its effect."""

    kind: Literal["fail", "hang", "cut"]
    method: str
    chat_id: int | None
    times: int = 1
    after_effect: bool = False
    error: ApiError | None = None


@dataclass(slots=True)
class _Poll:
    """A getUpdates that waits; `ended` says why it must not wait longer."""

    ended: str = ""


@dataclass(slots=True)
class TelegramServer(World):
    """Use it as an async context manager; it listens on 127.0.0.1 at a free port from then on."""

    limits: Limits | None = None
    clock: Callable[[], float] = time.monotonic
    """What the limits are measured by."""
    token: str = "1000001:AAF-token-of-the-double"

    calls: list[Call] = field(default_factory=list)
    """Every request so far, in order of arrival."""
    too_many: list[TooMany] = field(default_factory=list)
    """Every 429 that a limit caused."""
    hooks: Hooks = field(init=False)
    local: bool = False
    """As a Bot API server of one's own with `--local`: a webhook may be http, at any port."""
    mischief: Callable[[Call], Fault | None] = lambda _: None
    """Asked about each call for which no fault was ordered: what shall go wrong with it, if anything."""

    _away: bool = False
    _site: web.TCPSite | None = None
    _faults: list[Fault] = field(default_factory=list)
    _delays: dict[str, float] = field(default_factory=dict)
    _poll: _Poll | None = None
    _meter: Meter | None = None
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None
    _port: int = 0

    def __post_init__(self) -> None:
        self.hooks = Hooks(self)

    async def __aenter__(self) -> Self:
        if self.limits is not None:
            self._meter = Meter(self.limits, self.clock)
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        # A client that dies takes its request with it: a long poll of a killed process is not waited for.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await self._site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        await self.hooks.close()
        self._end_poll("closed")
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        """For `ApplicationBuilder.base_url`; the token follows it directly."""
        return f"http://127.0.0.1:{self._port}/bot"

    @property
    def polling(self) -> bool:
        """Is a getUpdates waiting?"""
        return self._poll is not None

    # ---- what a test asks

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    async def until(self, predicate: Callable[[], T], timeout: float = 20) -> T:  # noqa: ASYNC109 - says what was called
        """What `predicate` says as soon as that is true; it is asked again at each call, answer and update."""
        try:
            async with asyncio.timeout(timeout):
                while not (said := predicate()):
                    await self.change()
        except TimeoutError:
            last = "\n".join(f"  {call}" for call in self.calls[-10:])
            raise AssertionError(f"not within {timeout} s; the last calls were\n{last}") from None
        return said

    # ---- faults

    def fail_next(
        self,
        method: str,
        status: int,
        description: str | None = None,
        parameters: Json | None = None,
        *,
        chat_id: int | None = None,
        times: int = 1,
    ) -> None:
        """Answer the next calls with this error, without effect."""
        error = ApiError(status, description or HTTPStatus(status).phrase, parameters)
        self._faults.append(Fault("fail", method, chat_id, times, error=error))

    def hang_next(self, method: str, *, after_effect: bool, chat_id: int | None = None) -> None:
        """Never answer the next call, which may have its effect first."""
        self._faults.append(Fault("hang", method, chat_id, after_effect=after_effect))

    def cut_next(self, method: str, *, after_effect: bool, chat_id: int | None = None) -> None:
        """Close the connection of the next call without an answer; the call may have its effect first."""
        self._faults.append(Fault("cut", method, chat_id, after_effect=after_effect))

    async def go_away(self) -> None:
        """Refuse connections, and cut those that there are, until `come_back`."""
        self._away = True
        if self._site is not None:
            await self._site.stop()

    async def come_back(self) -> None:
        assert self._runner is not None
        self._away = False
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()

    def delay(self, method: str, seconds: float) -> None:
        """Let every call of this method wait so long before it has its effect."""
        self._delays[method] = seconds

    # ---- requests

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        place = len(self.calls)
        self.calls.append(Call(_known(request.match_info["method"]), {}, 0))
        status, body = 200, Json()
        try:
            params = await _params(request)
            call = self.calls[place] = Call(self.calls[place].method, params, 0)
            self.changed()
            fault = self._fault(call)
            if request.match_info["token"] == self.token and fault is not None and fault.error is None:
                return await self._break(request, fault, call)
            body = {"ok": True, "result": await self._perform(call, request.match_info["token"], fault)}
        except ApiError as error:
            status = error.status
            body = {"ok": False, "error_code": status, "description": error.description}
            if error.parameters:
                body["parameters"] = error.parameters
        self.calls[place] = self.calls[place]._replace(status=status)
        self.changed()
        return web.json_response(body, status=status)

    async def _perform(self, call: Call, token: str, fault: Fault | None = None) -> Any:
        if token != self.token:
            raise ApiError(401, "Unauthorized")
        if fault is not None and fault.error is not None:
            raise fault.error
        if call.method in self._delays:
            await asyncio.sleep(self._delays[call.method])
        self._check_limits(call)
        match call.method:
            case "getUpdates":
                return await self._get_updates(call.params)
            case "setWebhook":
                return self._set_webhook(call.params)
            case "deleteWebhook":
                return self._delete_webhook(call.params)
            case "getWebhookInfo":
                return self.hooks.info()
            case method if method in METHODS:
                return METHODS[method](self, call.params)
            case _:
                raise ApiError(404, "Not Found")

    def _check_limits(self, call: Call) -> None:
        chat = self.chats.get(chat_id_of(call.params))
        if chat is None or call.method not in _LIMITED or self._meter is None:
            return
        breach = self._meter.admit(call.method, chat.id, group=chat.type != "private")
        if breach is not None:
            self.too_many.append(breach)
            after = breach.retry_after
            # The parameters are those of #responseparameters.
            raise ApiError(429, f"Too Many Requests: retry after {after}", {"retry_after": after})

    async def _break(self, request: web.Request, fault: Fault, call: Call) -> web.StreamResponse:
        if fault.after_effect:
            with contextlib.suppress(ApiError):  # nobody will hear of it
                await self._perform(call, self.token)
            self.changed()
        if fault.kind == "hang":
            await self._closing.wait()
        if request.transport is not None:
            request.transport.close()
        await self._closing.wait()  # or until the connection is gone, which cancels this
        return web.Response()

    def _fault(self, call: Call) -> Fault | None:
        for fault in self._faults:
            if fault.method == call.method and fault.chat_id in (None, chat_id_of(call.params)):
                fault.times -= 1
                if fault.times == 0:
                    self._faults.remove(fault)
                return fault
        return Fault("cut", call.method, None) if self._away else self.mischief(call)

    # ---- updates

    async def _get_updates(self, params: Json) -> list[Json]:
        if self.hooks.url:  # #getupdates: "will not work if an outgoing webhook is set up"
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete "
                "the webhook first",
            )
        if "allowed_updates" in params:  # otherwise "the previous setting will be used"
            self.allowed = frozenset(params["allowed_updates"]) or DEFAULT_UPDATES
        offset = integer(params, "offset", 0)
        if offset < 0:  # counted from the end; "all previous updates will be forgotten"
            del self.pending[:offset]
        # "An update is considered confirmed as soon as getUpdates is called with an offset higher than its update_id."
        self.pending[:] = [update for update in self.pending if update["update_id"] >= offset]
        # Client.cpp, abort_long_poll: the newer request goes on, the older one fails.
        self._end_poll(
            "terminated by other getUpdates request; make sure that only one bot instance is running"
        )
        mine = self._poll = _Poll()
        self.changed()
        try:
            # At most 50 s: Client.h, LONG_POLL_MAX_TIMEOUT.
            async with asyncio.timeout(min(integer(params, "timeout", 0), 50)):
                while not self.pending and not mine.ended:
                    await self.change()
        except TimeoutError:
            pass
        finally:
            if self._poll is mine:
                self._poll = None
                self.changed()
        if mine.ended and not self._closing.is_set():
            raise ApiError(409, f"Conflict: {mine.ended}")
        return self.pending[: min(max(integer(params, "limit", 100), 1), 100)]

    def _set_webhook(self, params: Json) -> bool:
        self._delete_pending(params)
        self.hooks.set(params, local=self.local)
        if self.hooks.url:
            self._end_poll("terminated by setWebhook request")
        return True

    def _delete_webhook(self, params: Json) -> bool:
        self.hooks.url = ""
        return self._delete_pending(params)

    def _delete_pending(self, params: Json) -> bool:
        if flag(params, "drop_pending_updates"):  # #deletewebhook
            self.pending.clear()
        return True

    def _end_poll(self, reason: str) -> None:
        if self._poll is not None:
            self._poll.ended = reason
            self._poll = None
            self.changed()


def _known(method: str) -> str:
    """The method as the documentation spells it; the real server takes any case (Client.cpp, on_cmd)."""
    known = {*METHODS, "getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo"}
    return next((each for each in known if each.lower() == method.lower()), method)


async def _params(request: web.Request) -> Json:
    """The parameters however they were sent (#making-requests), with their JSON decoded."""
    params: Json = dict(request.query)
    try:
        if request.content_type == "application/json":
            params |= await request.json()
        else:
            params |= dict(await request.post())
        for name in _STRUCTURED:
            if isinstance(params.get(name), str):
                params[name] = json.loads(params[name])
    except ValueError:
        raise bad_request("can't parse the JSON of a parameter") from None
    return params
