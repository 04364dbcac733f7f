"""Workspaces that have installed the app of their own accord."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Installation:
    """A Slack workspace (`team`), who the app is in it, and what it may be spoken to with: a token, `sealed`.

    `url` is the workspace's web address, where it is known.
    """

    team: str
    name: str
    bot_user: str
    bot_id: str
    url: str
    sealed: str = field(repr=False)
    installed: datetime
