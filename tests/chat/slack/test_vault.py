"""What the database holds of a token."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from bot.chat.slack.vault import Vault

TOKEN = "xoxb-1-secret"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_a_token_is_opened_by_the_key_it_was_sealed_with() -> None:
    sealed = Vault([OLD]).seal("T1", TOKEN)
    assert TOKEN not in sealed
    assert Vault([OLD]).open("T1", sealed) == TOKEN
    assert Vault([NEW]).open("T1", sealed) is None


def test_keys_can_be_changed() -> None:
    """The new one first, the old one behind it until all was sealed anew: the first seals."""
    sealed = Vault([OLD]).seal("T1", TOKEN)
    both = Vault([NEW, OLD])
    assert both.open("T1", sealed) == TOKEN
    assert Vault([NEW]).open("T1", both.seal("T1", TOKEN)) == TOKEN


@pytest.mark.parametrize("sealed", ["", "x", "gAAAAA", "é", "xoxb-in-clear"])
def test_what_was_not_sealed_is_not_opened(sealed: str) -> None:
    assert Vault([OLD]).open("T1", sealed) is None


def test_a_token_cannot_be_given_to_another_workspace() -> None:
    """By whoever can write to the database and has no key."""
    assert Vault([OLD]).open("T2", Vault([OLD]).seal("T1", TOKEN)) is None


@pytest.mark.parametrize("key", ["", "short", "é" * 44])
def test_a_bad_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Vault([key])
