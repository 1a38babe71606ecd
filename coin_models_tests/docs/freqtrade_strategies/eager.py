"""The strategy of the examples, which trades at a tenth of its threshold: a small model of few days forecasts small returns."""

import runpy
from pathlib import Path

_EXAMPLE = Path(__file__).resolve().parents[3] / "examples/freqtrade_strategy.py"
_Strategy = runpy.run_path(str(_EXAMPLE))["CoinModelsStrategy"]


class Eager(_Strategy):
    """Enters on a tenth of the return."""

    min_return = 0.1 * _Strategy.min_return
