"""Forecasts a coin: the quantiles of its price one horizon after the newest stored candle.

coin-models retrain
python examples/forecast.py BTC
"""

import sys

from coin_models import load_candles, load_champion


def main(coin: str = "BTC") -> None:
    """Prints the forecast, and what made it."""
    model = load_champion(coin)
    forecast = model.predict(load_candles(coin))  # or a DataFrame of your own, or ccxt's fetch_ohlcv
    print(f"{coin} {forecast.price:,.6g} at {forecast.made_at:%Y-%m-%d %H:%M} UTC, by the {forecast.forecaster}")
    for level, price in forecast.prices.items():
        print(f"  {level:4.0%}  {price:,.6g}  ({forecast.returns[level]:+.3%})")


if __name__ == "__main__":
    main(*sys.argv[1:])
