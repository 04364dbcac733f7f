"""A query made narrower or wider: what it is then, as text that a person can read and change further."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.domain.lexicon import HAPPENINGS, Lexicon
from bot.domain.queries import (
    AllOf,
    InTitle,
    Means,
    Node,
    Query,
    QueryProblem,
    Without,
    nodes_of,
    read_query,
)
from bot.domain.speech import ENGLISH, Speech, phrase

QUOTES = {'"': '"', "“": "”", "„": "”“", "«": "»", "「": "」", "『": "』"}
BRACKETS = {"(": 1, "（": 1, ")": -1, "）": -1}
_SIGNS = frozenset({"OR", "AND", "NOT", "|", "｜"})
_TITLE = re.compile(r"title[:：]\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refinement:
    """A query that somebody may want instead. `template` and `word`: how it differs, for `how` to say."""

    template: str
    query: str
    word: str = ""

    def how(self, speech: Speech = ENGLISH) -> str:
        """In a few words: `only in titles`."""
        return speech.say(self.template, word=self.word)


def narrowed(text: str, words: str, lexicon: Lexicon) -> Query | QueryProblem:
    """The query `text` that asks for `words` as well (or, `-word`, leaves them out). A problem's position is in `words`."""
    return _joined(text, re.sub(r"^AND\s+", "", words), " ", lexicon)


def widened(text: str, words: str, lexicon: Lexicon) -> Query | QueryProblem:
    """The query `text` that takes `words` instead, too. A problem's position is in `words`."""
    return _joined(text, re.sub(r"^([|｜]|OR\s)\s*", "", words), " | ", lexicon)


def narrower(text: str, lexicon: Lexicon) -> tuple[Refinement, ...]:
    """Ways to have a query match less."""
    query = read_query(text, lexicon)
    if isinstance(query, QueryProblem) or any(isinstance(node, InTitle) for node in nodes_of(query.root)):
        return ()
    for titled in (f"title:{text}", f"title:({text})"):
        read = read_query(titled, lexicon)
        if isinstance(read, Query) and read.root == InTitle(query.root):
            return (Refinement(phrase("only in titles"), titled),)
    return ()


def wider(text: str, lexicon: Lexicon) -> tuple[Refinement, ...]:
    """Ways to have a query match more."""
    query = read_query(text, lexicon)
    items = tuple(_items(text))
    if isinstance(query, QueryProblem) or _SIGNS & set(items):
        return ()
    if len(items) == 1:
        anywhere = _TITLE.sub("", items[0], count=1)
        anywhere = anywhere[1:-1].strip() if anywhere[:1] in BRACKETS else anywhere
        read = read_query(anywhere, lexicon)
        titled = isinstance(query.root, InTitle) and isinstance(read, Query) and read.root == query.root.part
        return (Refinement(phrase("anywhere in the text"), anywhere),) if titled else ()
    rest = " ".join(items[:-1])
    read = read_query(rest, lexicon)
    if isinstance(read, QueryProblem) or not _asks_less(read.root, query.root):
        return ()
    last = items[-1]
    if last[0] in "-－":
        return (Refinement(phrase("with “{word}”"), rest, last[1:]),)
    return (Refinement(phrase("without “{word}”"), rest, last.strip("“”")),)


def leaving_out(
    text: str, concepts: Iterable[str], lexicon: Lexicon, language: str = "en"
) -> tuple[Refinement, ...]:
    """Ways to have a query leave out what a story names (`concepts`, ids) beside what was asked for.

    It is written as a reader of the `language` would.
    """
    query = read_query(text, lexicon)
    if isinstance(query, QueryProblem):
        return ()
    found: list[Refinement] = []
    for id_ in _beside(query.root, concepts, lexicon):
        name = lexicon.name(id_, language)
        read = narrowed(text, f"-({name})" if " " in name else f"-{name}", lexicon)
        if isinstance(read, Query) and id_ in _left_out(read.root):
            found.append(Refinement(phrase("leave out {word}"), read.text, name))
    return tuple(found)


