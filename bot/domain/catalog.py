"""All that the configuration says, read and checked: what the pipeline and the commands look things up in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.entries import FeedSpec
from bot.domain.lexicon import Lexicon
from bot.domain.outlets import Outlets
from bot.domain.topics import TopicSpec


@dataclass(frozen=True, slots=True)
class EventMark:
    """The mark of a kind of event. By language (BCP 47): what a headline has to say to have it, and what it may not say."""

    mark: str
    said: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    unless: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    def suits(self, title: str, language: str) -> bool:
        """Whether a headline that names the concept tells of such an event; of a language without patterns, yes."""
        said, unless = self.said.get(language), self.unless.get(language)
        return (said is None or said.search(title) is not None) and (
            unless is None or unless.search(title) is None
        )


@dataclass(frozen=True, slots=True)
class StyleGuide:
    """The marks of `config/style.toml`. `events`: by concept, the mark of that kind of event."""

    first: str
    confirmed: str
    fact: str
    background: str
    possible_repeat: str
    update: str
    correction: str
    retraction: str
    confirmed_by: int
    max_facts: int
    max_flags: int
    events: Mapping[str, EventMark] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalog:
    """One state of the configuration. A reload makes a new one; nobody sees half of a change."""

    feeds: tuple[FeedSpec, ...]
    outlets: Outlets
    topics: tuple[TopicSpec, ...]
    style: StyleGuide
    lexicon: Lexicon
    language_names: Mapping[str, str]
    """By code, each language's name for itself (`ja`: 日本語)."""
