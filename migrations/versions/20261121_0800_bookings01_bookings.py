"""bookings"""

import sqlalchemy as sa
from alembic import op

from migrations.rules import (
    DOCUMENT,
    INSTANT,
    INTEGER,
    KEY,
    STRICT,
    add_tenant_key,
    drop_function_of,
    drop_tenant_key,
    flag,
    refuse_when,
    row_level_security,
    tenant_columns,
    tenant_key,
)

revision = "bookings01"
down_revision = "customers01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _locations_and_assets()
    _services()
    _hours()
    _sessions()
    _packages()
    _bookings()
    _credits()
    add_tenant_key("note", "booking_id", "booking")
    _nobody_twice()
    for name, rule in RULES.items():
        refuse_when(name, *rule)
    row_level_security(*TABLES)


def _locations_and_assets() -> None:
    op.create_table(
        "location",
        *tenant_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text()),
        sa.Column("address", DOCUMENT),
        sa.Column("archived_at", INSTANT),
        **STRICT,
    )
    op.create_table(
        "asset",
        *tenant_columns(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("user_id", INTEGER, sa.ForeignKey("app_user.id")),
        sa.Column("resource_type", KEY),
        sa.Column("location_id", INTEGER),
        flag("bookable", nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("daily_limit", sa.Integer()),
        sa.Column("color", sa.Text()),
        sa.Column("feed_token_hash", KEY),
        sa.Column("archived_at", INSTANT),
        sa.UniqueConstraint("workspace_id", "feed_token_hash"),
        tenant_key("location_id", "location"),
        one_of("asset", "kind", "staff", "resource"),
        check("asset", "resource_type", "(kind = 'resource') = (resource_type IS NOT NULL)"),
        check("asset", "priority", "priority BETWEEN -1000 AND 1000"),
        check("asset", "daily_limit", "daily_limit BETWEEN 1 AND 1000"),
        **STRICT,
    )


def _services() -> None:
    op.create_table(
        "service",
        *tenant_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category", sa.Text()),
        sa.Column("description", sa.Text()),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in WHOLE_NUMBERS),
        sa.Column("daily_limit", sa.Integer()),
        sa.Column("assign_rule", sa.Text(), nullable=False),
        flag("needs_approval", nullable=False),
        flag("online", nullable=False),
        sa.Column("price_minor", INTEGER, nullable=False),
        sa.Column("deposit_minor", INTEGER, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("archived_at", INSTANT),
        one_of("service", "kind", "appointment", "class"),
        one_of("service", "assign_rule", "least_busy", "round_robin", "priority", "customer_choice"),
        check("service", "deposit_within_price", "deposit_minor<=price_minor"),
        *(check("service", name, inside) for name, inside in SERVICE_BOUNDS.items()),
        **STRICT,
    )
    op.create_table(
        "service_asset",
        sa.Column("workspace_id", INTEGER, primary_key=True),
        sa.Column("service_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("asset_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("duration_min", sa.Integer()),
        sa.Column("price_minor", INTEGER),
        tenant_key("service_id", "service"),
        tenant_key("asset_id", "asset"),
        check("service_asset", "duration_min", "duration_min BETWEEN 5 AND 44640"),
        check("service_asset", "price_minor", f"price_minor BETWEEN 0 AND {PRICE_MAX}"),
        **STRICT,
    )
    op.create_index("service_asset_rev", "service_asset", ["workspace_id", "asset_id"])
    op.create_table(
        "service_resource_need",
        sa.Column("workspace_id", INTEGER, primary_key=True),
        sa.Column("service_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("resource_type", KEY, primary_key=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        tenant_key("service_id", "service"),
        check("service_resource_need", "quantity", "quantity BETWEEN 1 AND 20"),
        **STRICT,
    )


def _hours() -> None:
    op.create_table(
        "working_hours",
        *tenant_columns(),
        sa.Column("asset_id", INTEGER),
        sa.Column("location_id", INTEGER),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("from_min", sa.Integer(), nullable=False),
        sa.Column("to_min", sa.Integer(), nullable=False),
        sa.Column("valid_from", KEY),
        sa.Column("valid_to", KEY),
        tenant_key("asset_id", "asset"),
        tenant_key("location_id", "location"),
        check("working_hours", "owner", "asset_id IS NOT NULL OR location_id IS NOT NULL"),
        check("working_hours", "weekday", "weekday BETWEEN 0 AND 6"),
        check("working_hours", "minutes", "from_min BETWEEN 0 AND 1439 AND to_min BETWEEN 1 AND 2880"),
        check("working_hours", "order", "to_min>from_min AND to_min-from_min<=1440"),
        **STRICT,
    )
    op.create_index("working_hours_asset", "working_hours", ["workspace_id", "asset_id", "weekday"])
    op.create_index("working_hours_location", "working_hours", ["workspace_id", "location_id", "weekday"])
    op.create_table(
        "date_override",
        *tenant_columns(),
        sa.Column("asset_id", INTEGER),
        sa.Column("location_id", INTEGER),
        sa.Column("day", KEY, nullable=False),
        flag("closed", nullable=False),
        sa.Column("from_min", sa.Integer()),
        sa.Column("to_min", sa.Integer()),
        sa.Column("reason", sa.Text()),
        tenant_key("asset_id", "asset"),
        tenant_key("location_id", "location"),
        check("date_override", "owner", "asset_id IS NOT NULL OR location_id IS NOT NULL"),
        check(
            "date_override",
            "minutes",
            "closed OR (from_min IS NOT NULL AND to_min IS NOT NULL AND to_min>from_min"
            " AND from_min BETWEEN 0 AND 1439 AND to_min-from_min<=1440)",
        ),
        **STRICT,
    )
    op.create_index("date_override_asset", "date_override", ["workspace_id", "asset_id", "day"])
    op.create_index("date_override_location", "date_override", ["workspace_id", "location_id", "day"])
    op.create_table(
        "time_off",
        *tenant_columns(),
        sa.Column("asset_id", INTEGER, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False),
        tenant_key("asset_id", "asset"),
        check("time_off", "order", "ends_at>starts_at"),
        **STRICT,
    )
    op.create_index("time_off_asset", "time_off", ["workspace_id", "asset_id", "starts_at"])


def _sessions() -> None:
    op.create_table(
        "class_schedule",
        *tenant_columns(),
        sa.Column("service_id", INTEGER, nullable=False),
        sa.Column("location_id", INTEGER),
        sa.Column("asset_id", INTEGER),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_min", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("valid_from", KEY, nullable=False),
        sa.Column("valid_to", KEY),
        tenant_key("service_id", "service"),
        tenant_key("location_id", "location"),
        tenant_key("asset_id", "asset"),
        check("class_schedule", "weekday", "weekday BETWEEN 0 AND 6"),
        check("class_schedule", "start_min", "start_min BETWEEN 0 AND 1439"),
        check("class_schedule", "capacity", "capacity BETWEEN 1 AND 1000"),
        **STRICT,
    )
    op.create_table(
        "session",
        *tenant_columns(),
        sa.Column("service_id", INTEGER, nullable=False),
        sa.Column("class_schedule_id", INTEGER),
        sa.Column("day", KEY),
        sa.Column("location_id", INTEGER),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("seats_taken", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        tenant_key("service_id", "service"),
        tenant_key("class_schedule_id", "class_schedule"),
        tenant_key("location_id", "location"),
        sa.UniqueConstraint("workspace_id", "id", "service_id"),
        sa.UniqueConstraint("workspace_id", "class_schedule_id", "day"),
        one_of("session", "status", "open", "cancelled"),
        check("session", "order", "ends_at>starts_at"),
        check("session", "day", "(class_schedule_id IS NULL)=(day IS NULL)"),
        check("session", "capacity", "capacity>=1"),
        check("session", "seats", "seats_taken BETWEEN 0 AND capacity"),
        check("session", "empty", "status='open' OR seats_taken=0"),
        **STRICT,
    )
    op.create_index("session_time", "session", ["workspace_id", "starts_at", "id"])
    op.create_index("session_service", "session", ["workspace_id", "service_id", "starts_at"])
    op.create_table(
        "occupancy",
        sa.Column("workspace_id", INTEGER, primary_key=True),
        sa.Column("asset_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("session_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("blocked_from", INSTANT, nullable=False),
        sa.Column("blocked_to", INSTANT, nullable=False),
        flag("active", nullable=False),
        tenant_key("asset_id", "asset"),
        tenant_key("session_id", "session"),
        check("occupancy", "order", "blocked_to>blocked_from"),
        check("occupancy", "longest", LONGEST[op.get_bind().dialect.name]),
        **STRICT,
    )
    op.create_index(
        "occupancy_time", "occupancy", ["workspace_id", "asset_id", "blocked_from", "blocked_to"],
        postgresql_where=sa.text("active"), sqlite_where=sa.text("active = 1"),
    )  # fmt: skip
    op.create_index("occupancy_session", "occupancy", ["workspace_id", "session_id"])


def _packages() -> None:
    op.create_table(
        "package",
        *tenant_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("price_minor", INTEGER, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_days", sa.Integer()),
        sa.Column("archived_at", INSTANT),
        check("package", "price_minor", f"price_minor BETWEEN 0 AND {PRICE_MAX}"),
        check("package", "valid_days", "valid_days BETWEEN 1 AND 3650"),
        **STRICT,
    )
    op.create_table(
        "package_item",
        sa.Column("workspace_id", INTEGER, primary_key=True),
        sa.Column("package_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("service_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        tenant_key("package_id", "package"),
        tenant_key("service_id", "service"),
        check("package_item", "quantity", "quantity BETWEEN 1 AND 1000"),
        **STRICT,
    )
    op.create_index("package_item_service", "package_item", ["workspace_id", "service_id"])
    op.create_table(
        "package_credit",
        *tenant_columns(),
        sa.Column("customer_id", INTEGER, nullable=False),
        sa.Column("package_id", INTEGER, nullable=False),
        sa.Column("service_id", INTEGER, nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.UniqueConstraint("workspace_id", "id", "customer_id"),
        tenant_key("customer_id", "customer"),
        tenant_key("package_id", "package"),
        tenant_key("service_id", "service"),
        check("package_credit", "granted", "granted>0"),
        check("package_credit", "used", "used BETWEEN 0 AND granted"),
        **STRICT,
    )
    op.create_index(
        "package_credit_customer", "package_credit", ["workspace_id", "customer_id", "service_id", "expires_at"]
    )
    op.create_index("package_credit_package", "package_credit", ["workspace_id", "package_id", "id"])


def _bookings() -> None:
    op.create_table(
        "booking",
        *tenant_columns(),
        sa.Column("ref", KEY, nullable=False),
        sa.Column("customer_id", INTEGER, nullable=False),
        sa.Column("session_id", INTEGER, nullable=False),
        sa.Column("service_id", INTEGER, nullable=False),
        sa.Column("staff_id", INTEGER),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("party_size", sa.Integer(), nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("hold_expires_at", INSTANT),
        sa.Column("settled_at", INSTANT),
        sa.Column("cancelled_at", INSTANT),
        sa.Column("cancelled_for", sa.Text()),
        sa.Column("cancel_reason", sa.Text()),
        sa.Column("fee_minor", INTEGER, nullable=False),
        sa.Column("price_minor", INTEGER, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("credits_used", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("customer_note", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.UniqueConstraint("workspace_id", "ref"),
        tenant_key("customer_id", "customer"),
        tenant_key("staff_id", "asset"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "session_id", "service_id"], ["session.workspace_id", "session.id", "session.service_id"]
        ),
        one_of("booking", "status", "held", "pending", "confirmed", "checked_in", "completed", "cancelled", "no_show"),
        one_of("booking", "cancelled_for", "customer", "business", "expired"),
        check("booking", "order", "ends_at>starts_at"),
        check("booking", "cancelled", "(status='cancelled')=(cancelled_at IS NOT NULL)"),
        check("booking", "held", "status<>'held' OR hold_expires_at IS NOT NULL"),
        check("booking", "one_credit_a_seat", "credits_used<=party_size"),
        check("booking", "party_size", "party_size BETWEEN 1 AND 100"),
        check("booking", "price_minor", f"price_minor BETWEEN 0 AND {100 * PRICE_MAX}"),
        check("booking", "fee_minor", f"fee_minor BETWEEN 0 AND {100 * PRICE_MAX}"),
        check("booking", "credits_used", "credits_used BETWEEN 0 AND 100"),
        **STRICT,
    )
    op.create_index("booking_time", "booking", ["workspace_id", "starts_at", "id", "status", "customer_id"])
    for owner in ("customer", "staff", "service"):
        op.create_index(f"booking_{owner}", "booking", ["workspace_id", f"{owner}_id", "starts_at", "id"])
    op.create_index("booking_session", "booking", ["workspace_id", "session_id"])
    partial_index(
        "booking_once", "status IN ('held', 'pending', 'confirmed', 'checked_in')", "session_id", "customer_id", unique=True
    )
    partial_index("booking_hold", "status = 'held'", "hold_expires_at")
    partial_index("booking_open", "status IN ('pending', 'confirmed', 'checked_in')", "ends_at")


def _credits() -> None:
    op.create_table(
        "credit_use",
        sa.Column("workspace_id", INTEGER, primary_key=True),
        sa.Column("booking_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("package_credit_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("customer_id", INTEGER, nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        flag("given_back", nullable=False),
        tenant_key("booking_id", "booking"),
        tenant_key("customer_id", "customer"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "package_credit_id", "customer_id"],
            ["package_credit.workspace_id", "package_credit.id", "package_credit.customer_id"],
            deferrable=True,
            initially="DEFERRED",
        ),
        check("credit_use", "credits", "credits>0"),
        **STRICT,
    )
    op.create_index("credit_use_lot", "credit_use", ["workspace_id", "package_credit_id"])
    op.create_index("credit_use_customer", "credit_use", ["workspace_id", "customer_id"])


def _nobody_twice() -> None:
    """Nobody and nothing is booked twice: the database refuses it (DOMAIN §2)."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        op.execute(
            "ALTER TABLE occupancy ADD CONSTRAINT occupancy_no_overlap EXCLUDE USING gist"
            " (workspace_id WITH =, asset_id WITH =, tstzrange(blocked_from, blocked_to, '[)') WITH &&) WHERE (active)"
        )
        return
    for when, itself in (
        ("INSERT", "0"),
        ("UPDATE", "other.asset_id = OLD.asset_id AND other.session_id = OLD.session_id"),
    ):
        op.execute(
            f"CREATE TRIGGER occupancy_no_overlap_{when.lower()} BEFORE {when} ON occupancy WHEN NEW.active = 1 BEGIN"
            " SELECT RAISE(ABORT, 'occupancy_no_overlap') WHERE EXISTS (SELECT 1 FROM occupancy AS other"
            " WHERE other.workspace_id = NEW.workspace_id AND other.asset_id = NEW.asset_id AND other.active = 1"
            " AND other.blocked_from < NEW.blocked_to AND other.blocked_from > NEW.blocked_from - 2937600000"
            f" AND other.blocked_to > NEW.blocked_from AND NOT ({itself})); END"
        )


TABLES = (
    "location",
    "asset",
    "service",
    "service_asset",
    "service_resource_need",
    "working_hours",
    "date_override",
    "time_off",
    "class_schedule",
    "session",
    "occupancy",
    "package",
    "package_item",
    "package_credit",
    "booking",
    "credit_use",
)
PRICE_MAX = 10**12
_A_THING = "SELECT 1 FROM asset WHERE workspace_id = NEW.workspace_id AND id = NEW.{column} AND kind <> 'staff'"
_OF_SESSION = "SELECT 1 FROM {table} WHERE workspace_id = NEW.workspace_id AND {column} = NEW.{own} AND {rule}"
RULES = {
    "asset_kind_is_kept": ("asset", "UPDATE OF kind", "NEW.kind <> OLD.kind"),
    "service_kind_is_kept": ("service", "UPDATE OF kind", "NEW.kind <> OLD.kind"),
    "service_done_by_staff": (
        "service_asset", "INSERT OR UPDATE OF asset_id", "NEW.asset_id IS NOT NULL", _A_THING.format(column="asset_id"),
    ),
    "class_led_by_staff": (
        "class_schedule", "INSERT OR UPDATE OF asset_id", "NEW.asset_id IS NOT NULL", _A_THING.format(column="asset_id"),
    ),
    "booking_led_by_staff": (
        "booking", "INSERT OR UPDATE OF staff_id", "NEW.staff_id IS NOT NULL", _A_THING.format(column="staff_id"),
    ),
    "session_closes_free": (
        "session", "UPDATE OF status", "NEW.status = 'cancelled'",
        _OF_SESSION.format(table="occupancy", column="session_id", own="id", rule="active"),
    ),
    "occupancy_of_open_session": (
        "occupancy", "INSERT OR UPDATE OF active", "NEW.active",
        _OF_SESSION.format(table="session", column="id", own="session_id", rule="status = 'cancelled'"),
    ),
}  # fmt: skip
WHOLE_NUMBERS = (
    "duration_min",
    "buffer_before_min",
    "buffer_after_min",
    "slot_step_min",
    "capacity",
    "staff_needed",
    "lead_time_min",
    "horizon_days",
    "cancel_cutoff_min",
    "late_cancel_fee_bp",
    "no_show_fee_bp",
    "tax_rate_bp",
)
SERVICE_BOUNDS = {
    "duration_min": "duration_min BETWEEN 5 AND 44640",
    "buffer_before_min": "buffer_before_min BETWEEN 0 AND 1440",
    "buffer_after_min": "buffer_after_min BETWEEN 0 AND 1440",
    "slot_step_min": "slot_step_min BETWEEN 5 AND 1440",
    "capacity": "capacity BETWEEN 1 AND 1000",
    "staff_needed": "staff_needed BETWEEN 0 AND 10",
    "lead_time_min": "lead_time_min BETWEEN 0 AND 525600",
    "horizon_days": "horizon_days BETWEEN 1 AND 1000",
    "cancel_cutoff_min": "cancel_cutoff_min BETWEEN 0 AND 525600",
    "late_cancel_fee_bp": "late_cancel_fee_bp BETWEEN 0 AND 10000",
    "no_show_fee_bp": "no_show_fee_bp BETWEEN 0 AND 10000",
    "price_minor": f"price_minor BETWEEN 0 AND {PRICE_MAX}",
    "deposit_minor": f"deposit_minor BETWEEN 0 AND {PRICE_MAX}",
    "tax_rate_bp": "tax_rate_bp BETWEEN 0 AND 10000",
    "daily_limit": "daily_limit BETWEEN 1 AND 10000",
}
LONGEST = {
    "sqlite": "blocked_to-blocked_from<=2937600000",
    "postgresql": "blocked_to-blocked_from<=interval '34 days'",
}


def check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    words = ", ".join(f"'{value}'" for value in values)
    return check(table, column, f"{column} IN ({words})")


def partial_index(name: str, where: str, *columns: str, unique: bool = False) -> None:
    op.create_index(
        name, "booking", ["workspace_id", *columns], unique=unique,
        sqlite_where=sa.text(where), postgresql_where=sa.text(where),
    )  # fmt: skip


def downgrade() -> None:
    drop_tenant_key("note", "booking_id", "booking")
    for table in reversed(TABLES):
        op.drop_table(table)
    for name in RULES:
        drop_function_of(name)
