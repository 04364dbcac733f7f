"""What an entry's text says, as stories compare it: weighed terms, those of its language and those any language shares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.domain.matching import IN_SUMMARY, LEAD, Analysis, weight_of_place
from bot.domain.text import Stream, is_katakana, is_run

IMPLIED = 0.3
"""What a concept weighs that something else stands for (Kremlin: Russia), of 1."""

MOST_TERMS = 24
"""Terms that a profile keeps of either kind: the heaviest."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Weights by term. `words` are of `language`; `shared` mean the same in every language (`c:` concepts, `n:` numbers, `s:` names).

    `core`: the entry may open a story and bridge two; opinion, live blogs, podcasts and round-ups may not.
    """

    language: str
    words: Mapping[str, float]
    shared: Mapping[str, float]
    core: bool = True


_NO_NEWS = re.compile(
    r"^\W*(?:opinion|comment|editorial|analysis|podcast|watch live|live(?: updates?| blog| coverage)?|morning (?:rundown|briefing)"
    r"|evening briefing|the papers|newspaper headlines|letters|quiz|мнение|колонка|подкаст|онлайн|прямой эфир|社説|論説|コラム|ライブ)"
    r"\s*(?:[:|–—-]|$)"
    r"|\blive(?: updates| blog|-blog|blog)\b|\bmorning rundown\b|\b\d+ things\b|\bpodcast\b|\bas it happened\b|まとめ|ライブ配信",
    re.IGNORECASE,
)
_NO_NEWS_LINK = re.compile(
    r"/(?:opinions?|comment(?:isfree)?|live|podcasts?|audio|newsletters?|quiz|letters)/"
)

_FUNCTION_WORDS = frozenset(
    (
        "a an the in on at of to for and or but as is are wa was were be been by with from after over into out up it it its hi "
        "his her their he she they that thi this not no will would ha has have had say said new more than what how why who when "
        "all i you we us about against amid before if s t can could may do doe did so there here our my your them then just "
        "и в во на не что по с со из за к о об от до у а но для как при его ее их это он она они был была были было есть "
        "the der die das und von zu mit den im in le la les des du de et en un une el los las y por con para"
    ).split()
)


def terms_of(analysis: Analysis) -> tuple[dict[str, float], dict[str, float]]:
    """(words, shared): how much each term counts by where it stands, 0 to 1, before its rarity."""
    words: dict[str, float] = {}
    for part, stream in analysis.streams.items():
        for word in _words(stream):
            words.setdefault(word, 1.0 if part == "title" else IN_SUMMARY)
    shared = {
        f"c:{id_}": piece.weight
        * (1 if piece.weight >= weight_of_place(piece.part, piece.start) else IMPLIED)
        for id_, piece in analysis.found.items()
    }
    return words, shared


def _words(stream: Stream) -> Iterator[str]:
    """The stems of a stream that say something: of runs without spaces, katakana words and pairs of other characters."""
    for token in stream.tokens:
        if token.start > LEAD:
            return
        end = stream.text.find(" ", token.at)
        word = stream.text[token.at : end]
        if not is_run(word[0]):
            if word not in _FUNCTION_WORDS:
                yield word
            continue
        yield from _pieces(word)


def _pieces(run: str) -> Iterator[str]:
    for piece in re.findall(
        r"[\u30a1-\u30fa\u30fc-\u30ff]{2,}|[^\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff]{2,}", run
    ):
        if is_katakana(piece[0]):
            yield piece
        else:
            yield from (piece[at : at + 2] for at in range(len(piece) - 1))


def is_core(analysis: Analysis) -> bool:
    """Whether the entry reports, going by how its headline is set and where it stands."""
    entry = analysis.entry
    return not _NO_NEWS.search(entry.title) and not _NO_NEWS_LINK.search(entry.link or "")
