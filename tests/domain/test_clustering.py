from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clustering import NEAR, THRESHOLD, WINDOW, Joining, OpenStories, PlacedReport
from bot.domain.entries import Entry
from bot.domain.lexicon import Lexicon
from bot.domain.likeness import Weighed
from bot.domain.matching import analyse
from bot.domain.profiles import Profile
from tests.fakes.shipped import shipped_catalog

NOON = datetime(2025, 10, 16, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return shipped_catalog().lexicon


class Newsroom:
    """Takes headlines one after the other, as the desk does."""

    def __init__(self, lexicon: Lexicon, stories: OpenStories | None = None) -> None:
        self.lexicon = lexicon
        self.stories = stories or OpenStories()
        self.reports: dict[int, PlacedReport] = {}
        self.joined: list[Joining] = []

    def take(
        self, title: str, *, language: str = "en", hours: float = 0, voice: str = "", summary: str = ""
    ) -> int:
        """The story that it stands in."""
        at = NOON + timedelta(hours=hours)
        id_ = len(self.joined) + 1
        entry = Entry(id_, None, title, summary, None, voice or f"outlet {id_}", language, at, at)
        profile = self.stories.weigh(analyse(entry, self.lexicon))
        joining = self.stories.place(profile, entry.at, title=title, voice=entry.outlet)
        story = joining.likeness.story_id if joining.likeness else id_
        report = PlacedReport(id_, story, at, at, entry.outlet, title, profile)
        self.stories.put(report)
        self.reports[id_] = report
        if joining.merges:
            self.stories.merge(*joining.merges)
        self.joined.append(joining)
        return story


def test_reports_of_one_event_are_one_story_and_of_two_are_two(lexicon: Lexicon) -> None:
    room = Newsroom(lexicon)
    first = room.take("Trump and Putin to hold second summit in Budapest")
    assert room.take("Trump says he will meet Putin in Hungary's Budapest within weeks", hours=1) == first
    assert room.take("Storm floods the coast of Portugal", hours=1) != first


def test_why_two_reports_were_joined_reads_as_words(lexicon: Lexicon) -> None:
    room = Newsroom(lexicon)
    room.take("Ferry company shelves its plan for a harbour tunnel")
    room.take("Harbour tunnel plan shelved by ferry company", hours=1)
    likeness = room.joined[-1].likeness
    assert likeness is not None
    assert "tunnel" in likeness.terms


def test_the_same_words_join_within_three_days_and_no_later(lexicon: Lexicon) -> None:
    room = Newsroom(lexicon)
    first = room.take("Minister resigns over ferry affair")
    assert room.take("Minister resigns over ferry affair!", hours=71) == first
    assert room.take("MINISTER RESIGNS OVER FERRY AFFAIR", hours=71 + 73) != first


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("ゼレンスキー氏とアクセル・ブラウン氏、20年の協定に署名", "ja"),
        ("Зеленский и Аксель Браун подписали соглашение на 20 лет", "ru"),
    ],
)
def test_names_numbers_and_concepts_join_across_languages(
    lexicon: Lexicon, title: str, language: str
) -> None:
    room = Newsroom(lexicon)
    first = room.take("Zelensky and Axel Brown sign 20-year agreement")
    room.take("Portugal chooses a president", hours=1)
    assert room.take(title, language=language, hours=2) == first


def test_a_country_alone_joins_nothing_across_languages(lexicon: Lexicon) -> None:
    room = Newsroom(lexicon)
    first = room.take("German train conductor's death shows a rise in violence")
    assert room.take("ドイツ国民、物価に不満", language="ja", hours=1) != first


@pytest.mark.parametrize(
    "title",
    ["Opinion: Budapest summit of Trump and Putin", "Live updates: Trump and Putin summit in Budapest"],
)
def test_what_is_no_report_opens_no_story_for_others(lexicon: Lexicon, title: str) -> None:
    room = Newsroom(lexicon)
    opened = room.take(title)
    assert room.take("Trump and Putin to hold summit in Budapest", hours=1) != opened


