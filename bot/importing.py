"""Feeds of an OPML file as tables of `config/`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bot.domain.addresses import without_user
from bot.domain.catalog import Catalog
from bot.domain.entries import FeedSpec
from bot.feeds.opml import OpmlProblem, import_opml
from bot.settings.files import load_catalog
from bot.settings.toml import ConfigProblem


@dataclass(frozen=True, slots=True)
class FeedsToAdd:
    """Feeds that the configuration lacks, and the tables that would add them."""

    feeds: tuple[FeedSpec, ...]
    feeds_toml: str
    outlets_toml: str


def feeds_to_add(file: Path, catalog: Catalog, language: str) -> FeedsToAdd | str:
    """The file's feeds that are not configured yet, or a sentence on what is wrong with it.

    `language` stands in where the file names none.
    """
    try:
        read = import_opml(file.read_bytes())
    except OSError as error:
        return f"{file}: {error.strerror}"
    if isinstance(read, OpmlProblem):
        return f"{file}:{read.line}: {read.message}"
    known = {spec.url for spec in catalog.feeds}
    new = tuple(
        replace(
            spec,
            language=spec.language or language,
            outlet=catalog.outlets.resolve(spec.outlet),
            verified=False,
        )
        for spec in read
        if without_user(spec.url) not in known
    )
    outlets = dict.fromkeys(
        spec.outlet for spec in new if spec.outlet.casefold() not in catalog.outlets.by_name
    )
    return FeedsToAdd(new, "\n".join(map(_feed_table, new)), "\n".join(map(_outlet_table, outlets)))


def append_feeds(folder: Path, found: FeedsToAdd) -> tuple[ConfigProblem, ...]:
    """Append the tables to `feeds.toml` and `outlets.toml`; if the result has a mistake, leave both as they were."""
    additions = {folder / "feeds.toml": found.feeds_toml, folder / "outlets.toml": found.outlets_toml}
    before = {path: path.read_text(encoding="utf-8") for path in additions}
    for path, text in additions.items():
        if text:
            _replace(path, f"{before[path].rstrip()}\n\n{text}")
    loaded = load_catalog(folder)
    if isinstance(loaded, Catalog):
        return ()
    for path, text in before.items():
        _replace(path, text)
    return loaded


def _replace(path: Path, text: str) -> None:
    """At once, so that nobody who looks meanwhile reads half of it."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def _feed_table(spec: FeedSpec) -> str:
    return _table(
        "feeds",
        [
            ("url", spec.url),
            ("outlet", spec.outlet),
            ("language", spec.language),
            ("country", spec.country),
            ("title", spec.title),
            ("aggregator", spec.aggregator),
        ],
        always=[("verified", False)],
    )


def _outlet_table(name: str) -> str:
    return _table("outlets", [("name", name)])


def _table(
    kind: str, pairs: Iterable[tuple[str, str | bool]], always: Iterable[tuple[str, bool]] = ()
) -> str:
    def lines() -> Iterator[str]:
        yield f"[[{kind}]]"
        for key, value in pairs:
            if value:
                yield f"{key} = {_literal(value)}"
        for key, value in always:
            yield f"{key} = {_literal(value)}"

    return "\n".join(lines()) + "\n"


def _literal(value: str | bool) -> str:  # noqa: FBT001 - a TOML value
    """As TOML writes it; a JSON string is a TOML basic string, but for the control characters it may hold raw."""
    return (
        str(value).lower()
        if isinstance(value, bool)
        else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    )
