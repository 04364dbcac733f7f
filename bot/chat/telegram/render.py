"""Documents as Telegram HTML and inline keyboards.

A text has at most 4096 characters after its entities are parsed, and 100 entities; a button's data has 64 bytes (FACTS).
Characters are counted in UTF-16 units, which is safe under every reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from html import escape
from itertools import groupby

from bot.chat.paging import page_of
from bot.chat.showing import without_hidden
from bot.domain.documents import Document, Line, Span, Style

MAX_UNITS = 4096
MAX_ENTITIES = 100
MAX_DATA = 64

_TAGS = {Style.STRONG: "b", Style.CODE: "code", Style.BLOCK: "code"}
_COLUMNS = ((8, 4), (20, 2))
"""How many buttons stand in a row where no label has more than so many characters."""

_OBEYED = re.compile(r"@(?=\w|$)|(?<![\w/:.])/(?=\w)")
"""What Telegram would make a mention or a command of."""

_BARE_COMMAND = re.compile(r"/\w+")
"""Telegram makes such a one a link that sends it; with arguments it is better copied, as code."""


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Rows of (label, callback data), and by key the commands that are too long to stand in the data."""

    rows: tuple[tuple[tuple[str, str], ...], ...] = ()
    kept: dict[str, str] = field(default_factory=dict)


def as_html(lines: Sequence[Line]) -> str:
    """The lines as Telegram HTML; blocks that stand together are one."""
    parts: list[str] = []
    for block, group in groupby(lines, key=_is_block):
        if block:
            texts = "\n".join(
                "".join(escape(without_hidden(span.text), quote=False) for span in line) for line in group
            )
            parts.append(f"<pre>{texts}</pre>")
        else:
            parts.extend("".join(map(_span, line)) for line in group)
    return "\n".join(parts)


def _is_block(line: Line) -> bool:
    return bool(line) and all(span.style is Style.BLOCK for span in line)


def fits(lines: Sequence[Line]) -> bool:
    """Whether the lines are one message within Telegram's limits."""
    return _units(lines) <= MAX_UNITS and _entities(lines) <= MAX_ENTITIES


def split(document: Document) -> tuple[str, ...]:
    """The document as one or several messages, divided at a gap, else between lines, else between words."""
    messages: list[list[Line]] = [[]]
    for block in _blocks(document.lines):
        if messages[-1] and not fits([*messages[-1], *block]):
            messages.append([])
        for row in block:
            for piece in _pieces(row):
                if not fits([*messages[-1], piece]):
                    messages.append([])
                messages[-1].append(piece)
    texts = (as_html(_trimmed(message)) for message in messages)
    return tuple(text for text in texts if text.strip()) or ("…",)


def keyboard(document: Document, number: int = 0) -> Keyboard:
    """The actions as buttons; with more than a page of them, the page `number` (from 0) and buttons to turn it."""
    page = page_of(document, number)
    kept: dict[str, str] = {}
    rows = list(_rows([(action.label, _data(action.command, kept)) for action in page.actions]))
    if page.count > 1 and document.again is not None:
        turns = ((label, _data(document.again, kept, turning)) for label, turning in page.turns())
        rows.append(tuple(turns))
    return Keyboard(tuple(rows), kept)


def _data(command: str, kept: dict[str, str], before: str = "") -> str:
    """The command as callback data, or the key under which it is kept."""
    if len((before + command).encode()) <= MAX_DATA:
        return before + command
    key = "#" + blake2b(command.encode(), digest_size=8).hexdigest()
    kept[key] = command
    return before + key


def _rows(buttons: Sequence[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], ...]]:
    widest = max((len(label) for label, _ in buttons), default=0)
    columns = next((number for length, number in _COLUMNS if widest <= length), 1)
    for start in range(0, len(buttons), columns):
        yield tuple(buttons[start : start + columns])


def _span(span: Span) -> str:
    text = escape(_shown(span), quote=False)
    if not text.strip() or _taps(span):
        return text
    tag = _TAGS.get(span.style)
    if span.href is not None and span.style is not Style.CODE and re.match(r"https?://", span.href):
        text = f'<a href="{escape(span.href)}">{text}</a>'
    return f"<{tag}>{text}</{tag}>" if tag else text


def _taps(span: Span) -> bool:
    """Whether it is a command that a tap may send."""
    return span.style is Style.CODE and _BARE_COMMAND.fullmatch(span.text) is not None


def _shown(span: Span) -> str:
    """The text as it is shown. Outside of code nobody is called, and no command offered, by what a feed wrote."""
    if span.style in (Style.CODE, Style.BLOCK):
        return without_hidden(span.text)
    return _OBEYED.sub(lambda found: f"{found[0]}\N{WORD JOINER}", without_hidden(span.text))


def _units(lines: Sequence[Line]) -> int:
    texts = (_shown(span) for line in lines for span in line)
    return sum(len(text.encode("utf-16-le")) // 2 for text in texts) + max(len(lines) - 1, 0)


def _entities(lines: Sequence[Line]) -> int:
    return sum(
        _formats(span) + len(re.findall(r"[#/@$]\w|\w\.\w", span.text)) for line in lines for span in line
    )


def _formats(span: Span) -> int:
    return (span.style in _TAGS) + (span.href is not None)


def _blocks(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """The lines in groups that like to stay together: each with the gaps before it."""
    for empty, group in groupby(lines, key=lambda line: not line):
        if not empty:
            yield list(group)
        else:
            yield from ([row] for row in group)


def _pieces(line: Line) -> Iterator[Line]:
    """The line, or pieces of it that each fit into a message; its spans are divided between words."""
    if fits([line]):
        yield line
        return
    piece: list[Span] = []
    units = entities = 0
    for span in line:
        for word in _words(span):
            more_units, more_entities = _units([(word,)]), _entities([(word,)])
            if piece and (piece[-1].style, piece[-1].href) == (word.style, word.href):
                # They are one again when they are shown.
                more_entities -= _formats(word)
            if piece and (units + more_units > MAX_UNITS or entities + more_entities > MAX_ENTITIES):
                yield tuple(_joined(piece))
                piece, units, entities = [], 0, 0
                more_entities = _entities([(word,)])
            piece.append(word)
            units += more_units
            entities += more_entities
    yield tuple(_joined(piece))


def _words(span: Span) -> Iterator[Span]:
    """The span as words with the blanks behind them; a word that fits into no message is cut."""
    for word in re.findall(r"\s*\S{1,1000}\s*", span.text) or [span.text]:
        yield Span(word, span.style, span.href)


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    for (style, href), group in groupby(spans, key=lambda span: (span.style, span.href)):
        yield Span("".join(span.text for span in group), style, href)


def _trimmed(lines: Sequence[Line]) -> list[Line]:
    """Without gaps at the beginning and the end, which Telegram would drop too."""
    kept = [
        number
        for number, line in enumerate(lines)
        if "".join(without_hidden(span.text) for span in line).strip()
    ]
    return list(lines[kept[0] : kept[-1] + 1]) if kept else []
