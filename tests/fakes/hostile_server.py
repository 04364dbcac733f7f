"""A loopback server that means harm: it writes whatever an attack says, byte by byte, without any regard for HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

Attack = Callable[[bytes], AsyncIterator[bytes]]
"""From a request's head to what is written; the connection is closed at the end of it."""


class HostileServer:
    """Use it as an async context manager; each path is an attack, at each of the `hosts` (addresses), on one port."""

    def __init__(self, attacks: Mapping[str, Attack], hosts: Sequence[str] = ("127.0.0.1",)) -> None:
        self._attacks = attacks
        self._hosts = hosts
        self._servers: list[asyncio.Server] = []
        self._clients: set[asyncio.Task[None]] = set()
        self.asked: set[str] = set()
        """Those of the hosts that somebody connected to."""

    async def __aenter__(self) -> Self:
        for host in self._hosts:
            port = self.port if self._servers else 0
            self._servers.append(await asyncio.start_server(self._serve, host, port))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    @property
    def port(self) -> int:
        port: int = self._servers[0].sockets[0].getsockname()[1]
        return port

    def url(self, path: str) -> str:
        return f"http://{self._hosts[0]}:{self.port}/{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        self.asked.add(writer.get_extra_info("sockname")[0])
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
