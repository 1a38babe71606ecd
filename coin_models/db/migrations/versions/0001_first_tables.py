"""The first tables."""

import sqlalchemy as sa
from alembic import op

from coin_models.db.types import BigId, JsonValue, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates every table."""
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("token", BigId, nullable=False),
        sa.Column("acquired_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("dagster_run_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_index(op.f("ix_leases_expires_at"), "leases", ["expires_at"], unique=False)
    op.create_table(
        "model_versions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("coin", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("architecture_digest", sa.String(length=64), nullable=False),
        sa.Column("weights_key", sa.Text(), nullable=False),
        sa.Column("weights_sha256", sa.String(length=64), nullable=False),
        sa.Column("manifest_key", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.String(length=64), nullable=True),
        sa.Column("skill", sa.Double(), nullable=True),
        sa.Column("metrics", JsonValue, nullable=False),
        sa.Column("code_version", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("resumed", sa.Boolean(), nullable=False),
        sa.Column("fit_seconds", sa.Double(), nullable=False),
        sa.Column("num_steps", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["model_versions.id"], name=op.f("fk_model_versions_parent_id_model_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_versions")),
        sa.UniqueConstraint("coin", "day", "fingerprint", name=op.f("uq_model_versions_coin_day_fingerprint")),
    )
    op.create_index(op.f("ix_model_versions_day_coin"), "model_versions", ["day", "coin"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("event_key", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("payload", JsonValue, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("given_up_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_key", "channel", name=op.f("uq_outbox_event_key_channel")),
    )
    op.create_index(op.f("ix_outbox_delivered_at_not_before"), "outbox", ["delivered_at", "not_before"], unique=False)
    op.create_table(
        "patterns",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("found_in", sa.String(length=20), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("shape", JsonValue, nullable=False),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.Column("last_seen", UtcDateTime(), nullable=False),
        sa.Column("num_matches", sa.Integer(), nullable=False),
        sa.Column("num_trades", sa.Integer(), nullable=False),
        sa.Column("trades_pnl_usd", sa.Double(), nullable=False),
        sa.Column("q_value", sa.Double(), nullable=True),
        sa.Column("outcome", JsonValue, nullable=False),
        sa.Column("outcome_by_coin", JsonValue, nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("day", "id", name=op.f("pk_patterns")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("market", sa.String(length=16), nullable=False),
        sa.Column("gpu", sa.Text(), nullable=True),
        sa.Column("price_usd_per_hour", sa.Double(), nullable=False),
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("code_version", sa.String(length=64), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("heartbeat_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("end_reason", sa.String(length=16), nullable=True),
        sa.Column("grace_used_seconds", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_started_at"), "sessions", ["started_at"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("coin", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("dagster_run_id", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("steps_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("steps_redone", sa.Integer(), server_default="0", nullable=False),
        sa.Column("useful_seconds", sa.Double(), server_default="0", nullable=False),
        sa.Column("redone_seconds", sa.Double(), server_default="0", nullable=False),
        sa.Column("checkpoint_seconds", sa.Double(), server_default="0", nullable=False),
        sa.Column("startup_seconds", sa.Double(), server_default="0", nullable=False),
        sa.Column("released", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_attempts_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_day_coin"), "attempts", ["day", "coin"], unique=False)
    op.create_index(op.f("ix_attempts_outcome_day"), "attempts", ["outcome", "day"], unique=False)
    op.create_index(op.f("ix_attempts_session_id"), "attempts", ["session_id"], unique=False)
    op.create_table(
        "champion_decisions",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("coin", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version_id", sa.String(length=64), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("statistics", JsonValue, nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["model_versions.id"], name=op.f("fk_champion_decisions_version_id_model_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_champion_decisions")),
    )
    op.create_index(op.f("ix_champion_decisions_coin_day"), "champion_decisions", ["coin", "day"], unique=False)
    op.create_index(op.f("ix_champion_decisions_day"), "champion_decisions", ["day"], unique=False)
    op.create_table(
        "pattern_matches",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("coin", sa.String(length=20), nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pattern_id", sa.String(length=64), nullable=False),
        sa.Column("correlation", sa.Double(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["day", "pattern_id"],
            ["patterns.day", "patterns.id"],
            name=op.f("fk_pattern_matches_day_patterns"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("day", "coin", "rank", name=op.f("pk_pattern_matches")),
    )
    op.create_table(
        "shadow_days",
        sa.Column("coin", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("version_id", sa.String(length=64), nullable=False),
        sa.Column("num_trades", sa.Integer(), nullable=False),
        sa.Column("num_forecasts", sa.Integer(), nullable=False),
        sa.Column("num_candles", sa.Integer(), nullable=False),
        sa.Column("equity_usd", sa.Double(), nullable=False),
        sa.Column("pnl_usd", sa.Double(), nullable=False),
        sa.Column("fees_usd", sa.Double(), nullable=False),
        sa.Column("slippage_usd", sa.Double(), nullable=False),
        sa.Column("funding_usd", sa.Double(), nullable=False),
        sa.Column("exposure", sa.Double(), nullable=False),
        sa.Column("turnover_usd", sa.Double(), nullable=False),
        sa.Column("num_scored", sa.Integer(), nullable=False),
        sa.Column("pinball_loss", sa.Double(), nullable=True),
        sa.Column("pinball_loss_unconditional", sa.Double(), nullable=True),
        sa.Column("coverage", sa.Double(), nullable=True),
        sa.Column("statistics", JsonValue, nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["model_versions.id"], name=op.f("fk_shadow_days_version_id_model_versions")
        ),
        sa.PrimaryKeyConstraint("coin", "day", "role", name=op.f("pk_shadow_days")),
    )
    op.create_index(op.f("ix_shadow_days_day"), "shadow_days", ["day"], unique=False)
    op.create_table(
        "shadow_trades",
        sa.Column("coin", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("version_id", sa.String(length=64), nullable=False),
        sa.Column("version_resumed", sa.Boolean(), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("exited_at", UtcDateTime(), nullable=False),
        sa.Column("num_candles_held", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("entry_quoted", sa.Double(), nullable=False),
        sa.Column("entry_price", sa.Double(), nullable=False),
        sa.Column("exit_quoted", sa.Double(), nullable=False),
        sa.Column("exit_price", sa.Double(), nullable=False),
        sa.Column("size_usd", sa.Double(), nullable=False),
        sa.Column("fees_usd", sa.Double(), nullable=False),
        sa.Column("slippage_usd", sa.Double(), nullable=False),
        sa.Column("funding_usd", sa.Double(), nullable=False),
        sa.Column("pnl_usd", sa.Double(), nullable=False),
        sa.Column("exit_reason", sa.String(length=16), nullable=False),
        sa.Column("forecast", JsonValue, nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["model_versions.id"], name=op.f("fk_shadow_trades_version_id_model_versions")
        ),
        sa.PrimaryKeyConstraint("coin", "day", "role", "entered_at", name=op.f("pk_shadow_trades")),
    )
    op.create_index(op.f("ix_shadow_trades_day"), "shadow_trades", ["day"], unique=False)


def downgrade() -> None:
    """Drops every table."""
    op.drop_index(op.f("ix_shadow_trades_day"), table_name="shadow_trades")
    op.drop_table("shadow_trades")
    op.drop_index(op.f("ix_shadow_days_day"), table_name="shadow_days")
    op.drop_table("shadow_days")
    op.drop_table("pattern_matches")
    op.drop_index(op.f("ix_champion_decisions_day"), table_name="champion_decisions")
    op.drop_index(op.f("ix_champion_decisions_coin_day"), table_name="champion_decisions")
    op.drop_table("champion_decisions")
    op.drop_index(op.f("ix_attempts_session_id"), table_name="attempts")
    op.drop_index(op.f("ix_attempts_outcome_day"), table_name="attempts")
    op.drop_index(op.f("ix_attempts_day_coin"), table_name="attempts")
    op.drop_table("attempts")
    op.drop_index(op.f("ix_sessions_started_at"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("patterns")
    op.drop_index(op.f("ix_outbox_delivered_at_not_before"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_model_versions_day_coin"), table_name="model_versions")
    op.drop_table("model_versions")
    op.drop_index(op.f("ix_leases_expires_at"), table_name="leases")
    op.drop_table("leases")
