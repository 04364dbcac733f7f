"""Concepts and their labels, found in one pass."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.lexicon import Concept, Hit, Lexicon, Process
from bot.domain.text import normalise
from tests.fakes.lexicons import CONCEPTS, PROCESSES, concept, small_lexicon

LEXICON = small_lexicon()

any_title = st.lists(
    st.sampled_from(
        [label for known in CONCEPTS for labels in known.labels.values() for label in labels]
        + [guard for known in CONCEPTS for guard in known.not_in]
        + ["Ukraine ceasefire", "ウクライナ和平", "の", "talks", ".", " ", "・", "ー", "’s", "й"]
    ),
    max_size=12,
).flatmap(lambda parts: st.sampled_from(["", " "]).map(lambda gap: gap.join(parts))) | st.text(max_size=60)


def meant(hits: Iterable[Hit]) -> list[tuple[str, tuple[str, ...]]]:
    return [(hit.text, hit.concepts or hit.processes) for hit in hits]


def find(text: str, lexicon: Lexicon = LEXICON) -> list[tuple[str, tuple[str, ...]]]:
    return meant(lexicon.find(normalise(text)))


def ids(text: str, lexicon: Lexicon = LEXICON) -> set[str]:
    return {id_ for hit in lexicon.find(normalise(text)) for id_ in hit.concepts}


def lexicon_of(*concepts: Concept) -> Lexicon:
    return Lexicon.build(concepts)


@pytest.mark.parametrize(
    ("title", "concepts"),
    [
        ("US and Russia agree", {"us", "ru"}),
        ("Let us talk about russia", set()),
        ("The U.S. delegation", {"us"}),
        ("the u.s. delegation", set()),
        ("US's envoy", {"us"}),
        ("Uses of NATO's aid", {"nato"}),
        ("Nato chief speaks", set()),
        ("PUTIN, TRUMP AGREE TRUCE", {"putin", "trump", "ceasefire"}),
        ("Turkey hosts talks", {"tr"}),
        ("How to roast a turkey", set()),
        ("Президент Того прибыл", {"tg"}),
        ("из-за того, что", set()),
        ("Ceasefire holds, truce or CEASEFIRE", {"ceasefire"}),
        ("США и НАТО", {"us", "nato"}),
        ("Сша", set()),
        ("В Москве и Киеве", {"ru", "ua"}),
        ("в москве", set()),
    ],
)
def test_case(title: str, concepts: set[str]) -> None:
    """Acronyms need capitals, names an initial one, and happenings are written as the headline pleases."""
    assert ids(title) == concepts


@pytest.mark.parametrize(
    ("query", "concepts"),
    [("us russia", {"us", "ru"}), ("nato", {"nato"}), ("turkey", {"tr"}), ("того", {"tg"}), ("u.s.", {"us"})],
)
def test_a_query_need_not_mind_case(query: str, concepts: set[str]) -> None:
    """People type topics in lower case."""
    hits = LEXICON.find_for_query(normalise(query))
    assert {id_ for hit in hits for id_ in hit.concepts} == concepts


@pytest.mark.parametrize("typed", ["Песков", "песков", "ПЕСКОВ", "пескова"])
def test_a_surname_in_a_query(typed: str) -> None:
    """A name in -ов is known in lower case too, where its ending might be a plural's; in a text it is not."""
    lexicon = lexicon_of(concept("peskov", "person", {"ru": ("Песков",)}))
    assert [hit.concepts for hit in lexicon.find_for_query(normalise(typed))] == [("peskov",)]
    assert ids("много песков", lexicon) == set()
    assert ids("Песка нет", lexicon) == set()
    assert ids("заявил Песков", lexicon) == {"peskov"}


