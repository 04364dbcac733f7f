"""`ports.InstallationStore`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain.installations import Installation
from bot.ports import Store
from tests.contract.records import HOUR, NOON

ONE = Installation("T1", "One", "U1", "B1", "https://one.slack.com/", "sealed", NOON)


async def test_an_installation_is_kept_and_replaced(store: Store) -> None:
    """One for each workspace: the last one."""
    await store.save_installation(ONE)
    other = replace(ONE, team="T2")
    await store.save_installation(other)
    again = replace(ONE, sealed="anew", installed=NOON + HOUR)
    await store.save_installation(again)
    assert await store.installations() == (again, other)
    assert "anew" not in repr(again)


async def test_an_installation_is_forgotten(store: Store) -> None:
    """But not one that was made after the word that it is gone."""
    await store.save_installation(replace(ONE, installed=NOON + HOUR))
    assert not await store.remove_installation("T1", NOON)
    assert not await store.remove_installation("T2", NOON + HOUR)
    assert await store.remove_installation("T1", NOON + HOUR)
    assert await store.installations() == ()


async def test_what_was_begun_is_taken_once(store: Store) -> None:
    """And in time."""
    await store.expect_install("a", NOON + HOUR, NOON)
    await store.expect_install("b", NOON + HOUR, NOON)
    assert not await store.take_install("c", NOON)
    assert await store.take_install("a", NOON)
    assert not await store.take_install("a", NOON)
    assert not await store.take_install("b", NOON + HOUR)


async def test_what_has_expired_is_forgotten(store: Store) -> None:
    await store.expect_install("a", NOON + HOUR, NOON)
    await store.expect_install("b", NOON + 3 * HOUR, NOON + 2 * HOUR)
    assert not await store.take_install("a", NOON + timedelta(0))
