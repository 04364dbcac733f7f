"""`python -m benchmarks.looks [--out out/looks] [--language ja]`: how every kind of message looks on Telegram and on Slack.

Writes an HTML page a language, and pictures of it where there is Chromium. Each message is made by the pipeline and the commands,
rendered by the platform's renderer, and drawn from what that gives: Telegram's HTML and keyboard, Slack's blocks.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import tempfile
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.recorded import by_link, entries_of, read_config
from bot.chat.commands import MaySteer, Services, answer, anybody
from bot.chat.locales import load_speeches
from bot.chat.reception import Heard, Reception
from bot.chat.slack import render as slack
from bot.chat.slack.render import Block, Payload
from bot.chat.telegram import render as telegram
from bot.chat.telegram.bot import MAX_ALERT
from bot.chat.telegram.render import Keyboard
from bot.clock import SimulatedClock
from bot.demo import FEED_WINDOW, RecordedDay
from bot.digesting import Digester
from bot.domain.access import Access
from bot.domain.bulletins import Kind, lay_out, shortened
from bot.domain.catalog import Catalog
from bot.domain.chats import SPOKEN, Chat, Platform
from bot.domain.composing import compose
from bot.domain.deliveries import NotSent, Outcome, Sent
from bot.domain.documents import Action, Document
from bot.domain.entries import Entry, ParsedEntry, ParsedFeed
from bot.domain.matching import analyse
from bot.domain.pacing import Urgency
from bot.domain.polling import Failed, FailureKind, FeedForPoll, Fetched, FetchResult
from bot.domain.speech import ENGLISH
from bot.domain.stories import SAME_HEADLINE, Report, Story
from bot.domain.topics import Topic, TopicSpec
from bot.domain.updates import compose_update
from bot.feeds.failures import refused
from bot.logs import configure_logs
from bot.outbox import Outbox
from bot.pipeline import Desk
from bot.polling import Poller
from bot.saying import buttons_of_bulletin
from bot.storage.sql import SqlStore, open_store
from bot.work import LocalQueue

CHATS: Mapping[Platform, str] = {"telegram": "-1009876543210", "slack": "T0ABCDEF1/C0ABCDEF2"}
"""The address of the chat on each platform."""

ZONE = ZoneInfo("Asia/Tokyo")
SERVER = "https://feeds.example.org"
STEP = timedelta(minutes=15)

WIDTH = 1180
PICTURE_HEIGHT = 1400
CHROMIUM = "/usr/bin/chromium"
SWITCHES = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --force-device-scale-factor=1"
).split()


# The newsroom: the real pipeline over the recorded day, with a wire for a network and paper for a platform.


class Wire:
    """`ports.Fetcher` and `ports.Parser` over the recorded day: a feed shows what was published by now."""

    def __init__(self, day: RecordedDay, clock: SimulatedClock) -> None:
        self._day = day
        self._clock = clock
        self.failing: dict[str, Failed] = {}

    async def fetch(self, feed: FeedForPoll) -> FetchResult:
        failed = self.failing.get(feed.url)
        return failed or Fetched(b"", "application/rss+xml", feed.url, f"{feed.id} {self._clock.now()}")

    async def parse(self, fetched: Fetched, items_seen: bytes = b"") -> ParsedFeed:  # noqa: ARG002
        path = fetched.url.removeprefix(f"{SERVER}/")
        out = [
            entry
            for entry in self._day.entries
            if entry.feed == path and entry.published <= self._clock.now()
        ]
        return ParsedFeed(
            path,
            tuple(
                ParsedEntry(entry.id, entry.title, entry.link, entry.summary, entry.published)
                for entry in reversed(out[-FEED_WINDOW:])
            ),
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the outbox: the saved text, and the buttons below it."""

    text: str
    actions: tuple[Action, ...] = ()


