"""The daily report as a value: everything that the page, the JSON and the markdown show."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Any, Final

from coin_models.reporting.report.out_of_sample import DailyMean

SCHEMA_VERSION: Final = 1
DRIFT_WATCH: Final = 0.1
"""Population stability index from which on inputs have changed, by the convention of the field."""
DRIFT_ALARM: Final = 0.25
"""Population stability index from which on they are another population than the one that was trained on."""
NUM_TRADES: Final = "num_trades"
"""The key figure that stands for all those of trading where no trade was made; its number is 0."""
CHANCE_Q: Final = 0.1
"""False discovery rate above which the report says that it may be chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinLine:
    """One coin on the day."""

    coin: str
    state: str  # trained, resumed, reused, skipped, failed, unavailable, interrupted, running, quarantined, missing
    reason: str | None  # why it was skipped, failed or quarantined
    num_interruptions: int  # of its attempts on the day
    version_id: str | None  # published for the day
    validation_skill: float | None  # of that version, on its validation days
    validation_history: tuple[
        tuple[date, float], ...
    ]  # of the versions of the days before, oldest first, the day included
    champion_id: str | None  # the champion that forecast and traded the day
    pnl_usd: float | None  # shadow P&L of what forecasts the coin; None: nothing traded
    challenger_pnl_usd: float | None
    num_trades: int
    out_of_sample_skill: float | None  # of the forecasts of the day
    coverage: float | None  # share of the day's outcomes within their interval
    input_drift: float | None = None  # population stability index of the input that changed most in the last week
    input_drift_feature: str | None = None  # which input that is
    nominal_coverage: float | None = None  # share that this interval should hold
    forecaster: str | None = None  # what forecast and traded the day: champion, or reference where there is none
    forecaster_id: str | None = None  # its version
    skill_over_reference: DailyMean | None = (
        None  # of its published versions, on the out-of-sample days of the last month
    )
    skill_over_unconditional: DailyMean | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLine:
    """What was decided about a coin's champion."""

    coin: str
    decision: str  # promote, hold, rollback, none
    version_id: str | None
    reason: str
    decided_by: str
    is_on_trial: bool = False  # no champion yet, and days of evidence are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeLine:
    """A shadow trade of what forecasts a coin."""

    coin: str
    side: str
    entered_at: datetime
    exited_at: datetime
    entry_price: float
    exit_price: float
    size_usd: float
    costs_usd: float  # fees, slippage and funding
    pnl_usd: float
    exit_reason: str
    version_id: str
    version_resumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityPoint:
    """Shadow P&L of a day, all coins together."""

    day: date
    champion_usd: float  # of what forecasts the coins: champions, or references where there are none
    challenger_usd: float | None  # None: no challenger traded


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternLine:
    """A pattern that a coin ended the day in."""

    coin: str
    pattern_id: str
    correlation: float
    shape: tuple[float, ...]  # z-normalised
    num_matches: int
    mean_return: float | None  # over the next horizon, all coins
    low_return: float | None
    high_return: float | None
    share_up: float | None
    q_value: float | None
    first_seen: datetime
    last_seen: datetime
    num_trades: int
    trades_pnl_usd: float

    @property
    def beats_chance(self) -> bool:
        """Whether what follows it differs from chance, once all shapes tried are counted."""
        return self.q_value is not None and self.q_value <= CHANCE_Q


