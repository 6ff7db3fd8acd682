"""The customers of a business: names, ways to reach them, tags, notes, opt-ins. A stream, so that 200,000 fit in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from models.demo.businesses import Business
from models.demo.cast import HOSTILE_NOTES, ODD_FROM, Casting, Part
from models.demo.clientele import Clientele
from models.demo.names import ODD, mailbox, mobile, person_name
from models.demo.people import midnight
from models.demo.trade import first_day

SOURCES: Final = ("walk_in", "walk_in", "referral", "instagram", "google", "manual")
LOCALES: Final = ("zh_Hant_HK", "zh_Hant_HK", "en_HK")
NOTES: Final = (
    "Prefers medium pressure.",
    "Allergic to nuts; no almond oil.",
    "早上比較方便,下午要接小朋友。",
    "Parking at the back, tell reception.",
    "Sensitive skin, patch test before colour.",
    "喜歡安靜,不用聊天。",
    "Paid by Octopus last time.",
    "Asked about packages; send the price list.",
    "Running late often – call 10 minutes before.",
    "Very happy with the last visit 😊",
    "Wants the room near the window.",
    "改咗電話,舊嗰個唔用。",
)
CALLS: Final = ("Called to confirm, reached voicemail.", "Rang about opening hours over the holidays.", "致電查詢禮券。")


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """A note before it has an id."""

    body: str
    kind: str
    days_after: int


@dataclass(frozen=True, slots=True)
class Person:
    """One customer before they have an id."""

    number: int
    came_at: datetime
    name: str
    native: str | None
    phone: str | None
    email: str | None
    birthday: str | None
    locale: str
    source: str
    member: bool
    tags: tuple[str, ...]
    notes: tuple[NoteDraft, ...]
    opt_ins: tuple[tuple[str, str, str], ...] = field(default=())
    """Channel, purpose, status."""


def everybody(business: Business, clientele: Clientele, casting: Casting, as_of: date, rng: Random) -> Iterator[Person]:
    """The customers of a business in the order in which they first came."""
    opened = first_day(as_of)
    for number in range(clientele.size):
        day = opened + timedelta(days=clientele.first[number])
        minute = business.opens - 60 + int(rng.random() * 59)
        came_at = midnight(day) + timedelta(minutes=minute, seconds=number % 60, milliseconds=number % 1000)
        yield _person(business, number, came_at, casting.parts.get(number), as_of, rng)


def _person(business: Business, number: int, came_at: datetime, part: Part | None, as_of: date, rng: Random) -> Person:
    drawn = person_name(rng)
    name, native = drawn.name, drawn.native
    odd = (number - ODD_FROM) // 7
    if part is not None:
        name, native = part.name, part.native
    elif number >= ODD_FROM and (number - ODD_FROM) % 7 == 0 and odd < len(ODD):
        name, native = ODD[odd], None
    line = part.shares_phone_with if part is not None and part.shares_phone_with is not None else number
    has_phone, has_email = rng.random() < 0.93 or part is not None, rng.random() < 0.62
    phone = mobile(business.phone_from + line) if has_phone else None
    email = mailbox(name, number) if has_email or not has_phone else None
    return Person(
        number=number,
        came_at=came_at,
        name=name,
        native=native,
        phone=phone,
        email=email,
        birthday=_birthday(part, as_of, rng),
        locale=LOCALES[int(rng.random() * len(LOCALES))] if native is not None else "en_HK",
        source=SOURCES[int(rng.random() * len(SOURCES))],
        member=part.member if part is not None else rng.random() < 0.72,
        tags=part.tags if part is not None else _tags(business, number, rng),
        notes=_notes(number, part, rng),
        opt_ins=_opt_ins(part, phone is not None, email is not None, rng),
    )


def _birthday(part: Part | None, as_of: date, rng: Random) -> str | None:
    """A date between 18 and 70 years back; for some only day and month, for a third none."""
    roll, days = rng.random(), int(rng.random() * 52 * 365)
    if part is not None and part.birthday_in_days is not None:
        return f"1988-{as_of + timedelta(days=part.birthday_in_days):%m-%d}"
    if roll < 0.33:
        return None
    born = date(as_of.year - 18, 1, 1) - timedelta(days=days)
    return f"0000-{born:%m-%d}" if roll < 0.45 else born.isoformat()


def _tags(business: Business, number: int, rng: Random) -> tuple[str, ...]:
    """None, one or two; the first tag is rare, since it means something."""
    if number % 41 == 6:
        return (business.tags[0],)
    if rng.random() < 0.55:
        return ()
    others = business.tags[1:]
    first = others[int(rng.random() * len(others))]
    second = others[int(rng.random() * len(others))]
    return (first,) if second == first or rng.random() < 0.7 else (first, second)


def _notes(number: int, part: Part | None, rng: Random) -> tuple[NoteDraft, ...]:
    if part is not None:
        return tuple(NoteDraft(body, "note", 1) for body in part.notes)
    hostile = (number - ODD_FROM) // 13
    if number >= ODD_FROM and (number - ODD_FROM) % 13 == 5 and hostile < len(HOSTILE_NOTES):
        return (NoteDraft(HOSTILE_NOTES[hostile], "note", 2),)
    count = (0, 0, 0, 1, 1, 2)[int(rng.random() * 6)]
    return tuple(_note(rng) for _ in range(count))


def _note(rng: Random) -> NoteDraft:
    if rng.random() < 0.2:
        return NoteDraft(CALLS[int(rng.random() * len(CALLS))], "call", int(rng.random() * 90))
    return NoteDraft(NOTES[int(rng.random() * len(NOTES))], "note", int(rng.random() * 200))


def _opt_ins(part: Part | None, phone: bool, email: bool, rng: Random) -> tuple[tuple[str, str, str], ...]:
    roll = rng.random()
    if part is not None and part.opted_out:
        return (("whatsapp", "marketing", "withdrawn"), ("whatsapp", "transactional", "granted"))
    if phone and roll < 0.55:
        return (("whatsapp", "marketing", "granted"), ("whatsapp", "transactional", "granted"))
    if email and roll < 0.7:
        return (("email", "marketing", "granted"),)
    return (("whatsapp", "transactional", "granted"),) if phone and roll < 0.85 else ()