@pytest.mark.parametrize(
    ("title", "hits"),
    [
        ("Donald Trump speaks", [("Donald Trump", ("trump",))]),
        ("米露首脳会談", [("米露", ("us", "ru")), ("首脳会談", ("summit",))]),
        ("日米、米露", [("日米", ("us", "jp")), ("米露", ("us", "ru"))]),
        ("air strikes", [("air strikes", ("strike",))]),
        # A process and the things in its name are of different layers, so all of them are found.
        (
            "Ukraine ceasefire talks",
            [
                ("Ukraine ceasefire", ("ukraine-peace",)),
                ("Ukraine", ("ua",)),
                ("ceasefire", ("ceasefire",)),
            ],
        ),
        ("ウクライナ和平", [("ウクライナ和平", ("ukraine-peace",)), ("ウクライナ", ("ua",))]),
    ],
)
def test_a_longer_label_swallows_those_of_its_own_layer(
    title: str, hits: list[tuple[str, tuple[str, ...]]]
) -> None:
    """Within things, happenings or processes the longest counts; across them each does."""
    assert find(title) == hits


def test_a_plain_word_neither_hides_nor_is_hidden() -> None:
    """A word is found inside the label of a kind of event and hides none; a longer word hides a shorter one."""
    lexicon = lexicon_of(
        concept("collapse", "event", {"en": ("bridge collapse", "fire")}),
        concept("bridge", "word", {"en": ("bridge",)}),
        concept("rope-bridge", "word", {"en": ("rope bridge", "bridge fire brigade")}),
    )
    assert ids("Bridge collapse kills two", lexicon) == {"collapse", "bridge"}
    assert ids("Bridge fire brigade", lexicon) == {"collapse", "rope-bridge"}
    assert ids("Rope bridge opens", lexicon) == {"rope-bridge"}


@pytest.mark.parametrize(
    ("title", "concepts"),
    [
        ("米価が上昇", set()),
        ("ﾄﾗﾝﾌﾟ氏、米価を語る", {"trump"}),
        ("米価と米国", {"us"}),
        ("Washington Post reports", set()),
        ("Washington reports", {"us"}),
        ("Truce terms, and a truce", {"ceasefire"}),
    ],
)
def test_guards(title: str, concepts: set[str]) -> None:
    """A label inside a word of `not_in` means nothing, and elsewhere in the same title means itself."""
    assert ids(title) == concepts


@pytest.mark.parametrize(
    ("label", "text", "found"),
    [
        ("Hamas", "Hamas leaders", True),
        ("Hamas", "HAMAS’S leaders", True),
        ("Hamas", "Hamas's leaders", True),
        ("Hamas", "Rebels near Hama", False),
        ("Hamas", "Hama's citadel", False),
        ("Abbas", "ABBA reunite", False),
        ("American", "Americans vote", True),
        ("US", "The U.S. delegation", True),
        ("US", "U.S.-led talks", True),
    ],
)
def test_the_s_of_a_name_is_no_plural(label: str, text: str, found: bool) -> None:
    """A text may add an s to a name but not take it away: Hamas is not Hama."""
    assert bool(ids(text, lexicon_of(concept("it", "organisation", label)))) is found


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("la guerre d'Ukraine", ["d'Ukraine"]),
        ("les pays de l’OTAN", ["l’OTAN"]),
        ("L'OTAN", ["L'OTAN"]),
        ("l'otan", []),
        ("il dit d'ukraine", []),
    ],
)
def test_what_is_elided_before_a_name_is_not_its_first_letter(title: str, found: list[str]) -> None:
    """The capital that a name needs is behind the apostrophe."""
    lexicon = lexicon_of(
        concept("ua", "country", {"fr": ("Ukraine",)}), concept("nato", "organisation", {"fr": ("OTAN",)})
    )
    assert [hit.text for hit in lexicon.find(lexicon.read(title, "fr"))] == found


def test_the_s_of_a_happening_is_a_plural() -> None:
    """A label of an event is found in both numbers, whichever it is written in."""
    lexicon = lexicon_of(concept("it", "event", "peace talks"))
    assert ids("A peace talk, at last", lexicon) == {"it"}


def test_a_label_of_two_layers_is_swallowed_in_either() -> None:
    """A word that is a thing and a happening means neither inside a longer name."""
    lexicon = lexicon_of(
        concept("place", "place", "Summit"),
        concept("event", "event", "Summit"),
        concept("school", "organisation", "Summit School"),
    )
    assert ids("The Summit School opens", lexicon) == {"school"}
    assert ids("The Summit opens", lexicon) == {"place", "event"}


