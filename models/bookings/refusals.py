"""Why a time cannot be booked, in words, and what could be booked instead."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from models import clock
from models.base import show
from models.base.instants import from_ms, to_ms
from models.base.wall_clock import local_iso
from models.bookings.asset import Asset, Staff
from models.bookings.calendar import Calendar, Found, Offer
from models.bookings.question import Reason
from models.errors import N_, Conflict, DomainError, Invalid

ALTERNATIVES: Final = 3
_NEAR, _FAR = timedelta(days=4), timedelta(days=31)

WORDS: Final[dict[Reason, str]] = {
    Reason.PAST: N_("That time has passed."),
    Reason.PARTY_TOO_LARGE: N_("The party is larger than this service takes."),
    Reason.NO_STAFF: N_("Not enough people who can be booked do this service there."),
    Reason.NO_RESOURCE: N_("There are fewer rooms or things than this service needs."),
    Reason.CLOSED: N_("The place is closed then."),
    Reason.NOBODY_WORKS: N_("Nobody who does this service works then."),
    Reason.TOO_LONG: N_("The service takes longer than anybody is there at a stretch."),
    Reason.TIME_OFF: N_("Everybody who does this service has time off then."),
    Reason.RESOURCE_TAKEN: N_("The room or thing that this service needs is taken then."),
    Reason.NEVER_TOGETHER: N_("The people whom this service needs are never free at the same time."),
    Reason.FULLY_BOOKED: N_("Everybody who does this service is booked then."),
    Reason.DAILY_LIMIT: N_("That day has as many bookings as it may have."),
    Reason.NO_CLASS: N_("This class is not on then."),
    Reason.CLASS_FULL: N_("This class has too few seats left."),
}


OF_ONE: Final[dict[Reason, str]] = {
    Reason.NO_STAFF: N_("The person asked for cannot be booked for this service there."),
    Reason.NOBODY_WORKS: N_("The person asked for does not work then."),
    Reason.TOO_LONG: N_("The service takes longer than the person asked for is there at a stretch."),
    Reason.TIME_OFF: N_("The person asked for has time off then."),
    Reason.FULLY_BOOKED: N_("The person asked for is booked then."),
    Reason.DAILY_LIMIT: N_("The person asked for, or the day, has as many bookings as it may have."),
    Reason.NO_CLASS: N_("The person asked for does not lead this class then."),
}
"""Where one person was asked for."""


class SlotTaken(Conflict):
    """The time cannot be booked: `reason`, and `alternatives` near it (DOMAIN §3).

    These are looked for when they are first read, which is after the write was rolled back: nobody waits for them.
    """

    code = "slot_taken"

    def __init__(
        self, reason: Reason, near: Callable[[], list[dict[str, Any]]] = list, *, asked_for: dict[str, str] | None = None
    ) -> None:
        self._near: Callable[[], list[dict[str, Any]]] | None = near
        advice = "" if near is list else "See the alternatives, or call get_available_slots."
        named = {"staff": asked_for} if asked_for is not None else {}
        super().__init__(in_words(reason, alone=asked_for is not None), for_apps=advice, reason=reason.value, **named)

    @property
    def details(self) -> dict[str, Any]:
        """The reason and the alternatives."""
        if self._near is not None:
            near, self._near = self._near, None
            self._told["alternatives"] = near()
        return self._told

    @details.setter
    def details(self, told: dict[str, Any]) -> None:
        self._told = told


def refusal(calendar: Calendar, start: int, party_size: int, reason: Reason) -> DomainError:
    """The error for a start that cannot be booked, with three others near it where there are any."""
    if reason is Reason.PAST:
        return Invalid("That time has passed; choose one to come.", field="starts_at")
    asked_for = _asked_for(calendar)
    if reason in (Reason.PARTY_TOO_LARGE, Reason.NO_STAFF, Reason.NO_RESOURCE):
        return SlotTaken(reason, asked_for=asked_for)
    return SlotTaken(reason, lambda: alternatives(calendar, start, party_size), asked_for=asked_for)


def in_words(reason: Reason, *, alone: bool = False) -> str:
    """The sentence of a reason; `alone` where one person was asked for, whom it then is about."""
    return OF_ONE[reason] if alone and reason in OF_ONE else WORDS[reason]


def _asked_for(calendar: Calendar) -> dict[str, str] | None:
    """The person who was asked for, as data: a name stands in no sentence that an assistant reads."""
    person = calendar.staff_id
    if person is None:
        return None
    return {"id": show(Staff.prefix, person), "name": Asset.names(calendar.workspace).get(person, "")}


def alternatives(calendar: Calendar, start: int, party_size: int) -> list[dict[str, Any]]:
    """The three offers nearest to a start, in order of time: within four days, else within a month after it."""
    at, now = from_ms(start), clock.now()
    found = _between(calendar, max(at - _NEAR, now), at + _NEAR, party_size)
    if not found.offers:
        found = _between(calendar, max(at, now), max(at, now) + _FAR, party_size)
    nearest = sorted(_one_each(found), key=lambda offer: abs(offer.slot.starts_at - start))[:ALTERNATIVES]
    names = Asset.names(calendar.workspace) if nearest else {}
    return [_shown(calendar, offer, names) for offer in sorted(nearest, key=lambda offer: offer.slot.starts_at)]


def _between(calendar: Calendar, start: Any, end: Any, party_size: int) -> Found:
    return calendar.free((to_ms(start), to_ms(end)), party_size) if start < end else Found(())


def _one_each(found: Found) -> list[Offer]:
    """One offer a start."""
    first: dict[int, Offer] = {}
    for offer in found.offers:
        first.setdefault(offer.slot.starts_at, offer)
    return list(first.values())


def _shown(calendar: Calendar, offer: Offer, names: dict[int, str]) -> dict[str, Any]:
    slot = offer.slot
    return {
        "starts_at": local_iso(calendar.workspace, from_ms(slot.starts_at)),
        "ends_at": local_iso(calendar.workspace, from_ms(slot.ends_at)),
        "staff": [{"id": show(Staff.prefix, person), "name": names.get(person, "")} for person in slot.staff],
        "seats_left": slot.seats_left,
    }
