"""What is said about a story."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.bulletins import Bulletin, Fact, Source, lay_out
from bot.domain.chats import Chat
from bot.domain.composing import compose
from bot.domain.documents import Span, Style
from bot.domain.entries import Entry
from bot.domain.headlines import best_report
from bot.domain.quoting import MAX_SENTENCE
from bot.domain.sentences import split_sentences
from bot.domain.speech import clock_time
from bot.domain.stories import SAME_HEADLINE, Report, Story
from bot.domain.topics import Topic, TopicSpec
from tests.domain.records import HOUR, NOON, chat, entries, entry, report, story
from tests.fakes.lexicons import STYLE, small_catalog

CATALOG = small_catalog()
SUMMIT = Topic(1, TopicSpec("us-russia-summit", "US–Russia summit", "US–Russia summit"))
TRUCE = Topic(2, TopicSpec("ukraine-ceasefire", "Ukraine ceasefire", "Ukraine ceasefire"))


def bulletin(*reports: Report, to: Chat | None = None) -> Bulletin:
    return compose(story(*reports), to or chat(), [SUMMIT], CATALOG)


def laid_out(made: Bulletin) -> list[str]:
    return lay_out(made, STYLE).plain.splitlines()


def test_a_bulletin() -> None:
    """Marks, flags, headline, lead, facts, sources, time and hashtags, each sentence a source's own."""
    opening = report(
        entry(
            "US and Russia name a place",
            "US and Russia name a place. Both sides named it within hours. The agenda is open. Kyiv warns. It ended.",
        ),
        "us",
        "ru",
        "summit",
    )
    repeat = report(
        entry("US and Russia name a place", id_=2, outlet="BBC News", link="https://bbc.com/2"),
        reason=SAME_HEADLINE,
    )
    made = compose(
        story(opening, repeat),
        chat(time_zone="Asia/Tokyo", languages=("en",)),
        [SUMMIT, TRUCE],
        CATALOG,
        possible_repeat=True,
    )
    assert laid_out(made) == [
        "🔁⚡️🏛 🇺🇸🇷🇺 【US and Russia name a place】",
        "",
        "Both sides named it within hours.",
        "🔸 The agenda is open. [Reuters]",
        "🔸 Kyiv warns. [Reuters]",
        "",
        "Reuters · BBC News · 21:00 JST",
        "#US_Russia_summit #Ukraine_ceasefire (250809)",
        "🔁 possibly a repeat: the first attempt may have arrived",
    ]


@pytest.mark.parametrize(
    ("summary", "language", "lead", "facts"),
    [
        ("Both agreed to meet. Talks on the date go on, and the place is", "en", "Both agreed to meet.", 0),
        ("Стороны договорились о встрече", "ru", "Стороны договорились о встрече", 0),
        ("両国は合意した。会談の場所はアラス", "ja", "両国は合意した。", 0),
        ("両国は会談の場所をめぐり協議を続けているが、アラス", "ja", None, 0),
        ("Both “agreed to meet.” No date was set.", "en", "Both “agreed to meet.”", 1),
    ],
)
def test_what_a_feed_cut_off_is_not_quoted(summary: str, language: str, lead: str | None, facts: int) -> None:
    """A last sentence without an end is left out where the source ends its sentences."""
    made = bulletin(report(entry("Title", summary, language=language)))
    assert (made.lead, len(made.facts)) == (lead, facts)


def test_everything_leads_to_its_source() -> None:
    """The headline, each fact and each outlet link to the report they come from."""
    made = bulletin(
        report(entry("Leaders meet", "Aides met. Talks began.")),
        report(entry("Leaders meet", id_=2, outlet="TASS", link="https://tass.ru/2")),
        report(entry("Leaders meet", id_=3, outlet="NHK", link=None)),
    )
    spans = [span for each in lay_out(made, STYLE).lines for span in each]
    assert Span("Leaders meet", Style.STRONG, "https://example.org/1") in spans
    assert Span("[Reuters]", href="https://example.org/1") in spans
    assert Span("TASS", Style.FAINT, "https://tass.ru/2") in spans
    assert Span("NHK", Style.FAINT, None) in spans


