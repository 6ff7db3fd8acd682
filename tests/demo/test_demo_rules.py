"""The seed keeps every rule that a verb would have kept, repeats itself, and stays apart by workspace."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import ForeignKeyConstraint, text

from models.base import Base, db
from tests.demo.conftest import DAYS
from tests.demo.database import SLUGS, Seeded

COUNTED = "('confirmed', 'checked_in', 'completed')"


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Asia/Hong_Kong"))


def test_the_same_day_gives_the_same_rows_ids_included(seed: Callable[..., Seeded], tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    """On PostgreSQL the second seed is one on SQLite: the rows are the same there too."""
    folder: Path = tmp_path_factory.mktemp("again")
    one = seed(DAYS[0])
    other = seed(DAYS[0], "again", f"sqlite:///{folder / 'again.sqlite3'}")
    for (table, rows), (same_table, same_rows) in zip(one.dump(), other.dump(), strict=True):
        assert table == same_table
        assert rows == same_rows, table


def test_another_day_gives_other_ids(seed: Callable[..., Seeded]) -> None:
    numbers = [{row.id for row in seed(day).lotus("SELECT id FROM customer WHERE workspace_id = :here")} for day in DAYS[:2]]
    assert not numbers[0] & numbers[1]


def test_nothing_was_made_after_the_day_it_is_seeded_for(demo: Seeded) -> None:
    for table in ("customer", "booking", "note", "contact_point", "timeline"):
        column = "at" if table == "timeline" else "created_at"
        late = demo.lotus(
            f"SELECT count(*) FROM {table} WHERE workspace_id = :here AND {column} > :now", now=midnight(demo.as_of)
        )
        assert late[0][0] == 0, table


def test_the_figures_on_a_customer_agree_with_their_bookings(demo: Seeded) -> None:
    mine = "FROM booking b WHERE b.workspace_id = c.workspace_id AND b.customer_id = c.id"
    for slug in SLUGS:
        wrong = demo.query(
            f"SELECT c.name FROM customer c WHERE c.workspace_id = :here AND ("
            f" c.bookings_count <> (SELECT count(*) {mine} AND b.status IN {COUNTED})"
            f" OR c.no_show_count <> (SELECT count(*) {mine} AND b.status = 'no_show')"
            f" OR coalesce(c.last_booking_at, :never) <> coalesce("
            f"(SELECT max(b.starts_at) {mine} AND b.status IN {COUNTED} AND b.starts_at < :now), :never)"
            f" OR coalesce(c.next_booking_at, :never) <> coalesce("
            f"(SELECT min(b.starts_at) {mine} AND b.status IN {COUNTED} AND b.starts_at >= :now), :never))",
            slug, now=midnight(demo.as_of), never=midnight(date(2000, 1, 1)),
        )  # fmt: skip
        assert wrong == []


def test_bookings_agree_with_their_sessions_and_seats_with_bookings(demo: Seeded) -> None:
    for slug in SLUGS:
        apart = demo.query(
            "SELECT b.id FROM booking b JOIN session s ON s.workspace_id = b.workspace_id AND s.id = b.session_id"
            " WHERE b.workspace_id = :here AND (b.starts_at <> s.starts_at OR b.ends_at <> s.ends_at)",
            slug,
        )
        assert apart == []
        seats = demo.query(
            "SELECT s.id FROM session s WHERE s.workspace_id = :here AND s.seats_taken <> (SELECT coalesce(sum(b.party_size), 0)"
            " FROM booking b WHERE b.workspace_id = s.workspace_id AND b.session_id = s.id AND b.status <> 'cancelled')",
            slug,
        )
        assert seats == []


def test_bookings_are_made_after_their_customer_and_before_they_begin(demo: Seeded) -> None:
    for slug in SLUGS:
        wrong = demo.query(
            "SELECT b.id FROM booking b JOIN customer c ON c.workspace_id = b.workspace_id AND c.id = b.customer_id"
            " WHERE b.workspace_id = :here AND (b.created_at < c.created_at OR b.created_at >= b.starts_at"
            " OR b.cancelled_at < b.created_at)",
            slug,
        )
        assert wrong == []


def test_sessions_lie_within_the_hours_of_whoever_leads_them(demo: Seeded) -> None:
    rows = demo.lotus(
        "SELECT o.asset_id, s.starts_at, s.ends_at FROM session s JOIN occupancy o ON o.workspace_id = s.workspace_id"
        " AND o.session_id = s.id JOIN asset a ON a.workspace_id = o.workspace_id AND a.id = o.asset_id AND a.kind = 'staff'"
        " WHERE s.workspace_id = :here"
    )
    hours = {
        (row.asset_id, row.weekday): (row.from_min, row.to_min)
        for row in demo.lotus("SELECT asset_id, weekday, from_min, to_min FROM working_hours WHERE workspace_id = :here")
    }
    for row in rows:
        begin, end = _wall(row.starts_at), _wall(row.ends_at)
        opens, closes = hours[row.asset_id, begin.weekday()]
        assert opens <= begin.hour * 60 + begin.minute
        assert end.hour * 60 + end.minute <= closes


def test_what_was_seeded_counts_against_the_plan(demo: Seeded) -> None:
    for slug in SLUGS:
        used = {
            (row.metric, row.period): row.used
            for row in demo.query("SELECT metric, period, used FROM usage_counter WHERE workspace_id = :here", slug)
        }
        customers = demo.query("SELECT count(*) FROM customer WHERE workspace_id = :here", slug)[0][0]
        bookings = demo.query("SELECT count(*) FROM booking WHERE workspace_id = :here", slug)[0][0]
        seats = demo.query("SELECT count(*) FROM seat WHERE workspace_id = :here", slug)[0][0]
        assert (used["customers", "all"], used["seats", "all"]) == (customers, seats)
        months = {period: count for (metric, period), count in used.items() if metric == "bookings"}
        assert sum(months.values()) == bookings
        if slug == "harbour-tutoring":
            assert customers <= 100
            assert max(months.values()) <= 200


def test_every_searched_word_finds_its_customer(demo: Seeded) -> None:
    found = demo.lotus(
        "SELECT c.native_name FROM customer_token t JOIN customer c ON c.workspace_id = t.workspace_id AND c.id = t.customer_id"
        " WHERE t.workspace_id = :here AND t.token = '志明'"
    )
    assert sorted(row.native_name for row in found) == ["李志明", "陳志明", "黃志明"]


def test_rows_of_a_workspace_refer_to_rows_of_the_same_one(demo: Seeded) -> None:
    """Every reference inside a tenant is composite, so the database keeps this; the seed went round no key."""
    owned = [table for table in Base.metadata.sorted_tables if "workspace_id" in table.c]
    for table in owned:
        for key in table.constraints:
            if not isinstance(key, ForeignKeyConstraint) or len(key.column_keys) < 2:
                continue
            target = key.elements[0].column.table
            ties = " AND ".join(f"p.{part.column.name} = r.{part.parent.name}" for part in key.elements)
            given = " AND ".join(f"r.{part.parent.name} IS NOT NULL" for part in key.elements)
            for slug in SLUGS:
                orphans = demo.query(
                    f"SELECT count(*) FROM {table.name} r WHERE r.workspace_id = :here AND {given}"
                    f" AND NOT EXISTS (SELECT 1 FROM {target.name} p WHERE {ties})",
                    slug,
                )
                assert orphans[0][0] == 0, (table.name, key.column_keys)


def test_the_rules_that_stood_aside_are_back_and_find_nothing_to_refuse(demo: Seeded, app: Flask, database: str) -> None:
    """SQLite's triggers are away while a batch is written; an UPDATE that changes nothing lets them look at every row."""
    named = {
        "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[database]
    with app.app_context(), db.engine.connect() as migrated:
        expected = {tuple(row) for row in migrated.execute(text(named))}
    assert expected
    assert {tuple(row) for row in demo.query(named)} == expected
    for slug in SLUGS:
        for table, same in (
            ("booking", "staff_id = staff_id"),
            ("occupancy", "active = active, blocked_from = blocked_from"),
            ("session", "status = status"),
            ("service_asset", "asset_id = asset_id"),
            ("class_schedule", "asset_id = asset_id"),
        ):
            looked_at = demo.query(f"UPDATE {table} SET {same} WHERE workspace_id = :here RETURNING 1", slug)
            assert looked_at or table == "class_schedule", table


def _wall(instant: datetime | int) -> datetime:
    zone = ZoneInfo("Asia/Hong_Kong")
    return instant.astimezone(zone) if isinstance(instant, datetime) else datetime.fromtimestamp(instant / 1000, zone)
