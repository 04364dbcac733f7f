"""Whether an entry fits a topic, how well, and why.

One pass finds the lexicon's labels in the entry; topics are looked up by the rarest thing each cannot do without, so a
topic costs nothing where that is absent. A score is the weight of the weakest part that had to be there:

- a concept named in the title weighs 1, one that something else implies (Kremlin: Russia) `IMPLIED`, another of its
  family (truce for peace deal) `FAMILY`; in the summary `IN_SUMMARY` of that;
- a process weighs what its strongest clue does;
- `THRESHOLD` is the one number that decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType
from typing import Literal as OneOf

from ahocorasick_rs import AhoCorasick

from bot.domain.entries import Entry
from bot.domain.lexicon import Clue, Lexicon
from bot.domain.queries import AllOf, AnyOf, InTitle, Literal, Means, Node, Of, Query, Without
from bot.domain.stems import LATIN_LANGUAGES
from bot.domain.text import Stream, in_capitals, is_acronym, pattern_of, patterns_of, stands_alone

THRESHOLD = 0.5
IN_SUMMARY = 0.7
IMPLIED = 0.9
FAMILY = 0.8

Part = OneOf["title", "summary"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of an entry that speaks for a topic.

    `text` stands at `start` (a character offset) of `part`. `concept` is the id of what it means, None for a plain
    word of the query. `weight` is in (0, 1].
    """

    text: str
    part: str
    start: int
    concept: str | None
    weight: float


@dataclass(frozen=True, slots=True)
class Match:
    """An entry fits a topic. `score` is in [`THRESHOLD`, 1]."""

    topic_id: int
    score: float
    reasons: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an entry's text holds: the streams of its parts, and for each concept or process its best evidence.

    `in_title` is all that the title means, `named` the concepts it names itself, in order of appearance.
    """

    entry: Entry
    streams: Mapping[Part, Stream]
    found: Mapping[str, Evidence]
    in_title: frozenset[str]
    named: tuple[str, ...]


def analyse(entry: Entry, lexicon: Lexicon) -> Analysis:
    """Find everything the lexicon knows in the entry's title and summary."""
    streams: dict[Part, Stream] = {
        "title": lexicon.read(entry.title, entry.language),
        "summary": lexicon.read(entry.summary, entry.language),
    }
    found: dict[str, Evidence] = {}
    named: dict[str, None] = {}
    in_title: set[str] = set()
    for part, stream in streams.items():
        factor = 1.0 if part == "title" else IN_SUMMARY
        for hit in lexicon.find(stream):
            if part == "title":
                named.update(dict.fromkeys(hit.concepts))
            for id_, weight in _meant(hit.concepts, hit.processes, lexicon):
                if part == "title":
                    in_title.add(id_)
                if id_ not in found or found[id_].weight < weight * factor:
                    found[id_] = Evidence(hit.text, part, hit.start, id_, round(weight * factor, 3))
    return Analysis(
        entry, MappingProxyType(streams), MappingProxyType(found), frozenset(in_title), tuple(named)
    )


def _meant(
    concepts: Iterable[str], processes: Iterable[str], lexicon: Lexicon
) -> Iterator[tuple[str, float]]:
    for process in processes:
        yield process, 1.0
    for concept in concepts:
        yield concept, 1.0
        yield from ((implied, IMPLIED) for implied in lexicon.closure[concept])


