"""What of an entry can be quoted: its headline without furniture, and its whole sentences that speak of the event.

The patterns are by language; a language that has none of its own keeps what only they would tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.boilerplate import begins_with_call, without_calls, without_furniture
from bot.domain.entries import Entry
from bot.domain.outlets import Outlets, fold_name
from bot.domain.sentences import is_balanced, shortened_at_clause, split_sentences

MAX_SENTENCE = 320
"""A longer sentence (characters) is shortened at the end of a clause, or not quoted."""

READ = 3_000
"""Characters of a text that are looked at: what stands further down is no news."""

MOST_SENTENCES = 12
"""Sentences of an entry that are considered."""

_ENDS = re.compile(r"""[.!?。！？؟।։…:：][\s"'”’»」』)）\]]*$""")
"""How a whole sentence ends. A source that ends none so writes without; of one that does, the rest was cut off."""

_CUT_OFF = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])[\s\"'”’»」』)）]*$")
_ASKS = re.compile(r"[?？؟][\s\"'”’»」』)）]*$")
_LEADS_IN = re.compile(r"[:：]\s*$")
_OPENS_QUOTE = "“\"«「『‘'„"

_MONTHS = (
    r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
    r"|(?:янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек)[а-я]*\.?"
    r"|(?:січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру)[а-яі]*\.?"
)
_DATELINES = tuple(
    re.compile(pattern)
    for pattern in (
        # KYIV, Aug 9 (Reuters) -   WASHINGTON (AP) —   Tokyo, Aug. 9 (Kyodo) --
        rf"(?:[A-Z][\w.’'-]*(?:[ /][A-Z][\w.’'-]*){{0,3}}(?:, [A-Z][\w. ]{{1,20}})?(?:,? (?:{_MONTHS}) \d{{1,2}}(?:, \d{{4}})?)?"
        r"\s*)?\((?:Reuters|Kyodo|Xinhua|Bloomberg|Interfax|[A-Z][A-Za-z]*(?: News)?|dpa)\)\s*[-–—:]+\s*",
        # KYIV — or LONDON, Aug 9 -
        rf"[A-Z]{{3}}[A-Z .'’/-]{{0,30}}(?:, [A-Z][\w. ]{{1,20}}?)?(?:,? (?:{_MONTHS}) \d{{1,2}}(?:, \d{{4}})?)?\s+[-–—]{{1,2}}\s+",
        # МОСКВА, 9 авг — РИА Новости.   МОСКВА, 9 августа. /ТАСС/.   НЬЮ-ЙОРК, 17 мая, Агентство.
        rf"[А-ЯЁІЇЄҐ][А-ЯЁІЇЄҐ /-]{{2,40}}, \d{{1,2}} (?:{_MONTHS})(?:\s*[-–—,./]\s*|\s)/?[^.!?]{{2,30}}?/?\.\s*(?:[-–—]\s*)?",
        # Москва. 9 августа. INTERFAX.RU -
        rf"[А-ЯЁІЇЄҐ][\w-]+(?: [А-ЯЁ][\w-]+)?\. \d{{1,2}} (?:{_MONTHS})\.? (?:[\w-]+(?:[ .][\w-]+)?)(?:\.| [-–—])\s+",
        # 【ワシントン＝山田太郎】 (共同)  ［ワシントン ９日 ロイター］ －
        r"【[^】]{1,30}】\s*",
        r"[［\[][^］\]]{2,30}(?:ロイター|AFP|AP|共同|時事|CNN|BBC)[^］\]]{0,8}[］\]]\s*[-－―‐—]?\s*",
        r"[（(](?:共同|時事|ロイター|AFP|AP|CNN|BBC|朝日|毎日|読売)[^（()）]{0,12}[)）]\s*",
    )
)
"""Where and by whom a report was filed, before its first word."""

_BYLINE = re.compile(
    r"By [A-Z][\w.’'-]+ (?:[A-Z][\w.’'-]+ )?[A-Z][\w’'-]+(?:(?:,| and) [A-Z][\w.’'-]+ [A-Z][\w’'-]+)*"
    r"(?:, [A-Z][\w ]{2,25})?(?:\s*[|·•:–—-]\s*|\s*$|\s+(?=(?:The|An?|In|On|At|[A-Z]{3,})\b))"
)

