"""Builders of the tests of costs: a session, an attempt, a job, a request."""

from datetime import UTC, date, datetime, timedelta

from coin_models.costs.interrupted_runs.interruptions import InterruptionModel, memoryless
from coin_models.costs.interrupted_runs.job import Job, MachinePrices
from coin_models.costs.ledger.records import AttemptRecord, SessionRecord
from coin_models.costs.request import PlanRequest
from coin_models.costs.workload import Workload
from coin_models.settings.costs import CostSettings, MachinePrice

DAY = date(2025, 3, 1)
NIGHT = datetime(2025, 3, 2, 2, tzinfo=UTC)  # 02:00 on the day after
RENT = MachinePrices(spot_usd_per_hour=0.2, on_demand_usd_per_hour=0.6)
PRICE = MachinePrice(
    gpu="RTX 3090", spot_usd_per_hour=(0.15, 0.25), on_demand_usd_per_hour=(0.5, 0.7), seen=date(2025, 11, 1)
)
PUBLISHED_RATES = tuple(0.29 if hour >= 20 or hour < 2 else 0.08 if hour < 8 else 0.16 for hour in range(24))


def constant_rate(rate_per_hour: float) -> InterruptionModel:
    return memoryless((rate_per_hour,) * 24)


def at(seconds: float) -> datetime:
    return NIGHT + timedelta(seconds=seconds)


def session(
    name: str = "s1", *, begin: float = 0, end: float | None = 3600, reason: str | None = "finished", **changes: object
) -> SessionRecord:
    values: dict[str, object] = {
        "session_id": name,
        "provider": "runpod",
        "market": "spot",
        "gpu": "RTX 3090",
        "price_usd_per_hour": 0.2,
        "started_at": at(begin),
        "heartbeat_at": at(begin if end is None else end),
        "ended_at": None if end is None else at(end),
        "end_reason": None if end is None else reason,
    }
    return SessionRecord(**{**values, **changes})  # type: ignore[arg-type]


def attempt(coin: str = "BTC", *, in_session: str = "s1", begin: float = 0, **changes: object) -> AttemptRecord:
    values: dict[str, object] = {
        "coin": coin,
        "day": DAY,
        "session_id": in_session,
        "outcome": "done",
        "started_at": at(begin),
    }
    return AttemptRecord(**{**values, **changes})  # type: ignore[arg-type]


def job(**changes: float) -> Job:
    values = {
        "work_seconds": 6 * 3600.0,
        "startup_seconds": 90.0,
        "replacement_seconds": 300.0,
        "checkpoint_seconds": 10.0,
        "checkpoint_interval_seconds": 590.0,
    }
    return Job(**{**values, **changes})


def request(**changes: object) -> PlanRequest:
    costs = CostSettings()
    values: dict[str, object] = {
        "num_coins": 20,
        "workload": Workload(seconds_per_coin=270.0, spread=0.0, source="test"),
        "price": PRICE,
        "model": memoryless(PUBLISHED_RATES),
        "startup_seconds": costs.startup_seconds,
        "replacement_seconds": costs.replacement_seconds,
        "checkpoint_seconds": costs.checkpoint_seconds,
        "deadline_hour": 8.0,
    }
    return PlanRequest(**{**values, **changes})  # type: ignore[arg-type]
