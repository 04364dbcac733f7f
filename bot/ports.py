"""What the edges owe the core: one Protocol each for time, fetching, parsing, storing, waking and speaking.

Instants are aware datetimes in UTC everywhere. Every method of `Store` that writes is one transaction: all of it or
nothing. Tests run one contract suite over every implementation (`tests/contract`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from bot.domain.catalog import Catalog
from bot.domain.chats import Chat, Platform, Subscription
from bot.domain.deciding import Revise, Told
from bot.domain.deliveries import Delivery, Gone, Intent, NotSent, Occasion, Outcome, Sent, Settlement
from bot.domain.digests import DigestItem, LastDigest, Part, Untold
from bot.domain.documents import Action, Document
from bot.domain.entries import Entry, FeedSpec, IngestPlan, KnownEntry, ParsedEntry, ParsedFeed
from bot.domain.installations import Installation
from bot.domain.ledger import KnownReport
from bot.domain.matching import Match
from bot.domain.pacing import Urgency
from bot.domain.polling import (
    Failed,
    FeedForPoll,
    FeedLimits,
    Fetched,
    FetchResult,
    HostRest,
    Move,
    Wishes,
)
from bot.domain.profiles import Profile
from bot.domain.schedules import Slot
from bot.domain.stories import Placement, Story
from bot.domain.topics import Topic, TopicSpec
from bot.domain.websub import Hub, Push


class Clock(Protocol):
    """The one source of time."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        ...


class Fetcher(Protocol):
    async def fetch(self, feed: FeedForPoll) -> FetchResult:
        """Ask for the feed, conditionally. Never raises for what a server or network does."""
        ...


class HubClient(Protocol):
    async def ask_hub(self, push: Push, callback: str) -> bool:
        """Ask the hub to push the feed to `callback`; whether it accepted to look into that. Never raises."""
        ...


class Parser(Protocol):
    async def parse(self, fetched: Fetched, items_seen: bytes = b"") -> ParsedFeed | Failed:
        """Read a body within a deadline, whatever it holds. Never raises for what the body holds.

        `items_seen`: that of the feed's `ParsedFeed` before; items it knows may be left out.
        """
        ...


class FeedFinder(Protocol):
    """Looks for the feeds that a person may mean."""

    async def find(self, typed: str) -> tuple[FoundFeed, ...] | Failed:
        """The feeds at an address, or those of the site there, the likeliest first; or why there is none.

        Asks on the public internet alone, within half a minute. Never raises for what is found.
        """
        ...


class Stage(Enum):
    """The stages of the pipeline that can have work waiting."""

    POLL = "poll"
    TOPICS = "topics"
    """Those that another process changed."""
    DESK = "desk"
    DIGESTS = "digests"
    OUTBOX = "outbox"
    TELEGRAM = "telegram"
    """The outbox of Telegram, where several processes send: one of them sends for the bot."""
    HUBS = "hubs"


OUTBOXES = (Stage.OUTBOX, Stage.TELEGRAM)


class Point(Enum):
    """The named points of an entry's way: what is done when each is passed. Tests kill the process at every one."""

    FETCHED = "fetched"
    PARSED = "parsed"
    INGESTED = "ingested"
    JUDGED = "judged"
    DECIDED = "decided"
    COMPOSED = "composed"
    SAVED = "saved"
    CALLED = "called"
    SETTLED = "settled"
    SLOT_DECIDED = "slot decided"
    DIGEST_OWED = "digest owed"


Probe = Callable[[Point], None]
"""Told of each point as it is passed."""


def no_probe(_: Point) -> None:
    """The probe of a normal run."""


class WorkQueue(Protocol):
    """Says «look at this now». What is due is in the store: losing a word here delays, never loses."""

    def wake(self, stage: Stage) -> None:
        """Have somebody who serves the stage look; words not yet heard fall into one."""
        ...

    async def serve(
        self, stage: Stage, work: Callable[[], Awaitable[object]], *, overlapping: bool = False
    ) -> None:
        """Call `work` each time somebody has woken the stage, from now on.

        One call after the other, and again at once as long as it answers something truthy; where `overlapping`, each
        word begins a call of its own, whatever is under way. `work` never raises.

        Returns once `stop` was called and the calls under way have ended. Where it is cancelled, so are they.
        """
        ...

    def stop(self) -> None:
        """Begin no more work."""
        ...