def test_what_was_before_an_event_is_not_the_event(lexicon: Lexicon) -> None:
    room = Newsroom(lexicon)
    strike = room.take("Ferry crews of Patras walk out over pay")
    tunnel = room.take(
        "Council votes for tunnel under the harbour days after walk-out of Patras ferry crews", hours=1
    )
    assert tunnel != strike
    assert room.take("Harbour tunnel gets the votes of the council", hours=2) == tunnel


@pytest.mark.parametrize(("second", "joins"), [(0.05, True), (0.1, False), (0.0, False)])
def test_a_report_that_is_like_one_story_alone_joins_it_sooner(second: float, *, joins: bool) -> None:
    """Where there is another to compare with, and that is much less like it."""
    stories = OpenStories()
    for id_, word in enumerate(("ferry", "tunnel"), start=1):
        profile = Profile("en", {word: 1.0}, {})
        stories.put(PlacedReport(id_, id_, NOON, NOON, f"outlet {id_}", word, profile))
    first = 0.19
    assert NEAR * THRESHOLD < first < THRESHOLD
    rest = (1 - first**2 - second**2) ** 0.5
    report = Profile("en", {"ferry": first, "tunnel": second, "other": rest}, {})
    found = stories.place(report, NOON, title="other", voice="a third").likeness
    assert (found.story_id if found else None) == (1 if joins else None)


def test_what_recurs_a_day_later_with_another_number_is_another_event(lexicon: Lexicon) -> None:
    room = Newsroom(lexicon)
    first = room.take("Hamas returns bodies of 4 hostages to Israel")
    assert room.take("Hamas returns bodies of 2 hostages to Israel", hours=30) != first


@pytest.mark.parametrize(
    ("title", "same"),
    [("Weather in the valley for 9 November", True), ("Weather in the valley for 12 November", False)],
)
def test_reports_that_name_other_days_are_of_other_events(
    lexicon: Lexicon, title: str, *, same: bool
) -> None:
    room = Newsroom(lexicon)
    first = room.take("Weather in the valley on 9 November: rain")
    room.take("Portugal chooses a president", hours=1)
    assert (room.take(title, hours=2) == first) is same


AT_LENGTH = " Почтальоны разносят открытки с утра до вечера, и в каждой поздравление от главы области." * 4


@pytest.mark.parametrize(
    ("title", "summary", "same"),
    [
        ("В Гомеле почтальоны поздравили ветеранов", "Об этом пишет газета." + AT_LENGTH, False),
        ("В Гомеле почтальоны поздравили ветеранов", "То же было в Бресте." + AT_LENGTH, True),
        ("Почтальоны поздравили ветеранов", "Об этом пишет газета." + AT_LENGTH, True),
        # A line below the title need not name them all.
        ("В Гомеле почтальоны поздравили ветеранов", "Об этом пишет газета.", True),
    ],
)
def test_the_same_in_another_town_is_another_event(
    lexicon: Lexicon, title: str, summary: str, *, same: bool
) -> None:
    """Each title names who the other's text knows nothing of."""
    room = Newsroom(lexicon)
    first = room.take("В Бресте открытки ветеранам разнесли", language="ru", summary="Газета." + AT_LENGTH)
    room.take("Португалия выбирает президента", language="ru", hours=1)
    assert (room.take(title, language="ru", hours=2, summary=summary) == first) is same


def test_whom_a_text_names(lexicon: Lexicon) -> None:
    """Its title for sure, but where a sentence begins or a clause is of another time; below it, whoever has a capital."""
    room = Newsroom(lexicon)
    room.take(
        "Ferry of Patras sinks after Corfu regatta. Crew safe", summary="Captain Orr was last." + " rain" * 60
    )
    room.take("Ferry Of Patras Sinks", summary="rain" * 80)
    assert room.reports[1].profile.names == {
        "ferry": 0.4,
        "patra": 1.0,
        "corfu": 0.4,
        "crew": 0.4,
        "capta": 0.4,
        "orr": 0.4,
    }
    assert 1.0 not in room.reports[2].profile.names.values()


