"""Documents of every kind of feed that is about, with two or more items each, in our own words."""

from __future__ import annotations

JA = "停戦を協議する会合、来週に開催へ"
RU = "Стороны договорились о встрече на следующей неделе"
FR = "Réunion à l'été : l'accord est signé"
DATES = (
    "Sat, 09 Aug 2025 12:00:00 GMT",
    "Sat, 9 Aug 25 12:00:00 +0900",
    "09 Aug 2025 12:00 EST",
    "2025-08-09T12:00:00Z",
    "2025-08-09T12:00:00.123+09:00",
    "2025-08-09 12:00:00",
    "2025-08-09",
    "20250809T120000Z",
    "2025-W32-6",
    "Sat Aug  9 12:00:00 2025",
    "Aug 9, 2025 12:00:00 GMT",
    "2025년 08월 09일 12:00:00",
    "Σαβ, 09 Αύγ 2025 12:00:00 EET",
    "yesterday",
    "",
)


def rss(
    *items: str, root: str = 'version="2.0"', head: str = "", declaration: str = '<?xml version="1.0"?>\n'
) -> str:
    inner = "".join(f"<item>{item}</item>\n" for item in items)
    return f"{declaration}<rss {root}><channel><title>News</title><link>http://a.example/</link>{head}\n{inner}</channel></rss>\n"


def atom(*entries: str, root: str = 'xmlns="http://www.w3.org/2005/Atom"', head: str = "") -> str:
    inner = "".join(f"<entry>{entry}</entry>\n" for entry in entries)
    return f'<?xml version="1.0"?>\n<feed {root}><title>News</title><id>urn:news</id>{head}\n{inner}</feed>\n'


def story(n: int, more: str = "", title: str = "Talks begin") -> str:
    return f"<title>{title} {n}</title><link>http://a.example/{n}</link>{more}"


RDF = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{}" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)


def rdf(namespace: str, *items: str) -> str:
    inner = "".join(
        f'<item rdf:about="http://a.example/about/{n}">{item}</item>' for n, item in enumerate(items)
    )
    listed = "".join(f'<rdf:li rdf:resource="http://a.example/about/{n}"/>' for n in range(len(items)))
    return (
        f'<?xml version="1.0"?><rdf:RDF {RDF.format(namespace)}><channel rdf:about="http://a.example/"><title>News</title>'
        f"<items><rdf:Seq>{listed}</rdf:Seq></items></channel>{inner}</rdf:RDF>"
    )


ATOM_STORY = (
    "<title type='{type}'>{title}</title><link href='/{n}'/><link rel='enclosure' href='http://a.example/{n}.mp3'/>"
    "<id>tag:a.example,2025:{n}</id><updated>2025-08-09T12:00:0{n}Z</updated>{more}"
)


def atom_story(n: int, more: str = "", type_: str = "text", title: str = "Talks begin") -> str:
    return ATOM_STORY.format(n=n, more=more, type=type_, title=title)


XHTML = "<div xmlns='http://www.w3.org/1999/xhtml'>Talks <b>begin</b> &amp; go on</div>"
MODULES = (
    'version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:georss="http://www.georss.org/georss" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:own="http://a.example/ns"'
)

