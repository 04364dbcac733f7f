"""Phrases that give a sentence away: what serves the newsroom, what leans on the sentence before, what tells of the past.

They are by language; a language that has none of its own keeps what they would drop.
"""

from __future__ import annotations

import re


def _any(*patterns: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), flags)


_MONTHS = (
    r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
    r"|(?:янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек)[а-я]*\.?"
    r"|(?:січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру)[а-яі]*\.?"
)
DATELINE = _any(
    # KYIV, Aug 9 (Reuters) -   WASHINGTON (AP) —   Tokyo, Aug. 9 (Kyodo) --
    rf"(?:[A-Z][\w.’'-]*(?:[ /][A-Z][\w.’'-]*){{0,3}}(?:, [A-Z][\w. ]{{1,20}})?(?:,? (?:{_MONTHS}) \d{{1,2}}(?:, \d{{4}})?)?"
    r"\s*)?\((?:Reuters|Kyodo|Xinhua|Bloomberg|Interfax|AP|AFP|UPI|TASS|EFE|ANSA|ANI|PTI|IANS|dpa|DPA|CNN|BBC|Yonhap|Anadolu|AA"
    r"|[A-Z]\w+ (?:News|Press|Post|Times))\)\s*[-–—:]+\s*",
    # MOSCOW, August 9. /TASS/.
    rf"[A-Z][A-Z .'-]{{2,30}}, (?:{_MONTHS}) \d{{1,2}}\. /\w+/\.\s*",
    # KYIV — or LONDON, Aug 9 -
    rf"[A-Z]{{3}}[A-Z .'’/-]{{0,30}}(?:, [A-Z][\w. ]{{1,20}}?)?(?:,? (?:{_MONTHS}) \d{{1,2}}(?:, \d{{4}})?)?\s+[-–—]{{1,2}}\s+(?=[“\"‘A-Z])",
    # МОСКВА, 9 авг — РИА Новости.   МОСКВА, 9 августа. /ТАСС/.   НЬЮ-ЙОРК, 17 мая, Агентство.
    rf"[А-ЯЁІЇЄҐ][А-ЯЁІЇЄҐ /-]{{2,40}}, \d{{1,2}} (?:{_MONTHS})(?:\s*[-–—,/]\s*[^.!?]{{2,40}}?\.|\.?\s*/[^/]{{2,20}}/\.?)\s*(?:[-–—]\s*)?",
    # КИЕВ, 9 авг (Рейтер) -
    rf"(?:[А-ЯЁІЇЄҐ][\w/ -]{{2,40}}, (?:\d{{1,2}} (?:{_MONTHS}) ?)?)?\((?:Рейтер|ТАСС|РИА|АФП|АП|УНИАН|УНН|Интерфакс)[^)]{{0,15}}\)\s*[-–—.]+\s*",
    # ТАСС, 17 мая.   РИАМО - 4 мая.
    rf"[А-ЯЁ]{{3,}}[\w ]{{0,15}}\s?[,–—-]\s?\d{{1,2}} (?:{_MONTHS})\.\s+",
    # Москва. 9 августа. INTERFAX.RU -
    rf"[А-ЯЁІЇЄҐ][\w-]+(?: [А-ЯЁ][\w-]+)?\. \d{{1,2}} (?:{_MONTHS})\.? (?:[\w-]+(?:[ .][\w-]+)?)(?:\.| [-–—])\s+",
    # 【ワシントン＝山田太郎】 (共同)  ［ワシントン ９日 ロイター］ －
    r"【[^】]{1,30}】\s*",
    r"[［\[][^］\]]{2,30}(?:ロイター|AFP|AP|共同|時事|CNN|BBC)[^］\]]{0,8}[］\]]\s*[-－―‐—]?\s*",
    r"[（(](?:共同|時事|ロイター|AFP|AP|CNN|BBC|朝日|毎日|読売)[^（()）]{0,12}[)）]\s*",
)
"""Where and by whom a report was filed, before its first word."""

BYLINE = re.compile(
    r"By [A-Z][\w.’'-]+ (?:[A-Z][\w.’'-]+ )?[A-Z][\w’'-]+(?:(?:,| and) [A-Z][\w.’'-]+ [A-Z][\w’'-]+)*"
    r"(?:, [A-Z][\w ]{2,25})?(?:\s*[|·•:–—-]\s*|\s*$|\s+(?=(?:The|An?|In|On|At|[A-Z]{3,})\b))"
)

CREDITS = re.compile(
    r"\s*[（(](?:共同|時事(?:通信)?|ロイター|AFP(?:時事|通信)?|CNN(?:\.co\.jp)?|[^（()）]{1,10}記者)[)）]|＝(?:写真|共同|ロイター|AP|AFP)"
    r"|\s*\((?:photo|file photo|pictured|photo by [^)]*|Getty[^)]*)\)",
    re.IGNORECASE,
)
"""Credits within a text."""

