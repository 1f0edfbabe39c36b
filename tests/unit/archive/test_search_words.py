"""Texts as words: what is folded, what is a word of its own, and that both sides agree."""

import sqlite3
import unicodedata
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.archive.schema import CREATE_SEARCH
from wigwag.archive.search_terms import expression_of, read_terms
from wigwag.archive.search_words import indexed, letters_of, phrase_of, plain, words_of

FOUND = [
    ("Straße", "strasse"), ("Straße", "STRASSE"), ("STRASSE", "straße"), ("STRAẞE", "straße"),
    ("İstanbul", "istanbul"), ("ISTANBUL", "istanbul"), ("ılık", "ilik"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("ὈΔΥΣΣΕΎΣ", "οδυσσευς"),
    ("ёлка", "елка"), ("елка", "Ёлка"), ("Київ", "КИЇВ"), ("за́мок", "замок"),
    ("naïve", "naive"), ("nai\u0308ve", "naïve"), ("naïve", "nai\u0308ve"), ("naïve", "NAÏ*"),
    ("Łódź", "lodz"), ("lodz", "Łódź"), ("smørrebrød", "smorrebrod"), ("Ærø", "aero"),
    ("đường", "duong"), ("Việt Nam", "viet nam"), ("Þór", "thor"), ("œuvre", "oeuvre"),
    ("שָׁלוֹם", "שלום"), ("שלום", "שָׁלוֹם"), ("مُحَمَّد", "محمد"), ("كتاب", "كِتَاب"), ("أحمد", "احمد"),
    ("ﻣﺮﺣﺒﺎ", "مرحبا"), ("مـــرحبا", "مرحبا"), ("می\u200cخواهم", "میخواهم"), ("يكتب", "یکتب"),
    ("ﬁnal", "final"), ("ＡＢＣ", "abc"), ("abc", "ＡＢＣ"), ("x²", "x2"), ("٤٢ جمل", "42"),
    ("don’t go", "don't"), ("м’ята", "м'ята"), ("мʼята", "м'ята"),
    ("soft\u00adhyphen", "softhyphen"),
    ("你好世界", "你好"), ("你好世界", "世界"), ("你好世界", "你好世界"), ("你好世界", "好"),
    ("明天下午三点在咖啡馆见面", "咖啡馆"), ("明天下午三点", "下午*"), ("第3回", "3回"),
    ("第3回", "第3"),
    ("お世話になっております。注文の件です", "注文"), ("お世話になっております", "なって"),
    ("お世話になっております", "世話に"), ("お世話になっております", "ます。"),
    ("こんにちは", "に"),
    ("が", "か\u3099"), ("か\u3099っこう", "がっこう"), ("ガッコウ", "ｶﾞｯｺｳ"), ("コーヒー", "ヒー"),
    ("안녕하세요", "안녕"), ("친구가 왔다", "친구"), ("안녕", unicodedata.normalize("NFD", "안녕")),
    ("สวัสดีครับ", "สวัสดี"), ("สวัสดีครับ", "ครับ"), ("ສະບາຍດີ", "ບາຍ"), ("សួស្តី", "ស្តី"),
    ("မင်္ဂလာပါ", "ဂလာ"), ("tea ชา", "ชา tea"),
    ("happy 😀 day", "😀"), ("happy 😀 day", '"happy 😀"'), ("so 😀😀 happy", "😀"),
    ("Danke😀", "danke"),
    ("👍🏽", "👍"), ("❤️", "❤"), ("❤", "❤️"), ("👩\u200d👧", "👧"), ("new \U0001fae8", "\U0001fae8"),
    ("हिन्दी भाषा", "हिन्दी"), ("हिन्दी भाषा", "भाषा"), ("क़लम", "क\u093cलम"),
    ("foo_bar", "foo"), ("e-mail", "e-mail"), ("#tag", "tag"), ("10:30", "10:30"),
    ("ⴰⵎⴰⵣⵉⵖ", "ⴰⵎⴰⵣⵉⵖ"), ("ᲒᲐᲛᲐᲠᲯᲝᲑᲐ", "გამარჯობა"),
    ("\U0001e900\U0001e92e", "\U0001e922\U0001e92e"),
]  # fmt: skip
NOT_FOUND = [
    ("край", "краи"), ("か", "が"), ("हिन्दी", "हन्द"), ("世界", "界世"), ("word", "wor"),
    ("สวัสดี", "สดวัส"), ("12", "1"), ("👍", "👎"), ("ab の", "abの か"),
]  # fmt: skip
texts = st.text(max_size=40) | st.text(
    st.sampled_from("aÉßı ﬁ.-'ʼ5٤世界かが゙ｶﾞ안ᄋ\u1161\u11abㅋㅏสวัดี👍🏽❤\ufe0f\u200dשָׁऀक़ি\u09c7\u09be"),
    max_size=40,
)


@cache
def index() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(CREATE_SEARCH)
    return connection


def is_found(text: str, query: str) -> bool:
    """As the archive indexes and asks."""
    terms = read_terms(query)
    if terms is None:
        return False
    row = (1, indexed(text), "")
    connection = index()
    connection.execute("BEGIN")
    connection.execute(
        "INSERT INTO messages_fts(rowid, content, document_name) VALUES (?, ?, ?)", row
    )
    sql = "SELECT 1 FROM messages_fts WHERE messages_fts MATCH ?"
    found = connection.execute(sql, (expression_of(terms),)).fetchone()
    connection.execute("ROLLBACK")
    return found is not None


@pytest.mark.parametrize(("text", "query"), FOUND)
def test_it_is_found(text: str, query: str) -> None:
    assert is_found(text, query)


@pytest.mark.parametrize(("text", "query"), NOT_FOUND)
def test_it_is_another_word(text: str, query: str) -> None:
    assert not is_found(text, query)


@pytest.mark.parametrize("text", ["", "?!", "…", "\u200d", "━━━━", "\u0301", "'\"", "\0"])
def test_nothing_in_it_can_be_searched(text: str) -> None:
    assert phrase_of(text).words == ()
    assert words_of(text) == []
    assert indexed(text).strip("?!'\"\0 ") == ""


@given(texts)
def test_every_text_is_found_by_itself(text: str) -> None:
    query = '"' + text.replace('"', " ") + '"'
    assert is_found(text, query) or phrase_of(text).words == ()


@given(texts, texts)
def test_a_text_is_found_among_others(before: str, text: str) -> None:
    query = '"' + text.replace('"', " ") + '"'
    assert is_found(f"{before} {text} {before}", query) or phrase_of(text).words == ()


@given(texts)
def test_however_it_is_composed_it_is_the_same(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert letters_of(unicodedata.normalize(form, text)) == letters_of(text)


@given(texts)
def test_words_stand_where_they_are_said_to(text: str) -> None:
    words = words_of(text)
    assert tuple(word.text for word in words) == letters_of(text)
    ends = 0
    for word in words:
        assert 0 <= word.begin < word.end <= len(text)
        assert word.end >= ends
        ends = word.end
        assert word.text in "".join(letters_of(text[word.begin : word.end]))


@given(texts)
def test_ascii_goes_as_it_is(text: str) -> None:
    text = "".join(c for c in text if c.isascii()) + "Ab_c 1"
    assert indexed(text) == text
    assert phrase_of(text).words == tuple(word.text for word in words_of(text))


@given(st.text(max_size=20))
def test_plain_text_keeps_its_signs(text: str) -> None:
    assert plain("Łódź, 5 €!") == "lodz, 5 €!"
    assert not any(0x300 <= ord(c) <= 0x36F for c in plain(text))