@dataclass(frozen=True, slots=True, kw_only=True)
class DataProblem:
    """Something about a coin's candles that a reader should know."""

    coin: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCosts:
    """What the day took and cost. None: not known."""

    billed_usd: float | None = None
    on_demand_usd: float | None = None
    saved_usd: float | None = None
    useful_seconds: float = 0.0
    redone_seconds: float = 0.0
    checkpoint_seconds: float = 0.0
    startup_seconds: float = 0.0
    num_interruptions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """A figure worth a place of its own, with its interval where a reader would otherwise over-read it."""

    label: str
    value: str
    interval: str | None = None
    explanation: str | None = None
    name: str | None = None  # for programs, with the bare numbers
    number: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostForecastLine:
    """One way of renting the next night's machine. Hours count from midnight UTC, on beyond 24."""

    kind: str
    label: str  # with its figures, for people
    cost_usd: float
    cost_low_usd: float  # at the lowest prices seen
    cost_high_usd: float
    finish_hour: float  # median
    finish_low_hour: float  # 5th percentile
    finish_high_hour: float  # 95th
    is_recommended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CostForecast:
    """What the next night would cost and when it would be done, by way of renting; no lines: `words` say why."""

    words: str
    lines: tuple[CostForecastLine, ...] = ()
    deadline: str | None = None  # a time of day, UTC
    deadline_hour: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyReport:
    """The report of one trading day."""

    day: date
    generated_at: datetime
    coins: tuple[CoinLine, ...]
    decisions: tuple[DecisionLine, ...]
    trades: tuple[TradeLine, ...]  # in order of entry
    equity: tuple[EquityPoint, ...]  # oldest first, the day last
    equity_base_usd: float  # all coins together, what positions are sized on
    patterns: tuple[PatternLine, ...]
    num_patterns: int  # in the library
    problems: tuple[DataProblem, ...]
    costs: DayCosts
    figures: tuple[KeyFigure, ...] = ()
    rent: CostForecast | None = None
    market: str = ""  # its name; empty in a report of coin_models 0.1
    skill_over_reference: DailyMean | None = None  # of all coins, on the out-of-sample days of the last month

    @property
    def title(self) -> str:
        """The day and the market, the report's first line."""
        return f"{self.day:%A, %d %B %Y}" + (f" · {self.market}" if self.market else "")

    @property
    def pnl_usd(self) -> float:
        """Shadow P&L on the day of what forecasts the coins."""
        return sum(coin.pnl_usd or 0.0 for coin in self.coins)

    @property
    def best_trade(self) -> TradeLine | None:
        """The trade that gained most, where one gained."""
        best = max(self.trades, key=lambda trade: trade.pnl_usd, default=None)
        return best if best is not None and best.pnl_usd > 0 else None

    @property
    def worst_trade(self) -> TradeLine | None:
        """The trade that lost most, where one lost."""
        worst = min(self.trades, key=lambda trade: trade.pnl_usd, default=None)
        return worst if worst is not None and worst.pnl_usd < 0 else None

    def coins_in_state(self, *states: str) -> tuple[CoinLine, ...]:
        """Coins in one of these states, in the report's order."""
        return tuple(coin for coin in self.coins if coin.state in states)

    def decisions_of(self, *kinds: str) -> tuple[DecisionLine, ...]:
        """Decisions of these kinds, in the report's order."""
        return tuple(line for line in self.decisions if line.decision in kinds)

    def mean_validation_skill(self) -> float | None:
        """Mean validation skill over the coins that have a version for the day."""
        skills = [coin.validation_skill for coin in self.coins if coin.validation_skill is not None]
        return sum(skills) / len(skills) if skills else None

    def drifted(self, at_least: float) -> tuple[CoinLine, ...]:
        """Coins whose inputs have changed by at least this index, in the report's order."""
        return tuple(coin for coin in self.coins if coin.input_drift is not None and coin.input_drift >= at_least)

    def find_omissions(self) -> tuple[str, ...]:
        """What a complete report would say and this one cannot; empty: complete."""
        decided = {line.coin for line in self.decisions}
        omissions = [
            f"{coin.coin}: nothing is known about its training" for coin in self.coins_in_state("missing", "running")
        ]
        omissions += [
            f"{coin.coin}: no champion decision" for coin in self.coins if coin.version_id and coin.coin not in decided
        ]
        traded = {coin.coin for coin in self.coins if coin.pnl_usd is not None}
        omissions += [
            f"{coin.coin}: it was forecast, but has no shadow day"
            for coin in self.coins
            if coin.forecaster_id and coin.coin not in traded
        ]
        return tuple(omissions)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON can hold it: ISO dates and times, figures summed up under `summary`."""
        content = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        summary = {
            "pnl_usd": self.pnl_usd,
            "num_trades": len(self.trades),
            "mean_validation_skill": self.mean_validation_skill(),
            "states": {state: len(self.coins_in_state(state)) for state in sorted({coin.state for coin in self.coins})},
            "promotions": len(self.decisions_of("promote")),
            "rollbacks": len(self.decisions_of("rollback")),
            "omissions": list(self.find_omissions()),
        }
        return {"schema_version": SCHEMA_VERSION, **content, "summary": summary}


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(item) for key, item in asdict(value).items()}
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