@dataclass
class Paper:
    """A `ports.Messenger` that keeps, by message id, what a chat would show now."""

    platform: Platform
    shown: dict[str, Shown] = field(default_factory=dict)

    def render(self, document: Document) -> str | None:
        return rendered(self.platform, document)

    def wait(self, chat: Chat) -> timedelta:  # noqa: ARG002 - paper is patient
        return timedelta(0)

    def turn(self, chat: Chat, urgency: Urgency) -> AbstractAsyncContextManager[None]:  # noqa: ARG002
        return nullcontext()

    async def send(
        self,
        chat: Chat,
        text: str,
        *,
        key: str = "",
        answers: str | None = None,
        silent: bool = False,
        actions: Sequence[Action] = (),
    ) -> Outcome:
        del key, answers, silent
        return await self.edit(chat, str(len(self.shown) + 1), text, actions=actions)

    async def edit(
        self,
        chat: Chat,
        message_id: str,
        text: str,
        before: str | None = None,
        *,
        actions: Sequence[Action] = (),
    ) -> Outcome:
        del chat, before
        self.shown[message_id] = Shown(text, tuple(actions))
        return Sent(message_id)

    async def find(self, chat: Chat, key: str, since: datetime) -> Sent | NotSent | None:
        del chat, key, since
        return None

    def address_of(self, chat: Chat, message_id: str) -> str | None:
        return f"https://{chat.platform}.example/{message_id}"


@dataclass
class Room:
    """A chat on each platform, and all that stands behind them."""

    catalog: Catalog
    store: SqlStore
    clock: SimulatedClock
    wire: Wire
    desk: Desk
    poller: Poller
    digester: Digester
    outbox: Outbox
    papers: Mapping[Platform, Paper]
    chats: Mapping[Platform, Chat]

    @property
    def services(self) -> Services:
        return Services(self.clock, self.store, self.desk, speeches=load_speeches())

    async def run(self, until: datetime) -> None:
        while self.clock.now() < until:
            self.clock.advance_to(min(self.clock.now() + STEP, until))
            await self.poller.poll_due()
            while await self.desk.work():
                pass
            while await self.digester.work():
                pass
            while await self.outbox.work():
                pass

    async def tell(self, text: str) -> None:
        """Type it in both chats and look at neither answer."""
        for platform in CHATS:
            await answer(self.services, self.chats[platform], text)

    async def scene(self, text: str, title: str = "", may_steer: MaySteer = anybody, page: int = 0) -> Scene:
        """Type it in both chats and draw the answers."""
        answers = {
            platform: await answer(self.services, self.chats[platform], text, None, may_steer)
            for platform in CHATS
        }
        return said(title or text, text, answers, self.clock.now(), page)


@asynccontextmanager
async def open_room(catalog: Catalog, day: RecordedDay, language: str) -> AsyncIterator[Room]:
    catalog = replace(catalog, feeds=day.specs(SERVER))
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(f"sqlite:///{folder}/looks.db", durable=False)
        assert isinstance(store, SqlStore), store
        clock, queue = SimulatedClock(day.begins), LocalQueue()
        wire, desk = Wire(day, clock), Desk(store, clock, queue, catalog)
        papers: dict[Platform, Paper] = {platform: Paper(platform) for platform in CHATS}
        try:
            await desk.adopt(catalog)
            chats = {
                platform: await store.ensure_chat(
                    platform, address, "", clock.now(), time_zone=ZONE.key, language=language
                )
                for platform, address in CHATS.items()
            }
            yield Room(
                catalog,
                store,
                clock,
                wire,
                desk,
                Poller(store, wire, wire, clock, queue, desk),
                Digester(store, papers, clock, queue, desk, speeches=load_speeches()),
                Outbox(store, papers, clock, desk, speeches=load_speeches()),
                papers,
                chats,
            )
        finally:
            await store.close()


def rendered(platform: Platform, document: Document) -> str | None:
    """A bulletin as the platform's messenger saves it; None where it is beyond the limits."""
    if platform == "telegram":
        return telegram.as_html(document.lines) if telegram.fits(document.lines) else None
    payload = slack.bulletin(document)
    return None if payload is None else payload.dump()


# What is drawn.


@dataclass(frozen=True, slots=True)
class Scene:
    """A kind of message: what each platform shows of it, as HTML."""

    title: str
    telegram: str
    slack: str


def said(title: str, text: str, answers: Mapping[Platform, Document], at: datetime, page: int = 0) -> Scene:
    """A command with its answers. On Slack a slash command is seen by nobody, and its answer not always by all."""
    typed = telegram_bubble(escape(text), at, mine=True)
    document = answers["slack"]
    to_all = document.changed or not text.startswith("/")
    return Scene(
        title,
        typed + telegram_answer(answers["telegram"], at, page),
        "".join(slack_message(payload, at, ephemeral=not to_all) for payload in slack.answer(document, page)),
    )


