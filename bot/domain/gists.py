"""What a sentence says, as far as can be told without understanding it: so that nothing is said twice in other words.

A gist holds the concepts of the lexicon that a text names, and the numbers and stems of what is left. Words that only
hold sentences together are left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.lexicon import HAPPENINGS, Lexicon
from bot.domain.stems import CYRILLIC
from bot.domain.text import is_run, normalise

STEM = 7
"""Letters of a stem that count: negotiators tell of negotiations."""

CYRILLIC_STEM = 5
"""The same where verbs change within: прибыл, прибывает."""

_ENGLISH_VERB = re.compile(r"(?<=[a-z]{4})(?:ing|ed|es|e)$")
"""What holding and agreed have beyond hold and agree; names are stemmed without it."""

SHORTEST_WORD = 3
"""Shorter words (letters) hold sentences together, where no list of such words is known."""

WEIGHT_OF_NUMBER = 1.5
"""A number is news more often than a word is."""

WEIGHT_OF_NUMBER_AGAIN = 3.0
"""Two sentences that hold the same number mostly say the same of it."""

WEIGHT_OF_NAMED_AGAIN = 0.5
"""Who and where a story is about is named over and over."""

ABOUT = 0.015
"""By which part two numbers may differ, of which one is rounded, to be one number: 85,844 and «more than 85,000»."""

LEAST_ROUNDED = 1_000
"""Smaller numbers are not rounded: seven dead are not eight."""

PLAIN = frozenset({"term", "word"})
"""Kinds of concept that are no names and do not happen."""

_NUMBER = re.compile(
    r"(?<![^\W\d_]-)(?<!\d)(?<!\b[A-Z])(?P<digits>\d++(?:[.,\u00a0\u202f ]\d{3}(?!\d))*(?:[.,]\d++)?)"
    r"(?:\s?(?:(?P<thousand>thousand|тыс|[万萬])|(?P<million>million|mln|mn\b|m\b|млн|миллион)"
    r"|(?P<hundred_million>億|亿)|(?P<billion>billion|bln|bn\b|b\b|млрд|миллиард|мільярд)|(?P<trillion>trillion|трлн|триллион|兆)))?"
    r"(?!\d*[年月日時分])",
    re.IGNORECASE,
)
"""A number and the word that multiplies it. What a Japanese date is made of is none, nor is that of a name (COVID-19, G7)."""

_TIMES = {"thousand": 10**3, "million": 10**6, "hundred_million": 10**8, "billion": 10**9, "trillion": 10**12}
_YEAR = re.compile(r"(?:19|20)\d\d")

_RUN_PART = re.compile(r"[\u30a1-\u30fa\u30fc]{2,}|[\u3400-\u9fff々]+|[\uac00-\ud7af]+")

_SPELT = {
    word: str(number)
    for number, words in enumerate(
        (
            "two два две двое двух",
            "three три трое трех три",
            "four четыре четверо четырех чотири",
            "five пять пятеро пяти п'ять",
            "six шесть шестеро шести шість",
            "seven семь семеро семи сім",
            "eight восемь восьми вісім",
            "nine девять девяти дев'ять",
            "ten десять десяти",
            "eleven одиннадцать",
            "twelve двенадцать",
            "thirteen тринадцать",
            "fourteen четырнадцать",
            "fifteen пятнадцать",
            "sixteen шестнадцать",
            "seventeen семнадцать",
            "eighteen восемнадцать",
            "nineteen девятнадцать",
            "twenty двадцать",
        ),
        start=2,
    )
    for word in words.split()
}

_EMPTY = frozenset(
    (
        "the and for with that this these those said says say saying told tell tells has have had having was were will would could "
        "should may might must can been being are is not its his her hers their our your who whom whose which what when where why how "
        "from into onto over under after before about above amid among against between during through until than then them they "
        "but also more most much many some any all other others new just now only very still even both each own out off one ones "
        "year years week month today there here because while like per via added explained noted warned "
        "according report reports reported reporting reportedly announce announced announces announcement statement news media on in "
        "at by as to of it he she we you be an or if do did does no up so us "
        "что это как так или для при все еще его её ее их ним них она оно они мы вы на не но да по из от до за со об во под над "
        "был была было были будет будут есть быть также уже только который которая которое которые которых котором чтобы если когда "
        "после перед между более менее сообщил сообщила сообщили сообщает сообщается заявил заявила заявили заявляет рассказал рассказала "
        "год года году лет годов время времени настоящее настоящий данный данная момент сейчас теперь сегодня несколько более "
        "уточнил уточнила подчеркнул подчеркнула добавил добавила пояснил пояснила говорится сообщении словам результате "
        "отметил отметила передает пишет словам данным этом этого том того тем чем свой свои своей своих "
        "що це як та або для при всі ще його її них він вона воно вони не але про після перед між який яка яке які щоб якщо коли "
        "повідомив повідомила заявив заявила словами даними "
        "der die das und mit von den dem des ein eine einer eines für auf aus nach bei über sich nicht auch wird wurde haben hat "
        "les des une dans pour par sur avec est sont que qui aux ces los las una del por para con que como está han sus"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Gist:
    """What a text says. `implied` are concepts that it stands for without naming them (Kremlin: Russia).

    `plain` are those of its things that are no names and no events: words that another language may say otherwise.
    """

    words: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    implied: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()

    def __or__(self, other: Gist) -> Gist:
        return Gist(
            self.words | other.words,
            self.numbers | other.numbers,
            self.things | other.things,
            self.implied | other.implied,
            self.plain | other.plain,
        )

    @property
    def weight(self) -> float:
        return len(self.words) + len(self.things) + WEIGHT_OF_NUMBER * len(self.numbers)

    def beyond(self, told: Gist) -> Gist:
        """What of it was not told."""
        return Gist(
            self.words - told.words,
            frozenset(number for number in self.numbers if not _is_known(number, told.numbers)),
            self.things - told.things - told.implied,
            plain=self.plain,
        )

    def novelty(self, told: Gist) -> float:
        """Which part of it was not told, 0 to 1, by weight; what says nothing that can be weighed is new."""
        new = self.beyond(told)
        old = (
            len(self.words)
            - len(new.words)
            + WEIGHT_OF_NUMBER_AGAIN * (len(self.numbers) - len(new.numbers))
            + WEIGHT_OF_NAMED_AGAIN * (len(self.things) - len(new.things))
        )
        return new.weight / (new.weight + old) if self.weight else 1.0

    @property
    def certain(self) -> int:
        """How many names, kinds of event and numbers it holds, which are the same in every language."""
        return len(self.things - self.plain) + len(self.numbers)


def _is_known(number: str, told: frozenset[str]) -> bool:
    """Whether it was told, be it rounded."""
    return number in told or (len(number) > len("999") and any(_are_about_alike(number, one) for one in told))


def _are_about_alike(one: str, other: str) -> bool:
    small, large = sorted((float(one), float(other)))
    rounded = any(len(number.partition(".")[0].rstrip("0")) <= 2 for number in (one, other))  # noqa: PLR2004 - 85,000 has two digits that count
    return rounded and small >= LEAST_ROUNDED and large - small <= ABOUT * large


def gist_of(text: str, language: str, lexicon: Lexicon) -> Gist:
    """The gist of a text in a language (BCP 47)."""
    stream = lexicon.read(text, language)
    things: set[str] = set()
    implied: set[str] = set()
    plain: set[str] = set()
    left = list(text)
    for hit in lexicon.find(stream):
        left[hit.start : hit.end] = " " * (hit.end - hit.start)
        for id_ in hit.concepts:
            known = lexicon.concepts[id_]
            thing = known.family if known.family and known.kind in HAPPENINGS else id_
            things.add(thing)
            if known.kind in PLAIN:
                plain.add(thing)
            implied.update(lexicon.closure.get(id_, ()))
    rest = "".join(left)
    words = frozenset(words_of(rest, language))
    return Gist(
        words - _SPELT.keys(), numbers_of(rest), frozenset(things), frozenset(implied), frozenset(plain)
    )


def words_of(text: str, language: str) -> Iterable[str]:
    """Stems of the words of a text that mean something; of scripts without spaces, names and pairs of characters."""
    stream = normalise(text, language)
    for token in stream.tokens:
        raw = text[token.start : token.end]
        if is_run(raw[0]):
            yield from _parts_of_run(raw)
        elif not raw[0].isdigit() and raw.casefold() not in _EMPTY and len(raw) >= SHORTEST_WORD:
            yield _cut(stream.text[token.at : stream.text.find(" ", token.at)])


def _cut(stem: str) -> str:
    if CYRILLIC.match(stem):
        return stem[:CYRILLIC_STEM]
    return _ENGLISH_VERB.sub("", stem)[:STEM] if stem.isascii() else stem[:STEM]


def _parts_of_run(run: str) -> Iterable[str]:
    for part in _RUN_PART.findall(unicodedata.normalize("NFKC", run)):
        if part[0] >= "\u3400" and len(part) > 1:
            yield from (part[index : index + 2] for index in range(len(part) - 1))
        else:
            yield part


def numbers_of(text: str) -> frozenset[str]:
    """Numbers of a text, however they are written: 1,200 = 1200, five = 5, 700万 = 7 million. Years are none."""
    folded = unicodedata.normalize("NFKC", text)
    written = (_value(found) for found in _NUMBER.finditer(folded) if not _YEAR.fullmatch(found[0]))
    spelt = (_SPELT[word] for word in re.findall(r"[^\W\d_]+", folded.casefold()) if word in _SPELT)
    return frozenset((*written, *spelt))


def _value(found: re.Match[str]) -> str:
    digits = re.sub(r"[\s,.](?=\d{3}(?!\d))", "", found["digits"]).replace(",", ".")
    unit = found.lastgroup or ""
    if unit not in _TIMES:
        return digits
    times = 10**4 if found[0][-1] in "万萬" else _TIMES[unit]
    return f"{float(digits) * times:.12g}"
