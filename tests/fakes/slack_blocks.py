"""What Slack's Block Kit accepts, and what a reader sees of it: the half of the Slack double that knows no network.

    problems([{"type": "header", "text": {"type": "plain_text", "text": ""}}])
    # ["must be more than 0 characters [json-pointer:/blocks/0/text/text]"], worded and placed as Slack does
    read([...]).plain, .links, .buttons, .pings

Only the blocks for which Sokuho has a use are known. Others exist; here they are refused, as is every unknown key: a
double that lets a misspelling pass proves nothing. Pages named in comments are under docs.slack.dev/reference/block-kit.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
Check = Callable[[Any, str], Iterator[str]]
"""Of a value and the place it stands at (a JSON pointer): what is wrong with it, as sentences."""

MESSAGE_SIZE = 13_200
"""Characters of compact JSON that all blocks of a message may take; more is `msg_blocks_too_long`.

Undocumented, so a cautious guess: slackapi/bolt-js#2509 saw the error from 13,297 characters of text in one block, and
#2867 from 11,341 characters of text in many rich_text blocks, where the objects around the text count too.
"""


def problems(blocks: object) -> list[str]:
    """What makes the blocks of a message `invalid_blocks`; nothing if they are fine."""
    return list(_blocks(blocks, "/blocks"))


def too_long(blocks: Sequence[Json]) -> bool:
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > MESSAGE_SIZE


def _wrong(what: str, at: str) -> str:
    # The form of response_metadata.messages without "[ERROR] ": yonicd/slackreprex#3, grafana/oncall#5121.
    return f"{what} [json-pointer:{at}]"


def _string(most: int, least: int = 1) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield _wrong("must be a string", at)
        elif len(value) < least:
            yield _wrong(f"must be more than {least - 1} characters", at)
        elif len(value) > most:
            yield _wrong(f"must be less than {most + 1} characters", at)

    return check


def _flag(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield _wrong("must be a boolean", at)


def _whole(least: int, most: int) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            yield _wrong(f"must be a whole number from {least} to {most}", at)

    return check


def _one_of(*values: str) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if value not in values:
            yield _wrong(f"must be one of {', '.join(values)}", at)

    return check


def _url(value: Any, at: str) -> Iterator[str]:
    faults = list(_string(3000)(value, at))
    yield from faults
    if faults:
        return
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    # Slack opens other schemes too, but nothing of Sokuho's should (FACTS.md: links can be `javascript:`).
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"[\s<>]", value):
        yield _wrong("must be a valid url", at)


def _list(each: Check, least: int, most: int) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield _wrong("must be an array", at)
            return
        if len(value) < least:
            yield _wrong(f"no less than {least} items allowed", at)
        if len(value) > most:
            yield _wrong(f"no more than {most} items allowed", at)
        for place, item in enumerate(value):
            yield from each(item, f"{at}/{place}")

    return check


def _record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    known = {**required, **(optional or {})}

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield _wrong("must be an object", at)
            return
        for key in required.keys() - value.keys():
            yield _wrong(f"missing required field: {key}", at)
        for key, inner in value.items():
            if key in known:
                yield from known[key](inner, f"{at}/{key}")
            elif key != "type":
                yield _wrong(f"additional property {key}", at)

    return check


def _typed(kinds: Mapping[str, Check]) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in kinds:
            yield from kinds[kind](value, at)
        else:
            yield _wrong(f"unsupported type: {kind}", f"{at}/type")

    return check


def _plain(most: int) -> Mapping[str, Check]:
    # composition-objects/text-object: `emoji` goes with plain_text only, `verbatim` with mrkdwn only.
    return {"plain_text": _record({"text": _string(most)}, {"emoji": _flag})}


def _text(most: int) -> Mapping[str, Check]:
    return {**_plain(most), "mrkdwn": _record({"text": _string(most)}, {"verbatim": _flag})}


def _unique(key: str, things: Any, at: str) -> Iterator[str]:
    named = (thing.get(key) for thing in things if isinstance(thing, dict))
    counts = Counter(name for name in named if isinstance(name, str))
    for value, times in counts.items():
        if times > 1:
            yield _wrong(f"{key} {value} is not unique", at)


# block-elements/button-element. That a value is not empty is a cautious guess.
_BUTTON = _record(
    {"text": _typed(_plain(75))},
    {
        "action_id": _string(255),
        "value": _string(2000),
        "url": _url,
        "style": _one_of("primary", "danger"),
        "accessibility_label": _string(75),
    },
)
# block-elements/image-element, blocks/image-block.
_PICTURE: Mapping[str, Check] = {"image_url": _url, "alt_text": _string(2000)}

# block-elements/rich-text-section-element: text takes underline (@slack/types, RichTextStyleable), mentions highlight.
_STYLE = {"style": _record({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), _flag))}
_OF_MENTION = {
    "style": _record(
        {}, dict.fromkeys(("bold", "italic", "strike", "highlight", "client_highlight", "unlink"), _flag)
    )
}
# An element's text has no documented limit of its own: MESSAGE_SIZE is what bounds it.
_WORDS: Mapping[str, Check] = {
    "text": _record({"text": _string(MESSAGE_SIZE)}, _STYLE),
    "link": _record({"url": _url}, {"text": _string(MESSAGE_SIZE), "unsafe": _flag, **_STYLE}),
}
_INLINE: Mapping[str, Check] = {
    **_WORDS,
    "emoji": _record({"name": _string(100)}, {"unicode": _string(100), **_STYLE}),
    "user": _record({"user_id": _string(30)}, _OF_MENTION),
    "usergroup": _record({"usergroup_id": _string(30)}, _OF_MENTION),
    "channel": _record({"channel_id": _string(30)}, _OF_MENTION),
    "broadcast": _record({"range": _one_of("here", "channel", "everyone")}, _STYLE),
    "date": _record(
        {"timestamp": _whole(0, 2**40), "format": _string(300)},
        {"url": _url, "fallback": _string(300), **_STYLE},
    ),
}
# blocks/rich-text-block. That a section holds at least one element is a cautious guess.
_SECTION = _record({"elements": _list(_typed(_INLINE), 1, 1000)})
_RICH: Mapping[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_quote": _record({"elements": _list(_typed(_INLINE), 1, 1000)}, {"border": _whole(0, 1)}),
    "rich_text_preformatted": _record(
        {"elements": _list(_typed(_WORDS), 1, 1000)}, {"border": _whole(0, 1), "language": _string(100)}
    ),
    "rich_text_list": _record(
        {
            "style": _one_of("bullet", "ordered"),
            "elements": _list(_typed({"rich_text_section": _SECTION}), 1, 1000),
        },
        {"indent": _whole(0, 8), "offset": _whole(0, 10_000), "border": _whole(0, 1)},
    ),
}
# Of every block: a block_id of at most 255 characters (blocks/section-block and the others).
_ID = {"block_id": _string(255)}


def _section(value: Any, at: str) -> Iterator[str]:
    # blocks/section-block: text up to 3000, or up to ten fields of 2000.
    yield from _record(
        {},
        {
            "text": _typed(_text(3000)),
            "fields": _list(_typed(_text(2000)), 1, 10),
            "accessory": _typed({"button": _BUTTON, "image": _record(_PICTURE)}),
            "expand": _flag,
            **_ID,
        },
    )(value, at)
    if "text" not in value and "fields" not in value:
        yield _wrong("missing required field: text", at)


def _actions(value: Any, at: str) -> Iterator[str]:
    # blocks/actions-block: up to 25 elements; block-elements/button-element: action_id is unique within its block.
    yield from _record({"elements": _list(_typed({"button": _BUTTON}), 1, 25)}, _ID)(value, at)
    if isinstance(value.get("elements"), list):
        yield from _unique("action_id", value["elements"], f"{at}/elements")


_BLOCK = _typed(
    {
        "header": _record({"text": _typed(_plain(150))}, _ID),  # blocks/header-block
        "section": _section,
        "actions": _actions,
        "divider": _record({}, _ID),  # blocks/divider-block
        "image": _record(_PICTURE, {"title": _typed(_plain(2000)), **_ID}),  # blocks/image-block
        # blocks/context-block: up to ten texts and images; composition-objects/text-object: a text has up to 3000.
        "context": _record(
            {"elements": _list(_typed({**_text(3000), "image": _record(_PICTURE)}), 1, 10)}, _ID
        ),
        "rich_text": _record({"elements": _list(_typed(_RICH), 1, 1000)}, _ID),
    }
)


def _blocks(value: Any, at: str) -> Iterator[str]:
    # docs.slack.dev/reference/block-kit/blocks: up to 50 in a message, each with an id of its own.
    yield from _list(_BLOCK, 0, 50)(value, at)
    if isinstance(value, list):
        yield from _unique("block_id", value, at)


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Button:
    """`value` and `url` are "" where the button has none."""

    label: str
    action_id: str
    value: str
    block_id: str
    url: str


@dataclass(slots=True)
class Reading:
    """What a person sees. `pings` are those whom it notifies: "@here", "@channel", "@U1", "@S1" of a user group."""

    plain: str = ""
    links: list[Link] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)


_CONTROL = re.compile(r"<([^<>]+)>|(https?://[^\s<>|]+)")
_NAMED_ALL = re.compile(r"(?<!\w)@(here|channel|everyone)\b")


def read_mrkdwn(text: str, *, names: bool = False) -> Reading:
    """How a text of mrkdwn reads. `names`: a bare @channel is one too (`link_names`, or `parse` "full").

    Marks such as *bold* stay in `plain`: nothing escapes them, and a test may want to see that they are there.
    docs.slack.dev/messaging/formatting-message-text: what stands between < and > is a link or a mention; a bare address
    becomes a link; &amp; &lt; &gt; are escapes.
    """
    reading = Reading()

    def shown(match: re.Match[str]) -> str:
        inside, bare = match.groups()
        if bare:
            reading.links.append(Link(_unescaped(bare), _unescaped(bare)))
            return bare
        what, _, label = inside.partition("|")
        if what.startswith("@"):
            reading.pings.append(what)
        elif what.startswith("!subteam^"):
            reading.pings.append("@" + what.removeprefix("!subteam^"))
        elif what in {"!here", "!channel", "!everyone"}:
            reading.pings.append("@" + what[1:])
        elif what.startswith("!"):
            return label  # a date: the label is what is shown where dates are not
        elif not what.startswith("#"):
            reading.links.append(Link(_unescaped(what), _unescaped(label or what)))
            return label or what
        return label or what.replace("!", "@")

    reading.plain = _unescaped(_CONTROL.sub(shown, text))
    if names:
        reading.pings += ["@" + name for name in _NAMED_ALL.findall(_CONTROL.sub("", text))]
    return reading


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def read(blocks: Sequence[Json]) -> Reading:
    """How these blocks read; they are valid. Dividers and buttons leave no text."""
    reading = Reading()
    lines = [_read_block(block, reading) for block in blocks]
    reading.plain = "\n".join(line for line in lines if line)
    return reading


def _read_block(block: Json, into: Reading) -> str:
    match block["type"]:
        case "rich_text":
            return "\n".join(_read_rich(part, into) for part in block["elements"])
        case "header":
            return str(block["text"]["text"])
        case "image":
            return str(block["alt_text"])
        case "context":
            return " ".join(_read_element(part, block, into) for part in block["elements"])
        case "actions":
            for part in block["elements"]:
                _read_element(part, block, into)
            return ""
        case "section":
            parts = [block["text"]] if "text" in block else []
            parts += [*block.get("fields", []), *([block["accessory"]] if "accessory" in block else [])]
            return "\n".join(filter(None, (_read_element(part, block, into) for part in parts)))
    return ""


def _read_element(element: Json, block: Json, into: Reading) -> str:
    match element["type"]:
        case "mrkdwn":
            part = read_mrkdwn(element["text"])
            into.links += part.links
            into.pings += part.pings
            return part.plain
        case "button":
            into.buttons.append(
                Button(
                    label=element["text"]["text"],
                    action_id=element.get("action_id", ""),
                    value=element.get("value", ""),
                    block_id=block.get("block_id", ""),
                    url=element.get("url", ""),
                )
            )
            return ""
        case "image":
            return str(element["alt_text"])
    return str(element["text"])


def _read_rich(part: Json, into: Reading) -> str:
    if part["type"] == "rich_text_list":
        first = part.get("offset", 0) + 1
        return "\n".join(
            (f"{number}. " if part["style"] == "ordered" else "• ") + _read_rich(item, into)
            for number, item in enumerate(part["elements"], first)
        )
    return "".join(_read_inline(element, into) for element in part["elements"])


def _read_inline(element: Json, into: Reading) -> str:
    # A `text` is literal: it never pings, links or marks. Who is to be notified has an element of its own.
    match element["type"]:
        case "link":
            label = str(element.get("text", element["url"]))
            into.links.append(Link(element["url"], label))
            return label
        case "user":
            into.pings.append("@" + element["user_id"])
            return f"@{element['user_id']}"
        case "usergroup":
            into.pings.append("@" + element["usergroup_id"])
            return f"@{element['usergroup_id']}"
        case "broadcast":
            into.pings.append("@" + element["range"])
            return f"@{element['range']}"
        case "channel":
            return f"#{element['channel_id']}"
        case "emoji":
            return f":{element['name']}:"
        case "date":
            return str(element.get("fallback", ""))
    return str(element["text"])
