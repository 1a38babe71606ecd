"""Further horizons of one version, such as 15m or 4h beside 1h: their names, their tensors, and what forecasts them.

A further horizon is forecast by a reference and further members of its own, and by the network of the main one where its
validation days clearly favour that. So it is an architecture like the version's, with another horizon; the network's tensors
are held once. Fitted in `training/horizons.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from coin_models.errors import UsageError
from coin_models.market.timeframe import parse_timeframe
from coin_models.models.architecture import Architecture, Weights

_PREFIX: Final = "horizons."
_MINUTES: Final = {"m": 1, "h": 60, "d": 1440}
_NETWORK_SHARE: Final = 0.0  # where the validation days do not favour another: it was fitted on the main horizon


def horizon_minutes(text: str) -> int:
    """Minutes of a horizon such as 15m, 4h or 1d.

    Raises:
        UsageError: it is none.
    """
    match = re.fullmatch(r"([1-9]\d{0,4})([mhd])", text)
    if match is None:
        raise UsageError(f"horizon {text!r} is not understood; write a number and m, h or d, such as 4h")
    return int(match[1]) * _MINUTES[match[2]]


def horizon_name(minutes: int) -> str:
    """The shortest name in minutes or hours: 15m, 4h, 24h."""
    return f"{minutes}m" if minutes % 60 else f"{minutes // 60}h"


def main_minutes(architecture: Architecture) -> int:
    """Minutes of the horizon that is traded and scored."""
    return architecture.horizon * parse_timeframe(architecture.timeframe).seconds // 60


def architecture_at(architecture: Architecture, minutes: int) -> Architecture:
    """What forecasts that many minutes ahead; a whole number of candles."""
    candles = minutes * 60 // parse_timeframe(architecture.timeframe).seconds
    return replace(architecture, horizon=candles, network_share=_NETWORK_SHARE)


def named_tensors(minutes: int, tensors: Weights) -> Weights:
    """A horizon's own tensors under the names that they have in a version."""
    return {f"{_PREFIX}{minutes}.{name}": array for name, array in tensors.items()}


def tensors_at(architecture: Architecture, minutes: int, weights: Weights) -> Weights:
    """All tensors that forecast that horizon, by the names of `architecture_at`: its own, and the network's."""
    prefix = f"{_PREFIX}{minutes}."
    own = {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
    return {**{name: weights[name] for name in architecture.parameter_shapes()}, **own}


def main_tensors(weights: Weights) -> Weights:
    """The tensors that belong to no further horizon."""
    return {name: array for name, array in weights.items() if not name.startswith(_PREFIX)}


def num_horizon_tensors(weights: Mapping[str, object]) -> int:
    """How many tensors belong to further horizons."""
    return sum(name.startswith(_PREFIX) for name in weights)
