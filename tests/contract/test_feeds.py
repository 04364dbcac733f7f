"""`ports.FeedStore`."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from bot.domain.entries import FeedSpec, IngestPlan, ParsedEntry, Revision, fingerprint, keys_of, plan_ingest
from bot.domain.polling import FeedForPoll, FeedLimits, HostRest, Move, Wishes
from bot.ports import PendingEntry, Store
from bot.storage.schema import entry_keys, revisions
from bot.storage.sql import SqlStore
from tests.contract.conftest import counting
from tests.contract.records import (
    HOUR,
    MINUTE,
    NOON,
    a_chat,
    a_feed,
    a_story,
    feed_spec,
    new_entry,
    opens,
    poll,
)
from tests.fakes.documents import parsed


async def test_a_new_feed_is_due_at_once(store: Store) -> None:
    """All that the configuration says of a new feed is stored, and nothing has been polled."""
    spec = FeedSpec(
        "https://a.example/rss", "A", "ja", "jp", "A: world", True, False, timedelta(seconds=90.5)
    )
    await store.sync_feeds([spec], NOON)
    assert await store.due_feeds(NOON, 10) == ((FeedForPoll(1, spec.url), spec),)
    assert await store.due_feeds(NOON - MINUTE, 10) == ()


async def test_a_known_feed_keeps_its_history(store: Store) -> None:
    """Changing a feed's outlet neither makes it due nor forgets its validators."""
    feed = await a_feed(store)
    await store.record_poll(replace(poll(feed), keep_validators=False, etag='"1"', body_digest="d"))
    await store.sync_feeds([feed_spec(outlet="Renamed")], NOON + MINUTE)
    assert await store.due_feeds(NOON + MINUTE, 10) == ()
    ((again, spec),) = await store.due_feeds(NOON + HOUR, 10)
    assert again == FeedForPoll(feed.id, feed.url, '"1"', None, "d", last_success=NOON)
    assert spec.outlet == "Renamed"


async def test_a_feed_that_is_not_configured_is_not_polled(store: Store) -> None:
    """It keeps what it brought, and comes back with it."""
    feed = await a_feed(store)
    await store.record_poll(poll(feed, IngestPlan((new_entry(),))))
    await store.sync_feeds([], NOON)
    assert await store.due_feeds(NOON + HOUR, 10) == ()
    assert await store.feed_statuses() == ()
    assert len(await store.pending_entries(10)) == 1
    await store.sync_feeds([feed_spec()], NOON)
    assert (await store.feed_statuses())[0].entries == 1
    assert (await store.feed_statuses(counted=False))[0].entries == 0


async def test_the_longest_overdue_feed_comes_first(store: Store) -> None:
    """Due feeds are ordered by due time, then as configured, and limited."""
    await store.sync_feeds([feed_spec("late"), feed_spec("soon"), feed_spec("early")], NOON)
    (late, _), (soon, _), (early, _) = await store.due_feeds(NOON, 10)
    await store.record_poll(replace(poll(late), next_poll=NOON + 3 * MINUTE))
    await store.record_poll(replace(poll(soon), next_poll=NOON + 2 * MINUTE))
    await store.record_poll(replace(poll(early), next_poll=NOON + 1 * MINUTE))
    due = await store.due_feeds(NOON + 2 * MINUTE, 10)
    assert [feed.id for feed, _ in due] == [early.id, soon.id]
    assert [feed.id for feed, _ in await store.due_feeds(NOON + HOUR, 1)] == [early.id]


async def test_new_entries_wait_for_the_desk_in_order(store: Store) -> None:
    """`record_poll` answers how many are new; they are seen at the poll's time."""
    feed = await a_feed(store)
    assert await store.record_poll(poll(feed, IngestPlan((new_entry("b"), new_entry("a"))))) == 2
    assert await store.record_poll(poll(feed, IngestPlan((new_entry("c"),)), NOON + MINUTE)) == 1
    waiting = await store.pending_entries(10)
    assert [pending.entry.title for pending in waiting] == ["Title b", "Title a", "Title c"]
    assert [pending.entry.seen for pending in waiting] == [NOON, NOON, NOON + MINUTE]
    assert {pending.entry.feed_id for pending in waiting} == {feed.id}
    assert {pending.entry.published for pending in waiting} == {NOON - HOUR}
    assert {pending.story_id for pending in waiting} == {None}


