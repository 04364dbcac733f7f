"""Text as it is compared: streams, stems, patterns, positions, scripts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.text import (
    MAX_PATTERNS,
    in_capitals,
    is_acronym,
    is_katakana,
    is_run,
    normalise,
    pattern_of,
    patterns_of,
    stands_alone,
)

any_text = st.text(max_size=80) | st.text("aUS.'’ʼ -|。米露ｱｶﾞアーперемир’яёї́🙂\u202e\u200f", max_size=40)

LABELS = (
    "US",
    "U.S.",
    "United States",
    "Moscow’s",
    "перемир’я",
    "прекращение огня",
    "米露首脳会談",
    "ドナルド・トランプ",
    "ﾛｼｱ",
    "G7サミット",
    "휴전",
    "Erdoğan",
    "2025",
)


def stem(word: str) -> str:
    return normalise(word).text.strip()


def found(label: str, text: str) -> list[str]:
    """Every piece of `text` where `label` is found."""
    stream, pattern = normalise(text), pattern_of(label)
    starts = [at for at in range(len(stream.text)) if stream.text.startswith(pattern, at)]
    spans = [stream.span(at, at + len(pattern)) for at in starts]
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("text", "stream"),
    [
        ("", " "),
        ("Leaders meet", " leader meet "),
        ("Leaders meet. Talks end", " leader meet | talk end "),
        ("米露首脳会談", " 米露首脳会談 "),
        ("ゼレンスキー・トランプ会談", " ゼレンスキー トランプ会談 "),
        ("G7サミット開幕", " g7 サミット開幕 "),
        ("「停戦を」と訴え", " | 停戦を | と訴え "),
        ("U.S.-led talks", " us led talk "),
        ("J.D. Vance", " jd vance "),
        ("red_line", " red line "),
        ("🙂 ok", " ok "),
    ],
)
def test_stream(text: str, stream: str) -> None:
    """A text is folded and stemmed words between spaces, runs left whole, bars where clauses end."""
    assert normalise(text).text == stream


@pytest.mark.parametrize(
    "family",
    [
        # Latin: number, possessive, accents, dots
        "ceasefire ceasefires ceasefire's ceasefires ceasefire’s ceasefireʼs Ceasefire CEASEFIRE",
        "ally allies ally's",
        "base bases",
        "bus buses",
        "house houses house’s",
        "church churches",
        "NATO NATO's nato",
        "Erdoğan Erdogan ERDOĞAN Erdoğan's",
        "İstanbul Istanbul istanbul",
        "Əliyev Eliyev",
        "U.S. US u.s.",
        # Russian, every case in which news has it
        "перемирие перемирия перемирию перемирием перемирии Перемирие",
        "Зеленский Зеленского Зеленскому Зеленским Зеленском",
        "переговоры переговоров переговорам переговорами переговорах",
        "Алиев Алиева Алиеву Алиевым Алиеве",
        "Лавров Лаврова Лаврову Лавровым Лаврове",
        "Медведев Медведева Медведеву Медведевым Медведеве",
        "Путин Путина Путину Путиным Путине",
        "саммит саммита саммиту саммитом саммите саммиты саммитов",
        "Украина Украины Украине Украину Украиной Украиною УКРАИНА",
        "Россия России Россию Россией",
        "Корея Кореи Корее Корею Кореей",
        "встреча встречи встречу встрече встречей встреч встречам встречами встречах",
        "Пашинян Пашиняна Пашиняну Пашиняном Пашиняне",
        "удар удары ударов ударам ударами",
        "Артём Артем Артёма",
        # Ukrainian
        "перемир’я перемир'я перемирʼя перемир`я перемир’ям перемир’ю",
        "Україна України Україні Україну Україною",
        "Росія Росії Росію Росією",
        "Зеленський Зеленського Зеленському Зеленським",
        "переговори переговорів переговорам переговорами переговорах",
        "саміт саміту самітом саміті саміти самітів",
        "Вьетнам Вьетнама Вьетнаму Вьетнамом Вьетнаме",
        "Иерусалим Иерусалима Иерусалиме",
        "Китай Китая Китаю Китаем Китае",
        "Белый белого белому белым белом",
    ],
)
def test_inflections(family: str) -> None:
    """A label in its first form is found in every other."""
    label, *others = family.split()
    found = {pattern.strip() for pattern in patterns_of(label)}
    assert {stem(word) for word in (label, *others)} <= found


def test_a_phrase_of_many_words_has_few_patterns() -> None:
    """Every word of this one may or may not have an ending, which doubles the combinations; they are not all made."""
    assert patterns_of("вьетнам " * 60)[0] == f" {'вьетн ' * 60}"
    assert len(patterns_of("вьетнам " * 60)) == MAX_PATTERNS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Корее", "кори"),
        ("uses", "us"),
        ("news", "new"),
        ("talks", "tall"),
        ("мир", "мирный"),
        ("Россия", "рост"),
        ("ёлка", "ель"),
        ("peas", "peace"),
        ("Киев", "кий"),
        ("Крым", "край"),
    ],
)
def test_words_that_stay_apart(one: str, other: str) -> None:
    """Stemming does not run different words together."""
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("label", "text", "pieces"),
    [
        ("summit", "The summit's end: SUMMITS galore", ["summit's", "SUMMITS"]),
        ("us", "Russia must focus", []),
        ("US", "the U.S. and the US", ["U.S.", "US"]),
        ("peace deal", "a peace-deal, Peace deals", ["peace-deal", "Peace deals"]),
        ("peace deal", "peace. Deal done", []),
        ("peace deal", "peace… deal", []),
        ("停戦", "ウクライナ停戦へ、停戦案", ["停戦", "停戦"]),
        ("停戦", "ウクライナで停。戦", []),
        ("ドナルド・トランプ", "ドナルド・トランプ氏", ["ドナルド・トランプ"]),
        ("ドナルド・トランプ", "ドナルド･トランプ氏", ["ドナルド･トランプ"]),
        ("トランプ", "ﾄﾗﾝﾌﾟ氏が会談", ["ﾄﾗﾝﾌﾟ氏が会談"]),
        ("G7サミット", "G7サミット開幕", ["G7サミット"]),
        ("перемир’я", "про перемирʼя, перемир'ям", ["перемирʼя", "перемир'ям"]),
        ("прекращение огня", "о прекращении огня", ["прекращении огня"]),
        ("휴전", "우크라이나 휴전이", ["휴전"]),
    ],
)
def test_a_label_is_found(label: str, text: str, pieces: list[str]) -> None:
    """Words match whole and in any form, runs anywhere inside, and no phrase crosses a stop."""
    assert found(label, text) == pieces


@pytest.mark.parametrize(
    ("language", "label", "text", "piece"),
    [
        ("he", "שלום", "מגעים לשלום", "לשלום"),
        ("he", "הסכם", "חתמו על ההסכמים", "ההסכמים"),
        ("he", "מלחמה", "אחרי המלחמה", "המלחמה"),
        ("he", "עזה", "הלחימה בעזה", "בעזה"),
        ("he", "ז'נבה", "שיחות בז׳נבה", "בז׳נבה"),
        ("he", "תל אביב", "הפגנה בתל־אביב", "בתל־אביב"),
        ("he", "שלום", "לא השיגו כלום", ""),
        ("he", "חותים", "כוחות נוספים", ""),
        ("he", "יוון", "מכיוון שנדחה", ""),
        ("he", "מצרים", "מוצרים חדשים", ""),
        ("ar", "كييف", "غارات على كييف", "كييف"),
        ("ar", "كييف", "كيف انتهت الحرب", ""),
        ("ar", "أمريكيين", "أسر أمريكي", "أمريكي"),
        ("hy", "Ուկրաինա", "հանդիպում Ուկրաինայի հարցով", "Ուկրաինայի"),
        ("hy", "Ուկրաինա", "Ուկրաինան համաձայն է", "Ուկրաինան"),
        ("hy", "Փաշինյան", "հանդիպել է Փաշինյանի հետ", "Փաշինյանի"),
        ("hy", "Պուտին", "Պուտինը ժամանեց", "Պուտինը"),
        ("hy", "բանակցություն", "բանակցությունների փուլ", "բանակցությունների"),
        ("hy", "հարձակում", "հարձակման հետևանքով", "հարձակման"),
        ("hy", "համաձայնություն", "ըստ նախարարի՝ համաձայն չեն", ""),
        ("fr", "paix", "la paix", "paix"),
        ("fr", "paix", "la paie", ""),
        ("fr", "feu", "des feux", "feux"),
    ],
)
def test_a_label_is_found_in_its_language(language: str, label: str, text: str, piece: str) -> None:
    """Particles written in front are no part of a word, but neither is every first letter a particle."""
    stream = normalise(text, language)
    hits = [(p, stream.text.find(p)) for p in patterns_of(label, (language,)) if p in stream.text]
    pieces = {stream.source[slice(*stream.span(at, at + len(p)))] for p, at in hits}
    assert pieces == ({piece} if piece else set())


def test_tokens_are_words_and_runs() -> None:
    """What ends a clause is a bar in the stream and no token."""
    assert [(token.start, token.end) for token in normalise("Talks end. 停戦へ").tokens] == [
        (0, 5),
        (6, 9),
        (11, 14),
    ]


@given(any_text)
def test_every_token_gives_back_its_source(text: str) -> None:
    """The span of a token's place in the stream is where the token stands in the text."""
    stream = normalise(text)
    for token in stream.tokens:
        end = stream.text.index(" ", token.at)
        assert stream.span(token.at, end) == (token.start, token.end)
        assert token.start < token.end
    assert all(token.end <= after.start for token, after in pairwise(stream.tokens))


