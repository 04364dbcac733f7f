"""Reads `config/` into a `Catalog`, or says line by line what to mend."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from babel import Locale
from pydantic import AfterValidator, Field
from yarl import URL

from bot.domain.addresses import user_of, without_user
from bot.domain.catalog import Catalog, EventMark, StyleGuide
from bot.domain.entries import FeedSpec
from bot.domain.lexicon import Lexicon
from bot.domain.outlets import Outlet, Outlets, fold_name
from bot.domain.queries import QueryProblem, read_query
from bot.domain.topics import TopicSpec
from bot.settings.languages import Language
from bot.settings.lexicon import read_lexicon
from bot.settings.toml import ConfigProblem, Path_, TableModel, TomlFile, did_you_mean


def _country(code: str) -> str:
    if code and code.upper() not in Locale("en").territories:
        raise ValueError(f"no country {code!r}; use the ISO 3166 code, such as gb for Britain") from None
    return code.lower()


def _address(url: str) -> str:
    parsed = URL(url)
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("write the whole address, from http:// or https://")
    return url


Country = Annotated[str, AfterValidator(_country)]


class FeedTable(TableModel):
    url: Annotated[str, AfterValidator(_address)]
    outlet: str = Field(min_length=1)
    language: Language
    country: Country = ""
    title: str = ""
    aggregator: bool = False
    verified: bool = True
    minutes: float | None = Field(default=None, gt=0, le=1440)


class OutletTable(TableModel):
    name: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    owner: str = ""
    country: Country = ""
    agency: bool = False


class TopicTable(TableModel):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str = Field(min_length=1, max_length=80)
    query: str


class MarksTable(TableModel):
    first: str
    confirmed: str
    fact: str
    background: str
    possible_repeat: str
    update: str
    correction: str
    retraction: str


class BulletinTable(TableModel):
    confirmed_by: int = Field(ge=2)
    max_facts: int = Field(ge=0, le=10)
    max_flags: int = Field(ge=0, le=10)


class EventMarkTable(TableModel):
    concepts: tuple[str, ...] = Field(min_length=1)
    mark: str = Field(min_length=1)
    said: dict[Language, str] = Field(default_factory=dict)
    unless: dict[Language, str] = Field(default_factory=dict)


class StyleFile(TableModel):
    marks: MarksTable
    bulletin: BulletinTable
    events: tuple[EventMarkTable, ...] = ()


def load_catalog(
    folder: Path, *, topics_file: Path | None = None, feeds: Sequence[FeedSpec] | None = None
) -> Catalog | tuple[ConfigProblem, ...]:
    """Everything under `folder`, or every problem in it. `topics_file` and `feeds` stand in for the folder's own."""
    with _uncollected():
        return _load_catalog(folder, topics_file, feeds)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collections: what is read stays, and going over it again and again takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _load_catalog(
    folder: Path, topics_file: Path | None, feeds: Sequence[FeedSpec] | None
) -> Catalog | tuple[ConfigProblem, ...]:
    missing = _no_configuration(folder)
    if missing is not None:
        return (missing,)
    outlets_file = TomlFile.read(folder / "outlets.toml")
    outlets = _outlets(outlets_file)
    feeds_file = TomlFile("feeds") if feeds is not None else TomlFile.read(folder / "feeds.toml")
    specs = tuple(feeds) if feeds is not None else _feeds(feeds_file, outlets)
    languages = {spec.language.split("-")[0] for spec in specs} | {"en", "ja", "ru", "uk"}
    lexicon, lexicon_files = read_lexicon(folder / "lexicon", languages)
    topics_toml = TomlFile.read(topics_file or folder / "topics.toml")
    topics = _topics(topics_toml, lexicon)
    style_file = TomlFile.read(folder / "style.toml")
    style = _style(style_file, lexicon)
    files = (feeds_file, outlets_file, topics_toml, style_file, *lexicon_files)
    problems = sorted(problem for file in files for problem in file.problems)
    if problems or lexicon is None or style is None:
        return tuple(problems)
    labelled = {language for concept in lexicon.concepts.values() for language in concept.labels}
    return Catalog(specs, outlets, topics, style, lexicon, language_names(languages | labelled))


def _no_configuration(folder: Path) -> ConfigProblem | None:
    """What to say, once, where it is the folder that is wrong and not what is in it."""
    remedy = (
        "SOKUHO_CONFIG_DIR has to name the one with feeds.toml; without it, that of the repository is read"
    )
    if not folder.is_dir():
        return ConfigProblem(str(folder), 0, f"there is no such folder; {remedy}")
    if not any(folder.glob("*.toml")):
        return ConfigProblem(str(folder), 0, f"this folder holds no configuration; {remedy}")
    return None


