"""A loopback double of Slack for tests: its Web API and Socket Mode, to be used through slack-sdk and slack-bolt.

    async with SlackServer() as server:
        server.channel("C1", "news")
        client = AsyncWebClient(token=server.home.token, base_url=server.api_url, retry_handlers=[])
        handler = AsyncSocketModeHandler(AsyncApp(client=client), server.app_token)
        await handler.connect_async()
        envelope = await server.slash("/sokuho", "topics add X", channel="C1", user="U1")
        await server.until(lambda: envelope.acked and server.messages("C1"))
        server.messages("C1")[-1].plain      # what a reader sees; .pings: whom it notified
        assert not server.late and not server.problems

The bot may as well run in another process, and be killed at any time. What calls do is in slack_web.py, what a message
may hold in slack_blocks.py, what people do in slack_people.py. Here: HTTP, faults and sockets. Pages named are under
docs.slack.dev.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMsgType, web

from tests.fakes.slack_blocks import Json
from tests.fakes.slack_people import People
from tests.fakes.slack_posts import Posts
from tests.fakes.slack_records import Call, Channel, Envelope, Fault, ResponseUrl
from tests.fakes.slack_web import APP, APP_TOKEN, TEXT_LIMIT, LimitedError, RefusedError

ACK_WITHIN = 3.0
"""Seconds: apis/events-api/using-socket-mode, interactivity/handling-user-interaction."""
MOST_LINKS = 10
"""apis/events-api/using-socket-mode: more sockets than this are turned away."""


@dataclass(slots=True, kw_only=True)
class SlackServer(People):
    """Use it as an async context manager; it listens on 127.0.0.1 at a free port from then on."""

    calls: list[Call] = field(default_factory=list)
    """Every call of the Web API, in order of arrival."""
    envelopes: list[Envelope] = field(default_factory=list)
    """Everything sent through sockets, in order."""
    problems: list[str] = field(default_factory=list)
    """What a bot must never do and no answer tells it: acknowledgements that are unknown, doubled or malformed."""

    posts: Posts | None = None
    """Where events are posted, if they are; else they go through sockets."""
    mischief: Callable[[str, object], Fault | None] = lambda _method, _channel: None
    """Asked about each call for which no fault was ordered: what shall go wrong with it, if anything."""

    _away: bool = False
    _site: web.TCPSite | None = None
    _faults: list[Fault] = field(default_factory=list)
    _tickets: set[str] = field(default_factory=set)
    _links: dict[int, tuple[web.WebSocketResponse, web.Request]] = field(default_factory=dict)
    _last_link: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/response/{key}", self._respond)
        app.router.add_get("/link", self._link)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await self._site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self.cut_links()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """For AsyncWebClient's base_url."""
        return f"http://127.0.0.1:{self._port}/api/"

    @property
    def app_token(self) -> str:
        return APP_TOKEN

    # What a test reads and waits for

    @property
    def connections(self) -> int:
        return len(self._links)

    @property
    def late(self) -> list[Envelope]:
        """What was delivered and not acknowledged in time: later than three seconds, or not at all by then."""
        now = self.clock()
        return [
            sent
            for sent in self.envelopes
            if sent.link is not None
            and (now - sent.sent_at if sent.acked_after is None else sent.acked_after) > ACK_WITHIN
        ]

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    async def until(self, happened: Callable[[], object], timeout: float = 20) -> None:  # noqa: ASYNC109  # a test's
        """Return once `happened()` holds. Asked at every call, answer, acknowledgement, connection and its end."""
        try:
            async with asyncio.timeout(timeout):
                while not happened():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            last = [(call.method, call.status, call.error) for call in self.calls[-5:]]
            unacked = [sent.kind for sent in self.envelopes if not sent.acked]
            raise TimeoutError(
                f"did not happen in {timeout} s; last calls: {last}; {self.connections} connections; "
                f"unacknowledged: {unacked}; problems: {self.problems}"
            ) from None

    # Faults. Each is for the next calls of a method, in a channel if one is given, and is used up by them.

    def fail_next(
        self,
        method: str,
        error: str | int = "fatal_error",
        channel: str | None = None,
        times: int = 1,
        *,
        after_effect: bool = False,
    ) -> None:
        """Answer with `ok: false` and this error, or with this HTTP status and a page of HTML."""
        self._faults.append(Fault("fail", method, channel, after_effect, error=error, times=times))

    def hang_next(self, method: str, channel: str | None = None, *, after_effect: bool = False) -> None:
        """Accept a call and never answer."""
        self._faults.append(Fault("hang", method, channel, after_effect))

    def cut_next(self, method: str, channel: str | None = None, *, after_effect: bool = False) -> None:
        """Close the connection instead of answering. Method "link" is a socket's handshake."""
        self._faults.append(Fault("cut", method, channel, after_effect))

    def limit_next(
        self, method: str, retry_after: int = 1, channel: str | None = None, times: int = 1
    ) -> None:
        """Answer with 429. This is no breach of `limits` and does not count in `too_many`."""
        self._faults.append(Fault("limit", method, channel, retry_after=retry_after, times=times))

    def _fault_of(self, method: str, channel: object) -> Fault | None:
        for fault in self._faults:
            if fault.method == method and fault.channel in {None, channel}:
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
                return fault
        return Fault("cut", method, None) if self._away else self.mischief(method, channel)

    async def go_away(self) -> None:
        """Refuse connections, and cut those that there are, until `come_back`."""
        self._away = True
        if self._site is not None:
            await self._site.stop()
        self.cut_links()

    async def come_back(self) -> None:
        assert self._runner is not None
        self._away = False
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()

    async def _misbehave(self, fault: Fault, request: web.Request, call: Call) -> web.Response:
        if fault.kind == "hang":
            self._tell()
            await self._closing.wait()
        if fault.kind in {"hang", "cut"}:
            _abort(request)
            self._tell()
            return web.Response()
        if fault.kind == "limit":
            return self._answered(call, 429, _failure("ratelimited"), retry_after=fault.retry_after)
        if isinstance(fault.error, str):
            return self._answered(call, 200, _failure(fault.error))
        call.status = fault.error
        self._tell()
        return web.Response(status=fault.error, text="<h1>Server Error</h1>", content_type="text/html")

    # The Web API

    async def _api(self, request: web.Request) -> web.Response:
        params = await _parameters(request)
        # apis/web-api: a bearer token in the header, or an argument.
        header = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        token = header or params.pop("token", None)
        call = Call(request.match_info["method"], params, self.team_of(token))
        self.calls.append(call)
        self._tell()
        fault = self._fault_of(call.method, params.get("channel"))
        if fault and not fault.after_effect:
            return await self._misbehave(fault, request, call)
        retry_after = None
        try:
            status, body = 200, {"ok": True, **self.perform(call.method, params, token)}
        except RefusedError as refused:
            status, body = 200, refused.answer
        except LimitedError as limited:
            # apis/web-api/rate-limits: 429 with Retry-After in seconds.
            status, body, retry_after = 429, _failure("ratelimited"), limited.retry_after
        if fault:
            return await self._misbehave(fault, request, call)
        return self._answered(call, status, body, retry_after)

    def _answered(self, call: Call, status: int, body: Json, retry_after: int | None = None) -> web.Response:
        call.status, call.error = status, body.get("error")
        self._tell()
        headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
        if call.team:
            headers["X-OAuth-Scopes"] = ",".join(sorted(self.workspaces[call.team].scopes))
        return web.json_response(body, status=status, headers=headers)

    def _open_connection(self, token: str) -> Json:  # reference/methods/apps.connections.open
        if token != APP_TOKEN:
            known = self.team_of(token) is not None
            raise RefusedError("not_allowed_token_type" if known else "invalid_auth")
        ticket = f"ticket-{next(self._numbers)}"
        self._tickets.add(ticket)
        return {"url": f"ws://127.0.0.1:{self._port}/link?ticket={ticket}&app_id={APP}"}

    # Socket Mode

    async def _link(self, request: web.Request) -> web.StreamResponse:
        if self._fault_of("link", None):
            _abort(request)
            return web.Response()
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)  # good for one connection
        socket = web.WebSocketResponse(timeout=0.5)
        await socket.prepare(request)
        number = next(self._numbers)
        if len(self._links) >= MOST_LINKS:
            await self._send(socket, {"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self._links[number] = (socket, request)
        # num_connections is of the app, over all processes: apis/events-api/using-socket-mode.
        hello = {
            "type": "hello",
            "num_connections": len(self._links),
            "debug_info": {
                "host": f"applink-{number}",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": APP},
        }
        try:
            await self._send(socket, hello)
            self._tell()
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledged(message.data)
                    self._tell()
        finally:
            self._links.pop(number, None)
            self._tell()
        return socket

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to be made anew, and close it: apis/events-api/using-socket-mode."""
        for number, (socket, _) in list(self._links.items()):
            self._links.pop(number, None)
            await self._send(
                socket, {"type": "disconnect", "reason": reason, "debug_info": {"host": f"applink-{number}"}}
            )
            with suppress(ConnectionError):
                await socket.close()

    def cut_links(self) -> None:
        """Break every connection without a word, as a failing network does."""
        for _, request in self._links.values():
            _abort(request)
        self._links.clear()

    async def _send(self, socket: web.WebSocketResponse, message: Json) -> bool:
        with suppress(ConnectionError, RuntimeError):
            await socket.send_json(message)
            return True
        return False

    async def _deliver(self, kind: str, payload: Json, *, answerable: bool, retry: int = 0) -> Envelope:
        """Through one connection, the next in turn. With none, nobody gets it: Slack tells the user, or tries later."""
        envelope = Envelope(
            f"envelope-{next(self._numbers)}", kind, payload, answerable, None, self.clock(), retry
        )
        self.envelopes.append(envelope)
        if self.posts is not None:
            await self.posts.bring(envelope, self.clock)
            self._tell()
            return envelope
        message: Json = {
            "envelope_id": envelope.id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": answerable,
        }
        if kind == "events_api":
            message |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        numbers = sorted(self._links)
        in_turn = [n for n in numbers if n > self._last_link] + [n for n in numbers if n <= self._last_link]
        for number in in_turn:
            if number in self._links:
                # Set first: the acknowledgement may arrive while this sends.
                envelope.link = self._last_link = number
                if await self._send(self._links[number][0], message):
                    return envelope
        envelope.link = None
        return envelope

    def _acknowledged(self, data: str) -> None:
        try:
            ack = json.loads(data)
            envelope = next(sent for sent in self.envelopes if sent.id == ack["envelope_id"])
        except (ValueError, LookupError, TypeError, StopIteration):
            self.problems.append(f"no acknowledgement of anything: {data}")
            return
        if envelope.acked:
            self.problems.append(f"acknowledged twice: {envelope.kind} {envelope.id}")
            return
        envelope.acked_after = self.clock() - envelope.sent_at
        payload = ack.get("payload")
        envelope.response = payload
        if not payload:
            return
        if not envelope.accepts_response_payload:
            self.problems.append(
                f"acknowledged with a payload, which {envelope.kind} does not take: {payload}"
            )
        elif envelope.kind == "slash_commands":
            # interactivity/implementing-slash-commands: the answer in the acknowledgement is a message.
            channel = self.channels[envelope.payload["channel_id"]]
            try:
                self._say(channel, envelope.payload["user_id"], payload, "ack")
            except RefusedError as refused:
                self.problems.append(f"an acknowledgement's message is {refused.error}: {refused.answer}")

    # Response addresses: interactivity/handling-user-interaction

    async def _respond(self, request: web.Request) -> web.Response:
        call = Call("response_url", await _parameters(request))
        self.calls.append(call)
        self._tell()
        fault = self._fault_of("response_url", None)
        if fault and not fault.after_effect:
            return await self._misbehave(fault, request, call)
        try:
            self._use(self._response_urls.get(request.match_info["key"]), call.params)
        except RefusedError as refused:
            # The status and the names used_url and expired_url are what is seen in practice, not documented.
            return self._answered(call, 404 if refused.error.endswith("_url") else 400, refused.answer)
        if fault:
            return await self._misbehave(fault, request, call)
        return self._answered(call, 200, {"ok": True})

    def _use(self, address: ResponseUrl | None, body: Json) -> None:
        if address is None:
            raise RefusedError("invalid_url")
        if self.clock() - address.made_at > 30 * 60:
            raise RefusedError("expired_url")
        if address.uses >= 5:
            raise RefusedError("used_url")
        address.uses += 1
        original = address.source
        if body.get("delete_original") and original:
            original.deleted = True
        elif body.get("replace_original") and original:
            state = self.compose(address.channel, body, TEXT_LIMIT, ts=original.ts, via="response_url")
            original.edits.append((original.text, original.blocks))
            original.text, original.blocks = state.text, state.blocks
        else:
            self._say(address.channel, address.user, body, "response_url")

    def _say(self, channel: Channel, user: str, body: Json, via: str) -> None:
        message = self.compose(channel, body, TEXT_LIMIT, via=via)
        if body.get("response_type", "ephemeral") != "in_channel":
            message.only_for = user
        self.said.append(message)

    def _tell(self) -> None:
        self._changed.set()


def _failure(error: str) -> Json:
    return {"ok": False, "error": error}


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _parameters(request: web.Request) -> Json:
    """Arguments from the query, a form or JSON, as apis/web-api allows. What is not readable is no argument."""
    params: Json = dict(request.query)
    if request.content_type == "application/json":
        with suppress(ValueError):
            body: Any = json.loads(await request.text() or "{}")
            params |= body if isinstance(body, dict) else {}
    else:
        params |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    for name in ("metadata", "blocks", "view"):
        if isinstance(params.get(name), str):
            with suppress(ValueError):
                params[name] = json.loads(params[name])
    return params
