"""How answers are put: what several of them say, near misses, and pointing at a mistake."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

from bot.domain.documents import Action, Document, Line, Span, block, code, document, line
from bot.domain.speech import Speech, phrase

_PLACES = (
    phrase("COMMAND"),
    phrase("NAME"),
    phrase("OUTLET"),
    phrase("QUERY"),
    phrase("SITE"),
    phrase("TOPIC"),
    phrase("WORD"),
    phrase("WORDS"),
)
_PLACE = re.compile(rf"\b(?:{'|'.join(_PLACES)})\b")

_WINDOW = 48
"""How much of a long query (characters) is shown around a mistake."""


def example(speech: Speech, name: str = "") -> Span:
    """How to make a topic, perhaps under a `name` of its own."""
    query = speech.say("Taiwan strait")
    return code(f"/topics add {name} = {query}" if name else f"/topics add {query}")


def form(speech: Speech, typed: str) -> Span:
    """How a command is typed, what is to be put in said in the chat's language: `/topics rename ТЕМА = НАЗВАНИЕ`."""
    return code(_PLACE.sub(lambda found: speech.known(found[0]), typed))


def paused(speech: Speech) -> Line:
    return speech.tell(
        "⏸ Bulletins are paused in this chat; {command} starts them again.", command=code("/resume")
    )


def did_you_mean(speech: Speech, commands: Sequence[str]) -> Document:
    """The commands that may have been meant, the likeliest first."""
    return document(
        speech.tell("🤔 Did you mean {command}?", command=code(clip(commands[0]))),
        actions=[Action(clip(command), command) for command in commands],
    )


def clip(text: str, length: int = 60) -> str:
    """`text`, cut at `length` characters: what a person typed is repeated to them, but not by the page."""
    return text if len(text) <= length else text[: length - 1] + "…"


def nearest(text: str, choices: Iterable[str], limit: int = 3, *, cutoff: float = 0.6) -> tuple[str, ...]:
    """The choices that `text` may be a slip or the beginning of, the nearest first. `cutoff`: least likeness, 0 to 1."""
    folded: dict[str, str] = {}
    for choice in choices:
        folded.setdefault(choice.casefold(), choice)
    typed = clip(text.casefold(), 80)
    begun = [choice for choice in folded if len(typed) > 1 and choice.startswith(typed)]
    close = difflib.get_close_matches(typed, folded, n=limit, cutoff=cutoff)
    return tuple(folded[choice] for choice in dict.fromkeys([*begun, *close]))[:limit]


def pointed(text: str, position: int) -> tuple[Line, Line]:
    """The text and, below it, a caret under the character at `position`, both in a font of fixed width.

    Blanks of the caret's line are as wide as the characters above them, so it also stands right under Japanese.
    """
    start = max(min(position, len(text)) - _WINDOW // 2, 0)
    shown = text[start : start + _WINDOW]
    before, after = "…" if start else "", "…" if start + _WINDOW < len(text) else ""
    blanks = "".join(
        "\N{IDEOGRAPHIC SPACE}" if unicodedata.east_asian_width(char) in "WF" else " "
        for char in before + shown[: position - start]
    )
    return line(block(before + shown + after)), line(block(blanks + "^"))
