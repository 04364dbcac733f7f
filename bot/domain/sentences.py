"""Sentences: where a text's end and begin, and what is left of one that is too long."""

from __future__ import annotations

import re

from sentencex import segment

_GOES_ON = re.compile(r"""[—–-]?\s*[^\W\d_]""")
_ABBREVIATION = re.compile(
    r"(?<![\w.])(?:[^\W\d_]|[Тт]\.\s?[екнд]|Mrs?|Ms|Dr|Prof|St|Gen|Lt|Col|Maj|Capt|Sgt|Adm|Cmdr|Gov|Sen|Rep|Amb|Rev|Hon|vs"
    r"|No|ст|стр|гл|рис|корр|зам|им|ул|пр|просп|обл|пос|гр|проф|акад|ген|ім|вул|акад|тов|наб|bzw|ca|Nr)\.$"
)
"""What ends in a dot and, before another word, no sentence: initials, titles, what is short for something."""

_HOUR = re.compile(r"\b[ap]\.m\.$")
_OF_AN_HOUR = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|[A-Z]{2,4}\b|(?:Eastern|Pacific|Central|Moscow|Kyiv)\b"
)
_DOMAIN = re.compile(r"(?:ru|com|net|org|ua|by|info|tv)\b", re.IGNORECASE)

_GROWN_TOGETHER = re.compile(
    r"(?<=[а-яёіїєґ»]) (?=(?:Кроме того|Однако|При этом|Между тем|Тем временем|Напомним|Ранее|Об этом|Как (?:сообща|переда)\w+|По словам|По данным"
    r"|Крім того|Нагадаємо|Про це|За словами|За даними)[ ,])|(?<=[a-z”]) (?=(?:However|Meanwhile|Moreover|In addition), )"
    r"|(?<=[a-z]{3}) (?=(?:It|It[’']s|There|They|When|While|In|At|As|More) [a-z])"
)
"""Where a caption or a heading without a full stop has grown together with what stands behind it."""

_OPENED_LAST = re.compile(r"(?<=[.!?…。！？])\s*([“«「『„(（])$")

LEAST_LEFT = 60
"""A sentence of which less (characters) would be left is not shortened."""

_CLAUSE_END = re.compile(
    r"(?:;|,(?=\s(?:which|who|whose|where|while|although|though|whereas|as well as|but|а|но|однако|хотя|"
    r"котор\w+|где|тогда как|в то время как|причем|причём|котр\w+|який|яка|які|але|wobei|während|aber|mais|pero)\b)"
    r"|(?=\s[—–]\s))"
)
_DASH = re.compile(r"\s[—–-]\s")
_BEGINS_DEPENDENT = re.compile(
    r"(?:after|although|though|as|because|before|despite|even|if|in spite|once|since|unless|until|when|whereas|while|"
    r"если|хотя|когда|пока|после|поскольку|якщо|коли|хоча|obwohl|wenn|während|nachdem|quand|si|cuando|aunque)\b",
    re.IGNORECASE,
)
"""What begins so may have its main clause behind a later comma: it is not cut at one."""

_DEPENDENT_AT_END = re.compile(
    r"(?:^|[,;]\s)(?:что,? )?(?:after|although|though|because|before|if|once|since|unless|until|when|whereas|while|если|хотя|когда|пока"
    r"|поскольку|якщо|коли|wenn|während|quand|cuando)\b[^,;]*$",
    re.IGNORECASE,
)
"""A clause that waits for the one behind it."""

_PAIRS = (
    ("“„", "”"),
    ("«", "»"),
    ("(", ")"),
    ("（", "）"),
    ("「", "」"),
    ("『", "』"),
    ("【", "】"),
    ("[", "]"),
)
"""(what may open, what closes)."""

_QUOTATIONS = (("“", "”"), ("«", "»"), ("「", "」"))


def split_sentences(text: str, language: str) -> tuple[str, ...]:
    """Sentences of a text in a language (BCP 47), without the white space around them; a new line begins one.

    sentencex does not know every abbreviation, and splits Japanese behind a closing quotation mark.
    """
    sentences: list[str] = []
    for row in _GROWN_TOGETHER.sub("\n", text).splitlines():
        begun = False
        spaced = True
        opening = ""
        for raw in segment(language, row):
            piece = opening + raw.strip()
            opening = ""
            if not piece:
                continue
            if stray := _OPENED_LAST.search(piece):
                # What opens a quotation belongs to what is quoted.
                opening, piece = stray[1], piece[: stray.start()]
            if begun and _belongs_together(sentences[-1], piece, language, spaced=spaced):
                between = " " if spaced and language not in ("ja", "zh") else ""
                sentences[-1] += between + piece
            else:
                sentences.append(piece)
            begun, spaced = True, raw[-1].isspace() or bool(opening)
        if opening:
            sentences.append(opening)
    return tuple(sentences)


def _belongs_together(before: str, after: str, language: str, *, spaced: bool) -> bool:
    """Whether what was split is one sentence."""
    if language in ("ja", "zh"):
        return after[0] == "と" or (before[-1] in "」』”" and "\u3041" <= after[0] <= "\u309f")
    first = _GOES_ON.match(after)
    if first and first[0][-1].islower():
        return True
    if not spaced and _DOMAIN.match(after):
        return True
    if _HOUR.search(before):
        return _OF_AN_HOUR.match(after) is not None
    return _ABBREVIATION.search(before) is not None


def is_balanced(text: str) -> bool:
    """Whether every quotation and bracket that is opened in it is closed."""
    return not open_at_end(text)


def open_at_end(text: str) -> frozenset[str]:
    """The marks of quotations and brackets that are open where the text ends, or were never opened in it."""
    text = re.sub("„([^“”„]*)“", r"„\1”", text)
    odd = {opening for opening, closing in _PAIRS if sum(map(text.count, opening)) != text.count(closing)}
    return frozenset(odd | ({'"'} if text.count('"') % 2 else set()))


def closed(text: str) -> str:
    """A text whose one quotation was left open at the end, with the mark that closes it."""
    open_ = [(opens, closes) for opens, closes in _QUOTATIONS if text.count(opens) == text.count(closes) + 1]
    return text + open_[0][1] if len(open_) == 1 else text


def shortened_at_clause(sentence: str, limit: int) -> str | None:
    """At most `limit` characters of a sentence, ended where a clause does, with … to say so.

    None where what is left would be no whole sentence. Japanese and its like have their predicate at the end, so that
    there is nothing to leave out.
    """
    if _BEGINS_DEPENDENT.match(sentence.lstrip("“\"«'")):
        return None
    for found in reversed(list(_CLAUSE_END.finditer(sentence, LEAST_LEFT, limit))):
        kept = sentence[: found.start()].rstrip()
        within_dashes = len(_DASH.findall(kept)) % 2
        waits = _DEPENDENT_AT_END.search(kept)
        if LEAST_LEFT <= len(kept) < limit and is_balanced(kept) and not within_dashes and not waits:
            return f"{kept}…"
    return None
