"""Concepts, their labels in many languages, and finding them in a text in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher, get_close_matches
from enum import IntEnum
from types import MappingProxyType
from typing import Literal, NamedTuple

from ahocorasick_rs import AhoCorasick

from bot.domain.stems import LATIN_LANGUAGES, has_cyrillic, has_latin, languages_of_letters
from bot.domain.text import Stream, in_capitals, is_acronym, normalise, patterns_of, stands_alone

Kind = Literal["country", "person", "place", "organisation", "event", "term", "word"]
"""A `word` is a plain word of the news (bridge, judge): what is named after it (bridge collapse) does not hide it."""
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
_SHORTEST_MISSPELT = 5
_LIKENESS = 0.85
_SWAPPED_LIKENESS = 0.8
"""What a slip has in common with the word at the least (0 to 1): one letter more, less or other, or two swapped."""

HAPPENINGS = frozenset({"event", "term"})
"""The kinds of concept that happen, or are dealt with;"""
THINGS = frozenset({"country", "person", "organisation", "place"})
"""those that have a name of their own; the others are plain words."""


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
    """A running affair. `named_by`: sets of concepts that name it when a query is made of nothing else.

    `since` and `until`: its first and last day, both of them in it; None is open.
    """

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

    def runs_on(self, day: date) -> bool:
        """Whether what is published on that day (UTC) can be about it."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Hit:
    """A label found: `text` from `start` to `end` of the source, meaning `concepts` (or naming `processes`)."""

    start: int
    end: int
    text: str
    concepts: tuple[str, ...]
    processes: tuple[str, ...] = ()


_ELIDED = re.compile(r"^[a-z]{1,6}['’ʼ`](?=\w)")
"""What stands before a name and is not of it: l'OTAN, d'Israël, dell'Iran."""

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
    layers: frozenset[str] = frozenset()
    """Labels swallow shorter ones of their own layer only: `things`, `happenings`, `words`, `processes`."""
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
        return any_case or self.case <= _case_of(_ELIDED.sub("", text))


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
    _spelt: Mapping[tuple[str, int], Sequence[tuple[str, str]]]
    """By first letter and length: (label, concept)."""

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
            MappingProxyType(_by_spelling(by_id.values())),
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

    def nearest(self, word: str, limit: int = 3) -> tuple[str, ...]:
        """Labels of different concepts that `word` may be a misspelling of, the likeliest first.

        They are of about its length, and alike from the first letter on. Short words are too often like another.
        """
        folded = word.casefold()
        if len(folded) < _SHORTEST_MISSPELT:
            return ()
        near: dict[str, tuple[str, set[str]]] = {}
        for length in range(len(folded) - _MISSPELT_BY, len(folded) + _MISSPELT_BY + 1):
            for label, id_ in self._spelt.get((folded[0], length), ()):
                near.setdefault(label.casefold(), (label, set()))[1].add(id_)
        if folded in near:
            return ()  # a label where it means something else, such as Michael Jordan's
        labels: list[str] = []
        meant: set[str] = set()
        for spelt in get_close_matches(folded, near, n=5 * limit, cutoff=_SWAPPED_LIKENESS):
            label, ids = near[spelt]
            if not ids & meant and _is_slip(folded, spelt):
                labels.append(label)
                meant |= ids
        return tuple(labels[:limit])

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
        for pattern, (case, languages) in _spellings(one, needed).items():
            label = labels.get(pattern)
            if label is None:
                label = labels[pattern] = _Label(pattern, has_latin(pattern))
            label.case = min(label.case, case)
            label.layers |= _LAYERS[one.layer]
            label.keeps_s = label.keeps_s and ends_in_s
            if one.concept is not None:
                label.concepts[one.concept] = _either(label.concepts.get(one.concept, languages), languages)
            elif one.process is not None:
                label.processes[one.process] = _either(label.processes.get(one.process, languages), languages)
            else:
                label.guard = True
    return tuple(labels.values())


def _spellings(one: _Meaning, needed: Case) -> Mapping[str, tuple[Case, Languages]]:
    """By pattern: the letters it needs, and the languages of the texts in which it means this."""
    spelt: dict[str, tuple[Case, Languages]] = {}
    for stems_of, languages in _scope(one):
        for pattern in patterns_of(one.text, stems_of):
            _, others = spelt.get(pattern, (needed, languages))
            spelt[pattern] = needed, _either(others, languages)
    if has_cyrillic(one.text):  # only there does a capital change the stem
        for pattern in patterns_of(one.text.lower()):
            spelt.setdefault(pattern, (Case.QUERY, None))
    return spelt


class _Meaning(NamedTuple):
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
        layer = _layer(concept.kind)
        for language, texts in concept.labels.items():
            yield from (_Meaning(text, language, layer, concept=concept.id) for text in texts)
        yield from (_Meaning(text, "", layer) for text in concept.not_in)
    for process in processes:
        for language, texts in process.labels.items():
            yield from (_Meaning(text, language, "processes", process=process.id) for text in texts)


def _layer(kind: Kind) -> str:
    if kind == "word":
        return "words"
    return "happenings" if kind in HAPPENINGS else "things"


def _scope(one: _Meaning) -> tuple[tuple[Sequence[str], Languages], ...]:
    """By whose stems the label is found, each with the languages of the texts in which it then counts.

    Words count in their own language alone (the German «war» was). Names cross borders: English ones are met wherever
    Latin letters are, inflected as there, Russian ones wherever Cyrillic is; Japanese and Chinese write theirs with the
    same characters and mean others.
    """
    latin = has_latin(one.text)
    if one.guard:
        return _OF_GUARDS if latin else _ANYWHERE
    if has_cyrillic(one.text):
        return _ANYWHERE
    if latin and one.language == "en" and one.layer == "things":
        return _OF_NAMES
    own = one.language if not latin or one.language in LATIN_LANGUAGES else "en"
    return (((own,), frozenset({one.language})),)


_ANYWHERE = ((("",), None),)
_OF_GUARDS = ((LATIN_LANGUAGES, None),)
_OF_NAMES = ((("en",), None), *(((language,), frozenset({language})) for language in LATIN_LANGUAGES[1:]))
_LAYERS = {layer: frozenset({layer}) for layer in ("things", "happenings", "words", "processes")}


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


def _by_spelling(concepts: Iterable[Concept]) -> dict[tuple[str, int], list[tuple[str, str]]]:
    spelt: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for concept in concepts:
        for labels in concept.labels.values():
            for label in filter(None, labels):
                folded = label.casefold()
                spelt.setdefault((folded[0], len(folded)), []).append((label, concept.id))
    return spelt


def _is_slip(word: str, label: str) -> bool:
    """Whether the one may be typed for the other (both folded)."""
    swapped = sorted(word) == sorted(label)
    return swapped or SequenceMatcher(None, label, word).ratio() >= _LIKENESS


def _ends_in_s(text: str) -> bool:
    """Whether the last letter is an s, be it an initial's: U.S., US's."""
    return re.sub(r"['’ʼ`]s?$", "", text.casefold()).rstrip(".").endswith("s")


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
