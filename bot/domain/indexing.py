"""Topics by what each cannot do without, so that one costs nothing where that is absent, and next to nothing to add.

Identical queries are one, however many topics have them. A query is filed under the two rarest things that it needs
together (or the one thing, or under each of several where any will do); an entry looks under the pairs of what it holds.
Words that the lexicon does not know are found by their first word or characters. Nothing is built anew when a topic comes
or goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import combinations

from bot.domain.entries import Entry
from bot.domain.lexicon import Lexicon
from bot.domain.matching import (
    CAPITALS,
    Analysis,
    Evidence,
    Match,
    Part,
    analyse,
    judge,
    key_of,
    weight_of_place,
)
from bot.domain.queries import AllOf, AnyOf, InTitle, Literal, Means, Node, Query, Without, means, nodes_of
from bot.domain.stems import LATIN_LANGUAGES
from bot.domain.text import Stream, in_capitals, is_run, patterns_of, stands_alone

Key = str | tuple[str, str]

_COMMON = 20
_RARE = 2
_RAREST = 1
"""A country is named in every other entry; an event says more, a word of somebody's own most."""


class TopicIndex:
    """Finds the topics that an entry fits. Changed in place by its owner; nobody else may look meanwhile."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._roots: dict[int, Node] = {}
        self._topics: dict[Node, dict[int, None]] = {}
        self._filed: dict[Key, dict[Node, tuple[str, ...]]] = {}
        """By what a query is filed under: the queries, each with what else it needs."""
        self._always: dict[Node, tuple[str, ...]] = {}
        self._words = _Words()

    @classmethod
    def build(cls, queries: Mapping[int, Query], lexicon: Lexicon) -> TopicIndex:
        index = cls(lexicon)
        for topic_id, query in queries.items():
            index.put(topic_id, query)
        return index

    def __contains__(self, topic_id: object) -> bool:
        return topic_id in self._roots

    def put(self, topic_id: int, query: Query) -> None:
        """Take up a topic, or have one mean something else from now on."""
        self.drop(topic_id)
        root = _canonical(query.root)
        self._roots[topic_id] = root
        topics = self._topics.setdefault(root, {})
        topics[topic_id] = None
        if len(topics) == 1:
            required = tuple(dict.fromkeys(_required(root, self.lexicon)))
            needs = _needs(root, self.lexicon)
            if needs is None:
                self._always[root] = required
            for need in needs or ():
                self._filed.setdefault(need, {})[root] = required
            for literal in _literals(root):
                self._words.add(literal)

    def drop(self, topic_id: int) -> None:
        """Forget a topic; one that is not there is no mistake."""
        root = self._roots.pop(topic_id, None)
        if root is None:
            return
        del self._topics[root][topic_id]
        if not self._topics[root]:
            del self._topics[root]
            self._always.pop(root, None)
            for need in _needs(root, self.lexicon) or ():
                del self._filed[need][root]
                if not self._filed[need]:  # words of somebody's own are never the same twice
                    del self._filed[need]
            for literal in _literals(root):
                self._words.remove(literal)

    def match(self, analysis: Analysis) -> tuple[Match, ...]:
        """The topics the entry fits, by id."""
        words = self._words.find(analysis.streams)
        matches: list[Match] = []
        for root in self._candidates(analysis, words):
            found = judge(0, root, analysis, words, self.lexicon)
            if found is not None:
                matches.extend(replace(found, topic_id=topic_id) for topic_id in self._topics[root])
        return tuple(sorted(matches, key=lambda match: match.topic_id))

    def _candidates(self, analysis: Analysis, words: Mapping[str, Evidence]) -> Iterator[Node]:
        """The queries that have all they cannot do without, each once."""
        present = {*(_kin(id_, self.lexicon) for id_ in analysis.found), *analysis.processes, *words}
        keys: Iterable[Key] = (*present, *combinations(sorted(present), 2))
        buckets = [self._filed[key] for key in keys if key in self._filed]
        seen: set[Node] = set()
        for bucket in (self._always, *buckets):
            for root, required in bucket.items():
                if present.issuperset(required) and root not in seen:
                    seen.add(root)
                    yield root


def match_query(query: Query, entries: Iterable[Entry], lexicon: Lexicon) -> Iterator[tuple[Entry, Match]]:
    """The entries that one query would have matched (as topic 0), for trying it out."""
    index = TopicIndex.build({0: query}, lexicon)
    for entry in entries:
        for match in index.match(analyse(entry, lexicon)):
            yield entry, match


@dataclass(slots=True)
class _Words:
    """Literals by what they begin with: a word, or two characters of a run. Each is counted, since queries share them."""

    _words: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)
    _runs: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)

    def add(self, literal: Literal) -> None:
        for pattern in _patterns(literal):
            table, beginning = self._place(pattern)
            counts = table.setdefault(beginning, {})
            counts[pattern, key_of(literal)] = counts.get((pattern, key_of(literal)), 0) + 1

    def remove(self, literal: Literal) -> None:
        for pattern in _patterns(literal):
            table, beginning = self._place(pattern)
            counts = table[beginning]
            counts[pattern, key_of(literal)] -= 1
            if not counts[pattern, key_of(literal)]:
                del counts[pattern, key_of(literal)]
                if not counts:
                    del table[beginning]

    def find(self, streams: Mapping[Part, Stream]) -> dict[str, Evidence]:
        """By key: the best evidence of each literal that stands in the text."""
        found: dict[str, Evidence] = {}
        for part, stream in streams.items():
            for pattern, key in self._begun(stream):
                if key in found:
                    continue
                evidence = _evidence(stream, pattern, part, capitals=key.endswith(CAPITALS))
                if evidence is not None:
                    found[key] = evidence
        return found

    def _begun(self, stream: Stream) -> Iterator[tuple[str, str]]:
        """The (pattern, key) of what may stand in the text, because its beginning does."""
        for word in self._words.keys() & set(stream.text.split()):
            yield from self._words[word]
        if self._runs:
            for token in stream.tokens:
                if is_run(stream.text[token.at]):
                    run = stream.text[token.at : stream.text.find(" ", token.at)]
                    for at in range(len(run)):
                        yield from self._runs.get(run[at], ())
                        yield from self._runs.get(run[at : at + 2], ()) if at + 1 < len(run) else ()

    def _place(self, pattern: str) -> tuple[dict[str, dict[tuple[str, str], int]], str]:
        """Where a pattern is filed."""
        if pattern.startswith(" "):
            return self._words, pattern[1:].partition(" ")[0]
        return self._runs, pattern[:2].rstrip()


def _evidence(stream: Stream, pattern: str, part: Part, *, capitals: bool) -> Evidence | None:
    """Where the pattern first stands alone in the text (and, of an acronym, in capitals), if it does."""
    start = stream.text.find(pattern)
    while start >= 0:
        end = start + len(pattern)
        first, last = stream.span(start, end)
        text = stream.source[first:last]
        if stands_alone(stream.text, start, end) and (in_capitals(text) or not capitals):
            return Evidence(text, part, first, None, weight_of_place(part, first))
        start = stream.text.find(pattern, start + 1)
    return None


def _patterns(literal: Literal) -> tuple[str, ...]:
    """A word in the forms of every language: nobody says which one a query is in."""
    return patterns_of(literal.text, ("", *LATIN_LANGUAGES[1:], "fa"))


def _canonical(node: Node) -> Node:
    """The node however it was typed: identical meanings are one query."""
    match node:
        case Means(id_, _, process):
            return means(id_, process=process)
        case AllOf(parts):
            return AllOf(tuple(sorted(map(_canonical, parts), key=repr)))
        case AnyOf(parts):
            return AnyOf(tuple(sorted(map(_canonical, parts), key=repr)))
        case Without(part):
            return Without(_canonical(part))
        case InTitle(part):
            return InTitle(_canonical(part))
        case _:
            return node


def _literals(root: Node) -> Iterator[Literal]:
    return (node for node in nodes_of(root) if isinstance(node, Literal))


def _needs(node: Node, lexicon: Lexicon) -> AbstractSet[Key] | None:
    """Keys of which an entry must have at least one to fit; None where nothing in particular is needed."""
    match node:
        case Means(id_, _, process):
            return {id_ if process else _kin(id_, lexicon)}
        case Literal():
            return {key_of(node)}
        case AllOf(parts):
            return _together(
                [needs for part in parts if (needs := _needs(part, lexicon)) is not None], lexicon
            )
        case AnyOf(parts):
            each = [_needs(part, lexicon) for part in parts]
            if None in each:
                return None
            return frozenset().union(*(needs for needs in each if needs is not None))
        case InTitle(part):
            return _needs(part, lexicon)
        case _:
            return None


def _required(node: Node, lexicon: Lexicon) -> Iterator[str]:
    """Everything that has to be present, as far as that is one thing each."""
    match node:
        case AllOf(parts):
            for part in parts:
                yield from _required(part, lexicon)
        case InTitle(part):
            yield from _required(part, lexicon)
        case Means() | Literal():
            yield from (key for key in _needs(node, lexicon) or () if isinstance(key, str))
        case _:
            return


def _together(choices: list[AbstractSet[Key]], lexicon: Lexicon) -> AbstractSet[Key] | None:
    """What is needed where all of these are: the rarest two at once, if each is one thing."""
    if not choices:
        return None
    single = {key for needs in choices if len(needs) == 1 for key in needs if isinstance(key, str)}
    if len(single) > 1:
        rarest = sorted(single, key=lambda key: (_commonness(key, lexicon), key))[:2]
        return {(min(rarest), max(rarest))}
    return min(choices, key=lambda needs: sum(_commonness(key, lexicon) for key in needs))


def _kin(id_: str, lexicon: Lexicon) -> str:
    """A concept's family, since its relatives count a little less; itself where it has none."""
    concept = lexicon.concepts.get(id_)
    return f"family:{concept.family}" if concept is not None and concept.family else id_


def _commonness(key: Key, lexicon: Lexicon) -> int:
    if not isinstance(key, str):
        return _RAREST
    concept = lexicon.concepts.get(key)
    if concept is not None:
        return _COMMON if concept.kind == "country" else _RARE
    return _RARE if key.startswith("family:") or key in lexicon.processes else _RAREST
