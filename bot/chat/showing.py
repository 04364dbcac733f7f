"""Text as any chat may be shown it."""

from __future__ import annotations

import re

_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and overrides that would turn around what stands behind them."""


def without_hidden(text: str) -> str:
    """The text without what a chat would obey, or drop, instead of showing it."""
    return _HIDDEN.sub("", text)
