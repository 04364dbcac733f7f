"""What of an entry can be quoted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.outlets import Outlets
from bot.domain.quoting import MAX_SENTENCE, MOST_SENTENCES, claim_of, headline_of, quotes_of
from tests.domain.records import entry
from tests.fakes.lexicons import OUTLETS

KNOWN = Outlets.of(OUTLETS)


def quoted(summary: str, language: str = "en", title: str = "Title") -> list[str]:
    return [quote.text for quote in quotes_of(entry(title, summary, language=language))]


@pytest.mark.parametrize(
    ("summary", "language", "first"),
    [
        ("KYIV, Aug 9 (Reuters) - Talks began.", "en", "Talks began."),
        ("WASHINGTON (AP) — Talks began.", "en", "Talks began."),
        ("LONDON — Talks began.", "en", "Talks began."),
        ("MOSCOW, August 9. /TASS/. Talks began.", "en", "Talks began."),
        ("By Ann Orr KYIV (Reuters) - Talks began.", "en", "Talks began."),
        ("By Ann Orr and Tom Hale, Kyiv Post | Talks began.", "en", "Talks began."),
        ("МОСКВА, 9 авг — РИА Новости. Переговоры начались.", "ru", "Переговоры начались."),
        ("МОСКВА, 9 августа. /ТАСС/. Переговоры начались.", "ru", "Переговоры начались."),
        ("Киев. 9 августа. INTERFAX.RU - Переговоры начались.", "ru", "Переговоры начались."),
        ("【ワシントン＝山田太郎】協議が始まった。", "ja", "協議が始まった。"),
        ("［ワシントン ９日 ロイター］ - 協議が始まった。", "ja", "協議が始まった。"),
        ("（共同）協議が始まった。", "ja", "協議が始まった。"),
        ("協議が始まった（共同）。", "ja", "協議が始まった。"),
        ("The European Union (EU) — a bloc — met.", "en", "The European Union (EU) — a bloc — met."),
        ("ТАСС, 17 мая. Переговоры начались.", "ru", "Переговоры начались."),
        ("US leader Hale (AP) met Orr.", "en", "US leader Hale (AP) met Orr."),
    ],
)  # fmt: skip
def test_where_and_by_whom_it_was_filed_is_left_out(summary: str, language: str, first: str) -> None:
    """Datelines, bylines and credits go; brackets of the text itself stay."""
    assert quoted(summary, language) == [first]


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Reuters could not independently verify the report.", "en"),
        ("The claims have not been independently verified.", "en"),
        ("The ministry did not immediately respond to a request for comment.", "en"),
        ("The firm declined to comment.", "en"),
        ("Read more about the talks here.", "en"),
        ("Follow our live blog for more.", "en"),
        ("Sign up for our morning newsletter.", "en"),
        ("© Reuters", "en"),
        ("Reporting by Ann Orr; editing by Tom Hale.", "en"),
        ("This is a developing story.", "en"),
        ("Here's what we know.", "en"),
        ("Write to us at desk@example.org today.", "en"),
        ("What happens next?", "en"),
        ("The points are as follows:", "en"),
        ("“We will never leave this place.”", "en"),
        ("Independent.", "en"),
        ("Reuters looks at what comes next.", "en"),
        ("Ведомство не ответило на запрос; издание не смогло подтвердить эти данные.", "ru"),
        ("Подписывайтесь на наш канал.", "ru"),
        ("Читайте также о переговорах.", "ru"),
        ("О встрече мы сообщали в мае.", "ru"),
        ("Мэр Орлов рассказал агентству о том, как строили мост.", "ru"),
        ("Об этом сообщает агентство.", "ru"),
        ("Фото: архив.", "ru"),
        ("— Мы этого ждали давно.", "ru"),
        ("報道の真偽は確認できていない。", "ja"),
        ("同社はコメントに応じていない。", "ja"),
        ("続きを読む。", "ja"),
        ("この記事は会員限定です。", "ja"),
        ("Abonnieren Sie unseren Newsletter.", "de"),
        ("The Post has more.", "en"),
        ("Separately, a ferry sank in the bay.", "en"),
        ("「合意はない」と述べた。", "ja"),
    ],
)  # fmt: skip
def test_what_tells_nothing_of_the_event_is_not_quoted(sentence: str, language: str) -> None:
    told = {"ja": "協議が始まった。", "ru": "Переговоры начались.", "de": "Gespräche begannen."}
    whole = told.get(language, "Talks began.")
    assert quoted(f"{whole} {sentence}", language) == [whole]


def test_a_call_behind_a_sentence_is_left_out() -> None:
    """A link that a feed sets behind its text is no part of the sentence; a word within one is."""
    assert quoted("They met at noon. Continue reading...") == ["They met at noon."]
    assert quoted("Hale will read on from the verdict today.") == [
        "Hale will read on from the verdict today."
    ]


@pytest.mark.parametrize(
    ("sentence", "language", "told"),
    [
        ("However, talks go on.", "en", "Talks go on."),
        ("But talks go on.", "en", "Talks go on."),
        ("При этом переговоры идут.", "ru", "Переговоры идут."),
        ("Отмечается, что переговоры идут.", "ru", "Переговоры идут."),
        ("Кроме того, переговоры идут.", "ru", "Переговоры идут."),
        ("一方、協議は続く。", "ja", "協議は続く。"),
        ("Butter prices rose.", "en", "Butter prices rose."),
        ("Известно, что переговоры идут.", "ru", "Переговоры идут."),
        ("Известно о трёх группах.", "ru", "Известно о трёх группах."),
        ("Как сообщается на сайте порта, рейсы идут.", "ru", "Как сообщается на сайте порта, рейсы идут."),
        ("Außerdem gehen Gespräche weiter.", "de", "Außerdem gehen Gespräche weiter."),
        ("Además de Hale, vino Orr.", "es", "Además de Hale, vino Orr."),
        ("Además, vino Orr.", "es", "Vino Orr."),
        ("Новости хорошие.", "ru", "Новости хорошие."),
    ],
)
def test_what_ties_a_sentence_to_the_one_before_goes(sentence: str, language: str, told: str) -> None:
    assert quoted(sentence, language) == [told]


@pytest.mark.parametrize(
    ("sentence", "language", "follows"),
    [
        ("He said so.", "en", True),
        ("“It is done,” Hale said.", "en", True),
        ("The minister said so.", "en", True),
        ("Hale said so.", "en", False),
        ("Iterations go on.", "en", False),
        ("Он заявил об уходе.", "ru", True),
        ("По словам министра, он уходит.", "ru", True),
        ("По словам министра Орлова, он уходит.", "ru", False),
        ("Онлайн заявили об уходе.", "ru", False),
        ("Він пішов звідти.", "uk", True),
        ("Через два года начали заново.", "ru", True),
        ("Hours later talks began.", "en", True),
        ("同氏は否定した。", "ja", True),
        ("このため会談は延期された。", "ja", True),
        ("首相は否定した。", "ja", False),
        ("Er ging nach Hause.", "de", True),
        ("Министр сообщил об уходе.", "ru", True),
        ("Министр Орлов сообщил об уходе.", "ru", False),
        ("В 2024 году его запуск отложили.", "ru", True),
        ("По данным компании, их число выросло.", "ru", True),
        ("В театре им. Гоголя начался ремонт.", "ru", False),
        ("На Урале Орлов сказал, что он уходит.", "ru", False),
        ("«Работа закончена», — сказал он.", "ru", True),
        ("«Работа закончена», — говорится в сообщении ведомства.", "ru", True),
        ("«Работа закончена», — говорится в сообщении Минфина.", "ru", False),
        ("After the vote on Monday, he left.", "en", True),
        ("After the vote, Hale said he would leave.", "en", False),
        ("According to Orr, it is over.", "en", True),
        ("“Talks are over,” he said.", "en", True),
        ("Late on Monday Hale was tired, he said.", "en", False),
    ],
)
def test_sentences_that_lean_on_another(sentence: str, language: str, follows: bool) -> None:
    """A pronoun or the like at the beginning points at what was said before."""
    (quote,) = quotes_of(entry("Title", sentence, language=language))
    assert quote.follows == follows


@pytest.mark.parametrize(
    ("sentence", "language", "told", "recalls"),
    [
        ("Earlier this week both met.", "en", "Earlier this week both met.", True),
        ("In 2014 both met.", "en", "In 2014 both met.", True),
        ("In 2025 both met.", "en", "In 2025 both met.", False),
        ("Напомним, ранее они встречались.", "ru", "Ранее они встречались.", True),
        ("昨年、両国は合意した。", "ja", "昨年、両国は合意した。", True),
        ("Just two weeks ago both met.", "en", "Just two weeks ago both met.", True),
        ("Всего две недели назад они встречались.", "ru", "Всего две недели назад они встречались.", True),
        ("昨年始まった協議を続ける。", "ja", "昨年始まった協議を続ける。", False),
    ],
)
def test_sentences_that_tell_of_the_past(sentence: str, language: str, told: str, recalls: bool) -> None:
    """By how they begin; a year counts if it was over when the entry was published."""
    (quote,) = quotes_of(
        entry("Title", sentence, language=language, published=datetime(2025, 8, 9, tzinfo=UTC))
    )
    assert (quote.text, quote.recalls) == (told, recalls)


@pytest.mark.parametrize(
    ("summary", "language", "quotes"),
    [
        (
            "Мост откроют в мае. Об этом заявил мэр Орлов. Работы идут.",
            "ru",
            ["Мост откроют в мае. Об этом заявил мэр Орлов.", "Работы идут."],
        ),
        ("Міст відкриють у травні. Про це заявив мер Орлов.", "uk", ["Міст відкриють у травні. Про це заявив мер Орлов."]),
        ("Мост откроют в мае. Об этом сообщает агентство.", "ru", ["Мост откроют в мае."]),
        ("Мост откроют в мае. Об этом рассказали в ходе встречи.", "ru", ["Мост откроют в мае."]),
        ("Мэр Орлов заявил, что мост откроют. Об этом он сообщил в среду.", "ru", ["Мэр Орлов заявил, что мост откроют."]),
    ],
)  # fmt: skip
def test_whose_word_it_is_stands_with_it(summary: str, language: str, quotes: list[str]) -> None:
    """The sentence behind a claim that says who claims it; not one that names a newsroom, nobody, or somebody again."""
    assert quoted(summary, language) == quotes


@pytest.mark.parametrize(
    ("one", "language", "claim"),
    [
        ("Мост откроют в мае. Об этом заявил мэр Орлов.", "ru", "Мост откроют в мае."),
        ("По словам мэра, мост откроют.", "ru", "мост откроют."),
        ("Мост откроют, сообщает агентство.", "ru", "Мост откроют."),
        ("The bridge opens, according to the mayor.", "en", "The bridge opens."),
        ("橋が開通した。", "ja", "橋が開通した。"),
    ],
)
def test_who_says_so_is_no_part_of_the_claim(one: str, language: str, claim: str) -> None:
    assert claim_of(one, language) == claim


def test_words_within_a_quotation_are_not_the_sources_own() -> None:
    """Of a quotation over several sentences none is quoted, as it would pass for the source's own word."""
    assert quoted("Hale spoke. “The war is lost. The army flees. It is over.” Orr left.") == [
        "Hale spoke.",
        "Orr left.",
    ]
    assert quoted("Hale spoke. “The war is lost. The army flees.") == ["Hale spoke."]


