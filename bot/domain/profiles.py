"""What an entry's text says, as stories compare it: weighed terms, those of its language and those any language shares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.asides import asides_in
from bot.domain.dates import dates_in
from bot.domain.entries import has_letters
from bot.domain.headlines import reports
from bot.domain.matching import Analysis, weight_of_place
from bot.domain.text import Stream, Token, is_katakana, is_run
from bot.domain.universals import numbers_in, sounds_of, written_out

CONCEPT, WORD, NUMBER, DATE, SOUND = "c:", "w:", "n:", "d:", "s:"
"""What shared terms begin with, by their kind."""

AS_CONCEPT = 1.4
"""What a concept weighs, of 1 that a word does: it is one thing in whatever words,"""
AS_IMPLIED = 0.6
"""one that something else stands for (Kremlin: Russia),"""
AS_NUMBER = 1.2
"""and a number."""

ASIDE = 0.4
"""What anything weighs that stands below the title, or in a clause of it that is not of the event, of 1 in the rest;"""
LEAD = 300
"""and how far below (characters): a lead tells of the event, what follows of others too."""

NAME_STEM = 5
"""Letters of a name that count, as it is bent further than a stem can tell (Тверь, Тверская),"""
NAMED = 600
"""and how far below the title names are looked for (characters)."""

MOST_TERMS = 32
"""Terms that a profile keeps of either kind: the heaviest."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Weights by term. `words` are of `language`; `shared` mean the same in every language.

    Those are concepts (`c:`), plain words that the lexicon has in several languages (`w:`), numbers (`n:`), days
    (`d:`) and how names sound (`s:`).

    `core`: the entry is of one event, and draws others into its story; opinion, live blogs, podcasts and round-ups are
    not. `tells`: it says what happened too, and so is a voice; a title that only promises to tell is none.

    `names`: who and where it speaks of, 1 if its title is sure to name them where it tells of the event, else less.
    """

    language: str
    words: Mapping[str, float]
    shared: Mapping[str, float]
    core: bool = True
    tells: bool = True
    names: Mapping[str, float] = field(default_factory=dict)


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
    """(words, shared): how much each term counts by where it stands, 0 to 1, before its rarity.

    What names a thing that the lexicon knows counts as the concept alone, in whichever of its forms.
    """
    words: dict[str, float] = {}
    shared: dict[str, float] = {}
    weight_at = _weights(analysis)
    for part, stream in analysis.streams.items():
        for term, at in _terms(stream, analysis.names.get(part, ())):
            terms = shared if term.startswith((NUMBER, DATE, SOUND)) else words
            weight = weight_at(part, at) * (AS_NUMBER if term.startswith((NUMBER, DATE)) else 1.0)
            terms[term] = max(terms.get(term, 0.0), weight)
    for id_, piece in analysis.found.items():
        if piece.part == "title" or piece.start < LEAD:
            named = piece.weight >= weight_of_place(piece.part, piece.start)
            shared[(WORD if id_ in analysis.plain else CONCEPT) + id_] = weight_at(
                piece.part, piece.start
            ) * (AS_CONCEPT if named else AS_IMPLIED)
    return words, shared


def _weights(analysis: Analysis) -> Callable[[str, int], float]:
    """By part and place (a character offset): what anything weighs that stands there."""
    asides = tuple(asides_in(analysis.streams["title"].source))

    def weight_at(part: str, at: int) -> float:
        return ASIDE if part != "title" or any(start <= at < end for start, end in asides) else 1.0

    return weight_at


def names_of(analysis: Analysis) -> dict[str, float]:
    """`Profile.names`: things that the lexicon knows, and words with a capital; none of a text too short to name all.

    A title is sure to name the former, and of the latter what begins no sentence where not every word has a capital.
    """
    names: dict[str, float] = {}
    if len(analysis.streams["summary"].source) < LEAD:
        return names
    weight_at = _weights(analysis)
    things = {(part, start) for part, spans in analysis.names.items() for start, _ in spans if start < NAMED}
    for id_, piece in analysis.found.items():
        if (piece.part, piece.start) in things:
            itself = piece.weight >= weight_of_place(piece.part, piece.start)
            names[CONCEPT + id_] = weight_at(piece.part, piece.start) if itself else ASIDE
    for part, stream in analysis.streams.items():
        spans = analysis.names.get(part, ())
        capitals = [token for token in stream.tokens if stream.source[token.start].isupper()]
        sure = part == "title" and stream.language not in _CAPITAL_NOUNS
        sure = sure and 2 * len(capitals) <= len(stream.tokens)
        for token in capitals:
            if token.start < NAMED and not any(start <= token.start < end for start, end in spans):
                named = sure and not _begins_sentence(stream.source, token.start)
                key = stream.word(token)[:NAME_STEM]
                names[key] = max(names.get(key, 0.0), weight_at(part, token.start) if named else ASIDE)
    return names


_CAPITAL_NOUNS = frozenset({"de", "lb"})
"""Languages that write all nouns with a capital."""


def _begins_sentence(text: str, at: int) -> bool:
    before = text[:at].rstrip(" «\"“‘'(—–-")
    return not before or before[-1] in ".!?:;|…"


def _terms(stream: Stream, names: Sequence[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    """What a stream says outside of its names, and where each stands (characters).

    Those are stems, numbers (`n:`), days (`d:`) and how names and loan words sound (`s:`).
    """
    text = stream.source[:LEAD]
    dates = list(dates_in(text))
    yield from ((DATE + day, start) for start, _, day in dates)
    numbers = [one for one in numbers_in(text) if not _within(one[0], dates)]
    yield from ((NUMBER + digits, start) for start, _, digits in numbers)
    taken = [*names, *((start, end) for start, end, _ in (*dates, *numbers))]
    for token in stream.tokens:
        if token.start >= LEAD:
            return
        if any(start <= token.start < end for start, end in taken) and not is_run(stream.text[token.at]):
            continue
        word = stream.word(token)
        if (digits := written_out(word)) is not None:
            yield NUMBER + digits, token.start
        elif is_run(word[0]):
            yield from ((piece, token.start) for piece in _pieces(stream, token, names))
        elif word not in _FUNCTION_WORDS:
            yield word, token.start
            sounds = sounds_of(stream.source[token.start : token.end])
            yield from ((SOUND + sound, token.start) for sound in sounds)


def _within(at: int, spans: Iterable[tuple[int, int, str]]) -> bool:
    return any(start <= at < end for start, end, _ in spans)


_RUN_PIECES = re.compile(r"[\u30a1-\u30fa\u30fc-\u30ff]{2,}|[^\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff]{2,}")


def _pieces(stream: Stream, token: Token, names: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Of a run without spaces: katakana words, and pairs of all other characters but hiragana."""
    run = stream.source[token.start : token.end]
    for found in _RUN_PIECES.finditer(run):
        start, piece = token.start + found.start(), found[0]
        if any(begin <= start and start + len(piece) <= end for begin, end in names):
            continue
        if is_katakana(piece[0]):
            yield piece
            yield from (SOUND + sound for sound in sounds_of(piece))
        else:
            yield from (
                piece[at : at + 2]
                for at in range(len(piece) - 1)
                if not any(begin <= start + at and start + at + 2 <= end for begin, end in names)
            )


def is_core(analysis: Analysis) -> bool:
    """Whether the entry reports an event, going by its headline and where it stands.

    A text without a headline has none that could say otherwise.
    """
    entry = analysis.entry
    if not has_letters(entry.title):
        return has_letters(entry.summary)
    return reports(entry.title) and not _NO_NEWS_LINK.search(entry.link or "")
