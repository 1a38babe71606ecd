"""Which coins are fitted together.

Belongs here: grouping. Not here: which coins are to be fitted at all.
"""

from collections.abc import Sequence
from datetime import date

from coin_models.registry.architecture import Architecture
from coin_models.settings.training import TrainingSettings
from coin_models.training.tasks import CohortTask, CoinTask


def group_cohorts(
    coins: Sequence[CoinTask], *, day: date, training: TrainingSettings, architecture: Architecture, cohort_size: int
) -> list[CohortTask]:
    """Cohorts of nearly equal size, at most `cohort_size` (see `choose_cohort_size`), each cold or incremental throughout.

    Coins keep their order, so that the same coins form the same cohorts after an interruption.
    """
    cohorts = []
    for kind in ([c for c in coins if c.parent is None], [c for c in coins if c.parent is not None]):
        num_cohorts = -(-len(kind) // cohort_size)
        for number in range(num_cohorts):
            members = tuple(kind[len(kind) * number // num_cohorts : len(kind) * (number + 1) // num_cohorts])
            cohorts.append(CohortTask(day=day, coins=members, training=training, architecture=architecture))
    return cohorts
