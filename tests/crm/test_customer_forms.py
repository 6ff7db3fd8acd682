"""A new customer and changes to one: every field, wrong in every way, and nothing typed is lost."""

import re
from html import escape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.accounts import usage
from models.base import writing
from models.customers.archive import archive
from models.customers.contact_point import points_of_one
from models.customers.custom_field import CustomField, fields_of
from models.customers.customer import Customer
from models.customers.listing import count_of
from tests.cast import Cast
from tests.crm.sending import Post
from tests.customers.desk import ALICE, changing, facts, held, person

NEW: dict[str, Any] = {
    "name": "陳大文", "native_name": "", "phone": "6123 4567", "email": "tai@example.com",
    "birthday_month": "11", "birthday_day": "23", "company": "",
    "preferred_channel": "whatsapp", "locale": "zh-HK",
}  # fmt: skip


def everybody(app: Flask, cast: Cast) -> int:
    with app.app_context():
        facts(cast.lotus)
        return count_of(cast.lotus)


def field(app: Flask, cast: Cast, key: str, type: Any, **options: Any) -> None:
    with app.app_context():
        here = facts(cast.lotus)
        with writing():
            CustomField.create(here, key, key.title(), type, ALICE, **options)


@pytest.mark.parametrize("htmx", [False, True])
def test_somebody_new_is_put_on_record(app: Flask, cast: Cast, alice: FlaskClient, post: Post, htmx: bool) -> None:
    answer = post(alice, "/customers", NEW | {"enrol": "y"}, htmx=htmx)
    assert answer.status_code == (204 if htmx else 303)
    shown = (answer.headers["HX-Redirect"] if htmx else answer.location).rpartition("/")[2]
    with app.app_context(), held(cast.lotus, shown) as customer:
        assert (customer.name, customer.kind, customer.birthday, customer.locale) == ("陳大文", "member", "0000-11-23", "zh-HK")
        assert [point.value for point in points_of_one(customer)] == ["+85261234567", "tai@example.com"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", "\u200b "),
        ("name", "x" * 201),
        ("native_name", "x" * 201),
        ("phone", "123"),
        ("phone", "9" * 41),
        ("email", "nobody"),
        ("email", "a" * 250 + "@example.com"),
        ("birthday_day", "31"),
        ("birthday_day", ""),
        ("birthday_day", "x"),
        ("birthday_month", "13"),
        ("birthday_year", "1899"),
        ("birthday_year", "2999"),
        ("company", "x" * 201),
        ("preferred_channel", "pigeon"),
        ("locale", "klingon please"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_bad_field_is_named_and_everything_typed_is_kept(
    app: Flask, cast: Cast, alice: FlaskClient, post: Post, name: str, value: str, htmx: bool
) -> None:
    answer = post(alice, "/customers", NEW | {name: value}, htmx=htmx)
    assert answer.status_code == 422
    assert ("<html" in answer.text) is not htmx
    control = name.partition("_")[0] if name.startswith("birthday") else name
    assert f'id="{control}-problem"' in answer.text
    assert f'href="#{control}"' in answer.text
    others = {key: typed for key, typed in NEW.items() if key != name and typed}
    assert all(f'value="{escape(typed)}"' in answer.text for typed in others.values())
    assert everybody(app, cast) == 0


@pytest.mark.threat("CR01")
@pytest.mark.threat("PO11")
def test_hostile_text_stays_text(app: Flask, cast: Cast, alice: FlaskClient, post: Post) -> None:
    hostile = '"><script>alert(1)</script>'
    answer = post(alice, "/customers", NEW | {"name": hostile, "phone": "", "email": ""})
    page = alice.get(answer.location).text
    assert "<script>alert" not in page and escape(hostile, quote=False).replace('"', "&#34;") in page


def test_everything_wrong_with_a_form_is_said_at_once(alice: FlaskClient, post: Post) -> None:
    wrong = {"name": "", "phone": "123", "email": "nobody", "birthday_day": "", "company": "x" * 201, "locale": "klingon"}
    answer = post(alice, "/customers", NEW | wrong)
    for name in ("name", "phone", "email", "birthday", "company", "locale"):
        assert f'id="{name}-problem"' in answer.text
    assert "6 things need your attention" in answer.text


@pytest.mark.parametrize("htmx", [False, True])
def test_somebody_on_record_already_is_shown_and_what_was_typed_can_be_saved_to_their_record(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post, htmx: bool
) -> None:
    typed = NEW | {"name": "Ada Lovelace", "phone": "+852 9123 4567", "email": "", "company": "Engines"}
    asked = post(alice, "/customers", typed, htmx=htmx)
    assert asked.status_code == 422 and asked.text.count('role="alert"') == 1
    assert "This person is on record already" in asked.text
    assert f'name="known" value="{ada}"' in asked.text and f'href="/w/lotus-spa/customers/{ada}"' in asked.text
    assert 'value="Engines"' in asked.text, "what was typed is still there"
    with app.app_context(), held(cast.lotus, ada) as customer:
        assert customer.company is None, "nothing is changed before it is asked for"
    saved = post(alice, "/customers", typed | {"known": ada, "enrol": "y"})
    assert (saved.status_code, saved.location) == (303, f"/w/lotus-spa/customers/{ada}")
    with app.app_context(), held(cast.lotus, ada) as customer:
        assert (customer.company, customer.birthday, customer.kind) == ("Engines", "0000-11-23", "member")
        assert [point.value for point in points_of_one(customer)] == ["+85291234567", "ada@example.com"], "the e-mail stays"
    assert everybody(app, cast) == 1


def test_a_shared_phone_asks_who_it_is_and_takes_a_yes(app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post) -> None:
    daughter = NEW | {"name": "Annabella", "phone": "+852 9123 4567", "email": ""}
    asked = post(alice, "/customers", daughter)
    assert asked.status_code == 422
    assert f'href="/w/lotus-spa/customers/{ada}"' in asked.text and "shares the phone" in asked.text
    assert post(alice, "/customers", daughter | {"allow_shared": "y"}).status_code == 303
    assert everybody(app, cast) == 2


def test_two_of_one_name_may_share_a_phone_too(app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post) -> None:
    namesake = NEW | {"name": "Ada Lovelace", "phone": "+852 9123 4567", "email": ""}
    assert post(alice, "/customers", namesake | {"allow_shared": "y"}).status_code == 303
    assert everybody(app, cast) == 2


def test_saving_to_the_record_of_a_stranger_is_a_404(app: Flask, cast: Cast, alice: FlaskClient, post: Post) -> None:
    with app.app_context():
        stranger = person(cast.harbour, "Somebody")
    theirs, nobodys = (post(alice, "/customers", NEW | {"known": each}) for each in (stranger, "mem_0000000000000"))
    assert theirs.status_code == nobodys.status_code == 404 and theirs.data == nobodys.data


def test_somebody_new_for_a_booking_leads_back_to_it(alice: FlaskClient, post: Post) -> None:
    back = "/w/lotus-spa/bookings/new?day=2026-12-01&customer=old"
    page = alice.get("/w/lotus-spa/customers/new", query_string={"name": "Cara Lo", "next": back}).text
    assert 'value="Cara Lo"' in page and f'name="next" type="hidden" value="{escape(back)}"' in page
    answer = post(alice, "/customers", NEW | {"next": back})
    assert re.fullmatch(r"/w/lotus-spa/bookings/new\?day=2026-12-01&customer=mem_\w+", answer.location)


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"])
def test_somebody_new_never_leads_to_another_site(alice: FlaskClient, post: Post, target: str) -> None:
    page = alice.get("/w/lotus-spa/customers/new", query_string={"next": target}).text
    assert "evil" not in page and "alert(1)" not in page
    assert post(alice, "/customers", NEW | {"next": target}).location.startswith("/w/lotus-spa/customers/mem_")


def test_the_plans_limit_is_said_over_the_form(
    app: Flask, cast: Cast, charlie: FlaskClient, post: Post
) -> None:
    with app.app_context():
        facts(cast.harbour)
        with writing():
            usage.take(cast.harbour.id, "free", "Asia/Hong_Kong", "customers", 100)
    answer = post(charlie, "/customers", NEW, slug="harbour-tutoring")
    assert answer.status_code == 422
    assert "The plan free is full of customers: 100 are allowed and 100 used." in answer.text


def edited(alice: FlaskClient, ada: str) -> int:
    """The version that the edit form was filled in from."""
    page = alice.get(f"/w/lotus-spa/customers/{ada}/edit").text
    return int(page.split('name="version" type="hidden" value="')[1].split('"')[0])


def test_changes_are_kept(app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post) -> None:
    answer = post(alice, f"/customers/{ada}", NEW | {"version": edited(alice, ada)}, page=f"/customers/{ada}/edit")
    assert (answer.status_code, answer.location) == (303, f"/w/lotus-spa/customers/{ada}")
    with app.app_context(), held(cast.lotus, ada) as customer:
        assert (customer.name, customer.preferred_channel) == ("陳大文", "whatsapp")
        assert [point.value for point in points_of_one(customer)] == ["+85261234567", "tai@example.com"]


@pytest.mark.parametrize("htmx", [False, True])
def test_changes_to_a_record_that_moved_on_are_a_conflict_that_shows_how_it_stands(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post, htmx: bool
) -> None:
    version = edited(alice, ada)
    with app.app_context(), held(cast.lotus, ada) as customer:
        customer.rename("Augusta King")
        customer.touched()
    answer = post(alice, f"/customers/{ada}", NEW | {"version": version}, htmx=htmx)
    assert answer.status_code == 422
    assert "Somebody else changed this customer" in answer.text
    assert "<dd>Augusta King</dd>" in answer.text and 'value="陳大文"' in answer.text
    again = post(alice, f"/customers/{ada}", NEW | {"version": version + 1})
    assert again.status_code == 303


@pytest.mark.parametrize("version", ["", "x", "99999999999999999999", None])
def test_without_the_version_it_was_made_from_nothing_is_changed(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post, version: str | None
) -> None:
    sent = NEW | ({"version": version} if version is not None else {})
    assert post(alice, f"/customers/{ada}", sent).status_code == 422
    with app.app_context(), held(cast.lotus, ada) as customer:
        assert customer.name == "Ada Lovelace"


@pytest.mark.parametrize(
    ("type", "options", "good", "stored", "bad"),
    [
        ("text", (), "Blue", "Blue", "x" * 501),
        ("number", (), "41.5", 41.5, "about forty"),
        ("money", (), "12.50", {"minor": 1250, "currency": "HKD"}, "1.001"),
        ("bool", (), "true", True, "perhaps"),
        ("date", (), "2026-01-31", "2026-01-31", "2026-02-30"),
        ("choice", ("S", "M"), "M", "M", "XL"),
        ("multichoice", ("S", "M"), ["S", "M"], ["S", "M"], ["XL"]),
        ("url", (), "https://example.com", "https://example.com", "javascript:alert(1)"),
    ],
)
def test_a_custom_field_takes_what_its_type_takes(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post, type: str, options: Any, good: Any, stored: Any, bad: Any
) -> None:
    field(app, cast, "extra", type, options=options, filterable=True)
    sent = NEW | {"phone": "", "email": "", "version": edited(alice, ada)}
    refused = post(alice, f"/customers/{ada}", sent | {"custom_extra": bad})
    assert refused.status_code == 422 and 'id="custom_extra-problem"' in refused.text
    assert post(alice, f"/customers/{ada}", sent | {"custom_extra": good}).status_code == 303
    with app.app_context(), held(cast.lotus, ada) as customer:
        assert customer.custom == {"extra": stored}
    unchanged = post(alice, f"/customers/{ada}", sent | {"custom_extra": good, "version": edited(alice, ada)})
    assert unchanged.status_code == 303
    with app.app_context(), held(cast.lotus, ada) as customer:
        assert customer.custom == {"extra": stored}


def test_a_required_custom_field_is_asked_for_when_somebody_is_new(
    app: Flask, cast: Cast, alice: FlaskClient, post: Post
) -> None:
    field(app, cast, "allergy", "text", required=True)
    answer = post(alice, "/customers", NEW)
    assert answer.status_code == 422 and "Allergy is required." in answer.text
    assert everybody(app, cast) == 0
    assert post(alice, "/customers", NEW | {"custom_allergy": "nuts"}).status_code == 303


def test_a_choice_that_is_offered_no_more_stays_with_whoever_has_it(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post
) -> None:
    field(app, cast, "size", "choice", options=("S", "M"))
    post(alice, f"/customers/{ada}", NEW | {"version": edited(alice, ada), "custom_size": "M"})
    with app.app_context():
        here = facts(cast.lotus)
        with writing():
            fields_of(here)[0].change(ALICE, label="Size", options=["S"], required=False, pii=False)
    form = alice.get(f"/w/lotus-spa/customers/{ada}/edit").text
    assert '<option selected value="M">M</option>' in form
    saved = post(alice, f"/customers/{ada}", NEW | {"name": "Ada King", "version": edited(alice, ada), "custom_size": "M"})
    assert saved.status_code == 303
    with app.app_context(), held(cast.lotus, ada) as customer:
        assert (customer.name, customer.custom) == ("Ada King", {"size": "M"})


def test_an_archived_customer_is_not_changed(app: Flask, cast: Cast, alice: FlaskClient, post: Post) -> None:
    with app.app_context():
        shown = person(cast.lotus, "Gone")
        with changing(cast.lotus):
            archive(cast.lotus, shown, ALICE)
    answer = post(alice, f"/customers/{shown}", NEW | {"version": 2})
    assert answer.status_code == 422 and "is archived" in answer.text
    with app.app_context():
        facts(cast.lotus)
        assert Customer.find(cast.lotus, shown).name == "Gone"
