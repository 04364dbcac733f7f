"""Which earlier story a story goes on from."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.background import pick_background
from bot.domain.bulletins import Background, Fact
from bot.domain.matching import Match
from bot.domain.stories import Report, Story
from tests.domain.records import HOUR, NOON, chat, entry, report, story
from tests.fakes.lexicons import small_catalog

CATALOG = small_catalog()
DAY = 24 * HOUR


def of(
    id_: int,
    days_ago: int,
    title: str,
    *concepts: str,
    outlets: int = 1,
    topics: tuple[int, ...] = (),
    language: str = "en",
) -> Story:
    reports: list[Report] = [
        report(entry(title, id_=id_ + n, outlet=f"Outlet {id_ + n}", language=language), *concepts)
        for n in range(outlets)
    ]
    made = story(*reports, opened=NOON - days_ago * DAY)
    return replace(made, matches=tuple(Match(topic, 1.0, ()) for topic in topics))


NOW = of(1, 0, "Putin and Trump meet in Alaska", "putin", "trump", "summit", topics=(7,))
INVITED = of(100, 2, "Trump invites the Kremlin’s head by telephone", "trump", "putin")
STRIKE = of(200, 1, "A strike hits a port", "strike")


def picked(*earlier: Story, languages: tuple[str, ...] = ()) -> str | None:
    background = pick_background(NOW, earlier, chat(languages=languages), CATALOG)
    return background.fact.text if background else None


def test_the_story_that_shares_most() -> None:
    """Names and kinds of event; with its outlet, its address and when it was, in the chat's zone."""
    assert picked(STRIKE, INVITED) == INVITED.reports[0].entry.title
    background = pick_background(NOW, [INVITED], chat(time_zone="Asia/Tokyo"), CATALOG)
    assert background == Background(
        Fact(INVITED.reports[0].entry.title, "Outlet 100", "https://example.org/1"), NOON - 2 * DAY
    )
    assert background.at is not None
    assert background.at.hour == 21


def test_what_is_no_background() -> None:
    """Too little in common, too long ago, later, itself, a teaser, unreadable, or the same again."""
    assert picked(STRIKE) is None
    assert picked(of(100, 60, "Trump invites the Kremlin’s head", "trump", "putin")) is None
    assert picked(of(100, -1, "Trump invites the Kremlin’s head", "trump", "putin")) is None
    assert picked(NOW) is None
    assert picked(of(100, 2, "Why Trump invites the Kremlin’s head", "trump", "putin")) is None
    assert picked(INVITED, languages=("ja",)) is None
    assert picked(of(100, 2, "Trump and Putin to meet in Alaska", "trump", "putin")) is None


def test_what_all_earlier_stories_name_ties_none_to_another() -> None:
    """All of a topic's stories share what the topic is about."""
    others = [of(500 + 10 * n, 3, f"Trump opens park {n}", "trump", topics=(7,)) for n in range(12)]
    assert picked(*others) is None
    assert picked(*others, INVITED) == INVITED.reports[0].entry.title


def test_countries_alone_tie_no_stories() -> None:
    """Two things may happen in one country on one day; a kind of event besides says that they belong together."""
    now = of(1, 0, "Armenia and Russia hold a summit", "am", "ru", "summit")
    fair = of(100, 2, "Armenia opens a fair for Russia", "am", "ru")
    talks = of(200, 2, "Armenia plans a meeting of leaders", "am", "summit")
    assert pick_background(now, [fair], chat(), CATALOG) is None
    assert pick_background(now, [fair, talks], chat(), CATALOG) is not None


def test_a_topic_in_common_counts_as_a_name() -> None:
    assert picked(of(100, 2, "Markets fall over the invitation", "trump", topics=(7,))) is not None
    assert picked(of(100, 2, "Markets fall over the invitation", "trump", topics=(8,))) is None
    assert picked(of(100, 2, "Markets fall over the invitation", topics=(7,))) is None


def test_of_several_the_one_that_most_told_then_the_latest() -> None:
    loud = of(300, 5, "Trump writes a letter to Moscow", "trump", "putin", outlets=3)
    fresh = of(400, 1, "Trump sends an envoy to Moscow", "trump", "putin")
    assert picked(INVITED, loud, fresh) == "Trump writes a letter to Moscow"
    assert picked(INVITED, fresh) == "Trump sends an envoy to Moscow"
