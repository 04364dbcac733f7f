"""How a query is read: from what a person types to nodes over concepts and words.

Plain words are enough: `US–Russia summit`. Labels of the lexicon are taken leftmost and longest, words that make no
difference are dropped, the rest stay words; all must be there. A run of words that names a process means the process.
Operators for those who want them: `a | b`, `-a`, `"exactly this"`, `( )`, `title:a`, `lang:ja`, `from:nhk`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache

from lark import Lark, Token, Tree, UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from bot.domain.lexicon import Hit, Lexicon
from bot.domain.speech import phrase
from bot.domain.text import Stream, pattern_of

MAX_QUERY_LENGTH = 500
MAX_QUERY_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Means:
    """A concept or process, found in the query as `text`."""

    id: str
    text: str
    process: bool = False


@lru_cache(maxsize=50_000)
def means(id_: str, text: str = "", *, process: bool = False) -> Means:
    """The same object for the same meaning: a million queries name the same few thousand things."""
    return Means(id_, text, process)


@dataclass(frozen=True, slots=True)
class Literal:
    """A word in any of its forms, or, `exact`, words in this order."""

    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Without:
    part: Node


@dataclass(frozen=True, slots=True)
class InTitle:
    part: Node


@dataclass(frozen=True, slots=True)
class Of:
    """A condition on the entry itself: `field` is `lang` (a language code) or `from` (part of an outlet's name)."""

    field: str
    value: str


Node = Means | Literal | AllOf | AnyOf | Without | InTitle | Of


@dataclass(frozen=True, slots=True)
class Query:
    """A text as it was typed, and what it means. `idle`: its words that say nothing and were passed over."""

    text: str
    root: Node
    idle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryProblem:
    """Why a query cannot be read: `message` says what to do, `position` is a character offset, counted from 0.

    `template` is one of `MISTAKES`, by which the message is found in other languages; `values` fill it.
    """

    template: str
    position: int = 0
    values: tuple[tuple[str, int], ...] = ()

    @property
    def message(self) -> str:
        return self.template.format(**dict(self.values))


SAYS_NOTHING = phrase("These words say nothing a topic could be about; name a place, a person or an event.")
ONLY_CONDITIONS = phrase(
    "A topic needs something to look for (on both sides of a |), not only things to leave out or conditions."
)
EMPTY = phrase("The query is empty. Name what to look for, such as: Ukraine ceasefire")
TOO_LONG = phrase("The query has {length} characters; {limit} is the limit.")
TOO_DEEP = phrase("More than {limit} nested parentheses. Use fewer.")
NOT_CLOSED = phrase("A parenthesis is not closed. Add ), or put the words in quotes.")
CUT_OFF = phrase("Something is missing at the end. Write on, or take the last sign out.")
HOLLOW = phrase("There is nothing between these parentheses. Take them out, or fill them.")
CLOSES_NOTHING = phrase("This parenthesis closes nothing. Take it out, or put the words in quotes.")
NOTHING_BEFORE = phrase("Something is missing before this |. Put words on both sides, or take it out.")
QUOTE_NOT_CLOSED = phrase("This quotation mark is not closed. Add one behind the words, or take it out.")
OUT_OF_PLACE = phrase("This does not belong here. Take it out, or put the words in quotes.")
MISTAKES = (
    SAYS_NOTHING,
    ONLY_CONDITIONS,
    EMPTY,
    TOO_LONG,
    TOO_DEEP,
    NOT_CLOSED,
    CUT_OFF,
    HOLLOW,
    CLOSES_NOTHING,
    NOTHING_BEFORE,
    QUOTE_NOT_CLOSED,
    OUT_OF_PLACE,
)
"""Everything that can be wrong with a query."""


_GRAMMAR = r"""
    start: any
    any: all ("|" all)*
    all: _item+
    _item: without | scoped | group | phrase | WORD
    without: _MINUS _item
    scoped: FIELD _item
    group: "(" any ")"
    phrase: PHRASE
    FIELD.3: /(title|lang|from):/i
    _MINUS.3: /-(?=[^\s|)-])/
    PHRASE.2: /"[^"]*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|「[^」]*」|『[^』]*』/
    WORD: /[^\s|()"“„«「『-][^\s|()"“„«「『]*/
    DASH.1: /[-–—]+(?=\s|$|[|)])/
    %ignore /\s+/
    %ignore DASH
"""

_IDLE = frozenset(
    pattern_of(word).strip()
    for word in (
        "a an the and of in on at to for with by from about between over vs versus news latest "
        "и в на о об с по между за у против про новости та і з про між проти "
        "der die das den dem und im in von vom für gegen zwischen über mit zur zum "
        "le la les l du des de d et en à au aux pour contre entre avec "
        "el los las y del al por para contra sobre con ve ile için ilə və üçün և "
        "و في من على بين ضد مع عن در از با برای بر ו של על עם בין נגד את "
        "の と に は が を で や へ から に関する に関して について"
    ).split()
)
"""Words that say nothing about what a query is after."""

_PARTICLE = r"(?:に関する|に関して|について|から|[のとにはがをでやへ])"
_PARTICLES = re.compile(
    rf"^{_PARTICLE}(?=[^ぁ-ん])|(?<=[^ぁ-ん]{{2}}){_PARTICLE}(?=[^ぁ-ん]{{2}})|(?<=[^ぁ-ん]){_PARTICLE}$"
)
"""What joins words in a Japanese run (半導体の輸出), and not what is inside one (霞が関, はやぶさ)."""


def read_query(text: str, lexicon: Lexicon) -> Query | QueryProblem:
    """The meaning of a query, or what is wrong with it."""
    spelt = _plain_operators(text)
    problem = _obvious_problem(spelt)
    if problem is not None:
        return problem
    try:
        tree = _grammar().parse(spelt)
    except UnexpectedInput as error:
        return _grammar_problem(spelt, error)
    reader = _Reader(lexicon)
    root = reader.read(tree)
    if root is None:
        return QueryProblem(SAYS_NOTHING)
    if not any(_positive(root)):
        return QueryProblem(ONLY_CONDITIONS)
    return Query(text.strip(), root, tuple(dict.fromkeys(reader.idle)))


def nodes_of(node: Node) -> Iterator[Node]:
    """The node and all that is within it."""
    yield node
    match node:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from nodes_of(part)
        case Without(part) | InTitle(part):
            yield from nodes_of(part)
        case _:
            return


def spell_query(root: Node) -> str:
    """A text that `read_query` reads as these nodes again, under the lexicon that they were read with."""
    match root:
        case AllOf(parts):
            return " ".join(f"({spell_query(part)})" for part in parts)
        case AnyOf(parts):
            return " | ".join(f"({spell_query(part)})" for part in parts)
        case Without(part):
            return f"-({spell_query(part)})"
        case InTitle(part):
            return f"title:({spell_query(part)})"
        case Of(field, value):
            return f"{field}:{_quoted(value)}"
        case Literal(text, exact):
            return _quoted(text) if exact else text
        case Means(_, text):
            return text


def _quoted(text: str) -> str:
    """In quotation marks that it does not hold itself."""
    pairs = ('""', "“”", "«»", "「」", "『』")
    pair = next((pair for pair in pairs if not set(pair) & set(text)), pairs[0])
    return f"{pair[0]}{text}{pair[1]}"


@cache
def _grammar() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", propagate_positions=True)


_FULL_WIDTH = str.maketrans("（）｜＂：－", '()|":-')
"""Operators as a Japanese keyboard types them."""


def _plain_operators(text: str) -> str:
    """OR and NOT as people write them elsewhere, replaced in place so that positions stay right; AND says nothing."""
    text = text.translate(_FULL_WIDTH)
    text = re.sub(r"(?<!\S)OR(?!\S)", "| ", text)
    text = re.sub(r"(?<!\S)AND(?!\S)", "   ", text)
    return re.sub(r"(?<!\S)NOT\s(?=\S)", "   -", text)


def _obvious_problem(text: str) -> QueryProblem | None:
    if not text.strip():
        return QueryProblem(EMPTY)
    if len(text) > MAX_QUERY_LENGTH:
        return QueryProblem(TOO_LONG, MAX_QUERY_LENGTH, (("length", len(text)), ("limit", MAX_QUERY_LENGTH)))
    depth = 0
    for position, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth > MAX_QUERY_DEPTH:
            return QueryProblem(TOO_DEEP, position, (("limit", MAX_QUERY_DEPTH),))
    return None


def _grammar_problem(text: str, error: UnexpectedInput) -> QueryProblem:
    position = min(error.pos_in_stream or 0, len(text)) if error.pos_in_stream != -1 else len(text)
    token = error.token if isinstance(error, UnexpectedToken) else None
    if token is not None and token.type == "$END":
        closing = text.count("(") > text.count(")")
        return QueryProblem(NOT_CLOSED if closing else CUT_OFF, len(text))
    char = text[position : position + 1]
    if char == ")":
        if text[:position].rstrip().endswith("("):
            return QueryProblem(HOLLOW, position)
        return QueryProblem(CLOSES_NOTHING, position)
    if char == "|":
        return QueryProblem(NOTHING_BEFORE, position)
    if char in ('"', "“", "„", "«", "「", "『") and isinstance(error, UnexpectedCharacters):
        return QueryProblem(QUOTE_NOT_CLOSED, position)
    return QueryProblem(OUT_OF_PLACE, position)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns a syntax tree into nodes. None stands for what says nothing. `scope`: what is read is of `lang` or `from`.

    `idle` collects the words that are passed over.
    """

    lexicon: Lexicon
    scope: str = ""
    idle: list[str] = field(default_factory=list)

    def read(self, tree: Tree[Token]) -> Node | None:
        children = tree.children
        match tree.data:
            case "all":
                return _join(AllOf, [node for node in self._items(children) if node is not None])
            case "any":
                return _join(AnyOf, [node for node in map(self._child, children) if node is not None])
            case "without":
                part = self._child(children[0])
                return Without(part) if part is not None else None
            case "scoped":
                return self._scoped(str(children[0])[:-1].lower(), children[1])
            case "phrase":
                words = str(children[0])[1:-1].strip()
                if self.scope:
                    return self._plain(words)
                return Literal(words, exact=True) if pattern_of(words) else None
            case _:
                return self._child(children[0])

    def _child(self, child: Tree[Token] | Token) -> Node | None:
        return self.read(child) if isinstance(child, Tree) else self._plain(str(child))

    def _items(self, children: list[Tree[Token] | Token]) -> Iterator[Node | None]:
        """Neighbouring words are read together: a label may be several words long."""
        words: list[str] = []
        for child in children:
            if isinstance(child, Tree):
                if words:
                    yield self._plain(" ".join(words))
                    words = []
                yield self.read(child)
            else:
                words.append(str(child))
        if words:
            yield self._plain(" ".join(words))

    def _scoped(self, scope: str, child: Tree[Token] | Token) -> Node | None:
        if scope == "title":
            part = self._child(child)
            return InTitle(part) if part is not None else None
        return _Reader(self.lexicon, scope)._child(child)  # noqa: SLF001 - of its own class

    def _plain(self, text: str) -> Node | None:
        if self.scope:
            return Of(self.scope, text.casefold()) if text else None
        stream, hits = self.lexicon.read_query(text)
        nodes = [node for hit in hits for node in _meanings(hit, self.lexicon)]
        ways = [{id_ for hit in hits for id_ in hit.concepts}, {node.id for node in nodes}]
        left = [(word, pattern_of(word).strip()) for word in _leftover(stream, hits)]
        self.idle.extend(word for word, stems in left if stems in _IDLE)
        rest = [Literal(word) for word, stems in left if stems and stems not in _IDLE]
        if hits and not rest and not any(hit.processes for hit in hits):
            for process in self.lexicon.processes.values():
                if any(named in process.named_by for named in ways):
                    return means(process.id, text, process=True)
        # «Ethiopia dam Egypt» is the dam: whose affair it is need not be said.
        parties = {
            party
            for node in nodes
            if node.process and node.id in self.lexicon.processes
            for party in self.lexicon.processes[node.id].parties
        }
        return _join(AllOf, [*(node for node in nodes if node.process or node.id not in parties), *rest])


def _meanings(hit: Hit, lexicon: Lexicon) -> Iterator[Means]:
    """A phrase that names a process means that; a label of two concepts (日米) means both, unless one implies the other."""
    if hit.processes:
        yield means(hit.processes[0], hit.text, process=True)
        return
    implied = {other for concept in hit.concepts for other in lexicon.closure[concept]}
    yield from (means(concept, hit.text) for concept in hit.concepts if concept not in implied)


def _leftover(stream: Stream, hits: tuple[Hit, ...]) -> Iterator[str]:
    """The words, or pieces of runs, that no hit covers."""
    for token in stream.tokens:
        position = token.start
        inside = sorted(
            (hit for hit in hits if hit.start < token.end and hit.end > token.start), key=lambda h: h.start
        )
        for hit in [*inside, None]:
            yield from _PARTICLES.split(stream.source[position : hit.start if hit else token.end])
            position = max(position, hit.end) if hit else position


def _join(kind: type[AllOf | AnyOf], parts: list[Node]) -> Node | None:
    """One node of the parts, flat and each once, under whatever names it stands (US, America)."""
    flat: dict[Node | str, Node] = {}
    for part in parts:
        for node in part.parts if isinstance(part, kind) else (part,):
            flat.setdefault(node.id if isinstance(node, Means) else node, node)
    if not flat:
        return None
    return next(iter(flat.values())) if len(flat) == 1 else kind(tuple(flat.values()))


def _positive(node: Node) -> Iterator[bool]:
    """True for every way in which the node asks for something to be there."""
    match node:
        case AllOf(parts):
            yield any(any(_positive(part)) for part in parts)
        case AnyOf(parts):
            yield all(any(_positive(part)) for part in parts)
        case InTitle(part):
            yield from _positive(part)
        case Means() | Literal():
            yield True
        case _:
            yield False
