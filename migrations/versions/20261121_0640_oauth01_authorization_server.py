"""authorization server"""

import sqlalchemy as sa
from alembic import op

from migrations.rules import (
    DOCUMENT,
    INSTANT,
    INTEGER,
    KEY,
    STRICT,
    flag,
    row_level_security,
    tenant_columns,
    tenant_key,
)

revision = "oauth01"
down_revision = "accounts01"
branch_labels = None
depends_on = None

LIVE_USER = sa.text("withdrawn_at IS NULL AND user_id IS NOT NULL")
LIVE_SERVICE = sa.text("withdrawn_at IS NULL AND user_id IS NULL")
NEXT_AND_ACTIVE = sa.text("state IN ('next', 'active')")


def upgrade() -> None:
    _clients()
    op.create_table(
        "consent",
        *tenant_columns(),
        sa.Column("user_id", INTEGER, sa.ForeignKey("app_user.id")),
        sa.Column("client_id", KEY, sa.ForeignKey("oauth_client.id"), nullable=False),
        sa.Column("fingerprint", KEY, nullable=False),
        sa.Column("app_name", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text()),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("unticked", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("renewed_at", INSTANT, nullable=False),
        sa.Column("known_since", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT),
        sa.Column("withdrawn_at", INSTANT),
        sa.Column("withdrawn_by", INTEGER, sa.ForeignKey("app_user.id")),
        **STRICT,
    )
    live = {"unique": True, "sqlite_where": LIVE_USER, "postgresql_where": LIVE_USER}
    op.create_index("consent_live", "consent", ["workspace_id", "user_id", "client_id"], **live)
    service = {"unique": True, "sqlite_where": LIVE_SERVICE, "postgresql_where": LIVE_SERVICE}
    op.create_index("consent_service", "consent", ["workspace_id", "client_id"], **service)
    op.create_index("consent_clock", "consent", ["workspace_id", "fingerprint", "created_at"])
    op.create_index("consent_user", "consent", ["user_id", "client_id"])
    op.create_index("consent_client", "consent", ["client_id"])
    _tokens()
    _keys()
    row_level_security(
        "token_family", "authorization_code", "refresh_token", "access_token", "ended_token", "api_key"
    )


def _clients() -> None:
    op.create_table(
        "oauth_client",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("redirect_uris", DOCUMENT, nullable=False),
        sa.Column("grant_types", DOCUMENT, nullable=False),
        sa.Column("scope", sa.Text()),
        flag("scope_is_limit", nullable=False),
        sa.Column("auth_method", KEY, nullable=False),
        sa.Column("secret_hash", KEY),
        sa.Column("old_secret_hash", KEY),
        sa.Column("old_secret_until", INSTANT),
        sa.Column("registration_token_hash", KEY),
        sa.Column("keys", DOCUMENT),
        sa.Column("keys_uri", sa.Text()),
        sa.Column("about", DOCUMENT),
        sa.Column("token_format", KEY, nullable=False),
        sa.Column("token_ttl", sa.Integer()),
        sa.Column("workspace_id", INTEGER, sa.ForeignKey("workspace.id")),
        sa.Column("fingerprint", KEY, nullable=False),
        sa.Column("digest", KEY, unique=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", INTEGER, sa.ForeignKey("app_user.id")),
        sa.Column("address", sa.Text()),
        sa.Column("last_used_at", INSTANT),
        sa.Column("blocked_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.CheckConstraint("kind IN ('created', 'static', 'published', 'registered')", name=op.f("ck_oauth_client_kind")),
        sa.CheckConstraint(
            "auth_method IN ('none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt')",
            name=op.f("ck_oauth_client_auth_method"),
        ),
        sa.CheckConstraint("token_format IN ('jwt', 'opaque')", name=op.f("ck_oauth_client_token_format")),
        sa.CheckConstraint("(kind = 'created') = (workspace_id IS NOT NULL)", name=op.f("ck_oauth_client_workspace")),
        **STRICT,
    )
    op.create_index("oauth_client_workspace", "oauth_client", ["workspace_id", "created_at"])
    op.create_index("oauth_client_kind", "oauth_client", ["kind", "created_at"])
    op.create_table(
        "oauth_block",
        sa.Column("subject", KEY, primary_key=True),
        sa.Column("created_at", INSTANT, nullable=False),
        **STRICT,
    )
    op.create_table(
        "registration_count",
        sa.Column("address", KEY, primary_key=True),
        sa.Column("day", KEY, primary_key=True),
        sa.Column("made", sa.Integer(), nullable=False),
        **STRICT,
    )
    op.create_table(
        "assertion_jti",
        sa.Column("client_id", KEY, primary_key=True),
        sa.Column("jti", KEY, primary_key=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        **STRICT,
    )
    op.create_table(
        "told_once",
        sa.Column("browser", KEY, primary_key=True),
        sa.Column("about", KEY, primary_key=True),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        **STRICT,
    )
    op.create_table(
        "authorization_request",
        sa.Column("handle_hash", KEY, primary_key=True),
        sa.Column("browser_hash", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("user_id", INTEGER, sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("asked", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT),
        **STRICT,
    )
    op.create_index("authorization_request_exp", "authorization_request", ["expires_at"])


def _tokens() -> None:
    op.create_table(
        "token_family",
        *tenant_columns(),
        sa.Column("consent_id", INTEGER, nullable=False),
        sa.Column("client_id", KEY, sa.ForeignKey("oauth_client.id"), nullable=False),
        sa.Column("user_id", INTEGER, sa.ForeignKey("app_user.id")),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text()),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text()),
        flag("refreshable", nullable=False),
        sa.Column("destructive_until", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("ended_why", KEY),
        tenant_key("consent_id", "consent"),
        sa.CheckConstraint(
            "ended_why IN ('withdrawn', 'revoked', 'reuse', 'code_reuse', 'password', 'changed')",
            name=op.f("ck_token_family_ended_why"),
        ),
        **STRICT,
    )
    op.create_index("token_family_consent", "token_family", ["workspace_id", "consent_id", "id"])
    op.create_index("token_family_user", "token_family", ["workspace_id", "user_id"])
    op.create_table(
        "authorization_code",
        *tenant_columns(),
        sa.Column("code_hash", KEY, nullable=False),
        sa.Column("consent_id", INTEGER, nullable=False),
        sa.Column("family_id", INTEGER),
        sa.Column("client_id", KEY, sa.ForeignKey("oauth_client.id"), nullable=False),
        sa.Column("user_id", INTEGER, sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        flag("redirect_named", nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text()),
        flag("refreshable", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("redeemed_at", INSTANT),
        tenant_key("consent_id", "consent"),
        tenant_key("family_id", "token_family"),
        sa.UniqueConstraint("workspace_id", "code_hash"),
        **STRICT,
    )
    op.create_index("authorization_code_consent", "authorization_code", ["workspace_id", "consent_id"])
    op.create_table(
        "refresh_token",
        *tenant_columns(),
        sa.Column("family_id", INTEGER, nullable=False),
        sa.Column("token_hash", KEY, nullable=False),
        sa.Column("parent_id", INTEGER),
        sa.Column("nonce", sa.Text()),
        sa.Column("effective", sa.Text(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("rotated_at", INSTANT),
        tenant_key("family_id", "token_family"),
        tenant_key("parent_id", "refresh_token"),
        sa.UniqueConstraint("workspace_id", "token_hash"),
        sa.UniqueConstraint("workspace_id", "parent_id"),
        **STRICT,
    )
    op.create_index("refresh_token_family", "refresh_token", ["workspace_id", "family_id", "id"])
    op.create_table(
        "access_token",
        *tenant_columns(),
        sa.Column("family_id", INTEGER, nullable=False),
        sa.Column("token_hash", KEY, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        flag("narrowed", nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        tenant_key("family_id", "token_family"),
        sa.UniqueConstraint("workspace_id", "token_hash"),
        **STRICT,
    )
    op.create_index("access_token_exp", "access_token", ["workspace_id", "expires_at"])
    op.create_table(
        "ended_token",
        sa.Column("workspace_id", INTEGER, sa.ForeignKey("workspace.id"), primary_key=True),
        sa.Column("mark", KEY, primary_key=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        **STRICT,
    )


def _keys() -> None:
    op.create_table(
        "signing_key",
        sa.Column("kid", KEY, primary_key=True),
        sa.Column("state", KEY, nullable=False),
        sa.Column("public", DOCUMENT, nullable=False),
        sa.Column("private", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("activated_at", INSTANT),
        sa.Column("retired_at", INSTANT),
        sa.CheckConstraint("state IN ('next', 'active', 'retired')", name=op.f("ck_signing_key_state")),
        **STRICT,
    )
    one = {"unique": True, "sqlite_where": NEXT_AND_ACTIVE, "postgresql_where": NEXT_AND_ACTIVE}
    op.create_index("signing_key_state", "signing_key", ["state"], **one)
    op.create_table(
        "api_key",
        *tenant_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("beginning", sa.Text(), nullable=False),
        sa.Column("key_hash", KEY, nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_by", INTEGER, sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT),
        sa.Column("expires_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.UniqueConstraint("workspace_id", "key_hash"),
        **STRICT,
    )


def downgrade() -> None:
    for table in (
        "api_key",
        "signing_key",
        "ended_token",
        "access_token",
        "refresh_token",
        "authorization_code",
        "token_family",
        "consent",
        "authorization_request",
        "told_once",
        "assertion_jti",
        "registration_count",
        "oauth_block",
        "oauth_client",
    ):
        op.drop_table(table)