def test_a_bulletin_of_little() -> None:
    """An entry without a summary, of an unknown outlet, is a headline with its source."""
    made = compose(story(report(entry(outlet="Kyiv Post", link=None))), chat(), [], CATALOG)
    assert laid_out(made) == ["⚡️ 【Leaders meet】", "Kyiv Post · 12:00 UTC"]


@pytest.mark.parametrize(
    ("title", "summary", "headline", "lead"),
    [
        ("Leaders meet", "", "Leaders meet", None),
        ("", "They met. They spoke.", "They met.", "They spoke."),
        ("", "", "Reuters", None),
        ("", "Cut off…", "Reuters", None),
    ],
)
def test_headline(title: str, summary: str, headline: str, lead: str | None) -> None:
    """A titleless entry is headed by its first sentence, else by its outlet."""
    made = bulletin(report(entry(title, summary)))
    assert (made.headline.text, made.lead) == (headline, lead)


@pytest.mark.parametrize(
    ("summary", "lead", "facts"),
    [
        ("LEADERS meet! They agreed.", "They agreed.", ()),
        ("They agreed. Leaders meet. It ended.", "They agreed.", ("It ended.",)),
        ("They agreed. The talks went on until…", "They agreed.", ()),
        ("They agreed. The talks went on until...", "They agreed.", ()),
        ("They agreed. The talks went on [...]", "They agreed.", ()),
        (f"{'long ' * 80}end. They agreed.", "They agreed.", ()),
        ("*** They agreed.", "*** They agreed.", ()),
        (
            "Talks opened. Aides left. Doors closed. It ended.",
            "Talks opened.",
            ("Aides left.", "Doors closed."),
        ),
        ("Talks opened. Free. Doors closed.", "Talks opened.", ("Doors closed.",)),
        ("   ", None, ()),
    ],
)
def test_sentences(summary: str, lead: str | None, facts: tuple[str, ...]) -> None:
    """Quoted are whole sentences that say more than the title, at most as many facts as the style allows."""
    made = bulletin(report(entry("Leaders meet", summary)))
    assert made.lead == lead
    assert made.facts == tuple(Fact(text, "Reuters", "https://example.org/1") for text in facts)


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        ("「複雑だ。」 と述べた。次へ。", "ja", ("「複雑だ。」と述べた。", "次へ。")),
        ("停戦に合意した。双方が発表した。", "ja", ("停戦に合意した。", "双方が発表した。")),
        ("U.S. officials met. They left.", "en", ("U.S. officials met.", "They left.")),
        ("Президент прибыл. Встреча началась.", "ru", ("Президент прибыл.", "Встреча началась.")),
        ("One. と Two.", "en", ("One.", "と Two.")),
        ("One. Two.", "xx", ("One.", "Two.")),
        ("One. Two.", "pt-BR", ("One.", "Two.")),
        ("", "en", ()),
        (" \n ", "en", ()),
    ],
)
def test_splitting(text: str, language: str, sentences: tuple[str, ...]) -> None:
    """Sentences as the language has them; と after a Japanese quotation belongs to it; any language code will do."""
    assert split_sentences(text, language) == sentences


@given(
    st.text(max_size=80) | st.text("a A.。「」と!… \n", max_size=30),
    st.sampled_from(["en", "ja", "ru", "xx"]),
)
def test_splitting_loses_nothing(text: str, language: str) -> None:
    """All that a text says is in its sentences, in order."""
    joined = "".join(split_sentences(text, language))
    assert "".join(joined.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("concepts", "flags"),
    [
        (("us", "ru"), ("🇺🇸", "🇷🇺")),
        (("ru", "us"), ("🇷🇺", "🇺🇸")),
        (("putin", "trump", "ru"), ("🇷🇺", "🇺🇸")),
        (("ceasefire", "zelensky", "gone"), ("🇺🇦",)),
        (("us", "ru", "ua", "jp"), ("🇺🇸", "🇷🇺", "🇺🇦")),
        ((), ()),
    ],
)
def test_flags(concepts: tuple[str, ...], flags: tuple[str, ...]) -> None:
    """Flags of the countries that the title names or means, in that order, each once, up to the limit."""
    assert bulletin(report(entry(), *concepts)).flags == flags


