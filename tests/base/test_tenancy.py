"""No row leaves its workspace: by relationship, by plain SQL, or by a key that forgot whose it is."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.base.guard import READ_ACROSS
from models.base.tenant import Tenant
from models.bookings.booking import Booking
from models.bookings.class_session import add_class
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.clock import now
from models.customers.customer import Customer
from models.customers.enrolment import Person, take_in
from tests.cast import Cast, Place

GLOBAL = {
    "plan", "workspace", "app_user", "sign_in", "user_token", "webhook_inbox", "security_event", "guess_counter", "oauth_client",
    "oauth_block", "registration_count", "authorization_request", "assertion_jti", "signing_key", "told_once", "alembic_version",
}  # fmt: skip
"""Tables that belong to no workspace (DOMAIN §1, OAUTH §2)."""
APPEND_ONLY = {"audit_event"}
MADE_BY_USE = {
    "access_token", "authorization_code", "refresh_token", "token_family", "credit_use", "customer_merge",
}  # fmt: skip
"""Tables that the demo leaves empty: that their references are composite is checked from the catalogue alone."""


def tenant_tables(app: Flask) -> list[str]:
    with app.app_context():
        return sorted(set(inspect(db.engine).get_table_names()) - GLOBAL)


def test_every_key_and_reference_of_a_tenant_table_begins_with_its_workspace(app: Flask, cast: Cast) -> None:
    loose: list[str] = []
    with app.app_context():
        catalogue = inspect(db.engine)
        for table in sorted(set(catalogue.get_table_names()) - GLOBAL):
            keys = [catalogue.get_pk_constraint(table)["constrained_columns"]]
            keys += [unique["column_names"] for unique in catalogue.get_unique_constraints(table)]
            keys += [index["column_names"] for index in catalogue.get_indexes(table) if index["unique"]]
            loose += [f"{table}: key {key}" for key in keys if "workspace_id" not in key]
            for reference in catalogue.get_foreign_keys(table):
                if reference["referred_table"] not in GLOBAL and reference["constrained_columns"][0] != "workspace_id":
                    loose.append(f"{table} -> {reference['referred_table']}")
    assert loose == []


def test_every_mapped_class_of_a_workspace_is_within_it_and_found_by_it() -> None:
    strangers = [
        mapper.class_.__name__
        for mapper in db.Model.registry.mappers
        if "workspace_id" in mapper.local_table.c and "id" in mapper.local_table.c
        and mapper.local_table.name not in READ_ACROSS | GLOBAL
        and not issubclass(mapper.class_, Tenant)
    ]  # fmt: skip
    assert strangers == []


def test_no_relationship_may_rewrite_the_workspace_of_a_row() -> None:
    rewriting = [
        f"{mapper.class_.__name__}.{relationship.key}"
        for mapper in db.Model.registry.mappers
        for relationship in mapper.relationships
        if not relationship.viewonly and any(local.name == "workspace_id" for local, _ in relationship.synchronize_pairs)
    ]
    assert rewriting == []


def test_a_strangers_row_assigned_to_a_relationship_is_refused_and_moves_nothing(app: Flask, cast: Cast) -> None:
    with app.app_context():
        customers = {place.slug: somebody_of(place) for place in (cast.lotus, cast.harbour)}
        stranger = db.session.get_one(Customer, (cast.harbour.id, customers["harbour-tutoring"]))
        db.session.expunge(stranger)
        booking = booking_of(cast.lotus, customers["lotus-spa"])
        with pytest.raises(IntegrityError), writing():
            db.session.get_one(Booking, (cast.lotus.id, booking)).customer = stranger
            db.session.flush()
        kept = db.session.get_one(Booking, (cast.lotus.id, booking))
        assert (kept.workspace_id, kept.customer_id) == (cast.lotus.id, customers["lotus-spa"])


def somebody_of(place: Place) -> int:
    """A new customer's id; the session has entered their workspace."""
    with writing():
        enter(place.id)
        here = db.session.get_one(Workspace, place.id)
        return take_in(here, Person(name=f"Somebody of {place.name}"), SYSTEM, enrol=False).customer.id


