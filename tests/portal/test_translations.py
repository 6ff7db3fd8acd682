"""The Chinese catalogue is whole: every sentence of the sources stands in it, and what is loaded is what was written."""

import ast
import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "templates" / "translations"
CHINESE = TRANSLATIONS / "zh_Hant_HK" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%(?:\(\w+\)[sd]|%)")
REFUSALS = {"Invalid", "NotAllowed", "NotFound", "Conflict", "Blocked", "BadFilter", "DomainError"}
ELEMENT = re.compile(r"</?\w+[^>]*>")

Sentence = str | tuple[str, ...] | list[str] | None


@pytest.fixture(scope="module")
def written() -> Catalog:
    with (CHINESE / "messages.po").open("rb") as file:
        return read_po(file, locale="zh_Hant_HK")


@pytest.fixture(scope="module")
def sources() -> set[str]:
    """Every sentence marked in the sources, a plural by its first form."""
    with (TRANSLATIONS / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = {_forms(sentence)[0] for _, _, sentence, _, _ in extract_from_dir(ROOT, methods, options)}
    # The tail of a sentence whose head holds a value: pages look up the whole, never the tail.
    return {sentence for sentence in found if not sentence.startswith(" ")}


def test_the_compiled_catalogue_says_what_the_written_one_says(written: Catalog) -> None:
    compiled = BytesIO()
    write_mo(compiled, written)
    compiled.seek(0)
    with (CHINESE / "messages.mo").open("rb") as file:
        assert _said(read_mo(file)) == _said(read_mo(compiled)), "pybabel compile -d templates/translations"


def test_no_refusal_keeps_its_values_inside_its_sentence() -> None:
    """`Invalid(f"At most {most}")` could never be said in another language; `Invalid("At most %(most)d", most=most)` can."""
    sentences = [
        (file.name, raised.lineno, raised.args[0])
        for folder in ("models", "blueprints")
        for file in (ROOT / folder).rglob("*.py")
        if file.name != "arguments.py"  # what a tool's arguments lack is told to apps alone, in English
        for raised in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(raised, ast.Call) and getattr(raised.func, "id", None) in REFUSALS and raised.args
    ]
    assert len(sentences) > 100
    assert [(name, line) for name, line, said in sentences if isinstance(said, ast.JoinedStr)] == []


def test_every_sentence_of_the_sources_is_translated(written: Catalog, sources: set[str]) -> None:
    translated = {_forms(each.id)[0] for each in written if all(_forms(each.string)) and not each.fuzzy}
    assert len(sources) > 1000
    assert sorted(sources - translated) == []


def test_a_translation_keeps_the_placeholders_and_the_elements_of_its_sentence(written: Catalog) -> None:
    for message in written:
        if not message.id:
            continue
        for pattern in (PLACEHOLDER, ELEMENT) if message.python_format else (ELEMENT,):
            kept, wanted = (pattern.findall(_forms(said)[-1]) for said in (message.string, message.id))
            assert sorted(kept) == sorted(wanted), message.id


def test_chinese_has_one_form_for_every_number(written: Catalog) -> None:
    assert written.num_plurals == 1
    assert {len(_forms(message.string)) for message in written if message.pluralizable} == {1}


@pytest.mark.parametrize("asked", ["zh-HK", "zh-Hant-HK", "zh-TW,en;q=0.5"])
def test_a_reader_of_chinese_meets_a_chinese_sign_in_page(client: FlaskClient, asked: str) -> None:
    page = client.get("/login", headers={"Accept-Language": asked}).text
    assert '<html lang="zh-Hant-HK">' in page
    assert "<h1>登入</h1>" in page
    assert "Sign in" not in page


def test_a_reader_of_english_meets_an_english_sign_in_page(client: FlaskClient) -> None:
    assert "<h1>Sign in</h1>" in client.get("/login", headers={"Accept-Language": "en-GB"}).text


def _forms(sentence: Sentence) -> tuple[str, ...]:
    """A sentence's forms: one, or one for each number the language tells apart."""
    return (sentence,) if isinstance(sentence, str) else tuple(sentence or ("",))


def _said(catalogue: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {_forms(message.id): _forms(message.string) for message in catalogue if message.id}
