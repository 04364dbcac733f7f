"""What people type by mistake: each gets a clear answer, and nothing changes."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.chat.commands import COMMANDS
from tests.chat.newsroom import Newsroom, open_newsroom

WRONG = [
    # what is typed, what the answer has to say
    ("", "Type a command"),
    ("   ", "Type a command"),
    ("...", "Type a command"),
    ("👍", "Type a command"),
    ("hello", "To follow “hello” in the news"),
    ("iran nuclear talks", "make it a topic"),
    ("subscribe ukraine-ceasefire", "Commands begin with a slash"),
    ("HELP", "Commands begin with a slash"),
    ("/", "What you can type"),
    ("//", "There is no command “/”."),
    ("/foo", "There is no command “foo”."),
    ("/topcs", "Did you mean /topics?"),
    ("/subscibe ukraine-ceasefire", "Did you mean /subscribe ukraine-ceasefire?"),
    ("/sub ukraine-ceasefire", "Did you mean /subscribe ukraine-ceasefire?"),
    ("/add Ukraine grain", "Did you mean /topics add Ukraine grain?"),
    ("/stop", "Did you mean /pause?"),
    ("/pause 2h", "I do not understand “2h” here.\n/pause — stops bulletins until they are resumed"),
    ("/pause until １８:00", "I do not understand “until １８:00” here."),
    ("/follow x", "Did you mean /subscribe x?"),
    ("/" + "x" * 4000, "There is no command “xxx"),
    ("/help feds", "Did you mean /help feeds?"),
    ("/help stop", "Did you mean /help pause?"),
    ("/help " + "y" * 4000, "There is no command “yyy"),
    ("/subscribe nowhere-land", "I know no topic “nowhere-land”"),
    ("/subscribe ukraine-ceasfire", "Did you mean ukraine-ceasefire?"),
    ("/subscribe u", "“u” could be any of these"),
    ("/subscribe ukraine-ceasefire nowhere", "I know no topic “nowhere”"),
    ("/subscribe armenia, us, mars", "I know no topic “mars”"),
    ("/subscribe ,,,", "I know no topic “,,,”"),
    ("/subscribe 🔥", "I know no topic “🔥”"),
    ("/subscribe " + "a b " * 1000, "I know no topic"),
    ("/unsubscribe", "subscribed to nothing"),
    ("/unsubscribe ukraine-ceasefire", "was not subscribed to Ukraine ceasefire"),
    ("/unsubscribe nowhere", "I know no topic “nowhere”"),
    ("/latest", "subscribed to nothing yet"),
    ("/latest nowhere", "I know no topic “nowhere”"),
    ("/latest armenia", "Nothing so far on Armenia–Azerbaijan"),
    ("/topics add", "What should the topic look for?"),
    ("/topics add =", "What should the topic look for?"),
    ("/topics add Name =", "What should the topic look for?"),
    ("/topics add = Ukraine", "A topic needs a name"),
    ("/topics add 🔥 = Ukraine", "A topic needs a name with letters"),
    ("/topics add !!!", "These words say nothing"),
    ("/topics add " + "long " * 30, "That name has 149 characters; 60 is the limit"),
    ("/topics add " + "N" * 61 + " = Ukraine", "That name has 61 characters; 60 is the limit"),
    ("/topics add Long = " + "Ukraine | " * 60 + "Russia", "500 is the limit"),
    ("/topics add Ukraine ceasefire", "There is a topic ukraine-ceasefire on offer already"),
    ("/topics add US Russia SUMMIT", "There is a topic us-russia-summit on offer already"),
    ("/topics add Mine", "There is a topic mine in this chat already"),
    ("/topics add (Ukraine", "A parenthesis is not closed."),
    ("/topics add Ukraine)", "This parenthesis closes nothing."),
    ("/topics add x = Ukraine | | grain", "Something is missing before this |."),
    ('/topics add x = Ukraine "grain', "This quotation mark is not closed."),
    ("/topics add x = -Ukraine", "A topic needs something to look for"),
    ("/topics add the of in", "These words say nothing"),
    ("/topics add x = " + "(" * 30 + "a" + ")" * 30, "More than 20 nested parentheses."),
    ("/topics remove", "Which topic?\n/topics remove TOPIC — removes a topic of this chat"),
    ("/topics remove ukraine-ceasefire", "is on offer to everyone and cannot be removed"),
    ("/topics remove nowhere", "I know no topic “nowhere”"),
    ("/topics remove mone", "Did you mean mine?"),
    ("/topics rename", "Which topic?\n/topics rename TOPIC = NAME — gives it another name"),
    ("/topics rename mine", "What should it be called?"),
    ("/topics rename mine =", "What should it be called?"),
    ("/topics rename mine = Mine", "It is called Mine already"),
    ("/topics rename mine = 🔥", "A topic needs a name with letters"),
    ("/topics rename mine = a = b", "A name has no = in it"),
    ("/topics rename mine = " + "N" * 61, "That name has 61 characters; 60 is the limit"),
    ("/topics rename mine = Ukraine Ceasefire", "There is a topic ukraine-ceasefire on offer already"),
    ("/topics rename mine: Theirs", "There is a topic theirs in this chat already"),
    ("/topics rename mine Ours", "Did you mean /topics rename mine = Ours?"),
    ("/topics rename nowhere = Ours", "I know no topic “nowhere”"),
    ("/topics rename armenia = Ours", "is on offer to everyone and cannot be changed"),
    ("/topics edit", "Which topic?\n/topics edit TOPIC = QUERY"),
    ("/topics edit mine", "What should Mine look for?\nAs yet: Ukraine grain"),
    ("/topics edit mine = (", "A parenthesis is not closed."),
    ("/topics edit mine = the", "These words say nothing"),
    ("/topics edit mine = -x", "A topic needs something to look for"),
    ("/topics edit mine = Ukraine grain", "Mine looks for that already"),
    ("/topics edit mine = " + "a " * 300, "500 is the limit"),
    ("/topics edit mone = Ukraine", "Did you mean mine?"),
    ("/topics edit ukraine-ceasefire = Armenia", "is on offer to everyone and cannot be changed"),
    ("/topics edit = Ukraine", "I know no topic “”"),
    ("/topics narrow", "Which topic?\n/topics narrow TOPIC: WORDS"),
    ("/topics narrow mine", "Mine looks for Ukraine grain\n/topics narrow mine: WORDS"),
    ("/topics narrow mine: (", "A parenthesis is not closed."),
    ("/topics narrow mine: a) | (b", "This parenthesis closes nothing."),
    ("/topics narrow mine: | port", "Something is missing before this |."),
    ('/topics narrow mine: "port', "This quotation mark is not closed."),
    ("/topics narrow mine: the", "These words say nothing"),
    ("/topics narrow mine: grain", "That changes nothing: Mine asks for it already"),
    ("/topics narrow mine: " + "port " * 120, "500 is the limit"),
    ("/topics narrow mine: " + "(" * 30 + "a" + ")" * 30, "More than 20 nested parentheses."),
    ("/topics narrow mine: 🔥", "These words say nothing"),
    ("/topics narrow mine -futures", "Did you mean /topics narrow mine: -futures?"),
    ("/topics narrow nowhere: port", "I know no topic “nowhere”"),
    ("/topics narrow armenia", "so that makes a topic of this chat's own"),
    ("/topics narrow armenia: port", "is on offer to everyone and cannot be changed"),
    ("/topics widen", "Which topic?\n/topics widen TOPIC: WORDS"),
    ("/topics widen mine", "Mine looks for Ukraine grain\n/topics widen mine: WORDS"),
    ("/topics widen mine: -corn", "A topic needs something to look for"),
    ("/topics widen mine: |", "There is nothing between these parentheses"),
    ("/topics widen mine: Ukraine grain", "That changes nothing"),
    ("/topics widen mine: x)", "This parenthesis closes nothing."),
    ("/topics widen mine corn", "Did you mean /topics widen mine: corn?"),
    ("/topics widen us-russia-summit: talks", "is on offer to everyone and cannot be changed"),
    ("/topics share", "Which topic?\n/topics share TOPIC"),
    ("/topics share nowhere", "I know no topic “nowhere”"),
    ("/topics share armenia", "is on offer in every chat. Type there:\n/subscribe armenia-azerbaijan"),
    ("/topics change mine = Armenia", "Did you mean /topics edit mine = Armenia?"),
    ("/topics show", "Which topic?\n/topics show TOPIC — explains a topic"),
    ("/topics show nowhere", "I know no topic “nowhere”"),
    ("/topics test", "What should be tried?\n/topics test QUERY — what it would have matched"),
    ("/topics test (", "A parenthesis is not closed."),
    ("/topics test the", "These words say nothing"),
    ("/topics rmove mine", "Did you mean /topics remove mine?"),
    ("/topics delete mine", "Did you mean /topics remove mine?"),
    ("/topics volcano in Iceland", "say what to do with it"),
    ("/topics ((", "I know no /topics “((”"),
    ("/why 5", "I do not understand “5” here.\n/why — explains the bulletin"),
    ("/more x", "I do not understand “x” here.\n/more — ways to widen"),
    ("/less x", "I do not understand “x” here.\n/less — ways to narrow"),
    ("/status x", "I do not understand “x” here.\n/status — "),
    ("/resume x", "I do not understand “x” here.\n/resume — starts bulletins again"),
    ("/pause please", "I do not understand “please” here."),
    ("/digest off x", "I do not understand “x” here.\n/digest off — no digests"),
    ("/digest hourly 8:00", "I do not understand “8:00” here.\n/digest hourly — each hour"),
    ("/quiet off x", "I do not understand “x” here.\n/quiet off — no quiet hours"),
    ("/why", "No bulletin has been sent to this chat yet"),
    ("/feeds nkh", "Did you mean NHK?"),
    ("/feeds " + "z" * 3000, "No feed has “zzz"),
    ("/resume", "Bulletins are not paused here"),
    ("/settings foo", "I know no /settings “foo”"),
    ("/settings langauges ja", "Did you mean /settings languages ja?"),
    ("/settings languages", "Type languages in the order you like them"),
    ("/settings languages jp", "“jp” is not a language that is read here"),
    ("/settings languages Japanes", "Did you mean japanese (ja)?"),
    ("/settings languages any ja", "“any” is not a language"),
    ("/settings timezone", "This chat's time zone is UTC"),
    ("/settings timezone Asia/Tokio", "Did you mean Asia/Tokyo?"),
    ("/settings timezone ../../etc/passwd", "I know no time zone “../../etc/passwd”"),
    ("/settings timezone UTC+9", "Type it as Area/City"),
    ("/settings block", "Which outlet?\n/settings block OUTLET — nothing of this outlet"),
    ("/settings block Ruters", "Did you mean Reuters?"),
    ("/settings block Nobody's Herald", "I find no outlet “Nobody's Herald”.\n/feeds lists them."),
    ("/settings unblock", "Which outlet?\n/settings unblock OUTLET — lets it in again"),
    ("/settings unblock Reuters", "No outlet is blocked in this chat"),
    ("/settings prefer", "Which outlet?"),
    ("/settings prefer Ruters", "Did you mean Reuters?"),
    ("/settings unprefer NHK", "I find no outlet “NHK”"),
    ("/settings unprefer NHK", "Now preferred: BBC News."),
    ("/settings unprefer NHK", "I find no outlet"),
    ("/status\x00\x1b[31m", "Did you mean /status?"),
]


@pytest.mark.parametrize(("typed", "expected"), WRONG)
async def test_a_mistake_is_answered_clearly_and_changes_nothing(
    room: Newsroom, typed: str, expected: str
) -> None:
    """Never an exception, never silence; the store stays as it was."""
    await room.say("/topics add Mine = Ukraine grain")
    await room.say("/topics add Theirs = Armenia grain")
    await room.say("/settings prefer BBC")
    before, changes = await room.state(), room.desk.changes
    with capture_logs() as logs:
        said = await room.say(typed)
    assert expected in said.plain
    assert logs == []
    assert await room.state() == before
    assert room.desk.changes == changes
    assert len(said.plain) < 2000


async def test_what_is_offered_after_a_mistake_is_a_command(room: Newsroom) -> None:
    """Every suggestion can be run: its first word is a command there is."""
    names = {f"/{command.name}" for command in COMMANDS}
    for typed, _ in WRONG:
        for action in (await room.say(typed)).actions:
            assert action.command.split()[0] in names
            assert "There is no command" not in (await room.say(action.command)).plain


async def test_a_miss_offers_what_there_is(room: Newsroom) -> None:
    """What can be removed is the chat's own; a new topic is offered where one may be wanted."""
    said = await room.say("/topics remove nowhere")
    assert said.plain.endswith("This chat has made no topic of its own.")
    assert said.actions == ()
    await room.say("/topics add Mine = Ukraine grain")
    (only,) = (await room.say("/topics remove nowhere")).actions
    assert (only.label, only.command) == ("Remove Mine", "/topics remove mine")
    for typed, adds in (
        ("/subscribe nowhere", True),
        ("/latest nowhere", True),
        ("/topics show nowhere", False),
        ("/unsubscribe nowhere", False),
        ("/subscribe ,,,", False),
    ):
        actions = [action.command for action in (await room.say(typed)).actions]
        assert ("/topics add nowhere" in actions) == adds, typed


