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

from bot.domain.stems import LATIN_LANGUAGES, has_cyrillic, has_latin, languages_of_letters
from bot.domain.text import Stream, in_capitals, is_acronym, normalise, patterns_of, stands_alone

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
    leaves_out: str = ""
    """What a reader might expect and does not get, as a person would say it: `battle reports`."""
    said_in: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By language other than English, `name` and `leaves_out`."""

    def called(self, language: str) -> str:
        return self.said_in.get(language, (self.name, ""))[0]

    def unwanted(self, language: str) -> str:
        """What it leaves out, in the language."""
        return self.said_in.get(language, ("", self.leaves_out))[1]


@dataclass(frozen=True, slots=True)
class Hit:
    """A label found: `text` from `start` to `end` of the source, meaning `concepts` (or naming `processes`)."""

    start: int
    end: int
    text: str
    concepts: tuple[str, ...]
    processes: tuple[str, ...] = ()


Languages = frozenset[str] | None
"""Those of a text in which a label means what it does; None is any."""


@dataclass(slots=True)
class _Label:
    """A pattern of the automaton and all that it means, by language; `guard` if it is there to swallow shorter ones."""

    pattern: str
    latin: bool = False
    concepts: dict[str, Languages] = field(default_factory=dict)
    processes: dict[str, Languages] = field(default_factory=dict)
    guard: bool = False
    case: Case = Case.QUERY
    layers: set[str] = field(default_factory=set)
    """Labels swallow shorter ones of their own layer only: `things`, `happenings`, `processes`."""
    keeps_s: bool = True
    """Whether the text has to end in s as the label does: a name's s is no plural (Hamas is not Hama)."""

    def means(self, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(concepts, processes) that it means in a text of this language; empty: a query, of whatever language."""
        return _spoken(self.concepts, language), _spoken(self.processes, language)

    def counts(self, language: str) -> bool:
        """Whether it means something there, or swallows what does."""
        return self.guard or any(self.means(language))

    def fits(self, text: str, *, any_case: bool) -> bool:
        if self.keeps_s and not _ends_in_s(text):
            return False
        return any_case or self.case <= _case_of(text)


def _spoken(meanings: Mapping[str, Languages], language: str) -> tuple[str, ...]:
    return tuple(
        id_
        for id_, languages in meanings.items()
        if not language or languages is None or language in languages
    )


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
    clues: Mapping[str, tuple[tuple[str, Clue], ...]]
    """By concept: the clues, and their processes, that are worth a look where it is found."""
    languages: frozenset[str]
    """Languages that labels are written in; a text in any other is read as if it were English."""
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
            MappingProxyType(_clues(processes_by_id.values(), by_id)),
            frozenset(language for concept in by_id.values() for language in concept.labels) | {"en"},
            labels,
            AhoCorasick([label.pattern for label in labels]),
        )

    def read(self, text: str, language: str) -> Stream:
        """The stream of a text in a language, as far as there are labels in it."""
        return normalise(text, self._known(language))

    def find(self, stream: Stream) -> tuple[Hit, ...]:
        """Every label in the text, in order. A longer one swallows those within it that are of its own layer."""
        language = self._known(stream.language) if stream.language else ""
        found = self._find(stream, language, any_case=False)
        return tuple(_hit(stream, one, language) for one in _unswallowed(found, language))

    def find_for_query(self, stream: Stream) -> tuple[Hit, ...]:
        """Labels in a query, leftmost and longest, none overlapping: what is read as one thing there.

        Words in Latin letters are read in the stream's language; any others say by themselves which one they are in.
        """
        chosen: list[tuple[_Found, str]] = []
        for one in sorted(self._find(stream, "", any_case=True), key=_leftmost_longest):
            language = stream.language if one.label.latin else ""
            if one.label.counts(language) and (not chosen or one.start >= chosen[-1][0].end):
                chosen.append((one, language))
        return tuple(
            _hit(stream, one, language) for one, language in chosen if any(one.label.means(language))
        )

    def read_query(self, text: str) -> tuple[Stream, tuple[Hit, ...]]:
        """A query's stream and labels, in whichever of the languages of its letters most of it is understood."""
        first, *others = languages_of_letters(text)
        best = self._read_as(text, first)
        for language in others:
            if not _left_over(*best):
                break  # all of it is understood
            best = max(best, self._read_as(text, language), key=lambda one: _covered(one[1]))
        return best

    def _read_as(self, text: str, language: str) -> tuple[Stream, tuple[Hit, ...]]:
        stream = normalise(text, language)
        return stream, self.find_for_query(stream)

    def _known(self, language: str) -> str:
        base = language.split("-", maxsplit=1)[0]
        return base if base in self.languages else "en"

    def _find(self, stream: Stream, language: str, *, any_case: bool) -> list[_Found]:
        found = []
        for index, start, end in self._automaton.find_matches_as_indexes(stream.text, overlapping=True):
            label = self._labels[index]
            if not label.counts(language) or not stands_alone(stream.text, start, end):
                continue
            source_start, source_end = stream.span(start, end)
            if label.fits(stream.source[source_start:source_end], any_case=any_case):
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
            return self.processes[id_].called(language)
        return self.concepts[id_].name(language) if id_ in self.concepts else id_


def _collect(concepts: Iterable[Concept], processes: Iterable[Process]) -> tuple[_Label, ...]:
    labels: dict[str, _Label] = {}
    for one in _meanings(concepts, processes):
        needed = Case.ANY if one.guard else _case_needed(one.text, one.layer)
        ends_in_s = one.layer == "things" and _ends_in_s(one.text)
        for pattern, case, languages in _spellings(one, needed):
            label = labels.setdefault(pattern, _Label(pattern, latin=has_latin(pattern)))
            label.case = min(label.case, case)
            label.layers.add(one.layer)
            label.keeps_s = label.keeps_s and ends_in_s
            label.guard = label.guard or one.guard
            for meanings, id_ in ((label.concepts, one.concept), (label.processes, one.process)):
                if id_ is not None:
                    meanings[id_] = _either(meanings.get(id_, languages), languages)
    return tuple(labels.values())


def _spellings(one: _Meaning, needed: Case) -> Iterator[tuple[str, Case, Languages]]:
    """(pattern, letters it needs, languages of the texts in which it means this)."""
    for language, languages in _scope(one):
        patterns = patterns_of(one.text, (language,))
        if has_cyrillic(one.text):  # only there does a capital change the stem
            yield from (
                (p, Case.QUERY, languages) for p in patterns_of(one.text.lower()) if p not in patterns
            )
        yield from ((pattern, needed, languages) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """A text that is looked for, and what it means; a guard means nothing, and swallows shorter ones."""

    text: str
    language: str
    layer: str
    concept: str | None = None
    process: str | None = None

    @property
    def guard(self) -> bool:
        return self.concept is None and self.process is None


def _meanings(concepts: Iterable[Concept], processes: Iterable[Process]) -> Iterator[_Meaning]:
    for concept in concepts:
        layer = "happenings" if concept.kind in HAPPENINGS else "things"
        for language, texts in concept.labels.items():
            yield from (_Meaning(text, language, layer, concept=concept.id) for text in texts)
        yield from (_Meaning(text, "", layer) for text in concept.not_in)
    for process in processes:
        for language, texts in process.labels.items():
            yield from (_Meaning(text, language, "processes", process=process.id) for text in texts)


def _scope(one: _Meaning) -> Iterator[tuple[str, Languages]]:
    """By whose stems the label is found, each with the languages of the texts in which it then counts.

    Words count in their own language alone (the German «war» was). Names cross borders: English ones are met wherever
    Latin letters are, inflected as there, Russian ones wherever Cyrillic is; Japanese and Chinese write theirs with the
    same characters and mean others.
    """
    latin = has_latin(one.text)
    if one.guard:
        yield from ((language, None) for language in (LATIN_LANGUAGES if latin else ("",)))
    elif has_cyrillic(one.text):
        yield "", None
    elif latin and one.language == "en" and one.layer == "things":
        yield "en", None
        yield from ((language, frozenset({language})) for language in LATIN_LANGUAGES[1:])
    elif latin:
        own = one.language if one.language in LATIN_LANGUAGES else "en"
        yield own, frozenset({one.language})
    else:
        yield one.language, frozenset({one.language})


def _either(one: Languages, other: Languages) -> Languages:
    return None if one is None or other is None else one | other


def _implied(id_: str, concepts: Mapping[str, Concept]) -> tuple[str, ...]:
    reached: list[str] = []
    waiting = list(concepts[id_].implies)
    while waiting:
        next_id = waiting.pop(0)
        if next_id not in reached and next_id != id_:
            reached.append(next_id)
            waiting.extend(concepts[next_id].implies if next_id in concepts else ())
    return tuple(reached)


def _clues(
    processes: Iterable[Process], concepts: Mapping[str, Concept]
) -> dict[str, tuple[tuple[str, Clue], ...]]:
    """Each clue under the concept of it that texts name least: a country is in every other one."""
    clues: dict[str, tuple[tuple[str, Clue], ...]] = {}
    for process in processes:
        for clue in process.evidence:
            rarest = min(clue.all, key=lambda id_: id_ in concepts and concepts[id_].kind == "country")
            clues[rarest] = (*clues.get(rarest, ()), (process.id, clue))
    return clues


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


def _covered(hits: Sequence[Hit]) -> int:
    """How many characters of a text the labels take up."""
    return sum(hit.end - hit.start for hit in hits)


def _left_over(stream: Stream, hits: Sequence[Hit]) -> bool:
    """Whether any word of the text is no label, nor part of one."""
    return any(not any(hit.start <= token.start < hit.end for hit in hits) for token in stream.tokens)


def _unswallowed(found: Iterable[_Found], language: str) -> Iterator[_Found]:
    """Those that mean something and that no longer one of their layer covers, leftmost and longest first."""
    reach: dict[str, int] = {}
    for one in sorted(found, key=_leftmost_longest):
        # No two labels have one place, so whatever of the layer reaches as far and came before is longer.
        covered = any(reach.get(layer, 0) >= one.end for layer in one.label.layers)
        reach.update({layer: max(reach.get(layer, 0), one.end) for layer in one.label.layers})
        if any(one.label.means(language)) and not covered:
            yield one


def _hit(stream: Stream, one: _Found, language: str) -> Hit:
    start, end = stream.span(one.start, one.end)
    return Hit(start, end, stream.source[start:end], *one.label.means(language))
