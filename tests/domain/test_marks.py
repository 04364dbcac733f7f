"""The marks of `config/style.toml`, on headlines as they are written."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bot.domain.catalog import Catalog
from bot.domain.composing import compose
from bot.domain.matching import analyse
from bot.domain.stories import Report, Story
from bot.settings.files import load_catalog
from tests.domain.records import NOON, chat, entry

ROOT = Path(__file__).parents[2]


@cache
def catalog() -> Catalog:
    loaded = load_catalog(ROOT / "config", feeds=())
    assert isinstance(loaded, Catalog), loaded
    return loaded


@pytest.mark.parametrize(
    ("title", "language", "mark"),
    [
        ("Hale and Orr hold first phone call since May", "en", "☎️"),
        ("Hale to meet Orr after call with ministers", "en", "☎️"),
        ("Hale calls Orr a fraud", "en", None),
        ("Hale faces resignation calls", "en", None),
        ("Hale calls for a call with Orr", "en", None),
        ("Crew made an emergency call", "en", None),
        ("米ロ首脳が電話会談", "ja", "☎️"),
        ("通信障害で音声通話できず", "ja", None),
        ("Орлов и Гордеев поговорили по телефону", "ru", "☎️"),
        ("Мэрия перепутала телефон музея", "ru", None),
        ("Armenia and Azerbaijan sign peace treaty", "en", "🤝"),
        ("Peace treaty signed at last", "en", "🤝"),
        ("Hale signs order on stadiums", "en", None),
        ("Peace deal could stall, Orr warns", "en", None),
        ("Hale won't sign peace treaty", "en", None),
        ("Alarming signs before the storm", "en", None),
        ("アルメニアとアゼルバイジャン、和平協定に署名", "ja", "🤝"),
        ("核軍縮条約が失効へ", "ja", None),
        ("Армения и Азербайджан подписали мирный договор", "ru", "🤝"),
        ("Орлов подписал указ о парках", "ru", None),
        ("Армения готова подписать мирный договор", "ru", None),
    ],
)
def test_a_mark_is_of_what_happened(title: str, language: str, mark: str | None) -> None:
    """Not of a word that means something else, nor of what is only hoped for, broken or refused."""
    told = entry(title, language=language)
    story = Story(1, NOON, NOON, (Report(told, analyse(told, catalog().lexicon).named),))
    _, *marks = compose(story, chat(), (), catalog()).marks
    assert marks == ([mark] if mark else [])
