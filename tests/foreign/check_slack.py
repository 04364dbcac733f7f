"""Our double of Slack beside a stranger's: `python -m tests.foreign.check_slack [FOLDER]`, or `make foreign`.

Both are asked the same through slack-sdk. Where they disagree about whether a call succeeds or about its error, one of
them is wrong: it is ours, unless KNOWN says why not. What only one of them puts into an answer is told, and no failure.
Ends with 1 on a disagreement, with 2 if the emulator could not be tried; without npm, it says so and ends with 0.
"""

from __future__ import annotations

import asyncio
import sys
import warnings
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from tests.fakes.slack_server import SlackServer
from tests.foreign.emulator import PACKAGES, NoNpmError, UnavailableError, emulating_slack, install

FOLDER = Path(__file__).parents[2] / "out" / "foreign"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ground:
    """One of the two, with what the calls are about."""

    client: AsyncWebClient
    channel: str
    """A public channel that the bot is in."""
    outside: str
    """A public channel that it is not in."""
    hidden: str
    """A private channel that it is not in."""
    archived: str
    user: str
    ts: str
    """A message of the bot's, in `channel`."""
    deleted_ts: str
    other_ts: str
    """What somebody else said there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`answer` is "ok" or the error; `keys` are the answer's, the inner ones as outer.inner."""

    answer: str
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """A disagreement that stands, and why ours is right. Anything else that the two answer is a new one."""

    foreign: str
    ours: str
    why: str


BLOCKS: list[Json] = [
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "⚡️ ", "style": {"bold": True}},
                    {"type": "link", "url": "https://example.org/1", "text": "A headline"},
                ],
            }
        ],
    },
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "text": {"type": "plain_text", "text": "Why"},
                "action_id": "why",
                "value": "/why 1",
            }
        ],
    },
]

MISSING = "C0MISSING0"
LONG_AGO = "1500000000.000100"

Call = Callable[[Ground], Awaitable[AsyncSlackResponse]]

CALLS: Mapping[str, Call] = {
    "auth.test": lambda on: on.client.auth_test(),
    "auth.test, a bad token": lambda on: on.client.auth_test(token="xoxb-bad"),
    "auth.test, no token": lambda on: _like(on.client, token=None).auth_test(),
    "chat.postMessage, blocks": lambda on: on.client.chat_postMessage(
        channel=on.channel, text="A headline", blocks=BLOCKS, unfurl_links=False, unfurl_media=False
    ),
    "chat.postMessage, text": lambda on: on.client.chat_postMessage(channel=on.channel, text="A headline"),
    "chat.postMessage, in a thread": lambda on: on.client.chat_postMessage(
        channel=on.channel, text="More", thread_ts=on.ts
    ),
    "chat.postMessage, nothing": lambda on: on.client.chat_postMessage(channel=on.channel, text=""),
    "chat.postMessage, 40,001 characters": lambda on: on.client.chat_postMessage(
        channel=on.channel, text="x" * 40_001
    ),
    "chat.postMessage, a block of no kind": lambda on: on.client.chat_postMessage(
        channel=on.channel, text="x", blocks=[{"type": "sections"}]
    ),
    "chat.postMessage, a missing channel": lambda on: on.client.chat_postMessage(channel=MISSING, text="x"),
    "chat.postMessage, a public channel without the bot": lambda on: on.client.chat_postMessage(
        channel=on.outside, text="x"
    ),
    "chat.postMessage, a private channel without the bot": lambda on: on.client.chat_postMessage(
        channel=on.hidden, text="x"
    ),
    "chat.postMessage, an archived channel": lambda on: on.client.chat_postMessage(
        channel=on.archived, text="x"
    ),
    "chat.postMessage, a bad token": lambda on: on.client.chat_postMessage(
        channel=on.channel, text="x", token="xoxb-bad"
    ),
    "chat.postEphemeral": lambda on: on.client.chat_postEphemeral(channel=on.channel, user=on.user, text="x"),
    "chat.update": lambda on: on.client.chat_update(
        channel=on.channel, ts=on.ts, text="A headline, mended", blocks=BLOCKS
    ),
    "chat.update, text alone": lambda on: on.client.chat_update(
        channel=on.channel, ts=on.ts, text="A headline, mended again"
    ),
    "chat.update, nothing": lambda on: on.client.chat_update(channel=on.channel, ts=on.ts),
    "chat.update, 4,001 characters": lambda on: on.client.chat_update(
        channel=on.channel, ts=on.ts, text="x" * 4_001
    ),
    "chat.update, an unknown ts": lambda on: on.client.chat_update(channel=on.channel, ts=LONG_AGO, text="x"),
    "chat.update, a deleted message": lambda on: on.client.chat_update(
        channel=on.channel, ts=on.deleted_ts, text="x"
    ),
    "chat.update, another's message": lambda on: on.client.chat_update(
        channel=on.channel, ts=on.other_ts, text="x"
    ),
    "chat.update, a missing channel": lambda on: on.client.chat_update(channel=MISSING, ts=on.ts, text="x"),
    "conversations.info": lambda on: on.client.conversations_info(channel=on.channel),
    "conversations.info, a missing channel": lambda on: on.client.conversations_info(channel=MISSING),
    "conversations.info, a private channel without the bot": lambda on: on.client.conversations_info(
        channel=on.hidden
    ),
    "conversations.info, an archived channel": lambda on: on.client.conversations_info(channel=on.archived),
    "conversations.open": lambda on: on.client.conversations_open(users=on.user),
    "users.info": lambda on: on.client.users_info(user=on.user),
    "users.info, nobody": lambda on: on.client.users_info(user="X0NOBODY00"),
}