def test_a_title_before_the_text_is_not_part_of_it() -> None:
    assert quoted(
        "Both leaders agree to meet The place is not known.", title="Both leaders agree to meet"
    ) == ["The place is not known."]
    assert quoted("Both leaders agree to meet on Friday.", title="Both leaders agree to meet") == [
        "Both leaders agree to meet on Friday."
    ]


def test_places_count_sentences_besides_the_title() -> None:
    quotes = quotes_of(entry("Leaders meet", "Leaders meet! They agreed. What now? It ended there."))
    assert [(quote.place, quote.text) for quote in quotes] == [(0, "They agreed."), (2, "It ended there.")]


def test_a_sentence_that_is_too_long_is_shortened_or_left_out() -> None:
    clause = "The leaders of both countries agreed on Friday to hold another round of talks"
    assert quoted(f"{clause}, which {'officials hope will ' * 20}end.") == [f"{clause}…"]
    assert quoted(f"{'long ' * 80}end.") == []


@pytest.mark.parametrize(
    ("title", "outlet", "headline"),
    [
        ("Live: Leaders meet", "Reuters", "Leaders meet"),
        ("Leaders meet – live", "Reuters", "Leaders meet"),
        ("Leader-to-leader talks on the truce live: leaders meet", "Reuters", "Leaders meet"),
        ("Truce talks latest: Leaders meet", "Reuters", "Leaders meet"),
        ("Breaking news. Leaders meet", "Reuters", "Leaders meet"),
        ("Where the leaders live – a map", "Reuters", "Where the leaders live – a map"),
        ("iPhone talks", "Reuters", "iPhone talks"),
        ("Орлов: «Мост откроют", "Reuters", "Орлов: «Мост откроют»"),
        ("Orr: “It is done”", "Reuters", "Orr: “It is done”"),
        ("Watch: Leaders meet", "Reuters", "Leaders meet"),
        ("Opinion | Leaders should meet", "Reuters", "Leaders should meet"),
        ("Leaders meet | World News | Reuters", "Reuters", "Leaders meet"),
        ("Leaders meet - BBC", "BBC News", "Leaders meet"),
        ("Leaders meet - a first", "BBC News", "Leaders meet - a first"),
        ("【速報】両首脳が会談", "NHK", "両首脳が会談"),
        ("動画：両首脳が会談", "NHK", "両首脳が会談"),
        ("両首脳が会談（共同）", "NHK", "両首脳が会談"),
        ("🙂🙂", "NHK", "🙂🙂"),
        ("", "NHK", ""),
    ],
)
def test_headlines_without_furniture(title: str, outlet: str, headline: str) -> None:
    assert headline_of(entry(title, outlet=outlet), KNOWN) == headline


@given(
    st.text(max_size=200) | st.text('aB .,。「」“”«»"()—:!?\n', max_size=80),
    st.sampled_from(["en", "ja", "ru", "uk", "de", "xx"]),
)
def test_whatever_a_text_holds(text: str, language: str) -> None:
    """No more than the limits; each sentence out of the text, but for the case of its first letter."""
    quotes = quotes_of(entry("Title", text, language=language))
    squeezed = "".join(text.split()).casefold()
    assert len(quotes) <= MOST_SENTENCES
    for quote in quotes:
        assert len(quote.text) <= MAX_SENTENCE
        assert "".join(quote.text.split()).casefold() in squeezed


@pytest.mark.parametrize(
    "text", ["word " * 40_000, "Talks began. " * 15_000, "a.b" * 60_000, "「" * 100_000, "(" * 200_000]
)
def test_of_an_endless_text_only_the_beginning_is_read(text: str) -> None:
    """200 kB cost what a page does; what is cut off is not quoted."""
    assert set(quoted(text)) <= {"Talks began."}
