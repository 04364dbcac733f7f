"""`sokuho replay`: the interface through which quality is measured."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.domain.topics import TopicSpec
from bot.replay import RecordedEntry, ReplayProblem, read_recording, replay
from tests.fakes.lexicons import small_catalog
from tests.fakes.shipped import copy_config

ROOT = Path(__file__).parents[2]

MESSAGE_KEYS = {
    "event",
    "id",
    "at",
    "kind",
    "edits",
    "reply_to",
    "story",
    "topics",
    "sources",
    "entries",
    "text",
}
ENTRY_KEYS = {"event", "url", "source", "title", "topics", "topics_on_arrival", "story", "reason"}


def recorded(url: str, title: str, minute: int, source: str = "Reuters", **rest: Any) -> dict[str, Any]:
    published = f"2025-10-14T08:{minute:02}:00Z"
    return {"source": source, "title": title, "url": url, "published": published, **rest}


RECORDING = [
    recorded("https://example.org/1", "Ukraine ceasefire agreed", 0, labels=["ignored"]),
    recorded("https://example.org/2", "Weather stays fine", 1),
    recorded("https://example.org/3", "UKRAINE CEASEFIRE AGREED", 2, source="BBC"),
    recorded("https://example.org/4", "ロシアと米国が首脳会談", 5, source="NHK", language="ja"),
]


async def events_of(rows: list[dict[str, Any]], *, every_story: bool = False) -> list[dict[str, Any]]:
    recording = read_recording("\n".join(map(json.dumps, rows)), "test.jsonl")
    assert not isinstance(recording, ReplayProblem)
    events: list[dict[str, Any]] = []
    summit = TopicSpec("summit", "Summit", "US Russia summit")
    catalog = replace(small_catalog(), topics=(*small_catalog().topics[:1], summit))
    assert await replay(recording, catalog, events.append, every_story=every_story) is None
    return events


async def test_messages_come_in_order_then_every_entry() -> None:
    """A match is told at its time, a repeat edits it, and at the end stands one line for every entry."""
    events = await events_of(RECORDING)
    messages = [event for event in events if event["event"] == "message"]
    assert [(m["kind"], m["at"][11:16], m["topics"]) for m in messages] == [
        ("new", "08:00", ["ukraine-ceasefire"]),
        ("edit", "08:03", ["ukraine-ceasefire"]),
        ("new", "08:05", ["summit"]),
    ]
    first, edit, _ = messages
    assert edit["edits"] == first["id"]
    assert first["edits"] is None
    assert edit["sources"] == ["Reuters", "BBC News"]
    assert edit["entries"] == ["https://example.org/1", "https://example.org/3"]
    assert "Reuters · BBC News" in edit["text"]
    assert all(set(m) == MESSAGE_KEYS for m in messages)
    entries = events[len(messages) :]
    assert [event["url"] for event in entries] == [row["url"] for row in RECORDING]
    assert all(set(event) == ENTRY_KEYS for event in entries)
    assert entries[0]["topics"] == entries[0]["topics_on_arrival"] == {"ukraine-ceasefire": 1.0}
    assert entries[2]["story"] == entries[0]["story"] == first["story"]
    assert entries[2]["source"] == "BBC"
    assert entries[1]["topics"] == {}
    assert entries[1]["story"] is None
    assert "“Ukraine ceasefire” in the title → Ukraine peace process" in entries[0]["reason"]


async def test_all_reports_a_story_for_every_entry() -> None:
    """With `--all`, entries without a topic have a story too."""
    events = await events_of(RECORDING, every_story=True)
    assert all(event["story"] is not None for event in events if event["event"] == "entry")


async def test_a_replay_says_the_same_every_time() -> None:
    """Nothing in it depends on the real time or on chance."""
    assert await events_of(RECORDING) == await events_of(RECORDING)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{not json", "rec.jsonl:2: the line"),
        ('{"source": "a", "title": "b", "url": "c"}', "rec.jsonl:2: published"),
        ('{"source": "a", "title": "b", "url": "c", "published": "yesterday"}', "rec.jsonl:2: published"),
        (
            '{"source": "a", "title": "b", "url": "c", "published": "2025-10-14T08:00:00"}',
            "rec.jsonl:2: published",
        ),
        (
            '{"source": "a", "title": 7, "url": "c", "published": "2025-10-14T08:00:00Z"}',
            "rec.jsonl:2: title",
        ),
        (
            '{"source": "a", "title": "b", "url": "c", "published": "0001-01-01T00:00:00+14:00"}',
            "rec.jsonl:2: published",
        ),
        (
            '{"source": "a", "title": "b", "url": "c", "published": "9999-12-31T23:59:59-12:00"}',
            "rec.jsonl:2: published",
        ),
        ("[]", "rec.jsonl:2: the line"),
    ],
)
def test_a_line_that_is_no_entry_is_named(line: str, said: str) -> None:
    """A recording with a wrong line is refused with the line's number and what is wrong."""
    good = json.dumps(RECORDING[0])
    problem = read_recording(f"{good}\n{line}\n", "rec.jsonl")
    assert isinstance(problem, ReplayProblem)
    assert problem.message.startswith(said)