@dataclass(frozen=True, slots=True)
class TopicIndex:
    """Topics by the rarest thing each needs; made anew when topics change, which costs their number, not the lexicon's."""

    lexicon: Lexicon
    queries: Mapping[int, Query]
    _by_need: Mapping[str, tuple[int, ...]]
    _always: tuple[int, ...]
    _literals: tuple[str, ...]
    _automaton: AhoCorasick

    @classmethod
    def build(cls, queries: Mapping[int, Query], lexicon: Lexicon) -> TopicIndex:
        by_need: dict[str, list[int]] = {}
        always = []
        for topic_id, query in sorted(queries.items()):
            needs = _needs(query.root, lexicon)
            if needs is None:
                always.append(topic_id)
            for need in needs or ():
                by_need.setdefault(need, []).append(topic_id)
        literals = sorted(
            {
                (pattern, _key(node))
                for query in queries.values()
                for node in _literals(query.root)
                for pattern in patterns_of(node.text, ("", *LATIN_LANGUAGES, "fa"))
            }
        )
        return cls(
            lexicon,
            MappingProxyType(dict(queries)),
            MappingProxyType({need: tuple(ids) for need, ids in by_need.items()}),
            tuple(always),
            tuple(key for _, key in literals),
            AhoCorasick([pattern for pattern, _ in literals]),
        )

    def match(self, analysis: Analysis) -> tuple[Match, ...]:
        """The topics the entry fits, by id."""
        words = self._words(analysis.streams)
        candidates = set(self._always)
        for need in (*analysis.found, *words):
            candidates.update(self._by_need.get(need, ()))
        return tuple(
            match
            for topic_id in sorted(candidates)
            if (match := _judge(topic_id, self.queries[topic_id].root, analysis, words, self.lexicon))
            is not None
        )

    def _words(self, streams: Mapping[Part, Stream]) -> dict[str, Evidence]:
        found: dict[str, Evidence] = {}
        for part, stream in streams.items():
            weight = 1.0 if part == "title" else IN_SUMMARY
            for index, start, end in self._automaton.find_matches_as_indexes(stream.text, overlapping=True):
                source_start, source_end = stream.span(start, end)
                text = stream.source[source_start:source_end]
                if not stands_alone(stream.text, start, end):
                    continue
                if in_capitals(text) or not self._literals[index].endswith(_CAPITALS):
                    evidence = Evidence(text, part, source_start, None, weight)
                    found.setdefault(self._literals[index], evidence)
        return found


def match_query(query: Query, entries: Iterable[Entry], lexicon: Lexicon) -> Iterator[tuple[Entry, Match]]:
    """The entries that one query would have matched (as topic 0), for trying it out."""
    index = TopicIndex.build({0: query}, lexicon)
    for entry in entries:
        for match in index.match(analyse(entry, lexicon)):
            yield entry, match


