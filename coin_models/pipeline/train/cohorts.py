"""Which coins are fitted together.

Belongs here: forming cohorts, so that the same question always gives the same cohorts. Not here: fitting them.

A coin's place depends on its position in the universe alone, never on what is left to do: a run that starts again after
a kill forms the cohorts that it formed before. A cohort that has a checkpoint is re-formed from the members that the
checkpoint names, finished ones included, since its tensors hold them all.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from coin_models.pipeline.train.prepare import Prepared
from coin_models.registry.architecture import Architecture
from coin_models.settings.training import TrainingSettings
from coin_models.training.fit.tasks import CohortTask


def form_cohorts(
    prepared: Mapping[str, Prepared],
    *,
    universe: Sequence[str],
    live: Iterable[Sequence[str]],
    day: date,
    training: TrainingSettings,
    architecture: Architecture,
    size: int,
) -> list[CohortTask]:
    """Cohorts that hold every coin still to be published; those with a live checkpoint (`live`: their members) first."""
    left = {coin for coin, item in prepared.items() if item.known is None}
    groups: list[list[str]] = []
    for members in live:
        if left.intersection(members) and all(coin in prepared for coin in members):
            groups.append(list(members))
            left -= set(members)
    groups += _groups([coin for coin in universe if coin in left], prepared, universe, size)
    return [
        CohortTask(
            day=day, coins=tuple(prepared[coin].task for coin in group), training=training, architecture=architecture
        )
        for group in groups
    ]


def _groups(
    coins: Sequence[str], prepared: Mapping[str, Prepared], universe: Sequence[str], size: int
) -> list[list[str]]:
    """Equal stretches of the universe, each cut in two where some coins are fully retrained and others start from a parent."""
    num_buckets = -(-len(universe) // size)
    position = {coin: index for index, coin in enumerate(universe)}
    buckets: dict[tuple[bool, int], list[str]] = {}
    for coin in coins:
        is_incremental = prepared[coin].parent is not None
        buckets.setdefault((is_incremental, position[coin] * num_buckets // len(universe)), []).append(coin)
    return [buckets[key] for key in sorted(buckets)]
