"""Bad models are caught: real forecasts of models fitted in numpy on a market with a planted signal.

The one-candle return depends on a slow signal that a linear model can see; two hundred more inputs are noise. Models
are fitted by least squares, their interval comes from the quantiles of their residuals.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pytest

from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms, parse_timeframe
from coin_models.settings.levels import ForecastInterval
from coin_models.settings.trading import TradingSettings
from coin_models.trading.decisions import CoinState, Contender, Decision, OutOfSampleDay, Verdict
from coin_models.trading.forecasts import Forecasts
from coin_models.trading.promotion import decide
from coin_models.trading.scoring import ForecastScore, score_day, unconditional_forecasts
from coin_models.trading.soundness import find_validation_problems, find_weight_problems
from coin_models_tests.trading.builders import LEVELS, contests

Array = npt.NDArray[np.float64]

FIVE_MINUTES = parse_timeframe("5m")
HORIZON = 12
VOLATILITY = 0.001
SCALE = VOLATILITY * HORIZON**0.5
TRAIN_DAYS, VALIDATION_DAYS, OUT_OF_SAMPLE_DAYS = 20, 5, 4
FIRST = date(2024, 7, 1)
FITTED_ON = FIRST + timedelta(days=TRAIN_DAYS + VALIDATION_DAYS - 1)
SETTINGS = TradingSettings()


@dataclass(frozen=True)
class Market:
    """Signals and prices of all days."""

    inputs: Array  # (N, 201): the first is the signal
    candles: Candles

    def rows(self, first: int, last: int) -> slice:
        """Rows of the days `first` to `last`, counted from 0, the last not included."""
        return slice(first * 288, last * 288)

    def targets(self) -> Array:
        """Scaled log returns over the horizon; NaN at the end."""
        log_close = np.log(self.candles.close)
        ahead = np.full(len(log_close), np.nan)
        ahead[:-HORIZON] = (log_close[HORIZON:] - log_close[:-HORIZON]) / SCALE
        return ahead


@dataclass(frozen=True)
class LinearModel:
    """Coefficients, and quantiles of what they leave unexplained."""

    weights: dict[str, npt.NDArray[np.float32]]

    def forecast(self, inputs: Array) -> Forecasts:
        middle = inputs @ self.weights["coefficients"]
        returns = (middle[:, None] + self.weights["residuals"][None, :]) * SCALE
        return Forecasts(levels=LEVELS, returns=returns, horizon=HORIZON)


@pytest.fixture(scope="module")
def market() -> Market:
    rng = np.random.default_rng(11)
    num = (TRAIN_DAYS + VALIDATION_DAYS + OUT_OF_SAMPLE_DAYS) * 288
    signal = np.zeros(num)
    for k in range(1, num):
        signal[k] = 0.97 * signal[k - 1] + rng.normal(0, (1 - 0.97**2) ** 0.5)
    steps = VOLATILITY * (0.15 * np.roll(signal, 1) + rng.normal(0, 1, num))
    close = 100 * np.exp(np.cumsum(steps))
    opens = np.concatenate(([100.0], close[:-1]))
    ohlcv = np.stack([opens, np.maximum(opens, close), np.minimum(opens, close), close, np.ones(num)], axis=1)
    times = day_start_ms(FIRST) + np.arange(num, dtype=np.int64) * FIVE_MINUTES.ms
    inputs = np.column_stack([signal, rng.normal(0, 1, (num, 200))])
    return Market(inputs=inputs, candles=Candles(timeframe=FIVE_MINUTES, open_time_ms=times, ohlcv=ohlcv))


def fit(market: Market, targets: Array) -> LinearModel:
    """Least squares on the training days."""
    rows = market.rows(0, TRAIN_DAYS)
    coefficients, *_ = np.linalg.lstsq(market.inputs[rows], targets[rows], rcond=None)
    residuals = np.quantile(targets[rows] - market.inputs[rows] @ coefficients, LEVELS)
    return LinearModel({"coefficients": coefficients.astype(np.float32), "residuals": residuals.astype(np.float32)})


def good(market: Market) -> LinearModel:
    return fit(market, market.targets())


def shuffled(market: Market) -> LinearModel:
    """Its targets were shuffled among the training rows: it has learnt nothing."""
    targets = market.targets()
    rows = market.rows(0, TRAIN_DAYS)
    targets[rows] = np.random.default_rng(5).permutation(targets[rows])
    return fit(market, targets)


def flipped(market: Market) -> LinearModel:
    """A sign error between the fit and the forecast."""
    weights = good(market).weights
    return LinearModel({**weights, "coefficients": -weights["coefficients"]})


def broken(market: Market) -> LinearModel:
    """A weight is not a number."""
    weights = good(market).weights
    coefficients = weights["coefficients"].copy()
    coefficients[2] = np.nan
    return LinearModel({**weights, "coefficients": coefficients})


def scores(market: Market, model: LinearModel, first: int, last: int) -> dict[date, ForecastScore]:
    """Scores day by day against the unconditional quantiles of the training days."""
    base = [float(q) for q in np.quantile(market.targets()[market.rows(0, TRAIN_DAYS)], LEVELS)]
    by_day = {}
    for number in range(first, last):
        day, rows = FIRST + timedelta(days=number), market.rows(number, number + 1)
        forecasts = model.forecast(market.inputs[rows])
        scale = np.full(288, SCALE)
        by_day[day] = score_day(
            market.candles.slice_days(day, day), forecasts, unconditional_forecasts(forecasts, base, scale), scale
        )
    return by_day


def as_contender(
    market: Market, model: LinearModel, version_id: str, *, recorded: LinearModel | None = None
) -> Contender:
    """The version with its checks and its record on the out-of-sample days.

    Args:
        recorded: the model whose validation figures the fit wrote down, when it is not the one that forecasts.
    """
    validation = scores(market, recorded or model, TRAIN_DAYS, TRAIN_DAYS + VALIDATION_DAYS).values()
    losses = [score for score in validation if score.skill is not None]
    skill = float(np.mean([score.skill for score in losses])) if losses else None  # type: ignore[misc]
    coverage = float(np.mean([score.coverage for score in losses])) if losses else None  # type: ignore[misc]
    out_of_sample = scores(
        market, model, TRAIN_DAYS + VALIDATION_DAYS, TRAIN_DAYS + VALIDATION_DAYS + OUT_OF_SAMPLE_DAYS
    )
    return Contender(
        version_id=version_id,
        day=FITTED_ON,
        problems=(
            *find_weight_problems(model.weights, None, SETTINGS),
            *find_validation_problems(skill, coverage, ForecastInterval.of(LEVELS), SETTINGS),
        ),
        record=tuple(OutOfSampleDay(day=day, score=score, pnl_fraction=0.0) for day, score in out_of_sample.items()),
    )


def daily_skills(first: Contender, second: Contender) -> list[float]:
    """Of the first over the second, as the out-of-sample records of both have it."""
    losses = [(ours.score.loss, theirs.score.loss) for ours, theirs in zip(first.record, second.record, strict=True)]
    return [1 - ours / theirs for ours, theirs in losses if ours is not None and theirs]


def judged(
    champion: Contender,
    challenger: Contender | None = None,
    fallbacks: tuple[Contender, ...] = (),
    skills: Sequence[float] = (),
) -> Decision:
    """The decision after days with these skills of the challenger, five times over."""
    state = CoinState(
        coin="BTC",
        day=FITTED_ON + timedelta(days=OUT_OF_SAMPLE_DAYS),
        champion=champion,
        challenger=challenger,
        contests=contests(*skills, *skills, *skills, *skills, *skills, opponent=champion.version_id),
        fallbacks=fallbacks,
    )
    return decide(state, SETTINGS)


def test_an_honest_model_is_sound_and_replaces_one_that_knows_nothing(market: Market) -> None:
    honest = as_contender(market, good(market), "good")
    knows_nothing = replace(as_contender(market, shuffled(market), "shuffled", recorded=good(market)), record=())
    skills = daily_skills(honest, as_contender(market, shuffled(market), "shuffled"))

    decision = judged(knows_nothing, honest, skills=skills)

    assert honest.problems == ()
    assert decision.verdict is Verdict.PROMOTE


@pytest.mark.parametrize("make", [shuffled, flipped], ids=["shuffled targets", "sign flip"])
def test_a_bad_challenger_does_not_replace_a_good_champion_even_if_its_fit_looked_good(
    market: Market, make: Callable[[Market], LinearModel]
) -> None:
    challenger = as_contender(market, make(market), "bad", recorded=good(market))
    assert challenger.problems == ()  # only its record can give it away

    champion = as_contender(market, good(market), "good")

    decision = judged(champion, challenger, skills=daily_skills(challenger, champion))

    assert (decision.verdict, decision.version_id) == (Verdict.HOLD, "good")


def test_an_equal_challenger_does_not_replace_a_champion(market: Market) -> None:
    honest = as_contender(market, good(market), "good")

    decision = judged(honest, replace(honest, version_id="again"), skills=daily_skills(honest, honest))

    assert decision.verdict is Verdict.HOLD


@pytest.mark.parametrize("make", [flipped, broken], ids=["sign flip", "NaN weights"])
def test_a_champion_that_turns_out_bad_is_rolled_back(market: Market, make: Callable[[Market], LinearModel]) -> None:
    champion = as_contender(market, make(market), "bad", recorded=good(market))
    sound = as_contender(market, good(market), "good")

    decision = judged(champion, fallbacks=(sound,))

    assert (decision.verdict, decision.version_id) == (Verdict.ROLLBACK, "good")
