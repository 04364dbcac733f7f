"""Logs to standard error: what they show, and that no secret stands in them wherever it comes from."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot.logs import Form, configure_logs

TOKEN = "123456:pa55word"
PASSWORD = "s3cret"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Listener:
    """Takes standard error over: pytest gives it back between a test's set-up and the test."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def __call__(
        self, *secrets: str, level: str = "info", terminal: bool = False, form: Form = "auto"
    ) -> io.StringIO:
        """Configure the logs; answers what is written from then on."""
        stream = Terminal() if terminal else io.StringIO()
        self._patch.setattr(sys, "stderr", stream)
        self._patch.setattr(sys, "excepthook", sys.excepthook)
        self._patch.setattr(logging.getLogger(), "handlers", [])
        configure_logs(level, secrets, form)
        return stream


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """What is configured for the whole process is put back."""
    level = logging.getLogger().level
    yield Listener(monkeypatch)
    logging.getLogger().setLevel(level)


everywhere = pytest.mark.parametrize("terminal", [False, True], ids=["piped", "terminal"])


def events(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def call(text: str) -> None:
    raise ValueError(f"inner {text}")


def broken(text: str) -> None:
    """Log an exception that was caused by another one."""
    try:
        wrapped(text)
    except RuntimeError:
        structlog.get_logger().exception("broken", url=f"https://x/{text}")


def wrapped(text: str) -> None:
    try:
        call(text)
    except ValueError as error:
        raise RuntimeError(f"https://api.example/bot{text}/getMe failed") from error


@everywhere
def test_no_secret_stands_in_an_event(listen: Listener, *, terminal: bool) -> None:
    """Neither in its words nor in its values, be they nested, nor in bound context."""
    err = listen(TOKEN, PASSWORD, terminal=terminal)
    log = structlog.get_logger()
    asked = f"asked {TOKEN}"
    log.info(
        asked,
        url=f"https://x/bot{TOKEN}/y",
        both=[TOKEN, {"deep": PASSWORD}],
        error=OSError(PASSWORD),
    )
    with structlog.contextvars.bound_contextvars(token=TOKEN):
        log.warning("bound")
    written = err.getvalue()
    assert "asked" in written
    assert TOKEN not in written
    assert PASSWORD not in written
    assert written.count("***") == 6


@everywhere
def test_no_secret_stands_in_a_traceback(listen: Listener, *, terminal: bool) -> None:
    """Of the exception, of its cause, and of what was being called."""
    err = listen(TOKEN, terminal=terminal)
    broken(TOKEN)
    written = err.getvalue()
    assert "RuntimeError" in written
    assert "inner ***" in written
    assert TOKEN not in written


@everywhere
def test_no_secret_stands_in_what_libraries_log(listen: Listener, *, terminal: bool) -> None:
    """In the text, in its arguments, and in the traceback."""
    err = listen(TOKEN, PASSWORD, terminal=terminal)
    library = logging.getLogger("some.library")
    library.warning("cannot reach %s", f"https://api.example/bot{TOKEN}")
    try:
        call(PASSWORD)
    except ValueError:
        library.exception("failed")
    written = err.getvalue()
    assert "cannot reach https://api.example/bot***" in written
    assert "some.library" in written
    assert "inner ***" in written
    assert TOKEN not in written
    assert PASSWORD not in written


@pytest.mark.parametrize("secret", ['quo"ted', "back\\slash", "пароль", "tab\there", "a b"])
def test_a_secret_is_hidden_however_it_is_written(listen: Listener, secret: str) -> None:
    """JSON writes some characters in another way."""
    piped = listen(secret)
    structlog.get_logger().info("said", value=f"x{secret}y")
    broken(secret)
    written = piped.getvalue()
    assert secret not in written
    assert json.dumps(secret, ensure_ascii=False)[1:-1] not in written
    assert events(piped)[0]["value"] == "x***y"


def test_a_secret_within_another_leaves_nothing_of_it(listen: Listener) -> None:
    """A password that is also a part of the database's address, whichever is named first."""
    for secrets in (
        (PASSWORD, f"postgresql://me:{PASSWORD}@db"),
        (f"postgresql://me:{PASSWORD}@db", PASSWORD),
    ):
        piped = listen(*secrets)
        structlog.get_logger().info("opened", url=f"postgresql://me:{PASSWORD}@db/x")
        assert events(piped)[0]["url"] == "***/x"


@pytest.mark.parametrize(
    "token",
    [
        "xoxb-1234567890-abcdefghij",
        "xapp-1-A1-0123456789-abcdef",
        "123456789:AAF-token_of_a_bot_that_is_made_up_0",
        "gAAAAABm" + "x" * 90 + "==",
    ],
)
def test_what_looks_like_a_token_is_hidden_too(listen: Listener, token: str) -> None:
    """Workspaces bring theirs while we run, and so nobody has named them."""
    piped = listen()
    structlog.get_logger().info("asked", url=f"https://x/bot{token}/y", token=token)
    logging.getLogger("library").warning("refused: %s", token)
    broken(token)
    assert token not in piped.getvalue()


def test_what_is_no_token_is_shown(listen: Listener) -> None:
    """An address of a chat, a time, a long word."""
    piped = listen()
    value = "telegram:-100123456789/7 12:30:45 T01/C02 xoxo 123456:short"
    structlog.get_logger().info("said", value=value)
    assert events(piped)[0]["value"] == value


def test_what_ends_the_program_shows_no_secret(listen: Listener) -> None:
    """Its traceback is written by the interpreter, past all logs."""
    err = listen(TOKEN)
    try:
        wrapped(TOKEN)
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert "RuntimeError: https://api.example/bot***/getMe failed" in err.getvalue()
    assert TOKEN not in err.getvalue()


def test_no_secrets_hide_nothing(listen: Listener) -> None:
    """An empty one, from a variable that was left empty, is none."""
    piped = listen("")
    structlog.get_logger().info("said", value="all of it")
    assert events(piped)[0]["value"] == "all of it"


def test_lines_for_programs_are_json(listen: Listener) -> None:
    """One a fact, with its level and time, in whatever script."""
    piped = listen()
    structlog.get_logger().info("told", topic="停戦", number=3)
    (event,) = events(piped)
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "told", "level": "info", "topic": "停戦", "number": 3}
    assert "停戦" in piped.getvalue()