@given(any_text)
def test_a_stream_is_words_between_single_spaces(text: str) -> None:
    """Whatever the text, the stream begins and ends with a space and has no two in a row."""
    stream = normalise(text).text
    assert stream.startswith(" ")
    assert stream.endswith(" ")
    assert "  " not in stream


@given(any_text, st.sampled_from(LABELS), any_text)
def test_a_label_between_spaces_is_found_where_it_stands(before: str, label: str, after: str) -> None:
    """A label that stands in a text between spaces is found there, and its span is the label."""
    text = f"{before} {label} {after}"
    stream, pattern = normalise(text), pattern_of(label)
    spans = [
        stream.span(at, at + len(pattern))
        for at in range(len(stream.text))
        if stream.text.startswith(pattern, at)
    ]
    start = len(before) + 1
    assert (start, start + len(label)) in spans


@given(any_text)
def test_a_pattern_is_found_in_its_own_label(label: str) -> None:
    """Labels pass through the same function as texts, so each is found in itself."""
    assert pattern_of(label) in normalise(label).text


@pytest.mark.parametrize(
    ("label", "pattern"),
    [("US", " us "), ("停戦", "停戦"), ("G7サミット", " g7 サミット"), ("!?", ""), ("🙂", "")],
)
def test_pattern(label: str, pattern: str) -> None:
    """A pattern is bounded by spaces at a word, open at a run, and empty where nothing is left."""
    assert pattern_of(label) == pattern


