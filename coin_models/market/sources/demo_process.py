"""The process of the demo market: its candles, computed from seeded noise.

For candle t of a coin, with independent standard normal e_t (price), u_t (activity), v_t (volume):

    M_t = a M_{t-1} + sqrt(1-a²) e_{t-1}                 recent price shocks, unit variance
    H_t = r H_{t-1} + sqrt(1-r²) u_{t-1}                 trading activity, unit variance, seen in the volume
    A_t = b A_{t-1} + c (|e_{t-1}| - sqrt(2/π))          volatility feeds on large moves (EGARCH without leverage)
    S_t = S · exp(time of day + slow wave + A_t)         volatility of a candle; the mean of S_t² is S²
    s_t = M_t (1 + g H_t) / sqrt(1+g²)                   THE PLANTED SIGNAL: moves continue, most in busy trading
    log return of t = S_t (k s_t + sqrt(1-k²) e_t) + drift of the day

S is half of what the coin's daily volatility would be over a candle if moves did not continue: as they do, hours and days
come out as volatile as the coin is said to be.

Everything that decides the future (M, H, A) follows from past candles: e from returns, H from volumes. A day is
computed from its own noise and that of the `WARM_UP_CANDLES` before it: any day of any year costs the same. The log
price is a base, a bounded slow wave, and the returns of the last `MEMORY_DAYS` days with linearly fading weight: it is
stationary, continuous, and cannot explode; the fading is the small `drift`. Prices are rounded to ticks, as on an
exchange, which also hides the last bit in which two machines' floating point may differ. Coins are independent.

Why this signal: k = 0.22 gives the best forecast a pinball skill of about 0.09 over 12 candles. A signal in fast
reversals (a = 0.70 to 0.90, minus sign) is as strong to an oracle, but a network reached less than half of it on 90
days of candles: the sum of the next returns hides it, and past returns show M only through their own echo.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from coin_models.market.sources.demo_coins import DemoCoin
from coin_models.market.timeframe import DAY_MS, Timeframe, day_start_ms

Floats = npt.NDArray[np.float64]

SIGNAL_SHARE: Final = 0.22  # k
SHOCK_PERSISTENCE: Final = 0.96  # a: half-life 17 candles
ACTIVITY_PERSISTENCE: Final = 0.98  # r: half-life 34 candles
ACTIVITY_GAIN: Final = 0.25  # g
VOLATILITY_PERSISTENCE: Final = 0.985  # b: half-life 46 candles
VOLATILITY_GAIN: Final = 0.07  # c: A has a standard deviation of 0.24
MEMORY_DAYS: Final = 30
WARM_UP_CANDLES: Final = 288  # before a day, from which its state is computed; older noise has faded to 1 %
STEPS: Final = 6  # of the price path within a candle, from which high and low come
VOLUME_GAIN: Final = 0.6  # of log volume to H
VOLUME_NOISE: Final = 0.25

TREND_GAIN: Final = 2.0  # volatility of an hour over that of a candle, beyond sqrt(time), because moves continue

MEAN_ABS: Final = math.sqrt(2 / math.pi)
STATIONARY_LOG_VARIANCE: Final = VOLATILITY_GAIN**2 * (1 - MEAN_ABS**2) / (1 - VOLATILITY_PERSISTENCE**2)

_PRICE_WAVES: Final = ((0.30, 701.0), (0.15, 251.0), (0.06, 83.0))  # amplitude of the log price, period in days
_VOLATILITY_WAVES: Final = ((0.16, 97.0), (0.14, 23.0), (0.12, 7.3))


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDays:
    """Days of one coin. Arrays are (D, n): days, candles of the day; states are those known when the candle closes."""

    open_time_ms: npt.NDArray[np.int64]
    ohlcv: Floats  # (D, n, 5)
    shock: Floats  # M of the next candle
    activity: Floats  # H of the next candle
    log_volatility: Floats  # A of the next candle
    log_volatility_base: Floats  # (D+1, n) what S is without A, one day further than the candles
    drift: Floats  # (D, 1) per candle


def simulate(seed: int, coin: DemoCoin, timeframe: Timeframe, first: date, last: date) -> DemoDays:
    """The coin's days `first` to `last`; any day has the same candles whatever range it is asked in."""
    start, num_days = day_start_ms(first) // DAY_MS, (last - first).days + 1
    warm_up = math.ceil(WARM_UP_CANDLES / timeframe.candles_per_day)
    noise = _draw(seed, coin, timeframe, start - MEMORY_DAYS - warm_up, num_days + MEMORY_DAYS + warm_up)
    days = np.arange(start - MEMORY_DAYS, start + num_days + 1)
    base = _log_volatility_base(seed, coin, timeframe, days)
    shock, activity, log_volatility = _states(noise, warm_up)
    sigma = np.exp(base[:-1] + log_volatility[:, :-1])  # (MEMORY_DAYS + D, n)
    signal = planted_signal(shock[:, :-1], activity[:, :-1])
    expected = sigma * SIGNAL_SHARE * signal
    scale = sigma * math.sqrt((1 - SIGNAL_SHARE**2) / STEPS)
    day_returns = (expected + scale * noise[warm_up:, :, :STEPS].sum(axis=2)).sum(axis=1)
    level, drift = _level(seed, coin, days, day_returns, timeframe.candles_per_day)
    kept = slice(MEMORY_DAYS, None)
    steps = (expected[kept] + drift)[..., None] / STEPS + scale[kept, :, None] * noise[warm_up:][kept, :, :STEPS]
    prices = _prices(coin, level, steps)
    volume = _volume(
        coin, base[:-1][kept], log_volatility[kept, :-1], activity[kept, :-1], noise[warm_up:][kept, :, -1]
    )
    return DemoDays(
        open_time_ms=(days[kept][:-1] * DAY_MS)[:, None] + np.arange(timeframe.candles_per_day) * timeframe.ms,
        ohlcv=np.concatenate([prices, np.round(volume / prices[..., 3], 5)[..., None]], axis=2),
        shock=shock[kept, 1:],
        activity=activity[kept, 1:],
        log_volatility=log_volatility[kept, 1:],
        log_volatility_base=base[kept],
        drift=drift,
    )


