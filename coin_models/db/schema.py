"""The project's own tables: data that Dagster's event log does not hold.

Migrations must lead to the same schema; a test compares the two. The tables of trading are in trading_schema.py.

Sized for 500 coins over 3 years: 547,500 coin-days.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from coin_models.db.metadata import metadata
from coin_models.db.types import BigId, JsonValue, UtcDateTime

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
    Column("process_start_ticks", BigInteger),  # since the boot that `host` names; null: the kernel does not say
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

# "This run is alive until expires_at." The token grows with each acquisition: it fences off a session that resumes too late.
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

# The machines that take runs from the broker (`coin-models worker`); alive until expires_at.
workers = Table(
    "workers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("machine", Text, nullable=False),
    Column("device", Text, nullable=False),  # the GPU's name, or the processor's architecture
    Column("queues", Text, nullable=False),  # comma-separated
    Column("provider", Text, nullable=False),
    Column("market", String(16), nullable=False),  # spot, on-demand, owned
    Column("price_usd_per_hour", Double, nullable=False),
    Column("code_version", String(64), nullable=False),
    Column("task_id", String(64)),  # of the message that it works on; null: idle
    Column("task_since", UtcDateTime),  # since when it works on it, or is idle; null: written by code before 0005
    Column("started_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "expires_at"),
)

# The control plane of a fleet, written by each tick of its reaper: one row, of the tick that was last.
control_plane = Table(
    "control_plane",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("machine", Text, nullable=False),
    Column("code_version", String(64), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
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
    Index(None, "parent_id"),
)

# The champion of each coin, since when and why. The newest day of a coin decides; on one day, a manual decision.
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
    Index(None, "version_id"),
)

# Pending messages, one row per channel: written with their event, delivered at least once, each event once.
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

# Requests: the schedule's nights, ranges and coins requested by a person. Nothing else is trained.
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

# Objects that no row refers to any more, noted in the transaction that removed the last row; removed with the object.
removals = Table(
    "removals",
    metadata,
    Column("key", String(512), primary_key=True),
    Column("noted_at", UtcDateTime, nullable=False),
)

# What this database is: the store that belongs to it and the market that both hold.
identity = Table(
    "identity",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)
