"""Whether the process is alive and ready, asked over HTTP of a real server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.health import Check, ask, serving_health


async def holds() -> bool:
    return True


async def fails() -> bool:
    return False


async def breaks() -> bool:
    raise OSError("the database is away")


async def get(address: str, path: str) -> tuple[int, object]:
    async with aiohttp.ClientSession() as session, session.get(f"http://{address}{path}") as response:
        return response.status, await response.json() if response.status != 404 else None


@pytest.mark.parametrize(
    ("checks", "status", "state"),
    [
        ({}, 200, {}),
        ({"database": holds}, 200, {"database": True}),
        ({"database": holds, "telegram": holds}, 200, {"database": True, "telegram": True}),
        ({"database": holds, "telegram": fails}, 503, {"database": True, "telegram": False}),
        ({"database": fails}, 503, {"database": False}),
    ],
)
async def test_ready_is_what_all_checks_say(
    unused_tcp_port: int, checks: Mapping[str, Check], status: int, state: dict[str, bool]
) -> None:
    """The answer names each of them; alive it is all the same."""
    address = f"127.0.0.1:{unused_tcp_port}"
    async with serving_health(address, checks):
        assert await get(address, "/readyz") == (status, state)
        assert await get(address, "/healthz") == (200, {"alive": True})


async def test_a_check_that_breaks_is_not_ready(unused_tcp_port: int) -> None:
    """It is logged, and its words are told to nobody who asks."""
    address = f"127.0.0.1:{unused_tcp_port}"
    async with serving_health(address, {"database": breaks, "telegram": holds}):
        with capture_logs() as logs:
            assert await get(address, "/readyz") == (503, {"database": False, "telegram": True})
    assert [(event["event"], event["log_level"]) for event in logs] == [("not_ready", "error")]


async def test_a_check_is_made_each_time(unused_tcp_port: int) -> None:
    """A platform that is back is ready at the next question."""
    answers = [False, True]

    async def changes() -> bool:
        return answers.pop(0)

    address = f"127.0.0.1:{unused_tcp_port}"
    async with serving_health(address, {"slack": changes}):
        assert [(await get(address, "/readyz"))[0] for _ in range(2)] == [503, 200]


async def test_nothing_else_is_served(unused_tcp_port: int) -> None:
    address = f"127.0.0.1:{unused_tcp_port}"
    async with serving_health(address, {}):
        for path in ("/", "/metrics", "/healthz/x"):
            assert (await get(address, path))[0] == 404


async def test_without_an_address_nothing_listens() -> None:
    async with serving_health("", {"database": breaks}):
        pass


async def test_a_port_that_is_taken_says_so() -> None:
    """The operator has to choose another one; nothing stays behind."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="address already in use"):
            async with serving_health(f"127.0.0.1:{taken.getsockname()[1]}", {}):
                raise AssertionError


async def test_the_port_is_free_again_afterwards(unused_tcp_port: int) -> None:
    """Also where what went on meanwhile broke."""
    address = f"127.0.0.1:{unused_tcp_port}"
    with pytest.raises(RuntimeError):
        async with serving_health(address, {}):
            raise RuntimeError
    async with serving_health(address, {}):
        assert (await get(address, "/healthz"))[0] == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
async def test_a_process_that_is_alive_is_answered_for(unused_tcp_port: int, host: str) -> None:
    """Wherever it listens, and whether or not it is ready: that is what an orchestrator restarts by."""
    address = f"{host}:{unused_tcp_port}"
    async with serving_health(address, {"database": fails}):
        assert await asyncio.to_thread(ask, address) is None


async def test_one_that_listens_on_ipv6_is_answered_for(unused_tcp_port: int) -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 here")
    for host in ("[::1]", "[::]"):
        async with serving_health(f"{host}:{unused_tcp_port}", {}):
            assert await asyncio.to_thread(ask, f"{host}:{unused_tcp_port}") is None


def test_nobody_who_answers_is_told_with_the_address(unused_tcp_port: int) -> None:
    told = ask(f"127.0.0.1:{unused_tcp_port}")
    assert told is not None
    assert f"Nobody answers at http://127.0.0.1:{unused_tcp_port}/healthz" in told
    assert "refused" in told.casefold()


def test_without_an_address_there_is_nobody_to_ask() -> None:
    assert "SOKUHO_HTTP" in (ask("") or "")


async def test_somebody_else_at_the_port_is_not_taken_for_us(unused_tcp_port: int) -> None:
    """Another server that knows no such page, or one that does not speak HTTP."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"SSH-2.0-nonsense\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", unused_tcp_port)
    async with server:
        told = await asyncio.to_thread(ask, f"127.0.0.1:{unused_tcp_port}")
    assert told is not None
    assert "Nobody answers at" in told
