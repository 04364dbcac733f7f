"""Whose workspace something is from, and whose the person is."""

from __future__ import annotations

from typing import Any

import pytest

from bot.chat.slack.listening import is_stranger, team_of


@pytest.mark.parametrize(
    ("body", "team"),
    [
        ({"team_id": "T1"}, "T1"),
        ({"team_id": "T9", "authorizations": [{"team_id": "T1"}]}, "T1"),
        ({"team": {"id": "T9"}, "message": {"team": "T1"}, "user": {"id": "U1", "team_id": "T9"}}, "T1"),
        ({"team": {"id": "T9"}, "view": {"app_installed_team_id": "T1"}}, "T1"),
        ({"team": None, "user": {"id": "U1", "team_id": "T1"}}, "T1"),
        ({"team": {"id": "T9"}}, None),
        ({"authorizations": []}, None),
        ({}, None),
    ],
)
def test_it_is_for_the_workspace_that_has_the_app(body: dict[str, Any], team: str | None) -> None:
    assert team_of(body, lambda named: named == "T1") == team


@pytest.mark.parametrize(
    ("body", "stranger"),
    [
        ({"event": {"type": "app_mention", "team": "T1"}}, False),
        ({"event": {"type": "app_mention", "team": "T1", "user_team": "T9"}}, True),
        ({"event": {"type": "app_mention", "team": "T9"}}, True),
        ({"event": {"type": "app_mention"}, "is_ext_shared_channel": True}, True),
        ({"event": {"type": "app_mention"}}, False),
        ({"user": {"id": "U1", "team_id": "T1"}, "team": {"id": "T1"}}, False),
        ({"user": {"id": "U1", "team_id": "T9"}, "team": {"id": "T1"}}, True),
        ({"user_id": "U1", "team_id": "T1", "command": "/sokuho"}, False),
    ],
)
def test_a_stranger_is_of_another_workspace(body: dict[str, Any], *, stranger: bool) -> None:
    """Where a channel is shared and Slack does not say whose somebody is, it may be anybody."""
    assert is_stranger(body, "T1") is stranger