def reports(*outlets: str) -> list[Report]:
    return [
        report(entry(f"Headline {n}", id_=n + 1, outlet=outlet), "summit" if not n else "ceasefire")
        for n, outlet in enumerate(outlets)
    ]


def reprinted(told: list[Report]) -> list[Report]:
    """The first report, and the others as reprints of it."""
    return [told[0], *(replace(one, reason=SAME_HEADLINE) for one in told[1:])]


@pytest.mark.parametrize(
    ("told", "independent", "marks"),
    [
        (reports("Reuters"), 1, ("⚡️", "🏛")),
        (reports("Reuters", "TASS"), 2, ("⚡️", "🏛")),
        (reports("Reuters", "TASS", "NHK"), 3, ("❗️", "🏛")),
        # One owner is one voice; a reprint adds none, whatever its source's headline is now.
        (reports("BBC News", "BBC Russian", "NHK"), 2, ("⚡️", "🏛")),
        (reprinted(reports("Reuters", "TASS", "NHK")), 1, ("⚡️", "🏛")),
        (reports("Reuters", "Reuters", "Reuters"), 1, ("⚡️", "🏛")),
    ],
)
def test_confirmation(told: list[Report], independent: int, marks: tuple[str, ...]) -> None:
    """Enough independent outlets confirm a story; the kind of event has its mark."""
    made = bulletin(*told)
    assert (made.independent, made.marks) == (independent, marks)


def test_the_mark_of_the_event_is_that_of_the_first_concept_that_has_one() -> None:
    """A title of several kinds of event is marked by the one it names first."""
    assert bulletin(report(entry(), "us", "peace-deal", "summit")).marks == ("⚡️", "🤝")
    assert bulletin(report(entry(), "us")).marks == ("⚡️",)


def in_language(id_: int, language: str, outlet: str) -> Report:
    return report(entry(f"Title {id_}", id_=id_, language=language, outlet=outlet))


@pytest.mark.parametrize(
    ("languages", "preferred", "best"),
    [
        ((), (), 1),
        (("en",), (), 1),
        (("ja",), (), 3),
        (("uk", "ja", "en"), (), 3),
        (("uk",), (), 1),
        ((), ("NHK",), 3),
        (("en",), ("NHK",), 1),
        (("en",), ("TASS",), 2),
    ],
)
def test_whose_words_head_a_bulletin(
    languages: tuple[str, ...], preferred: tuple[str, ...], best: int
) -> None:
    """The chat's first language that has a report, then an outlet it prefers, then the earliest."""
    told = story(in_language(1, "en", "Reuters"), in_language(2, "en", "TASS"), in_language(3, "ja", "NHK"))
    assert best_report(told, chat(languages=languages, preferred=preferred)).entry.id == best


def test_what_came_after_a_message_was_sent_does_not_head_it() -> None:
    """A preferred outlet that reports later is added to the sources alone."""
    first = report(entry("Leaders meet", "They met.", id_=1))
    late = replace(entry("LEADERS MEET", "They did meet.", id_=2, outlet="NHK"), seen=NOON + HOUR)
    made_for = replace(chat(), preferred_outlets=frozenset({"NHK"}))
    told = story(first, report(late))
    assert compose(told, made_for, [SUMMIT], CATALOG).headline.text == "LEADERS MEET"
    edited = compose(told, made_for, [SUMMIT], CATALOG, first_sent=NOON + HOUR / 2)
    assert (edited.headline.text, edited.lead) == ("Leaders meet", "They met.")
    assert [source.outlet for source in edited.sources] == ["Reuters", "NHK"]


