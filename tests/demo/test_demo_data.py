"""What the demo always holds (PRODUCT §9), whatever the day it is seeded for."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher

from tests.demo.database import PASSWORD, SLUGS, Seeded

ZONE = ZoneInfo("Asia/Hong_Kong")


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


def test_four_people_sign_in_with_the_demo_password(demo: Seeded) -> None:
    people = demo.query("SELECT email, password_hash FROM app_user ORDER BY email")
    assert [person.email for person in people] == [f"{name}@demo.test" for name in ("alice", "bob", "charlie", "dana")]
    for person in people:
        assert PasswordHasher().verify(person.password_hash, PASSWORD)


def test_everybody_has_their_seats_and_each_workspace_its_plan(demo: Seeded) -> None:
    seats = demo.query(
        "SELECT w.slug, u.email, s.role FROM seat s JOIN workspace w ON w.id = s.workspace_id"
        " JOIN app_user u ON u.id = s.user_id ORDER BY w.slug, u.email"
    )
    assert [tuple(seat) for seat in seats] == [
        ("harbour-tutoring", "charlie@demo.test", "owner"),
        ("lotus-spa", "alice@demo.test", "owner"),
        ("lotus-spa", "bob@demo.test", "staff"),
        ("peak-fitness", "alice@demo.test", "staff"),
        ("peak-fitness", "dana@demo.test", "owner"),
    ]
    plans = demo.query("SELECT slug, name, timezone, currency, plan_code FROM workspace ORDER BY slug")
    assert [tuple(plan) for plan in plans] == [
        ("harbour-tutoring", "Harbour Tutoring", "Asia/Hong_Kong", "HKD", "free"),
        ("lotus-spa", "Lotus Spa", "Asia/Hong_Kong", "HKD", "starter"),
        ("peak-fitness", "Peak Fitness", "Asia/Hong_Kong", "HKD", "starter"),
    ]


def test_the_demo_starts_with_no_consents_and_no_signed_in_browser(demo: Seeded) -> None:
    for table in ("consent", "oauth_client", "sign_in"):
        assert demo.query(f"SELECT count(*) FROM {table}")[0][0] == 0


def test_lotus_spa_has_350_customers_and_4000_bookings_over_three_years_and_30_days_ahead(demo: Seeded) -> None:
    assert demo.lotus("SELECT count(*) FROM customer WHERE workspace_id = :here")[0][0] == 350
    count = demo.lotus("SELECT count(*) FROM booking WHERE workspace_id = :here")
    assert count[0][0] == 4_000
    in_time = demo.lotus(
        "SELECT count(*) FROM booking WHERE workspace_id = :here AND starts_at >= :first AND starts_at < :last",
        first=midnight(demo.as_of) - timedelta(days=3 * 365 + 1), last=midnight(demo.as_of) + timedelta(days=31),
    )  # fmt: skip
    assert in_time[0][0] == 4_000
    for since, until in ((0, 1), (1, 14), (25, 31)):
        ahead = demo.lotus(
            "SELECT count(*) FROM booking WHERE workspace_id = :here AND starts_at >= :first AND starts_at < :last",
            first=midnight(demo.as_of) + timedelta(days=since), last=midnight(demo.as_of) + timedelta(days=until),
        )  # fmt: skip
        assert ahead[0][0] > 0


def test_all_three_workspaces_have_customers_services_staff_and_bookings(demo: Seeded) -> None:
    for slug in SLUGS:
        for table in ("customer", "service", "asset", "location", "working_hours", "booking", "tag", "note", "timeline"):
            assert demo.query(f"SELECT count(*) FROM {table} WHERE workspace_id = :here", slug)[0][0] > 0, (slug, table)


def test_past_bookings_are_settled_and_those_to_come_are_open(demo: Seeded) -> None:
    statuses = "SELECT DISTINCT status FROM booking WHERE workspace_id = :here AND starts_at"
    past = demo.lotus(f"{statuses} < :now", now=midnight(demo.as_of))
    ahead = demo.lotus(f"{statuses} >= :now", now=midnight(demo.as_of))
    assert {row.status for row in past} == {"completed", "no_show", "cancelled"}
    assert {row.status for row in ahead} <= {"confirmed", "pending", "cancelled"}
    assert "confirmed" in {row.status for row in ahead}


def test_trade_is_shaped_like_trade(demo: Seeded) -> None:
    """Thursdays and Saturdays are the busiest days, Mondays and Tuesdays the quietest, and the last year beats the first."""
    rows = demo.lotus("SELECT starts_at FROM booking WHERE workspace_id = :here")
    days = [_local(row.starts_at) for row in rows]
    week = [sum(day.weekday() == weekday for day in days) for weekday in range(7)]
    assert set(sorted(range(7), key=lambda weekday: week[weekday])[-2:]) == {3, 5}
    assert set(sorted(range(7), key=lambda weekday: week[weekday])[:2]) == {0, 1}
    year = timedelta(days=365)
    last = sum(demo.as_of - year < day <= demo.as_of for day in days)
    first = sum(demo.as_of - 3 * year < day <= demo.as_of - 2 * year for day in days)
    assert last > 1.15 * first


def test_some_vips_have_not_booked_for_60_days_and_some_have(demo: Seeded) -> None:
    vips = demo.lotus(
        "SELECT c.id, max(b.starts_at) AS last FROM tag t JOIN customer_tag ct ON ct.workspace_id = t.workspace_id"
        " AND ct.tag_id = t.id JOIN customer c ON c.workspace_id = ct.workspace_id AND c.id = ct.customer_id"
        " JOIN booking b ON b.workspace_id = c.workspace_id AND b.customer_id = c.id AND b.starts_at < :now"
        " AND b.status IN ('confirmed', 'checked_in', 'completed')"
        " WHERE t.workspace_id = :here AND t.name = 'vip' GROUP BY c.id",
        now=midnight(demo.as_of),
    )
    lapsed = [vip for vip in vips if _local(vip.last) < demo.as_of - timedelta(days=60)]
    assert len(lapsed) >= 5
    assert len(vips) - len(lapsed) >= 2


def test_the_services_that_stories_name_are_there(demo: Seeded) -> None:
    services = demo.lotus("SELECT name, kind, duration_min FROM service WHERE workspace_id = :here")
    assert any("massage" in each.name.lower() and each.duration_min == 60 for each in services)
    assert any("haircut" in each.name.lower() for each in services)
    evening = demo.lotus(
        "SELECT s.name FROM class_schedule c JOIN service s ON s.workspace_id = c.workspace_id AND s.id = c.service_id"
        " WHERE c.workspace_id = :here AND c.weekday = 3 AND c.start_min >= 1080 AND s.kind = 'class'"
    )
    assert [row.name for row in evening] == ["Thursday evening yoga"]


def test_three_people_are_called_chi_ming(demo: Seeded) -> None:
    names = demo.lotus("SELECT native_name FROM customer WHERE workspace_id = :here AND native_name LIKE '%志明'")
    assert len({row.native_name for row in names}) == 3


def test_somebody_did_not_come_twice_last_month(demo: Seeded) -> None:
    first = demo.as_of.replace(day=1)
    missed = demo.lotus(
        "SELECT customer_id, count(*) AS times FROM booking WHERE workspace_id = :here AND status = 'no_show'"
        " AND starts_at >= :since AND starts_at < :until GROUP BY customer_id",
        since=midnight((first - timedelta(days=1)).replace(day=1)), until=midnight(first),
    )  # fmt: skip
    assert max(row.times for row in missed) >= 2


def test_two_people_share_a_phone(demo: Seeded) -> None:
    shared = demo.lotus(
        "SELECT value_key FROM contact_point WHERE workspace_id = :here AND kind = 'phone'"
        " GROUP BY value_key HAVING count(DISTINCT customer_id) = 2"
    )
    assert len(shared) == 1


def test_somebody_opted_out(demo: Seeded) -> None:
    withdrawn = demo.lotus("SELECT purpose FROM opt_in WHERE workspace_id = :here AND status = 'withdrawn'")
    assert [row.purpose for row in withdrawn] == ["marketing"]


def test_a_member_has_a_birthday_next_week(demo: Seeded) -> None:
    days = [f"{demo.as_of + timedelta(days=ahead):%m-%d}" for ahead in range(1, 8)]
    soon = demo.lotus(f"SELECT name FROM customer WHERE workspace_id = :here AND kind = 'member' AND birth_day IN {tuple(days)}")
    assert "Winnie Ho" in [row.name for row in soon]


def test_a_note_tells_an_assistant_to_ignore_its_instructions_and_others_are_hostile_to_pages(demo: Seeded) -> None:
    notes = [row.body for row in demo.lotus("SELECT body FROM note WHERE workspace_id = :here")]
    assert any("ignore all previous instructions" in body for body in notes)
    for part in ("<script>", "DROP TABLE", "=HYPERLINK(", "{{ config", "javascript:"):
        assert any(part in body for body in notes), part


def test_names_are_of_the_city_and_some_break_careless_pages(demo: Seeded) -> None:
    names = [row.name for row in demo.lotus("SELECT name FROM customer WHERE workspace_id = :here")]
    assert any(len(name) == 1 for name in names)
    assert any(len(name) > 100 for name in names)
    assert any("🌸" in name for name in names)
    assert any("DROP TABLE" in name for name in names)
    assert sum(any("\u4e00" <= letter <= "\u9fff" for letter in name) for name in names) > 20
    assert sum(name.isascii() for name in names) > 150


def _local(instant: datetime | int) -> date:
    """The local day of an instant as plain SQL returns it: milliseconds on SQLite."""
    at = instant if isinstance(instant, datetime) else datetime.fromtimestamp(instant / 1000, ZONE)
    return at.astimezone(ZONE).date()
