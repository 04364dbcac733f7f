"""The table of commands: all that a chat can ask for, on every platform."""

from __future__ import annotations

from bot.chat.commands import guide, language, pausing, settings, status, subscriptions, timing, topics, why
from bot.chat.commands.base import Command, Services, Usage
from bot.domain.chats import Platform
from bot.domain.speech import phrase

_FOLLOW, _READ, _LOOK_AFTER = phrase("Follow"), phrase("Read"), phrase("Look after it")

COMMANDS: tuple[Command, ...] = (
    Command(
        name="start",
        summary="what this is, and what to do first",
        usage=(Usage("/start", "says hello and offers topics"),),
        examples=("/start",),
        handler=guide.start,
    ),
    Command(
        name="help",
        summary="this list, and more on each command",
        usage=(
            Usage("/help", "lists the commands"),
            Usage("/help COMMAND", "explains one, with examples"),
        ),
        examples=("/help", "/help topics"),
        handler=guide.help_,
    ),
    Command(
        name="subscribe",
        summary="follow topics in this chat",
        group=_FOLLOW,
        usage=(
            Usage("/subscribe", "offers the topics"),
            Usage("/subscribe TOPIC…", "follows one or several, by name or slug"),
        ),
        examples=(
            "/subscribe",
            "/subscribe ukraine-ceasefire us-russia-summit",
            "/subscribe US–Russia summit",
        ),
        handler=subscriptions.subscribe,
        takes_topics=True,
        steers=True,
    ),
    Command(
        name="unsubscribe",
        summary="stop following topics",
        group=_FOLLOW,
        usage=(
            Usage("/unsubscribe", "offers what this chat follows"),
            Usage("/unsubscribe TOPIC…", "stops following one or several"),
        ),
        examples=("/unsubscribe", "/unsubscribe us-russia-summit"),
        handler=subscriptions.unsubscribe,
        takes_topics=True,
        steers=True,
    ),
    Command(
        name="topics",
        summary="see, make, change, try out and share topics",
        group=_FOLLOW,
        usage=(
            Usage("/topics", "lists this chat's topics and those on offer"),
            Usage("/topics add QUERY", "makes a topic, and says how it was understood"),
            Usage("/topics add NAME = QUERY", "the same, under a name of its own"),
            Usage("/topics test QUERY", "what it would have matched of late, and why"),
            Usage("/topics show TOPIC", "explains a topic"),
            Usage(
                "/topics narrow TOPIC: WORDS",
                "has a topic of this chat ask for these words too; -WORD leaves out",
            ),
            Usage("/topics widen TOPIC: WORDS", "has it take these words instead, too"),
            Usage("/topics edit TOPIC = QUERY", "has it look for something else"),
            Usage("/topics rename TOPIC = NAME", "gives it another name"),
            Usage("/topics share TOPIC", "a line to copy that makes it in another chat"),
            Usage("/topics remove TOPIC", "removes a topic of this chat"),
        ),
        examples=(
            "/topics",
            "/topics test Ukraine ceasefire",
            "/topics add Grain deal = Ukraine (grain | зерно | 穀物) -futures",
            "/topics show grain-deal",
            "/topics narrow grain-deal: port",
            "/topics widen grain-deal: Black Sea corridor",
            "/topics edit grain-deal = Ukraine grain",
            "/topics rename grain-deal = Grain",
            "/topics share grain",
            "/topics remove grain",
            "/topics add Russia ceasefire",
        ),
        handler=topics.topics,
        words=("add", "test", "show", "narrow", "widen", "edit", "rename", "share", "remove", "list"),
        takes_topics=True,
    ),
    Command(
        name="latest",
        summary="the newest bulletins again",
        group=_READ,
        usage=(
            Usage("/latest", "of all that this chat follows"),
            Usage("/latest TOPIC", "of one topic, followed or not"),
        ),
        examples=("/latest", "/latest ukraine-ceasefire"),
        handler=subscriptions.latest,
        takes_topics=True,
    ),
    Command(
        name="why",
        summary="why the last bulletin came; or reply to one",
        group=_READ,
        usage=(Usage("/why", "explains the bulletin you answer to, or else the last one"),),
        examples=("/why",),
        handler=why.why,
    ),
    Command(
        name="digest",
        summary="what is new at a set time, in one message",
        group=_READ,
        usage=(
            Usage("/digest", "says when digests come here, with buttons to change that"),
            Usage("/digest 08:00", "each day what is new since the last one, besides the bulletins"),
            Usage("/digest only 08:00", "nothing but the digest: no bulletin comes at once any more"),
            Usage("/digest weekdays 7:30", "on some days: weekdays, weekends, or such as mon,thu"),
            Usage("/digest hourly", "each hour; where nothing is new, no digest comes"),
            Usage("/digest off", "no digests; bulletins come at once"),
        ),
        examples=("/digest 8am", "/digest mon,thu 9:00", "/digest only weekends 10", "/digest off"),
        handler=timing.digest,
        words=("only", "weekdays", "weekends", "hourly", "off"),
        steers=True,
    ),
    Command(
        name="quiet",
        summary="hours in which bulletins wait",
        group=_READ,
        usage=(
            Usage("/quiet", "says when it is quiet here, with buttons to change that"),
            Usage(
                "/quiet 22:00-07:00",
                "what comes at night waits for the morning, as one message where it is much",
            ),
            Usage("/quiet confirmed on", "what several outlets confirm comes all the same; off is usual"),
            Usage("/quiet off", "no quiet hours; what waited comes now"),
        ),
        examples=("/quiet 22-7", "/quiet confirmed off", "/quiet off"),
        handler=timing.quiet,
        words=("confirmed", "off"),
        steers=True,
    ),
    Command(
        name="feeds",
        summary="what is read, and what fails",
        group=_LOOK_AFTER,
        usage=(
            Usage("/feeds", "every outlet, failing feeds first"),
            Usage("/feeds NAME", "the feeds with this in their outlet, title or address"),
        ),
        examples=("/feeds", "/feeds nhk"),
        handler=status.feeds,
    ),
    Command(
        name="status",
        summary="whether all is well: polls, queue, failures",
        group=_LOOK_AFTER,
        usage=(Usage("/status", "last poll, entries, messages that wait or failed"),),
        examples=("/status",),
        handler=status.status,
    ),
    Command(
        name="pause",
        summary="no bulletins here for now",
        group=_LOOK_AFTER,
        usage=(Usage("/pause", "stops bulletins until they are resumed"),),
        examples=("/pause",),
        handler=pausing.pause,
        steers=True,
    ),
    Command(
        name="resume",
        summary="bulletins again, and what was missed",
        group=_LOOK_AFTER,
        usage=(Usage("/resume", "starts bulletins again"),),
        examples=("/resume",),
        handler=pausing.resume,
        steers=True,
    ),
    Command(
        name="settings",
        summary="languages, time zone, outlets and more",
        group=_LOOK_AFTER,
        usage=(
            Usage("/settings", "shows the settings of this chat"),
            Usage("/settings languages en ja", "languages to read, the preferred one first; any for all"),
            Usage("/settings timezone Asia/Tokyo", "the zone of all times in this chat"),
            Usage("/settings block OUTLET", "nothing of this outlet any more"),
            Usage("/settings unblock OUTLET", "lets it in again"),
            Usage("/settings prefer OUTLET", "its words head the bulletin"),
            Usage("/settings unprefer OUTLET", "prefers it no more"),
            Usage(
                "/settings previews on",
                "links in bulletins show a preview; off is usual",
                only_on=("telegram", "slack"),
            ),
            Usage(
                "/settings who everyone",
                "who of a group may change things; admins is usual",
                only_on=("telegram",),
            ),
        ),
        examples=(
            "/settings languages any",
            "/settings block TASS",
            "/settings unblock TASS",
            "/settings prefer Reuters",
            "/settings unprefer Reuters",
            "/settings previews off",
            "/settings who admins",
            "/settings timezone Tokyo",
        ),
        handler=settings.settings,
        words=("languages", "timezone", "block", "unblock", "prefer", "unprefer", "previews", "who"),
        steers=True,
    ),
    Command(
        name="language",
        summary="the language in which I speak here",
        group=_LOOK_AFTER,
        usage=(
            Usage("/language", "shows it, and offers the others"),
            Usage("/language ja", "speaks it from now on: en, ja or ru, or its name"),
        ),
        examples=("/language", "/language 日本語", "/language ru"),
        handler=language.language,
        steers=True,
    ),
    Command(
        name="stop",
        summary="end the program",
        group=_LOOK_AFTER,
        usage=(Usage("/stop", "ends the program; what is due waits until the next start"),),
        examples=("/stop",),
        handler=guide.stop,
        console_only=True,
    ),
)


COMMAND_NAMES = frozenset(command.name for command in COMMANDS if not command.console_only)
"""What can be typed in a chat of a platform."""


def commands_for(services: Services, platform: Platform = "console") -> tuple[Command, ...]:
    """The commands there are on a platform: `/stop` only where there is something to stop."""
    return tuple(
        command.on(platform) for command in COMMANDS if services.stop is not None or not command.console_only
    )
