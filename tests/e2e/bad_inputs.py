"""Bad inputs of every kind, at one running newsroom: each is answered clearly, or refused and logged, and harms nothing.

`make inputs` prints a row for each.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from structlog.testing import capture_logs

from bot.chat.telegram.ways import HEADER
from bot.chat.telegram.ways import PATH as HOOK_PATH
from bot.clock import SimulatedClock
from tests.chat.test_bad_queries import BAD as QUERIES
from tests.e2e.platforms import (
    HOOK_SECRET,
    PRIVATE,
    SIGNING_SECRET,
    Newsroom,
    addresses_of,
    doubles,
    serving,
)
from tests.e2e.posted import get, posting
from tests.e2e.test_platform_mistakes import COMMANDS, FORGED
from tests.e2e.test_slack_posts import BODY
from tests.e2e.test_slack_posts import FORGED as FORGED_BY_SLACK
from tests.fakes.feed_server import FeedServer, Item, rss
from tests.fakes.slack_posts import Posts, signed
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TelegramServer

BROKEN = {"command_failed", "chat_failed", "stage_failed", "platform_failed"}
"""What the log says of a bug."""

HARMLESS = {"update_unreadable", "request_refused", "slack_unreadable", "workspace_unknown", "install_failed"}

GOOD = Item("Ukraine agrees to a ceasefire of thirty days", "https://outlet.example/good", "good")


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one input. `well`: it was answered or refused, and nothing was harmed or told that should not be."""

    kind: str
    name: str
    outcome: str
    well: bool


