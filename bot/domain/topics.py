"""Topics: a named query that chats can subscribe to, and its names."""

from __future__ import annotations

import re
from dataclasses import dataclass

TOPICS_PER_CHAT = 50
"""Topics that one chat may make, unless the operator says otherwise."""

MAX_NAME = 60
"""Characters in a topic's name: it has to fit on a button and in a hashtag."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as somebody wrote it. `slug` is what one types (`us-russia-summit`), `name` what is shown."""

    slug: str
    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A live topic. `chat_id` is None for one that is on offer to every chat.

    `backfilled`: what it matches of the entries that were stored before it is known.
    """

    id: int
    spec: TopicSpec
    chat_id: int | None = None
    backfilled: bool = True


def slug_of(name: str) -> str:
    """What one types for a topic of this name: `US–Russia summit` is `us-russia-summit`."""
    words = re.findall(r"[^\W_]+", name.casefold())
    return "-".join(words)[:60].strip("-")


def hashtag_of(name: str) -> str:
    """`US–Russia summit` is `#US_Russia_summit`."""
    return "#" + "_".join(re.findall(r"\w+", name))


def split_definition(text: str) -> TopicSpec:
    """`name = query`, or a query that is its own name."""
    name, *query = re.split("[=＝]", text, maxsplit=1)
    return TopicSpec(slug_of(name), name.strip(), (query or [name])[0].strip())


def definition_of(spec: TopicSpec) -> str:
    """What `split_definition` makes the topic of again, if its slug is its name's."""
    return spec.query if spec.query == spec.name else f"{spec.name} = {spec.query}"
