"""Light stemmers: words of one language without what inflection does to them.

Texts and labels pass through the same function, so a stemmer has to treat alike what is alike, not to be right. Each takes
a word in lower case and leaves at least three letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
CYRILLIC = re.compile(r"[\u0400-\u052f]")
ARABIC = re.compile(r"[\u0600-\u06ff]")
HEBREW = re.compile(r"[\u0590-\u05ff]")
ARMENIAN = re.compile(r"[\u0530-\u058f]")

LATIN_LANGUAGES = ("en", "de", "fr", "es", "tr", "az")
"""Languages in Latin letters that have a stemmer of their own; all others inflect as English does, which is little."""

LEAST = 3


def has_latin(text: str) -> bool:
    return LATIN.search(text) is not None


def has_cyrillic(text: str) -> bool:
    return CYRILLIC.search(text) is not None


def languages_of_letters(text: str) -> tuple[str, ...]:
    """The languages by whose stems a text in these letters may be read, the likeliest first."""
    if ARABIC.search(text):
        return ("ar", "fa")
    return LATIN_LANGUAGES if has_latin(text) else ("",)


_CYRILLIC_ENDINGS = tuple(
    sorted(
        (
            "иями ями ами ого его ому ему ыми ими иях ией ием иям ьями ьях ьям ьев "
            "ую юю ая яя ое ее ые ие ый ий ой ей ом ем ам ям ах ях ов ев ым им ых их ью ия ии ию ья ье ью "
            "ів їв ою ею єю ої ій еві ові єм ям їх їм є ї "
            "ай аю аем ае "
            "а я о е ё ы и і у ю ь й"
        ).split(),
        key=len,
        reverse=True,
    )
)
"""Endings of Russian and Ukrainian nouns and adjectives, the longest first."""

_NAME_IN_EYA = re.compile(r"(?<=[аеиоуыэюят]р)е[ею]$")
"""The cases of Корея and Эритрея that end as an adjective might (синее) or a name of the soft declension (Юлею)."""

_OF_SURNAMES = frozenset({"ов", "ев", "єв", "їв"})


def stem_of(raw: str, language: str) -> str:
    """The stem of a word as it is written, in a text of this language (BCP 47; empty: not known)."""
    if raw.isascii():
        return _LATIN.get(language, english)(raw.casefold().replace("`", "'"))
    word = unicodedata.normalize("NFKC", raw).casefold()
    if CYRILLIC.search(word):
        return cyrillic(plain_cyrillic(word), is_name=raw[0].isupper())
    if ARABIC.search(word):
        return persian(word) if language == "fa" else arabic(word)
    if HEBREW.search(word):
        return hebrew(word)
    if ARMENIAN.search(word):
        return armenian(word)
    latin = without_marks(re.sub(r"[’ʼ`]", "'", word))
    return _LATIN.get(language, english)(latin)


def plain_cyrillic(word: str) -> str:
    return re.sub(r"['’ʼ`]", "", word).replace("ё", "е")


def without_marks(word: str) -> str:
    """Without the accents of Latin letters: Erdoğan = Erdogan."""
    if word.isascii():
        return word
    for letter, plain in (("ı", "i"), ("ø", "o"), ("ł", "l"), ("ə", "e"), ("đ", "d"), ("œ", "oe")):
        word = word.replace(letter, plain)
    decomposed = unicodedata.normalize("NFD", word)
    return unicodedata.normalize(
        "NFC", "".join(char for char in decomposed if not "\u0300" <= char <= "\u036f")
    )


def cyrillic(word: str, *, is_name: bool) -> str:
    """Without its ending. A name keeps its -ов: Песков is not песок (genitive песков).

    One in -ея keeps its е (Кореи, Корее, Корею, Кореей), or Korea would be the measles (корь).
    """
    if is_name and _NAME_IN_EYA.search(word):
        return word[:-1]
    if not word.endswith(_CYRILLIC_ENDINGS):
        return word
    for ending in _CYRILLIC_ENDINGS:
        stem = word.removesuffix(ending)
        if LEAST <= len(stem) < len(word) and not (is_name and ending in _OF_SURNAMES):
            return stem
    return word


def english(word: str) -> str:
    """Possessives and plurals."""
    if word.endswith(("'s", "s'")):
        word = word[:-2] if word.endswith("'s") else word[:-1]
    word = word.replace("'", "")
    if len(word) <= LEAST or word == "news":
        return word
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - letters
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us")):
        word = word[:-1]
    # Behind a sibilant nobody can tell base + s from bus + es, so the e goes in both numbers.
    return word[:-1] if len(word) > LEAST and word.endswith(("se", "xe", "ze", "che", "she")) else word


def german(word: str) -> str:
    """Cases and numbers of nouns and adjectives."""
    word = re.sub(r"'s?$", "", word).replace("'", "")
    return _strip(_strip(word, ("es", "s"), 5), ("en", "er", "em", "e", "n"), 5)


def french(word: str) -> str:
    """Numbers and genders; what is elided before a vowel is no part of the word (l'Ukraine)."""
    word = re.sub(r"^(?:qu|jusqu|lorsqu|[cdjlmnst])'", "", word).replace("'", "")
    if word.endswith("aux") and len(word) > 5:  # noqa: PLR2004 - letters
        return word[:-3] + "al"
    # An x makes a plural behind u only (jeux): paix is not paie, front is not Frontex.
    word = word[:-1] if word.endswith("ux") and len(word) > LEAST else _strip(word, ("s",), 4)
    word = _strip(word, ("e",), 4)
    return word[:-1] if word.endswith("nn") and len(word) > 4 else word  # noqa: PLR2004 - letters


def spanish(word: str) -> str:
    """Numbers and genders."""
    word = word.replace("'", "")
    if word.endswith("es") and len(word) > 5 and word[-3] in "nrldzj":  # noqa: PLR2004 - letters
        word = word[:-2]
    else:
        word = _strip(word, ("s",), 4)
    return _strip(word, ("a", "o", "e"), 4)


_TURKISH = frozenset(
    (
        "lar ler lari leri larin lerin larini lerini larina lerine larinda lerinde larindan lerinden "
        "in un nin nun i u yi yu si su ni nu sini sunu sina sine sinda sinde sindan sinden "
        "a e ya ye na ne da de ta te dan den tan ten nda nde ndan nden la le yla yle ki daki deki taki teki "
        "siz siz li lu lik luk"
    ).split()
)
_LONGEST = max(map(len, _TURKISH))
"""Numbers, possessives and cases, in letters without marks (ı is i, ü is u, ə is e)."""


def turkish(word: str) -> str:
    """Endings one after the other, the outermost first; of a name those behind its apostrophe (Rusya'nın)."""
    name, apostrophe, _ = word.partition("'")
    if apostrophe and len(name) >= LEAST:
        word = name
    word = word.replace("'", "")
    for _ in range(3):
        # Of three letters nothing but a plural can be told apart (Rus-lar, and not İra-na).
        # The longest ending that leaves enough;
        tails = (word[at:] for at in range(max(len(word) - _LONGEST, LEAST + 1), len(word)))
        ending = next((tail for tail in tails if tail in _TURKISH), "")
        if not ending and len(word) == LEAST + 3 and word.endswith(("lar", "ler")):
            ending = word[LEAST:]
        if not ending:
            break
        word = word.removesuffix(ending)
    return word


_LATIN: Mapping[str, Callable[[str], str]] = {
    "en": english,
    "de": german,
    "fr": french,
    "es": spanish,
    "tr": turkish,
    "az": turkish,
}

_ARABIC_LETTERS = str.maketrans("أإآٱىةؤئيكی", "ااااييءءيكي")
_ARABIC_MARKS = re.compile(r"[\u0640\u064b-\u065f\u0670]")
_ARABIC_ENDINGS = ("ها", "ان", "ات", "ون", "يين", "ين", "يه", "يي", "ه", "ي")


def arabic(word: str) -> str:
    """Without article, particles written in front, and the commonest endings (after Larkey's light10)."""
    word = _arabic_letters(word)
    for prefix in ("وال", "بال", "كال", "فال", "لل", "ال", "و", "ب", "ل", "ف", "ك"):
        if word.startswith(prefix) and len(word) - len(prefix) >= LEAST:
            word = word[len(prefix) :]
            break
    return _strip(word, _ARABIC_ENDINGS, LEAST + 1)


def arabic_forms(word: str) -> tuple[str, ...]:
    """What a label may be cut down to: its first letters may seem to be particles (بوتين, واشنطن)."""
    whole = _strip(_arabic_letters(word), _ARABIC_ENDINGS, LEAST + 1)
    return (arabic(word), whole)


def _arabic_letters(word: str) -> str:
    return _ARABIC_MARKS.sub("", word).translate(_ARABIC_LETTERS)


def persian(word: str) -> str:
    """Plurals and the joining -ی."""
    word = _ARABIC_MARKS.sub("", word).translate(str.maketrans("يىكأإآ", "ییکااا"))
    return _strip(_strip(word, ("های", "هایی", "ها"), 4), ("ی",), 4)


_NIQQUD = re.compile(r"[\u0591-\u05c7'’ʼ`׳]")
"""And geresh, which is typed in several ways (ז'נבה, ז׳נבה)."""
_HEBREW_FINALS = str.maketrans("ךםןףץ", "כמנפצ")
_HEBREW_PARTICLES = re.compile("ו?(?:כש|ש)?(?:[בלכ]|מ?ה?)")
"""What may be written in front of a word: and, when or that, then in, to, as, or from and the article."""
_HEBREW_LEAST = 4
"""Letters that stay behind particles: of three, half of the words would be another one (כוחות, forces, is not חותים)."""


def hebrew(word: str) -> str:
    """Without niqqud, particles written in front, and plurals."""
    word = _NIQQUD.sub("", word)
    particles = _HEBREW_PARTICLES.match(word)
    length = particles.end() if particles else 0
    return _hebrew_singular(word[max(min(length, len(word) - _HEBREW_LEAST), 0) :])


def hebrew_forms(word: str) -> tuple[str, ...]:
    """What a label may be cut down to: its first letters may seem to be particles, and those of a short one stay."""
    word = _NIQQUD.sub("", word)
    prefixed = [particle + word for particle in "הבלומש"] if 1 < len(word) < _HEBREW_LEAST else []
    return tuple(dict.fromkeys((hebrew(word), *map(_hebrew_singular, (word, *prefixed)))))


def _hebrew_singular(word: str) -> str:
    """Without the plural's ending; letters have one form wherever they stand (הסכם, הסכמים)."""
    return _strip(word, ("ים", "ות"), 4).translate(_HEBREW_FINALS)


_ARMENIAN_ENDINGS = ("ներ", "ում", "ից", "ով", "եր", "ու", "ի", "ը")
_ARMENIAN_ABSTRACT = re.compile("ությ(?:ուն|ան|ամբ)$")
_ARMENIAN_ACTION = re.compile("(?<=....)(?:ման|մամբ)$")
_ARMENIAN_LINK = re.compile("(?<=...)(?<=[աեէըիոօւ])յ$|(?<=...)(?<=[աեէըիոօւն])ն$")
"""What joins a case to a vowel (Ուկրաինայի), and the article behind one (Ուկրաինան) or doubled (Պուտինն)."""


def armenian(word: str) -> str:
    """Numbers, cases and the article, one behind the other.

    Until nothing is left to take: Պուտին, which only seems to have an article, has to come to the same as Պուտինի.
    Abstract nouns stay apart from what they are made of: համաձայնություն, an agreement, is not համաձայն, according to.
    """
    word = word.replace("և", "եւ")
    while True:
        shorter = _ARMENIAN_ACTION.sub("", _ARMENIAN_ABSTRACT.sub("ութ", word))
        if shorter == word:
            shorter = _strip(word, _ARMENIAN_ENDINGS, 4)
        if shorter == word:
            shorter = _ARMENIAN_LINK.sub("", word)
        if shorter == word:
            return word
        word = shorter


def _strip(word: str, endings: tuple[str, ...], longer_than: int) -> str:
    """Without the first of `endings` that leaves at least three letters, of words of at least `longer_than` letters."""
    if len(word) < longer_than or not word.endswith(endings):
        return word
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= LEAST:
            return word[: len(word) - len(ending)]
    return word