SERVICE = _any(
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
    r"|go deeper|why it matters|the big picture|editor[’']s note|note:|send us|have you|do you|got a tip|tell us|email us|for more|submitted by)\b",
    r"^[\w ]{2,20} has (?:more|the (?:details|latest|story))\W*$",
    # What is of another event.
    r"^(?:separately|elsewhere|in other news|also on the programme|plus)\b",
    r"\b(?:cookies?|javascript|terms of (?:use|service)|privacy policy|your browser|latest news)\b",
    # Addresses and code.
    r"https?://|\bwww\.|[<>{}]|\w@\w|\b\d{3}-\d{3}-\d{4}\b",
    # Lists, tables and scripts of interviews, put together from pieces.
    r"[^\W\d_]:[^\W\d_a-zа-яё/]|^[—–-]\s|\bas follows\W*$|следующим образом\W*$|выглядит так\W*$|^[-•*▪►·]\s",
    # По-русски, українською
    r"^\d{1,2}[:.]\d{2}\b|\bфото ?:",
    r"^(?:информаци\w+ )?(?:об|про) (?:этом|це) |^про це |\bрассказал\w* (?:[^,.]{0,60} )?о том, (?:как|почему|зачем|с как|какие|какой)|\bмы (?:уже )?(?:писали|сообщали|рассказывали)|\bwe (?:have |previously )?reported\b",
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
    flags=re.IGNORECASE,
)
"""Sentences that serve the newsroom or its readers and tell nothing of the event."""

OF_ITSELF = r"(?:on the ground|on the scene|asks|explains|looks at|takes a look|breaks down|speaks to|spoke to|talks to|hears from|examines|explores|visits|unpacks)\b"
"""What an outlet says of its own work, behind its name."""

LINKS = {
    "en": re.compile(
        r"(?:However|Meanwhile|Moreover|Furthermore|In addition|Additionally|Nevertheless|Nonetheless|Still|Also|Besides|Indeed"
        r"|At the same time|On the other hand|For (?:his|her|its|their) part|In turn|Likewise|Similarly)"
        r",\s+|(?:But|And|Yet|Or)\s+(?=[^\W\d_])"
    ),
    "ru": re.compile(
        r"(?:Однако|При этом|Кроме того|Между тем|Тем временем|Вместе с тем|В то же время|Также|Помимо этого|Более того|В свою очередь"
        r"|Тем не менее|К тому же|Впрочем|К слову|Кстати|Таким образом),?\s+"
        r"|(?:Отмечается|Сообщается|Уточняется|Известно|Стоит отметить|Следует отметить|Отметим|Добавим|Поясним|Подчеркн[её]м|Стоит добавить), что\s+"
        r"|(?:Отметим|Добавим|Поясним|Подчеркн[её]м|Стоит отметить|Следует отметить|Стоит добавить|Как (?:отмечается|сообщается|известно|уточняется)),\s+"
        r"|(?:А|Но|И)\s+(?=[^\W\d_])"
    ),
    "uk": re.compile(
        r"(?:Однак|Проте|При цьому|Крім того|Водночас|Тим часом|Також),?\s+|(?:Зазначається|Повідомляється|Відомо), що\s+"
        r"|(?:А|Але|І)\s+(?=[^\W\d_])"
    ),
    "ja": re.compile(
        r"(?:一方で?|また|さらに|しかし|ただし?|なお|加えて|そして|だが|とはいえ|同時に|さて|ちなみに)[、，]\s*"
    ),
    "de": re.compile(r"(?:Aber|Und)\s+(?=[^\W\d_])"),
    "fr": re.compile(r"(?:Cependant|Toutefois|En outre|Par ailleurs|De plus),\s+|(?:Mais|Et),?\s+"),
    "es": re.compile(r"(?:Sin embargo|Además|Por otra parte|Por su parte|No obstante),\s+|(?:Pero|Y),?\s+"),
}
"""Words that tie a sentence to the one before it, and that it can do without: what is left is a whole sentence."""

