"""Topics: a named query over concepts and words, and how a query is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as somebody wrote it. `slug` is what one types (`us-russia-summit`), `name` what is shown."""

    slug: str
    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A live topic. `chat_id` is None for one that is on offer to every chat."""

    id: int
    spec: TopicSpec
    chat_id: int | None = None
