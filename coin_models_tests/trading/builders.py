"""Builders of the trading tests: days of candles, forecasts, traders, scores."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from math import log

import numpy as np

from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms, parse_timeframe
from coin_models.trading.contests import Contests
from coin_models.trading.costs import LinearFunding, ProportionalFee, ProportionalSlippage, TradingCosts
from coin_models.trading.decisions import Contender, OutOfSampleDay
from coin_models.trading.evidence import REFERENCE, Evidence
from coin_models.trading.forecasts import Forecasts
from coin_models.trading.out_of_sample import OutOfSampleRecord
from coin_models.trading.policy import PolicyRules
from coin_models.trading.scoring import ForecastScore
from coin_models.trading.trades import Role, Trader

DAY = date(2024, 8, 15)
NOW = datetime(2024, 8, 16, 2, tzinfo=UTC)
HOURLY = parse_timeframe("1h")
LEVELS = (0.1, 0.5, 0.9)

FREE = TradingCosts(
    fee=ProportionalFee(bps=0), slippage=ProportionalSlippage(bps=0), funding=LinearFunding(bps_per_day=0)
)
DEAR = TradingCosts(
    fee=ProportionalFee(bps=10), slippage=ProportionalSlippage(bps=5), funding=LinearFunding(bps_per_day=24)
)
"""Fee 0.1 % per fill, slippage 0.05 % per fill, longs pay 0.01 % per hour."""

RULES = PolicyRules(edge_margin=0.0, risk_fraction=0.01, max_position=1.0, stop_interval_multiple=100.0)
"""No margin, no stop within reach; an interval of +-2 % gives half of the equity."""


def candles_of(
    opens: list[float], *, day: date = DAY, last_close: float | None = None, skip: tuple[int, ...] = ()
) -> Candles:
    """Hourly candles from midnight on: each closes where the next one opens, and has no wicks.

    Args:
        skip: indices of candles that are missing.
    """
    closes = [*opens[1:], opens[-1] if last_close is None else last_close]
    rows = [(o, max(o, c), min(o, c), c, 1.0) for o, c in zip(opens, closes, strict=True)]
    keep = [k for k in range(len(opens)) if k not in skip]
    times = day_start_ms(day) + np.array(keep, dtype=np.int64) * HOURLY.ms
    return Candles(timeframe=HOURLY, open_time_ms=times, ohlcv=np.array([rows[k] for k in keep]))


def forecasts_of(medians: dict[int, float], num: int, *, half_width: float = 0.02, horizon: int = 3) -> Forecasts:
    """Forecasts with these medians (log returns) at these candles, and a median of 0 elsewhere."""
    middle = np.array([medians.get(k, 0.0) for k in range(num)])
    return Forecasts(
        levels=LEVELS, returns=np.stack([middle - half_width, middle, middle + half_width], axis=1), horizon=horizon
    )


def trader(role: Role = Role.CHAMPION, *, coin: str = "BTC", day: date = DAY, version_id: str = "BTC-v1") -> Trader:
    """Who trades."""
    return Trader(coin=coin, day=day, role=role, version_id=version_id, resumed=False)


def score_of(
    blocks: list[float], base: list[float] | None = None, *, coverage: float | None = 0.8, num_unusable: int = 0
) -> ForecastScore:
    """A score with these block losses and those of the unconditional quantiles (1.0 each when not given)."""
    unconditional = [1.0] * len(blocks) if base is None else base
    return ForecastScore(
        num_forecasts=12 * len(blocks),
        num_unusable=num_unusable,
        num_scored=12 * len(blocks),
        loss=float(np.mean(blocks)),
        loss_unconditional=float(np.mean(unconditional)),
        coverage=coverage,
        nominal_coverage=0.8,
        blocks=tuple(blocks),
        blocks_unconditional=tuple(unconditional),
    )


def contender(
    version_id: str,
    day: date,
    scores: dict[date, ForecastScore] | None = None,
    *,
    pnl: float = 0.0,
    problems: tuple[str, ...] = (),
) -> Contender:
    """A contender with these scores on out-of-sample days."""
    record = tuple(
        OutOfSampleDay(day=when, score=score, pnl_fraction=pnl) for when, score in sorted((scores or {}).items())
    )
    return Contender(version_id=version_id, day=day, record=record, problems=problems)


def evidence(*skills: float, opponent: str = REFERENCE) -> Evidence:
    """A test after these days."""
    test = Evidence(opponent=opponent)
    for skill in skills:
        test = test.after(skill)
    return test


def contests(*skills: float, opponent: str = REFERENCE, against: Sequence[float] = ()) -> Contests:
    """Daily skills of the challengers over the opponent, and of the reference over a champion."""
    reference = None if opponent == REFERENCE else evidence(*against, opponent=opponent)
    return Contests(challenger=evidence(*skills, opponent=opponent), reference=reference)


def record(
    loss: float = 0.36, reference: float | None = 0.4, *, below: float = 0.1, above: float = 0.1, level: float = 0.1
) -> OutOfSampleRecord:
    """A day's out-of-sample record."""
    return OutOfSampleRecord(
        num_scored=288, loss=loss, loss_unconditional=0.5, loss_reference=reference, below=below, above=above,
        lower_level=level, upper_level=level,
    )  # fmt: skip


def log_price(price: float, over: float) -> float:
    """Log return from one price to another."""
    return log(price / over)
