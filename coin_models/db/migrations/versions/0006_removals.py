"""Objects that are to be removed, and indexes by version: without them each removed version reads whole tables."""

import sqlalchemy as sa
from alembic import op

from coin_models.db.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_REFERENCES = (
    ("model_versions", "parent_id"),
    ("champion_decisions", "version_id"),
    ("shadow_trades", "version_id"),
    ("shadow_days", "version_id"),
)


def upgrade() -> None:
    """Adds the table and the indexes."""
    op.create_table(
        "removals",
        sa.Column("key", sa.String(512), primary_key=True),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
    )
    for table, column in _REFERENCES:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    """Drops them."""
    for table, column in _REFERENCES:
        op.drop_index(f"ix_{table}_{column}", table)
    op.drop_table("removals")
