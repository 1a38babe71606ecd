# ruff: noqa: N803 - tensor shapes are suffixes
"""From the head's raw outputs to quantiles that never cross, and the pinball loss on them, forward and backward.

All tensors are (C, Q, B). The median is a raw output times a gain below one; each further quantile lies a softplus step
beyond its neighbour.
"""

from collections.abc import Sequence

import numpy as np
import torch


class QuantileHead:
    """Raw outputs to quantiles, and the pinball loss (Koenker and Bassett 1978) with its gradient."""

    def __init__(self, quantiles: Sequence[float], median_gain: float, device: torch.device) -> None:
        self._median, self._gain = list(quantiles).index(0.5), median_gain
        self._levels_Q1 = torch.tensor(quantiles, dtype=torch.float32, device=device).unsqueeze(1)
        self._steps_QQ = torch.from_numpy(steps_matrix(len(quantiles), self._median)).to(device)

    def quantiles(self, o_CQB: torch.Tensor) -> torch.Tensor:
        """Quantiles (C, Q, B), ascending along Q."""
        s_CQB = torch.nn.functional.softplus(o_CQB)
        s_CQB[:, self._median] = self._gain * o_CQB[:, self._median]
        return torch.matmul(self._steps_QQ, s_CQB)

    def pinball(self, q_CQB: torch.Tensor, y_CB: torch.Tensor) -> torch.Tensor:
        """Pinball loss of each sample, (C, B), mean over the quantiles."""
        e_CQB = y_CB.unsqueeze(1) - q_CQB
        return torch.maximum(self._levels_Q1 * e_CQB, (self._levels_Q1 - 1) * e_CQB).mean(1)

    def loss_and_gradient(self, o_CQB: torch.Tensor, y_CB: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Each coin's mean pinball loss (C,), and the gradient of their sum by the raw outputs (C, Q, B)."""
        e_CQB = y_CB.unsqueeze(1) - self.quantiles(o_CQB)
        slope_CQB = self._levels_Q1 - (e_CQB < 0).to(e_CQB.dtype)  # of the loss by e
        loss_C = (slope_CQB * e_CQB).mean((1, 2))
        gs_CQB = torch.matmul(self._steps_QQ.T, slope_CQB).mul_(-1.0 / (e_CQB.shape[1] * e_CQB.shape[2]))
        g_CQB = gs_CQB * torch.sigmoid(o_CQB)
        g_CQB[:, self._median] = self._gain * gs_CQB[:, self._median]
        return loss_C, g_CQB


def steps_matrix(num_quantiles: int, median: int) -> np.ndarray:
    """The matrix (Q, Q) that adds up median and steps: q = matrix @ (step, ..., median, ..., step)."""
    matrix = np.zeros((num_quantiles, num_quantiles), dtype=np.float32)
    matrix[:, median] = 1.0
    for k in range(num_quantiles):
        if k > median:
            matrix[k, median + 1 : k + 1] = 1.0
        else:
            matrix[k, k:median] = -1.0
    return matrix


def raw_outputs(quantile_values: np.ndarray, median: int, median_gain: float) -> np.ndarray:
    """The raw outputs (Q,) whose quantiles are these: the head's bias of a network that knows nothing yet."""
    raw = np.array(quantile_values, dtype=np.float64)
    gaps = np.diff(raw)
    for k in range(len(raw)):
        if k != median:
            gap = max(gaps[k - 1] if k > median else gaps[k], 1e-6)
            raw[k] = gap + np.log(-np.expm1(-gap))  # inverse of softplus
    raw[median] /= median_gain
    return raw.astype(np.float32)