def test_a_name_that_has_both_forms_is_found_in_both() -> None:
    """The s is needed only where every label of the pattern has it."""
    lexicon = lexicon_of(concept("it", "country", {"en": ("Americans", "American")}))
    assert ids("An American in Paris", lexicon) == {"it"}


@pytest.mark.parametrize(
    ("title", "concepts"),
    [
        ("イラン核合意", {"ir"}),
        ("ブイランド開業", set()),
        ("対イラン", {"ir"}),
        ("アメリカンドリーム", set()),
    ],
)
def test_katakana_labels_are_whole_words(title: str, concepts: set[str]) -> None:
    """A katakana label does not match inside a longer katakana word."""
    assert ids(title) == concepts


def test_hits_come_in_order_of_appearance() -> None:
    """The order decides that of the flags."""
    names = [text for text, _ in find("Azerbaijan, the United States and Armenia sign in Moscow")]
    assert names == ["Azerbaijan", "United States", "Armenia", "Moscow"]


def test_one_label_may_mean_two_concepts() -> None:
    """日米 is Japan and America; a label that two concepts share is found once, for both."""
    lexicon = lexicon_of(concept("one", "country", "Congo"), concept("two", "country", "Congo"))
    assert find("Congo votes", lexicon) == [("Congo", ("one", "two"))]


def test_a_query_takes_the_leftmost_longest_and_none_twice() -> None:
    """In a query what overlaps is read as one thing."""
    hits = LEXICON.find_for_query(normalise("Ukraine ceasefire summit 日米露"))
    assert meant(hits) == [
        ("Ukraine ceasefire", ("ukraine-peace",)),
        ("summit", ("summit",)),
        ("日米", ("us", "jp")),
        ("露", ("ru",)),
    ]


def test_half_width_kana_hide_nothing_in_a_query() -> None:
    """The parts of a run whose characters do not line up with the stream are told apart all the same."""
    hits = LEXICON.find_for_query(normalise("ﾛｼｱとｳｸﾗｲﾅの停戦"))
    assert [hit.concepts for hit in hits] == [("ru",), ("ua",), ("ceasefire",)]


def test_closure() -> None:
    """What a concept implies, near and far, without itself, and a circle comes to an end."""
    assert LEXICON.closure["putin"] == ("kremlin", "ru")
    assert LEXICON.closure["us"] == ()
    circle = lexicon_of(
        concept("a", "place", "Aaa", implies=("b",)), concept("b", "place", "Bbb", implies=("a", "gone"))
    )
    assert circle.closure == {"a": ("b", "gone"), "b": ("a", "gone")}


def test_families() -> None:
    """A family names its members in order."""
    assert dict(LEXICON.families) == {"peace": ("ceasefire", "peace-deal")}


@pytest.mark.parametrize(
    ("labels", "language", "name"),
    [
        ({"en": ("truce",), "ja": ("停戦",)}, "ja", "停戦"),
        ({"en": ("truce",), "ja": ("停戦",)}, "ru", "truce"),
        ({"ja": ("停戦",)}, "ru", "停戦"),
        ({"en": (), "ja": ("停戦",)}, "en", "停戦"),
        ({"en": ()}, "en", "it"),
        ({}, "en", "it"),
    ],
)
def test_names(labels: dict[str, tuple[str, ...]], language: str, name: str) -> None:
    """A concept is called by its first label in the language, else in English, else in any, else by its id."""
    assert lexicon_of(concept("it", "event", labels)).name("it", language) == name


def test_names_of_others() -> None:
    """A process has a name of its own; what is unknown is called by its id."""
    assert LEXICON.name("ukraine-peace") == "Ukraine peace process"
    assert LEXICON.name("nobody") == "nobody"


