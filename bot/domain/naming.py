"""What a topic is called in a language."""

from __future__ import annotations

import re

from bot.domain.languages import language_of
from bot.domain.lexicon import Lexicon
from bot.domain.queries import AllOf, Means, Query, read_query
from bot.domain.topics import Topic

_SCRIPTS_MEET = re.compile(r"(?<=[ァ-ヺー])・(?=[一-鿿])|(?<=[一-鿿])・(?=[ァ-ヺー])")
"""Where Japanese needs no divider between words: ウクライナ停戦, but アルメニア・アゼルバイジャン."""


def name_in(topic: Topic, lexicon: Lexicon, language: str) -> str:
    """The topic's name in the language, where it is on offer and all that it asks for has a name there; else its own.

    A name that somebody gave a topic of a chat stands, and so does one that is written in the language.
    """
    given = topic.spec.name
    if topic.chat_id is not None or language_of(given, language) == language:
        return given
    query = read_query(topic.spec.query, lexicon)
    if not isinstance(query, Query):
        return given
    nodes = query.root.parts if isinstance(query.root, AllOf) else (query.root,)
    names = [_named(node, lexicon, language) if isinstance(node, Means) else None for node in nodes]
    known = [name for name in names if name]
    if len(known) < len(names):
        return given
    name = _SCRIPTS_MEET.sub("", _divider(language).join(known))
    return name[0].upper() + name[1:]


def _named(node: Means, lexicon: Lexicon, language: str) -> str | None:
    """What the node was typed as, in the language: a process has many names, and its readers chose one."""
    _, hits = lexicon.read_query(node.text)
    concepts = [lexicon.concepts[id_] for hit in hits for id_ in hit.concepts]
    if node.process and any(hit.processes for hit in hits):
        process = lexicon.processes[node.id]
        # What it is called says behind a colon what belongs to it.
        called = re.split("[:：]", process.called(language))[0] if language in process.said_in else None
        return next(iter(process.labels.get(language, ())), called)
    if not node.process:
        concepts = [lexicon.concepts[node.id]]
    names = [next(iter(concept.labels.get(language, ())), None) for concept in concepts]
    return _divider(language).join(filter(None, names)) if all(names) else None


def _divider(language: str) -> str:
    return "・" if language == "ja" else " – "
