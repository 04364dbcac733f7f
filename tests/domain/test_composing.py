"""What is chosen to be said of a story with several reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.bulletins import Background, Bulletin, Fact, lay_out, shortened
from bot.domain.chats import Chat
from bot.domain.composing import compose
from bot.domain.stories import SAME_HEADLINE, Report, Story
from bot.domain.updates import compose_update
from tests.domain.records import HOUR, MINUTE, NOON, chat, entry, report, story
from tests.fakes.lexicons import STYLE, small_catalog

CATALOG = replace(small_catalog(), style=replace(STYLE, max_facts=4))


def told(*reports: Report, to: Chat | None = None) -> Bulletin:
    return compose(story(*reports), to or chat(), [], CATALOG)


def facts(made: Bulletin) -> list[tuple[str, str]]:
    return [(fact.outlet, fact.text) for fact in made.facts]


def by(
    outlet: str, number: int, title: str, summary: str = "", language: str = "en", after: int = 0
) -> Report:
    """A report that comes `after` so many minutes."""
    of = entry(
        title, summary, id_=number, outlet=outlet, language=language, link=f"https://example.org/{number}"
    )
    return report(replace(of, seen=NOON + after * MINUTE))


REUTERS = by(
    "Reuters",
    1,
    "Hale and Orr agree on a truce in the valley",
    "The truce begins on Monday at noon. Farmers return to their fields. Schools open again in June. The border stays closed.",
)
TASS = by(
    "TASS",
    2,
    "Truce in the valley agreed",
    "Hale and Orr agreed on a truce. Engineers clear mines along the river.",
)
NHK = by("NHK", 3, "Valley: a truce is agreed", "Aid convoys reach the hospital.")


def test_facts_are_spread_over_outlets() -> None:
    """One of every outlet that has something to add, then more of those that have; the headline's own stand first."""
    made = told(REUTERS, TASS, NHK)
    assert (made.headline.text, made.lead) == (REUTERS.entry.title, "The truce begins on Monday at noon.")
    assert facts(made) == [
        ("Reuters", "Farmers return to their fields."),
        ("Reuters", "Schools open again in June."),
        ("TASS", "Engineers clear mines along the river."),
        ("NHK", "Aid convoys reach the hospital."),
    ]
    assert made.facts[2] == Fact("Engineers clear mines along the river.", "TASS", "https://example.org/2")


def test_facts_of_one_report_stand_in_its_order() -> None:
    of = by(
        "TASS",
        2,
        "Truce",
        "Hale and 12 soldiers clear mines and a bridge. 300 engineers, 40 dogs and 7 boats come along the river at night.",
    )
    made = told(by("Reuters", 1, "Hale and Orr agree on a truce in the valley"), of)
    assert [text[:3] for _, text in facts(made)] == ["Hal", "300"]


def test_nothing_is_said_twice_in_other_words() -> None:
    """Not what the headline, the lead or a fact has said; not by another outlet, nor in its title."""
    again = by(
        "NHK",
        3,
        "A truce is agreed in the valley",
        "The truce is to begin at noon on Monday. Mines are cleared along the river by engineers.",
    )
    assert facts(told(REUTERS, TASS, again)) == [
        ("Reuters", "Farmers return to their fields."),
        ("Reuters", "Schools open again in June."),
        ("Reuters", "The border stays closed."),
        ("TASS", "Engineers clear mines along the river."),
    ]


def test_titles_are_facts_where_there_is_nothing_else() -> None:
    """A report without a summary adds what its title says, unless it is a teaser or says the same."""
    made = told(
        by("Reuters", 1, "Hale and Orr agree on a truce in the valley"),
        by("TASS", 2, "Truce in the valley agreed by Hale and Orr"),
        by("NHK", 3, "Farmers return to their fields and villages"),
        by("BBC News", 4, "Why nobody believed in peace"),
    )
    assert facts(made) == [("NHK", "Farmers return to their fields and villages")]


def test_a_short_sentence_gives_way_to_a_longer_one_that_says_it() -> None:
    brief = by("TASS", 2, "Truce", "Mines are cleared.")
    whole = by("NHK", 3, "Truce", "Engineers clear mines along the river, bridges and cleared roads.")
    assert [text for _, text in facts(told(REUTERS, brief, whole))].count("Mines are cleared.") == 0


