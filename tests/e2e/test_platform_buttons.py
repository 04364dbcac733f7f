"""The buttons below bulletins on Telegram and Slack: pressed through the real client libraries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.deciding import UPDATES_APART
from bot.domain.deliveries import Intent
from bot.domain.speech import ENGLISH
from bot.domain.stories import Placement
from bot.ports import DeskRecord
from bot.saying import buttons_of_bulletin
from tests.e2e.platforms import ADA, BOB, CHANNEL, GROUP, PRIVATE
from tests.e2e.test_platforms import POLL, TALKS, TRUCE, Stage, staged
from tests.fakes import slack_records, telegram_state

LABELS = [action.label for action in buttons_of_bulletin(ENGLISH)]
MUTE, MORE, LESS, WHY = LABELS


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as running:
        yield running


async def told(stage: Stage) -> tuple[telegram_state.Message, slack_records.Message]:
    """The bulletin about the truce in a group and in a channel, with another one behind it."""
    for topic in ("ukraine-ceasefire", "armenia-azerbaijan"):
        await stage.tell(GROUP, f"/subscribe {topic}", user=ADA)
        await stage.type(f"subscribe {topic}")
    await stage.publish(TRUCE)
    await stage.publish(TRUCE, TALKS)
    (on_telegram,) = [
        m for m in stage.telegram.messages(GROUP) if m.text.startswith("⚡") and TRUCE in m.text
    ]
    (on_slack,) = [m for m in stage.slack.messages("C1") if m.plain.startswith("⚡") and TRUCE in m.plain]
    return on_telegram, on_slack


async def press(
    stage: Stage, message: telegram_state.Message, button: str, user: int = ADA
) -> telegram_state.Message:
    """What is said to a press on Telegram."""
    before = len(stage.telegram.messages(message.chat_id))
    await stage.telegram.press(message.id, message.chat_id, button, user=user)
    await stage.telegram.until(lambda: len(stage.telegram.messages(message.chat_id)) > before)
    return stage.telegram.messages(message.chat_id)[-1]


async def alerted(stage: Stage, message: telegram_state.Message, button: str, user: int) -> str:
    """What a press on Telegram shows to nobody else."""
    query = await stage.telegram.press(message.id, message.chat_id, button, user=user)
    await stage.telegram.until(lambda: query in stage.telegram.answers)
    assert stage.telegram.answers[query]["show_alert"]
    return str(stage.telegram.answers[query]["text"])


async def push(
    stage: Stage, message: slack_records.Message, button: str, user: str = "U1"
) -> slack_records.Message:
    """What is said to a press on Slack."""
    before = len(stage.slack.said)
    await stage.slack.press("C1", message.ts, button, user=user)
    await stage.slack.until(lambda: len(stage.slack.said) > before)
    return stage.slack.said[-1]


async def owe_update(stage: Stage) -> None:
    """A report that joins the story about the truce brings something new, of which both chats are to hear."""
    store, now = stage.room.store, stage.clock.now()
    chats = [await stage.chat("telegram", str(GROUP)), await stage.chat("slack", "T1/C1")]
    sent = await store.sent_messages(chats[0].id, 10)
    (first,) = [one for one in sent if one.story.reports[0].entry.title == TRUCE]
    known = first.story.reports[0].entry
    new = replace(
        known, title="Strike kills 12 in Iran, Turkey says", summary="", outlet="NHK", seen=now, published=now
    )
    (report,) = await store.add_entries([new])
    topic_ids = first.delivery.topic_ids
    intents = tuple(Intent(chat.id, first.story.id, topic_ids, brings=report.id) for chat in chats)
    placed = Placement(report.id, first.story.id, "key", "the same event")
    await store.record_desk([DeskRecord(report, ("ir", "tr"), (), placed, intents)], now)
    await stage.room.app.step()


async def another_outlet(stage: Stage) -> None:
    """A second outlet has the story, which the message shows once the minute of waiting is over."""
    await stage.publish(TRUCE, outlet=1)
    stage.clock.advance_to(stage.clock.now() + POLL)
    await stage.room.app.step()


async def test_bulletins_have_buttons_and_keep_them_when_they_are_edited(stage: Stage) -> None:
    on_telegram, on_slack = await told(stage)
    assert [[button.label for button in row] for row in on_telegram.buttons] == [LABELS]
    assert [button.label for button in on_slack.buttons] == LABELS
    await another_outlet(stage)
    assert (on_telegram.edits, len(on_slack.edits)) == (1, 1)
    assert "Reuters · BBC News" in on_telegram.text
    assert [[button.label for button in row] for row in on_telegram.buttons] == [LABELS]
    assert [button.label for button in on_slack.buttons] == LABELS


async def test_what_tells_several_stories_has_no_buttons(stage: Stage) -> None:
    for command in ("subscribe ukraine-ceasefire", "pause"):
        await stage.tell(GROUP, f"/{command}", user=ADA)
        await stage.type(command)
    await stage.publish(TRUCE)
    await stage.tell(GROUP, "/resume", user=ADA)
    await stage.type("resume")
    await stage.room.app.step()
    on_telegram, on_slack = stage.telegram.messages(GROUP)[-1], stage.slack.messages("C1")[-1]
    assert on_telegram.text.startswith("📬")
    assert on_slack.plain.startswith("📬")
    assert (on_telegram.buttons, on_slack.buttons) == ([], [])


async def test_an_update_has_buttons_that_are_about_its_story(stage: Stage) -> None:
    """Muted by one of them, the first message is not added to either."""
    on_telegram, on_slack = await told(stage)
    stage.clock.advance_to(stage.clock.now() + UPDATES_APART)
    await owe_update(stage)
    update, posted = stage.telegram.messages(GROUP)[-1], stage.slack.messages("C1")[-1]
    assert (update.reply_to, posted.thread_ts) == (on_telegram.id, on_slack.ts)
    assert [[button.label for button in row] for row in update.buttons] == [LABELS]
    assert "Why this was sent" in (await press(stage, update, WHY)).text
    said = await push(stage, posted, MUTE)
    assert f"Muted: {TRUCE}" in said.plain
    assert said.thread_ts is None
    await press(stage, update, MUTE)
    edits = on_telegram.edits, len(on_slack.edits)
    await another_outlet(stage)
    assert (on_telegram.edits, len(on_slack.edits)) == edits


async def test_why_explains_the_bulletin_whose_button_it_is(stage: Stage) -> None:
    """Though it is not the last one. On Slack only the person who asks sees it."""
    on_telegram, on_slack = await told(stage)
    assert f"Why this was sent: {TRUCE}" in (await press(stage, on_telegram, WHY, user=BOB)).text
    said = await push(stage, on_slack, WHY, user="U2")
    assert f"Why this was sent: {TRUCE}" in said.plain
    assert (said.only_for, said.thread_ts) == ("U2", None)


async def test_a_muted_story_is_not_added_to_until_that_is_undone(stage: Stage) -> None:
    """The others go on as before; all of the chat see that it was muted."""
    on_telegram, on_slack = await told(stage)
    await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
    answers = await press(stage, on_telegram, MUTE), await push(stage, on_slack, MUTE)
    assert f"Muted: {TRUCE}" in answers[0].text
    assert f"Muted: {TRUCE}" in answers[1].plain
    assert answers[1].only_for is None
    await another_outlet(stage)
    assert (on_telegram.edits, len(on_slack.edits)) == (0, 0)
    await press(stage, answers[0], "Undo")
    await push(stage, answers[1], "Undo")
    await stage.room.app.step()
    assert "Reuters · BBC News" in on_telegram.text
    assert "Reuters · BBC News" in on_slack.plain


async def test_more_and_less_lead_to_changes_of_the_topic(stage: Stage) -> None:
    on_telegram, on_slack = await told(stage)
    said = await press(stage, on_telegram, LESS)
    assert f"Less like {TRUCE}" in said.text
    changed = await press(stage, said, "Only what 2 outlets have")
    assert "2 independent outlets" in changed.text
    posted = await push(stage, on_slack, MORE)
    assert f"More like {TRUCE}" in posted.plain
    assert posted.only_for == "U1"
    made = await push(stage, posted, "Our own, without “ceasefire”")
    assert "Made the topic Our Ukraine ceasefire" in made.plain
    chat = await stage.chat("telegram", str(GROUP))
    waits = {one.wait_for for one in await stage.room.store.subscriptions(chat.id)}
    assert waits == {1, 2}


async def test_whoever_may_not_steer_changes_nothing_by_a_button(stage: Stage) -> None:
    on_telegram, _ = await told(stage)
    for button in (MUTE, MORE, LESS):
        assert "only admins" in await alerted(stage, on_telegram, button, BOB)
    await another_outlet(stage)
    assert on_telegram.edits == 1


async def test_readers_of_a_channel_have_nothing_said_in_it(stage: Stage) -> None:
    """What they ask is answered to them alone; an admin's press is answered in the channel."""
    await stage.tell(CHANNEL, "/subscribe ukraine-ceasefire", as_channel=CHANNEL)
    await stage.publish(TRUCE)
    bulletin = stage.telegram.messages(CHANNEL)[-1]
    stage.telegram.member(CHANNEL, BOB)
    count = len(stage.telegram.messages(CHANNEL))
    assert "Why this was sent" in await alerted(stage, bulletin, WHY, BOB)
    assert "only admins" in await alerted(stage, bulletin, MUTE, BOB)
    assert len(stage.telegram.messages(CHANNEL)) == count
    assert "Why this was sent" in (await press(stage, bulletin, WHY)).text
    assert f"Muted: {TRUCE}" in (await press(stage, bulletin, MUTE)).text


