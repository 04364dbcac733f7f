"""How answers are put: counts, spans of time, moments, near misses, and pointing at a mistake."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.bulletins import clock_time
from bot.domain.documents import Line, block, code, line

PAUSED = line("⏸ Bulletins are paused in this chat; ", code("/resume"), " starts them again.")

_WINDOW = 48
"""How much of a long query (characters) is shown around a mistake."""


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 story`, `2,311 stories`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def lasting(span: timedelta) -> str:
    """A span of time to about one figure: `40 s`, `5 min`, `3 h`, `2 days`."""
    seconds = max(span.total_seconds(), 0)
    if seconds < 90:  # noqa: PLR2004 - seconds
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 36 * 3600:
        return f"{seconds / 3600:.0f} h"
    return count(round(seconds / 86400), "day")


def ago(at: datetime, now: datetime) -> str:
    """`5 min ago`, `just now`."""
    span = now - at
    return "just now" if span.total_seconds() < 2 else f"{lasting(span)} ago"  # noqa: PLR2004 - seconds


def moment(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`23:40 JST` today, `Fri 8 Aug 23:40 JST` before that."""
    local = at.astimezone(zone)
    day = "" if local.date() == now.astimezone(zone).date() else f"{local:%a} {local.day} {local:%b} "
    return day + clock_time(local)


def clip(text: str, length: int = 60) -> str:
    """`text`, cut at `length` characters: what a person typed is repeated to them, but not by the page."""
    return text if len(text) <= length else text[: length - 1] + "…"


def listed(names: Sequence[str], limit: int = 10) -> str:
    """`a, b, c and 12 more`."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


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
