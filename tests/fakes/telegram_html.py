"""Telegram's HTML, parsed as strictly as its documentation words it: what the double of the Bot API accepts.

The real server forgives some of what is refused here: it keeps a bare `&` or `>`, ignores attributes it does not know,
and drops a link it cannot use or an entity nested wrongly. Each of these is a mistake of the sender that a reader would
see, so the double answers 400 instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

# core.telegram.org/bots/api#html-style
_KINDS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler",
    "tg-spoiler": "spoiler", "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}  # fmt: skip
_ATTRIBUTES = {
    "a": "href", "span": "class", "code": "class", "blockquote": "expandable", "tg-emoji": "emoji-id",
}  # fmt: skip
_REQUIRED = {"a", "span", "tg-emoji"}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}  # "The API currently supports only" these

_TOKEN = re.compile(
    r"""<(?P<close>/?)(?P<tag>[^\s<>]*)(?P<attributes>(?:[^<>"']|"[^"]*"|'[^']*')*)>"""
    r"|&(?P<entity>#x[0-9a-fA-F]{1,6}|#[0-9]{1,7}|[a-zA-Z][a-zA-Z0-9]*);"
    r"|(?P<stray>[<>&])"
    r"|(?P<text>[^<>&]+)"
)
_ATTRIBUTE = re.compile(r"""\s*([^\s=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+)))?""")


class UnparsableError(ValueError):
    """The text is not Telegram HTML; the message is what the server says after `can't parse entities: `."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch of the plain text. `offset` and `length` are in UTF-16 units (#messageentity)."""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None
    custom_emoji_id: str | None = None

    def wire(self) -> dict[str, Any]:
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}

    def of(self, text: str) -> str:
        """What it covers in its text."""
        units = text.encode("utf-16-le")[2 * self.offset : 2 * (self.offset + self.length)]
        return units.decode("utf-16-le", "replace")


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    argument: str | None
    offset: int


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse(html: str) -> tuple[str, tuple[Entity, ...]]:
    """The plain text and its entities, outer before inner, or `UnparsableError`."""
    plain: list[str] = []
    offset = 0
    stack: list[_Open] = []
    entities: list[Entity] = []
    for token in _TOKEN.finditer(html):
        place = len(html[: token.start()].encode("utf-8", "surrogatepass"))
        if token["tag"] is not None:
            tag = token["tag"].lower()
            if token["close"]:
                entities += _close(stack, tag, offset, place)
            else:
                stack.append(_Open(tag, _argument(tag, token["attributes"], stack, place), offset))
            continue
        if token["stray"]:
            raise UnparsableError(f'Character "{token["stray"]}" must be escaped at byte offset {place}')
        piece = token["text"] or _character(token["entity"], place)
        plain.append(piece)
        offset += utf16(piece)
    if stack:
        raise UnparsableError(f'Can\'t find end tag corresponding to start tag "{stack[-1].tag}"')
    return trimmed("".join(plain), _merged_code(entities))


def trimmed(text: str, entities: Iterable[Entity] = ()) -> tuple[str, tuple[Entity, ...]]:
    """Without white space at either end, as tdlib's `fix_formatted_text` leaves it; entities follow the text."""
    cut = utf16(text) - utf16(text.lstrip())
    kept = text.strip()
    moved: list[Entity] = []
    for entity in entities:
        start = max(entity.offset - cut, 0)
        end = min(entity.offset + entity.length - cut, utf16(kept))
        if end > start:
            moved.append(replace(entity, offset=start, length=end - start))
    return kept, tuple(sorted(moved, key=lambda entity: (entity.offset, -entity.length)))


def _argument(tag: str, attributes: str, stack: list[_Open], place: int) -> str | None:
    if tag not in _KINDS:
        raise UnparsableError(f'Unsupported start tag "{tag}" at byte offset {place}')
    around = {_KINDS[opened.tag] for opened in stack}
    # #formatting-options: nothing goes into code or pre but a <code> that says the language of a <pre>; block
    # quotations do not nest; links and custom emoji contain no other but the five simple kinds.
    nested = (
        (around & {"code", "pre"} and (tag != "code" or "code" in around))
        or (tag == "blockquote" and "blockquote" in around)
        or (tag in {"a", "code", "pre", "tg-emoji"} and around & {"text_link", "custom_emoji"})
    )
    if nested:
        raise UnparsableError(f'Tag "{tag}" must not be nested at byte offset {place}')
    found: str | None = None
    rest = attributes.rstrip()
    while rest:
        match = _ATTRIBUTE.match(rest)
        if match is None or match[1] != _ATTRIBUTES.get(tag):
            raise UnparsableError(f'Unexpected attribute in the tag "{tag}" at byte offset {place}')
        found = _unescaped(next((value for value in match.groups()[1:] if value is not None), ""), place)
        rest = rest[match.end() :]
    if found is None and tag in _REQUIRED:
        raise UnparsableError(f'Tag "{tag}" must have attribute "{_ATTRIBUTES[tag]}" at byte offset {place}')
    if tag == "span" and found != "tg-spoiler":
        raise UnparsableError(f'Tag "span" must have class "tg-spoiler" at byte offset {place}')
    if tag == "a" and not usable_link(found or ""):
        raise UnparsableError(f'Link "{found}" cannot be used at byte offset {place}')
    return found


def _close(stack: list[_Open], tag: str, offset: int, place: int) -> list[Entity]:
    if not stack:
        raise UnparsableError(f"Unexpected end tag at byte offset {place}")
    opened = stack.pop()
    if tag != opened.tag:
        raise UnparsableError(
            f'Unmatched end tag at byte offset {place}, expected "</{opened.tag}>", found "</{tag}>"'
        )
    if offset == opened.offset:
        return []  # an element without text leaves no entity
    entity = Entity(_KINDS[tag], opened.offset, offset - opened.offset)
    match tag:
        case "a":
            entity = replace(entity, url=opened.argument)
        case "code" if opened.argument is not None:
            entity = replace(entity, language=opened.argument.removeprefix("language-"))
        case "blockquote" if opened.argument is not None:
            entity = replace(entity, type="expandable_blockquote")
        case "tg-emoji":
            entity = replace(entity, custom_emoji_id=opened.argument)
    return [entity]


def _merged_code(entities: list[Entity]) -> list[Entity]:
    """`<pre><code class="language-x">` is one entity, and a `<code>` alone has no language (#html-style)."""
    spans = {(entity.offset, entity.length): entity.language for entity in entities if entity.type == "code"}
    pres = {(entity.offset, entity.length) for entity in entities if entity.type == "pre"}
    merged: list[Entity] = []
    for entity in entities:
        span = (entity.offset, entity.length)
        if entity.type == "pre":
            merged.append(replace(entity, language=spans.get(span)))
        elif entity.type != "code":
            merged.append(entity)
        elif span not in pres:
            merged.append(replace(entity, language=None))
    return merged


def usable_link(url: str) -> bool:
    """What tdlib's `LinkManager::get_checked_link` lets through: a web or a tg: address."""
    if re.search(r"\s", url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https", "tg"} and bool(parts.netloc)


def _unescaped(value: str, place: int) -> str:
    return re.sub(r"&(#?\w+);", lambda match: _character(match[1], place), value)


def _character(name: str, place: int) -> str:
    if name.startswith("#"):
        code = int(f"0{name[1:]}", 16 if name[1] == "x" else 10)
        if 0 < code < 0x110000 and not 0xD800 <= code <= 0xDFFF:
            return chr(code)
    elif name in _NAMED:
        return _NAMED[name]
    raise UnparsableError(f'Unsupported entity "&{name};" at byte offset {place}')