@pytest.mark.parametrize(
    ("text", "acronym", "capitals"),
    [
        ("US", True, True),
        ("U.S.", True, True),
        ("G7", False, False),
        ("NATO's", False, True),
        ("МИДа", False, True),
        ("Nato", False, False),
        ("us", False, False),
        ("X", False, False),
        ("米", False, False),
        ("", False, False),
    ],
)
def test_capitals(text: str, acronym: bool, capitals: bool) -> None:
    """A label is an acronym when all in capitals; a text is written as one when it begins with two."""
    assert (is_acronym(text), in_capitals(text)) == (acronym, capitals)


@pytest.mark.parametrize(
    ("label", "text", "alone"),
    [
        ("イラン", "イラン核合意", True),
        ("イラン", "対イラン制裁", True),
        ("イラン", "ブイランド", False),
        ("イラン", "ブイラン", False),
        ("イラン", "イランド", False),
        ("テロ", "ステロイド", False),
        ("テロ", "ﾃﾛ対策", True),
        ("停戦", "無停戦案", True),
        ("us", "the us", True),
    ],
)
def test_katakana_stands_alone(label: str, text: str, alone: bool) -> None:
    """Katakana words match whole; kanji next to them, and other scripts, do not count."""
    stream, pattern = normalise(text).text, pattern_of(label)
    at = stream.index(pattern)
    assert stands_alone(stream, at, at + len(pattern)) is alone


def test_scripts_of_characters() -> None:
    """Han, kana and Hangul are written in runs; the dot between foreign names belongs to none."""
    assert all(is_run(char) for char in "米アーあ한ｱ々")
    assert not any(is_run(char) for char in "・a яé1")
    assert all(is_katakana(char) for char in "アー")
    assert not any(is_katakana(char) for char in "米あ・ｱa")


@pytest.mark.parametrize("unit", ["米露", "US ", "a.", "a'", "ア", "’", "я"])
def test_long_texts_are_read_in_linear_time(unit: str) -> None:
    """A text of 200,000 characters becomes a stream whose tokens cover it, without backtracking."""
    text = unit * (200_000 // len(unit))
    stream = normalise(text)
    assert len(stream.text) <= 2 * len(text) + 1
