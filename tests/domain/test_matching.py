"""Whether an entry fits a topic, how well, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.entries import Entry
from bot.domain.indexing import TopicIndex, match_query
from bot.domain.lexicon import Clue, Lexicon, Process
from bot.domain.matching import (
    FAMILY,
    IMPLIED,
    IN_SUMMARY,
    THRESHOLD,
    Evidence,
    Match,
    analyse,
    explain,
)
from bot.domain.queries import AllOf, AnyOf, InTitle, Literal, Means, Node, Of, Query, Without, read_query
from bot.domain.speech import Speech
from tests.domain.records import HOUR, entries, entry
from tests.fakes.lexicons import CONCEPTS, concept, small_lexicon

LEXICON = small_lexicon()

GAP = "and so on " * 45
"""So many characters that what stands on its two sides is far apart, though both are in the lead."""
LONG = "and so on " * 20_000
"""An article of 200 kB."""


def query(text: str, lexicon: Lexicon = LEXICON) -> Query:
    read = read_query(text, lexicon)
    assert isinstance(read, Query), read
    return read


def match(text: str, about: Entry, lexicon: Lexicon = LEXICON) -> Match | None:
    found = [one for _, one in match_query(query(text, lexicon), [about], lexicon)]
    return found[0] if found else None


def score(text: str, title: str, summary: str = "") -> float | None:
    found = match(text, entry(title, summary))
    return found.score if found else None


@pytest.mark.parametrize(
    ("text", "title", "summary", "expected"),
    [
        # A concept named in the title, in the summary, implied, of the family, and all of these at once.
        ("russia", "Russia agrees", "", 1.0),
        ("russia", "Talks go on", "Russia agrees", IN_SUMMARY),
        ("russia", "Kremlin agrees", "", IMPLIED),
        ("russia", "Putin agrees", "", IMPLIED),
        ("russia", "Talks", "Putin agrees", 0.63),
        ("russia", "Putin agrees", "Russia too", IMPLIED),
        ("ceasefire", "A peace deal", "", FAMILY),
        ("peace deal", "A truce", "", FAMILY),
        ("ceasefire", "Talks", "A peace deal", 0.56),
        ("ceasefire", "A peace deal", "A truce", FAMILY),
        ("turkey", "A turkey", "", None),
        # The weakest part that had to be there counts.
        ("us russia", "US and Russia", "", 1.0),
        ("us russia", "US and Putin", "", IMPLIED),
        ("us russia", "US talks", "with Russia", IN_SUMMARY),
        ("us russia", "US talks", "", None),
        ("us ceasefire", "US talks", "on a peace deal with Putin", 0.56),
        # The best of several counts.
        ("us | russia", "Putin and the US", "", 1.0),
        ("us | russia", "Putin", "", IMPLIED),
        # Words, in all their forms, and phrases.
        ("tariff", "Tariffs rise", "", 1.0),
        ("tariff", "Prices rise", "on tariffs", IN_SUMMARY),
        ("tariff", "A tariffication", "", None),
        ("WHO", "WHO warns", "", 1.0),
        ("WHO", "Who warns", "", None),
        ("WHO", "WHO’s warning", "", 1.0),
        ("who", "WHO warns", "", 1.0),
        ('"land swap"', "Land swaps floated", "", 1.0),
        ('"land swap"', "Swap of land", "", None),
        ('"land swap"', "Land. Swap", "", None),
        ("半導体", "米半導体規制", "", 1.0),
        ("テロ", "テロ対策", "", 1.0),
        ("テロ", "ステロイド", "", None),
        # Leaving out.
        ("russia -nato", "Russia agrees", "", 1.0),
        ("russia -nato", "Russia and NATO", "", None),
        ("russia -nato", "Russia", "and NATO", None),
        ("russia -title:nato", "Russia", "and NATO", 1.0),
        ("russia -(nato us)", "Russia and NATO", "", 1.0),
        ("russia -(nato us)", "Russia, NATO and US", "", None),
        ("russia -(nato | us)", "Russia and US", "", None),
        ("russia -tariff", "Russia raises tariffs", "", None),
        ("ukraine -ceasefire", "Ukraine", "hopes for a peace deal", None),
        ("russia -us", "Russia", "and Trump", None),
        # What weighs too little to match does not keep out either.
        ("ukraine -(ukraine ceasefire)", "Ukraine", "at the summit", 1.0),
        ("ukraine -(ukraine ceasefire)", "Ukraine summit", "", None),
        # Only the title.
        ("title:russia", "Russia agrees", "", 1.0),
        ("title:russia", "Talks", "Russia agrees", None),
        ("title:(us russia)", "US and Russia", "", 1.0),
        ("title:(us russia)", "US", "and Russia", None),
        ("title:tariff us", "US", "tariff", None),
        ("title:tariff us", "Tariff", "by the US", IN_SUMMARY),
        # Processes: the name, the clues, and what speaks against them.
        ("ukraine ceasefire", "Ukraine peace process stalls", "", 1.0),
        ("ukraine ceasefire", "Truce in Kyiv", "", 1.0),
        ("ukraine ceasefire", "Zelensky on a truce", "", 1.0),
        ("ukraine ceasefire", "Truce talks", "in Kyiv", IN_SUMMARY),
        ("ukraine ceasefire", "Peace deal for Ukraine", "", 0.9),
        ("ukraine ceasefire", "Ukraine summit", "", 0.6),
        ("ukraine ceasefire", "Ukraine", "at the summit", None),
        ("ukraine ceasefire", "Strike on Ukraine despite truce", "", None),
        ("ukraine ceasefire", "Truce in Ukraine", "after a strike", 1.0),
        ("ukraine ceasefire", "Strike on Ukraine", "Peace deal far", 0.63),
        ("title:(ukraine ceasefire)", "Ukraine", "peace deal", None),
        ("title:(ukraine ceasefire)", "Peace deal for Ukraine", "", 0.9),
        # A process needs its clues near to each other too, and that counts once.
        ("ukraine ceasefire", "Talks", f"Ukraine {GAP} truce", None),
        ("ukraine ceasefire", "Ukraine", f"Talks {GAP} truce", IN_SUMMARY),
        # What a query asks for together counts together only where it stands together, or in the title.
        ("us turkey", "Weather", "US and Turkey", IN_SUMMARY),
        ("us turkey", "Weather", f"US {GAP} Turkey", None),
        ("us turkey", "Weather", f"US {GAP} Turkey and US", IN_SUMMARY),
        ("us turkey", "Weather", f"US {GAP} Turkey and Trump", IN_SUMMARY),
        ("us turkey", "US", f"Weather {GAP} Turkey", IN_SUMMARY),
        ("us turkey nato", "US", f"Turkey {GAP} NATO", None),
        ("us turkey nato", "US", f"{GAP} Turkey, NATO", IN_SUMMARY),
        ("volcano turkey", "Weather", f"Volcano {GAP} Turkey", None),
        ("volcano turkey", "Weather", f"Volcano {GAP} volcano in Turkey", IN_SUMMARY),
        ("volcano turkey", "Weather", f"Volcano {LONG} Turkey", None),
        ("volcano turkey", "Volcano", f"Turkey {LONG}", IN_SUMMARY),
        ("volcano turkey", "Volcano", f"{LONG} Turkey", None),
        ("us | turkey", "Weather", f"US {GAP} Turkey", IN_SUMMARY),
        ("us -turkey", "Weather", f"US {GAP} Turkey", None),
        ("us -(nato turkey)", "US", f"NATO {GAP} Turkey", 1.0),
    ],
)
def test_scores(text: str, title: str, summary: str, expected: float | None) -> None:
    """A score is the weight of the weakest part that had to be there; under the threshold there is no match."""
    assert score(text, title, summary) == expected


@pytest.mark.parametrize(
    ("text", "language", "outlet", "fits"),
    [
        ("us lang:ja", "ja", "NHK", True),
        ("us lang:ja", "en", "NHK", False),
        ("us lang:pt", "pt-BR", "NHK", True),
        ("us -lang:ja", "ja", "NHK", False),
        ("us -lang:ja", "en", "NHK", True),
        ("us (lang:ja | lang:ru)", "ru", "NHK", True),
        ("us from:nhk", "ja", "NHK", True),
        ("us from:NHK", "ja", "NHK World", True),
        ("us from:nhk", "ja", "Reuters", False),
        ('us -from:"nhk world"', "ja", "NHK World", False),
    ],
)
def test_conditions_on_the_entry(text: str, language: str, outlet: str, fits: bool) -> None:
    """`lang:` asks for the entry's language, `from:` for a part of its outlet's name."""
    assert (match(text, entry("US agrees", language=language, outlet=outlet)) is not None) is fits


AFFAIR = Process(
    "talks",
    "Baltic talks",
    {"en": ("Baltic talks",)},
    named_by=(frozenset({"lt", "summit"}),),
    evidence=(Clue(("lt", "summit"), 1.0),),
    since=date(2025, 3, 1),
    until=date(2025, 8, 31),
)
LITHUANIA = concept("lt", "country", "Lithuania")
BALTIC = Lexicon.build([LITHUANIA, concept("summit", "event", "summit")], [AFFAIR])


@pytest.mark.parametrize(
    ("published", "running"),
    [
        (datetime(2025, 2, 28, 23, 59, tzinfo=UTC), False),
        (datetime(2025, 3, 1, tzinfo=UTC), True),
        (datetime(2025, 8, 31, 23, 59, tzinfo=UTC), True),
        (datetime(2025, 9, 1, tzinfo=UTC), False),
        (datetime(2025, 9, 1, 1, tzinfo=timezone(2 * HOUR)), True),
        (None, False),
    ],
)
@pytest.mark.parametrize("title", ["Baltic talks resume", "Lithuania: a summit"])
def test_a_process_has_its_time(published: datetime | None, running: bool, title: str) -> None:
    """An entry published before the affair began or after it ended (UTC) speaks for it neither by name nor by a clue."""
    about = entry(title, published=published, seen=datetime(2025, 9, 2, tzinfo=UTC))
    for text in ("Lithuania summit", "title:(Lithuania summit)", "Baltic talks | tariff"):
        assert (match(text, about, BALTIC) is not None) is running
    assert (
        match("lithuania -(Lithuania summit)", replace(about, title=f"{title}, Lithuania"), BALTIC) is None
    ) is running
    index = TopicIndex.build({1: query("Lithuania summit", BALTIC), 2: query("tariff", BALTIC)}, BALTIC)
    assert [one.topic_id for one in index.match(analyse(about, BALTIC))] == ([1] if running else [])


@pytest.mark.parametrize(
    ("since", "until"), [(None, None), (date(2025, 3, 1), None), (None, date(2025, 3, 1))]
)
def test_a_period_may_be_open(since: date | None, until: date | None) -> None:
    """Without a first day, or a last one, there is no end on that side."""
    affair = replace(AFFAIR, since=since, until=until)
    assert affair.runs_on(date(1995, 1, 1)) is (since is None)
    assert affair.runs_on(date(2095, 1, 1)) is (until is None)


def test_reasons_are_the_words_in_order() -> None:
    """A match says which words, where, mean what: the title's first."""
    found = match("us ukraine tariff", entry("Kyiv: Trump’s tariffs", "Ukraine and the US"))
    assert found == Match(
        0,
        0.9,
        (
            Evidence("Kyiv", "title", 0, "ua", 1.0),
            Evidence("Trump’s", "title", 6, "us", 0.9),
            Evidence("tariffs", "title", 14, None, 1.0),
        ),
    )


