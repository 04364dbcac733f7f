"""Records of the domain, each with only what its test is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.domain.chats import Chat
from bot.domain.entries import Entry
from bot.domain.stories import Report, Story
from tests.fakes.lexicons import CONCEPTS

NOON = datetime(2025, 8, 9, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def entry(
    title: str = "Leaders meet",
    summary: str = "",
    *,
    id_: int = 1,
    outlet: str = "Reuters",
    language: str = "en",
    link: str | None = "https://example.org/1",
    published: datetime | None = NOON,
    seen: datetime = NOON,
    revision: int = 0,
    is_news: bool = True,
) -> Entry:
    return Entry(id_, 1, title, summary, link, outlet, language, published, seen, revision, is_news)


words = st.sampled_from(
    [label for known in CONCEPTS for labels in known.labels.values() for label in labels[:3]]
    + [guard for known in CONCEPTS for guard in known.not_in]
    + [
        "tariff",
        "tariffs",
        "WHO",
        "who",
        "WHO's",
        "land swap",
        "半導体",
        "ステロイド",
        "テロ",
        "の",
        "。",
        ".",
        "🙂",
        "ﾛｼｱ",
    ]
)
"""Labels, guards, words that no lexicon knows, and what stands between them."""

titles = st.lists(words, max_size=6).flatmap(
    lambda parts: st.sampled_from([" ", "", ", "]).map(lambda gap: gap.join(parts))
)
"""Titles that topics of the small lexicon may well match."""

entries = st.builds(
    entry,
    titles,
    titles,
    outlet=st.sampled_from(["Reuters", "NHK"]),
    language=st.sampled_from(["en", "ja", "pt-BR"]),
)


def report(of: Entry, *concepts: str, reason: str = "opened the story") -> Report:
    return Report(of, concepts, reason)


def story(*reports: Report, opened: datetime = NOON) -> Story:
    return Story(reports[0].entry.id, opened, max(one.entry.at for one in reports), reports)


def chat(
    id_: int = 1,
    *,
    languages: tuple[str, ...] = (),
    time_zone: str = "UTC",
    blocked: Iterable[str] = (),
    preferred: Iterable[str] = (),
    paused_at: datetime | None = None,
) -> Chat:
    return Chat(
        id_,
        "console",
        str(id_),
        languages=languages,
        time_zone=time_zone,
        blocked_outlets=frozenset(blocked),
        preferred_outlets=frozenset(preferred),
        paused_at=paused_at,
    )