async def test_removing_never_guesses_past_a_topic_on_offer(room: Newsroom) -> None:
    """`ukraine-ceasefire` is on offer, so that a topic of ours begins with these words removes nothing."""
    await room.say("/topics add Ukraine ceasefire watch")
    await room.say("/topics remove ukraine-ceasefire")
    said = await room.say("/topics remove ukraine")
    assert [action.command for action in said.actions] == ["/topics remove ukraine-ceasefire-watch"]
    assert len(await room.store.topics()) == 4


async def test_a_wrong_word_leads_to_how_the_command_is_used(room: Newsroom) -> None:
    said = await room.say("/settings colour blue")
    assert len(said.lines) == 1
    assert [(action.label, action.command) for action in said.actions] == [
        ("How to use /settings", "/help settings")
    ]


async def test_a_time_zone_that_can_only_be_one_is_offered_alone(room: Newsroom) -> None:
    for typed in ("Asia/Tokio", "tokio"):
        said = await room.say(f"/settings timezone {typed}")
        assert [(action.label, action.command) for action in said.actions] == [
            ("Use Asia/Tokyo", "/settings timezone Asia/Tokyo")
        ]
    assert len((await room.say("/settings timezone America/New")).actions) > 1


async def test_a_mistake_in_a_query_is_pointed_at(room: Newsroom) -> None:
    """The caret stands under the mistake, also behind wide characters."""
    said = await room.say("/topics add x = 日本 | | 停戦")
    assert [row[0].text for row in said.lines[1:]] == ["日本 | | 停戦", "　　   ^"]


