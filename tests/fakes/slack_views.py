"""What a modal of Slack may hold: docs.slack.dev/reference/views, docs.slack.dev/reference/block-kit/blocks/input-block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.fakes.slack_blocks import Json


def view_problems(view: Any) -> list[str]:
    """Why Slack would not open it; empty where it would."""
    if not isinstance(view, dict) or view.get("type") != "modal":
        return ["no modal"]
    return list(_problems(view))


def _problems(view: Json) -> Iterator[str]:
    known = {"type", "callback_id", "private_metadata", "title", "submit", "close", "blocks"}
    if set(view) - known:
        yield f"unknown: {sorted(set(view) - known)}"
    for name in ("title", "submit", "close"):
        if not 1 <= len(_text(view.get(name))) <= 24:
            yield f"{name} has 1 to 24 characters"
    if len(str(view.get("callback_id", ""))) > 255 or len(str(view.get("private_metadata", ""))) > 3000:
        yield "callback_id or private_metadata is too long"
    blocks = view.get("blocks") or []
    if not 1 <= len(blocks) <= 100:
        yield "1 to 100 blocks"
    ids = [block.get("block_id") for block in blocks]
    if len(set(ids)) < len(ids) or not all(isinstance(one, str) and 1 <= len(one) <= 255 for one in ids):
        yield "block ids are texts, each once"
    for block in blocks:
        yield from _input_problems(block)


def _input_problems(block: Json) -> Iterator[str]:
    if block.get("type") != "input":
        yield "the double knows only input blocks"
        return
    if not 1 <= len(_text(block.get("label"))) <= 2000 or len(_text(block.get("hint"))) > 2000:
        yield "label or hint is missing or too long"
    element = block.get("element") or {}
    if not 1 <= len(str(element.get("action_id", ""))) <= 255:
        yield "no action_id"
    if element.get("type") == "static_select":
        options = element.get("options") or []
        if not 1 <= len(options) <= 100 or any(len(_text(one.get("text"))) > 75 for one in options):
            yield "1 to 100 options of at most 75 characters"
        if "initial_option" in element and element["initial_option"] not in options:
            yield "the initial option is none of them"
    elif element.get("type") == "plain_text_input":
        value, longest = element.get("initial_value"), element.get("max_length", 3000)
        if value == "" or len(value or "") > longest or longest > 3000:
            yield "initial_value is empty or too long"
        if len(_text(element.get("placeholder"))) > 150:
            yield "the placeholder is too long"
    else:
        yield f"unknown element {element.get('type')}"


def _text(shown: Any) -> str:
    return str(shown.get("text", "")) if isinstance(shown, dict) and shown.get("type") == "plain_text" else ""
