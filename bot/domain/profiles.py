"""What an entry's text says, as stories compare it: weighed terms, those of its language and those any language shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """Weights by term. `words` are of `language`; `shared` mean the same in every language (`c:` concepts, `n:` numbers, `s:` names).

    `core`: the entry may open a story and bridge two; opinion, live blogs, podcasts and round-ups may not.
    """

    language: str
    words: Mapping[str, float]
    shared: Mapping[str, float]
    core: bool = True
