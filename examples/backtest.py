"""Backtests a coin's models without looking ahead: each day is forecast by the version of the day before.

    coin-models retrain --from 2024-08-01 --to 2024-08-14 --coins BTC
    python examples/backtest.py BTC 2024-08-01 2024-08-14

The rule is a placeholder for yours: long while the median forecast exceeds the costs, else flat.
"""

import sys
from datetime import date, timedelta

import pandas as pd

from coin_models import load_candles, load_model
from coin_models.errors import RegistryError

COSTS = 0.0007  # of a fill, as a fraction: 5 basis points of fee and 2 of slippage


def forecasts(coin: str, first: date, last: date) -> pd.DataFrame:
    """Quantiles of the return after each candle of the days that follow a trained day, and the candles' closes."""
    candles = load_candles(coin)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    parts = []
    for day in days:
        try:
            model = load_model(coin, day)
        except RegistryError:
            continue  # no model of that day: nothing is traded on the next one
        following = (day + timedelta(days=1)).isoformat()
        known = candles.loc[:following].tail(288 + model.num_candles_needed)
        parts.append(model.predict_each(known).loc[following:following].join(candles["close"]))
    return pd.concat(parts) if parts else pd.DataFrame()


def returns(table: pd.DataFrame) -> pd.Series:
    """What the rule earned after each candle, as a fraction, after costs."""
    position = (table[0.5] > 2 * COSTS).astype(float)
    change = table["close"].pct_change().shift(-1).fillna(0.0)
    return position * change - COSTS * position.diff().abs().fillna(position)


def main(coin: str, first: str, last: str) -> None:
    """Prints how often the price was within the interval, and what the rule earned."""
    table = forecasts(coin, date.fromisoformat(first), date.fromisoformat(last))
    if table.empty:
        sys.exit(f"no model of {coin} from {first} to {last} has candles of the day after it")
    earned = returns(table)
    print(f"{len(table)} forecasts, return {earned.sum():+.2%} after costs, worst day {_worst_day(earned):+.2%}")


def _worst_day(earned: pd.Series) -> float:
    return float(earned.groupby(earned.index.date).sum().min())


if __name__ == "__main__":
    main(*sys.argv[1:])