def told(
    title: str, documents: Callable[[Platform], Iterable[Document]], at: datetime, *, edited: bool = False
) -> Scene:
    """A bulletin, in the longest version that each platform takes."""
    texts = {
        platform: Shown(
            next(filter(None, (rendered(platform, document) for document in documents(platform)))),
            buttons_of_bulletin(ENGLISH),
        )
        for platform in CHATS
    }
    return sent(title, texts, at, edited=edited)


def sent(title: str, texts: Mapping[Platform, Shown], at: datetime, *, edited: bool = False) -> Scene:
    payload = slack_payload(texts["slack"])
    return Scene(
        title,
        telegram_sent(texts["telegram"], at, edited=edited),
        slack_message(payload, at, edited=edited) + slack_notification(payload),
    )


def telegram_sent(shown: Shown, at: datetime, *, edited: bool = False) -> str:
    board = telegram.keyboard(Document((), shown.actions))
    return telegram_bubble(drawn_html(shown.text), at, board=board, edited=edited)


def slack_payload(shown: Shown) -> Payload:
    return slack.with_buttons(Payload.load(shown.text), shown.actions)


def sent_in_a_row(title: str, papers: Mapping[Platform, Paper], number: int, at: datetime) -> Scene:
    """The last bulletins that were sent, one below the other."""
    texts = {platform: list(paper.shown.values())[-number:] for platform, paper in papers.items()}
    return Scene(
        title,
        "".join(telegram_sent(shown, at) for shown in texts["telegram"]),
        "".join(
            slack_message(slack_payload(shown), at, grouped=place > 0)
            for place, shown in enumerate(texts["slack"])
        ),
    )


class _TelegramText(HTMLParser):
    """Telegram's HTML as a browser's. What Telegram itself makes a link is one here."""

    # As in tdlib's MessageEntity.cpp, roughly: commands, hashtags, mentions, addresses.
    _AUTOMATIC = re.compile(
        r"(?<![\w/<>])/\w{1,64}\b(?![/<>])|(?<!\w)#\w*[^\W\d]\w*|(?<!\w)@\w{3,}"
        r"|\b(?:https?://)?(?:[a-z0-9-]+\.)+(?:org|com|net|jp|example)\b(?:/[\w./-]*)?"
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"a", "b", "i", "code", "pre", "blockquote"}, tag
        self._open.append(tag)
        given = "".join(f' {name}="{escape(value or "")}"' for name, value in attrs)
        self.out.append(f"<{tag}{given}>")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, tag
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if {"a", "code", "pre"} & set(self._open):
            self.out.append(escape(data))
            return
        at = 0
        for found in self._AUTOMATIC.finditer(data):
            self.out.append(f"{escape(data[at : found.start()])}<a>{escape(found[0])}</a>")
            at = found.end()
        self.out.append(escape(data[at:]))


def drawn_html(text: str) -> str:
    parser = _TelegramText()
    parser.feed(text)
    parser.close()
    return "".join(parser.out)


def telegram_answer(document: Document, at: datetime, page: int = 0) -> str:
    texts = telegram.split(document)
    boards = [Keyboard()] * (len(texts) - 1) + [telegram.keyboard(document, page)]
    return "".join(
        telegram_bubble(drawn_html(text), at, board=board) for text, board in zip(texts, boards, strict=True)
    )


def telegram_bubble(
    body: str, at: datetime, *, board: Keyboard | None = None, mine: bool = False, edited: bool = False
) -> str:
    rows = "".join(
        f'<div class="row">{"".join(f"<span>{escape(label)}</span>" for label, _ in row)}</div>'
        for row in (board.rows if board else ())
    )
    time = f'<span class="time">{"edited " if edited else ""}{at.astimezone(ZONE):%H:%M}</span>'
    kind = "mine" if mine else "theirs"
    return (
        f'<div class="tg {kind}"><div class="bubble">{body}{time}</div>'
        f"{f'<div class=board>{rows}</div>' if rows else ''}</div>"
    )


def telegram_alert(text: str) -> str:
    short = text if len(text) <= MAX_ALERT else text[: MAX_ALERT - 1] + "…"
    return f'<div class="alert">{escape(short)}<div class="ok">OK</div></div>'


