"""Documents on a terminal."""

from __future__ import annotations

import re
from io import BytesIO, StringIO, TextIOWrapper

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from bot.chat.drawing import MAX_WIDTH, Look, draw, make_console, wrap
from bot.chat.saved import dump, load
from bot.domain.documents import Action, Document, Span, Style, code, document, faint, line, link, strong

BULLETIN = document(
    line("⚡️ 🇺🇸🇷🇺 【", strong("Leaders to meet", "https://example.org/a"), "】"),
    "Both capitals named the date.",
    line("🔸 Moscow has sent the invitation  ", link("[Demo Wire]", "https://example.org/b")),
    line(faint("Demo Wire", "https://example.org/b"), faint(" · 23:40 JST")),
)


def on_terminal(
    shown: Document, look: Look = Look.BULLETIN, width: int = 80, *, no_color: bool = False
) -> str:
    out = StringIO()
    console = Console(
        file=out,
        force_terminal=True,
        color_system="truecolor",
        width=width,
        no_color=no_color,
        highlight=False,
    )
    draw(shown, console, look)
    return out.getvalue()


def on_pipe(shown: Document, look: Look = Look.BULLETIN, width: int = 80) -> str:
    out = StringIO()
    draw(shown, Console(file=out, width=width, highlight=False), look)
    return out.getvalue()


def test_a_terminal_gets_a_frame_styles_and_links() -> None:
    drawn = on_terminal(BULLETIN)
    assert "╭─" in drawn
    assert "\x1b[1mLeaders to meet" in drawn
    assert re.search(r"\x1b\]8;id=\d+;https://example\.org/a\x1b\\", drawn)


def test_a_pipe_gets_clean_text_and_the_headlines_address() -> None:
    """No escape and no frame; of the links only the headline's, on a line of its own."""
    assert on_pipe(BULLETIN) == (
        "\n"
        "⚡️ 🇺🇸🇷🇺 【Leaders to meet】\n"
        "   https://example.org/a\n"
        "Both capitals named the date.\n"
        "🔸 Moscow has sent the invitation  [Demo Wire]\n"
        "Demo Wire · 23:40 JST\n"
    )


def test_no_color_is_respected() -> None:
    assert "\x1b" not in on_terminal(BULLETIN, no_color=True)


def test_an_answer_is_indented_and_its_choices_numbered() -> None:
    said = document("Which topic?", actions=(Action("Ukraine ceasefire", "/x"), Action("Grain", "/y")))
    assert on_pipe(said, Look.ANSWER) == "  Which topic?\n  [1] Ukraine ceasefire\n  [2] Grain\n"


@pytest.mark.parametrize(
    "text",
    [
        "[bold red]not markup[/bold red]",
        "[link=https://evil.example]click[/link]",
        ":warning: no emoji code",
        "[/]",
    ],
)
@pytest.mark.parametrize("look", list(Look))
def test_feed_text_is_never_markup(text: str, look: Look) -> None:
    """What looks like rich's markup stands there letter for letter."""
    shown = document(line(strong(text, "https://example.org/a")), text, actions=(Action(text, "/x"),))
    assert text in on_terminal(shown, look)
    assert text in on_pipe(shown, look)


@pytest.mark.parametrize("look", list(Look))
@given(text=st.text(max_size=60), href=st.text(max_size=30))
def test_no_text_reaches_the_terminal_as_an_escape(look: Look, text: str, href: str) -> None:
    """Whatever text, label or address holds, the only escapes drawn are our own colours and links."""
    hostile = f"{text}\x1b]0;owned\x07\x1b[2J\x9b31m\u202e{text}"
    shown = document(
        line(
            Span(hostile, Style.STRONG, f"https://example.org/{href}\x1b\\{href}"),
            faint(hostile),
            code(hostile),
        ),
        actions=(Action(hostile, "/x"),),
    )
    drawn = on_terminal(shown, look)
    left = re.sub(r"\x1b\[[\d;]*m|\x1b\]8;(id=\d+;https?://[^\s\x1b]*|;)\x1b\\", "", drawn)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", left)
    assert "\x1b" not in on_pipe(shown, look)


