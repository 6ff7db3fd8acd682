"""The three businesses of the demo: who works there, what they sell, when they open."""

from dataclasses import dataclass
from typing import Final

MORNING, NIGHT = 10 * 60, 20 * 60


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """One thing that can be booked. Money in minor units, times in minutes; `role` says who does it."""

    name: str
    category: str
    minutes: int
    price: int
    role: str
    share: int
    """How often it is asked for, against the others of its role."""
    after: int = 0
    room: bool = False
    cutoff: int = 24 * 60
    late_fee_bp: int = 5_000
    no_show_fee_bp: int = 10_000
    description: str = ""


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """A class and its weekly times: weekday (Monday 0) and minute of the day."""

    name: str
    category: str
    minutes: int
    price: int
    role: str
    capacity: int
    times: tuple[tuple[int, int], ...]
    cutoff: int = 2 * 60
    late_fee_bp: int = 10_000
    no_show_fee_bp: int = 10_000
    after: int = 0
    room: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Business:
    """One workspace of the demo."""

    slug: str
    name: str
    vertical: str
    plan: str
    owner: str
    staff_user: str | None
    crew: tuple[tuple[str, str], ...]
    """Name and role of each person of a location, in order; a larger location takes the roles around again."""
    services: tuple[ServiceSpec, ...]
    classes: tuple[ClassSpec, ...]
    tags: tuple[str, ...]
    weekday_weight: tuple[float, ...]
    opens: int = MORNING
    closes: int = NIGHT
    phone_from: int = 0
    segments: tuple[tuple[str, str], ...] = ()
    """Saved filters by name, in the text form."""


LOTUS: Final = Business(
    slug="lotus-spa",
    name="Lotus Spa",
    vertical="beauty",
    plan="starter",
    owner="alice",
    staff_user="bob",
    crew=(
        ("Mei Chan", "therapist"),
        ("Bob Leung", "stylist"),
        ("Siu Fong Ng", "therapist"),
        ("Carmen Yip", "nails"),
        ("Jason Ho", "stylist"),
        ("Priya Nair", "teacher"),
    ),
    services=(
        ServiceSpec(
            "Aromatherapy massage, 60 min",
            "Massage",
            60,
            68_000,
            "therapist",
            6,
            after=15,
            room=True,
            description="Full body, with oil of your choice.",
        ),
        ServiceSpec("Deep tissue massage, 90 min", "Massage", 90, 98_000, "therapist", 3, after=15, room=True),
        ServiceSpec("Foot reflexology", "Massage", 45, 42_000, "therapist", 3, after=15, room=True),
        ServiceSpec("Signature facial", "Face", 75, 88_000, "therapist", 2, after=15, room=True),
        ServiceSpec("Haircut", "Hair", 45, 38_000, "stylist", 7, cutoff=12 * 60, late_fee_bp=3_000),
        ServiceSpec("Colour and highlights", "Hair", 120, 128_000, "stylist", 2),
        ServiceSpec("Wash and blow-dry", "Hair", 30, 22_000, "stylist", 3, cutoff=2 * 60, late_fee_bp=0, no_show_fee_bp=0),
        ServiceSpec("Manicure", "Nails", 45, 28_000, "nails", 4, cutoff=12 * 60),
        ServiceSpec("Gel pedicure", "Nails", 60, 36_000, "nails", 3, cutoff=12 * 60),
        ServiceSpec("Private yoga lesson", "Yoga", 60, 60_000, "teacher", 1),
    ),
    classes=(
        ClassSpec(
            "Thursday evening yoga",
            "Yoga",
            60,
            18_000,
            "teacher",
            12,
            ((3, 19 * 60),),
            description="Slow flow for the end of the day; mats are here.",
        ),
        ClassSpec("Saturday morning stretch", "Yoga", 45, 14_000, "teacher", 10, ((5, 10 * 60 + 30),)),
    ),
    tags=("vip", "regular", "new", "prefers Mei", "bridal", "student", "gift card", "neighbour"),
    weekday_weight=(0.7, 0.65, 0.8, 1.6, 1.2, 1.7, 1.0),
    segments=(
        ("VIPs we miss", "tag:vip last_booking>60d"),
        ("Came three times or more", "bookings>=3"),
        ("Never booked", "last_booking:never"),
    ),
)

PEAK: Final = Business(
    slug="peak-fitness",
    name="Peak Fitness",
    vertical="fitness",
    plan="starter",
    owner="dana",
    staff_user="alice",
    crew=(("Dana Wong", "coach"), ("Alice Cheung", "coach"), ("Marco Silva", "teacher")),
    services=(
        ServiceSpec("Personal training", "Training", 60, 75_000, "coach", 6),
        ServiceSpec("Body assessment", "Training", 30, 30_000, "coach", 1),
        ServiceSpec("Sports massage", "Recovery", 45, 52_000, "coach", 2),
        ServiceSpec("Swimming lesson", "Training", 45, 48_000, "teacher", 1),
    ),
    classes=(
        ClassSpec("Evening HIIT", "Classes", 45, 16_000, "teacher", 14, ((0, 18 * 60 + 30), (2, 18 * 60 + 30))),
        ClassSpec("Early spin", "Classes", 45, 15_000, "teacher", 16, ((1, 7 * 60 + 30), (3, 7 * 60 + 30))),
    ),
    tags=("vip", "trial", "marathon", "corporate"),
    weekday_weight=(1.3, 1.2, 1.2, 1.1, 0.9, 0.8, 0.5),
    opens=7 * 60,
    closes=21 * 60,
    phone_from=600_000,
)

HARBOUR: Final = Business(
    slug="harbour-tutoring",
    name="Harbour Tutoring",
    vertical="tutoring",
    plan="free",
    owner="charlie",
    staff_user=None,
    crew=(("Charlie Lam", "tutor"), ("Ms Poon", "tutor")),
    services=(
        ServiceSpec("Maths lesson", "Lessons", 60, 45_000, "tutor", 4),
        ServiceSpec("English lesson", "Lessons", 60, 45_000, "tutor", 3),
        ServiceSpec("DSE mock exam", "Exams", 120, 80_000, "tutor", 1),
    ),
    classes=(ClassSpec("Saturday study group", "Lessons", 90, 20_000, "tutor", 8, ((5, 14 * 60),)),),
    tags=("F4", "F5", "F6", "scholarship"),
    weekday_weight=(1.0, 1.0, 1.0, 1.0, 0.8, 1.6, 0.4),
    opens=14 * 60,
    closes=21 * 60,
    phone_from=800_000,
)