ORPHANS = {
    "en": re.compile(
        r"(?:He|She|They|It|His|Her|Their|Its|Him|Them|This|That|These|Those|Such|We|I|Our|My|You|Your|Another|Others|Both(?! )"
        r"|Then|Thus|Therefore|Instead|So|As a result|Consequently|After that|Later|Asked (?:about|if|whether)|There, |Here, "
        r"|The (?:two|pair|trio|former|latter|duo)|One of (?:them|the)|Some of (?:them|the)|(?:Days|Hours|Weeks|Months|Years) later|For example|For instance|In response|The (?:minister|president|official|spokes\w+|senator|governor|mayor|leader|premier|chancellor|statement) (?:also )?(?:said|added|told|noted|stressed)"
        r"|That[’']s|It[’']s|He[’']s)\b"
    ),
    "ru": re.compile(
        r"(?:Он|Она|Они|Оно|Его|Её|Ее|Их|Ему|Ей|Им|Это|Этот|Эта|Эти|Этого|Этому|Такое|Такой|Такие|Такая|Таким|Так|Об этом|Про это|По его|По её"
        r"|По ее|По их|По (?:словам|данным|информации|сведениям) [а-яё]+,|По (?:его|её|ее|их) |По мнению [а-яё]+,|(?:Министр|Депутат|Чиновник|Президент|Политик|Губернатор|Мэр|Врач"
        r"|Глава (?:ведомства|региона|города|республики|области|компании|государства|министерства|правительства|района|комитета)"
        r"|Спикер|Специалист\w*|Пресс-секретарь|Сенатор|Автор\w*|Учёный|Учёные|Премьер|Спортсмен\w*|Тренер|Адвокат)(?: также)?"
        r" (?:сообщ|отмет|добав|подчеркн|заяв|рассказ|уточн|поясн|счита|сказа)\w*|По данным источник\w*|Сам(?:а|и)? (?:он|она|они)|Там|Туда|Тогда|Затем|Потом|Поэтому|После этого"
        r"|В результате|Речь идёт|Речь идет|Собеседник|Мы|Я|Наш\w*|Эксперт|Ведомство|Последний|Последняя|Последние|Остальные|Другой|Другая|Другие"
        r"|Среди них|Из них|Их|Издание|Как (?:отметил|сообщил|пояснил|заявил|подчеркнул|добавил|уточнил|рассказал)\w*|Все они|Через \w+ \w+|Спустя \w+|Оба|Обе|Данн\w+|Например|Подобн\w+)(?!\w)"
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

_THEY = {
    "en": r"(?:he|she|they|it|his|her|their|its)",
    "ru": r"(?:н?его|н?ее|н?её|н?их|н?ему|н?ей|н?им|н?ими|нём|нем|он|она|оно|они)",
    "uk": r"(?:його|її|їх|йому|їй|їм|них|нього|неї|ним|нею|ними|він|вона|воно|вони)",
}
_BEFORE_THEM = {
    "en": r"(?:In|On|At|By|After|Before|During|Since|Until|Last|Earlier)(?: (?:[^\sA-Z,][^\s,]*|[A-Z][a-z]+day|"
    rf"(?:{_MONTHS}))){{0,7}}, ",
    "ru": r"(?:В|Во|На|С|К|До|После|По|При|За|Под|От|Для|У|О|Об|Без|Из|Между|Среди|Согласно|Сейчас|Сегодня|Вчера|Накануне|Теперь|Недавно)"
    r"(?: [а-яё\d][^\s,.]*){0,4}?,? ",
    "uk": r"(?:В|У|На|З|До|Після|За|Під|Від|Для|Про|Без|Між|Серед|Згідно|Зараз|Сьогодні|Вчора|Тепер|Нещодавно)"
    r"(?: [а-яґєії\d][^\s,.]*){0,4}?,? ",
}
STANDS_FOR = {
    language: re.compile(
        rf"{before}{_THEY[language]}(?![\w.])"
        + (r"|According to [^,]{2,40}, (?:he|she|they|it)\b" if language == "en" else "")
    )
    for language, before in _BEFORE_THEM.items()
}
"""Pronouns behind when or where it was, with nobody named before them."""

SPEAKER_UNNAMED = {
    "en": re.compile(
        r"\b(?:he|she|they) (?:said|says|added|told|wrote|noted|warned|explained|continued|stressed|insisted|recalled|argued|claimed)\b"
        r"|\b(?:said|added) (?:he|she|they)\b|\bthe (?:statement|report|document|ministry|agency|company|official) (?:said|says|added|read)\W*$"
    ),
    "ru": re.compile(
        r"(?<!\w)(?:(?:сказа|отмети|подчеркну|добави|заяви|поясни|рассказа|сообщи|уточни|призна|написа|заключи)\w+ (?:он|она|они)"
        r"|(?:он|она|они) (?:также )?(?:сказа|отмети|подчеркну|добави|заяви|поясни|рассказа|сообщи|уточни|призна|написа)\w+)(?!\w)"
        r"|(?:говорится|сказано|отмечается|указано) в (?:сообщении|документе|заявлении|релизе|материале|публикации|письме)(?: [а-яё-]+)?\W*$"
        r"|(?:отмети|сообщи|добави|уточни|поясни|рассказа|подчеркну|заяви)ли в (?:пресс-службе|ведомстве|компании|организации)(?: [а-яё-]+)?\W*$"
    ),
    "uk": re.compile(
        r"(?<!\w)(?:(?:сказа|зазначи|підкресли|дода|заяви|поясни|розпові|повідоми|уточни)\w+ (?:він|вона|вони))(?!\w)"
        r"|(?:йдеться|сказано|зазначено) у? ?в? ?(?:повідомленні|документі|заяві|листі)(?: [а-яґєії-]+)?\W*$"
    ),
}
"""Who says so, where it is a pronoun or a paper that was spoken of before."""

ATTRIBUTION = {
    "ru": re.compile(
        r"(?:(?:Об|Про) этом(?![^.!?]*(?:издани|газет|агентств|телеканал|портал|журнал|telegram|телеграм|РИА|ТАСС|Интерфакс|сайт|СМИ))"
        r"[^.!?]*?(?<!\w)(?:(?:рассказа|сообщи|заяви|написа|объяви|предупреди)л[аои]?|заявля\w+|говорится|свидетельству\w+) (?!в ходе|во? время|на )"
        r"|Тако(?:е|й) (?:мнение|заявление|вывод|прогноз)(?!\w)|Такую оценку(?!\w)|Такие данные(?!\w))",
        re.IGNORECASE,
    ),
    "uk": re.compile(
        r"Про це(?![^.!?]*(?:видання|газет|агентств|телеканал|портал|журнал|telegram|телеграм|Укрінформ|сайт|ЗМІ))"
        r"[^.!?]*?(?<!\w)(?:розпові|повідоми|заяви|написа|сказа|оголоси|попереди|свідч)\w* (?!під час|на )",
        re.IGNORECASE,
    ),
}
"""Beginnings of sentences that say whose word the one before is. A newsroom's own is none: the link says so."""

SAYS_WHOSE = {
    "ru": re.compile(
        r"(?<!\w)(?:сообщ|заяв|рассказ|объясн|отмет|подчеркн|сказа|поясн|уточн|добав|написа)\w*",
        re.IGNORECASE,
    ),
    "uk": re.compile(
        r"(?<!\w)(?:повідом|заяв|розпові|поясн|зазнач|підкресл|сказа|уточн|дода|написа)\w*", re.IGNORECASE
    ),
}
"""What tells of somebody's word within a sentence, so that it needs nobody behind it."""

ATTRIBUTED = {
    "en": re.compile(r"According to [^,]{2,60}, |,? according to [^,;]{2,80}?(?=\.?$)"),
    "ru": re.compile(
        r"(?:По (?:данным|словам|информации|сведениям|мнению|оценк\w+)|Согласно|Как (?:сообщ|переда|пиш|отмеч|заяв|уточн)\w+) [^,]{2,60}, "
        r"|, (?:сообщ|переда|пиш|отмеч|заяв|уточн)\w+ [^,]{2,80}?(?=\.?$)"
    ),
    "uk": re.compile(
        r"(?:За (?:даними|словами|інформацією)|Згідно з|Як (?:повідомля|переда|пиш)\w+) [^,]{2,60}, |, (?:повідомля|переда|пиш)\w+ [^,]{2,80}?(?=\.?$)"
    ),
}
"""Who says so, within a sentence."""

RECALLS = {
    "en": re.compile(
        r"(?:Earlier (?:this|in|last|on)|Earlier,|Previously|Last (?:week|month|year|summer|winter|spring|autumn|fall)\b"
        r"|(?:[\w-]+ ){0,3}(?:days?|weeks?|months?|years?) ago\b"
        r"|The (?:war|conflict|crisis|dispute) (?:began|started|broke out)|In (?:the )?(?P<year>(?:19|20)\d\d)\b)"
    ),
    "ru": re.compile(
        r"(?:Напомним|Ранее|(?:[\w-]+ ){0,3}(?:день|дня|дней|недел[юиь]|месяца?|месяцев|года?|лет) назад|До этого|Как сообщалось|Как ранее|Прежде|В прошлом (?:году|месяце)|На прошлой неделе|(?:В|Во время [а-яё]+|Летом|Осенью|Зимой|Весной) (?P<year>(?:19|20)\d\d)(?:-м)? (?:г\.|года|году))"
    ),
    "uk": re.compile(
        r"(?:Нагадаємо|Раніше|До цього|Як повідомлялося|Минулого (?:року|місяця|тижня)|У (?P<year>(?:19|20)\d\d))"
    ),
    "ja": re.compile(
        r"(?:これまで|これに先立ち|先(?:月|週)|昨年|昨夏|昨秋|以前|かつて|(?P<year>(?:19|20)\d\d)年)"
    ),
}
"""Beginnings of sentences that tell of the past. A `year` counts where it is over."""

RECALLING_WORD = re.compile(r"(?:Напомним|Нагадаємо)(?:, (?:что|що)|,)?\s+|(?:Earlier|Previously),\s+")
"""What says only that the past is told of."""
