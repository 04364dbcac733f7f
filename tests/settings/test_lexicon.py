"""The countries of CLDR."""

from __future__ import annotations

import pytest

from bot.domain.lexicon import Concept
from bot.settings.lexicon import countries_of_cldr


@pytest.fixture(scope="module")
def countries() -> dict[str, Concept]:
    return countries_of_cldr(["en", "ja", "ru", "uk", "zh", "ar", "pt-BR"])


def test_every_country_is_there_with_its_flag(countries: dict[str, Concept]) -> None:
    """The countries of ISO 3166-1 have names in every language, and a flag of two letters."""
    assert len(countries) > 240
    assert {"us", "ru", "ua", "am", "az", "jp", "gb", "tr", "ps", "tw", "xk"} <= set(countries)
    for code, country in countries.items():
        assert country.id == code
        assert country.kind == "country"
        assert country.flag is not None
        assert "".join(chr(ord(char) - 0x1F1E6 + ord("a")) for char in country.flag) == code
        assert country.labels["en"]
    complete = [one for one in countries.values() if {"en", "ja", "ru", "uk", "zh", "ar"} <= set(one.labels)]
    assert len(complete) > 240


def test_what_is_no_country_is_left_out(countries: dict[str, Concept]) -> None:
    """Continents, unions, and the codes that stand for nothing or for a test are none."""
    assert not {"eu", "ez", "un", "001", "150", "xa", "xb", "zz", "qo"} & set(countries)


@pytest.mark.parametrize(
    ("code", "language", "names"),
    [
        ("am", "ja", ("アルメニア",)),
        ("am", "uk", ("Вірменія",)),
        ("us", "en", ("United States",)),
        ("mm", "en", ("Myanmar", "Burma")),
        ("ba", "en", ("Bosnia & Herzegovina", "Bosnia and Herzegovina")),
        ("br", "pt-BR", ("Brasil",)),
    ],
)
def test_names(countries: dict[str, Concept], code: str, language: str, names: tuple[str, ...]) -> None:
    """Names are those of CLDR; one in brackets is a further one, and & is written out."""
    assert countries[code].labels[language] == names
