"""Documents as Slack blocks: within every limit, nothing lost, and nobody pinged by what a feed wrote."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.commands import COMMANDS
from bot.chat.paging import PAGE, page_of, read_data
from bot.chat.slack.render import (
    BUILT_IN,
    MAX_BLOCKS,
    MAX_BUTTONS,
    MAX_PREVIEW,
    MAX_SIZE,
    MAX_VALUE,
    Payload,
    answer,
    bulletin,
    preview_of,
    with_buttons,
)
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
from bot.domain.speech import ENGLISH
from bot.saying import buttons_of_bulletin
from tests.chat.hostile import HOSTILE, LONG, actions, commands, documents, labels, words
from tests.fakes.slack_blocks import Json, Link, problems, read, read_mrkdwn, too_long

HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def shown(rows: tuple[Line, ...]) -> str:
    """What a person is to read: all letters, but for those that nobody sees and that turn text around."""
    return words("".join(HIDDEN.sub("", span.text) for row in rows for span in row))


def without_root(text: str) -> str:
    return text.replace("/sokuho", "/")


def elements(*blocks: Json) -> list[Json]:
    return [part for block in blocks for section in block["elements"] for part in section["elements"]]


@given(documents, st.integers(0, 9))
@settings(max_examples=100)
def test_slack_takes_every_answer(said: Document, number: int) -> None:
    """Whatever is said, with whatever buttons: every message is valid, not too long, and has something in it."""
    for payload in answer(said, number):
        assert problems(list(payload.blocks)) == []
        assert not too_long(payload.blocks)
        assert payload.blocks
        assert payload.preview.strip()


@given(documents)
@settings(max_examples=60)
def test_nobody_is_pinged_and_nothing_obeyed(said: Document) -> None:
    """Neither by the blocks nor by what a notification shows of them; links go where their spans say."""
    wanted = {span.href for row in said.lines for span in row}
    for payload in answer(said):
        reading = read(payload.blocks)
        assert reading.pings == []
        assert {found.url for found in reading.links} <= wanted
        assert all(re.match("https?://", found.url) for found in reading.links)
        preview = read_mrkdwn(payload.preview)
        assert preview.pings == []
        assert "<" not in payload.preview
        assert ">" not in payload.preview


@given(documents)
@settings(max_examples=60)
def test_no_text_is_lost(said: Document) -> None:
    """The messages, one after the other, are the whole text up to white space."""
    read_ = words("".join(read(payload.blocks).plain for payload in answer(said)))
    assert without_root(read_) == without_root(shown(said.lines) or ("" if shown_spans(said) else "…"))


def shown_spans(said: Document) -> bool:
    """Whether anything stands in the document, be it invisible."""
    return any(span.text for row in said.lines for span in row)


@given(documents)
@settings(max_examples=60)
def test_a_bulletin_is_one_message_or_none(said: Document) -> None:
    """Of the same text, within the limit; and it is sent as it was saved."""
    payload = bulletin(said)
    if payload is None:
        one, *more = answer(replace(said, actions=()))
        assert more or len(one.blocks) == MAX_BLOCKS or len(one.dump()) > MAX_SIZE - MAX_BUTTONS
        return
    assert problems(list(payload.blocks)) == []
    assert not too_long(payload.blocks)
    assert read(payload.blocks).buttons == []
    assert Payload.load(payload.dump()) == payload


@given(documents, st.integers(0, 3))
@settings(max_examples=60)
def test_a_saved_message_is_loaded_as_it_was(said: Document, number: int) -> None:
    for payload in answer(said, number):
        assert Payload.load(payload.dump()) == payload


@pytest.mark.parametrize("text", HOSTILE + LONG)
@pytest.mark.parametrize("style", Style)
def test_hostile_text_is_shown_letter_by_letter(text: str, style: Style) -> None:
    """It pings nobody, formats nothing, and links nowhere but where its span does."""
    said = document(line("Title: ", Span(text, style, "https://a.example/")))
    read_ = [read(payload.blocks) for payload in answer(said)]
    assert words("".join(one.plain for one in read_)) == shown(said.lines)
    assert not any(one.pings for one in read_)
    assert {found.url for one in read_ for found in one.links} <= {"https://a.example/"}
    assert read_mrkdwn(preview_of(said.lines)).pings == []


@pytest.mark.parametrize(
    ("span", "element"),
    [
        (Span("x"), {"type": "text", "text": "x"}),
        (strong("x"), {"type": "text", "text": "x", "style": {"bold": True}}),
        (faint("x"), {"type": "text", "text": "x"}),
        (code("x"), {"type": "text", "text": "x", "style": {"code": True}}),
        (link("x", "https://a.example/?b&c"), {"type": "link", "url": "https://a.example/?b&c", "text": "x"}),
        (
            strong("x", "http://a.example/"),
            {"type": "link", "url": "http://a.example/", "text": "x", "style": {"bold": True}},
        ),
        (link("x", "javascript:alert(1)"), {"type": "text", "text": "x"}),
        (link("x", None), {"type": "text", "text": "x"}),
        (Span("a & b <c> *d*"), {"type": "text", "text": "a & b <c> *d*"}),
    ],
)
def test_styles(span: Span, element: Json) -> None:
    """Strong is bold, code is code, an address is a link; Slack has no faint text, and nothing is escaped."""
    (payload,) = answer(document(line(span)))
    assert elements(*payload.blocks) == [element]


def test_spans_that_look_alike_are_one_element() -> None:
    (payload,) = answer(document(line("a", faint("b"), strong("c"), strong("d"))))
    assert [part["text"] for part in elements(*payload.blocks)] == ["ab", "cd"]


def test_a_gap_begins_a_new_block() -> None:
    """Which Slack sets apart; lines without one stand below each other, and gaps at the ends are dropped."""
    (payload,) = answer(document("", "one", line(strong("two")), "", "", "three", ""))
    assert [read([block]).plain for block in payload.blocks] == ["one\ntwo", "three"]


def test_lines_of_fixed_width_stand_in_one_block() -> None:
    (payload,) = answer(document("Wrong:", line(block("a | | b")), line(block("    ^")), "Try again."))
    kinds = [part["type"] for made in payload.blocks for part in made["elements"]]
    assert kinds == ["rich_text_section", "rich_text_preformatted", "rich_text_section"]
    assert read(payload.blocks).plain == "Wrong:\na | | b\n    ^\nTry again."


@pytest.mark.parametrize("said", [document(), document(""), document("", line(""))])
def test_nothing_to_say_is_a_sign_and_no_refusal(said: Document) -> None:
    (payload,) = answer(said)
    assert read(payload.blocks).plain == "…"
    assert payload.preview == "Sokuho"


@pytest.mark.parametrize(
    ("text", "preview"),
    [
        ("Truce", "Truce"),
        ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
        ("\x00\u202ea\n", "a"),
        ("", "Sokuho"),
        ("word " * 400, ("word " * 159).strip() + "…"),
        ("&" * 900, "&amp;" * (MAX_PREVIEW - 1) + "…"),
    ],
)
def test_what_a_notification_shows(text: str, preview: str) -> None:
    """The beginning, cut at a word before it is escaped, so that no escape is cut."""
    assert preview_of(document(text).lines) == preview


def test_the_preview_has_all_lines_in_one() -> None:
    assert preview_of(document(line("a ", strong("b")), "c").lines) == "a b c"


def test_a_long_text_goes_on_in_more_messages() -> None:
    """Divided between lines, buttons below the last."""
    rows = [f"{number} " + "x" * 900 for number in range(40)]
    payloads = answer(document(*rows, actions=[Action("Latest", "/latest")]))
    assert "\n".join(read(payload.blocks).plain for payload in payloads).splitlines() == rows
    assert [len(read(payload.blocks).buttons) for payload in payloads] == [0] * (len(payloads) - 1) + [1]
    assert bulletin(document(*rows)) is None


@pytest.mark.parametrize("row", ["word " * 100, "a"])
def test_the_longest_bulletin_has_room_for_its_buttons(row: str) -> None:
    """Whether it is long by its letters or by its blocks; one line more, and it would be no message."""
    buttons, rows = buttons_of_bulletin(ENGLISH), [row, ""]
    while bulletin(document(*rows, row)) is not None:
        rows += [row, ""]
    longest = bulletin(document(*rows[:-1]))
    assert longest is not None
    buttoned = with_buttons(longest, buttons)
    assert problems(list(buttoned.blocks)) == []
    assert not too_long(list(buttoned.blocks))
    assert [button.label for button in read(list(buttoned.blocks)).buttons] == [one.label for one in buttons]
    assert with_buttons(longest, ()) == longest


def test_a_text_of_quotation_marks_is_measured_as_it_is_sent() -> None:
    """JSON writes each of them with two characters."""
    for payload in answer(document(*['"\\' * 1_200] * 12, actions=[Action('"' * 75, "/" + '"' * 1_900)])):
        assert not too_long(payload.blocks)


@given(actions, commands)
@settings(max_examples=100)
def test_the_pages_show_every_action_once(buttons: tuple[Action, ...], again: str) -> None:
    """Turned over from the first to the last, in order, each with what it does."""
    said = Document((), buttons, again)
    count = page_of(said, 0).count
    found: list[str] = []
    for number in range(count):
        data = [read_data(button.value) for button in read(answer(said, number)[-1].blocks).buttons]
        found.extend(read_[0] for read_ in data if read_ is not None and read_[1] is None)
        turns = [read_ for read_ in data if read_ is None or read_[1] is not None]
        assert all(read_ is not None and read_[0] == again for read_ in turns)
        pages = {read_[1] for read_ in turns if read_ is not None}
        assert pages == ({(number + step) % count for step in (-1, 0, 1)} if count > 1 else set())
    assert found == [action.command for action in buttons]


@given(labels)
def test_a_label_is_never_too_long_or_empty(label: str) -> None:
    """Slack refuses the whole message for it."""
    for payload in answer(document("x", actions=[Action(label, "/x")])):
        assert problems(list(payload.blocks)) == []


def test_a_command_that_no_button_can_hold_has_none() -> None:
    said = document("x", actions=[Action("long", "/" + "x" * MAX_VALUE), Action("short", "/x")])
    (payload,) = answer(said)
    assert [button.label for button in read(payload.blocks).buttons] == ["short"]


def test_many_buttons_are_shown_by_the_page() -> None:
    said = document("x", actions=[Action(str(n), f"/x {n}") for n in range(PAGE + 1)], again="/topics")
    buttons = read(answer(said, 1)[-1].blocks).buttons
    assert [(button.label, button.value) for button in buttons] == [
        ("8", "/x 8"),
        ("◀", "»0 /topics"),
        ("2 / 2", "»1 /topics"),
        ("▶", "»0 /topics"),
    ]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("/help", "/sokuho help"),
        ("/status", "/sokuho status"),
        *[
            (f"/{command.name} x", f"/sokuho {command.name} x" if command.name in BUILT_IN else None)
            for command in COMMANDS
        ],
        ("/shrug x", None),  # not one of ours
        ("/help topics", "/sokuho help topics"),
        ("/feedsome", None),
        ("/topics add /status", None),
        ("see /status", None),
        ("/START CODE", None),
    ],
)
def test_slacks_own_commands_are_written_behind_ours(typed: str, written: str | None) -> None:
    """Only where a command is shown to be typed: in code."""
    (payload,) = answer(document(line(code(typed))))
    assert read(payload.blocks).plain == (written or typed)
    (payload,) = answer(document(line(strong(typed))))
    assert read(payload.blocks).plain == typed


def test_links_are_read_with_their_labels() -> None:
    (payload,) = answer(
        document(line("⚡️ ", strong("T", "https://a.example/1"), " ", link("[R]", "https://b.example/")))
    )
    assert read(payload.blocks).links == [Link("https://a.example/1", "T"), Link("https://b.example/", "[R]")]
