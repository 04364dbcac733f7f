"""What each command does when it is typed as it should be."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.chat.commands import COMMANDS, Command, answer, commands_for
from bot.domain.catalog import Catalog
from bot.domain.chats import Platform
from bot.domain.deliveries import Refused
from bot.domain.documents import Document, Style
from bot.domain.entries import FeedSpec
from bot.domain.polling import Move
from bot.domain.topics import TOPICS_PER_CHAT, TopicSpec
from bot.ports import PollRecord
from tests.chat.newsroom import FEEDS, NOW, Desk, Newsroom

WRONG_WORDS = (
    "/topics nothing like it",
    "/topics add",
    "/topics add = x",
    "/topics add Ukraine ceasefire",
    "/topics remove",
    "/topics test",
    "/settings colour blue",
    "/settings block",
    "/settings block Nobody's Herald",
    "/settings languages",
    "/settings timezone",
    "/settings previews",
    "/settings who",
)

WHERE_THERE_IS: list[tuple[Platform, set[str]]] = [
    ("telegram", {"previews", "repeats", "who"}),
    ("slack", {"previews", "repeats"}),
    ("console", set()),
]

HERE = [command.on("telegram") for command in COMMANDS if not command.console_only]
"""As they are in the room's chat."""

EXAMPLES = [(command.name, command.examples) for command in HERE]


def offered(said: Document) -> list[str]:
    return [action.command for action in said.actions]


async def test_start_says_what_this_is_and_offers_every_topic(room: Newsroom) -> None:
    """A newcomer sees one sentence on what it is, and buttons for what to do next."""
    said = await room.say("/start")
    assert "one short bulletin for each event" in said.plain
    assert "5 feeds of 4 outlets in 3 languages" in said.plain
    assert offered(said) == [
        "/subscribe ukraine-ceasefire",
        "/subscribe us-russia-summit",
        "/subscribe armenia-azerbaijan",
        "/help",
    ]


async def test_start_knows_a_chat_that_already_follows_something(room: Newsroom) -> None:
    await room.say("/subscribe ukraine-ceasefire")
    said = await room.say("/start")
    assert "This chat follows Ukraine ceasefire." in said.plain
    assert "/subscribe ukraine-ceasefire" not in offered(said)


async def test_help_lists_every_command_with_its_summary(room: Newsroom) -> None:
    said = (await room.say("/help")).plain
    listed = [command for command in commands_for(room.services) if command.name not in ("start", "help")]
    for command in listed:
        assert f"/{command.name} — {command.summary}" in said
    assert [row for row in said.splitlines() if " — " not in row] == [
        "What you can type:",
        *("", "Follow", "", "Read", "", "Look after it", ""),
        "More on one: /help topics",
    ]
    assert said.count(" — ") == len(listed)
    assert "/stop" not in said


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_summary_fits_on_a_phones_line(command: Command) -> None:
    """And holds no command: menus show it, where nothing can be typed."""
    assert len(command.summary) <= 45
    assert "/" not in command.summary


@pytest.mark.parametrize("command", HERE)
async def test_help_on_a_command_shows_every_way_to_type_it(room: Newsroom, command: Command) -> None:
    said = (await room.say(f"/help {command.name}")).plain
    for usage in command.usage:
        assert f"{usage.form} — {usage.does}" in said
    for example in command.examples:
        assert said.splitlines().count(example) <= 1
        assert example in said


@pytest.mark.parametrize(("platform", "has"), WHERE_THERE_IS)
async def test_a_setting_is_offered_only_where_there_is_such_a_thing(
    room: Newsroom, platform: Platform, has: set[str]
) -> None:
    """Only groups of Telegram have admins; a terminal shows no previews and loses nothing on the way."""
    chat = await room.store.ensure_chat(platform, "7", "There", NOW)
    for typed in ("/settings", "/help settings", "/settings colour blue"):
        said = await room.say(typed, chat=chat)
        words = {"previews", "repeats", "who"} & set(re.findall(r"\w+", f"{said.plain} {offered(said)}"))
        assert words == (has if typed != "/settings" or platform != "console" else set())
    for word, value in (("previews", "on"), ("repeats", "off"), ("who", "everyone")):
        said = await room.say(f"/settings {word} {value}", chat=chat)
        assert said.plain.startswith("✅ " if word in has else f"🤔 I know no /settings “{word}”")


async def test_settings_with_two_values_are_changed_by_a_button(room: Newsroom) -> None:
    assert offered(await room.say("/settings")) == [
        "/settings previews on",
        "/settings repeats off",
        "/settings who everyone",
    ]
    for typed in offered(await room.say("/settings")):
        await room.say(typed)
    said = await room.say("/settings")
    assert offered(said) == ["/settings previews off", "/settings repeats on", "/settings who admins"]
    assert "Previews of links: on" in said.plain
    assert "In a group, everyone may change settings" in said.plain


CODE = re.compile(r"(?<![\w/])/[a-z]+(?![\w/])")


