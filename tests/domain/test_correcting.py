"""What somebody may have meant who typed something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.correcting import MOST, Doubt, doubt, mended
from bot.domain.lexicon import Lexicon
from bot.domain.queries import Literal, Means, Query, QueryProblem, nodes_of, read_query
from tests.fakes.lexicons import concept, small_lexicon

LEXICON = small_lexicon()
HILLS = Lexicon.build(
    [
        concept("ms", "country", "Montserrat"),
        concept("hill", "place", "Monserat"),
        concept("hut", "place", "Montserat"),
        concept("az", "country", "Azerbaijan"),
    ]
)


def doubted(text: str, lexicon: Lexicon = LEXICON) -> Doubt | None:
    query = read_query(text, lexicon)
    assert isinstance(query, Query)
    return doubt(query, lexicon)


@pytest.mark.parametrize(
    ("text", "word", "position", "meant", "kept"),
    [
        ("Azerbajan", "Azerbajan", 0, ("Azerbaijan",), '"Azerbajan"'),
        ("  us Azerbajan ", "Azerbajan", 3, ("us Azerbaijan",), 'us "Azerbajan"'),
        (
            "us (azerbajan | -ceasfire)",
            "azerbajan",
            4,
            ("us (Azerbaijan | -ceasefire)",),
            'us ("azerbajan" | -"ceasfire")',
        ),
        (
            'us "Azerbajan" from:Azerbajan (Azerbajan | title:Azerbajan)',
            "Azerbajan",
            31,
            ('us "Azerbajan" from:Azerbajan (Azerbaijan | title:Azerbaijan)',),
            'us "Azerbajan" from:Azerbajan ("Azerbajan" | title:"Azerbajan")',
        ),
        ("Azerbajan–us", "Azerbajan", 0, ("Azerbaijan–us",), '"Azerbajan" us'),
        ("us-Azerbajan", "Azerbajan", 3, ("us-Azerbaijan",), 'us-"Azerbajan"'),
        ("Azerbajan-us -nato", "Azerbajan", 0, ("Azerbaijan-us -nato",), '"Azerbajan" us -nato'),
        ("title:Азербайжан x", "Азербайжан", 6, ("title:Азербайджан x",), 'title:"Азербайжан" x'),
    ],
)
def test_a_word_that_is_nearly_a_label(
    text: str, word: str, position: int, meant: tuple[str, ...], kept: str
) -> None:
    """All such words are put right at once, and all else is left as it was typed."""
    assert doubted(text) == Doubt(word, position, meant, kept)


def test_several_labels_are_as_many_ways() -> None:
    """The nearest first, three at the most; a further slip is put right in each."""
    found = doubted("Monserrat Azerbajan", HILLS)
    assert found is not None
    assert found.meant == ("Montserrat Azerbaijan", "Monserat Azerbaijan", "Montserat Azerbaijan")


@pytest.mark.parametrize("text", ["us", "us tariff", '"Azerbajan"', "from:Azerbajan us", "WHO", "半導体"])
def test_no_doubt(text: str) -> None:
    """Words that are like no label, and what is in quotes or no word of the text, are as they are."""
    assert doubted(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("us (russia", ("us (russia)",)),
        ("((us", ("((us))",)),
        ("us)", ("us",)),
        ("(us))", ("(us)",)),
        ("us ()", ("us",)),
        ("us ( ) russia", ("us russia",)),
        ("us |", ("us",)),
        ("us OR", ("us",)),
        ("us -", ()),
        ("us title:", ("us",)),
        ("| us", ("us",)),
        ("OR us", ("us",)),
        ("us || russia", ("us | russia",)),
        ("us | OR russia", ("us | russia",)),
        ('us "russia', ('us "russia"', "us russia")),
        ("us «russia", ("us «russia»", "us russia")),
        ("us --russia", ("us -russia", "us russia")),
        ("us -----russia", ("us -russia", "us russia")),
        ("|| us)", ("us",)),
        # Nothing that is left over asks for anything, or it is no slip.
        ("", ()),
        ("-x", ()),
        ("news", ()),
        ("()", ()),
        ("|", ()),
        (")" * 10 + "us", ()),
        ("(" * 100 + "us" + ")" * 100, ()),
        ("us " * 200, ()),
    ],
)
def test_signs(text: str, meant: tuple[str, ...]) -> None:
    """A sign that is missing, or too many, is put right in each way that leaves a query."""
    problem = read_query(text, LEXICON)
    if isinstance(problem, QueryProblem):
        assert mended(text, problem, LEXICON) == meant
    else:
        assert meant == ()


PIECES = [
    "us",
    "Azerbajan",
    "ceasfire",
    "停戦",
    '"',
    "«",
    "」",
    "(",
    ")",
    "|",
    "-",
    "–",
    " ",
    "title:",
    "from:",
    "OR",
    "\u200f",
]


def words_of(text: str) -> set[str]:
    """Of a query: what it asks for and leaves out, whether in quotes or not."""
    query = read_query(text, LEXICON)
    assert isinstance(query, Query), text
    return {
        f"{type(above).__name__} {node.text}"
        for above in nodes_of(query.root)
        for node in (getattr(above, "parts", ()) or (getattr(above, "part", above),))
        if isinstance(node, Literal | Means)
    }


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_is_offered_is_a_query(text: str) -> None:
    """Of any text."""
    read = read_query(text, LEXICON)
    if isinstance(read, QueryProblem):
        ways = mended(text, read, LEXICON)
    else:
        found = doubt(read, LEXICON)
        ways = (*found.meant, found.kept) if found else ()
        assert found is None or words_of(found.kept) == words_of(text)
    assert len(ways) <= MOST + 1
    for way in ways:
        assert isinstance(read_query(way, LEXICON), Query), way
