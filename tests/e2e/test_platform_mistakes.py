"""Wrong commands, queries, buttons and places on both platforms: each gets a clear answer, and nothing changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html import escape
from pathlib import Path

import pytest

from tests.e2e.platforms import ADA, BOB, CHANNEL, FORUM, GROUP, PRIVATE, TEAM
from tests.e2e.test_platforms import Stage, staged

LONG = "x" * 4000

COMMANDS = [
    # what is typed, what the answer has to say; in private on Telegram and in a DM on Slack
    ("/foo", "There is no command “foo”"),
    ("/topcs", "Did you mean /topics?"),
    ("/stop", "Did you mean /pause?"),
    ("//", "There is no command"),
    ("hello there", "To follow “hello there” in the news"),
    ("👍", "Type a command"),
    ("/" + LONG, "There is no command “xxx"),
    ("/subscribe nowhere-land", "I know no topic “nowhere-land”"),
    ("/subscribe ukraine-ceasfire", "Did you mean ukraine-ceasefire?"),
    ("/subscribe u", "could be any of these"),
    ("/subscribe ,,,", "I know no topic"),
    ("/subscribe <b>x</b> & *y*", "I know no topic “<b>x</b> & *y*”"),
    ("/unsubscribe", "subscribed to nothing"),
    ("/unsubscribe nowhere", "I know no topic"),
    ("/latest", "subscribed to nothing yet"),
    ("/latest nowhere", "I know no topic"),
    ("/topics add", "What should the topic look for?"),
    ("/topics add (Ukraine", "A parenthesis is not closed."),
    ("/topics add Ukraine)", "This parenthesis closes nothing."),
    ("/topics add x = Ukraine | | grain", "Something is missing before this |."),
    ('/topics add x = Ukraine "grain', "This quotation mark is not closed."),
    ("/topics add x = -Ukraine", "A topic needs something to look for"),
    ("/topics add the of in", "These words say nothing"),
    ("/topics add Ukraine ceasefire", "There is a topic ukraine-ceasefire on offer already"),
    ("/topics add " + "N" * 61 + " = Ukraine", "60 is the limit"),
    ("/topics add x = " + "a | " * 200 + "b", "500 is the limit"),
    ("/topics add 🔥 = Ukraine", "A topic needs a name with letters"),
    ("/topics remove", "Which topic?"),
    ("/topics remove ukraine-ceasefire", "cannot be removed"),
    ("/topics remove nowhere", "I know no topic"),
    ("/topics show", "Which topic?"),
    ("/topics test", "What should be tried?"),
    ("/topics test (", "A parenthesis is not closed."),
    ("/topics rmove mine", "Did you mean /topics remove mine?"),
    ("/topics ((", "I know no /topics"),
    ("/why", "No bulletin has been sent"),
    ("/feeds nkh", "No feed has “nkh”"),
    ("/resume", "not paused here"),
    ("/settings foo", "I know no /settings “foo”"),
    ("/settings languages jp", "is not a language"),
    ("/settings timezone Asia/Tokio", "Did you mean Asia/Tokyo?"),
    ("/settings timezone ../../etc/passwd", "I know no time zone"),
    ("/settings block", "Which outlet?"),
    ("/settings block Ruters", "Did you mean Reuters?"),
    ("/settings previews perhaps", "Previews of links are off here"),
    ("/settings who nobody", "settings"),
    ("/help feds", "Did you mean"),
    ("/start wrong-code", "What should this chat follow?"),
]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as running:
        yield running


async def state(stage: Stage) -> object:
    """All that commands can change."""
    chats = [*await stage.room.store.chats("telegram"), *await stage.room.store.chats("slack")]
    return chats, await stage.room.store.topics(), await stage.room.store.subscriptions()


async def test_what_is_mistyped_is_answered_on_both_platforms(stage: Stage) -> None:
    """In whole, within the platforms' limits, and the store stays as it was."""
    await stage.tell(PRIVATE, "/start")
    await stage.write("start")
    before = await state(stage)
    for typed, expected in COMMANDS:
        assert expected in (await stage.tell(PRIVATE, typed)).text.replace("\N{WORD JOINER}", ""), typed
        as_slack_sends_it = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert expected in (await stage.write(as_slack_sends_it)).plain.replace("/sokuho help", "/help"), (
            typed
        )
    assert await state(stage) == before
    assert all(call.status == 200 for call in stage.telegram.calls_of("sendMessage"))
    assert all(not message.pings for message in stage.slack.said)


FORGED = [
    "x",
    "",
    "»1",
    "»99999 /topics",
    "#0123456789abcdef",
    "»1 #0123456789abcdef",
    "#../etc",
    "»-1 /topics",
    "\x00",
]


