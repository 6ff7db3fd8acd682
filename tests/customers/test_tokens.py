"""What a customer is found by."""

import pytest

from models.customers.contact_point import phone_key
from models.customers.tokens import RUN_MAX, TOKEN_MAX, email_forms, phone_forms, terms_of, tokens_of
from models.errors import Invalid


def test_every_suffix_of_a_chinese_run_is_a_token() -> None:
    assert tokens_of(["陳大文 Tai-Man"]) == {"陳大文", "大文", "文", "tai", "man"}
    assert all(len(token) <= RUN_MAX for token in tokens_of(["很長的一句話沒有任何空格"]))


def test_a_phone_is_found_with_and_without_its_country_and_by_its_ending() -> None:
    assert set(phone_forms("+85291234567")) == {"85291234567", "91234567", "1234567", "234567", "34567", "4567"}
    assert "2025550123" in set(phone_forms("+12025550123"))
    assert list(phone_forms("no digits")) == []


def test_an_address_is_found_whole_and_in_parts() -> None:
    assert {"ada.wong@example.com", "ada.wong", "example.com", "ada", "wong", "example", "com"} == set(
        email_forms("Ada.Wong@Example.com")
    )


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("Chan Tai", ["chan", "tai"]), ("+852 9123-4567", ["85291234567"]), ("9123 4567", ["91234567"]),
        ("陳大文先生你好嗎", ["陳大文先生你好嗎"]),
        ("ada@example.com", ["ada@example.com"]), ("a a a", ["a"]), ("***", []), ("  ", []), ("x" * 300, ["x" * TOKEN_MAX]),
        ("one two three four five six seven eight nine ten", ["eight", "seven", "three", "five", "four", "nine", "one", "six"]),
    ],
)  # fmt: skip
def test_a_query_becomes_few_terms_the_longest_first(query: str, terms: list[str]) -> None:
    assert terms_of(query) == terms


@pytest.mark.parametrize(
    ("raw", "region", "key"),
    [
        ("9123 4567", "HK", "+85291234567"), ("0085291234567", "HK", "+85291234567"), ("00852 9123 4567", "HK", "+85291234567"),
        ("+44 20 7946 0958", "HK", "+442079460958"), ("(202) 555-0143", "US", "+12025550143"),
        ("９１２３４５６７", "HK", "+85291234567"),
        ("\u202a+852 9123 4567\u202c", "GB", "+85291234567"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(raw: str, region: str, key: str) -> None:
    assert phone_key(raw, region) == key


@pytest.mark.parametrize("raw", ["12345", "+852 1234", "hello", "", "+", "0000000000", "9" * 41, "+999 123 456 789"])
def test_a_number_that_cannot_be_called_is_refused(raw: str) -> None:
    with pytest.raises(Invalid) as refused:
        phone_key(raw, "HK")
    assert refused.value.field == "phone"