@pytest.mark.parametrize(
    "href",
    ["javascript:alert(1)", "file:///etc/passwd", "https://a.example/\x1b]8;;", "https://a b", "https://"],
)
def test_only_plain_web_addresses_become_links(href: str) -> None:
    assert "\x1b]8;" not in on_terminal(document(line(strong("Title", href))))


JAPANESE = "トランプ大統領は8日、プーチン大統領と15日に会談すると発表した。「非常に期待されている」と述べた。"


def test_japanese_breaks_between_characters_and_keeps_punctuation() -> None:
    """Rows are full, begin with no closing mark and end with no opening one; nothing is lost."""
    rows = [row.plain for row in wrap(Text(f"⚡️ 【{JAPANESE}】"), 30)]
    assert all(cell_len(row) <= 30 for row in rows)
    assert all(cell_len(row) >= 26 for row in rows[:-1])
    assert not [row for row in rows if row.strip()[0] in "、。」】ーっッ" or row.strip()[-1] in "「【"]
    assert "".join(row.strip() for row in rows) == f"⚡️ 【{JAPANESE}】"


def test_words_stay_whole_and_rows_hang_below_the_mark() -> None:
    rows = [row.plain for row in wrap(Text("🔸 Moscow has sent the invitation"), 16)]
    assert rows == ["🔸 Moscow has", "   sent the", "   invitation"]


def test_a_source_in_brackets_stays_whole() -> None:
    rows = [row.plain for row in wrap(Text("He added more.  [Demo Wire]"), 22)]
    assert rows == ["He added more.", "[Demo Wire]"]


def test_styles_survive_wrapping() -> None:
    rows = list(wrap(Text.assemble("plain ", ("bold words here", "bold")), 11))
    assert [row.plain for row in rows] == ["plain bold", "words here"]
    assert all(any(span.style == "bold" for span in row.spans) for row in rows)


@given(
    text=st.text(st.sampled_from("ab 、。「」漢字カナー🔸🇺🇸\u3000-é"), max_size=80), width=st.integers(10, 40)
)
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, width: int) -> None:
    rows = [row.plain for row in wrap(Text(text), width)]
    assert "".join("".join(rows).split()) == "".join(text.split())
    assert all(cell_len(row) <= width for row in rows)


def test_a_wide_terminal_is_not_filled() -> None:
    drawn = on_terminal(document("word " * 100), width=300)
    plain = re.sub(r"\x1b\[[\d;]*m", "", drawn)
    assert max(map(cell_len, plain.splitlines())) <= MAX_WIDTH


@given(
    lines=st.lists(
        st.lists(
            st.builds(Span, st.text(max_size=20), st.sampled_from(Style), st.none() | st.text(max_size=20)),
            max_size=3,
        ),
        max_size=4,
    ),
    actions=st.lists(st.builds(Action, st.text(max_size=9), st.text(max_size=9)), max_size=2),
)
def test_a_saved_document_is_the_same_document(lines: list[list[Span]], actions: list[Action]) -> None:
    saved = Document(tuple(map(tuple, lines)), tuple(actions))
    assert load(dump(saved)) == saved


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"lines": [[["a"]]], "actions": []}', "⚡️ plain text"]
)
def test_other_text_is_no_saved_document(text: str) -> None:
    with pytest.raises(ValueError, match="no saved document"):
        load(text)


def test_an_output_without_the_character_shows_a_question_mark() -> None:
    """A terminal that knows ASCII only must not stop the news."""
    raw = BytesIO()
    out = TextIOWrapper(raw, encoding="ascii", write_through=True)
    draw(BULLETIN, make_console(out))
    assert "Leaders to meet" in raw.getvalue().decode("ascii")
