"""Documents on a terminal: styled and linked where it can, clean text where it cannot."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from enum import Enum
from io import TextIOWrapper
from typing import IO

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.style import Style as Ink
from rich.text import Text

from bot.domain.documents import Document, Line, Span, Style

MAX_WIDTH = 88
"""Longer lines (cells) tire the eye, however wide the terminal."""

_INK = {
    Style.PLAIN: Ink(),
    Style.STRONG: Ink(bold=True),
    Style.FAINT: Ink(dim=True),
    Style.CODE: Ink(color="cyan"),
    Style.BLOCK: Ink(color="cyan"),
}
_FRAME = Ink(color="blue", dim=True)
_CHOICE = Ink(color="cyan")

_WIDE = r"々〆\u3040-\u30ff\u3400-\u9fff\uff00-\uff60"
_OPENING = r"「『（【〔《〈［“«(\["
_CLOSING = r"、。」』）】〕》〉］！？：；，．…・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ％”»)\],.!?;:"
_UNIT = re.compile(
    rf"\s+|\[[^\[\]]{{1,30}}\]|[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}{_OPENING}]+)[{_CLOSING}]*|."
)
"""What a line is not broken within: a word, a name in brackets, or one character of a script without spaces with its
punctuation."""

_MARK = re.compile(r"\s*(?:[^\w\s“\"'(\[/【]+\s+)?")
"""Blanks and the bullet or emoji at the head of a line; what follows hangs from it."""


class Look(Enum):
    """What a document is to its reader: news, an answer, or a remark (what news now says, what was typed)."""

    BULLETIN = "bulletin"
    ANSWER = "answer"
    ASIDE = "aside"


def make_console(file: IO[str] | None = None) -> Console:
    """A console on `file`, else on whatever stands for the standard output when something is drawn.

    An output that lacks a character shows a question mark in its place.
    """
    out = file or sys.stdout
    if isinstance(out, TextIOWrapper):
        out.reconfigure(errors="replace")
    return Console(file=file, markup=False, emoji=False, highlight=False)


def draw(document: Document, console: Console, look: Look = Look.ANSWER) -> None:
    """Show a document. An answer's actions are numbered from 1."""
    rich = console.color_system is not None and not console.no_color
    lines = list(_set_lines(document, rich=rich))
    match look:
        case Look.BULLETIN if rich:
            _print_framed(lines, console)
        case Look.BULLETIN:
            _print_lines([Text(), *lines], console, indent="")
        case Look.ASIDE:
            for text in lines:
                text.stylize(Ink(dim=True))
            _print_lines(lines, console, indent="")
        case Look.ANSWER:
            _print_lines([*lines, *_choices(document)], console, indent="  ")


def printable(text: str) -> str:
    """Without what a terminal would obey instead of showing: escapes, control and direction-override characters."""
    return "".join(
        char for char in text if char == "\u200d" or unicodedata.category(char) not in _NEVER_SHOWN
    )


_NEVER_SHOWN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


def _set_lines(document: Document, *, rich: bool) -> Iterator[Text]:
    for line in document.lines:
        yield _set_line(line, rich=rich)
        if not rich:
            yield from (Text(f"   {address}") for address in _headline_addresses(line))


def _set_line(line: Line, *, rich: bool) -> Text:
    text = Text()
    for span in line:
        ink = _INK[span.style] + Ink(link=_address(span)) if rich else Ink()
        text.append(printable(span.text), ink)
    return text


def _headline_addresses(line: Line) -> Iterator[str]:
    """Where nothing can be clicked, a headline's address is written out; others would drown the text."""
    for span in line:
        if span.style is Style.STRONG and (address := _address(span)):
            yield address


def _address(span: Span) -> str | None:
    """The span's address, unless it holds what could end the escape sequence it is put in."""
    href = span.href
    if (
        href is None
        or not re.fullmatch(r"https?://[^\s\x00-\x20\x7f-\x9f]+", href)
        or printable(href) != href
    ):
        return None
    return href


def _choices(document: Document) -> Iterator[Text]:
    for number, action in enumerate(document.actions, start=1):
        yield Text.assemble((f"[{number}]", _CHOICE), f" {printable(action.label)}")


def _print_framed(lines: list[Text], console: Console) -> None:
    """A frame without a right side: terminals disagree on the width of emoji, and a crooked edge is worse than none."""
    width = min(console.width, MAX_WIDTH)
    console.print(Text("╭" + "─" * (width - 1), _FRAME))
    _print_lines(lines, console, indent=Text("│ ", _FRAME))
    console.print(Text("╰" + "─" * (width - 1), _FRAME))


def _print_lines(lines: list[Text], console: Console, indent: str | Text) -> None:
    margin = indent if isinstance(indent, Text) else Text(indent)
    width = min(console.width, MAX_WIDTH) - margin.cell_len
    for text in lines:
        for row in wrap(text, max(width, 10)):
            console.print(Text.assemble(margin, row), no_wrap=True, overflow="ignore", crop=False)


def wrap(text: Text, width: int) -> Iterator[Text]:
    """Rows of at most `width` cells; those after the first hang below the line's mark.

    Breaks fall between words and, in scripts without spaces, between characters, with punctuation kept to what it
    belongs to. (Rich breaks at spaces alone, so a Japanese sentence would never share a row with what is before it.)
    """
    mark = _MARK.match(text.plain)
    hang = cell_len(mark.group()) if mark else 0
    rows = text.divide(_breaks(text.plain, width, hang if hang < width // 2 else 0))
    for number, row in enumerate(rows):
        row.rstrip()
        yield Text.assemble(" " * hang, row) if number else row


def _breaks(plain: str, width: int, hang: int) -> list[int]:
    """Offsets at which a new row begins."""
    offsets: list[int] = []
    used = at = 0
    for unit in _UNIT.findall(plain):
        for piece in chop_cells(unit, width - hang) if cell_len(unit) > width - hang else (unit,):
            cells = cell_len(piece)
            if used + cells > width and not piece.isspace():
                offsets.append(at)
                used = hang
            used += cells
            at += len(piece)
    return offsets
