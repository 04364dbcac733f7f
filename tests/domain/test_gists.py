"""What a sentence says, and which part of it was not said before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.gists import Gist, gist_of, numbers_of
from bot.domain.lexicon import Lexicon
from tests.fakes.lexicons import concept, small_lexicon

LEXICON = small_lexicon()


def gist(text: str, language: str = "en") -> Gist:
    return gist_of(text, language, LEXICON)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,200 men and 3.5 per cent", {"1200", "3.5"}),
        ("1 200 человек и 3,5 процента", {"1200", "3.5"}),
        ("five men", {"5"}),
        ("пять человек", {"5"}),
        ("１５人が死亡", {"15"}),
        ("2026年2月5日", set()),
        ("in 2026, 5 men", {"5"}),
        ("7 million, 7mn, 7 млн, 700万", {"7000000"}),
        ("£420m and 4億2000万", {"420000000", "400000000", "20000000"}),
        ("1.2 billion; 1,2 млрд", {"1200000000"}),
        ("5 тыс. and 5 thousand", {"5000"}),
        ("5 men met", {"5"}),
        ("none at all", set()),
        ("COVID-19, F-35s at the G7, a 3-5 win, 死者15人", {"3", "5", "15"}),
    ],
)
def test_numbers(text: str, numbers: set[str]) -> None:
    """However they are written; dates are none."""
    assert numbers_of(text) == numbers


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Negotiators met in Moscow.", "Negotiations: both met in Moscow.", "en"),
        ("The truce holds.", "A ceasefire is holding.", "en"),
        ("Five ministers resigned.", "5 ministers had resigned.", "en"),
        ("Путин прибыл на саммит.", "На саммит прибывает Путин.", "ru"),
        ("ロシアと停戦で合意した。", "停戦にロシアが合意", "ja"),
        ("85,844 farmers", "More than 85,000 farmers", "en"),
    ],
)
def test_the_same_in_other_words(one: str, other: str, language: str) -> None:
    """Inflection, labels of one meaning, spelling of numbers and order make nothing new."""
    assert gist(one, language).novelty(gist(other, language)) < 0.4


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Both sides exchanged prisoners.", "Both sides named a date.", "en"),
        ("Стороны обменялись пленными.", "Стороны назвали дату.", "ru"),
        ("両国は捕虜を交換した。", "両国は日程を発表した。", "ja"),
    ],
)
def test_another_matter(one: str, other: str, language: str) -> None:
    assert gist(one, language).novelty(gist(other, language)) >= 0.5


def test_only_names_events_and_numbers_are_the_same_in_every_language() -> None:
    """A plain word of one language is another's in other words."""
    words = Lexicon.build(
        [
            concept("coast", "word", "coast"),
            concept("talks", "event", "talks"),
            concept("am", "country", "Armenia"),
        ]
    )
    assert gist_of("Talks on the coast of Armenia last 3 days.", "en", words).certain == 3
    assert gist_of("A coast", "en", words).certain == 0


def test_who_it_is_about_is_no_news() -> None:
    """Names that were told weigh less than what is said of them; one that was not is new."""
    told = gist("Trump and Putin meet.")
    assert gist("Trump praises Putin warmly.").novelty(told) > 0.6
    assert gist("Zelensky, Trump, Putin meet.").beyond(told).things == {"zelensky"}


def test_the_same_numbers_are_mostly_of_the_same_thing() -> None:
    told = gist("Doctors counted 103 ill in towns and 17 in cities.")
    assert gist("Clinics report 103 cases, hospitals 17, said a minister.").novelty(told) < 0.5
    assert gist("Clinics report 203 cases, hospitals 18, said a minister.").novelty(told) > 0.8


def test_what_is_implied_was_told() -> None:
    assert gist("Russia").novelty(gist("Putin")) == 0.0
    assert gist("Putin").novelty(gist("Russia")) == 1.0


def test_what_says_nothing_that_can_be_weighed_is_new() -> None:
    assert gist("So it is.").novelty(gist("Putin")) == 1.0


@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(["en", "ja", "ru"]))
def test_novelty(one: str, other: str, language: str) -> None:
    """A part; none of what was told is new, and the more was told the less is."""
    a, b = gist(one, language), gist(other, language)
    assert 0.0 <= a.novelty(b) <= 1.0
    assert a.novelty(a | b) == 0.0 or not a.weight
    assert a.beyond(a | b) == Gist()