async def test_what_is_not_news_does_not_wait(store: Store) -> None:
    """Background is kept to search in; its revisions do not wait either."""
    feed = await a_feed(store)
    assert await store.record_poll(poll(feed, IngestPlan((new_entry(is_news=False),)))) == 1
    assert await store.pending_entries(10) == ()
    (kept,) = await store.entries_since(NOON, 10)
    assert not kept.is_news
    await store.record_poll(poll(feed, IngestPlan(revisions=(Revision(kept.id, "fp", "New", "", None),))))
    assert await store.pending_entries(10) == ()
    (revised,) = await store.entries_since(NOON, 10)
    assert (revised.title, revised.revision) == ("New", 1)


async def test_a_revision_of_news_waits_again(store: SqlStore) -> None:
    """It waits with the story it stands in; the old text is kept."""
    feed = await a_feed(store)
    await store.record_poll(poll(feed, IngestPlan((new_entry(),))))
    (pending,) = await store.pending_entries(10)
    await store.record_desk([opens(pending.entry)], NOON)
    assert await store.pending_entries(10) == ()

    change = Revision(pending.entry.id, "fp", "Corrected", "Text", "https://new.example/")
    later = poll(feed, IngestPlan(revisions=(change,)), NOON + HOUR)
    assert await store.record_poll(later) == 0
    revised = replace(
        pending.entry, title="Corrected", summary="Text", link="https://new.example/", revision=1
    )
    assert await store.pending_entries(10) == (PendingEntry(revised, revised.id),)
    (old,) = await store._database.read(lambda connection: connection.execute(select(revisions)).all())
    assert (old.entry_id, old.revision, old.title, old.replaced) == (revised.id, 0, "Title a", NOON + HOUR)


async def test_a_poll_recorded_twice_changes_nothing(store: Store) -> None:
    """What was planned on an outdated view neither doubles an entry nor counts a revision again."""
    feed = await a_feed(store)
    await store.record_poll(poll(feed, IngestPlan((new_entry(),))))
    (pending,) = await store.pending_entries(10)
    plan = IngestPlan((new_entry("b"),), (Revision(pending.entry.id, "fp", "Corrected", "", None),))
    assert await store.record_poll(poll(feed, plan)) == 1
    assert await store.record_poll(poll(feed, plan)) == 0
    waiting = await store.pending_entries(10)
    assert [(one.entry.title, one.entry.revision) for one in waiting] == [("Corrected", 1), ("Title b", 0)]


async def test_an_entry_answers_to_all_its_keys(store: Store) -> None:
    """Its id, its link, its text, old texts and aliases; not to those of another feed's entry."""
    await store.sync_feeds([feed_spec("one"), feed_spec("two")], NOON)
    (one, _), (two, _) = await store.due_feeds(NOON, 10)
    new = new_entry("a", link="https://a.example/1")
    await store.record_poll(poll(one, IngestPlan((new,))))
    (pending,) = await store.pending_entries(10)
    change = Revision(pending.entry.id, fingerprint("New", ""), "New", "", "https://a.example/2")
    alias = ("id:renamed", pending.entry.id)
    await store.record_poll(poll(one, IngestPlan(revisions=(change,), aliases=(alias,))))

    old = ParsedEntry("a", new.title, new.link, new.summary)
    current = ParsedEntry("a", "New", "https://a.example/2", "")
    others = (ParsedEntry("renamed", "Another"), ParsedEntry("other", "Another"))
    answers = await store.known_entries({one.id: [old, current, *others], two.id: [old, current]})
    known = answers[one.id]
    assert set(known) == {*keys_of(old), *keys_of(current), "id:renamed"}
    assert {entry.entry_id for entry in known.values()} == {pending.entry.id}
    assert known["id:renamed"].key == "id:a"
    assert known["id:a"].title == "New"
    assert known["id:a"].fingerprint == change.fingerprint
    assert known["id:a"].seen == NOON
    assert answers[two.id] == {}


