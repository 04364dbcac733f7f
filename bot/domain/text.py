"""Text as it is compared: one normalised stream of stems, with the way back to where each stood.

A text becomes a stream such as ``" путин встреч трамп | 米露首脳会談 "``: words folded and stemmed, a space on either side
(so that a label in the automaton matches whole words), runs of scripts written without spaces left whole (so that it
matches inside them), and a bar where a sentence or clause ends (so that no phrase crosses it). Labels and queries pass
through the same function, so a light stemmer suffices: it has to treat alike what is alike, not to be right.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from bot.domain.stems import ARABIC, CYRILLIC, HEBREW, arabic_forms, hebrew_forms, plain_cyrillic, stem_of

# Han, kana and their half-width forms, Hangul; without U+30FB, the dot between foreign names.
_RUN = "々〆〇\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
_MARKS = "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670"
"""Accents, niqqud and tashkil, which are no letters of their own."""
_TOKEN = re.compile(
    rf"(?P<dotted>(?<!\w)(?:[^\W\d_{_RUN}]\.){{2,}}(?:[^\W\d_{_RUN}](?!\w))?)"
    rf"|(?P<run>[{_RUN}]+)"
    rf"|(?P<word>[^\W_{_RUN}](?:[^\W_{_RUN}]|[{_MARKS}])*(?:['’ʼ`׳][^\W_{_RUN}]+)*)"
    r"|(?P<stop>[.!?;:|…。！？；：「」『』])"
)
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")

MAX_PATTERNS = 16
"""Their number doubles with every word that may or may not have an ending."""

_CYRILLIC_CONSONANTS = frozenset("бвгґджзклмнпрстфхцчшщ")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or run: its place in the stream and in the source text."""

    at: int
    start: int
    end: int
    exact: bool
    """Whether stream and source run in step, character by character."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A normalised text. `source` is what it was made from, `language` (BCP 47) the one it is in; empty: not known."""

    source: str
    text: str
    tokens: tuple[Token, ...]
    language: str = ""

    def word(self, token: Token) -> str:
        """The stem that a token stands for."""
        return self.text[token.at : self.text.find(" ", token.at)]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the source the stream's characters `start` to `end` come from; whole words."""
        last_char = end - 1 - (self.text[end - 1] == " ")
        first = self.tokens[_token_at(self.tokens, start + (self.text[start] == " "))]
        last = self.tokens[_token_at(self.tokens, last_char)]
        begin = first.start + max(start - first.at, 0) if first.exact else first.start
        finish = last.start + last_char - last.at + 1 if last.exact else last.end
        return begin, finish


def _token_at(tokens: Sequence[Token], position: int) -> int:
    return max(bisect_right(tokens, position, key=lambda token: token.at) - 1, 0)


def normalise(source: str, language: str = "") -> Stream:
    """The stream of a text in a language. Each token's stem is remembered, so a headline costs little more than its regex."""
    parts = [" "]
    tokens: list[Token] = []
    at = 1
    for match in _TOKEN.finditer(source):
        kind, raw = match.lastgroup, match.group()
        folded = _fold(kind, raw, language)
        exact = kind == "run" and len(folded) == len(raw)
        if not folded:
            continue
        if kind != "stop":
            tokens.append(Token(at, match.start(), match.end(), exact))
        parts.append(folded)
        parts.append(" ")
        at += len(folded) + 1
    return Stream(source, "".join(parts), tuple(tokens), language)


def pattern_of(label: str) -> str:
    """What to look for in a stream to find `label`: whole words, but anywhere inside a run. Empty if nothing is left."""
    return next(iter(patterns_of(label)), "")


def patterns_of(label: str, languages: Sequence[str] = ("",)) -> tuple[str, ...]:
    """All that `label` may look like in a stream of one of the languages, its stems in the first of them first.

    A Russian word without an ending may seem to have one: Вьетнам is cut down to вьетн, Вьетнама to вьетнам. So both
    are looked for; of the combinations in a phrase of many such words, the first `MAX_PATTERNS` of each language.
    """
    tokens = [(match.lastgroup, match.group()) for match in _TOKEN.finditer(label)]
    # Most words have one stem in most languages.
    inflected = dict.fromkeys(
        [tuple([_forms(kind, raw, language) for kind, raw in tokens]) for language in languages]
    )
    return tuple(dict.fromkeys([pattern for choices in inflected for pattern in _patterns(choices)]))


def _patterns(choices: Sequence[Sequence[str]]) -> list[str]:
    """What a phrase may look like, of whose words each is one of several."""
    combinations = islice(product(*choices), MAX_PATTERNS)
    bodies = [" ".join(filter(None, words)).strip(" |") for words in combinations]
    return [
        ("" if is_run(body[0]) else " ") + body + ("" if is_run(body[-1]) else " ") for body in bodies if body
    ]


def _forms(kind: str | None, raw: str, language: str) -> tuple[str, ...]:
    folded = _fold(kind, raw, language)
    if raw.isascii() or kind != "word":
        return (folded,)
    if ARABIC.search(raw):
        return (folded,) if language == "fa" else tuple(dict.fromkeys(arabic_forms(raw)))
    if HEBREW.search(raw):
        return hebrew_forms(raw)
    if not CYRILLIC.search(raw):
        return (folded,)
    whole = plain_cyrillic(raw.casefold())
    seems_inflected = folded != whole and whole[-1] in _CYRILLIC_CONSONANTS
    return (folded, whole) if seems_inflected else (folded,)


def _fold(kind: str | None, raw: str, language: str) -> str:
    match kind:
        case "stop":
            return "|"
        case "run":
            return _fold_run(raw)
        case _:
            return _stem(raw, language)


_RUN_CHAR = re.compile(rf"[{_RUN}]")


def is_run(char: str) -> bool:
    """Whether the character belongs to a script that is written without spaces (or, Hangul, with particles attached)."""
    return not char.isascii() and _RUN_CHAR.match(char) is not None


def is_katakana(char: str) -> bool:
    return _KATAKANA.match(char) is not None


def is_acronym(label: str) -> bool:
    """Whether a label is written all in capitals, so that its case carries its meaning (US is not us)."""
    if not label.isupper():
        return False  # of most labels there is no more to know
    letters = [char for char in label if char.isalpha()]
    return len(letters) > 1 and all(char.isupper() for char in letters)


def in_capitals(text: str) -> bool:
    """Whether a text begins as an acronym: two capitals, whatever ending follows (NATO's, МИДа)."""
    return is_acronym("".join(islice(filter(str.isalpha, text), 2)))


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether no katakana word goes on before `start` or behind `end`: イラン is not in ブイランド.

    Nor may a Korean word go on before: 이란 (Iran) also ends words, where it says «as for».
    """
    before, after = text[start - 1 : start], text[end : end + 1]
    if before and _HANGUL.match(text[start]) and _HANGUL.match(before):
        return False
    return not (is_katakana(text[start]) and before and is_katakana(before)) and not (
        is_katakana(text[end - 1]) and after and is_katakana(after)
    )


def _fold_run(run: str) -> str:
    return unicodedata.normalize("NFKC", run)


@lru_cache(maxsize=65_536)
def _stem(raw: str, language: str) -> str:
    return stem_of(raw.replace(".", ""), language)