def slack_message(
    payload: Payload, at: datetime, *, ephemeral: bool = False, edited: bool = False, grouped: bool = False
) -> str:
    """`grouped`: behind a message of the same author, Slack leaves out who speaks."""
    note = '<div class="only">👁 Only visible to you</div>' if ephemeral else ""
    body = "".join(_slack_block(block) for block in payload.blocks)
    mark = '<span class="edited"> (edited)</span>' if edited else ""
    if grouped:
        return f'<div class="slack"><div></div><div>{body}</div></div>'
    return (
        f'<div class="slack{" ephemeral" if ephemeral else ""}"><div class="avatar">速</div><div>{note}'
        f'<div class="who"><b>Sokuho</b> <span class="app">APP</span> <span class="at">'
        f"{at.astimezone(ZONE):%-I:%M %p}</span></div>{body}{mark}</div></div>"
    )


def slack_notification(payload: Payload) -> str:
    return (
        '<div class="notice"><b>Sokuho in #news</b><div class="clamp">'
        f"{escape(unescape(payload.preview))}</div><i>the notification</i></div>"
    )


def _slack_block(block: Block) -> str:
    match block["type"]:
        case "rich_text":
            return f'<div class="text">{"".join(map(_slack_part, block["elements"]))}</div>'
        case "actions":
            buttons = (f"<span>{escape(button['text']['text'])}</span>" for button in block["elements"])
            return f'<div class="actions">{"".join(buttons)}</div>'
        case "context":
            return f'<div class="context">{"".join(map(_slack_context, block["elements"]))}</div>'
        case "divider":
            return "<hr>"
        case other:
            raise ValueError(f"no drawing of the block {other}")


def _slack_part(part: Block) -> str:
    inner = "".join(map(_slack_element, part.get("elements", ())))
    match part["type"]:
        case "rich_text_section":
            return f"<div>{inner}</div>"
        case "rich_text_preformatted":
            return f"<pre>{inner}</pre>"
        case "rich_text_quote":
            return f"<blockquote>{inner}</blockquote>"
        case "rich_text_list":
            return "<ul>" + "".join(f"<li>{_slack_part(item)}</li>" for item in part["elements"]) + "</ul>"
        case other:
            raise ValueError(f"no drawing of the part {other}")


def _slack_context(element: Block) -> str:
    assert element["type"] == "plain_text", element
    return escape(element["text"])


def _slack_element(element: Block) -> str:
    text = escape(element["text"])
    style = element.get("style", {})
    if style.get("code"):
        text = f"<code>{text}</code>"
    if style.get("bold"):
        text = f"<b>{text}</b>"
    if style.get("italic"):
        text = f"<i>{text}</i>"
    return f'<a href="{escape(element["url"])}">{text}</a>' if element["type"] == "link" else text


# The scenes.


@dataclass(frozen=True, slots=True)
class Bulletins:
    """Composes bulletins of the recorded day's reports, put together into stories by hand."""

    catalog: Catalog
    entries: Mapping[str, Entry]
    at: datetime
    language: str

    def scene(
        self,
        title: str,
        reports: Sequence[str | Entry],
        *slugs: str,
        languages: tuple[str, ...] = (),
        reason: str = "another report",
        repeat: bool = False,
        edited: bool = False,
        kind: Kind = Kind.FIRST,
    ) -> Scene:
        """`kind`: what the last report brings, answering a bulletin of those before it."""
        told_by = [self.entries[report] if isinstance(report, str) else report for report in reports]
        story = Story(
            told_by[0].id,
            told_by[0].at,
            told_by[-1].at,
            tuple(
                Report(entry, analyse(entry, self.catalog.lexicon).named, reason if number else "opened")
                for number, entry in enumerate(told_by)
            ),
        )
        topics = [
            Topic(number, spec) for number, spec in enumerate(self.catalog.topics) if spec.slug in slugs
        ]

        def documents(platform: Platform) -> Iterator[Document]:
            chat = Chat(0, platform, "1", languages=languages, time_zone=ZONE.key, language=self.language)
            speech = load_speeches()[self.language]
            if kind is Kind.FIRST:
                whole = compose(story, chat, topics, self.catalog, possible_repeat=repeat)
            else:
                before, last = told_by[-2].seen, told_by[-1].id
                answer_ = compose_update(story, chat, topics, self.catalog, told=before, kind=kind, of=last)
                assert answer_ is not None, title
                whole = answer_
            return (lay_out(shorter, self.catalog.style, speech) for shorter in shortened(whole))

        return told(title, documents, told_by[-1].seen, edited=edited)


