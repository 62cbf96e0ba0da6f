# ruff: noqa: RUF001 -- the tests are about letters that look like others
"""Damaged texts are found: wrongly decoded ones, lost letters, and escapes in place of letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachback.content.record_fields import RecordField
from teachback.files.encoding_damage import LOST_LETTER, WRONG_ENCODING, is_misread, spoilt
from teachback.merge.records.field_values import FieldFault, read_value

FIELD = RecordField.model_validate({"name": "it", "label": "It"})
# Names and words of many languages. Each has something that almost looks like wrongly decoded text.
_NAMES = """
Кот-Д’Ивуар SMÅØYAR
SÃO JOÃO MÃE CORAÇÃO AÇÃO IRMÃ Â Ã ÂNGELA Conceição São José JOSÉ JOSÉ’S RENÉ’S Renée Ç’kemi Nicolò
NICOLÒ François Ñandú ÑANDÚ VÍŠEK KŘÍŽ NOVÁČEK ŠTĚPÁNEK Dvořák DVOŘÁK Čížek ČÍŽEK RĂŞCANU Răşcanu
RĂȘCANU ȘTEFĂNESCU Ștefan Țepeș ŞTEFAN GHIŢĂ KILIÇ Kılıç ÇELİK ŞAHİN Öztürk ÖZTÜRK YILDIRIM İbrahim
Yılmaz Ağaoğlu Gökçe ŻÓŁĆ PÓŁ Żółć ŁÓDŹ Łódź Wójcik WÓJCIK ŚWIĘTOSŁAW Łukasz Æsir Øystein ÅSE Åse
ÅSE” BLÅ BLÅ” PÄIVÄ Ångström Õun JÄÄÄÄR Гі Рё Рі Лі Лілі ЛІЛІ ГІГІ Ніна НІНА Иванов ИВАНОВ Пётр
Шевченко ШЕВЧЕНКО Її ЇЇ Љубица ЉУБИЦА Ђорђе Њего Ћирић Єва ЄВА Γιώργος ΓΙΏΡΓΟΣ Παπαδόπουλος ΕΎΑ Εύα
ΟΊΑ Đặng Nguyễn NGUYỄN ÁNH Huế Ngô NGÔ Đô ĐỖ Đỗ Ân ÂN Ấn Ưng ƯƠNG Ươn Þór Ðóra ÞÓRA Sæmundur SÆÞÓR
Guðrún GUÐRÚN “AMANHÔ “IRMÔ MANHÃ… LÔ Õ é ê ç 25° ½ € “x” ’n ‘n’ ¿Ñ? ¡Óscar! Mª Nº Núñez NÚÑEZ
Güiraldes d’Évreux L’Œuvre l’été O’Brien O’ Anna–Öst Marie–Éve D’Ávila DÁVILA …É «É» «Élan» É…
Straße STRAẞE Dũng ẽ Ýmir Œdipe cœur Zoë Anaïs AÏCHA Haüy L’Haÿ ČŠ ĎURIŠ Ďuriš DĹŽKA Dĺžka Ľubomír
ĽUBOMÍR ŤAPÁK ŇORBA Pálffy ÁRPÁD Őry ŐRY Ű Kovács KOVÁCS SZŰCS Szűcs ĀBOLIŅŠ Šķēle ŠĶĒLE ŽĒGNERE
Ģirts ĶĒNIŅŠ ŪDRIS Kazlauskienė KAZLAUSKIENĖ ŽUKAUSKAS ĮŽANGA ŲŽ ĖŠ ŠŪŠ ĄŽUOLAS Bērziņš Ŵyn Siŵan
Ọ̀yọ́ Ẹ̀bùn Ṣadé Adéọlá Māori WHĀNAU Hawaiʻi Kalākaua ʻOkina Ŋ Łuk'yan Ł'éé' AT&T Smith&Co; Tired?
1/2 50% C:\\new a=b
"""
NAMES = _NAMES.split()
_WORDS = """
José Muñoz Zoë Müller MÜLLER NUÑEZ GÓMEZ JOSÉ NICOLÒ Conceição Ångström Øystein Þór Dvořák ŠIMÁNEK
Čížek ĎURIŠ Łukasz Żółć Răşcanu Ștefan Țepeș Ağaoğlu Şahin İbrahim Szűcs Őry Bērziņš Šķēle Nguyễn
Thị Đặng Huế Ươn Иванов Шевченко Παπαδόπουλος O’Brien d’Évreux Ŵyn Voilà Straße 25° “x” Ẹ̀bùn Māori
王小明 김철수 أحمد שרה अनीता
"""
WORDS = _WORDS.split()
CODECS = (
    "cp1252",
    "latin-1",
    "iso8859_15",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1257",
    "mac_roman",
    "cp437",
    "cp850",
)
# Words whose wrongly decoded form could be a word as well. They are known, and few.
NOT_SEEN = {("cp1250", 2, "Siŵan"), ("cp1253", 2, "שרה"), ("cp1251", 2, "שרה")}


def misread(word: str, codec: str, times: int) -> str:
    """Return a word as it looks after its UTF-8 was decoded with another encoding.

    Bytes that the encoding leaves undefined become control characters.
    """
    for _ in range(times):
        word = "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in word.encode())
    return word


@pytest.mark.parametrize("case", [str, str.upper, str.lower, str.title])
def test_names_as_they_are_written_are_no_misread_texts(case: type[str]) -> None:
    """Real names are never reported, in any language, in capitals or in small letters."""
    names = [case(name) for name in NAMES]
    assert len(names) > 200
    assert [name for name in names if spoilt(name)] == []


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("times", [1, 2])
def test_utf8_that_was_decoded_with_another_encoding_is_found(codec: str, times: int) -> None:
    """UTF-8 that was decoded wrongly is found once and twice, alone and inside a text."""
    unseen = [word for word in WORDS if not spoilt(f"Dr. {misread(word, codec, times)}, at home")]
    assert [word for word in unseen if (codec, times, word) not in NOT_SEEN] == []
    assert [word for word in WORDS if spoilt(misread(word, codec, times)) == ""] == unseen


def test_what_was_decoded_three_times_is_found() -> None:
    """A text that was wrongly decoded three times is found."""
    assert [word for word in WORDS if not is_misread(misread(word, "cp1252", 3))] == []


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("Jos\ufffd Mu\ufffdoz", LOST_LETTER),
        ("\ufffd", LOST_LETTER),
        ("Jos\u00c3\u00a9", WRONG_ENCODING),
        ("Garc\u00c3\u00ada", WRONG_ENCODING),
        ("Voil\u00c3\u00a0 Madame", WRONG_ENCODING),
        ("Voil\u00c3 Madame", WRONG_ENCODING),
        ("O\u00e2\u20ac\u2122Brien", WRONG_ENCODING),
        ("\u201cJos\u00c3\u00a9\u201d", WRONG_ENCODING),
        ("Jos\u00ef\u00bf\u00bd", WRONG_ENCODING),
        ("Mu\u251c\u2592oz", WRONG_ENCODING),
        ("Jos? Mu?oz", "has a question mark inside a word, where a letter was lost"),
        ("Jos&eacute;", "holds a web code, such as &eacute;, in place of a letter"),
        ("O&#39;Brien", "holds a web code, such as &eacute;, in place of a letter"),
        ("O&#x27;Brien", "holds a web code, such as &eacute;, in place of a letter"),
        ("Tom &amp; Ann", "holds a web code, such as &eacute;, in place of a letter"),
        ("Jos\\u00e9", "holds a code, such as \\u00e9, in place of a letter"),
        ("Jos\\xe9", "holds a code, such as \\u00e9, in place of a letter"),
        ("Jos=C3=A9", "holds a code, such as \\u00e9, in place of a letter"),
        ("Jos%C3%A9", "holds a code, such as \\u00e9, in place of a letter"),
        ("???? ????????", "holds nothing but question marks, where letters were lost"),
        ("??", "holds nothing but question marks, where letters were lost"),
        ("Jos&eacute Garcia", "holds a web code, such as &eacute;, in place of a letter"),
        ("Jos&#233 Garcia", "holds a web code, such as &eacute;, in place of a letter"),
        ("Jos&#xe9", "holds a web code, such as &eacute;, in place of a letter"),
        ("Jos=E9", "holds a code, such as \\u00e9, in place of a letter"),
        ("Mu=F1oz", "holds a code, such as \\u00e9, in place of a letter"),
        ("Jos%E9 Garcia", "holds a code, such as \\u00e9, in place of a letter"),
        ("%C1ngel", "holds a code, such as \\u00e9, in place of a letter"),
        ("#REF!", "is an error of a spreadsheet, such as #N/A"),
        ("#N/A", "is an error of a spreadsheet, such as #N/A"),
        ("#NAME?", "is an error of a spreadsheet, such as #N/A"),
        ("#VALUE!", "is an error of a spreadsheet, such as #N/A"),
        ("#DIV/0!", "is an error of a spreadsheet, such as #N/A"),
        ("########", "is an error of a spreadsheet, such as #N/A"),
        (" #n/a ", "is an error of a spreadsheet, such as #N/A"),
        ("Kr\u00b3l", WRONG_ENCODING),
        ("Jos\u207fo", WRONG_ENCODING),
        ("Mu\u00bfoz", WRONG_ENCODING),
        ("Anna_x000D_", "holds a code, such as \\u00e9, in place of a letter"),
    ],
)
def test_a_value_that_was_spoilt_is_rejected_with_its_reason(raw: str, reason: str) -> None:
    """A damaged value is neither printed nor repaired: only the clinic knows the name."""
    assert read_value(FIELD, raw, "en") == FieldFault("it", reason)


@pytest.mark.parametrize(
    "raw",
    [
        "Questions? Call us",
        "See x.org/find?id=3",
        "Really?!",
        "AT&T; R&D",
        "50% off =now",
        "a_b_c",
        "?",
        "3?",
        "m\u00b3",
        "5 m\u00b3",
        "R&D",
        "#1",
        "# 12",
        "Why??",
        "see x.org/a?b=C4",
        "100%C4",
    ],
)
def test_signs_of_ordinary_texts_are_printed(raw: str) -> None:
    """Ordinary question marks, web addresses and signs are printed."""
    assert read_value(FIELD, raw, "en") == raw


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17F), max_size=30))
def test_any_text_has_an_answer(text: str) -> None:
    """Every text gets an answer, whatever it holds."""
    assert isinstance(spoilt(text), str)