async def test_forged_buttons_are_refused_kindly(stage: Stage) -> None:
    """Data that no button of ours has: a pop-up on Telegram, a word to the one person on Slack."""
    offer = await stage.tell(GROUP, "/topics", user=BOB)
    posted = await stage.write("topics", "C1")
    before = await state(stage)
    for data in filter(None, FORGED):
        query = await stage.telegram.press_forged(data, GROUP, offer.id, user=BOB)
        await stage.telegram.until(lambda query=query: query in stage.telegram.answers)  # type: ignore[misc]
        assert "not known any more" in stage.telegram.answers[query]["text"]
    for value in FORGED:
        count = len(stage.slack.said)
        await stage.slack.press_forged("C1", action_id="do:0", value=value, user="U2", ts=posted.ts)
        await stage.slack.until(lambda count=count: len(stage.slack.said) > count)  # type: ignore[misc]
        assert "not known any more" in stage.slack.said[-1].plain
        assert stage.slack.said[-1].only_for == "U2"
    assert await state(stage) == before


async def test_a_button_that_is_replayed_does_its_work_once(stage: Stage) -> None:
    """Pressed again, it says that it is done; pressed by somebody who may not, nothing happens."""
    offer = await stage.tell(GROUP, "/subscribe", user=ADA)
    for expected in ("Subscribed to", "Already subscribed to"):
        count = len(stage.telegram.messages(GROUP))
        await stage.telegram.press(offer.id, GROUP, "＋ Ukraine ceasefire", user=ADA)
        await stage.telegram.until(lambda count=count: len(stage.telegram.messages(GROUP)) > count)  # type: ignore[misc]
        assert expected in stage.telegram.messages(GROUP)[-1].text
    query = await stage.telegram.press_forged("/unsubscribe ukraine-ceasefire", GROUP, offer.id, user=BOB)
    await stage.telegram.until(lambda: query in stage.telegram.answers)
    assert "only admins" in stage.telegram.answers[query]["text"]
    assert await stage.followed("telegram", str(GROUP)) == {"ukraine-ceasefire"}


async def test_a_button_of_a_topic_that_is_gone_says_so(stage: Stage) -> None:
    await stage.tell(PRIVATE, "/topics add Tea")
    offer = await stage.tell(PRIVATE, "/subscribe")
    await stage.tell(PRIVATE, "/topics remove tea")
    count = len(stage.telegram.messages(PRIVATE))
    await stage.telegram.press(offer.id, PRIVATE, "＋ Tea")
    await stage.telegram.until(lambda: len(stage.telegram.messages(PRIVATE)) > count)
    assert "I know no topic “tea”" in stage.telegram.messages(PRIVATE)[-1].text


async def test_a_press_that_waited_too_long_still_does_its_work(stage: Stage) -> None:
    """Telegram takes no answer to the press any more; the message comes all the same."""
    offer = await stage.tell(PRIVATE, "/subscribe")
    stage.telegram.fail_next(
        "answerCallbackQuery",
        400,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
    )
    count = len(stage.telegram.messages(PRIVATE))
    await stage.telegram.press(offer.id, PRIVATE, "＋ Ukraine ceasefire")
    await stage.telegram.until(lambda: len(stage.telegram.messages(PRIVATE)) > count)
    assert "Subscribed" in stage.telegram.messages(PRIVATE)[-1].text


NOBODY_IS_ASKED = [
    "/ban @somebody",
    "/weather",
    "/topics@OtherBot",
    "good morning",
    "ukraine ceasefire",
    "and/or",
    "@otherbot topics",
    "/",
]


async def test_in_a_group_the_bot_is_silent_where_it_is_not_meant(stage: Stage) -> None:
    """Other bots' commands, and people who talk to each other; a slip of one of our commands is answered."""
    for text in NOBODY_IS_ASKED:
        await stage.telegram.say(GROUP, text, user=ADA)
        await stage.telegram.say(CHANNEL, text, as_channel=CHANNEL)
    await stage.slack.mention("C1", "hello <@UOTHER>, see <https://a.example|this>")
    assert "Did you mean /topics" in (await stage.tell(GROUP, "/topcs", user=ADA)).text
    assert "On offer" in (await stage.tell(GROUP, "@sokuho_bot topics", user=ADA)).text
    assert "no command “weather”" in (await stage.tell(GROUP, "/weather@sokuho_bot", user=ADA)).text
    assert len(stage.telegram.messages(GROUP)) == 3
    assert stage.telegram.messages(CHANNEL) == []


