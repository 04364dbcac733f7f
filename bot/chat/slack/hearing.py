"""What is done with what comes from Slack: commands, mentions, presses, forms, and who comes and goes.

All of it is acknowledged at once, but for a form, and then worked on, in order within a channel.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp

from bot.chat.commands import COMMAND_NAMES, anybody
from bot.chat.lanes import Lanes
from bot.chat.paging import read_data
from bot.chat.reception import Heard, Reception
from bot.chat.slack.errors import FAILURES, UNINSTALLED, code_of
from bot.chat.slack.form import CALLBACK, COMMAND, MAX_ERROR, changes, form
from bot.chat.slack.listening import from_slash, from_text, is_for_us, is_stranger, team_of
from bot.chat.slack.messenger import Ear, SlackMessenger
from bot.chat.slack.places import address_of, target_of
from bot.chat.slack.render import BULLETIN
from bot.chat.slack.workspaces import Authorizing, Workspaces
from bot.domain.bulletins import cut_at_word
from bot.domain.documents import Document, code, document
from bot.domain.speech import Speech, phrase

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 5.0

FORM_SECONDS = 2.5
"""Slack waits three for what it is to show in a form."""

REMEMBERED_EVENTS = 2_000

REMOVED = phrase("I was removed from the channel")
ARCHIVED = phrase("the channel is archived")

Body = Mapping[str, Any]

Forget = Callable[[str, datetime], Awaitable[bool]]
"""Forgets a workspace that removed the app at that time; False where it is there again since."""


class Hearing:
    """Between Slack and the reception. `forget`: where workspaces install the app by themselves."""

    def __init__(
        self,
        workspaces: Workspaces,
        messenger: SlackMessenger,
        reception: Reception,
        forget: Forget | None,
    ) -> None:
        self._workspaces = workspaces
        self._messenger = messenger
        self._reception = reception
        self._forget = forget
        self._lanes = Lanes("slack")
        self._answers = Lanes("slack")
        self._heard_events: OrderedDict[str, None] = OrderedDict()
        self._member_of: set[str] = set()

    async def drain(self) -> None:
        """Finish what is under way."""
        await self._lanes.drain(DRAIN_SECONDS)
        await self._answers.drain(DRAIN_SECONDS)

    def app(self) -> AsyncApp:
        """What Slack may send, and who takes it. An event that nobody takes would be sent again and again."""
        # What is posted was verified before it comes here.
        app = AsyncApp(
            client=self._workspaces.client(),
            authorize=Authorizing(self._workspaces),
            request_verification_enabled=False,
        )
        app.command(re.compile(".*"))(self._on_slash)
        app.action(re.compile(".*"))(self._on_press)
        app.view(CALLBACK)(self._on_form)
        events: dict[str, Callable[[str, Body], Awaitable[None]]] = {
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
            "channel_id_changed": self._renumbered,
            "app_uninstalled": self._uninstalled,
            "tokens_revoked": self._uninstalled,
        }
        for name, work in events.items():
            app.event(name)(self._taking(work))
        return app

    def _taking(self, work: Callable[[str, Body], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def take(body: dict[str, Any]) -> None:
            # Slack repeats an event whose acknowledgement it has missed.
            event_id = str(body.get("event_id", ""))
            team = self._team_of(body)
            if event_id in self._heard_events or team is None:
                return
            self._heard_events[event_id] = None
            if len(self._heard_events) > REMEMBERED_EVENTS:
                self._heard_events.popitem(last=False)
            self._lanes.submit(f"{team}/{_channel_of(body['event'])}", _awaited(work(team, body)))

        return take

    def _team_of(self, body: Body) -> str | None:
        only = self._workspaces.only() if self._forget is None else None
        if only is not None:
            return only.team  # whatever else is named in it: there is one token to answer with
        team = team_of(body, lambda named: self._workspaces.get(named) is not None)
        if team is None:
            log.warning("workspace_unknown", team=body.get("team_id"))
        return team

    async def _on_slash(self, ack: Callable[[], Awaitable[object]], body: dict[str, Any]) -> None:
        await ack()
        team = self._team_of(body)
        if team is not None:
            address = address_of(team, body["channel_id"])
            self._lanes.submit(address, self._slash(address, body))

    async def _on_press(self, ack: Callable[[], Awaitable[object]], body: dict[str, Any]) -> None:
        await ack()
        channel, team = (body.get("channel") or {}).get("id"), self._team_of(body)
        if channel and team is not None:
            address = address_of(team, channel)
            self._lanes.submit(address, self._press(address, body))

    async def _on_form(self, ack: Callable[..., Awaitable[object]], body: dict[str, Any]) -> None:
        """What is wrong is shown in the form, so it is worked on before it is acknowledged, as long as there is time."""
        view = body.get("view") or {}
        address = str(view.get("private_metadata") or "")
        wrong: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        if self._team_of(body) != target_of(address).team:
            await ack()
            return
        self._lanes.submit(address, self._fill_in(address, body, wrong))
        try:
            errors = await asyncio.wait_for(asyncio.shield(wrong), FORM_SECONDS)
        except TimeoutError:
            errors = {}
        await (ack(response_action="errors", errors=errors) if errors else ack())

    async def _fill_in(self, address: str, body: Body, wrong: asyncio.Future[dict[str, str]]) -> None:
        """Type what was changed in the form, and have all of the chat see how it is set now."""
        person, errors, changed = body["user"]["id"], dict[str, str](), False
        try:
            chat = await self._reception.chat("slack", address)
            values = (body["view"].get("state") or {}).get("values") or {}
            for change in [] if chat is None else list(changes(chat, values)):
                answer = await self._reception.answer(self._heard(address, change.command, person, body))
                if answer is not None and answer.changed:
                    changed = True
                    continue
                speech = await self._reception.speech(self._heard(address, "", person, body))
                said = speech.say("Please try again in a moment.") if answer is None else answer.plain
                errors[change.field] = cut_at_word(said, MAX_ERROR)
        finally:
            wrong.set_result(errors)
        if changed:
            heard = self._heard(address, "/settings", person, body)
            self._say(Ear(address), await self._reception.answer(heard))

    async def _answered(self, heard: Heard, body: Body) -> Document | None:
        """The answer to a command that came with a trigger, by which it may open a form instead."""
        if heard.text.strip().casefold() == COMMAND and body.get("trigger_id"):
            return await self._open_form(heard.address, body["trigger_id"], heard)
        return await self._reception.answer(heard)

    async def _open_form(self, address: str, trigger: str, heard: Heard) -> Document | None:
        """Show the form to who may use it; answers what to say instead, where it is not shown."""
        answer = await self._reception.answer(heard)
        chat = await self._reception.chat("slack", address)
        workspace = self._workspaces.get(target_of(address).team)
        if answer is None or answer.whisper or chat is None or workspace is None:
            return answer
        client, speech = workspace.client, await self._reception.speech(heard)
        try:
            await client.views_open(trigger_id=trigger, view=form(chat, speech))
        except FAILURES as error:
            # A trigger is good for three seconds.
            log.info("form_not_opened", error=code_of(error) or type(error).__name__)
            return answer
        return None

    async def _slash(self, address: str, body: Body) -> None:
        text = from_slash(body["command"], body.get("text") or "")
        title = body.get("channel_name") or ""
        heard = self._heard(address, text, body["user_id"], body, title=title)
        if not await self._may_speak(address):
            refusal = await self._reception.remark(heard, not_a_member)
            self._say(Ear(address, response_url=body.get("response_url")), refusal)
            return
        answer = await self._answered(heard, body)
        if answer is None:
            return
        # Nobody but the person who asks need see what is merely asked.
        to_all = answer.changed or _is_direct(address)
        self._say(Ear(address, person=None if to_all else body["user_id"]), answer)

    async def _mentioned(self, team: str, body: Body) -> None:
        event = body["event"]
        if event.get("bot_id") or event.get("edited"):
            return
        await self._hear(team, body)

    async def _told(self, team: str, body: Body) -> None:
        if is_for_us(body["event"]):
            await self._hear(team, body)

    async def _hear(self, team: str, body: Body) -> None:
        """Answer a text where it was said: in its thread, which is also the bulletin that it asks about."""
        event, workspace = body["event"], self._workspaces.get(team)
        address = address_of(team, event["channel"])
        bot_user = workspace.bot_user if workspace else ""
        text = from_text(event.get("text") or "", bot_user, COMMAND_NAMES)
        thread = event.get("thread_ts")
        heard = self._heard(address, text, event["user"], body, reply_to=thread)
        answer = await self._reception.answer(heard)
        person = event["user"] if answer is not None and answer.whisper and not _is_direct(address) else None
        self._say(Ear(address, thread=thread, person=person), answer)

    async def _press(self, address: str, body: Body) -> None:
        """Run the command behind a button, as if the person who pressed it had typed it, in answer to its message."""
        pressed = body["actions"][0]
        container = body.get("container") or {}
        thread, person = container.get("thread_ts"), body["user"]["id"]
        data = read_data(str(pressed.get("value") or ""))
        if data is None or not data[0].startswith("/"):
            unknown = await self._reception.remark(self._heard(address, "", person, body), unknown_button)
            self._say(Ear(address, thread=thread, person=person), unknown)
            return
        command, page = data
        heard = self._heard(address, command, person, body, reply_to=container.get("message_ts"))
        answer = await self._answered(heard, body)
        if answer is None:
            return
        of_bulletin = str(pressed.get("action_id") or "").startswith(f"{BULLETIN}:")
        if of_bulletin:
            thread = None  # an update stands in a thread, but is read in the channel
        quiet = answer.whisper or ((of_bulletin or container.get("is_ephemeral")) and not answer.changed)
        alone = quiet and not _is_direct(address)
        if page is not None and not container.get("is_ephemeral"):
            turn = self._messenger.turn_page(address, container["message_ts"], answer, page)
            self._answers.submit(address, turn)
            return
        self._say(Ear(address, thread=thread, person=person if alone else None), answer, page or 0)

    async def _joined(self, team: str, body: Body) -> None:
        event, workspace = body["event"], self._workspaces.get(team)
        if workspace is None or event.get("user") != workspace.bot_user:
            return
        address = address_of(team, event["channel"])
        self._member_of.add(address)
        if not await self._reception.returned("slack", address):
            heard = self._heard(address, "/start", event.get("inviter"), body)
            self._say(Ear(address), await self._reception.answer(heard))

    def _heard(
        self,
        address: str,
        text: str,
        person: str | None,
        body: Body,
        *,
        title: str = "",
        reply_to: str | None = None,
    ) -> Heard:
        language = partial(self._language_of, target_of(address).team, person)
        looks_on = not _is_direct(address) and is_stranger(body, target_of(address).team)
        may_steer = nobody if looks_on else anybody
        return Heard("slack", address, title, text, reply_to, may_steer, language, person)

    async def _language_of(self, team: str, person: str | None) -> str | None:
        """The language of somebody's Slack; None where it does not say, as for an app made before it asked for this."""
        workspace = self._workspaces.get(team)
        if person is None or workspace is None:
            return None
        try:
            info = await workspace.client.users_info(user=person, include_locale=True)
        except FAILURES as error:
            log.info("locale_unknown", error=code_of(error) or type(error).__name__)
            return None
        locale = (info.get("user") or {}).get("locale")
        return None if locale is None else str(locale)

    async def _left(self, team: str, body: Body) -> None:
        await self._silenced(team, body, REMOVED)

    async def _archived(self, team: str, body: Body) -> None:
        await self._silenced(team, body, ARCHIVED)

    async def _silenced(self, team: str, body: Body, reason: str) -> None:
        address = address_of(team, _channel_of(body["event"]))
        self._member_of.discard(address)
        await self._reception.left("slack", address, reason)

    async def _unarchived(self, team: str, body: Body) -> None:
        """Whoever unarchives a channel does not bring us back into it; if we are there still, it goes on."""
        address = address_of(team, _channel_of(body["event"]))
        if await self._may_speak(address):
            await self._reception.returned("slack", address)

    async def _renumbered(self, team: str, body: Body) -> None:
        """A channel has another id, as one gets that is shared with another workspace."""
        event = body["event"]
        old, new = (str(event.get(name) or "") for name in ("old_channel_id", "new_channel_id"))
        if old and new:
            await self._reception.moved("slack", address_of(team, old), address_of(team, new))

    async def _uninstalled(self, team: str, body: Body) -> None:
        event = body["event"]
        if event.get("type") == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
            return  # somebody took back a token of his own, of which we have none
        log.error("slack_token_gone", kind=event.get("type"), team=team)
        if self._forget is not None:
            # The word may come late, and again; what was installed since stays.
            at = datetime.fromtimestamp(float(body.get("event_time") or 0), UTC)
            if not await self._forget(team, at):
                return
        self._member_of = {address for address in self._member_of if target_of(address).team != team}
        await self._reception.left("slack", team, UNINSTALLED)

    async def _may_speak(self, address: str) -> bool:
        """Whether a message to this channel would be taken: slash commands work where we are no member, too."""
        team, channel = target_of(address)
        workspace = self._workspaces.get(team)
        if address in self._member_of or workspace is None:
            return workspace is not None
        try:
            info = await workspace.client.conversations_info(channel=channel)
        except FAILURES as error:
            log.info("channel_unknown", error=code_of(error) or type(error).__name__)
            # Where Slack does not say, the message itself will tell.
            return code_of(error) not in ("channel_not_found", "not_in_channel", "is_archived")
        found = info.get("channel") or {}
        member = bool(found.get("is_member") or found.get("is_im")) and not found.get("is_archived")
        if member:
            self._member_of.add(address)
        return member

    def _say(self, ear: Ear, answer: Document | None, page: int = 0) -> None:
        """Have an answer, if there is one, said in its turn; nobody waits for that here."""
        if answer is None:
            return
        self._answers.submit(ear.address, self._messenger.say(ear, answer, page))


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


async def nobody() -> bool | None:
    """Whether somebody of another workspace may change what a shared channel follows."""
    return False


async def _awaited(work: Awaitable[None]) -> None:
    await work


def _channel_of(event: Body) -> str:
    """The channel an event is about; events name it in several ways."""
    channel = event.get("channel") or event.get("channel_id") or ""
    return str(channel.get("id", "")) if isinstance(channel, dict) else str(channel)


def _is_direct(address: str) -> bool:
    """Whether it is a conversation with one person."""
    return target_of(address).channel.startswith("D")
