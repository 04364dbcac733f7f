"""Days that a text names."""

from __future__ import annotations

import pytest

from bot.domain.dates import dates_in


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Talks on November 8 and 9 Nov., then the 3rd of May", ["11-08", "11-09", "05-03"]),
        ("Переговоры 8 ноября и 18 нояб. в Вене", ["11-08", "11-18"]),
        ("Зустріч 1 травня", ["05-01"]),
        ("首脳会談、2月10日に", ["02-10"]),
        ("정상회담 11월 8일", ["11-08"]),
        ("le 1er mai, am 3. Oktober, 8 de noviembre", ["05-01", "10-03", "11-08"]),
        ("قمة في 8 نوفمبر", ["11-08"]),
    ],
)
def test_a_day_is_the_same_in_whichever_language(text: str, days: list[str]) -> None:
    assert [day for _, _, day in dates_in(text)] == days


@pytest.mark.parametrize(
    "text",
    [
        "May 10% be enough",
        "March 10,000 strong",
        "32 May",
        "Room 8 Novembers",
        "in November",
        "8月",
        "1.5 May",
    ],
)
def test_what_names_no_day_is_none(text: str) -> None:
    assert list(dates_in(text)) == []


def test_it_says_where_the_day_stands() -> None:
    text = "Signed on 8 ноября 2025"
    (start, end, _), *others = dates_in(text)
    assert (text[start:end], others) == ("8 ноября", [])
