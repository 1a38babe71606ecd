"""Forms and prepares the cohorts: which coins are fitted together, one cohort in memory and the next on its way.

A coin's cohort depends on its position in the universe only, never on what is left to do: a run that starts again after
a kill forms the same cohorts as before. A cohort that has a checkpoint is formed from the members that the checkpoint
names, finished ones included, since its tensors hold them all.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from coin_models.market.history import History
from coin_models.market.universe import resolve_universe
from coin_models.pipeline.ahead import work_ahead
from coin_models.pipeline.plan.plan import PlannedCoinDay
from coin_models.pipeline.plan.recipe import Recipe, architecture_of
from coin_models.pipeline.services import Services
from coin_models.pipeline.shards import equal_stretches, shards_of
from coin_models.pipeline.train.prepare import Prepared, prepare
from coin_models.pipeline.warm_up import import_trainer
from coin_models.storage import keys
from coin_models.training.fit.tasks import CohortTask

Group = tuple[PlannedCoinDay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortMembers:
    """What cohorts of one day may be formed from."""

    day: date
    to_publish: Mapping[str, PlannedCoinDay]
    finished: Mapping[str, PlannedCoinDay] = field(default_factory=dict)  # fitted along where a checkpoint holds them
    histories: Mapping[str, History]
    recipe: Recipe
    live: Sequence[Sequence[str]] = ()  # members of cohorts with a checkpoint


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreparedCohort:
    """Coins that are fitted together, and those of them that cannot be."""

    cohort: CohortTask | None  # None where no coin of it can be fitted
    prepared: Mapping[str, Prepared]
    failures: Mapping[str, Exception]


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


def cohorts_to_fit(services: Services, members: CohortMembers) -> Generator[PreparedCohort]:
    """The cohorts that hold every coin to publish, those with a checkpoint first.

    Each is prepared when it is wanted, and the one after it while it is fitted: memory does not grow with the universe.

    Raises:
        TrainerUnavailable: this machine cannot train.
    """
    settings = services.settings
    import_trainer(settings.training).result()
    from coin_models.training.hardware import choose_cohort_size

    left = dict(members.to_publish)
    by_coin = {**members.finished, **members.to_publish}
    for coins in members.live:
        if left.keys() & set(coins) and by_coin.keys() >= set(coins):
            resumed = _prepared(services, members, tuple(by_coin[coin] for coin in coins))
            if not resumed.failures:  # else its checkpoint is of no use: the others are fitted from the beginning
                left = {coin: item for coin, item in left.items() if coin not in coins}
                yield resumed
    shards = shards_of(resolve_universe(settings), settings.fleet)
    groups = group_coins(left, shards=shards, size=choose_cohort_size(settings.training))
    yield from work_ahead(lambda group: _prepared(services, members, group), groups, num_ahead=1, name="prepare-cohort")


def group_coins(left: Mapping[str, PlannedCoinDay], *, shards: Sequence[Sequence[str]], size: int) -> list[Group]:
    """Equal stretches of each shard, each cut in two where some coins are fully retrained and others start from a parent."""
    stretches = [stretch for shard in shards for stretch in equal_stretches(shard, size)]
    groups = [
        tuple(left[coin] for coin in stretch if coin in left and (left[coin].parent_day is not None) == is_incremental)
        for is_incremental in (False, True)
        for stretch in stretches
    ]
    return [group for group in groups if group]


def _prepared(services: Services, members: CohortMembers, group: Group) -> PreparedCohort:
    preparation = prepare(services, group, members.histories, members.recipe)
    prepared = {
        coin: item.forgotten() if coin in members.to_publish else item for coin, item in preparation.prepared.items()
    }
    return PreparedCohort(
        cohort=_task(services, members.day, prepared), prepared=prepared, failures=preparation.failures
    )


def _task(services: Services, day: date, prepared: Mapping[str, Prepared]) -> CohortTask | None:
    if not prepared:
        return None
    settings = services.settings
    return CohortTask(
        day=day,
        coins=tuple(item.task for item in prepared.values()),
        training=settings.training,
        architecture=architecture_of(settings),
    )