async def test_a_command_within_a_sentence_can_be_copied(room: Newsroom) -> None:
    """It is set as code, which Slack rewrites where it keeps the command for itself; nothing else looks like one."""
    await room.publish("Truce in Ukraine is near")
    await room.fail_feed(0, "The name cannot be resolved.")
    typed = [example for command in COMMANDS for example in command.examples if command.name != "stop"]
    for text in ["/frobnicate", "/feeds", "/status", "/why", "/pause", *WRONG_WORDS, *typed, "/subscribe us"]:
        said = await room.say(text)
        loose = [span.text for row in said.lines for span in row if span.style is not Style.CODE]
        assert not [found for part in loose for found in CODE.findall(part)], text


@pytest.mark.parametrize(
    ("typed", "before"),
    [
        ("/subscribe ukraine", ()),
        ("/unsubscribe ukraine", ("/subscribe ukraine",)),
        ("/pause", ()),
        ("/resume", ("/pause",)),
        ("/settings languages ja", ()),
        ("/settings block BBC", ()),
        ("/settings previews on", ()),
    ],
)
async def test_what_changes_something_says_so_to_all(
    room: Newsroom, typed: str, before: tuple[str, ...]
) -> None:
    """The answer is marked as one that the whole chat should see; done again, nothing has changed."""
    for earlier in before:
        await room.say(earlier)
    assert (await room.say(typed)).changed
    assert not (await room.say(typed)).changed


async def test_making_and_removing_a_topic_is_a_change(room: Newsroom) -> None:
    assert (await room.say("/topics add Grain")).changed
    assert not (await room.say("/topics add Grain")).changed
    assert (await room.say("/topics remove grain")).changed
    assert not (await room.say("/topics remove grain")).changed


async def test_looking_changes_nothing(room: Newsroom) -> None:
    await room.publish("Truce in Ukraine is near")
    for typed in (
        "/start",
        "/help",
        "/topics",
        "/topics test Ukraine",
        "/latest",
        "/why",
        "/feeds",
        "/status",
    ):
        assert not (await room.say(typed)).changed


async def test_who_may_not_change_things_is_told_what_he_may(room: Newsroom) -> None:
    """Short enough for a pop-up of Telegram, which holds 200 characters."""

    async def nobody() -> bool:
        return False

    said = await answer(room.services, room.chat, "/pause", may_steer=nobody)
    assert said.plain.startswith("🔒 In this group only admins change what it follows and how.\n\n")
    assert len(said.plain) < 200
    assert said.whisper
    assert not said.changed


@pytest.mark.parametrize(("name", "examples"), EXAMPLES)
async def test_every_example_works(room: Newsroom, name: str, examples: tuple[str, ...]) -> None:
    """What the help tells people to type, in its order, is never answered with a complaint."""
    await room.say("/topics remove russia-ceasefire")
    for example in examples:
        said = (await room.say(example)).plain
        assert said.strip()
        assert "🤔" not in said, (example, said)
        assert "went wrong" not in said


@pytest.mark.parametrize(
    "typed",
    [
        "/topics",
        "/TOPICS",
        "/topics@SokuhoBot",
        "  /topics  ",
        "／topics",
        "/ topics",
        "/Topics@SokuhoBot list",
    ],
)
async def test_a_command_may_be_typed_in_many_ways(room: Newsroom, typed: str) -> None:
    """In any case, with the bot's name, blanks around it or a Japanese slash, it is the same command."""
    assert "On offer" in (await room.say(typed)).plain


async def test_subscribing_answers_with_the_latest_story(room: Newsroom) -> None:
    await room.publish("Truce in Ukraine is near", feed=1)
    await room.publish("Kremlin and White House name no date for Trump and Putin", feed=0)
    said = (await room.say("/subscribe ukraine-ceasefire")).plain
    assert "Subscribed to Ukraine ceasefire." in said
    assert "\n\nThe latest story\n" in said
    assert "【Truce in Ukraine is near】" in said
    assert "BBC News · 14:10 UTC" in said
    subscriptions = await room.store.subscriptions(room.chat.id)
    assert [s.topic_id for s in subscriptions] == [await room.topic_id("ukraine-ceasefire")]


@pytest.mark.parametrize(
    ("args", "slugs"),
    [
        ("ukraine-ceasefire us-russia-summit", {"ukraine-ceasefire", "us-russia-summit"}),
        ("US–Russia summit", {"us-russia-summit"}),
        ("us russia summit Ukraine Ceasefire", {"us-russia-summit", "ukraine-ceasefire"}),
        ("Armenia–Azerbaijan, Ukraine ceasefire", {"armenia-azerbaijan", "ukraine-ceasefire"}),
        ("arm、ukr", {"armenia-azerbaijan", "ukraine-ceasefire"}),
        ("ukraine", {"ukraine-ceasefire"}),
        ("ＵＳ russia", {"us-russia-summit"}),
    ],
)
async def test_topics_are_named_by_slug_name_or_beginning(room: Newsroom, args: str, slugs: set[str]) -> None:
    """Several at once, names with spaces, separated by blanks or commas."""
    await room.say(f"/subscribe {args}")
    followed = {s.topic_id for s in await room.store.subscriptions(room.chat.id)}
    assert {topic.spec.slug for topic in await room.store.topics() if topic.id in followed} == slugs


