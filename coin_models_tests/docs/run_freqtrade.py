"""Backtests the strategy of the examples with freqtrade itself: `python run_freqtrade.py FOLDER TIMERANGE`.

Runs in an environment with freqtrade and coin_models, on the home that COIN_MODELS_ variables name. FOLDER holds
`BTC_USDT.parquet` and others, which become freqtrade's own data. Results lie in FOLDER as trades.json and analysis.json, what the
strategy sees dry as dry_BTC.parquet. No exchange is reached: its markets are the constant below.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.configuration import Configuration, setup_utils_configuration
from freqtrade.configuration.directory_operations import create_userdata_dir
from freqtrade.data.dataprovider import DataProvider
from freqtrade.data.history.datahandlers import get_datahandler
from freqtrade.enums import CandleType, RunMode
from freqtrade.exchange import Exchange
from freqtrade.optimize.analysis.lookahead import LookaheadAnalysis
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.plugins.pairlistmanager import PairListManager
from freqtrade.resolvers import StrategyResolver
from freqtrade.util import get_progress_tracker

STRATEGIES = Path(__file__).with_name("freqtrade_strategies")
STRATEGY = "Eager"
FEE = 0.0005


def market(coin: str) -> dict[str, Any]:
    """What ccxt says of a market, with steps so small that nothing is rounded."""
    return {
        "id": f"{coin}USDT",
        "symbol": f"{coin}/USDT",
        "base": coin,
        "quote": "USDT",
        "type": "spot",
        "spot": True,
        "active": True,
        "precision": {"amount": 1e-10, "price": 1e-10},
        "limits": {"amount": {"min": None, "max": None}, "cost": {"min": None, "max": None}},
    }


class OfflineExchange(Exchange):
    """freqtrade's exchange, whose markets are those of `pairs`."""

    def _load_async_markets(self, reload: bool = False) -> None:
        pairs = self._config["exchange"]["pair_whitelist"]
        self._api_async.set_markets([market(pair.partition("/")[0]) for pair in pairs])

    def check_time_offset(self) -> None:
        """Compares no clock: there is no exchange."""


def configuration(folder: Path, pairs: list[str], timerange: str, mode: RunMode) -> dict[str, Any]:
    """freqtrade's configuration, checked by freqtrade."""
    file = folder / "config.json"
    file.write_text(
        json.dumps(
            {
                "timeframe": "5m",
                "stake_currency": "USDT",
                "stake_amount": 100,
                "max_open_trades": -1,
                "dry_run": True,
                "dry_run_wallet": 1_000_000,
                "fee": FEE,
                "exchange": {"name": "binance", "pair_whitelist": pairs, "enable_ws": False},
                "pairlists": [{"method": "StaticPairList"}],
                "entry_pricing": {"price_side": "same", "use_order_book": False},
                "exit_pricing": {"price_side": "same", "use_order_book": False},
            }
        )
    )
    arguments = {
        "config": [str(file)],
        "user_data_dir": str(folder / "user_data"),
        "strategy": STRATEGY,
        "strategy_path": str(STRATEGIES),
        "timerange": timerange,
        "export": "none",
    }
    if mode is RunMode.DRY_RUN:  # here freqtrade checks it once the strategy is loaded
        return Configuration(arguments, mode).get_config()
    return setup_utils_configuration(arguments, mode)


def store_candles(folder: Path, config: dict[str, Any]) -> list[str]:
    """Writes the candles with freqtrade's own writer; returns the pairs."""
    handler = get_datahandler(Path(config["datadir"]), config["dataformat_ohlcv"])
    pairs = []
    for file in sorted(folder.glob("*_USDT.parquet")):
        pair = file.stem.replace("_", "/")
        handler.ohlcv_store(pair, "5m", pd.read_parquet(file), CandleType.SPOT)
        pairs.append(pair)
    return pairs


def backtest(config: dict[str, Any], folder: Path) -> None:
    """Trades, as freqtrade's result has them."""
    backtesting = Backtesting(config, OfflineExchange(config))
    backtesting.start()
    result = backtesting.all_bt_content[STRATEGY]["results"]
    result.to_json(folder / "trades.json", orient="records", date_format="iso", date_unit="s", double_precision=15)


def analyse(config: dict[str, Any], folder: Path) -> None:
    """freqtrade's own search for look-ahead."""
    config = {
        **config,
        "minimum_trade_amount": 5,
        "targeted_trade_amount": 20,
        "pairs": config["exchange"]["pair_whitelist"],
    }
    analysis = LookaheadAnalysis(config, {"name": STRATEGY})
    analysis.exchange = OfflineExchange(config)
    analysis.start(get_progress_tracker())
    shown = vars(analysis.current_analysis)
    (folder / "analysis.json").write_text(json.dumps({**shown, "failed": analysis.failed_bias_check}))


def dry(config: dict[str, Any], folder: Path) -> None:
    """The columns that the strategy adds when it trades dry, with champions, for the same candles."""
    exchange = OfflineExchange(config)
    strategy = StrategyResolver.load_strategy(config)
    strategy.dp = DataProvider(config, exchange)
    pairlists = PairListManager(exchange, config, strategy.dp)
    strategy.dp.add_pairlisthandler(pairlists)
    pairlists.refresh_pairlist()
    strategy.ft_bot_start()
    for pair in config["exchange"]["pair_whitelist"]:
        candles = pd.read_parquet(folder / f"{pair.replace('/', '_')}.parquet")
        strategy.advise_indicators(candles, {"pair": pair}).to_parquet(folder / f"dry_{pair.partition('/')[0]}.parquet")


def main() -> None:
    """All three."""
    folder, timerange = Path(sys.argv[1]), sys.argv[2]
    create_userdata_dir(str(folder / "user_data"), create_dir=True)
    pairs = store_candles(folder, configuration(folder, ["BTC/USDT"], timerange, RunMode.UTIL_NO_EXCHANGE))
    backtest(configuration(folder, pairs, timerange, RunMode.BACKTEST), folder)
    analyse(configuration(folder, pairs, timerange, RunMode.BACKTEST), folder)
    dry(configuration(folder, pairs, timerange, RunMode.DRY_RUN), folder)


if __name__ == "__main__":
    main()
