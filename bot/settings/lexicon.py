"""Reads `config/lexicon/*.toml` and the countries of CLDR into a `Lexicon`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from babel import Locale
from pydantic import Field

from bot.domain.lexicon import Clue, Concept, Kind, Lexicon, Process
from bot.settings.languages import Language
from bot.settings.toml import Path_, TableModel, TomlFile, did_you_mean

LabelTable = dict[Language, tuple[str, ...]]


class ConceptTable(TableModel):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    kind: Kind
    implies: tuple[str, ...] = ()
    family: str | None = None
    labels: LabelTable = Field(default_factory=dict)
    not_in: LabelTable = Field(default_factory=dict)
    drop: tuple[str, ...] = ()
    """Labels of CLDR that mean something else more often (Réunion)."""


class ClueTable(TableModel):
    all: tuple[str, ...] = Field(min_length=1)
    weight: float = Field(gt=0, le=1)
    not_: tuple[str, ...] = Field(default=(), alias="not")


class SaidTable(TableModel):
    """A process as it is spoken of in another language than English."""

    name: str
    leaves_out: str = ""


class ProcessTable(TableModel):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str
    since: date | None = None
    until: date | None = None
    parties: tuple[str, ...] = ()
    named_by: tuple[tuple[str, ...], ...] = ()
    labels: LabelTable = Field(default_factory=dict)
    evidence: tuple[ClueTable, ...] = Field(min_length=1)
    leaves_out: str = ""
    said_in: dict[Language, SaidTable] = Field(default_factory=dict)


def read_lexicon(folder: Path, languages: Iterable[str]) -> tuple[Lexicon | None, list[TomlFile]]:
    """The lexicon, or None where a file has a problem; and the files with their problems.

    Countries have their names of CLDR in `languages` and in every language that the files have labels in.
    """
    files = [TomlFile.read(path) for path in sorted(folder.glob("*.toml"))]
    if not files:
        files = [TomlFile.read(folder / "countries.toml")]
    concepts = [
        (file, path, table) for file in files for path, table in file.tables("concepts", ConceptTable)
    ]
    processes = [
        (file, path, table) for file in files for path, table in file.tables("processes", ProcessTable)
    ]
    for file in files:
        file.only("concepts", "processes")
    spoken = {*languages, *(language for _, _, table in concepts for language in table.labels)}
    countries = countries_of_cldr(sorted(spoken))
    known = {*countries, *(table.id for _, _, table in concepts)}
    _check_ids(
        [
            *((file, path, table.id) for file, path, table in concepts),
            *((file, path, table.id) for file, path, table in processes),
        ]
    )
    for file, path, table in concepts:
        _check_known(file, (*path, "implies"), table.implies, known)
        _check_repeated(file, path, table)
        if not any(table.labels.values()) and table.id not in countries:
            file.report(path, f"“{table.id}” has no labels; add [concepts.labels] with en = […]")
    _check_cycles(concepts)
    for file, path, process in processes:
        for index, clue in enumerate(process.evidence):
            _check_known(file, (*path, "evidence", index, "all"), clue.all, known)
            _check_known(file, (*path, "evidence", index, "not"), clue.not_, known)
        _check_known(file, (*path, "named_by"), (id_ for ids in process.named_by for id_ in ids), known)
        _check_known(file, (*path, "parties"), process.parties, known)
        if process.since and process.until and process.until < process.since:
            file.report(
                (*path, "until"), f"ends before it begins ({process.since}); swap the two or correct one"
            )
    if any(file.problems for file in files):
        return None, files
    merged = _merged(countries, [table for _, _, table in concepts])
    return Lexicon.build(merged.values(), [_process(table) for _, _, table in processes]), files


def countries_of_cldr(languages: Sequence[str]) -> dict[str, Concept]:
    """Every country as a concept, `id` its ISO 3166-1 alpha-2 code in lower case, named as CLDR does. Source: Babel."""
    territories = {language: _territories(language) for language in languages}
    codes = sorted(
        code
        for code in _territories("en")
        if re.fullmatch(r"[A-Z]{2}", code) and code not in ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ")
    )
    return {
        code.lower(): Concept(
            id=code.lower(),
            kind="country",
            labels={
                language: tuple(dict.fromkeys(names[code]))
                for language, names in territories.items()
                if names.get(code)
            },
            flag="".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in code),
        )
        for code in codes
    }


def _territories(language: str) -> dict[str, tuple[str, ...]]:
    """Names by code; Chinese in both of its scripts."""
    names: dict[str, tuple[str, ...]] = {}
    for spelt in ("zh-Hans", "zh-Hant") if language == "zh" else (language,):
        for code, name in Locale.parse(spelt, sep="-").territories.items():
            names[str(code)] = (*names.get(str(code), ()), *_names(str(name)))
    return names


def _names(name: str) -> tuple[str, ...]:
    """`Myanmar (Burma)` has two names; so has `Bosnia & Herzegovina`, written out."""
    parts = re.fullmatch(r"([^(（]+)[(（](.+)[)）]", name)
    names = (parts[1].strip(), parts[2].strip()) if parts else (name,)
    return tuple(dict.fromkeys(spelt for each in names for spelt in (each, each.replace("&", "and"))))


def _merged(countries: Mapping[str, Concept], tables: Iterable[ConceptTable]) -> dict[str, Concept]:
    concepts = dict(countries)
    for table in tables:
        base = concepts.get(table.id, Concept(table.id, table.kind, {}))
        labels = {
            language: tuple(
                dict.fromkeys(
                    label
                    for label in (*base.labels.get(language, ()), *table.labels.get(language, ()))
                    if label not in table.drop
                )
            )
            for language in dict.fromkeys((*base.labels, *table.labels))
        }
        concepts[table.id] = replace(
            base,
            kind=table.kind,
            labels=labels,
            implies=table.implies,
            family=table.family,
            not_in=tuple(text for texts in table.not_in.values() for text in texts),
        )
    return concepts


def _process(table: ProcessTable) -> Process:
    return Process(
        id=table.id,
        name=table.name,
        labels=table.labels,
        named_by=tuple(frozenset(ids) for ids in table.named_by),
        evidence=tuple(Clue(clue.all, clue.weight, frozenset(clue.not_)) for clue in table.evidence),
        parties=table.parties,
        since=table.since,
        until=table.until,
        leaves_out=table.leaves_out,
        said_in={language: (said.name, said.leaves_out) for language, said in table.said_in.items()},
    )


def _check_ids(tables: Iterable[tuple[TomlFile, Path_, str]]) -> None:
    seen: dict[str, tuple[TomlFile, Path_]] = {}
    for file, path, id_ in tables:
        if id_ not in seen:
            seen[id_] = file, path
            continue
        first, place = seen[id_]
        where = f"{first.name}:{first.line((*place, 'id'))}"
        file.report((*path, "id"), f"“{id_}” stands already in {where}; merge the two or rename one")


def _check_repeated(file: TomlFile, path: Path_, table: ConceptTable) -> None:
    """A label that stands twice in one list is a slip; in two concepts it may well mean both (米露)."""
    for language, labels in table.labels.items():
        for label, number in Counter(labels).items():
            if number > 1:
                file.report((*path, "labels", language), f"“{label}” stands {number} times; once is enough")


def _check_known(file: TomlFile, path: Path_, ids: Iterable[str], known: set[str]) -> None:
    for id_ in ids:
        if id_ not in known:
            file.report(
                path, f"no concept “{id_}”; add it or correct the id.{did_you_mean(id_, sorted(known))}"
            )


def _check_cycles(concepts: Sequence[tuple[TomlFile, Path_, ConceptTable]]) -> None:
    implies = {table.id: table.implies for _, _, table in concepts}
    for file, path, table in concepts:
        reached, waiting = set[str](), list(table.implies)
        while waiting:
            id_ = waiting.pop()
            if id_ == table.id:
                file.report(
                    (*path, "implies"), f"“{table.id}” implies itself through others; take one step out"
                )
                break
            if id_ not in reached:
                reached.add(id_)
                waiting.extend(implies.get(id_, ()))
