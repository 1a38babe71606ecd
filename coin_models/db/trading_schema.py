"""The tables that trading writes: shadow trades and days, recorded forecasts, patterns and their coins.

Champion decisions are in schema.py.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
)

from coin_models.db.metadata import metadata
from coin_models.db.types import JsonValue, UtcDateTime

FORECASTER_ROLES = ("champion", "reference")
"""Roles of what forecasts a coin on a day, one of them; beside it, the challenger is judged."""

# A trade that a version would have made.
shadow_trades = Table(
    "shadow_trades",
    metadata,
    Column("coin", String(20), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("role", String(16), primary_key=True),  # champion, reference, challenger
    Column("version_id", String(64), ForeignKey("model_versions.id"), nullable=False),
    Column("version_resumed", Boolean, nullable=False),
    Column("side", String(8), nullable=False),  # long, short
    Column("decided_at", UtcDateTime, nullable=False),  # close of the candle whose forecast opened it
    Column("entered_at", UtcDateTime, primary_key=True),
    Column("exited_at", UtcDateTime, nullable=False),
    Column("num_candles_held", Integer, nullable=False),
    Column("quantity", Double, nullable=False),  # of the coin
    Column("entry_quoted", Double, nullable=False),
    Column("entry_price", Double, nullable=False),  # after slippage
    Column("exit_quoted", Double, nullable=False),
    Column("exit_price", Double, nullable=False),  # after slippage
    Column("size_usd", Double, nullable=False),  # notional of the entry
    Column("fees_usd", Double, nullable=False),
    Column("slippage_usd", Double, nullable=False),
    Column("funding_usd", Double, nullable=False),
    Column("pnl_usd", Double, nullable=False),  # net of fees, slippage and funding
    Column("exit_reason", String(16), nullable=False),  # horizon, stop, reversal, day-end
    Column("forecast", JsonValue, nullable=False),  # quantile level -> return
    Index(None, "day"),
    Index(None, "version_id"),
)

# What a role did with a coin over one day.
shadow_days = Table(
    "shadow_days",
    metadata,
    Column("coin", String(20), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("role", String(16), primary_key=True),
    Column("version_id", String(64), ForeignKey("model_versions.id"), nullable=False),
    Column("num_trades", Integer, nullable=False),
    Column("num_forecasts", Integer, nullable=False),
    Column("num_candles", Integer, nullable=False),
    Column("equity_usd", Double, nullable=False),  # what positions were sized on, the same every day
    Column("pnl_usd", Double, nullable=False),  # net of fees, slippage and funding
    Column("fees_usd", Double, nullable=False),
    Column("slippage_usd", Double, nullable=False),
    Column("funding_usd", Double, nullable=False),
    Column("exposure", Double, nullable=False),  # share of the day's candles with a position
    Column("turnover_usd", Double, nullable=False),
    Column("num_scored", Integer, nullable=False),  # forecasts whose outcome is known within the day
    Column("pinball_loss", Double),  # in units of the horizon's volatility
    Column("pinball_loss_unconditional", Double),
    Column("coverage", Double),  # share of returns within the version's interval
    Column("statistics", JsonValue, nullable=False),
    Column("computed_at", UtcDateTime, nullable=False),
    Index(None, "day"),
    Index(None, "version_id"),
)

# The object that holds what was forecast of a coin on a day.
forecast_days = Table(
    "forecast_days",
    metadata,
    Column("coin", String(20), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("key", String(512)),  # null: nothing forecast it
    Column("sha256", String(64)),  # of the object's bytes
    Column("levels", JsonValue, nullable=False),  # quantile levels, ascending
    Column("num_forecasts", Integer, nullable=False),
    Column("computed_at", UtcDateTime, nullable=False),
    Index(None, "day"),
)

# The pattern library at the end of each day: a recurring shape with its record over the recent window.
patterns = Table(
    "patterns",
    metadata,
    Column("day", Date, primary_key=True),
    Column("id", String(64), primary_key=True),  # the same on every day on which the library holds the shape
    Column("found_in", String(20), nullable=False),  # the coin
    Column("found_on", Date, nullable=False),
    Column("shape", JsonValue, nullable=False),  # z-normalised log closes, one number per candle
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("num_matches", Integer, nullable=False),  # over all coins
    Column("num_trades", Integer, nullable=False),  # shadow trades made in it
    Column("trades_pnl_usd", Double, nullable=False),
    Column("q_value", Double),  # of what follows it, corrected for all shapes tried; null: not tested
    Column("outcome", JsonValue, nullable=False),  # distribution of the next-horizon return over all coins
    Column("outcome_by_coin", JsonValue, nullable=False),
    Column("computed_at", UtcDateTime, nullable=False),
)

# Which patterns each coin's last window of a day is nearest to.
pattern_matches = Table(
    "pattern_matches",
    metadata,
    Column("day", Date, primary_key=True),
    Column("coin", String(20), primary_key=True),
    Column("rank", Integer, primary_key=True, autoincrement=False),  # 1: the nearest
    Column("pattern_id", String(64), nullable=False),
    Column("correlation", Double, nullable=False),
    Column("active", Boolean, nullable=False),  # near enough to be an occurrence
    ForeignKeyConstraint(["day", "pattern_id"], ["patterns.day", "patterns.id"], ondelete="CASCADE"),
)
