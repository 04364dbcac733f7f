"""What the store's PostgreSQL goes through when very many chats are owed something at once."""

from __future__ import annotations

import sqlalchemy as sa

from bot.domain.chats import Platform
from tests.contract.records import NOON, a_story
from tests.fakes import postgres

TELEGRAM: tuple[Platform, ...] = ("telegram",)
MANY = 3_000
CHATS = """
INSERT INTO chats (platform, address, title, languages, time_zone, blocked_outlets, preferred_outlets, created)
    SELECT 'telegram', n::text, '', '[]', 'UTC', '[]', '[]', 0 FROM generate_series(1, :many) n
"""
OWED = """
INSERT INTO deliveries
    (chat_id, story_id, topic_ids, state, created, due, attempts, wanted_revision, sent_revision, possible_repeat)
    SELECT chats.id, stories.id, '[]', 'pending', 0, 0, 0, 0, 0, false FROM chats, stories
"""
READ = """
SELECT sum(idx_tup_read) + sum(seq_tup_read)
    FROM pg_stat_user_tables JOIN pg_stat_user_indexes USING (relname) WHERE relname = 'deliveries'
"""


async def test_chats_are_taken_by_one_look_at_what_is_owed(postgresql: postgres.Server) -> None:
    """And not by one for each chat, also while the server does not know yet how much that is."""
    with postgresql.database(await postgresql.template()) as url:
        store = await postgres.opened(url)
        await a_story(store)
        await store.beat("one", NOON)
        engine = sa.create_engine(
            sa.make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(sa.text("ALTER TABLE deliveries SET (autovacuum_enabled = off)"))
            connection.execute(sa.text("ANALYZE deliveries"))
            connection.execute(sa.text(CHATS), {"many": MANY})
            connection.execute(sa.text(OWED))
            assert await store.take_chats("one", NOON, 200, TELEGRAM) == 200
            await store.close()  # which has the server count what was read
            read = connection.scalar(sa.text(READ))
        engine.dispose()
    assert read is not None
    assert read < 20 * MANY