_CREDITS = re.compile(
    r"\s*[（(](?:共同|時事(?:通信)?|ロイター|AFP(?:時事|通信)?|AP|CNN(?:\.co\.jp)?|BBC|[^（()）]{1,10}記者)[)）]|＝(?:写真|共同|ロイター|AP|AFP)"
    r"|\s*\((?:photo|file photo|pictured|photo by [^)]*|Getty[^)]*)\)",
    re.IGNORECASE,
)
"""Credits within a text."""

_SERVICE = re.compile(
    "|".join(
        (
            # What a newsroom could not do says nothing of the event.
            r"\b(?:could|can|was|were|has|have|had)(?:n[o’']t| not)?(?: been)? (?:not )?(?:immediately |independently |yet )*(?:be )?"
            r"(?:able to )?(?:independently )?(?:verif|confirm(?:ed)? (?:the|these|those|its|his|her) (?:report|claim|account))",
            r"\bindependently verif",
            r"\b(?:did not|didn[’']t|has not|have not|had not|was not|were not) (?:\w+ )?(?:respond|repl|return|available|reachable)",
            r"\b(?:declined|refused) (?:\w+ )?(?:to )?comment",
            r"\b(?:contacted|approached|reached out|asked)\b.{0,60}\bfor (?:a |further )?comment",
            r"\b(?:this|it) is a (?:developing|breaking)\b|\bmore (?:details )?(?:to follow|soon)\b|\bwill be updated\b",
            # Whose a text is, and who made it.
            r"©|\(c\) ?\d{4}|\ball rights reserved\b|\b(?:reporting|editing|writing|edited|compiled) by\b",
            r"^(?:photo(?:graph)?s?|images?|picture|video|source|credit|file photo|graphic)\s*[:：]",
            r"\b(?:getty images|afp via|ap photo)\b|\bthis (?:article|story|video|post) (?:was|is|has|first|originally)\b",
            r"\boriginally (?:published|appeared)\b|\btranslated by\b",
            # What readers are to do.
            r"\bnewsletters?\b|\bsubscri(?:be|bers?|ption)\b|\bsign(?:ing)? up\b|\blive ?(?:blog|updates?|coverage|stream)\b",
            r"\b(?:our|the) (?:app|podcast|youtube|whatsapp|telegram|facebook|instagram) ?(?:channel|page|group)?\b.{0,40}(?:follow|join|get|download)",
            r"^(?:watch|listen|read|see also|find out|catch up|here[’']s|here are|join us|join our|get the|check out|scroll|share this"
            r"|download|click|tap|follow|learn more|stay up|stay tuned|advertisement|related|photo gallery|in this episode|tune in"
            r"|go deeper|why it matters|the big picture|editor[’']s note|note:|send us|have you|do you|got a tip|tell us|email us)\b",
            r"\b(?:cookies?|javascript|terms of (?:use|service)|privacy policy|your browser|latest news)\b",
            # По-русски, українською
            r"(?:не (?:смог\w*|удалось|может|могут)|невозможно)(?: \w+)? (?:подтвер|провер)|не (?:ответил|комментир|прокомментир)\w*"
            r"|отказал\w* (?:от комментари|комментир)|(?:запрос|обратил\w*).{0,40}за комментари",
            r"^(?:фото|видео|источник|автор|иллюстрация|скриншот|текст|читайте|смотрите|следите|подпис|подробнее|хотите|присоединяйтесь"
            r"|фото:|відео|дивіться|підпис|стежте|реклама|заглавное фото|все новости|больше новостей|ещё больше)",
            r"(?:новость|материал|текст|информация) (?:дополн|обновл)|подробности (?:позже|следуют|уточн)|наш\w* (?:канал|telegram|телеграм|сайт|групп)"
            r"|telegram-канал\w* (?:«[^»]*» )?(?:—|и будьте)|рассылк|все права защищ|в (?:яндекс|google)[ .-]?(?:дзен|новост|news)",
            # 日本語
            r"確認(?:でき|が取れ|はとれ)(?:て)?(?:い)?(?:ない|なかった|ていません)|コメント.{0,12}(?:応じ|回答|返答)(?:て)?(?:い)?(?:ない|なかった)",
            r"続きを読む|会員限定|有料(?:記事|会員)|無断(?:転載|複製)|無料登録|会員登録|メール(?:マガジン|配信)|メルマガ|購読|詳しくは|(?:は|から)こちら|続報|最新ニュース",
            r"^(?:写真|画像|動画|出典|撮影|資料写真|イラスト)[:：はを／/]|ポッドキャスト(?:を|で|は)",
            # Deutsch, français, español, italiano, português, türkçe, 中文, 한국어, العربية
            r"\babonnier|\babonnez|\bsuscr[ií]b|\binscrivez|\biscriviti\b|\binscreva|\babone ol|\bjetzt anmelden|\bmelden sie sich",
            r"\balle rechte vorbehalten|\btous droits réservés|\btodos los derechos|订阅|訂閱|版权所有|구독|무단 ?전재|اشترك|تابعونا|חדשות נוספות",
        )
    ),
    re.IGNORECASE,
)
"""Sentences that serve the newsroom or its readers and tell nothing of the event."""

