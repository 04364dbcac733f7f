"""How queries are read."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.describing import describe_query
from bot.domain.lexicon import Clue, Lexicon, Process
from bot.domain.queries import (
    MAX_QUERY_DEPTH,
    MAX_QUERY_LENGTH,
    MISTAKES,
    AllOf,
    AnyOf,
    InTitle,
    Literal,
    Means,
    Node,
    Of,
    Query,
    QueryProblem,
    Without,
    nodes_of,
    read_query,
    spell_query,
)
from bot.domain.speech import Speech
from tests.fakes.lexicons import concept, small_lexicon

LEXICON = small_lexicon()

NOTHING_SAID = "These words say nothing a topic could be about; name a place, a person or an event."
NOTHING_TO_FIND = (
    "A topic needs something to look for (on both sides of a |), not only things to leave out or conditions."
)
END = "Something is missing at the end. Write on, or take the last sign out."
OPEN = "A parenthesis is not closed. Add ), or put the words in quotes."
CLOSES_NOTHING = "This parenthesis closes nothing. Take it out, or put the words in quotes."
EMPTY_GROUP = "There is nothing between these parentheses. Take them out, or fill them."
BEFORE_BAR = "Something is missing before this |. Put words on both sides, or take it out."
QUOTE = "This quotation mark is not closed. Add one behind the words, or take it out."
MISPLACED = "This does not belong here. Take it out, or put the words in quotes."

query_text = st.text(max_size=60) | st.lists(
    st.sampled_from(
        'us Russia summit Ukraine ceasefire 日米露首脳会談 米価 WHO tariff the の 🙂 ( ) | - -- – — " “ ” „ « » 「 」 '
        "『 』 title: lang: from: ja OR AND NOT （ ） ｜ － ： \u200f \u202e \x00 ' ’ . U.S. é x".split()
        + [" "] * 20
    ),
    max_size=25,
).map("".join)


def shown(node: Node) -> str:
    """A node as one short line."""
    match node:
        case Means(id_, _, process):
            return f"{id_}!" if process else id_
        case Literal(text, exact):
            return f'"{text}"' if exact else f"'{text}'"
        case AllOf(parts):
            return f"({' & '.join(map(shown, parts))})"
        case AnyOf(parts):
            return f"({' | '.join(map(shown, parts))})"
        case Without(part):
            return f"-{shown(part)}"
        case InTitle(part):
            return f"title:{shown(part)}"
        case Of(field, value):
            return f"{field}={value}"


def read(text: str) -> str:
    query = read_query(text, LEXICON)
    assert isinstance(query, Query), query
    return shown(query.root)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("us–russia summit", "(us & ru & summit)"),
        ("US—Russia summit", "(us & ru & summit)"),
        ("us-russia summit", "(us & ru & summit)"),
        ("Armenia - Azerbaijan", "(am & az)"),
        ("Armenia – Azerbaijan", "(am & az)"),
        ("Armenia, Azerbaijan", "(am & az)"),
        ("the summit of the US and Russia", "(summit & us & ru)"),
        ("news about Turkey", "tr"),
        ("саммит США и России", "(summit & us & ru)"),
        ("日米露首脳会談", "(us & jp & ru & summit)"),
        ("米露の首脳会談", "(us & ru & summit)"),
        ("ﾛｼｱの首脳会談", "(ru & summit)"),
        ("us US U.S. American", "us"),
        ("peace deal", "peace-deal"),
        ("peace-deal", "peace-deal"),
        ("us tariff", "(us & 'tariff')"),
        ("WHO pandemic treaty", "('WHO' & 'pandemic' & 'treaty')"),
        ("米価高騰", "'米価高騰'"),
        ("米国の半導体", "(us & '半導体')"),
        ("半導体をめぐる米国", "(us & '半導体をめぐる')"),
        ("半導体の輸出規制と米国", "(us & '半導体' & '輸出規制')"),
        ("霞が関", "'霞が関'"),
        ("はやぶさ", "'はやぶさ'"),
        ("halving 2025", "('halving' & '2025')"),
        ("\u202eus\u200frussia", "(us & ru)"),
        ("us\nrussia", "(us & ru)"),
        ("us🙂russia", "(us & ru)"),
    ],
)
def test_plain_words(text: str, meaning: str) -> None:
    """Labels are taken leftmost and longest, idle words dropped, the rest stay words; dashes and case do not matter."""
    assert read(text) == meaning


@pytest.mark.parametrize("words", list(permutations(["us", "Russia", "summit"])))
def test_any_order(words: tuple[str, ...]) -> None:
    """The order of plain words does not change what is meant."""
    query = read_query(" ".join(words), LEXICON)
    assert isinstance(query, Query)
    assert isinstance(query.root, AllOf)
    assert {shown(part) for part in query.root.parts} == {"us", "ru", "summit"}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Ukraine ceasefire", "ukraine-peace!"),
        ("ukraine CEASEFIRE", "ukraine-peace!"),
        ("Ukraine peace process", "ukraine-peace!"),
        ("ceasefire in Ukraine", "ukraine-peace!"),
        ("Ukrainian truce", "ukraine-peace!"),
        ("перемирие в Украине", "ukraine-peace!"),
        ("ウクライナの停戦", "ukraine-peace!"),
        ("peace deal for Ukraine", "ukraine-peace!"),
        ("Ukraine ceasefire | tariff", "(ukraine-peace! | 'tariff')"),
        ("title:(Ukraine truce)", "title:ukraine-peace!"),
        ("Ukraine truce -strike", "(ukraine-peace! & -strike)"),
        # More than the name of the process asks for more than the process.
        ("Ukraine ceasefire summit", "(ukraine-peace! & summit)"),
        ("Ukraine truce summit", "(ua & ceasefire & summit)"),
        ("Ukraine truce tariff", "(ua & ceasefire & 'tariff')"),
        ("Ukraine", "ua"),
        ("(Ukraine) truce", "(ua & ceasefire)"),
    ],
)
def test_processes(text: str, meaning: str) -> None:
    """A phrase, or a run of words, that names a process means the process, in any language and order."""
    assert read(text) == meaning


def test_a_word_that_names_a_thing_and_what_that_implies_means_the_thing() -> None:
    """Only where both are named by the same words; each of them may be what names a process."""
    metals = Process(
        "metals",
        "dispute over metals",
        {},
        named_by=(
            frozenset({"cn", "rare-earths"}),
            frozenset({"jp", "rare-earths", "metal", "goods", "trade"}),
        ),
        evidence=(Clue(("rare-earths",), 1.0),),
    )
    lexicon = Lexicon.build(
        [
            concept("trade", "term", {"en": ("trade", "rare earths")}),
            concept("rare-earths", "term", "rare earths", implies=("metal",)),
            concept("metal", "term", {"en": ("metal", "rare earths")}, implies=("goods",)),
            concept("goods", "term", {"en": ("goods", "rare earths")}, implies=("trade",)),
            *(
                concept(id_, "country", name)
                for id_, name in (("cn", "China"), ("jp", "Japan"), ("ru", "Russia"))
            ),
        ],
        [metals],
    )
    for text, meaning in (
        ("rare earths", "rare-earths"),
        ("Russia rare earths", "(ru & rare-earths)"),
        ("rare earths trade", "(rare-earths & trade)"),
        ("China rare earths", "metals!"),
        ("Japan rare earths", "metals!"),
    ):
        query = read_query(text, lexicon)
        assert isinstance(query, Query)
        assert shown(query.root) == meaning, text


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("us | russia", "(us | ru)"),
        ("us|russia", "(us | ru)"),
        ("us summit | russia summit", "((us & summit) | (ru & summit))"),
        ("(us | russia) summit", "((us | ru) & summit)"),
        ("us (russia | turkey) -nato", "(us & (ru | tr) & -nato)"),
        ("us | (russia | turkey)", "(us | ru | tr)"),
        ("((us))", "us"),
        ("us -russia", "(us & -ru)"),
        ("us -(russia summit)", "(us & -(ru & summit))"),
        ("us -the", "us"),
        ("us -title:nato", "(us & -title:nato)"),
        ("-us russia", "(-us & ru)"),
        ("us OR russia", "(us | ru)"),
        ("us AND russia NOT nato", "(us & ru & -nato)"),
        ("us NOT (nato | turkey)", "(us & -(nato | tr))"),
        ("summit or talks", "(summit & 'or' & 'talks')"),
        ("us \N{EM DASH} -nato", "(us & -nato)"),
        ("title:summit us", "(title:summit & us)"),
        ("TITLE: summit", "title:summit"),
        ("title:(us russia)", "title:(us & ru)"),
        ("title:us-russia", "title:(us & ru)"),
        ("lang:JA us", "(lang=ja & us)"),
        ("from:nhk us", "(from=nhk & us)"),
        ('from:"BBC News" us', "(from=bbc news & us)"),
        ("us (lang:ja | lang:ru)", "(us & (lang=ja | lang=ru))"),
        ("us lang:(ja | ru)", "(us & (lang=ja | lang=ru))"),
        ("us from:(bbc news | nhk)", "(us & (from=bbc news | from=nhk))"),
        ("us -lang:ja", "(us & -lang=ja)"),
        ("us lang:-ja", "(us & -lang=ja)"),
        ('us from:""', "us"),
        ("foo:bar", "('foo' & 'bar')"),
        ("subtitle:us", "(us & 'subtitle')"),
    ],
)
def test_operators(text: str, meaning: str) -> None:
    """| binds loosest, then all of, then - and the fields."""
    assert read(text) == meaning


@pytest.mark.parametrize("text", ["（us｜russia） summit", "(us|russia)　summit", "（us ｜ russia）　summit"])
def test_operators_of_a_japanese_keyboard(text: str) -> None:
    """Full-width operators and spaces are operators and spaces."""
    assert read(text) == "((us | ru) & summit)"


@pytest.mark.parametrize(
    "quoted", ['"land swap"', "“land swap”", "„land swap“", "„land swap”", "«land swap»", "「land swap」"]
)
def test_quotes(quoted: str) -> None:
    """Quotation marks of every kind ask for these words in this order; nothing in them is an operator."""
    assert read(f"us {quoted}") == '(us & "land swap")'
    assert read(f"us {quoted.replace(' ', ' | -')}") == '(us & "land | -swap")'
    assert read(f"title:{quoted}") == 'title:"land swap"'


def test_quotes_keep_concepts_words() -> None:
    """“US” in quotes is the letters, not the country."""
    assert read('"US" ロシア『停戦』') == '("US" & ru & "停戦")'


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("", "The query is empty. Name what to look for, such as: Ukraine ceasefire", 0),
        ("AND", "The query is empty. Name what to look for, such as: Ukraine ceasefire", 0),
        (" \n\u3000", "The query is empty. Name what to look for, such as: Ukraine ceasefire", 0),
        ("the of and", NOTHING_SAID, 0),
        ("🙂", NOTHING_SAID, 0),
        ("!!!", NOTHING_SAID, 0),
        ('""', NOTHING_SAID, 0),
        ("\u200f\u202e", NOTHING_SAID, 0),
        ("-x", NOTHING_TO_FIND, 0),
        ("-us -russia", NOTHING_TO_FIND, 0),
        ("us | -russia", NOTHING_TO_FIND, 0),
        ("lang:ja", NOTHING_TO_FIND, 0),
        ("title:-us", NOTHING_TO_FIND, 0),
        ("NOT us", NOTHING_TO_FIND, 0),
        ("us |", END, 4),
        ("us | ", END, 5),
        ("us OR", END, 5),
        ("title:", END, 6),
        ("us from:", END, 8),
        ("-", END, 1),
        ("- -", END, 3),
        ("us (russia", OPEN, 10),
        ("(us", OPEN, 3),
        ("us)", CLOSES_NOTHING, 2),
        ("(us))", CLOSES_NOTHING, 4),
        ("us ()", EMPTY_GROUP, 4),
        ("us ( ) russia", EMPTY_GROUP, 5),
        ("| us", BEFORE_BAR, 0),
        ("us || russia", BEFORE_BAR, 4),
        ("OR us", BEFORE_BAR, 0),
        ("us (| russia)", BEFORE_BAR, 4),
        ('us "russia', QUOTE, 3),
        ("us «russia", QUOTE, 3),
        ("us 「russia", QUOTE, 3),
        ("us „russia", QUOTE, 3),
        ("us “russia", QUOTE, 3),
        ("--us", MISPLACED, 0),
        ("us --russia", MISPLACED, 3),
        ("us " + "-" * 400 + "x", MISPLACED, 3),
        ("(" * 500, f"More than {MAX_QUERY_DEPTH} nested parentheses. Use fewer.", MAX_QUERY_DEPTH),
        ("（" * 50 + "us", f"More than {MAX_QUERY_DEPTH} nested parentheses. Use fewer.", MAX_QUERY_DEPTH),
        ("x" * 10_000, f"The query has 10000 characters; {MAX_QUERY_LENGTH} is the limit.", MAX_QUERY_LENGTH),
    ],
)
def test_problems(text: str, message: str, position: int) -> None:
    """What cannot be read is answered with what to do and where."""
    problem = read_query(text, LEXICON)
    assert isinstance(problem, QueryProblem)
    assert (problem.message, problem.position) == (message, position)
    assert problem.template in MISTAKES


def test_the_longest_and_the_deepest_query() -> None:
    """The limits themselves are within the limits."""
    assert isinstance(read_query("x" * MAX_QUERY_LENGTH, LEXICON), Query)
    assert read("(" * MAX_QUERY_DEPTH + "us" + ")" * MAX_QUERY_DEPTH) == "us"
    longest = " | ".join(["us title:nato -lang:ja"] * 40)[:MAX_QUERY_LENGTH].rstrip("| ")
    assert isinstance(read_query(longest, LEXICON), Query)


def test_a_query_keeps_its_text() -> None:
    """What was typed is kept as it was, without the white space around it."""
    query = read_query("  （us） OR russia ", LEXICON)
    assert isinstance(query, Query)
    assert query.text == "（us） OR russia"


@given(query_text)
def test_whatever_is_typed_is_read_or_answered(text: str) -> None:
    """Reading never raises, places problems within the text, and does the same twice; what is read can be described."""
    read = read_query(text, LEXICON)
    assert read == read_query(text, LEXICON)
    if isinstance(read, QueryProblem):
        assert 0 <= read.position <= len(text)
        assert read.message.endswith((".", "ceasefire"))
    else:
        lines = describe_query(read, LEXICON, Speech("ja"))
        assert lines
        assert all(lines)


def describe(text: str, language: str = "en") -> tuple[str, ...]:
    query = read_query(text, LEXICON)
    assert isinstance(query, Query)
    return describe_query(query, LEXICON, Speech(language))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "us summit",
            (
                "United States (country; also US, 米国, アメリカ, США)",
                "summit (event; also 首脳会談, саммит, саміт)",
            ),
        ),
        ("turkey", ("Turkey (turkey)",)),
        ("tariff", ("the word “tariff” in all its forms",)),
        ("ceasfire", ("the word “ceasfire” in all its forms (did you mean ceasefire?)",)),
        ('"land swap"', ("exactly “land swap”",)),
        ("title:(turkey iran)", ("in the title: (Turkey and Iran)",)),
        ("us | tariff", ("either United States or “tariff”",)),
        ("nato -(us | turkey)", ("NATO (organisation; also НАТО)", "not (United States or Turkey)")),
        ("nato -(us turkey)", ("NATO (organisation; also НАТО)", "not (United States and Turkey)")),
        ("(us turkey) | nato", ("either (United States and Turkey) or NATO",)),
        ("title:turkey lang:ja", ("in the title: Turkey", "only in language ja")),
        ("turkey from:nhk", ("Turkey (turkey)", "only from nhk")),
        (
            "Ukraine truce",
            ("Ukraine peace process: ceasefire, peace deal, summit in 4 languages (from “Ukraine truce”)",),
        ),
    ],
)
def test_description(text: str, lines: tuple[str, ...]) -> None:
    """What was understood, a line a part, with other names by which to know it."""
    assert describe(text) == lines


def test_description_in_another_language() -> None:
    """Concepts are called as the chat's language does."""
    assert describe("us | russia", "ja") == ("either 米国 or ロシア",)


PIECES = st.sampled_from(
    [
        "us", "Russia", "Ukraine ceasefire", "停戦", "日米", "tariff", "WHO", '"land swap"', "«мир»", '「a "b"」',
        "title:turkey", "title:(us nato)", "lang:ja", "from:nhk", 'from:"BBC News"', "-us", "-(us russia)", "|", "(us | nato)",
        "AND", "OR x", "semiconductor exports", "перемирие", "(", ")",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=7).map(" ".join))
def test_a_query_that_is_spelt_out_is_read_as_the_same(text: str) -> None:
    """Whatever was read can be written so that it is read again, and again."""
    query = read_query(text, LEXICON)
    if isinstance(query, Query):
        spelt = spell_query(query.root)
        again = read_query(spelt, LEXICON)
        assert isinstance(again, Query), spelt
        assert again.root == query.root, spelt


def test_queries_share_what_they_mean() -> None:
    """A million of them name the same few thousand things, and are all in memory."""
    roots = [
        query.root
        for text in ("us russia", "us japan")
        if isinstance(query := read_query(text, LEXICON), Query)
    ]
    first, second = (next(node for node in nodes_of(root) if isinstance(node, Means)) for root in roots)
    assert first == second
    assert first is second
