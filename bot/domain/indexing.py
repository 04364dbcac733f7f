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
from bot.domain.matching import CAPITALS, IN_SUMMARY, Analysis, Evidence, Match, Part, analyse, judge, key_of
from bot.domain.queries import AllOf, AnyOf, InTitle, Literal, Means, Node, Query, Without
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
        self._filed: dict[Key, dict[Node, None]] = {}
        self._always: dict[Node, None] = {}
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
            for bucket in self._buckets(root):
                bucket[root] = None
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
            for bucket in self._buckets(root):
                del bucket[root]
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

    def _candidates(self, analysis: Analysis, words: Mapping[str, Evidence]) -> dict[Node, None]:
        present = sorted({*(_kin(id_, self.lexicon) for id_ in analysis.found), *analysis.processes, *words})
        candidates = dict(self._always)
        keys: Iterable[Key] = (*present, *combinations(present, 2))
        for key in keys:
            if key in self._filed:
                candidates.update(self._filed[key])
        return candidates

    def _buckets(self, root: Node) -> Iterator[dict[Node, None]]:
        needs = _needs(root, self.lexicon)
        if needs is None:
            yield self._always
        for need in needs or ():
            yield self._filed.setdefault(need, {})


def match_query(query: Query, entries: Iterable[Entry], lexicon: Lexicon) -> Iterator[tuple[Entry, Match]]:
    """The entries that one query would have matched (as topic 0), for trying it out."""
    index = TopicIndex.build({0: query}, lexicon)
    for entry in entries:
        for match in index.match(analyse(entry, lexicon)):
            yield entry, match


@dataclass(slots=True)
class _Words:
    """Literals by what they begin with: a word, or two characters of a run. Each is counted, since queries share them."""

    _begun: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)

    def add(self, literal: Literal) -> None:
        for pattern in _patterns(literal):
            counts = self._begun.setdefault(_beginning(pattern), {})
            counts[pattern, key_of(literal)] = counts.get((pattern, key_of(literal)), 0) + 1

    def remove(self, literal: Literal) -> None:
        for pattern in _patterns(literal):
            counts = self._begun[_beginning(pattern)]
            counts[pattern, key_of(literal)] -= 1
            if not counts[pattern, key_of(literal)]:
                del counts[pattern, key_of(literal)]
                if not counts:
                    del self._begun[_beginning(pattern)]

    def find(self, streams: Mapping[Part, Stream]) -> dict[str, Evidence]:
        """By key: the best evidence of each literal that stands in the text."""
        found: dict[str, Evidence] = {}
        if not self._begun:
            return found
        for part, stream in streams.items():
            weight = 1.0 if part == "title" else IN_SUMMARY
            for at, beginning in _beginnings(stream):
                for pattern, key in self._begun.get(beginning, ()):
                    if key in found or not stream.text.startswith(pattern, at):
                        continue
                    evidence = _evidence(stream, at, at + len(pattern), part, weight)
                    if evidence and (in_capitals(evidence.text) or not key.endswith(CAPITALS)):
                        found[key] = evidence
        return found


def _evidence(stream: Stream, start: int, end: int, part: Part, weight: float) -> Evidence | None:
    if not stands_alone(stream.text, start, end):
        return None
    first, last = stream.span(start, end)
    return Evidence(stream.source[first:last], part, first, None, weight)


def _patterns(literal: Literal) -> tuple[str, ...]:
    """A word in the forms of every language: nobody says which one a query is in."""
    return patterns_of(literal.text, ("", *LATIN_LANGUAGES[1:], "fa"))


def _beginning(pattern: str) -> str:
    """What a pattern is filed under: its first word with the blanks around it, or its first two characters."""
    if not pattern.startswith(" "):
        return pattern[:2].rstrip()
    end = pattern.find(" ", 1)
    return pattern[: end + 1] if end > 0 else pattern


def _beginnings(stream: Stream) -> Iterator[tuple[int, str]]:
    """Where a pattern may begin, and what it is filed under if it does."""
    text = stream.text
    for token in stream.tokens:
        end = text.find(" ", token.at)
        yield token.at - 1, text[token.at - 1 : end + 1]
        yield token.at - 1, text[token.at - 1 : end]
        if is_run(text[token.at]):
            for at in range(token.at, end):
                yield at, text[at]
                yield at, text[at : min(at + 2, end)]


def _canonical(node: Node) -> Node:
    """The node however it was typed: identical meanings are one query."""
    match node:
        case Means(id_, _, process):
            return Means(id_, "", process)
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


def _literals(node: Node) -> Iterator[Literal]:
    match node:
        case Literal():
            yield node
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _literals(part)
        case Without(part) | InTitle(part):
            yield from _literals(part)
        case _:
            return


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
