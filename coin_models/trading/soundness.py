"""Checks whether one version may trade at all: weights, validation skill, calibration, drift.

Comparisons of versions are in `promotion`.
"""

from collections.abc import Mapping
from math import isfinite

import numpy as np
import numpy.typing as npt

from coin_models.settings.levels import ForecastInterval, interval_label
from coin_models.settings.trading import TradingSettings

Weights = Mapping[str, npt.NDArray[np.float32]]


def find_weight_problems(weights: Weights, parent: Weights | None, settings: TradingSettings) -> tuple[str, ...]:
    """What is wrong with the weights: values that are not finite, or a parent left too far behind.

    Args:
        parent: weights of the version that this fit started from; None for a full retrain, which need not be like anything.
    """
    broken = [name for name, array in weights.items() if not np.isfinite(array).all()]
    if broken:
        return (f"weights {', '.join(broken)} hold values that are not finite",)
    drift = parent_drift(weights, parent) if parent is not None else None
    if drift is not None and drift > settings.max_parent_drift:
        limit = settings.max_parent_drift
        return (f"weights moved by {drift:.2f} of their parent's norm in one incremental fit (limit {limit:.2f})",)
    return ()


def parent_drift(weights: Weights, parent: Weights) -> float | None:
    """Relative distance |w - p| / |p| over all parameters; None where the two do not have the same shapes."""
    if {name: array.shape for name, array in weights.items()} != {name: array.shape for name, array in parent.items()}:
        return None
    moved = sum(float(((weights[name] - parent[name]).astype(np.float64) ** 2).sum()) for name in weights)
    norm = sum(float((parent[name].astype(np.float64) ** 2).sum()) for name in weights)
    return float((moved / norm) ** 0.5) if norm > 0 else None


def find_validation_problems(
    skill: float | None, coverage: float | None, interval: ForecastInterval, settings: TradingSettings
) -> tuple[str, ...]:
    """What is wrong with what the fit itself recorded on its validation days.

    Args:
        skill: pinball skill against unconditional quantiles; None where it could not be computed.
        coverage: share of outcomes within the interval; None where unknown, which is a problem too.
        interval: between the outermost quantiles of the version.
    """
    problems = []
    if skill is None or not isfinite(skill):
        problems.append("its validation skill is not known")
    elif skill <= 0:
        problems.append(f"it does not beat unconditional quantiles on its validation days (skill {skill:+.4f})")
    calibration = find_calibration_problem(coverage, interval.nominal, settings, outcomes="the validation outcomes")
    return (*problems, calibration) if calibration else tuple(problems)


def find_calibration_problem(
    coverage: float | None, nominal: float, settings: TradingSettings, *, outcomes: str
) -> str | None:
    """What is wrong with the share of outcomes that an interval held; a share that is not known is a problem.

    Args:
        coverage: that share.
        nominal: the share that the interval should hold.
        outcomes: which outcomes, in words.
    """
    label, tolerance = interval_label(nominal), settings.rollback_coverage_tolerance
    if coverage is None or not isfinite(coverage):
        return f"it is not known which share of {outcomes} its {label} covers"
    if abs(coverage - nominal) <= tolerance:
        return None
    return f"its {label} covers {coverage:.0%} of {outcomes} (tolerance {tolerance:.0%})"