def taking_in(
    text: str, concepts: Sequence[str], lexicon: Lexicon, language: str = "en"
) -> tuple[Refinement, ...]:
    """Ways to have a query take all that names the same as a story: who was asked for, with something beside it.

    A kind of event that was asked for is not enough: with anything beside it, that is another matter.
    """
    query = read_query(text, lexicon)
    if isinstance(query, QueryProblem):
        return ()
    asked = _asked_for(query.root, lexicon) - _left_out(query.root)
    known = [id_ for id_ in concepts if id_ in asked and id_ in lexicon.concepts]
    first = next((id_ for id_ in known if lexicon.concepts[id_].kind not in HAPPENINGS), None)
    if first is None:
        return ()
    found: list[Refinement] = []
    for id_ in _beside(query.root, concepts, lexicon):
        words = f"{lexicon.name(first, language)} {lexicon.name(id_, language)}"
        alone, read = read_query(words, lexicon), widened(text, words, lexicon)
        # Words may mean more together than each by itself.
        if isinstance(read, Query) and isinstance(alone, Query) and _means(alone.root) == {first, id_}:
            found.append(Refinement(phrase("also “{word}”"), read.text, words))
    return tuple(found)


def _beside(root: Node, concepts: Iterable[str], lexicon: Lexicon) -> list[str]:
    """Those of the concepts of which a query says nothing, and that stand for nothing in it (as Zelensky for Ukraine)."""
    spoken_of = _asked_for(root, lexicon)
    return [
        id_
        for id_ in concepts
        if id_ in lexicon.concepts and spoken_of.isdisjoint({id_, *lexicon.closure.get(id_, ())})
    ]


def _asked_for(root: Node, lexicon: Lexicon) -> frozenset[str]:
    """The concepts of which a query speaks; of a process its parties and what it is named by."""
    processes = [
        lexicon.processes[node.id] for node in nodes_of(root) if isinstance(node, Means) and node.process
    ]
    of_processes = (
        id_ for process in processes for id_ in (*process.parties, *frozenset().union(*process.named_by))
    )
    return frozenset({*_means(root), *of_processes})


def _left_out(root: Node) -> frozenset[str]:
    """The concepts that a query leaves out."""
    return frozenset(id_ for node in nodes_of(root) if isinstance(node, Without) for id_ in _means(node.part))


def _means(root: Node) -> set[str]:
    """The concepts that are named there."""
    return {node.id for node in nodes_of(root) if isinstance(node, Means) and not node.process}


def _joined(text: str, words: str, sign: str, lexicon: Lexicon) -> Query | QueryProblem:
    """Both texts joined by the sign, in no more parentheses than keep the meaning of each."""
    # Behind a word that is fine, alone and in parentheses: so they neither close what was open nor open what stays so.
    for before, after in (("x ", ""), ("x ( ", " )")):
        problem = read_query(f"{before}{words}{after}", lexicon)
        if isinstance(problem, QueryProblem):
            return replace(problem, position=min(max(problem.position - len(before), 0), len(words)))
    meant = read_query(f"({text}){sign}({words})", lexicon)
    if isinstance(meant, QueryProblem):
        return replace(meant, position=0)
    for form in (f"{text}{sign}{words}", f"{text}{sign}({words})", f"({text}){sign}{words}"):
        read = read_query(form, lexicon)
        if isinstance(read, Query) and read.root == meant.root:
            return read
    return meant


def _items(text: str) -> Iterator[str]:
    """The pieces of a query between blanks that stand in no quotes or parentheses; a | is a piece of its own."""
    piece, depth, closing = "", 0, ""
    for char in text:
        if closing:
            closing = "" if char in closing else closing
        elif not depth and (char.isspace() or char in "|｜"):
            yield from filter(None, (piece, char.strip()))
            piece = ""
            continue
        else:
            depth += BRACKETS.get(char, 0)
            closing = QUOTES.get(char, "")
        piece += char
    if piece:
        yield piece


def _asks_less(less: Node, more: Node) -> bool:
    """Whether what is left asks for things that were asked for, or (of a process by its names) for known things alone."""
    parts = less.parts if isinstance(less, AllOf) else (less,)
    if isinstance(more, AllOf):
        return set(parts) < set(more.parts)
    return isinstance(more, Means) and more.process and all(isinstance(part, Means) for part in parts)
