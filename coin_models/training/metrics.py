"""The quality of each coin's best epoch on the validation samples: pinball loss, skill, coverage."""

from collections.abc import Mapping

import numpy as np
import torch

from coin_models.settings.levels import coverage_name
from coin_models.training.fit import network
from coin_models.training.fit.data import CohortData
from coin_models.training.fit.init_weights import unconditional_quantiles
from coin_models.training.fit.layout import ParameterLayout
from coin_models.training.fit.quantile_head import QuantileHead
from coin_models.training.fit.state import FitState
from coin_models.training.fit.tasks import CohortTask


def validation_metrics(task: CohortTask, data: CohortData, state: FitState) -> list[Mapping[str, float]]:
    """One mapping per coin: pinball, unconditional_pinball, skill, num_samples, coverage_<level> for each quantile.

    `coverage_0.1` is the share of outcomes at or below the forecast 0.1 quantile; a calibrated forecast has 0.1 there.
    """
    architecture = task.architecture
    device = state.best_decayed.device
    best = ParameterLayout(architecture.parameter_shapes()).views(state.best_decayed, state.best_plain)
    flat_CQ = (
        torch.from_numpy(np.stack([unconditional_quantiles(coin, architecture) for coin in task.coins]))
        .float()
        .to(device)
    )
    totals_CM = torch.zeros(len(task.coins), 3 + len(architecture.quantiles), dtype=torch.float64, device=device)
    head = QuantileHead(architecture.quantiles, architecture.median_gain, device)
    for batch in data.validation_batches():
        q_CQB = head.quantiles(network.forward(best, batch.x_CBI, network.Scratch())[0])
        columns = [
            head.pinball(q_CQB, batch.y_CB),
            head.pinball(flat_CQ.unsqueeze(2).expand_as(q_CQB), batch.y_CB),
            torch.ones_like(batch.y_CB),
            *(batch.y_CB.unsqueeze(1) <= q_CQB).float().unbind(1),
        ]
        totals_CM += (torch.stack(columns, dim=2) * batch.weight_CB.unsqueeze(2)).sum(1)
    return [_named(row, architecture.quantiles) for row in totals_CM.tolist()]


def _named(totals: list[float], quantiles: tuple[float, ...]) -> Mapping[str, float]:
    loss, unconditional, count, *below = totals
    return {
        "pinball": loss / count,
        "unconditional_pinball": unconditional / count,
        "skill": 1.0 - loss / unconditional,
        "num_samples": count,
        **{coverage_name(level): share / count for level, share in zip(quantiles, below, strict=True)},
    }
