"""Making a booking: the slot, the same request twice, what is refused and what is offered instead."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from models.activity.actor import SYSTEM
from models.activity.audit_event import AuditEvent
from models.base import db, enter, writing
from models.bookings.booking import Booking
from models.bookings.hours import DateOverride
from models.bookings.location import Location
from models.bookings.move import Move
from models.bookings.occupancy import Occupancy
from models.bookings.package import Package
from models.bookings.placement import BookedDifferently
from models.bookings.refusals import SlotTaken
from models.bookings.service import Service
from models.bookings.session import Session
from models.bookings.time_off import TimeOff
from models.customers.here import Premises
from models.customers.timeline import latest_of
from models.errors import Invalid, NotFound
from tests.bookings.salon import Salon, at, hk
from tests.cast import Cast


def test_a_booking_takes_its_person_for_the_service_and_its_buffers(salon: Salon) -> None:
    with writing():
        salon.service().change(SYSTEM, buffer_before_min=10, buffer_after_min=20)
        booking = salon.book("10:00", staff="Ann")
    assert booking.status == "confirmed" and booking.price_minor == 40_000
    taken = db.session.scalars(select(Occupancy).where(Occupancy.workspace_id == salon.workspace_id)).one()
    assert (taken.asset_id, taken.blocked_from, taken.blocked_to) == (salon.staff["Ann"], hk("09:50"), hk("11:20"))


def test_the_least_busy_person_of_the_day_is_chosen(salon: Salon) -> None:
    with writing():
        salon.book("14:00", staff="Ann")
        assert salon.book("10:00", who=1).staff_id == salon.staff["Bea"]


def test_taken_time_is_refused_with_three_alternatives_near_it(salon: Salon) -> None:
    with writing():
        salon.book("10:00", who=0)
        salon.book("10:00", who=1)
    with pytest.raises(SlotTaken) as refused, writing():
        salon.book("10:00", who=2)
    offered = refused.value.details["alternatives"]
    assert [each["starts_at"][11:16] for each in offered] == ["09:00", "11:00", "11:30"]
    assert {person["name"] for person in offered[0]["staff"]} == {"Ann", "Bea"}
    assert refused.value.details["reason"] == "fully_booked"


def test_the_same_request_again_gets_the_first_booking_back(salon: Salon) -> None:
    with writing():
        first, made = salon.wish("10:00").book(salon.workspace, SYSTEM)
        again, made_again = salon.wish("10:00").book(salon.workspace, SYSTEM)
    assert (made, made_again) == (True, False)
    assert first.id == again.id


@pytest.mark.parametrize("differently", [{"party_size": 2}, {"note": "By the window"}, {"staff": "Ann", "party_size": 2}])
def test_a_request_that_differs_from_the_booking_of_that_session_is_a_conflict_that_shows_it(
    salon: Salon, differently: dict[str, object]
) -> None:
    with writing():
        first = salon.book("10:00", staff="Ann")
    with pytest.raises(BookedDifferently) as refused, writing():
        salon.book("10:00", **differently)
    assert refused.value.details["current"]["id"] == first.shown_id
    assert salon.booking(first.id).customer_note is None


def test_a_package_that_is_to_pay_is_part_of_the_request(salon: Salon) -> None:
    with writing():
        package = Package.add(salon.workspace, "Two", 1, {salon.service(): 2}, SYSTEM)
        package.grant(salon.customers[0], SYSTEM)
        paid = salon.book("10:00", package=package)
        salon.book("12:00")
    with pytest.raises(BookedDifferently), writing():
        salon.book("12:00", package=package)
    with writing():
        assert salon.wish("10:00", package=package).book(salon.workspace, SYSTEM) == (salon.booking(paid.id), False)


def test_a_second_person_at_the_same_time_is_a_second_booking(salon: Salon) -> None:
    with writing():
        first = salon.book("10:00", staff="Ann")
        second, made = salon.wish("10:00", staff="Bea").book(salon.workspace, SYSTEM)
    assert made and second.id != first.id
    with writing():
        assert salon.wish("10:00", staff="Bea").book(salon.workspace, SYSTEM)[1] is False


def test_another_place_at_the_same_time_is_a_second_booking(salon: Salon) -> None:
    with writing():
        central, west = (Location.add(salon.workspace, name, SYSTEM) for name in ("Central", "West"))
        salon.book("10:00", location=central)
        booking, made = salon.wish("10:00", location=west).book(salon.workspace, SYSTEM)
    assert made and Session.find(salon.workspace, booking.session_id).location_id == west.id


def test_a_place_that_the_customer_holds_becomes_their_booking_with_what_is_said_only_now(salon: Salon) -> None:
    with writing():
        package = Package.add(salon.workspace, "Two", 1, {salon.service(): 2}, SYSTEM)
        package.grant(salon.customers[0], SYSTEM)
        held = salon.wish("10:00", staff="Ann").hold(salon.workspace, SYSTEM)
    with writing():
        booking, made = salon.wish("10:00", staff="Ann", note="By the window", package=package).book(salon.workspace, SYSTEM)
    assert (booking.id, made, booking.status) == (held.id, True, "confirmed")
    assert (booking.customer_note, booking.credits_used, booking.hold_expires_at) == ("By the window", 1, None)


@pytest.mark.threat("CR06")
@pytest.mark.parametrize(("when", "said"), [("07:00", Invalid), ("18:00", SlotTaken), ("16:30", SlotTaken)])
def test_the_past_and_hours_that_do_not_fit_are_refused(salon: Salon, when: str, said: type[Exception]) -> None:
    with pytest.raises(said), writing():
        salon.book(when)


@pytest.mark.threat("CR06")
def test_a_closed_day_and_time_off_say_so(salon: Salon) -> None:
    with writing():
        for name in ("Ann", "Bea"):
            DateOverride.replace(salon.person(name), hk("2026-05-06 12:00").date(), [], SYSTEM)
            TimeOff.add(salon.person(name), hk("2026-05-07 00:00"), hk("2026-05-08 00:00"), SYSTEM)
    reasons = []
    for day in ("2026-05-06", "2026-05-07"):
        with pytest.raises(SlotTaken) as refused, writing():
            salon.book(f"{day} 10:00")
        reasons.append(refused.value.details["reason"])
        assert refused.value.details["alternatives"]
    assert reasons == ["nobody_works", "time_off"]


@pytest.mark.threat("CR06")
def test_an_archived_service_cannot_be_booked(salon: Salon) -> None:
    with pytest.raises(Invalid), writing():
        salon.service().archive(SYSTEM)
        salon.book("10:00")


def test_a_walk_in_may_be_written_down_by_the_portal_only(salon: Salon) -> None:
    with at("12:10"), writing():
        assert salon.book("12:00", walk_in=True).begun


def test_a_time_off_the_grid_can_be_booked_where_it_is_free(salon: Salon) -> None:
    with writing():
        assert salon.book("10:07").starts_at == hk("10:07")


def test_a_foreign_id_is_not_found_and_cannot_be_stored(salon: Salon, cast: Cast) -> None:
    with writing():
        booking = salon.book("10:00")
    with pytest.raises(NotFound):
        Booking.find(Premises(cast.harbour.id), booking.shown_id)
    with pytest.raises(IntegrityError), writing():
        db.session.execute(
            text("UPDATE booking SET customer_id = :stranger WHERE workspace_id = :here"),
            {"stranger": 12345, "here": salon.workspace_id},
        )


def test_a_booking_is_found_by_its_ref_however_it_is_typed(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00")
    said = f"{booking.ref[:4].lower()}-{booking.ref[4:]}"
    assert Booking.find(salon.workspace, said).id == booking.id
    with pytest.raises(NotFound):
        Booking.find(salon.workspace, "00000000")


def test_moving_keeps_id_and_ref_frees_the_old_time_and_takes_the_new(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00", staff="Ann")
        before = (booking.id, booking.ref)
        Move(booking, hk("10:30")).carry_out(salon.workspace, SYSTEM)
    assert ((booking.id, booking.ref), booking.version) == (before, 2)
    assert booking.staff_id == salon.staff["Ann"]
    assert booking.starts_at == hk("10:30")
    assert "09:30" in salon.free(staff_id=salon.staff["Ann"]) and "10:00" not in salon.free(staff_id=salon.staff["Ann"])


def test_a_move_that_finds_no_room_leaves_the_booking_where_it_was(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00", staff="Ann")
        salon.book("12:00", who=1, staff="Ann")
    with pytest.raises(SlotTaken), writing():
        Move(booking, hk("12:00"), salon.person("Ann")).carry_out(salon.workspace, SYSTEM)
    assert salon.booking(booking.id).starts_at == hk("10:00")
    assert "10:00" not in salon.free(staff_id=salon.staff["Ann"])


def test_a_move_without_a_wish_finds_somebody_else_where_the_lead_person_is_taken(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00", staff="Ann")
        salon.book("12:00", who=1, staff="Ann")
        Move(booking, hk("12:00")).carry_out(salon.workspace, SYSTEM)
    assert booking.staff_id == salon.staff["Bea"]


def test_the_customers_figures_timeline_and_the_audit_tell_of_it(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00")
    person = salon.customer()
    assert (person.next_booking_at, person.bookings_count) == (hk("10:00"), 1)
    assert latest_of(salon.workspace, person.id)[0].summary == "Booked Massage"
    written = select(AuditEvent.verb).where(AuditEvent.workspace_id == salon.workspace_id, AuditEvent.entity_id == booking.id)
    assert db.session.scalars(written).all() == ["create_booking"]


def test_the_database_itself_refuses_a_double_booking(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00", staff="Ann")
    with pytest.raises(IntegrityError, match="occupancy_no_overlap"), writing():
        other = Session.open(salon.service(), hk("10:59"), hk("12:00"), [])
        Occupancy.take(salon.workspace_id, other.id, [booking.staff_id or 0], hk("10:59"), hk("12:00"))
    with writing():
        touching = Session.open(salon.service(), hk("11:00"), hk("12:00"), [salon.staff["Ann"]])
    with pytest.raises(IntegrityError, match="occupancy_no_overlap"), writing():
        db.session.execute(
            text("UPDATE occupancy SET blocked_from = :earlier WHERE session_id = :session AND workspace_id = :here").bindparams(
                earlier=_raw(hk("10:30")), session=touching.id, here=salon.workspace_id
            )
        )


def _raw(instant: object) -> object:
    dialect = db.engine.dialect
    return Booking.starts_at.type.process_bind_param(instant, dialect)  # type: ignore[arg-type]


def test_two_people_and_a_room_are_taken_together(salon: Salon) -> None:
    with writing():
        room = salon.add_room("Room 1")
        salon.service().change(SYSTEM, staff_needed=2)
        salon.service().require({"room": 1}, SYSTEM)
        booking = salon.book("10:00")
        taken = Occupancy.assets_of(salon.workspace_id, [booking.session_id])[booking.session_id]
    assert set(taken) == {*salon.staff.values(), room}
    with pytest.raises(SlotTaken), writing():
        salon.book("10:00", who=1)


def test_a_person_with_a_daily_limit_is_not_booked_beyond_it(salon: Salon) -> None:
    with writing():
        salon.person("Ann").change(SYSTEM, daily_limit=1)
        salon.book("10:00", staff="Ann")
    with pytest.raises(SlotTaken) as refused, writing():
        salon.book("12:00", who=1, staff="Ann")
    assert refused.value.details["reason"] == "daily_limit"


def test_a_strangers_workspace_sees_nothing(salon: Salon, cast: Cast) -> None:
    with writing():
        salon.book("10:00")
    enter(cast.harbour.id)
    assert db.session.scalars(Booking.within(Premises(cast.harbour.id))).all() == []
    assert db.session.scalars(Service.within(Premises(cast.harbour.id))).all() == []
