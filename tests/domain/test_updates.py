"""What is told of a story that a chat knows already."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.locales import load_speeches
from bot.domain.bulletins import Bulletin, Kind, lay_out
from bot.domain.chats import Chat
from bot.domain.stories import Report
from bot.domain.topics import Topic, TopicSpec
from bot.domain.updates import compose_update
from tests.domain.records import MINUTE, NOON, chat, entry, report, story
from tests.fakes.lexicons import STYLE, small_catalog

CATALOG = replace(small_catalog(), style=replace(STYLE, max_facts=4))
TRUCE = Topic(2, TopicSpec("ukraine-ceasefire", "Ukraine ceasefire", "Ukraine ceasefire"))
TOLD = NOON + 10 * MINUTE


def at(minute: int, outlet: str, title: str, summary: str = "", language: str = "en") -> Report:
    """A report that came so many minutes past noon; that is its id as well."""
    of = entry(
        title, summary, id_=minute, outlet=outlet, language=language, link=f"https://example.org/{minute}"
    )
    return report(replace(of, seen=NOON + minute * MINUTE))


def update(
    *reports: Report, to: Chat | None = None, kind: Kind = Kind.UPDATE, of: int | None = None
) -> Bulletin | None:
    return compose_update(story(*reports), to or chat(), [TRUCE], CATALOG, told=TOLD, kind=kind, of=of)


FIRST = at(
    1,
    "Reuters",
    "Twelve die in the collapse of a mine in the valley",
    "The shaft fell in at dawn. Rescuers dig on. Families wait at the gate.",
)
AGAIN = at(11, "TASS", "A mine in the valley collapses, 12 die", "The shaft fell in at dawn.")
WORSE = at(
    12,
    "NHK",
    "Mine collapse: 19 die in the valley",
    "Seven more bodies were found in a side tunnel. Rescuers dig on.",
)
OTHER = at(13, "BBC News", "Minister resigns over the mine", "Hale, the minister of works, leaves at once.")


def test_an_update_tells_only_what_is_new() -> None:
    """Headed by what brings the development; its facts were neither told before nor stand in the first message."""
    made = update(FIRST, AGAIN, WORSE, OTHER)
    assert made is not None
    assert made.kind is Kind.UPDATE
    assert made.marks == ("🆕",)
    assert made.headline.text == "Mine collapse: 19 die in the valley"
    assert made.lead == "Seven more bodies were found in a side tunnel."
    assert [fact.text for fact in made.facts] == ["Hale, the minister of works, leaves at once."]
    assert [source.outlet for source in made.sources] == ["TASS", "NHK", "BBC News"]
    assert lay_out(made, STYLE).plain.startswith("🆕 【Mine collapse: 19 die in the valley】")


def test_a_new_number_is_a_development() -> None:
    """Even where all other words are the same."""
    made = update(FIRST, WORSE)
    assert made is not None
    assert made.headline.text == "Mine collapse: 19 die in the valley"


@pytest.mark.parametrize("since", [(), (AGAIN,)])
def test_what_says_nothing_new_is_no_update(since: tuple[Report, ...]) -> None:
    assert update(FIRST, *since) is None


def test_a_sentence_heads_an_update_where_no_title_is_new() -> None:
    late = at(
        12,
        "NHK",
        "Twelve die in the collapse of a mine",
        "The president of the mine was arrested in the port at night.",
    )
    made = update(FIRST, late)
    assert made is not None
    assert made.headline.text == "The president of the mine was arrested in the port at night."
    assert (made.lead, made.facts) == (None, ())


def test_an_update_is_in_a_language_that_the_chat_reads() -> None:
    russian = at(12, "TASS", "Министр подал в отставку из-за шахты", language="ru")
    assert update(FIRST, russian, to=chat(languages=("en",))) is None
    made = update(FIRST, russian, OTHER, to=chat(languages=("en",)))
    assert made is not None
    assert made.headline.outlet == "BBC News"
    only = update(at(1, "TASS", "Обвал шахты", language="ru"), russian, to=chat(languages=("en",)))
    assert only is not None
    assert only.language == "Русский"


def test_the_entry_that_brings_the_development_may_be_named() -> None:
    made = update(FIRST, WORSE, OTHER, of=12)
    assert made is not None
    assert made.headline.outlet == "NHK"


def test_a_development_in_another_language_brings_names_or_numbers() -> None:
    """Else it may be a translation. It is then told in its own words, whatever the other language had said."""
    assert update(FIRST, at(12, "NHK", "谷の炭鉱崩落で12人死亡", "家族が待っている。", "ja"), of=12) is None
    made = update(
        FIRST, at(12, "NHK", "炭鉱事故の死者19人に、ロシアが支援", "家族が待っている。", "ja"), of=12
    )
    assert made is not None
    assert (made.headline.text, made.lead) == ("炭鉱事故の死者19人に、ロシアが支援", "家族が待っている。")


def test_what_is_said_to_be_a_development_has_to_be_new() -> None:
    """A title that tells what the chat knows is no update, whatever brought it; one with a new number is."""
    again = at(12, "NHK", "Twelve die as a mine collapses in the valley at dawn")
    assert update(FIRST, AGAIN, again, of=12) is None
    more = replace(
        again, entry=replace(again.entry, summary="Seven more bodies were found in a side tunnel.")
    )
    made = update(FIRST, AGAIN, more, of=12)
    assert made is not None
    assert (made.headline.text, made.lead) == (again.entry.title, more.entry.summary)
    assert (
        update(FIRST, at(12, "NHK", "Thirteen die in the collapse of a mine in the valley"), of=12)
        is not None
    )


@pytest.mark.parametrize(("kind", "mark"), [(Kind.CORRECTION, "✏️"), (Kind.RETRACTION, "❌")])
def test_a_correction_is_told_by_the_report_that_makes_it(kind: Kind, mark: str) -> None:
    """Also where that is a revision of what the chat was told, and says nearly the same; marked, and with its facts alone."""
    corrected = replace(
        FIRST, entry=replace(FIRST.entry, title="Corrected: eleven die in a mine", revision=1)
    )
    made = update(corrected, WORSE, kind=kind, of=1)
    assert made is not None
    assert (made.kind, made.marks[0]) == (kind, mark)
    assert made.headline.text == "Corrected: eleven die in a mine"
    assert {fact.outlet for fact in made.facts} == {"Reuters"}
    assert [source.outlet for source in made.sources] == ["Reuters"]


@pytest.mark.parametrize(
    ("kind", "language", "opening"),
    [
        (Kind.CORRECTION, "en", "✏️ Correction 【"),
        (Kind.RETRACTION, "en", "❌ Retraction 【"),
        (Kind.CORRECTION, "ja", "✏️ 訂正 【"),
        (Kind.RETRACTION, "ru", "❌ Опровержение 【"),
    ],
)
def test_that_something_was_wrong_is_said_in_a_word(kind: Kind, language: str, opening: str) -> None:
    made = update(FIRST, WORSE, kind=kind)
    assert made is not None
    said = lay_out(made, small_catalog().style, load_speeches()[language])
    assert said.plain.startswith(opening)


def test_a_correction_by_nobody_in_particular_is_that_of_the_newest_report() -> None:
    made = update(FIRST, AGAIN, OTHER, kind=Kind.CORRECTION)
    assert made is not None
    assert made.headline.outlet == "BBC News"


titles = st.sampled_from(
    [one.entry.title for one in (FIRST, AGAIN, WORSE, OTHER)] + ["", "Why it fell", "鉱山が崩落"]
)
summaries = st.lists(
    st.sampled_from(
        ["The shaft fell in at dawn.", "Families wait.", "He left.", "19 men died there.", "両国は合意した。"]
    ),
    max_size=3,
).map(" ".join)


@given(
    st.lists(
        st.tuples(st.integers(1, 20), titles, summaries, st.sampled_from(["en", "ja"])),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_came_since(drawn: list[tuple[int, str, str, str]]) -> None:
    """An update quotes only reports that came since, and nothing that an earlier one said in the same words."""
    reports = [
        replace(one, entry=replace(one.entry, id=number))
        for number, one in enumerate(
            (
                at(minute, f"Outlet {minute}", title, summary, language)
                for minute, title, summary, language in sorted(drawn)
            ),
            1,
        )
    ]
    made = update(*reports)
    before = [one.entry for one in reports if one.entry.seen <= TOLD]
    if made is None:
        return
    outlets = {one.entry.outlet for one in reports if one.entry.seen > TOLD}
    assert {made.headline.outlet, *(fact.outlet for fact in made.facts)} <= outlets
    assert made.headline.text not in {one.title for one in before}
