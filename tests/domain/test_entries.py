"""Entries and their identity: what of a document is new, revised or said again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.entries import (
    EARLIEST_PLAUSIBLE,
    FIRST_POLL_NEWS_AGE,
    MAX_CLOCK_SKEW,
    FeedSpec,
    IngestPlan,
    KnownEntry,
    ParsedEntry,
    clean_text,
    fingerprint,
    is_news,
    keys_of,
    plan_ingest,
    plausible_date,
)
from tests.domain.records import HOUR, MINUTE, NOON, entry

SPEC = FeedSpec("https://example.org/feed", "Reuters", "en")


@dataclass
class Shelf:
    """What a store knows of one feed: entries by every key they ever answered to, as `ports.FeedStore` has it."""

    entries: dict[int, KnownEntry] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)

    def poll(self, *document: ParsedEntry, first_poll: bool = False) -> IngestPlan:
        """Plan a document against what is known, and keep what the plan says."""
        plan = plan_ingest(SPEC, document, self.known(document), first_poll=first_poll, now=NOON)
        for new in plan.new:
            known = KnownEntry(
                len(self.entries) + 1, new.key, new.fingerprint, new.title, new.summary, new.link, NOON
            )
            self.entries[known.entry_id] = known
            self._name(known.entry_id, new.key, ParsedEntry(None, new.title, new.link, new.summary))
        for change in plan.revisions:
            self.entries[change.entry_id] = replace(
                self.entries[change.entry_id],
                fingerprint=change.fingerprint,
                title=change.title,
                summary=change.summary,
                link=change.link,
            )
            self._name(change.entry_id, None, ParsedEntry(None, change.title, change.link, change.summary))
        for key, id_ in plan.aliases:
            self.names.setdefault(key, id_)
        return plan

    def known(self, document: Sequence[ParsedEntry]) -> dict[str, KnownEntry]:
        keys = {key for one in document for key in keys_of(one)}
        texts = {fingerprint(one.title, one.summary) for one in document}
        named = {key: self.entries[self.names[key]] for key in keys if key in self.names}
        return {one.key: one for one in self.entries.values() if one.fingerprint in texts} | named

    def _name(self, id_: int, key: str | None, text: ParsedEntry) -> None:
        for name in (key, *keys_of(text)):
            if name:
                self.names.setdefault(name, id_)


def item(
    id_: str | None = "1",
    title: str = "Leaders meet",
    link: str | None = "https://example.org/1",
    summary: str = "",
) -> ParsedEntry:
    return ParsedEntry(id_, title, link, summary, NOON)


ONE = item()


@pytest.mark.parametrize(
    ("parsed", "keys"),
    [
        (item("7"), ("id:7", "link:https://example.org/1")),
        (item(None), ("link:https://example.org/1",)),
        (item(""), ("link:https://example.org/1",)),
        (item(None, link=None), ()),
    ],
)
def test_keys(parsed: ParsedEntry, keys: tuple[str, ...]) -> None:
    """An entry is known by id, else link, else content."""
    assert keys_of(parsed) == (*keys, f"content:{fingerprint('Leaders meet', '')}")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Leaders meet", "LEADERS meet!", True),
        ("Leaders  meet", "“Leaders” — meet…", True),
        ("ﾄﾗﾝﾌﾟ氏", "トランプ氏", True),
        ("Leaders meet", "Leaders met", False),
        ("10 dead", "12 dead", False),
    ],
)
def test_fingerprint(one: str, other: str, same: bool) -> None:
    """Two texts are the same to a reader whatever their case, punctuation and white space."""
    assert (fingerprint(one, "") == fingerprint(other, "")) is same
    assert (fingerprint("", one) == fingerprint("", other)) is same


def test_a_new_entry_carries_all_that_is_known() -> None:
    """What is new is stored with its strongest key, outlet, language by script, and date."""
    (new,) = (
        Shelf()
        .poll(ParsedEntry("7", "停戦へ", "https://example.org/7", "合意した", NOON - HOUR), first_poll=True)
        .new
    )
    assert (new.key, new.title, new.summary, new.link) == (
        "id:7",
        "停戦へ",
        "合意した",
        "https://example.org/7",
    )
    assert new.fingerprint == fingerprint("停戦へ", "合意した")
    assert (new.outlet, new.language, new.published, new.is_news) == ("Reuters", "ja", NOON - HOUR, True)


def test_what_a_title_of_emoji_does_not_tell_the_text_does() -> None:
    (new,) = Shelf().poll(ParsedEntry("1", "🔥🔥", summary="ウクライナで停戦が始まった。")).new
    assert new.language == "ja"


def test_an_aggregators_entry_belongs_to_its_source() -> None:
    """The outlet that `entry.source` names is the entry's own."""
    (new,) = Shelf().poll(replace(ONE, source="TASS")).new
    assert new.outlet == "TASS"