class Messenger(Protocol):
    """A platform's way of speaking to a chat. Never raises for what the platform answers."""

    def render(self, document: Document) -> str | None:
        """The text to save and send; None where it is beyond the platform's limits. Pure.

        It leaves room for the buttons of a bulletin, and has none itself.
        """
        ...

    def wait(self, chat: Chat) -> timedelta:
        """For how long this chat cannot be spoken to, whatever else is going on. Does not wait."""
        ...

    def turn(self, chat: Chat, urgency: Urgency) -> AbstractAsyncContextManager[None]:
        """Entered when the bot may make one call to this chat, and nobody else is making one."""
        ...

    async def send(
        self,
        chat: Chat,
        text: str,
        *,
        key: str = "",
        answers: str | None = None,
        silent: bool = False,
        actions: Sequence[Action] = (),
    ) -> Outcome:
        """Send a rendered text as a new message, within a turn.

        `key`: no other message has it, and `find` finds it again by that, where the platform has room for it.
        `answers`: as an answer to this message, which all of the chat see; if that is gone, as one of its own. `silent`:
        without a sound, where the platform can. `actions`: buttons below it, where the platform has them.
        """
        ...

    async def edit(
        self,
        chat: Chat,
        message_id: str,
        text: str,
        before: str | None = None,
        *,
        actions: Sequence[Action] = (),
    ) -> Outcome | Gone:
        """Replace a message's text and buttons, within a turn; `Sent` also where it already reads so.

        `before`: how it reads, where known.
        """
        ...

    async def find(self, chat: Chat, key: str, since: datetime) -> Sent | NotSent | None:
        """What became of a message that may have been sent after `since`, within a turn; None where nobody can say."""
        ...

    def address_of(self, chat: Chat, message_id: str) -> str | None:
        """Where people of the chat can open a message that it was sent (https); None where that cannot be said. Pure."""
        ...


class Translator(Protocol):
    """A service that puts sentences into another language. What it makes is always told as such."""

    async def translate(self, texts: Sequence[str], source: str, target: str) -> tuple[str, ...] | None:
        """The texts, one by one, from one language into another (BCP 47); None where it cannot be had, or not in time.

        Never raises for what the service does. Equal texts are given equal translations, so that a message that is
        edited keeps its words.
        """
        ...


class NoTranslator:
    """The translator of a bot that has none: everything is told in its own language."""

    async def translate(self, texts: Sequence[str], source: str, target: str) -> tuple[str, ...] | None:  # noqa: ARG002
        return None