@pytest.fixture
def less_lexicon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For what is not about the lexicon, which takes seconds to read."""
    copy_config(tmp_path / "config")
    monkeypatch.setenv("SOKUHO_CONFIG_DIR", str(tmp_path / "config"))


def test_from_file_to_file(tmp_path: Path) -> None:
    """The command reads a file with the project's own lexicon and writes JSON lines."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in RECORDING), encoding="utf-8")
    result = CliRunner().invoke(cli, ["replay", str(source), "--out", str(target)])
    assert result.exit_code == 0, result.output
    events = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert {"ukraine-ceasefire", "us-russia-summit"} <= {topic for e in events for topic in e["topics"]}


@pytest.mark.usefixtures("less_lexicon")
def test_an_empty_recording_is_said_to_be_empty(tmp_path: Path) -> None:
    """Nothing to replay is an answer, not a crash."""
    source = tmp_path / "in.jsonl"
    source.write_text("\n", encoding="utf-8")
    result = CliRunner().invoke(cli, ["replay", str(source)])
    assert result.exit_code == 1
    assert "holds no entry" in result.output


def test_unknown_fields_are_ignored() -> None:
    """What we do not know does not stand in the way."""
    [entry] = read_recording(json.dumps({**RECORDING[0], "stars": 5}), "x")  # type: ignore[misc]  # no problem here
    assert isinstance(entry, RecordedEntry)


@pytest.mark.usefixtures("less_lexicon")
def test_every_line_that_json_allows_is_read(tmp_path: Path) -> None:
    """A byte order mark before the first, other line ends than ours inside a string, and \\r\\n at the end."""
    titles = ["Ukraine\u2028ceasefire agreed", "Ukraine\x85ceasefire holds", "Ukraine truce"]
    rows = [recorded(f"https://example.org/{n}", title, n) for n, title in enumerate(titles)]
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    text = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    source.write_bytes(f"\ufeff{text}\r\n".encode())
    result = CliRunner().invoke(cli, ["replay", str(source), "--out", str(target)])
    assert result.exit_code == 0, result.output
    events = [json.loads(line) for line in target.read_text(encoding="utf-8").split("\n") if line]
    assert [event["title"] for event in events if event["event"] == "entry"] == titles


@pytest.mark.usefixtures("less_lexicon")
def test_an_output_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """A folder that is not there is named, without a trace."""
    source, target = tmp_path / "in.jsonl", tmp_path / "nowhere" / "out.jsonl"
    source.write_text(json.dumps(RECORDING[0]), encoding="utf-8")
    result = CliRunner().invoke(cli, ["replay", str(source), "--out", str(target)])
    assert result.exit_code == 1
    assert f"{target} cannot be written: No such file or directory" in result.output
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("less_lexicon")
def test_nobody_has_to_read_to_the_end(tmp_path: Path) -> None:
    """`sokuho replay … | head -1` ends quietly, though most of the output finds no reader."""
    source = tmp_path / "in.jsonl"
    rows = [
        recorded(f"https://example.org/{n}", f"The weather of day {n}. " + "x" * 400, 0) for n in range(400)
    ]
    source.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    script = f"{shlex.join([sys.executable, '-m', 'bot', 'replay', str(source)])} | head -n 1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(
        ["bash", "-c", script],  # noqa: S607 - wherever bash is
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert json.loads(ended.stdout)["url"] == "https://example.org/0"
    assert ended.stderr == ""
    assert ended.returncode in (0, 128 + signal.SIGPIPE)
