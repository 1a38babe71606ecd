"""Fits what forecasts further horizons, when the network of the main one is finished; too quick to need a checkpoint.

The samples are the main horizon's whose outcome is also known that far ahead: train outcomes end where those of the main
horizon do, so that no train outcome reaches into the validation days.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from coin_models.features.scaling import FeatureScaling
from coin_models.features.splits import Split
from coin_models.features.table import build_targets
from coin_models.models.architecture import Architecture, Weights
from coin_models.models.horizons import architecture_at, horizon_name, tensors_at
from coin_models.settings.training import TrainingSettings
from coin_models.training.fit.members import Members, fit_members
from coin_models.training.fit.tasks import CoinTask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HorizonFit:
    """What a further horizon is forecast with, and what it was fitted on."""

    minutes: int
    task: CoinTask
    architecture: Architecture
    members: Members


def fit_horizons(
    task: CoinTask, training: TrainingSettings, architecture: Architecture, network: Weights, scaling: FeatureScaling
) -> Iterator[HorizonFit]:
    """Fits each further horizon of the settings; a warm start keeps its parent's further members, as the main horizon's.

    Args:
        task: the coin, of the main horizon.
        training: the settings.
        architecture: of the main horizon.
        network: its tensors, finished.
        scaling: of its features.
    """
    for minutes in training.more_horizons_minutes:
        at = architecture_at(architecture, minutes)
        fitted_on = task_at(task, architecture, minutes)
        members = fit_members(fitted_on, at, network, scaling, training.seed)
        yield HorizonFit(minutes=minutes, task=fitted_on, architecture=at, members=members)


def task_at(task: CoinTask, architecture: Architecture, minutes: int) -> CoinTask:
    """The same coin with the outcomes that many minutes ahead, and the samples at which they are known.

    Raises:
        ValueError: no train or no validation sample is left.
    """
    horizon = architecture_at(architecture, minutes).horizon
    targets = build_targets(task.features, horizon)
    kept = []
    for rows in (task.split.train_index, task.split.validation_index):
        is_over = rows + horizon <= rows[-1] + architecture.horizon
        kept.append(rows[is_over & np.isfinite(targets[rows])])
    if not all(map(len, kept)):
        raise ValueError(
            f"{task.coin}: {len(kept[0])} samples to fit and {len(kept[1])} to validate are too few "
            f"{horizon_name(minutes)} ahead"
        )
    return replace(
        task,
        targets=targets,
        split=Split(train_index=kept[0], validation_index=kept[1]),
        parent=None if task.parent is None else tensors_at(architecture, minutes, task.parent),
    )