@dataclass(frozen=True, slots=True)
class PollRecord:
    """All that one poll of a feed leaves behind.

    `plan` is None where nothing was parsed. A None `etag` with `keep_validators` False forgets the old one, and so do
    the other fields of what it was known by. `error` is None after a success. `gone`: never ask again. `private`: only chats
    name it. None for `rate`
    or `wishes` leaves them as they were, while `move` is as it is to be from now on.
    """

    feed_id: int
    at: datetime
    next_poll: datetime
    plan: IngestPlan | None = None
    error: str | None = None
    gone: bool = False
    private: bool = False
    keep_validators: bool = True
    etag: str | None = None
    last_modified: str | None = None
    body_digest: str | None = None
    items_seen: bytes = b""
    rate: float | None = None
    wishes: Wishes | None = None
    move: Move | None = None
    hub: Hub | None = None
    """As the document says now; counts where `wishes` does."""
    burst: bool = False
    """Whether all items of the document were new, so that others may have come and gone unseen."""
    rest: HostRest | None = None
    """Of a host that asked for it: none of its feeds is due before that is over; where the poll is `private`, none of
    those that only chats name."""


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How a feed is doing, for `/feeds` and `/status`."""

    id: int
    spec: FeedSpec
    active: bool
    last_poll: datetime | None
    last_success: datetime | None
    last_new: datetime | None
    next_poll: datetime
    failures: int
    error: str | None
    entries: int
    """How many of its entries are stored."""
    rate: float = 0.0
    """Entries a second, as of the last success; see `bot.domain.polling.rate_after`."""
    last_burst: datetime | None = None
    """When all items of its document were new for the last time: some may have come and gone unseen."""
    move: Move | None = None
    own: bool = False
    """Whether only chats named it, and it is not in the configuration."""


class Naming(Enum):
    """What became of a chat's wish to have a feed watched."""

    ADDED = "added"
    ALREADY = "already named by this chat"
    FOR_ALL = "watched for everybody"
    FULL = "no more feeds for this chat"
    ALL_FULL = "no more feeds for any chat"


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that was looked for and read. `address`: where it is, in the one way in which we write it."""

    address: str
    title: str
    language: str
    """BCP 47; of most of its titles, empty where that cannot be told."""
    entries: int


@dataclass(frozen=True, slots=True)
class PendingEntry:
    """An entry, or a new revision of one, that the desk has yet to look at."""

    entry: Entry
    story_id: int | None
    """Where it already stands, if it is a revision."""


@dataclass(frozen=True, slots=True)
class DeskRecord:
    """All that the desk decided about one entry."""

    entry: Entry
    concepts: tuple[str, ...]
    matches: tuple[Match, ...]
    placement: Placement | None
    """None for a revision, which stays where it is."""
    intents: tuple[Intent, ...] = ()
    revisions: tuple[Revise, ...] = ()
    profile: Profile | None = None
    """As it is to be remembered; `voice` is the owner of its outlet."""
    voice: str = ""
    develops: bool = False
    """It brings something new to its story."""


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """What waits: entries for the desk, messages for the outbox, and since when the oldest of each does."""

    entries: int
    messages: int
    oldest_message: datetime | None
    failed_messages: int
    oldest_entry: datetime | None = None


@dataclass(frozen=True, slots=True)
class DigestLook:
    """A chat whose schedule is to be looked at, and what it was told last."""

    chat: Chat
    last: LastDigest | None


@dataclass(frozen=True, slots=True)
class DigestRecord:
    """All that was decided at one look at a chat's schedule; `chat` is the one that was looked at.

    `slot` is None where none was due. Else a digest of the stories seen from `since` until before `until` is owed, a
    message for each of the `parts`; the stories of `unnamed` are only counted in it. Without parts there was nothing
    to tell.
    """

    chat: Chat
    next_look: datetime
    slot: Slot | None = None
    since: datetime | None = None
    until: datetime | None = None
    parts: tuple[tuple[DigestItem, ...], ...] = ()
    unnamed: tuple[DigestItem, ...] = ()


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that a chat was sent, with its story (of an update, that of the message it answers), for `/why`."""

    delivery: Delivery
    story: Story


