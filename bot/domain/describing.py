"""What was understood of a query, as a person would say it in a chat's language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import reduce

from bot.domain.lexicon import HAPPENINGS, Kind, Lexicon
from bot.domain.profiles import CONCEPT
from bot.domain.queries import AllOf, AnyOf, InTitle, Literal, Means, Node, Of, Query, Without
from bot.domain.speech import ENGLISH, Speech, phrase

_KINDS: Mapping[Kind, str] = {
    "country": phrase("country"),
    "person": phrase("person"),
    "place": phrase("place"),
    "organisation": phrase("organisation"),
    "event": phrase("event"),
    "term": phrase("term"),
}

_SAMPLED_FIRST = ("en", "ja", "ru", "uk", "zh", "ar")
"""In which order a concept's other names are shown, as far as it has any there."""

_CONCEPT = re.compile(rf"(?<!\S){CONCEPT}(?P<id>[^\s,]+)")

_HAPPENINGS_NAMED = 8
"""What happens in a process, as far as it is named."""


def describe_query(query: Query, lexicon: Lexicon, speech: Speech = ENGLISH) -> tuple[str, ...]:
    """What was understood, a line a part, as a person would say it."""
    parts = query.root.parts if isinstance(query.root, AllOf) else (query.root,)
    return tuple(_describe(part, lexicon, speech, top=True) for part in parts)


def describe_joining(reason: str, lexicon: Lexicon, speech: Speech = ENGLISH) -> str:
    """Why a report joined its story, as it was kept, with what it shares named in the reader's language."""
    parts = (
        _CONCEPT.sub(lambda found: lexicon.name(found["id"], speech.language), part)
        for part in reason.split(", ")
    )
    return speech.known(speech.joined(parts))


def _describe(node: Node, lexicon: Lexicon, speech: Speech, *, top: bool = False) -> str:
    say = speech.say
    match node:
        case Means(id_, text, process=True):
            return _describe_process(id_, text, lexicon, speech)
        case Means(id_, text):
            return _describe_concept(id_, text, lexicon, speech, full=top)
        case Literal():
            return _describe_words(node, lexicon, speech, top=top)
        case AllOf(parts):
            every = (_describe(part, lexicon, speech) for part in parts)
            return f"({reduce(lambda one, other: say('{one} and {other}', one=one, other=other), every)})"
        case AnyOf(parts):
            each = (_describe(part, lexicon, speech) for part in parts)
            joined = reduce(lambda one, other: say("{one} or {other}", one=one, other=other), each)
            return say("either {alternatives}", alternatives=joined) if top else f"({joined})"
        case Without(part):
            return say("not {what}", what=_describe(part, lexicon, speech))
        case InTitle(part):
            return say("in the title: {what}", what=_describe(part, lexicon, speech))
        case Of("lang", value):
            return say("only in language {language}", language=value)
        case Of(_, value):
            return say("only from {outlet}", outlet=value)


def _describe_words(node: Literal, lexicon: Lexicon, speech: Speech, *, top: bool) -> str:
    text = node.text
    if node.exact:
        return speech.say("exactly “{text}”", text=text)
    if not top:
        return speech.say("“{text}”", text=text)
    nearest = lexicon.nearest(text, 1)
    if nearest:
        return speech.say(
            "the word “{text}” in all its forms (did you mean {nearest}?)", text=text, nearest=nearest[0]
        )
    return speech.say("the word “{text}” in all its forms", text=text)


def _describe_concept(id_: str, text: str, lexicon: Lexicon, speech: Speech, *, full: bool) -> str:
    name = lexicon.name(id_, speech.language)
    if not full:
        return name
    known = lexicon.concepts[id_].labels
    languages = dict.fromkeys((*_SAMPLED_FIRST, *known))
    others = [label for code in languages for label in known.get(code, ())[:2] if label != name]
    if not others:
        return f"{name} ({text})"
    return speech.say(
        "{name} ({kind}; also {others})",
        name=name,
        kind=speech.known(_KINDS[lexicon.concepts[id_].kind]),
        others=_once(others[:6], speech),
    )


def _describe_process(id_: str, text: str, lexicon: Lexicon, speech: Speech) -> str:
    """By what happens in it: its places and people speak for it only together with that."""
    process = lexicon.processes[id_]
    known = {
        concept: lexicon.concepts[concept]
        for clue in process.evidence
        for concept in clue.all
        if concept in lexicon.concepts
    }
    happenings = list(
        dict.fromkeys(
            concept.name(speech.language) for concept in known.values() if concept.kind in HAPPENINGS
        )
    )
    languages = {code for concept in known.values() for code in concept.labels}
    more = "…" if len(happenings) > _HAPPENINGS_NAMED else ""
    said = {
        "name": lexicon.name(id_, speech.language),
        "happenings": _once(happenings[:_HAPPENINGS_NAMED], speech) + more,
        "text": text,
        "unwanted": process.unwanted(speech.language),
    }
    if said["unwanted"]:
        return speech.plural(
            "{name}: {happenings} in {n} language; not {unwanted} (from “{text}”)",
            "{name}: {happenings} in {n} languages; not {unwanted} (from “{text}”)",
            len(languages),
            **said,
        )
    return speech.plural(
        "{name}: {happenings} in {n} language (from “{text}”)",
        "{name}: {happenings} in {n} languages (from “{text}”)",
        len(languages),
        **said,
    )


def _once(names: Iterable[str], speech: Speech) -> str:
    return speech.joined(dict.fromkeys(names))
