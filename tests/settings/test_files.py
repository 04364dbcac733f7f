"""Reading `config/`: what is right becomes a catalog, every mistake is told with file, line and remedy."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.domain.catalog import Catalog
from bot.domain.entries import FeedSpec
from bot.domain.lexicon import Clue
from bot.domain.queries import Means, Query, read_query
from bot.domain.text import normalise
from bot.domain.topics import TopicSpec
from bot.settings.files import language_names, load_catalog
from tests.fakes.shipped import shipped_catalog
from tests.settings.folders import write


@pytest.fixture
def catalog(folder: Path) -> Catalog:
    loaded = load_catalog(folder)
    assert isinstance(loaded, Catalog), loaded
    return loaded


def test_feeds(catalog: Catalog) -> None:
    """A feed has all that its table says, under the outlet's own name."""
    assert catalog.feeds == (
        FeedSpec(
            "https://feeds.bbci.co.uk/news/rss.xml",
            "BBC News",
            "en",
            "gb",
            "World",
            interval=timedelta(minutes=2.5),
        ),
        FeedSpec("http://reuters.com/rss", "Reuters", "pt-BR", aggregator=True, verified=False),
    )


def test_a_password_in_an_address_stays_in_the_configuration(folder: Path) -> None:
    """It stands beside the address, which is stored and shown, and one address is one feed whoever asks for it."""
    file = folder / "feeds.toml"
    text = file.read_text(encoding="utf-8").replace("http://", "http://me:secr%40et@")
    file.write_text(text, encoding="utf-8")
    loaded = load_catalog(folder)
    assert isinstance(loaded, Catalog), loaded
    feed = loaded.feeds[1]
    assert (feed.url, feed.user) == ("http://reuters.com/rss", "me:secr%40et")
    assert "secr" not in repr(loaded)
    file.write_text(text.replace("https://feeds.bbci.co.uk/news/rss.xml", feed.url), encoding="utf-8")
    problems = load_catalog(folder)
    assert isinstance(problems, tuple)
    assert "stands in the file already" in problems[0].message


def test_outlets_topics_and_style(catalog: Catalog) -> None:
    """Outlets, topics and marks are as the files have them."""
    assert catalog.outlets.resolve("bbc") == "BBC News"
    assert catalog.outlets.by_name["reuters"].agency
    assert catalog.outlets.by_name["bbc"].country == "gb"
    assert catalog.topics == (TopicSpec("us-russia-summit", "US–Russia summit", "US Russia summit"),)
    style = catalog.style
    assert (style.first, style.confirmed, style.fact, style.background, style.possible_repeat) == tuple(
        "12345"
    )
    assert (style.update, style.correction, style.retraction) == tuple("678")
    assert (style.confirmed_by, style.max_facts, style.max_flags) == (3, 2, 4)
    assert {concept: event.mark for concept, event in style.events.items()} == {"summit": "!", "truce": "!"}
    assert style.events["summit"].suits("The summit OPENS", "en")
    assert not style.events["summit"].suits("Before the summit", "en")
    assert not style.events["summit"].suits("The summit opens late", "en")
    assert style.events["summit"].suits("サミット", "ja")


def test_the_lexicon(catalog: Catalog) -> None:
    """Countries of CLDR are extended by the files; other concepts and processes come from them."""
    lexicon = catalog.lexicon
    us = lexicon.concepts["us"]
    assert us.flag == "🇺🇸"
    assert us.labels["en"] == ("United States", "US", "American")
    assert "アメリカ合衆国" in us.labels["ja"]
    assert "米" in us.labels["ja"]
    assert us.not_in == ("米価",)
    assert "Vereinigte Staaten" not in us.labels["de"], "dropped"
    assert lexicon.concepts["fr"].labels["de"] == ("Frankreich",), "German is there since a label is German"
    assert "pt" in lexicon.concepts["fr"].labels, "Portuguese is there since a feed is Portuguese"
    assert lexicon.closure["trump"] == ("us",)
    assert lexicon.families["peace"] == ("truce",)
    process = lexicon.processes["ukraine-peace"]
    assert process.evidence == (Clue(("ua", "truce"), 0.9, frozenset({"summit"})),)
    assert (process.since, process.until, process.parties) == (date(2022, 2, 24), None, ("ua", "ru"))
    query = read_query("truce in Ukraine", lexicon)
    assert isinstance(query, Query)
    assert query.root == Means("ukraine-peace", "truce in Ukraine", process=True)


def test_languages_name_themselves(catalog: Catalog) -> None:
    """Every language of a feed or a label has its own name for itself."""
    names = catalog.language_names
    assert list(names) == sorted(names)
    assert {"en", "ja", "ru", "uk", "de", "pt"} <= set(names)
    assert (names["ja"], names["ru"], names["de"]) == ("日本語", "Русский", "Deutsch")
    assert language_names(["zh-Hant"]) == {"zh-Hant": "中文 (繁體)"}


def test_another_file_of_topics(folder: Path, tmp_path: Path) -> None:
    """Topics of a file elsewhere stand in for the folder's own."""
    write(tmp_path, "mine.toml", '[[topics]]\nid = "truce"\nname = "Truce"\nquery = "truce"\n')
    (folder / "topics.toml").unlink()
    loaded = load_catalog(folder, topics_file=tmp_path / "mine.toml")
    assert isinstance(loaded, Catalog), loaded
    assert [topic.slug for topic in loaded.topics] == ["truce"]


def test_other_feeds(folder: Path) -> None:
    """Feeds that are given stand in for the folder's own."""
    (folder / "feeds.toml").unlink()
    spec = FeedSpec("http://127.0.0.1/feed", "Nobody", "hy")
    loaded = load_catalog(folder, feeds=[spec])
    assert isinstance(loaded, Catalog), loaded
    assert loaded.feeds == (spec,)
    assert "hy" in loaded.language_names


def test_the_projects_own_configuration_is_right() -> None:
    """The folder that is shipped loads, with the feeds, languages and topics that it promises."""
    loaded = shipped_catalog()
    assert len(loaded.feeds) >= 40
    assert {"en", "ja", "ru", "uk"} <= {feed.language for feed in loaded.feeds}
    assert {"am", "az"} <= {feed.country for feed in loaded.feeds}
    assert {"ukraine-ceasefire", "us-russia-summit", "armenia-azerbaijan"} <= {
        topic.slug for topic in loaded.topics
    }
    others = [one for one in loaded.lexicon.concepts.values() if one.kind != "country"]
    assert len(others) >= 60
    assert all(concept.labels for concept in loaded.lexicon.concepts.values())


@pytest.mark.parametrize(
    ("title", "concepts"),
    [
        ("US and Russia agree on a summit", {"us", "ru", "summit"}),
        ("米露首脳会談、15日に", {"us", "ru", "summit"}),
        ("Путин и Трамп обсудили перемирие", {"putin", "trump", "ceasefire"}),
        ("Лаврова и Рубио ждут в Москве", {"lavrov", "rubio", "ru"}),
        ("Зеленський про перемир’я", {"zelensky", "ceasefire"}),
        ("Пашинян и Алиев подписали", {"pashinyan", "aliyev"}),
        ("Let us roast a turkey", set()),
    ],
)
def test_the_projects_own_lexicon_knows_the_news(title: str, concepts: set[str]) -> None:
    """What the mission's topics need is found in titles of each language."""
    lexicon = shipped_catalog().lexicon
    named = {id_ for hit in lexicon.find(normalise(title)) for id_ in hit.concepts}
    found = named.union(*(lexicon.closure[id_] for id_ in named))
    assert concepts <= found
    assert concepts or not found
