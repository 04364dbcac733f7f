"""Every mistake in `config/` is told with file, line and remedy, all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.catalog import Catalog
from bot.settings.files import load_catalog
from tests.fakes.shipped import copy_config
from tests.settings.folders import FILES, append, replace, write


def problems(folder: Path) -> list[str]:
    loaded = load_catalog(folder)
    assert isinstance(loaded, tuple), "no problem was found"
    return [str(problem) for problem in loaded]


NO_LANGUAGE = "use a code such as en, ja, ru or uk"
KEYS_OF_A_FEED = "url, outlet, language, country, title, aggregator, verified, minutes"
CONCEPT = '\n[[concepts]]\nid = "x"\nkind = "event"\nlabels = { en = ["ex"] }\n'
PROCESS = '\n[[processes]]\nid = "p"\nname = "P"\n[[processes.evidence]]\nall = ["us"]\nweight = 1\n'


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        # TOML itself
        ("topics.toml", 'id = "us-', "id = us-", "2: not valid TOML: Invalid value"),
        (
            "topics.toml",
            '"US Russia summit"',
            '"""US',
            "4: not valid TOML: Unterminated string (at end of document)",
        ),
        (
            "topics.toml",
            "[[topics]]",
            "[[topics]",
            "1: not valid TOML: Expected ']]' at the end of an array declaration",
        ),
        # Tables and keys
        ("topics.toml", "[[topics]]", "[topics]", "1: write each as its own table: [[topics]]"),
        (
            "feeds.toml",
            "# The feeds.",
            "[feed]",
            "1: unknown table “feed”; known: feeds. Did you mean “feeds”?",
        ),
        ("feeds.toml", 'language = "en"\n', "", "2: “language” is missing; add: language = …"),
        (
            "feeds.toml",
            'language = "en"',
            'langauge = "en"\nlanguage = "en"',
            f"5: unknown key “langauge”; known: {KEYS_OF_A_FEED}. Did you mean “language”?",
        ),
        ("style.toml", "max_flags = 4\n", "", "11: “max_flags” is missing; add: max_flags = …"),
        ("style.toml", "[bulletin]", "[bulletins]", None),
        # Values
        ("feeds.toml", "minutes = 2.5", 'minutes = "often"', None),
        ("feeds.toml", "minutes = 2.5", "minutes = nan", None),
        ("feeds.toml", "verified = false", "verified = 3", None),
        (
            "feeds.toml",
            "https://feeds",
            "feeds",
            "3: “url”: write the whole address, from http:// or https://",
        ),
        (
            "feeds.toml",
            "https://feeds",
            "ftp://feeds",
            "3: “url”: write the whole address, from http:// or https://",
        ),
        (
            "feeds.toml",
            "http://reuters.com",
            "http://",
            "11: “url”: write the whole address, from http:// or https://",
        ),
        ("feeds.toml", "http://reuters.com", "http://[::1", "11: “url”: Invalid IPv6 URL"),
        ("feeds.toml", '"en"', '"english"', f"5: “language”: no language 'english'; {NO_LANGUAGE}"),
        ("feeds.toml", '"en"', '""', f"5: “language”: no language ''; {NO_LANGUAGE}"),
        (
            "feeds.toml",
            'country = "gb"',
            'country = "uk"',
            "6: “country”: no country 'uk'; use the ISO 3166 code, such as gb for Britain",
        ),
        (
            "feeds.toml",
            '"Reuters"',
            '"Reuter"',
            "12: “Reuter” is not in outlets.toml; add it there. Did you mean “Reuters”?",
        ),
        ("feeds.toml", '"Reuters"', '"Kyiv Post"', "12: “Kyiv Post” is not in outlets.toml; add it there."),
        ("topics.toml", '"us-russia-summit"', '"US summit"', None),
        ("style.toml", "confirmed_by = 3", "confirmed_by = 1", None),
        (
            "lexicon/things.toml",
            'implies = ["us"]',
            'implies = "us"',
            '14: “implies”: write a list, such as implies = ["…"]',
        ),
        (
            "lexicon/things.toml",
            '"person"',
            '"persona"',
            "13: “kind”: input should be 'country', 'person', 'place', 'organisation', 'event', 'term' or 'word', not 'persona'",
        ),
        (
            "lexicon/things.toml",
            'en = ["Trump"]',
            'jp = ["トランプ"]',
            f"16: “jp”: no language 'jp'; {NO_LANGUAGE}",
        ),
        (
            "lexicon/happenings.toml",
            "weight = 0.9",
            "weight = 9",
            "27: “weight”: input should be less than or equal to 1, not 9",
        ),
        # What is there twice
        (
            "feeds.toml",
            "http://reuters.com/rss",
            "https://feeds.bbci.co.uk/news/rss.xml",
            "11: this address stands in the file already; take one of the two out",
        ),
        (
            "outlets.toml",
            '["BBC"]',
            '["BBC", "reuters"]',
            "7: “reuters” is a name of “Reuters” too; keep it in one place",
        ),
        (
            "outlets.toml",
            '["BBC"]',
            '["BBC", "www.reuters.com"]',
            "7: “www.reuters.com” is a name of “Reuters” too; keep it in one place",
        ),
        (
            "outlets.toml",
            '"BBC News"',
            '"Reuters"',
            "7: “Reuters” is a name of “Reuters” too; keep it in one place",
        ),
        # What is not there
        (
            "style.toml",
            "'late'",
            "'la(te'",
            "24: no regular expression: missing ), unterminated subpattern at position 2",
        ),
        ("style.toml", '"truce"', '"truse"', "17: no concept “truse” in the lexicon. Did you mean “truce”?"),
        (
            "lexicon/things.toml",
            '["us"]',
            '["usa"]',
            "14: no concept “usa”; add it or correct the id. Did you mean “us”?",
        ),
        (
            "lexicon/happenings.toml",
            'all = ["ua", "truce"]',
            'all = ["ua", "truse"]',
            "26: no concept “truse”; add it or correct the id. Did you mean “truce”?",
        ),
        (
            "lexicon/happenings.toml",
            'not = ["summit"]',
            'not = ["sumit"]',
            "28: no concept “sumit”; add it or correct the id. Did you mean “summit”?",
        ),
        (
            "lexicon/happenings.toml",
            '["ua", "ru"]',
            '["ua", "xq"]',
            "19: no concept “xq”; add it or correct the id.",
        ),
        (
            "lexicon/happenings.toml",
            '  ["ua", "truce"],',
            '  ["uaa"],',
            "20: no concept “uaa”; add it or correct the id. Did you mean “ua”?",
        ),
        (
            "lexicon/happenings.toml",
            'en = ["truce"]',
            "en = []",
            "8: “truce” has no labels; add [concepts.labels] with en = […]",
        ),
        # Queries
        (
            "topics.toml",
            '"US Russia summit"',
            '"US (Russia"',
            "4: position 11 of the query: A parenthesis is not closed. Add ), or put the words in quotes.",
        ),
        (
            "topics.toml",
            '"US Russia summit"',
            '""',
            "4: position 1 of the query: The query is empty. Name what to look for, such as: Ukraine ceasefire",
        ),
    ],
)
def test_a_mistake(folder: Path, file: str, old: str, new: str, told: str | None) -> None:
    """A mistake is told once, with its file and line and what to do."""
    replace(folder, file, old, new)
    found = problems(folder)
    name = f"config/{file}" if "/" not in file else file
    if told is not None:
        assert found == [f"{name}:{told}"]
    else:
        assert all(one.startswith(f"{name}:") for one in found)


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        (
            "topics.toml",
            '\n[[topics]]\nid = "us-russia-summit"\nname = "Again"\nquery = "truce"\n',
            "config/topics.toml:7: there is a topic “us-russia-summit” already; rename one",
        ),
        (
            "lexicon/things.toml",
            CONCEPT.replace('"x"', '"summit"'),
            "lexicon/things.toml:19: “summit” stands already in lexicon/happenings.toml:2; merge the two or rename one",
        ),
        (
            "lexicon/things.toml",
            PROCESS.replace('"p"', '"trump"'),
            "lexicon/things.toml:19: “trump” stands already in lexicon/things.toml:12; merge the two or rename one",
        ),
        (
            "lexicon/things.toml",
            '\n[[concept]]\nid = "x"\n',
            "lexicon/things.toml:18: unknown table “concept”; known: concepts, processes. Did you mean “concepts”?",
        ),
        (
            "lexicon/things.toml",
            '\n[[concepts]]\nid = "x"\nkind = "event"\n',
            "lexicon/things.toml:18: “x” has no labels; add [concepts.labels] with en = […]",
        ),
        (
            "lexicon/things.toml",
            '\n[[concepts]]\nid = "x"\nkind = "event"\n[concepts.labels]\nen = ["truce"]\nja = ["停戦", "休戦", "停戦"]\n',
            "lexicon/things.toml:23: “停戦” stands 2 times; once is enough",
        ),
        (
            "lexicon/things.toml",
            CONCEPT.replace('"event"', '"event"\nimplies = ["x"]'),
            "lexicon/things.toml:21: “x” implies itself through others; take one step out",
        ),
        (
            "lexicon/things.toml",
            PROCESS.replace('"p"', '"p"\nsince = 2025-02-01\nuntil = 2025-01-31'),
            "lexicon/things.toml:21: ends before it begins (2025-02-01); swap the two or correct one",
        ),
    ],
)
def test_a_mistake_in_what_is_added(folder: Path, file: str, text: str, told: str) -> None:
    """What is there twice, unknown or in a circle is told at the later place."""
    append(folder, file, text)
    assert problems(folder) == [told]


