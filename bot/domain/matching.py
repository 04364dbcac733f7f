"""Whether an entry fits a topic, how well, and why.

One pass finds the lexicon's labels in the entry; which topics are worth a judgement is told by `bot.domain.indexing`. A score is the weight of the weakest part that had to be there:

- a concept named in the title weighs 1, one that something else implies (Kremlin: Russia) `IMPLIED`, another of its
  family (truce for peace deal) `FAMILY`; in the summary `IN_SUMMARY` of that, further down `IN_CONTENT`;
- a process weighs what its strongest clue does, and nothing in an entry from before it began or after it ended;
- what has to be there together (the parts of a clue, the concepts and words of a query) weighs `APART` of that where
  the summary has nowhere all that it adds to the title within `FAR` characters;
- calls to read on, a live blog's furniture and the outlet's own name weigh nothing;
- `THRESHOLD` is the one number that decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, date
from types import MappingProxyType
from typing import Literal as OneOf

from bot.domain.boilerplate import blanked
from bot.domain.entries import Entry
from bot.domain.lexicon import THINGS, Lexicon
from bot.domain.queries import AllOf, AnyOf, InTitle, Literal, Means, Node, Of, Without
from bot.domain.speech import ENGLISH, Speech, phrase
from bot.domain.text import Stream, is_acronym, pattern_of

THRESHOLD = 0.5
IN_SUMMARY = 0.7
IN_CONTENT = 0.45
LEAD = 600
"""Where the summary ends (characters): what a feed sends beyond is the article, which names many things in passing."""
FAR = 400
"""Characters between things named in a summary, beyond which they hardly speak of one thing."""
APART = 0.7
"""So that things which stand far apart below the title, and not in it, fit nothing that needs them both."""
IMPLIED = 0.9
FAMILY = 0.8

STORY = "story"
"""The part of an evidence that is no piece of the entry, but the headline of another report of its story."""

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
    """An entry fits a topic. `score` is in [`THRESHOLD`, 1]. `inherited`: through the story that it stands in."""

    topic_id: int
    score: float
    reasons: tuple[Evidence, ...]
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a part of a query fits, 0 to 1, and why. `apart`: it counts less already, for the distance between these."""

    score: float
    reasons: tuple[Evidence, ...] = ()
    apart: bool = False


NOTHING = Verdict(0.0)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an entry's text holds: the streams of its parts, and for each concept or process its best evidence.

    `in_title` is all that the title means, `named` the concepts it names itself, in order of appearance. `processes` are
    those that something in it speaks for, however weakly. `places`: where the lead of the summary means a concept, in order.
    `names`: from where to where each part names a thing (rather than a happening or a plain word). `plain`: those of `found`
    that are plain words.
    """

    entry: Entry
    streams: Mapping[Part, Stream]
    found: Mapping[str, Evidence]
    places: Mapping[str, Sequence[int]]
    in_title: frozenset[str]
    named: tuple[str, ...]
    processes: Mapping[str, Verdict] = field(default_factory=dict)
    names: Mapping[Part, Sequence[tuple[int, int]]] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()


def analyse(entry: Entry, lexicon: Lexicon) -> Analysis:
    """Find everything the lexicon knows in the entry's title and summary."""
    streams: dict[Part, Stream] = {
        "title": lexicon.read(blanked(entry.title, entry.outlet), entry.language),
        "summary": lexicon.read(blanked(entry.summary, entry.outlet), entry.language),
    }
    found: dict[str, Evidence] = {}
    places: dict[str, list[int]] = {}
    named: dict[str, None] = {}
    in_title: set[str] = set()
    names: dict[Part, list[tuple[int, int]]] = {part: [] for part in streams}
    day = _day_of(entry)
    for part, stream in streams.items():
        for hit in lexicon.find(stream):
            factor = weight_of_place(part, hit.start)
            if any(lexicon.concepts[id_].kind in THINGS for id_ in hit.concepts):
                names[part].append((hit.start, hit.end))
            if part == "title":
                named.update(dict.fromkeys(hit.concepts))
            running = (id_ for id_ in hit.processes if lexicon.processes[id_].runs_on(day))
            for id_, weight in _meant(hit.concepts, running, lexicon):
                if part == "title":
                    in_title.add(id_)
                elif hit.start < LEAD:
                    places.setdefault(id_, []).append(hit.start)
                if id_ not in found or found[id_].weight < weight * factor:
                    found[id_] = Evidence(hit.text, part, hit.start, id_, round(weight * factor, 3))
    return Analysis(
        entry,
        MappingProxyType(streams),
        MappingProxyType(found),
        MappingProxyType(places),
        frozenset(in_title),
        tuple(named),
        MappingProxyType(_processes(found, places, in_title, day, lexicon)),
        MappingProxyType(names),
        frozenset(id_ for id_ in found if id_ in lexicon.concepts and lexicon.concepts[id_].kind == "word"),
    )