async def test_how_many_messages_to_expect_is_told_from_three_days(room: Newsroom) -> None:
    """Six stories in three days are two a day; a topic without a story says so."""
    for number in range(6):
        await room.publish(
            f"Truce in Ukraine: day {number}",
            ago=timedelta(hours=71 - number * 12),
            outlet=f"Outlet {number}",
        )
    said = (await room.say("/subscribe ukraine-ceasefire, armenia-azerbaijan")).plain
    assert "about 2 messages a day on Ukraine ceasefire" in said
    assert "few messages (no story in the last 3 days) on Armenia–Azerbaijan" in said


async def test_a_rare_topic_is_less_than_a_message_a_day(room: Newsroom) -> None:
    await room.publish("Truce in Ukraine is near", ago=timedelta(hours=71))
    said = (await room.say("/subscribe ukraine-ceasefire")).plain
    assert "Expect less than a message a day (1 in the last 3 days)." in said


async def test_without_history_nothing_is_promised(room: Newsroom) -> None:
    """Before anything was read, and while less than hours were, the answer admits it."""
    assert "nothing has been read so far" in (await room.say("/subscribe ukraine-ceasefire")).plain
    await room.publish("Truce in Ukraine is near")
    assert (
        "the feeds have been read for 30 min only" in (await room.say("/subscribe ukraine-ceasefire")).plain
    )


async def test_subscribing_leads_to_more_topics_while_there_are_any(room: Newsroom) -> None:
    assert offered(await room.say("/subscribe ukraine")) == ["/subscribe"]
    await room.say("/pause")
    assert offered(await room.say("/subscribe us armenia")) == ["/resume"]


async def test_subscribing_twice_is_said(room: Newsroom) -> None:
    await room.say("/subscribe ukraine-ceasefire")
    assert (
        "Already subscribed to Ukraine ceasefire." in (await room.say("/subscribe ukraine-ceasefire")).plain
    )


async def test_subscribe_alone_offers_what_is_not_followed_yet(room: Newsroom) -> None:
    await room.say("/subscribe ukraine-ceasefire")
    said = await room.say("/subscribe")
    assert offered(said) == ["/subscribe us-russia-summit", "/subscribe armenia-azerbaijan"]
    assert "Subscribed: Ukraine ceasefire." in said.plain


async def test_unsubscribing_says_what_is_left(room: Newsroom) -> None:
    await room.say("/subscribe ukraine us-russia")
    assert offered(await room.say("/unsubscribe")) == [
        "/unsubscribe ukraine-ceasefire",
        "/unsubscribe us-russia-summit",
    ]
    said = (await room.say("/unsubscribe ukraine")).plain
    assert "Unsubscribed from Ukraine ceasefire." in said
    assert "Still subscribed: US–Russia summit." in said


async def test_topics_marks_what_is_followed(room: Newsroom) -> None:
    await room.say("/topics add Grain = Ukraine grain")
    await room.say("/subscribe grain")
    await room.say("/topics add Tea")
    listed = await room.say("/topics")
    said = listed.plain.splitlines()
    assert said == [
        *("Subscribed", "• Grain", ""),
        *("On offer", "• Ukraine ceasefire", "• US–Russia summit", "• Armenia–Azerbaijan", ""),
        *("Made in this chat", "• Tea", ""),
        "Make your own: /topics add Taiwan strait",
    ]
    assert [(action.label, action.command) for action in listed.actions] == [
        ("＋ Ukraine ceasefire", "/subscribe ukraine-ceasefire"),
        ("＋ US–Russia summit", "/subscribe us-russia-summit"),
        ("＋ Armenia–Azerbaijan", "/subscribe armenia-azerbaijan"),
        ("＋ Tea", "/subscribe tea"),
    ]


async def test_a_slug_is_told_where_the_name_is_not_enough(room: Newsroom) -> None:
    await room.store.add_topic(room.chat.id, TopicSpec("grain", "Grain deal", "Ukraine grain"), NOW)
    assert "• Grain deal  grain\n" in (await room.say("/topics")).plain
    assert "Grain deal  grain · not subscribed" in (await room.say("/topics show grain")).plain


async def test_words_that_are_passed_over_are_named(room: Newsroom) -> None:
    """Whoever types `a b c` would not see otherwise that «a» is not asked for."""
    said = (await room.say("/topics test a b c")).plain
    assert "Passed over: “a”. What stands in quotation marks counts." in said
    assert "Passed over" not in (await room.say('/topics test "a" b c')).plain


async def test_adding_a_topic_says_what_was_understood(room: Newsroom) -> None:
    """Concept by concept, and the desk hears of it."""
    said = await room.say("/topics add Black Sea grain = Ukraine (grain | зерно) -futures")
    assert "Made the topic Black Sea grain. This chat does not follow it yet." in said.plain
    assert "A report fits if it has all of:\n• Ukraine (country" in said.plain
    assert "• Ukraine (country; also Ukrainian" in said.plain
    assert "• either “grain” or “зерно”" in said.plain
    assert "• not “futures”" in said.plain
    assert offered(said) == [
        "/subscribe black-sea-grain",
        "/topics test black-sea-grain",
        "/topics edit black-sea-grain = title:(Ukraine (grain | зерно) -futures)",
        "/topics edit black-sea-grain = Ukraine (grain | зерно)",
    ]
    assert room.desk.changes == 1
    (mine,) = [topic for topic in await room.store.topics() if topic.chat_id == room.chat.id]
    assert mine.spec == TopicSpec("black-sea-grain", "Black Sea grain", "Ukraine (grain | зерно) -futures")


