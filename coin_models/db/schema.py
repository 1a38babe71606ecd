"""The project's own tables: what Dagster's event log cannot answer.

Belongs here: tables, columns with their units, indexes. Not here: queries (each package has its repository), migrations
(`migrations/`, whose head must equal this; a test compares the two).

Sized for 500 coins over 3 years: 547,500 coin-days.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from coin_models.db.types import BigId, JsonValue, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# The life of one training process on one machine.
sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("machine", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("market", String(16), nullable=False),  # spot, on-demand, owned
    Column("gpu", Text),
    Column("price_usd_per_hour", Double, nullable=False),
    Column("process_id", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("code_version", String(64), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("heartbeat_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("end_reason", String(16)),  # finished, interrupted, failed, lost
    Column("grace_used_seconds", Double),
    Column("arithmetic", Text),  # device, instruction set, torch and precision of its fits; null: it fitted nothing
    Index(None, "started_at"),
)

# "This run is alive until expires_at." The token grows with each acquisition: it fences off whoever woke up too late.
leases = Table(
    "leases",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("session_id", String(64), nullable=False),
    Column("token", BigId, nullable=False),
    Column("acquired_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("dagster_run_id", String(64)),
    Index(None, "expires_at"),
)

# Every try at one coin-day.
attempts = Table(
    "attempts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("coin", String(20), nullable=False),
    Column("day", Date, nullable=False),
    Column("session_id", String(64), ForeignKey("sessions.id"), nullable=False),
    Column("dagster_run_id", String(64)),
    Column("action", String(16)),  # trained, resumed, reused
    Column("outcome", String(16), nullable=False),  # running, done, reused, skipped, failed, interrupted, unavailable
    Column("reason", Text),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("steps_done", Integer, nullable=False, default=0, server_default="0"),
    Column("steps_redone", Integer, nullable=False, default=0, server_default="0"),
    Column("useful_seconds", Double, nullable=False, default=0.0, server_default="0"),
    Column("redone_seconds", Double, nullable=False, default=0.0, server_default="0"),
    Column("checkpoint_seconds", Double, nullable=False, default=0.0, server_default="0"),
    Column("startup_seconds", Double, nullable=False, default=0.0, server_default="0"),
    Column("released", Boolean, nullable=False, default=False, server_default="0"),  # by `coin-models unquarantine`
    Column(
        "fingerprint", String(64)
    ),  # of the version that was tried; null: written by coin_models 0.1, or none was known
    Index(None, "day", "coin"),
    Index(None, "session_id"),
    Index(None, "outcome", "day"),
)

# A published result; immutable.
model_versions = Table(
    "model_versions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("coin", String(20), nullable=False),
    Column("day", Date, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("architecture_digest", String(64), nullable=False),
    Column("weights_key", Text, nullable=False),
    Column("weights_sha256", String(64), nullable=False),
    Column("manifest_key", Text, nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("parent_id", String(64), ForeignKey("model_versions.id")),
    Column("skill", Double),  # pinball skill on the validation split; null where it cannot be computed
    Column("metrics", JsonValue, nullable=False),
    Column("code_version", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("session_id", String(64)),
    Column("resumed", Boolean, nullable=False),  # after an interruption
    Column("fit_seconds", Double, nullable=False),
    Column("num_steps", Integer, nullable=False),
    # What the fingerprint was made of, to say why a version is stale; null: published by coin_models 0.1.
    Column("candle_digest", String(64)),
    Column("settings_digest", String(64)),
    Column("arithmetic", Text),
    UniqueConstraint("coin", "day", "fingerprint"),
    Index(None, "day", "coin"),
)

# Who forecasts, since when and why. The newest day of a coin decides; on one day, a decision by hand.
DECIDED_BY_POLICY = "policy"
champion_decisions = Table(
    "champion_decisions",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("coin", String(20), nullable=False),
    Column("day", Date, nullable=False),
    Column("version_id", String(64), ForeignKey("model_versions.id")),  # the champion after it; null: none
    Column("decision", String(16), nullable=False),  # promote, hold, rollback, none
    Column("reason", Text, nullable=False),
    Column("decided_by", String(64), nullable=False),  # DECIDED_BY_POLICY, or who typed the command
    Column("decided_at", UtcDateTime, nullable=False),
    Column("statistics", JsonValue, nullable=False),
    Index(None, "coin", "day"),
    Index(None, "day"),
)

# A trade that a champion or challenger would have made.
shadow_trades = Table(
    "shadow_trades",
    metadata,
    Column("coin", String(20), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("role", String(16), primary_key=True),  # champion, challenger
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

# Messages owed, one row per channel: written with the event they tell of, delivered at least once, each event once.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("event_key", String(200), nullable=False),
    Column("channel", String(16), nullable=False),  # digest of its URL, which is secret
    Column("kind", String(32), nullable=False),
    Column("payload", JsonValue, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("claimed_until", UtcDateTime),
    Column("claimed_by", String(64)),
    Column("attempts", Integer, nullable=False, default=0, server_default="0"),
    Column("last_error", Text),
    Column("delivered_at", UtcDateTime),
    Column("given_up_at", UtcDateTime),
    UniqueConstraint("event_key", "channel"),
    Index(None, "delivered_at", "not_before"),
)

# What was asked for: the schedule's nights, ranges and coins requested by a person. Nothing else is wanted.
requests = Table(
    "requests",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date),  # null: every night from the first day on
    Column("coins", JsonValue),  # null: the universe, as it is on the day
    Column("asked_by", String(64), nullable=False),  # nightly, coin-models retrain, the UI
    Column("asked_at", UtcDateTime, nullable=False),
    Column(
        "dagster_run_id", String(64)
    ),  # the first run that was launched for it; a cancelled run withdraws the request
    Index(None, "first_day"),
)

# One month of a coin's stored days as facts: digest, counts and source of each day, packed (market/history.py).
candle_months = Table(
    "candle_months",
    metadata,
    Column("timeframe", String(8), primary_key=True),
    Column("coin", String(20), primary_key=True),
    Column("month", Date, primary_key=True),  # its first day
    Column("days", LargeBinary, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# The candle files that were read, as they were then: a file whose size or time differs is read again.
candle_files = Table(
    "candle_files",
    metadata,
    Column("coin", String(20), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("size", BigId, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),  # empty: only its last candle was looked for
    Column("last_close_ms", BigInteger),  # when its newest candle closes, UTC epoch milliseconds; null: it has none
    Column("problem", Text),  # why it could not be read; null: it was
    Column("read_at", UtcDateTime, nullable=False),
)

# What follows from a day's models (shadow trades and decision, patterns, report), by the digest of all it was made from.
derived_days = Table(
    "derived_days",
    metadata,
    Column("kind", String(16), primary_key=True),  # trades, patterns, report
    Column("day", Date, primary_key=True),
    Column("coin", String(20), primary_key=True),  # empty where the kind is of the whole day
    Column("digest", String(64), nullable=False),
    Column("computed_at", UtcDateTime, nullable=False),
)

# What this database is: the store that belongs to it and the market that both hold.
identity = Table(
    "identity",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)
