"""Actions by the page, for platforms that show them as buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.documents import Action, Document

PAGE = 8
"""Buttons that are shown at once, where more can be turned to."""

MOST = 20
"""Buttons of a document that cannot be turned over."""


@dataclass(frozen=True, slots=True)
class Page:
    """The actions of page `number` (from 0) of `count`."""

    actions: tuple[Action, ...]
    number: int
    count: int

    def turns(self) -> Iterator[tuple[str, str]]:
        """The buttons to turn the page, round and round: each one's label, and what stands before the command in its data."""
        here = f"{self.number + 1} / {self.count}"
        for label, step in (("◀", -1), (here, 0), ("▶", 1)):
            yield label, f"»{(self.number + step) % self.count} "


def page_of(document: Document, number: int) -> Page:
    """The page, or the nearest there is."""
    actions = document.actions
    if document.again is None or len(actions) <= PAGE:
        return Page(actions[:MOST], 0, 1)
    count = -(-len(actions) // PAGE)
    number = min(max(number, 0), count - 1)
    return Page(actions[number * PAGE : (number + 1) * PAGE], number, count)


def read_data(data: str) -> tuple[str, int | None] | None:
    """(command, or the key it is kept under; the page to turn to, if any) of a button; None where we make no such."""
    read = re.fullmatch(r"(?:»(?P<page>[0-9]{1,4}) )?(?P<command>/.+|#[0-9a-f]{16})", data, re.DOTALL)
    if read is None:
        return None
    return read["command"], None if read["page"] is None else int(read["page"])
