"""Rivals from the literature and from practice, fitted on the same days: quantile regressions, GARCH, LightGBM."""

import time
from collections.abc import Mapping, Sequence
from datetime import date

import lightgbm
import numpy as np
from arch import arch_model
from arch.univariate import HARX
from numpy.typing import NDArray
from statsmodels.regression.quantile_regression import QuantReg

from benchmarks.skill.forecaster import Array, CoinHistory, Forecaster, horizon_of, windows
from coin_models.features.indicators import change_over, rolling_mean
from coin_models.settings.root import Settings

LIGHTGBM_PARAMETERS = {
    "objective": "quantile",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 200,
    "lambda_l2": 5.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "seed": 7,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
LIGHTGBM_MAX_TREES = 400
LIGHTGBM_PATIENCE = 40

ROWS_STEP = 3
"""A quantile regression gets every third row."""
_INPUT_LIMIT = 5.0  # deviations


class LightGbm:
    """Gradient-boosted quantile regression per coin on the same features and targets, refitted every few days."""

    name = "lightgbm"

    def __init__(self, settings: Settings, every_days: int, num_threads: int) -> None:
        self._training, self._horizon = settings.training, horizon_of(settings)
        self._every_days, self._num_threads = every_days, num_threads
        self._days_fitted = 0
        self._models: dict[str, list[lightgbm.Booster]] = {}
        self.seconds: dict[str, float] = {}

    def fit(self, day: date, histories: Mapping[str, CoinHistory]) -> None:
        """Refits when it is due: one model per quantile, stopped early on the validation rows."""
        is_due, self._days_fitted = self._days_fitted % self._every_days == 0, self._days_fitted + 1
        for coin, history in histories.items():
            if is_due or coin not in self._models:
                began = time.perf_counter()
                self._models[coin] = [self._fit_quantile(history, level) for level in self._training.quantiles]
                self.seconds[coin] = self.seconds.get(coin, 0.0) + time.perf_counter() - began

    def forecast(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """Sorted, since models of different quantiles may cross."""
        x = windows(history.table.x, rows, self._training.window_candles)
        scaled: Array = np.sort(
            np.stack([np.asarray(model.predict(x)) for model in self._models[history.coin]], axis=1), axis=1
        )
        return history.scale(rows, self._horizon)[:, None] * scaled

    def _fit_quantile(self, history: CoinHistory, level: float) -> lightgbm.Booster:
        x, y, window = history.table.x, history.targets, self._training.window_candles
        train, validation = history.split.train_index, history.split.validation_index
        data = lightgbm.Dataset(windows(x, train, window), y[train])
        held_out = lightgbm.Dataset(windows(x, validation, window), y[validation], reference=data)
        return lightgbm.train(
            {**LIGHTGBM_PARAMETERS, "alpha": level, "num_threads": self._num_threads},
            data,
            LIGHTGBM_MAX_TREES,
            valid_sets=[held_out],
            callbacks=[lightgbm.early_stopping(LIGHTGBM_PATIENCE, verbose=False)],
        )


class QuantileRegression:
    """Linear quantile regression per coin and level (Koenker & Bassett 1978), crossed quantiles sorted."""

    seconds: dict[str, float]
    name: str

    def __init__(self, settings: Settings) -> None:
        self._training, self._horizon = settings.training, horizon_of(settings)
        self._fits: dict[str, tuple[Array, Array, Array]] = {}  # centre (I,), scale (I,), coefficients (1 + I, Q)
        self.seconds = {}

    def inputs(self, history: CoinHistory) -> Array:
        """(T, I), each row from its own past."""
        raise NotImplementedError

    def unit(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """(N,) what quantiles are in units of."""
        raise NotImplementedError

    def fit(self, day: date, histories: Mapping[str, CoinHistory]) -> None:
        """Fits every third row: the hours ahead of neighbours are almost the same."""
        for coin, history in histories.items():
            began = time.process_time()
            rows = history.fitted_rows[::ROWS_STEP]
            inputs = self.inputs(history)[rows]
            centre, scale = inputs.mean(axis=0), inputs.std(axis=0) + 1e-9
            outcomes = history.log_returns(rows, self._horizon) / self.unit(history, rows)
            regression = QuantReg(outcomes, _with_constant(inputs, centre, scale))
            fits = [regression.fit(q=level, p_tol=1e-4).params for level in self._training.quantiles]
            self._fits[coin] = centre, scale, np.stack(fits, axis=1)
            self.seconds[coin] = self.seconds.get(coin, 0.0) + time.process_time() - began

    def forecast(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """Quantiles of the log return."""
        centre, scale, coefficients = self._fits[history.coin]
        quantiles = _with_constant(self.inputs(history)[rows], centre, scale) @ coefficients
        return np.sort(quantiles, axis=1) * self.unit(history, rows)[:, None]


class LinearQuantiles(QuantileRegression):
    """On the network's features, of the scaled return."""

    name = "linear quantiles"

    def inputs(self, history: CoinHistory) -> Array:
        """The features."""
        return history.table.x.astype(np.float64)

    def unit(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """The features' volatility."""
        return history.scale(rows, self._horizon)


class HarQuantiles(QuantileRegression):
    """On realised volatilities of an hour, a day and a week, of the return itself (HAR-QREG, Zikes & Barunik 2015)."""

    name = "HAR quantiles"

    def inputs(self, history: CoinHistory) -> Array:
        """Roots of the mean squared candle return over each memory."""
        squared = np.square(change_over(np.log(history.table.close), 1))
        memories = (self._horizon, self._horizon * 24, self._horizon * 24 * 7)
        return np.stack([np.sqrt(rolling_mean(squared, memory)) for memory in memories], axis=1)

    def unit(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """Basis points, for the solver's sake."""
        return np.full(len(rows), 1e-4)


class Garch:
    """GARCH(1, 1) with Student's t per coin on candle returns (Bollerslev 1987), its variance summed over the horizon.

    Quantiles are empirical ones of past returns over the forecast (filtered historical simulation, Barone-Adesi 1999).
    """

    name = "GARCH-t"

    def __init__(self, settings: Settings) -> None:
        self._training, self._horizon = settings.training, horizon_of(settings)
        self._fits: dict[str, tuple[Array, Array]] = {}  # parameters, quantiles
        self.seconds: dict[str, float] = {}

    def fit(self, day: date, histories: Mapping[str, CoinHistory]) -> None:
        """Maximum likelihood on the candles up to the last fitted row."""
        for coin, history in histories.items():
            began = time.process_time()
            rows = history.fitted_rows
            num_rows = int(rows.max()) + 1
            parameters = np.asarray(_garch(history, num_rows).fit(disp="off", show_warning=False).params)
            over = history.log_returns(rows, self._horizon) / self._volatility(history, parameters)[rows]
            self._fits[coin] = parameters, np.quantile(over, self._training.quantiles)
            self.seconds[coin] = self.seconds.get(coin, 0.0) + time.process_time() - began

    def forecast(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """Quantiles that follow the filtered variance."""
        parameters, quantiles = self._fits[history.coin]
        return self._volatility(history, parameters)[rows, None] * quantiles

    def _volatility(self, history: CoinHistory, parameters: Array) -> Array:
        """Of the return over the horizon after each row, (T,), in thousandths."""
        model = _garch(history, len(history.table))
        variance = np.asarray(model.fix(parameters).conditional_volatility) ** 2
        omega, alpha, beta = parameters[:3]
        ahead = omega + alpha * np.asarray(model.y) ** 2 + beta * variance  # of the next candle
        persistence = min(alpha + beta, 0.9999)
        longest = omega / (1 - persistence)
        decay = (1 - persistence**self._horizon) / (1 - persistence)
        volatility: Array = np.sqrt(np.maximum(self._horizon * longest + decay * (ahead - longest), 1e-12))
        return volatility


class MeanOf:
    """The mean of the quantiles of other forecasters, which are fitted before it."""

    def __init__(self, members: Sequence[Forecaster]) -> None:
        self.name = "mean of all"
        self.seconds: dict[str, float] = {}
        self._members = members

    def fit(self, day: date, histories: Mapping[str, CoinHistory]) -> None:
        """Nothing of its own."""

    def forecast(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """The mean."""
        mean: Array = np.mean([member.forecast(history, rows) for member in self._members], axis=0)
        return mean


def _with_constant(inputs: Array, centre: Array, scale: Array) -> Array:
    standardised = np.clip((inputs - centre) / scale, -_INPUT_LIMIT, _INPUT_LIMIT)
    return np.column_stack([np.ones(len(inputs)), standardised])


def _garch(history: CoinHistory, num_rows: int) -> HARX:
    returns = change_over(np.log(history.table.close), 1)[:num_rows] * 1000
    return arch_model(returns, mean="Zero", vol="GARCH", p=1, q=1, dist="t", rescale=False)
