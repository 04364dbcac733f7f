"""Where sentences end and begin, and what is left of long ones. Splitting as such is in test_bulletins.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.sentences import is_balanced, shortened_at_clause, split_sentences


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ("Mr. Hale met J. D. Orr in the U.S. on Friday.", "Gen. Pratt left.", "He lives in the U.S.", "She left.")),
        ("en", ("Prices rose 3.5 per cent to $1.2 bn... and then fell.", "It was over.")),
        ("en", ("It was heard at 5 p.m. Tuesday.", "It ended at 7 p.m.", "They left.")),
        ("en", ("“It is over!” he said.", "“We won.”")),
        ("ru", ("В. В. Орлов прибыл в 10 ч. утра, т. е. рано.", "Он, т.е. министр, сказал: «Да. Нет.» — и ушёл.")),
        ("ru", ("На ул. Ленина и др. прошли акции...", "Потом всё стихло.", "Это стоит 5 млн. рублей.")),
        ("ru", ("Об этом пишет Полдень.RU со ссылкой на суд.", "В 2014 г. он уехал.")),
        ("uk", ("У 2022 р. почалася війна.", "Президент В. Орленко заявив.")),
        ("ja", ("首相は「合意した。今後も続ける。」と述べた。", "「難しい。」として拒否した。", "次へ！")),
        ("ja", ("円は1ドル=149.5円。", "そう？", "はい。")),
    ],
)  # fmt: skip
def test_a_text_of_known_sentences(language: str, sentences: tuple[str, ...]) -> None:
    """Abbreviations, initials, decimals, hours, ellipses and quotations end no sentence by themselves."""
    gap = "" if language == "ja" else " "
    assert split_sentences(gap.join(sentences), language) == sentences


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        ("A standfirst without an end\nHale met Orr. He left.", "en", ("A standfirst without an end", "Hale met Orr.", "He left.")),
        ("Помощь из-за пожара.Как пишут, её мало.", "ru", ("Помощь из-за пожара.", "Как пишут, её мало.")),
        ("Он ответил. «Работы шли. Потом встали", "ru", ("Он ответил.", "«Работы шли.", "Потом встали")),
        ("Снимок с места работ Кроме того, мост откроют.", "ru", ("Снимок с места работ", "Кроме того, мост откроют.")),
        ("Crews at the bridge However, it opens.", "en", ("Crews at the bridge", "However, it opens.")),
        ("Bridge opens to cheers It’s noon in the valley.", "en", ("Bridge opens to cheers", "It’s noon in the valley.")),
        ("Hale of the It Company met Orr.", "en", ("Hale of the It Company met Orr.",)),
        ("It opens, however, in May.", "en", ("It opens, however, in May.",)),
    ],
)  # fmt: skip
def test_what_feeds_make_of_a_text(text: str, language: str, sentences: tuple[str, ...]) -> None:
    """A new line begins a sentence, a missing blank does not hide one, a quotation begins with its mark.

    What has grown together with a caption begins where a word does that only begins sentences."""
    assert split_sentences(text, language) == sentences


@given(
    st.lists(
        st.sampled_from(
            ["Mr.", "J.", "met.", "т.", "е.", "«", "»", "“", "”", "(", "5 p.m.", "…", "と", "「", "」", "。", "\n", "x", "Tuesday", "и", "Да."]
        )
    ),
    st.sampled_from(["en", "ja", "ru", "uk", "de", "zh", "xx"]),
    st.sampled_from(["", " "]),
)  # fmt: skip
def test_splitting_loses_nothing(parts: list[str], language: str, gap: str) -> None:
    """However quotations, abbreviations and line ends meet, all of a text is in its sentences, in order, none empty."""
    text = gap.join(parts)
    sentences = split_sentences(text, language)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentence == sentence.strip() != "" for sentence in sentences)


@pytest.mark.parametrize(
    ("text", "balanced"),
    [
        ("They “met” (twice).", True),
        ("They “met.", False),
        ("met” again.", False),
        ("Die „Gespräche“ begannen.", True),
        ("Die „Gespräche begannen.", False),
        ('He said "yes.', False),
        ("«Да», — сказал он.", True),
        ("「はい」と述べた。", True),
        ("「はい", False),
    ],
)
def test_quotations_that_are_open(text: str, balanced: bool) -> None:
    assert is_balanced(text) == balanced


LONG = "The leaders of both countries agreed on Friday to hold another round of talks"


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        (f"{LONG}, which officials hope will lead to a truce before the end of the year.", f"{LONG}…"),
        (f"{LONG}; nobody said when that would be, nor who would come.", f"{LONG}…"),
        (f"{LONG} “in the capital, which is quiet, and will be quiet for the time of the talks”.", None),
        (f"After {LONG}, which nobody had foreseen, the markets rose in all of the region.", None),
        (f"{LONG} in the old town hall of the capital at the end of the coming month.", None),
        (
            "Yes, which is a surprise to everybody who had watched the two capitals in the last two years.",
            None,
        ),
    ],
)
def test_a_long_sentence_ends_where_a_clause_does(sentence: str, kept: str | None) -> None:
    """What is left is a whole sentence and says that it goes on; otherwise nothing is."""
    assert shortened_at_clause(sentence, 100) == kept


@given(st.text("ab ,;—“”which", max_size=200), st.integers(1, 150))
def test_what_is_shortened_fits(sentence: str, limit: int) -> None:
    kept = shortened_at_clause(sentence, limit)
    assert kept is None or (len(kept) <= limit and sentence.startswith(kept[:-1]) and kept[-1] == "…")