def test_a_title_that_only_promises_to_tell_draws_the_reports_of_its_event(lexicon: Lexicon) -> None:
    room = Newsroom(lexicon)
    first = room.take("What we know about the ferry fire off Patras")
    assert room.take("Ferry fire off Patras kills seven", hours=1) == first


def test_a_plain_word_counts_by_itself_within_its_language(lexicon: Lexicon) -> None:
    """Woman and women have one concept, which is for other languages to find."""
    room = Newsroom(lexicon)
    room.take("Woman crosses the strait in a bathtub")
    profile = room.reports[1].profile
    assert "w:women" in profile.shared
    assert any(word.startswith("wom") for word in profile.words)
    assert "w:women" not in Weighed.of(profile, NOON, "", "").own


def test_an_edited_headline_of_one_outlet_joins_whatever_else(lexicon: Lexicon) -> None:
    room = Newsroom(lexicon)
    first = room.take("Six dead in air strikes on the old harbour", voice="A")
    assert room.take("Seven dead in air strikes on the old harbour", voice="A", hours=2) == first


def test_a_revision_replaces_what_was_known(lexicon: Lexicon) -> None:
    room = Newsroom(lexicon)
    first = room.take("Storm floods the coast of Portugal")
    entry = Entry(1, None, "Election in Chile ends in a tie", "", None, "outlet 1", "en", NOON, NOON)
    profile = room.stories.weigh(analyse(entry, lexicon))
    room.stories.put(PlacedReport(1, first, NOON, NOON, "outlet 1", entry.title, profile))
    assert room.take("Storm floods Portugal's coast", hours=1) != first


def test_reports_are_forgotten_after_the_window(lexicon: Lexicon) -> None:
    room = Newsroom(lexicon)
    first = room.take("Storm floods the coast of Portugal")
    room.stories.forget(NOON + WINDOW + timedelta(minutes=1))
    assert room.take("Storm floods the coast of Portugal", hours=1) != first


def test_merged_stories_draw_as_one(lexicon: Lexicon) -> None:
    room = Newsroom(lexicon)
    older = room.take("Storm floods the coast of Portugal")
    younger = room.take("Ferry company shelves its harbour tunnel")
    room.stories.merge(younger, older)
    assert room.take("Harbour tunnel shelved by ferry company", hours=1) == older


@pytest.mark.parametrize("title", ["🔥🔥🔥", "", "…", "Погода " * 20_000, "首" * 100_000])
def test_odd_titles_are_placed_and_bounded(lexicon: Lexicon, title: str) -> None:
    room = Newsroom(lexicon)
    room.take("Storm floods the coast of Portugal")
    room.take(title, summary="word " * 40_000)
    profile = room.reports[2].profile
    assert len(profile.words) <= 32
    assert len(profile.shared) <= 32


WORDS = (
    "Trump Putin Gaza ceasefire storm Portugal ferry four seven bodies returned summit talks shelved".split()
)
HEADLINES = st.lists(
    st.tuples(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join),
        st.integers(min_value=0, max_value=20),
    ),
    min_size=2,
    max_size=14,
)


@given(headlines=HEADLINES, cut=st.integers(min_value=1, max_value=13))
def test_a_rebuilt_index_decides_as_the_one_that_lived_on(
    lexicon: Lexicon, headlines: list[tuple[str, int]], cut: int
) -> None:
    lived = Newsroom(lexicon)
    hours = 0
    for number, (title, later) in enumerate(headlines):
        hours += later
        now = NOON + timedelta(hours=hours)
        lived.stories.forget(now)
        if number == cut:
            lived.stories = OpenStories(lived.stories.reports)
        lived.take(title, hours=hours)
    through = Newsroom(lexicon)
    hours = 0
    for title, later in headlines:
        hours += later
        through.stories.forget(NOON + timedelta(hours=hours))
        through.take(title, hours=hours)
    assert lived.joined == through.joined
