"""`python -m benchmarks.messages`: takes what the code says up into the catalogues, and tells what is to be translated.

A message is found by who says it: `say`, `tell` and `plural` of a `Speech`, `phrase` where it is said elsewhere, `kept`
where it is stored first (which its catalogue entry tells), and the summaries and usages of the command table.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from bot.domain.chats import SPOKEN

ROOT = Path(__file__).parents[1]
WIDTH = 120
FOLDER = ROOT / "bot" / "locales"
LANGUAGES = tuple(language for language in SPOKEN if language != "en")

KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "say": None,
    "tell": None,
    "plural": (1, 2),
    "phrase": None,
    "kept": None,
    "Command": (2,),
    "Usage": (2,),
}
"""By the name of a function, which of its arguments are messages: two are a singular and its plural."""


def template() -> Catalog:
    """All that the code says."""
    found = Catalog()
    method = f"{__name__ if __name__ != '__main__' else 'benchmarks.messages'}:calls"
    texts = extract_from_dir(ROOT / "bot", [("**.py", method)], keywords=KEYWORDS)
    for file, line, message, comments, _ in texts:
        found.add(message, locations=[(f"bot/{file}", line)], auto_comments=comments)
    return found


def calls(
    file: IO[bytes], keywords: Collection[str], comment_tags: object, options: object
) -> list[tuple[int, str, list[str | None], list[str]]]:
    """An extraction method of Babel's: calls by name, wherever they stand. Its own sees none within a call or an f-string.

    Arguments by name count in their order, too.
    """
    del comment_tags, options
    found = []
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and (name := _name(node.func)) in keywords:
            values = (*node.args, *(keyword.value for keyword in node.keywords))
            comments = ["kept"] if name == "kept" else []
            found.append((node.lineno, name, [_text(value) for value in values], comments))
    return sorted(found, key=lambda call: call[0])


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _text(value: ast.expr) -> str | None:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def read_catalogue(language: str) -> Catalog:
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def untranslated(catalogue: Catalog) -> Iterator[Message]:
    """Messages that have no translation in one of their forms, or one that is only guessed."""
    for message in catalogue:
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(forms)):
            yield message


def main() -> int:
    left = 0
    for language in LANGUAGES:
        catalogue = read_catalogue(language)
        # Guesses would be shown to nobody and hide what is missing.
        catalogue.update(template(), no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        with (FOLDER / f"{language}.po").open("wb") as file:
            # By the sentence alone, so that code that moves changes nothing here, and branches merge.
            write_po(file, catalogue, width=WIDTH, sort_output=True, no_location=True)
        for message in untranslated(catalogue):
            print(f"{language}: {message.id!r}")
            left += 1
    print(f"{left} to be translated." if left else "All is translated.")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
