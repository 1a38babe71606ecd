"""Coins with a version a day and a forecaster without cost: a trading day takes milliseconds."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from coin_models.pipeline.daily_report import write_report
from coin_models.pipeline.derived.inputs import Inputs
from coin_models.pipeline.derived.settle import what_is_stale
from coin_models.pipeline.derived.stale import StaleDay
from coin_models.pipeline.patterns import update_patterns
from coin_models.pipeline.shadow_trades import trade_day
from coin_models_tests.pipeline.derived.settling import Settled, settle
from coin_models_tests.pipeline.killable import Instant, Killed
from coin_models_tests.pipeline.test_again import MortalServices
from coin_models_tests.pipeline.trading_days import Row, TradingWorld


class DerivedWorld(TradingWorld):
    """A world whose days may come in any order, with corrected candles and plans."""

    def __init__(self, home: Path, *, num_days: int = 5, coins: Sequence[str] = ("BTC", "ETH")) -> None:
        super().__init__(home, num_days=num_days, coins=coins)
        self.corrected: dict[tuple[str, date], str] = {}  # coin-days whose candles are others than before
        self.wanted: dict[tuple[str, date], str] = {}  # fingerprints
        self.inputs = Inputs(candles=self._digest, wanted=lambda coin, day: self.wanted.get((coin, day)))

    def run(self, day: date, services: MortalServices | None = None) -> Settled:
        """What the run of a day does after the models: the day itself, then the later ones that are stale by it."""
        at_work = services or self.services
        failures = [
            traded_coin.failure
            for traded_coin in trade_day(at_work, day, self.coins, inputs=self.inputs)
            if traded_coin.failure
        ]
        assert failures == []
        update_patterns(at_work, day, self.coins, inputs=self.inputs)
        write_report(at_work, day, self.coins, inputs=self.inputs)
        self.clock.advance(timedelta(minutes=1))
        return settle(at_work, [day], self.coins, inputs=self.inputs)

    def killed_run(self, day: date, instant: Instant) -> None:
        """The run of a day in a process that is killed at an instant, if it comes that far."""
        services = MortalServices(settings=self.services.settings, clock=self.clock, instant=instant)
        try:
            self.run(day, services)
        except Killed:
            pass
        finally:
            services.database.close()

    def settle(self, days: Collection[date], until: date | None = None) -> Settled:
        self.clock.advance(timedelta(minutes=1))
        return settle(self.services, days, self.coins, until=until, inputs=self.inputs)

    def stale(self, days: Collection[date] | None = None) -> list[StaleDay]:
        return what_is_stale(self.services, days or self.days, self.coins, inputs=self.inputs)

    def rows(self) -> dict[str, list[Row]]:
        """As the base class; decisions without their number, which counts how often any of them was written."""
        rows = super().rows()
        decisions = [{name: value for name, value in row.items() if name != "id"} for row in rows["champion_decisions"]]
        by_day = sorted(decisions, key=lambda row: (row["coin"], row["day"], row["decided_by"]))
        return {**rows, "champion_decisions": by_day}

    def all_reports(self) -> list[Row]:
        return [self.report(day) for day in self.days]

    def _digest(self, coin: str, day: date, num_days: int) -> str:
        first = day - timedelta(days=num_days - 1)
        return ",".join(text for (of, when), text in self.corrected.items() if of == coin and first <= when <= day)


@contextmanager
def opened(home: Path, **choices: object) -> Iterator[DerivedWorld]:
    """A world that is closed at the end."""
    world = DerivedWorld(home, **choices)  # type: ignore[arg-type]
    try:
        yield world
    finally:
        world.services.database.close()