def bulletin_scenes(catalog: Catalog, day: RecordedDay, language: str) -> Iterator[Scene]:
    entries = by_link(entries_of(day))
    make = Bulletins(catalog, entries, day.ends, language).scene
    alaska = ("wire/008", "shimbun/005", "agentstvo/005")
    yield make("a bulletin in English, flags", ["wire/009"], "us-russia-summit")
    yield make("a bulletin in Japanese, an event's mark", ["shimbun/004"], "armenia-azerbaijan")
    yield make(
        "a bulletin in Russian, two topics", ["agentstvo/007"], "ukraine-ceasefire", "us-russia-summit"
    )
    yield make("a bulletin with facts", [_with_facts(entries["wire/008"])], "us-russia-summit")
    yield make("three sources, confirmed", alaska, "us-russia-summit")
    yield make(
        "the same for a chat that reads English: +1 of other languages",
        [*alaska, entries["kavkaz/005"]],
        "us-russia-summit",
        languages=("en",),
    )
    yield make("a possible repeat", ["wire/010"], "ukraine-ceasefire", repeat=True)
    yield make(
        "in a language that the chat does not read", ["shimbun/008"], "ukraine-ceasefire", languages=("en",)
    )
    yield make(
        "after an edit that added an outlet (a reprint)",
        ["wire/008", "world/005"],
        "us-russia-summit",
        reason=SAME_HEADLINE,
        edited=True,
    )
    yield make("what is new", ["wire/008", "wire/009"], "us-russia-summit", kind=Kind.UPDATE)
    yield make(
        "a correction",
        ["wire/008", _corrected(entries["wire/009"], "Correction: Leaders to meet in Alaska on 16 August")],
        "us-russia-summit",
        kind=Kind.CORRECTION,
    )
    yield make(
        "a retraction",
        [
            "wire/008",
            _corrected(entries["wire/009"], "Demo Wire withdraws its report of a meeting in Alaska"),
        ],
        "us-russia-summit",
        kind=Kind.RETRACTION,
    )
    yield make("very long: 130 outlets", _crowd(entries["wire/008"], 130), "us-russia-summit", edited=True)
    yield make(
        "very long: a headline of 5,000 characters", [_endless(entries["wire/008"])], "us-russia-summit"
    )
    yield make("hostile", [_hostile(entries["wire/008"])], "us-russia-summit")


def _corrected(entry: Entry, title: str) -> Entry:
    return replace(entry, title=title, summary="An earlier version named another day.")


def _with_facts(entry: Entry) -> Entry:
    more = (
        " The talks would be the first between the two presidents in the United States since 2007. The Kremlin "
        "confirmed the place and called it logical. Volodymyr Zelensky has not been invited so far, officials said."
    )
    return replace(entry, summary=entry.summary + more)


def _crowd(entry: Entry, number: int) -> tuple[Entry, ...]:
    others = (
        replace(
            entry,
            id=1_000 + place,
            outlet=f"Regional Courier {place}",
            link=f"https://courier-{place}.example.org/world/2025/08/08/trump-says-he-will-meet-putin-in-alaska",
        )
        for place in range(1, number)
    )
    return (_with_facts(entry), *others)


def _endless(entry: Entry) -> Entry:
    return replace(_with_facts(entry), title=" ".join([entry.title] * 95))


def _hostile(entry: Entry) -> Entry:
    return replace(
        entry,
        title="<script>alert(1)</script> <!channel> @everyone *bold* _it_ `code` \u202egnorw\u202c & <b>x</b> [a](http://evil.example)",
        summary="<@U012AB3CD> <https://evil.example|your bank> says: &lt;b&gt;. Second *sentence* of @channel. "
        "A third: ~gone~ /stop now.",
        link="javascript:alert(1)",
        outlet="Outlet <!here>",
    )


async def nobody() -> bool:
    return False


