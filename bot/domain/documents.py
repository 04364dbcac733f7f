"""What is said in a chat, free of any platform.

A bulletin and the answer to a command are both a `Document`: lines of styled spans, and things a person may do next.
Each platform renders it in its own way (Telegram HTML, Slack blocks, a terminal) and escapes text itself: a span's text
is always plain text, whatever it looks like.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Style(Enum):
    """How a span is set; platforms that lack one leave it plain.

    CODE is what a person may type, a BLOCK a line of fixed width that stands exactly above or below its neighbours.
    """

    PLAIN = "plain"
    STRONG = "strong"
    FAINT = "faint"
    CODE = "code"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of plain text in one style. `href`, if any, is an absolute http(s) address."""

    text: str
    style: Style = Style.PLAIN
    href: str | None = None


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do next: a button where the platform has them. `command` is what typing it would be."""

    label: str
    command: str


@dataclass(frozen=True, slots=True)
class Document:
    """`again`: a command that changes nothing and says this anew, so that many actions can be turned over by the page.

    `whisper`: it concerns only the person who asked; a platform that can shows it to nobody else. `changed`: it tells of
    a change to what the chat gets, which all of the chat should see.
    """

    lines: tuple[Line, ...]
    actions: tuple[Action, ...] = ()
    again: str | None = None
    whisper: bool = False
    changed: bool = False

    @property
    def plain(self) -> str:
        """The text alone, a line a line, links left out."""
        return "\n".join("".join(span.text for span in line) for line in self.lines)


def strong(text: str, href: str | None = None) -> Span:
    return Span(text, Style.STRONG, href)


def faint(text: str, href: str | None = None) -> Span:
    return Span(text, Style.FAINT, href)


def code(text: str) -> Span:
    return Span(text, Style.CODE)


def block(text: str) -> Span:
    return Span(text, Style.BLOCK)


def link(text: str, href: str | None) -> Span:
    return Span(text, href=href)


def line(*parts: str | Span) -> Line:
    """One line from texts and spans."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def document(
    *lines: Line | str,
    actions: Iterable[Action] = (),
    again: str | None = None,
    whisper: bool = False,
    changed: bool = False,
) -> Document:
    """A document from lines; a bare string is a plain line, an empty one a gap."""
    return Document(
        tuple(line(part) if isinstance(part, str) else part for part in lines),
        tuple(actions),
        again,
        whisper,
        changed,
    )
