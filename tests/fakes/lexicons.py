"""A lexicon small enough to know by heart, and a catalog around it."""

from __future__ import annotations

from functools import cache

from bot.domain.catalog import Catalog, EventMark, StyleGuide
from bot.domain.lexicon import Clue, Concept, Kind, Labels, Lexicon, Process
from bot.domain.outlets import Outlet, Outlets
from bot.domain.topics import TopicSpec


def concept(id_: str, kind: Kind, labels: Labels | str, **rest: object) -> Concept:
    """A concept; a bare string is its one English label."""
    return Concept(id_, kind, {"en": (labels,)} if isinstance(labels, str) else labels, **rest)  # type: ignore[arg-type]  # **rest is Concept's own fields


CONCEPTS = (
    concept(
        "us",
        "country",
        {
            "en": ("United States", "US", "U.S.", "American", "Washington"),
            "ja": ("米国", "アメリカ", "米", "日米", "米露"),
            "ru": ("США",),
            "uk": ("США",),
        },
        not_in=("米価", "Washington Post"),
        flag="🇺🇸",
    ),
    concept(
        "ru",
        "country",
        {
            "en": ("Russia", "Russian", "Moscow"),
            "ja": ("ロシア", "露", "米露"),
            "ru": ("Россия", "российский", "Москва"),
            "uk": ("Росія", "Москва"),
        },
        flag="🇷🇺",
    ),
    concept(
        "ua",
        "country",
        {
            "en": ("Ukraine", "Ukrainian", "Kyiv"),
            "ja": ("ウクライナ",),
            "ru": ("Украина", "украинский", "Киев"),
            "uk": ("Україна", "Київ", "Києва"),
        },
        flag="🇺🇦",
    ),
    concept("jp", "country", {"en": ("Japan",), "ja": ("日本", "日米")}, flag="🇯🇵"),
    concept(
        "am", "country", {"en": ("Armenia", "Armenian"), "ja": ("アルメニア",), "ru": ("Армения",)}, flag="🇦🇲"
    ),
    concept(
        "az",
        "country",
        {"en": ("Azerbaijan",), "ja": ("アゼルバイジャン",), "ru": ("Азербайджан",)},
        flag="🇦🇿",
    ),
    concept("tr", "country", {"en": ("Turkey",)}, flag="🇹🇷"),
    concept("tg", "country", {"en": ("Togo",), "ru": ("Того",)}, flag="🇹🇬"),
    concept("ir", "country", {"en": ("Iran",), "ja": ("イラン",)}, flag="🇮🇷"),
    concept("kremlin", "place", {"en": ("Kremlin",), "ru": ("Кремль",)}, implies=("ru",)),
    concept(
        "trump",
        "person",
        {"en": ("Trump", "Donald Trump"), "ja": ("トランプ",), "ru": ("Трамп",)},
        implies=("us",),
    ),
    concept(
        "putin", "person", {"en": ("Putin",), "ja": ("プーチン",), "ru": ("Путин",)}, implies=("kremlin",)
    ),
    concept("zelensky", "person", {"en": ("Zelensky",), "ru": ("Зеленский",)}, implies=("ua",)),
    concept("aliyev", "person", {"en": ("Aliyev",), "ru": ("Алиев",)}, implies=("az",)),
    concept("nato", "organisation", {"en": ("NATO",), "ru": ("НАТО",)}),
    concept(
        "ceasefire",
        "event",
        {
            "en": ("ceasefire", "cease-fire", "truce"),
            "ja": ("停戦",),
            "ru": ("перемирие", "прекращение огня"),
            "uk": ("перемир’я",),
        },
        family="peace",
        not_in=("truce term",),
    ),
    concept("peace-deal", "event", {"en": ("peace deal",), "ja": ("和平合意",)}, family="peace"),
    concept(
        "summit",
        "event",
        {"en": ("summit",), "ja": ("首脳会談",), "ru": ("саммит",), "uk": ("саміт",)},
    ),
    concept("strike", "event", {"en": ("strike", "air strike"), "ru": ("удар",)}),
)

PROCESSES = (
    Process(
        "ukraine-peace",
        "Ukraine peace process",
        {"en": ("Ukraine peace process", "Ukraine ceasefire"), "ja": ("ウクライナ和平",)},
        named_by=(frozenset({"ua", "ceasefire"}), frozenset({"ua", "peace-deal"})),
        evidence=(
            Clue(("ua", "ceasefire"), 1.0, frozenset({"strike"})),
            Clue(("ua", "peace-deal"), 0.9),
            Clue(("ua", "summit"), 0.6),
        ),
        parties=("ua", "ru"),
        said_in={"ja": ("ウクライナ和平", ""), "ru": ("мирный процесс в Украине", "")},
    ),
)

OUTLETS = (
    Outlet("BBC News", ("BBC", "BBC World"), ("bbc.co.uk", "bbc.com"), country="gb"),
    Outlet("BBC Russian", owner="BBC News", country="gb"),
    Outlet("Reuters", domains=("reuters.com",), agency=True),
    Outlet("TASS", ("ТАСС",), country="ru", agency=True),
    Outlet("NHK", ("NHKニュース",), country="jp"),
)

STYLE = StyleGuide(
    first="⚡️",
    confirmed="❗️",
    fact="🔸",
    background="ℹ️",
    possible_repeat="🔁",
    update="🆕",
    correction="✏️",
    retraction="❌",
    confirmed_by=3,
    max_facts=2,
    max_flags=3,
    events={"summit": EventMark("🏛"), "peace-deal": EventMark("🤝")},
)

TOPICS = (
    TopicSpec("ukraine-ceasefire", "Ukraine ceasefire", "Ukraine ceasefire"),
    TopicSpec("us-russia-summit", "US–Russia summit", "US–Russia summit"),
    TopicSpec("armenia-azerbaijan", "Armenia–Azerbaijan", "Armenia Azerbaijan"),
)


@cache
def small_lexicon() -> Lexicon:
    """Nine countries, four people, an organisation, four kinds of event and one process; it is never changed."""
    return Lexicon.build(CONCEPTS, PROCESSES)


def small_catalog() -> Catalog:
    """The small lexicon with its outlets, marks and topics, and no feeds."""
    return Catalog(
        feeds=(),
        outlets=Outlets.of(OUTLETS),
        topics=TOPICS,
        style=STYLE,
        lexicon=small_lexicon(),
        language_names={"en": "English", "ja": "日本語", "ru": "Русский", "uk": "Українська"},
    )