async def test_an_entry_is_found_by_its_text_alone(store: SqlStore) -> None:
    """Found only through its fingerprint, it stands under its own key; found by key too, it stands there once."""
    feed = await a_feed(store)
    new = new_entry("a")
    await store.record_poll(poll(feed, IngestPlan((new,))))
    content = f"content:{new.fingerprint}"
    renamed = await store.known_entries({feed.id: [ParsedEntry("b", new.title, None, new.summary)]})
    assert set(renamed[feed.id]) == {content}
    await store._database.write(lambda connection: connection.execute(delete(entry_keys)))
    renamed = await store.known_entries({feed.id: [ParsedEntry("b", new.title, None, new.summary)]})
    assert set(renamed[feed.id]) == {"id:a"}


async def test_the_first_to_answer_to_a_key_keeps_it(store: Store) -> None:
    """Entries that share a link are not mistaken for one another once the feed gives ids."""
    feed = await a_feed(store)
    without_id = replace(new_entry("old", link="https://a.example/"), key="link:https://a.example/")
    await store.record_poll(poll(feed, IngestPlan((without_id,))))
    await store.record_poll(poll(feed, IngestPlan((new_entry("new", link="https://a.example/"),))))
    asked = ParsedEntry("new", "Another", "https://a.example/")
    known = (await store.known_entries({feed.id: [asked]}))[feed.id]
    assert known["link:https://a.example/"].title == "Title old"
    assert known["id:new"].title == "Title new"


async def test_a_document_planned_from_the_store_is_not_new_twice(store: Store) -> None:
    """The store's answers are what `plan_ingest` needs to see a renamed id, a link and a text for what they are."""
    feed = await a_feed(store)
    document = (
        ParsedEntry("1", "With id and link", "https://a.example/1"),
        ParsedEntry(None, "With a link", "https://a.example/2"),
        ParsedEntry(None, "With nothing"),
    )
    renamed = (replace(document[0], id="https://new.example/1"), *document[1:])

    async def read(parsed: tuple[ParsedEntry, ...]) -> IngestPlan:
        known = await store.known_entries({feed.id: parsed})
        plan = plan_ingest(feed_spec(), parsed, known[feed.id], first_poll=False, now=NOON)
        await store.record_poll(poll(feed, plan))
        return plan

    assert len((await read(document)).new) == 3
    assert await read(document) == IngestPlan(repeats=3)
    assert (await read(renamed)).aliases == (("id:https://new.example/1", 1),)
    assert await read(renamed) == IngestPlan(repeats=3)


async def test_a_huge_document_can_be_looked_up(store: Store) -> None:
    """More keys than a statement takes parameters."""
    feed = await a_feed(store)
    await store.record_poll(poll(feed, IngestPlan((new_entry("a"),))))
    asked = [ParsedEntry(str(number), f"{number}") for number in range(35_000)]
    known = await store.known_entries({feed.id: [*asked, ParsedEntry("a", "Title")]})
    assert set(known[feed.id]) == {"id:a"}


async def test_a_failure_is_counted_until_a_success(store: Store) -> None:
    """An error keeps the validators, adds a failure and says why; a success clears both."""
    feed = await a_feed(store)
    await store.record_poll(replace(poll(feed), keep_validators=False, etag="e", last_modified="m"))
    await store.record_poll(replace(poll(feed, at=NOON + MINUTE), error="It did not answer."))
    await store.record_poll(replace(poll(feed, at=NOON + 2 * MINUTE), error="It answered 500."))
    ((failing, _),) = await store.due_feeds(NOON + HOUR, 10)
    assert failing == FeedForPoll(feed.id, feed.url, "e", "m", failures=2, last_success=NOON)
    (status,) = await store.feed_statuses()
    assert (status.error, status.failures) == ("It answered 500.", 2)
    assert (status.last_poll, status.last_success) == (NOON + 2 * MINUTE, NOON)

    await store.record_poll(poll(feed, at=NOON + 3 * MINUTE))
    (status,) = await store.feed_statuses()
    assert (status.error, status.failures, status.last_success) == (None, 0, NOON + 3 * MINUTE)


async def test_validators_are_forgotten_when_told(store: Store) -> None:
    """`keep_validators` False with none to store clears the old ones."""
    feed = await a_feed(store)
    await store.record_poll(replace(poll(feed), keep_validators=False, etag="e", body_digest="d"))
    await store.record_poll(replace(poll(feed), keep_validators=False))
    ((again, _),) = await store.due_feeds(NOON + HOUR, 10)
    assert (again.etag, again.body_digest) == (None, None)


