"""Speaking on Slack: bulletins for the outbox, and answers; both wait for their turn at the same pacer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
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
from bot.chat.slack.errors import FAILURES, UNINSTALLED, outcome_of
from bot.chat.slack.places import message_address, target_of
from bot.chat.slack.render import Payload
from bot.chat.slack.workspaces import Workspace, Workspaces
from bot.domain.chats import Chat
from bot.domain.deliveries import NotSent, Outcome, Refused, Sent
from bot.domain.documents import Action, Document
from bot.domain.pacing import Rate, Urgency, Window

log = structlog.get_logger(__name__)

# docs.slack.dev/apis/web-api/rate-limits: about one message a second in a channel, several hundred a minute in a
# workspace; chat.update is of tier 3, 50 a minute. With a margin, since calls take now a little less and now more time.
MARGIN = 1.03
PER_CHANNEL = Rate(1, 1.0 * MARGIN)
PER_WORKSPACE = Rate(200, 60.0 * MARGIN)
UPDATES = Rate(50, 60.0 * MARGIN)


Call = Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]
"""A call to Slack, with the client of the workspace that it is for."""


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
    """`ports.Messenger`, and the voice of answers. Each workspace has a pacer of its own, as it has limits of its own."""

    def __init__(self, workspaces: Workspaces, pace: Pace = windows_of) -> None:
        self._workspaces = workspaces
        self._pace = pace
        self._pacers: dict[str, Pacer] = {}

    def _pacer(self, address: str) -> Pacer:
        team = target_of(address).team
        if team not in self._pacers:
            self._pacers[team] = Pacer(self._pace)
        return self._pacers[team]

    def _workspace(self, address: str) -> Workspace | None:
        return self._workspaces.get(target_of(address).team)

    def render(self, document: Document) -> str | None:
        payload = render.bulletin(document)
        return None if payload is None else payload.dump()

    def wait(self, chat: Chat) -> timedelta:
        return timedelta(seconds=self._pacer(chat.address).wait(chat.address))

    def turn(self, chat: Chat, urgency: Urgency) -> AbstractAsyncContextManager[None]:
        return self._pacer(chat.address).turn(chat.address, urgency)

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
        workspace = self._workspace(chat.address)
        return (
            message_address(workspace.url, chat.address, message_id) if workspace and workspace.url else None
        )

    async def say(self, ear: Ear, document: Document, page: int = 0) -> None:
        """Send an answer, in as many messages as it takes. Returns when all is sent, or given up."""
        for payload in render.answer(document, page):
            await self._pacer(ear.address).insist(ear.address, partial(self._post, ear, payload))

    async def turn_page(self, address: str, ts: str, document: Document, page: int) -> None:
        """Have an answer with buttons show another page of them."""
        payload = render.answer(document, page)[-1]
        await self._pacer(address).insist(address, partial(self._update, address, ts, payload))

    async def _post(
        self, ear: Ear, payload: Payload, *, previews: bool = False, in_channel: bool = False
    ) -> Outcome:
        if ear.response_url is not None:
            return await _respond(ear.response_url, payload)
        channel = target_of(ear.address).channel
        if ear.person is not None:
            return await self._outcome(
                ear.address,
                lambda client: client.chat_postEphemeral(
                    channel=channel,
                    user=ear.person or "",
                    text=payload.preview,
                    blocks=payload.blocks,
                    thread_ts=ear.thread,
                ),
            )
        return await self._outcome(
            ear.address,
            lambda client: client.chat_postMessage(
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
            lambda client: client.chat_update(
                channel=channel, ts=ts, text=payload.preview, blocks=payload.blocks
            ),
            hold=False,  # limits are per method: new messages may still be posted
        )

    async def _outcome(self, address: str, call: Call, *, hold: bool = True) -> Outcome:
        workspace = self._workspace(address)
        if workspace is None:
            if self._workspaces.known:
                return Refused(UNINSTALLED, pause_chat=True)
            return NotSent("Slack could not be reached")
        try:
            answered = await call(workspace.client)
        except FAILURES as error:
            outcome = outcome_of(error)
            if hold and isinstance(outcome, NotSent) and outcome.wait is not None:
                self._pacer(address).hold(address, outcome.wait.total_seconds())
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
