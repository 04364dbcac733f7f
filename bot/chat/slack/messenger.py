"""Speaking on Slack: bulletins for the outbox, and answers; both wait for their turn at the same pacer."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.chat.pacing import Pace, Pacer
from bot.chat.slack import render
from bot.chat.slack.errors import FAILURES, outcome_of
from bot.chat.slack.places import message_address, target_of
from bot.chat.slack.render import Payload
from bot.domain.chats import Chat
from bot.domain.deliveries import NotSent, Outcome, Sent
from bot.domain.documents import Action, Document
from bot.domain.pacing import Rate, Urgency, Window

log = structlog.get_logger(__name__)

# docs.slack.dev/apis/web-api/rate-limits: about one message a second in a channel, several hundred a minute in a
# workspace; chat.update is of tier 3, 50 a minute. With a margin, since calls take now a little less and now more time.
MARGIN = 1.03
PER_CHANNEL = Rate(1, 1.0 * MARGIN)
PER_WORKSPACE = Rate(200, 60.0 * MARGIN)
UPDATES = Rate(50, 60.0 * MARGIN)


@dataclass(frozen=True, slots=True)
class Ear:
    """Who hears an answer: the channel, in a `thread` of it if there is one, or only a `person` in it.

    `response_url` is Slack's address for answers to one slash command, where the bot itself may not speak.
    """

    address: str
    thread: str | None = None
    person: str | None = None
    response_url: str | None = None


def windows_of(address: str, urgency: Urgency) -> tuple[Window, ...]:
    """What a call to a channel counts in; an edit also in the updates of its workspace."""
    team = target_of(address).team
    windows = (Window(team, PER_WORKSPACE, own=False), Window(address, PER_CHANNEL, own=True))
    if urgency is Urgency.EDIT:
        return (*windows, Window(f"{team} updates", UPDATES, own=False))
    return windows


class SlackMessenger:
    """`ports.Messenger`, and the voice of answers. `workspace` is its web address, once that is known."""

    def __init__(self, client: AsyncWebClient, pace: Pace = windows_of) -> None:
        self.workspace: str | None = None
        self._client = client
        self._pacer = Pacer(pace)

    def render(self, document: Document) -> str | None:
        payload = render.bulletin(document)
        return None if payload is None else payload.dump()

    def wait(self, chat: Chat) -> timedelta:
        return timedelta(seconds=self._pacer.wait(chat.address))

    def turn(self, chat: Chat, urgency: Urgency) -> AbstractAsyncContextManager[None]:
        return self._pacer.turn(chat.address, urgency)

    async def send(
        self,
        chat: Chat,
        text: str,
        *,
        answers: str | None = None,
        silent: bool = False,  # noqa: ARG002 - Slack leaves that to each reader
        actions: Sequence[Action] = (),
    ) -> Outcome:
        # In the thread of what it answers, where few would see it, and in the channel.
        ear = Ear(chat.address, thread=answers)
        return await self._post(
            ear,
            render.with_buttons(Payload.load(text), actions),
            previews=chat.previews,
            in_channel=answers is not None,
        )

    async def edit(
        self,
        chat: Chat,
        message_id: str,
        text: str,
        before: str | None = None,  # noqa: ARG002 - Slack knows
        *,
        actions: Sequence[Action] = (),
    ) -> Outcome:
        payload = render.with_buttons(Payload.load(text), actions)
        return await self._update(chat.address, message_id, payload)

    def address_of(self, chat: Chat, message_id: str) -> str | None:
        return message_address(self.workspace, chat.address, message_id) if self.workspace else None

    async def say(self, ear: Ear, document: Document, page: int = 0) -> None:
        """Send an answer, in as many messages as it takes. Returns when all is sent, or given up."""
        for payload in render.answer(document, page):
            await self._pacer.insist(ear.address, partial(self._post, ear, payload))

    async def turn_page(self, address: str, ts: str, document: Document, page: int) -> None:
        """Have an answer with buttons show another page of them."""
        payload = render.answer(document, page)[-1]
        await self._pacer.insist(address, partial(self._update, address, ts, payload))

    async def _post(
        self, ear: Ear, payload: Payload, *, previews: bool = False, in_channel: bool = False
    ) -> Outcome:
        if ear.response_url is not None:
            return await _respond(ear.response_url, payload)
        channel = target_of(ear.address).channel
        if ear.person is not None:
            return await self._outcome(
                ear.address,
                self._client.chat_postEphemeral(
                    channel=channel,
                    user=ear.person,
                    text=payload.preview,
                    blocks=payload.blocks,
                    thread_ts=ear.thread,
                ),
            )
        return await self._outcome(
            ear.address,
            self._client.chat_postMessage(
                channel=channel,
                text=payload.preview,
                blocks=payload.blocks,
                thread_ts=ear.thread,
                reply_broadcast=in_channel,
                unfurl_links=previews,
                unfurl_media=previews,
            ),
        )

    async def _update(self, address: str, ts: str, payload: Payload) -> Outcome:
        channel = target_of(address).channel
        return await self._outcome(
            address,
            self._client.chat_update(channel=channel, ts=ts, text=payload.preview, blocks=payload.blocks),
            hold=False,  # limits are per method: new messages may still be posted
        )

    async def _outcome(
        self, address: str, call: Awaitable[AsyncSlackResponse], *, hold: bool = True
    ) -> Outcome:
        try:
            answered = await call
        except FAILURES as error:
            outcome = outcome_of(error)
            if hold and isinstance(outcome, NotSent) and outcome.wait is not None:
                self._pacer.hold(address, outcome.wait.total_seconds())
            return outcome
        return Sent(str(answered.get("ts") or answered.get("message_ts") or ""))


async def _respond(url: str, payload: Payload) -> Outcome:
    """Answer a slash command at the address that came with it. Bolt's own way to do so would post twice (FACTS)."""
    try:
        answered = await AsyncWebhookClient(url, timeout=20, retry_handlers=[]).send(
            text=payload.preview, blocks=payload.blocks, response_type="ephemeral"
        )
    except FAILURES as error:
        return outcome_of(error)
    return Sent("") if answered.status_code == 200 else NotSent(f"Slack answered {answered.status_code}")  # noqa: PLR2004 - HTTP's OK
