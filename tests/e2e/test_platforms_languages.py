"""On both platforms at once: everybody is spoken to in the language of their client, until they choose another."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.platforms import ADA, BOB, GROUP, PRIVATE
from tests.e2e.test_platforms import TALKS, staged


async def test_everybody_is_spoken_to_in_their_own_language(tmp_path: Path) -> None:
    """Answers, what is said of no command, and bulletins; a group speaks as who brought the bot there."""
    async with staged(tmp_path) as stage:
        stage.telegram.user(ADA, "Ada", language_code="ru")
        stage.telegram.user(BOB, "Bob", language_code="ja")
        assert "За чем следить этому чату?" in (await stage.tell(PRIVATE, "/start")).text
        assert "コマンド" in (await stage.tell(GROUP, "/help", user=BOB)).text
        assert "コマンド" in (await stage.tell(GROUP, "/help", user=ADA)).text
        await stage.tell(PRIVATE, "/subscribe armenia-azerbaijan")
        await stage.publish(TALKS)
        await stage.telegram.until(lambda: TALKS in stage.telegram.messages(PRIVATE)[-1].text)
        assert "#Армения_Азербайджан (" in stage.telegram.messages(PRIVATE)[-1].text


async def test_a_slack_that_does_not_tell_is_spoken_to_in_english(tmp_path: Path) -> None:
    """An app that was made before the scope was asked for goes on as it was."""
    async with staged(tmp_path) as stage:
        stage.slack.locales["U1"] = "ja-JP"
        assert "コマンド" in (await stage.write("help")).text
        stage.slack.home.scopes.discard("users:read")
        assert "What you can type" in (await stage.type("help")).text
        assert (await stage.chat("slack", "T1/C1")).language == ""
