"""Times a whole `coin-models retrain` in a new process and a temporary folder: the overhead around the fit, for
`bench`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coin_models.errors import CoinModelsError

_COMMAND = "from coin_models.cli.main import main; main()"
_IMPORTS = "import dagster, torch, pytorch_lightning"


def time_retrain(folder: Path | None = None) -> dict[str, float]:
    """Retrains the newest day of what the settings name, from nothing, in a home of its own.

    Returns:
        `retrain_seconds` from start to exit, `retrain_fit_seconds` of it, `import_seconds` of Dagster, torch and Lightning
        alone, `retrain_not_fitting_share`, and `retrain_ratio`: retrain over fit plus imports.

    Raises:
        CoinModelsError: the run failed.
    """
    with tempfile.TemporaryDirectory(prefix="coin-models-bench-", dir=folder) as home:
        environment = {**os.environ, "COIN_MODELS_HOME": home}
        import_seconds, _ = _timed([sys.executable, "-c", _IMPORTS], environment)
        retrain_seconds, printed = _timed([sys.executable, "-c", _COMMAND, "retrain", "--json"], environment)
    fit_seconds = float(json.loads(printed)["fit_seconds"])
    return {
        "retrain_seconds": retrain_seconds,
        "retrain_fit_seconds": fit_seconds,
        "import_seconds": import_seconds,
        "retrain_not_fitting_share": 1.0 - fit_seconds / retrain_seconds,
        "retrain_ratio": retrain_seconds / (fit_seconds + import_seconds),
    }


def _timed(command: list[str], environment: dict[str, str]) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise CoinModelsError(f"the timed run ended with exit code {done.returncode}: {last}")
    return time.perf_counter() - began, done.stdout