def test_sources_the_chat_does_not_read_are_counted() -> None:
    """Outlets in other languages are counted by language; those the chat reads are named, each once."""
    made = bulletin(
        in_language(1, "en", "Reuters"),
        in_language(2, "en", "Reuters"),
        in_language(3, "ja", "NHK"),
        in_language(4, "ru", "TASS"),
        in_language(5, "ja", "Asahi"),
        in_language(6, "de", "Welt"),
        to=chat(languages=("en",)),
    )
    assert made.sources == (Source("Reuters", "https://example.org/1", "en"),)
    assert made.elsewhere == (("日本語", 2), ("Русский", 1), ("de", 1))
    assert laid_out(made)[-2] == "Reuters · +2 日本語 · +1 Русский · +1 de · 5 independent · 12:00 UTC"


def test_what_the_chat_cannot_read_is_marked_with_its_language() -> None:
    """If no report is readable the original goes out, says its language and names its source."""
    made = bulletin(in_language(3, "ja", "NHK"), in_language(4, "ru", "TASS"), to=chat(languages=("en",)))
    assert made.language == "日本語"
    assert laid_out(made)[:2] == ["⚡️ 〔日本語〕【Title 3】", "NHK · +1 Русский · 2 independent · 12:00 UTC"]
    assert bulletin(in_language(3, "ja", "NHK")).language is None


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "12:00 UTC"),
        ("Asia/Tokyo", "21:00 JST"),
        ("Europe/Berlin", "14:00 CEST"),
        ("Asia/Yerevan", "16:00 UTC+4"),
        ("Asia/Kathmandu", "17:45 UTC+5:45"),
        ("America/Sao_Paulo", "09:00 UTC-3"),
        ("Pacific/Marquesas", "02:30 UTC-9:30"),
        ("Asia/Kolkata", "17:30 IST"),
    ],
)
def test_clock_time(zone: str, shown: str) -> None:
    """The time in the chat's zone, by the zone's letters or, where it has none, its distance from UTC."""
    assert clock_time(NOON.astimezone(ZoneInfo(zone))) == shown


def test_clock_time_of_odd_zones() -> None:
    """Zones that Python names by digits or not at all are still told."""
    assert clock_time(NOON.astimezone(timezone(timedelta(hours=-3, minutes=-30)))) == "08:30 UTC-3:30"
    assert clock_time(datetime(2025, 1, 1, 12)) == "12:00 UTC"  # noqa: DTZ001 - a time without a zone


def test_the_date_of_the_hashtag_is_the_chats_own() -> None:
    """A story of the evening in London is tomorrow's in Tokyo."""
    late = story(report(entry()), opened=NOON + 4 * HOUR)
    made = compose(late, chat(time_zone="Asia/Tokyo"), [SUMMIT], CATALOG)
    assert laid_out(made)[-1] == "#US_Russia_summit (250810)"


@given(st.lists(entries, min_size=1, max_size=4), st.lists(st.sampled_from(["en", "ja", "ru"]), unique=True))
def test_any_story_makes_a_bulletin(told: list[Entry], languages: list[str]) -> None:
    """Whatever was reported, a bulletin has a headline and a source, and quotes only what a source said."""
    reported = [report(replace(one, id=n)) for n, one in enumerate(told)]
    made = compose(Story(0, NOON, NOON, tuple(reported)), chat(languages=tuple(languages)), [TRUCE], CATALOG)
    said = "\n".join("".join(f"{one.title} {one.summary}".split()) for one in told).casefold()
    assert made.headline.text
    assert made.sources
    assert made.at == NOON.astimezone(UTC)
    for quoted in (made.lead, *(fact.text for fact in made.facts)):
        if quoted is not None:
            assert "".join(quoted.removesuffix("…").split()).casefold() in said
            assert len(quoted) <= MAX_SENTENCE
    assert lay_out(made, STYLE).plain
