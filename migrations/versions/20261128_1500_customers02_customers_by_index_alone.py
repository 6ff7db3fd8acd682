"""customers found by index alone: who is archived, and the words of each, so that a search reads no row it does not show"""

import sqlalchemy as sa
from alembic import op

revision = "customers02"
down_revision = "bookings01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _by_last_booking("next_booking_at", "archived_at")
    _by_customer("token")


def downgrade() -> None:
    _by_customer()
    _by_last_booking("next_booking_at")


def _by_last_booking(*told: str) -> None:
    """Make the index anew, with these columns behind its order."""
    if op.get_bind().dialect.name == "postgresql":
        latest = [sa.text("last_booking_at DESC NULLS LAST"), sa.text("id DESC")]
    else:  # read backwards, NULLs come last by themselves
        latest = ["last_booking_at", "id"]
    op.drop_index("customer_last_booking", "customer")
    op.create_index("customer_last_booking", "customer", ["workspace_id", *latest, *told])


def _by_customer(*told: str) -> None:
    op.drop_index("customer_token_rev", "customer_token")
    op.create_index("customer_token_rev", "customer_token", ["workspace_id", "customer_id", *told])
