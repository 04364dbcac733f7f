"""The bot speaks to each chat in its language: which that is, how it is changed, and that nothing else is said."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat.commands import COMMANDS
from bot.chat.reception import ClientLanguage, Heard, Reception
from bot.chat.telegram.bot import MAX_ALERT
from bot.domain.access import OPEN, Access
from bot.domain.documents import Document, Style
from tests.chat.newsroom import Newsroom

SCRIPTS = {"ja": r"[\u3040-\u30ff\u4e00-\u9fff]", "ru": r"[а-яё]"}


def client(language: str | None) -> ClientLanguage:
    async def told() -> str | None:
        return language

    return told


async def hear(
    room: Newsroom, text: str, language: str | None, address: str = "77", access: Access = OPEN
) -> Document:
    heard = Heard("telegram", address, "", text, client_language=client(language))
    said = await Reception(room.services, access).answer(heard)
    assert said is not None
    return said


async def language_at(room: Newsroom, address: str = "77") -> str:
    chat = await room.store.chat_at("telegram", address)
    assert chat is not None
    return chat.language


async def set_to(room: Newsroom, **changes: object) -> None:
    await room.store.save_chat(replace(room.chat, **changes))  # type: ignore[arg-type]  # a chat's own fields


@pytest.mark.parametrize(
    ("tongue", "kept", "greeting"),
    [
        ("ja", "ja", "このチャットで何を追いますか？"),
        ("ru-RU", "ru", "За чем следить этому чату?"),
        ("en", "en", "What should this chat follow?"),
        ("de", "", "What should this chat follow?"),
        (None, "", "What should this chat follow?"),
    ],
)
async def test_a_new_chat_is_spoken_to_as_its_persons_client(
    room: Newsroom, tongue: str | None, kept: str, greeting: str
) -> None:
    assert greeting in (await hear(room, "/start", tongue)).plain
    assert await language_at(room) == kept


async def test_a_chat_keeps_the_language_it_has(room: Newsroom) -> None:
    """Whoever else speaks there."""
    await hear(room, "/start", "ja")
    assert "コマンド" in (await hear(room, "/help", "ru")).plain
    assert await language_at(room) == "ja"


async def test_a_chat_without_one_takes_that_of_who_speaks(room: Newsroom) -> None:
    """It was made before it was asked for, or by a channel; but not where what it reads tells it."""
    await hear(room, "/start", None)
    await hear(room, "/topics", "ru")
    assert await language_at(room) == "ru"
    await hear(room, "/start", None, "78")
    chat = await room.store.chat_at("telegram", "78")
    assert chat is not None
    await room.store.save_chat(replace(chat, languages=("ja",)))
    assert "コマンド" in (await hear(room, "/help", "ru", "78")).plain
    assert await language_at(room, "78") == ""


async def test_a_stranger_is_told_so_in_the_language_of_the_client(room: Newsroom) -> None:
    """Nothing is kept of them, that neither."""
    said = await hear(room, "/start", "ru", access=Access(invite_code="sesame"))
    assert said.plain.startswith("👋 Это закрытый бот")
    assert await room.store.chat_at("telegram", "77") is None


@pytest.mark.parametrize("typed", ["ja", "JA", "ja-JP", "日本語", "Japanese", "японский"])
async def test_a_language_has_many_names(room: Newsroom, typed: str) -> None:
    said = await room.say(f"/language {typed}")
    assert said.plain == "✅ これからここでは日本語で話します。"
    assert said.changed
    assert (await room.store.chat(room.chat.id)) == replace(room.chat, language="ja")
    assert (await room.say("/language")).plain.startswith("🌐 ここでは日本語で話します。")


async def test_japanese_puts_no_blank_between_sentences(room: Newsroom) -> None:
    await set_to(room, language="ja")
    for typed in ("/settings block Ruters", "/settings block Zzz", "/feeds nkh"):
        assert "。 " not in (await room.say(typed)).plain


@pytest.mark.parametrize("typed", ["klingon", "de", "{}", "日本", "x" * 300])
async def test_a_language_that_is_not_spoken(room: Newsroom, typed: str) -> None:
    """What there is can be pressed; nothing changes."""
    said = await room.say(f"/language {typed}")
    assert said.plain.startswith("🤔 I do not speak “")
    assert [action.command for action in said.actions] == ["/language ja", "/language ru"]
    assert not said.changed
    assert await room.store.chat(room.chat.id) == room.chat


async def test_what_is_spoken_is_shown_with_the_others(room: Newsroom) -> None:
    said = await room.say("/language")
    assert said.plain.startswith(
        "🌐 I speak English here.\nType one of en (English), ja (日本語), ru (русский):"
    )
    assert [(action.label, action.command) for action in said.actions] == [
        ("日本語", "/language ja"),
        ("Русский", "/language ru"),
    ]
    assert "🌐 Is spoken to in English; /language" in (await room.say("/settings")).plain


@pytest.mark.parametrize(
    ("language", "opening"),
    [("en", "🔒 In this group"), ("ja", "🔒 このグループ"), ("ru", "🔒 В этой группе")],
)
async def test_only_admins_change_it(room: Newsroom, language: str, opening: str) -> None:
    """As everything that all of a group gets; and they are told so in the group's language, within a pop-up's length."""
    await set_to(room, language=language)

    async def nobody() -> bool:
        return False

    heard = Heard("telegram", "1", "", "/language en", may_steer=nobody)
    said = await Reception(room.services, OPEN).answer(heard)
    assert said is not None
    assert said.plain.startswith(opening)
    assert len(said.plain) <= MAX_ALERT
    assert await language_at(room, "1") == language


TYPED = [
    "hello there",
    "!!",
    "help",
    "/start",
    "/help",
    *(f"/help {command.name}" for command in COMMANDS if not command.console_only),
    "/nonsense",
    "/statsu",
    "/subscribe",
    "/subscribe ukraine-ceasefire armenia-azerbaijan",
    "/subscribe ukraine-ceasefire",
    "/subscribe xyzzy",
    "/unsubscribe armenia-azerbaijan armenia-azerbaijan",
    "/unsubscribe",
    "/latest",
    "/latest armenia-azerbaijan",
    "/why",
    "/more",
    "/less",
    "/mute nothing",
    "/mute",
    "/mute",
    "/why",
    "/unmute",
    "/unmute 7",
    "/tune",
    "/tune ukraine-ceasefire",
    "/tune ukraine-ceasefire wait 2 updates loud sound off hourly 3",
    "/tune ukraine-ceasefire wait 2",
    "/more",
    "/topics",
    "/tune wait",
    "/tune wait nothing",
    "/tune updaets off",
    "/tune ukraine-ceasefire frobnicate nonsense",
    "/tune armenia-azerbaijan",
    "/tune wait 1 updates off sound on hourly off",
    "/more",
    "/feeds",
    "/feeds nhk",
    "/feeds xyzzy",
    "/status",
    "/topics",
    "/topics add",
    "/topics add Iran = Iran (tariff | ceasefire) -Turkey title:nato lang:ja from:nhk",
    "/topics add Iran = (",
    "/topics add = x",
    "/topics show iran",
    "/topics show ukraine-ceasefire",
    "/topics test",
    "/topics test Ukraine ceasefire",
    "/topics test Azerbaijan",
    "/topics narrow iran",
    "/topics narrow ukraine-ceasefire: Turkey",
    "/topics widen iran: Turkey",
    "/topics edit iran",
    "/topics edit iran = Iran Turkey",
    "/topics rename iran = Persia",
    "/topics rename persia",
    "/topics share persia",
    "/topics share ukraine-ceasefire",
    "/topics remove ukraine-ceasefire",
    "/topics remove persia",
    "/topics remove persia",
    "/topics frobnicate",
    "/settings",
    "/settings languages",
    "/settings languages xx",
    "/settings languages any",
    "/settings timezone",
    "/settings timezone xyzzy",
    "/settings timezone Tokyo",
    "/settings block",
    "/settings block TASS",
    "/settings prefer TASS",
    "/settings unprefer xyzzy",
    "/settings unprefer TASS",
    "/settings unblock TASS",
    "/settings previews",
    "/settings previews on",
    "/settings who",
    "/settings who everyone",
    "/settings nothing",
    "/topics add Turkey Azerbajan",
    "/topics test Azerbajan",
    "/digest",
    "/digest 25:00",
    "/digest weekdys 8",
    "/digest 8 18",
    "/digest only",
    "/digest 8",
    "/digest 8",
    "/digest weekends 8",
    "/digest mon,thu 9",
    "/digest",
    "/digest only hourly",
    "/digest",
    "/subscribe armenia-azerbaijan",
    "/quiet confirmed on",
    "/quiet",
    "/quiet 7-7",
    "/quiet 1-2-3",
    "/quiet 14-20",
    "/quiet confirmed",
    "/quiet",
    "/quiet confirmed on",
    "/quiet",
    "/pause",
    "/pause",
    "/settings",
    "/status",
    "/resume",
    "/resume",
    "/digest off",
    "/digest off",
    "/quiet off",
    "/quiet off",
    "/pause",
    "/resume",
    "/language",
    "/language klingon",
]

NAMES = frozenset(
    (
        "Sokuho Ukraine ceasefire summit Armenia Azerbaijan Russia Iran Persia Turkey truce United "
        "States Our Reuters BBC News NHK TASS English xyzzy klingon frobnicate nonsense nothing "
        "hello there nato nhk tariff ceasefire add test show narrow widen edit rename share remove "
        "list languages timezone block unblock prefer unprefer previews repeats who any off admins config "
        "feeds toml WORD Area City Asia Tokyo Europe Kyiv NATO from America New York UTC JST news "
        "example xml https peace deal asia Azerbajan weekdys weekdays weekends mon thu hourly "
        "tune wait updates sound silent loud"
    )
    .casefold()
    .split()
)
"""Names of things and words that one types stand in every language."""


@pytest.mark.parametrize("language", ["ja", "ru"])
async def test_nothing_is_said_in_english(room: Newsroom, language: str) -> None:
    """In no answer, and on no button, but for names, commands and what a person typed."""
    await set_to(room, language=language)
    await room.publish("米国とロシアが首脳会談で合意" if language == "ja" else "США и Россия: саммит", feed=4)
    await room.publish("Ukraine agrees to ceasefire", ago=timedelta(hours=3))
    await room.publish("Ukraine agrees to ceasefire", feed=1)
    await room.fail_feed(2, "", times=3)
    entry = await room.publish("Ukraine truce holds")
    await room.deliver(entry, [await room.topic_id("ukraine-ceasefire")])
    for typed in TYPED:
        said = await room.say(typed)
        texts = [span.text for row in said.lines for span in row if span.style is not Style.CODE]
        texts += [action.label for action in said.actions if not action.label.startswith("/")]
        for text in texts:
            if text in ("Ukraine agrees to ceasefire", "Ukraine truce holds"):
                continue
            words = {word.casefold() for word in re.findall(r"[A-Za-z]{3,}", re.sub(r"/\w+", "", text))}
            assert not words - NAMES, (typed, text)
        if typed != "/latest":  # of which all is sources' own
            assert re.search(SCRIPTS[language], said.plain, re.IGNORECASE), typed


@pytest.mark.parametrize(
    ("language", "typed"), [("ru", "/topics rename ТЕМА = НАЗВАНИЕ"), ("ja", "/topics rename 話題 = 名前")]
)
async def test_what_is_to_be_put_in_is_named_in_the_language(
    room: Newsroom, language: str, typed: str
) -> None:
    """The commands are the same in each; what stands for a person's own words is not."""
    await room.say(f"/language {language}")
    said = await room.say("/help topics")
    assert typed in said.plain
    assert "TOPIC" not in said.plain


async def test_a_bulletin_is_furnished_in_the_language_of_its_chat(room: Newsroom) -> None:
    await set_to(room, language="ja", languages=("en",), time_zone="Asia/Tokyo")
    await room.publish("Ukraine truce holds, Kyiv says")
    said = (await room.say("/latest ukraine-ceasefire")).plain
    assert said.splitlines()[-1] == "#ウクライナ和平(250808)"


async def test_topics_on_offer_are_called_as_in_the_language(room: Newsroom) -> None:
    """And found by that name as well as by the one of the configuration; a chat's own keeps its name."""
    await set_to(room, language="ja")
    await room.say("/topics add Iran")
    listed = (await room.say("/topics")).plain
    assert "• アルメニア・アゼルバイジャン  armenia-azerbaijan\n" in listed
    assert "• Iran\n" in listed
    for typed in ("アルメニア・アゼルバイジャン", "armenia-azerbaijan", "Armenia–Azerbaijan"):
        assert "アルメニア・アゼルバイジャン を購読しました" in (await room.say(f"/subscribe {typed}")).plain
        await room.say("/unsubscribe armenia-azerbaijan")
