"""Rows of shadow days with an out-of-sample record, and days as the leaderboard takes them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert, select

from coin_models.db.engine import Database
from coin_models.db.schema import model_versions
from coin_models.db.trading_schema import shadow_days
from coin_models.reporting.report.out_of_sample import DaySkill

NOW = datetime(2024, 8, 16, 2, 31, tzinfo=UTC)


def add_day(
    database: Database,
    coin: str,
    day: date,
    *,
    role: str = "challenger",
    loss: float | None = 0.4,
    unconditional: float = 0.5,
    reference: float | None = 0.5,
    exposure: float | None = 0.3,
    validation: float | None = 0.02,
) -> None:
    """A coin's day in a role, of the version of the day before; without a loss as an older version recorded it."""
    record = {
        "num_scored": 288, "loss": loss, "loss_unconditional": unconditional, "loss_reference": reference,
        "below": 0.1, "above": 0.15, "lower_level": 0.1, "upper_level": 1 - 0.9,
    }  # fmt: skip
    statistics = {
        "out_of_sample": record if loss is not None else None,
        "volatility_book": {"mean_exposure": exposure} if exposure is not None else None,
    }
    version_id = _version(database, coin, day - timedelta(days=1), validation)
    with database.begin() as connection:
        connection.execute(
            insert(shadow_days).values(
                coin=coin, day=day, role=role, version_id=version_id,
                num_trades=0, num_forecasts=288, num_candles=288, equity_usd=10_000.0, pnl_usd=0.0, fees_usd=0.0,
                slippage_usd=0.0, funding_usd=0.0, exposure=0.0, turnover_usd=0.0, num_scored=276,
                statistics=statistics, computed_at=NOW,
            )
        )  # fmt: skip


def _version(database: Database, coin: str, day: date, skill: float | None) -> str:
    name = f"{coin}-{day}"
    with database.begin() as connection:
        if connection.execute(select(model_versions.c.id).where(model_versions.c.id == name)).first() is None:
            connection.execute(
                insert(model_versions).values(
                    id=name, coin=coin, day=day, fingerprint=name, architecture_digest="a", weights_key="w",
                    weights_sha256="0", manifest_key="m", manifest_sha256="0", skill=skill, metrics={}, code_version="c",
                    created_at=NOW, resumed=False, fit_seconds=1.0, num_steps=1,
                )
            )  # fmt: skip
    return name


def scored(last: date, over_reference: Sequence[float | None], **values: float | None) -> dict[date, DaySkill]:
    """Days of one coin that end with `last`, oldest first."""
    common = {
        "over_unconditional": 0.05,
        "validation": 0.02,
        "coverage": 0.81,
        "nominal_coverage": 0.8,
        "exposure": 0.3,
    }
    first = last - timedelta(days=len(over_reference) - 1)
    return {
        first + timedelta(days=k): DaySkill(over_reference=skill, **{**common, **values})  # type: ignore[arg-type]
        for k, skill in enumerate(over_reference)
    }
