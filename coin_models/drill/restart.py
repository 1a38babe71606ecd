"""The minimal restart time: importing Dagster, torch and Lightning, and reading the candles of a fit.

The drill compares its restarts with it.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from statistics import median

from coin_models.drill.backends import settings_to_read
from coin_models.drill.child_run import DrillHome
from coin_models.pipeline.plan.recipe import first_candle_day
from coin_models.pipeline.services import Services

_IMPORTS = "import dagster, torch, pytorch_lightning"
_TIMES = 3


def unavoidable_seconds(home: DrillHome, coins: Sequence[str], day: date) -> float:
    """Seconds of a process that only imports, plus seconds to read the coins' candles of a fit: the median of three."""
    services = Services(settings=settings_to_read(home.folder, home.environment))
    imports, loads = [], []
    for _ in range(_TIMES):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", _IMPORTS], env=dict(home.environment), cwd=home.folder, check=True)  # noqa: S603
        imports.append(time.monotonic() - began)
        began = time.monotonic()
        services.candles.read_range(coins, first_candle_day(day, services.settings), day)
        loads.append(time.monotonic() - began)
    return median(imports) + median(loads)
