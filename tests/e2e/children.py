"""Processes that live a life of their own and may die of it, each a fork of one that only has its imports done.

Importing takes most of a short life, and the tests of what survives a kill need a hundred of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from multiprocessing import get_context
from typing import ParamSpec

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["alembic.command", *(f"tests.e2e.dying_{name}" for name in ("bots", "child", "digest"))]
)

Arguments = ParamSpec("Arguments")


async def live(
    life: Callable[Arguments, Coroutine[None, None, None]],
    *arguments: Arguments.args,
    **named: Arguments.kwargs,
) -> int:
    """Lives it in a new process to its end: the exit code, or less the number of the signal that killed it."""
    process = _CONTEXT.Process(target=_live, args=(life, arguments, named))
    await asyncio.to_thread(process.start)
    await asyncio.to_thread(process.join)
    code = process.exitcode
    assert code is not None
    process.close()
    return code


def _live(
    life: Callable[..., Coroutine[None, None, None]], arguments: tuple[object, ...], named: dict[str, object]
) -> None:
    asyncio.run(life(*arguments, **named))
