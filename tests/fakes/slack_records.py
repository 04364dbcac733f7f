"""What the Slack double keeps: who and what there is in it, and what happened. A test sets the first and reads the rest."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes.slack_blocks import Button, Json, Link, Reading, read, read_mrkdwn

# Granted at installation unless a test says otherwise: docs.slack.dev/reference/scopes. Of what people say, only what they
# say to the bot may be read, as manifest.json asks for no more.
SCOPES = frozenset(
    "app_mentions:read channels:read chat:write commands groups:read im:history im:read im:write users:read".split()
)


@dataclass(slots=True)
class Workspace:
    """`error` (account_inactive, token_revoked, invalid_auth, …) is what every call with its token gets."""

    team: str
    name: str
    token: str
    bot_user: str
    bot_id: str
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    error: str | None = None


@dataclass(slots=True)
class Channel:
    """`member` is whether the bot is in it; `user` is the other one of a direct message."""

    id: str
    name: str
    team: str
    private: bool = False
    member: bool = True
    user: str | None = None
    archived: bool = False
    restricted: bool = False
    """Posting is for some people only (restricted_action)."""
    missing: bool = False
    """Deleted, or never there (channel_not_found)."""

    @property
    def shown_name(self) -> str:
        """As commands and buttons call it: docs.slack.dev/interactivity/implementing-slash-commands."""
        if self.user:
            return "directmessage"
        return "privategroup" if self.private else self.name

    @property
    def kind(self) -> str:
        """The channel_type of message events: docs.slack.dev/reference/events/message."""
        if self.user:
            return "im"
        return "group" if self.private else "channel"


@dataclass(slots=True)
class Message:
    """What the bot said. `edits` are earlier states, oldest first, each (text, blocks)."""

    channel: str
    ts: str
    text: str
    blocks: list[Json]
    team: str
    via: str = "api"
    """"api", "response_url" or "ack" (the answer inside an acknowledgement)."""
    only_for: str | None = None
    """The one user who sees an ephemeral message."""
    thread_ts: str | None = None
    reply_broadcast: bool = False
    unfurl_links: bool | None = None
    unfurl_media: bool | None = None
    metadata: Json | None = None
    names: bool = False
    """Whether bare names in `text` became mentions (link_names, or parse "full")."""
    edits: list[tuple[str, list[Json]]] = field(default_factory=list)
    deleted: bool = False

    @property
    def reading(self) -> Reading:
        """What is displayed: the blocks, or without any the text (docs.slack.dev/reference/methods/chat.postMessage)."""
        return read(self.blocks) if self.blocks else read_mrkdwn(self.text, names=self.names)

    @property
    def plain(self) -> str:
        return self.reading.plain

    @property
    def links(self) -> list[Link]:
        return self.reading.links

    @property
    def buttons(self) -> list[Button]:
        return self.reading.buttons

    @property
    def pings(self) -> list[str]:
        """Whom blocks and text notify. That a text behind blocks does so is a cautious guess."""
        behind = read_mrkdwn(self.text, names=self.names).pings if self.blocks else []
        return self.reading.pings + behind

    def button(self, which: str) -> Button:
        """The button of this label, else of this action_id, else of this value."""
        for name in ("label", "action_id", "value"):
            for button in self.buttons:
                if getattr(button, name) == which:
                    return button
        raise LookupError(f"no button {which!r} among {self.buttons}")


@dataclass(slots=True)
class Call:
    """A call of a Web API method. `status` is 0 until it is answered, and stays so if it never is."""

    method: str
    params: Json
    team: str | None = None
    status: int = 0
    error: str | None = None


@dataclass(slots=True)
class Envelope:
    """What went through a socket, once. `link` is the connection's number; None: there was none, nobody got it."""

    id: str
    kind: str
    payload: Json
    accepts_response_payload: bool
    link: int | None
    sent_at: float
    retry_attempt: int = 0
    acked_after: float | None = None
    """Seconds from sending to acknowledgement."""
    response: Json | None = None

    @property
    def acked(self) -> bool:
        return self.acked_after is not None


@dataclass(slots=True)
class View:
    """A form that was opened for one person. `errors` is what the last answer to sending it said, by block."""

    id: str
    view: Json
    user: str
    team: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls pass before a 429; None is no limit. docs.slack.dev/apis/web-api/rate-limits.

    Posting has about one per second and channel and an unspecified limit per workspace; chat.update and
    conversations.history are tier 3 (50 a minute). The real limits allow some bursts; here they do not.
    """

    per_channel_per_second: int | None = None
    per_workspace_per_minute: int | None = None
    update_per_minute: int | None = None
    history_per_minute: int | None = None


REAL_LIMITS = Limits(
    per_channel_per_second=1, per_workspace_per_minute=200, update_per_minute=50, history_per_minute=50
)
"""Cautious: the workspace's "several hundred a minute" is taken for 200."""


@dataclass(slots=True)
class Fault:
    """What shall go wrong at a method's next calls. `kind` is "fail", "limit", "hang" or "cut"."""

    kind: str
    method: str
    channel: str | None
    after_effect: bool = False
    """Whether the call takes effect before it goes wrong."""
    error: str | int = ""
    retry_after: int = 1
    times: int = 1


@dataclass(slots=True)
class ResponseUrl:
    channel: Channel
    user: str
    made_at: float
    source: Message | None
    uses: int = 0