async def test_a_japanese_topic_is_found_by_its_name(room: Newsroom) -> None:
    await room.say("/topics add 日米首脳会談")
    assert "Subscribed to 日米首脳会談." in (await room.say("/subscribe 日米首脳会談")).plain


async def test_removing_a_topic_ends_its_subscription_and_says_so(room: Newsroom) -> None:
    """The way back is offered, and brings the same topic."""
    await room.say("/topics add Grain = Ukraine grain")
    await room.say("/subscribe grain")
    said = await room.say("/topics remove grain")
    assert "Removed the topic Grain. This chat was subscribed to it; that has ended too." in said.plain
    assert room.desk.changes == 2
    assert await room.store.subscriptions(room.chat.id) == ()
    assert offered(said) == ["/topics add Grain = Ukraine grain"]
    assert "Made the topic Grain." in (await room.say(offered(said)[0])).plain


async def test_show_explains_a_topic(room: Newsroom) -> None:
    said = await room.say("/topics show us-russia")
    assert "Query: US–Russia summit" in said.plain
    assert "• Russia (country" in said.plain
    assert "A report fits if it has all of:\n• " in said.plain
    assert offered(said)[:2] == ["/subscribe us-russia-summit", "/topics test us-russia-summit"]
    assert {command.partition(" = ")[0] for command in offered(said)[2:]} == {
        "/topics add Our US–Russia summit"
    }


async def test_naming_a_topic_alone_shows_it(room: Newsroom) -> None:
    assert (await room.say("/topics armenia")).plain == (await room.say("/topics show armenia")).plain


async def test_trying_out_a_query_shows_hits_in_every_language_with_reasons(room: Newsroom) -> None:
    """Newest first, each with the words that meant something."""
    await room.publish("Truce in Ukraine is near", feed=1, ago=timedelta(hours=9))
    await room.publish("ウクライナ停戦へ前進", feed=3, ago=timedelta(hours=2))
    await room.publish("Rain in Kyoto", feed=0, ago=timedelta(hours=1))
    said = (await room.say("/topics test Ukraine ceasefire")).plain
    assert said.startswith(
        "2 stories would have matched, out of 3 entries that came in the last 9 h.\nExpect"
    )
    assert "A report fits if it has" in said
    assert "“停戦” in the title → ceasefire" in said
    assert "BBC News · 05:40 UTC · “Truce” in the title → ceasefire" in said
    assert "score" not in said
    assert said.index("ウクライナ停戦へ前進") < said.index("Truce in Ukraine is near")
    assert "Kyoto" not in said


async def test_trying_out_in_vain_promises_nothing(room: Newsroom) -> None:
    await room.publish("Rain in Kyoto", ago=timedelta(hours=9))
    said = (await room.say("/topics test Ukraine truce")).plain
    assert said.startswith("No story would have matched, out of 1 entry that came in the last 9 h.\n\n")
    assert "Expect" not in said


async def test_a_score_near_the_threshold_is_told(room: Newsroom) -> None:
    """What barely fits is where a query can be bettered."""
    await room.publish("Leaders hold a summit on Ukraine")
    said = (await room.say("/topics test Ukraine ceasefire")).plain
    assert "score 0.6 (0.5 is enough)" in said


async def test_trying_out_shows_five_and_counts_the_rest(room: Newsroom) -> None:
    for number in range(13):
        await room.publish(f"Truce in Ukraine, report {number}", ago=timedelta(hours=20 - number))
    said = (await room.say("/topics test Ukraine truce")).plain
    assert "13 stories would have matched" in said
    assert "… and 8 more." in said
    shown = [line for line in said.splitlines() if line.startswith("Truce in Ukraine, report")]
    assert shown == [f"Truce in Ukraine, report {number}" for number in range(12, 7, -1)]


async def test_trying_out_tells_the_same_headline_once(room: Newsroom) -> None:
    await room.publish("Truce in Ukraine is near", feed=0, ago=timedelta(hours=2))
    await room.publish("Truce in Ukraine is near!", feed=1, ago=timedelta(hours=1))
    said = (await room.say("/topics test Ukraine truce")).plain
    assert "1 story would have matched, out of 2 entries" in said
    assert "Reuters, BBC News · 12:40 UTC" in said


async def test_how_much_comes_in_is_counted_from_what_came_in(room: Newsroom) -> None:
    """What a feed's first poll brought of the days before is found, and says nothing of a usual day."""
    for number in range(10):
        await room.publish(
            f"Truce in Ukraine, report {number}", ago=timedelta(hours=12), age=timedelta(hours=24 + number)
        )
    await room.publish("Truce in Ukraine is near", ago=timedelta(hours=1))
    said = (await room.say("/topics test Ukraine truce")).plain
    assert "11 stories would have matched, out of 11 entries that came in the last 12 h." in said
    assert "Expect about 2 messages a day." in said


async def test_trying_out_changes_nothing(room: Newsroom) -> None:
    await room.publish("Truce in Ukraine is near")
    before = await room.state()
    await room.say("/topics test Ukraine truce")
    assert await room.state() == before