async def test_the_first_success_is_the_first_poll(store: Store) -> None:
    """A feed that only ever failed has not been polled before: what it first brings is not all news."""
    feed = await a_feed(store)
    await store.record_poll(replace(poll(feed), error="No route."))
    ((again, _),) = await store.due_feeds(NOON + HOUR, 10)
    assert not again.polled_before


async def test_a_feed_that_is_gone_is_never_asked_again(store: Store) -> None:
    """It is still listed, as inactive and with the reason; taking it out and putting it back asks again."""
    feed = await a_feed(store)
    await store.record_poll(replace(poll(feed), error="It is gone.", gone=True))
    await store.sync_feeds([feed_spec()], NOON)
    assert await store.due_feeds(NOON + HOUR, 10) == ()
    (status,) = await store.feed_statuses()
    assert (status.active, status.error) == (False, "It is gone.")
    await store.sync_feeds([], NOON)
    await store.sync_feeds([feed_spec()], NOON)
    assert len(await store.due_feeds(NOON + HOUR, 10)) == 1


async def test_statuses_are_in_the_configured_order(store: Store) -> None:
    """With counts, and the time of the last new entry rather than of the last poll."""
    await store.sync_feeds([feed_spec("b"), feed_spec("a")], NOON)
    await store.sync_feeds([feed_spec("a"), feed_spec("b")], NOON)
    assert [status.spec for status in await store.feed_statuses()] == [feed_spec("a"), feed_spec("b")]
    (b, _) = next(due for due in await store.due_feeds(NOON, 10) if due[0].url == feed_spec("b").url)
    await store.record_poll(poll(b, IngestPlan((new_entry("x"), new_entry("y")))))
    await store.record_poll(poll(b, IngestPlan(repeats=2), NOON + MINUTE))
    a_status, b_status = await store.feed_statuses()
    assert (a_status.entries, a_status.last_poll, a_status.active) == (0, None, True)
    assert (b_status.entries, b_status.last_new, b_status.last_poll) == (2, NOON, NOON + MINUTE)
    assert b_status.next_poll == NOON + 6 * MINUTE


async def test_entries_of_no_feed_count_for_none(store: Store) -> None:
    """A replay's entries are no feed's."""
    feed = await a_feed(store)
    await a_story(store)
    assert (await store.feed_statuses())[0].entries == 0
    asked = ParsedEntry(None, "Title", "https://the.example/1")
    assert await store.known_entries({feed.id: [asked]}) == {feed.id: {}}


async def test_what_a_poll_learns_is_kept(store: Store) -> None:
    """Rate, wishes, move and the items seen come back with the feed; what a later poll does not say stays."""
    feed = await a_feed(store)
    learnt = replace(
        poll(feed),
        keep_validators=False,
        items_seen=b"digests",
        rate=0.25,
        wishes=Wishes(HOUR, frozenset({3, 4}), frozenset({6})),
        move=Move("https://new.example/feed", NOON, 2),
        burst=True,
    )
    await store.record_poll(learnt)
    await store.record_poll(replace(poll(feed, at=NOON + HOUR), move=learnt.move))
    ((again, _),) = await store.due_feeds(NOON + 2 * HOUR, 10)
    assert again.items_seen == b"digests"
    assert (again.rate, again.wishes, again.move) == (0.25, learnt.wishes, learnt.move)
    assert again.last_success == NOON + HOUR
    (status,) = await store.feed_statuses()
    assert (status.rate, status.last_burst, status.move) == (0.25, NOON, learnt.move)

    await store.record_poll(
        replace(poll(feed, at=NOON + 2 * HOUR), keep_validators=False, rate=0.0, wishes=Wishes())
    )
    ((again, _),) = await store.due_feeds(NOON + 4 * HOUR, 10)
    assert (again.items_seen, again.rate, again.wishes, again.move) == (b"", 0.0, Wishes(), None)