def language_names(codes: Iterable[str]) -> dict[str, str]:
    """Each language's name for itself, in the order of the codes."""
    names = {code: Locale.parse(code, sep="-").display_name or code for code in sorted(codes)}
    return {code: name[0].upper() + name[1:] for code, name in names.items()}


def _outlets(file: TomlFile) -> Outlets:
    file.only("outlets")
    outlets, seen = [], dict[str, tuple[Path_, str]]()
    for path, table in file.tables("outlets", OutletTable):
        for name in (table.name, *table.aliases, *table.domains):
            first, owner = seen.setdefault(fold_name(name), (path, table.name))
            if first != path:
                file.report((*path, "name"), f"“{name}” is a name of “{owner}” too; keep it in one place")
        outlets.append(
            Outlet(table.name, table.aliases, table.domains, table.owner, table.country, table.agency)
        )
    return Outlets.of(outlets)


def _feeds(file: TomlFile, outlets: Outlets) -> tuple[FeedSpec, ...]:
    file.only("feeds")
    known = sorted({outlet.name for outlet in outlets.by_name.values()})
    specs: dict[str, FeedSpec] = {}
    for path, table in file.tables("feeds", FeedTable):
        url = without_user(table.url)
        if url in specs:
            file.report((*path, "url"), "this address stands in the file already; take one of the two out")
        if known and fold_name(table.outlet) not in outlets.by_name:
            hint = did_you_mean(table.outlet, known)
            file.report((*path, "outlet"), f"“{table.outlet}” is not in outlets.toml; add it there.{hint}")
        specs[url] = FeedSpec(
            url=url,
            outlet=outlets.resolve(table.outlet),
            language=table.language,
            country=table.country,
            title=table.title,
            aggregator=table.aggregator,
            verified=table.verified,
            interval=timedelta(minutes=table.minutes) if table.minutes else None,
            user=user_of(table.url),
        )
    if not specs and not file.problems:
        file.report((), "there is no feed; add one: [[feeds]] with url, outlet and language")
    return tuple(specs.values())


def _topics(file: TomlFile, lexicon: Lexicon | None) -> tuple[TopicSpec, ...]:
    file.only("topics")
    topics: dict[str, TopicSpec] = {}
    for path, table in file.tables("topics", TopicTable):
        if table.id in topics:
            file.report((*path, "id"), f"there is a topic “{table.id}” already; rename one")
        if lexicon is not None:
            read = read_query(table.query, lexicon)
            if isinstance(read, QueryProblem):
                file.report((*path, "query"), f"position {read.position + 1} of the query: {read.message}")
        topics[table.id] = TopicSpec(table.id, table.name, table.query)
    if not topics and not file.problems:
        file.report((), "there is no topic; add one: [[topics]] with id, name and query")
    return tuple(topics.values())


def _patterns(file: TomlFile, path: Path_, texts: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    """By language, regular expressions; one that is none is reported."""
    patterns = {}
    for language, text in texts.items():
        try:
            patterns[language] = re.compile(text, re.IGNORECASE)
        except re.error as error:
            file.report((*path, language), f"no regular expression: {error}")
    return patterns


def _style(file: TomlFile, lexicon: Lexicon | None) -> StyleGuide | None:
    read = file.whole(StyleFile)
    if read is None:
        return None
    events: dict[str, EventMark] = {}
    for index, table in enumerate(read.events):
        path: Path_ = ("events", index, "concepts")
        said, unless = (
            _patterns(file, ("events", index, key), texts)
            for key, texts in (("said", table.said), ("unless", table.unless))
        )
        for concept in table.concepts:
            if lexicon is not None and concept not in lexicon.concepts:
                file.report(
                    path,
                    f"no concept “{concept}” in the lexicon.{did_you_mean(concept, list(lexicon.concepts))}",
                )
            events[concept] = EventMark(table.mark, said, unless)
    marks, bulletin = read.marks, read.bulletin
    return StyleGuide(
        first=marks.first,
        confirmed=marks.confirmed,
        fact=marks.fact,
        background=marks.background,
        possible_repeat=marks.possible_repeat,
        update=marks.update,
        correction=marks.correction,
        retraction=marks.retraction,
        confirmed_by=bulletin.confirmed_by,
        max_facts=bulletin.max_facts,
        max_flags=bulletin.max_flags,
        events=events,
    )