@pytest.mark.parametrize(
    ("age", "first_poll", "news"),
    [
        (HOUR, True, True),
        (FIRST_POLL_NEWS_AGE, True, True),
        (FIRST_POLL_NEWS_AGE + timedelta(seconds=1), True, False),
        (-HOUR, True, True),
        (-MAX_CLOCK_SKEW - MINUTE, True, False),
        (None, True, False),
        (timedelta(days=900), False, True),
        (None, False, True),
    ],
)
def test_news(age: timedelta | None, first_poll: bool, news: bool) -> None:
    """On the first poll what is dated within the last hours is news; later all that is unseen is, dates lie."""
    published = None if age is None else NOON - age
    assert is_news(replace(ONE, published=published), first_poll=first_poll, now=NOON) is news


@pytest.mark.parametrize(
    ("date", "plausible"),
    [
        (None, None),
        (NOON, NOON),
        (NOON.astimezone(timezone(timedelta(hours=9))), NOON),
        (NOON + MAX_CLOCK_SKEW, NOON + MAX_CLOCK_SKEW),
        (NOON + MAX_CLOCK_SKEW + MINUTE, None),
        (datetime(1704, 1, 1, tzinfo=UTC), None),
        (EARLIEST_PLAUSIBLE, EARLIEST_PLAUSIBLE),
        (datetime(9999, 12, 31, tzinfo=UTC), None),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), None),
    ],
)
def test_dates(date: datetime | None, plausible: datetime | None) -> None:
    """A date before RSS or from the future is a mistake; the rest is UTC."""
    assert plausible_date(date, NOON) == plausible
    (new,) = Shelf().poll(replace(ONE, published=date)).new
    assert new.published == plausible
    assert plausible is None or plausible_date(date, NOON).utcoffset() == timedelta(0)  # type: ignore[union-attr]  # it is plausible


@pytest.mark.parametrize(
    ("published", "at"),
    [(NOON - HOUR, NOON - HOUR), (NOON + HOUR, NOON), (None, NOON)],
)
def test_when_an_entry_counts_as_published(published: datetime | None, at: datetime) -> None:
    """An entry is as old as it says, but never from the future."""
    assert entry(published=published, seen=NOON).at == at


@pytest.mark.parametrize(
    ("before", "again"),
    [
        (ONE, ONE),
        (ONE, item(title="LEADERS  meet!")),
        (ONE, item("moved-1")),
        (ONE, item("moved-1", link="https://new.example.org/1")),
        (ONE, item("moved-1", link=None)),
        (ONE, item(None)),
        (ONE, item(None, link=None)),
        (item(None), item("1")),
        (item(None), item(None, link="https://new.example.org/1")),
        (item(None, link=None), item(None, link=None)),
        (item(None, link=None), item("1")),
    ],
)
def test_repeats(before: ParsedEntry, again: ParsedEntry) -> None:
    """The same entry is a repeat, under a new id or a new link as well, and stays one under its new name."""
    shelf = Shelf()
    assert len(shelf.poll(before).new) == 1
    for _ in range(2):
        plan = shelf.poll(again)
        assert (plan.new, plan.revisions, plan.repeats) == ((), (), 1)
    assert plan.aliases == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ONE, item(title="Leaders agree")),
        (ONE, item(summary="They agreed.")),
        (ONE, item(title="Leaders agree", link="https://example.org/2")),
        (item(None), item(None, title="Leaders agree")),
        # A renamed id over the same link and title.
        (ONE, item("moved-1", summary="They agreed.")),
        (ONE, item(None, summary="They agreed.")),
    ],
)
def test_revisions(before: ParsedEntry, after: ParsedEntry) -> None:
    """A changed text under the same id, or the same link without one, is a revision: once."""
    shelf = Shelf()
    shelf.poll(before)
    plan = shelf.poll(after)
    assert plan.new == ()
    (revision,) = plan.revisions
    assert (revision.entry_id, revision.title, revision.summary) == (1, after.title, after.summary)
    assert (revision.fingerprint, revision.link) == (fingerprint(after.title, after.summary), after.link)
    again = shelf.poll(after)
    assert (again.new, again.revisions, again.repeats) == ((), (), 1)


