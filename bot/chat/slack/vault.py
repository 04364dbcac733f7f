"""Tokens of workspaces, sealed: what the database holds opens nothing without a key that is not in it."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Vault:
    """Seals with the first key and opens with any, so that keys can be changed. May raise ValueError of a bad key."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, team: str, token: str) -> str:
        """A token, encrypted and signed, good for this workspace alone."""
        return self._fernet.encrypt(f"{team} {token}".encode()).decode()

    def open(self, team: str, sealed: str) -> str | None:
        """The token; None where no key opens it, or where it is another workspace's."""
        try:
            whose, _, token = self._fernet.decrypt(sealed.encode()).decode().partition(" ")
        except InvalidToken:
            return None
        return token if whose == team else None
