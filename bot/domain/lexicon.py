"""Concepts, their labels in many languages, and finding them in a text in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import IntEnum
from types import MappingProxyType
from typing import Literal

from ahocorasick_rs import AhoCorasick

from bot.domain.text import Stream, in_capitals, is_acronym, patterns_of, stands_alone

Kind = Literal["country", "person", "place", "organisation", "event", "term"]
Labels = Mapping[str, tuple[str, ...]]
"""By language (BCP 47)."""


class Case(IntEnum):
    """How a label's letters have to be written in a text; in a query they need not."""

    ANY = 0
    INITIAL = 1
    """A name: Turkey, and not the turkey; Того, and not того."""
    CAPITALS = 2
    """An acronym: US, and not us."""
    QUERY = 3
    """Never in a text: what a name is cut down to when typed in lower case (лавров)."""


_MISSPELT_BY = 2
"""Letters by which a misspelt word is longer or shorter at the most."""

HAPPENINGS = frozenset({"event", "term"})
"""The kinds of concept that happen, or are dealt with; the others are there."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A thing with labels in many languages.

    `implies`: concepts it stands for as well (Zelensky: Ukraine). `family`: concepts of one family are near in
    meaning. `not_in`: longer words in which a label does not mean this concept. `flag`: of a country.
    """

    id: str
    kind: Kind
    labels: Labels
    implies: tuple[str, ...] = ()
    family: str | None = None
    not_in: tuple[str, ...] = ()
    flag: str | None = None

    def name(self, language: str = "en") -> str:
        """What a person would call it, in `language` where it has a label there."""
        in_order = (self.labels.get(language), self.labels.get("en"), *self.labels.values(), (self.id,))
        return next(labels[0] for labels in in_order if labels)


@dataclass(frozen=True, slots=True)
class Clue:
    """Concepts that speak for a process when a text has them all, unless its title has one of `unless`."""

    all: tuple[str, ...]
    weight: float
    unless: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Process:
    """A running affair. `named_by`: sets of concepts that name it when a query is made of nothing else."""

    id: str
    name: str
    labels: Labels
    named_by: tuple[frozenset[str], ...]
    evidence: tuple[Clue, ...]
    parties: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A label found: `text` from `start` to `end` of the source, meaning `concepts` (or naming `processes`)."""

    start: int
    end: int
    text: str
    concepts: tuple[str, ...]
    processes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Label:
    """A pattern of the automaton and all that it means; nothing at all if it is there to swallow shorter ones."""

    pattern: str
    concepts: list[str] = field(default_factory=list)
    processes: list[str] = field(default_factory=list)
    case: Case = Case.QUERY
    layers: set[str] = field(default_factory=set)
    """Labels swallow shorter ones of their own layer only: `things`, `happenings`, `processes`."""
    keeps_s: bool = True
    """Whether the text has to end in s as the label does: a name's s is no plural (Hamas is not Hama)."""

    @property
    def means_something(self) -> bool:
        return bool(self.concepts or self.processes)

    def fits(self, text: str, *, any_case: bool) -> bool:
        if self.keeps_s and not _ends_in_s(text):
            return False
        return any_case or self.case <= _case_of(text)


