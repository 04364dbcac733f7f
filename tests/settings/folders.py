"""A small configuration that is right, to be spoilt."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

FILES = {
    "outlets.toml": """\
        [[outlets]]
        name = "Reuters"
        domains = ["reuters.com"]
        agency = true

        [[outlets]]
        name = "BBC News"
        aliases = ["BBC"]
        country = "GB"
        """,
    "feeds.toml": """\
        # The feeds.
        [[feeds]]
        url = "https://feeds.bbci.co.uk/news/rss.xml"
        outlet = "BBC"
        language = "en"
        country = "gb"
        title = "World"
        minutes = 2.5

        [[feeds]]
        url = "http://reuters.com/rss"
        outlet = "Reuters"
        language = "pt-BR"
        aggregator = true
        verified = false
        """,
    "topics.toml": """\
        [[topics]]
        id = "us-russia-summit"
        name = "US–Russia summit"
        query = "US Russia summit"
        """,
    "style.toml": """\
        [marks]
        first = "1"
        confirmed = "2"
        fact = "3"
        background = "4"
        possible_repeat = "5"
        update = "6"
        correction = "7"
        retraction = "8"

        [bulletin]
        confirmed_by = 3
        max_facts = 2
        max_flags = 4

        [[events]]
        concepts = ["summit", "truce"]
        mark = "!"

        [events.said]
        en = '\\bopens?\\b'

        [events.unless]
        en = 'late'
        """,
    "lexicon/things.toml": """\
        [[concepts]]
        id = "us"
        kind = "country"
        drop = ["Vereinigte Staaten"]
        [concepts.labels]
        en = ["US", "American"]
        ja = ["米"]
        [concepts.not_in]
        ja = ["米価"]

        [[concepts]]
        id = "trump"
        kind = "person"
        implies = ["us"]
        [concepts.labels]
        en = ["Trump"]
        """,
    "lexicon/happenings.toml": """\
        [[concepts]]
        id = "summit"
        kind = "event"
        [concepts.labels]
        en = ["summit"]
        de = ["Gipfel"]

        [[concepts]]
        id = "truce"
        kind = "event"
        family = "peace"
        [concepts.labels]
        en = ["truce"]

        [[processes]]
        id = "ukraine-peace"
        name = "Ukraine peace"
        since = 2022-02-24
        parties = ["ua", "ru"]
        named_by = [
          ["ua", "truce"],
        ]
        labels = { en = ["Ukraine peace process"] }

        [[processes.evidence]]
        all = ["ua", "truce"]
        weight = 0.9
        not = ["summit"]
        """,
}


def right_folder(under: Path) -> Path:
    """A folder `config` with every file, all of them right."""
    folder = under / "config"
    for name, text in FILES.items():
        write(folder, name, text)
    return folder


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(dedent(text), encoding="utf-8")


def replace(folder: Path, name: str, old: str, new: str) -> None:
    """Spoil a file: `old` stands in it once."""
    text = dedent(FILES[name])
    assert text.count(old) == 1, (name, old)
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def append(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(dedent(FILES[name]) + dedent(text), encoding="utf-8")