@pytest.mark.parametrize(
    "other",
    [
        item("2", "Storm nears", "https://example.org/2"),
        item("2", "Leaders agree"),
        item(None, "Storm nears", "https://example.org/2"),
        item(None, "Storm nears", None),
    ],
)
def test_new_entries_beside_known_ones(other: ParsedEntry) -> None:
    """Another id with another text is another entry, even at the same link."""
    shelf = Shelf()
    shelf.poll(ONE)
    assert [new.title for new in shelf.poll(other, ONE).new] == [other.title]


@pytest.mark.parametrize(
    ("passed", "moved", "new"),
    [
        (timedelta(hours=1), timedelta(hours=1), False),
        (timedelta(days=4), timedelta(days=4), True),
        (timedelta(days=4), timedelta(0), False),
        (timedelta(days=4), None, False),
    ],
)
def test_a_headline_that_recurs_is_a_new_report_after_a_while(
    passed: timedelta, moved: timedelta | None, new: bool
) -> None:
    """Under another id and link: with a date of its own it is new after three days; with the old date it was moved."""
    before = ParsedEntry("1", "震度速報", "https://example.org/1", "", NOON)
    again = ParsedEntry("2", "震度速報", "https://example.org/2", "", None if moved is None else NOON + moved)
    text = fingerprint(before.title, before.summary)
    known = KnownEntry(1, "id:1", text, before.title, before.summary, before.link, NOON, NOON)
    plan = plan_ingest(SPEC, [again], {"id:1": known}, first_poll=False, now=NOON + passed)
    assert bool(plan.new) is new


def test_a_known_key_revised_through_its_alias() -> None:
    """An entry that was renamed is known by its new name: its next change is a revision."""
    shelf = Shelf()
    shelf.poll(ONE)
    assert shelf.poll(item("moved-1")).aliases == (("id:moved-1", 1),)
    assert [one.entry_id for one in shelf.poll(item("moved-1", "Leaders agree")).revisions] == [1]


def test_an_entry_twice_in_one_document() -> None:
    """A document that lists an entry twice brings it once."""
    plan = Shelf().poll(ONE, ONE, item("2"), item(None, link=None))
    assert len(plan.new) == 1
    assert plan.repeats == 3


def test_an_id_that_all_items_share_identifies_none() -> None:
    """Such items are told apart by their links, now and later, and are no revisions of one another."""
    shelf = Shelf()
    document = [item("feed", f"News {n}", f"https://example.org/{n}") for n in range(3)]
    assert [new.key for new in shelf.poll(*document).new] == [
        f"link:https://example.org/{n}" for n in range(3)
    ]
    plan = shelf.poll(*document, item("feed", "News 3", "https://example.org/3"))
    assert ([new.title for new in plan.new], plan.revisions, plan.repeats) == (["News 3"], (), 3)


def test_a_link_that_all_items_share_identifies_none() -> None:
    """Items that all link to one page and have no ids are told apart by their text; none is lost, none flips."""
    shelf = Shelf()
    document = [item(None, f"News {n}", "https://example.org/") for n in range(3)]
    assert len(shelf.poll(*document).new) == 3
    for _ in range(2):
        plan = shelf.poll(*document)
        assert (plan.new, plan.revisions, plan.repeats) == ((), (), 3)


def test_items_that_share_link_and_title_are_not_renamed_while_both_are_there() -> None:
    """A page that reports quake after quake under one title, each with an id of its own: each is new, none flips."""
    shelf = Shelf()
    first, second = (item(f"{n}", "Quake", summary=f"Magnitude {n}") for n in (4, 5))
    shelf.poll(first)
    assert len(shelf.poll(second, first).new) == 1
    plan = shelf.poll(second, first)
    assert (plan.new, plan.revisions, plan.repeats) == ((), (), 2)