@dataclass(slots=True)
class Lab:
    """The newsroom, both platforms posting to it, and what is asked of them."""

    room: Newsroom
    feeds: FeedServer
    telegram: TelegramServer
    slack: SlackServer
    posts: Posts
    clock: SimulatedClock
    port: str
    rows: list[Row]

    async def state(self) -> object:
        """All that people can change."""
        store = self.room.store
        chats = [*await store.chats("telegram"), *await store.chats("slack")]
        return chats, await store.topics(), await store.subscriptions(), await store.installations()

    async def judge(self, kind: str, name: str, tried: Callable[[], Awaitable[str]]) -> None:
        """Try an input; what `tried` answers is the outcome, empty where nothing came."""
        before = await self.state()
        with capture_logs() as logs:
            try:
                outcome = await tried()
            except (TimeoutError, AssertionError) as error:
                outcome, said = "", str(error)[:60]
                self.rows.append(Row(kind, name, f"no answer: {said}", well=False))
                return
        events = {log["event"] for log in logs}
        refused = sorted(events & HARMLESS)
        well = bool(outcome or refused) and not events & BROKEN and before == await self.state()
        well = well and "Something went wrong" not in outcome and not leaks(f"{outcome}{logs}")
        shown = " ".join(outcome.split()) or f"refused: {', '.join(refused)}"
        self.rows.append(Row(kind, name, shown, well))

    async def told_on_telegram(self, text: str) -> str:
        before = len(self.telegram.messages(PRIVATE))
        await self.telegram.say(PRIVATE, text)
        await self.telegram.until(lambda: len(self.telegram.messages(PRIVATE)) > before)
        return self.telegram.messages(PRIVATE)[-1].text

    async def told_on_slack(self, text: str) -> str:
        before = len(self.slack.said)
        await self.slack.direct("D1", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
        await self.slack.until(lambda: len(self.slack.said) > before)
        return self.slack.said[-1].plain


def leaks(text: str) -> bool:
    """Whether a secret stands in it."""
    return any(secret in text for secret in (HOOK_SECRET, SIGNING_SECRET, "AAF-token", "xoxb-T1"))


# Feeds: each has an address of its own, and all are polled at once.

ENTITIES = (
    '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
    + "]><rss><channel><item><title>&i;</title></item></channel></rss>"
).encode()
OUTSIDE = b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><title>&x;</title><item><title>&x;</title></item></channel></rss>'
ONE = rss([GOOD])

BODIES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "application/rss+xml"),
    "blanks": (b" \n" * 1000, "application/rss+xml"),
    "a page": (b"<!doctype html><title>x</title><p>Ukraine ceasefire", "text/html"),
    "JSON": (b'{"items": [{"title": "Ukraine ceasefire"}]}', "application/json"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "image/png"),
    "zeros": (bytes(10_000), "application/rss+xml"),
    "a path": (b"/etc/passwd", "text/plain"),
    "an address": (b"http://169.254.169.254/latest/meta-data/", "text/plain"),
    "half": (ONE[: len(ONE) // 2], "application/rss+xml"),
    "no end": (ONE.replace(b"</rss>", b""), "application/rss+xml"),
    "entities of entities": (ENTITIES, "application/rss+xml"),
    "a file of ours": (OUTSIDE, "application/rss+xml"),
    "deep": (b"<rss>" + b"<a>" * 5_000, "application/rss+xml"),
    "no encoding there is": (ONE.replace(b"UTF-8", b"UTF-99"), "application/rss+xml; charset=utf-99"),
    "another encoding": (ONE.decode().encode("utf-16"), "application/rss+xml; charset=utf-8"),
    "no items": (rss([]), "application/rss+xml"),
    "items without anything": (rss([Item()] * 20), "application/rss+xml"),
    "a number for a date": (
        rss([Item("x")]).replace(b"</title>", b"</title><pubDate>1704189600</pubDate>"),
        "text/xml",
    ),
    "an id of a megabyte": (rss([Item("x", id="i" * 1_000_000)]), "application/rss+xml"),
}

INWARDS = {
    "to a machine inside": "http://169.254.169.254/latest/meta-data/",
    "to it by IPv6": "http://[::ffff:169.254.169.254]/latest/meta-data/",
    "to a network inside": "http://10.0.0.1/",
}
"""Redirects that nothing may be asked by: that nobody answered there is not enough."""


def bad_feeds(feeds: FeedServer) -> list[str]:
    """Serve every bad feed; their paths."""
    for name, (body, kind) in BODIES.items():
        feeds.serve(f"/{name}", body, kind)
    for status in (401, 403, 404, 410, 500, 503):
        feeds.answer(f"/{status}", status)
    for name, to in {
        "to itself": "/to itself",
        "to a file": "file:///etc/passwd",
        "to another scheme": "gopher://127.0.0.1/",
        "to nowhere": "http:///",
        **INWARDS,
    }.items():
        feeds.redirect(f"/{name}", to)
    feeds.cut_off("/cut off", ONE * 100, 200)
    feeds.huge("/endless", 20 * 1024 * 1024)
    feeds.gzip_bomb("/a bomb", 50 * 1024 * 1024)
    # The last, since all feeds of its host are left alone afterwards.
    feeds.answer("/429", 429)
    return [path for path in feeds._handlers if path != "/good"]


async def feeds_are_polled(lab: Lab) -> None:
    with capture_logs() as logs:
        await lab.room.app.step()
    for status in await lab.room.store.feed_statuses():
        name = unquote(status.spec.url.split("/", 3)[3])
        if name == "good":
            continue
        harmless = not leaks(f"{status.error}{logs}") and "root:" not in f"{status.error}"
        outcome = status.error or f"read, {status.entries} entries"
        broke = {log["event"] for log in logs} & BROKEN
        guarded = name not in INWARDS or "is in a private network" in outcome
        well = harmless and guarded and not broke and status.last_poll is not None
        lab.rows.append(Row("feed", name, outcome, well))


# Entries: hostile titles, summaries and links of one good feed.

TITLES = (
    "<script>alert(1)</script>",
    "<b>bold",
    "</code></a>",
    "&lt;!channel&gt; <!here> <!everyone>",
    "<@U012AB3CD> @channel @here",
    "<https://evil.example|Reuters>",
    "[Reuters](https://evil.example)",
    "*bold* _it_ ~no~ `x` ```y```",
    "\u202emoc.live\u202c \u2066x",
    "\u200b\u200b\u200b",
    "/start@SokuhoBot /stop #tag",
    "x" * 20_000,
    "語" * 9_000,
    "🏳️‍🌈" * 500,
    "a\tb\r\nc",
    '" onmouseover="alert(1)',
    "{0} {chat} %s %(x)s",
    "'; DROP TABLE entries; --",
    "e\u0301" * 3_000,
    "&#60;&#x202e;&nbsp;&bogus;",
)
LINKS = (
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "tg://user?id=1",
    "http://user:password@evil.example/",
    "//evil.example/" + "x" * 3_000,
    "https://evil.example/\u202egpj.exe",
    "http://[::1",
    "file:///etc/passwd",
)


async def entries_are_told(lab: Lab) -> None:
    """Published together, by one feed; a headline is told of each story that they make."""
    now = lab.clock.now()
    hostile = [
        Item(f"Ukraine ceasefire, part {n}: {title}", f"https://outlet.example/{n}", f"t{n}", title, now)
        for n, title in enumerate(TITLES)
    ]
    hostile += [
        Item(f"Armenia and Azerbaijan hold talks, {n}", link, f"l{n}", "", now)
        for n, link in enumerate(LINKS)
    ]
    before = {status.spec.url: status.entries for status in await lab.room.store.feed_statuses()}
    good = lab.feeds.url("/good")
    lab.feeds.publish("/good", [GOOD, *hostile])
    lab.clock.advance_to(now + timedelta(minutes=10))
    with capture_logs() as logs:
        await lab.room.app.step()
        await lab.room.app.work_off()
    stored = next(s.entries for s in await lab.room.store.feed_statuses() if s.spec.url == good)
    broke = {log["event"] for log in logs} & BROKEN
    safe = not any(said.pings for said in lab.slack.said) and not any(
        "evil.example" in link[1] and not link[1].startswith("https://")
        for said in lab.telegram.messages(PRIVATE)
        for link in said.links
    )
    fresh = stored - before[good]
    whole = fresh == len(hostile) + 1  # with the good one
    for item in hostile:
        outcome = f"one of {fresh} stored, told as letters"
        lab.rows.append(
            Row("entry", (item.summary or item.link or "")[:40], outcome, safe and whole and not broke)
        )


# What people type and press.


async def people_type(lab: Lab) -> None:
    for text, expected in COMMANDS:

        async def tried(text: str = text, expected: str = expected) -> str:
            for tell in (lab.told_on_telegram, lab.told_on_slack):
                said = (await tell(text)).replace("\N{WORD JOINER}", "").replace("/sokuho help", "/help")
                assert expected in said, said
            return said

        await lab.judge("command", text[:40], tried)
    for query, _ in QUERIES:
        if len(query) < 4_000:
            await lab.judge("query", query[:40], partial(lab.told_on_telegram, f"/topics add x = {query}"))


async def people_press(lab: Lab) -> None:
    offer = lab.telegram.messages(PRIVATE)[-1]

    async def on_telegram(data: str) -> str:
        query = await lab.telegram.press_forged(data, PRIVATE, offer.id)
        await lab.telegram.until(lambda: query in lab.telegram.answers)
        return str(lab.telegram.answers[query].get("text") or "done")

    async def on_slack(value: str) -> str:
        before = len(lab.slack.said)
        await lab.slack.press_forged("C1", action_id="do:0", value=value, user="U2")
        await lab.slack.until(lambda: len(lab.slack.said) > before)
        return lab.slack.said[-1].plain

    before = len(lab.slack.said)
    await lab.slack.slash("/sokuho", "start", channel="C1")
    await lab.slack.until(lambda: len(lab.slack.said) > before)
    for data in (*FORGED, "/topics remove ukraine-ceasefire", "/unsubscribe nowhere", "/" + "x" * 60):
        if data:
            await lab.judge("callback data", f"Telegram {data!r}", partial(on_telegram, data))
        await lab.judge("callback data", f"Slack {data!r}", partial(on_slack, data))


# What is posted by others than the platforms, or by them in a way that nobody expects.

UPDATE: dict[str, Any] = {
    "update_id": 7_000_000,
    "message": {
        "message_id": 1,
        "date": 1,
        "chat": {"id": PRIVATE, "type": "private"},
        "from": {"id": PRIVATE, "is_bot": False, "first_name": "Ada"},
        "text": "/unsubscribe all",
    },
}
SECRETS = {
    "no secret": {},
    "an empty secret": {HEADER: ""},
    "half a secret": {HEADER: HOOK_SECRET[:10]},
    "a longer secret": {HEADER: HOOK_SECRET + "x"},
    "a secret in capitals": {HEADER: HOOK_SECRET.upper()},
    "a secret that is no ASCII": {HEADER: "é"},
}
MALFORMED = {
    "nothing": b"",
    "half": b"{",
    "no UTF-8": b"\xff\xfe",
    "null": b"null",
    "a list": b"[]",
    "an object": b"{}",
    "no id": b'{"message": {}}',
    "half a message": b'{"update_id": 1, "message": {"message_id": 1}}',
    "deep": b"[" * 100_000,
    "too long": b" " * (1024 * 1024 + 1),
}


async def others_post(lab: Lab) -> None:
    async def to_telegram(body: bytes, headers: dict[str, str]) -> str:
        hook = Posts(f"http://{lab.port}{HOOK_PATH}", "")
        status, said = await hook.post(body, headers)
        assert not said
        assert status in (200, 403, 413), status
        return ""

    async def to_slack(body: bytes, headers: dict[str, str]) -> str:
        status, _ = await lab.posts.post(body, {"Content-Type": "application/json", **headers})
        assert status in (200, 400, 401, 404, 413), status
        return f"HTTP {status}"

    for name, headers in SECRETS.items():
        body = json.dumps(UPDATE).encode()
        await lab.judge("forged Telegram", name, partial(to_telegram, body, headers))
    for name, body in MALFORMED.items():
        await lab.judge("malformed Telegram", name, partial(to_telegram, body, {HEADER: HOOK_SECRET}))
        await lab.judge("malformed Slack", name, partial(to_slack, body, signed(SIGNING_SECRET, body)))
    forged = {**FORGED_BY_SLACK, "old by six minutes": signed(SIGNING_SECRET, BODY, time.time() - 360)}
    for name, headers in forged.items():
        await lab.judge("forged Slack", name, partial(to_slack, BODY, headers))
    for path in ("/", "/telegram", "/slack/events", "/slack/install", "/../etc/passwd", "/metrics/../x"):

        async def look(path: str = path) -> str:
            status, said, _ = await get(f"http://{lab.port}{path}")
            assert status in (404, 405), status
            return f"HTTP {status}: {said}"

        await lab.judge("other request", f"GET {path}", look)


async def run(folder: Path, port: str) -> list[Row]:
    """Every bad input, then the proof that the newsroom still works: its rows are of the kind «afterwards»."""
    clock = SimulatedClock(datetime.now(UTC))
    async with doubles() as (feeds, telegram, slack):
        telegram.local = True
        feeds.publish("/good", [])
        paths = ["/good", *bad_feeds(feeds)]
        urls = [feeds.url(path).replace(" ", "%20") for path in paths]
        async with serving(folder, addresses_of(telegram, slack), urls, clock=clock, posted=port) as room:
            with posting(slack, port) as posts:
                lab = Lab(room, feeds, telegram, slack, posts, clock, port, [])
                await telegram.until(lambda: room.telegram.connected and room.slack.connected)
                await feeds_are_polled(lab)
                await lab.told_on_telegram("/start")
                await lab.told_on_slack("start")
                await people_type(lab)
                await people_press(lab)
                await others_post(lab)
                for topic in ("ukraine-ceasefire", "armenia-azerbaijan"):
                    await lab.told_on_telegram(f"/subscribe {topic}")
                    await lab.told_on_slack(f"subscribe {topic}")
                await entries_are_told(lab)
                lab.rows.append(await afterwards(lab))
        assert room.failed == []
    return lab.rows


async def afterwards(lab: Lab) -> Row:
    """The good news was told on both platforms, and nothing waits."""
    on_telegram = any("Ukraine" in said.text for said in lab.telegram.messages(PRIVATE))
    on_slack = any("Ukraine" in said.plain for said in lab.slack.messages("D1"))
    waiting = await lab.room.store.queue_status(lab.clock.now())
    well = on_telegram and on_slack and not lab.telegram.pending and not waiting.messages
    return Row("afterwards", "the good feed", "told on both platforms" if well else f"{waiting}", well)


def table(rows: Sequence[Row]) -> str:
    """All rows, and how many of each kind went well."""
    lines = [
        f"{'ok ' if row.well else 'BAD'} {row.kind:18} {row.name!r:44} {row.outcome[:90]}" for row in rows
    ]
    kinds = Counter(row.kind for row in rows)
    well = Counter(row.kind for row in rows if row.well)
    lines += ["", *(f"{kind:18} {well[kind]:4} of {count}" for kind, count in kinds.items())]
    return "\n".join([*lines, f"{'all':18} {sum(well.values()):4} of {len(rows)}"])


def main() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = f"127.0.0.1:{free.getsockname()[1]}"
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(run(Path(folder), port))
    print(table(rows))  # noqa: T201 - a command's answer
    return 0 if all(row.well for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
