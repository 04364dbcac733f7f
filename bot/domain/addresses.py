"""Web addresses: which may be asked or linked to, and how one is shown without giving its secrets away."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from bot.domain.entries import clean_text

MAX_LENGTH = 2_048
"""Bytes. Longer ones fit no chat and no store's index; browsers begin to fail there too."""

MAX_SHOWN = 200

_UNPRINTABLE = re.compile(r"[\s\"<>`\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_FEED_SCHEME = re.compile(r"feed:(?://)?(?=\S)", re.IGNORECASE)
"""`feed:https://…` and `feed://…`, as some sites write their links."""

PLAIN = re.compile(
    r"https?://[A-Za-z0-9-][A-Za-z0-9.-]*(?::[1-9][0-9]{1,3}|:[1-5][0-9]{4})?/[\w./~%+-]*(?:\?[\w./~%+=&-]+)?",
    re.ASCII,
)
"""What most links are: absolute, and no joining or taking apart would change it."""

_USER = re.compile(r"^((?:[\w+.-]+://)?)([^/?#]*)@")
_SECRET_KEY = re.compile(
    r"key|token|auth|secret|pass|pwd|sig|session|credential|user|login|hash", re.IGNORECASE
)


def web_address(text: str | None, base: str = "") -> str | None:
    """`text` as an absolute http(s) address, relative to `base` where there is one; None where it is no such thing.

    Line breaks and tabs inside are dropped and spaces escaped, as browsers do; so are characters that cannot be seen.
    """
    folded = re.sub(r"[\t\r\n]", "", text or "").strip()
    if not folded:
        return None
    if PLAIN.fullmatch(folded) and len(folded) <= MAX_LENGTH:
        return folded
    try:
        address = urljoin(base, _UNPRINTABLE.sub(lambda found: quote(found[0]), folded))
        parts = urlsplit(address)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        length = len(address.encode())  # fails for half of a pair of surrogates, which nothing takes
    except ValueError:
        return None
    return address if valid and length <= MAX_LENGTH else None


def typed_address(text: str) -> str | None:
    """The web address that a person means: `nhk.or.jp/news`, `feed://…`, with brackets around it; None for no such thing.

    Without a scheme it is https.
    """
    bare = text.strip().strip("<>«»\"'“”").partition("|")[0]
    if _FEED_SCHEME.match(bare):
        bare = _FEED_SCHEME.sub("", bare)
    if not re.match(r"[a-z][a-z0-9+.-]*://", bare, re.IGNORECASE):
        bare = f"https://{bare.lstrip('/')}"
    address = web_address(bare)
    host = (urlsplit(address).hostname or "") if address else ""
    # A word alone is a name, not a site; what is in brackets is an IPv6 address.
    return normal_address(address) if address and ("." in host or ":" in host) else None


def normal_address(address: str) -> str:
    """One way to write an address, so that two chats that mean one feed name the same: no fragment, small letters."""
    parts = urlsplit(address)
    user, at, place = parts.netloc.rpartition("@")
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    host = place.lower().removesuffix(usual).removesuffix(".")
    return urlunsplit((parts.scheme, f"{user}{at}{host}", parts.path or "/", parts.query, ""))


def host_of(address: str) -> str:
    """The host of a web address, in lower case; empty where it has none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def without_user(address: str) -> str:
    """The address without the user and password in it, if there are any: others are told only this."""
    return _USER.sub(r"\1", address)


def user_of(address: str) -> str:
    """The user and password in an address, as they are written there (`me:pass`); empty where there are none."""
    found = _USER.match(address)
    return found[2] if found else ""


def with_user(address: str, user: str) -> str:
    """An address that has none, with a user and password as they are written in one."""
    return address.replace("://", f"://{user}@", 1) if user else address


def shown(address: str) -> str:
    """The address as it may stand in a message or a log: no user, no password, no values of keys and tokens."""
    try:
        parts = urlsplit(without_user(address))
        _ = parts.port  # raises where a stray character has split a password
    except ValueError:
        return "(an address that cannot be read)"
    query = "&".join(
        f"{key}=…" if _SECRET_KEY.search(key) else f"{key}{equals}{value}"
        for key, equals, value in (pair.partition("=") for pair in parts.query.split("&"))
    )
    text = clean_text(urlunsplit(parts._replace(query=query, fragment="")))
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
