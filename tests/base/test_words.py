"""What nobody can see is not stored; what scripts and emoji need stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.words import clean, fold, one_line


@pytest.mark.threat("MC21")
@pytest.mark.parametrize(
    ("dirty", "kept"),
    [
        ("pay\u200bme", "payme"), ("abc\u202egpj.exe", "abcgpj.exe"), ("\u2066hidden\u2069", "hidden"),
        ("a\U000e0041\U000e0042b", "ab"),
        ("soft\xadhyphen", "softhyphen"), ("nul\x00l", "null"), ("bell\x07", "bell"), ("\ufeffbom", "bom"),
        ("blank\u3164", "blank"),
        ("\ud800lone", "lone"), ("a\u200d\u200db", "ab"), ("x\ufe0f\ufe0f", "x"), ("line\r\nend\u2028s", "line\nend\ns"),
        ("tab\tstays", "tab\tstays"),
        ("😀\U000e0101\U000e0102\U000e0103", "😀"),
    ],
)  # fmt: skip
def test_invisible_characters_are_removed(dirty: str, kept: str) -> None:
    assert clean(dirty) == kept


@pytest.mark.parametrize(
    "text",
    ["👩\u200d👩\u200d👧", "👨🏽\u200d⚕\ufe0f", "❤\ufe0f", "1\ufe0f\u20e3", "می\u200cخواهم", "क्\u200dष", "ශ්\u200dරී",
    "葛\U000e0100", "陳大文", "naïve", "🇭🇰"],
)
def test_joiners_that_scripts_and_emoji_need_stay(text: str) -> None:
    assert clean(text) == text


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    clean(text).encode()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zoë", "zoe"), ("ＡＢＣ", "abc"), ("Straße", "STRASSE"), ("Łódź", "lodz"), ("  a\u3000b ", "A B"), ("ﬁne", "fine"),
        ("陳大文", "陳大文"), ("がく", "か\u3099く"), ("vip\u200b", "VIP"), ("Ørsted", "orsted"),
    ],
)  # fmt: skip
def test_texts_that_people_take_for_the_same_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_folding_keeps_apart_what_is_not_an_accent() -> None:
    assert fold("か") != fold("が")
    assert fold("กา") != fold("กิ")


@given(st.text())
def test_folding_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_one_line_is_one_line() -> None:
    assert one_line("  a \n\t b\u2028c  ") == "a b c"