# Pages are under docs.slack.dev/reference. emulate 0.12.2 takes any token it does not know for its administrator's.
_ANY_TOKEN = Known("ok", "invalid_auth", "emulate lets every token in (methods/auth.test: invalid_auth)")
_HIDDEN = Known(
    "not_in_channel", "channel_not_found", "to who is not in it, a private channel does not exist"
)
KNOWN: Mapping[str, Known] = {
    "auth.test, a bad token": _ANY_TOKEN,
    "chat.postMessage, a bad token": _ANY_TOKEN,
    "chat.postMessage, 40,001 characters": Known(
        "ok", "msg_too_long", "Slack truncates or refuses; a bot must not come to rely on the milder"
    ),
    "chat.postMessage, a block of no kind": Known(
        "ok", "invalid_blocks", "emulate does not read blocks (block-kit/blocks)"
    ),
    "chat.postMessage, a public channel without the bot": Known(
        "ok", "not_in_channel", "emulate asks for no membership (scopes/chat.write.public)"
    ),
    "chat.postMessage, a private channel without the bot": _HIDDEN,
    "conversations.info, a private channel without the bot": _HIDDEN,
    "chat.update, 4,001 characters": Known(
        "ok", "msg_too_long", "emulate has the limit of chat.postMessage here too (methods/chat.update)"
    ),
    "chat.update, a missing channel": Known(
        "message_not_found", "channel_not_found", "emulate looks for the message alone (methods/chat.update)"
    ),
}


async def answers(on: Ground) -> dict[str, Outcome]:
    return {name: await _outcome(call(on)) for name, call in CALLS.items()}


async def _outcome(call: Awaitable[AsyncSlackResponse]) -> Outcome:
    try:
        response = await call
    except SlackApiError as error:
        answer = error.response
        if isinstance(answer.get("error"), str):
            return Outcome(answer["error"])
        return Outcome(f"HTTP {answer.status_code}")
    assert isinstance(response.data, dict)
    return Outcome("ok", frozenset(_keys(response.data)))


def _keys(answer: Json) -> set[str]:
    inner = {f"{key}.{name}" for key, value in answer.items() if isinstance(value, dict) for name in value}
    return {*answer, *inner}


# The two grounds


class Posting(AsyncWebClient):
    """Posts JSON where slack-sdk asks by GET or in the query. Slack takes each of these, emulate 0.12.2 bodies alone."""

    async def api_call(self, api_method: str, **how: Any) -> AsyncSlackResponse:
        parameters = how.pop("params", None)
        return await super().api_call(
            api_method, **({"json": parameters} if parameters else {}) | how | {"http_verb": "POST"}
        )


def _like(client: AsyncWebClient, token: str | None) -> AsyncWebClient:
    return type(client)(token=token, base_url=client.base_url, retry_handlers=[])


BOT, BOT_TOKEN, ADMIN_TOKEN = "UBOT", "xoxb-T1-secret", "xoxp-T1-admin"
SEED: Json = {
    "users": [{"name": "reader", "real_name": "A reader"}],
    "oauth_apps": [
        {
            "client_id": "1.1",
            "client_secret": "secret",
            "app_id": "A1",
            "name": "Sokuho",
            "redirect_uris": [],
            "bot_id": "BBOT",
            "bot_user_id": BOT,
        }
    ],
    "tokens": [
        {"token": BOT_TOKEN, "type": "bot", "user": BOT, "bot_id": "BBOT", "app_id": "A1"},
        {"token": ADMIN_TOKEN, "type": "user", "user": "U000000001"},
    ],
}


