"""Structured logs: one event per fact, to standard error, without secrets and bodies."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Literal

import structlog

Form = Literal["auto", "json", "text"]

_TOKEN = re.compile(
    # In an address one may stand right behind a letter.
    r"xox[a-z]{1,2}-[\w-]{8,}|xapp-[\w-]{8,}|\d{6,12}:[A-Za-z0-9_-]{30,}|gAAAAA[\w-]{40,}={0,2}"
)
"""What Slack, Telegram and our own vault give out."""


def configure_logs(level: str, secrets: Collection[str] = (), form: Form = "auto") -> None:
    """Lines as JSON or as text; `auto`: text on a terminal, JSON elsewhere. Libraries' own logs follow from `warning` up.

    Every line has `event`, `level` and `timestamp` (UTC, ISO 8601), a library's its `logger`, a failure its `exception`.

    Where one of the `secrets` would stand, there are stars: libraries put tokens into addresses and error texts. So
    there are for what looks like a token, since workspaces bring theirs while we run, and in what ends the program.
    """
    hide = partial(_hide, _written(secrets))
    sys.excepthook = partial(_uncaught, hide)
    shown = max(getattr(logging, level.upper()), logging.DEBUG)
    text = sys.stderr.isatty() if form == "auto" else form == "text"
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        if text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if text else [structlog.processors.format_exc_info]),
            renderer,
            lambda _logger, _method, line: hide(str(line)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(shown),
        # Looked up at each line: a prompt that stays in place swaps sys.stderr while it is shown.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Discreet("%(name)s: %(message)s", hide) if text else _DiscreetJson(None, hide))
    logging.basicConfig(level=max(shown, logging.WARNING), handlers=[handler])
    # It warns of every transaction that is broken off half-way, and those are run again.
    logging.getLogger("psycopg").setLevel(logging.ERROR)


class _Discreet(logging.Formatter):
    """Formats as ever, then hides the secrets, in tracebacks too."""

    def __init__(self, form: str | None, hide: Callable[[str], str]) -> None:
        super().__init__(form)
        self._hide = hide

    def format(self, record: logging.LogRecord) -> str:
        return self._hide(super().format(record))


class _DiscreetJson(_Discreet):
    """The same as a line of JSON, with the fields that our own lines have."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return self._hide(json.dumps(line, ensure_ascii=False))


def _written(secrets: Collection[str]) -> list[str]:
    """All ways in which the secrets are written, as they are and as JSON and Python quote them; the longest first."""
    forms = {
        form
        for secret in secrets
        if secret
        for form in (secret, json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    }
    return sorted(forms, key=len, reverse=True)


def _hide(secrets: Collection[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return _TOKEN.sub("***", text)


def _uncaught(
    hide: Callable[[str], str], kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    sys.stderr.write(hide("".join(traceback.format_exception(kind, error, trace))))