def test_a_circle_of_three(folder: Path) -> None:
    """Every concept of a circle is told."""
    append(
        folder,
        "lexicon/things.toml",
        "".join(
            f'\n[[concepts]]\nid = "{one}"\nkind = "term"\nimplies = ["{other}"]\nlabels = {{ en = ["{one}"] }}\n'
            for one, other in ("ab", "bc", "ca")
        ),
    )
    assert problems(folder) == [
        f"lexicon/things.toml:{line}: “{one}” implies itself through others; take one step out"
        for line, one in ((21, "a"), (27, "b"), (33, "c"))
    ]


MISSING = "this file is missing; restore it, or name the right one (SOKUHO_CONFIG_DIR is the folder)"


@pytest.mark.parametrize("file", ["outlets.toml", "feeds.toml", "topics.toml", "style.toml"])
def test_a_missing_file(folder: Path, file: str) -> None:
    """A file that is not there is told, and nothing else."""
    (folder / file).unlink()
    assert problems(folder) == [f"config/{file}:1: {MISSING}"]


def test_a_missing_folder(tmp_path: Path) -> None:
    """What is wrong is said once, and not once a file; so for a folder of something else."""
    (told,) = problems(tmp_path / "nowhere")
    assert told.startswith(f"{tmp_path}/nowhere: there is no such folder; SOKUHO_CONFIG_DIR has to name")
    (told,) = problems(tmp_path)
    assert told.startswith(f"{tmp_path}: this folder holds no configuration; SOKUHO_CONFIG_DIR")


