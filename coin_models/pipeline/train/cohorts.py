"""Forms the cohorts: which coins are fitted together.

A coin's cohort depends on its position in the universe only, never on what is left to do: a run that starts again after
a kill forms the same cohorts as before. A cohort that has a checkpoint is formed from the members that the checkpoint
names, finished ones included, since its tensors hold them all.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from coin_models.market.universe import resolve_universe
from coin_models.models.architecture import Architecture
from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.pipeline.services import Services
from coin_models.pipeline.shards import equal_stretches, shards_of
from coin_models.pipeline.train.prepare import Prepared
from coin_models.pipeline.warm_up import import_trainer
from coin_models.settings.training import TrainingSettings
from coin_models.storage import keys
from coin_models.training.fit.tasks import CohortTask


def live_cohorts(services: Services, day: date, coins: Sequence[str]) -> list[tuple[str, ...]]:
    """Members of the cohorts of a day that have a checkpoint, here or in the store, and hold one of the coins.

    Raises:
        TrainerUnavailable: there is a checkpoint, and this machine cannot train.
    """
    stores = (services.store, services.local_checkpoints)
    if not any(store.list(keys.checkpoints_of_day(day)) for store in stores):
        return []  # the usual day, and one on which everything is reused: torch is not imported for it
    import_trainer(services.settings.training).result()
    from coin_models.training.checkpoints.chain import live_checkpoints

    return [checkpoint.coins for checkpoint in live_checkpoints(stores, day) if set(checkpoint.coins) & set(coins)]


def cohorts_to_fit(
    services: Services, day: date, prepared: Mapping[str, Prepared], live: Sequence[tuple[str, ...]]
) -> list[CohortTask]:
    """The cohorts of these coins under the settings; none where every coin is published.

    Raises:
        TrainerUnavailable: there is something to fit, and this machine cannot train.
    """
    if all(item.existing is not None for item in prepared.values()):
        return []  # and torch stays unimported
    settings = services.settings
    import_trainer(settings.training).result()
    from coin_models.training.hardware import choose_cohort_size

    return form_cohorts(
        prepared,
        shards=shards_of(resolve_universe(settings), settings.fleet),
        live=live,
        day=day,
        training=settings.training,
        architecture=architecture_of(settings),
        size=choose_cohort_size(settings.training),
    )


def form_cohorts(
    prepared: Mapping[str, Prepared],
    *,
    shards: Sequence[Sequence[str]],
    live: Iterable[Sequence[str]],
    day: date,
    training: TrainingSettings,
    architecture: Architecture,
    size: int,
) -> list[CohortTask]:
    """Cohorts that hold every coin still to be published; those with a live checkpoint (`live`: their members) first."""
    left = {coin for coin, item in prepared.items() if item.existing is None}
    groups: list[list[str]] = []
    for members in live:
        if left.intersection(members) and all(coin in prepared for coin in members):
            groups.append(list(members))
            left -= set(members)
    groups += _groups(left, prepared, shards, size)
    return [
        CohortTask(
            day=day, coins=tuple(prepared[coin].task for coin in group), training=training, architecture=architecture
        )
        for group in groups
    ]


def _groups(
    left: Collection[str], prepared: Mapping[str, Prepared], shards: Sequence[Sequence[str]], size: int
) -> list[list[str]]:
    """Equal stretches of each shard, each cut in two where some coins are fully retrained and others start from a parent."""
    stretches = [stretch for shard in shards for stretch in equal_stretches(shard, size)]
    groups = [
        [coin for coin in stretch if coin in left and (prepared[coin].parent is not None) == is_incremental]
        for is_incremental in (False, True)
        for stretch in stretches
    ]
    return [group for group in groups if group]
