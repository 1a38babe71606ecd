"""A freqtrade strategy on coin_models: long while the median forecast exceeds the costs, smaller where the forecast is wider.

Copy it to freqtrade's `user_data/strategies`, install coin_models beside freqtrade, set COIN_MODELS_HOME to the home. Trading,
dry or live, it forecasts with the champions, and loads them again every hour. A backtest reads what was forecast at the time, by
versions of earlier days, so freqtrade's result looks at nothing later.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
from freqtrade.strategy import IStrategy
from pandas import DataFrame, Timedelta

from coin_models import forecasts, load_champion


class CoinModelsStrategy(IStrategy):
    """Enters on the median forecast, with a stake by its width, and leaves when the median is negative."""

    INTERFACE_VERSION = 3
    timeframe = "5m"  # of the models: COIN_MODELS_TIMEFRAME
    startup_candle_count = 900
    minimal_roi = {"0": 10.0}
    stoploss = -0.05
    process_only_new_candles = True

    min_return = 0.0014  # the costs of a round trip, as a fraction
    usual_width = 0.01  # of the 80% interval, as a fraction; at twice the width half the stake

    def bot_start(self, **kwargs: object) -> None:
        """Loads the champions or, where nothing is traded now, the forecasts that were recorded."""
        self.coins = {pair: pair.partition("/")[0] for pair in self.dp.current_whitelist()}
        self.is_trading = self.config["runmode"].value in ("live", "dry_run")
        if self.is_trading:
            self.load_champions(datetime.now(UTC))
        else:
            self.recorded = {pair: forecasts(coin) for pair, coin in self.coins.items()}

    def bot_loop_start(self, current_time: datetime, **kwargs: object) -> None:
        """Loads them again each hour: they change once a night."""
        if self.is_trading and current_time - self.loaded_at >= timedelta(hours=1):
            self.load_champions(current_time)

    def load_champions(self, now: datetime) -> None:
        """What forecasts each coin now."""
        self.models = {pair: load_champion(coin) for pair, coin in self.coins.items()}
        self.loaded_at = now

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Adds quantiles of the return over the hour that begins when each candle closes."""
        pair = metadata["pair"]
        history = self.models[pair].predict_history(dataframe) if self.is_trading else self.recorded[pair]
        at_close = history.reindex(dataframe["date"] + Timedelta(self.timeframe))
        for name in ("quantile_0.1", "quantile_0.5", "quantile_0.9"):
            dataframe[name] = np.expm1(at_close[name].to_numpy())
        dataframe["width"] = dataframe["quantile_0.9"] - dataframe["quantile_0.1"]
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Long where the median exceeds the costs."""
        dataframe.loc[dataframe["quantile_0.5"] > self.min_return, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Out where it is negative."""
        dataframe.loc[dataframe["quantile_0.5"] < 0, "exit_long"] = 1
        return dataframe

    def custom_stake_amount(self, pair: str, proposed_stake: float, **kwargs: object) -> float:
        """The usual stake, less where the candle's forecast is wider than usual."""
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        return proposed_stake * min(1.0, self.usual_width / frame["width"].iloc[-1])
