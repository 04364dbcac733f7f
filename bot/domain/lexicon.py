"""Concepts, their labels in many languages, and finding them in a text in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from types import MappingProxyType
from typing import Literal

from ahocorasick_rs import AhoCorasick

from bot.domain.text import Stream, is_acronym, is_katakana, pattern_of

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


_HAPPENINGS = frozenset({"event", "term"})


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
        labels = (
            self.labels.get(language) or self.labels.get("en") or next(iter(self.labels.values()), (self.id,))
        )
        return labels[0]


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
    case: Case = Case.CAPITALS
    layers: set[str] = field(default_factory=set)
    """Labels swallow shorter ones of their own layer only: `things`, `happenings`, `processes`."""


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
        return self._find(stream, any_case=False)

    def find_for_query(self, stream: Stream) -> tuple[Hit, ...]:
        """Labels in a query, leftmost and longest, none overlapping: what is read as one thing there."""
        chosen: list[Hit] = []
        for hit in sorted(self._find(stream, any_case=True), key=lambda hit: (hit.start, -hit.end)):
            if not chosen or hit.start >= chosen[-1].end:
                chosen.append(hit)
        return tuple(chosen)

    def _find(self, stream: Stream, *, any_case: bool) -> tuple[Hit, ...]:
        found: list[tuple[Hit, _Label]] = []
        for index, start, end in self._automaton.find_matches_as_indexes(stream.text, overlapping=True):
            label = self._labels[index]
            if not _stands_alone(stream.text, start, end):
                continue
            source_start, source_end = stream.span(start, end)
            text = stream.source[source_start:source_end]
            if any_case or label.case <= _case_of(text):
                hit = Hit(source_start, source_end, text, tuple(label.concepts), tuple(label.processes))
                found.append((hit, label))
        return tuple(
            hit
            for hit, label in found
            if (hit.concepts or hit.processes) and not _swallowed(hit, label, found)
        )

    def name(self, id_: str, language: str = "en") -> str:
        """What a person would call the concept or process."""
        if id_ in self.processes:
            return self.processes[id_].name
        return self.concepts[id_].name(language) if id_ in self.concepts else id_


def _collect(concepts: Iterable[Concept], processes: Iterable[Process]) -> tuple[_Label, ...]:
    labels: dict[str, _Label] = {}
    for text, layer, concept, process in _meanings(concepts, processes):
        if pattern := pattern_of(text):
            label = labels.setdefault(pattern, _Label(pattern))
            label.case = min(label.case, _case_needed(text, layer) if concept or process else Case.ANY)
            label.layers.add(layer)
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
        layer = "happenings" if concept.kind in _HAPPENINGS else "things"
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


def _case_of(text: str) -> Case:
    """Two capitals make an acronym, whatever ending follows: NATO's, МИДа."""
    if is_acronym("".join(char for char in text if char.isalpha())[:2]):
        return Case.CAPITALS
    return Case.INITIAL if text[0].isupper() or not text[0].islower() else Case.ANY


def _case_needed(label: str, layer: str) -> Case:
    """Names of things are written with a capital wherever the script has one; names of happenings as headlines please."""
    if is_acronym(label):
        return Case.CAPITALS
    return min(_case_of(label), Case.INITIAL) if layer == "things" else Case.ANY


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Katakana labels match at katakana boundaries only: イラン is not in ブイランド."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (is_katakana(text[start]) and before and is_katakana(before)) and not (
        is_katakana(text[end - 1]) and after and is_katakana(after)
    )


def _swallowed(hit: Hit, label: _Label, found: Sequence[tuple[Hit, _Label]]) -> bool:
    return any(
        other.start <= hit.start
        and hit.end <= other.end
        and (other.end - other.start) > (hit.end - hit.start)
        and bool(other_label.layers & label.layers)
        for other, other_label in found
    )
