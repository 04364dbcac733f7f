"""In which language a text is written."""

from __future__ import annotations

import pytest

from bot.domain.languages import language_of


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("ウクライナ停戦", "ja", "ja"),
        ("米露首脳会談へ", "zh", "ja"),
        ("米露首脳会談", "ja", "ja"),
        ("美俄峰会", "zh", "zh"),
        ("美俄峰会", "en", "zh"),
        ("정상회담", "en", "ko"),
        ("Новини Києва", "uk", "uk"),
        ("Москва", "uk", "uk"),
        ("Переговоры о мире", "en", "ru"),
        ("Объявлено перемирие", "uk", "ru"),
        ("Перемир’я на місяць", "ru", "uk"),
        ("Мир", "ru", "ru"),
        ("Обявиха примирие в събота", "bg", "bg"),
        ("Қазақстан және бейбіт келісім", "kk", "kk"),
        ("Мір і згода", "be", "be"),
        ("Հայաստան", "en", "hy"),
        ("საქართველო", "en", "ka"),
        ("הפסקת אש", "en", "he"),
        ("Leaders meet", "ja", "en"),
        ("Leaders meet", "ru", "en"),
        ("Leaders meet", "en", "en"),
        ("Liderlər görüşür", "az", "az"),
        ("Waffenruhe in Gaza hält, sagen die Vermittler", "en", "de"),
        ("Les négociations reprennent à Genève", "en", "fr"),
        ("Las conversaciones de paz siguen en Estambul", "en", "es"),
        ("Ateşkes görüşmeleri İstanbul'da sürüyor", "en", "tr"),
        ("مذاکرات آتش‌بس در قاهره ادامه دارد", "ar", "fa"),
        ("محادثات وقف إطلاق النار مستمرة في القاهرة", "en", "ar"),
        ("Trump says he will meet Putin again soon", "en", "en"),
        ("Trump trifft Putin", "en", "en"),
        ("2025", "ja", "ja"),
        ("", "uk", "uk"),
    ],
)
def test_the_script_settles_it_where_it_can(text: str, declared: str, language: str) -> None:
    """The script settles the language where it can; else how the text reads, if plainly; else what the feed declares."""
    assert language_of(text, declared) == language
