"""From bytes to text: which encoding a document is in.

feedparser takes the declared encoding, and on the first byte that does not fit it guesses another for the whole
document: one broken character in a Japanese UTF-8 feed and all of it becomes EBCDIC. So the text is decoded here and
feedparser is given plain UTF-8.
"""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterator

import chardet

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\x00\x00\x00", "utf-32-le"),  # no mark, but the first character of a document gives it away
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)

_ISO_2022_JP_ESCAPES = (b"\x1b$B", b"\x1b$@")

# A label means the larger set that browsers read it as: https://encoding.spec.whatwg.org/#names-and-labels
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
}
_ALIASES = {"x-sjis": "cp932", "windows-31j": "cp932", "x-euc-jp": "euc_jp", "x-gbk": "gb18030"}

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:+-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,100}?\sencoding\s*=\s*[\"']([\w.:+-]+)")


_LONGEST = 20
"""Digits; a number of more is no character, whatever zeros it begins with."""

_NUMBERED = re.compile(
    r"(?:&#(?:x0{0,9}d[89a-f][0-9a-f]{2}|0{0,9}5[5-7]\d{3});)+|&#(?:x[0-9a-f]{6,}|\d{7,});", re.IGNORECASE
)
"""References by number to halves of pairs of surrogates, and to what may be beyond the last character."""


def decode(body: bytes, content_type: str = "") -> str:
    """The text of a document, whatever it says of itself; what cannot be read becomes U+FFFD.

    A byte order mark decides. Else the first that fits of: ISO-2022-JP by its escapes, UTF-8 (text in anything else
    hardly ever is valid UTF-8 by chance), the encoding in `content_type`, the one in the XML declaration, a guess.
    A few broken bytes do not speak against an encoding.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace").removeprefix("\ufeff")
    for name in _candidates(body, content_type):
        try:
            text = body.decode(name, "replace")
        except (LookupError, ValueError):
            continue
        if _fits(text):
            return text
    return body.decode("cp1252", "replace")


def _candidates(body: bytes, content_type: str) -> Iterator[str]:
    if any(escape in body for escape in _ISO_2022_JP_ESCAPES):
        yield "iso2022_jp_ext"
    yield "utf-8"
    declared = _CHARSET.search(content_type)
    if declared:
        yield _superset(declared[1])
    written = _XML_ENCODING.match(body.lstrip())
    if written:
        yield _superset(written[1].decode("ascii"))
    # Encodings of mainframes and DOS are left out: no feed is in one, but broken text is easily taken for them.
    era = chardet.EncodingEra.MODERN_WEB | chardet.EncodingEra.LEGACY_ISO
    guess = chardet.detect(body, encoding_era=era, prefer_superset=True)["encoding"]
    if guess:
        yield guess


def _superset(label: str) -> str:
    try:
        name = codecs.lookup(_ALIASES.get(label.lower(), label)).name
    except LookupError:
        return label
    return _SUPERSETS.get(name, name)


def _fits(text: str) -> bool:
    """Whether at most one in five characters beyond ASCII is broken, one that was cut in two at the end aside."""
    broken = text.rstrip("\ufffd").count("\ufffd")
    if not broken:
        return True
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return broken * 5 <= beyond_ascii


def possible_references(text: str) -> str:
    """The text of a document without references to characters that there are not, over which feedparser stumbles.

    An emoji that was written as its two halves (`&#55357;&#56832;`) becomes itself.
    """
    return _NUMBERED.sub(lambda found: _referred_to(found[0]), text) if "&#" in text else text


def _referred_to(references: str) -> str:
    digits = [reference[2:].lower() for reference in references.split(";") if reference]
    if any(len(one) > _LONGEST for one in digits):
        return "\ufffd"
    numbers = [int(one[1:], 16) if one[0] == "x" else int(one) for one in digits]
    if all(number <= sys.maxunicode and not 0xD800 <= number <= 0xDFFF for number in numbers):  # noqa: PLR2004 - surrogates
        return references
    halves = "".join(map(chr, (number for number in numbers if number <= sys.maxunicode)))
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") or "\ufffd"
