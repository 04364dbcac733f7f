"""Topics are called as the language of the chat does, where the lexicon knows how."""

from __future__ import annotations

import pytest

from bot.domain.naming import name_in
from bot.domain.topics import Topic, TopicSpec, hashtag_of
from tests.fakes.lexicons import small_lexicon

LEXICON = small_lexicon()


def hashtag(query: str, language: str, *, name: str = "", chat_id: int | None = None) -> str:
    topic = Topic(1, TopicSpec("x", name or query, query), chat_id)
    return hashtag_of(name_in(topic, LEXICON, language))


@pytest.mark.parametrize(
    ("query", "english", "japanese", "russian"),
    [
        ("Ukraine truce", "#Ukraine_truce", "#ウクライナ停戦", "#Украина_перемирие"),
        ("Russia", "#Russia", "#ロシア", "#Россия"),
        ("summit", "#summit", "#首脳会談", "#Саммит"),
        ("Armenia–Azerbaijan", "#Armenia_Azerbaijan", "#アルメニア_アゼルバイジャン", "#Армения_Азербайджан"),
        ("Iran tariff", "#Iran_tariff", "#Iran_tariff", "#Iran_tariff"),
        ("Iran -Turkey", "#Iran_Turkey", "#Iran_Turkey", "#Iran_Turkey"),
    ],
)
def test_a_topic_on_offer(query: str, english: str, japanese: str, russian: str) -> None:
    """By the names of what it asks for; where one has none, or must not be there, by the given name."""
    assert [hashtag(query, language) for language in ("en", "ja", "ru")] == [english, japanese, russian]


def test_a_name_that_a_chat_gave_stands() -> None:
    assert hashtag("Russia", "ja", chat_id=7) == "#Russia"


def test_a_name_in_the_language_stands() -> None:
    """Whoever configured it knew what to call it."""
    assert hashtag("Russia", "ja", name="ロシア情勢") == "#ロシア情勢"
    assert hashtag("Russia", "ru", name="Дела России") == "#Дела_России"
    assert hashtag("Russia", "en", name="Moscow") == "#Moscow"


def test_a_name_in_another_language_gives_way() -> None:
    assert hashtag("Россия", "en") == "#Russia"