async def answer_scenes(catalog: Catalog, day: RecordedDay, language: str) -> AsyncIterator[Scene]:
    """A day in two chats, in the order in which it happens."""
    async with open_room(catalog, day, language) as room:
        await room.run(day.begins + timedelta(hours=17))
        for text in (
            "/start",
            "/help",
            "/help topics",
            "/topics",
            "/subscribe",
            "/subscribe ukraine-ceasefire",
        ):
            yield await room.scene(text)
        await room.tell("/subscribe us-russia-summit")
        await room.run(day.begins + timedelta(hours=21))
        yield sent_in_a_row("three bulletins in a row", room.papers, 3, room.clock.now())
        for text in ("/why", "/latest", "/topics add Taiwan strait", "/topics add (Ukraine |"):
            yield await room.scene(text)
        for text in ("/mute", "/mute", "/unmute", "/more", "/less", "/tune", "/tune us-russia-summit"):
            yield await room.scene(text)
        yield await room.scene("/tune us-russia-summit wait 2 hourly 3")
        yield await room.scene("/tune us-russia-summit colour blue")
        yield await room.scene("/topics", "/topics where one is tuned")
        await room.tell("/tune us-russia-summit wait 1 hourly off")
        await room.tell("/topics add Grain deal = Ukraine (grain | зерно | 穀物) -futures")
        for text in (
            "/topics",
            "/topics test sanctions Iran",
            "/topics test ukraine-ceasefire",
            "/topics show ukraine-ceasefire",
            "/topics show grain-deal",
            "/topics remove nowhere",
            "/feeds",
            "/status",
            "/settings",
            "/settings languages ja",
            "/settings languages",
            "/settings timezone Asia/Tokio",
            "/language",
            "/language Klingon",
        ):
            yield await room.scene(text)
        await room.tell("/settings languages any")
        await room.tell("/subscribe armenia-azerbaijan")
        for text in ("/digest", "/digest 25:00", "/digest hourly", "/quiet", "/quiet 1-2", "/settings"):
            yield await room.scene(text)
        await room.run(room.clock.now() + timedelta(hours=2))
        yield sent(
            "a digest",
            {platform: list(paper.shown.values())[-1] for platform, paper in room.papers.items()},
            room.clock.now(),
        )
        await room.tell("/digest off")
        await room.tell("/quiet off")
        yield await room.scene("/pause")
        yield await room.scene("/status", "/status of a paused chat")
        room.wire.failing = {
            f"{SERVER}/kavkaz.xml": refused(503),
            f"{SERVER}/shimbun.xml": Failed(
                FailureKind.NOT_A_FEED, "This is a web page, not a feed, and it advertises none."
            ),
        }
        await room.run(day.ends + timedelta(hours=1))
        yield await room.scene("/resume")
        await room.run(room.clock.now() + STEP)
        yield sent(
            "the catch-up message",
            {platform: list(paper.shown.values())[-1] for platform, paper in room.papers.items()},
            room.clock.now(),
        )
        for text, title in (
            ("/feeds", "/feeds with two failing"),
            ("/status", "/status with two failing"),
            ("/unsubscribe", ""),
            ("/subscribtion", "an unknown command"),
            ("/frobnicate", "an unknown command, nothing like it"),
            ("Taiwan strait", "plain words"),
            ("/topics add", "a command without what it needs"),
            ("/settings colour blue", "a wrong word"),
        ):
            yield await room.scene(text, title)
        yield await _refusal(room)
    async with open_room(replace(catalog, topics=_many_topics(catalog)), day, language) as crowded:
        yield await crowded.scene("/subscribe", "/subscribe with 20 topics, page 1")
        yield await crowded.scene("/subscribe", "/subscribe with 20 topics, page 2", page=1)
    for access in (Access(listed=frozenset({"telegram:1"})), Access(invite_code="xyz")):
        yield await _stranger(room, access, language)


def _many_topics(catalog: Catalog) -> tuple[TopicSpec, ...]:
    names = (
        "Taiwan strait|Gaza|Iran nuclear talks|Sudan|Sahel|Venezuela–Guyana|Korean peninsula|South China Sea|"
        "European Central Bank|Federal Reserve interest rates|Semiconductors|OPEC|Climate negotiations|Ebola|"
        "Artificial intelligence regulation|Elections in Japan|Kashmir"
    ).split("|")
    more = tuple(TopicSpec(re.sub(r"\W+", "-", name).casefold(), name, name) for name in names)
    return (*catalog.topics, *more)