async def foreign_ground(api_url: str) -> Ground:
    bot = Posting(token=BOT_TOKEN, base_url=api_url, retry_handlers=[])
    admin = _like(bot, ADMIN_TOKEN)

    async def made(name: str, *, private: bool = False) -> str:
        answer = await admin.conversations_create(name=name, is_private=private)
        return str(answer["channel"]["id"])

    channel, archived = await made("news"), await made("old")
    await admin.conversations_invite(channel=channel, users=BOT)
    await admin.conversations_invite(channel=archived, users=BOT)
    await admin.conversations_archive(channel=archived)
    return Ground(
        client=bot,
        channel=channel,
        outside=await made("elsewhere"),
        hidden=await made("secret", private=True),
        archived=archived,
        user="U000000001",
        ts=await _posted(bot, channel),
        deleted_ts=await _deleted(bot, channel),
        other_ts=await _posted(admin, channel),
    )


async def our_ground(server: SlackServer) -> Ground:
    client = AsyncWebClient(token=server.home.token, base_url=server.api_url, retry_handlers=[])
    server.channel("C1", "news")
    server.channel("C2", "elsewhere", member=False)
    server.channel("C3", "secret", private=True, member=False)
    server.channel("C4", "old").archived = True
    return Ground(
        client=client,
        channel="C1",
        outside="C2",
        hidden="C3",
        archived="C4",
        user="U1",
        ts=await _posted(client, "C1"),
        deleted_ts=await _deleted(client, "C1"),
        other_ts=(await server.mention("C1", "first")).payload["event"]["ts"],
    )


async def _posted(client: AsyncWebClient, channel: str) -> str:
    return str((await client.chat_postMessage(channel=channel, text="first"))["ts"])


async def _deleted(client: AsyncWebClient, channel: str) -> str:
    ts = await _posted(client, channel)
    await client.chat_delete(channel=channel, ts=ts)
    return ts


# The comparison


def verdict(name: str, foreign: Outcome, ours: Outcome) -> tuple[bool, str]:
    """Whether this is as it should be, and the words for it."""
    known = KNOWN.get(name)
    if foreign.answer == ours.answer:
        return (True, "same") if known is None else (False, "SAME: no longer KNOWN")
    if known is not None and (known.foreign, known.ours) == (foreign.answer, ours.answer):
        return True, f"known: {known.why}"
    return False, "DIFFERENT"


def compare(foreign: Mapping[str, Outcome], ours: Mapping[str, Outcome], console: Console) -> bool:
    """Print the table; true if every difference is known."""
    table = Table("call", PACKAGES[1], "ours", "verdict", title="The same calls to two doubles of Slack")
    extras = Table("call", f"only {PACKAGES[1]}", "only ours", title="Keys of answers that only one gives")
    well = True
    for name in CALLS:
        theirs, own = foreign[name], ours[name]
        fine, words = verdict(name, theirs, own)
        well = well and fine
        table.add_row(name, theirs.answer, own.answer, words, style="" if fine else "bold red")
        if theirs.answer == own.answer and theirs.keys != own.keys:
            extras.add_row(
                name, " ".join(sorted(theirs.keys - own.keys)), " ".join(sorted(own.keys - theirs.keys))
            )
    console.print(table, extras)
    return well


async def check(folder: Path, console: Console) -> int:
    try:
        install(folder)
        async with emulating_slack(folder, SEED) as api_url:
            foreign = await answers(await foreign_ground(api_url))
    except NoNpmError:
        console.print("Skipped: npm is not installed, and the emulator comes through it.")
        return 0
    except UnavailableError as problem:
        console.print(f"Not tried: {problem}")
        return 2
    async with SlackServer() as server:
        ours = await answers(await our_ground(server))
    return 0 if compare(foreign, ours, console) else 1


if __name__ == "__main__":
    warnings.simplefilter("ignore", UserWarning)  # slack-sdk's, about calls that are wrong on purpose
    folder = Path(sys.argv[1]) if sys.argv[1:] else FOLDER
    sys.exit(asyncio.run(check(folder, Console(width=150))))
