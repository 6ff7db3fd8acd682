"""From held to completed and back, the cancelling policy, holds that expire, and what time does by itself (DOMAIN §2)."""

import pytest
from sqlalchemy import update

from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, writing
from models.bookings import progress
from models.bookings.booking import Booking, NotNow, StaleBooking
from models.bookings.cancellation import Cancellation, terms_now
from models.bookings.move import Move
from models.bookings.package import NoCredits, Package, PackageCredit
from models.bookings.refusals import SlotTaken
from models.bookings.sweep import sweep
from tests.bookings.salon import Salon, at, hk

WEDNESDAY = "2026-05-06 10:00"


def package(salon: Salon, *, credits: int = 2, valid_days: int | None = 30) -> Package:
    service = salon.service()
    made = Package.add(salon.workspace, "Two massages", 70_000, {service: credits}, SYSTEM, valid_days=valid_days)
    made.grant(salon.customer().id, SYSTEM)
    return made


def left(salon: Salon) -> int:
    return sum(balance.left for balance in PackageCredit.balances(salon.workspace, salon.customer().id))


def cancel(salon: Salon, booking: Booking, **terms: object) -> Booking:
    return Cancellation(booking, "ill", **terms).carry_out(salon.workspace, SYSTEM)  # type: ignore[arg-type]


