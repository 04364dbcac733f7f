"""At least 150 bad inputs: a clear answer or a logged refusal, nothing lost, nothing leaked."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.bad_inputs import run, table


async def test_every_bad_input_is_answered_or_refused(tmp_path: Path, unused_tcp_port: int) -> None:
    """Feeds, entries, queries, commands, callback data, and forged and malformed posts, at one running newsroom."""
    rows = await run(tmp_path, f"127.0.0.1:{unused_tcp_port}")
    assert len(rows) >= 150
    assert all(row.well for row in rows), table([row for row in rows if not row.well])