@pytest.mark.parametrize(
    ("word", "labels"),
    [
        ("ceasfire", ("ceasefire",)),
        ("ARMENA", ("Armenia",)),
        ("Russai", ("Russia",)),
        ("перемирье", ("перемирие",)),
        ("Turkey", ()),
        ("Torke", ()),
        ("summits talk", ()),
        ("Rus", ()),
        ("tariff", ()),
        ("easefire", ()),
        ("", ()),
    ],
)
def test_what_a_word_may_have_meant(word: str, labels: tuple[str, ...]) -> None:
    """A word that is nearly a label may be a misspelling of it; one that is a label, or short, or like by chance, is not."""
    assert LEXICON.nearest(word) == labels


def test_a_word_may_have_meant_several_things() -> None:
    """Labels of one concept are offered once, those of several each, the nearest first."""
    lexicon = lexicon_of(
        concept("at", "country", {"en": ("Austria", "Austrian"), "az": ("Avstria",)}),
        concept("au", "country", {"en": ("Australia",), "az": ("Avstralia",)}),
        concept("open", "event", "Australian"),
        concept("us", "country", {"en": ("Austrlia-like",)}),
    )
    assert lexicon.nearest("Austrlia") == ("Australia", "Austria", "Australian")
    assert lexicon.nearest("Austrlia", 1) == ("Australia",)


def test_labels_without_words_are_left_out() -> None:
    """A label of punctuation matches nothing rather than everything."""
    assert find("!!! 🙂 !!!", lexicon_of(concept("it", "event", {"en": ("!!!", "🙂", "")}))) == []


def test_an_empty_lexicon_finds_nothing() -> None:
    """A lexicon may be empty."""
    assert find("US and Russia", Lexicon.build(())) == []


@given(any_title)
def test_a_hit_stands_where_it_says(title: str) -> None:
    """The text of a hit is the title's own, at its place; hits mean something and come in order."""
    hits = LEXICON.find(normalise(title))
    assert all(title[hit.start : hit.end] == hit.text for hit in hits)
    assert all(hit.concepts or hit.processes for hit in hits)
    assert [hit.start for hit in hits] == sorted(hit.start for hit in hits)


def brute_force(title: str) -> set[tuple[str, str]]:
    """Every label tried at every place, each hit held against every other: what `find` does in one pass."""
    alone = [
        (layer, Lexicon.build([Concept("it", kind, {"en": (label,)})]), label, id_)
        for known in CONCEPTS
        for kind, layer in [(known.kind, "happenings" if known.kind in ("event", "term") else "things")]
        for labels in (*known.labels.values(), known.not_in)
        for label in labels
        for id_ in ["" if label in known.not_in else known.id]
    ]
    alone += [
        ("processes", Lexicon.build((), [Process("it", "it", {"en": (label,)}, (), ())]), label, process.id)
        for process in PROCESSES
        for labels in process.labels.values()
        for label in labels
    ]
    places = [(layer, hit, id_) for layer, lexicon, _, id_ in alone for hit in lexicon.find(normalise(title))]
    return {
        (hit.text, id_)
        for layer, hit, id_ in places
        if id_
        and not any(
            other_layer == layer
            and other.start <= hit.start
            and hit.end <= other.end
            and other.end - other.start > hit.end - hit.start
            for other_layer, other, _ in places
        )
    }


@pytest.mark.parametrize(
    "title",
    [
        "Donald Trump, Washington Post and Washington",
        "米露首脳会談、日米露、米価",
        "Ukraine peace process: air strike on Kyiv, Ukraine ceasefire over",
        "Прекращение огня: удар по Киеву, Кремль молчит",
    ],
)
def test_one_pass_finds_what_trying_every_label_finds(title: str) -> None:
    """The automaton and the sweep over its hits are only quicker."""
    assert {
        (hit.text, id_) for hit in LEXICON.find(normalise(title)) for id_ in (*hit.concepts, *hit.processes)
    } == brute_force(title)


def test_a_title_of_nothing_but_labels_takes_no_more_than_its_length() -> None:
    """40,000 hits in one text are sorted out in a moment: every hit is not held against every other."""
    assert len(LEXICON.find(normalise("Ukraine ceasefire " * 20_000))) == 60_000