def test_things_left_out_are_no_reason() -> None:
    """What a query excludes, and languages it asks for, give no evidence of their own."""
    found = match("us -nato lang:en", entry("US agrees"))
    assert found is not None
    assert [reason.text for reason in found.reasons] == ["US"]


def test_explanation() -> None:
    """A reason reads as a sentence in the chat's language, a plain word as itself."""
    assert (
        explain(Evidence("truce", "title", 0, "ceasefire", 1.0), LEXICON)
        == "“truce” in the title → ceasefire"
    )
    assert explain(Evidence("truce", "summary", 0, "ceasefire", 0.7), LEXICON, Speech("ja")) == (
        "“truce” in the summary → 停戦"
    )
    assert (
        explain(Evidence("tariffs", "title", 0, None, 1.0), LEXICON)
        == "“tariffs” in the title, as in the query"
    )


def test_analysis() -> None:
    """An analysis has the title's own concepts in order, all that the title means, and the best evidence of each."""
    analysis = analyse(entry("Trump in Moscow: Russia talks", "The US and NATO"), LEXICON)
    assert analysis.named == ("trump", "ru")
    assert analysis.in_title == {"trump", "us", "ru"}
    assert {id_: piece.weight for id_, piece in analysis.found.items()} == {
        "trump": 1.0,
        "us": 0.9,
        "ru": 1.0,
        "nato": 0.7,
    }
    assert analysis.found["ru"].text == "Moscow"