class FeedStore(Protocol):
    async def sync_feeds(self, feeds: Sequence[FeedSpec], now: datetime) -> None:
        """Make `feeds` (by address) the ones that are polled. Others are kept with all they brought, but not polled.

        A feed that is new is due at once; a known one keeps its due time, validators and history.
        """
        ...

    async def due_feeds(
        self,
        now: datetime,
        limit: int,
        *,
        but: Collection[int] = (),
        per_host: int | None = None,
        busy: Collection[str] = (),
        peer: str | None = None,
    ) -> tuple[tuple[FeedForPoll, FeedSpec], ...]:
        """Active feeds whose time has come, the longest overdue first. Reads only.

        Without those of the ids `but` and of the hosts `busy`, those that another process than `peer` polls, and at
        most `per_host` of each other host.
        """
        ...

    async def known_entries(
        self, asked: Mapping[int, Collection[ParsedEntry]]
    ) -> Mapping[int, Mapping[str, KnownEntry]]:
        """By feed: what is known under the keys of these entries (`bot.domain.entries.keys_of`, aliases included).

        Entries of the feed that only have the same text as one of these stand under their own key.
        """
        ...

    async def record_poll(self, *records: PollRecord) -> int:
        """Store new entries, revisions, aliases, validators and the next due times. Answers how many entries are new.

        Entries that are news, and revisions of such, wait for the desk from then on; entries that are not are only
        kept. A success sets `failures` to 0, an error adds one. `at` becomes `seen` of new entries. All of the records,
        each of another feed, are one transaction.
        """
        ...

    async def pushes_due(self, now: datetime, limit: int) -> tuple[Push, ...]:
        """Subscriptions that a hub is to be asked for; token and secret are empty where it never was.

        Those of configured feeds alone: where a hub is, its feed says.
        """
        ...

    async def pushed_feed(self, token: str) -> tuple[Push, FeedForPoll, FeedSpec] | None:
        """The subscription with this token, and its feed; None where there is none, or the feed is not polled."""
        ...

    async def save_push(self, push: Push) -> None:
        """Keep a subscription as it is now."""
        ...

    async def feed_statuses(
        self, chat_id: int | None = None, *, counted: bool = True
    ) -> tuple[FeedStatus, ...]:
        """Every feed of the configuration, in its order; with `chat_id`, those that this chat named behind them.

        Where not `counted`, `entries` is 0: to count them takes long where there are many.
        """
        ...


class OwnFeedStore(Protocol):
    """Feeds that chats name. One is polled while somebody names it, once however many do."""

    async def name_feed(self, chat_id: int, spec: FeedSpec, limits: FeedLimits, now: datetime) -> Naming:
        """Have a feed (by address) watched for a chat, within the limits.

        One that nobody had watched is due at once, and asked as for the first time. Entries that come while a feed is
        not in the configuration are `private`.
        """
        ...

    async def drop_feed(self, chat_id: int, feed_id: int) -> bool:
        """Watch it for this chat no more; False where it was not. What it brought is kept."""
        ...