def test_the_newest_of_several_revisions_counts() -> None:
    """Two aliases of one entry in a document revise it once."""
    shelf = Shelf()
    shelf.poll(ONE)
    shelf.poll(item("moved-1"))
    plan = shelf.poll(item("moved-1", "Leaders agree"), item("1", "Leaders agree"))
    assert len(plan.revisions) == 1


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Leaders\n\t meet ", "Leaders meet"),
        ("a\xa0b\u2028c", "a b c"),
        ("\u202eevil\u202c\u200b \ufeff", "evil"),
        ("e\u0301", "é"),
        ("\x00\x07bell\x1b[0m", "bell[0m"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("⚡\ufe0f", "⚡\ufe0f"),
        ("\ue000private", "private"),
        ("\ud800", ""),
        ("全角　空白", "全角　空白"),
        ("", ""),
    ],
)
def test_clean_text(raw: str, clean: str) -> None:
    """Text is composed, on one line, and without control and direction characters; emoji stay whole."""
    assert clean_text(raw) == clean


def test_heaps_of_marks() -> None:
    """Of a million combining characters on a letter, which would take minutes to put in order, the first 30 stay."""
    heap = "Z" + "\u0301\u0323" * 500_000 + "algo"
    assert clean_text(heap) == "\u1e92" + "\u0323" * 14 + "\u0301" * 15 + "algo"


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """Clean text stays as it is, and has one line."""
    clean = clean_text(text)
    assert clean_text(clean) == clean
    assert "\n" not in clean


parsed_entries = st.builds(
    ParsedEntry,
    id=st.sampled_from([None, "", "a", "b", "c", "link:https://x.org/1"]),
    title=st.sampled_from(["", "One", "ONE!", "Two", "Three", "🙂"]),
    link=st.sampled_from([None, "https://x.org/1", "https://x.org/2"]),
    summary=st.sampled_from(["", "Said.", "Done."]),
    published=st.sampled_from([None, NOON, NOON - 9 * HOUR]),
)
documents = st.lists(parsed_entries, max_size=6)


@given(st.lists(documents, max_size=3), documents)
def test_the_same_document_again_brings_nothing(
    before: list[list[ParsedEntry]], document: list[ParsedEntry]
) -> None:
    """Whatever a feed has published before, a document that is polled twice has nothing new the second time."""
    shelf = Shelf()
    for earlier in before:
        shelf.poll(*earlier)
    shelf.poll(*document)
    assert shelf.poll(*document).new == ()


@given(st.lists(documents, max_size=4))
def test_no_key_is_new_twice(history: list[list[ParsedEntry]]) -> None:
    """Whatever a feed does, the store is never given two new entries of one key, nor two revisions of one entry."""
    shelf = Shelf()
    keys: list[str] = []
    for document in history:
        plan = shelf.poll(*document)
        keys += [new.key for new in plan.new]
        assert len({one.entry_id for one in plan.revisions}) == len(plan.revisions)
        assert len(plan.new) + len(plan.revisions) + plan.repeats <= len(document)
    assert len(keys) == len(set(keys))


well_kept = st.lists(
    parsed_entries.filter(lambda one: bool(one.id)), max_size=6, unique_by=lambda one: one.id
)


@given(st.lists(well_kept, max_size=5))
def test_no_id_is_news_twice(history: list[list[ParsedEntry]]) -> None:
    """In a feed that gives every item an id of its own, no id is ever a new entry a second time."""
    shelf = Shelf()
    ids = [new.key for document in history for new in shelf.poll(*document).new]
    assert len(ids) == len(set(ids))


@given(well_kept)
def test_a_document_that_stays_the_same_revises_nothing(document: list[ParsedEntry]) -> None:
    """Polling a feed that does not change does not have its entries take turns."""
    shelf = Shelf()
    shelf.poll(*document)
    shelf.poll(*document)
    plan = shelf.poll(*document)
    assert (plan.new, plan.revisions, plan.aliases) == ((), (), ())
