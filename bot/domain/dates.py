"""Days that a text names: `8 November`, `8 ноября`, `11月8日`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from babel import Locale

_LANGUAGES = ("en", "ru", "uk", "de", "fr", "es", "pt", "it", "pl", "tr", "ar")
"""Those that write months as words; their names are CLDR's."""
_DAYS = 31
_MONTHS = 12


@cache
def _months() -> Mapping[str, int]:
    """By name in lower case, without the full stop of an abbreviation. Babel reads a file a language for them."""
    months: dict[str, int] = {}
    for language in _LANGUAGES:
        names = Locale.parse(language).months["format"]
        widths = ("wide", "abbreviated") if language in ("en", "ru") else ("wide",)
        for width in widths:
            for number, name in names[width].items():
                months.setdefault(name.casefold().rstrip("."), number)
    return months


@cache
def _date() -> re.Pattern[str]:
    name = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    return re.compile(
        rf"(?<![\w.,:])(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?\s+(?:of |de |di )?(?P<month>{name})(?!\w)"
        rf"|(?<!\w)(?P<month_first>{name})\.?\s+(?P<day_last>\d{{1,2}})(?:st|nd|rd|th)?(?![\w:%]|[.,]\d)"
        r"|(?<!\d)(?P<figure>\d{1,2})\s?[月월]\s?(?P<day_figure>\d{1,2})\s?[日일]",
        re.IGNORECASE,
    )


def dates_in(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, `MM-DD`) of each day of a year that is named, in order. What cannot be a day is none."""
    if not any(map(str.isdigit, text)):
        return
    for found in _date().finditer(text):
        day = int(found["day"] or found["day_last"] or found["day_figure"])
        name = found["month"] or found["month_first"]
        month = _months()[name.casefold()] if name else int(found["figure"])
        if 1 <= day <= _DAYS and 1 <= month <= _MONTHS:
            yield found.start(), found.end(), f"{month:02}-{day:02}"
