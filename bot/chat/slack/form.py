"""The form behind `/settings form`: a modal whose fields are commands, which are typed as anybody would type them.

Sources: docs.slack.dev/surfaces/modals, docs.slack.dev/reference/views.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from bot.chat.commands.language import own_name
from bot.domain.chats import SPOKEN, Chat, language_of_chat
from bot.domain.schedules import read_quiet, read_schedule
from bot.domain.speech import Speech

CALLBACK = "settings"
"""What our form is called in what Slack sends."""

COMMAND = "/settings form"
VALUE = "value"
MAX_TYPED = 100
MAX_ERROR = 150
"""Characters below a field: more are read by nobody, and Slack does not say where it cuts."""


class Change(NamedTuple):
    """A field (its block's id) that is to be other than it is, and the command that makes it so."""

    field: str
    command: str


def form(chat: Chat, speech: Speech) -> dict[str, Any]:
    """The modal, filled in as the chat is set."""
    languages = [_option(own_name(code).capitalize(), code) for code in SPOKEN]
    chosen = SPOKEN.index(language_of_chat(chat))
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": chat.address,
        "title": _plain(speech.say("Settings")),
        "submit": _plain(speech.say("Save")),
        "close": _plain(speech.say("Cancel")),
        "blocks": [
            _field(
                "language",
                speech.say("Language"),
                {"type": "static_select", "options": languages, "initial_option": languages[chosen]},
                speech.say("In which I speak here."),
            ),
            _field(
                "zone",
                speech.say("Time zone"),
                _typed(chat.time_zone, "Asia/Tokyo"),
                speech.say("Of all times in this chat."),
            ),
            _field(
                "digest",
                speech.say("Digest"),
                _typed(_digest(chat), "weekdays 08:00"),
                speech.say(
                    "When it comes: 08:00, weekdays 7:30, hourly. “only” before it: and nothing else."
                ),
                optional=True,
            ),
            _field(
                "quiet",
                speech.say("Quiet hours"),
                _typed(_quiet(chat), "22:00-07:00"),
                speech.say("In which bulletins wait."),
                optional=True,
            ),
        ],
    }


def changes(chat: Chat, values: Mapping[str, Any]) -> Iterator[Change]:
    """What somebody has changed in the form, the language first. `values` is the `state.values` of what Slack sends."""
    language = _value(values, "language")
    if language and language != language_of_chat(chat):
        yield Change("language", f"/language {language}")
    zone = _value(values, "zone")
    if zone.casefold() != chat.time_zone.casefold():
        yield Change("zone", f"/settings timezone {zone}")
    digest = _value(values, "digest")
    if _canonical_digest(digest) != _digest(chat):
        yield Change("digest", f"/digest {digest or 'off'}")
    quiet = _value(values, "quiet")
    if _canonical_quiet(quiet) != _quiet(chat):
        yield Change("quiet", f"/quiet {quiet or 'off'}")


def _value(values: Mapping[str, Any], field: str) -> str:
    """What stands in a field; empty where nothing does, or Slack has sent something else."""
    state = (values.get(field) or {}).get(VALUE) or {}
    chosen = (state.get("selected_option") or {}).get("value")
    return " ".join(str(chosen or state.get("value") or "").split())


def _digest(chat: Chat) -> str:
    if chat.digests is None:
        return ""
    return f"{'only ' if chat.digests.only else ''}{chat.digests.schedule}"


def _quiet(chat: Chat) -> str:
    return "" if chat.quiet is None else str(chat.quiet)


def _canonical_digest(typed: str) -> str:
    """As the form itself would write it; what cannot be read stays, for the command to say so."""
    words = typed.casefold().split()
    if words in ([], ["off"]):
        return ""
    only = "only " if "only" in words else ""
    read = read_schedule(" ".join(word for word in words if word != "only"))
    return f"{only}{read}"


def _canonical_quiet(typed: str) -> str:
    return "" if typed.casefold() in ("", "off") else str(read_quiet(typed))


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": True}


def _option(label: str, value: str) -> dict[str, Any]:
    return {"text": _plain(label), "value": value}


def _typed(value: str, example: str) -> dict[str, Any]:
    initial = {"initial_value": value} if value else {}
    return {
        "type": "plain_text_input",
        "max_length": MAX_TYPED,
        "placeholder": _plain(example),
        **initial,
    }


def _field(
    name: str, label: str, element: dict[str, Any], hint: str, *, optional: bool = False
) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": name,
        "label": _plain(label),
        "hint": _plain(hint),
        "optional": optional,
        "element": {**element, "action_id": VALUE},
    }
