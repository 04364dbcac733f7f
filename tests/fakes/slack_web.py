"""The Web API of the Slack double: what there is, and what the methods do to it. slack_server.py puts it on a port.

Pages named in comments are under docs.slack.dev/reference. Stricter than Slack in one respect: it ignores arguments it
does not know, while here a misspelling is `invalid_arguments`.
"""

from __future__ import annotations

import json
import math
import time
from base64 import b64decode
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from tests.fakes.slack_blocks import Json, problems, too_long
from tests.fakes.slack_records import Channel, Limits, Message, View, Workspace
from tests.fakes.slack_views import view_problems

APP = "A1"
APP_TOKEN = "xapp-1-A1-secret"
TRIGGER_SECONDS = 3.0
"""interactivity/handling-user-interaction: what a trigger is good for."""
CLIENT_ID = "111.222"
CLIENT_SECRET = "what-the-app-proves-itself-with"
TEXT_LIMIT = 40_000
"""methods/chat.postMessage; beyond it Slack truncates or refuses (FACTS.md), and here it refuses."""
UPDATE_TEXT_LIMIT = 4_000
"""methods/chat.update: msg_too_long; so does seratch/ChatGPT-in-Slack#102 report it."""

# What each method takes besides the token.
_MESSAGE = frozenset(
    "channel text blocks thread_ts reply_broadcast unfurl_links unfurl_media mrkdwn parse link_names metadata".split()
)
_TAKES: Mapping[str, frozenset[str]] = {
    "auth.test": frozenset(),
    "oauth.v2.access": frozenset({"client_id", "client_secret", "code", "redirect_uri"}),
    "apps.connections.open": frozenset(),
    "chat.postMessage": _MESSAGE,
    "chat.postEphemeral": _MESSAGE - {"reply_broadcast", "metadata", "unfurl_links", "unfurl_media"}
    | {"user"},
    "chat.update": _MESSAGE - {"thread_ts", "mrkdwn", "unfurl_links", "unfurl_media"} | {"ts"},
    "chat.delete": frozenset({"channel", "ts"}),
    "conversations.history": frozenset(
        "channel cursor include_all_metadata inclusive latest limit oldest".split()
    ),
    "conversations.info": frozenset({"channel", "include_locale", "include_num_members"}),
    "conversations.open": frozenset({"channel", "users", "return_im", "prevent_creation"}),
    "users.info": frozenset({"user", "include_locale"}),
    "views.open": frozenset({"trigger_id", "view"}),
}
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class RefusedError(Exception):
    """A call is answered with `ok: false`. `answer` is the whole body."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.answer: Json = {"ok": False, "error": error, **more}


class LimitedError(Exception):
    """A call is answered with 429 and Retry-After, in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


@dataclass(slots=True)
class _Meter:
    """Lets `most` calls pass in any `span` seconds. Who comes too early is blocked until Retry-After has passed."""

    passed: deque[float] = field(default_factory=deque)
    blocked_until: float = -math.inf

    def wait(self, most: int, span: float, now: float) -> int | None:
        while self.passed and self.passed[0] <= now - span:
            self.passed.popleft()
        if now >= self.blocked_until and len(self.passed) < most:
            return None
        if now >= self.blocked_until:
            self.blocked_until = now + max(1, math.ceil(self.passed[0] + span - now))
        return max(1, math.ceil(self.blocked_until - now))


