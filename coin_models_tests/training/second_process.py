"""Small fits for a second process: the same on every call, in any process."""

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from coin_models.errors import Interrupted
from coin_models.storage.local import LocalStore
from coin_models.training.interruption.preemption import PreemptionMonitor, PreemptionNotice
from coin_models.training.results import CohortResult
from coin_models.training.run_fit import fit_cohort
from coin_models_tests.training import builders


class NoticeAfter(PreemptionMonitor):
    """Notice that comes after a number of steps."""

    def __init__(self, steps: int) -> None:
        super().__init__(builders.SETTINGS)
        self._left = steps

    def received(self) -> PreemptionNotice | None:
        """Notice, once that many steps are done."""
        self._left -= 1
        if self._left == 0:
            self.post("test", 60.0)
        return super().received()


def digest_of_a_fit() -> str:
    """Of the weights of a fit from the start."""
    with tempfile.TemporaryDirectory() as folder:
        return digest_of(fit(Path(folder)))


def fit(folder: Path, stop_after: int | None = None) -> CohortResult:
    """Fits a coin with checkpoints in the folder; is interrupted after that many steps."""
    task = builders.cohort(builders.coin_task("AAA"))
    return fit_cohort(
        task,
        checkpoints=builders.chain(task, folder, store=LocalStore(folder / "store")),
        notice=builders.board() if stop_after is None else NoticeAfter(stop_after),
        progress=lambda progress: None,
        lease_alive=lambda: True,
    )


def digest_of(result: CohortResult) -> str:
    """Of all weights."""
    (coin,) = result.coins.values()
    return hashlib.sha256(b"".join(coin.weights[name].tobytes() for name in sorted(coin.weights))).hexdigest()


def report(folder: Path, stop_after: int | None) -> dict[str, object]:
    """What a fit, or the rest of one, came to."""
    try:
        result = fit(folder, stop_after)
    except Interrupted as stopped:
        return {"stopped": str(stopped)}
    return {
        "resumed_from_step": result.counters.resumed_from_step,
        "arithmetic": result.arithmetic,
        "digest": digest_of(result),
    }


def reports(fits: Iterable[str]) -> list[dict[str, object]]:
    """Of several fits, one after the other: `FOLDER`, or `FOLDER:STEPS` where it is interrupted."""
    parts = [name.partition(":") for name in fits]
    return [report(Path(folder), int(steps) if steps else None) for folder, _, steps in parts]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(reports(sys.argv[1:])))
