"""Times a whole `coin-models retrain` in a new process and a temporary folder: the overhead around the fit, for
`bench`.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from coin_models.errors import CoinModelsError

_COMMAND = "from coin_models.cli.main import main; main()"
_IMPORTS = "import dagster, torch, pytorch_lightning"


def time_retrain(folder: Path | None = None) -> dict[str, float]:
    """Retrains the newest day of what the settings name, from nothing, in a home of its own.

    Returns:
        `retrain_seconds` from start to exit, `retrain_fit_seconds` of it, `import_seconds` of Dagster, torch and Lightning
        alone, `retrain_not_fitting_share`, and `retrain_ratio`: retrain over fit plus imports. By CPU time, which a busy
        machine changes less: `retrain_cpu_seconds`, `import_cpu_seconds` and `retrain_cpu_seconds_per_coin`.

    Raises:
        CoinModelsError: the run failed.
    """
    with tempfile.TemporaryDirectory(prefix="coin-models-bench-", dir=folder) as home:
        environment = {**os.environ, "COIN_MODELS_HOME": home}
        imports = _timed([sys.executable, "-c", _IMPORTS], environment)
        retrain = _timed([sys.executable, "-c", _COMMAND, "retrain", "--json"], environment)
    report = json.loads(retrain.output)
    fit_seconds = float(report["fit_seconds"])
    return {
        "retrain_seconds": retrain.seconds,
        "retrain_fit_seconds": fit_seconds,
        "import_seconds": imports.seconds,
        "retrain_not_fitting_share": 1.0 - fit_seconds / retrain.seconds,
        "retrain_ratio": retrain.seconds / (fit_seconds + imports.seconds),
        "retrain_cpu_seconds": retrain.cpu_seconds,
        "import_cpu_seconds": imports.cpu_seconds,
        "retrain_cpu_seconds_per_coin": retrain.cpu_seconds / max(int(report["trained"]), 1),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timed:
    """What a process printed, and the time that it and its children took."""

    output: str
    seconds: float
    cpu_seconds: float


def _timed(command: list[str], environment: dict[str, str]) -> _Timed:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise CoinModelsError(f"the timed run ended with exit code {done.returncode}: {last}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return _Timed(
        output=done.stdout,
        seconds=time.perf_counter() - began,
        cpu_seconds=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    )