async def test_a_topic_is_tried_out_by_its_slug(room: Newsroom) -> None:
    await room.publish("Grain leaves a Ukrainian port")
    await room.say("/topics add Sea trade = Ukraine grain")
    said = await room.say("/topics test sea-trade")
    assert "🔎 Sea trade\nA report fits if it has all of:" in said.plain
    assert "1 story would have matched" in said.plain
    assert "“Grain” in the title, as in the query" in said.plain
    assert offered(said) == ["/subscribe sea-trade"]
    await room.say("/subscribe sea-trade")
    assert offered(await room.say("/topics test sea-trade")) == []


async def test_latest_shows_three_bulletins_of_what_is_followed(room: Newsroom) -> None:
    for number in range(5):
        await room.publish(f"Truce in Ukraine, report {number}", ago=timedelta(hours=5 - number))
    await room.publish("Armenia and Azerbaijan hold talks", ago=timedelta(minutes=5))
    await room.say("/subscribe ukraine-ceasefire")
    said = (await room.say("/latest")).plain
    assert [f"report {number}】" in said for number in range(5)] == [False, False, True, True, True]
    assert "Armenia" not in said
    assert "【Armenia and Azerbaijan hold talks】" in (await room.say("/latest armenia")).plain


async def test_latest_leaves_blocked_outlets_out(room: Newsroom) -> None:
    await room.publish("Truce in Ukraine is near", feed=0, ago=timedelta(hours=2))
    await room.publish("Truce in Ukraine is far", feed=1, ago=timedelta(hours=1))
    await room.say("/settings block BBC")
    said = (await room.say("/latest ukraine")).plain
    assert "is near" in said
    assert "is far" not in said


async def test_why_explains_the_last_bulletin(room: Newsroom) -> None:
    """Which words meant what, which topic with which score, which outlet and feed, and when, in the chat's zone."""
    entry = await room.publish(
        "Kremlin confirms summit with Trump", feed=4, summary="", ago=timedelta(hours=1)
    )
    await room.say("/settings timezone Tokyo")
    await room.deliver(entry, [await room.topic_id("us-russia-summit")])
    explained = await room.say("/why")
    said = explained.plain
    assert "Why this was sent: Kremlin confirms summit with Trump" in said
    assert "US–Russia summit · score 0.9 (0.5 is enough)" in said
    assert "“Kremlin” in the title → Russia" in said
    assert "“Trump” in the title → United States" in said
    assert "TASS · published 22:40 JST · seen 22:40 JST\nhttps://news.example/tass.xml\n" in said
    assert entry.link in [span.href for span in explained.lines[0]]
    assert "sent 23:40 JST" in said


async def test_why_as_a_reply_explains_that_bulletin(room: Newsroom) -> None:
    topic = await room.topic_id("ukraine-ceasefire")
    first = await room.deliver(await room.publish("Truce in Ukraine is near"), [topic])
    await room.deliver(await room.publish("Truce in Ukraine is far"), [topic])
    assert "is near" in (await room.say("/why", reply_to=first)).plain
    assert "is far" in (await room.say("/why")).plain
    assert "not a bulletin" in (await room.say("/why", reply_to="of-no-bulletin")).plain


async def test_why_survives_the_topics_removal(room: Newsroom) -> None:
    await room.say("/topics add Grain = Ukraine grain")
    entry = await room.publish("Grain leaves a Ukrainian port")
    await room.deliver(entry, [await room.topic_id("grain")])
    await room.say("/topics remove grain")
    assert "a topic that has been removed" in (await room.say("/why")).plain


async def test_secrets_of_an_address_are_never_shown(room: Newsroom) -> None:
    """Neither user nor password nor token, whether the feed works or fails, in the text or in a link behind it."""
    address = "http://anna:hunter2@paid.example/feed?token=s3cret&section=world"
    await room.store.sync_feeds([FeedSpec(address, "Paid Times", "en")], NOW)
    entry = await room.publish("Truce in Ukraine is near")
    await room.deliver(entry, [await room.topic_id("ukraine-ceasefire")])
    answers = [await room.say(typed) for typed in ("/feeds", "/feeds paid", "/why", "/status")]
    await room.fail_feed(0, "The name cannot be resolved.")
    answers += [await room.say(typed) for typed in ("/feeds", "/feeds paid", "/why", "/status")]
    assert "http://paid.example/feed?token=…&section=world" in answers[1].plain
    assert "http://paid.example/feed?token=…&section=world" in answers[2].plain
    assert "http://paid.example/feed?token=…&section=world" in answers[5].plain
    for said in answers:
        for secret in ("anna", "hunter2", "s3cret"):
            assert secret not in repr(said)


async def test_a_feed_is_not_found_by_what_is_not_shown(room: Newsroom) -> None:
    """A token could be guessed letter by letter."""
    await room.store.sync_feeds([FeedSpec("http://paid.example/feed?token=s3cret", "Paid Times", "en")], NOW)
    assert "Paid Times" in (await room.say("/feeds paid.example")).plain
    assert "No feed has “s3c”" in (await room.say("/feeds s3c")).plain


