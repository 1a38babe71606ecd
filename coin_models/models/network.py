"""The network of one coin, forward, in numpy: what a forecast computes.

`training/fit/network.py` computes the same in torch for many coins at once; a test compares the two. Nothing here decides a
weight.

```
h = relu(x @ input.weight + input.bias)                      x: the window's scaled features, oldest row first
h = h + relu(h @ inner.weight + inner.bias) @ outer.weight   once per block
o = h @ head.weight + head.bias
```

The median is its output times `median_gain`; every further quantile lies one softplus of its output beyond its
neighbour, so that quantiles never cross. They are in units of the horizon's volatility. The gain is below one because
Adam moves all outputs at one speed, while the direction of an hour is far less predictable than its width
(docs/adr/0011).
"""

import numpy as np
from numpy.typing import NDArray

from coin_models.models.architecture import Architecture, Weights


def forward(architecture: Architecture, weights: Weights, x_NI: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: N803
    """Quantiles (N, Q), ascending along Q, in units of the horizon's volatility.

    Args:
        architecture: what the weights belong to.
        weights: by name, shapes as `parameter_shapes` says.
        x_NI: (N, window * features) scaled windows, oldest candle first.
    """
    h_NH = np.maximum(x_NI @ weights["input.weight"] + weights["input.bias"], 0)
    for i in range(architecture.num_blocks):
        z_NH = np.maximum(h_NH @ weights[f"blocks.{i}.inner.weight"] + weights[f"blocks.{i}.inner.bias"], 0)
        h_NH = h_NH + z_NH @ weights[f"blocks.{i}.outer.weight"]
    o_NQ = h_NH @ weights["head.weight"] + weights["head.bias"]
    return _quantiles(o_NQ, architecture.median, architecture.median_gain)


def _quantiles(
    o_NQ: NDArray[np.float32],  # noqa: N803
    median: int,
    median_gain: float,
) -> NDArray[np.float32]:
    steps_NQ = np.logaddexp(o_NQ, np.float32(0))  # softplus
    q_NQ = np.empty_like(o_NQ)
    q_NQ[:, median] = np.float32(median_gain) * o_NQ[:, median]
    for k in range(median + 1, o_NQ.shape[1]):
        q_NQ[:, k] = q_NQ[:, k - 1] + steps_NQ[:, k]
    for k in range(median - 1, -1, -1):
        q_NQ[:, k] = q_NQ[:, k + 1] - steps_NQ[:, k]
    return q_NQ