class DeskStore(Protocol):
    async def add_entries(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Store entries that came from no feed (a replay's) and have them wait for the desk; answers them with ids."""
        ...

    async def pending_entries(self, limit: int) -> tuple[PendingEntry, ...]:
        """What waits for the desk, in the order in which it was seen."""
        ...

    async def known_reports(self, since: datetime) -> tuple[KnownReport, ...]:
        """The reports seen at or after `since`, in the order in which they came: what the desk remembers of them.

        Their topics are those that the entries fit by their own words.
        """
        ...

    async def told(self, story_ids: Iterable[int]) -> tuple[Told, ...]:
        """The messages about these stories that were sent or are owed: updates and digests too, failed ones left out."""
        ...

    async def record_desk(self, records: Sequence[DeskRecord], now: datetime) -> None:
        """Store matches, stories, merges, intents and wanted revisions; the entries no longer wait.

        Where stories merge, the reports of the younger stand in the older one, and so do its messages to chats that
        were not told of the older one. A chat with messages about both has both revised; one that was not sent yet is
        told within the other. Revisions are due `REVISED_AFTER` the first one that is not shown.

        Matches of an entry replace its earlier ones. An intent for a chat that already has a message about the
        story changes nothing, unless that one failed: then it is pending again. One that is held for quiet hours and is
        to be revised is due at once. An entry revised since it was read keeps waiting.
        """
        ...

    async def backfill(self, topic_ids: Iterable[int], matches: Sequence[tuple[int, Match]]) -> None:
        """Add `matches` (entry id, match) that stored entries have with these topics, which are backfilled from then on."""
        ...

    async def fitting(self, topic_ids: Iterable[int], since: datetime) -> Mapping[int, frozenset[int]]:
        """By topic: the entries (ids) seen at or after `since` that fit it by their own words, and not `in_passing`."""
        ...

    async def entries_since(
        self, since: datetime, limit: int, *, before: Entry | None = None
    ) -> tuple[Entry, ...]:
        """Entries seen at or after `since`, the newest first; those that come behind `before`, to go on from there."""
        ...

    async def watching_since(self, since: datetime) -> datetime | None:
        """When the first of the entries seen at or after `since` was seen; None if there is none."""
        ...

    async def story(self, story_id: int) -> Story | None:
        """A story with its reports, oldest first, and the matches of all of them.

        One that was merged into another has the reports that it had until then.
        """
        ...

    async def latest_stories(
        self,
        topic_ids: Iterable[int],
        limit: int,
        *,
        before: datetime | None = None,
        feeds: Collection[int] = (),
    ) -> tuple[Story, ...]:
        """Stories with a match of one of the topics, the one last reported on first; only those opened `before`.

        What only chats' feeds (ids) report counts where it is one of `feeds`.
        """
        ...

    async def story_counts(self, topic_ids: Iterable[int], since: datetime) -> Mapping[int, int]:
        """By topic: how many stories it matched that were opened at or after `since`, those of chats' own feeds aside."""
        ...


class ChatStore(Protocol):
    async def ensure_chat(
        self,
        platform: Platform,
        address: str,
        title: str,
        now: datetime,
        *,
        time_zone: str = "UTC",
        language: str = "",
    ) -> Chat:
        """The chat at this address, made with default settings if it is new. A known one keeps its settings."""
        ...

    async def chat(self, chat_id: int) -> Chat | None: ...

    async def save_chat(self, chat: Chat) -> None:
        """Write all of a known chat's settings. What is held for quiet hours is due, and digests are looked at, anew."""
        ...

    async def pause_chat(self, chat_id: int, reason: str, now: datetime) -> None:
        """Pause a chat that takes no messages; the rest of its settings stays. One that is paused stays as it is."""
        ...

    async def sync_topics(self, topics: Sequence[TopicSpec], now: datetime) -> tuple[Topic, ...]:
        """Make `topics` (by slug) the ones on offer to every chat; others are withdrawn with their subscriptions kept.

        One whose query changed forgets what it matched. It, new ones and those that come back are to be backfilled.
        Answers those on offer, in this order.
        """
        ...

    async def changed_topics(self) -> Mapping[int, Topic | None]:
        """By id: the topics that stored entries are yet to be searched for, None for one that was withdrawn since."""
        ...

    async def unmatch(self, topic_ids: Collection[int]) -> None:
        """Forget what these topics matched."""
        ...

    async def topics(self, ids: Iterable[int] | None = None) -> tuple[Topic, ...]:
        """Every live topic, or those of `ids` alone: first what is on offer, in the configured order, then by id.

        There may be very many: nothing that happens often may ask for all.
        """
        ...

    async def visible_topics(self, chat_id: int) -> tuple[Topic, ...]:
        """The live topics a chat may know of: its own first, by id, then those on offer. Nobody sees another chat's."""
        ...

    async def chats_topics(self, after: int, limit: int) -> tuple[Topic, ...]:
        """Live topics of chats with ids above `after`, by id: all of them by the page."""
        ...

    async def add_topic(self, chat_id: int, spec: TopicSpec, now: datetime) -> Topic | None:
        """Make a topic of this chat; None where the slug is taken in this chat or on offer."""
        ...

    async def change_topic(self, topic_id: int, spec: TopicSpec) -> Topic | None:
        """Give a chat's topic another name, slug or query; its subscriptions and what was sent for it stay.

        With another query it forgets what it matched and is to be backfilled. None where there is no such topic (any
        more), or the slug is another one's in this chat or on offer.
        """
        ...

    async def remove_topic(self, topic_id: int) -> None:
        """Withdraw a chat's topic and end its subscriptions. What it matched is kept."""
        ...

    async def subscribe(self, chat_id: int, topic_id: int, now: datetime) -> bool:
        """False where it was subscribed already."""
        ...

    async def unsubscribe(self, chat_id: int, topic_id: int) -> bool:
        """False where it was not subscribed."""
        ...

    async def save_subscriptions(self, subscriptions: Iterable[Subscription]) -> None:
        """Write how chats want to hear of topics; what is held is looked at anew. One that has ended stays so."""
        ...

    async def subscriptions(
        self, chat_id: int | None = None, *, to: Iterable[int] | None = None
    ) -> tuple[Subscription, ...]:
        """Those of one chat, or of all, to live topics: to any, or to the topics `to` (ids)."""
        ...

    async def subscribed_chats(self, topic_ids: Iterable[int]) -> tuple[Chat, ...]:
        """Chats with a subscription to one of the topics, each once."""
        ...


class PlaceStore(Protocol):
    async def chat_at(self, platform: Platform, address: str) -> Chat | None:
        """The chat at this address, if it is known."""
        ...

    async def chats(self, platform: Platform, place: str | None = None) -> tuple[Chat, ...]:
        """The chat at `place` and those that are parts of it; without `place`, every chat of the platform."""
        ...

    async def move_chats(self, platform: Platform, place: str, to: str) -> int:
        """The chats within `place` are within `to` from now on, with all they have; answers how many there were.

        A chat that is at the new address already is merged into the one that moves there.
        """
        ...

    async def remember_command(self, key: str, command: str, now: datetime) -> None:
        """Keep the command behind a button that has no room for it."""
        ...

    async def remembered_command(self, key: str) -> str | None: ...


class ResumeStore(Protocol):
    async def resume_chat(self, chat_id: int, now: datetime) -> int:
        """End a chat's pause, and owe it in one message all that it missed; answers how many stories that is.

        Missed are messages still owed, and stories with reports seen since the pause began that it would have been
        told of. They are `folded` into the message, and count as told. A chat that is not paused misses nothing.

        Parts of a digest that are still owed stay as they are. A chat that wants only digests is told in the next one;
        of another the next one tells what comes from now on.
        """
        ...

    async def folded_stories(self, delivery_id: int, limit: int) -> tuple[tuple[Story, ...], int]:
        """The stories that a message tells in one, the one last reported on first, and how many there are in all."""
        ...

    async def fold_held(self, chat_id: int, occasion: Occasion, most: int, now: datetime) -> int:
        """Owe in one message what is held, where that is more than `most` messages.

        Answers how many stories that is, 0 where they are to come one by one. Possible repeats come by themselves.
        """
        ...

    async def fold_late(self, chat_id: int, most: int, before: datetime, now: datetime) -> int:
        """Owe in one message what is owed of stories that were published, or to be told, before a time.

        Only where that is more than `most` messages; answers of how many stories, 0 where they are to come one by one.
        """
        ...

    async def held_messages(self, chat_id: int) -> int:
        """How many messages wait for the end of the chat's quiet hours."""
        ...


class DigestStore(Protocol):
    async def save_digests(self, chat: Chat, now: datetime) -> tuple[int, int]:
        """`save_chat`, and owe what nobody told a chat that wanted only digests and now hears of stories at once.

        That is one message with the stories that are new since its last digest. Answers how many those are, and how many
        that a digest told have developed since: what of them the next digest would have told is owed by no message.
        """
        ...

    async def last_digest(self, chat_id: int) -> LastDigest | None:
        """What the chat was told last; None where it has been told no digest yet."""
        ...

    async def due_digests(
        self, now: datetime, limit: int, platforms: Collection[Platform]
    ) -> tuple[DigestLook, ...]:
        """Chats on the platforms, not paused, whose schedule is to be looked at by now, the longest overdue first.

        That is so after each change of their settings, and at the `next_look` that was recorded last. Reads only.
        """
        ...

    async def untold_stories(
        self, chat_id: int, since: datetime, now: datetime
    ) -> tuple[tuple[Untold, ...], datetime]:
        """The stories for the next digest of a chat, and before when what was seen is in it.

        These are stories with reports seen at or after `since` that the chat may see, of outlets that it does not block and
        on topics that it followed by then, which no digest told it before and which it has not muted; and of those that one
        did tell, the ones to which such a report has brought a development since. What waits for the desk is left to the
        next digest.
        """
        ...

    async def record_digest(self, record: DigestRecord, now: datetime) -> bool:
        """Owe the digest, if any, and note when to look again; all of it, or nothing where the chat was changed since.

        True where messages are owed: no slot of a schedule is told to a chat twice.
        """
        ...

    async def digest_part(self, delivery_id: int) -> Part | None:
        """What a message of a digest tells, in order; None if it is no such message."""
        ...


@dataclass(frozen=True, slots=True)
class Addressee:
    """A chat to which something is owed, and how it wants to hear of what it follows.

    `owed`: bulletins that surely were not sent to it yet.
    """

    chat: Chat
    subscriptions: tuple[Subscription, ...]
    owed: int


class DeliveryStore(Protocol):
    async def addressees(self, chat_ids: Collection[int]) -> Mapping[int, Addressee]:
        """By id: the chats that there are, as they are now."""
        ...

    async def claim_deliveries(
        self,
        now: datetime,
        limit: int,
        *,
        platforms: Collection[Platform] | None = None,
        besides: Collection[int] = (),
        peer: str | None = None,
    ) -> tuple[Delivery, ...]:
        """Messages that are due, at most one a chat, oldest first: first sends before edits.

        Only those of chats on `platforms` (None: any) that are not among `besides` (ids), and where there are several
        processes, in the hands of `peer`. No part of a digest is due
        while an earlier one is, and no answer before the message that its story was folded into.

        A first send is due when `pending` or `uncertain` and its time has come; an edit when `sent` and not muted, its
        wanted revision is newer than the sent one and its time has come. Reads only: `begin_send` takes it. A chat has no
        message due while one of its messages is `sending`, or an earlier one was put off or is soon to be tried again.
        """
        ...

    async def begin_send(
        self, delivery_id: int, text: str, *, heads: int | None = None, peer: str | None = None
    ) -> Delivery | None:
        """Save the text, count the attempt and set `sending`: committed before the call. For an edit the state stays.

        `heads`: the entry whose headline it has, if it is about one story.

        None where it is not to be sent any more: it was folded into another message, or its chat was paused, or is in
        other hands than those of `peer`.
        """
        ...

    async def settle(self, settlement: Settlement) -> None:
        """Write what follows from a call, or from one that was not made. What was folded meanwhile stays so."""
        ...

    async def answered(self, delivery: Delivery) -> Delivery | None:
        """The message that an update answers; `sent_at` is when the chat was told last.

        Where the story was folded into another message, its row with that one's id: a development answers the message
        that told of it among others. None where that surely was not sent, or the
        story is muted; one that was left out has no id.
        """
        ...

    async def message_about(self, chat_id: int, story_id: int) -> Delivery | None:
        """The chat's own message about a story, if it was sent."""
        ...

    async def sent_lately(
        self, chat_id: int, topic_ids: Iterable[int], since: datetime
    ) -> tuple[datetime, ...]:
        """When messages for one of the topics were sent to a chat after `since`, the earliest first."""
        ...

    async def sent_messages(
        self, chat_id: int, limit: int, message_id: str | None = None
    ) -> tuple[SentMessage, ...]:
        """The chat's newest sent messages about a story, newest first, or the one with `message_id`."""
        ...

    async def mute_story(self, chat_id: int, story_id: int, now: datetime, *, muted: bool) -> bool:
        """Have what a chat was sent about a story neither revised nor answered any more, or (`muted` False) again.

        It holds for what the story was merged into, too. False where nothing changed. What came of a story while it was
        muted is shown by a revision that is due now.
        """
        ...

    async def queue_status(self, now: datetime) -> QueueStatus: ...


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A batch of what was forgotten: how much it was, and the id up to which it went; None where nothing is left."""

    count: int = 0
    last: int | None = None


class ForgetStore(Protocol):
    """Forgets what is older than `before`, from the ids above `after` on, at most `limit` things in a transaction.

    What is unsent, or was told later, stays with all that belongs to it. What was forgotten is never told again.
    """

    async def forget_stories(self, before: datetime, after: int, limit: int) -> Forgotten:
        """Stories last reported on before, with their matches, what was told of them, and their entries' texts."""
        ...

    async def forget_texts(self, before: datetime, after: int, limit: int) -> Forgotten:
        """The texts of entries that stand in no story; their titles stay, and all that they are known by."""
        ...

    async def forget_rest(self, before: datetime, limit: int) -> int:
        """Commands behind buttons, digests but for each chat's last, and messages about no story; answers how many."""
        ...


class NoteStore(Protocol):
    async def note(self, name: str) -> str | None:
        """What was kept under this name last."""
        ...

    async def keep_note(self, name: str, value: str) -> None:
        """Keep this in its place."""
        ...


class InstallationStore(Protocol):
    """Slack workspaces that installed the app. What it holds of a token was encrypted before."""

    async def installations(self) -> tuple[Installation, ...]: ...

    async def save_installation(self, installation: Installation) -> None:
        """Keep it, in the place of an earlier one of the same workspace."""
        ...

    async def remove_installation(self, team: str, until: datetime) -> bool:
        """Forget a workspace's installation if it was made by then, and not later; answers whether there was one."""
        ...

    async def expect_install(self, key: str, until: datetime, now: datetime) -> None:
        """Somebody has begun an installation, which `key` stands for until then. What has expired is forgotten."""
        ...

    async def take_install(self, key: str, now: datetime) -> bool:
        """Whether `key` is expected; from then on it is not."""
        ...


class PeerStore(Protocol):
    """Several processes, each with a name, that share the store; what one has in hand, no other touches.

    It has it until it lets go, or is buried: it was not heard of for long, or for a little and its connection has ended.
    What a process that is gone left in `sending` is `uncertain`, due a little later and a possible repeat. Who is not
    known to live takes nothing in hand.
    """

    async def recover(self, now: datetime) -> int:
        """At the start of a process that is alone: whatever was in hand is free. Answers how many were in `sending`."""
        ...

    async def beat(self, peer: str, until: datetime) -> None:
        """Have it known that the process lives until then, at least."""
        ...

    async def bury(self, now: datetime, judge: str) -> int:
        """Free what processes had in hand that do not live any more, as far as the process `judge` can tell.

        Answers how many were in `sending`.
        """
        ...

    async def leave(self, peer: str, now: datetime) -> int:
        """The same for one that ends."""
        ...

    async def take_feeds(self, peer: str, now: datetime, feed_ids: Collection[int]) -> frozenset[int]:
        """Take feeds in hand, to poll them: those of `feed_ids` that are due still and that no other process has.

        `record_poll` frees them.
        """
        ...

    async def take_chats(self, peer: str, now: datetime, limit: int, platforms: Collection[Platform]) -> int:
        """Take chats of `platforms` in hand that are owed something and that no process has, `limit` at most."""
        ...

    async def leave_chats(
        self, peer: str, platforms: Collection[Platform], *, besides: Collection[int]
    ) -> None:
        """Free the chats of `platforms` that this process has in hand, but those of the ids `besides`."""
        ...


class Store(
    FeedStore,
    OwnFeedStore,
    DeskStore,
    ChatStore,
    PlaceStore,
    DeliveryStore,
    PeerStore,
    ResumeStore,
    DigestStore,
    ForgetStore,
    NoteStore,
    InstallationStore,
    Protocol,
):
    """The truth: due times, states and all that was ever seen."""

    async def close(self) -> None:
        """Give back every connection and the hold on the database."""
        ...


class Newsdesk(Protocol):
    """What the commands need of the desk."""

    def catalog(self) -> Catalog:
        """The configuration as it stands now; it changes on a reload."""
        ...

    async def add_topic(self, chat_id: int, spec: TopicSpec) -> Topic | None:
        """`ChatStore.add_topic`, in force from the next entry on; then it is searched for in the stored entries of late.

        That may go on after the answer: the topic is `backfilled` where it is done.
        """
        ...

    async def change_topic(self, topic_id: int, spec: TopicSpec) -> Topic | None:
        """`ChatStore.change_topic`, in force and searched for likewise."""
        ...

    async def remove_topic(self, topic_id: int) -> None:
        """`ChatStore.remove_topic`, in force from the next entry on."""
        ...
