"""What people do in the Slack double, as the payloads that a bot is sent. slack_server.py puts them through its sockets.

Pages named in comments are under docs.slack.dev.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from tests.fakes.slack_blocks import Json
from tests.fakes.slack_records import Channel, Envelope, Message, ResponseUrl, View
from tests.fakes.slack_web import APP, WebApi


@dataclass(slots=True, kw_only=True)
class People(WebApi):
    """Each of these returns as soon as the envelope is sent; wait for `envelope.acked` or for what it leads to."""

    strangers: dict[str, str] = field(default_factory=dict)
    """People of other workspaces, by user id, in channels that are shared with theirs: docs.slack.dev/apis/slack-connect."""
    event_time: int = 2_000_000_000
    """When what happens happens, by Slack's clock."""
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _others: set[str] = field(default_factory=set)
    _response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    _port: int = 0

    async def _deliver(self, kind: str, payload: Json, *, answerable: bool, retry: int = 0) -> Envelope:
        raise NotImplementedError

    def others(self) -> set[str]:
        return self._others

    async def slash(self, command: str, text: str = "", *, channel: str, user: str = "U1") -> Envelope:
        """Type a command, in a channel or a direct message: they do not work in threads (FACTS.md)."""
        place = self.channels[channel]
        # interactivity/implementing-slash-commands
        payload = {
            "token": "verification",
            "team_id": place.team,
            "team_domain": place.team.lower(),
            "channel_id": channel,
            "channel_name": place.shown_name,
            "user_id": user,
            "user_name": self.user_name(user),
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self._response_url(place, user),
            "trigger_id": self._trigger(user, place.team),
        }
        return await self._deliver("slash_commands", payload, answerable=True)

    async def mention(
        self,
        channel: str,
        text: str,
        user: str = "U1",
        *,
        thread_ts: str | None = None,
        also_message: bool = False,
    ) -> Envelope:
        """Say something to the bot, "<@BOT> topics". `also_message`: the app has subscribed to message.channels too.

        Slack sends either event in an envelope of its own, with the same ts.
        """
        event = self._utterance(channel, text, user, thread_ts)
        if also_message:
            await self.event({**event, "type": "message", "channel_type": self.channels[channel].kind})
        return await self.event({**event, "type": "app_mention"})  # reference/events/app_mention

    async def direct(
        self, channel: str, text: str, user: str = "U1", *, thread_ts: str | None = None
    ) -> Envelope:
        """Write to the bot in a direct conversation: reference/events/message.im."""
        event = self._utterance(channel, text, user, thread_ts)
        return await self.event({**event, "type": "message", "channel_type": "im"})

    async def edit(self, original: Envelope, text: str) -> Envelope:
        """Change what was said by `direct` or `mention`: reference/events/message/message_changed."""
        before = {k: v for k, v in original.payload["event"].items() if k not in {"channel_type", "event_ts"}}
        channel = self.channels[before.pop("channel")]
        edited = {"user": before["user"], "ts": self.next_ts()}
        after = {**before, "type": "message", "text": self._addressed(channel, text), "edited": edited}
        return await self.event(
            {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "channel": channel.id,
                "channel_type": channel.kind,
                "ts": self.next_ts(),
                "message": after,
                "previous_message": {**before, "type": "message"},
            }
        )

    async def bot_message(self, channel: str, text: str, bot_id: str | None = None) -> Envelope:
        """A message event of the bot's own message, or of another bot's if its id is given."""
        place = self.channels[channel]
        space = self.workspaces[place.team]
        event = {"type": "message", "channel": channel, "channel_type": place.kind, "text": text}
        if bot_id is None:
            author = {"user": space.bot_user, "bot_id": space.bot_id, "app_id": APP}
        else:
            author = {"subtype": "bot_message", "bot_id": bot_id}  # reference/events/message/bot_message
        return await self.event({**event, **author, "ts": self.next_ts()})

    async def press(self, channel: str, ts: str, which: str, user: str = "U1") -> Envelope:
        """Press the button of this label, action_id or value in a message of the bot."""
        message = next(said for said in self.said if said.channel == channel and said.ts == ts)
        if message.deleted:
            raise LookupError("nobody can press a button of a deleted message")
        button = message.button(which)
        return await self._pressed(
            self.channels[channel],
            user,
            message,
            button.action_id,
            button.value,
            button.block_id,
            button.label,
        )

    async def press_forged(
        self, channel: str, *, action_id: str, value: str, user: str = "U1", ts: str | None = None
    ) -> Envelope:
        """A press that no message of ours offers, of an old version's button: `ts` may name one of ours, or none."""
        place = self.channels[channel]
        message = next((said for said in self.said if said.channel == channel and said.ts == ts), None)
        message = message or Message(channel, ts or self.next_ts(), "forged", [], place.team)
        return await self._pressed(place, user, message, action_id, value, "forged", "Forged")

    async def _pressed(
        self,
        place: Channel,
        user: str,
        source: Message,
        action_id: str,
        value: str,
        block_id: str,
        label: str,
    ) -> Envelope:
        # reference/interaction-payloads/block_actions-payload
        name = self.user_name(user)
        ours = any(said is source for said in self.said)
        action: Json = {
            "action_id": action_id,
            "block_id": block_id,
            "text": {"type": "plain_text", "text": label, "emoji": True},
            "type": "button",
            "action_ts": self.next_ts(),
        }
        if value:
            action["value"] = value
        container: Json = {
            "type": "message",
            "message_ts": source.ts,
            "channel_id": place.id,
            "is_ephemeral": source.only_for is not None,
        }
        if source.thread_ts:
            container["thread_ts"] = source.thread_ts
        payload: Json = {
            "type": "block_actions",
            "user": {
                "id": user,
                "username": name,
                "name": name,
                "team_id": self.strangers.get(user, place.team),
            },
            "api_app_id": APP,
            "token": "verification",
            "container": container,
            "trigger_id": self._trigger(user, place.team),
            # Of whoever pressed, where a channel is shared.
            "team": {"id": self.strangers.get(user, place.team), "domain": place.team.lower()},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": place.id, "name": place.shown_name},
            "state": {"values": {}},
            "response_url": self._response_url(place, user, source if ours else None),
            "actions": [action],
        }
        if source.only_for is None:  # the payload does not hold an ephemeral message
            payload["message"] = self.shown(source)
        return await self._deliver("interactive", payload, answerable=False)

    def _trigger(self, user: str, team: str) -> str:
        trigger = f"{next(self._numbers)}.1.trigger"
        self.triggers[trigger] = (self.clock(), user, team)
        return trigger

    async def fill_in(self, view: View, **typed: str) -> Envelope:
        """Send a form with these fields changed: reference/interaction-payloads/view-interactions-payload."""
        values = {
            block["block_id"]: {block["element"]["action_id"]: _state_of(block, typed.get(block["block_id"]))}
            for block in view.view["blocks"]
        }
        payload: Json = {
            "type": "view_submission",
            "team": {"id": view.team, "domain": view.team.lower()},
            "user": {
                "id": view.user,
                "name": self.user_name(view.user),
                "team_id": self.strangers.get(view.user, view.team),
            },
            "api_app_id": APP,
            "token": "verification",
            "trigger_id": self._trigger(view.user, view.team),
            "view": {
                "id": view.id,
                **view.view,
                "team_id": view.team,
                "app_installed_team_id": view.team,
                "state": {"values": values},
            },
            "response_urls": [],
            "is_enterprise_install": False,
            "enterprise": None,
        }
        return await self._deliver("interactive", payload, answerable=True)

    # What happens to channels and the installation. Each also makes it so.

    async def joined(self, channel: str, inviter: str = "U1") -> Envelope:
        """Somebody adds the bot: reference/events/member_joined_channel."""
        place = self.channels[channel]
        place.member = True
        bot = self.workspaces[place.team].bot_user
        return await self._about(
            place, "member_joined_channel", user=bot, channel_type=place.id[0], inviter=inviter
        )

    async def left(self, channel: str, actor: str = "U1") -> Envelope:
        """Somebody removes the bot: reference/events/channel_left, group_left."""
        place = self.channels[channel]
        place.member = False
        return await self._about(place, "group_left" if place.private else "channel_left", actor_id=actor)

    async def archived(self, channel: str, *, archived: bool = True) -> Envelope:
        """Archive a channel, or bring it back: reference/events/channel_archive, group_archive, …_unarchive."""
        place = self.channels[channel]
        place.archived = archived
        kind = "group" if place.private else "channel"
        return await self._about(place, f"{kind}_{'archive' if archived else 'unarchive'}", user="U1")

    async def shared(self, channel: str, new: str) -> Envelope:
        """A channel gets another id as it is shared: reference/events/channel_id_changed."""
        place = self.channels.pop(channel)
        place.id = new
        self.channels[new] = place
        changed = {"type": "channel_id_changed", "old_channel_id": channel, "new_channel_id": new}
        return await self.event(changed, team=place.team)

    async def renamed(self, channel: str, name: str) -> Envelope:
        """reference/events/channel_rename, group_rename"""
        place = self.channels[channel]
        place.name = name
        named = {"id": channel, "name": name, "created": 1_700_000_000}
        return await self.event(
            {"type": "group_rename" if place.private else "channel_rename", "channel": named}, team=place.team
        )

    async def uninstalled(self, team: str = "T1") -> Envelope:
        """Remove the app: reference/events/app_uninstalled."""
        self.workspaces[team].error = "account_inactive"
        return await self.event({"type": "app_uninstalled"}, team=team)

    async def revoked(self, team: str = "T1") -> Envelope:
        """Revoke the bot's token: reference/events/tokens_revoked."""
        space = self.workspaces[team]
        space.error = "token_revoked"
        return await self.event(
            {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [space.bot_user]}}, team=team
        )

    async def _about(self, place: Channel, kind: str, **more: str) -> Envelope:
        return await self.event({"type": kind, "channel": place.id, "team": place.team, **more})

    # Events

    async def event(self, event: Json, team: str | None = None) -> Envelope:
        """Any event, in the envelope that every event has: apis/events-api. The channel says whose it is."""
        named = event.get("channel")
        if team is None:
            team = self.channels[named].team if isinstance(named, str) else "T1"
        bot = self.workspaces[team].bot_user
        payload = {
            "token": "verification",
            "type": "event_callback",
            "team_id": team,
            "context_team_id": team,
            "api_app_id": APP,
            "event": {"event_ts": event.get("ts") or self.next_ts(), **event},
            "event_id": f"Ev{next(self._numbers):08d}",
            "event_time": self.event_time,
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team,
                    "user_id": bot,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": event.get("user") in self.strangers,
            "event_context": "4-context",
        }
        return await self._deliver("events_api", payload, answerable=False)

    async def retry(self, original: Envelope) -> Envelope:
        """Send an event again, as Slack does if nobody acknowledged it: the event_id is the same."""
        return await self._deliver(
            "events_api", original.payload, answerable=False, retry=original.retry_attempt + 1
        )

    def _utterance(self, channel: str, text: str, user: str, thread_ts: str | None) -> Json:
        place = self.channels[channel]
        ts = self.next_ts()
        self._others.add(ts)
        return {
            "user": user,
            "text": self._addressed(place, text),
            "ts": ts,
            "channel": channel,
            "team": self.strangers.get(user, place.team),
            **({"user_team": self.strangers[user]} if user in self.strangers else {}),
            "client_msg_id": f"00000000-0000-4000-8000-{next(self._numbers):012d}",
            **({"thread_ts": thread_ts} if thread_ts else {}),
        }

    def _addressed(self, place: Channel, text: str) -> str:
        return text.replace("<@BOT>", f"<@{self.workspaces[place.team].bot_user}>")

    def _response_url(self, channel: Channel, user: str, source: Message | None = None) -> str:
        key = f"r{next(self._numbers)}"
        self._response_urls[key] = ResponseUrl(channel, user, self.clock(), source)
        return f"http://127.0.0.1:{self._port}/response/{key}"


def _state_of(block: Json, typed: str | None) -> Json:
    """What stands in a field: as it was opened, or as it was typed."""
    element = block["element"]
    if element["type"] == "static_select":
        options = {option["value"]: option for option in element["options"]}
        chosen = options[typed] if typed else element.get("initial_option")
        return {"type": "static_select", "selected_option": chosen}
    value = element.get("initial_value") if typed is None else typed
    return {"type": "plain_text_input", "value": value or None}