async def test_polls_of_many_feeds_are_recorded_together(store: SqlStore) -> None:
    """Each feed has its own entries, due time and outcome; it takes no more statements than for one feed."""
    await store.sync_feeds([feed_spec(name) for name in "abc"], NOON)
    feeds = [feed for feed, _ in await store.due_feeds(NOON, 10)]
    one, two, three = (poll(feed, IngestPlan((new_entry("x"), new_entry(str(feed.id))))) for feed in feeds)
    three = replace(three, plan=None, error="It broke.", next_poll=NOON + HOUR)
    with counting(store) as statements:
        assert await store.record_poll(one, two, three) == 4
    assert statements.count <= 4
    assert await store.record_poll(one, two) == 0
    assert [status.entries for status in await store.feed_statuses()] == [2, 2, 0]
    assert [status.failures for status in await store.feed_statuses()] == [0, 0, 1]
    assert [feed.id for feed, _ in await store.due_feeds(NOON + 30 * MINUTE, 10)] == [
        one.feed_id,
        two.feed_id,
    ]


async def test_a_host_is_not_asked_for_all_its_feeds_at_once(store: Store) -> None:
    """At most so many feeds of a host are due together; those of busy hosts and those that are named wait."""
    urls = [f"https://{host}.example:8443/{n}" for host in "ab" for n in range(3)]
    await store.sync_feeds([FeedSpec(url, "O", "en") for url in urls], NOON)

    async def due(limit: int = 10, **limits: Any) -> list[str]:
        return [feed.url for feed, _ in await store.due_feeds(NOON, limit, **limits)]

    assert await due() == urls
    assert await due(per_host=2) == [*urls[:2], *urls[3:5]]
    assert await due(3, per_host=2) == [*urls[:2], urls[3]]
    assert await due(per_host=2, busy=["a.example"]) == urls[3:5]
    ids = [feed.id for feed, _ in await store.due_feeds(NOON, 10)]
    assert await due(per_host=2, but=[ids[0], ids[5]]) == [*urls[1:3], *urls[3:5]]


async def test_a_host_that_asks_for_a_rest(store: Store) -> None:
    """None of its feeds is due before that is over; those that are due later stay, and so do other hosts'."""
    names = ("asked", "due", "later", "other")
    host = {"other": "b.example"}
    await store.sync_feeds(
        [FeedSpec(f"https://{host.get(name, 'a.example')}/{name}", "O", "en") for name in names], NOON
    )
    feeds = dict(zip(names, (feed for feed, _ in await store.due_feeds(NOON, 10)), strict=True))
    await store.record_poll(replace(poll(feeds["later"]), next_poll=NOON + 2 * HOUR))
    rest = HostRest("a.example", NOON, NOON + HOUR)
    await store.record_poll(replace(poll(feeds["asked"]), error="Too many.", rest=rest))
    due = {status.id: status.next_poll for status in await store.feed_statuses()}
    assert {name: due[feed.id] for name, feed in feeds.items()} == {
        "asked": rest.back(feeds["asked"].id),
        "due": rest.back(feeds["due"].id),
        "later": NOON + 2 * HOUR,
        "other": NOON,
    }


async def test_a_feed_of_a_chat_asks_for_no_rest_of_the_operators(store: Store) -> None:
    """Who names feeds that refuse puts off those that chats name, and no configured one."""
    configured = await a_feed(store)
    chat = await a_chat(store)
    for name in ("two", "three"):
        await store.name_feed(
            chat.id, FeedSpec(f"https://one.example/{name}", "O", "en"), FeedLimits(5), NOON
        )
    named = [feed for feed, _ in await store.due_feeds(NOON, 10) if feed.public_only]
    rest = HostRest("one.example", NOON, NOON + HOUR)
    await store.record_poll(replace(poll(named[0]), error="Too many.", private=True, rest=rest))
    assert [feed.id for feed, _ in await store.due_feeds(NOON + HOUR - MINUTE, 10)] == [configured.id]


async def test_the_longest_names_fit_into_an_index(store: Store) -> None:
    """The longest ids and links that come out of a document, of letters that take the most room and do not repeat."""
    chance = random.Random(1)
    name = "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(2_000))
    address = f"https://a.example/{name}"
    given = [{"id": name[:1_000], "url": address}, {"id": name[:800], "url": address[:690]}]
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": given}
    read = parsed(json.dumps(document)).entries
    assert [len(one.link or "") for one in read] == [0, 690]
    feed = await a_feed(store)
    for number, one in enumerate(read):
        new = replace(new_entry(str(number)), key=keys_of(one)[0], link=one.link)
        assert await store.record_poll(poll(feed, IngestPlan((new,)))) == 1
