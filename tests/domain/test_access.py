"""Who may use the bot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.access import OPEN, Access, places_of
from bot.domain.chats import Chat, Platform

STRANGER = None
KNOWN = Chat(1, "telegram", "77")
INVITED = Chat(1, "telegram", "77", invited=True)
CODE = Access(invite_code="sesame")
LISTED = frozenset({"telegram:-100123", "slack:T01", "slack:T02/C03"})
LIST = Access(listed=LISTED)
BOTH = Access("sesame", LISTED)


@pytest.mark.parametrize(
    ("access", "chat", "admitted"),
    [
        (OPEN, STRANGER, True),
        (OPEN, KNOWN, True),
        (CODE, STRANGER, False),
        (CODE, KNOWN, False),
        (CODE, INVITED, True),
        (LIST, STRANGER, False),
        (LIST, KNOWN, False),
        (LIST, INVITED, False),
        (BOTH, STRANGER, False),
        (BOTH, KNOWN, False),
        (BOTH, INVITED, True),
    ],
)
def test_whom_an_invitation_lets_in(access: Access, chat: Chat | None, *, admitted: bool) -> None:
    """Everybody where nothing is said; with a code those who gave it, for as long as there is one."""
    assert access.admits("telegram", "77", chat) is admitted


@pytest.mark.parametrize(
    ("platform", "address", "admitted"),
    [
        ("telegram", "-100123", True),
        ("telegram", "-100123/7", True),
        ("telegram", "-1001234", False),
        ("telegram", "-10012", False),
        ("telegram", "-100123x/7", False),
        ("slack", "-100123", False),
        ("slack", "T01/C02", True),
        ("slack", "T01", True),
        ("slack", "T011/C02", False),
        ("slack", "t01/C02", False),
        ("slack", "T02/C03", True),
        ("slack", "T02/C04", False),
        ("slack", "T02", False),
        ("telegram", "T01/C02", False),
        ("console", "console", False),
    ],
)
def test_whom_the_list_lets_in(platform: Platform, address: str, *, admitted: bool) -> None:
    """A place with all its parts, or one part alone; a code beside it takes nobody away."""
    for access in (LIST, BOTH):
        assert access.admits(platform, address, STRANGER) is admitted


@pytest.mark.parametrize(("access", "is_open"), [(OPEN, True), (CODE, False), (LIST, False), (BOTH, False)])
def test_what_is_open(access: Access, *, is_open: bool) -> None:
    assert access.open is is_open


@pytest.mark.parametrize(
    ("access", "given_", "taken"),
    [
        (CODE, "sesame", True),
        (CODE, "  sesame\n", True),
        (CODE, "Sesame", False),
        (CODE, "sesam", False),
        (CODE, "sesamee", False),
        (CODE, "", False),
        (Access("пароль 🔑"), "пароль 🔑", True),
        (Access("пароль 🔑"), "пароль", False),
        (OPEN, "sesame", False),
        (OPEN, "", False),
        (LIST, "sesame", False),
    ],
)
def test_the_code(access: Access, given_: str, *, taken: bool) -> None:
    """Letter for letter, but for blanks around it; where there is none, nothing is."""
    assert access.accepts(given_) is taken


@given(st.text(min_size=1).filter(lambda text: text == text.strip()), st.text())
def test_only_the_code_is_taken(code: str, other: str) -> None:
    """Whatever letters it has, and whatever else is tried."""
    try:
        code.encode()
        other.encode()
    except UnicodeEncodeError:
        return
    assert Access(code).accepts(code)
    assert Access(code).accepts(other) is (other.strip() == code)


@pytest.mark.parametrize(
    ("address", "places"),
    [
        ("7", ["7"]),
        ("-100/7", ["-100/7", "-100"]),
        ("T1/C1", ["T1/C1", "T1"]),
        ("", [""]),
        ("a/b/c", ["a/b/c", "a"]),
    ],
)
def test_places(address: str, places: list[str]) -> None:
    assert list(places_of(address)) == places