def test_a_pronoun_needs_the_sentence_before_it() -> None:
    """It follows that one, or is not told; it is the lead only where nothing else can be."""
    made = told(
        by(
            "Reuters",
            1,
            "Hale resigns from office",
            "She gave no reason. Talks with Orr begin. They last a week.",
        )
    )
    assert (made.lead, facts(made)) == ("Talks with Orr begin.", [("Reuters", "They last a week.")])
    assert told(by("Reuters", 1, "Hale resigns", "She gave no reason.")).lead == "She gave no reason."
    other = by("TASS", 2, "Hale resigns", "Read more here. It was a surprise to farmers.")
    assert facts(told(by("Reuters", 1, "Hale resigns from office"), other)) == []


def test_the_past_is_background() -> None:
    """A sentence that tells of it is neither lead nor fact, and is preferred to what an earlier story says."""
    earlier = Background(Fact("Truce fails", "NHK", None), NOON - 24 * HOUR)
    recalling = by(
        "Reuters",
        1,
        "Hale and Orr agree on a truce",
        "Last month both armies fought over a dam. The valley is calm.",
    )
    made = compose(story(recalling), chat(), [], CATALOG, background=earlier)
    assert made.lead == "The valley is calm."
    assert made.background == Background(
        Fact("Last month both armies fought over a dam.", "Reuters", "https://example.org/1")
    )
    made = compose(story(REUTERS), chat(), [], CATALOG, background=earlier)
    assert made.background == earlier
    assert (
        "ℹ️ Truce fails [NHK,\N{NO-BREAK SPACE}2025\N{NON-BREAKING HYPHEN}08\N{NON-BREAKING HYPHEN}08]"
        in lay_out(made, STYLE).plain
    )
    assert [version.background for version in shortened(made)][:2] == [earlier, None]


def test_another_language_adds_only_what_is_surely_new() -> None:
    """Names, kinds of event and numbers can be compared across languages; words cannot."""
    same = by(
        "TASS",
        2,
        "Перемирие между США и Россией",
        "США и Россия договорились о перемирии, чтобы всем стало легче.",
        "ru",
    )
    more = by("TASS", 2, "Перемирие", "Саммит 15 мая состоится в Армении.", "ru")
    first = by("Reuters", 1, "US and Russia agree on a ceasefire")
    reads_both = chat(languages=("en", "ru"))
    assert facts(told(first, same, to=reads_both)) == []
    assert facts(told(first, more, to=reads_both)) == [("TASS", "Саммит 15 мая состоится в Армении.")]
    assert facts(told(first, more, to=chat(languages=("en",)))) == []


def test_what_a_chat_cannot_read_is_told_in_one_language() -> None:
    made = told(
        by("NHK", 1, "米露が停戦で合意", "会談は首都で行われる。", "ja"),
        by("TASS", 2, "Саммит в Армении", "Саммит 15 мая состоится в Армении.", "ru"),
        to=chat(languages=("en",)),
    )
    assert (made.language, made.tongue, made.lead, made.facts) == (
        "日本語",
        "ja",
        "会談は首都で行われる。",
        (),
    )


def test_a_kind_of_event_that_few_headlines_name_has_no_mark() -> None:
    """It may be what something came after."""
    others = [by(f"Outlet {number}", number, f"Orr speaks of harvest {number}") for number in range(2, 6)]
    after = replace(
        by("Reuters", 1, "Hale and Orr at odds over the harvest after the summit"), concepts=("summit",)
    )
    assert "🏛" not in told(after, *others).marks
    assert "🏛" in told(after, *others[:2]).marks
    named = [replace(one, concepts=("summit",)) for one in others]
    assert "🏛" in told(replace(after, concepts=()), *named).marks