def test_a_booking_is_checked_in_completed_and_reopened_within_a_day(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00")
    with at("09:55"), writing():
        progress.check_in(salon.workspace, booking, SYSTEM)
    with at("11:00"), writing():
        assert progress.complete(salon.workspace, booking, SYSTEM).status == "completed"
    with at("2026-05-05 10:59"), writing():
        assert progress.reopen(salon.workspace, booking, SYSTEM).status == "confirmed"


def test_what_was_settled_a_day_ago_stays_as_it_is(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00")
    with at("11:00"), writing():
        progress.complete(salon.workspace, booking, SYSTEM)
    with at("2026-05-05 11:01"), pytest.raises(NotNow), writing():
        progress.reopen(salon.workspace, booking, SYSTEM)


@pytest.mark.parametrize("verb", [progress.complete, progress.mark_no_show])
def test_nothing_is_completed_or_missed_before_its_start(salon: Salon, verb: object) -> None:
    with writing():
        booking = salon.book("10:00")
    with at("09:59"), pytest.raises(NotNow), writing():
        verb(salon.workspace, booking, SYSTEM)  # type: ignore[operator]


def test_somebody_who_does_not_come_owes_the_no_show_fee_until_it_is_taken_back(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00")
    with at("10:20"), writing():
        assert progress.mark_no_show(salon.workspace, booking, SYSTEM).fee_minor == 40_000
    assert salon.customer().no_show_count == 1
    with at("10:40"), writing():
        assert progress.reopen(salon.workspace, booking, SYSTEM).fee_minor == 0
    assert salon.customer().no_show_count == 0


def test_cancelling_before_the_cutoff_costs_nothing_and_frees_the_time(salon: Salon) -> None:
    with writing():
        booking = salon.book(WEDNESDAY, staff="Ann")
        assert cancel(salon, booking).fee_minor == 0
        assert salon.book(WEDNESDAY, who=1, staff="Ann").status == "confirmed"


def test_cancelling_after_the_cutoff_costs_a_share_of_the_price(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00")
        assert terms_now(booking).fee_minor == 20_000
        assert cancel(salon, booking).fee_minor == 20_000


@pytest.mark.parametrize("terms", [{"cancelled_for": "business"}, {"waive_fee": True}])
def test_cancelling_late_for_the_business_or_waived_costs_nothing(salon: Salon, terms: dict[str, object]) -> None:
    with writing():
        assert cancel(salon, salon.book("10:00"), **terms).fee_minor == 0


def test_a_package_pays_one_credit_a_seat_and_gets_it_back_in_time(salon: Salon) -> None:
    with writing():
        booking = salon.book(WEDNESDAY, package=package(salon))
        assert (left(salon), booking.credits_used) == (1, 1)
        cancel(salon, booking)
        assert (left(salon), booking.credits_used) == (2, 0)


def test_a_late_cancel_of_a_booking_paid_by_package_loses_its_credit_and_owes_no_fee(salon: Salon) -> None:
    with writing():
        booking = cancel(salon, salon.book("10:00", package=package(salon)))
        assert (left(salon), booking.fee_minor) == (1, 0)


def test_a_lot_that_expired_meanwhile_lives_fourteen_days_more_if_the_business_cancelled(salon: Salon) -> None:
    with writing():
        booking = salon.book("2026-05-20 10:00", package=package(salon, valid_days=1))
    with at("2026-05-18 10:00"), writing():
        cancel(salon, booking, cancelled_for="business")
        (balance,) = PackageCredit.balances(salon.workspace, salon.customer().id)
        assert balance.expires_at == hk("2026-06-01 10:00")


def test_without_credits_left_nothing_is_booked(salon: Salon) -> None:
    with writing():
        bought = package(salon, credits=1)
        salon.book("10:00", package=bought)
    with pytest.raises(NoCredits), writing():
        salon.book("12:00", package=bought)
    assert "12:00" in salon.free() and left(salon) == 0


def test_a_hold_keeps_its_time_until_it_expires_and_then_frees_it(salon: Salon) -> None:
    with writing():
        held = salon.wish("10:00", staff="Ann").hold(salon.workspace, SYSTEM)
    with at("08:09"):
        assert "10:00" not in salon.free(staff_id=salon.staff["Ann"])
        with pytest.raises(SlotTaken), writing():
            salon.book("10:00", who=1, staff="Ann")
    with at("08:10"):
        assert "10:00" in salon.free(staff_id=salon.staff["Ann"])
        with writing():
            assert salon.book("10:00", who=1, staff="Ann").status == "confirmed"
        assert (salon.booking(held.id).status, salon.booking(held.id).cancelled_for) == ("cancelled", "expired")


def test_a_hold_is_confirmed_in_time_and_not_after(salon: Salon) -> None:
    with writing():
        first = salon.wish("10:00").hold(salon.workspace, SYSTEM)
        second = salon.wish("12:00", who=1).hold(salon.workspace, SYSTEM)
        progress.confirm(salon.workspace, first, SYSTEM)
    with at("08:10"), pytest.raises(NotNow), writing():
        progress.confirm(salon.workspace, second, SYSTEM)


def test_a_pending_booking_holds_its_slot_and_a_second_of_it_is_refused(salon: Salon) -> None:
    with writing():
        salon.service().change(SYSTEM, needs_approval=True)
        pending, _ = salon.wish("10:00", staff="Ann", wait=True).book(salon.workspace, SYSTEM)
        assert pending.status == "pending"
    with pytest.raises(SlotTaken), writing():
        salon.wish("10:00", who=1, staff="Ann", wait=True).book(salon.workspace, SYSTEM)


def test_a_stale_version_is_a_conflict_that_shows_the_booking(salon: Salon) -> None:
    with writing():
        booking = salon.book(WEDNESDAY)
        Move(booking, hk("2026-05-06 12:00")).carry_out(salon.workspace, SYSTEM)
    with pytest.raises(StaleBooking) as refused, writing():
        cancel(salon, booking, expected_version=1)
    assert refused.value.details["current"]["version"] == 2


def test_a_cancelled_booking_can_do_nothing_more(salon: Salon) -> None:
    with writing():
        booking = cancel(salon, salon.book(WEDNESDAY))
        assert booking.allowed_actions == []
    with pytest.raises(NotNow), writing():
        Move(booking, hk("2026-05-06 12:00")).carry_out(salon.workspace, SYSTEM)


def test_what_is_allowed_is_said_and_holds(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00")
    assert booking.allowed_actions == ["check_in", "cancel", "reschedule"]
    with at("10:30"):
        assert booking.allowed_actions == ["check_in", "complete", "mark_no_show", "cancel", "reschedule"]


def test_the_worker_completes_what_is_over_lapses_what_was_never_confirmed_and_ends_holds(salon: Salon) -> None:
    with writing():
        salon.service().change(SYSTEM, needs_approval=True)
        over = salon.book("10:00")
        pending, _ = salon.wish("12:00", who=1, wait=True).book(salon.workspace, SYSTEM)
        salon.wish("14:00", who=2).hold(salon.workspace, SYSTEM)
    with at("2026-05-05 11:00"):
        swept = sweep(salon.workspace)
        assert (swept.holds, swept.pending, swept.completed) == (1, 1, 1)
        assert (salon.booking(over.id).status, salon.booking(pending.id).cancelled_for) == ("completed", "expired")
        assert sweep(salon.workspace).completed == 0


def test_a_workspace_may_switch_completion_off(salon: Salon) -> None:
    with writing():
        salon.book("10:00")
        db.session.execute(
            update(Workspace).where(Workspace.id == salon.workspace_id).values(settings={"complete_bookings": False})
        )
    with at("2026-05-06 12:00"):
        assert sweep(salon.workspace).completed == 0


def test_a_next_booking_that_has_begun_becomes_the_last(salon: Salon) -> None:
    with writing():
        salon.book("10:00")
    with at("10:01"):
        assert sweep(salon.workspace).rolled_on == 1
        db.session.expire_all()
        assert (salon.customer().last_booking_at, salon.customer().next_booking_at) == (hk("10:00"), None)


def test_a_dry_run_leaves_nothing(salon: Salon) -> None:
    with writing(keep=False):
        salon.book("10:00")
    assert salon.free()[2] == "10:00" and salon.customer().bookings_count == 0
