"""Documents as Slack blocks.

All text stands in `rich_text` and `plain_text`, which Slack shows letter by letter: nothing that a feed wrote can call
anybody (`<!channel>`), format, or pretend to be a link. The `text` beside the blocks, which notifications show, is read
as markup and therefore escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby
from typing import Any

from bot.chat.commands import COMMANDS
from bot.chat.paging import page_of
from bot.chat.showing import without_hidden
from bot.domain.bulletins import cut_at_word
from bot.domain.documents import Action, Document, Line, Span, Style

Block = dict[str, Any]

MAX_BLOCKS = 50
MAX_SIZE = 12_000
"""Characters of JSON in all blocks of a message: Slack's limit is not documented; it has refused 13,200."""

MAX_BUTTONS = 1_000
"""Characters of JSON that are left for the buttons of a bulletin."""

BULLETIN = "bulletin"
"""What the ids of buttons below a bulletin begin with."""

MAX_BLOCK = 5_000
"""Characters of JSON in one block, about."""

MAX_SPAN = 2_500
"""Characters of one text; longer ones are divided."""

MAX_PREVIEW = 800
MAX_LABEL = 75
MAX_VALUE = 2_000

BUILT_IN = frozenset(
    "active archive away call collapse dm dnd expand feed feedback help invite join kick leave me msg mute open "
    "prefs remind remove rename search shrug star status topic unarchive who".split()
)
"""Slash commands of Slack's own, which no app can take: slack.com/help/articles/201259356."""

RESERVED = BUILT_IN & {command.name for command in COMMANDS}
"""Commands of ours that can only be typed behind /sokuho, and are shown so."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What a message is made of; `preview` is what a notification shows of it."""

    preview: str
    blocks: tuple[Block, ...]

    def dump(self) -> str:
        return json.dumps({"text": self.preview, "blocks": self.blocks}, ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> Payload:
        saved = json.loads(text)
        return cls(saved["text"], tuple(saved["blocks"]))


def bulletin(document: Document) -> Payload | None:
    """The document as one message; None where it is beyond Slack's limits."""
    payload = Payload(preview_of(document.lines), tuple(_texts(document.lines)))
    fits = len(payload.blocks) < MAX_BLOCKS and _size(payload.blocks) <= MAX_SIZE - MAX_BUTTONS
    return payload if fits else None


def with_buttons(payload: Payload, actions: Sequence[Action]) -> Payload:
    """A bulletin with buttons below it, for which it left room."""
    buttons = _actions(BULLETIN, [(action.label, action.command) for action in actions])
    return replace(payload, blocks=(*payload.blocks, *buttons))


def answer(document: Document, page: int = 0) -> tuple[Payload, ...]:
    """The document as one or several messages, buttons below the last."""
    buttons = tuple(_buttons(document, page))
    messages: list[list[Block]] = [[]]
    for block in _texts(document.lines):
        if messages[-1] and not _fits([*messages[-1], block, *buttons]):
            messages.append([])
        messages[-1].append(block)
    messages[-1].extend(buttons)
    preview = preview_of(document.lines)
    return tuple(Payload(preview, tuple(blocks)) for blocks in messages if blocks)


def preview_of(lines: Sequence[Line]) -> str:
    """The beginning of the text, escaped: `<!channel>` from a feed must not call anybody."""
    plain = " ".join("".join(without_hidden(span.text) for span in line) for line in lines).strip()
    short = cut_at_word(plain, MAX_PREVIEW)
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") or "Sokuho"


def _fits(blocks: Sequence[Block]) -> bool:
    return len(blocks) <= MAX_BLOCKS and _size(blocks) <= MAX_SIZE


def _size(blocks: object) -> int:
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))


def _texts(lines: Sequence[Line]) -> Iterator[Block]:
    """The lines as rich text. A gap, or a piece that is too much for the block so far, begins a new block."""
    for kind, group in groupby(_trimmed(lines), key=_kind_of):
        if kind is _Kind.BLOCK:
            yield _preformatted(list(group))
        elif kind is _Kind.TEXT:
            yield from _paragraphs(list(group))


