"""Documents: lines of spans, free of any platform."""

from __future__ import annotations

from bot.domain.documents import Action, Document, Span, Style, code, document, faint, line, link, strong


def test_a_document_is_made_from_texts_and_spans() -> None:
    """A bare string is a plain line, an empty one a gap; what can be done next goes with it."""
    made = document(
        "plain", "", line("a ", strong("b", "https://x.org"), code("c")), actions=[Action("Go", "/go")]
    )
    assert made == Document(
        (
            (Span("plain"),),
            (Span(""),),
            (Span("a "), Span("b", Style.STRONG, "https://x.org"), Span("c", Style.CODE)),
        ),
        (Action("Go", "/go"),),
    )


def test_the_plain_text_is_the_text_alone() -> None:
    """Styles and links leave the text as it is, whatever it looks like."""
    made = document(line(faint("*a*"), link("<b>", None)), "", line(strong("c", "https://x.org")))
    assert made.plain == "*a*<b>\n\nc"
