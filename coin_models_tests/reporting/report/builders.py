"""A report with something in every section, and one of an empty day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from coin_models.reporting.report.band import BandPoint, ForecastBand
from coin_models.reporting.report.daily_report import (
    CoinLine,
    CostForecast,
    CostForecastLine,
    DailyReport,
    DataProblem,
    DayCosts,
    DecisionLine,
    EquityPoint,
    KeyFigure,
    PatternLine,
    TradeLine,
)
from coin_models.reporting.report.out_of_sample import daily_mean

DAY = date(2024, 8, 15)
MADE = datetime(2024, 8, 16, 2, 31, tzinfo=UTC)
COINS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "LTC", "LINK", "AVAX", "ATOM", "NEAR")

BAND = ForecastBand(
    coin="BTC",
    nominal=0.8,
    points=tuple(
        BandPoint(
            made_at=datetime(2024, 8, 15, 22 + k, tzinfo=UTC) if k < 2 else datetime(2024, 8, 16, 2 + k, tzinfo=UTC),
            valid_until=datetime(2024, 8, 15, 23, tzinfo=UTC) + timedelta(hours=k if k < 2 else k + 4),
            low=-0.01,
            high=0.02,
            realised=realised,
        )
        for k, realised in enumerate((0.01, 0.03, 0.0, None))
    ),
)
"""Two hours before midnight, and two after a gap of four: one outside its interval, one whose outcome is not known."""


def coin_line(coin: str = "BTC", **values: object) -> CoinLine:
    """A coin that was trained and traded; fields can be given."""
    line = CoinLine(
        coin=coin, state="trained", reason=None, num_interruptions=0, version_id=f"{coin}-2024-08-15-3fa9c1d2e4b5",
        validation_skill=0.0142, validation_history=((DAY - timedelta(days=1), 0.012), (DAY, 0.0142)),
        champion_id=f"{coin}-2024-08-12-77aa01d2e4b5",
        forecaster="champion", forecaster_id=f"{coin}-2024-08-12-77aa01d2e4b5",
        pnl_usd=12.5, challenger_pnl_usd=-3.0, num_trades=1,
        out_of_sample_skill=0.008, coverage=0.81, nominal_coverage=0.8,
    )  # fmt: skip
    return replace(line, **values)  # type: ignore[arg-type]


def trade_line(coin: str = "BTC", hour: int = 6, pnl: float = 12.5, side: str = "long") -> TradeLine:
    """A trade of one hour."""
    entered = datetime(2024, 8, 15, hour, 5, tzinfo=UTC)
    return TradeLine(
        coin=coin, side=side, entered_at=entered, exited_at=entered + timedelta(hours=1), entry_price=58_719.5,
        exit_price=59_012.25, size_usd=5000.0, costs_usd=7.0, pnl_usd=pnl, exit_reason="horizon",
        version_id=f"{coin}-2024-08-12-77aa01d2e4b5", version_resumed=False,
    )  # fmt: skip


def empty_report() -> DailyReport:
    """Nothing was trained and nothing traded."""
    return DailyReport(
        day=DAY, generated_at=MADE, coins=(), decisions=(), trades=(), equity=(), equity_base_usd=0.0, patterns=(),
        num_patterns=0, problems=(), costs=DayCosts(),
    )  # fmt: skip


def full_report(seed: int = 3) -> DailyReport:
    """Ten coins, thirty days, every kind of news."""
    rng = np.random.default_rng(seed)
    coins = tuple(_coin(coin, rng) for coin in COINS)
    trades = tuple(
        sorted(
            (
                trade_line(coin, int(rng.integers(0, 22)), float(rng.normal(2, 25)), side)
                for coin in COINS[:7]
                for side in rng.choice(["long", "short"], size=3)
            ),
            key=lambda trade: trade.entered_at,
        )
    )
    return replace(
        empty_report(),
        coins=(
            *coins[:7],
            replace(coins[7], state="resumed", num_interruptions=2),
            coin_line(
                "ATOM",
                state="failed",
                version_id=None,
                validation_skill=None,
                validation_history=(),
                reason="FitDiverged: the loss of ATOM is no longer finite",
                champion_id=None,
                forecaster=None,
                forecaster_id=None,
                pnl_usd=None,
                challenger_pnl_usd=None,
                coverage=None,
                out_of_sample_skill=None,
                skill_over_reference=None,
                num_trades=0,
            ),
            replace(coins[9], state="reused", validation_skill=-0.0021, coverage=0.62),
        ),
        decisions=(
            DecisionLine(
                coin="BTC",
                decision="promote",
                version_id="BTC-2024-08-12-77aa01d2e4b5",
                reason="challenger of 2024-08-12 is not worse than the champion of 2024-08-09: "
                "pinball loss -0.00041 over 3 out-of-sample days, p 0.71",
                decided_by="policy",
            ),
            DecisionLine(
                coin="NEAR",
                decision="rollback",
                version_id="NEAR-2024-08-08-0aa101d2e4b5",
                reason="champion of 2024-08-11 is broken: its 80% interval covers 62% of the outcomes over 4 out-of-sample days; "
                "back to the newest sound version, of 2024-08-08",
                decided_by="policy",
            ),
            *(
                DecisionLine(
                    coin=coin,
                    decision="hold",
                    version_id=f"{coin}-x",
                    reason="challenger of 2024-08-13 is on trial: 2 of 3 out-of-sample days",
                    decided_by="policy",
                )
                for coin in COINS[1:8]
            ),
        ),
        trades=trades,
        equity=tuple(
            EquityPoint(
                day=DAY - timedelta(days=29 - k),
                champion_usd=float(rng.normal(9, 60)),
                challenger_usd=float(rng.normal(3, 60)),
            )
            for k in range(30)
        ),
        equity_base_usd=90_000.0,
        skill_over_reference=daily_mean(rng.normal(0.002, 0.004, 30).tolist()),
        patterns=tuple(_pattern(coin, rng) for coin in COINS[:6]),
        num_patterns=60,
        problems=(DataProblem(coin="LINK", problem="longest gap 4 candles, filled and flagged"),),
        costs=DayCosts(
            billed_usd=0.31,
            on_demand_usd=0.94,
            saved_usd=0.63,
            useful_seconds=3421.0,
            redone_seconds=12.4,
            checkpoint_seconds=8.1,
            startup_seconds=41.0,
            num_interruptions=2,
        ),
        figures=(
            KeyFigure(label="Sharpe, 30 days", value="0.62", interval="90 % interval -1.9 to 2.8"),
            KeyFigure(label="Hit rate", value="51 %", interval="90 % interval 44 to 58 %"),
            KeyFigure(label="Profit factor", value="1.08"),
            KeyFigure(label="Max drawdown", value="0.9 %", explanation="largest fall of equity from its highest point"),
        ),
        rent=CostForecast(
            words="Spot: 20 coins for 0.20 USD a night.",
            lines=(rent_line("on-demand", 0.61), rent_line("spot", 0.2, is_recommended=True)),
            deadline="08:00",
            deadline_hour=8.0,
        ),
    )


def rent_line(kind: str, cost_usd: float, *, is_recommended: bool = False) -> CostForecastLine:
    return CostForecastLine(
        kind=kind,
        label=f"{kind}: 20 coins, {cost_usd:.2f} USD",
        cost_usd=cost_usd,
        cost_low_usd=cost_usd * 0.8,
        cost_high_usd=cost_usd * 1.2,
        finish_hour=3.0,
        finish_low_hour=2.9,
        finish_high_hour=3.2,
        is_recommended=is_recommended,
    )


def _coin(coin: str, rng: np.random.Generator) -> CoinLine:
    history = tuple((DAY - timedelta(days=13 - k), float(rng.normal(0.012, 0.006))) for k in range(14))
    return coin_line(
        coin, validation_skill=history[-1][1], validation_history=history, pnl_usd=float(rng.normal(3, 30)),
        challenger_pnl_usd=float(rng.normal(3, 30)), num_trades=3, coverage=float(rng.normal(0.8, 0.05)),
        nominal_coverage=0.8,
        out_of_sample_skill=float(rng.normal(0.01, 0.02)), skill_over_reference=daily_mean(rng.normal(0.002, 0.01, 30).tolist()),
    )  # fmt: skip


def _pattern(coin: str, rng: np.random.Generator) -> PatternLine:
    shape = np.cumsum(rng.normal(0, 1, 48))
    return PatternLine(
        coin=coin, pattern_id=f"{coin}-2024-08-02-1", correlation=0.96, shape=tuple((shape - shape.mean()) / shape.std()),
        num_matches=int(rng.integers(20, 200)), mean_return=float(rng.normal(0, 0.001)), low_return=-0.006,
        high_return=0.005, share_up=0.52, q_value=0.83, first_seen=MADE - timedelta(days=20), last_seen=MADE,
        num_trades=3, trades_pnl_usd=-4.2,
    )  # fmt: skip
