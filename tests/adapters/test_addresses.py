"""Web addresses and caching headers: what servers and feeds write, and what may be believed of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.addresses import shown, web_address
from bot.feeds.caching import validator, wait_after_answer, wait_after_refusal

NOW = datetime(2025, 8, 9, 12, 0, tzinfo=UTC)


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "safe"),
        [
            ("https://me:secret@a.example/feed?x=1", "https://a.example/feed?x=1"),
            ("https://a.example/feed?token=secret&page=2", "https://a.example/feed?token=…&page=2"),
            ("https://a.example/feed?API_KEY=secret#secret", "https://a.example/feed?API_KEY=…"),
            ("me:secret@a.example/feed", "a.example/feed"),
            ("http://me:sec/ret@a.example/", "(an address that cannot be read)"),
            ("https://a.example/@name", "https://a.example/@name"),
        ],
    )
    def test_secrets_are_not_shown(self, address: str, safe: str) -> None:
        """Users, passwords and the values of keys and tokens stay out of messages."""
        assert shown(address) == safe

    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("HTTPS://A.example/x", "HTTPS://A.example/x"),
            (" http://a.example/a b\n", "http://a.example/a%20b"),
            ("/relative", "http://base.example/relative"),
            ("http://a.example/\u202egnp", "http://a.example/%E2%80%AEgnp"),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("mailto:a@b.example", None),
            ("http:///x", None),
            ("http://a.example:0/", None),
            ("http://a.example/" + "x" * 3_000, None),
            ("", None),
            (None, None),
        ],
    )
    def test_only_web_addresses(self, text: str | None, address: str | None) -> None:
        """What is not http(s) with a host, of a sane length, is no address."""
        assert (
            web_address(text, "http://base.example/feed" if text and text.startswith("/") else "") == address
        )

    @given(st.text(), st.text())
    def test_any_text_can_be_asked_about(self, text: str, base: str) -> None:
        """No text makes the functions fail, and what comes out is http(s)."""
        shown(text)
        address = web_address(text, base)
        assert address is None or address.lower().startswith(("http://", "https://"))


class TestWaits:
    @pytest.mark.parametrize(
        ("headers", "wait"),
        [
            ({}, None),
            ({"Cache-Control": "max-age=300"}, timedelta(minutes=5)),
            ({"Cache-Control": 'private, Max-Age="300"'}, timedelta(minutes=5)),
            ({"Cache-Control": "max-age=300", "Age": "200"}, timedelta(seconds=100)),
            ({"Cache-Control": "max-age=300", "Age": "400"}, None),
            ({"Cache-Control": "max-age=0"}, None),
            ({"Cache-Control": "s-maxage=300"}, None),
            ({"Cache-Control": "no-cache, max-age=300"}, None),
            ({"Cache-Control": "max-age=9999999999"}, timedelta(hours=24)),
            ({"Cache-Control": "max-age=" + "9" * 5000}, timedelta(hours=24)),
            ({"Cache-Control": "max-age=soon"}, None),
            ({"Expires": "Sat, 09 Aug 2025 12:30:00 GMT"}, timedelta(minutes=30)),
            (
                {"Expires": "Sat, 09 Aug 2025 09:30:00 GMT", "Date": "Sat, 09 Aug 2025 09:00:00 GMT"},
                timedelta(minutes=30),
            ),
            ({"Expires": "Sat, 09 Aug 2025 11:00:00 GMT"}, None),
            ({"Expires": "0"}, None),
            (
                {"Expires": "Sat, 09 Aug 2025 12:30:00 GMT", "Cache-Control": "max-age=60"},
                timedelta(minutes=1),
            ),
        ],
    )
    def test_freshness(self, headers: dict[str, str], wait: timedelta | None) -> None:
        """RFC 9111: max-age less Age, else Expires less Date; at most a day, and nothing where it makes no sense."""
        assert wait_after_answer(headers, NOW) == wait

    @given(st.text(), st.text(), st.text())
    def test_headers_of_any_kind(self, one: str, two: str, three: str) -> None:
        """No header makes the reading of it fail."""
        for wait in (
            wait_after_refusal({"Retry-After": one, "Date": two}, NOW),
            wait_after_answer({"Cache-Control": f"max-age={one}", "Age": two}, NOW),
            wait_after_answer({"Expires": one, "Date": three}, NOW),
        ):
            assert wait is None or timedelta(0) < wait <= timedelta(hours=24)

    def test_validators_that_cannot_be_sent_back(self) -> None:
        """A validator with bytes that no header may hold is forgotten."""
        assert validator('W/"abc"') == 'W/"abc"'
        assert validator('"\udcff"') is None
        assert validator("a\r\nX: 1") is None
        assert validator("x" * 5_000) is None
        assert validator(None) is None