async def test_a_feed_that_is_gone_is_not_said_to_be_due(room: Newsroom) -> None:
    """It says that it is not asked again; when the next poll is, the others decide."""
    await room.store.sync_feeds(FEEDS[:2], NOW)
    await room.fail_feed(0, "HTTP 410: gone for good.", gone=True)
    room.clock.at += timedelta(hours=2)
    await room.publish("Rain in Kyoto", feed=1, ago=timedelta(0))
    for typed in ("/feeds", "/feeds reuters"):
        said = (await room.say(typed)).plain
        assert "HTTP 410: gone for good." in said
        assert "not asked again; take it out of the configuration" in said
        assert "next try" not in said
    assert "last asked just now, next in 5 min" in (await room.say("/status")).plain


async def test_feeds_shows_failing_ones_first_with_the_reason(room: Newsroom) -> None:
    await room.publish("Rain in Kyoto", feed=3)
    await room.fail_feed(4, "HTTP 403: the server refuses us.", times=3)
    said = (await room.say("/feeds")).plain
    assert said.splitlines()[0] == "5 feeds of 4 outlets, 1 failing"
    assert said.splitlines()[1:4] == [
        "❌ TASS: HTTP 403: the server refuses us.",
        "3 failures · never worked yet · next try in 10 min",
        "",
    ]
    assert "https://" not in said
    assert "https://news.example/tass.xml" in (await room.say("/feeds tass")).plain
    assert "English: Reuters ⏳, BBC News (2) ⏳" in said
    assert "日本語: NHK\n" in said


async def test_feeds_of_a_name_are_shown_in_detail(room: Newsroom) -> None:
    await room.publish("Rain in Kyoto", feed=3)
    said = (await room.say("/feeds nhk")).plain
    assert said.splitlines() == [
        "✅ NHK",
        "asked 30 min ago · last news 30 min ago · 1 entry",
        "https://news.example/nhk.xml",
    ]


async def test_status_tells_polls_queue_and_failures(room: Newsroom) -> None:
    assert "no feed has been read yet" in (await room.say("/status")).plain
    await room.publish("Rain in Kyoto", feed=3)
    said = (await room.say("/status")).plain
    assert "🟢 All is well" in said
    assert said.splitlines() == [
        "🟢 All is well",
        "📡 5 feeds of 4 outlets, none failing",
        "🕑 Feeds last asked 30 min ago, next due now",
        "🗞 1 entry, the newest 30 min ago; all have been read",
        "📨 No message is waiting",
    ]
    for feed in range(len(FEEDS)):
        await room.fail_feed(feed, "The name cannot be resolved.")
    assert "🔴 Every feed fails" in (await room.say("/status")).plain


async def test_status_tells_what_waits_and_what_failed(room: Newsroom) -> None:
    topic = await room.topic_id("ukraine-ceasefire")
    await room.deliver(
        await room.publish("Truce is far in Ukraine"), [topic], outcome=Refused("the chat is gone")
    )
    await room.owe(await room.publish("Truce is near in Ukraine"), [topic])
    room.clock.at += timedelta(minutes=4)
    said = (await room.say("/status")).plain
    assert "🟡 Running, with failures" in said
    assert "📨 1 message to be sent, 4 min late\n❌ 1 message could not be sent" in said


async def test_status_leads_to_what_fails(room: Newsroom) -> None:
    for feed in (0, 1, 4):
        await room.fail_feed(feed, "The name cannot be resolved.")
    await room.publish("Rain in Kyoto", feed=3)
    said = await room.say("/status")
    assert offered(said) == ["/feeds"]
    assert "🟡 Running, with failures: Reuters, BBC News and 1 more\n" in said.plain
    assert "❌ Reuters: The name cannot be resolved." in (await room.say("/feeds reuters")).plain


async def test_status_tells_of_feeds_that_are_odd_without_failing(room: Newsroom) -> None:
    """Silence, a burst and a move are told, with what may have come of them; the chat is not alarmed otherwise."""
    store, now = room.store, room.clock.now()
    silent, burst, moved, *_ = await store.feed_statuses()
    days = timedelta(days=1)
    await room.publish("Rain in Kyoto", feed=0, ago=20 * days)
    move = Move("https://new.example/feed?key=secret", now - 9 * days, 99)
    await store.record_poll(
        PollRecord(silent.id, now, now + days),
        PollRecord(burst.id, now, now + days, burst=True),
        PollRecord(moved.id, now, now + days, move=move),
    )
    said = (await room.say("/status")).plain
    assert "🟢 All is well" in said
    assert f"🔇 Silent for unusually long: {silent.spec.outlet}\n" in said
    assert f"so that some may be missing: {burst.spec.outlet}\n" in said
    assert "🔇 Silent for unusually long" in (await room.say(f"/feeds {silent.spec.url}")).plain
    assert "just now it brought more at once" in (await room.say(f"/feeds {burst.spec.url}")).plain
    shown_move = (await room.say(f"/feeds {moved.spec.url}")).plain
    assert "configure its new address: https://new.example/feed?key=…" in shown_move


async def test_status_of_a_paused_chat_says_that_first(room: Newsroom) -> None:
    """Nothing comes there, however well the rest is."""
    await room.publish("Rain in Kyoto", feed=3)
    await room.store.save_chat(replace(room.chat, paused_at=NOW, pause_reason="the bot was blocked"))
    said = await room.say("/status")
    assert said.plain.splitlines()[:2] == [
        "⏸ Bulletins are paused in this chat (the bot was blocked)",
        "🟢 All else is well",
    ]
    assert offered(said) == ["/resume"]