def planted_signal(shock: Floats, activity: Floats) -> Floats:
    """s from M and H; unit variance."""
    return shock * (1 + ACTIVITY_GAIN * activity) / math.sqrt(1 + ACTIVITY_GAIN**2)


def _draw(seed: int, coin: DemoCoin, timeframe: Timeframe, first_day: int, num_days: int) -> Floats:
    """Noise (days, n, STEPS + 2): each day from its own key, so that it depends on nothing else."""
    key = int.from_bytes(hashlib.sha256(f"{seed}/{coin.name}/{timeframe.seconds}".encode()).digest()[:8])
    noise = np.empty((num_days, timeframe.candles_per_day, STEPS + 2))
    for row in range(num_days):
        generator = np.random.Generator(
            np.random.Philox(key=np.array([key, (first_day + row) % 2**64], dtype=np.uint64))
        )
        generator.standard_normal(out=noise[row])
    return noise


def _states(noise: Floats, warm_up: int) -> tuple[Floats, Floats, Floats]:
    """M, H, A as (days - warm_up, n + 1): before each candle of a day, and after its last."""
    shocks = noise[..., :STEPS].sum(axis=2) / math.sqrt(STEPS)
    gain_m = math.sqrt(1 - SHOCK_PERSISTENCE**2)
    gain_h = math.sqrt(1 - ACTIVITY_PERSISTENCE**2)
    return (
        _memory(shocks, gain_m, SHOCK_PERSISTENCE, warm_up),
        _memory(noise[..., STEPS], gain_h, ACTIVITY_PERSISTENCE, warm_up),
        _memory(np.abs(shocks) - MEAN_ABS, VOLATILITY_GAIN, VOLATILITY_PERSISTENCE, warm_up),
    )


