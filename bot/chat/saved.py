"""Documents as text: what the console saves in the outbox, from which a message can be drawn again."""

from __future__ import annotations

import json

from bot.domain.documents import Action, Document, Span, Style


def dump(document: Document) -> str:
    """JSON: `lines` of spans `[text, style, address or null]`, and `actions` `[label, command]`."""
    return json.dumps(
        {
            "lines": [[[span.text, span.style.value, span.href] for span in line] for line in document.lines],
            "actions": [[action.label, action.command] for action in document.actions],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def load(text: str) -> Document:
    """The document that was dumped. Raises ValueError for any other text."""
    try:
        saved = json.loads(text)
        return Document(
            tuple(tuple(Span(t, Style(style), href) for t, style, href in line) for line in saved["lines"]),
            tuple(Action(label, command) for label, command in saved["actions"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("This text is no saved document.") from error
