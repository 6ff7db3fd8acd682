"""accounts and activity"""

import sqlalchemy as sa
from alembic import op

from migrations.rules import (
    DOCUMENT,
    INSTANT,
    INTEGER,
    KEY,
    STRICT,
    append_only,
    append_only_function,
    flag,
    row_level_security,
    tenant_columns,
    tenant_key,
)

revision = "accounts01"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan",
        sa.Column("code", KEY, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("price_minor", INTEGER, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("max_customers", sa.Integer()),
        sa.Column("max_bookings_month", sa.Integer()),
        sa.Column("max_mcp_calls_month", sa.Integer()),
        sa.Column("seats", sa.Integer()),
        flag("has_email", nullable=False),
        flag("has_messaging", nullable=False),
        **STRICT,
    )
    op.create_table(
        "workspace",
        sa.Column("id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("slug", KEY, nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vertical", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("phone_region", sa.Text(), nullable=False),
        sa.Column("plan_code", KEY, sa.ForeignKey("plan.code"), nullable=False),
        sa.Column("settings", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("suspended_at", INSTANT),
        sa.Column("deleted_at", INSTANT),
        **STRICT,
    )
    op.create_table(
        "app_user",
        sa.Column("id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", KEY, nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("locale", sa.Text()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("password_changed_at", INSTANT),
        sa.Column("disabled_at", INSTANT),
        **STRICT,
    )
    op.create_table(
        "sign_in",
        sa.Column("token_hash", KEY, primary_key=True),
        sa.Column("user_id", INTEGER, sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("signed_in_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("user_agent", sa.Text()),
        sa.Column("ip", sa.Text()),
        sa.Column("revoked_at", INSTANT),
        **STRICT,
    )
    op.create_index("sign_in_user", "sign_in", ["user_id", "last_seen_at"])
    op.create_table(
        "user_token",
        sa.Column("token_hash", KEY, primary_key=True),
        sa.Column("user_id", INTEGER, sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("spent_at", INSTANT),
        sa.CheckConstraint("purpose IN ('password_reset', 'verify_email')", name=op.f("ck_user_token_purpose")),
        **STRICT,
    )
    op.create_index("user_token_user", "user_token", ["user_id", "purpose"])
    op.create_table(
        "guess_counter",
        sa.Column("kind", KEY, primary_key=True),
        sa.Column("subject", KEY, primary_key=True),
        sa.Column("window_ends_at", INSTANT, primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        **STRICT,
    )
    op.create_table(
        "seat",
        sa.Column("workspace_id", INTEGER, sa.ForeignKey("workspace.id"), primary_key=True),
        sa.Column("user_id", INTEGER, sa.ForeignKey("app_user.id"), primary_key=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.CheckConstraint("role IN ('owner', 'manager', 'staff', 'viewer')", name=op.f("ck_seat_role")),
        **STRICT,
    )
    op.create_index("seat_user", "seat", ["user_id"])
    op.create_table(
        "usage_counter",
        sa.Column("workspace_id", INTEGER, sa.ForeignKey("workspace.id"), primary_key=True),
        sa.Column("metric", KEY, primary_key=True),
        sa.Column("period", KEY, primary_key=True),
        sa.Column("used", INTEGER, nullable=False, server_default="0"),
        sa.CheckConstraint(
            "metric IN ('customers', 'bookings', 'mcp_calls', 'seats', 'emails', 'sms', 'whatsapp')",
            name=op.f("ck_usage_counter_metric"),
        ),
        sa.CheckConstraint("used>=0", name=op.f("ck_usage_counter_used")),
        **STRICT,
    )
    op.create_table(
        "audit_event",
        *tenant_columns(),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text()),
        sa.Column("client_id", sa.Text()),
        sa.Column("consent_id", INTEGER),
        sa.Column("tool", sa.Text()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text()),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("entity", KEY),
        sa.Column("entity_id", INTEGER),
        sa.Column("fields", DOCUMENT),
        sa.Column("ms", sa.Integer()),
        sa.Column("request_id", sa.Text()),
        sa.CheckConstraint(
            "outcome IN ('done', 'dry_run', 'asked', 'refused', 'not_found', 'conflict', 'error')",
            name=op.f("ck_audit_event_outcome"),
        ),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'app', 'api_key', 'public', 'system', 'webhook')",
            name=op.f("ck_audit_event_actor_kind"),
        ),
        **STRICT,
    )
    op.create_index("audit_entity", "audit_event", ["workspace_id", "entity", "entity_id", "id"])
    op.create_index("audit_consent", "audit_event", ["workspace_id", "consent_id", "id"])
    op.create_table(
        "security_event",
        sa.Column("id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("user_id", INTEGER, sa.ForeignKey("app_user.id")),
        sa.Column("client_id", sa.Text()),
        sa.Column("ip", KEY),
        sa.Column("network", KEY),
        sa.Column("fields", DOCUMENT),
        **STRICT,
    )
    noise = sa.text("outcome = 'refused'")
    op.create_index("security_event_noise", "security_event", ["network", "at"], sqlite_where=noise, postgresql_where=noise)
    op.create_index("security_event_at", "security_event", ["at"])
    op.create_table(
        "undo_step",
        *tenant_columns(),
        sa.Column("audit_id", INTEGER, nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("entity", KEY, nullable=False),
        sa.Column("entity_id", INTEGER, nullable=False),
        sa.Column("before", DOCUMENT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT),
        sa.Column("undone_by", INTEGER, sa.ForeignKey("app_user.id")),
        tenant_key("audit_id", "audit_event"),
        **STRICT,
    )
    op.create_index("undo_entity", "undo_step", ["workspace_id", "entity", "entity_id"])
    op.create_index("undo_audit", "undo_step", ["workspace_id", "audit_id"])
    op.create_index("undo_expires", "undo_step", ["workspace_id", "expires_at"])
    op.create_table(
        "idempotency_key",
        sa.Column("workspace_id", INTEGER, sa.ForeignKey("workspace.id"), primary_key=True),
        sa.Column("actor", KEY, primary_key=True),
        sa.Column("key", KEY, primary_key=True),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("response", DOCUMENT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        **STRICT,
    )
    op.create_index("idempotency_exp", "idempotency_key", ["expires_at"])
    op.create_table(
        "confirmation",
        *tenant_columns(),
        sa.Column("actor", KEY, nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("args_hash", KEY, nullable=False),
        sa.Column("token_hash", KEY),
        sa.Column("asked_in", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text()),
        sa.Column("entity", KEY),
        sa.Column("entity_id", INTEGER),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("decided_by", INTEGER, sa.ForeignKey("app_user.id")),
        sa.Column("decided_at", INSTANT),
        sa.UniqueConstraint("workspace_id", "token_hash"),
        sa.CheckConstraint("asked_in IN ('chat', 'portal')", name=op.f("ck_confirmation_asked_in")),
        sa.CheckConstraint(
            "status IN ('asked', 'approved', 'declined', 'spent')", name=op.f("ck_confirmation_status")
        ),
        sa.CheckConstraint("(asked_in = 'chat') = (token_hash IS NOT NULL)", name=op.f("ck_confirmation_token")),
        **STRICT,
    )
    op.create_index("confirmation_open", "confirmation", ["workspace_id", "status", "expires_at"])

    row_level_security("usage_counter", "audit_event", "undo_step", "idempotency_key", "confirmation")
    append_only_function()
    append_only("audit_event")
    plans = sa.table(
        "plan",
        *(sa.column(name) for name in ("code", "name", "price_minor", "currency", "max_customers")),
        *(sa.column(name) for name in ("max_bookings_month", "max_mcp_calls_month", "seats")),
        *(sa.column(name) for name in ("has_email", "has_messaging")),
    )
    op.bulk_insert(
        plans,
        [
            dict(zip([column.name for column in plans.columns], row, strict=True))
            for row in (
                ("free", "Free", 0, "USD", 100, 200, 1000, 1, False, False),
                ("lite", "Lite", 1900, "USD", None, None, None, 1, True, False),
                ("starter", "Starter", 4900, "USD", None, None, None, 3, True, True),
                ("unlimited", "Unlimited", 0, "USD", None, None, None, None, True, True),
            )
        ],
    )


def downgrade() -> None:
    for table in (
        "confirmation",
        "idempotency_key",
        "undo_step",
        "security_event",
        "audit_event",
        "usage_counter",
        "seat",
        "guess_counter",
        "user_token",
        "sign_in",
        "app_user",
        "workspace",
        "plan",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION append_only()")