def explain(evidence: Evidence, lexicon: Lexicon, language: str = "en") -> str:
    """`“停戦” in the title → ceasefire`."""
    found = f"“{evidence.text}” in the {evidence.part}"
    return (
        f"{found} → {lexicon.name(evidence.concept, language)}"
        if evidence.concept
        else f"{found}, as in the query"
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    score: float
    reasons: tuple[Evidence, ...] = ()


_NOTHING = _Verdict(0.0)


def _judge(
    topic_id: int, root: Node, analysis: Analysis, words: Mapping[str, Evidence], lexicon: Lexicon
) -> Match | None:
    verdict = _Bench(analysis, words, lexicon).judge(root)
    if verdict.score < THRESHOLD:
        return None
    reasons = sorted(
        dict.fromkeys(verdict.reasons), key=lambda reason: (reason.part != "title", reason.start)
    )
    return Match(topic_id, round(verdict.score, 3), tuple(reasons))


@dataclass(frozen=True, slots=True)
class _Bench:
    """Judges the nodes of a query by what was found in one entry."""

    analysis: Analysis
    words: Mapping[str, Evidence]
    lexicon: Lexicon
    title_only: bool = False

    def judge(self, node: Node) -> _Verdict:
        match node:
            case Means(id_, _, process=True):
                return self._process(id_)
            case Means(id_):
                return self._concept(id_)
            case Literal():
                return self._of(self.words.get(_key(node)))
            case AllOf(parts):
                return reduce(_both, map(self.judge, parts))
            case AnyOf(parts):
                return max(map(self.judge, parts), key=lambda verdict: verdict.score)
            case Without(part):
                return _NOTHING if self.judge(part).score >= THRESHOLD else _Verdict(1.0)
            case InTitle(part):
                return _Bench(self.analysis, self.words, self.lexicon, title_only=True).judge(part)
            case Of("lang", value):
                return _Verdict(float(self.analysis.entry.language.split("-")[0] == value))
            case Of(_, value):
                return _Verdict(float(value in self.analysis.entry.outlet.casefold()))

    def _of(self, evidence: Evidence | None) -> _Verdict:
        if evidence is None or (self.title_only and evidence.part != "title"):
            return _NOTHING
        return _Verdict(evidence.weight, (evidence,))

    def _concept(self, id_: str) -> _Verdict:
        itself = self._of(self.analysis.found.get(id_))
        family = self.lexicon.concepts[id_].family if id_ in self.lexicon.concepts else None
        relatives = (
            self._of(self.analysis.found.get(other)) for other in self.lexicon.families.get(family or "", ())
        )
        nearest = max(relatives, key=lambda verdict: verdict.score, default=_NOTHING)
        if itself.score >= nearest.score * FAMILY:
            return itself
        return _Verdict(round(nearest.score * FAMILY, 3), nearest.reasons)

    def _process(self, id_: str) -> _Verdict:
        clues = (self._clue(clue) for clue in self.lexicon.processes[id_].evidence)
        return max([self._of(self.analysis.found.get(id_)), *clues], key=lambda verdict: verdict.score)

    def _clue(self, clue: Clue) -> _Verdict:
        """Weighs as a whole: its weight in the title, less if any of it stands only in the summary."""
        if clue.unless & self.analysis.in_title:
            return _NOTHING
        found = [self.analysis.found.get(id_) for id_ in clue.all]
        evidence = tuple(piece for piece in found if piece is not None)
        if len(evidence) < len(found) or (
            self.title_only and any(piece.part != "title" for piece in evidence)
        ):
            return _NOTHING
        everywhere = 1.0 if all(piece.part == "title" for piece in evidence) else IN_SUMMARY
        return _Verdict(clue.weight * everywhere, evidence)


def _both(one: _Verdict, other: _Verdict) -> _Verdict:
    return _Verdict(min(one.score, other.score), one.reasons + other.reasons)


_CAPITALS = "\N{NULL}"
"""Ends the key of a word that was written in capitals and is looked for in capitals (WHO is not who)."""


def _key(node: Literal) -> str:
    return pattern_of(node.text) + (_CAPITALS if is_acronym(node.text) else "")


def _literals(node: Node) -> Iterator[Literal]:
    match node:
        case Literal():
            yield node
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _literals(part)
        case Without(part) | InTitle(part):
            yield from _literals(part)


_COMMON = 2
"""A country is named in every other entry; an event or a word says more."""


def _needs(node: Node, lexicon: Lexicon) -> AbstractSet[str] | None:
    """Things of which an entry must have at least one to fit; None where nothing in particular is needed."""
    match node:
        case Means(id_, _, process=True):
            return {id_, *(_rarest(clue.all, lexicon) for clue in lexicon.processes[id_].evidence)}
        case Means(id_):
            family = lexicon.concepts[id_].family if id_ in lexicon.concepts else None
            return {id_, *lexicon.families.get(family or "", ())}
        case Literal():
            return {_key(node)}
        case AllOf(parts):
            choices = [needs for part in parts if (needs := _needs(part, lexicon)) is not None]
            return min(choices, key=lambda needs: _commonness(needs, lexicon), default=None)
        case AnyOf(parts):
            each = [_needs(part, lexicon) for part in parts]
            return (
                None if None in each else frozenset().union(*(needs for needs in each if needs is not None))
            )
        case InTitle(part):
            return _needs(part, lexicon)
        case _:
            return None


def _rarest(concepts: Sequence[str], lexicon: Lexicon) -> str:
    return min(concepts, key=lambda id_: _commonness({id_}, lexicon))


def _commonness(needs: AbstractSet[str], lexicon: Lexicon) -> int:
    return sum(
        _COMMON * 10 if id_ in lexicon.concepts and lexicon.concepts[id_].kind == "country" else _COMMON
        for id_ in needs
    )