_LINKS = {
    "en": re.compile(
        r"(?:However|Meanwhile|Moreover|Furthermore|In addition|Additionally|Nevertheless|Nonetheless|Still|Also|Besides|Indeed"
        r"|Separately|At the same time|On the other hand|For (?:his|her|its|their) part|In turn|Elsewhere|Likewise|Similarly)"
        r",\s+|(?:But|And|Yet|Or)\s+(?=[^\W\d_])"
    ),
    "ru": re.compile(
        r"(?:Однако|При этом|Кроме того|Между тем|Тем временем|Вместе с тем|В то же время|Также|Помимо этого|Более того|В свою очередь"
        r"|Тем не менее|К тому же|Впрочем|К слову|Кстати|Отмечается|Сообщается|Уточняется|Известно)(?:, что|,)?\s+|(?:А|Но|И)\s+(?=[^\W\d_])"
    ),
    "uk": re.compile(
        r"(?:Однак|Проте|При цьому|Крім того|Водночас|Тим часом|Також|Зазначається|Повідомляється)(?:, що|,)?\s+|(?:А|Але|І)\s+(?=[^\W\d_])"
    ),
    "ja": re.compile(
        r"(?:一方で?|また|さらに|しかし|ただし?|なお|加えて|そして|だが|とはいえ|同時に|さて|ちなみに)[、，]\s*"
    ),
    "de": re.compile(r"(?:Allerdings|Außerdem|Zudem|Jedoch)\s+,?\s*|(?:Aber|Und)\s+(?=[^\W\d_])"),
    "fr": re.compile(r"(?:Cependant|Toutefois|En outre|Par ailleurs|De plus|Mais|Et),?\s+"),
    "es": re.compile(r"(?:Sin embargo|Además|Por otra parte|Por su parte|No obstante|Pero|Y),?\s+"),
}
"""Words that tie a sentence to the one before it, and that it can do without."""