async def _refusal(room: Room) -> Scene:
    scene = await room.scene("/subscribe gaza", "only admins may (Telegram: typed, and as a pop-up)", nobody)
    refused = await answer(room.services, room.chats["telegram"], "/pause", None, nobody)
    return replace(scene, telegram=scene.telegram + telegram_alert(refused.plain))


async def _stranger(room: Room, access: Access, language: str) -> Scene:
    async with open_room(room.catalog, read_config()[1], language) as other:
        desk = Reception(other.services, access)
        heard = {
            platform: answered
            for platform, address in CHATS.items()
            if (answered := await desk.answer(Heard(platform, address, "", "/start"))) is not None
        }
        return said("a stranger at a private bot", "/start", heard, other.clock.now())


# The page, and pictures of it.

CSS = """
* { box-sizing: border-box }
body { margin: 0; width: 1180px; background: #fff; font: 15px/1.4 "Open Sans", "DejaVu Sans", "Noto Sans CJK JP", "Noto Color Emoji", sans-serif }
section { display: grid; grid-template-columns: 470px 1fr; border-bottom: 2px solid #999 }
h2 { grid-column: 1 / 3; margin: 0; padding: 3px 12px; font-size: 13px; background: #333; color: #fff }
.left { background: #d5e4cf; padding: 10px 12px }
.right { padding: 10px 16px; border-left: 1px solid #ccc; width: 700px }
.tg { width: fit-content; max-width: 430px; margin-bottom: 8px }
.tg.mine { margin-left: auto }
.bubble { display: flow-root; background: #fff; border-radius: 12px; padding: 6px 10px; font-size: 15px; line-height: 1.35; white-space: pre-wrap; overflow-wrap: anywhere; box-shadow: 0 1px 1px #0002 }
.mine .bubble { background: #e7fed6 }
.bubble a { color: #168acd; text-decoration: none }
.bubble pre { margin: 2px 0 } .bubble code, .bubble pre { font: 14px "DejaVu Sans Mono", "Noto Sans Mono CJK JP", monospace; color: #4a6f8f; white-space: pre-wrap }
.time { float: right; margin: 6px 0 -3px 10px; font-size: 12px; color: #8b9aa5 }
.board { margin-top: 4px; min-width: 240px }
.row { display: flex; gap: 4px; margin-bottom: 4px }
.row span { flex: 1 1 0; min-width: 0; padding: 7px 8px; border-radius: 7px; background: #7a9a76cc; color: #fff; font-size: 14px; font-weight: 600; text-align: center; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
.alert { width: 300px; margin: 10px auto; padding: 16px; border-radius: 10px; background: #fff; box-shadow: 0 2px 14px #0006; white-space: pre-wrap }
.ok { text-align: right; color: #168acd; font-weight: 600; margin-top: 10px }
.slack { display: grid; grid-template-columns: 36px 1fr; gap: 8px; width: 640px; padding: 6px 8px; color: #1d1c1d; line-height: 1.46668; font-family: Lato, "Open Sans", "Noto Sans CJK JP", "Noto Color Emoji", sans-serif }
.slack.ephemeral { background: #f8f8f8 }
.avatar { width: 36px; height: 36px; border-radius: 8px; background: #c0392b; color: #fff; font-size: 20px; text-align: center; line-height: 36px }
.only { font-size: 12px; color: #616061 }
.who { line-height: 1.3 }
.app { font-size: 10px; background: #ddd; border-radius: 2px; padding: 1px 3px; color: #616061 }
.at, .edited { font-size: 12px; color: #616061 }
.text { margin: 0 0 4px }
.text div { white-space: pre-wrap; overflow-wrap: anywhere }
.text blockquote { margin: 4px 0; padding-left: 12px; border-left: 4px solid #ddd; white-space: pre-wrap }
.text pre { margin: 4px 0; padding: 8px; border: 1px solid #ddd; border-radius: 4px; background: #f8f8f8; font: 12px/1.5 "DejaVu Sans Mono", "Noto Sans Mono CJK JP", monospace; white-space: pre-wrap }
.text ul { margin: 0; padding-left: 24px }
.slack a { color: #1264a3; text-decoration: none }
.slack code { font: 12px "DejaVu Sans Mono", "Noto Sans Mono CJK JP", monospace; color: #c01343; background: #f8f8f8; border: 1px solid #ddd; border-radius: 3px; padding: 2px 3px 1px; white-space: pre-wrap }
.context { font-size: 12px; color: #616061; margin: 4px 0 }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 6px 0 }
.actions span { border: 1px solid #bbb; border-radius: 8px; padding: 5px 12px; font-size: 15px; font-weight: 700; background: #fff }
.notice { width: 340px; margin: 8px 0 8px 52px; padding: 8px 12px; border: 1px solid #ddd; border-radius: 10px; font-size: 13px; box-shadow: 0 1px 4px #0003 }
.notice i { color: #999; font-size: 11px }
.clamp { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden }
"""


