"""Queries made narrower and wider: what they ask for is exact, and what they look like is as plain as can be."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.domain.queries import AllOf, AnyOf, Node, Query, QueryProblem, read_query
from bot.domain.refining import Refinement, leaving_out, narrowed, narrower, taking_in, widened, wider
from tests.fakes.lexicons import small_lexicon

LEXICON = small_lexicon()


def root(text: str) -> Node:
    query = read_query(text, LEXICON)
    assert isinstance(query, Query), (text, query)
    return query.root


def text_of(query: Query | QueryProblem) -> str:
    assert isinstance(query, Query), query
    assert root(query.text) == query.root
    return query.text


@pytest.mark.parametrize(
    ("text", "words", "narrow", "wide"),
    [
        ("Iran", "tariff", "Iran tariff", "Iran | tariff"),
        ("Iran", "tariff | duty", "Iran (tariff | duty)", "Iran | tariff | duty"),
        ("Iran | Togo", "tariff", "(Iran | Togo) tariff", "Iran | Togo | tariff"),
        ("Iran tariff", "-steel", "Iran tariff -steel", None),
        ("Ukraine ceasefire", "grain", "Ukraine ceasefire grain", "Ukraine ceasefire | grain"),
        ("Ukraine ceasefire", "-grain", "Ukraine ceasefire -grain", None),
        # Two words that name a process together do not where each was typed by itself.
        ("Ukraine", "ceasefire", "Ukraine (ceasefire)", "Ukraine | ceasefire"),
        (
            "(Ukraine ceasefire) grain",
            "port",
            "(Ukraine ceasefire) grain port",
            "(Ukraine ceasefire) grain | port",
        ),
        ("Iran", "lang:ja", "Iran lang:ja", None),
        ("title:Iran", "tariff", "title:Iran tariff", "title:Iran | tariff"),
        ("Iran -tariff", "steel", "Iran -tariff steel", "Iran -tariff | steel"),
        ("Iran", "| Togo", None, "Iran | Togo"),
        ("Iran", "OR Togo", None, "Iran | Togo"),
        ("Iran", "AND Togo", "Iran Togo", "Iran | AND Togo"),
        ("Iran", '"oil price"', 'Iran "oil price"', 'Iran | "oil price"'),
    ],
)
def test_words_are_added(text: str, words: str, narrow: str | None, wide: str | None) -> None:
    """In parentheses only where something else would be meant without; None where that makes no topic."""
    for joined, expected in ((narrowed(text, words, LEXICON), narrow), (widened(text, words, LEXICON), wide)):
        assert (text_of(joined) if isinstance(joined, Query) else None) == expected


@pytest.mark.parametrize(
    ("words", "says", "position"),
    [
        ("(", "not closed", 1),
        ("steel)", "closes nothing", 5),
        ("a) | (b", "closes nothing", 1),
        ("steel |", "missing at the end", 7),
        ('steel "oil', "not closed", 6),
        ("", "nothing between", 0),
        ("| x |", "missing", None),
    ],
)
def test_a_mistake_in_the_words_is_pointed_at(words: str, says: str, position: int | None) -> None:
    """Where it is in them, not in the query that would come of it; what they close was not open."""
    problem = narrowed("Iran", words, LEXICON)
    assert isinstance(problem, QueryProblem)
    assert says in problem.message
    assert position in (None, problem.position)


PIECES = st.sampled_from(
    ["Iran", "Togo", "Ukraine ceasefire", "steel", "oil", '"oil price"', "-gas", "title:coal", "(a1 | b2)"]
)
TEXTS = st.lists(st.lists(PIECES, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=2).map(
    " | ".join
)


def parts(kind: type[AllOf | AnyOf], node: Node) -> set[Node]:
    return set(node.parts) if isinstance(node, AllOf | AnyOf) and isinstance(node, kind) else {node}


@given(TEXTS, TEXTS)
def test_narrow_is_both_and_wide_is_either(text: str, words: str) -> None:
    """Whatever the two are made of."""
    assume(not any(isinstance(read_query(one, LEXICON), QueryProblem) for one in (text, words)))
    for kind, joined in ((AllOf, narrowed(text, words, LEXICON)), (AnyOf, widened(text, words, LEXICON))):
        assert isinstance(joined, Query)
        named = {str(part) for part in parts(kind, root(text)) | parts(kind, root(words))}
        assert {str(part) for part in parts(kind, joined.root)} <= named
        assert root(joined.text) == joined.root


def said(refinements: tuple[Refinement, ...]) -> list[tuple[str, str]]:
    return [(one.how(), one.query) for one in refinements]


@pytest.mark.parametrize(
    ("text", "narrow", "wide"),
    [
        ("Iran", [("only in titles", "title:Iran")], []),
        ("Iran steel", [("only in titles", "title:(Iran steel)")], [("without “steel”", "Iran")]),
        ("Iran steel -oil", [("only in titles", "title:(Iran steel -oil)")], [("with “oil”", "Iran steel")]),
        (
            "Ukraine ceasefire",
            [("only in titles", "title:(Ukraine ceasefire)")],
            [("without “ceasefire”", "Ukraine")],
        ),
        # What is left of a name of several words is another thing, or none.
        ("United States", [("only in titles", "title:(United States)")], []),
        ("Iran | Togo", [("only in titles", "title:(Iran | Togo)")], []),
        ("Iran OR Togo", [("only in titles", "title:(Iran OR Togo)")], []),
        (
            'Iran "oil price"',
            [("only in titles", 'title:(Iran "oil price")')],
            [('without “"oil price"”', "Iran")],
        ),
        ("title:(Iran steel)", [], [("anywhere in the text", "Iran steel")]),
        ("Title: Iran", [], []),
        ("title:Iran", [], [("anywhere in the text", "Iran")]),
        ("title:Iran steel", [], [("without “steel”", "title:Iran")]),
        ("-Iran steel", [("only in titles", "title:(-Iran steel)")], []),
        ("(", [], []),
        ("", [], []),
    ],
)
def test_what_is_offered(text: str, narrow: list[tuple[str, str]], wide: list[tuple[str, str]]) -> None:
    """Only in titles, or there too; without the last word, where something to look for is left."""
    assert said(narrower(text, LEXICON)) == narrow
    assert said(wider(text, LEXICON)) == wide


@pytest.mark.parametrize(
    ("text", "named", "left_out", "taken_in"),
    [
        (
            "Ukraine",
            ["tr", "ua"],
            [("leave out Turkey", "Ukraine -Turkey")],
            [("also “Ukraine Turkey”", "Ukraine | Ukraine Turkey")],
        ),
        # What stands for what was asked for is not beside it, nor is what a process is made of.
        ("Ukraine", ["zelensky", "ua"], [], []),
        (
            "Ukraine ceasefire",
            ["zelensky", "ceasefire", "ru", "ir"],
            [("leave out Iran", "Ukraine ceasefire -Iran")],
            [("also “Russia Iran”", "Ukraine ceasefire | Russia Iran")],
        ),
        # What was left out already is not taken in.
        ("Ukraine -Iran", ["ir", "ua"], [], []),
        ("Ukraine -Iran", ["ir", "tr"], [("leave out Turkey", "Ukraine -Iran -Turkey")], []),
        (
            "Ukraine | Togo",
            ["ir", "ua"],
            [("leave out Iran", "(Ukraine | Togo) -Iran")],
            [("also “Ukraine Iran”", "Ukraine | Togo | Ukraine Iran")],
        ),
        # A name of two words is left out as one.
        ("Iran", ["peace-deal"], [("leave out peace deal", "Iran -(peace deal)")], []),
        ("Iran", ["unknown"], [], []),
        ("(", ["ir"], [], []),
    ],
)
def test_what_a_story_names_is_left_out_or_taken_in(
    text: str, named: list[str], left_out: list[tuple[str, str]], taken_in: list[tuple[str, str]]
) -> None:
    """Only what is beside what was asked for."""
    assert [(one.how(), one.query) for one in leaving_out(text, named, LEXICON)] == left_out
    assert [(one.how(), one.query) for one in taking_in(text, named, LEXICON)] == taken_in


def test_what_a_story_names_is_called_as_in_the_language() -> None:
    """The rest of the query stays as it was typed."""
    (left_out,) = leaving_out("Ukraine", ["ir", "ua"], LEXICON, "ja")
    assert (left_out.word, left_out.query) == ("イラン", "Ukraine -イラン")
    (taken_in,) = taking_in("Ukraine", ["ir", "ua"], LEXICON, "ja")
    assert taken_in.query == "Ukraine | ウクライナ イラン"


@settings(max_examples=60)  # each goes through every concept, twice
@given(st.text(st.sampled_from(' ()|"-:«»「」ab停OR'), max_size=30) | TEXTS)
def test_whatever_is_offered_can_be_read(text: str) -> None:
    named = sorted(LEXICON.concepts)
    of_story = (*leaving_out(text, named, LEXICON), *taking_in(text, named, LEXICON))
    offered = (*narrower(text, LEXICON), *wider(text, LEXICON), *of_story)
    if offered:
        asked = root(text)
        assert all(root(refined.query) != asked for refined in offered)
