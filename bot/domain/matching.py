"""Whether an entry fits a topic, how well, and why.

One pass finds the lexicon's labels in the entry; which topics are worth a judgement is told by `bot.domain.indexing`. A score is the weight of the weakest part that had to be there:

- a concept named in the title weighs 1, one that something else implies (Kremlin: Russia) `IMPLIED`, another of its
  family (truce for peace deal) `FAMILY`; in the summary `IN_SUMMARY` of that, further down `IN_CONTENT`;
- a process weighs what its strongest clue does, less if the clue's parts stand `FAR` from each other;
- calls to read on, a live blog's furniture and the outlet's own name weigh nothing;
- `THRESHOLD` is the one number that decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import reduce
from types import MappingProxyType
from typing import Literal as OneOf

from bot.domain.boilerplate import blanked
from bot.domain.entries import Entry
from bot.domain.lexicon import Lexicon
from bot.domain.queries import AllOf, AnyOf, InTitle, Literal, Means, Node, Of, Without
from bot.domain.speech import ENGLISH, Speech, phrase
from bot.domain.text import Stream, is_acronym, pattern_of

THRESHOLD = 0.5
IN_SUMMARY = 0.7
IN_CONTENT = 0.45
LEAD = 600
"""Where the summary ends (characters): what a feed sends beyond is the article, which names many things in passing."""
FAR = 400
"""Characters between the parts of a clue, beyond which they hardly speak of one thing."""
APART = 0.75
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
class Verdict:
    """How well a part of a query fits, 0 to 1, and why."""

    score: float
    reasons: tuple[Evidence, ...] = ()


NOTHING = Verdict(0.0)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an entry's text holds: the streams of its parts, and for each concept or process its best evidence.

    `in_title` is all that the title means, `named` the concepts it names itself, in order of appearance. `processes` are
    those that something in it speaks for, however weakly.
    """

    entry: Entry
    streams: Mapping[Part, Stream]
    found: Mapping[str, Evidence]
    in_title: frozenset[str]
    named: tuple[str, ...]
    processes: Mapping[str, Verdict] = field(default_factory=dict)


def analyse(entry: Entry, lexicon: Lexicon) -> Analysis:
    """Find everything the lexicon knows in the entry's title and summary."""
    streams: dict[Part, Stream] = {
        "title": lexicon.read(blanked(entry.title, entry.outlet), entry.language),
        "summary": lexicon.read(blanked(entry.summary, entry.outlet), entry.language),
    }
    found: dict[str, Evidence] = {}
    named: dict[str, None] = {}
    in_title: set[str] = set()
    for part, stream in streams.items():
        for hit in lexicon.find(stream):
            factor = weight_of_place(part, hit.start)
            if part == "title":
                named.update(dict.fromkeys(hit.concepts))
            for id_, weight in _meant(hit.concepts, hit.processes, lexicon):
                if part == "title":
                    in_title.add(id_)
                if id_ not in found or found[id_].weight < weight * factor:
                    found[id_] = Evidence(hit.text, part, hit.start, id_, round(weight * factor, 3))
    return Analysis(
        entry,
        MappingProxyType(streams),
        MappingProxyType(found),
        frozenset(in_title),
        tuple(named),
        MappingProxyType(_processes(found, in_title, lexicon)),
    )


def weight_of_place(part: str, start: int) -> float:
    """What anything that stands there weighs, of 1 in the title."""
    if part == "title":
        return 1.0
    return IN_SUMMARY if start < LEAD else IN_CONTENT


def _meant(
    concepts: Iterable[str], processes: Iterable[str], lexicon: Lexicon
) -> Iterator[tuple[str, float]]:
    for process in processes:
        yield process, 1.0
    for concept in concepts:
        yield concept, 1.0
        yield from ((implied, IMPLIED) for implied in lexicon.closure[concept])


