"""A loopback server that means harm: it writes whatever an attack says, byte by byte, without any regard for HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import Self

Attack = Callable[[bytes], AsyncIterator[bytes]]
"""From a request's head to what is written; the connection is closed at the end of it."""


class HostileServer:
    """Use it as an async context manager; each path is an attack."""

    def __init__(self, attacks: Mapping[str, Attack]) -> None:
        self._attacks = attacks
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    def url(self, path: str) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            path = request.split(b" ")[1].decode().strip("/").partition("/")[0]
            async for piece in self._attacks[path](request):
                writer.write(piece)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever was attacked has hung up
        finally:
            self._clients.discard(task)
            writer.close()