@pytest.mark.parametrize("data", ["/mute", "/unmute", "/unmute 1", "/more", "/less", "/tune wait 9", "/why"])
async def test_forged_presses_do_no_more_than_typing(stage: Stage, data: str) -> None:
    """Under a message that is no bulletin, or of somebody who may not."""
    on_telegram, _ = await told(stage)
    before = [(one.wait_for, one.topic_id) for one in await stage.room.store.subscriptions()]
    query = await stage.telegram.press_forged(data, GROUP, on_telegram.id, user=BOB)
    await stage.telegram.until(lambda: query in stage.telegram.answers)
    if data != "/why":
        assert "only admins" in stage.telegram.answers[query]["text"]
    if not data.startswith("/tune"):  # on Slack everybody may type that
        count = len(stage.slack.said)
        await stage.slack.press_forged("C1", action_id="bulletin:0", value=data, user="U2")
        await stage.slack.until(lambda: len(stage.slack.said) > count)
        assert stage.slack.said[-1].only_for == "U2"
    assert [(one.wait_for, one.topic_id) for one in await stage.room.store.subscriptions()] == before
    for chat in ("telegram", str(GROUP)), ("slack", "T1/C1"):
        known = await stage.chat(*chat)
        assert not any(one.delivery.muted for one in await stage.room.store.sent_messages(known.id, 10))


async def test_an_answer_to_what_is_no_bulletin_mutes_nothing(stage: Stage) -> None:
    await told(stage)
    listed = await stage.tell(GROUP, "/topics", user=ADA)
    said = await stage.tell(GROUP, "/mute", user=ADA, reply_to=listed.id)
    assert "That message is not a bulletin" in said.text
