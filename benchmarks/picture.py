"""`python -m benchmarks.picture`: draws docs/bulletin.svg, what a person sees of the recorded day.

The bulletins are composed and laid out, and the command is answered, by the code that does so in a chat.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape, unescape
from io import StringIO
from itertools import groupby
from operator import itemgetter

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.cells import split_graphemes
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from benchmarks.recorded import PROJECT, by_link, entries_of, read_config
from bot.chat.commands import Services, answer
from bot.chat.console import PROMPT
from bot.chat.drawing import Look, draw
from bot.clock import SimulatedClock
from bot.demo import RecordedDay
from bot.domain.bulletins import lay_out
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat
from bot.domain.composing import compose
from bot.domain.documents import Document
from bot.domain.entries import Entry
from bot.domain.matching import analyse
from bot.domain.stories import Report, Story
from bot.domain.topics import Topic, TopicSpec
from bot.storage.sql import SqlStore, open_store

PICTURE = PROJECT / "docs" / "bulletin.svg"
WIDTH = 86

BULLETINS = (("us-russia-summit", "wire/009"), ("armenia-azerbaijan", "shimbun/004"))
"""(topic, the end of its report's link) of the stories shown."""

CELL = 12.2
"""Width of a cell in rich's pictures."""

COMMAND = "/topics test Zelensky territory"

THEME = TerminalTheme(
    (22, 27, 34),
    (214, 222, 235),
    [
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (121, 155, 210),
        (188, 140, 255),
        (86, 212, 221),
        (177, 186, 196),
    ],
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A `bot.ports.Newsdesk` of a configuration that does not change."""

    configuration: Catalog

    def catalog(self) -> Catalog:
        return self.configuration

    async def add_topic(self, chat_id: int, spec: TopicSpec) -> Topic | None:
        """The picture makes no topics."""

    async def change_topic(self, topic_id: int, spec: TopicSpec) -> Topic | None:
        """Nor does it change any."""

    async def remove_topic(self, topic_id: int) -> None:
        """Nor does it remove any."""


def bulletin(chat: Chat, catalog: Catalog, slug: str, entry: Entry) -> Document:
    report = Report(entry, analyse(entry, catalog.lexicon).named)
    topics = [Topic(number, spec) for number, spec in enumerate(catalog.topics) if spec.slug == slug]
    story = Story(entry.id, entry.at, entry.at, (report,))
    return lay_out(compose(story, chat, topics, catalog), catalog.style)


async def answered(command: str, catalog: Catalog, day: RecordedDay, entries: Sequence[Entry]) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(f"sqlite:///{folder}/picture.db", durable=False)
        assert isinstance(store, SqlStore), store
        try:
            await store.add_entries(entries)
            chat = await store.ensure_chat("console", "picture", "Picture", day.begins)
            await store.save_chat(replace(chat, time_zone="Asia/Tokyo"))
            return await answer(Services(SimulatedClock(day.ends), store, Desk(catalog)), chat, command)
        finally:
            await store.close()


def svg_of(console: Console) -> str:
    """Rich's picture, without the fonts it would fetch: whoever looks has one of their own."""
    template = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    template = template.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")
    drawn = console.export_svg(title="Sokuho", theme=THEME, code_format=template, unique_id="sokuho")
    return re.sub(r"<text [^>]*? x=\"[^<]*</text>", lambda tag: _in_cells(tag.group()), drawn)


def _in_cells(tag: str) -> str:
    """A text element in pieces of characters of one width, each where its cell is.

    Rich makes a text as long as its number of characters, which squeezes Japanese into half its width.
    """
    found = re.fullmatch(
        r'(<text [^>]*?) x="([\d.]+)"([^>]*?) textLength="[\d.]+"([^>]*)>([^<]*)</text>', tag
    )
    if found is None:
        return tag
    head, x, middle, tail, escaped = found.groups()
    pieces, at = [], float(x)
    for _, run in groupby(split_graphemes(unescape(escaped))[0], itemgetter(2)):
        spans = list(run)
        text = escape(unescape(escaped)[spans[0][0] : spans[-1][1]]).replace("\N{NO-BREAK SPACE}", "&#160;")
        length = round(CELL * sum(cells for _, _, cells in spans), 1)
        size = ' style="font-size: 22.5px"' if spans[0][2] > 1 and any(map(str.isalpha, text)) else ""
        pieces.append(f'{head}{size} x="{at:.1f}"{middle} textLength="{length}"{tail}>{text}</text>')
        at += length
    return "".join(pieces)


def main() -> None:
    catalog, day = read_config()
    entries = entries_of(day)
    chat = Chat(0, "console", "picture", time_zone="Asia/Tokyo")
    console = Console(
        record=True,
        file=StringIO(),
        width=WIDTH,
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    for slug, link in BULLETINS:
        draw(bulletin(chat, catalog, slug, by_link(entries)[link]), console, Look.BULLETIN)
        console.print()
    console.print(Text(f"{PROMPT}{COMMAND}"))
    draw(asyncio.run(answered(COMMAND, catalog, day, entries)), console)
    PICTURE.write_text(svg_of(console), encoding="utf-8")
    print(f"Drawn: {PICTURE.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
