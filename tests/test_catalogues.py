"""The catalogues in `bot/locales`: they have all that the code says, in every language, and nothing else."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message

from benchmarks.messages import KEYWORDS, LANGUAGES, ROOT, calls, read_catalogue, template, untranslated
from bot.chat.commands import COMMANDS
from bot.domain.queries import MISTAKES

SAID = {message.id for message in template() if message.id}
SCRIPTS = {"ja": r"[\u3040-\u30ff\u4e00-\u9fff]", "ru": r"[а-яё]"}


def pairs(message: Message) -> Iterator[tuple[str, str]]:
    """(what the code says, what it is in the language), by form."""
    if not isinstance(message.id, (list, tuple)):
        yield str(message.id), str(message.string)
        return
    for form in message.string or ():
        yield message.id[1], str(form)


def places(text: str) -> set[str]:
    return {name for _, name, *_ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_all_that_the_code_says_and_nothing_stale(language: str) -> None:
    """`make messages` takes up what is new; whoever writes a sentence writes it in every language."""
    catalogue = read_catalogue(language)
    assert {message.id for message in catalogue if message.id} == SAID
    assert not catalogue.obsolete
    assert [message.id for message in untranslated(catalogue)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_places_of_its_sentence(language: str) -> None:
    """And begins with the same sign, so that a person knows what kind of answer it is."""
    catalogue = read_catalogue(language)
    for message in catalogue:
        for text, translated in pairs(message) if message.id else ():
            assert places(translated) == places(text), text
            sign = re.match(r"[^\w\s“{+(…]+", text)
            assert sign is None or translated.startswith(sign[0]), text
        assert not list(message.check(catalogue)), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plural_has_the_forms_of_its_language(language: str) -> None:
    """Japanese has one, Russian three."""
    catalogue = read_catalogue(language)
    assert catalogue.num_plurals == {"ja": 1, "ru": 3}[language]
    several = [message for message in catalogue if isinstance(message.id, (list, tuple))]
    assert several
    for message in several:
        assert len(message.string or ()) == catalogue.num_plurals, message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_is_written_in_its_language(language: str) -> None:
    """Wherever the sentence has words of its own."""
    for message in read_catalogue(language):
        for text, translated in pairs(message) if message.id else ():
            if re.search(r"[A-Za-z]{3}", re.sub(r"\{\w+\}", "", text)) and text != "either {alternatives}":
                assert re.search(SCRIPTS[language], translated, re.IGNORECASE) or "ほか" in translated, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_stay_what_one_types(language: str) -> None:
    for message in read_catalogue(language):
        for text, translated in pairs(message) if message.id else ():
            assert re.findall(r"(?<!\w)/\w+(?: help)?", translated) == re.findall(
                r"(?<!\w)/\w+(?: help)?", text
            )


def test_all_of_the_command_table_is_found() -> None:
    """Its summaries, usages and groups, and what can be wrong with a query, are said elsewhere than they are written."""
    for command in COMMANDS:
        assert {command.summary, *(usage.does for usage in command.usage)} <= SAID
        assert not command.group or command.group in SAID
    assert set(MISTAKES) <= SAID


def test_what_is_said_within_a_call_or_a_string_is_found() -> None:
    code = b'f(strong(speech.say("one")), f"{say(\'two\')}", Usage("/x", does="three"), plural("a", "b", 3))'
    found = calls(io.BytesIO(code), KEYWORDS, (), {})
    assert sorted((name, texts[:2]) for _, name, texts, _ in found) == [
        ("Usage", ["/x", "three"]),
        ("plural", ["a", "b"]),
        ("say", ["one"]),
        ("say", ["two"]),
    ]


@pytest.mark.parametrize("path", sorted((ROOT / "bot").rglob("*.py")), ids=lambda path: path.stem)
def test_no_sentence_is_put_together(path: Path) -> None:
    """A text with its words joined to it is in no catalogue."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        function = node.func if isinstance(node, ast.Call) else None
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
        if isinstance(node, ast.Call) and name in {"say", "tell", "plural", "phrase", "kept"} and node.args:
            assert not isinstance(node.args[0], (ast.JoinedStr, ast.BinOp, ast.IfExp)), ast.unparse(node)
