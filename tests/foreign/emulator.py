"""Vercel's `emulate` (npm, Apache-2.0), a stranger's double of Slack's Web API, on a loopback port.

It is no part of the normal tests: it needs npm and its registry once, about 200 MB, and Node 24, which comes along.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

PACKAGES = ("node@24", "emulate@0.12.2")
START_SECONDS = 30


class UnavailableError(Exception):
    """The emulator cannot be had here; the message says why."""


class NoNpmError(UnavailableError):
    """There is nothing here to install it with."""


def install(folder: Path) -> None:
    """Put the packages into `folder`, unless these very ones are there. Raises NoNpmError or UnavailableError."""
    marker = folder / "installed.json"
    if marker.exists() and json.loads(marker.read_text(encoding="utf-8")) == list(PACKAGES):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise NoNpmError
    folder.mkdir(parents=True, exist_ok=True)
    options = ("--prefix", str(folder), "--no-audit", "--no-fund", "--loglevel=error")
    done = subprocess.run([npm, "install", *options, *PACKAGES], stdin=subprocess.DEVNULL, check=False)
    if done.returncode or not _node(folder).exists():
        raise UnavailableError(f"npm could not install {' and '.join(PACKAGES)} in {folder}.")
    marker.write_text(json.dumps(PACKAGES), encoding="utf-8")


@asynccontextmanager
async def emulating_slack(folder: Path, seed: dict[str, Any]) -> AsyncIterator[str]:
    """Run it with this seed (its README: slack); yields the address of its Web API. Raises UnavailableError."""
    seed_file, log_file, port = folder / "seed.json", folder / "emulate.log", _free_port()
    seed_file.write_text(json.dumps({"slack": seed}), encoding="utf-8")
    program = folder / "node_modules" / "emulate" / "dist" / "index.js"
    options = f"--service slack --host 127.0.0.1 --port {port} --seed {seed_file.name}".split()
    with log_file.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            _node(folder).resolve(),
            program.resolve(),
            "start",
            *options,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        await _listening(process, port, log_file)
        yield f"http://127.0.0.1:{port}/api/"
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _listening(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    for _ in range(START_SECONDS * 10):
        if process.returncode is not None:
            break
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.1)
    raise UnavailableError(f"emulate did not start; {log} says why.")


def _node(folder: Path) -> Path:
    return folder / "node_modules" / ".bin" / "node"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
