"""The machines that take runs from the broker."""

import sqlalchemy as sa
from alembic import op

from coin_models.db.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "workers",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("queues", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("market", sa.String(16), nullable=False),
        sa.Column("price_usd_per_hour", sa.Double(), nullable=False),
        sa.Column("code_version", sa.String(64), nullable=False),
        sa.Column("task_id", sa.String(64), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Index(op.f("ix_workers_expires_at"), "expires_at"),
    )


def downgrade() -> None:
    """Drops it."""
    op.drop_table("workers")
