"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# The same examples every time, so that a test that fails fails for everybody; no deadline, since machines differ.
settings.register_profile("sokuho", derandomize=True, deadline=None)
settings.load_profile("sokuho")