def test_topics_are_answered_by_id() -> None:
    """An entry fits as many topics as it does, each once, in the order of their ids."""
    queries = {7: query("russia"), 3: query("us"), 5: query("nato"), 9: query("us | russia")}
    matches = TopicIndex.build(queries, LEXICON).match(analyse(entry("US and Russia"), LEXICON))
    assert [one.topic_id for one in matches] == [3, 7, 9]


def test_no_topics() -> None:
    """An index of no topics matches nothing."""
    assert TopicIndex.build({}, LEXICON).match(analyse(entry("US and Russia"), LEXICON)) == ()


def test_both_writings_of_a_word_can_be_topics() -> None:
    """`WHO` and `who` are topics of their own though their stems are one."""
    index = TopicIndex.build({1: query("WHO"), 2: query("who")}, LEXICON)
    assert [one.topic_id for one in index.match(analyse(entry("Who is it?"), LEXICON))] == [2]
    assert [one.topic_id for one in index.match(analyse(entry("Who leads the WHO?"), LEXICON))] == [1, 2]


def test_an_index_keeps_nothing_of_topics_that_are_gone() -> None:
    """However many come and go, what is left is what an index has that never knew them."""
    index = TopicIndex(LEXICON)
    for number in range(50):
        index.put(1, query(f"us word{number} | (russia phrase{number} -nato) | 半導体{number}"))
        index.put(2, query(f"us word{number}"))
        index.put(3, query(f'us | "word{number}"' if number % 2 else "lang:ja (russia | us -nato)"))
        index.drop(2)
    index.drop(1)
    index.drop(3)
    kept = {name: held for name, held in vars(index).items() if name != "lexicon"}
    assert kept == {name: held for name, held in vars(TopicIndex(LEXICON)).items() if name != "lexicon"}