async def test_without_feeds_the_answers_say_so(room: Newsroom) -> None:
    await room.store.sync_feeds((), NOW)
    assert "No feed is configured." in (await room.say("/feeds")).plain
    assert "No feed asked yet" in (await room.say("/status")).plain


async def test_many_failing_feeds_are_cut_short(room: Newsroom) -> None:
    await room.store.sync_feeds(
        [FeedSpec(f"https://f.example/{n}", f"Outlet {n}", "en") for n in range(14)], NOW
    )
    for number in range(14):
        await room.fail_feed(number, "The name cannot be resolved.")
    assert "… and 4 more; /feeds NAME shows one" in (await room.say("/feeds")).plain


async def test_subscribe_alone_when_all_is_followed(room: Newsroom) -> None:
    await room.say("/subscribe ukraine us armenia")
    assert "There is no further topic to subscribe to." in (await room.say("/subscribe")).plain


async def test_show_points_at_what_a_reload_made_unreadable(room: Newsroom) -> None:
    await room.store.add_topic(room.chat.id, TopicSpec("old", "Old", "Ukraine ("), NOW)
    assert "A parenthesis is not closed." in (await room.say("/topics show old")).plain


async def test_why_says_that_a_revision_no_longer_matches(room: Newsroom) -> None:
    entry = await room.publish("Rain in Kyoto")
    await room.deliver(entry, [await room.topic_id("ukraine-ceasefire")])
    assert "it no longer matches" in (await room.say("/why")).plain


async def test_pausing_and_resuming_says_what_was_missed(room: Newsroom) -> None:
    await room.say("/subscribe ukraine-ceasefire")
    said = await room.say("/pause")
    assert offered(said) == ["/resume"]
    assert (await room.store.chat(room.chat.id) or room.chat).paused_at == NOW
    assert "have been paused here since 14:40 UTC" in (await room.say("/pause")).plain
    assert "paused" in (await room.say("/subscribe us-russia-summit")).plain
    room.clock.at += timedelta(hours=3)
    await room.publish("Truce in Ukraine is near")
    said = await room.say("/resume")
    assert "1 story was missed since 14:40 UTC." in said.plain
    assert "One message follows" in said.plain
    assert offered(said) == []
    assert not (await room.store.chat(room.chat.id) or room.chat).paused


async def test_a_pause_that_was_not_asked_for_says_why(room: Newsroom) -> None:
    await room.store.save_chat(replace(room.chat, paused_at=NOW, pause_reason="the bot was blocked"))
    assert "(the bot was blocked)" in (await room.say("/pause")).plain


@pytest.mark.parametrize(
    ("typed", "field", "value"),
    [
        ("languages en ja", "languages", ("en", "ja")),
        ("languages ja, en, ja", "languages", ("ja", "en")),
        ("languages Japanese Русский", "languages", ("ja", "ru")),
        ("lang 日本語", "languages", ("ja",)),
        ("timezone Asia/Tokyo", "time_zone", "Asia/Tokyo"),
        ("timezone tokyo", "time_zone", "Asia/Tokyo"),
        ("timezone new york", "time_zone", "America/New_York"),
        ("timezone EUROPE/kyiv", "time_zone", "Europe/Kyiv"),
        ("block BBC", "blocked_outlets", frozenset({"BBC News"})),
        ("block nhk", "blocked_outlets", frozenset({"NHK"})),
        ("prefer reuters.com", "preferred_outlets", frozenset({"Reuters"})),
    ],
)
async def test_settings_are_kept(room: Newsroom, typed: str, field: str, value: object) -> None:
    """However a language, city or outlet is called, the setting holds its proper name."""
    said = await room.say(f"/settings {typed}")
    assert said.plain.startswith("✅")
    assert getattr(await room.store.chat(room.chat.id), field) == value


async def test_settings_shows_all_of_them_and_how_to_change_each(room: Newsroom) -> None:
    await room.say("/settings languages ja en")
    await room.say("/settings timezone Tokyo")
    await room.say("/settings block TASS")
    said = (await room.say("/settings")).plain
    assert "Reads 日本語, then English" in said
    assert "Time zone Asia/Tokyo, now 23:40 JST" in said
    assert "Blocked outlets: TASS" in said
    assert "/settings timezone Asia/Tokyo" in said
    assert "/settings languages any" not in said
    assert "/settings unblock OUTLET" in said
    assert "/settings unprefer OUTLET" not in said, "there is none to take back"


async def test_reading_some_languages_keeps_the_others_coming(room: Newsroom) -> None:
    said = (await room.say("/settings languages ja")).plain
    assert (
        said
        == "✅ This chat reads 日本語. Reports in other languages still come, marked with their language."
    )
    assert "still come" not in (await room.say("/settings languages any")).plain


async def test_an_outlet_is_either_blocked_or_preferred(room: Newsroom) -> None:
    await room.say("/settings prefer TASS")
    await room.say("/settings block TASS")
    chat = await room.store.chat(room.chat.id)
    assert chat is not None
    assert (chat.blocked_outlets, chat.preferred_outlets) == (frozenset({"TASS"}), frozenset())
    await room.say("/settings prefer TASS")
    chat = await room.store.chat(room.chat.id)
    assert chat is not None
    assert (chat.blocked_outlets, chat.preferred_outlets) == (frozenset(), frozenset({"TASS"}))


