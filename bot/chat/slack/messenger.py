"""Speaking on Slack: bulletins for the outbox, and answers; both wait for their turn at the same pacer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.chat.pacing import Pace, Pacer, answers_waited
from bot.chat.slack import render
from bot.chat.slack.errors import FAILURES, GONE, UNINSTALLED, code_of, outcome_of
from bot.chat.slack.places import message_address, target_of
from bot.chat.slack.render import Payload
from bot.chat.slack.workspaces import Workspace, Workspaces
from bot.domain.chats import Chat
from bot.domain.deliveries import Gone, NotSent, Outcome, Refused, Sent
from bot.domain.documents import Action, Document
from bot.domain.facts import Observer, no_observer
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

LOOKUPS = Rate(50, 60.0 * MARGIN)
"""conversations.history is of tier 3 too. An app that is distributed outside the Marketplace has one a minute, and is
told so by a 429 (docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps)."""

KEYED = "sokuho_message"
"""The `event_type` of the metadata that hold a message's key."""

CLOCKS_APART = timedelta(hours=1)
"""How much earlier than by our clock a message may have been said by Slack's."""

MOST_LOOKED_AT = 200


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


def lookups(address: str, urgency: Urgency) -> tuple[Window, ...]:  # noqa: ARG001 - none is more urgent
    """What a look at a channel's history counts in."""
    return (Window(target_of(address).team, LOOKUPS, own=True),)


class SlackMessenger:
    """`ports.Messenger`, and the voice of answers. Each workspace has a pacer of its own, as it has limits of its own."""

    def __init__(
        self, workspaces: Workspaces, pace: Pace = windows_of, observe: Observer = no_observer
    ) -> None:
        self._workspaces = workspaces
        self._pace = pace
        self._waited = answers_waited("slack", observe)
        self._pacers: dict[str, Pacer] = {}
        self._lookups = Pacer(lookups)

    def _pacer(self, address: str) -> Pacer:
        team = target_of(address).team
        if team not in self._pacers:
            self._pacers[team] = Pacer(self._pace, waited=self._waited)
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
        key: str = "",
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
            key=key,
        )

    async def edit(
        self,
        chat: Chat,
        message_id: str,
        text: str,
        before: str | None = None,  # noqa: ARG002 - Slack knows
        *,
        actions: Sequence[Action] = (),
    ) -> Outcome | Gone:
        payload = render.with_buttons(Payload.load(text), actions)
        return await self._update(chat.address, message_id, payload)

    async def find(self, chat: Chat, key: str, since: datetime) -> Sent | NotSent | None:
        """Ask for what was said since, where the app may read that and has not asked for much of late."""
        workspace = self._workspace(chat.address)
        if workspace is None or self._lookups.wait(chat.address):
            return None
        try:
            async with self._lookups.turn(chat.address, Urgency.NEWS):
                said = await workspace.client.conversations_history(
                    channel=target_of(chat.address).channel,
                    oldest=f"{(since - CLOCKS_APART).timestamp():.6f}",
                    include_all_metadata=True,
                    limit=MOST_LOOKED_AT,
                )
        except FAILURES as error:
            log.info("not_looked_up", error=code_of(error) or type(error).__name__)
            return None
        for message in said["messages"]:
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == KEYED and metadata.get("event_payload", {}).get("key") == key:
                return Sent(str(message["ts"]))
        return None if said.get("has_more") else NotSent("Slack does not have it")

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
        self, ear: Ear, payload: Payload, *, previews: bool = False, in_channel: bool = False, key: str = ""
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
                metadata={"event_type": KEYED, "event_payload": {"key": key}} if key else None,
            ),
        )

    async def _update(self, address: str, ts: str, payload: Payload) -> Outcome | Gone:
        channel = target_of(address).channel
        outcome = await self._outcome(
            address,
            lambda client: client.chat_update(
                channel=channel, ts=ts, text=payload.preview, blocks=payload.blocks
            ),
            hold=False,  # limits are per method: new messages may still be posted
        )
        if isinstance(outcome, Refused) and outcome.reason == GONE:
            return Gone(outcome.reason)
        return outcome

    async def _outcome(self, address: str, call: Call, *, hold: bool = True) -> Outcome:
        workspace = self._workspace(address)
        if workspace is None:
            if self._workspaces.known:
                return Refused(UNINSTALLED, pause_chat=True)
            return NotSent("Slack could not be reached")
        try:
            async with self._pacer(address).call(address):
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
