"""Documents as Telegram messages: within every limit, nothing lost, and nothing that a feed wrote is obeyed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.paging import MOST, PAGE, page_of, read_data
from bot.chat.telegram.render import MAX_DATA, MAX_ENTITIES, MAX_UNITS, as_html, fits, keyboard, split
from bot.domain.documents import (
    Action,
    Document,
    Line,
    Span,
    Style,
    block,
    code,
    document,
    faint,
    line,
    link,
    strong,
)
from tests.chat.hostile import HOSTILE, LONG, actions, commands, documents, labels, texts, words
from tests.fakes.telegram_html import Entity, parse, utf16

LONG_COMMAND = "/topics add " + "穀物 " * 60


def shown(rows: tuple[Line, ...]) -> str:
    """What a person is to read: all letters, but for those that nobody sees and that turn text around."""
    plain = "\n".join("".join(span.text for span in row) for row in rows)
    return words(re.sub(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", plain))


def read(html: str) -> str:
    """A message as a person reads it."""
    return visible(words(parse(html)[0]))


def visible(text: str) -> str:
    """Without the sign that keeps an @ from calling anybody, and a slash from being a command."""
    return text.replace("\N{WORD JOINER}", "")


def obeyed(html: str) -> str:
    """What of a message Telegram looks for names and commands in: all that is not code."""
    text, entities = parse(html)
    units = bytearray(text.encode("utf-16-le"))
    for entity in entities:
        if entity.type in ("code", "pre"):
            start, end = 2 * entity.offset, 2 * (entity.offset + entity.length)
            units[start:end] = " ".encode("utf-16-le") * entity.length
    return units.decode("utf-16-le")


@given(documents)
@settings(max_examples=100)
def test_every_message_is_within_the_limits(said: Document) -> None:
    """Whatever is said, each piece is HTML that Telegram reads, with something in it, and not too much."""
    for html in split(said):
        text, entities = parse(html)
        assert text
        assert utf16(text) <= MAX_UNITS
        assert len(entities) <= MAX_ENTITIES


@given(documents)
@settings(max_examples=60)
def test_splitting_loses_no_text(said: Document) -> None:
    """The pieces, one after the other, are the whole text up to white space."""
    assert "".join(map(read, split(said))) == (visible(shown(said.lines)) or "…")


@given(documents)
@settings(max_examples=60)
def test_nobody_is_called_by_a_text(said: Document) -> None:
    """No @ stands before a letter or figure outside of code, where Telegram looks for none."""
    for html in split(said):
        assert not re.search(r"@\w", obeyed(html))


@pytest.mark.parametrize(
    ("row", "tapped"),
    [
        (line(code("/latest")), ["/latest"]),
        (line("All: ", code("/help")), ["/help"]),
        (line(code("/topics add x")), []),
        (line("/latest"), []),
        (line("see /latest, (/why)"), []),
        (line(strong("/latest")), []),
        (line("and/or 1/2 https://a.example/b"), []),
        (line(block("/latest")), []),
    ],
)
def test_only_what_we_offer_is_a_command_to_tap(row: Line, tapped: list[str]) -> None:
    """A bare command in code is; one that a feed or a person wrote is not, and a command with arguments is copied."""
    (html,) = split(document(row))
    assert re.findall(r"(?<![\w/:.])/\w+", obeyed(html)) == tapped
    assert visible(parse(html)[0]) == "".join(span.text for span in row)


@pytest.mark.parametrize(
    "row",
    [
        line("@channel"),
        line("@", strong("channel")),
        line("@\x00channel"),
        line("@\u202echannel"),
        line("@", "", "channel"),
        line(code("@channel")),
        line("x" * 1_000 + "@" + "channel" * 1_000),
    ],
)
def test_nobody_is_called_by_a_text_in_parts(row: Line) -> None:
    """However the @ and the name come to stand beside each other."""
    assert not any(re.search(r"@\w", obeyed(html)) for html in split(document(row)))


@given(documents)
@settings(max_examples=60)
def test_only_web_addresses_are_linked(said: Document) -> None:
    """A link goes where its span says, and a span without a web address is none."""
    wanted = {span.href for row in said.lines for span in row if span.href}
    for html in split(said):
        for entity in parse(html)[1]:
            if entity.type == "text_link":
                assert entity.url in wanted
                assert re.match("https?://", entity.url or "")


@given(documents.map(lambda said: said.lines))
@settings(max_examples=100)
def test_what_fits_is_one_message_of_the_same_text(rows: tuple[Line, ...]) -> None:
    """What the outbox saves is what an answer of these lines would be."""
    if fits(rows):
        text, entities = parse(as_html(rows))
        assert utf16(text) <= MAX_UNITS
        assert len(entities) <= MAX_ENTITIES
        assert len(split(Document(rows))) == 1


@pytest.mark.parametrize("text", HOSTILE + LONG)
@pytest.mark.parametrize("style", [Style.PLAIN, Style.STRONG, Style.FAINT, Style.CODE])
def test_hostile_text_is_shown_and_not_obeyed(text: str, style: Style) -> None:
    """It has no other formatting than its span, and reads as it was written."""
    said = document(line("Title: ", Span(text, style, "https://a.example/?a=1&b=<2>")))
    kinds = {entity.type for html in split(said) for entity in parse(html)[1]}
    assert kinds <= {"bold", "code", "text_link"}
    assert "".join(map(read, split(said))) == visible(shown(said.lines))


@pytest.mark.parametrize(
    ("row", "text", "entities"),
    [
        (line("plain"), "plain", []),
        (line(strong("bold")), "bold", [Entity("bold", 0, 4)]),
        (line(faint("faint")), "faint", []),
        (line(code("/topics <x>")), "/topics <x>", [Entity("code", 0, 11)]),
        (line("⚡️ ", strong("T", "https://a.example/?a&b")), "⚡️ T",
         [Entity("bold", 3, 1), Entity("text_link", 3, 1, "https://a.example/?a&b")]),
        (line(link("x", 'https://a.example/"q"')), "x", [Entity("text_link", 0, 1, 'https://a.example/"q"')]),
        (line(link("x", "javascript:alert(1)")), "x", []),
        (line(link("x", None)), "x", []),
        (line("a@b @c"), "a@\u2060b @\u2060c", []),
        (line("1 < 2 & 3 > 2"), "1 < 2 & 3 > 2", []),
    ],
)  # fmt: skip
def test_styles(row: Line, text: str, entities: list[Entity]) -> None:
    """Strong is bold, code is code, an address is a link; Telegram has no faint text."""
    (html,) = split(document(row))
    said, found = parse(html)
    assert said == text
    assert sorted(found, key=lambda entity: entity.type) == entities


def test_a_text_is_divided_where_it_has_a_gap() -> None:
    """Lines that stand together stay together while there is room for them; the gap itself is dropped."""
    first, second = ["a" * 1500] * 2, ["b" * 1500] * 2
    assert split(document(*first, "", *second)) == ("\n".join(first), "\n".join(second))


def test_a_block_that_is_too_long_is_divided_between_lines() -> None:
    rows = [f"{number} " + "x" * 998 for number in range(5)]
    assert split(document(*rows)) == ("\n".join(rows[:4]), rows[4])


def test_a_line_that_is_too_long_is_divided_between_words() -> None:
    """Its style goes on in the next piece."""
    text = " ".join(["word"] * 1000)
    pieces = split(document(line("• ", strong(text))))
    assert len(pieces) == 2
    assert pieces[0].startswith("• <b>word word")
    assert pieces[1].startswith("<b>word word")
    assert not any("\n" in html for html in pieces)
    assert [word for html in pieces for word in parse(html)[0].split()] == ["•", *text.split()]


def test_a_line_is_divided_no_more_often_than_it_must_be() -> None:
    """What counts as one entity when it is shown counts as one when room is looked for."""
    assert len(split(document(line(strong("word " * 150), code("x" * 3_400))))) == 2


def test_a_text_of_many_links_is_divided_too() -> None:
    """Telegram shows a hundred and forgets the rest."""
    said = document(*(line(strong(f"n{number}", "https://a.example/")) for number in range(120)))
    counts = [len(parse(html)[1]) for html in split(said)]
    assert sum(counts) == 240
    assert len(counts) == 3


@pytest.mark.parametrize("said", [document(), document(""), document("", " "), document("\x00", "\u2066")])
def test_nothing_to_say_is_a_sign_and_no_refusal(said: Document) -> None:
    """Telegram takes no message without text."""
    assert split(said) == ("…",)


@given(documents, st.integers(0, 9))
@settings(max_examples=150)
def test_a_buttons_data_has_room(said: Document, number: int) -> None:
    """At most 64 bytes, whatever command is behind it and on whatever page; what has no room is kept under its key."""
    board = keyboard(said, number)
    for _, data in (button for row in board.rows for button in row):
        assert 1 <= len(data.encode()) <= MAX_DATA
        command, _ = read_data(data) or ("", None)
        assert board.kept.get(command, command).startswith("/")


@given(actions, commands)
@settings(max_examples=150)
def test_the_pages_show_every_action_once(buttons: tuple[Action, ...], again: str) -> None:
    """Turned over from the first to the last, in order, each with what it does."""
    said = Document((), buttons, again)
    found: list[Action] = []
    for number in range(page_of(said, 0).count):
        board = keyboard(said, number)
        data = [(label, read_data(data)) for row in board.rows for label, data in row]
        for label, (command, page) in ((label, read) for label, read in data if read is not None):
            if page is None:
                found.append(Action(label, board.kept.get(command, command)))
            else:
                assert board.kept.get(command, command) == again
        turns = [(label, read[1]) for label, read in data if read is not None and read[1] is not None]
        if page_of(said, 0).count > 1:
            assert (f"{number + 1} / {page_of(said, 0).count}", number) in turns
            assert {page for _, page in turns} <= set(range(page_of(said, 0).count))
    assert tuple(found) == buttons


@given(labels, commands)
def test_data_is_read_as_it_was_written(label: str, command: str) -> None:
    """A short command is its own data; a long one is found under the key that stands in its place."""
    board = keyboard(Document((), (Action(label, command),)))
    ((only, data),) = board.rows[0]
    assert only == label
    assert read_data(data) == (data, None)
    assert (data == command) == (len(command.encode()) <= MAX_DATA)
    assert board.kept == ({} if data == command else {data: command})


@pytest.mark.parametrize(
    ("data", "command", "page"),
    [
        ("/latest", "/latest", None),
        ("/topics add a\nb", "/topics add a\nb", None),
        ("»0 /start", "/start", 0),
        ("»12 #0123456789abcdef", "#0123456789abcdef", 12),
        ("#0123456789abcdef", "#0123456789abcdef", None),
        ("»99999 /start", None, None),
        ("»-1 /start", None, None),
        ("#0123", None, None),
        ("#0123456789ABCDEF", None, None),
        ("start", None, None),
        ("/", None, None),
        ("", None, None),
    ],
)
def test_what_data_means(data: str, command: str | None, page: int | None) -> None:
    """What we never wrote means nothing."""
    assert read_data(data) == (None if command is None else (command, page))


@given(texts)
def test_no_data_whatever_raises(data: str) -> None:
    """People can send us any."""
    read_data(data)


def test_one_long_command_is_kept_once_under_one_key() -> None:
    """The same key every time, so a restart finds it; another command has another."""
    boards = [keyboard(document(actions=[Action("a", LONG_COMMAND + tail)] * 2)) for tail in ("", "", "x")]
    assert boards[0] == boards[1]
    assert len(boards[0].kept) == 1
    assert boards[0].kept.keys() != boards[2].kept.keys()
    assert list(boards[0].kept.values()) == [LONG_COMMAND]


@pytest.mark.parametrize(
    ("labels_", "rows"),
    [
        ("abcde", [4, 1]),
        (["a", "b", "c", "d" * 8], [4]),
        (["a", "b", "c", "d" * 9], [2, 2]),
        (["a", "b", "long " * 5, "c"], [1, 1, 1, 1]),
    ],
)
def test_buttons_stand_in_columns(labels_: Sequence[str], rows: list[int]) -> None:
    """Four where all labels are very short, two where they are short, else one."""
    said = document(actions=[Action(label, "/x") for label in labels_])
    assert [len(row) for row in keyboard(said).rows] == rows


def test_lines_of_fixed_width_stand_in_one_block() -> None:
    (html,) = split(document("Wrong:", line(block("a < b")), line(block("  ^"))))
    assert parse(html) == ("Wrong:\na < b\n  ^", (Entity("pre", 7, 9),))


def test_what_cannot_be_turned_over_shows_so_many_buttons() -> None:
    said = document(actions=[Action(str(number), "/x") for number in range(MOST + 5)])
    assert sum(map(len, keyboard(said).rows)) == MOST


@pytest.mark.parametrize(("asked", "shown_"), [(-3, 0), (0, 0), (1, 1), (2, 2), (9, 2)])
def test_a_page_that_is_not_there_is_the_nearest(asked: int, shown_: int) -> None:
    """Actions may have become fewer since the button was shown."""
    said = document(actions=[Action(str(n), "/x") for n in range(2 * PAGE + 1)], again="/topics")
    assert page_of(said, asked).number == shown_
    assert (page_of(said, asked).count, page_of(document(again="/x"), asked).count) == (3, 1)


def test_no_actions_no_keyboard() -> None:
    assert keyboard(document("x")).rows == ()
