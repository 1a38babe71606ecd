"""coin_models: one forecasting model per coin, retrained every UTC day, on machines that may be interrupted.

The rooms, from the top; each imports only from those below it:

| | |
|---|---|
| `cli`, `api`, `defs`, `drill` | the command line, the same for programs, Dagster's definitions, proofs that kills lose nothing |
| `diagnostics`, `serving` | the doctor; forecasts over HTTP |
| `pipeline` | a trading day: the plan, the fits, and what follows from them |
| `training` | the fit on torch, its checkpoints, notices of interruption; `bench` measures it |
| `registry`, `trading`, `operations`, `costs`, `reporting` | versions, shadow trades, records of work, money and risk, messages |
| `features`, `home` | inputs of the model; the database and the store that hold one market |
| `market` | candles |
| `storage`, `db`, `settings` | objects, tables, every number that a person may change; `dev_stack` serves both on this machine |

A notebook needs only `from coin_models import load_champion, load_candles, load_model, forecasts, status, retrain, backtest`.
Another Dagster project needs only `type: coin_models.CoinModels`. Each is imported on first use, so that other callers do not
pay for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coin_models.api import backtest as backtest
    from coin_models.api import retrain as retrain
    from coin_models.api import status as status
    from coin_models.defs.component import CoinModels as CoinModels
    from coin_models.features.own_table import OwnTable as OwnTable
    from coin_models.home.stored_candles import load_candles as load_candles
    from coin_models.registry.champion import load_champion as load_champion
    from coin_models.registry.champion import load_model as load_model
    from coin_models.trading.history.frames import forecasts as forecasts

__version__ = "0.1.0"

__all__ = [
    "CoinModels",
    "OwnTable",
    "backtest",
    "forecasts",
    "load_candles",
    "load_champion",
    "load_model",
    "retrain",
    "status",
]

_EXPORTS = {
    "backtest": "coin_models.api",
    "retrain": "coin_models.api",
    "status": "coin_models.api",
    "CoinModels": "coin_models.defs.component",
    "OwnTable": "coin_models.features.own_table",
    "load_candles": "coin_models.home.stored_candles",
    "load_champion": "coin_models.registry.champion",
    "load_model": "coin_models.registry.champion",
    "forecasts": "coin_models.trading.history.frames",
}


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Dagster's `dg` looks here for components."""
    return sorted({*globals(), *_EXPORTS})
