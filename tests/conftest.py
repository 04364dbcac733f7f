"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import structlog
from hypothesis import settings

from tests.fakes import postgres

# The same examples every time, so that a test that fails fails for everybody; no deadline, since machines differ.
settings.register_profile("sokuho", derandomize=True, deadline=None)
settings.load_profile("sokuho")

# As `configure_logs` has it: by default every variable of a traceback is drawn in colours, which takes seconds.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """What a test has logged as a command does, and at its level, is as it was for the next one."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    """One server for all tests of the run; where there can be none, each that needs it says so."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres.running())
        except Exception as error:  # noqa: BLE001 - whatever it is, the machine has none
            pytest.skip(f"no PostgreSQL starts here: {error!r}")
        yield server
