"""How much two reports are alike: by the words of one language, by what is shared between two, and in time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.entries import words_of
from bot.domain.profiles import DATE, NUMBER, SOUND, WORD, Profile

HALF_LIFE = timedelta(hours=24)
"""A likeness halves with this distance in time, and sooner where the numbers differ."""
EDITED = 0.75
"""Share of words from which on two headlines of one outlet are one that was edited."""
OTHER_DAYS = 0.3
"""What is left of a likeness where both name days and none in common: forecasts, fixtures, daily figures,"""
OTHER_NAMES = 0.5
"""and where each title names who or what the other's text knows nothing of: the same in another town."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A report as others are compared with it: vectors of length 1 of what those of its language share with it, and the others."""

    at: datetime
    language: str
    own: Mapping[str, float]
    abroad: Mapping[str, float]
    numbers: frozenset[str]
    dates: frozenset[str]
    heads: frozenset[str]
    names: frozenset[str]
    voice: str
    title: frozenset[str]

    @classmethod
    def of(cls, profile: Profile, at: datetime, title: str, voice: str) -> Weighed:
        language = profile.language
        own = {key_of(word, language): weight for word, weight in profile.words.items()}
        own |= {term: weight for term, weight in profile.shared.items() if not term.startswith((SOUND, WORD))}
        numbers = frozenset(term for term in profile.shared if term.startswith((NUMBER, DATE)))
        dates = frozenset(term for term in numbers if term.startswith(DATE))
        words = frozenset(words_of(title))
        heads = frozenset(name for name, weight in profile.names.items() if weight == 1)
        names = frozenset(profile.names)
        return cls(
            at, language, _unit(own), _unit(profile.shared), numbers, dates, heads, names, voice, words
        )

    def likeness(self, other: Weighed) -> float:
        """0 to 1: the cosine of the angle between what can be compared; across languages less, the fewer terms they share.

        A country alone is shared by many, and between two languages there may be nothing else to compare.
        """
        alike = self._likeness_of_terms(other)
        if self.dates and other.dates and not self.dates & other.dates:
            alike *= OTHER_DAYS
        if self.language == other.language and self.heads - other.names and other.heads - self.names:
            alike *= OTHER_NAMES
        return alike

    def _likeness_of_terms(self, other: Weighed) -> float:
        if self.language == other.language:
            return _product(self.own, other.own)
        common = len(self.abroad.keys() & other.abroad.keys())
        return _product(self.abroad, other.abroad) * common / (common + 1)

    def edits(self, other: Weighed) -> bool:
        """Whether it is the other with another headline: by the same outlet, soon, and almost in the same words."""
        if self.voice != other.voice or self.nearness(other) < 0.5:  # noqa: PLR2004 - a half-life
            return False
        return len(self.title & other.title) >= EDITED * max(len(self.title | other.title), 1)

    def nearness(self, other: Weighed, half_life: timedelta = HALF_LIFE) -> float:
        """1 at the same time, halving with every `half_life` between; in half the time if they name different numbers.

        What recurs from day to day (the third exchange, the fourth) shares all its words.
        """
        apart = abs(self.at - other.at) / half_life
        differ = self.numbers and other.numbers and not self.numbers & other.numbers
        return math.pow(0.5, 2 * apart if differ else apart)


def key_of(term: str, language: str) -> str:
    """What a word of a language is counted and looked up by; what is shared, by itself."""
    return f"{language} {term}" if language else term


def _unit(terms: Mapping[str, float]) -> dict[str, float]:
    """The vector in that direction of length 1, its terms in order: a sum must not depend on where they came from."""
    length = math.sqrt(math.fsum(weight * weight for weight in terms.values())) or 1.0
    return {term: terms[term] / length for term in sorted(terms)}


def _product(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Of vectors of length 1, the cosine of the angle between them."""
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other[term] for term, weight in one.items() if term in other)