def test_a_concept_that_the_lexicon_lost_matches_nothing() -> None:
    """A topic read by an older lexicon does no harm under a newer one."""
    newer = Lexicon.build([concept("tr", "country", "Turkey")])
    assert match("us", entry("US agrees"), LEXICON) is not None
    index = TopicIndex.build({1: query("us")}, newer)
    assert index.match(analyse(entry("US agrees"), newer)) == ()


leaves = st.one_of(
    st.sampled_from([Means(one.id, one.id) for one in CONCEPTS] + [Means("ukraine-peace", "", process=True)]),
    st.sampled_from(["tariff", "WHO", "who", "半導体", "テロ"]).map(Literal),
    st.sampled_from(["land swap", "WHO", "米国"]).map(lambda text: Literal(text, exact=True)),
    st.sampled_from([Of("lang", "ja"), Of("from", "nhk")]),
)


def _combined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(several.map(AllOf), several.map(AnyOf), parts.map(Without), parts.map(InTitle))


queries = st.recursive(leaves, _combined, max_leaves=6).map(lambda root: Query("", root))


@given(st.lists(queries, min_size=1, max_size=6), entries)
def test_the_index_is_only_quicker(asked: list[Query], about: Entry) -> None:
    """Every topic judged against the entry on its own gives what the index of all gives."""
    together = TopicIndex.build(dict(enumerate(asked)), LEXICON)
    analysis = analyse(about, LEXICON)
    alone: list[Match] = []
    for id_, one in enumerate(asked):
        unindexed = TopicIndex.build({id_: one}, LEXICON)
        unindexed._always, unindexed._filed = dict.fromkeys(unindexed._topics, ()), {}
        alone += unindexed.match(analysis)
    assert together.match(analysis) == tuple(alone)


@given(queries, entries)
def test_reasons_stand_in_the_entry(asked: Query, about: Entry) -> None:
    """Every reason's text is the entry's own at the place it names, and scores are within their bounds."""
    for _, found in match_query(asked, [about], LEXICON):
        assert THRESHOLD <= found.score <= 1
        for reason in found.reasons:
            part = about.title if reason.part == "title" else about.summary
            assert part[reason.start : reason.start + len(reason.text)] == reason.text
            assert reason.text
            assert 0 < reason.weight <= 1


@given(entries, st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_analysed(about: Entry, title: str, summary: str) -> None:
    """No text makes the analysis fail, and its evidence stands in the text."""
    for one in (about, entry(title, summary)):
        for piece in analyse(one, LEXICON).found.values():
            part = one.title if piece.part == "title" else one.summary
            assert part[piece.start : piece.start + len(piece.text)] == piece.text
