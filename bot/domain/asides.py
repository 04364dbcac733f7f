"""What a headline says beside its event: what was before, what is to come, in which circumstances.

`Mayor resigns after ferry fire`, `Bank cuts rates amid talks with unions` are of the mayor and of the rates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ASIDE = re.compile(
    r"(?<=\s)(?:after|following|before|ahead of|amid|despite"
    r"|после|вслед за|перед|накануне|на фоне|несмотря на|після|напередодні|на тлі|попри"
    r"|après|avant|malgré|tras|después de|antes de|pese a|após|depois de|apesar de|dopo|prima di|nonostante)"
    r"(?=\s).*?(?=[,;:!?|–—](?:\s|$)|$)",
    re.IGNORECASE,
)
"""From a preposition of time or circumstance to the end of its clause. German `nach` and `vor` say where to as well."""


def asides_in(title: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each, in order."""
    return (found.span() for found in _ASIDE.finditer(title))
