"""live customers by last booking: the index tells who is archived, so that a search reads no row it does not show"""

import sqlalchemy as sa
from alembic import op

revision = "customers02"
down_revision = "bookings01"
branch_labels = None
depends_on = None

INDEX = "customer_last_booking"


def upgrade() -> None:
    _made_of("next_booking_at", "archived_at")


def downgrade() -> None:
    _made_of("next_booking_at")


def _made_of(*told: str) -> None:
    """Make the index anew, with these columns behind its order."""
    if op.get_bind().dialect.name == "postgresql":
        latest = [sa.text("last_booking_at DESC NULLS LAST"), sa.text("id DESC")]
    else:  # read backwards, NULLs come last by themselves
        latest = ["last_booking_at", "id"]
    op.drop_index(INDEX, "customer")
    op.create_index(INDEX, "customer", ["workspace_id", *latest, *told])
