"""A coin with a version a day and candles to trade on, without a fit: what follows the models takes milliseconds."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from coin_models.clock import FixedClock
from coin_models.db.schema import champion_decisions
from coin_models.db.trading_schema import pattern_matches, patterns, shadow_days, shadow_trades
from coin_models.market.asking import CoinCandles
from coin_models.pipeline.candles import fetch_candles
from coin_models.pipeline.daily_report import read_report, write_report
from coin_models.pipeline.patterns import update_patterns
from coin_models.pipeline.services import Services
from coin_models.pipeline.shadow_trades import trade_day
from coin_models.registry.champions import ChampionLog
from coin_models.registry.versions import ModelVersion
from coin_models.settings.root import Settings
from coin_models.settings.trading import TradingSettings
from coin_models.settings.training import TrainingSettings
from coin_models_tests.registry import builders

FIRST = date(2024, 8, 10)
WRITTEN = {"computed_at", "decided_at"}  # when a row was written: it differs, and nothing else may
TABLES = (shadow_days, shadow_trades, champion_decisions, patterns, pattern_matches)

Row = dict[str, Any]


class TradingWorld:
    """Candles up to the last day; of each coin a version fitted on the day before the first, and on every day since."""

    def __init__(
        self,
        home: Path,
        *,
        num_days: int = 4,
        coins: Sequence[str] = ("BTC",),
        publishes: bool = True,
        crowns: bool = True,
        significance: float = 0.9,
    ) -> None:
        self.coins = tuple(coins)
        self.days = [FIRST + timedelta(days=number) for number in range(num_days)]
        settings = Settings(
            home=home,
            universe=self.coins,
            training=TrainingSettings(lookback_days=32, validation_days=3),
            trading=TradingSettings(
                fee_bps=0.5, slippage_bps=0, edge_margin_bps=0, promotion_trial_days=1, promotion_significance=significance,
                rollback_min_days=2,
                pattern_window_days=5, bootstrap_samples=50,
            ),
        )  # fmt: skip
        self.clock = FixedClock(datetime(2024, 8, 20, 2, tzinfo=UTC))
        self.services = Services(settings=settings, clock=self.clock)
        for outcome in fetch_candles(self.services, self.days[-1], self.coins):
            assert isinstance(outcome, CoinCandles), outcome
        before = [FIRST - timedelta(days=1), *self.days]
        wanted = self.coins if publishes else ()
        self.versions = [self.publish(coin, day, k) for coin in wanted for k, day in enumerate(before)]
        if crowns:
            for version in self.versions[:: len(before)]:
                self.crown(version)

    def publish(self, coin: str, day: date, seed: int, **changes: object) -> ModelVersion:
        """A version with random weights, good on paper."""
        values = {"architecture": builders.referring_architecture(), **changes}
        made = builders.bundle(coin, day, f"{seed:012x}".ljust(64, "0"), seed=seed, **values)
        return self.services.registry.publish(made, lease=None)

    def crown(self, version: ModelVersion) -> None:
        """Makes it champion by the policy of its day, as coin_models 0.2 did with the first sound version."""
        decided = builders.decision(version.id, "promote", version.day, coin=version.coin)
        ChampionLog(self.services.database).decide(decided)

    def chain(self, day: date, services: Services | None = None) -> None:
        """All that follows the models on a day, in the order of the assets."""
        at_work = services or self.services
        for traded_coin in trade_day(at_work, day, self.coins):
            assert traded_coin.failure is None, traded_coin.failure
        update_patterns(at_work, day, self.coins)
        write_report(at_work, day, self.coins)
        self.clock.advance(timedelta(minutes=1))

    def report(self, day: date) -> Row:
        """The stored report, without the time at which it was made."""
        return {
            name: value for name, value in read_report(self.services, day).content.items() if name != "generated_at"
        }

    def trade(self, day: date) -> None:
        """What the asset does."""
        for traded_coin in trade_day(self.services, day, self.coins):
            assert traded_coin.failure is None, traded_coin.failure
        self.clock.advance(timedelta(minutes=1))

    def rows(self) -> dict[str, list[Row]]:
        """Every row of every table that follows from the models."""
        with self.services.database.read() as connection:
            return {
                table.name: [
                    {name: value for name, value in row._mapping.items() if name not in WRITTEN}
                    for row in connection.execute(select(table).order_by(*table.primary_key.columns))
                ]
                for table in TABLES
            }
