"""Rows of shadow trading: a coin's day is written as a whole and replaces the earlier one.

Decisions are logged in `registry.champions`, patterns in `pattern_repository`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.trading_schema import FORECASTER_ROLES, shadow_days, shadow_trades
from coin_models.trading.decisions import OutOfSampleDay
from coin_models.trading.drift import InputDrift
from coin_models.trading.patterns.library import PatternTrade
from coin_models.trading.performance import TradingDayRecord
from coin_models.trading.scoring import ForecastScore
from coin_models.trading.shadow_day import ShadowDay
from coin_models.trading.trades import Role, Trade, Trader
from coin_models.trading.volatility_book import VolatilityDay


class ShadowRepository:
    """Shadow days and trades in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def replace_day(
        self,
        connection: Connection,
        coin: str,
        day: date,
        results: Sequence[ShadowDay],
        *,
        drift: InputDrift | None = None,
    ) -> None:
        """Writes what forecaster and challenger did with a coin on a day, instead of what was there; in the caller's transaction.

        Nothing at all (`results` empty: the coin has no version) removes what an earlier run wrote.

        Raises:
            ValueError: a result is of another coin or day, or a role comes twice.
        """
        if any((result.trader.coin, result.trader.day) != (coin, day) for result in results):
            raise ValueError(f"results of another coin or day cannot be written as {coin}, {day}")
        if len({result.trader.role for result in results}) != len(results):
            raise ValueError(f"{coin}, {day}: one result per role")
        for table in (shadow_trades, shadow_days):
            connection.execute(delete(table).where(table.c.coin == coin, table.c.day == day))
        trades = [_trade_row(result.trader, trade) for result in results for trade in result.trades]
        days = [{**_day_row(result, drift), "computed_at": self._clock.now()} for result in results]
        if days:
            connection.execute(insert(shadow_days), days)
        if trades:
            connection.execute(insert(shadow_trades), trades)

    def out_of_sample_days(self, version_ids: Sequence[str], until: date) -> dict[str, tuple[OutOfSampleDay, ...]]:
        """The record of each version on the days up to `until` that it traded in any role but its reference's, oldest first."""
        query = (
            select(shadow_days)
            .where(shadow_days.c.version_id.in_(version_ids), shadow_days.c.day <= until)
            .where(shadow_days.c.role != Role.REFERENCE.value)
            .order_by(shadow_days.c.day, shadow_days.c.role)
        )
        found: dict[str, dict[date, OutOfSampleDay]] = {version_id: {} for version_id in version_ids}
        with self._database.read() as connection:
            for row in connection.execute(query):
                found[row.version_id].setdefault(row.day, _out_of_sample_of(row))
        return {version_id: tuple(days.values()) for version_id, days in found.items()}

    def records(
        self, first: date, last: date, *, roles: Sequence[str] = FORECASTER_ROLES, coin: str | None = None
    ) -> list[TradingDayRecord]:
        """Day records over a span of days, of one coin or all, for `performance.measure`; of what forecasts the coins.

        Args:
            roles: other roles, which must not come twice on a coin-day.
        """
        query = select(shadow_days).where(shadow_days.c.day.between(first, last), shadow_days.c.role.in_(roles))
        if coin is not None:
            query = query.where(shadow_days.c.coin == coin)
        with self._database.read() as connection:
            return [
                _record_of(row) for row in connection.execute(query.order_by(shadow_days.c.day, shadow_days.c.coin))
            ]

    def volatility_days(self, first: date, last: date, *, coin: str | None = None) -> list[tuple[date, VolatilityDay]]:
        """The volatility books of what forecasts the coins over a span of days, of one coin or all; old days have none."""
        query = (
            select(shadow_days.c.day, shadow_days.c.statistics)
            .where(shadow_days.c.day.between(first, last), shadow_days.c.role.in_(FORECASTER_ROLES))
            .order_by(shadow_days.c.day, shadow_days.c.coin)
        )
        if coin is not None:
            query = query.where(shadow_days.c.coin == coin)
        with self._database.read() as connection:
            books = [(row.day, row.statistics.get("volatility_book")) for row in connection.execute(query)]
        return [(day, VolatilityDay(**book)) for day, book in books if book is not None]

    def pattern_trades(self, first: date, last: date) -> list[PatternTrade]:
        """The trades of what forecasts the coins over a span of days, as far as patterns need them."""
        columns = shadow_trades.c
        query = (
            select(columns.coin, columns.decided_at, columns.pnl_usd)
            .where(columns.day.between(first, last), columns.role.in_(FORECASTER_ROLES))
            .order_by(columns.decided_at, columns.coin)
        )
        with self._database.read() as connection:
            return [PatternTrade(**row._mapping) for row in connection.execute(query)]


