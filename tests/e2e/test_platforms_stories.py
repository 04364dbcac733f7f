"""What is new of a story that both platforms were told."""

from __future__ import annotations

from bot.domain.deciding import UPDATES_APART
from bot.domain.deliveries import REVISED_AFTER
from tests.e2e.newsday import AGREED, BROKEN
from tests.e2e.platforms import PRIVATE
from tests.e2e.test_platforms import Stage, stage

__all__ = ["stage"]


async def told_by_three(stage: Stage) -> None:
    """Both chats have a message about one event that three outlets reported."""
    await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
    await stage.type("subscribe ukraine-ceasefire")
    for outlet, title in enumerate(AGREED[:3]):
        await stage.publish(title, outlet=outlet)
    stage.clock.advance_to(stage.clock.now() + REVISED_AFTER)
    await stage.room.app.work_off()


async def test_one_event_of_three_outlets_is_one_message_on_both(stage: Stage) -> None:
    """Which has become a confirmed one by its edits."""
    await told_by_three(stage)
    (_, message) = stage.telegram.messages(PRIVATE)
    assert message.text.startswith("❗️")
    assert all(outlet in message.text for outlet in ("Reuters", "BBC News", "TASS"))
    posted = stage.slack.messages("C1")[-1]
    assert posted.plain.startswith("❗️")
    assert posted.edits
    assert sum("【" in one.plain for one in stage.slack.messages("C1")) == 1


async def test_a_development_is_an_answer_on_both(stage: Stage) -> None:
    """On Telegram a reply without a sound; on Slack in the message's thread and in the channel."""
    await told_by_three(stage)
    first, opening = stage.telegram.messages(PRIVATE)[-1], stage.slack.messages("C1")[-1]
    stage.clock.advance_to(stage.clock.now() + UPDATES_APART)
    await stage.publish(AGREED[0], BROKEN)
    answer, posted = stage.telegram.messages(PRIVATE)[-1], stage.slack.messages("C1")[-1]
    assert (first.silent, answer.silent, answer.reply_to) == (False, True, first.id)
    assert (posted.thread_ts, posted.reply_broadcast) == (opening.ts, True)
    assert posted.pings == []
    for text in (answer.text, posted.plain):
        assert "kills 12" in text
        assert not any(title in text for title in AGREED[:3])


async def test_an_answer_to_what_was_deleted_is_told_all_the_same(stage: Stage) -> None:
    """Somebody deleted the message on Telegram: what is new comes by itself."""
    await told_by_three(stage)
    first = stage.telegram.messages(PRIVATE)[-1]
    del stage.telegram.chats[PRIVATE].messages[first.id]
    stage.clock.advance_to(stage.clock.now() + UPDATES_APART)
    await stage.publish(AGREED[0], BROKEN)
    answer = stage.telegram.messages(PRIVATE)[-1]
    assert "kills 12" in answer.text
    assert answer.reply_to is None