def test_a_file_that_is_a_folder(folder: Path) -> None:
    """What cannot be read is told with the reason of the system."""
    (folder / "topics.toml").unlink()
    (folder / "topics.toml").mkdir()
    assert problems(folder) == ["config/topics.toml:1: cannot be read: Is a directory"]


def test_a_file_in_another_encoding(folder: Path) -> None:
    """A file that is not UTF-8 is told, with where it ceases to be."""
    (folder / "topics.toml").write_bytes("# тема\n".encode("cp1251"))
    assert problems(folder) == ["config/topics.toml:1: not UTF-8 (byte 2); save it as UTF-8"]


def test_a_file_of_windows(folder: Path) -> None:
    """A mark before the text and carriage returns do no harm, and lines count the same."""
    text = (folder / "topics.toml").read_text(encoding="utf-8").replace("\n", "\r\n")
    (folder / "topics.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert isinstance(load_catalog(folder), Catalog)
    (folder / "topics.toml").write_bytes(b"\xef\xbb\xbf" + text.replace("query", "quary").encode())
    assert {one.split(": ")[0] for one in problems(folder)} == {
        "config/topics.toml:1",
        "config/topics.toml:4",
    }


def test_no_feeds(folder: Path) -> None:
    """A configuration without a feed is a mistake."""
    write(folder, "feeds.toml", "# none yet\n")
    assert problems(folder) == [
        "config/feeds.toml:1: there is no feed; add one: [[feeds]] with url, outlet and language"
    ]


def test_all_mistakes_at_once_in_order(folder: Path) -> None:
    """Every file's mistakes are told together, by file and line."""
    replace(folder, "feeds.toml", 'language = "en"', 'language = "e"')
    append(folder, "outlets.toml", "\n[[outlets]]\naliases = []\nnam = 1\n")
    replace(folder, "lexicon/things.toml", 'implies = ["us"]', 'implies = ["usa", "xq"]')
    replace(folder, "style.toml", "max_facts = 2", "max_facts = 20")
    found = load_catalog(folder)
    assert isinstance(found, tuple)
    assert [(problem.file, problem.line) for problem in found] == [
        ("config/feeds.toml", 5),
        ("config/outlets.toml", 11),
        ("config/outlets.toml", 13),
        ("config/style.toml", 13),
        ("lexicon/things.toml", 14),
        ("lexicon/things.toml", 14),
    ]


@pytest.mark.parametrize("file", sorted(FILES))
def test_any_file_may_be_nonsense(folder: Path, file: str) -> None:
    """No content of a file raises; each is answered."""
    contents = [
        b"\x00\xff",
        b"[[feeds]]\nurl = 1\n",
        b"feeds = 1\ntopics = {}\nconcepts = [1]\noutlets = [[]]\n",
        b"[a]\n[a]\n",
    ]
    for content in contents:
        (folder / file).write_bytes(content)
        assert problems(folder)


def test_a_copy_of_the_projects_own_configuration_tells_its_place(tmp_path: Path) -> None:
    """A mistake in the shipped files is told with the line at which an editor shows it."""
    folder = tmp_path / "config"
    copy_config(folder)
    text = (folder / "feeds.toml").read_text(encoding="utf-8")
    (folder / "feeds.toml").write_text(
        text + '\n[[feeds]]\nurl = "https://x.org/"\nlanguage = "en"\n', encoding="utf-8"
    )
    line = len(text.splitlines()) + 2
    assert problems(folder) == [f"config/feeds.toml:{line}: “outlet” is missing; add: outlet = …"]
