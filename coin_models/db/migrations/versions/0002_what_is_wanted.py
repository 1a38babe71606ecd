"""Facts from which the plan derives what is wanted: requests, digests of candles, what a version was made of."""

import sqlalchemy as sa
from alembic import op

from coin_models.db.types import BigId, JsonValue, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns and tables; earlier attempts become requests, coin by coin and day by day."""
    op.add_column("sessions", sa.Column("arithmetic", sa.Text(), nullable=True))
    op.add_column("attempts", sa.Column("fingerprint", sa.String(length=64), nullable=True))
    op.add_column("model_versions", sa.Column("candle_digest", sa.String(length=64), nullable=True))
    op.add_column("model_versions", sa.Column("settings_digest", sa.String(length=64), nullable=True))
    op.add_column("model_versions", sa.Column("arithmetic", sa.Text(), nullable=True))
    op.create_table(
        "requests",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("coins", JsonValue, nullable=True),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("dagster_run_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_first_day"), "requests", ["first_day"], unique=False)
    op.create_table(
        "candle_months",
        sa.Column("timeframe", sa.String(length=8), nullable=False),
        sa.Column("coin", sa.String(length=20), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("days", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("timeframe", "coin", "month", name=op.f("pk_candle_months")),
    )
    op.create_table(
        "candle_files",
        sa.Column("coin", sa.String(length=20), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("last_close_ms", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("read_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("coin", "path", name=op.f("pk_candle_files")),
    )
    op.create_table(
        "derived_days",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("coin", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "day", "coin", name=op.f("pk_derived_days")),
    )
    op.create_table(
        "identity",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_identity")),
    )
    _ask_for_what_was_attempted()


def _ask_for_what_was_attempted() -> None:
    connection = op.get_bind()
    attempted = sa.table(
        "attempts", sa.column("coin"), sa.column("day", sa.Date), sa.column("started_at", UtcDateTime())
    )
    asked = sa.table(
        "requests",
        sa.column("first_day", sa.Date),
        sa.column("last_day", sa.Date),
        sa.column("coins", JsonValue),
        sa.column("asked_by"),
        sa.column("asked_at", UtcDateTime()),
    )
    coins: dict[object, tuple[set[str], object]] = {}
    query = sa.select(attempted.c.day, attempted.c.coin, sa.func.max(attempted.c.started_at).label("at"))
    for row in connection.execute(query.group_by(attempted.c.day, attempted.c.coin).order_by(attempted.c.day)):
        known, _ = coins.get(row.day, (set(), None))
        coins[row.day] = (known | {row.coin}, row.at)
    rows = [
        {"first_day": day, "last_day": day, "coins": sorted(named), "asked_by": "coin_models 0.1", "asked_at": at}
        for day, (named, at) in coins.items()
    ]
    if rows:
        op.bulk_insert(asked, rows)


def downgrade() -> None:
    """Drops them."""
    for name in ("identity", "derived_days", "candle_files", "candle_months"):
        op.drop_table(name)
    op.drop_index(op.f("ix_requests_first_day"), table_name="requests")
    op.drop_table("requests")
    for name in ("arithmetic", "settings_digest", "candle_digest"):
        op.drop_column("model_versions", name)
    op.drop_column("attempts", "fingerprint")
    op.drop_column("sessions", "arithmetic")