@dataclass(slots=True, kw_only=True)
class WebApi:
    """`home` is the first workspace, there from the start; `limits` may be set at any time."""

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    """Seconds; what rate limits, acknowledgements and response addresses are measured by."""
    too_many: int = 0
    """Calls refused for exceeding `limits`."""
    home: Workspace = field(init=False)
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    """Names by user id. Any id that begins with U or W is a user's; one that is not here is called after its id."""
    locales: dict[str, str] = field(default_factory=dict)
    """By user id, what their client is set to, where it is not en-US."""
    said: list[Message] = field(default_factory=list)
    """All that the bot said, in all channels, deleted and ephemeral messages too, oldest first."""
    codes: dict[str, str | None] = field(default_factory=dict)
    """Of installations that somebody agreed to: the workspace, or none for an organisation."""
    triggers: dict[str, tuple[float, str, str]] = field(default_factory=dict)
    """What lets a form be opened: when somebody did something, who and in which workspace. Each is good once."""
    views: list[View] = field(default_factory=list)
    """The forms that were opened."""
    _count: int = 0
    _meters: dict[tuple[str, str], _Meter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home = self.workspace("T1", "Newsroom")

    # What a test sets up

    def workspace(self, team: str, name: str = "", token: str | None = None) -> Workspace:
        """Another workspace in which the app is installed. Its bot user is UBOT, or UBOT and the team's id."""
        bot = "UBOT" if not self.workspaces else f"UBOT{team}"
        token = token or f"xoxb-{team}-secret"
        made = Workspace(team, name or team, token, bot_user=bot, bot_id=bot.replace("U", "B", 1))
        self.workspaces[team] = made
        return made

    def channel(
        self,
        channel: str,
        name: str = "news",
        *,
        private: bool = False,
        member: bool = True,
        team: str = "T1",
    ) -> Channel:
        """A channel; its other states are set on what this returns."""
        self.channels[channel] = Channel(channel, name, team, private, member)
        return self.channels[channel]

    def dm(self, channel: str, user: str = "U1", *, team: str = "T1") -> Channel:
        """The direct conversation of the bot and a user."""
        self.channels[channel] = Channel(channel, "", team, private=True, user=user)
        return self.channels[channel]

    # What a test reads

    def messages(self, channel: str) -> list[Message]:
        """What everybody in a channel was shown, deleted messages too (see `deleted`)."""
        return [said for said in self.said if said.channel == channel and said.only_for is None]

    def ephemerals(self, channel: str, user: str | None = None) -> list[Message]:
        """What only one person in a channel was shown."""
        return [
            said
            for said in self.said
            if said.channel == channel and said.only_for and user in {None, said.only_for}
        ]

    def next_ts(self) -> str:
        """A time, as Slack's ids are, and no other message's."""
        self._count += 1
        return f"{int(time.time()) + self._count}.{self._count % 10_000 * 100:06d}"

    def user_name(self, user: str) -> str:
        return self.users.get(user, f"name-of-{user.lower()}")

    # The methods

    def perform(self, method: str, params: Json, token: str | None) -> Json:
        """What a call answers (without `ok`); raises RefusedError or LimitedError."""
        if method not in _TAKES:
            raise RefusedError("unknown_method", req_method=method)
        if method == "oauth.v2.access":
            return self._grant(params, token)
        if not token:
            raise RefusedError("not_authed")
        if method == "apps.connections.open":
            return self._open_connection(token)
        workspace = self._workspace_of(token)
        # Bolt adds team_id to every call of a listener's client; it names the workspace, as the token does anyway.
        unknown = sorted(params.keys() - _TAKES[method] - {"team_id"})
        if unknown:
            _refuse_arguments(f"unknown argument {name}" for name in unknown)
        methods: dict[str, Callable[[Workspace, Json], Json]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "conversations.history": self._history,
            "conversations.info": self._info,
            "conversations.open": self._open,
            "users.info": self._user_info,
            "views.open": self._open_view,
        }
        return methods[method](workspace, params)

    def consent(self, team: str, name: str = "", *, organisation: bool = False) -> str:
        """Somebody there agrees to install the app; the code with which their browser is sent back."""
        self._count += 1
        code = f"code-{self._count}"
        self.codes[code] = (
            None
            if organisation
            else self.workspace(team, name, f"xoxb-{team}-{self._count}-as-long-as-a-real-one").team
        )
        return code

    def _grant(self, params: Json, token: str | None) -> Json:  # methods/oauth.v2.access
        # The client's id and secret come as basic authentication or as arguments.
        given = f"{params.get('client_id')}:{params.get('client_secret')}"
        if token is not None and token.startswith("Basic "):
            given = b64decode(token.removeprefix("Basic ")).decode()
        if given != f"{CLIENT_ID}:{CLIENT_SECRET}":
            raise RefusedError("bad_client_secret")
        if params.get("code") not in self.codes:
            raise RefusedError("invalid_code")
        team = self.codes.pop(params["code"])  # good once
        if team is None:
            space, installed = self.home, None
        else:
            space = self.workspaces[team]
            installed = {"id": team, "name": space.name}
        return {
            "access_token": space.token,
            "token_type": "bot",
            "scope": ",".join(sorted(space.scopes)),
            "bot_user_id": space.bot_user,
            "app_id": APP,
            "team": installed,
            "enterprise": None if installed else {"id": "E1", "name": "Organisation"},
            "is_enterprise_install": installed is None,
            "authed_user": {"id": "U1"},
        }

    def team_of(self, token: str | None) -> str | None:
        return next((space.team for space in self.workspaces.values() if space.token == token), None)

    def _workspace_of(self, token: str) -> Workspace:
        if token == APP_TOKEN:
            raise RefusedError("not_allowed_token_type")  # methods/auth.test: errors
        for workspace in self.workspaces.values():
            if workspace.token == token:
                if workspace.error:
                    raise RefusedError(workspace.error)
                return workspace
        raise RefusedError("invalid_auth")

    def _open_connection(self, token: str) -> Json:
        raise NotImplementedError

    def _auth_test(self, workspace: Workspace, _: Json) -> Json:  # methods/auth.test
        return {
            "url": f"https://{workspace.team.lower()}.slack.com/",
            "team": workspace.name,
            "user": "sokuho",
            "team_id": workspace.team,
            "user_id": workspace.bot_user,
            "bot_id": workspace.bot_id,
            "is_enterprise_install": False,
        }

    def _post(self, workspace: Workspace, params: Json) -> Json:  # methods/chat.postMessage
        _need(workspace, "chat:write")
        channel = self._writable(workspace, params.get("channel"))
        # docs.slack.dev/apis/web-api/rate-limits: one a second in a channel, and a limit for the workspace.
        self._limit(
            ((workspace.team, channel.id), self.limits.per_channel_per_second, 1),
            ((workspace.team, "post"), self.limits.per_workspace_per_minute, 60),
        )
        message = self.compose(channel, params, TEXT_LIMIT)
        if any(said.ts == message.thread_ts and said.deleted for said in self.messages(channel.id)):
            message.thread_ts = None  # silently: github.com/slack-go/slack/issues/1571
        self.said.append(message)
        return {"channel": channel.id, "ts": message.ts, "message": self.shown(message)}

    def _post_ephemeral(self, workspace: Workspace, params: Json) -> Json:  # methods/chat.postEphemeral
        _need(workspace, "chat:write")
        channel = self._writable(workspace, params.get("channel"))
        message = self.compose(channel, params, TEXT_LIMIT)
        message.only_for = self._known_user(params.get("user"))
        self.said.append(message)
        return {"message_ts": message.ts}

    def _update(self, workspace: Workspace, params: Json) -> Json:  # methods/chat.update
        _need(workspace, "chat:write")
        channel = self._writable(workspace, params.get("channel"))
        self._limit(((workspace.team, "update"), self.limits.update_per_minute, 60))
        message = self._own(channel, params, "cant_update_message")
        if not params.get("text") and "blocks" not in params:
            raise RefusedError("no_text")
        # Blocks that are not given stay as they are; an empty list removes them.
        state = self.compose(channel, {"blocks": message.blocks, **params}, UPDATE_TEXT_LIMIT, ts=message.ts)
        message.edits.append((message.text, message.blocks))
        message.text, message.blocks, message.names = state.text, state.blocks, state.names
        message.metadata = state.metadata or message.metadata
        return {
            "channel": channel.id,
            "ts": message.ts,
            "text": message.text,
            "message": self.shown(message),
        }

    def _delete(self, workspace: Workspace, params: Json) -> Json:  # methods/chat.delete
        _need(workspace, "chat:write")
        channel = self._visible(workspace, params.get("channel"))
        message = self._own(channel, params, "cant_delete_message")
        message.deleted = True
        return {"channel": channel.id, "ts": message.ts}

    def _history(self, workspace: Workspace, params: Json) -> Json:  # methods/conversations.history
        channel = self._visible(workspace, params.get("channel"))
        _need(
            workspace,
            {"im": "im:history", "group": "groups:history", "channel": "channels:history"}[channel.kind],
        )
        if not channel.member:
            raise RefusedError("not_in_channel")
        self._limit(((workspace.team, "history"), self.limits.history_per_minute, 60))
        limit = int(params.get("limit") or 100)
        if not 1 <= limit <= 999:
            raise RefusedError("invalid_limit")
        oldest = float(params.get("oldest") or 0)
        # Newest first. Of a thread only what was broadcast is in the channel's history, as is what lost its thread.
        found = [
            message
            for message in reversed(self.messages(channel.id))
            if not message.deleted
            and float(message.ts) > oldest
            and (message.thread_ts is None or message.reply_broadcast)
        ]
        with_metadata = _flag(params, "include_all_metadata")
        shown = [self.shown(message) for message in found[:limit]]
        if not with_metadata:
            shown = [{name: value for name, value in one.items() if name != "metadata"} for one in shown]
        return {"messages": shown, "has_more": len(found) > limit}

    def _info(self, workspace: Workspace, params: Json) -> Json:  # methods/conversations.info
        channel = self._visible(workspace, params.get("channel"))
        _need(workspace, {"im": "im:read", "group": "groups:read", "channel": "channels:read"}[channel.kind])
        info: Json = {
            "id": channel.id,
            "is_channel": channel.kind == "channel",
            "is_group": channel.kind == "group",
            "is_im": channel.kind == "im",
            "is_private": channel.private,
            "is_archived": channel.archived,
            "context_team_id": workspace.team,
        }
        if channel.user:
            return {"channel": {**info, "user": channel.user}}
        return {"channel": {**info, "name": channel.name, "is_member": channel.member}}

    def _open(self, workspace: Workspace, params: Json) -> Json:  # methods/conversations.open
        _need(workspace, "im:write")
        if params.get("channel"):
            return {"channel": {"id": self._visible(workspace, params["channel"]).id}}
        user = self._known_user(params.get("users"))
        for channel in self.channels.values():
            if channel.user == user and channel.team == workspace.team and not channel.missing:
                return {"no_op": True, "already_open": True, "channel": {"id": channel.id}}
        self._count += 1
        return {"channel": {"id": self.dm(f"D{self._count:08d}", user, team=workspace.team).id}}

    def _user_info(self, workspace: Workspace, params: Json) -> Json:  # methods/users.info
        _need(workspace, "users:read")
        user = self._known_user(params.get("user"))
        name = self.user_name(user)
        profile = {"real_name": name, "display_name": name, "team": workspace.team}
        asked = params.get("include_locale") in (True, "true", "1", 1)
        locale = {"locale": self.locales.get(user, "en-US")} if asked else {}
        return {
            "user": {
                "id": user,
                "team_id": workspace.team,
                "name": name,
                "real_name": name,
                "deleted": False,
                "is_bot": user == workspace.bot_user,
                "tz": "Asia/Tokyo",
                "profile": profile,
                **locale,
            }
        }

    def _open_view(self, workspace: Workspace, params: Json) -> Json:  # methods/views.open
        made_at, user, team = self.triggers.pop(params.get("trigger_id", ""), (-math.inf, "", ""))
        if self.clock() - made_at > TRIGGER_SECONDS or team != workspace.team:
            raise RefusedError("expired_trigger_id" if user else "invalid_trigger_id")
        view = params.get("view")
        found = view_problems(view)
        if found or not isinstance(view, dict):
            raise RefusedError("invalid_arguments", response_metadata={"messages": found})
        self._count += 1
        opened = View(f"V{self._count:08d}", view, user, team)
        self.views.append(opened)
        return {"view": {"id": opened.id, **view, "team_id": team, "app_installed_team_id": team}}

    # What they share

    def compose(
        self, channel: Channel, params: Json, longest: int, *, ts: str | None = None, via: str = "api"
    ) -> Message:
        """The message that these arguments describe, checked."""
        text = params.get("text") or ""
        if not isinstance(text, str):
            _refuse_arguments(["text must be a string"])
        blocks = params.get("blocks") or []
        if isinstance(blocks, str):  # in a form, blocks are a JSON string
            try:
                blocks = json.loads(blocks)
            except ValueError:
                raise RefusedError("invalid_blocks_format") from None
        if not text.strip() and not blocks:
            raise RefusedError("no_text")
        if len(text) > longest:
            raise RefusedError("msg_too_long")
        found = problems(blocks)
        if found:
            marked = [f"[ERROR] {problem}" for problem in found]
            raise RefusedError("invalid_blocks", errors=found, response_metadata={"messages": marked})
        if via == "api" and too_long(blocks):  # slackapi/bolt-js#2867: response addresses take more
            raise RefusedError("msg_blocks_too_long")
        metadata = params.get("metadata")
        if metadata is not None and (
            not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}
        ):
            raise RefusedError("invalid_metadata_format")  # docs.slack.dev/messaging/message-metadata
        return Message(
            channel=channel.id,
            ts=ts or self.next_ts(),
            text=text,
            blocks=self._named(blocks),
            team=channel.team,
            via=via,
            thread_ts=params.get("thread_ts"),
            reply_broadcast=bool(_flag(params, "reply_broadcast")),
            unfurl_links=_flag(params, "unfurl_links"),
            unfurl_media=_flag(params, "unfurl_media"),
            metadata=metadata,
            # docs.slack.dev/messaging/formatting-message-text; that these make a bare @channel ping is a cautious
            # guess, as is that `mrkdwn: false` turns off marks only and not <!channel>.
            names=bool(_flag(params, "link_names")) or params.get("parse") == "full",
        )

    def shown(self, message: Message) -> Json:
        """A message as answers and payloads hold it: docs.slack.dev/reference/events/message."""
        workspace = self.workspaces[message.team]
        return {
            "type": "message",
            "user": workspace.bot_user,
            "bot_id": workspace.bot_id,
            "app_id": APP,
            "team": workspace.team,
            "ts": message.ts,
            "text": message.text,
            "blocks": message.blocks,
            **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
            **({"metadata": message.metadata} if message.metadata else {}),
            **({"edited": {"user": workspace.bot_user, "ts": message.ts}} if message.edits else {}),
        }

    def _named(self, blocks: list[Json]) -> list[Json]:
        # block-kit/blocks: an id that is not given is made up, of blocks and of what can be pressed.
        copies: list[Json] = json.loads(json.dumps(blocks))
        for block in copies:
            self._count += 1
            block.setdefault("block_id", f"made-{self._count}")
            pressable = block["elements"] if block["type"] == "actions" else [block.get("accessory", {})]
            for place, element in enumerate(pressable):
                if element.get("type") == "button":
                    element.setdefault("action_id", f"made-{self._count}-{place}")
        return copies

    def _visible(self, workspace: Workspace, asked: object) -> Channel:
        channel = self.channels.get(asked) if isinstance(asked, str) else None
        if channel is None or channel.missing or channel.team != workspace.team:
            raise RefusedError("channel_not_found")
        if channel.private and not channel.member:
            raise RefusedError("channel_not_found")  # what is private does not exist for who is not in it
        return channel

    def _writable(self, workspace: Workspace, asked: object) -> Channel:
        channel = self._visible(workspace, asked)
        if channel.archived:
            raise RefusedError("is_archived")
        if not channel.member and "chat:write.public" not in workspace.scopes:  # scopes/chat.write.public
            raise RefusedError("not_in_channel")
        if channel.restricted:
            raise RefusedError("restricted_action")
        return channel

    def _own(self, channel: Channel, params: Json, otherwise: str) -> Message:
        ts = params.get("ts")
        for message in self.messages(channel.id):
            if message.ts == ts and not message.deleted:
                return message
        # Whatever else has a ts of ours is somebody's; ephemeral messages are not found at all.
        if isinstance(ts, str) and ts in self.others():
            raise RefusedError(otherwise)
        raise RefusedError("message_not_found")

    def others(self) -> set[str]:
        """The ts of what people and other bots said."""
        return set()

    def _known_user(self, user: object) -> str:
        if not isinstance(user, str) or not user.startswith(("U", "W")):
            raise RefusedError("user_not_found")
        return user

    def _limit(self, *rules: tuple[tuple[str, str], int | None, float]) -> None:
        """Raise if any rule (whose meter, how many, in how many seconds) is broken; else count the call in all."""
        now = self.clock()
        meters = [(self._meters.setdefault(key, _Meter()), most, span) for key, most, span in rules if most]
        for meter, most, span in meters:
            wait = meter.wait(most, span, now)
            if wait is not None:
                self.too_many += 1
                raise LimitedError(wait)
        for meter, _, _ in meters:
            meter.passed.append(now)


def _need(workspace: Workspace, scope: str) -> None:
    # docs.slack.dev/reference/scopes; each method's page names its own.
    if scope not in workspace.scopes:
        raise RefusedError("missing_scope", needed=scope, provided=",".join(sorted(workspace.scopes)))


def _flag(params: Json, name: str) -> bool | None:
    value = params.get(name)
    if value is None:
        return None
    if str(value).lower() not in _FLAGS:
        _refuse_arguments([f"{name} must be a boolean"])
    return _FLAGS[str(value).lower()]


def _refuse_arguments(messages: Iterable[str]) -> NoReturn:
    marked = [f"[ERROR] {message}" for message in messages]
    raise RefusedError("invalid_arguments", response_metadata={"messages": marked})
