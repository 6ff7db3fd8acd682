"""What the availability engine is asked and what it answers: frozen facts, so that it needs neither a database nor a
clock.

Instants are epoch milliseconds, days are ordinals (``date.toordinal``), durations are minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models.bookings.intervals import Span
from models.bookings.opening import Hours, Place

MAX_RANGE_DAYS = 32


class Kind(StrEnum):
    APPOINTMENT = "appointment"
    CLASS = "class"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the service takes. ``resources`` maps a resource type to the units needed; ``daily_limit`` bounds bookings a
    local day.
    """

    kind: Kind = Kind.APPOINTMENT
    duration_min: int = 60
    buffer_before_min: int = 0
    buffer_after_min: int = 0
    slot_step_min: int = 15
    capacity: int = 1
    staff_needed: int = 1
    resources: Mapping[str, int] = field(default_factory=dict)
    daily_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person, or with ``resource_type`` one unit of a resource.

    ``occupied`` holds the blocked time of live sessions, buffers included. ``duration_min`` is how long this person
    takes for the service when working alone, if not as long as the service says. ``booked`` counts bookings by local
    day, for ``daily_limit``."""

    id: int
    hours: Hours
    resource_type: str | None = None
    time_off: tuple[Span, ...] = ()
    occupied: tuple[Span, ...] = ()
    duration_min: int | None = None
    daily_limit: int | None = None
    booked: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassSession:
    """A class that the timetable or a person made."""

    id: int
    starts_at: int
    ends_at: int
    capacity: int
    seats_taken: int = 0
    staff: tuple[int, ...] = ()

    @property
    def seats_left(self) -> int:
        return self.capacity - self.seats_taken


@dataclass(frozen=True, slots=True)
class Question:
    """When can ``wanted`` start inside ``window``?

    ``staff`` are the people who do the service here, ``units`` the resources that are here. A booking that is about to
    move is left out of ``occupied``, ``booked`` and ``seats_taken`` by whoever asks. ``not_before`` is the earliest
    start, usually now. ``booked`` counts the service's own bookings by local day."""

    wanted: Wanted
    place: Place
    window: Span
    staff: tuple[Candidate, ...] = ()
    units: tuple[Candidate, ...] = ()
    sessions: tuple[ClassSession, ...] = ()
    party_size: int = 1
    staff_id: int | None = None
    not_before: int | None = None
    booked: Mapping[int, int] = field(default_factory=dict)

    @property
    def able(self) -> tuple[Candidate, ...]:
        """The people who may be chosen: the one asked for, where one is enough, else everybody."""
        if self.staff_id is None or self.wanted.staff_needed != 1:
            return self.staff
        return tuple(person for person in self.staff if person.id == self.staff_id)


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A start that can be booked. ``staff`` and ``units`` are all who are free for it; a class names its own staff and
    no units.
    """

    starts_at: int
    ends_at: int
    staff: tuple[int, ...]
    units: tuple[int, ...]
    seats_left: int
    session_id: int | None = None


class Reason(StrEnum):
    """Why nothing is free, the first that applies."""

    PAST = "past"
    PARTY_TOO_LARGE = "party_too_large"
    NO_STAFF = "no_staff"
    NO_RESOURCE = "no_resource"
    CLOSED = "closed"
    NOBODY_WORKS = "nobody_works"
    TOO_LONG = "too_long"
    TIME_OFF = "time_off"
    RESOURCE_TAKEN = "resource_taken"
    NEVER_TOGETHER = "never_together"
    FULLY_BOOKED = "fully_booked"
    DAILY_LIMIT = "daily_limit"
    NO_CLASS = "no_class"
    CLASS_FULL = "class_full"


@dataclass(frozen=True, slots=True)
class Answer:
    """The slots in order of their start, or the reason why there are none."""

    slots: tuple[Slot, ...]
    reason: Reason | None = None


class RangeRefused(ValueError):
    """The window is empty, or longer than 32 local days; `sentence` says which."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
