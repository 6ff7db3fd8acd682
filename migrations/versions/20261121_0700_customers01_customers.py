"""customers"""

import sqlalchemy as sa
from alembic import op

from migrations.rules import DOCUMENT, INSTANT, INTEGER, KEY, STRICT, flag, row_level_security, tenant_columns, tenant_key

revision = "customers01"
down_revision = "oauth01"
branch_labels = None
depends_on = None

LEAN = {**STRICT, "sqlite_with_rowid": False}


def upgrade() -> None:
    _customer()
    _contact_point()
    _search()
    _tags()
    _custom_fields()
    _notes_and_timeline()
    _opt_ins()
    _merges()
    _segments()
    row_level_security(*TABLES)


def _customer() -> None:
    op.create_table(
        "customer",
        *tenant_columns(),
        sa.Column("kind", sa.Text(), nullable=False, server_default="contact"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", KEY, nullable=False),
        sa.Column("native_name", sa.Text()),
        sa.Column("company", sa.Text()),
        sa.Column("birthday", KEY),
        sa.Column("birth_day", KEY),
        sa.Column("locale", sa.Text()),
        sa.Column("preferred_channel", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False, server_default="manual"),
        sa.Column("custom", DOCUMENT, nullable=False),
        sa.Column("enrolled_at", INSTANT),
        sa.Column("last_booking_at", INSTANT),
        sa.Column("next_booking_at", INSTANT),
        sa.Column("last_activity_at", INSTANT),
        sa.Column("bookings_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("no_show_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("merged_into", INTEGER),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("archived_at", INSTANT),
        sa.Column("anonymised_at", INSTANT),
        tenant_key("merged_into", "customer"),
        one_of("customer", "kind", "contact", "member"),
        one_of("customer", "preferred_channel", "email", "sms", "whatsapp"),
        sa.CheckConstraint("merged_into IS NULL OR merged_into<>id", name=op.f("ck_customer_merged_into")),
        sa.CheckConstraint("kind<>'member' OR enrolled_at IS NOT NULL", name=op.f("ck_customer_enrolled")),
        **STRICT,
    )
    op.create_index("customer_name", "customer", ["workspace_id", "name_key", "id"])
    op.create_index("customer_created", "customer", ["workspace_id", "created_at", "id"])
    op.create_index("customer_updated", "customer", ["workspace_id", "updated_at", "id"])
    partial_index("customer_merged", "customer", "merged_into IS NOT NULL", "workspace_id", "merged_into")
    partial_index("customer_next", "customer", "next_booking_at IS NOT NULL", "workspace_id", "next_booking_at")
    partial_index("customer_archived", "customer", "archived_at IS NOT NULL", "workspace_id", "id")
    partial_index("customer_birthday", "customer", "birth_day IS NOT NULL", "workspace_id", "birth_day", "id")
    if op.get_bind().dialect.name == "postgresql":
        latest = [sa.text("last_booking_at DESC NULLS LAST"), sa.text("id DESC")]
    else:  # read backwards, NULLs come last by themselves
        latest = ["last_booking_at", "id"]
    op.create_index("customer_last_booking", "customer", ["workspace_id", *latest, "next_booking_at"])


def _contact_point() -> None:
    op.create_table(
        "contact_point",
        *tenant_columns(),
        sa.Column("customer_id", INTEGER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value_key", KEY),
        sa.Column("raw", sa.Text(), nullable=False),
        flag("is_primary", nullable=False, server_default=NO),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("workspace_id", "customer_id", "kind", "value_key"),
        of_customer(),
        one_of("contact_point", "kind", "phone", "email"),
        sa.CheckConstraint(
            "kind<>'phone' OR value_key IS NULL OR substr(value_key,1,1)='+'", name=op.f("ck_contact_point_e164")
        ),
        **STRICT,
    )
    partial_index("contact_point_value", "contact_point", "value_key IS NOT NULL", "workspace_id", "kind", "value_key")
    partial_index("contact_point_primary", "contact_point", "is_primary", "workspace_id", "customer_id", "kind", unique=True)


def _search() -> None:
    op.create_table(
        "customer_token",
        sa.Column("workspace_id", INTEGER, primary_key=True),
        sa.Column("token", KEY, primary_key=True),
        sa.Column("customer_id", INTEGER, primary_key=True, autoincrement=False),
        of_customer(),
        **LEAN,
    )
    op.create_index("customer_token_rev", "customer_token", ["workspace_id", "customer_id"])


def _tags() -> None:
    op.create_table(
        "tag",
        *tenant_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", KEY, nullable=False),
        sa.Column("color", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("archived_at", INSTANT),
        **STRICT,
    )
    partial_index("tag_name", "tag", "archived_at IS NULL", "workspace_id", "name_key", unique=True)
    op.create_table(
        "customer_tag",
        sa.Column("workspace_id", INTEGER, primary_key=True),
        sa.Column("tag_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("customer_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("added_by", sa.Text()),
        tenant_key("tag_id", "tag"),
        of_customer(),
        **LEAN,
    )
    op.create_index("customer_tag_rev", "customer_tag", ["workspace_id", "customer_id", "tag_id"])


def _custom_fields() -> None:
    op.create_table(
        "custom_field",
        *tenant_columns(),
        sa.Column("key", KEY, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("options", DOCUMENT),
        flag("required", nullable=False, server_default=NO),
        flag("filterable", nullable=False, server_default=NO),
        flag("pii", nullable=False, server_default=NO),
        sa.Column("position", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("archived_at", INSTANT),
        sa.UniqueConstraint("workspace_id", "key"),
        one_of("custom_field", "type", "text", "number", "money", "bool", "date", "choice", "multichoice", "url"),
        **STRICT,
    )
    op.create_table(
        "custom_value_index",
        sa.Column("workspace_id", INTEGER, primary_key=True),
        sa.Column("field_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("customer_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("v_text", KEY),
        sa.Column("v_num", INTEGER),
        tenant_key("field_id", "custom_field"),
        of_customer(),
        sa.CheckConstraint("(v_text IS NULL) <> (v_num IS NULL)", name=op.f("ck_custom_value_index_one_value")),
        **STRICT,
    )
    op.create_index("cvi_text", "custom_value_index", ["workspace_id", "field_id", "v_text", "customer_id"])
    op.create_index("cvi_num", "custom_value_index", ["workspace_id", "field_id", "v_num", "customer_id"])
    op.create_index("cvi_customer", "custom_value_index", ["workspace_id", "customer_id"])


def _notes_and_timeline() -> None:
    op.create_table(
        "note",
        *tenant_columns(),
        sa.Column("customer_id", INTEGER, nullable=False),
        sa.Column("booking_id", INTEGER),
        sa.Column("kind", sa.Text(), nullable=False, server_default="note"),
        sa.Column("body", sa.Text(), nullable=False),
        flag("sensitive", nullable=False, server_default=NO),
        flag("pinned", nullable=False, server_default=NO),
        flag("by_customer", nullable=False, server_default=NO),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("deleted_at", INSTANT),
        tenant_key("customer_id", "customer"),
        one_of("note", "kind", "note", "call", "meeting"),
        sa.CheckConstraint("length(body)<=20000", name=op.f("ck_note_body")),
        **STRICT,
    )
    partial_index("note_booking", "note", "booking_id IS NOT NULL", "workspace_id", "booking_id")
    partial_index("note_deleted", "note", "deleted_at IS NOT NULL", "workspace_id", "deleted_at")
    op.create_index("note_customer", "note", ["workspace_id", "customer_id", "id"])
    op.create_table(
        "timeline",
        *tenant_columns(),
        sa.Column("customer_id", INTEGER, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entity", KEY),
        sa.Column("entity_id", INTEGER),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text()),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("data", DOCUMENT),
        tenant_key("customer_id", "customer"),
        **STRICT,
    )
    op.create_index("timeline_customer", "timeline", ["workspace_id", "customer_id", "at", "id"])
    op.create_index("timeline_entity", "timeline", ["workspace_id", "entity", "entity_id", "id"])


def _opt_ins() -> None:
    op.create_table(
        "opt_in",
        sa.Column("workspace_id", INTEGER, primary_key=True),
        sa.Column("customer_id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("channel", sa.Text(), primary_key=True),
        sa.Column("purpose", sa.Text(), primary_key=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("evidence", DOCUMENT),
        tenant_key("customer_id", "customer"),
        one_of("opt_in", "channel", "email", "sms", "whatsapp"),
        one_of("opt_in", "purpose", "marketing", "transactional"),
        one_of("opt_in", "status", "granted", "withdrawn", "blocked_by_provider"),
        **STRICT,
    )
    op.create_table(
        "suppressed_address",
        sa.Column("workspace_id", INTEGER, sa.ForeignKey("workspace.id"), primary_key=True),
        sa.Column("channel", sa.Text(), primary_key=True),
        sa.Column("address_hash", KEY, primary_key=True),
        sa.Column("purpose", sa.Text(), primary_key=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        one_of("suppressed_address", "channel", "email", "sms", "whatsapp"),
        one_of("suppressed_address", "purpose", "marketing", "all"),
        one_of("suppressed_address", "reason", "stop", "provider", "bounce", "complaint", "manual"),
        **STRICT,
    )


def _merges() -> None:
    op.create_table(
        "customer_merge",
        *tenant_columns(),
        sa.Column("survivor_id", INTEGER, nullable=False),
        sa.Column("merged_id", INTEGER, nullable=False),
        sa.Column("moved", DOCUMENT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_actor", sa.Text(), nullable=False),
        sa.Column("undo_until", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT),
        tenant_key("survivor_id", "customer"),
        tenant_key("merged_id", "customer"),
        sa.CheckConstraint("survivor_id<>merged_id", name=op.f("ck_customer_merge_two")),
        **STRICT,
    )
    op.create_index("customer_merge_survivor", "customer_merge", ["workspace_id", "survivor_id"])
    op.create_index("customer_merge_merged", "customer_merge", ["workspace_id", "merged_id"])


def _segments() -> None:
    op.create_table(
        "segment",
        *tenant_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filter", DOCUMENT, nullable=False),
        sa.Column("filter_version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("cached_count", INTEGER),
        sa.Column("cached_at", INSTANT),
        sa.Column("created_by", sa.Text()),
        sa.Column("archived_at", INSTANT),
        **STRICT,
    )
    partial_index("segment_name", "segment", "archived_at IS NULL", "workspace_id", "name", unique=True)


TABLES = (
    "customer",
    "contact_point",
    "customer_token",
    "tag",
    "customer_tag",
    "custom_field",
    "custom_value_index",
    "note",
    "timeline",
    "opt_in",
    "suppressed_address",
    "customer_merge",
    "segment",
)
NO = sa.false()


def one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    words = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({words})", name=op.f(f"ck_{table}_{column}"))


def of_customer() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", "customer_id"], ["customer.workspace_id", "customer.id"], ondelete="CASCADE"
    )


def partial_index(name: str, table: str, where: str, *columns: str | sa.TextClause, unique: bool = False) -> None:
    op.create_index(
        name, table, list(columns), unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
