"""What somebody may have meant who typed something else: words that are nearly labels, signs that are missing or too many.

Whatever is offered can be read; what is put right is text, as it was typed but for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from bot.domain.lexicon import Lexicon
from bot.domain.queries import (
    CLOSES_NOTHING,
    CUT_OFF,
    HOLLOW,
    NOT_CLOSED,
    NOTHING_BEFORE,
    OUT_OF_PLACE,
    QUOTE_NOT_CLOSED,
    Literal,
    Query,
    QueryProblem,
    nodes_of,
    read_query,
)
from bot.domain.refining import BRACKETS, QUOTES

MOST = 3
"""Corrections that are offered where several are possible."""

_MISTAKES_IN_ONE = 3
"""Signs that are put right in one query; more of them are no slip."""

_SIGN_AT_THE_END = re.compile(
    r"(?:\s*(?:[|｜－-]|(?<!\S)(?:OR|AND|NOT)|\b(?:title|lang|from)[:：]))+\s*$", re.IGNORECASE
)

_NO_WORDS = "|".join(
    (
        *(rf"{opening}[^{closing}]*[{closing}]" for opening, closing in QUOTES.items()),
        r"\b(?i:lang|from)[:：]\s*\S+",
    )
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A query with a word that no label is, but nearly: `word`, at `position`.

    `meant`: the query with a label there, the likeliest first. `kept`: with the word in quotes, which leaves no doubt.
    """

    word: str
    position: int
    meant: tuple[str, ...]
    kept: str


def doubt(query: Query, lexicon: Lexicon) -> Doubt | None:
    """Whether words of the query may be slips: the first of them, and what to write where they stand."""
    plain = {node.text for node in nodes_of(query.root) if isinstance(node, Literal) and not node.exact}
    labels = {word: near for word in plain if (near := lexicon.nearest(word))}
    places = _places(query.text, labels)
    if not places:
        return None
    words = tuple(dict.fromkeys(query.text[place] for place in places))
    ways = islice(product(*(labels[word] for word in words)), MOST)
    meant = (_replaced(query.text, places, dict(zip(words, way, strict=True))) for way in ways)
    readable = tuple(way for way in meant if isinstance(read_query(way, lexicon), Query))
    return Doubt(words[0], places[0].start, readable, _quoted(query.text, places)) if readable else None


def mended(text: str, problem: QueryProblem, lexicon: Lexicon) -> tuple[str, ...]:
    """What the query may have been meant to be that has this problem; nothing where a sign more or less does not help."""
    found = (re.sub(r"\s{2,}", " ", way).strip() for way in _mended(text, problem, lexicon, _MISTAKES_IN_ONE))
    return tuple(islice(dict.fromkeys(found), MOST))


def _places(text: str, words: Iterable[str]) -> tuple[slice, ...]:
    """Where any of the words stands in a query, by itself and neither in quotes nor as the value of a condition."""
    longest_first = sorted(map(re.escape, words), key=len, reverse=True)
    if not longest_first:
        return ()
    pattern = rf"{_NO_WORDS}|(?<!\w)(?P<word>{'|'.join(longest_first)})(?!\w)"
    return tuple(slice(*found.span()) for found in re.finditer(pattern, text) if found["word"])


def _quoted(text: str, places: Sequence[slice]) -> str:
    for place in reversed(places):
        # A hyphen joins words, but would leave out what stands behind a quotation.
        behind = re.sub(r"^[-–—]+(?=\w)", " ", text[place.stop :])
        text = f'{text[: place.start]}"{text[place]}"{behind}'
    return text


def _replaced(text: str, places: Sequence[slice], by: Mapping[str, str]) -> str:
    for place in reversed(places):
        text = text[: place.start] + by[text[place]] + text[place.stop :]
    return text


def _mended(text: str, problem: QueryProblem, lexicon: Lexicon, mistakes: int) -> Iterator[str]:
    for way in _ways(text, problem):
        read = read_query(way, lexicon)
        if isinstance(read, Query):
            yield way
        elif mistakes > 1:
            yield from _mended(way, read, lexicon, mistakes - 1)


def _ways(text: str, problem: QueryProblem) -> Iterator[str]:
    """The text with the sign put right that the problem is about, in each way that may be."""
    position = problem.position
    before, sign, behind = text[:position], text[position : position + 1], text[position + 1 :]
    match problem.template:
        case template if template == NOT_CLOSED:
            yield text + ")" * sum(BRACKETS.get(char, 0) for char in text)
        case template if template == CUT_OFF:
            yield _SIGN_AT_THE_END.sub("", text)
        case template if template == HOLLOW:
            yield before.rstrip()[:-1] + behind
        case template if template == CLOSES_NOTHING:
            yield before + behind
        case template if template == NOTHING_BEFORE:
            yield before + (behind[1:] if sign == "O" else behind)
        case template if template == QUOTE_NOT_CLOSED:
            yield text + QUOTES[sign][0]
            yield before + behind
        case template if template == OUT_OF_PLACE:
            rest = behind.lstrip("-－")
            yield from (f"{before}-{rest}", before + rest) if sign in "-－" else (before + behind,)