async def test_a_mistake_far_into_a_query_is_shown_in_its_surroundings(room: Newsroom) -> None:
    query = "Ukraine " * 30 + "| | grain " + "Russia " * 20
    said = await room.say(f"/topics add x = {query}")
    shown, caret = (row[0].text for row in said.lines[1:])
    assert len(shown) < 60
    assert shown[caret.index("^")] == "|"
    assert shown.startswith("…")
    assert shown.endswith("…")


COMMAND_LIKE = st.builds(
    "/{}{}{}".format,
    st.sampled_from([command.name for command in COMMANDS if command.name != "stop"]),
    st.sampled_from(
        [" ", "@x "]
        + [
            f" {word} "
            for word in (
                *("add", "remove", "test", "show", "share", "rename", "rename a =", "edit", "edit a ="),
                *("narrow", "narrow a:", "widen", "widen a:", "languages", "timezone", "block"),
            )
        ]
    ),
    st.text(max_size=200),
)
QUERY_LIKE = st.text(st.sampled_from(' ()|"-=:«»「」ab停戦Украина!'), max_size=60).map(
    "/topics add {}".format
)


def test_no_text_whatever_raises_or_goes_unanswered() -> None:
    """Arbitrary text, text behind a command and near-queries are all answered, without an error in the log."""
    with asyncio.Runner() as runner, tempfile.TemporaryDirectory() as folder:
        stack = AsyncExitStack()
        room = runner.run(stack.enter_async_context(open_newsroom(Path(folder))))
        runner.run(room.say("/topics add a = Ukraine grain"))

        @settings(max_examples=250, deadline=None)
        @given(text=st.text(max_size=300) | COMMAND_LIKE | QUERY_LIKE)
        def check(text: str) -> None:
            with capture_logs() as logs:
                said = runner.run(room.say(text))
            assert said.plain.strip()
            assert logs == []

        check()
        runner.run(stack.aclose())