def _memory(noise: Floats, gain: float, persistence: float, warm_up: int) -> Floats:
    """y_t = persistence * y_{t-1} + gain * noise_t for each day, started afresh `warm_up` days before it."""
    from scipy.signal import lfilter  # 0.9 s that loading the definitions need not pay

    n = noise.shape[1]
    windows = np.lib.stride_tricks.sliding_window_view(noise.ravel(), (warm_up + 1) * n)[::n]
    filtered: Floats = lfilter([gain], [1.0, -persistence], windows, axis=1)
    return filtered[:, warm_up * n - 1 :]


def _log_volatility_base(seed: int, coin: DemoCoin, timeframe: Timeframe, days: npt.NDArray[np.int64]) -> Floats:
    n = timeframe.candles_per_day
    wave = np.array([_wave(f"{seed}/{coin.name}/volatility", _VOLATILITY_WAVES, day) for day in [*days, days[-1] + 1]])
    slow = wave[:-1, None] + np.arange(n) / n * np.diff(wave)[:, None]
    mean_square = STATIONARY_LOG_VARIANCE + sum(amplitude**2 for amplitude, _ in _VOLATILITY_WAVES) / 2
    return slow + _time_of_day(n) + math.log(_candle_volatility(coin, n)) - mean_square


def _candle_volatility(coin: DemoCoin, n: int) -> float:
    return coin.daily_volatility / math.sqrt(n) / TREND_GAIN


def _time_of_day(n: int) -> Floats:
    """Log volatility by time of day: busiest when Europe and America both trade, around 14:30 UTC."""
    angle = 2 * math.pi * (np.arange(n) / n - 14.5 / 24)
    return 0.20 * np.cos(angle) + 0.10 * np.cos(2 * angle)


def _wave(key: str, waves: tuple[tuple[float, float], ...], day: int) -> float:
    phases = hashlib.sha256(key.encode()).digest()
    return sum(a * math.sin(2 * math.pi * (day / period + phases[k] / 256)) for k, (a, period) in enumerate(waves))


def _level(
    seed: int, coin: DemoCoin, days: npt.NDArray[np.int64], day_returns: Floats, n: int
) -> tuple[Floats, Floats]:
    """Log price at the start of each day (D, 1), and the drift per candle of that day (D, 1)."""
    num_days = len(days) - 1 - MEMORY_DAYS
    wave = np.array([_wave(f"{seed}/{coin.name}/price", _PRICE_WAVES, day) for day in days[MEMORY_DAYS:]])
    level, faded = np.zeros(num_days), np.zeros(num_days)
    for lag in range(1, MEMORY_DAYS + 1):
        past = day_returns[MEMORY_DAYS - lag : MEMORY_DAYS - lag + num_days]
        level += (1 - (lag - 1) / MEMORY_DAYS) * past
        faded += past / MEMORY_DAYS
    drift = (np.diff(wave) - faded) / n
    start: Floats = math.log(coin.price_usd) + level + wave[:-1]
    return start[:, None], drift[:, None]


def _prices(coin: DemoCoin, level: Floats, steps: Floats) -> Floats:
    """Open, high, low, close (D, n, 4) from the log price at midnight (D, 1) and the steps (D, n, STEPS)."""
    num_days = len(steps)
    path = level[..., None] + np.cumsum(steps.reshape(num_days, -1), axis=1).reshape(steps.shape)
    close = path[..., -1]
    opens = np.concatenate([level, close[:, :-1]], axis=1)
    high, low = np.maximum(path.max(axis=2), opens), np.minimum(path.min(axis=2), opens)
    prices: Floats = np.exp(np.stack([opens, high, low, close], axis=2))
    return np.round(prices, coin.price_decimals)


def _volume(coin: DemoCoin, base: Floats, log_volatility: Floats, activity: Floats, noise: Floats) -> Floats:
    """Turnover in quote units: rises with volatility and activity."""
    n = base.shape[1]
    unusual = base - math.log(_candle_volatility(coin, n)) + log_volatility
    turnover: Floats = coin.daily_turnover_usd / n * np.exp(unusual + VOLUME_GAIN * activity + VOLUME_NOISE * noise)
    return turnover
