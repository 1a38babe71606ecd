"""Which code the control plane runs, and since when a worker does what it does."""

import sqlalchemy as sa
from alembic import op

from coin_models.db.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table and the column."""
    op.create_table(
        "control_plane",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("code_version", sa.String(64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    with op.batch_alter_table("workers") as table:
        table.add_column(sa.Column("task_since", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Drops them."""
    with op.batch_alter_table("workers") as table:
        table.drop_column("task_since")
    op.drop_table("control_plane")