async def test_an_outlet_that_an_aggregator_brought_can_be_blocked(room: Newsroom) -> None:
    """It is in no configuration, but this chat has had a message of it."""
    entry = await room.publish("Truce in Ukraine is near", outlet="Village Voice Weekly")
    await room.deliver(entry, [await room.topic_id("ukraine-ceasefire")])
    await room.say("/settings block village voice weekly")
    chat = await room.store.chat(room.chat.id)
    assert chat is not None
    assert chat.blocked_outlets == {"Village Voice Weekly"}


async def test_stop_ends_the_program_where_there_is_one_to_end(room: Newsroom) -> None:
    stops: list[bool] = []
    services = replace(room.services, stop=lambda: stops.append(True))
    assert "Stopping" in (await answer(services, room.chat, "/stop")).plain
    assert stops == [True]
    assert "/stop" in (await answer(services, room.chat, "/help")).plain


async def test_stop_elsewhere_is_an_unknown_command(room: Newsroom) -> None:
    said = await room.say("/stop")
    assert said.plain == "🤔 Did you mean /pause?"
    assert offered(said) == ["/pause"]


async def test_nobody_sees_or_changes_another_chats_topics(room: Newsroom) -> None:
    """Not in lists, not by name, not through any command; and a name taken next door is free here."""
    await room.say("/topics add Secret plan = Ukraine grain", chat=room.neighbour)
    await room.say("/subscribe secret-plan", chat=room.neighbour)
    before = (await room.state())[1:]
    for typed in (
        "/topics",
        "/start",
        "/subscribe",
        "/subscribe secret-plan",
        "/subscribe secret plan",
        "/unsubscribe secret-plan",
        "/topics show secret-plan",
        "/topics remove secret-plan",
        "/topics remove secret",
        "/latest secret-plan",
        "/help",
    ):
        said = await room.say(typed)
        assert "Secret plan" not in said.plain, typed
        assert "Ukraine grain" not in said.plain, typed
        assert (await room.state())[1:] == before, typed
    assert "Made the topic Secret plan." in (await room.say("/topics add Secret plan = Armenia")).plain


async def test_settings_and_pauses_are_a_chats_own(room: Newsroom) -> None:
    for typed in ("/settings languages ja", "/settings block TASS", "/pause", "/subscribe ukraine"):
        await room.say(typed)
    assert await room.store.chat(room.neighbour.id) == room.neighbour
    assert await room.store.subscriptions(room.neighbour.id) == ()


async def test_why_before_the_first_bulletin_explains_the_latest_story(room: Newsroom) -> None:
    """A newcomer asks about what /subscribe showed."""
    await room.publish("Truce in Ukraine is near")
    await room.say("/subscribe ukraine-ceasefire")
    said = (await room.say("/why")).plain
    assert "Why this fits: Truce in Ukraine is near" in said
    assert "“Truce” in the title → ceasefire" in said
    assert "No bulletin has been sent to this chat yet" in said


async def test_why_tells_nothing_of_another_chats_messages(room: Newsroom) -> None:
    entry = await room.publish("Truce in Ukraine is near")
    message = await room.deliver(entry, [await room.topic_id("ukraine-ceasefire")], room.neighbour)
    assert "not a bulletin" in (await room.say("/why", reply_to=message)).plain
    assert "No bulletin has been sent to this chat yet" in (await room.say("/why")).plain


@pytest.mark.parametrize("limit", [1, 3, TOPICS_PER_CHAT])
async def test_a_chat_has_room_for_so_many_topics(room: Newsroom, limit: int) -> None:
    """As many as the operator says; one that goes makes room for another, and changing one needs none."""
    room.topics_per_chat = limit
    for number in range(limit):
        assert "Made the topic" in (await room.say(f"/topics add T{number} = Ukraine")).plain
    said = await room.say("/topics add One more = Armenia")
    topics = "1 topic" if limit == 1 else f"{limit} topics"
    assert f"This chat has {topics} of its own, which is the limit." in said.plain
    assert len(await room.store.topics()) == limit + 3
    assert (await room.say("/topics edit t0 = Armenia")).changed
    assert (await room.say("/topics remove t0")).changed
    assert "Made the topic One more." in (await room.say("/topics add One more = Armenia")).plain
    assert (
        "Made the topic One more."
        in (await room.say("/topics add One more = Armenia", chat=room.neighbour)).plain
    )


async def test_a_bug_is_logged_once_and_answered_kindly(room: Newsroom) -> None:
    """The log has the command and the chat, and not a word of what was typed."""

    class BrokenDesk(Desk):
        def catalog(self) -> Catalog:
            raise RuntimeError("the desk is on fire")

    services = replace(room.services, newsdesk=BrokenDesk(room.desk.configuration, room.store))
    with capture_logs() as logs:
        said = await answer(services, room.chat, "/topics add my private words")
    assert "Something went wrong here with /topics" in said.plain
    (event,) = logs
    assert event["event"] == "command_failed"
    assert event["log_level"] == "error"
    assert (event["command"], event["chat"]) == ("topics", room.chat.id)
    assert "private" not in str({key: value for key, value in event.items() if key != "exc_info"})