def page_of(scenes: Sequence[Scene], offset: int = 0) -> str:
    """The page; moved up by `offset`, for a picture of what stands there."""
    sections = "".join(
        f'<section id="s{number}"><h2>{number}. {escape(scene.title)}</h2>'
        f'<div class="left">{scene.telegram}</div><div class="right">{scene.slack}</div></section>\n'
        for number, scene in enumerate(scenes, start=1)
    )
    moved = f' style="margin-top: -{offset}px"' if offset else ""
    return (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>How Sokuho looks</title>\n"
        f"<style>{CSS}</style>\n<body{moved}>\n{sections}</body></html>\n"
    )


MEASURE = """<script>
const tops = [...document.querySelectorAll("section")].map(s => Math.ceil(s.getBoundingClientRect().bottom));
document.title = "measured"; document.body.textContent = JSON.stringify(tops);
</script>"""


def photograph(scenes: Sequence[Scene], folder: Path, name: str) -> list[Path]:
    """Pictures of the page, each of whole scenes where they are not longer than a picture."""
    with tempfile.TemporaryDirectory() as scratch:
        page, profile = Path(scratch) / "page.html", f"--user-data-dir={scratch}/profile"

        def chromium(*switches: str) -> str:
            command = [CHROMIUM, *SWITCHES, profile, *switches, page.as_uri()]
            return subprocess.run(command, capture_output=True, check=True, text=True, timeout=60).stdout  # noqa: S603

        page.write_text(page_of(scenes).replace("</body>", f"{MEASURE}</body>"), encoding="utf-8")
        dumped = chromium(f"--window-size={WIDTH},1000", "--dump-dom")
        found = re.search(r"\[[\d,]+\]", dumped)
        assert found is not None, dumped
        pictures = []
        for number, (top, bottom) in enumerate(_slices(json.loads(found[0])), start=1):
            picture = folder / f"{name}-{number:02}.png"
            page.write_text(page_of(scenes, top), encoding="utf-8")
            chromium(f"--window-size={WIDTH},{bottom - top}", f"--screenshot={picture}")
            pictures.append(picture)
        return pictures


def _slices(bottoms: Sequence[int]) -> Iterator[tuple[int, int]]:
    top = end = 0
    for bottom in bottoms:
        if bottom - top > PICTURE_HEIGHT and end > top:
            yield top, end
            top = end
        while bottom - top > PICTURE_HEIGHT:
            yield top, top + PICTURE_HEIGHT
            top += PICTURE_HEIGHT
        end = bottom
    if end > top:
        yield top, end


async def all_scenes(language: str) -> list[Scene]:
    catalog, day = read_config()
    answers = [scene async for scene in answer_scenes(catalog, day, language)]
    return [*bulletin_scenes(catalog, day, language), *answers]


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.looks", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path("out/looks"), help="folder of the page and the pictures"
    )
    parser.add_argument("--language", choices=SPOKEN, action="append", help="only what is said in this one")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    configure_logs("warning")
    for language in asked.language or SPOKEN:
        show(asyncio.run(all_scenes(language)), asked.out.resolve(), f"looks-{language}")


def show(scenes: Sequence[Scene], folder: Path, name: str) -> None:
    page = folder / f"{name}.html"
    page.write_text(page_of(scenes), encoding="utf-8")
    print(f"Written: {page}")
    for old in folder.glob(f"{name}-*.png"):
        old.unlink()
    if shutil.which(CHROMIUM) is None:
        print(f"No pictures: there is no {CHROMIUM}.")
        return
    for picture in photograph(scenes, folder, name):
        print(f"Drawn: {picture}")


if __name__ == "__main__":
    main()
