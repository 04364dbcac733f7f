"""TOML files whose mistakes are told with file, line and remedy."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\-\"]+)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*(\"[^\"]+\"|[\w\-.]+)\s*=")
_LINE_IN_MESSAGE = re.compile(r"\(at line (\d+), column \d+\)")

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class ConfigProblem:
    """A mistake in a file: where, what, and what to do about it. `line` 0: it is of the file, or folder, as a whole."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class TableModel(BaseModel):
    """A table of a configuration file: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


Model = TypeVar("Model", bound=BaseModel)


@dataclass
class TomlFile:
    """A file that was read, as text and as tables, and the problems found in it so far."""

    name: str
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    problems: list[ConfigProblem] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> TomlFile:
        """The file, or an empty one with a problem. Files are named by their folder and name, as a person knows them."""
        file = cls(f"{path.parent.name}/{path.name}".removeprefix("/"))
        try:
            file.text = path.read_text(encoding="utf-8-sig")  # Windows editors put a mark before the text
            file.data = tomllib.loads(file.text)
        except FileNotFoundError:
            file.report(
                (),
                "this file is missing; restore it, or name the right one (SOKUHO_CONFIG_DIR is the folder)",
            )
        except UnicodeDecodeError as error:
            file.report((), f"not UTF-8 (byte {error.start}); save it as UTF-8")
        except tomllib.TOMLDecodeError as error:
            message = str(error)
            at = _LINE_IN_MESSAGE.search(message)
            line = int(at[1]) if at else len(file.text.splitlines())
            what = _LINE_IN_MESSAGE.sub("", message).strip()
            file.problems.append(ConfigProblem(file.name, line, f"not valid TOML: {what}"))
        except OSError as error:
            file.report((), f"cannot be read: {error.strerror}")
        return file

    def line(self, path: Path_) -> int:
        """The line of the nearest thing we know the line of."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    @cached_property
    def _lines(self) -> Mapping[Path_, int]:
        """The line of each key and table; only a mistake asks for them."""
        return _line_numbers(self.text)

    def report(self, path: Path_, message: str) -> None:
        self.problems.append(ConfigProblem(self.name, self.line(path), message))

    def tables(self, key: str, model: type[Model]) -> list[tuple[Path_, Model]]:
        """The tables `[[key]]` that are right, each with its path; the others become problems."""
        found = self.data.get(key, [])
        if not isinstance(found, list):
            self.report((key,), f"write each as its own table: [[{key}]]")
            return []
        right: list[tuple[Path_, Model]] = []
        for index, table in enumerate(found):
            read = self._validated((key, index), table, model)
            if read is not None:
                right.append(((key, index), read))
        return right

    def whole(self, model: type[Model]) -> Model | None:
        """The file as one table; None without a further word where it could not be read."""
        return None if self.problems else self._validated((), self.data, model)

    def only(self, *keys: str) -> None:
        """Report every table of the file that is none of `keys`."""
        for key in self.data:
            if key not in keys:
                self.report((key,), f"unknown table “{key}”; {_known(key, keys)}")

    def _validated(self, path: Path_, table: object, model: type[Model]) -> Model | None:
        try:
            return model.model_validate(table)
        except ValidationError as error:
            problems = error.errors(include_url=False)
            within = {
                problem["loc"][:length] for problem in problems for length in range(len(problem["loc"]))
            }
            for problem in problems:
                # A list that lacks an item because that item is wrong needs no word of its own.
                if problem["loc"] not in within:
                    self.report((*path, *problem["loc"]), _sentence(problem, model))
            return None


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word of which this may be a slip."""
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), None)


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """` Did you mean “x”?`, or nothing."""
    near = nearest(word, known)
    return f" Did you mean “{near}”?" if near else ""


def _known(word: str, known: Sequence[str]) -> str:
    return f"known: {', '.join(known)}.{did_you_mean(word, known)}"


def _sentence(problem: ErrorDetails, model: type[BaseModel]) -> str:
    key = next((str(part) for part in reversed(problem["loc"]) if part != "[key]"), "")
    match problem["type"]:
        case "missing":
            return f"“{key}” is missing; add: {key} = …"
        case "extra_forbidden":
            names = [model_field.alias or name for name, model_field in model.model_fields.items()]
            return f"unknown key “{key}”; {_known(key, names)}"
        case "tuple_type":
            return f'“{key}”: write a list, such as {key} = ["…"]'
        case "value_error":
            return f"“{key}”: {str(problem['msg']).removeprefix('Value error, ')}"
        case _:
            return f"“{key}”: {problem['msg'][0].lower()}{problem['msg'][1:]}, not {problem['input']!r}"


def _line_numbers(text: str) -> dict[Path_, int]:
    """The line of every table and key, by path. Arrays of tables count from 0, as in the parsed data."""
    lines: dict[Path_, int] = {}
    counts: dict[Path_, int] = {}
    table: Path_ = ()
    for number, content in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(content):
            names = [part.strip('"') for part in header[2].split(".")]
            table = _table_path(names, counts, is_array=header[1] == "[[")
            lines.setdefault(table, number)
            lines.setdefault(tuple(names), number)
        elif key := _KEY.match(content):
            lines.setdefault((*table, *(part.strip('"') for part in key[1].split("."))), number)
    return lines


def _table_path(names: Sequence[str], counts: dict[Path_, int], *, is_array: bool) -> Path_:
    path: Path_ = ()
    for position, name in enumerate(names):
        path = (*path, name)
        if is_array and position == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