reports = st.lists(
    st.builds(
        lambda outlet, title, summary, language, after: by(outlet, 0, title, summary, language, after),
        st.sampled_from(["Reuters", "TASS", "NHK", "BBC News", "BBC Russian"]),
        st.sampled_from(["Truce agreed in the valley", "Hale and Orr meet", "", "Why truce?", "停戦で合意", "Перемирие согласовано"]),
        st.lists(
            st.sampled_from(
                [REUTERS.entry.summary, TASS.entry.summary, "He left.", "Last month both armies fought over a dam.", "両国は停戦で合意した。", "Саммит 15 мая состоится.", "However, 12 men died in Russia."]
            ),
            max_size=3,
        ).map(" ".join),
        st.sampled_from(["en", "ja", "ru"]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=7,
)  # fmt: skip


@given(
    reports, st.integers(0, 5), st.integers(0, 5), st.lists(st.sampled_from(["en", "ja", "ru"]), unique=True)
)
def test_a_message_only_grows(of: list[Report], sent: int, since: int, languages: list[str]) -> None:
    """Whatever comes after it was sent: headline, lead and background stay, and facts are added behind those it has."""
    arrived = sorted(of, key=lambda one: one.entry.seen)
    arrived = [
        replace(one, entry=replace(one.entry, id=number)) for number, one in enumerate(arrived, start=1)
    ]
    to = chat(languages=tuple(languages))

    def at(minute: int, first_sent: int | None) -> Bulletin:
        come = tuple(one for one in arrived if one.entry.seen <= NOON + minute * MINUTE) or tuple(arrived[:1])
        when = None if first_sent is None else NOON + first_sent * MINUTE
        return compose(Story(1, NOON, NOON, come), to, [], CATALOG, first_sent=when)

    if arrived[0].entry.seen > NOON + sent * MINUTE:
        return
    first, then, last = at(sent, None), at(sent + since, sent), at(9, sent)
    for before, after in ((first, then), (then, last)):
        assert (after.headline, after.lead, after.background) == (
            before.headline,
            before.lead,
            before.background,
        )
        assert after.facts[: len(before.facts)] == before.facts


@given(reports)
def test_no_text_stands_twice(of: list[Report]) -> None:
    made = told(
        *(replace(one, entry=replace(one.entry, id=number)) for number, one in enumerate(of, start=1))
    )
    said = [made.headline.text, made.lead, *(fact.text for fact in made.facts)]
    assert len(set(filter(None, said))) == len(list(filter(None, said)))
    assert len(made.facts) <= CATALOG.style.max_facts


def many(number: int, summary: str = "", reason: str = "another report") -> Story:
    one = [
        replace(
            by(f"Outlet {n}", n, f"Hale and Orr agree on truce number {n % 7}", summary.format(n)),
            reason=reason,
        )
        for n in range(1, number + 1)
    ]
    return replace(story(*one), opened=NOON - 14 * 24 * HOUR)


@pytest.mark.parametrize(
    ("of", "most"),
    [
        (many(100, "The truce begins on Monday at noon.", SAME_HEADLINE), 0),
        (many(500, "Village {0} is calm. Farmers return to field {0}."), 4),
        (many(500), 4),
        (many(3, "word " * 40_000), 4),
        (story(by("Reuters", 1, "🙂🙂🙂", "🙂 🙂")), 0),
        (story(by("Reuters", 1, "", "")), 0),
    ],
    ids=[
        "the same text a hundred times",
        "two weeks, 500 reports",
        "titles alone",
        "200 kB",
        "emoji",
        "nothing",
    ],
)
def test_bad_input_makes_a_sensible_message(of: Story, most: int) -> None:
    made = compose(of, chat(), [], CATALOG)
    assert made.headline.text
    assert len(made.facts) <= most
    assert len(lay_out(made, STYLE).plain) < 4_000


class Alone(Report):
    """A report that minds being compared with each of the others."""

    def __eq__(self, other: object) -> bool:
        assert self is other, "a story of many reports would take for ever"
        return True

    __hash__ = None  # type: ignore[assignment]  # as it is where there is an __eq__


@pytest.mark.parametrize("sent", [None, NOON, NOON + HOUR])
def test_a_story_of_many_reports_is_told_without_comparing_all_pairs(sent: datetime | None) -> None:
    many = [Alone(by(f"Outlet {n}", n, f"Truce in valley {n}", after=n % 90).entry) for n in range(1, 80)]
    made = compose(story(*many), chat(), [], CATALOG, first_sent=sent)
    assert made.independent == len(many)
    compose_update(story(*many), chat(), [], CATALOG, told=sent or NOON)
