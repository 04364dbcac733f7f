"""What Slack would refuse is refused, and what would notify people is seen."""

from __future__ import annotations

import pytest

from tests.fakes.slack_blocks import Json, Link, problems, read, read_mrkdwn


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def actions(*labels: str, **more: str) -> Json:
    texts = [{"type": "plain_text", "text": label} for label in labels]
    return {"type": "actions", "elements": [{"type": "button", "text": text, **more} for text in texts]}


@pytest.mark.parametrize(
    ("block", "wrong"),
    [
        ({"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}, "less than 151 characters"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "unsupported type: mrkdwn"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": ""}}, "more than 0 characters"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}, "less than 3001 characters"),
        (
            {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]},
            "less than 2001 characters",
        ),
        ({"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}, "no more than 10 items"),
        ({"type": "section"}, "missing required field: text"),
        ({"type": "sections"}, "unsupported type: sections"),
        ({"type": "divider", "colour": "red"}, "additional property colour"),
        ({"type": "divider", "block_id": "x" * 256}, "less than 256 characters"),
        ({"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}, "no more than 10 items"),
        (actions(*"abcdefghijklmnopqrstuvwxyz"), "no more than 25 items"),
        (actions("x" * 76), "less than 76 characters"),
        (actions(""), "more than 0 characters"),
        (actions("x", value="x" * 2001), "less than 2001 characters"),
        (actions("a", "b", action_id="1"), "action_id 1 is not unique"),
        (rich({"type": "text", "text": ""}), "more than 0 characters"),
        (rich({"type": "text", "text": "x", "style": {"bold": 1}}), "must be a boolean"),
        (rich({"type": "text", "text": "x", "style": {"blink": True}}), "additional property blink"),
        (rich({"type": "link", "url": "javascript:alert(1)"}), "must be a valid url"),
        (rich({"type": "mrkdwn", "text": "x"}), "unsupported type: mrkdwn"),
        (None, "unsupported type: None"),
    ],
)
def test_what_slack_refuses_is_refused_where_it_stands(block: Json, wrong: str) -> None:
    found = problems([{"type": "divider"}, block])
    assert any(wrong in problem and "[json-pointer:/blocks/1" in problem for problem in found)


def test_a_message_has_up_to_fifty_blocks_each_with_its_own_id() -> None:
    assert problems([{"type": "divider"}] * 50) == []
    assert problems([{"type": "divider"}] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    twice = [{"type": "divider", "block_id": "same"}] * 2
    assert problems(twice) == ["block_id same is not unique [json-pointer:/blocks]"]


def test_an_unescaped_mention_in_mrkdwn_pings_and_an_escaped_one_does_not() -> None:
    reading = read_mrkdwn("<!channel> <@U7> <!subteam^S1|team> <http://a.example|here> &lt;!here&gt; @here")
    assert reading.pings == ["@channel", "@U7", "@S1"]
    assert reading.plain == "@channel @U7 team here <!here> @here"
    assert reading.links == [Link("http://a.example", "here")]
    assert read_mrkdwn("@here <http://b.example/?a&amp;b>", names=True).pings == ["@here"]


def test_in_rich_text_only_elements_of_their_own_ping() -> None:
    literal = rich({"type": "text", "text": "<!channel> <@U7> &amp;"})
    meant = rich({"type": "broadcast", "range": "here"}, {"type": "user", "user_id": "U7"})
    assert problems([literal, meant]) == []
    assert (read([literal]).plain, read([literal]).pings) == ("<!channel> <@U7> &amp;", [])
    assert read([meant]).pings == ["@here", "@U7"]


def test_lists_and_fields_read_line_by_line() -> None:
    items = [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]} for text in "ab"]
    ordered = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_list", "style": "ordered", "elements": items}],
    }
    fields = {
        "type": "section",
        "fields": [{"type": "plain_text", "text": "c"}, {"type": "mrkdwn", "text": "d"}],
    }
    assert problems([ordered, fields]) == []
    assert read([ordered, fields]).plain == "1. a\n2. b\nc\nd"
