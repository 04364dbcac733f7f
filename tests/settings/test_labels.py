"""Words of the lexicon stand apart from others of their language that look or are stemmed alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bot.domain.lexicon import Lexicon
from bot.settings.lexicon import read_lexicon

ROOT = Path(__file__).parents[2]


@cache
def lexicon() -> Lexicon:
    read, files = read_lexicon(ROOT / "config" / "lexicon", ["en"])
    assert read is not None, [file.problems for file in files]
    return read


def meanings(text: str, language: str) -> set[str]:
    hits = lexicon().find(lexicon().read(text, language))
    return {concept for hit in hits for concept in hit.concepts}


@pytest.mark.parametrize(
    ("language", "text", "concepts"),
    [
        ("de", "Netanjahu trifft in Wien ein", {"netanyahu", "at"}),
        ("de", "OSZE vermittelt Waffenruheabkommen", {"osce", "mediation", "ceasefire"}),
        ("fr", "Sommet américano-russe sur la paix", {"us", "ru", "trump-putin-summit", "peace"}),
        ("fr", "Retrait israélien du Liban", {"withdrawal", "il", "lb"}),
        ("es", "Presidente francés negocia con Dinamarca", {"fr", "dk"}),
        ("ar", "كييف: لا تنازل عن دونباس", {"ua", "donbas"}),
        ("ar", "الوساطة القطرية في محادثات الرياض", {"mediation", "talks", "qa", "sa"}),
        ("ar", "طرد السفير البحريني من العاصمة بكين", {"bh", "cn"}),
        ("tr", "Ateşkes için arabulucu Türkiye", {"ceasefire", "mediation", "tr"}),
        ("he", "שיחות שלום בז׳נבה בין רוסיה לאוקראינה", {"peace-talks", "ch", "ru", "ua"}),
        ("he", "החות'ים תקפו ספינה בים סוף", {"houthis", "attack", "red-sea", "ship"}),
        ("he", "הבחירות בבולגריה", {"election", "bg"}),
        ("hy", "Փաշինյանի և Ալիևի հանդիպումը Բաքվում", {"pashinyan", "aliyev", "meeting", "az"}),
        ("hy", "Ուկրաինայի և Գազայի հարցով", {"ua", "gaza"}),
        ("fa", "وساطت نخست‌وزیر چک", {"mediation", "cz"}),
        ("ko", "미 중동 특사, 한·일 정상 방미 논의", {"us", "jp", "kr", "envoy", "middle-east"}),
        ("ko", "미-우크라 정상", {"us", "ua"}),
        ("en", "Four Britons and two Frenchmen held by Danes", {"gb", "fr", "dk"}),
        ("fr", "Guerre commerciale sino-américaine", {"cn", "us", "trade-war"}),
        ("zh", "普亭與川普會談", {"putin", "trump", "talks"}),
    ],
)
def test_what_a_headline_speaks_of(language: str, text: str, concepts: set[str]) -> None:
    """Names and events as newspapers of the language write them."""
    assert concepts <= meanings(text, language)


@pytest.mark.parametrize(
    ("language", "text", "concept"),
    [
        ("en", "Aid convoy reaches the valley", "hiv"),
        ("uk", "Нафта подорожчала", "usmca"),
        ("de", "Ringen um eine Waffenruhe", "sport"),
        ("de", "Förderung für Schulen", "terms"),
        ("fr", "Échec des négociations à ce stade", "sport"),
        ("fr", "Réforme des retraites", "withdrawal"),
        ("fr", "Le texte final de l'accord", "sport"),
        ("es", "Alto el fuego temporal", "weather"),
        ("es", "Tenía prisa por llegar a San José", "sport"),
        ("es", "Tenía prisa por llegar a San José", "ye"),
        ("es", "La dana causa daños", "dk"),
        ("es", "Manifestación en la plaza", "ultimatum"),
        ("ar", "كيف تنتهي الحرب", "ua"),
        ("ar", "أكد الوزير بأن الاتفاق قريب", "al"),
        ("ar", "توتر في البحر الأحمر", "bh"),
        ("ar", "بنيامين نتنياهو", "ne"),
        ("ar", "طالب الرئيس بهدنة", "taliban"),
        ("ar", "جولة جديدة من المحادثات", "golan"),
        ("ar", "أخبار الرياضة", "sa"),
        ("ar", "أبواب الغابات", "ga"),
        ("ar", "يروي تفاصيل اللقاء", "pe"),
        ("ar", "ترك منصبه", "tr"),
        ("tr", "ABD Başkanı konuştu", "attack"),
        ("tr", "Çatışma bölgesinden haber", "ceasefire"),
        ("tr", "Bakanlık tarafından açıklandı", "neutrality"),
        ("tr", "5 Kişi Gözaltında", "kishida"),
        ("tr", "Anadolu Ajansı duyurdu", "espionage"),
        ("tr", "Sam Altman açıkladı", "sy"),
        ("he", "כוחות נוספים הגיעו", "houthis"),
        ("he", "מכיוון שלא השיגו כלום", "gr"),
        ("he", "מכיוון שלא השיגו כלום", "peace"),
        ("he", "מוצרים חדשים לרוב המבוגרים", "eg"),
        ("he", "מוצרים חדשים לרוב המבוגרים", "lavrov"),
        ("he", "במקרים אלה הוא חזר הביתה", "crimea"),
        ("he", "במקרים אלה הוא חזר הביתה", "labour-strike"),
        ("he", "הצבעה בסנט על קנדי", "bessent"),
        ("he", "הצבעה בסנט על קנדי", "ca"),
        ("ar", "حملة عن سلامة الغذاء", "peace"),
        ("hy", "Համաձայն նախարարի խոսքի", "deal"),
        ("hy", "Մարտի 8-ին", "war"),
        ("hy", "Ցույց տվեց նոր ծրագիրը", "protest"),
        ("fa", "چک برگشتی", "cz"),
        ("fa", "سیب و موز", "sybiha"),
        ("fa", "دور سوم گفت‌وگو", "sumy"),
        ("ko", "그가 한 일은 없다", "jp"),
        ("ko", "이들 중 일부는", "cn"),
        ("ko", "미 중간선거 앞두고", "cn"),
    ],
)
def test_what_only_looks_like_it(language: str, text: str, concept: str) -> None:
    """Words that are written or stemmed like a label and mean something else."""
    assert concept not in meanings(text, language)