@dataclass(frozen=True, slots=True)
class _Found:
    """A label at `start` to `end` of a stream, without the spaces around it."""

    start: int
    end: int
    label: _Label


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All concepts and processes, and the automaton over their labels. Build it off the event loop."""

    concepts: Mapping[str, Concept]
    processes: Mapping[str, Process]
    closure: Mapping[str, tuple[str, ...]]
    """By concept: all that it implies, near and far, without itself."""
    families: Mapping[str, tuple[str, ...]]
    _labels: Sequence[_Label]
    _automaton: AhoCorasick

    @classmethod
    def build(cls, concepts: Iterable[Concept], processes: Iterable[Process] = ()) -> Lexicon:
        by_id = {concept.id: concept for concept in concepts}
        processes_by_id = {process.id: process for process in processes}
        labels = _collect(by_id.values(), processes_by_id.values())
        families: dict[str, tuple[str, ...]] = {}
        for concept in by_id.values():
            if concept.family:
                families[concept.family] = (*families.get(concept.family, ()), concept.id)
        return cls(
            MappingProxyType(by_id),
            MappingProxyType(processes_by_id),
            MappingProxyType({id_: _implied(id_, by_id) for id_ in by_id}),
            MappingProxyType(families),
            labels,
            AhoCorasick([label.pattern for label in labels]),
        )

    def find(self, stream: Stream) -> tuple[Hit, ...]:
        """Every label in the text, in order. A longer one swallows those within it that are of its own layer."""
        return tuple(_hit(stream, one) for one in _unswallowed(self._find(stream, any_case=False)))

    def find_for_query(self, stream: Stream) -> tuple[Hit, ...]:
        """Labels in a query, leftmost and longest, none overlapping: what is read as one thing there."""
        chosen: list[_Found] = []
        for one in sorted(self._find(stream, any_case=True), key=_leftmost_longest):
            if not chosen or one.start >= chosen[-1].end:
                chosen.append(one)
        return tuple(_hit(stream, one) for one in chosen if one.label.means_something)

    def _find(self, stream: Stream, *, any_case: bool) -> list[_Found]:
        found = []
        for index, start, end in self._automaton.find_matches_as_indexes(stream.text, overlapping=True):
            source_start, source_end = stream.span(start, end)
            label = self._labels[index]
            if stands_alone(stream.text, start, end) and label.fits(
                stream.source[source_start:source_end], any_case=any_case
            ):
                inner = start + (stream.text[start] == " "), end - (stream.text[end - 1] == " ")
                found.append(_Found(*inner, label))
        return found

    def nearest(self, word: str) -> str | None:
        """A label that `word` may be a misspelling of: of about its length, and alike from the first letter on."""
        folded = word.casefold()
        near = {
            label.casefold(): label
            for concept in self.concepts.values()
            for labels in concept.labels.values()
            for label in labels
            if label[:1].casefold() == folded[:1] and abs(len(label) - len(word)) <= _MISSPELT_BY
        }
        if folded in near:
            return None  # a label where it means something else, such as Michael Jordan's
        close = get_close_matches(folded, near, n=1, cutoff=0.8)
        return near[close[0]] if close else None

    def name(self, id_: str, language: str = "en") -> str:
        """What a person would call the concept or process."""
        if id_ in self.processes:
            return self.processes[id_].name
        return self.concepts[id_].name(language) if id_ in self.concepts else id_


def _collect(concepts: Iterable[Concept], processes: Iterable[Process]) -> tuple[_Label, ...]:
    labels: dict[str, _Label] = {}
    for text, layer, concept, process in _meanings(concepts, processes):
        needed = _case_needed(text, layer) if concept or process else Case.ANY
        cases = dict.fromkeys(patterns_of(text.lower()), Case.QUERY) | dict.fromkeys(
            patterns_of(text), needed
        )
        for pattern, case in cases.items():
            label = labels.setdefault(pattern, _Label(pattern))
            label.case = min(label.case, case)
            label.layers.add(layer)
            label.keeps_s = label.keeps_s and layer == "things" and _ends_in_s(text)
            if concept and concept not in label.concepts:
                label.concepts.append(concept)
            if process and process not in label.processes:
                label.processes.append(process)
    return tuple(labels.values())


def _meanings(
    concepts: Iterable[Concept], processes: Iterable[Process]
) -> Iterator[tuple[str, str, str | None, str | None]]:
    """(label, layer, concept, process) of everything that is looked for; neither concept nor process for guards."""
    for concept in concepts:
        layer = "happenings" if concept.kind in HAPPENINGS else "things"
        yield from ((text, layer, concept.id, None) for texts in concept.labels.values() for text in texts)
        yield from ((text, layer, None, None) for text in concept.not_in)
    for process in processes:
        yield from (
            (text, "processes", None, process.id) for texts in process.labels.values() for text in texts
        )


def _implied(id_: str, concepts: Mapping[str, Concept]) -> tuple[str, ...]:
    reached: list[str] = []
    waiting = list(concepts[id_].implies)
    while waiting:
        next_id = waiting.pop(0)
        if next_id not in reached and next_id != id_:
            reached.append(next_id)
            waiting.extend(concepts[next_id].implies if next_id in concepts else ())
    return tuple(reached)


def _ends_in_s(text: str) -> bool:
    return re.sub(r"['’ʼ`]s?$", "", text.casefold()).endswith("s")


def _case_of(text: str) -> Case:
    if in_capitals(text):
        return Case.CAPITALS
    return Case.INITIAL if text[0].isupper() or not text[0].islower() else Case.ANY


def _case_needed(label: str, layer: str) -> Case:
    """Names of things are written with a capital wherever the script has one; names of happenings as headlines please."""
    if is_acronym(label):
        return Case.CAPITALS
    return min(_case_of(label), Case.INITIAL) if layer == "things" else Case.ANY


def _leftmost_longest(one: _Found) -> tuple[int, int]:
    return one.start, -one.end


def _unswallowed(found: Iterable[_Found]) -> Iterator[_Found]:
    """Those that mean something and that no longer one of their layer covers, leftmost and longest first."""
    reach: dict[str, int] = {}
    for one in sorted(found, key=_leftmost_longest):
        # No two labels have one place, so whatever of the layer reaches as far and came before is longer.
        covered = any(reach.get(layer, 0) >= one.end for layer in one.label.layers)
        reach.update({layer: max(reach.get(layer, 0), one.end) for layer in one.label.layers})
        if one.label.means_something and not covered:
            yield one


def _hit(stream: Stream, one: _Found) -> Hit:
    start, end = stream.span(one.start, one.end)
    return Hit(start, end, stream.source[start:end], tuple(one.label.concepts), tuple(one.label.processes))
