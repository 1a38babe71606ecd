"""Which object holds what was forecast of a coin on a day; days that were traded before have no row."""

import sqlalchemy as sa
from alembic import op

from coin_models.db.types import JsonValue, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "forecast_days",
        sa.Column("coin", sa.String(20), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("key", sa.String(512)),
        sa.Column("sha256", sa.String(64)),
        sa.Column("levels", JsonValue, nullable=False),
        sa.Column("num_forecasts", sa.Integer(), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_forecast_days_day", "forecast_days", ["day"])


def downgrade() -> None:
    """Drops it."""
    op.drop_table("forecast_days")
