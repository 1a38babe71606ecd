"""A freqtrade strategy that reads coin_models: long while the median forecast exceeds the costs.

Copy it to freqtrade's `user_data/strategies`, with coin_models installed beside freqtrade and COIN_MODELS_HOME set to the home.
It forecasts with the models of today: a backtest over days before their trading day shows them what they were fitted on
(examples/backtest.py does not).
"""

from freqtrade.strategy import IStrategy
from pandas import DataFrame

from coin_models import load_champion

COSTS = 0.0014  # of a round trip, as a fraction


class CoinModelsStrategy(IStrategy):
    """Enters on the median forecast, leaves when it is gone."""

    INTERFACE_VERSION = 3
    timeframe = "5m"  # of the models: COIN_MODELS_TIMEFRAME
    startup_candle_count = 900
    minimal_roi = {"0": 10.0}
    stoploss = -0.05
    process_only_new_candles = True

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Adds the forecast quantiles of each candle's next hour."""
        model = load_champion(metadata["pair"].partition("/")[0])
        forecasts = model.predict_each(dataframe)
        for level in forecasts.columns:
            dataframe[f"quantile_{level:g}"] = forecasts[level].to_numpy()
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Long where the median exceeds the costs."""
        dataframe.loc[dataframe["quantile_0.5"] > COSTS, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Out where it is negative."""
        dataframe.loc[dataframe["quantile_0.5"] < 0, "exit_long"] = 1
        return dataframe