def _day_row(result: ShadowDay, drift: InputDrift | None) -> dict[str, Any]:
    score, trades = result.score, result.trades
    return {
        "coin": result.trader.coin,
        "day": result.trader.day,
        "role": result.trader.role.value,
        "version_id": result.trader.version_id,
        "num_trades": len(trades),
        "num_forecasts": score.num_forecasts,
        "num_candles": result.num_candles,
        "equity_usd": result.equity_usd,
        "pnl_usd": result.pnl_usd,
        "fees_usd": sum(trade.fees_usd for trade in trades),
        "slippage_usd": sum(trade.slippage_usd for trade in trades),
        "funding_usd": sum(trade.funding_usd for trade in trades),
        "exposure": result.exposure,
        "turnover_usd": result.turnover_usd,
        "num_scored": score.num_scored,
        "pinball_loss": score.loss,
        "pinball_loss_unconditional": score.loss_unconditional,
        "coverage": score.coverage,
        "statistics": {
            "score": asdict(score),
            "trade_pnls_usd": [trade.pnl_usd for trade in trades],
            "input_drift": asdict(drift) if drift is not None else None,
            "volatility_book": asdict(result.volatility_book) if result.volatility_book is not None else None,
            "out_of_sample": asdict(result.out_of_sample_record) if result.out_of_sample_record is not None else None,
        },
    }


def _trade_row(trader: Trader, trade: Trade) -> dict[str, Any]:
    return {
        "coin": trader.coin,
        "day": trader.day,
        "role": trader.role.value,
        "version_id": trader.version_id,
        "version_resumed": trader.resumed,
        "side": "long" if trade.side > 0 else "short",
        "decided_at": trade.decided_at,
        "entered_at": trade.entry.at,
        "exited_at": trade.exit.at,
        "num_candles_held": trade.num_candles_held,
        "quantity": trade.entry.quantity,
        "entry_quoted": trade.entry.quoted,
        "entry_price": trade.entry.price,
        "exit_quoted": trade.exit.quoted,
        "exit_price": trade.exit.price,
        "size_usd": trade.entry.notional_usd,
        "fees_usd": trade.fees_usd,
        "slippage_usd": trade.slippage_usd,
        "funding_usd": trade.funding_usd,
        "pnl_usd": trade.pnl_usd,
        "exit_reason": trade.exit_reason.value,
        "forecast": dict(trade.forecast),
    }


def _score_of(content: Mapping[str, Any]) -> ForecastScore:
    values = {field.name: content[field.name] for field in fields(ForecastScore)}
    tuples = {name: tuple(values[name]) for name in ("blocks", "blocks_unconditional")}
    return ForecastScore(**{**values, **tuples})


def _out_of_sample_of(row: Row[Any]) -> OutOfSampleDay:
    score = _score_of(row.statistics["score"])
    return OutOfSampleDay(day=row.day, score=score, pnl_fraction=row.pnl_usd / row.equity_usd)


def _record_of(row: Row[Any]) -> TradingDayRecord:
    return TradingDayRecord(
        coin=row.coin,
        day=row.day,
        equity_usd=row.equity_usd,
        trade_pnls_usd=tuple(row.statistics["trade_pnls_usd"]),
        turnover_usd=row.turnover_usd,
        exposure=row.exposure,
        num_scored=row.num_scored,
        coverage=row.coverage,
        nominal_coverage=row.statistics["score"]["nominal_coverage"],
    )
