"""What a bulletin is once a machine has put it into another language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chat.locales import load_speeches
from bot.domain.bulletins import Background, Bulletin, Fact, lay_out
from bot.domain.composing import compose
from bot.domain.translating import to_translate, translated
from tests.domain.records import chat, entry, report, story
from tests.fakes.lexicons import STYLE, small_catalog

CATALOG = small_catalog()
ENGLISH = chat(languages=("en", "uk"))


def japanese() -> Bulletin:
    told = report(
        entry("米露が停戦で合意", "会談は首都で行われる。国境は閉鎖される。", language="ja", outlet="NHK")
    )
    made = compose(story(told), ENGLISH, [], CATALOG)
    return replace(made, background=Background(Fact("昨年、合意は破られた。", "NHK", None)))


def test_all_that_is_said_is_asked_for_and_marked() -> None:
    """Headline, lead, facts and background, from the headline's language into the first that the chat reads."""
    made = japanese()
    asked = to_translate(made, ENGLISH)
    assert asked is not None
    assert (asked.source, asked.target) == ("ja", "en")
    assert asked.texts == (
        "米露が停戦で合意",
        "会談は首都で行われる。",
        "国境は閉鎖される。",
        "昨年、合意は破られた。",
    )
    put = translated(made, asked, ("A truce", "Talks are held.", "The border is shut.", "It broke."), CATALOG)
    assert lay_out(put, STYLE).plain.splitlines()[:5] == [
        "⚡️ 🇺🇸🇷🇺 〔日本語 → English, machine translation〕【A truce】".replace(
            " 🇺🇸🇷🇺", "".join(made.flags) and f" {''.join(made.flags)}"
        ),
        "",
        "Talks are held.",
        "🔸 The border is shut. [NHK]",
        "ℹ️ It broke. [NHK]",
    ]
    assert put.headline.href == made.headline.href
    assert "〔日本語 → English, машинный перевод〕" in lay_out(put, STYLE, load_speeches()["ru"]).plain


@pytest.mark.parametrize(
    "texts", [(), ("A truce",), ("A truce", "Talks.", "", "It broke."), ("1", "2", "3", "4", "5")]
)
def test_what_is_no_translation_of_it_is_not_used(texts: tuple[str, ...]) -> None:
    made = japanese()
    asked = to_translate(made, ENGLISH)
    assert asked is not None
    assert translated(made, asked, texts, CATALOG) == made


def test_what_a_chat_reads_is_left_as_it_is() -> None:
    told = story(report(entry("米露が停戦で合意", language="ja")))
    for reads in (("ja",), ()):
        to = chat(languages=reads)
        assert to_translate(compose(told, to, [], CATALOG), to) is None