_ORPHANS = {
    "en": re.compile(
        r"(?:He|She|They|It|His|Her|Their|Its|Him|Them|This|That|These|Those|Such|We|I|Our|My|You|Your|Another|Others|Both(?! )"
        r"|Then|Thus|Therefore|Instead|So|As a result|Consequently|After that|Later|Asked (?:about|if|whether)|There, |Here, "
        r"|The (?:two|pair|trio|former|latter|duo)|One of (?:them|the)|Some of (?:them|the)|For example|For instance|In response|That[’']s|It[’']s|He[’']s)\b"
    ),
    "ru": re.compile(
        r"(?:Он|Она|Они|Оно|Его|Её|Ее|Их|Ему|Ей|Им|Это|Этот|Эта|Эти|Этого|Этому|Такое|Такой|Такие|Такая|Таким|Так|Об этом|Про это|По его|По её"
        r"|По ее|По их|По словам (?:собеседник|источник|него|неё|нее)\w*|По данным источник\w*|Там|Туда|Тогда|Затем|Потом|Поэтому|После этого"
        r"|В результате|Речь идёт|Речь идет|Собеседник|Мы|Я|Наш\w*|Эксперт|Ведомство|Последний|Последняя|Последние|Остальные|Другой|Другая|Другие"
        r"|Среди них|Из них|Их|Издание|Как (?:отметил|сообщил|пояснил|заявил|подчеркнул|добавил|уточнил|рассказал)\w*|Все они|Оба|Обе|Данн\w+|Например|Подобн\w+)(?!\w)"
    ),
    "uk": re.compile(
        r"(?:Він|Вона|Вони|Воно|Його|Її|Їх|Йому|Їй|Це|Цей|Ця|Ці|Такий|Така|Такі|Про це|За його|За її|Тоді|Потім|Тому|Ми|Я)(?!\w)"
    ),
    "ja": re.compile(
        r"(?:同(?:氏|国|日|省|社|相|州|市|紙|局|庁|党|大統領|首相|社長|議員|地|島|機|船|隊|軍|じ|様|容疑者|被告|選手|法|案|誌|通信|団体|組織)"
        r"|彼|これ|それ|この|その|こう|そう|あの|両氏|両者|我々|私|ここ|そこ|次いで|続いて|すると|そこで|このため|したがって|例えば|中でも)"
    ),
    "de": re.compile(r"(?:Er|Sie|Es|Ihr[er]?|Sein[er]?|Dies\w*|Das|Dabei|Damit|Dadurch|Deshalb|Daher|Wir)\b"),
    "fr": re.compile(r"(?:Il|Elle|Ils|Elles|Cela|Ce|Cette|Ces|Son|Sa|Ses|Leurs?|Nous|Je|C[’']est)\b"),
    "es": re.compile(r"(?:Él|Ella|Ellos|Ellas|Esto|Este|Esta|Estos|Estas|Eso|Su|Sus|Lo|Nosotros)\b"),
}
"""Beginnings that point at something said before."""

_RECALLS = {
    "en": re.compile(
        r"(?:Earlier (?:this|in|last|on)|Earlier,|Previously|Last (?:week|month|year|summer|winter|spring|autumn|fall)\b"
        r"|The (?:war|conflict|crisis|dispute) (?:began|started|broke out)|In (?:the )?(?P<year>(?:19|20)\d\d)\b)"
    ),
    "ru": re.compile(
        r"(?:Напомним|Ранее|До этого|Как сообщалось|Как ранее|Прежде|В прошлом (?:году|месяце)|На прошлой неделе|В (?P<year>(?:19|20)\d\d)(?:-м)? (?:г\.|году))"
    ),
    "uk": re.compile(
        r"(?:Нагадаємо|Раніше|До цього|Як повідомлялося|Минулого (?:року|місяця|тижня)|У (?P<year>(?:19|20)\d\d))"
    ),
    "ja": re.compile(
        r"(?:これまで|これに先立ち|先(?:月|週)|昨年|昨夏|昨秋|以前|かつて|(?P<year>(?:19|20)\d\d)年)"
    ),
}
"""Beginnings of sentences that tell of the past. A `year` counts where it is over."""

_RECALLING_WORD = re.compile(r"(?:Напомним|Нагадаємо|Earlier|Previously)(?:, (?:что|що)|,)?\s+")


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence that can be quoted. `place` counts the sentences of its entry from 0, without those that are the title.

    `follows`: it points at the sentence before it, and is not understood without. `recalls`: it tells of what was
    before the event.
    """

    text: str
    place: int
    follows: bool = False
    recalls: bool = False


def headline_of(entry: Entry, outlets: Outlets) -> str:
    """The title without a live blog's furniture, credits and the name of its outlet behind it; may be empty."""
    title = _without_outlet(without_furniture(entry.title), entry.outlet, outlets)
    stripped = _CREDITS.sub("", title).strip()
    return stripped if any(map(str.isalnum, stripped)) else entry.title