@pytest.mark.parametrize(
    "typed",
    [
        "/subscribe ukraine-ceasefire",
        "/unsubscribe ukraine-ceasefire",
        "/topics add Tea",
        "/topics remove mine",
        "/pause",
        "/settings languages en",
        "/settings timezone Asia/Tokyo",
        "/settings block TASS",
        "/settings who everyone",
        "/settings previews on",
    ],
)
async def test_without_the_right_to_nothing_is_changed_in_a_group(stage: Stage, typed: str) -> None:
    """In a group and in a topic of a forum, and neither where Telegram cannot be asked who is an admin."""
    thread = stage.telegram.topic(FORUM, "Ukraine")
    await stage.tell(GROUP, "/topics add Mine = Ukraine grain", user=ADA)
    await stage.tell(FORUM, "/start", user=BOB, thread=thread)
    before = await state(stage)
    assert "only admins" in (await stage.tell(GROUP, typed, user=BOB)).text
    assert "only admins" in (await stage.tell(FORUM, typed, user=BOB, thread=thread)).text
    stage.telegram.fail_next("getChatMember", 400, "Bad Request: user not found")
    assert "only admins" in (await stage.tell(GROUP, typed, user=ADA)).text
    assert await state(stage) == before


async def test_what_is_no_text_is_answered_in_private_only(stage: Stage) -> None:
    """A picture says nothing to us; in a group it is none of our business."""
    for chat, kind in ((GROUP, "supergroup"), (PRIVATE, "private")):
        stage.telegram._push(
            "message",
            {
                "message_id": 900,
                "date": 1_760_000_000,
                "chat": {"id": chat, "type": kind, "title": "Desk"},
                "from": {"id": ADA, "is_bot": False, "first_name": "Ada"},
                "photo": [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}],
            },
        )
    await stage.telegram.until(lambda: stage.telegram.messages(PRIVATE))
    assert "I can read only text" in stage.telegram.messages(PRIVATE)[-1].text
    assert "On offer" in (await stage.tell(GROUP, "/topics", user=ADA)).text
    assert len(stage.telegram.messages(GROUP)) == 1


async def test_an_update_that_cannot_be_read_is_passed_over(stage: Stage) -> None:
    """It is confirmed like any other, and what comes behind it is answered."""
    await stage.telegram.until(lambda: stage.telegram.polling)
    stage.telegram._push("my_chat_member", {"chat": {"id": PRIVATE, "type": "private"}, "date": 1})
    assert "On offer" in (await stage.tell(PRIVATE, "/topics")).text
    await stage.telegram.until(lambda: not stage.telegram.pending)


async def test_a_message_of_feeds_can_do_nothing(stage: Stage) -> None:
    """Markup, calls, overrides and addresses that a feed wrote are letters, on both platforms."""
    await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
    await stage.type("subscribe ukraine-ceasefire")
    title = (
        "Ukraine ceasefire <https://evil.example|Reuters> <i>& <!channel> @everyone *now* `x` \u202egnp.exe"
    )
    # Twice, since a title in a feed is markup within markup.
    await stage.publish(escape(title))
    told = stage.telegram.messages(PRIVATE)[-1]
    assert "<https://evil.example|Reuters> <i>& <!channel> @\N{WORD JOINER}everyone *now* `x`" in told.text
    assert "\u202e" not in told.text
    assert not [link for link in told.links if "evil" in link[1]]
    posted = stage.slack.messages("C1")[-1]
    assert "<https://evil.example|Reuters> <i>& <!channel> @everyone *now* `x`" in posted.plain
    assert posted.pings == []
    assert not [link for link in posted.links if "evil" in link.url]


async def test_an_endless_headline_is_told_within_the_limits(stage: Stage) -> None:
    await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
    await stage.type("subscribe ukraine-ceasefire")
    await stage.publish("Ukraine ceasefire " + "and so on " * 3000)
    told, posted = stage.telegram.messages(PRIVATE)[-1], stage.slack.messages("C1")[-1]
    assert "Ukraine ceasefire and so on" in told.text
    assert "Ukraine ceasefire and so on" in posted.plain
    assert len(told.text) < 4096


async def test_no_chat_is_told_of_another(stage: Stage) -> None:
    """Topics of one chat are unknown in the next, whatever is typed there, and a bulletin is explained only where it is."""
    await stage.tell(PRIVATE, "/topics add Secret plan = Ukraine grain")
    await stage.tell(PRIVATE, "/subscribe secret-plan")
    await stage.publish("Ukraine grain leaves Odesa")
    bulletin = stage.telegram.messages(PRIVATE)[-1]
    for typed in (
        "/topics",
        "/topics show secret-plan",
        "/subscribe secret-plan",
        "/latest secret-plan",
        "/why",
    ):
        said = await stage.tell(GROUP, typed, user=ADA, reply_to=None)
        assert "Secret plan" not in said.text, typed
        assert "Odesa" not in said.text, typed
        posted = await stage.write(typed)
        assert "Secret plan" not in posted.plain
    assert bulletin.id
    assert await stage.followed("telegram", str(GROUP)) == set()
    assert await stage.followed("slack", f"{TEAM}/D1") == set()