def test_what_libraries_log_is_json_too(listen: Listener) -> None:
    """With the same fields, so that one program reads every line."""
    piped = listen()
    try:
        call("x")
    except ValueError:
        logging.getLogger("some.library").exception("failed %d times", 3)
    (event,) = events(piped)
    assert event.pop("timestamp").endswith("Z")
    assert "inner x" in event.pop("exception")
    assert event == {"event": "failed 3 times", "level": "error", "logger": "some.library"}


@pytest.mark.parametrize("terminal", [False, True])
def test_the_form_can_be_chosen(listen: Listener, *, terminal: bool) -> None:
    err = listen(form="json", terminal=terminal)
    structlog.get_logger().info("told")
    logging.getLogger("some.library").warning("said")
    assert [event["event"] for event in events(err)] == ["told", "said"]
    err = listen(form="text", terminal=terminal)
    structlog.get_logger().info("told", topic="x")
    logging.getLogger("some.library").warning("said")
    assert "{" not in err.getvalue()
    assert "some.library: said" in err.getvalue()


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_only_what_is_asked_for_is_shown(listen: Listener, level: str, shown: list[str]) -> None:
    """Libraries' own logs from warnings up."""
    piped = listen(level=level)
    for name in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger(), name)(name)
    assert [event["level"] for event in events(piped)] == shown
    logging.getLogger("httpx").info("GET https://x")
    assert "GET" not in piped.getvalue()
