"""One Slack app in one workspace: listens in Socket Mode, answers, and is the outbox's messenger.

Whatever comes is acknowledged at once and then worked on, in order within a channel.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import aiohttp
import structlog
from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.commands import COMMAND_NAMES
from bot.chat.lanes import Lanes, supervised
from bot.chat.pacing import Pace
from bot.chat.paging import read_data
from bot.chat.posts import Route
from bot.chat.reception import Heard, Reception
from bot.chat.slack.errors import FAILURES, TOKEN_REFUSED, code_of, refusal
from bot.chat.slack.listening import from_slash, from_text, is_for_us
from bot.chat.slack.messenger import Ear, SlackMessenger, windows_of
from bot.chat.slack.places import address_of, target_of
from bot.chat.slack.render import BULLETIN
from bot.domain.documents import Document, code, document
from bot.domain.speech import Speech, phrase

log = structlog.get_logger(__name__)

API = "https://slack.com/api/"
CALL_SECONDS = 20.0
DRAIN_SECONDS = 5.0
RETRY_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0)

NEWCOMER_WAITS = (5.0, 15.0)
"""Seconds to wait, again and again, for the connection of a process that has just ended to go away."""

SILENT_SECONDS = 60.0
"""Without a connection for so long, a new address to connect to is asked for."""

HELLO_SECONDS = 30.0
"""For how long Slack's greeting, which tells of other connections, is waited for."""

REMEMBERED_EVENTS = 2_000

UNINSTALLED = phrase("the app was removed from the workspace")
REMOVED = phrase("I was removed from the channel")
ARCHIVED = phrase("the channel is archived")
SECOND = (
    "Another program is connected as this Slack app, perhaps a second Sokuho; each would hear only half of what is "
    "said. Stop that one, or make an app of its own for this one."
)

Body = Mapping[str, Any]


