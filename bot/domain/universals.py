"""What means the same in any language without being in the lexicon: numbers, and names by how they sound.

A name's sound is the skeleton of its consonants, in which those count as one that scripts cannot tell apart: r and l, b and
v, s and z and th. Zelensky, Зеленский and ゼレンスキー are all `srnsk`. Loan words come out alike as well (scandal,
スキャンダル).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from bot.domain.stems import has_cyrillic, has_latin, without_marks
from bot.domain.text import is_katakana

SHORTEST = 3
"""Sounds that a skeleton needs to tell names apart."""

_SCALES = {
    "thousand": 3,
    "million": 6,
    "m": 6,
    "mn": 6,
    "billion": 9,
    "bn": 9,
    "trillion": 12,
    "тыс": 3,
    "тысяч": 3,
    "тысячи": 3,
    "млн": 6,
    "миллион": 6,
    "миллиона": 6,
    "миллионов": 6,
    "млрд": 9,
    "миллиард": 9,
    "миллиарда": 9,
    "миллиардов": 9,
    "万": 4,
    "億": 8,
    "亿": 8,
    "兆": 12,
    "mio": 6,
    "mrd": 9,
    "millionen": 6,
    "milliarden": 9,
    "millones": 6,
    "millions": 6,
    "milliards": 9,
}
_NUMBER = re.compile(
    r"(?<![\d.,])(\d{1,3}(?:[,\u00a0\u202f' ]\d{3})+|\d+)(?:[.,](\d{1,2}))?(?!\d)[ \u00a0-]?"
    rf"({'|'.join(sorted(_SCALES, key=len, reverse=True))})?(?![a-zа-я])",
    re.IGNORECASE,
)
_WRITTEN_OUT = {
    word: number
    for words in (
        "two three four five six seven eight nine ten eleven twelve",
        "два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать",
        "два три чотири п'ять шість сім вісім дев'ять десять одинадцять дванадцять",
        "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "deux trois quatre cinq six sept huit neuf dix onze douze",
        "dos tres cuatro cinco seis siete ocho nueve diez once doce",
    )
    for number, word in enumerate(words.split(), start=2)
} | {"две": 2, "двое": 2, "трое": 3, "четверо": 4, "пятеро": 5, "двух": 2, "трех": 3, "трёх": 3}


def numbers_in(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, number) of each, as digits: `1.5 million` and `150万` are both 1500000."""
    folded = unicodedata.normalize("NFKC", text) if not text.isascii() else text
    if len(folded) != len(text):
        folded = text
    for found in _NUMBER.finditer(folded):
        whole, part, scale = found.groups()
        digits = re.sub(r"\D", "", whole)[:18]
        if scale:
            zeros = _SCALES[scale.casefold()]
            digits += (part or "").ljust(zeros, "0")[:zeros]
        elif part:
            digits += f".{part}"
        yield found.start(), found.end(), digits.lstrip("0") or "0"


def written_out(word: str) -> str | None:
    """The digits of a small number that is written as a word (in lower case)."""
    number = _WRITTEN_OUT.get(word)
    return None if number is None else str(number)


@lru_cache(maxsize=65_536)
def sounds_of(word: str) -> tuple[str, ...]:
    """The skeletons of a name or loan word; none where it is too short or in a script that does not write sounds.

    In Latin letters an r may be silent (Robert: ロバート, Роберт), which makes a second one.
    """
    if is_katakana(word[0]):
        found = [_of_katakana(word)]
    elif has_cyrillic(word):
        found = [_of_letters(word.casefold(), _CYRILLIC_SOUNDS)]
    elif has_latin(word):
        plain = _latin(without_marks(word.casefold()))
        found = [_of_letters(plain, _LATIN_SOUNDS), _of_letters(_SILENT_R.sub("", plain), _LATIN_SOUNDS)]
    else:
        return ()
    return tuple(dict.fromkeys(sound for sound in found if len(sound) >= SHORTEST))


_SILENT_R = re.compile(r"(?<=[aeiou])r(?![aeiouyr])")
_SPELLINGS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"[^a-z]", ""),
        (r"tsch|sch|tch|ch|sh|cz|sz|th|ts|tz|dj|dz|zh", "s"),
        (r"ph", "f"),
        (r"ck|qu|kh", "k"),
        (r"c(?=[eiy])", "s"),
        (r"c|q", "k"),
        (r"x", "ks"),
        (r"(?<=[aeiou])w(?![aeiouy])", ""),
        (r"gh(?=t|$)", ""),
        (r"j", "s"),
        (r"h", ""),
        (r"n(?=[bp])", "m"),
    )
)


def _latin(word: str) -> str:
    for pattern, sound in _SPELLINGS:
        word = pattern.sub(sound, word)
    return word


_LATIN_SOUNDS = dict(zip("bdfgklmnprstvwz", "bdfgkrmnprstbbs", strict=True))
_CYRILLIC_SOUNDS = dict(zip("бвгґджзклмнпрстфцчшщ", "bbggdsskrmnprstfssss", strict=True))


def _of_letters(word: str, sounds: dict[str, str]) -> str:
    """Consonants as they sound, no sound twice in a row, a vowel at the beginning as `a`."""
    word = re.sub("дж", "ж", word) if sounds is _CYRILLIC_SOUNDS else word
    start = "a" if word[:1] not in sounds and word[:1] != "х" else ""
    skeleton = start + "".join(sounds.get(letter, "") for letter in word)
    return re.sub(r"(.)\1+", r"\1", skeleton)


_KANA_SOUNDS = {"TI": "s", "TU": "s", "HU": "f", "N": "n"}
_KANA_CONSONANTS = dict(zip("KGSZTDNBPMRVW", "kgsstdnbpmrbb", strict=True))


def _of_katakana(word: str) -> str:
    """By the names that Unicode gives the letters: `KATAKANA LETTER SMALL YA`."""
    sounds: list[str] = []
    names = [unicodedata.name(letter, "").removeprefix("KATAKANA LETTER ") for letter in word]
    for at, name in enumerate(names):
        following = names[at + 1] if at + 1 < len(names) else ""
        if name.startswith("SMALL") or "KATAKANA" in name:
            continue
        if name == "U" and following.startswith("SMALL"):
            sounds.append("b")
        elif name in ("TE", "TO") and following.startswith("SMALL"):
            sounds.append("t")
        elif name in ("DE", "DO") and following.startswith("SMALL"):
            sounds.append("d")
        elif name == "N" and following[:1] in "PBM" and following:
            sounds.append("m")
        elif name in _KANA_SOUNDS:
            sounds.append(_KANA_SOUNDS[name])
        elif name[0] in _KANA_CONSONANTS:
            sounds.append(_KANA_CONSONANTS[name[0]])
        elif at == 0 and name in ("A", "I", "U", "E", "O"):
            sounds.append("a")
    return re.sub(r"(.)\1+", r"\1", "".join(sounds))
