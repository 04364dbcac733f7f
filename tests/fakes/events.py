"""Headlines of events that have nothing to do with each other."""

from __future__ import annotations

from hashlib import sha512

WORDS = 22
"""So many words of its own make a title unlike one that shares a topic with it."""


def of_its_own(title: str) -> str:
    """The title, and words that no other has, so that it tells of an event of its own."""
    digest = sha512(title.encode()).digest()
    words = (
        "bdfgklmnprstvzwh"[one % 16]
        + "aeio"[one // 16 % 4]
        + "lnr"[one // 64 % 3]
        + "bdgkmptv"[other % 8]
        + "aio"[other // 8 % 3]
        + "ndrkmt"[other // 24 % 6]
        for one, other in zip(digest[:WORDS], digest[WORDS:], strict=False)
    )
    return f"{title}: {' '.join(words)}"