def _day_of(entry: Entry) -> date:
    """The day of its publication, by which it is decided which affairs were running (UTC)."""
    return entry.at.astimezone(UTC).date()


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
    if evidence.part == STORY:
        return speech.say("it belongs to the story of “{headline}”", headline=evidence.text)
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
                return self._together([self.judge(part) for part in parts])
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
        day = _day_of(self.analysis.entry)
        return _processes(found, {}, self.analysis.in_title, day, self.lexicon).get(id_, NOTHING)

    def _together(self, verdicts: Sequence[Verdict]) -> Verdict:
        """What parts weigh that all have to be there: as the weakest, less if they stand far apart (but once)."""
        weakest = min(verdict.score for verdict in verdicts)
        reasons = tuple(piece for verdict in verdicts for piece in verdict.reasons)
        if any(verdict.apart for verdict in verdicts):
            return Verdict(weakest, reasons, apart=True)
        apart = weakest >= THRESHOLD and _apart(reasons, self._places_of)
        return Verdict(weakest * APART if apart else weakest, reasons, apart)

    def _places_of(self, piece: Evidence) -> Sequence[int]:
        """Where the lead has what this is evidence of; a plain word, where it stands in this form."""
        if piece.concept is not None:
            return self.analysis.places[piece.concept]
        lead = self.analysis.streams["summary"].source[: LEAD + len(piece.text)]
        return [found.start() for found in re.finditer(re.escape(piece.text), lead, re.IGNORECASE)]


def _processes(
    found: Mapping[str, Evidence],
    places: Mapping[str, Sequence[int]],
    in_title: AbstractSet[str],
    day: date,
    lexicon: Lexicon,
) -> dict[str, Verdict]:
    """The processes that what was found speaks for: each weighs what its strongest clue does."""
    verdicts = {id_: Verdict(found[id_].weight, (found[id_],)) for id_ in found if id_ in lexicon.processes}
    for concept in found:
        for id_, clue in lexicon.clues.get(concept, ()):
            if clue.unless & in_title or not all(one in found for one in clue.all):
                continue
            if not lexicon.processes[id_].runs_on(day):
                continue
            evidence = tuple(found[one] for one in clue.all)
            apart = _apart(evidence, lambda piece: places[piece.concept or ""])
            least = min(weight_of_place(piece.part, piece.start) for piece in evidence)
            weight = clue.weight * least * (APART if apart else 1)
            if weight > verdicts.get(id_, NOTHING).score:
                verdicts[id_] = Verdict(weight, evidence, apart)
    return verdicts


def _apart(pieces: Iterable[Evidence], places_of: Callable[[Evidence], Sequence[int]]) -> bool:
    """Whether no `FAR` characters of the lead have all the pieces in them; those of the title are near to everything.

    What stands further down than the lead weighs too little to fit in any case.
    """
    below = [piece for piece in pieces if piece.part != "title" and piece.start < LEAD]
    starts = [piece.start for piece in below]
    if not starts or max(starts) - min(starts) <= FAR:
        return False
    marks = sorted((start, number) for number, piece in enumerate(below) for start in places_of(piece))
    last: dict[int, int] = {}
    for start, number in marks:
        last[number] = start
        if len(last) == len(below) and start - min(last.values()) <= FAR:
            return False
    return True


CAPITALS = "\N{NULL}"
"""Ends the key of a word that was written in capitals and is looked for in capitals (WHO is not who)."""


def key_of(node: Literal) -> str:
    """What a literal is found under."""
    return pattern_of(node.text) + (CAPITALS if is_acronym(node.text) else "")
