"""TOML files and the lines of their keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings.toml import ConfigProblem, Path_, TomlFile, did_you_mean
from tests.settings.folders import write

TEXT = """\
# A comment
top = 1

[[feeds]]
url = "a"   # [[feeds]]
"quoted key" = 2

[[feeds]]          # the second
url = "b"
list = [
  ["one"],
  ["two", "three"],
]
after = 3
[feeds.labels]
en = ["x"]
[[feeds.parts]]
id = "p"
[[feeds.parts]]
id = "q"
  [ table . sub ]
  key = 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("feeds",), 4),
        (("feeds", 0), 4),
        (("feeds", 0, "url"), 5),
        (("feeds", 0, "quoted key"), 6),
        (("feeds", 1), 8),
        (("feeds", 1, "url"), 9),
        (("feeds", 1, "list", 1, 0), 10),
        (("feeds", 1, "after"), 14),
        (("feeds", 1, "labels", "en", 0), 16),
        (("feeds", 1, "parts", 0, "id"), 18),
        (("feeds", 1, "parts", 1), 19),
        (("feeds", 1, "parts", 1, "id"), 20),
        # The line of the nearest thing that is there.
        (("feeds", 1, "missing"), 8),
        (("feeds", 7), 4),
        (("nothing",), 1),
        ((), 1),
    ],
)
def test_lines(tmp_path: Path, path: Path_, line: int) -> None:
    """Every table and key is known by the line at which it stands."""
    write(tmp_path, "a.toml", TEXT.replace("[ table . sub ]", "[table.sub]"))
    assert TomlFile.read(tmp_path / "a.toml").line(path) == line


def test_a_problem_reads_as_an_editor_takes_it() -> None:
    """`file:line: message` can be clicked; problems sort by file, then line as a number."""
    problems = [ConfigProblem("b", 1, "x"), ConfigProblem("a", 10, "x"), ConfigProblem("a", 9, "x")]
    assert [str(problem) for problem in sorted(problems)] == ["a:9: x", "a:10: x", "b:1: x"]


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("langauge", ["language", "link"], " Did you mean “language”?"),
        ("xyz", ["language", "link"], ""),
        ("a", [], ""),
    ],
)
def test_did_you_mean(word: str, known: list[str], hint: str) -> None:
    """What is near is offered; nothing is when nothing is near."""
    assert did_you_mean(word, known) == hint


@given(text=st.text(max_size=60) | st.text("[]=\"'#a.1\n {},", max_size=60))
def test_any_text_is_read_or_told(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever a file holds, it is data or one problem with a line of the file."""
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, encoding="utf-8", newline="")
    file = TomlFile.read(path)
    assert len(file.problems) <= 1
    assert not (file.problems and file.data)
    assert all(1 <= problem.line <= text.count("\n") + text.count("\r") + 1 for problem in file.problems)