def booking_of(place: Place, customer: int) -> int:
    """A seat in a class of tomorrow."""
    with writing():
        enter(place.id)
        here = db.session.get_one(Workspace, place.id)
        yoga = Service.add(here, "Yoga", 60, SYSTEM, kind="class", capacity=12)
        tomorrow = (now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
        add_class(yoga, tomorrow, [], SYSTEM)
        booking, _ = Reservation(Customer.find(here, customer), yoga, tomorrow).book(here, SYSTEM)
        return booking.id


def test_a_strangers_id_stored_by_plain_sql_is_refused_by_the_database(app: Flask, cast: Cast, salon_url: str) -> None:
    """Every composite reference of every table that has rows in the demo, one after the other."""
    engine = create_engine(salon_url)
    catalogue = inspect(engine)
    outcomes: dict[str, str] = {}
    with engine.connect() as connection:
        places = dict(tuple(row) for row in connection.execute(text("SELECT slug, id FROM workspace")))
    for table in sorted(set(catalogue.get_table_names()) - GLOBAL - APPEND_ONLY):
        own_key = catalogue.get_pk_constraint(table)["constrained_columns"]
        for reference in catalogue.get_foreign_keys(table):
            column, referred = reference["constrained_columns"][-1], reference["referred_table"]
            if referred in GLOBAL or len(reference["constrained_columns"]) != 2:
                continue
            target = reference["referred_columns"][-1]
            outcomes[f"{table}.{column}"] = _store_foreign(engine, places, table, own_key, column, referred, target)
    engine.dispose()
    assert {where: outcome for where, outcome in outcomes.items() if outcome not in ("refused", "no row")} == {}
    assert {where.partition(".")[0] for where, outcome in outcomes.items() if outcome == "no row"} == MADE_BY_USE


def _store_foreign(
    engine: Engine, places: dict[str, int], table: str, own_key: list[str], column: str, referred: str, target: str
) -> str:
    """What becomes of another workspace's id in this column of one row: "refused" by the foreign key, "stored", "no row" to
    try it on, or else what the database complained about.
    """
    with engine.connect().execution_options(writes=True) as connection:
        foreign = _first(connection, places["harbour-tutoring"], referred, [target])
        own = _first(connection, places["lotus-spa"], table, own_key, filled=column)
        if foreign is None or own is None:
            return "no row"
        this_row = " AND ".join(f"{name} = :own_{name}" for name in own_key)
        values = {"foreign": foreign[0]} | {f"own_{name}": value for name, value in zip(own_key, own, strict=True)}
        try:
            connection.execute(text(f"UPDATE {table} SET {column} = :foreign WHERE {this_row}"), values)
        except IntegrityError as error:
            return "refused" if "foreign key" in str(error.orig).lower() else str(error.orig)
        finally:
            connection.rollback()
        return "stored"


def _first(
    connection: Connection, workspace: int, table: str, columns: list[str], filled: str = "workspace_id"
) -> Sequence[Any] | None:
    """These columns of some row of the workspace, which is entered; of one with something in `filled` if there is any."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT set_config('app.workspace_id', :id, true)"), {"id": str(workspace)})
    rows = f"SELECT {', '.join(columns)} FROM {table} WHERE workspace_id = :id ORDER BY {filled} IS NULL LIMIT 1"
    return connection.execute(text(rows), {"id": workspace}).first()


@pytest.mark.parametrize("table", ["audit_event", "usage_counter", "undo_step", "idempotency_key", "confirmation"])
def test_postgresql_shows_nothing_before_a_workspace_is_entered(app: Flask, cast: Cast, database: str, table: str) -> None:
    if database != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    with app.app_context():
        forced = db.session.execute(
            text("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = :table"), {"table": table}
        ).scalar()
        assert forced
        assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0


def test_every_tenant_table_has_a_forced_policy(app: Flask, cast: Cast, database: str) -> None:
    if database != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    with app.app_context():
        rows = db.session.execute(text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")).scalars()
        assert set(tenant_tables(app)) - READ_ACROSS - set(rows) == set()


def test_tables_of_a_tenant_are_strict_on_sqlite(app: Flask, database: str) -> None:
    if database != "sqlite":
        pytest.skip("STRICT is SQLite's")
    with app.app_context():
        loose = db.session.execute(
            text("SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'")
        ).scalars()
        assert set(loose) <= {"alembic_version"}


