"""What is left out where not all fits, and what a chat missed as one message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.locales import load_speeches
from bot.chat.slack.render import bulletin as on_slack
from bot.chat.telegram.render import fits as on_telegram
from bot.domain.bulletins import (
    MAX_HEADLINE,
    NAMED_SOURCES,
    Bulletin,
    Fact,
    Source,
    catch_up,
    cut_at_word,
    lay_out,
    shortened,
)
from bot.domain.composing import compose
from bot.domain.deliveries import Occasion
from bot.domain.documents import Document
from bot.domain.entries import Entry
from bot.domain.speech import ENGLISH
from bot.domain.stories import Story
from bot.domain.topics import Topic, TopicSpec
from tests.domain.records import HOUR, NOON, chat, entries, entry, report, story
from tests.fakes.lexicons import STYLE, small_catalog

CATALOG = small_catalog()
HREF = "https://example.org/1"


def a_bulletin(
    *, facts: int = 2, sources: int = 5, lead: str | None = "They met.", headline: str = "Talks"
) -> Bulletin:
    return Bulletin(
        marks=("⚡️",),
        flags=("🇺🇦",),
        headline=Fact(headline, "Reuters", HREF),
        lead=lead,
        facts=tuple(Fact(f"Fact {number}.", "Reuters", HREF) for number in range(facts)),
        sources=tuple(Source(f"Outlet {number}", HREF, "en") for number in range(sources)),
        elsewhere=(("日本語", 2),),
        independent=3,
        at=NOON,
        hashtags=("#one", "#two", "#three"),
    )


def everywhere(said: Document) -> bool:
    """Whether a platform with limits takes it as one message."""
    return on_telegram(said.lines) and on_slack(said) is not None


def test_facts_go_first_then_the_lead_then_outlets() -> None:
    """Each version says less than the one before; the headline, with its address, stays."""
    versions = list(shortened(a_bulletin()))
    assert [(len(one.facts), one.lead, len(one.sources)) for one in versions] == [
        (2, "They met.", 5),
        (1, "They met.", 5),
        (0, "They met.", 5),
        (0, None, 5),
        (0, None, 3),
    ]
    assert [fact.text for fact in versions[1].facts] == ["Fact 0."]
    assert {one.headline for one in versions} == {Fact("Talks", "Reuters", HREF)}
    assert versions[-1].hashtags == ("#one", "#two")


def test_outlets_that_are_not_named_are_counted() -> None:
    """With those that were counted before."""
    *_, last = shortened(replace(a_bulletin(), unnamed=7))
    assert (last.sources, last.unnamed) == (a_bulletin().sources[:3], 9)
    assert "+9 more" in lay_out(last, STYLE).plain


def test_the_first_version_is_the_whole() -> None:
    assert next(shortened(a_bulletin())) == a_bulletin()
    assert next(shortened(a_bulletin(facts=0, lead=None))) == a_bulletin(facts=0, lead=None)


def long_story(size: int, outlets: int) -> Story:
    """Of many outlets with long names and addresses, each with long sentences."""
    href = "https://example.org/" + "x" * 2_000
    summary = " ".join(f"{'word ' * 60}{number}." for number in range(5))
    reports = [
        report(
            entry(
                f"{'Headline ' * size}",
                summary,
                id_=number + 1,
                outlet=f"Outlet {number} {'Y' * 80}",
                link=href,
            )
        )
        for number in range(outlets)
    ]
    return story(*reports)


@pytest.mark.parametrize("outlets", [1, 3, 12, 60])
@pytest.mark.parametrize("size", [1, 100])
def test_the_shortest_version_fits_everywhere(size: int, outlets: int) -> None:
    """However long headlines and addresses are and however many outlets report."""
    topics = [Topic(n, TopicSpec(f"t{n}", f"T{n} " + "z" * 57, "x")) for n in range(20)]
    *_, last = shortened(compose(long_story(size, outlets), chat(languages=("en",)), topics, CATALOG))
    assert everywhere(lay_out(last, STYLE))
    assert "Headline" in lay_out(last, STYLE).plain


@given(st.lists(entries, min_size=1, max_size=20), st.booleans())
@settings(max_examples=60)
def test_any_story_fits_in_the_end(told: list[Entry], repeat: bool) -> None:
    """Whatever was reported; and no version is longer than the one before."""
    reported = [report(replace(one, id=number)) for number, one in enumerate(told)]
    whole = Story(0, NOON, NOON, tuple(reported))
    versions = [
        lay_out(one, STYLE) for one in shortened(compose(whole, chat(), [], CATALOG, possible_repeat=repeat))
    ]
    assert everywhere(versions[-1])
    lengths = [len(one.plain) for one in versions]
    assert lengths[:-1] == sorted(lengths[:-1], reverse=True)


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        ("Talks begin today", 17, "Talks begin today"),
        ("Talks begin today", 16, "Talks begin…"),
        ("Talks begin today", 12, "Talks begin…"),
        ("Talks begin today", 11, "Talks begi…"),
        ("Talks begin today", 9, "Talks…"),
        ("Talks begin today", 6, "Talks…"),
        ("Talks begin today", 4, "Tal…"),
        ("A longwordindeed", 12, "A longwordi…"),
        ("停戦に合意したと発表", 6, "停戦に合意…"),
        ("x  ", 3, "x  "),
        ("xx yy", 1, "…"),
        ("", 5, ""),
    ],
)
def test_cutting_at_a_word(text: str, length: int, cut: str) -> None:
    """Between words, unless too little would be left; in a script without spaces, between characters."""
    assert cut_at_word(text, length) == cut


@given(st.text(max_size=80) | st.text("ab ", max_size=40), st.integers(1, 60))
def test_a_cut_text_is_its_beginning(text: str, length: int) -> None:
    """Never longer than it may be, and with a sign where something is left out."""
    cut = cut_at_word(text, length)
    assert len(cut) <= length
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))
    assert (cut == text) or len(text) > length


def missed(number: int = 3, *, title: str = "Story") -> list[Story]:
    return [
        story(
            report(entry(f"{title} {n}", id_=n + 1, link=f"https://example.org/{n}")), opened=NOON + n * HOUR
        )
        for n in range(number)
    ]


def told(*args: object, **kwargs: object) -> list[str]:
    versions = catch_up(*args, **kwargs)  # type: ignore[arg-type]
    return [version.plain for version in versions]


def test_what_was_missed_is_a_line_a_story() -> None:
    """How many there were, each story with its outlet and time, linked to its report."""
    first = next(catch_up(missed(), 3, chat(), CATALOG))
    rows = first.plain.splitlines()
    assert "3 stories" in rows[0]
    assert [row for row in rows if "Story" in row] == [row for row in rows[1:] if row]
    assert all(f"Story {n}" in first.plain for n in range(3))
    assert {span.href for row in first.lines for span in row if span.href} == {
        f"https://example.org/{n}" for n in range(3)
    }
    assert "Reuters" in first.plain


def test_a_row_may_end_behind_the_headline_of_what_was_missed() -> None:
    """The dash stays with the headline; outlet and time stay together, and no longer run than they is unbroken."""
    row = next(
        row for row in next(catch_up(missed(), 3, chat(), CATALOG)).plain.splitlines() if "Story" in row
    )
    headline, rest = row.rsplit("— ", 1)
    assert headline.endswith("\N{NO-BREAK SPACE}")
    assert " " not in rest


def test_ever_fewer_stories_are_named_and_the_rest_counted() -> None:
    """Down to the number alone; none is forgotten in the count."""
    versions = told(missed(3), 10, chat(), CATALOG)
    assert [sum("Story" in row for row in version.splitlines()) for version in versions] == [3, 2, 1, 0]
    assert [f"{left} more" in version for left, version in zip((7, 8, 9, 10), versions, strict=True)] == [
        True
    ] * 4
    assert all("10 stories" in version for version in versions)


def test_one_missed_story_is_one_story() -> None:
    (whole, shortest) = told(missed(1), 1, chat(), CATALOG)
    assert "1 story" in whole
    assert "more" not in whole
    assert "1 more" in shortest


@pytest.mark.parametrize(
    ("occasion", "english", "russian"),
    [
        (Occasion.PAUSE, "While bulletins were paused here", "Пока сводки были приостановлены"),
        (Occasion.QUIET, "During quiet hours", "За тихие часы"),
        (Occasion.HOURLY, "More within the hour", "Ещё за этот час"),
        (Occasion.DIGESTS_END, "Since the last digest", "С последнего дайджеста"),
    ],
)
def test_the_heading_says_why_they_were_not_told(occasion: Occasion, english: str, russian: str) -> None:
    """In the language of the chat."""
    russia = load_speeches()["ru"]
    assert f"📬 {english}: 3 stories\n" in told(missed(), 3, chat(), CATALOG, ENGLISH, occasion)[0]
    assert f"📬 {russian}: 3 сюжета\n" in told(missed(), 3, chat(), CATALOG, russia, occasion)[0]


def test_a_possible_repeat_says_so() -> None:
    """In every version."""
    assert all("repeat" in version for version in told(missed(), 3, chat(), CATALOG, possible_repeat=True))
    assert not any("repeat" in version for version in told(missed(), 3, chat(), CATALOG))


def test_missed_stories_are_headed_in_the_chats_language_and_zone() -> None:
    two = story(
        report(entry("Talks begin", id_=1, language="en")),
        report(entry("会談始まる", id_=2, language="ja", outlet="NHK")),
        opened=NOON + 12 * HOUR,
    )
    said = next(catch_up([two], 1, chat(languages=("ja",), time_zone="Asia/Tokyo"), CATALOG)).plain
    assert "会談始まる" in said
    assert "Talks begin" not in said
    assert "Sun" in said  # 09:00 of the day after, in Tokyo
    assert "09:00" in said


@pytest.mark.parametrize("number", [0, 1, 25])
@pytest.mark.parametrize("length", [1, 200])
def test_what_was_missed_fits_in_the_end(number: int, length: int) -> None:
    """However many there are and however long their headlines."""
    versions = list(catch_up(missed(number, title="Headline " * length), 9_999, chat(), CATALOG))
    assert everywhere(versions[-1])
    assert len(versions) == number + 1
    assert any(map(everywhere, versions))


@given(st.lists(entries, max_size=12), st.integers(0, 1_000), st.booleans())
@settings(max_examples=60)
def test_whatever_was_missed_can_be_told(of: list[Entry], more: int, repeat: bool) -> None:
    """A story without a title is named by its outlet; the versions never become longer."""
    stories = [Story(n, NOON, NOON, (report(replace(one, id=n)),)) for n, one in enumerate(of)]
    versions = list(catch_up(stories, len(stories) + more, chat(), CATALOG, possible_repeat=repeat))
    assert everywhere(versions[-1])
    for one, n in zip(of, range(len(of)), strict=True):
        assert (one.title[:20].split() or [one.outlet.split()[0]])[0] in versions[0].plain, n


def test_limits_are_what_a_bulletin_keeps_to_by_itself() -> None:
    """A long headline is cut and outlets are counted before any platform asks for it."""
    made = compose(long_story(100, 30), chat(), [], CATALOG)
    assert len(made.headline.text) <= MAX_HEADLINE
    assert (len(made.sources), made.unnamed) == (NAMED_SOURCES, 30 - NAMED_SOURCES)


def test_a_bulletin_of_ordinary_size_is_sent_whole() -> None:
    """Nothing is left out of what fits."""
    reported = report(
        entry("Talks begin", "They met. They agreed. They left.", seen=NOON + timedelta(minutes=1))
    )
    whole = next(shortened(compose(story(reported), chat(), [], CATALOG)))
    assert everywhere(lay_out(whole, STYLE))
    assert whole.facts