TEXTS: dict[str, str] = {
    "rss 0.90": rdf("http://my.netscape.com/rdf/simple/0.9/", *(story(n) for n in range(3))),
    "rss 0.91": rss(
        *(story(n, "<description>What was said</description>") for n in range(3)), root='version="0.91"'
    ),
    "rss 0.92": rss(
        *(
            f"<description>&lt;a href='http://a.example/{n}'&gt;Talks&lt;/a&gt; begin {n}</description>"
            for n in range(3)
        ),
        root='version="0.92"',
    ),
    "rss 0.94": rss(
        *(story(n, f"<guid>http://a.example/{n}</guid>") for n in range(3)), root='version="0.94"'
    ),
    "rss without a version": rss(*(story(n) for n in range(3)), root=""),
    "rss 1.0": rdf(
        "http://purl.org/rss/1.0/",
        *(
            story(
                n,
                f"<dc:date>2025-08-09T12:0{n}:00+09:00</dc:date><dc:creator>A desk</dc:creator>"
                "<content:encoded><![CDATA[<p>What <b>was</b> said</p>]]></content:encoded>",
            )
            for n in range(3)
        ),
    ),
    "rss in a namespace": rss(
        *(story(n) for n in range(2)), root='version="2.0" xmlns="http://backend.userland.com/rss2"'
    ),
    "atom 1.0": atom(*(atom_story(n, "<summary>What was said</summary>") for n in range(3))),
    "atom 0.3": atom(
        *(
            f"<title mode='escaped' type='text/html'>Talks &amp;amp; more {n}</title><link rel='alternate' type='text/html' "
            f"href='http://a.example/{n}'/><id>tag:{n}</id><issued>2025-08-09T12:00:0{n}Z</issued>"
            "<modified>2025-08-09T13:00:00Z</modified><content mode='xml' type='application/xhtml+xml'>"
            f"{XHTML}</content>"
            for n in range(3)
        ),
        root='version="0.3" xmlns="http://purl.org/atom/ns#"',
    ),
    "atom with a prefix": atom(*(atom_story(n) for n in range(3)))
    .replace("<feed xmlns=", "<a:feed xmlns:a=")
    .replace("</feed", "</a:feed")
    .replace("<entry", "<a:entry")
    .replace("</entry", "</a:entry")
    .replace("<title", "<a:title")
    .replace("</title", "</a:title")
    .replace("<link", "<a:link")
    .replace("<id", "<a:id")
    .replace("</id", "</a:id")
    .replace("<updated", "<a:updated")
    .replace("</updated", "</a:updated"),
    "atom with every type of text": atom(
        *(
            atom_story(n, more, type_, title)
            for n, (type_, title, more) in enumerate(
                [
                    ("text", "1 &lt; 2 &amp; 3", f"<content type='xhtml'>{XHTML}</content>"),
                    (
                        "html",
                        "Talks &lt;i&gt;begin&lt;/i&gt; &amp;amp; go on",
                        "<summary type='html'>&lt;p&gt;x</summary>",
                    ),
                    ("xhtml", XHTML, "<content type='text/plain'>plain</content>"),
                    (
                        "html",
                        "<![CDATA[Talks <i>begin</i>]]>",
                        "<content src='http://a.example/c' type='text/html'/>",
                    ),
                    ("text", "Base64", "<content type='application/octet-stream'>VGFsa3M=</content>"),
                ]
            )
        )
    ),
    "atom with links of every relation": atom(
        "<title>a</title><id>1</id><link rel='self' href='/self'/><link rel='alternate' hreflang='en' href='/en'/>",
        "<title>b</title><id>2</id><link rel='related' href='/related'/><link href='/plain'/><link rel='edit' href='/e'/>",
        "<title>c</title><id>3</id><link rel='alternate' type='application/json' href='/json'/>"
        "<link rel='alternate' type='text/html' href='/html'/>",
        "<title>d</title><id>http://a.example/4</id>",
    ),
    "entries with sources": atom(
        *(
            atom_story(
                n, f"<source><id>s{n}</id><title>A paper {n}</title><link href='http://s.example/'/></source>"
            )
            for n in range(2)
        )
    ),
    "items with sources": rss(
        *(story(n, f"<source url='http://s.example/{n}'>A paper {n}</source>") for n in range(2))
    ),
    "xml:base everywhere": (
        "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://b.example/one/'><title>News</title>"
        "<entry xml:base='two/'><title>a</title><id>1</id><link href='x'/></entry>"
        "<entry><title xml:base='http://c.example/'>b</title><id>2</id><link href='y'/></entry>"
        "<entry><title>c</title><id>3</id><link xml:base='/three/' href='z'/></entry></feed>"
    ),
    "relative links": rss(
        *(
            f"<title>Talks {n}</title><link>{link}</link><guid>{link}</guid>"
            for n, link in enumerate(
                ["/one", "two", "../three", "?four", "//b.example/five", "#six", "mailto:a@a.example"]
            )
        )
    ),
    "guids of every kind": rss(
        story(0, "<guid isPermaLink='true'>http://a.example/g/0</guid>"),
        story(1, "<guid isPermaLink='false'>http://a.example/g/1</guid>"),
        story(2, "<guid isPermaLink='True'>g2</guid>"),
        story(3, "<guid>g3</guid>"),
        story(4, "<guid/>"),
        story(5, "<guid> \n g 5 </guid>"),
        story(6),
        "<title>Only a guid</title><guid>http://a.example/g/7</guid>",
        "<title>No link and no permalink</title><guid isPermaLink='false'>g8</guid>",
        story(9, "<guid isPermaLink='false'>停戦 &amp; 9</guid>"),
    ),
    "dates of every kind": rss(
        *(story(n, f"<guid>{n}</guid><pubDate>{date}</pubDate>") for n, date in enumerate(DATES))
    ),
    "dates by Dublin Core": rss(
        *(story(n, f"<guid>{n}</guid><dc:date>{date}</dc:date>") for n, date in enumerate(DATES)),
        root=MODULES,
    ),
    "two dates": rss(
        story(0, "<pubDate>Sat, 09 Aug 2025 12:00:00 GMT</pubDate><dc:date>2025-08-10T12:00:00Z</dc:date>"),
        story(
            1,
            "<atom:updated>2025-08-10T12:00:00Z</atom:updated><pubDate>Sat, 09 Aug 2025 12:00:00 GMT</pubDate>",
        ),
        root=MODULES,
    ),
    "modules": rss(
        *(
            story(
                n,
                f"<description>Short {n}</description><content:encoded><![CDATA[<p>Long <b>text</b> &amp; more</p>]]>"
                f"</content:encoded><dc:creator>A desk</dc:creator><media:content url='http://a.example/{n}.jpg' "
                f"medium='image'><media:title>A picture {n}</media:title><media:description>seen</media:description>"
                "</media:content><media:thumbnail url='http://a.example/t.jpg'/><itunes:title>By ear</itunes:title>"
                "<itunes:summary>By ear</itunes:summary><georss:point>1 2</georss:point><slash:comments>3</slash:comments>"
                f"<enclosure url='http://a.example/{n}.mp3' length='1' type='audio/mpeg'/><category>World</category>"
                f"<comments>http://a.example/{n}#comments</comments><own:thing own:kind='x'>mine</own:thing>"
                "<atom:link rel='related' href='http://r.example/'/>",
            )
            for n in range(3)
        ),
        root=MODULES,
    ),
    "titles of modules before the item's": rss(
        *(f"<media:group><media:title>Wrong {n}</media:title></media:group>{story(n)}" for n in range(2)),
        root=MODULES,
    ),
    "prefixes that nobody expects": rss(
        *(
            story(
                n,
                f"<d:date>2025-08-09T12:00:0{n}Z</d:date><c:encoded>&lt;p&gt;Text {n}&lt;/p&gt;</c:encoded>",
            )
            for n in range(2)
        ),
        root='version="2.0" xmlns:d="http://purl.org/dc/elements/1.1/" xmlns:c="http://purl.org/rss/1.0/modules/content/"',
    ),
    "prefixes that are declared in the items": rss(
        *(
            story(n, f"<x:date xmlns:x='http://purl.org/dc/elements/1.1/'>2025-08-09T12:00:0{n}Z</x:date>")
            for n in range(2)
        )
    ),
    "prefixes that mean something else": rss(
        *(story(n, "<dc:title>Another title</dc:title><dc:date>2025-08-09</dc:date>") for n in range(2)),
        root='version="2.0" xmlns:dc="http://a.example/not-dublin"',
    ),
    "entities": rss(
        *(
            story(
                n,
                f"<description>a &amp;lt;b&amp;gt; &#8217;{n} &#x2014; &quot;c&quot; &amp;nbsp; d</description>",
                "Talks &amp; more &#8220;begin&#8221; &apos;now&apos;",
            )
            for n in range(3)
        )
    ),
    "entities of HTML that nobody declared": rss(
        *(
            story(n, "<description>a&nbsp;b &eacute; &mdash; c</description>", "Talks&nbsp;begin")
            for n in range(2)
        )
    ),
    "CDATA": rss(
        *(
            f"<title><![CDATA[Talks <b>&</b> more {n}]]></title><link><![CDATA[http://a.example/{n}?a=1&b=2]]></link>"
            f"<guid><![CDATA[id {n}]]></guid><description><![CDATA[<p>a]]>]]&gt;<![CDATA[b</p>]]></description>"
            for n in range(3)
        )
    ),
    "queries in links": rss(
        *(
            f"<title>Talks {n}</title><link>http://a.example/?a={n}&amp;copy=2&amp;amp;c=3</link>"
            for n in range(2)
        )
    ),
    "links with spaces and letters": rss(
        "<title>a</title><link>\n  http://a.example/one two \n</link>",
        "<title>b</title><link>http://a.example/停戦?q=é</link>",
        "<title>c</title><link>http://bücher.example/c</link>",
        "<title>d</title><link>HTTP://A.example:80/D</link>",
    ),
    "blanks and a comment before": "\n\n  <!-- made by hand -->\n"
    + rss(*(story(n) for n in range(2)), declaration=""),
    "comments between": rss(*(story(n) for n in range(3))).replace(
        "</item>", "</item><!-- <item> & </item> -->"
    ),
    "processing instructions": rss(
        *(story(n, "<?php echo '<item>' ?>") for n in range(2)),
        declaration='<?xml version="1.0"?><?xml-stylesheet href="a.xsl" type="text/xsl"?>',
    ),
    "a DOCTYPE": rss(
        *(story(n) for n in range(2)),
        root='version="0.91"',
        declaration='<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        '"http://my.netscape.com/publish/formats/rss-0.91.dtd">',
    ),
    "a DOCTYPE with entities": rss(
        *(story(n, title="Talks &who; begin") for n in range(2)),
        declaration='<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY who "at last">]>',
    ),
    "items written in text": rss(
        *(
            story(
                n,
                f"<description>&lt;item&gt;&lt;title&gt;no&lt;/title&gt;&lt;/item&gt; <![CDATA[<item>{n}</item>]]></description>",
            )
            for n in range(3)
        )
    ),
    "markup that nobody escaped": rss(
        *(story(n, f"<description>Talks <b>begin</b> <p>now {n}</p></description>") for n in range(2))
    ),
    "tags in capitals": rss(*(story(n, "<guid>g</guid>") for n in range(2)))
    .replace("<item>", "<ITEM>")
    .replace("</item>", "</ITEM>")
    .replace("<title>", "<TITLE>")
    .replace("</title>", "</TITLE>"),
    "items beside the channel": (
        "<?xml version='1.0'?><rss version='1.1'><channel><title>News</title></channel>"
        + "".join(f"<item>{story(n)}</item>" for n in range(2))
        + "</rss>"
    ),
    "a picture and a text field of the channel": rss(
        *(story(n) for n in range(2)),
        head="<image><url>http://a.example/i.png</url><title>Picture</title><link>http://a.example/</link></image>"
        "<textInput><title>Search</title><name>q</name><link>http://a.example/s</link></textInput>",
    ),
    "the channel's picture behind the items": rss(*(story(n) for n in range(2))).replace(
        "</channel>", "<image><title>Picture</title><link>http://a.example/p</link></image></channel>"
    ),
    "languages": rss(
        *(story(n) for n in range(2)), root='version="2.0" xml:lang="ja"', head="<language>ja-JP</language>"
    ),
    "no titles": rss(
        *(
            f"<description>Talks {n} have begun, the ministry said</description><guid>{n}</guid>"
            for n in range(3)
        )
    ),
    "nothing but links": rss(*(f"<link>http://a.example/{n}</link>" for n in range(3))),
    "the same twice": rss(story(1), story(1), story(2)),
    "one id for all": rss(*(story(n, "<guid>http://a.example/</guid>") for n in range(3))),
    "empty items": rss("", story(1), " \n"),
    "letters written as Windows does": rss(
        *(story(n, title="Talks &#145;begin&#146; &#150;") for n in range(2))
    ),
    "texts encoded twice": rss(*(story(n, title="RÃ©union Ã  quatre") for n in range(2))),
    "a soft hyphen and marks of direction": rss(
        *(story(n, title="Tal\u00adks \u202ebegin\u202c \u200b") for n in range(2))
    ),
    "beyond the first plane": rss(*(story(n, title="🇺🇦 𝕋alks") for n in range(2))),
    "a document that breaks off": rss(*(story(n) for n in range(3)))[:-40],
    "two documents": rss(story(1), story(2)) + rss(story(3)),
    "something behind the end": rss(story(1), story(2)) + "<script>track()</script>",
    "an ampersand on its own": rss(*(story(n, title="Talks & more") for n in range(2))),
    "a tag that nobody closed": rss(story(1, "<description><br>x</description>"), story(2)),
    "an attribute without quotes": rss(
        *(story(n, "<enclosure url=http://a.example/a.mp3 />") for n in range(2))
    ),
    "a prefix that nobody declared": rss(
        *(story(n, "<media:thumbnail url='http://a.example/t.jpg'/>") for n in range(2))
    ),
    "control characters": rss(*(story(n, title="Talks \x0b begin") for n in range(2))),
    "CDF": (
        "<?xml version='1.0'?><CHANNEL HREF='http://a.example/'><TITLE>News</TITLE>"
        + "".join(
            f"<ITEM HREF='http://a.example/{n}'><TITLE>Talks {n}</TITLE><ABSTRACT>x</ABSTRACT></ITEM>"
            for n in range(2)
        )
        + "</CHANNEL>"
    ),
}


