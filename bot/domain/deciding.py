"""What each chat is to hear of a story: a first message, a revision of it, an answer with what is new, or nothing.

::

    a report joins -> is the chat told? no  -> enough voices? -> a message is owed
                                        yes -> the message is revised (sources, ❗️), and, if the report
                                               brings a development, answered with what is new
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.chats import Chat, Subscription, Updates
from bot.domain.deliveries import Intent
from bot.domain.entries import Entry
from bot.domain.stories import may_see

UPDATES_APART = timedelta(minutes=30)
"""A chat is not told of a development sooner than this after it was told of the story; revisions carry what comes between."""

MOST_UPDATES = 6
"""Updates of one story that a chat may get; after that it is only revised."""

CORRECTIONS = re.compile(
    r"\b(?:correction|corrected|retracts|retracted|retraction)\b|\b(?:исправлено|уточнено|виправлено)\b"
    r"|訂正|記事を(?:取り消|撤回)|更正",
    re.IGNORECASE,
)
"""How an outlet says that what it reported was wrong."""


@dataclass(frozen=True, slots=True)
class Told:
    """A chat was told of a story, or is to be; `at` is when that was decided.

    `message`: by a message of the story's own, which can be revised and answered, or in one for what it missed, which can
    be answered. `answers`: by an update. `muted`: it
    wants to hear no more of it.
    """

    chat_id: int
    story_id: int
    at: datetime
    message: bool = False
    answers: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Revise:
    """The message about a story that a chat was sent, or is owed, is to say one thing more. `corrects`: or another thing."""

    chat_id: int
    story_id: int
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class News:
    """What a report, or its revision, is to the story in which it stands.

    `topics` are those for which it may be told now, `voices` the outlets by now and whose voice each is
    (`Ledger.voices`), `reports` whether it reports, be it in another's words, `develops` whether it brings something new
    to those who know of the story, `corrects` whether it says that an earlier text was wrong.
    """

    entry: Entry
    story_id: int
    topics: frozenset[int]
    voices: Mapping[str, str] = field(default_factory=dict)
    reports: bool = True
    is_revision: bool = False
    develops: bool = False
    corrects: bool = False

    def voices_for(self, chat: Chat) -> int:
        """How many independent outlets tell the story to a chat that does not block this one.

        Who repeats what only outlets say that it blocks is one.
        """
        heard = {voice for outlet, voice in self.voices.items() if outlet not in chat.blocked_outlets}
        return max(len(heard), int(self.reports))


def decide(
    news: News,
    *,
    chats: Iterable[Chat],
    subscriptions: Sequence[Subscription],
    told: Iterable[Told],
    now: datetime,
) -> tuple[tuple[Intent, ...], tuple[Revise, ...]]:
    """What each chat is to hear now.

    A chat that was not told hears of it, once as many voices tell it as its subscription waits for; one that was has
    its message revised, and answered if there is a development. A revised title revises nothing that was sent unless
    it corrects it, but may be the first to match. Paused chats and blocked outlets hear and say nothing; who has muted a
    story hears no more of it.
    """
    messages: dict[int, list[Told]] = {}
    for message in told:
        if message.story_id == news.story_id:
            messages.setdefault(message.chat_id, []).append(message)
    followed: dict[int, list[Subscription]] = {}
    for subscription in subscriptions:
        if subscription.topic_id in news.topics:
            followed.setdefault(subscription.chat_id, []).append(subscription)
    intents: list[Intent] = []
    revisions: list[Revise] = []
    for chat in chats:
        wanted = sorted(followed.get(chat.id, ()), key=lambda one: one.topic_id)
        if not wanted or not _listens(chat, news.entry):
            continue
        before = messages.get(chat.id, [])
        if any(message.muted for message in before):
            continue
        if before and (news.corrects or not news.is_revision):
            revisions.append(Revise(chat.id, news.story_id, news.corrects))
        intent = _answer(news, wanted, before, chat, now) if before else _first(news, wanted, chat)
        if intent is not None and chat.hears_at_once:
            intents.append(intent)
    return tuple(intents), tuple(revisions)


def _listens(chat: Chat, entry: Entry) -> bool:
    heard = may_see(entry, chat) and entry.outlet not in chat.blocked_outlets
    return heard and entry.is_news and not chat.paused


def _first(news: News, wanted: Sequence[Subscription], chat: Chat) -> Intent | None:
    if news.voices_for(chat) < min(one.wait_for for one in wanted):
        return None
    topic_ids = tuple(one.topic_id for one in wanted)
    silent = not any(one.sound for one in wanted)
    return Intent(wanted[0].chat_id, news.story_id, topic_ids, silent=silent)


def _answer(
    news: News, wanted: Sequence[Subscription], before: Sequence[Told], chat: Chat, now: datetime
) -> Intent | None:
    updates = _updates(wanted)
    if not news.develops or updates == "off" or not _may_answer(before, now):
        return None
    if not any(message.message for message in before):
        return _first(news, wanted, chat)  # what a digest told has no message to answer
    topic_ids = tuple(one.topic_id for one in wanted)
    return Intent(
        wanted[0].chat_id, news.story_id, topic_ids, brings=news.entry.id, silent=updates == "silent"
    )


def _updates(wanted: Iterable[Subscription]) -> Updates:
    """Of several subscriptions, what the one that wants most wants."""
    settings = {one.updates for one in wanted}
    return "loud" if "loud" in settings else "silent" if "silent" in settings else "off"


def _may_answer(before: Sequence[Told], now: datetime) -> bool:
    answers = sum(message.answers for message in before)
    return answers < MOST_UPDATES and now - max(message.at for message in before) >= UPDATES_APART


def corrects(before: str, after: Entry) -> bool:
    """Whether a revision of what had the title `before` says that it was wrong."""
    return bool(CORRECTIONS.search(after.title)) and not CORRECTIONS.search(before)