def explain(evidence: Evidence, lexicon: Lexicon, speech: Speech = ENGLISH) -> str:
    """`“停戦” in the title → ceasefire`."""
    where = phrase("“{text}” in the title") if evidence.part == "title" else phrase("“{text}” in the summary")
    found = speech.say(where, text=evidence.text)
    if evidence.concept is None:
        return speech.say("{found}, as in the query", found=found)
    return f"{found} → {lexicon.name(evidence.concept, speech.language)}"


def judge(
    topic_id: int, root: Node, analysis: Analysis, words: Mapping[str, Evidence], lexicon: Lexicon
) -> Match | None:
    """Whether the entry fits the query; `words` are its literals that were found, by `key_of`."""
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

    def judge(self, node: Node) -> Verdict:
        match node:
            case Means(id_, _, process=True):
                return self._process(id_)
            case Means(id_):
                return self._concept(id_)
            case Literal():
                return self._of(self.words.get(key_of(node)))
            case AllOf(parts):
                return reduce(_both, map(self.judge, parts))
            case AnyOf(parts):
                return max(map(self.judge, parts), key=lambda verdict: verdict.score)
            case Without(part):
                return NOTHING if self.judge(part).score >= THRESHOLD else Verdict(1.0)
            case InTitle(part):
                return _Bench(self.analysis, self.words, self.lexicon, title_only=True).judge(part)
            case Of("lang", value):
                return Verdict(float(self.analysis.entry.language.split("-")[0] == value))
            case Of(_, value):
                return Verdict(float(value in self.analysis.entry.outlet.casefold()))

    def _of(self, evidence: Evidence | None) -> Verdict:
        if evidence is None or (self.title_only and evidence.part != "title"):
            return NOTHING
        return Verdict(evidence.weight, (evidence,))

    def _concept(self, id_: str) -> Verdict:
        itself = self._of(self.analysis.found.get(id_))
        family = self.lexicon.concepts[id_].family if id_ in self.lexicon.concepts else None
        relatives = (
            self._of(self.analysis.found.get(other)) for other in self.lexicon.families.get(family or "", ())
        )
        nearest = max(relatives, key=lambda verdict: verdict.score, default=NOTHING)
        if itself.score >= nearest.score * FAMILY:
            return itself
        return Verdict(round(nearest.score * FAMILY, 3), nearest.reasons)

    def _process(self, id_: str) -> Verdict:
        if not self.title_only:
            return self.analysis.processes.get(id_, NOTHING)
        found = {key: piece for key, piece in self.analysis.found.items() if piece.part == "title"}
        return _processes(found, self.analysis.in_title, self.lexicon).get(id_, NOTHING)


def _processes(
    found: Mapping[str, Evidence], in_title: AbstractSet[str], lexicon: Lexicon
) -> dict[str, Verdict]:
    """The processes that what was found speaks for: each weighs what its strongest clue does."""
    verdicts = {id_: Verdict(found[id_].weight, (found[id_],)) for id_ in found if id_ in lexicon.processes}
    for concept in found:
        for id_, clue in lexicon.clues.get(concept, ()):
            if clue.unless & in_title or not all(one in found for one in clue.all):
                continue
            evidence = tuple(found[one] for one in clue.all)
            weight = clue.weight * _together(evidence)
            if weight > verdicts.get(id_, NOTHING).score:
                verdicts[id_] = Verdict(weight, evidence)
    return verdicts


def _together(evidence: Sequence[Evidence]) -> float:
    """How much pieces weigh as a whole: as the one in the least place, less if they stand far apart."""
    least = min(weight_of_place(piece.part, piece.start) for piece in evidence)
    below = [piece.start for piece in evidence if piece.part != "title"]
    return least * APART if below and max(below) - min(below) > FAR else least


def _both(one: Verdict, other: Verdict) -> Verdict:
    return Verdict(min(one.score, other.score), one.reasons + other.reasons)


CAPITALS = "\N{NULL}"
"""Ends the key of a word that was written in capitals and is looked for in capitals (WHO is not who)."""


def key_of(node: Literal) -> str:
    """What a literal is found under."""
    return pattern_of(node.text) + (CAPITALS if is_acronym(node.text) else "")
