"""A folder to spoil."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.folders import right_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration that is right."""
    return right_folder(tmp_path)
