"""What people on Slack mean, in whatever way Slack passes it on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.commands import COMMAND_NAMES
from bot.chat.slack.listening import from_slash, from_text, is_for_us, plain

US = "U0SOKUHO"


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("Ukraine ceasefire", "Ukraine ceasefire"),
        ("  spaced  ", "spaced"),
        ("Q&amp;A &lt;x&gt;", "Q&A <x>"),
        ("&amp;lt;", "&lt;"),
        ("<https://a.example/x?a&amp;b>", "https://a.example/x?a&b"),
        ("see <http://bbc.co.uk|bbc.co.uk> now", "see bbc.co.uk now"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<mailto:a@b.example>", "mailto:a@b.example"),
        ("<#C123|general>", "general"),
        ("<@U123|ann>", "ann"),
        ("<!subteam^S1|@team>", "@team"),
        ("<!here|here>", "here"),
        ("a &lt;https://x.example&gt; b", "a <https://x.example> b"),
        ("", ""),
    ],
)
def test_what_a_person_typed(sent: str, typed: str) -> None:
    """Links and names as they are shown, entities resolved once."""
    assert plain(sent) == typed


@pytest.mark.parametrize(
    ("command", "text", "meant"),
    [
        ("/topics", "", "/topics"),
        ("/topics", "add Grain = Ukraine grain", "/topics add Grain = Ukraine grain"),
        ("/topics", "add x = a &amp; b", "/topics add x = a & b"),
        ("/sokuho", "", "/"),
        ("/sokuho", "help", "/help"),
        ("/sokuho", "/help topics", "/help topics"),
        ("/sokuho", "status", "/status"),
        ("/SOKUHO", "status", "/status"),
        ("/sokuho", "  latest  ukraine-ceasefire ", "/latest  ukraine-ceasefire"),
        ("/sokuho", "topics add <http://bbc.com|bbc.com>", "/topics add bbc.com"),
        ("/start", "CODE", "/start CODE"),
    ],
)
def test_a_slash_command(command: str, text: str, meant: str) -> None:
    """Behind /sokuho as without it; Slack keeps some names for itself."""
    assert from_slash(command, text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (f"<@{US}> latest", "/latest"),
        (f"<@{US}|sokuho> latest", "/latest"),
        (f"<@{US}>, latest ukraine-ceasefire", "/latest ukraine-ceasefire"),
        (f"<@{US}>: Topics add X", "/Topics add X"),
        (f"latest <@{US}>", "/latest"),
        (f"<@{US}> /latest", "/latest"),
        (f"<@{US}>", "/help"),
        (f"  <@{US}> , ", "/help"),
        ("", "/help"),
        ("subscribe ukraine-ceasefire", "/subscribe ukraine-ceasefire"),
        ("/subscribe ukraine-ceasefire", "/subscribe ukraine-ceasefire"),
        ("start CODE", "/start CODE"),
        ("Iran nuclear talks", "Iran nuclear talks"),
        ("stop", "stop"),
        (f"<@{US}> <@U999|ann> topics", "ann topics"),
        (f"<@{US}> topics add Q&amp;A", "/topics add Q&A"),
    ],
)
def test_a_mention_or_a_direct_message(text: str, meant: str) -> None:
    """Without our name, and with the slash that nobody types there; other words are left as they are."""
    assert from_text(text, US, COMMAND_NAMES) == meant


def test_every_command_is_known_without_its_slash() -> None:
    for name in COMMAND_NAMES:
        assert from_text(f"<@{US}> {name.title()} x", US, COMMAND_NAMES).casefold() == f"/{name} x"


SAID = {"type": "message", "channel_type": "im", "user": "U1", "text": "hi", "channel": "D1", "ts": "1.0"}


@pytest.mark.parametrize(
    ("change", "for_us"),
    [
        ({}, True),
        ({"thread_ts": "0.9"}, True),
        ({"subtype": "file_share"}, True),
        ({"channel_type": "channel"}, False),
        ({"channel_type": "group"}, False),
        ({"channel_type": "mpim"}, False),
        ({"channel_type": None}, False),
        ({"bot_id": "B1"}, False),
        ({"subtype": "bot_message"}, False),
        ({"subtype": "message_changed"}, False),
        ({"subtype": "message_deleted"}, False),
        ({"subtype": "channel_join"}, False),
        ({"user": None}, False),
    ],
)
def test_what_is_said_to_us_alone(change: dict[str, Any], *, for_us: bool) -> None:
    """A person's new message in a direct conversation; no edit, no bot, no channel's talk."""
    assert is_for_us({**SAID, **change}) is for_us


@given(st.text(max_size=60) | st.text("<@|>U0SOKUHO#!&;lt /", max_size=30))
def test_no_text_raises(text: str) -> None:
    """Whatever comes in is some text to answer."""
    assert from_text(text, US, COMMAND_NAMES)
    assert from_slash("/sokuho", text).startswith("/")
