"""Archiving, restoring, anonymising; finding duplicates, merging them and taking a merge apart."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.base import enter, writing
from models.customers.archive import archive
from models.customers.contact_point import points_of_one
from models.customers.customer import Customer
from models.customers.note import Note
from models.insights.activity_feed import feed
from tests.bookings.salon import Salon
from tests.cast import Cast
from tests.crm.sending import Post
from tests.customers.desk import ALICE, changing, held, person


def is_archived(app: Flask, cast: Cast, shown: str) -> bool:
    with app.app_context(), held(cast.lotus, shown) as customer:
        return customer.archived_at is not None


def test_archiving_is_asked_first_and_then_done(app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post) -> None:
    assert "Archive Ada Lovelace?" in alice.get(f"/w/lotus-spa/customers/{ada}/archival").text
    assert not is_archived(app, cast, ada)
    answer = post(alice, f"/customers/{ada}/archival", {}, page=f"/customers/{ada}/archival")
    assert answer.location == f"/w/lotus-spa/customers/{ada}"
    assert is_archived(app, cast, ada)
    assert "This customer is archived" in alice.get(answer.location).text


@pytest.mark.parametrize("htmx", [False, True])
def test_what_stands_in_the_way_of_archiving_is_named(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post, htmx: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.customers.archive._blockers", [lambda customer: ["a booking on Friday"]])
    answer = post(alice, f"/customers/{ada}/archival", {}, htmx=htmx)
    assert answer.status_code == 422 and "a booking on Friday" in answer.text
    assert not is_archived(app, cast, ada)


@pytest.mark.threat("CR13")
def test_a_live_booking_keeps_a_customer_from_being_archived(app: Flask, cast: Cast, alice: FlaskClient, post: Post) -> None:
    with app.app_context():
        salon = Salon.open(cast.lotus.id)
        with writing():
            booked = salon.book("2027-05-05 10:00")
            shown = Customer.find(cast.lotus, booked.customer_id).shown_id
            number = booked.shown_id
    page = alice.get(f"/w/lotus-spa/customers/{shown}/archival").text
    assert f'href="/w/lotus-spa/bookings/{number}"' in page and f"/bookings/{number}/cancellation" in page
    assert "Archive</button>" not in page, "no button that cannot work"
    answer = post(alice, f"/customers/{shown}/archival", {}, page="/customers/new")
    assert answer.status_code == 422 and "Something stands in the way" in answer.text


def test_an_archived_customer_is_restored(app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post) -> None:
    with app.app_context(), changing(cast.lotus):
        archive(cast.lotus, ada, ALICE)
    post(alice, f"/customers/{ada}/restoration", {})
    assert not is_archived(app, cast, ada)
    again = post(alice, f"/customers/{ada}/restoration", {})
    assert again.status_code == 303 and "is not archived" in alice.get(again.location).text


def test_archiving_twice_is_a_conflict(alice: FlaskClient, ada: str, post: Post) -> None:
    post(alice, f"/customers/{ada}/archival", {})
    assert post(alice, f"/customers/{ada}/archival", {}).status_code == 409


def test_anonymising_is_asked_first_and_leaves_no_name(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post
) -> None:
    with app.app_context(), held(cast.lotus, ada) as customer:
        Note.add(customer, "Met Babbage", ALICE)
    assert "cannot be taken back" in alice.get(f"/w/lotus-spa/customers/{ada}/anonymisation").text
    post(alice, f"/customers/{ada}/anonymisation", {})
    page = alice.get(f"/w/lotus-spa/customers/{ada}").text
    assert "This person was anonymised" in page
    assert "Lovelace" not in page and "Babbage" not in page and "ada@example.com" not in page
    assert post(alice, f"/customers/{ada}/anonymisation", {}).status_code == 409


def test_staff_neither_archive_nor_anonymise(app: Flask, cast: Cast, bob: FlaskClient, ada: str, post: Post) -> None:
    for ending in ("archival", "anonymisation"):
        assert bob.get(f"/w/lotus-spa/customers/{ada}/{ending}").status_code == 403
        assert post(bob, f"/customers/{ada}/{ending}", {}).status_code == 403
    assert not is_archived(app, cast, ada)


def test_duplicates_are_those_who_share_a_number_an_address_or_a_name(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str
) -> None:
    with app.app_context():
        person(cast.lotus, "A. Lovelace", phone="+85291234567")
        person(cast.lotus, "ada lovelace", email="other@example.com")
        person(cast.lotus, "Nobody Else", phone="+85261234569")
    page = alice.get("/w/lotus-spa/customers/duplicates").text
    assert "Same phone" in page and "+85291234567" in page and "Same name" in page
    assert "Nobody Else" not in page
    assert f"/customers/{ada}/merge?other=mem_" in page


def test_no_duplicates_is_said(alice: FlaskClient, ada: str) -> None:
    assert "No duplicates" in alice.get("/w/lotus-spa/customers/duplicates").text


def test_the_other_record_is_looked_for_and_both_are_shown_before_merging(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str
) -> None:
    with app.app_context():
        other = person(cast.lotus, "Augusta King", tags=("vip",))
    url = f"/w/lotus-spa/customers/{ada}/merge"
    found = alice.get(url, query_string={"query": "augusta"}).text
    assert f"other={other}" in found
    both = alice.get(url, query_string={"other": other}).text
    assert "Stays" in both and "Goes into it" in both and "Keep the other one instead" in both
    assert alice.get(url, query_string={"other": ada}).status_code == 422
    assert alice.get(url, query_string={"query": "nobody at all"}).status_code == 200


def test_two_records_are_merged_and_taken_apart_again(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post
) -> None:
    with app.app_context():
        other = person(cast.lotus, "Augusta King", phone="+85261234569", tags=("vip",))
    answer = post(alice, f"/customers/{ada}/merge", {"other": other})
    assert answer.location == f"/w/lotus-spa/customers/{ada}"
    page = alice.get(answer.location).text
    assert "+852 6123 4569" in page and ">vip</a>" in page
    with app.app_context():
        enter(cast.lotus.id)
        act = next(each for each in feed(cast.lotus).items if each.verb == "merge_contacts").shown_id
    post(alice, f"/activity/{act}/undoing", {}, page="/activity")
    with app.app_context(), held(cast.lotus, ada) as customer:
        assert [point.value for point in points_of_one(customer) if point.kind == "phone"] == ["+85291234567"]
    assert "Augusta King" in alice.get(f"/w/lotus-spa/customers/{other}").text


@pytest.mark.parametrize("other", ["", "mem_0000000000000", "bkg_0000000000000", "mem_\u2603", "x" * 500])
def test_a_record_that_is_not_there_is_not_merged(alice: FlaskClient, ada: str, post: Post, other: str) -> None:
    assert post(alice, f"/customers/{ada}/merge", {"other": other}).status_code == 404


def test_a_record_is_not_merged_with_itself_or_with_an_archived_one(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post
) -> None:
    itself = post(alice, f"/customers/{ada}/merge", {"other": ada})
    assert itself.status_code == 422 and "the same customer already" in itself.text
    with app.app_context():
        other = person(cast.lotus, "Gone")
        with changing(cast.lotus):
            archive(cast.lotus, other, ALICE)
    archived = post(alice, f"/customers/{ada}/merge", {"other": other})
    assert archived.status_code == 422 and "is archived" in archived.text