def _declared(text: str, encoding: str) -> bytes:
    declaration = f'<?xml version="1.0" encoding="{encoding}"?>\n'
    return rss(*(story(n, f"<guid>{n}</guid>", text) for n in range(3)), declaration=declaration).encode(
        encoding
    )


BYTES: dict[str, tuple[bytes, str]] = {
    **{
        f"declared as {encoding}": (_declared(text, encoding), "application/rss+xml")
        for encoding, text in (
            ("utf-8", JA), ("utf-16", JA), ("shift_jis", JA), ("euc-jp", JA), ("iso-2022-jp", JA), ("gb18030", "停火谈判下周举行"),
            ("big5", "停火談判下週舉行"), ("euc-kr", "휴전 회담 다음 주 열려"), ("windows-1251", RU), ("koi8-r", RU), ("iso-8859-5", RU),
            ("iso-8859-1", FR), ("iso-8859-15", FR), ("windows-1252", FR), ("windows-1256", "محادثات الأسبوع المقبل"),
        )
    },
    **{
        f"{encoding} in the header alone": (
            rss(*(story(n, f"<guid>{n}</guid>", text) for n in range(3)), declaration="").encode(encoding),
            f"text/xml; charset={encoding}",
        )
        for encoding, text in (("shift_jis", JA), ("euc-jp", JA), ("windows-1251", RU), ("iso-8859-1", FR))
    },
    "a byte order mark": (b"\xef\xbb\xbf" + rss(*(story(n, title=JA) for n in range(2))).encode(), "text/xml"),
    "a byte order mark and blanks": (b"\xef\xbb\xbf\r\n " + rss(*(story(n) for n in range(2))).encode(), "text/xml"),
    "UTF-16 without a mark": (rss(*(story(n, title=RU) for n in range(2)), declaration="").encode("utf-16-le"), "text/xml"),
    "lines as Windows ends them": (rss(*(story(n, "<description>a\nb</description>") for n in range(2))).replace("\n", "\r\n").encode(), "text/xml"),
}  # fmt: skip

KINDS: dict[str, tuple[bytes, str]] = {
    name: (text.encode(), "application/xml") for name, text in TEXTS.items()
} | BYTES
