"""What all tests share."""

from __future__ import annotations

import structlog
from hypothesis import settings

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
