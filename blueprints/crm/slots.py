"""Free times of a day as a form offers them: by part of the day, with who is free, or why there are none and when there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from flask_babel import gettext, ngettext

from blueprints.access import workspace
from blueprints.crm.days import readable_instant, span_of, today
from blueprints.crm.forms.booking import NOW
from blueprints.pages.sentences import sentence_of
from models import clock
from models.base.instants import from_ms, to_ms
from models.base.wall_clock import local_iso
from models.bookings.asset import Asset
from models.bookings.booking import Booking
from models.bookings.calendar import Calendar, Found, Offer
from models.bookings.refusals import in_words
from models.bookings.service import Service
from models.errors import Invalid

NAMES_SHOWN = 3
LOOK_AHEAD = timedelta(days=30)
NOON, EVENING = 12, 17
SHOWN_MOST, QUARTER = 96, 15


@dataclass(frozen=True, slots=True)
class FreeTime:
    """One start that can be chosen; `value` is what the form sends, `own` that the booking is there already."""

    value: str
    starts_at: datetime
    about: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """The free times of a day in order, or why there are none, and the next day with some. `now` is for somebody who is here."""

    times: tuple[FreeTime, ...] = ()
    now: FreeTime | None = None
    reason: str = ""
    next_day: date | None = None

    @property
    def parts(self) -> Iterator[tuple[str, list[FreeTime]]]:
        """Morning, afternoon and evening, those that have any."""
        for name, times in groupby(self.times, key=lambda each: _part(each.starts_at.astimezone(workspace().zone).hour)):
            yield name, list(times)

    def at(self, local: str) -> FreeTime | None:
        """The free time that clocks show as `14:00`."""
        return next((each for each in self.times if f"{each.starts_at.astimezone(workspace().zone):%H:%M}" == local), None)


@dataclass(frozen=True, slots=True)
class Looking:
    """What times are looked for; `moving` is a booking that would give up its own."""

    service: Service
    party_size: int = 1
    staff_id: int | None = None
    location_id: int | None = None
    moving: Booking | None = None

    def on(self, day: date) -> FreeTimes:
        """What can be chosen on a day of the workspace's calendar."""
        start, end = span_of(day)
        calendar = self._calendar
        try:
            found = calendar.free((to_ms(start), to_ms(end)), self.party_size)
        except Invalid as error:
            return FreeTimes(reason=sentence_of(error))
        names = Asset.names(workspace())
        times: dict[int, FreeTime] = {}
        for offer in found.offers:
            times.setdefault(offer.slot.starts_at, self._free_time(offer, names))
        now = self._now(calendar, names) if day == today() and self.moving is None else None
        if times:
            return FreeTimes(_shown(list(times.values())), now)
        reason = gettext(in_words(found.reason, alone=self.staff_id is not None)) if found.reason is not None else ""
        return FreeTimes((), now, reason, self._next_day(calendar, end))

    @property
    def _calendar(self) -> Calendar:
        return Calendar(
            workspace(), self.service, location_id=self.location_id, staff_id=self.staff_id, moving=self.moving
        )  # fmt: skip

    def _now(self, calendar: Calendar, names: dict[int, str]) -> FreeTime | None:
        """Somebody who walks in starts with this minute, on the grid or not; a class begins when it begins."""
        if self.service.kind == "class":
            return None
        this_minute = clock.now().replace(second=0, microsecond=0)
        found = calendar.at(to_ms(this_minute), self.party_size, since=this_minute)
        if not found.offers:
            return None
        free = self._free_time(found.offers[0], names)
        return FreeTime(NOW, free.starts_at, free.about)

    def _next_day(self, calendar: Calendar, after: datetime) -> date | None:
        """The first day with a free time within a month."""
        start = max(after, clock.now())
        found: Found = calendar.free((to_ms(start), to_ms(start + LOOK_AHEAD)), self.party_size)
        if not found.offers:
            return None
        return from_ms(found.offers[0].slot.starts_at).astimezone(workspace().zone).date()

    def _free_time(self, offer: Offer, names: dict[int, str]) -> FreeTime:
        starts_at = from_ms(offer.slot.starts_at)
        if self.service.kind == "class":
            about = ngettext("%(num)d seat left", "%(num)d seats left", offer.slot.seats_left)
        else:
            free = [names[person] for person in offer.slot.staff]
            about = ", ".join(free[:NAMES_SHOWN]) + (f" +{len(free) - NAMES_SHOWN}" if len(free) > NAMES_SHOWN else "")
        own = self.moving is not None and self.moving.starts_at == starts_at
        return FreeTime(local_iso(workspace(), starts_at), starts_at, str(about), own)


def only(chosen: str | None) -> FreeTimes:
    """The time that was chosen and nothing else, where what it was chosen for must be corrected first."""
    starts_at = readable_instant(chosen)
    return FreeTimes((FreeTime(str(chosen), starts_at, ""),)) if starts_at is not None else FreeTimes()


def _shown(times: list[FreeTime]) -> tuple[FreeTime, ...]:
    """All of them, or those on the quarters of the hour where there are too many to look at; any other can be typed."""
    if len(times) <= SHOWN_MOST:
        return tuple(times)
    return tuple(each for each in times if each.starts_at.minute % QUARTER == 0 or each.own)


def _part(hour: int) -> Any:
    if hour < NOON:
        return gettext("Morning")
    return gettext("Afternoon") if hour < EVENING else gettext("Evening")
