"""What the bot itself says, in the language of a chat.

The code says everything in English; a gettext catalogue has it in another language. A sentence is translated whole, with
places for what goes into it (`{topic}`), since other languages put that elsewhere. Dates, numbers and lists are CLDR's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from gettext import NullTranslations
from string import Formatter
from types import MappingProxyType
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton, get_day_names
from babel.numbers import format_decimal

from bot.domain.chats import Chat, language_of_chat
from bot.domain.documents import Line, Span

_LOCALES = {"en": "en_GB"}
"""By language, whose dates and lists it is written with where it is not its own country's: days first."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A language (`ja`) with its catalogue. Without one, what is said stays English, and dates are the language's."""

    language: str
    catalogue: NullTranslations = field(default_factory=NullTranslations, compare=False)
    templates: tuple[str, ...] = ()
    """What was `kept` is made from these."""

    def say(self, text: str, /, **values: str | float) -> str:
        """The English `text` in this language, its `{places}` filled; numbers are written as is usual there."""
        return self.catalogue.gettext(text).format_map(self._written(values))

    def plural(self, one: str, many: str, number: int, /, **values: str | float) -> str:
        """As `say`, in the form that goes with the `number`, which stands at `{n}`."""
        found = self.catalogue.ngettext(one, many, number)
        return found.format_map(self._written({**values, "n": number}))

    def tell(self, text: str, /, *, tone: Callable[[str], Span] = Span, **parts: str | float | Span) -> Line:
        """As `say`, as a line: spans keep their style, the rest has that of `tone` (`faint`)."""
        spans: list[Span] = []
        words = ""
        for literal, name, _, _ in Formatter().parse(self.catalogue.gettext(text)):
            words += literal
            part = "" if name is None else parts[name]
            if not isinstance(part, Span):
                words += self._text(part)
                continue
            spans.extend((tone(words), part) if words else (part,))
            words = ""
        return (*spans, tone(words)) if words else tuple(spans)

    def known(self, text: str) -> str:
        """What was kept in English (a reason, a summary) in this language, or as it is where nobody translated it."""
        found = self.catalogue.gettext(text) if text else text
        if found != text:
            return found
        for template in self.templates:
            filled = _pattern(template).fullmatch(text)
            if filled is not None:
                parts = {name: self.known(part) for name, part in filled.groupdict().items()}
                return self.catalogue.gettext(template).format_map(parts)
        return text

    def number(self, number: float) -> str:
        """`2,311`, `0.75`."""
        return str(format_decimal(number, locale=self._locale))

    def listed(self, names: Sequence[str], limit: int = 10) -> str:
        """`a, b, c and 12 more`."""
        left = len(names) - limit
        shown = self.joined(names[:limit])
        return (
            self.plural("{names} and {n} more", "{names} and {n} more", left, names=shown)
            if left > 0
            else shown
        )

    def joined(self, names: Iterable[str]) -> str:
        """`a, b, c`, with the comma of the language."""
        comma = str(Locale.parse(self._locale).list_patterns["standard"]["middle"]).format("", "")
        return comma.join(names)

    def lasting(self, span: timedelta) -> str:
        """A span of time to about one figure: `40 s`, `5 min`, `3 h`, `2 days`. CLDR's English is wordier (`3 hrs`)."""
        seconds = max(span.total_seconds(), 0)
        if seconds < 90:  # noqa: PLR2004 - seconds
            return self.plural("{n} s", "{n} s", round(seconds))
        if seconds < 90 * 60:
            return self.plural("{n} min", "{n} min", round(seconds / 60))
        if seconds < 36 * 3600:
            return self.plural("{n} h", "{n} h", round(seconds / 3600))
        return self.plural("{n} day", "{n} days", round(seconds / 86400))

    def ago(self, at: datetime, now: datetime) -> str:
        """`5 min ago`, `just now`."""
        span = now - at
        if span.total_seconds() < 2:  # noqa: PLR2004 - seconds
            return self.say("just now")
        return self.say("{span} ago", span=self.lasting(span))

    def moment(self, at: datetime, now: datetime, zone: ZoneInfo) -> str:
        """`23:40 JST` today, `Fri 8 Aug 23:40 JST` before that."""
        local = at.astimezone(zone)
        return clock_time(local) if local.date() == now.astimezone(zone).date() else self.dated(local)

    def dated(self, at: datetime) -> str:
        """A time with its date, in its own zone: `Fri 8 Aug 23:40 JST`."""
        return f"{format_skeleton('MMMEd', at, locale=self._locale)} {clock_time(at)}"

    def days(self, days: Iterable[int]) -> str:
        """Days of the week, 0 is Monday: `Mon, Thu`."""
        names = get_day_names("abbreviated", "stand-alone", locale=self._locale)
        return self.joined(str(names[day]) for day in sorted(days))

    def weekday(self, at: datetime) -> str:
        """The time with its day of the week: `Fri 21:50`."""
        return str(format_skeleton("EHm", at, locale=self._locale))

    @property
    def _locale(self) -> str:
        return _LOCALES.get(self.language, self.language)

    def _written(self, values: Mapping[str, str | float]) -> dict[str, str]:
        return {name: self._text(value) for name, value in values.items()}

    def _text(self, value: str | float) -> str:
        return value if isinstance(value, str) else self.number(value)


ENGLISH = Speech("en")

Speeches = Mapping[str, Speech]
"""By language (`ja`), how the bot says things in it."""

ONLY_ENGLISH: Speeches = MappingProxyType({"en": ENGLISH})


def speech_for(chat: Chat, speeches: Speeches) -> Speech:
    """How to speak to a chat; in English where its language is not among those that were loaded."""
    return speeches.get(language_of_chat(chat), ENGLISH)


def phrase(text: str) -> str:
    """A text that is said elsewhere than it is written: it is found for the catalogues by this name."""
    return text


def kept(template: str, /, **values: str | float) -> str:
    """A sentence that is stored or logged, and so in English: `Speech.known` says it in another language."""
    return template.format_map(values)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = Formatter().parse(template)
    return re.compile(
        "".join(re.escape(words) + (f"(?P<{name}>.+?)" if name else "") for words, name, *_ in parts),
        re.DOTALL,
    )


def clock_time(at: datetime) -> str:
    """`23:40 JST`, or `23:40 UTC+4` where the zone has no letters of its own."""
    name = at.tzname() or "UTC"
    if not name.isalpha():
        offset = at.utcoffset() or timedelta(0)
        hours, minutes = divmod(round(abs(offset).total_seconds() / 60), 60)
        name = f"UTC{'-' if offset < timedelta(0) else '+'}{hours}" + (f":{minutes:02}" if minutes else "")
    return f"{at:%H:%M} {name}"