class _Kind(Enum):
    GAP = 0
    TEXT = 1
    BLOCK = 2


def _kind_of(line: Line) -> _Kind:
    if not any(span.text for span in line):
        return _Kind.GAP
    return _Kind.BLOCK if all(span.style is Style.BLOCK for span in line) else _Kind.TEXT


def _preformatted(lines: Sequence[Line]) -> Block:
    """Lines that stand exactly one above the other."""
    text = "\n".join("".join(without_hidden(span.text) for span in line) for line in lines)
    element = {"type": "text", "text": text[:MAX_BLOCK]}
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [element]}]}


def _paragraphs(lines: Sequence[Line]) -> Iterator[Block]:
    waiting: list[Span] = []
    for line in lines:
        for piece in _pieces(line):
            if waiting and _cost([*waiting, *piece]) > MAX_BLOCK:
                yield _rich_text(waiting)
                waiting = []
            elif waiting:
                waiting.append(Span("\n"))
            waiting.extend(piece)
    if waiting:
        yield _rich_text(waiting)


def _cost(spans: Sequence[Span]) -> int:
    """About how many characters of JSON the spans are."""
    return sum(_size(span.text) + _size(span.href or "") + 60 for span in spans)


def _trimmed(lines: Sequence[Line]) -> Sequence[Line]:
    kept = [number for number, line in enumerate(lines) if any(span.text for span in line)]
    return lines[kept[0] : kept[-1] + 1] if kept else ((Span("…"),),)


def _pieces(line: Line) -> Iterator[Line]:
    """The line, or pieces of it where it is too much for a block."""
    piece: list[Span] = []
    for span in line:
        for start in range(0, len(span.text), MAX_SPAN):
            part = Span(span.text[start : start + MAX_SPAN], span.style, span.href)
            if piece and _cost([*piece, part]) > MAX_BLOCK:
                yield tuple(piece)
                piece = []
            piece.append(part)
    yield tuple(piece)


def _rich_text(spans: Sequence[Span]) -> Block:
    shown = [Span(_text(span), span.style, span.href) for span in spans]
    joined = [
        Span("".join(span.text for span in group), style, href)
        for (style, href), group in groupby(shown, key=lambda span: (_kind(span.style), span.href))
    ]
    elements = [_element(span) for span in joined if span.text]
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": elements or [_element(Span(" "))]}],
    }


def _kind(style: Style) -> Style:
    """Slack has no faint text."""
    return Style.PLAIN if style is Style.FAINT else style


def _element(span: Span) -> Block:
    element: Block = {"type": "text", "text": span.text}
    if span.href is not None and re.match(r"https?://", span.href):
        element = {"type": "link", "url": span.href, "text": span.text}
    match span.style:
        case Style.STRONG:
            element["style"] = {"bold": True}
        case Style.CODE:
            element["style"] = {"code": True}
        case _:
            pass
    return element


def _text(span: Span) -> str:
    text = without_hidden(span.text)
    if span.style is not Style.CODE:
        return text
    return re.sub(r"^/(\w+)", lambda found: f"/sokuho {found[1]}" if found[1] in RESERVED else found[0], text)


def _buttons(document: Document, number: int) -> Iterator[Block]:
    page = page_of(document, number)
    yield from _actions("do", [(action.label, action.command) for action in page.actions])
    if page.count > 1 and document.again is not None:
        yield from _actions("turn", [(label, turning + document.again) for label, turning in page.turns()])


def _actions(name: str, buttons: Sequence[tuple[str, str]]) -> Iterator[Block]:
    elements = [
        {
            "type": "button",
            "action_id": f"{name}:{place}",
            "text": {
                "type": "plain_text",
                "text": cut_at_word(without_hidden(label), MAX_LABEL),
                "emoji": True,
            },
            "value": value,
        }
        for place, (label, value) in enumerate(buttons)
        if without_hidden(label).strip() and len(value) <= MAX_VALUE
    ]
    if elements:
        yield {"type": "actions", "elements": elements}
