"""Whose title heads a bulletin. By language and preference: test_bulletins.py."""

from __future__ import annotations

import pytest

from bot.domain.headlines import best_report, promises, reports
from bot.domain.stories import SAME_HEADLINE
from tests.domain.records import chat, entry, report, story

TEASERS = [
    "Why the leaders meet",
    "Will the leaders meet?",
    "What we know about the talks",
    "Live: Leaders meet",
    "Leaders meet – live",
    "Opinion | The leaders must meet",
    "Analysis: a meeting of leaders",
    "Talks explained",
    "These leaders are about to meet",
    "October 15, 2025 – truce news",
    "The leaders met and then…",
    "Почему лидеры встречаются",
    "Стали известны подробности встречи",
    "A truce, and a storm: Morning Rundown",
    "Evening briefing",
    "The bridge and how it fell",
    "Talks are near. Here are five questions",
    "Stocks rise after talks: Markets Wrap",
    "Photos of the talks",
    "Leaders were sure of a truce. Now they are not",
    "A bridge, and then a wall? Not so fast",
    "Hale turns back to the east. Again.",
    "I met the leaders, and I was afraid",
    "Talks latest: Leaders meet",
    "Leaders meet – updated",
    "選挙について知っておくべきこと",
    "首脳会談とは",
    "停戦はなぜ崩れたのか",
    "🙂🙂🙂",
    "",
]


@pytest.mark.parametrize("title", TEASERS)
def test_a_title_that_does_not_tell_what_happened(title: str) -> None:
    assert promises(title)


@pytest.mark.parametrize(
    "title",
    [
        "WHO names a new head",
        "Leaders meet in Alaska",
        "Лидеры встретились на Аляске",
        "両首脳が会談",
        "Will Hale resigns",
        "Hale meets U.S. Some leaders stay away",
        "Two die in flood. Bridge closed",
    ],
)
def test_a_title_that_does(title: str) -> None:
    assert not promises(title)


@pytest.mark.parametrize("teaser", TEASERS)
def test_a_teaser_heads_only_what_has_nothing_else(teaser: str) -> None:
    """Even where an outlet that the chat prefers has it, and first."""
    first = report(entry(teaser, id_=1, outlet="NHK"))
    told = story(first, report(entry("Leaders meet", id_=2)))
    assert best_report(told, chat(preferred=["NHK"])).entry.id == 2
    assert best_report(story(first), chat()).entry.id == 1


@pytest.mark.parametrize(
    ("plain", "telling"),
    [
        ("Leaders meet", "Hale and Orr agree on a truce from 15 May"),
        ("‘A step forward’", "Leaders agree on a truce in the east"),
        ("Hale: ‘We are ready for all of it now’", "Hale says that the army is ready for all of it"),
        ("Hale: “We are ready for the truce in the east", "Army is ready for the truce in the east"),
        ("Мэр Орлов резко ответил на слова о закрытом мосте", "Мэр Орлов открыл мост для машин"),
        ("СМИ узнали о встрече Орлова и Гордеева на мосту", "Орлов и Гордеев встретились на мосту"),
    ],
)
def test_the_title_that_tells_more(plain: str, telling: str) -> None:
    """Names, numbers and what happened count for more than coming first."""
    told = story(report(entry(plain, id_=1)), report(entry(telling, id_=2, outlet="NHK"), "us", "ru"))
    assert best_report(told, chat()).entry.id == 2


def test_what_most_titles_say_heads_the_story() -> None:
    """One that is beside the matter does not, however much it says; reprints of it add nothing to it."""
    aside = "Daughter speaks of father, home, school, garden, village"
    told = story(
        report(entry(aside, id_=1)),
        *(
            report(entry(aside, id_=number, outlet=f"Outlet {number}"), reason=SAME_HEADLINE)
            for number in range(2, 9)
        ),
        report(entry("Army returns two bodies of hostages", id_=10, outlet="NHK")),
        report(entry("Two bodies of hostages returned by army", id_=11, outlet="TASS")),
        report(entry("Army says two hostages’ bodies are returned", id_=12, outlet="BBC News")),
    )
    assert best_report(told, chat()).entry.id == 10


def test_of_titles_that_tell_alike_the_earliest() -> None:
    told = story(
        report(entry("Hale and Orr agree on a truce", id_=1)),
        report(entry("Hale and Orr have agreed on a truce", id_=2, outlet="NHK")),
    )
    assert best_report(told, chat()).entry.id == 1


@pytest.mark.parametrize(
    ("title", "reported"),
    [
        ("What we know about the talks", True),
        ("Are the leaders about to meet?", True),
        ("Стали известны подробности встречи", True),
        ("停戦はなぜ崩れたのか", True),
        ("Opinion: the leaders should meet", False),
        ("Commentary: the leaders should meet", False),
        ("Bowen: No road leads from the talks to a truce", False),
        ("A truce, and a storm: Morning Rundown", False),
        ("Leaders meet – live updates", False),
        ("Колонка: о встрече", False),
        ("今週のニュースまとめ", False),
    ],
)
def test_what_is_of_one_event_however_little_it_tells(title: str, *, reported: bool) -> None:
    assert reports(title) is reported
    assert promises(title)
