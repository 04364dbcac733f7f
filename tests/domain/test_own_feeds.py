"""What only some chats' feeds report: those hear of it within the stories of all, and nobody else notices."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.chats import Chat, Subscription
from bot.domain.entries import Entry
from bot.domain.ledger import Ledger
from bot.domain.matching import Match, analyse
from bot.domain.outlets import Outlet, Outlets, outlet_of_feed
from bot.domain.stories import Report, Story, of_chat, readable
from bot.placing import Judged, Situation, decide_all, place_all
from bot.ports import DeskRecord, PendingEntry
from tests.domain.records import MINUTE, NOON, entry
from tests.fakes.lexicons import small_catalog, small_lexicon

OWN = 7
TRUCE = "Ukraine ceasefire agreed by Moscow and Kyiv"
QUAKE = "Strong earthquake shakes northern Japan"

PUBLIC = (
    entry(TRUCE, outlet="Reuters", id_=1),
    entry("Moscow and Kyiv agree to a ceasefire in Ukraine", outlet="TASS", id_=11),
    entry(QUAKE, outlet="NHK", id_=12),
    entry("Earthquake in northern Japan: strong shaking", outlet="Kyodo", id_=13),
)


def own(of: Entry, feed_id: int = OWN) -> Entry:
    return replace(of, private=True, feed_id=feed_id)


def judged(of: Entry) -> Judged:
    return Judged(PendingEntry(of, None), analyse(of, small_lexicon()), (Match(10, 1.0, ()),))


def told(*batch: Entry, chats: tuple[Chat, ...], ledger: Ledger | None = None) -> tuple[DeskRecord, ...]:
    following = [Subscription(one.id, 10, NOON, wait_for=2 if one.id == 3 else 1) for one in chats]
    placed = place_all(map(judged, batch), ledger or Ledger(), small_catalog())
    return tuple(decide_all(placed, Situation(chats, following), NOON))


NAMES_IT, DOES_NOT, WAITS_FOR_TWO = (
    replace(Chat(1, "console", "1"), feeds=frozenset({OWN})),
    Chat(2, "console", "2"),
    Chat(3, "console", "3"),
)


def test_who_does_not_name_it_notices_nothing() -> None:
    """Stories, voices, developments and messages of others are the same with what is made to mislead, and without."""
    others = (DOES_NOT, WAITS_FOR_TWO)
    hostile = (
        own(entry(TRUCE, outlet="Reuters", id_=2)),
        own(entry(f"{QUAKE}; {TRUCE}", outlet="Nobody", id_=3)),
        own(entry("Ukraine ceasefire and earthquake in northern Japan agreed strong", outlet="X", id_=4)),
        own(entry(QUAKE, outlet="NHK", id_=5), feed_id=8),
    )
    alone = told(*PUBLIC, chats=others)
    among = told(PUBLIC[0], *hostile, *PUBLIC[1:], chats=others)
    ids = {one.id for one in PUBLIC}
    assert [record for record in among if record.entry.id in ids] == list(alone)
    assert not any(record.intents or record.revisions for record in among if record.entry.id not in ids)


def test_who_names_it_hears_of_it() -> None:
    (record,) = told(own(entry(TRUCE, id_=2)), chats=(NAMES_IT, DOES_NOT))
    assert [intent.chat_id for intent in record.intents] == [NAMES_IT.id]


def test_it_joins_what_everybody_hears_of() -> None:
    """One event stays one message; and its voice counts for those who hear it."""
    waits = replace(WAITS_FOR_TWO, feeds=frozenset({OWN}))
    first, second = told(
        entry(TRUCE, outlet="Reuters", id_=1),
        own(entry(TRUCE + " today", outlet="A blog", id_=2)),
        chats=(waits,),
    )
    assert second.placement is not None
    assert second.placement.story_id == 1
    assert not first.intents
    assert [intent.chat_id for intent in second.intents] == [waits.id]


def test_what_it_alone_tells_is_one_story_too() -> None:
    ledger = Ledger()
    records = told(
        own(entry(QUAKE, id_=2)), own(entry(QUAKE + " again", id_=3)), chats=(NAMES_IT,), ledger=ledger
    )
    assert [record.placement and record.placement.story_id for record in records] == [2, 2]
    assert len(ledger.reports(2, OWN)) == 2
    assert ledger.reports(2) == ()


def test_nothing_is_remembered_for_ever() -> None:
    ledger = Ledger()
    told(own(entry(QUAKE, id_=2)), chats=(NAMES_IT,), ledger=ledger)
    ledger.forget(NOON + 10_000 * MINUTE)
    assert ledger._aside == {}


def test_what_a_chat_may_see() -> None:
    story = Story(1, NOON, NOON, (Report(entry(TRUCE, id_=1)), Report(own(entry(TRUCE, id_=2)))))
    assert [one.entry.id for one in of_chat(story, DOES_NOT).reports] == [1]
    assert readable(story, NAMES_IT) == of_chat(story, NAMES_IT) == story
    assert readable(story, replace(NAMES_IT, blocked_outlets=frozenset({story.outlets[0]}))).reports == ()


def test_what_its_outlet_is_called() -> None:
    """The title, unless it is another outlet's name; a known site's own name whatever the title."""
    known = Outlets.of([Outlet("Reuters", domains=("reuters.com",)), Outlet("NHK", domains=("nhk.or.jp",))])
    assert outlet_of_feed("My blog", "www.blog.example", known) == "My blog"
    assert outlet_of_feed("reuters", "www.blog.example", known) == "blog.example"
    assert outlet_of_feed("", "www.blog.example", known) == "blog.example"
    assert outlet_of_feed("Top stories", "www.reuters.com", known) == "Reuters"
    assert outlet_of_feed("NHK", "www3.nhk.or.jp", known) == "NHK"
    assert outlet_of_feed("NHK", "nhk.or.jp.evil.example", known) == "nhk.or.jp.evil.example"
    assert outlet_of_feed("", "reuters", known) == "reuters"