def _without_outlet(title: str, outlet: str, outlets: Outlets) -> str:
    """`Leaders meet | World News | Reuters` is `Leaders meet`. The outlet may be named by any name it has."""
    for _ in range(3):
        found = re.search(r"\s*(?:\s[-–—]|[|｜：])\s*(?P<tail>[^|｜]{2,40})$", title)
        if found is None:
            break
        tail = found["tail"].strip()
        bar = found[0].lstrip()[:1] in "|｜"
        if not (fold_name(tail) in outlets.by_name or outlets.resolve(tail) == outlets.resolve(outlet) or bar):
            break
        title = title[: found.start()].rstrip()
    return title


def quotes_of(entry: Entry) -> tuple[Quote, ...]:
    """The summary's sentences that can be quoted and that the title does not already say in the same words.

    The last one of a text that is longer than what is looked at is left out.
    """
    return tuple(_quotes(entry))


def _quotes(entry: Entry) -> Iterator[Quote]:
    title = _words(entry.title)
    sentences = split_sentences(_without_dateline(entry.summary[:READ]), entry.language)
    if len(entry.summary) > READ:
        sentences = sentences[:-1]
    sentences = tuple(sentence for sentence in sentences[:MOST_SENTENCES] if _words(sentence) != title)
    punctuates = entry.language in ("ja", "zh") or any(_ENDS.search(sentence) for sentence in sentences)
    for place, sentence in enumerate(sentences):
        text = _CREDITS.sub("", without_calls(sentence)).strip()
        if _can_be_quoted(text, punctuates=punctuates):
            quote = _quote(text, place, entry)
            if quote is not None:
                yield quote


def _can_be_quoted(text: str, *, punctuates: bool) -> bool:
    whole = not _CUT_OFF.search(text) and (not punctuates or _ENDS.search(text))
    return bool(
        whole
        and any(map(str.isalnum, text))
        and is_balanced(text)
        and not _ASKS.search(text)
        and not _LEADS_IN.search(text)
        and not begins_with_call(text)
        and not _SERVICE.search(text)
        and not _BYLINE.fullmatch(text)
    )


def _quote(sentence: str, place: int, entry: Entry) -> Quote | None:
    """The sentence without what ties it to the one before, and shortened where it is too long; None: it cannot be."""
    language = entry.language
    recalls = _tells_of_the_past(sentence, entry)
    text = sentence
    for pattern in (_LINKS.get(language), _RECALLING_WORD if recalls else None):
        tie = pattern.match(text) if pattern else None
        if tie and len(text) - tie.end() > 1:
            text = text[tie.end() :]
            text = text[0].upper() + text[1:]
            recalls = recalls or _tells_of_the_past(text, entry)
    if len(text) > MAX_SENTENCE:
        shorter = shortened_at_clause(text, MAX_SENTENCE)
        if shorter is None:
            return None
        text = shorter
    orphans = _ORPHANS.get(language)
    bare = text.lstrip(_OPENS_QUOTE)
    follows = bool(orphans and orphans.match(bare)) or _is_bare_speech(text)
    return Quote(text, place, follows, recalls)


def _tells_of_the_past(sentence: str, entry: Entry) -> bool:
    pattern = _RECALLS.get(entry.language)
    found = pattern.match(sentence) if pattern else None
    return bool(found and (found["year"] is None or int(found["year"]) < entry.at.year))


def _is_bare_speech(text: str) -> bool:
    """Whether all of it is somebody's words, and it does not say whose."""
    inner = text.strip(" .,!。！")
    return len(inner) > 1 and any(
        inner[0] == opening and inner[-1] == closing and closing not in inner[1:-1]
        for opening, closing in ("“”", "«»", "「」", '""', "『』")
    )


def _without_dateline(text: str) -> str:
    """The text from its first word on: without by whom and from where."""
    for pattern in (_BYLINE, *_DATELINES):
        found = pattern.match(text.lstrip())
        if found:
            text = text.lstrip()[found.end() :]
    return text


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.casefold()))

