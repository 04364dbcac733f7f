"""Speech: sentences are translated whole, numbers, dates and lists are those of the language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.chat.locales import load_speeches
from bot.domain.chats import Chat, language_of_chat, spoken
from bot.domain.documents import Span, code, faint, strong
from bot.domain.speech import ENGLISH, ONLY_ENGLISH, Speech, kept, speech_for

SPEECHES = load_speeches()
JA, RU = SPEECHES["ja"], SPEECHES["ru"]
NOW = datetime(2025, 8, 8, 14, 40, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")


def test_spans_stand_where_the_language_puts_them() -> None:
    """The topic is bold in every language, at the end in English and at the beginning in Japanese."""
    topic = strong("Iran")
    assert ENGLISH.tell("✅ Subscribed to {topic}.", topic=topic) == (
        Span("✅ Subscribed to "),
        topic,
        Span("."),
    )
    assert JA.tell("✅ Subscribed to {topic}.", topic=topic) == (
        Span("✅ "),
        topic,
        Span(" を購読しました。"),
    )


def test_the_rest_of_a_line_has_its_tone() -> None:
    told = RU.tell("More on one: {command}", tone=faint, command=code("/help"))
    assert told == (faint("Подробнее: "), code("/help"))
    assert ENGLISH.tell("… and {n} more.", tone=faint, n=1200) == (faint("… and 1,200 more."),)


def test_what_is_filled_in_is_not_read_again() -> None:
    """A person may type braces."""
    assert ENGLISH.say("There is no {name}.", name="{oops} {0}") == "There is no {oops} {0}."
    assert ENGLISH.tell("No {name}.", name="{oops}") == (Span("No {oops}."),)


@pytest.mark.parametrize(
    ("number", "russian", "japanese", "english"),
    [
        (1, "1 сюжет", "1 件", "1 story"),
        (2, "2 сюжета", "2 件", "2 stories"),
        (5, "5 сюжетов", "5 件", "5 stories"),
        (21, "21 сюжет", "21 件", "21 stories"),
        (2311, "2\N{NO-BREAK SPACE}311 сюжетов", "2,311 件", "2,311 stories"),
    ],
)
def test_plurals(number: int, russian: str, japanese: str, english: str) -> None:
    said = [speech.plural("{n} story", "{n} stories", number) for speech in (RU, JA, ENGLISH)]
    assert said == [russian, japanese, english]


@pytest.mark.parametrize(
    ("speech", "earlier", "day", "names"),
    [
        (ENGLISH, "Fri 8 Aug 23:40 JST", "Fri 23:40", "a, b and 2 more"),
        (JA, "8月8日(金) 23:40 JST", "23:40 (金)", "a、b ほか 2 件"),
        (RU, "пт, 8 авг. 23:40 JST", "пт 23:40", "a, b и ещё 2"),
    ],
)
def test_dates_and_lists(speech: Speech, earlier: str, day: str, names: str) -> None:
    assert speech.moment(NOW, NOW, TOKYO) == "23:40 JST"
    assert speech.moment(NOW, NOW + timedelta(days=2), TOKYO) == earlier
    assert speech.weekday(NOW.astimezone(TOKYO)) == day
    assert speech.listed(["a", "b", "c", "d"], 2) == names


@pytest.mark.parametrize(
    ("span", "english", "japanese", "russian"),
    [
        (timedelta(seconds=-5), "0 s ago", "0 秒前", "0 с назад"),
        (timedelta(seconds=40), "40 s ago", "40 秒前", "40 с назад"),
        (timedelta(minutes=5), "5 min ago", "5 分前", "5 мин назад"),
        (timedelta(hours=3), "3 h ago", "3 時間前", "3 ч назад"),
        (timedelta(days=2), "2 days ago", "2 日前", "2 дня назад"),
    ],
)
def test_spans_of_time(span: timedelta, english: str, japanese: str, russian: str) -> None:
    said = [speech.say("{span} ago", span=speech.lasting(span)) for speech in (ENGLISH, JA, RU)]
    # A figure is not torn from its unit.
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in said] == [english, japanese, russian]


def test_days_of_the_week() -> None:
    """In the order of the week, as they stand in a list."""
    assert [speech.days({3, 0}) for speech in (ENGLISH, JA, RU)] == ["Mon, Thu", "月、木", "пн, чт"]


def test_just_now() -> None:
    assert [speech.ago(NOW, NOW) for speech in (ENGLISH, JA, RU)] == ["just now", "たった今", "только что"]


def test_what_nobody_translated_is_said_in_english() -> None:
    assert JA.say("A sentence of {day}.", day="tomorrow") == "A sentence of tomorrow."
    assert RU.plural("{n} thing", "{n} things", 5) == "5 things"
    assert JA.known("chat not found") == "chat not found"
    assert JA.known("") == ""


@pytest.mark.parametrize(
    ("code_", "language"),
    [
        ("ja", "ja"),
        ("ja-JP", "ja"),
        ("RU_ru", "ru"),
        ("en-US", "en"),
        ("de", ""),
        ("jam", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_language_of_a_client(code_: str | None, language: str) -> None:
    assert spoken(code_) == language


@pytest.mark.parametrize(
    ("own", "reads", "language"),
    [
        ("", (), "en"),
        ("", ("ja", "en"), "ja"),
        ("", ("de", "ru"), "ru"),
        ("", ("de",), "en"),
        ("ru", ("ja",), "ru"),
    ],
)
def test_the_language_of_a_chat(own: str, reads: tuple[str, ...], language: str) -> None:
    """Its own, else the first that it reads and the bot speaks."""
    chat = Chat(1, "telegram", "1", languages=reads, language=own)
    assert language_of_chat(chat) == language
    assert speech_for(chat, SPEECHES).language == language
    assert speech_for(chat, ONLY_ENGLISH) == ENGLISH


@pytest.mark.parametrize(
    ("stored", "japanese"),
    [
        (
            kept("The server answers HTTP {status} instead of a feed.", status=418),
            "フィードの代わりに HTTP 418 が返りました。",
        ),
        ("bot was blocked by the user", "ボットがブロックされました"),
        (
            "The server asks for fewer requests (HTTP 429). It says when to come back: in 2 hours.",
            "取得回数を減らすよう求められました（HTTP 429）。再開の目安：2 hours 後。",
        ),
        (
            "This is a web page («A {title}»), not a feed, and it advertises none.",
            "フィードではなくウェブページ（「A {title}」）で、フィードの案内もありません。",
        ),
        ("Something of Telegram's own", "Something of Telegram's own"),
    ],
)
def test_what_was_stored_in_english_is_recognised(stored: str, japanese: str) -> None:
    """By its template, whatever was filled in; what nobody worded here stays as it is."""
    assert JA.known(stored) == japanese
    assert ENGLISH.known(stored) == stored