class SlackBot:
    """`fail` is told, in a sentence, of what ends the bot for good."""

    def __init__(
        self,
        bot_token: str,
        app_token: str,
        fail: Callable[[str], None],
        *,
        api: str = API,
        pace: Pace = windows_of,
        waits: tuple[float, ...] = NEWCOMER_WAITS,
        ping_seconds: float = 5.0,
    ) -> None:
        self._app_token = app_token
        self._fail = fail
        self._waits = waits
        self._ping_seconds = ping_seconds
        # One session for all calls; its time-out is the one that counts. Retries are ours to decide (FACTS).
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS))
        self._client = AsyncWebClient(bot_token, base_url=api, session=self._session, retry_handlers=[])
        self._lanes = Lanes("slack")
        self._answers = Lanes("slack")
        self._heard_events: OrderedDict[str, None] = OrderedDict()
        self._member_of: set[str] = set()
        self._socket: SocketModeClient | None = None
        self._hello: asyncio.Future[int] | None = None
        self._serving: asyncio.Task[None] | None = None
        self._bot_user = ""
        self._team = ""
        self.name = "Slack"
        self.routes: list[Route] = []
        self.connected = False
        self.messenger = SlackMessenger(self._client, pace)
        self._reception: Reception

    async def start(self, reception: Reception) -> str | None:
        """Begin to listen; answers what stands against it, if anything. A network that is away is waited for."""
        self._reception = reception
        try:
            await self._introduce()
        except FAILURES as error:
            if code_of(error) in TOKEN_REFUSED:
                await self._session.close()
                return refusal(code_of(error))
            log.warning("slack_unreachable", error=code_of(error) or type(error).__name__)
        await reception.open("slack")
        self._serving = asyncio.create_task(supervised("Slack", self._serve(), self._fail))
        return None

    async def stop(self) -> None:
        """Stop listening and finish what is under way."""
        if self._serving is not None:
            self._serving.cancel()
            with suppress(asyncio.CancelledError):
                await self._serving
        await self._hang_up()
        await self._lanes.drain(DRAIN_SECONDS)
        await self._answers.drain(DRAIN_SECONDS)
        await self._session.close()

    async def _introduce(self) -> None:
        """Find out who we are, and that both tokens are taken."""
        me = await self._client.auth_test()
        self._bot_user, self._team = str(me["user_id"]), str(me["team_id"])
        self.name = f"@{me['user']} in {me['team']}"
        self.messenger.workspace = me.get("url")
        await self._client.apps_connections_open(app_token=self._app_token)
        # What the token stood in the way of is possible again.
        await self._reception.mended("slack", {*TOKEN_REFUSED, UNINSTALLED})

    async def _serve(self) -> None:
        """Connect, and see to it that we stay so. The library reconnects by itself, but may hold on to a dead address."""
        failures = 0
        while not self._team:
            try:
                await self._introduce()
            except FAILURES as error:
                if code_of(error) in TOKEN_REFUSED:
                    self._fail(refusal(code_of(error)))
                    return
                log.warning("slack_unreachable", error=code_of(error) or type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
        if not await self._connect_alone():
            self._fail(SECOND)
            return
        last = time.monotonic()
        while self._socket is not None:
            await asyncio.sleep(1.0)
            self.connected = bool(await self._socket.is_connected())
            if self.connected:
                last = time.monotonic()
            elif time.monotonic() - last > SILENT_SECONDS:
                log.warning("slack_silent")
                self._socket.wss_uri = None
                last = time.monotonic()
                with suppress(*FAILURES):
                    await self._ask_for_refusal()

    async def _ask_for_refusal(self) -> None:
        """Find out whether it is the token that keeps us from connecting; the library would try for ever."""
        try:
            await self._client.apps_connections_open(app_token=self._app_token)
        except SlackApiError as error:
            if code_of(error) in TOKEN_REFUSED:
                self._fail(refusal(code_of(error)))
            raise

    async def _connect_alone(self) -> bool:
        """Connect; False where another program stays connected as this app."""
        for wait in (*self._waits, None):
            others = await self._connect() - 1
            if others < 1:
                return True
            log.warning("slack_connected_elsewhere", connections=others)
            await self._hang_up()
            if wait is not None:
                await asyncio.sleep(wait)
        return False

    async def _connect(self) -> int:
        """Open the socket; answers how many connections this app has with it."""
        self._hello = asyncio.get_running_loop().create_future()
        handler = AsyncSocketModeHandler(
            self._bolt(), self._app_token, web_client=self._client, ping_interval=self._ping_seconds
        )
        self._socket = handler.client
        self._socket.on_message_listeners.append(self._greeted)
        await self._socket.connect()  # type: ignore[no-untyped-call]
        self.connected = True
        with suppress(TimeoutError):
            return await asyncio.wait_for(self._hello, HELLO_SECONDS)
        return 1

    async def _greeted(self, message: WSMessage) -> None:
        if self._hello is None or self._hello.done() or '"hello"' not in str(message.data):
            return
        said = json.loads(message.data)
        if said.get("type") == "hello":
            self._hello.set_result(int(said.get("num_connections", 1)))

    async def _hang_up(self) -> None:
        self.connected = False
        if self._socket is not None:
            await self._socket.close()  # type: ignore[no-untyped-call]
            self._socket = None

    def _bolt(self) -> AsyncApp:
        """What Slack may send, and who takes it. An event that nobody takes would be sent again and again."""
        app = AsyncApp(client=self._client)
        app.command(re.compile(".*"))(self._on_slash)
        app.action(re.compile(".*"))(self._on_press)
        events: dict[str, Callable[[Body], Awaitable[None]]] = {
            "app_mention": self._mentioned,
            "message": self._told,
            "member_joined_channel": self._joined,
            "channel_left": self._left,
            "group_left": self._left,
            "channel_deleted": self._left,
            "channel_archive": self._archived,
            "group_archive": self._archived,
            "channel_unarchive": self._unarchived,
            "group_unarchive": self._unarchived,
            "app_uninstalled": self._uninstalled,
            "tokens_revoked": self._uninstalled,
        }
        for name, work in events.items():
            app.event(name)(self._taking(work))
        return app

    def _taking(self, work: Callable[[Body], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def take(body: dict[str, Any]) -> None:
            # Slack repeats an event whose acknowledgement it has missed.
            event_id = str(body.get("event_id", ""))
            if event_id in self._heard_events:
                return
            self._heard_events[event_id] = None
            if len(self._heard_events) > REMEMBERED_EVENTS:
                self._heard_events.popitem(last=False)
            self._lanes.submit(_channel_of(body["event"]), _awaited(work(body)))

        return take

    async def _on_slash(self, ack: Callable[[], Awaitable[object]], body: dict[str, Any]) -> None:
        await ack()
        self._lanes.submit(body["channel_id"], self._slash(body))

    async def _on_press(self, ack: Callable[[], Awaitable[object]], body: dict[str, Any]) -> None:
        await ack()
        channel = (body.get("channel") or {}).get("id")
        if channel:
            self._lanes.submit(channel, self._press(channel, body))

    async def _slash(self, body: Body) -> None:
        address = address_of(self._team, body["channel_id"])
        text = from_slash(body["command"], body.get("text") or "")
        title = body.get("channel_name") or ""
        heard = self._heard(address, text, body["user_id"], title=title)
        if not await self._may_speak(address):
            refusal = await self._reception.remark(heard, not_a_member)
            self._say(Ear(address, response_url=body.get("response_url")), refusal)
            return
        answer = await self._reception.answer(heard)
        if answer is None:
            return
        # Nobody but the person who asks need see what is merely asked.
        to_all = answer.changed or _is_direct(address)
        self._say(Ear(address, person=None if to_all else body["user_id"]), answer)

    async def _mentioned(self, body: Body) -> None:
        event = body["event"]
        if event.get("bot_id") or event.get("edited"):
            return
        await self._hear(event)

    async def _told(self, body: Body) -> None:
        event = body["event"]
        if is_for_us(event):
            await self._hear(event)

    async def _hear(self, event: Body) -> None:
        """Answer a text where it was said: in its thread, which is also the bulletin that it asks about."""
        address = address_of(self._team, event["channel"])
        text = from_text(event.get("text") or "", self._bot_user, COMMAND_NAMES)
        thread = event.get("thread_ts")
        answer = await self._reception.answer(self._heard(address, text, event["user"], reply_to=thread))
        person = event["user"] if answer is not None and answer.whisper and not _is_direct(address) else None
        self._say(Ear(address, thread=thread, person=person), answer)

    async def _press(self, channel: str, body: Body) -> None:
        """Run the command behind a button, as if the person who pressed it had typed it, in answer to its message."""
        address = address_of(self._team, channel)
        pressed = body["actions"][0]
        container = body.get("container") or {}
        thread, person = container.get("thread_ts"), body["user"]["id"]
        data = read_data(str(pressed.get("value") or ""))
        if data is None or not data[0].startswith("/"):
            unknown = await self._reception.remark(self._heard(address, "", person), unknown_button)
            self._say(Ear(address, thread=thread, person=person), unknown)
            return
        command, page = data
        heard = self._heard(address, command, person, reply_to=container.get("message_ts"))
        answer = await self._reception.answer(heard)
        if answer is None:
            return
        of_bulletin = str(pressed.get("action_id") or "").startswith(f"{BULLETIN}:")
        if of_bulletin:
            thread = None  # an update stands in a thread, but is read in the channel
        quiet = answer.whisper or ((of_bulletin or container.get("is_ephemeral")) and not answer.changed)
        alone = quiet and not _is_direct(address)
        if page is not None and not container.get("is_ephemeral"):
            turn = self.messenger.turn_page(address, container["message_ts"], answer, page)
            self._answers.submit(address, turn)
            return
        self._say(Ear(address, thread=thread, person=person if alone else None), answer, page or 0)

    async def _joined(self, body: Body) -> None:
        event = body["event"]
        if event.get("user") != self._bot_user:
            return
        address = address_of(self._team, event["channel"])
        self._member_of.add(address)
        if not await self._reception.returned("slack", address):
            heard = self._heard(address, "/start", event.get("inviter"))
            self._say(Ear(address), await self._reception.answer(heard))

    def _heard(
        self, address: str, text: str, person: str | None, *, title: str = "", reply_to: str | None = None
    ) -> Heard:
        language = partial(self._language_of, person)
        return Heard("slack", address, title, text, reply_to, client_language=language, person=person)

    async def _language_of(self, person: str | None) -> str | None:
        """The language of somebody's Slack; None where it does not say, as for an app made before it asked for this."""
        if person is None:
            return None
        try:
            info = await self._client.users_info(user=person, include_locale=True)
        except FAILURES as error:
            log.info("locale_unknown", error=code_of(error) or type(error).__name__)
            return None
        locale = (info.get("user") or {}).get("locale")
        return None if locale is None else str(locale)

    async def _left(self, body: Body) -> None:
        await self._silenced(body, REMOVED)

    async def _archived(self, body: Body) -> None:
        await self._silenced(body, ARCHIVED)

    async def _silenced(self, body: Body, reason: str) -> None:
        address = address_of(self._team, _channel_of(body["event"]))
        self._member_of.discard(address)
        await self._reception.left("slack", address, reason)

    async def _unarchived(self, body: Body) -> None:
        """Whoever unarchives a channel does not bring us back into it; if we are there still, it goes on."""
        address = address_of(self._team, _channel_of(body["event"]))
        if await self._may_speak(address):
            await self._reception.returned("slack", address)

    async def _uninstalled(self, body: Body) -> None:
        event = body["event"]
        if event.get("type") == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
            return  # somebody took back a token of his own, of which we have none
        log.error("slack_token_gone", event=event.get("type"))
        self._member_of.clear()
        await self._reception.left("slack", self._team, UNINSTALLED)

    async def _may_speak(self, address: str) -> bool:
        """Whether a message to this channel would be taken: slash commands work where we are no member, too."""
        if address in self._member_of:
            return True
        try:
            info = await self._client.conversations_info(channel=target_of(address).channel)
        except FAILURES as error:
            log.info("channel_unknown", error=code_of(error) or type(error).__name__)
            # Where Slack does not say, the message itself will tell.
            return code_of(error) not in ("channel_not_found", "not_in_channel", "is_archived")
        channel = info.get("channel") or {}
        member = bool(channel.get("is_member") or channel.get("is_im")) and not channel.get("is_archived")
        if member:
            self._member_of.add(address)
        return member

    def _say(self, ear: Ear, answer: Document | None, page: int = 0) -> None:
        """Have an answer, if there is one, said in its turn; nobody waits for that here."""
        if answer is None:
            return
        self._answers.submit(ear.address, self.messenger.say(ear, answer, page))


def not_a_member(speech: Speech) -> Document:
    """What is said by Slack itself where the bot may not speak."""
    return document(
        speech.say("👋 I am not in this channel, so no bulletin could be posted here."),
        speech.tell(
            "Type {command} in the channel, then try again; or write to me directly.",
            command=code("/invite @Sokuho"),
        ),
        whisper=True,
    )


def unknown_button(speech: Speech) -> Document:
    """What is said of one that an earlier version made, or somebody forged."""
    return document(speech.say("🤔 This button is not known any more. Type /sokuho help for what there is."))


async def _awaited(work: Awaitable[None]) -> None:
    await work


def _channel_of(event: Body) -> str:
    """The channel an event is about; events name it in several ways."""
    channel = event.get("channel") or event.get("channel_id") or ""
    return str(channel.get("id", "")) if isinstance(channel, dict) else str(channel)


def _is_direct(address: str) -> bool:
    """Whether it is a conversation with one person."""
    return target_of(address).channel.startswith("D")
