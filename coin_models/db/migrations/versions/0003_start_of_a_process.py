"""Which process a session is, exactly: a process id is given away again, its start in ticks since the boot is not."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column; of earlier sessions the start is not known."""
    op.add_column("sessions", sa.Column("process_start_ticks", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Drops it."""
    op.drop_column("sessions", "process_start_ticks")
