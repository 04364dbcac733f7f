"""What the bots of the torture are told of, and what became of it in the chats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.fakes.events import of_its_own
from tests.fakes.feed_server import FeedServer, Item
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TelegramServer
from tests.torture.figures import Figure

CHATS = list(range(1001, 1011))
CHANNELS = [f"C{number}" for number in range(1, 11)]
REPEAT = "possibly a repeat"
KEPT_ITEMS = 40


def tells(text: str, title: str) -> bool:
    """Whether it is a bulletin of that, or a message of many that has it in a line; not where it tells it as what was before."""
    return f"【{title}】" in text or (text.startswith("📬") and title in text)


@dataclass(slots=True)
class Town:
    """The doubles, with chats, and what was published: titles in order.

    `paths`: of the feeds; the last one only reports what others had. `lives`: how many messages each chat had at each death.
    """

    feeds: FeedServer
    telegram: TelegramServer
    slack: SlackServer
    paths: Sequence[str] = ("/one", "/two")
    titles: list[str] = field(default_factory=list)
    items: dict[str, list[Item]] = field(default_factory=dict)
    lives: list[dict[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for chat in CHATS:
            self.telegram.private(chat, f"P{chat}")
        for channel in CHANNELS:
            self.slack.channel(channel, channel.lower())
        for path in self.paths:
            self.feeds.publish(path, [])

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(map(self.feeds.url, self.paths))

    @property
    def calls(self) -> int:
        telegram = sum(len(self.telegram.messages(chat)) for chat in CHATS)
        return telegram + len(self.slack.said)

    def publish(self, now: datetime) -> None:
        """A further story, and now and then another outlet's report of the one before."""
        *first, other = self.paths
        path = first[len(self.titles) % len(first)]
        title = of_its_own(f"Ukraine agrees to ceasefire {len(self.titles)}")
        self.titles.append(title)
        items = [Item(title, id=title, published=now), *self.items.get(path, [])]
        self.items[path] = items[:KEPT_ITEMS]
        self.feeds.publish(path, self.items[path])
        if len(self.titles) % 3 == 0:
            again = self.titles[-2]
            self.feeds.publish(other, [Item(again, id=again, published=now)])

    def note_death(self) -> None:
        self.lives.append({name: len(texts) for name, texts in self.read().items()})

    def read(self) -> dict[str, list[str]]:
        """By chat: what it shows, oldest first."""
        read = {str(chat): [message.text for message in self.telegram.messages(chat)] for chat in CHATS}
        return read | {name: [said.plain for said in self.slack.messages(name)] for name in CHANNELS}

    def complete(self) -> bool:
        return not self.lost()

    def lost(self) -> list[tuple[str, str]]:
        """Chats, and titles that they were not told."""
        return [
            (name, title)
            for name, texts in self.read().items()
            for title in self.titles
            if not any(tells(text, title) for text in texts)
        ]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A message, by its place in a chat, that says what one before it said, which came in a certain life."""

    chat: str
    place: int
    life: int
    marked: bool


def _repeats(town: Town, chat: str, texts: Sequence[str]) -> Iterator[Repeat]:
    last: dict[str, int] = {}
    for place, text in enumerate(texts):
        for title in town.titles:
            if not tells(text, title):
                continue
            if title in last:
                lives = enumerate(town.lives)
                life = next((at for at, had in lives if had[chat] > last[title]), len(town.lives))
                yield Repeat(chat, place, life, marked=REPEAT in text)
            last[title] = place


@dataclass(frozen=True, slots=True)
class Toll:
    """What came of a town's kills. `busy`: how many were made while messages went out. `worst`: of a chat, by one kill."""

    kills: int
    busy: int
    told: int
    lost: int
    repeats: int
    unmarked: int
    worst: int


def toll_of(town: Town) -> Toll:
    read = town.read()
    # A message that tells many stories in a line each is one message.
    repeats = {repeat for name, texts in read.items() for repeat in _repeats(town, name, texts)}
    return Toll(
        kills=len(town.lives),
        busy=sum(1 for _ in _killed_while_sending(town)),
        told=len(read) * len(town.titles),
        lost=len(town.lost()),
        repeats=len(repeats),
        unmarked=sum(not repeat.marked for repeat in repeats),
        worst=max(Counter((repeat.chat, repeat.life) for repeat in repeats).values(), default=0),
    )


def figures_of(tolls: Sequence[Toll]) -> list[Figure]:
    """What is lost, and what is said twice."""
    lost, told = sum(toll.lost for toll in tolls), sum(toll.told for toll in tolls)
    repeats, unmarked = sum(toll.repeats for toll in tolls), sum(toll.unmarked for toll in tolls)
    worst = max(toll.worst for toll in tolls)
    return [
        Figure("bulletins lost", f"{lost} of {told}", "0", ok=not lost),
        Figure("repeats", f"{repeats}, {unmarked} of them unmarked", "0 unmarked", ok=not unmarked),
        Figure("repeats of a chat by one kill", f"{worst} at the most", "1", ok=worst <= 1),
    ]


def _killed_while_sending(town: Town) -> Iterator[int]:
    before: dict[str, int] = {}
    for number, had in enumerate(town.lives):
        if had != before:
            yield number
        before = had
