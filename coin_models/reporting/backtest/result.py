"""A backtest as a value: what was trained, forecast and traded on a range of days, with intervals. Nothing is computed here."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from coin_models.reporting.leaderboard import Leaderboard, SkillLine
from coin_models.reporting.report.band import ForecastBand
from coin_models.reporting.report.out_of_sample import DailyMean


@dataclass(frozen=True, slots=True, kw_only=True)
class BookDay:
    """One day of a shadow book over all coins; fractions of equity."""

    day: date
    gross_return: float
    cost: float  # fees, slippage, funding
    turnover: float  # notional of all fills

    @property
    def net_return(self) -> float:
        """After all costs."""
        return self.gross_return - self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A shadow book over the days: returns are not compounded."""

    name: str
    days: tuple[BookDay, ...]
    daily_return: DailyMean  # after costs
    max_drawdown: float  # largest fall of 1 + cumulated net returns from its highest point so far
    sharpe: float | None  # of a year of 365 days; None: too few days, or no spread
    deflated_sharpe: float | None
    """Probability that the Sharpe ratio is above what the best of the trials shows by chance (Bailey and Lopez de Prado 2014)."""

    @property
    def total_return(self) -> float:
        """After costs."""
        return sum(day.net_return for day in self.days)

    @property
    def gross_return(self) -> float:
        """Before costs."""
        return sum(day.gross_return for day in self.days)

    @property
    def cost(self) -> float:
        """Of all days."""
        return sum(day.cost for day in self.days)

    @property
    def turnover_per_day(self) -> float:
        """Mean over the days."""
        return sum(day.turnover for day in self.days) / len(self.days)

    def to_json(self) -> dict[str, Any]:
        """With what follows from the days."""
        names = ("total_return", "gross_return", "cost", "turnover_per_day")
        return {**asdict(self), **{name: getattr(self, name) for name in names}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The walk-forward of some coins over a range of days."""

    market: str
    first: date
    last: date
    coins: Sequence[str]
    num_days: int  # that were traded
    num_coin_days: int
    num_forecasts: int  # of what forecast the coins, whose outcome is known
    num_trials: int  # settings that were tried; intervals are as much wider
    models: Leaderboard  # of each coin's champion or, without one, its newest version
    forecaster: SkillLine  # of what forecast the coins: champion or reference
    books: tuple[Book, ...]
    band: ForecastBand | None = (
        None  # of the first coin's last week; a picture, `coin-models forecasts export` has all rows
    )

    def to_json(self) -> dict[str, Any]:
        """As `coin-models backtest --json` prints it."""
        return {
            "market": self.market,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "coins": list(self.coins),
            "days": self.num_days,
            "coin_days": self.num_coin_days,
            "forecasts": self.num_forecasts,
            "trials": self.num_trials,
            "models": self.models.to_json(),
            "forecaster": asdict(self.forecaster),
            "books": [book.to_json() for book in self.books],
        }
